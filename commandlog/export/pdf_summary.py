"""The summary: the evening at a glance, what was decided and declared, and what is still open."""

from collections.abc import Iterable

from commandlog.export import pdf_hours, pdf_state
from commandlog.export.contents import Contents
from commandlog.export.paper import Paper
from commandlog.export.pdf_entries import BRIEF, key_of
from commandlog.export.pdf_style import LEFT, ROOM, RULE
from commandlog.export.pdf_tables import Column, Row, table
from commandlog.export.pdf_tasks import task_key
from commandlog.export.saying import Sayer
from commandlog.language import _
from commandlog.model.records import LevelSet
from commandlog.model.words import label
from commandlog.views.board import TaskLine
from commandlog.views.counts import Counts
from commandlog.views.lines import Line
from commandlog.views.open_items import OpenItems, open_items

LISTED = 200  # items of one list; the rest is counted and stands in its own chapter


def draw(paper: Paper, contents: Contents, saying: Sayer, totals: Counts, tasks: list[TaskLine]) -> None:
    """Draw the summary pages."""
    paper.chapter(_("Summary"), "summary")
    if not contents.entries:
        none = _("Nothing happened in this range.") if contents.partly else _("Nothing has been logged yet.")
        paper.text(LEFT, paper.style.body, none)
        return
    paper.y -= 10
    _figures(paper, saying, totals, tasks)
    if len(totals.by_hour) > 1:  # one bar says nothing
        paper.section(_("Entries by time, with levels and phases"), 130)
        pdf_hours.draw(paper, contents, saying, totals)
    _decisions(paper, contents, saying)
    _levels(paper, contents, saying)
    pdf_state.draw(paper, contents, saying)
    _open(paper, contents, saying, tasks)


def _figures(paper: Paper, saying: Sayer, totals: Counts, tasks: list[TaskLine]) -> None:
    """Draw the figures that one looks for first."""
    known = [task for task in tasks if not task.recalled]
    figures = (
        (totals.entries, _("entries")),
        (totals.corrections, _("corrections")),
        (len(tasks), _("tasks")),
        (sum(task.late_answer or task.late_finish for task in known), _("tasks late")),
        (totals.outside_mandate, _("outside the mandate")),
    )
    style = paper.style
    big = style.chapter._replace(size=22, leading=26)
    step = ROOM / len(figures)
    for at, (number, name) in enumerate(figures):
        x = LEFT + at * step
        if at:
            paper.line(x - 10, paper.y - 14, x - 10, paper.y + 16, RULE)
        paper.put(x, paper.y, big, big.line(saying.number(number), step - 12))
        paper.put(x, paper.y - 13, style.small, style.small.line(name, step - 14))
    paper.y -= 26


def _decisions(paper: Paper, contents: Contents, saying: Sayer) -> None:
    _listed(paper, _("Decisions"), (_decision(line, contents, saying) for line in contents.of_kind("decision")))


def _decision(line: Line, contents: Contents, saying: Sayer) -> Row:
    """Return a decision as a row: what was decided, and below it what was known, the options, why and by whom."""
    row = _said(line, contents, saying)
    words = line.words.decision if line.words else None
    if words is None:
        return row
    parts = [(_("known"), words.known), (_("options"), words.options), (_("reason"), words.reason)]
    parts.append((_("decided by"), words.decider))
    told = "\n".join((words.decision, *(f"{name}: {text}" for name, text in parts if text)))
    return row._replace(cells=(*row.cells[:3], told[:4000]))


def _levels(paper: Paper, contents: Contents, saying: Sayer) -> None:
    """List the levels that were declared, with who confirmed each and when."""
    rows = []
    query = "SELECT since, party, confirmed FROM level_confirmations WHERE level = ? AND since <= ? ORDER BY since"
    for line in contents.of_kind("level"):
        found = contents.log.db.execute(query, (line.seq, contents.moment.position)).fetchall()
        known = ", ".join(
            f"{contents.covenant.party_name(party)} {saying.near(at, line.occurred_at)}"
            for since, party, at in found
            if contents.readable(since)
        )
        told = _("confirmed: {parties}").format(parties=known or _("nobody"))
        row = _said(line, contents, saying)
        rows.append(row._replace(cells=(*row.cells[:3], f"{row.cells[3]}\n{told}")))
    _listed(paper, _("Levels declared"), rows)


