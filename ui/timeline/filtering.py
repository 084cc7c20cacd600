"""The filter question: a field for each thing that the timeline can be filtered by."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from commandlog.language import _
from commandlog.model.covenant import Category, Party, Place, Role, spoken
from commandlog.model.errors import CommandLogError
from commandlog.model.words import Priority, ReportState, TaskState, label
from commandlog.views.filters import Filter
from commandlog.views.moments import clock_of, local

from ..asking import Answers, Field
from ..session import Session

KINDS = ("report", "observation", "note", "decision", "message", "proposed", "incident", "level")
Options = tuple[tuple[str, str], ...]


def everything(session: Session) -> Filter:
    """Return what a timeline shows where nothing is asked: all that the desk's party may read.

    That there are others, which it may not read, is in it where the covenant says so.
    """
    return Filter(reader=session.party, sealed=session.covenant.shows_sealed)


def filter_fields(session: Session, wanted: Filter) -> list[Field]:
    """Return the fields, as the filter stands."""
    covenant = session.covenant

    def named(found: Iterable[Party | Role | Place | Category]) -> Options:
        return (("", _("all")), *((one.code, spoken(one.name)) for one in found))

    def words(found: tuple[str, ...]) -> Options:
        return (("", _("all")), *((str(one), label(one)) for one in found))

    def field(name: str, text: str, options: Options) -> Field:
        return Field(name, text, options, value=getattr(wanted, name))

    states = (*ReportState, *TaskState)
    wrong = _clock_wrong(session)
    return [
        field("party", _("Party"), named(covenant.parties)),
        Field("unit", _("Call sign"), value=wanted.unit, offers=tuple(one.callsign for one in covenant.units)),
        field("role", _("Role"), named(covenant.roles)),
        field("place", _("Place"), named(covenant.places)),
        field("category", _("Category"), named(covenant.categories)),
        field("kind", _("Kind"), words(KINDS)),
        field("priority", _("Priority"), words(tuple(Priority))),
        field("state", _("State"), words(states)),
        Field("since", _("From (20:00)"), value=_said(session, wanted.since), check=wrong),
        Field("until", _("Up to (21:30)"), value=_said(session, wanted.until), check=wrong),
    ]


def quick_field(session: Session) -> Field:
    """Return the field that takes any one thing to filter by, by its name."""
    covenant = session.covenant
    found = [
        *((f"party {one.code}", spoken(one.name), _("party")) for one in covenant.parties),
        *((f"place {one.code}", spoken(one.name), _("place")) for one in covenant.places),
        *((f"category {one.code}", spoken(one.name), _("category")) for one in covenant.categories),
        *((f"unit {one.callsign}", one.callsign, _("call sign")) for one in covenant.units),
        *((f"role {one.code}", spoken(one.name), _("role")) for one in covenant.roles),
        *((f"kind {one}", label(one), _("kind")) for one in KINDS),
        *((f"priority {one}", label(one), _("priority")) for one in Priority),
        *((f"state {one}", label(one), _("state")) for one in (*ReportState, *TaskState)),
        ("significant yes", _("marked as significant"), "★"),
    ]
    options = tuple((code, f"{name}  ({what})") for code, name, what in found)
    return Field("what", _("A name, or nothing for all that can be filtered by"), (("", ""), *options))


def with_one(before: Filter, found: str) -> Filter:
    """Return a filter with what `quick_field` answered."""
    facet, _space, code = found.partition(" ")
    return replace(before, **{facet: True if facet == "significant" else code})


def filter_of(session: Session, before: Filter, answers: Answers) -> Filter:
    """Return the filter that the answers ask for; history stays shown where it was."""
    unit = session.covenant.unit(answers["unit"].strip()) if answers["unit"].strip() else None
    return replace(
        before,
        unit=unit.callsign if unit else answers["unit"].strip(),
        **{name: answers[name] for name in ("party", "role", "place", "category", "kind", "priority", "state")},
        since=_millis(session, answers["since"]),
        until=_millis(session, answers["until"]),
    )


def _millis(session: Session, text: str) -> int:
    return clock_of(session.log, text.strip(), end=False) if text.strip() else 0


def _said(session: Session, moment: int) -> str:
    return f"{local(moment, session.zone):%Y-%m-%d %H:%M}" if moment else ""


def _clock_wrong(session: Session) -> Callable[[str], str]:
    def wrong(text: str) -> str:
        try:
            _millis(session, text)
        except CommandLogError as error:
            return str(error)
        return ""

    return wrong
