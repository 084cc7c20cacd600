"""The summary: what was how much, what was decided and declared, and what is still open."""

from collections.abc import Iterable

from commandlog.export.contents import Contents
from commandlog.export.paper import LEFT, RIGHT, Paper
from commandlog.export.pdf_tables import Column, Row, bars, by_time, table
from commandlog.export.saying import Sayer
from commandlog.language import _
from commandlog.model.records import LevelSet
from commandlog.model.words import label
from commandlog.views import counts
from commandlog.views.board import TaskLine
from commandlog.views.lines import Line
from commandlog.views.open_items import OpenItems, open_items

LISTED = 200  # items of one list; the rest is counted and stands in its own chapter
_GAP = 26.0
_HALF = (RIGHT - LEFT - _GAP) / 2


def draw(paper: Paper, contents: Contents, saying: Sayer, tasks: list[TaskLine]) -> None:
    """Draw the summary pages."""
    paper.chapter(_("Summary"))
    totals = counts.counts(contents.log, contents.moment, contents.wanted)
    paper.y -= 6
    _figures(paper, saying, totals)
    if totals.by_hour:
        paper.section(_("Entries by time"), 110)
        by_time(paper, totals.by_hour, saying.language)
    _totals(paper, contents, saying, totals)
    _tasks(paper, contents, tasks)
    _reports(paper, totals, contents)
    _decisions(paper, contents, saying)
    _levels(paper, contents, saying)
    _open(paper, contents, saying)


def _figures(paper: Paper, saying: Sayer, totals: counts.Counts) -> None:
    """Draw the four figures that one looks for first."""
    figures = (
        (totals.entries, _("entries")),
        (totals.corrections, _("corrections")),
        (sum(totals.tasks_by_state.values()), _("tasks")),
        (totals.tasks_late, _("tasks late")),
        (totals.outside_mandate, _("outside the mandate")),
    )
    style = paper.style
    big = style.chapter._replace(size=20, leading=24)
    step = (RIGHT - LEFT) / len(figures)
    for at, (number, name) in enumerate(figures):
        x = LEFT + at * step
        paper.put(x, paper.y, big, big.type.shown(saying.number(number)))
        paper.put(x, paper.y - 13, style.small, style.small.lines(name, step - 6)[0])
    paper.y -= 28


def _totals(paper: Paper, contents: Contents, saying: Sayer, totals: counts.Counts) -> None:
    """Draw totals by party, kind, category, place and priority, two beside each other."""
    name = contents.covenant
    blocks = [
        (_("By party"), [(name.party_name(code), n) for code, n in totals.by_party.items()]),
        (_("By kind"), [(label(code), n) for code, n in totals.by_kind.items()]),
        (_("By category"), [(name.category_name(code), n) for code, n in totals.by_category.items()]),
        (_("By place"), [(name.place_name(code), n) for code, n in totals.by_place.items()]),
        (_("By priority"), [(label(code), n) for code, n in totals.by_priority.items()]),
        (_("Tasks by state"), [(label(code), n) for code, n in totals.tasks_by_state.items()]),
    ]
    filled = [block for block in blocks if block[1]]
    for at in range(0, len(filled), 2):
        pair = filled[at : at + 2]
        rows = max(min(len(rows), 13) for _title, rows in pair)
        paper.need(rows * 14 + 44)
        top, lowest = paper.y, paper.y
        for x, (title, found) in zip((LEFT, LEFT + _HALF + _GAP), pair, strict=False):
            paper.y = top
            bars(paper, x, _HALF, title, found, saying)
            lowest = min(lowest, paper.y)
        paper.y = lowest


