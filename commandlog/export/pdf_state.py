"""How things stood at the end: what was agreed, how full places were, and what units said of themselves."""

from commandlog.export.contents import Contents
from commandlog.export.paper import Paper
from commandlog.export.pdf_entries import BRIEF, key_of
from commandlog.export.pdf_style import ROOM
from commandlog.export.pdf_tables import Column, Row, table
from commandlog.export.saying import Sayer
from commandlog.language import _
from commandlog.model.words import label
from commandlog.views import agreements, crowd, units
from commandlog.views.agreements import AgreementLine

LISTED = 200  # rows of one list


def draw(paper: Paper, contents: Contents, saying: Sayer) -> None:
    """Draw what there is of it, each under a heading of its own."""
    _agreements(paper, contents, saying)
    _crowd(paper, contents, saying)
    _units(paper, contents, saying)


def _agreements(paper: Paper, contents: Contents, saying: Sayer) -> None:
    """List what parties agreed, with whose word is still missing."""
    found = agreements.agreements(contents.log, contents.moment, reader=contents.for_party)
    found = [one for one in found if contents.within(one.line.occurred_at)]
    if not found:
        return
    columns = [
        Column(_("time"), 62),
        Column(_("reference"), 52),
        Column(_("parties"), 124),
        Column(_("what"), ROOM - 318),
        Column(_("state"), 80),
    ]
    paper.section(_("Agreements ({n})").format(n=len(found)))
    table(paper, columns, [_agreement(one, contents, saying) for one in found[:LISTED]])


def _agreement(one: AgreementLine, contents: Contents, saying: Sayer) -> Row:
    line = one.line
    parties = ", ".join(map(saying.party, one.parties))
    told = [(line.words.text if line.words else line.text)[:BRIEF]]
    if one.affirmed:
        told.append(_("affirmed: {parties}").format(parties=", ".join(map(saying.party, one.affirmed))))
    if one.denied:
        told.append(_("denied: {parties}").format(parties=", ".join(map(saying.party, one.denied))))
    if one.waiting and not one.over:
        told.append(_("not yet affirmed: {parties}").format(parties=", ".join(map(saying.party, one.waiting))))
    if one.holds_until:
        told.append(_("holds until {time}").format(time=saying.near(one.holds_until, contents.first)))
    cells = (saying.near(line.occurred_at, contents.first), line.reference, parties, "\n".join(told), label(one.state))
    return Row(cells, key_of(line.entry), 1)


def _crowd(paper: Paper, contents: Contents, saying: Sayer) -> None:
    """List the places that were counted: the last count, and how full it says that they were."""
    found = crowd.crowd(contents.log, contents.moment, contents.for_party)
    found = [one for one in found if contents.within(one.latest.at)]
    if not found:
        return
    figure = 58
    columns = [
        Column(_("time"), 62),
        Column(_("reference"), 52),
        Column(_("place"), ROOM - 114 - 5 * figure),
        *(Column(head, figure, right=True) for head in (_("present"), _("in"), _("out"), _("full"), _("holds"))),
    ]
    rows = []
    for one in found[:LISTED]:
        full = "" if one.percent is None else f"{'! ' if one.warned else ''}{saying.number(one.percent)} %"
        figures = ("" if n is None else saying.number(n) for n in (one.present, one.went_in, one.went_out))
        place = contents.covenant.place_name(one.place)
        when = saying.near(one.latest.at, contents.first)
        holds = saying.number(one.capacity) if one.capacity else ""
        rows.append(Row((when, one.latest.reference, place, *figures, full, holds)))
    paper.section(_("Crowd by place, at the last count ({n})").format(n=len(found)))
    table(paper, columns, rows)


def _units(paper: Paper, contents: Contents, saying: Sayer) -> None:
    """List the units that said how they were, and what they had to do."""
    found = [one for one in units.units(contents.log, contents.moment, contents.for_party) if one.said]
    found = [one for one in found if contents.within(one.at)]
    if not found:
        return
    columns = [
        Column(_("since"), 62),
        Column(_("reference"), 52),
        Column(_("unit"), 110),
        Column(_("party"), 110),
        Column(_("state"), 62),
        Column(_("tasks"), ROOM - 396),
    ]
    rows = []
    for one in found[:LISTED]:
        tasks = ", ".join(f"{task.reference} {label(task.state)}" for task in one.tasks)
        when = saying.near(one.at, contents.first)
        rows.append(Row((when, one.reference, one.callsign, saying.party(one.party), label(one.said), tasks)))
    paper.section(_("Units, as they last said ({n})").format(n=len(found)))
    table(paper, columns, rows)
