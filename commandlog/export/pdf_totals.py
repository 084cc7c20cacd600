"""The totals: how much by party, kind, category, place, priority and hour, and what came of reports and tasks."""

from collections.abc import Sequence

from commandlog.export import pdf_hours
from commandlog.export.contents import Contents
from commandlog.export.paper import Paper
from commandlog.export.pdf_charts import SHOWN, Bar, bars, hour_of
from commandlog.export.pdf_style import LEFT, ROOM
from commandlog.export.pdf_tables import Column, Row, table
from commandlog.export.saying import Sayer
from commandlog.language import _
from commandlog.model.words import label
from commandlog.views.board import TaskLine
from commandlog.views.counts import Counts
from commandlog.views.filters import conditions
from commandlog.views.moments import local

_GAP = 26.0
_HALF = (ROOM - _GAP) / 2
_HOURS = 48  # rows of the table by hour; a longer event has its chart
_PARTIES = 6  # columns of it


def draw(paper: Paper, contents: Contents, saying: Sayer, totals: Counts, tasks: list[TaskLine]) -> None:
    """Draw the chapter."""
    paper.chapter(_("Totals"), "totals")
    if not totals.entries:
        paper.text(LEFT, paper.style.body, _("There is nothing to count."))
        return
    if len(totals.by_hour) > 1 and not contents.includes("summary"):
        paper.section(_("Entries by time, with levels and phases"), 130)
        pdf_hours.draw(paper, contents, saying, totals)
    _blocks(paper, contents, saying, totals, tasks)
    _hours(paper, contents, saying)
    _tasks(paper, contents, saying, tasks)


def _blocks(paper: Paper, contents: Contents, saying: Sayer, totals: Counts, tasks: list[TaskLine]) -> None:
    """Draw blocks of bars, two beside each other."""
    name = contents.covenant
    states: dict[str, int] = {}
    for task in tasks:
        states[task.row.state] = states.get(task.row.state, 0) + 1
    blocks = [
        (_("By party"), [Bar(name.party_name(code), n) for code, n in totals.by_party.items()]),
        (_("By kind"), [Bar(label(code), n) for code, n in totals.by_kind.items()]),
        (_("By category"), [Bar(name.category_name(code), n) for code, n in totals.by_category.items()]),
        (_("By place"), [Bar(name.place_name(code), n) for code, n in totals.by_place.items()]),
        (_("By priority"), [Bar(label(code), n, code) for code, n in totals.by_priority.items()]),
        (_("Reports by state"), [Bar(label(code), n) for code, n in _reports(contents).items()]),
        (_("What came of reports"), [Bar(label(code), n) for code, n in totals.by_disposition.items()]),
        (_("Tasks by state"), [Bar(label(code), n) for code, n in sorted(states.items(), key=lambda one: -one[1])]),
    ]
    filled = [block for block in blocks if block[1]]
    for at in range(0, len(filled), 2):
        _pair(paper, saying, filled[at : at + 2])


def _pair(paper: Paper, saying: Sayer, pair: Sequence[tuple[str, list[Bar]]]) -> None:
    rows = max(min(len(found), SHOWN + 1) for _title, found in pair)
    paper.need(rows * 14 + 34)
    top, lowest = paper.y, paper.y
    for x, (title, found) in zip((LEFT, LEFT + _HALF + _GAP), pair, strict=False):
        paper.y = top
        bars(paper, x, _HALF, title, found, saying)
        lowest = min(lowest, paper.y)
    paper.y = lowest - 4


def _reports(contents: Contents) -> dict[str, int]:
    """Return how many reports are in which state."""
    query = (
        "SELECT state, count(*) FROM reports r JOIN entries e ON e.since = r.entry WHERE r.since <= :p AND r.until > :p"
    )
    return contents.counted(query, "state")


def _hours(paper: Paper, contents: Contents, saying: Sayer) -> None:
    """Draw a table of entries by hour and party, where the event is not too long for one."""
    found = _by_hour_and_party(contents)
    hours = sorted({hour for hour, _party in found}, key=hour_of)
    if not 1 < len(hours) <= _HOURS or len({party for _hour, party in found}) < 2:
        return  # the chart says it all
    sums: dict[str, int] = {}
    for (_hour, party), number in found.items():
        sums[party] = sums.get(party, 0) + number
    parties = sorted(sums, key=lambda one: (-sums[one], one))
    shown, rest = parties[:_PARTIES], parties[_PARTIES:]

    def row(head: str, numbers: dict[str, int], *, strong: bool = False) -> Row:
        cells = [numbers.get(party, 0) for party in shown]
        cells += [sum(numbers.get(party, 0) for party in rest)] if rest else []
        said = [saying.number(one) if one else "·" for one in cells]
        return Row((head, *said, saying.number(sum(numbers.values()))), strong=strong)

    rows = []
    days = len({hour_of(hour).date() for hour in hours}) > 1
    for hour in hours:
        numbers = {party: n for (one, party), n in found.items() if one == hour}
        when = hour_of(hour)
        day = f"{saying.short_day(when)} " if days else ""
        rows.append(row(f"{day}{when:%H}:00", numbers))
    rows.append(row(_("all"), sums, strong=True))
    width = (ROOM - 74) / (len(shown) + bool(rest) + 1)
    heads = [*map(contents.covenant.party_name, shown), *([_("others")] if rest else []), _("all")]
    paper.section(_("By hour and party"), 60)
    table(paper, [Column(_("hour"), 74), *(Column(head, width, right=True) for head in heads)], rows)


def _by_hour_and_party(contents: Contents) -> dict[tuple[str, str], int]:
    """Return how many entries each party has in each hour of the event's own zone."""
    where, values = conditions(contents.wanted, contents.moment, stubs=False)
    query = f"SELECT e.occurred / 900000, e.party, count(*) FROM entries e WHERE {where} GROUP BY 1, 2"
    found: dict[tuple[str, str], int] = {}
    for quarter, party, number in contents.log.db.execute(query, values).fetchall():
        key = (f"{local(quarter * 900_000, contents.zone):%Y-%m-%d %H}", party)
        found[key] = found.get(key, 0) + number
    return found


def _tasks(paper: Paper, contents: Contents, saying: Sayer, tasks: list[TaskLine]) -> None:
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
        Row((name(one), name(other), *(saying.number(n) if n else "·" for n in tally)))
        for (one, other), tally in sorted(pairs.items(), key=lambda pair: (sorted(pair[0]), pair[0]))
    ]
    heads = (_("asked"), _("accepted"), _("declined"), _("answer late"), _("work late"), _("outside mandate"))
    width = (ROOM - 2 * 92) / 6
    columns = [Column(_("from"), 92), Column(_("to"), 92), *(Column(head, width, right=True) for head in heads)]
    paper.section(_("Tasks between parties, in both directions"))
    table(paper, columns, rows)
