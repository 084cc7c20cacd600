"""Restoring: the newest copy that holds becomes a log again, under a name where none is.

Records are carried from the copy one by one, each checked against the chain, and everything else is derived from them
anew. The new log is a branch of its own (`log/mark.py`), so that it can never be taken for the one that was lost.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from commandlog.language import _
from commandlog.log import mark
from commandlog.log.carrying import Broken, Unreadable, carry
from commandlog.log.files import failures, reading_uri
from commandlog.log.making import making
from commandlog.log.mark import Mark
from commandlog.log.reading import Head
from commandlog.log.rebuild import Progress
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import CommandLogError, RuleError


class Candidate(NamedTuple):
    """A copy that could be restored: of which log and branch, and its last record. `mark` is None for a plain log."""

    file: Path
    mark: Mark | None
    log: bytes
    branch: bytes
    head: Head


class Restored(NamedTuple):
    """What was restored: the new log, from which copy, its last record, and what was passed over, each with why.

    `broken` says why the copy was not restored to its end, empty where it was.
    """

    file: Path
    source: Candidate
    head: Head
    passed_over: list[tuple[Path, str]]
    broken: str = ""


class _Unfit(Exception):
    """This copy cannot be restored; the text says why."""


def restore(place: Path, file: Path, *, as_far: bool = False, progress: Progress = lambda _done: None) -> Restored:
    """Make a log at `file` of the newest second copy or backup in a folder that holds, or of one that is named.

    With `as_far`, one that is named and does not hold is restored up to where it does. Raises RuleError where nothing
    can be restored, where a folder has copies of several logs, or where `file` is there already; nothing is left behind
    then.
    """
    passed_over: list[tuple[Path, str]] = []
    if place.is_dir():
        if as_far:
            raise RuleError(
                _("{folder} is a folder: name the copy to restore as far as it holds.").format(folder=place)
            )
        found = _of_one_log(list(_candidates(place, file.suffix, passed_over)), place, file.name)
    elif place.exists():
        found = [_candidate(place)]
    else:
        raise RuleError(_("There is no folder or copy {place}.").format(place=place))
    for candidate in sorted(found, key=lambda one: (one.head.kept_at, one.head.seq), reverse=True):
        try:
            head, broken = _made(candidate, file, progress, as_far=as_far)
        except _Unfit as unfit:
            passed_over.append((candidate.file, str(unfit)))
        else:
            return Restored(file, candidate, head, passed_over, broken)
    told = _("There is nothing in {place} that can be restored{why}.")
    why = "".join(f"; {one}: {reason}" for one, reason in passed_over)
    raise RuleError(told.format(place=place, why=why))


def _made(candidate: Candidate, file: Path, progress: Progress, *, as_far: bool) -> tuple[Head, str]:
    """Make the log; returns its last record, and why there is not more of it. Raises _Unfit for a copy that is bad."""
    broken = ""
    with making(file) as part:
        with Log(part, create=True) as log, log.writing():
            mark.go_on(log.db, candidate.log)
        with _opened(candidate.file) as source, Log(part) as log:
            try:
                carry(source, log, progress=progress)
            except (Broken, Unreadable) as error:
                broken = str(error).rstrip(".")
            head = log.head
        if not head.seq or (broken and not as_far):
            raise _Unfit(broken or _("it is empty"))
        verdict = verify(part)
        if not verdict.holds:
            told = _("record {position}: {fault}")
            raise _Unfit(told.format(position=verdict.position, fault=verdict.fault))
    return head, broken


def _opened(file: Path) -> Log:
    try:
        return Log(file, reading=True)  # it is evidence, also where it is a log
    except CommandLogError as error:
        raise _Unfit(str(error).rstrip(".")) from error


def _candidates(folder: Path, suffix: str, passed_over: list[tuple[Path, str]]) -> Iterator[Candidate]:
    """Yield the copies in a folder, by the endings that logs have; note what looks like one and is not."""
    for file in sorted(folder.iterdir()):
        if file.suffix not in (".clog", suffix) or not file.is_file():
            continue
        try:
            with failures(file), closing(sqlite3.connect(reading_uri(file), uri=True)) as db:
                marked = mark.mark_of(db)
            if marked:  # else it is left alone: opening a log is already writing beside it
                yield _candidate(file)
            else:
                passed_over.append((file, _("it is a log itself, no copy of one: name it to make another log of it")))
        except CommandLogError as error:
            passed_over.append((file, str(error).rstrip(".")))


def _candidate(file: Path) -> Candidate:
    """Look at a file; raises RuleError, Unavailable or Damaged where it cannot be read as a log."""
    with Log(file, reading=True) as log:
        return Candidate(file, log.mark, log.id, log.branch, log.head)


def _of_one_log(found: list[Candidate], folder: Path, name: str) -> list[Candidate]:
    """Return the copies of one log: where there are several logs, the one that had the same name.

    Raises RuleError where that does not tell them apart.
    """
    if len(_logs(found)) > 1:
        found = [one for one in found if one.mark and one.mark.name == name] or found
    if len(logs := _logs(found)) > 1:
        newest = ", ".join(max(ones, key=lambda one: one.head.kept_at).file.name for ones in logs.values())
        raise RuleError(
            _("{folder} has copies of several logs: name the file to restore, one of {newest}.").format(
                folder=folder, newest=newest
            )
        )
    return found


def _logs(found: list[Candidate]) -> dict[tuple[bytes, bytes], list[Candidate]]:
    logs: dict[tuple[bytes, bytes], list[Candidate]] = {}
    for one in found:
        logs.setdefault((one.log, one.branch), []).append(one)
    return logs
