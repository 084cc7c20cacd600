"""The covenant: who takes part, who leads, who may do what and on which ground; and which places there are."""

from collections.abc import Iterator

from commandlog.export.contents import Contents
from commandlog.export.paper import Paper
from commandlog.export.pdf_style import LEFT, RIGHT, ROOM
from commandlog.export.pdf_tables import Column, Row, table
from commandlog.export.saying import Sayer
from commandlog.language import _
from commandlog.model.covenant import Covenant, spoken
from commandlog.model.words import label

_VALUES = LEFT + 150


def draw(paper: Paper, contents: Contents) -> None:
    """Draw the chapter."""
    covenant = contents.covenant
    paper.chapter(_("Covenant"), "covenant", _("As it stood at the end of this log."))
    for name, value in _facts(covenant):
        fact(paper, name, value, _VALUES)
    paper.y -= 4
    for title, columns, rows in _tables(covenant):
        if rows:
            paper.section(title)
            table(paper, columns, rows)


def places(paper: Paper, contents: Contents, saying: Sayer) -> None:
    """Draw the chapter of places: whose they are, who leads there in what, and how much was logged of each."""
    covenant = contents.covenant
    paper.chapter(_("Places"), "places")
    if not covenant.places:
        paper.text(LEFT, paper.style.body, _("The covenant names no places."))
        return
    number = contents.counted("SELECT e.place, count(*) FROM entries e WHERE e.since <= :p AND e.until > :p", "e.place")
    columns = [
        Column(_("place"), 122),
        Column(_("space"), 54),
        Column(_("within"), 86),
        Column(_("lead"), ROOM - 364),
        Column(_("persons"), 52, right=True),
        Column(_("entries"), 50, right=True),
    ]
    rows = []
    for place in covenant.places:
        lead = ", ".join(f"{label(subject)}: {covenant.party_name(code)}" for subject, code in place.lead.items())
        within = covenant.place_name(place.within) if place.within else ""
        told = saying.number(number[place.code]) if place.code in number else "·"
        persons = saying.number(place.capacity) if place.capacity else ""
        rows.append(Row((spoken(place.name), label(place.space), within, lead, persons, told)))
    table(paper, columns, rows)


def fact(paper: Paper, name: str, value: str, at: float) -> None:
    """Draw a name and its value beside it."""
    style = paper.style
    paper.need(20)
    paper.put(LEFT, paper.y, style.muted, style.muted.line(name, at - LEFT - 8))
    paper.text(at, style.body, value, RIGHT - at)
    paper.y -= 3


def _facts(covenant: Covenant) -> Iterator[tuple[str, str]]:
    yield _("Driver"), covenant.party_name(covenant.driver)
    if covenant.answer_minutes:
        yield _("A task is answered within"), _("{n} min").format(n=covenant.answer_minutes)
    if covenant.valid_until:
        yield _("Valid until"), covenant.valid_until
    if covenant.evaluation_due:
        yield _("Evaluation due"), covenant.evaluation_due
    if covenant.retention_days:
        yield _("Kept after closing"), _("{n} days").format(n=covenant.retention_days)
    if covenant.phases:
        yield _("Phases"), " → ".join(spoken(one.name) for one in covenant.phases)


def _tables(covenant: Covenant) -> Iterator[tuple[str, list[Column], list[Row]]]:
    name = covenant.party_name
    driver = _("driver")
    yield (
        _("Parties"),
        [Column(_("party"), 200), Column(_("sector"), 90), Column(_("desks"), 90), Column("", ROOM - 380)],
        [
            Row(
                (
                    name(one.code),
                    label(one.sector),
                    f"{one.letter}1, {one.letter}2 …",
                    driver if one.code == covenant.driver else "",
                )
            )
            for one in covenant.parties
        ],
    )
    yield (
        _("Mandates"),
        [Column(_("party"), 92), Column(_("role"), 92), Column(_("ground"), 102), Column(_("what"), ROOM - 286)],
        [
            Row((name(one.party), covenant.role_name(one.role), one.article, _mandate(covenant, one.code)))
            for one in covenant.mandates
        ],
    )
    yield (
        _("Reserved powers"),
        [Column(_("what"), 132), Column(_("only"), 92), Column(_("ground"), 102), Column("", ROOM - 326)],
        [
            Row((spoken(one.name), ", ".join(map(name, one.holders)), one.article, spoken(one.text)))
            for one in covenant.powers
        ],
    )
    yield (
        _("Ladders"),
        [
            Column(_("ladder"), 132),
            Column(_("levels"), ROOM - 332),
            Column(_("declared by"), 110),
            Column(_("review"), 90, right=True),
        ],
        [
            Row(
                (
                    spoken(one.name),
                    " → ".join(spoken(level.name) for level in one.levels),
                    ", ".join(map(name, one.declared_by)),
                    _("{n} min").format(n=one.review_minutes) if one.review_minutes else "",
                )
            )
            for one in covenant.ladders
        ],
    )
    yield (
        _("Units"),
        [
            Column(_("call sign"), 100),
            Column(_("party"), 150),
            Column(_("role"), 110),
            Column(_("channel"), 60),
            Column(_("answers for it"), ROOM - 420),
        ],
        [
            Row(
                (
                    one.callsign,
                    ", ".join(map(name, one.parties or (one.party,))),
                    covenant.role_name(one.role) if one.role else "",
                    one.channel,
                    name(one.answering_party),
                )
            )
            for one in covenant.units
        ],
    )
    yield (
        _("Categories"),
        [Column(_("category"), 200), Column(_("subject"), 120), Column("", ROOM - 320)],
        [
            Row((spoken(one.name), label(one.subject), _("must be assessed") if one.suspicion else ""))
            for one in covenant.categories
        ],
    )


def _mandate(covenant: Covenant, code: str) -> str:
    """Return what a mandate says, with the tasks and the matters that it names."""
    one = next(one for one in covenant.mandates if one.code == code)
    parts = [spoken(one.text)]
    if one.tasks:
        parts.append(_("Tasks: {tasks}").format(tasks=", ".join(map(spoken, one.tasks))))
    if one.may_report:
        parts.append(_("May report: {what}").format(what=", ".join(map(covenant.category_name, one.may_report))))
    return "\n".join(part for part in parts if part)
