"""Random evenings: any sequence of verbs by any parties, and what to compare afterwards."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from commandlog.log import derived
from commandlog.log.derived.table import FOREVER
from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.model.dealings import MEASURES, STATUSES
from commandlog.model.errors import RuleError
from commandlog.model.frames import Source
from commandlog.model.records import DecisionWords
from commandlog.model.words import Disposition
from commandlog.verbs import (
    agreeing,
    assessing,
    attaching,
    counting,
    events,
    incidents,
    levels,
    marking,
    misdirecting,
    saying,
    tasks,
    tracing,
    units,
    withholding,
)
from tests.events import Clock, concert

PARTIES = ("police", "venue", "baken", "aid")
WORDS = st.text(st.characters(exclude_categories=[]), max_size=12) | st.sampled_from(
    ["man filmt camera's", "café Één", "=HYPERLINK(1)", "<b>tas", "\x00\x01", "\ud800", "Ж"]
)

Step = tuple[str, int, int, int, str, int]
STEP = st.tuples(
    st.sampled_from(
        [
            "report",
            "note",
            "observe",
            "message",
            "decide",
            "correct",
            "add",
            "attach",
            "assess",
            "duplicate",
            "feedback",
            "incident",
            "link",
            "merge",
            "close",
            "propose",
            "accept",
            "decline",
            "start",
            "done",
            "told",
            "confirm",
            "withdraw",
            "hand_over",
            "agree",
            "affirm",
            "level",
            "confirm_level",
            "phase",
            "release",
            "recall",
            "erase",
            "hold",
            "lift",
            "sign_in",
            "agree_on",
            "affirm_agreement",
            "deny_agreement",
            "end_agreement",
            "count",
            "recount",
            "mark",
            "unit",
            "misdirected",
            "read",
            "paper",
            "see",
            "shelve",
            "silence",
        ]
    ),
    st.integers(0, 3),
    st.integers(0, 40),
    st.integers(0, 40),
    WORDS,
    st.integers(-600, 600),
)
HISTORY = st.lists(STEP, min_size=1, max_size=25)


def begin(folder: Path) -> dict[str, Desk]:
    """Open an event with a desk for each party."""
    desk = events.open_event(folder / "event.clog", concert(answer_minutes=3), settings_folder(), clock=Clock())
    return {party: sit_down(desk.log, settings_folder(), party) for party in PARTIES}


def play(desks: dict[str, Desk], history: list[Step]) -> None:
    """Let it happen; what the rules refuse does not happen."""
    for verb, who, first, second, text, seconds in history:
        desk = desks[PARTIES[who]]
        clock = desk.log.clock
        assert isinstance(clock, Clock)
        clock.tick(7)
        with contextlib.suppress(RuleError):
            _VERBS[verb](desk, first, second, text, {"occurred_at": clock.now + seconds * 1000})


def _any(desk: Desk, table: str, column: str, number: int) -> int:
    rows = desk.log.db.execute(f"SELECT DISTINCT {column} FROM {table} ORDER BY 1").fetchall()
    return int(rows[number % len(rows)][0]) if rows else 0


def _entry(desk: Desk, number: int) -> int:
    return _any(desk, "entries", "entry", number)


def _audience(number: int) -> tuple[str, ...]:
    return () if number % 3 else tuple(PARTIES[: 1 + number % 4])


def _agreement(verb: Callable[..., Any]) -> Callable[..., Any]:
    def step(desk: Desk, first: int, second: int, text: str, about: Any) -> None:
        source = Source(party=PARTIES[second % 4])
        verb(desk, _any(desk, "agreements", "agreement", first), text, source=source, **about)

    return step


def _task(verb: Callable[..., Any]) -> Callable[..., Any]:
    def step(desk: Desk, first: int, second: int, text: str, about: Any) -> None:
        party = PARTIES[second % 4]
        verb(desk, _any(desk, "tasks", "task", first), text=text, source=Source(party=party), **about)

    return step


_VERBS: dict[str, Callable[[Desk, int, int, str, Any], Any]] = {
    "report": lambda d, a, b, t, k: saying.report(
        d, t, place="gate-f" if a % 2 else "", category="suspicious", audience=_audience(b), origin=str(b % 30), **k
    ),
    "note": lambda d, a, b, t, k: saying.note(d, t, audience=_audience(a), **k),
    "observe": lambda d, a, b, t, k: saying.observe(d, t, category="suspicious" if a % 2 else "crowd", **k),
    "message": lambda d, a, b, t, k: saying.message(d, t, to_party=PARTIES[a % 4], **k),
    "decide": lambda d, a, b, t, k: saying.decide(d, DecisionWords(decision=t, known="x"), **k),
    "correct": lambda d, a, b, t, k: saying.correct(d, _entry(d, a), t, reason="verhoord"),
    "add": lambda d, a, b, t, k: saying.add_to(d, _entry(d, a), t, **k),
    "attach": lambda d, a, b, t, k: attaching.attach(d, _entry(d, a), f"{b}{t!r}".encode(), name=t, **k),
    "assess": lambda d, a, b, t, k: assessing.assess(d, _entry(d, a), list(Disposition)[b % 5], text=t, **k),
    "duplicate": lambda d, a, b, t, k: assessing.duplicate(d, _entry(d, a), _entry(d, b), **k),
    "feedback": lambda d, a, b, t, k: assessing.feed_back(d, _any(d, "reports", "entry", a), t, **k),
    "incident": lambda d, a, b, t, k: incidents.open_incident(d, t, entries=(_entry(d, a),), **k),
    "link": lambda d, a, b, t, k: incidents.link(d, _entry(d, a), _any(d, "incidents", "incident", b), **k),
    "merge": lambda d, a, b, t, k: incidents.merge(
        d, _any(d, "incidents", "incident", a), _any(d, "incidents", "incident", b), reason=t, **k
    ),
    "close": lambda d, a, b, t, k: incidents.close_incident(d, _any(d, "incidents", "incident", a), text=t, **k),
    "propose": lambda d, a, b, t, k: tasks.propose(
        d, t, to_party=PARTIES[b % 4], entry=_entry(d, a), audience=_audience(b), orally=a % 5 == 0, reason="x", **k
    ),
    "accept": _task(tasks.accept),
    "start": _task(tasks.start),
    "done": _task(tasks.done),
    "told": _task(lambda *a, **k: tasks.done(*a, told=True, **k)),
    "confirm": _task(tasks.confirm),
    "agree": _task(tasks.agree_orally),
    "affirm": _task(tasks.affirm),
    "decline": _task(lambda d, task, text, **k: tasks.decline(d, task, text, **k)),
    "withdraw": _task(lambda d, task, text, **k: tasks.withdraw(d, task, text, **k)),
    "hand_over": _task(lambda d, task, text, **k: tasks.hand_over(d, task, to_party="aid", reason=text, **k)),
    "level": lambda d, a, b, t, k: levels.set_level(d, "venue", "orange", told=PARTIES[: a % 5], reason="x", **k),
    "confirm_level": lambda d, a, b, t, k: levels.confirm_level(d, "venue", **k),
    "phase": lambda d, a, b, t, k: levels.set_phase(d, "show", **k),
    "release": lambda d, a, b, t, k: withholding.release(d, (_entry(d, a),), PARTIES[b % 4], t, thread=b % 5 == 0, **k),
    "recall": lambda d, a, b, t, k: withholding.recall(
        d, (_entry(d, a),), (PARTIES[b % 4],), f"x {t}", thread=b % 3 == 0, **k
    ),
    "erase": lambda d, a, b, t, k: withholding.erase(d, (_entry(d, a),), f"x {t}", thread=b % 3 == 0, **k),
    "hold": lambda d, a, b, t, k: withholding.hold(d, (_entry(d, a),) if b % 7 else (), f"x {t}", **k),
    "lift": lambda d, a, b, t, k: withholding.lift_hold(d, _any(d, "holds", "hold", a), "x", **k),
    "agree_on": lambda d, a, b, t, k: agreeing.agree_on(
        d, t, PARTIES[a % 4 : a % 4 + 2], until=k["occurred_at"] + 60_000 if b % 2 else 0, audience=_audience(b), **k
    ),
    "affirm_agreement": _agreement(lambda d, n, t, **k: agreeing.affirm_agreement(d, n, text=t, **k)),
    "deny_agreement": _agreement(lambda d, n, t, **k: agreeing.deny_agreement(d, n, f"x {t}", **k)),
    "end_agreement": _agreement(lambda d, n, t, **k: agreeing.end_agreement(d, n, text=t, **k)),
    "count": lambda d, a, b, t, k: counting.count(
        d, a * b, measure=MEASURES[b % 4], text=t, place=("gate-f", "block-112")[a % 2], audience=_audience(a), **k
    ),
    "recount": lambda d, a, b, t, k: saying.correct(d, _any(d, "counts", "entry", a), t, number=b, reason="x"),
    "mark": lambda d, a, b, t, k: marking.mark(d, _entry(d, a), significant=b % 3 > 0, reason=t, **k),
    "unit": lambda d, a, b, t, k: units.set_status(
        d,
        ("Oog 2", "Service 3")[a % 2],
        STATUSES[b % 3],
        task=_any(d, "tasks", "task", a) if b % 3 == 1 else 0,
        text=t,
        **k,
    ),
    "misdirected": lambda d, a, b, t, k: misdirecting.misdirected(
        d, _entry(d, a), PARTIES[b % 4], PARTIES[a % 4], f"x {t}", take_back=b % 2 == 0, **k
    ),
    "read": lambda d, a, b, t, k: misdirecting.confirm_read(
        d, _any(d, "misdirections", "since", a), text=t, source=Source(party=PARTIES[b % 4]), **k
    ),
    "paper": lambda d, a, b, t, k: saying.note(d, t, paper=f"P2-{a}/{b}", **k),
    "see": lambda d, a, b, t, k: tracing.see(d, ("unassessed", "late")[b % 2], _entry(d, a)),
    "shelve": lambda d, a, b, t, k: tracing.shelve(d, "late", _entry(d, a), k["occurred_at"] + 900_000),
    "silence": lambda d, a, b, t, k: tracing.sound(d, on=b % 2 == 0),
    "sign_in": lambda d, a, b, t, k: events.sign_in(d, t, **k),
}


def everything(log: Log, *, before: int = FOREVER) -> dict[str, list[Any]]:
    """Return all derived rows up to a position, and every word of the full-text index with where it stands."""
    found: dict[str, list[Any]] = {
        table.name: log.db.execute(
            f"SELECT * FROM {table.name} WHERE since < ? ORDER BY {', '.join(table.row._fields)}", (before,)
        ).fetchall()
        for table in derived.TABLES
    }
    log.db.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab (main, fulltext, instance)")
    found["fulltext"] = log.db.execute(
        "SELECT * FROM vocabulary WHERE doc < ? ORDER BY 1, 2, 3, 4", (before,)
    ).fetchall()
    return found