def _said(line: Line, contents: Contents, saying: Sayer) -> Row:
    """Return an entry as a row of a list: when, reference, who, what."""
    who = contents.covenant.party_name(line.party)
    text = line.text if len(line.text) <= BRIEF else f"{line.text[:BRIEF]}…"
    cells = (saying.near(line.occurred_at, contents.first), line.reference, who, text)
    return Row(cells, key_of(line.entry), 1)


def _listed(paper: Paper, title: str, rows: Iterable[Row]) -> None:
    found = list(rows)
    if not found:
        return
    paper.section(f"{title} ({len(found)})")
    columns = [Column(_("time"), 62), Column(_("reference"), 52), Column(_("party"), 92), Column(_("what"), ROOM - 206)]
    table(paper, columns, found[:LISTED])
    if len(found) > LISTED:
        more = len(found) - LISTED
        paper.text(LEFT, paper.style.small, _("and {n} more: see the timeline.").format(n=more))


def _open(paper: Paper, contents: Contents, saying: Sayer, tasks: list[TaskLine]) -> None:
    """List what somebody still has to do, of what happened in the range."""
    found = open_items(contents.log, contents.moment, contents.for_party)
    shown = {task.row.task for task in tasks}
    anytime = not contents.partly  # these name entries of any time
    name = contents.covenant.party_name

    def lines(of: list[Line]) -> list[Row]:
        return [_said(line, contents, saying) for line in of if contents.within(line.occurred_at)]

    def asked(of: list[TaskLine]) -> list[Row]:
        return [_task(task, contents, saying) for task in of if task.row.task in shown]

    lists = (
        (_("Reports to assess"), lines(found.to_assess)),
        (_("Reports to give feedback on"), lines(found.to_close)),
        (_("Open tasks"), asked(found.tasks)),
        (_("Agreed orally, to be affirmed"), asked(found.to_affirm)),
        (_("Agreements to affirm"), lines([one.line for one in found.agreements])),
        (_("Agreements that are denied"), lines([one.line for one in found.denied])),
        (_("Levels to confirm or review"), list(_waiting(found, contents, saying))),
        (
            _("Conflicts to settle"),
            [
                Row(("", one.reference, "", _("meets {other}").format(other=one.met)))
                for one in found.conflicts
                if anytime
            ],
        ),
        (
            _("Corrections not yet told"),
            [Row(("", one.reference, name(one.party), "")) for one in found.untold if anytime],
        ),
        (
            _("Reached by mistake, not yet confirmed"),
            [Row(("", one.reference, name(one.reached), one.text[:BRIEF])) for one in found.unread if anytime],
        ),
    )
    if not any(rows for _title, rows in lists):
        paper.section(_("Open items"), 20)
        paper.text(LEFT, paper.style.body, _("Nothing is open."))
        return
    paper.section(_("Open items"), 90)
    for title, rows in lists:
        _listed(paper, title, rows)


def _task(task: TaskLine, contents: Contents, saying: Sayer) -> Row:
    told = _("late")
    late = f" · {told}" if task.late_answer or task.late_finish else ""
    text = f"{task.text[:500]} — {label(task.row.state)}{late}"
    who = contents.covenant.party_name(task.row.assignee)
    cells = (saying.near(task.row.proposed, contents.first), task.reference, who, text)
    return Row(cells, task_key(task) if contents.includes("tasks") else "", 1)


def _waiting(found: OpenItems, contents: Contents, saying: Sayer) -> Iterable[Row]:
    """Yield the levels that wait for a word, as far as the reader may know of them."""
    name = contents.covenant
    told = {
        (line.frame.ladder, line.frame.level, line.occurred_at)
        for line in contents.of_kind("level")
        if isinstance(line.frame, LevelSet)
    }
    for one in found.levels:
        if (one.ladder, one.level, one.declared_at) in told:
            parties = ", ".join(map(name.party_name, one.waiting))
            waits = _("not yet confirmed by {parties}").format(parties=parties) if parties else ""
            review = _("to be reviewed at {time}").format(time=saying.both(one.review_by)) if one.review_by else ""
            text = " · ".join(part for part in (name.level_name(one.ladder, one.level), waits, review) if part)
            yield Row((saying.near(one.declared_at, contents.first), "", "", text))
