"""Templates: entries that are asked for part by part, so that nothing is forgotten in haste.

METHANE and IIMARCH are the letters of the services themselves and are shown as such; a part that is left empty is left
out of the text, and what was filled in is one entry like any other.
"""

from collections.abc import Callable
from typing import NamedTuple

from commandlog.language import _, marked
from commandlog.log.desk import Desk
from commandlog.model.covenant import spoken
from commandlog.model.dealings import MEASURES
from commandlog.model.records import DecisionWords, Record
from commandlog.model.words import measure_label
from commandlog.verbs import counting, saying
from commandlog.verbs.context import About

from ..asking import Answers, Field
from ..deeds import Deeds, Verb

METHANE = (
    ("major", marked("M · major incident")),
    ("exact", marked("E · exact location")),
    ("type", marked("T · type of incident")),
    ("hazards", marked("H · hazards, present or possible")),
    ("access", marked("A · access, safest routes")),
    ("number", marked("N · number of casualties, and how bad")),
    ("emergency", marked("E · emergency services: there, needed")),
)
IIMARCH = (
    ("information", marked("I · information")),
    ("intent", marked("I · intent")),
    ("method", marked("M · method")),
    ("administration", marked("A · administration")),
    ("risk", marked("R · risk assessment")),
    ("communications", marked("C · communications")),
    ("humanitarian", marked("H · humanitarian issues")),
)


class Template(NamedTuple):
    """What it is called, and what asks it. `id` is also that of its action."""

    id: str
    name: str
    ask: Callable[[Deeds], None]


def methane(deeds: Deeds) -> None:
    """Ask for a METHANE report."""
    fields = [
        Field("caller", _("Call sign (may stay empty)"), offers=_callsigns(deeds), check=_callsign_wrong(deeds)),
        Field("major", _(METHANE[0][1]), (("standby", _("standby")), ("declared", _("declared")))),
        Field("exact", _(METHANE[1][1]), offers=_places(deeds), needed=True),
        *(Field(name, _(text)) for name, text in METHANE[2:]),
    ]

    def verb(a: Answers) -> Verb:
        said = {**a, "major": _("declared") if a["major"] == "declared" else _("standby")}
        text = _joined("METHANE", METHANE, said)
        about = _place_about(deeds, a["exact"])
        if a["major"] == "declared":
            about["priority"] = "emergency"

        def do(desk: Desk) -> Record:
            if a["caller"].strip():
                about["source"] = saying.source_of(desk, a["caller"].strip())
            return saying.report(desk, text, **about)

        return do

    deeds.put(_("METHANE report"), fields, verb)


def iimarch(deeds: Deeds) -> None:
    """Ask for an IIMARCH briefing."""
    fields = [Field(name, _(text), needed=name == "information") for name, text in IIMARCH]
    deeds.put(
        _("IIMARCH briefing"),
        fields,
        lambda a: lambda desk: saying.note(desk, _joined("IIMARCH", IIMARCH, a)),
    )


def decision(deeds: Deeds) -> None:
    """Ask for a decision: what was known, the options, what, why and by whom."""
    fields = [
        Field("known", _("What is known"), wide=True),
        Field("options", _("Options"), wide=True),
        Field("decision", _("Decision"), wide=True, needed=True),
        Field("reason", _("Because"), wide=True),
        Field("decider", _("Who decides")),
        Field("place", _("Place"), offers=_places(deeds)),
    ]

    def verb(a: Answers) -> Verb:
        words = DecisionWords(a["known"], a["options"], a["decision"], a["reason"], a["decider"])
        where = _place_about(deeds, a["place"])
        return lambda desk: saying.decide(desk, words, **where)

    deeds.put(_("Decision"), fields, verb)


def count(deeds: Deeds) -> None:
    """Ask for a crowd count."""
    measures = tuple((one, measure_label(one)) for one in MEASURES)
    places = tuple((one.code, spoken(one.name)) for one in deeds.session.covenant.places)
    fields = [
        Field("place", _("Place"), places, needed=True),
        Field("number", _("How many"), needed=True, check=_number_wrong),
        Field("measure", _("Of what"), measures),
        Field("text", _("In words"), wide=True),
    ]

    def verb(a: Answers) -> Verb:
        number = int(a["number"].strip())
        return lambda desk: counting.count(desk, number, measure=a["measure"], text=a["text"], place=a["place"])

    deeds.put(_("Crowd count"), fields, verb)


TEMPLATES = (
    Template("methane", marked("METHANE report"), methane),
    Template("iimarch", marked("IIMARCH briefing"), iimarch),
    Template("decision", marked("Decision"), decision),
    Template("count", marked("Crowd count"), count),
)


def choose_template(deeds: Deeds) -> None:
    """Ask which template, then ask that."""
    names = tuple((one.id, _(one.name)) for one in TEMPLATES)

    def then(answers: Answers) -> None:
        deeds.asking.done()
        next(one for one in TEMPLATES if one.id == answers["template"]).ask(deeds)

    deeds.asking.ask(_("Begin a template"), [Field("template", _("Template"), names)], then)


def _joined(name: str, parts: tuple[tuple[str, str], ...], said: Answers) -> str:
    lines = [": ".join((_(text), said[one].strip())) for one, text in parts if said.get(one, "").strip()]
    return "\n".join((name, *lines))


def _places(deeds: Deeds) -> tuple[str, ...]:
    return tuple(spoken(one.name) for one in deeds.session.covenant.places)


def _callsigns(deeds: Deeds) -> tuple[str, ...]:
    return tuple(one.callsign for one in deeds.session.covenant.units)


def _callsign_wrong(deeds: Deeds) -> Callable[[str], str]:
    def wrong(text: str) -> str:
        known = deeds.session.covenant.unit(text.strip())
        return "" if known else _("The covenant has no call sign “{unit}”.").format(unit=text.strip())

    return wrong


def _number_wrong(text: str) -> str:
    return "" if text.strip().isdecimal() else _("“{text}” is no number.").format(text=text)


def _place_code(deeds: Deeds, text: str) -> str:
    wanted = text.strip().casefold()
    places = deeds.session.covenant.places
    return next((one.code for one in places if wanted in (one.code.casefold(), spoken(one.name).casefold())), "")


def _place_about(deeds: Deeds, text: str) -> About:
    """Return a place as what a record is told: by its code, or in words where the covenant has none."""
    code = _place_code(deeds, text)
    return {"place": code} if code else {"where": text.strip()}
