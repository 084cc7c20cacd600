"""Whether a covenant holds together: every code that is spoken of exists, and no two things have one name."""

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import tzinfo

from dateutil import parser, tz

from commandlog.language import _
from commandlog.model.covenant import Alarm, Category, Covenant, Ladder, Level, Mandate, Party, Place, Power, Role, Unit

Fault = tuple[str, str]  # the key ("units[3].party"), and what is wrong and what to do
Coded = Party | Place | Category | Role | Power | Mandate | Ladder | Level | Alarm

_POLE = 90  # degrees of latitude
_LISTED, _COMPARED = 40, 200  # so many choices are shown, the likeliest of so many
_ZONE = re.compile(r"[A-Za-z][\w+-]{1,30}(?:/[\w+-]{1,30}){0,2}", re.ASCII)


def faults(covenant: Covenant) -> Iterator[Fault]:
    """Yield what does not hold together although each part has its right shape, which the schema decides.

    A code "" is one that could not be read: what refers to anything of its kind is not judged.
    """
    yield from _event(covenant)
    yield from _parties(covenant)
    yield from _units(covenant)
    yield from _places(covenant)
    yield from _matters(covenant)
    yield from _ladders(covenant)
    yield from _watched(covenant)


def zone_named(name: str) -> tzinfo | None:
    """Return the time zone that an IANA name such as "Europe/Amsterdam" stands for, None where there is none."""
    return tz.gettz(name) if _ZONE.fullmatch(name) else None


def one_of(key: str, code: str, known: Collection[str]) -> Iterator[Fault]:
    """Yield a fault where a code is not among those known; "" refers to nothing."""
    if not code or code in known or "" in known:
        return
    if not known:
        yield key, _("“{code}” is not known here: none is written.").format(code=code)
        return
    problem = _("“{code}” is not known here. Choose one of: {known}.")
    yield key, problem.format(code=code, known=_listed(code, list(known)))


def _event(covenant: Covenant) -> Iterator[Fault]:
    yield from one_of("driver", covenant.driver, [one.code for one in covenant.parties])
    if not zone_named(covenant.timezone):
        problem = _("“{code}” is no time zone. Write it as Europe/Amsterdam.")
        yield "timezone", problem.format(code=covenant.timezone)
    for key in ("valid_until", "evaluation_due"):
        if not _is_date(getattr(covenant, key)):
            yield key, _("“{code}” is no date. Write it as 2027-06-30.").format(code=getattr(covenant, key))


def _parties(covenant: Covenant) -> Iterator[Fault]:
    yield from _unique("parties", covenant.parties)
    letters: dict[str, str] = {}
    for n, party in enumerate(covenant.parties):
        if letters.setdefault(party.letter, party.code) != party.code:
            problem = _("The letter “{code}” is already that of {other}. Choose another.")
            yield f"parties[{n}].letter", problem.format(code=party.letter, other=letters[party.letter])
    yield from _unique("roles", covenant.roles)


def _units(covenant: Covenant) -> Iterator[Fault]:
    parties, roles = [one.code for one in covenant.parties], [one.code for one in covenant.roles]
    called: dict[str, int] = {}
    for n, unit in enumerate(covenant.units):
        yield from one_of(f"units[{n}].party", unit.party, parties)
        yield from _known(f"units[{n}].parties", unit.parties, parties)
        yield from one_of(f"units[{n}].accepts", unit.accepts, parties)
        yield from one_of(f"units[{n}].role", unit.role, roles)
        yield from _own_names(n, unit, called)


def _own_names(n: int, unit: Unit, called: dict[str, int]) -> Iterator[Fault]:
    if unit.parties and unit.party not in unit.parties:
        problem = _("“{code}” is the unit’s own party and must be among them.")
        yield f"units[{n}].parties", problem.format(code=unit.party)
    if unit.accepts and unit.accepts not in (unit.party, *unit.parties):
        problem = _("“{code}” is no party of this unit. Choose one of: {known}.")
        known = ", ".join(dict.fromkeys((unit.party, *unit.parties)))
        yield f"units[{n}].accepts", problem.format(code=unit.accepts, known=known)
    names = {"callsign": [unit.callsign], "aliases": unit.aliases}
    for key, name in ((key, name) for key, ones in names.items() for name in ones):
        if called.setdefault(name.casefold(), n) != n:
            problem = _("The call sign “{code}” is already taken. Give each unit its own.")
            yield f"units[{n}].{key}", problem.format(code=name)


