"""Retention: a log that was closed long enough ago is deleted by a decision that another log keeps.

What is kept of it is that it was there, up to which record and hash, when it was closed, who decided and why, and which
copies of it are still outstanding.
"""

from pathlib import Path
from typing import NamedTuple

from commandlog.language import _
from commandlog.log.copy_setting import CopySetting
from commandlog.log.derived import closings, origins
from commandlog.log.derived.table import FOREVER
from commandlog.log.desk import Desk
from commandlog.log.discarding import destroy, doomed, finish
from commandlog.log.store import Log
from commandlog.model.covenant import spoken
from commandlog.model.errors import RuleError, Unavailable
from commandlog.model.frames import Millis
from commandlog.model.keeping import CONTINUATION, Discarded
from commandlog.model.records import Record, Words
from commandlog.model.words import label
from commandlog.views.moments import live, local, zone_of
from commandlog.views.open_items import open_items

DAY = 86_400_000  # milliseconds


class Candidate(NamedTuple):
    """A log that may be deleted: its id, last record and hash, and when it was closed.

    `due` is when its period is over (0: none is agreed), `open` whether something was open in it, `copies` what else
    there is of it, in words.
    """

    path: Path
    event: str
    id: bytes
    last: int
    head: bytes
    closed_at: Millis
    due: Millis
    open: bool
    copies: tuple[str, ...]


def examine(desk: Desk, path: Path, settings: Path, *, early: str = "") -> Candidate:
    """Return what deleting the log at `path` would delete, and change nothing.

    `early` is why it is deleted before the period that its covenant agrees is over. Raises RuleError for a log that is
    open, preserved, a copy, the log of the decision itself, or to be kept longer; Damaged for one that does not hold.
    """
    path = path.resolve()
    with Log(path, clock=desk.log.clock) as log:
        if log.mark:
            told = _("{file} is {copy}: delete the file, and say in its log that it is destroyed.")
            raise RuleError(told.format(file=path, copy=log.mark.described))
        if log.id == desk.log.id:
            raise RuleError(_("A log cannot keep the decision that deletes it: name another one with --in."))
        if not (since := closings.first(log.db)):
            raise RuleError(_("{file} is not closed: only a log that is over can be deleted.").format(file=path))
        if log.db.execute(f"SELECT 1 FROM holds WHERE until = {FOREVER}").fetchone():
            told = _("{file} is preserved: a hold in it has not been lifted, so it cannot be deleted.")
            raise RuleError(told.format(file=path))
        if log.read_only:
            raise Unavailable(_("{file} lies where nothing can be deleted.").format(file=path))
        covenant, closed_at = log.covenant(), log.kept_at(since)
        due = closed_at + covenant.retention_days * DAY if covenant.retention_days else 0
        if not early.strip():
            _check_due(log, due, desk.now)
        return Candidate(
            path,
            spoken(covenant.name),
            log.id,
            log.head.seq,
            log.head.hash,
            closed_at,
            due,
            open_items(log, live(log)).any,
            _copies(log, settings),
        )


def discard(desk: Desk, one: Candidate, ground: str, *, early: str = "") -> Record:
    """Record the decision to delete a log at this desk's log, and delete it; run again, it goes on where it was.

    Raises RuleError without a ground; Unavailable where somebody has the log open, or a file cannot be written: the
    decision may be recorded then, and the log still be there.
    """
    if not ground.strip():
        raise RuleError(_("Deleting a log needs a ground: on what basis is it done?"))
    made: list[Record] = []
    destroy(one.path, one.head, lambda: made.append(_decided(desk, one, ground, early)))
    return made[0]


def left_behind(desk: Desk, path: Path) -> bool:
    """Finish deleting a log where that was cut short after the decision; returns whether there was anything to do."""
    path = path.resolve()
    if path.exists() or not doomed(path).exists():
        return False
    query = "SELECT since FROM entries WHERE kind = 'discarded'"
    decisions = desk.log.records_at([seq for (seq,) in desk.log.db.execute(query)])
    if not any(record.words and record.words.title == path.name for record in decisions.values()):
        return False
    finish(path)
    return True


def _decided(desk: Desk, one: Candidate, ground: str, early: str) -> Record:
    """Return the record of the decision: the one that is there already, where an earlier run was cut short after it."""
    origin = f"discarded:{one.id.hex()}:{one.head.hex()}"
    with desk.writing():
        if before := origins.position(desk.log.db, origin):
            return desk.log.record(before)
        copies = "\n".join(one.copies)
        text = _("Still outstanding: {copies}").format(copies=copies) if copies else ""
        reason = " · ".join(part for part in (ground, early) if part.strip())
        words = Words(title=one.path.name, text=text, reason=reason)
        fields = {"log": one.id, "last": one.last, "head": one.head, "closed_at": one.closed_at}
        return desk.append(Discarded, words, origin=origin, **fields)


def _check_due(log: Log, due: Millis, now: Millis) -> None:
    if not due:
        told = _("The covenant of {file} agrees no retention period: say why it is deleted now with --early.")
        raise RuleError(told.format(file=log.path))
    if now < due:
        told = _("{file} is kept until {day}: to delete it before, say why with --early.")
        raise RuleError(told.format(file=log.path, day=f"{local(due, zone_of(log)):%Y-%m-%d}"))


def _copies(log: Log, settings: Path) -> tuple[str, ...]:
    """Return what has left the log and is not said to be destroyed: documents, backups, its second copy."""
    found = []
    rows = log.db.execute(f"SELECT since, form, party FROM copies WHERE until = {FOREVER} ORDER BY since").fetchall()
    records = log.records_at([row[0] for row in rows])
    for since, form, party in rows:
        words = records[since].words
        whom = log.covenant().party_name(party) if party else ""
        kind = _("what was open went on in") if form == CONTINUATION else label(form)
        parts = (records[since].reference, kind, words.title if words else "", whom)
        found.append(" · ".join(part for part in parts if part))
    try:
        kept = CopySetting(settings, log).file()
    except Unavailable as error:
        return (*found, str(error))
    if kept and kept.exists() and not any(str(kept) in one for one in found):
        found.append(_("second copy: {file}").format(file=kept))
    return tuple(found)