def _tasks(paper: Paper, contents: Contents, tasks: list[TaskLine]) -> None:
    """Count the tasks per pair of parties, each direction on a row of its own."""
    pairs: dict[tuple[str, str], list[int]] = {}
    for task in tasks:
        if task.recalled:
            continue
        row = task.row
        tally = pairs.setdefault((row.requester, row.assignee), [0] * 6)
        declined = row.state == "declined"
        facts = (
            True,
            bool(row.answered) and not declined,
            declined,
            task.late_answer,
            task.late_finish,
            task.overridden,
        )
        for at, fact in enumerate(facts):
            tally[at] += fact
    if not pairs:
        return
    name = contents.covenant.party_name
    rows = [
        Row((name(one), name(other), *(str(n) if n else "·" for n in tally)))
        for (one, other), tally in sorted(pairs.items(), key=lambda pair: (sorted(pair[0]), pair[0]))
    ]
    heads = (_("asked"), _("accepted"), _("declined"), _("answer late"), _("work late"), _("outside mandate"))
    columns = [Column(_("from"), 88), Column(_("to"), 88), *(Column(head, 56, right=True) for head in heads)]
    paper.section(_("Tasks between parties, in both directions"))
    table(paper, columns, rows)


def _reports(paper: Paper, totals: counts.Counts, contents: Contents) -> None:
    """Count what became of the reports."""
    query = (
        "SELECT state, count(*) FROM reports r JOIN entries e ON e.since = r.entry WHERE r.since <= :p AND r.until > :p"
    )
    found = contents.counted(query, "state")
    if not found:
        return
    paper.section(_("Reports and what became of them"))
    states = ", ".join(f"{label(state)}: {n}" for state, n in found.items())
    paper.text(LEFT, paper.style.body, states)
    told = ", ".join(f"{label(code)}: {n}" for code, n in totals.by_disposition.items())
    if told:
        paper.text(LEFT, paper.style.body, _("Disposition: {told}").format(told=told))
    paper.y -= 4


def _decisions(paper: Paper, contents: Contents, saying: Sayer) -> None:
    rows = [_said(line, contents, saying) for line in contents.of_kind("decision")]
    _listed(paper, _("Decisions"), rows)


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
        rows.append(Row((*row.cells[:3], f"{row.cells[3]}\n{told}")))
    _listed(paper, _("Levels declared"), rows)


def _said(line: Line, contents: Contents, saying: Sayer) -> Row:
    """Return an entry as a row of a list: when, reference, who, what."""
    who = contents.covenant.party_name(line.party)
    return Row((saying.near(line.occurred_at, contents.first), line.reference, who, line.text[:2000]))


def _listed(paper: Paper, title: str, rows: list[Row]) -> None:
    if not rows:
        return
    paper.section(f"{title} ({len(rows)})")
    columns = [
        Column(_("time"), 62),
        Column(_("reference"), 52),
        Column(_("party"), 92),
        Column("", RIGHT - LEFT - 206),
    ]
    table(paper, columns, rows[:LISTED])
    if len(rows) > LISTED:
        paper.text(LEFT, paper.style.small, _("and {n} more: see the timeline.").format(n=len(rows) - LISTED))


def _open(paper: Paper, contents: Contents, saying: Sayer) -> None:
    """List what somebody still has to do."""
    found = open_items(contents.log, contents.moment, contents.for_party)
    lists = (
        (_("Reports to assess"), [_said(line, contents, saying) for line in found.to_assess]),
        (_("Reports to give feedback on"), [_said(line, contents, saying) for line in found.to_close]),
        (_("Open tasks"), list(_open_tasks(found, contents, saying))),
        (_("Agreed orally, to be affirmed"), [_task(task, contents, saying) for task in found.to_affirm]),
        (_("Levels to confirm or review"), list(_waiting(found, contents, saying))),
        (
            _("Conflicts to settle"),
            [Row(("", one.reference, "", _("meets {other}").format(other=one.met))) for one in found.conflicts],
        ),
    )
    paper.section(_("Open items"))
    if not any(rows for _title, rows in lists):
        paper.text(LEFT, paper.style.body, _("Nothing is open."))
    for title, rows in lists:
        _listed(paper, title, rows)


def _open_tasks(found: OpenItems, contents: Contents, saying: Sayer) -> Iterable[Row]:
    return (_task(task, contents, saying) for task in found.tasks)


def _task(task: TaskLine, contents: Contents, saying: Sayer) -> Row:
    told = _("late")
    late = f" · {told}" if task.late_answer or task.late_finish else ""
    text = f"{task.text[:500]} — {label(task.row.state)}{late}"
    who = contents.covenant.party_name(task.row.assignee)
    return Row((saying.near(task.row.proposed, contents.first), task.reference, who, text))


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