def _places(covenant: Covenant) -> Iterator[Fault]:
    yield from _unique("places", covenant.places)
    parties, places = [one.code for one in covenant.parties], {one.code: one for one in covenant.places}
    for n, place in enumerate(covenant.places):
        for subject, party in place.lead.items():
            yield from one_of(f"places[{n}].lead.{subject}", party, parties)
        yield from one_of(f"places[{n}].within", place.within, places)
        yield from _measures(n, place)
    yield from _circles(covenant, places)


def _circles(covenant: Covenant, places: dict[str, Place]) -> Iterator[Fault]:
    """Yield each circle of places once, at its first one; a place that only lies in a circle is no fault of its own."""
    done: set[str] = set()
    numbers = {place.code: n for n, place in enumerate(covenant.places)}
    for start in places:
        way: dict[str, None] = {}
        code = start
        while code in places and code not in done and code not in way:
            way[code] = None
            code = places[code].within
        if code in way:
            circle = [*way][[*way].index(code) :]
            first = min(circle, key=lambda one: numbers[one])
            turn = circle.index(first)
            shown = " → ".join([*circle[turn:], *circle[:turn], first])
            problem = _("“{code}” lies within itself: {circle}. Leave one `within` out.")
            yield f"places[{numbers[first]}].within", problem.format(code=first, circle=shown)
        done |= set(way)


def _measures(n: int, place: Place) -> Iterator[Fault]:
    if place.warn_at and not place.capacity:
        yield f"places[{n}].warn_at", _("A percentage of what? Write the capacity too.")
    if place.pin and abs(place.pin[0]) > _POLE:
        yield f"places[{n}].pin", _("A latitude is -90 to 90, and comes first in a pin.")
    for number, ring in enumerate(place.area):
        if any(abs(latitude) > _POLE for _longitude, latitude in ring):
            yield f"places[{n}].area[{number}]", _("A latitude is -90 to 90, and comes second in an area.")
        if ring[:1] != ring[-1:]:
            yield f"places[{n}].area[{number}]", _("The last corner must be the first one again.")


def _matters(covenant: Covenant) -> Iterator[Fault]:
    yield from _unique("categories", covenant.categories)
    yield from _unique("powers", covenant.powers)
    yield from _unique("mandates", covenant.mandates)
    parties, roles = [one.code for one in covenant.parties], [one.code for one in covenant.roles]
    for n, power in enumerate(covenant.powers):
        yield from _known(f"powers[{n}].holders", power.holders, parties)
    for n, mandate in enumerate(covenant.mandates):
        yield from one_of(f"mandates[{n}].party", mandate.party, parties)
        yield from one_of(f"mandates[{n}].role", mandate.role, roles)
        yield from _known(f"mandates[{n}].may_report", mandate.may_report, [one.code for one in covenant.categories])


def _ladders(covenant: Covenant) -> Iterator[Fault]:
    yield from _unique("ladders", covenant.ladders)
    for n, ladder in enumerate(covenant.ladders):
        yield from _known(f"ladders[{n}].declared_by", ladder.declared_by, [one.code for one in covenant.parties])
        yield from _unique(f"ladders[{n}].levels", ladder.levels)
    yield from _unique("phases", covenant.phases)


def _watched(covenant: Covenant) -> Iterator[Fault]:
    yield from _unique("alarms", covenant.alarms)
    said: set[tuple[str, str, str]] = set()
    for n, deadline in enumerate(covenant.deadlines):
        key = f"deadlines[{n}]"
        yield from one_of(f"{key}.category", deadline.category, [one.code for one in covenant.categories])
        about = (deadline.code, deadline.priority, deadline.category)
        if about in said:
            yield f"{key}.code", _("There is a deadline “{code}” for this already.").format(code=deadline.code)
        said.add(about)


def _unique(key: str, coded: Sequence[Coded]) -> Iterator[Fault]:
    seen: set[str] = set()
    for n, one in enumerate(coded):
        if one.code in seen:
            yield f"{key}[{n}].code", _("The code “{code}” is already taken. Choose another.").format(code=one.code)
        seen.add(one.code)


def _known(key: str, codes: Iterable[str], known: Collection[str]) -> Iterator[Fault]:
    for n, code in enumerate(codes):
        yield from one_of(f"{key}[{n}]", code, known)


def _listed(code: str, known: Sequence[str]) -> str:
    """Return what can be chosen, the likeliest first where there is much of it."""
    if len(known) <= _LISTED:
        return ", ".join(known)
    near = difflib.get_close_matches(code, known[:_COMPARED], _LISTED, 0)
    return ", ".join([*near, "…"])


def _is_date(text: str) -> bool:
    try:
        return not text or bool(parser.isoparse(text))
    except ValueError:
        return False
