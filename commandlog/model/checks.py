"""Whether a covenant holds together: every code that is spoken of exists, and no two things have one name."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo

from dateutil import parser, tz

from commandlog.language import _
from commandlog.model.covenant import Category, Covenant, Ladder, Level, Mandate, Party, Place, Power, Role, Unit

Fault = tuple[str, str]  # the key ("units[3].party"), and what is wrong and what to do
Coded = Party | Place | Category | Role | Power | Mandate | Ladder | Level

_DAY = 1440  # minutes
_CENTURY = 36_500  # days
_CODE = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)
_SECTORS = ("public", "private")
_ZONE = re.compile(r"[A-Za-z][\w+-]{1,30}(?:/[\w+-]{1,30}){0,2}", re.ASCII)
_VARIANTS = ("continue", "deepen", "broaden")


def faults(covenant: Covenant) -> Iterator[Fault]:
    """Yield what does not hold together, in the order of the file."""
    yield from _event(covenant)
    yield from _parties(covenant)
    yield from _units(covenant)
    yield from _places(covenant)
    yield from _matters(covenant)
    yield from _ladders(covenant)


def zone_named(name: str) -> tzinfo | None:
    """Return the time zone that an IANA name such as "Europe/Amsterdam" stands for, None where there is none."""
    return tz.gettz(name) if _ZONE.fullmatch(name) else None


def _event(covenant: Covenant) -> Iterator[Fault]:
    yield from _one_of("driver", covenant.driver, [one.code for one in covenant.parties])
    yield from _one_of("variant", covenant.variant, _VARIANTS)
    if not zone_named(covenant.timezone):
        problem = _("“{code}” is no time zone. Write it as Europe/Amsterdam.")
        yield "timezone", problem.format(code=covenant.timezone)
    if not 0 <= covenant.answer_minutes <= _DAY:
        yield "answer_minutes", _("Minutes are 0 (no deadline) to 1440, a day.")
    if not 0 <= covenant.retention_days <= _CENTURY:
        yield "retention_days", _("Days are 0 (nothing agreed) to 36500, a century.")
    for key in ("valid_until", "evaluation_due"):
        if not _is_date(getattr(covenant, key)):
            yield key, _("“{code}” is no date. Write it as 2027-06-30.").format(code=getattr(covenant, key))


def _parties(covenant: Covenant) -> Iterator[Fault]:
    yield from _unique("parties", covenant.parties)
    letters: dict[str, str] = {}
    for n, party in enumerate(covenant.parties):
        yield from _one_of(f"parties[{n}].sector", party.sector, _SECTORS)
        if not _CODE.fullmatch(party.code):
            yield f"parties[{n}].code", _("A code is a letter and then letters, figures or hyphens, at most 40.")
        if not (party.letter.isascii() and party.letter.isalpha() and party.letter.isupper() and len(party.letter) < 3):
            yield f"parties[{n}].letter", _("The letter is one or two capitals, A to Z.")
        if letters.setdefault(party.letter, party.code) != party.code:
            problem = _("The letter “{code}” is already that of {other}. Choose another.")
            yield f"parties[{n}].letter", problem.format(code=party.letter, other=letters[party.letter])
    yield from _unique("roles", covenant.roles)


def _units(covenant: Covenant) -> Iterator[Fault]:
    parties, roles = [one.code for one in covenant.parties], [one.code for one in covenant.roles]
    called: dict[str, int] = {}
    for n, unit in enumerate(covenant.units):
        yield from _known(f"units[{n}].party", [unit.party], parties)
        yield from _known(f"units[{n}].parties", unit.parties, parties)
        yield from _known(f"units[{n}].accepts", _given(unit.accepts), parties)
        yield from _known(f"units[{n}].role", _given(unit.role), roles)
        yield from _own_names(n, unit, called)


def _own_names(n: int, unit: Unit, called: dict[str, int]) -> Iterator[Fault]:
    if not unit.callsign.strip():
        yield f"units[{n}].callsign", _("A unit needs a call sign.")
    for name in (unit.callsign, *unit.aliases):
        if called.setdefault(name.casefold(), n) != n:
            problem = _("The call sign “{code}” is already taken. Give each unit its own.")
            yield f"units[{n}].callsign", problem.format(code=name)


def _places(covenant: Covenant) -> Iterator[Fault]:
    yield from _unique("places", covenant.places)
    parties, places = [one.code for one in covenant.parties], {one.code: one for one in covenant.places}
    for n, place in enumerate(covenant.places):
        yield from _one_of(f"places[{n}].space", place.space, _SECTORS)
        yield from _known(f"places[{n}].lead", place.lead.values(), parties)
        yield from _known(f"places[{n}].within", _given(place.within), list(places))
        seen, outer = {place.code}, place.within
        while outer in places and outer not in seen:
            seen.add(outer)
            outer = places[outer].within
        if outer in seen:
            yield f"places[{n}].within", _("“{code}” lies within itself.").format(code=place.code)


def _matters(covenant: Covenant) -> Iterator[Fault]:
    yield from _unique("categories", covenant.categories)
    yield from _unique("powers", covenant.powers)
    yield from _unique("mandates", covenant.mandates)
    parties, roles = [one.code for one in covenant.parties], [one.code for one in covenant.roles]
    for n, power in enumerate(covenant.powers):
        yield from _known(f"powers[{n}].holders", power.holders, parties)
    for n, mandate in enumerate(covenant.mandates):
        yield from _known(f"mandates[{n}].party", [mandate.party], parties)
        yield from _known(f"mandates[{n}].role", [mandate.role], roles)
        yield from _known(f"mandates[{n}].may_report", mandate.may_report, [one.code for one in covenant.categories])


def _ladders(covenant: Covenant) -> Iterator[Fault]:
    yield from _unique("ladders", covenant.ladders)
    for n, ladder in enumerate(covenant.ladders):
        yield from _known(f"ladders[{n}].declared_by", ladder.declared_by, [one.code for one in covenant.parties])
        yield from _unique(f"ladders[{n}].levels", ladder.levels)
        if not ladder.levels:
            yield f"ladders[{n}].levels", _("A ladder needs at least one level.")
    yield from _unique("phases", covenant.phases)


def _unique(key: str, coded: Sequence[Coded]) -> Iterator[Fault]:
    seen: set[str] = set()
    for n, one in enumerate(coded):
        if not one.code.strip():
            yield f"{key}[{n}].code", _("A code is needed here, such as gate-f.")
        elif one.code in seen:
            yield f"{key}[{n}].code", _("The code “{code}” is already taken. Choose another.").format(code=one.code)
        seen.add(one.code)


def _known(key: str, codes: Iterable[str], known: Sequence[str]) -> Iterator[Fault]:
    for code in codes:
        yield from _one_of(key, code, known)


def _one_of(key: str, code: str, known: Sequence[str]) -> Iterator[Fault]:
    if code not in known:
        problem = _("“{code}” is not known here. Choose one of: {known}.")
        yield key, problem.format(code=code, known=", ".join(known))


def _given(code: str) -> list[str]:
    return [code] if code else []


def _is_date(text: str) -> bool:
    try:
        return not text or bool(parser.isoparse(text))
    except ValueError:
        return False
