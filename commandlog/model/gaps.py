"""Gaps of a covenant: what is no fault, but what people will miss on the evening, each with what to write.

An event may well begin with gaps; they are told so that leaving one is somebody's choice.
"""

import re
from collections.abc import Iterator, Sequence
from statistics import median

from commandlog.language import _
from commandlog.model.covenant import Category, Covenant, Level, Party, Place, Role
from commandlog.model.frames import Source
from commandlog.model.mandates import check_report, lead_for, plain
from commandlog.model.words import label

Gap = tuple[str, str]  # the key ("units[3].channel"), and what is missing


_APART = re.compile(r"[\W_]+")
LEAST_PINS = 3  # of two that differ, nobody knows which is wrong
FAR = 5.0  # degrees; an event lies in one country
MOST_ALARMS = 6  # ISA-18.2: few enough that each is acted on


def gaps(covenant: Covenant) -> Iterator[Gap]:
    """Yield what is missing, in the order of a scenario's tables."""
    yield from _event(covenant)
    yield from _parties(covenant)
    yield from _units(covenant)
    yield from _places(covenant)
    yield from _categories(covenant)
    yield from _alarms(covenant)
    yield from _languages(covenant)
    yield from _shared_names(covenant)


def _event(covenant: Covenant) -> Iterator[Gap]:
    if not covenant.evaluation_due:
        yield "evaluation_due", _("Nothing says when the evaluation is due.")
    if not covenant.retention_days:
        yield "retention_days", _("Nothing says how long a closed log is kept.")
    if not covenant.phases:
        yield "phases", _("The event has no phases.")
    if not covenant.ladders:
        yield "ladders", _("There is no ladder of levels.")


def _parties(covenant: Covenant) -> Iterator[Gap]:
    for n, party in enumerate(covenant.parties):
        if not party.contacts:
            yield (
                f"parties[{n}].contacts",
                _("“{code}” has no contact for when its desk is empty.").format(code=party.code),
            )
        for number, contact in enumerate(party.contacts):
            if not contact.phone and not contact.channel:
                problem = _("“{name}” has neither a telephone number nor a channel.")
                yield f"parties[{n}].contacts[{number}]", problem.format(name=contact.name)


def _units(covenant: Covenant) -> Iterator[Gap]:
    named = {mandate.role for mandate in covenant.mandates}
    carried = {unit.role for unit in covenant.units}
    for n, role in enumerate(covenant.roles):
        if role.code in carried - named:
            problem = _("No mandate says what “{code}” may do and report.")
            yield f"roles[{n}]", problem.format(code=role.code)
    for n, unit in enumerate(covenant.units):
        if not unit.channel:
            yield f"units[{n}].channel", _("“{code}” has no channel to call it on.").format(code=unit.callsign)


def _places(covenant: Covenant) -> Iterator[Gap]:
    subjects = dict.fromkeys(one.subject for one in covenant.categories if one.subject)
    for n, place in enumerate(covenant.places):
        missing = [label(subject) for subject in subjects if not lead_for(covenant, place.code, subject)]
        if missing:
            problem = _("Nobody leads at “{code}” for: {subjects}.")
            yield f"places[{n}].lead", problem.format(code=place.code, subjects=", ".join(missing))
    yield from _pins(covenant)


def _pins(covenant: Covenant) -> Iterator[Gap]:
    """Yield the one pin that lies in another country than all others: most often its two numbers were swapped."""
    pins = {n: place.pin for n, place in enumerate(covenant.places) if place.pin}
    if len(pins) < LEAST_PINS:
        return
    middle = [median(pin[axis] for pin in pins.values()) for axis in (0, 1)]
    away = [n for n, pin in pins.items() if max(abs(pin[axis] - middle[axis]) for axis in (0, 1)) > FAR]
    if len(away) == 1:
        n = away[0]
        problem = _("“{code}” lies far from all other places: are its latitude and longitude swapped?")
        yield f"places[{n}].pin", problem.format(code=covenant.places[n].code)


def _categories(covenant: Covenant) -> Iterator[Gap]:
    reporters = [Source(unit=unit.callsign) for unit in covenant.units]
    assessed = {one.category for one in covenant.deadlines if one.code == "assess"}
    for n, category in enumerate(covenant.categories):
        if reporters and all(check_report(covenant, source, category.code) for source in reporters):
            problem = _("No unit may report “{code}”: add it to `may_report` of a mandate.")
            yield f"categories[{n}]", problem.format(code=category.code)
        if category.suspicion and assessed.isdisjoint({"", category.code}):
            problem = _("No deadline says by when a report of “{code}” is assessed.")
            yield f"categories[{n}].suspicion", problem.format(code=category.code)


def _alarms(covenant: Covenant) -> Iterator[Gap]:
    if len(covenant.alarms) > MOST_ALARMS:
        problem = _("There are {number} alarms; of more than {most}, people act on none.")
        yield "alarms", problem.format(number=len(covenant.alarms), most=MOST_ALARMS)


def _languages(covenant: Covenant) -> Iterator[Gap]:
    named: tuple[tuple[str, Sequence[Party | Role | Place | Category | Level]], ...] = (
        ("parties", covenant.parties),
        ("roles", covenant.roles),
        ("places", covenant.places),
        ("categories", covenant.categories),
        ("phases", covenant.phases),
    )
    for key, ones in named:
        for n, one in enumerate(ones):
            name = one.name
            if isinstance(name, dict) and covenant.language not in name:
                problem = _("“{code}” has no name in the event’s language, “{language}”.")
                yield f"{key}[{n}].name", problem.format(code=one.code, language=covenant.language)


def _shared_names(covenant: Covenant) -> Iterator[Gap]:
    """Yield names that two of a kind have: the entry line takes them for the first."""
    named: tuple[tuple[str, Sequence[Party | Place | Category]], ...] = (
        ("parties", covenant.parties),
        ("places", covenant.places),
        ("categories", covenant.categories),
    )
    for key, ones in named:
        taken: dict[str, str] = {}
        for n, one in enumerate(ones):
            names = (one.name,) if isinstance(one.name, str) else one.name.values()
            for name in (one.code, *names, *one.aliases):
                first = taken.setdefault(_APART.sub("", plain(name)), one.code)
                if first != one.code:
                    problem = _("“{name}” is also a name of “{code}”, and is taken for that.")
                    yield f"{key}[{n}]", problem.format(name=name, code=first)
