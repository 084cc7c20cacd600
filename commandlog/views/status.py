"""How a log stands as a file: what it holds, who writes in it, and where else it is kept."""

from datetime import tzinfo
from pathlib import Path
from typing import NamedTuple

from commandlog.language import _, ngettext
from commandlog.log.copying import CopyState, pending
from commandlog.log.derived import closings
from commandlog.log.derived.table import FOREVER
from commandlog.log.erasing import unpurged
from commandlog.log.mark import BACKUP
from commandlog.log.store import Log
from commandlog.model.covenant import spoken
from commandlog.model.errors import RuleError
from commandlog.model.frames import Millis
from commandlog.model.harmless import visible
from commandlog.views.moments import since_when

_SOON = 2  # seconds within which something was just now


class Backed(NamedTuple):
    """A backup that the log knows of: where it was made, when (milliseconds UTC), and its last record."""

    file: str
    at: Millis
    upto: int


class Facts(NamedTuple):
    """What there is to say of a log without looking into it. Sizes are in bytes, times in milliseconds UTC.

    `check_value` is the hash of the last record, `checkpoint` the last record that a checkpoint was signed at, `closed`
    when the log was closed (0: it is open), `half_closed` which parties have closed a shared one that waits for a
    second party, with when, `copy_of` what it is a copy of (empty: it is a log), `pending` how many erasures have
    destroyed words whose bytes this file may still hold.
    """

    file: Path
    name: str
    records: int
    kept_at: Millis
    check_value: bytes
    size: int
    write_ahead: int
    desks: list[tuple[str, str]]
    closed: Millis
    half_closed: dict[str, Millis]
    checkpoint: int
    backup: Backed | None
    copy_of: str
    pending: int


def facts(log: Log) -> Facts:
    """Return what a log is, now."""
    log.refresh()
    db = log.db
    checkpoint = db.execute("SELECT max(seq) FROM checkpoints").fetchone()[0] or 0
    desks = db.execute("SELECT desk, party FROM desks ORDER BY since").fetchall()
    closing = db.execute(f"SELECT min(since) FROM closings WHERE until = {FOREVER}").fetchone()[0]
    return Facts(
        log.path,
        _name(log),
        log.head.seq,
        log.head.kept_at,
        log.head.hash,
        log.path.stat().st_size,
        log.wal_bytes,
        desks,
        log.kept_at(closing) if closing else 0,
        {} if closing else closings.waiting(db, log.clock()),
        checkpoint,
        _last_backup(log),
        log.mark.described if log.mark else "",
        pending(unpurged(db)),
    )


def _name(log: Log) -> str:
    try:
        covenant = log.covenant()
    except RuleError:
        return ""
    return spoken(covenant.name)


def _last_backup(log: Log) -> Backed | None:
    query = f"SELECT since, upto FROM copies WHERE form = ? AND until = {FOREVER} ORDER BY since DESC LIMIT 1"
    found = log.db.execute(query, (BACKUP,)).fetchone()
    if found is None:
        return None
    words = log.record(found[0]).words
    return Backed(words.title if words else "", log.kept_at(found[0]), found[1])


def copy_line(state: CopyState | None, clock: Millis, zone: tzinfo) -> str:
    """Return how the second copy stands in one line, as the status bar shows it."""
    if state is None:
        return _("second copy: none")
    trouble = visible(state.trouble)
    if state.behind:
        told = ngettext("{n} record behind since {time}", "{n} records behind since {time}", state.behind)
        told = told.format(n=state.behind, time=since_when(state.since, clock, zone))
    elif trouble:
        told = _("all {n} records when last seen, at {time}").format(
            n=state.upto, time=since_when(state.at, clock, zone)
        )
    else:
        told = _("all {n} records, {ago}").format(n=state.upto, ago=_ago(clock - state.at))
    if state.pending:
        more = ngettext("{n} erasure not finished in it", "{n} erasures not finished in it", state.pending)
        told = f"{told}; {more.format(n=state.pending)}"
    line = _("second copy: {state}").format(state=told)
    return f"{line}: {trouble}" if trouble else line


def _ago(passed: Millis) -> str:
    seconds = max(0, passed // 1000)
    if seconds < _SOON:
        return _("just now")
    if seconds < 120:
        return _("{n} s ago").format(n=seconds)
    return _("{n} min ago").format(n=seconds // 60)
