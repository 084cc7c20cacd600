"""What the wall shows, found out beside the window. Everybody in the room sees it: only what is for all parties."""

from datetime import tzinfo
from typing import NamedTuple

from commandlog.language import _
from commandlog.log.derived.levels import PHASE, LevelRow
from commandlog.log.store import Log
from commandlog.model.covenant import Covenant, spoken
from commandlog.model.harmless import visible
from commandlog.model.words import AWAITING_ANSWER, label
from commandlog.views import board, timeline
from commandlog.views.board import TaskLine
from commandlog.views.filters import Filter
from commandlog.views.lines import Line
from commandlog.views.moments import Moment, local
from commandlog.views.open_items import standing

from .block import Item

_ENTRIES = 12
_LOOKED_AT = 60  # entries that are looked through for those
_TEXT = 240  # characters
_SIGNS = {"elevated": "◆", "urgent": "▲", "emergency": "■"}


class News(NamedTuple):
    """Open tasks, the entries that matter, and the levels that hold."""

    tasks: list[TaskLine]
    entries: list[Line]
    levels: list[LevelRow]


def news(log: Log, moment: Moment, reader: str) -> News:
    """Return what is shown at a moment: what the reader's party may read, and every other party too."""
    open_tasks = board.tasks(log, moment, reader=reader, open_only=True)
    public = _public(log, [task.row.task for task in open_tasks])
    tasks = [task for task in open_tasks if task.is_open and task.row.task in public]
    return News(tasks, _entries(log, moment, reader), standing(log, moment, reader))


def _public(log: Log, positions: list[int]) -> set[int]:
    part = ",".join(map(str, positions))
    query = f"SELECT since FROM entries WHERE since IN ({part}) AND audience = ''"
    return {seq for (seq,) in log.db.execute(query)}


def _entries(log: Log, moment: Moment, reader: str) -> list[Line]:
    """Return what was marked as significant; where nothing was, decisions and what is urgent. The newest comes last."""
    asked = [Filter(reader=reader, significant=True)]
    found = _page(log, moment, asked)
    if not found:
        asked = [Filter(reader=reader, kind="decision")]
        asked += [Filter(reader=reader, priority=one) for one in ("emergency", "urgent")]
        found = _page(log, moment, asked)
    return found[-_ENTRIES:]


def _page(log: Log, moment: Moment, asked: list[Filter]) -> list[Line]:
    found = {
        line.entry: line
        for wanted in asked
        for line in timeline.page(log, moment, wanted, limit=_LOOKED_AT).lines
        if not (line.audience or line.recalled or line.kind == "sealed")
    }
    return sorted(found.values(), key=lambda line: (line.occurred_at, line.logged_at, line.reference))


# -- in words ----------------------------------------------------------------------------------------------------------


def levels_told(rows: list[LevelRow], covenant: Covenant, zone: tzinfo, now: int) -> tuple[str, str]:
    """Return the levels that hold as one line, and the phase and the event as the one below it."""
    levels, below = [], []
    for row in rows:
        if row.ladder == PHASE:
            below.append(covenant.phase_name(row.level))
            continue
        ladder = covenant.ladder(row.ladder)
        told = f"{spoken(ladder.name) if ladder else row.ladder}: {covenant.level_name(row.ladder, row.level)}"
        levels.append(told)
        if row.review_by:
            said = _("! review was due at {time}") if row.review_by < now else _("review at {time}")
            below.append(said.format(time=f"{local(row.review_by, zone):%H:%M}"))
    event = spoken(covenant.name)
    below.append(" · ".join((_("EXERCISE"), event)) if covenant.exercise else event)
    return " · ".join(levels), " · ".join(below)


def task_items(tasks: list[TaskLine], covenant: Covenant, zone: tzinfo, now: int) -> list[Item]:
    """Return open tasks as items: late ones first, then by when they are due."""
    return [_task(one, covenant, zone, now) for one in sorted(tasks, key=lambda one: _pressing(one, now))]


def _deadline(task: TaskLine) -> int:
    row = task.row
    if row.state == "done":
        return 0
    return row.answer_by if row.state in AWAITING_ANSWER else row.finish_by


def _pressing(task: TaskLine, now: int) -> tuple[bool, int, int, str]:
    due = _deadline(task)
    return not 0 < due < now, due or 1 << 62, task.row.proposed, task.reference


def _task(task: TaskLine, covenant: Covenant, zone: tzinfo, now: int) -> Item:
    due = _deadline(task)
    late = 0 < due < now
    who = covenant.party_name(task.row.assignee)
    if late:
        state = _("late {n} min").format(n=(now - due) // 60_000)
    elif due:
        state = _("by {time}").format(time=f"{local(due, zone):%H:%M}")
    else:
        state = label(task.row.state)
    lead = "!" if late else "◇" if task.row.state in AWAITING_ANSWER else "›"
    return Item(lead, f"{who}, {state}: {_one_line(task.text)}", "late" if late else "waiting")


def entry_items(lines: list[Line], covenant: Covenant, zone: tzinfo) -> list[Item]:
    """Return entries as items, the newest one first: on a wall, the eye begins at the top."""
    return [
        Item(
            f"{local(line.occurred_at, zone):%H:%M} {_SIGNS.get(line.priority, '')}".strip(),
            " · ".join(
                part
                for part in (covenant.place_name(line.place) if line.place else line.where, _one_line(line.text))
                if part
            ),
            line.priority if line.priority in ("urgent", "emergency") else "text",
        )
        for line in reversed(lines)
    ]


def _one_line(text: str) -> str:
    return " ".join(visible(text[:_TEXT]).split())
