"""Continuing a log: a new one that names the old one's last record and takes over what was open in it.

The old log is closed in the same transaction in which it is read, so that nothing can slip in between; the new one
takes its name when that is on disk; then the old one notes where it went on. Whoever is cut short between two of these
runs it again: what was done is found, and nothing is carried twice.
"""

import os
from pathlib import Path
from typing import NamedTuple

from commandlog.language import _
from commandlog.log.derived import closings
from commandlog.log.derived.table import FOREVER
from commandlog.log.desk import Desk, open_desk
from commandlog.log.files import in_words
from commandlog.log.making import making
from commandlog.log.reading import Head
from commandlog.log.store import Log
from commandlog.model.covenant import spoken
from commandlog.model.errors import CommandLogError, RuleError
from commandlog.model.keeping import CONTINUATION, Exported
from commandlog.model.records import CovenantSet, Opened, Record, Words
from commandlog.verbs import closing, events
from commandlog.verbs.taking_over import Open, TakingOver, whats_open


class Continued(NamedTuple):
    """A log that goes on in another: where, how many open things went with it, and whether that had been done before.

    `stays` is how many things can only be settled in the old log: corrections to tell, and conflicts.
    """

    path: Path
    reports: int
    tasks: int
    incidents: int
    stays: int
    closed: bool
    before: bool


@in_words
def continue_log(old: Desk, path: Path, settings: Path, *, and_party: str = "", text: str = "") -> Continued:
    """Make a new log at `path` that continues the old one; where that is not closed yet, it is closed with it.

    `settings` is where this machine keeps its desk keys; `and_party` and `text` are for the closing. Whoever is signed
    in at this desk stays so. Raises RuleError where `path` is there and is not this very continuation, or the old log
    goes on elsewhere; Unavailable where a file cannot be written. The old log stays open then.
    """
    if os.path.lexists(path):
        return _found(old, path)
    _goes_on_nowhere(old)
    old.log.refresh()
    if old.log.member:
        _ended_for_all(old.log)
    closed_here = not closings.first(old.log.db)
    with making(path) as part, old.writing():
        _goes_on_nowhere(old)
        if not closings.first(old.log.db):
            closing.close(old, and_party=and_party, text=text, roll_over=True)
        old.log.refresh()
        head, found = old.log.head, whats_open(old.log)
        first = _begin(old, part, settings, head, found)
    _note(old, path, head, first)
    return _told(path, found, closed=closed_here, before=False)


def _ended_for_all(log: Log) -> None:
    """Raise RuleError where a shared log goes on, or nobody knows yet where it ends."""
    if not closings.first(log.db):
        raise RuleError(_("Others write in this shared log too: close it first (`close`), then continue it."))
    if log.tip > log.head.seq:
        raise RuleError(
            _(
                "Some entries of {file} wait for their place in the shared log: continue it when they have it"
                " (`status` says how many wait)."
            ).format(file=log.path)
        )


def _begin(old: Desk, part: Path, settings: Path, head: Head, found: Open) -> bytes:
    """Write the new log under the name that it has while it is made; returns the hash of the record that opens it."""
    covenant = old.covenant
    party = covenant.party(old.party) or covenant.parties[0]
    title = Words(title=spoken(covenant.name, covenant.language), text=old.log.path.name)
    with Log(part, clock=old.log.clock, create=True) as new, new.writing():
        desk = open_desk(new, settings, party.code, party.letter)
        opened = desk.append(
            Opened,
            title,
            exercise=_opened(old.log).frame.exercise,
            continues=old.log.id,
            last=head.seq,
            head=head.hash,
            carried=tuple(old.log.record(position).id for position in found.roots),
        )
        desk.append(CovenantSet, Words(covenant=covenant))
        if name := _operator(old):
            events.sign_in(desk, name)
        TakingOver(old, desk, settings, found).take_over()
        return new.check_value(opened.seq)


def _note(old: Desk, path: Path, head: Head, first: bytes) -> None:
    """Note in the old log where it goes on: its words have left it, and nobody may take them over a second time."""
    with old.writing():
        if not _continued_at(old.log):
            old.append(Exported, Words(title=path.name), form=CONTINUATION, file=first, upto=head.id)
            return
    for leftover in ("-wal", "-shm", "", ".lock"):  # another was quicker, and nobody has seen this one yet
        Path(f"{path}{leftover}").unlink(missing_ok=True)
    _goes_on_nowhere(old)


def _goes_on_nowhere(old: Desk) -> None:
    if since := _continued_at(old.log):
        note = old.log.record(since)
        told = _(
            "This log goes on in {file} already: write there."
            " Only where that file is lost, say so with `copy-destroyed` and {reference}, and continue anew."
        )
        raise RuleError(told.format(file=note.words.title if note.words else "?", reference=note.reference))


def _continued_at(log: Log) -> int:
    query = f"SELECT max(since) FROM copies WHERE form = ? AND until = {FOREVER}"
    return log.db.execute(query, (CONTINUATION,)).fetchone()[0] or 0


def _found(old: Desk, path: Path) -> Continued:
    """Return what an earlier run made at `path`, and note it where that run could not; raises RuleError otherwise."""
    taken = RuleError(_("{file} is there already: choose another name.").format(file=path))
    try:
        with Log(path) as new:
            opened = _opened(new)
            frame, first = opened.frame, new.check_value(opened.seq)
        if frame.continues != old.log.id or old.log.check_value(frame.last) != frame.head:
            raise taken
    except CommandLogError as error:
        raise taken from error
    with old.writing():
        if not (since := _continued_at(old.log)):
            last = old.log.record(frame.last)
            old.append(Exported, Words(title=path.name), form=CONTINUATION, file=first, upto=last.id)
        elif old.log.record(since).frame.file != first:
            _goes_on_nowhere(old)
    return _told(path, whats_open(old.log), closed=False, before=True)


def _opened(log: Log) -> Record:
    """Return the record that opened a log; raises RuleError where there is none."""
    found = log.db.execute("SELECT since FROM entries WHERE kind = 'opened' ORDER BY since LIMIT 1").fetchone()
    return log.record(found[0] if found else 0)


def _told(path: Path, found: Open, *, closed: bool, before: bool) -> Continued:
    reports = len(found.roots) - len(found.tasks) - len(found.incidents) - len(found.agreements)
    return Continued(path, reports, len(found.tasks), len(found.incidents), found.stays, closed, before)


def _operator(old: Desk) -> str:
    """Return the name of who is signed in at this desk, empty where nobody is."""
    query = f"SELECT since FROM operators WHERE desk = ? AND until = {FOREVER}"
    found = old.log.db.execute(query, (old.code,)).fetchone()
    words = old.log.record(found[0]).words if found else None
    return words.title if words else ""
