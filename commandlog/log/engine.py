"""What a log rests on here: SQLite, the disk and its locks. Looked at, not assumed, each with what to do about it."""

import os
import shutil
import sqlite3
import statistics
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from commandlog.language import _
from commandlog.log import schema
from commandlog.log.derived import fulltext
from commandlog.log.drives import is_in_memory, is_network_drive
from commandlog.log.lock import Busy, FileLock
from commandlog.log.store import WAL_LIMIT, Log
from commandlog.model.errors import CommandLogError

SPACE = 500 << 20  # bytes that should be free: an evening with its documents, a write-ahead log and a copy
SLOW = 0.05  # seconds of syncing above which an operator notices that an entry waits for the disk
SYNCS = 7  # of which the median counts
SECURE_DELETE = (3, 42, 0)

Version = tuple[int, ...]


class Finding(Struct, frozen=True):
    """One thing that was looked at: `code` for programs, `name` and `value` in words; where not good, what to do."""

    code: str
    name: str
    value: str
    good: bool
    advice: str = ""


def findings(folder: Path, log: Path | None = None) -> list[Finding]:
    """Return everything about this machine, a folder in which logs are or will be kept, and a log where one is named.

    Nothing stays behind in the folder. Never raises for what it finds; raises RuleError for a log that is not there.
    """
    found = [*of_sqlite(), of_drive(folder), of_space(folder)]
    try:
        with TemporaryDirectory(prefix=".commandlog-", dir=folder) as name:
            found += [probe(Path(name)) for probe in _PROBES]
    except OSError as error:
        advice = _("Nothing can be written in {folder}: make room or make it writable, or keep logs elsewhere.")
        said = error.strerror or str(error)
        found.append(Finding("folder", _("folder"), said, False, advice.format(folder=folder)))
    return found + (of_log(log) if log else [])


def of_sqlite(version: Version = sqlite3.sqlite_version_info) -> list[Finding]:
    """Return what SQLite this is, and what it can do."""
    number = ".".join(map(str, version))
    return [Finding("sqlite", "SQLite", _sqlite(number, version), True), *_of_fulltext(number, version)]


def may_corrupt(version: Version) -> bool:
    """Whether this SQLite can damage a log in WAL mode when two connections write and checkpoint at the same instant.

    3.7.0 to 3.51.2 can, save for 3.44.6 and 3.50.7, to which the repair was taken back (sqlite.org/wal.html).
    """
    repaired = (version[:2] == (3, 44) and version[2] >= 6) or (version[:2] == (3, 50) and version[2] >= 7)
    return (3, 7, 0) <= version < (3, 51, 3) and not repaired


def _sqlite(number: str, version: Version) -> str:
    if may_corrupt(version):
        told = _("{version}: two programs that write at once could damage a log; our lock keeps them apart")
        return told.format(version=number)
    return number


def _of_fulltext(number: str, version: Version) -> list[Finding]:
    name = _("full text")
    with closing(sqlite3.connect(":memory:")) as db:
        try:
            for statement in fulltext.SCHEMA:
                db.execute(statement)
        except sqlite3.Error as error:
            advice = _("Use a Python whose SQLite has FTS5; without it no log can be opened.")
            return [Finding("fulltext", name, str(error), False, advice)]
    erasing = _("erased words leave the index when it is written anew")
    secure = _("at once (secure-delete)") if version >= SECURE_DELETE else _("not in {version}").format(version=number)
    return [
        Finding("fulltext", name, "FTS5", True),
        Finding("secure_delete", _("words taken out of the index"), f"{secure}; {erasing}", True),
    ]


def of_drive(folder: Path) -> Finding:
    """Return whether the folder is on a disk of this machine."""
    name = _("drive")
    if is_network_drive(folder):
        advice = _("A log can be damaged there: keep it on a disk of this machine.")
        return Finding("drive", name, _("a network drive"), False, advice)
    if is_in_memory(folder):
        advice = _("Everything there is gone when the power fails: keep logs on a disk.")
        return Finding("drive", name, _("memory, not a disk"), False, advice)
    return Finding("drive", name, _("of this machine"), True)


def of_space(folder: Path) -> Finding:
    """Return how much room is left."""
    free = shutil.disk_usage(folder).free
    advice = _("Make room: nothing more can be logged when the disk is full.")
    return Finding("space", _("free space"), size(free), free >= SPACE, "" if free >= SPACE else advice)


def of_durability(folder: Path) -> Finding:
    """Return whether SQLite keeps a write-ahead log here and waits for the disk, as it says itself."""
    name = _("durable writing")
    try:
        with closing(sqlite3.connect(folder / "probe.db", isolation_level=None)) as db:
            mode = db.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            db.execute("PRAGMA synchronous = FULL")
            level = db.execute("PRAGMA synchronous").fetchone()[0]
            db.execute("CREATE TABLE probe (x)")
    except sqlite3.Error as error:
        mode, level = str(error), 0
    if (mode, level) == ("wal", 2):
        return Finding("durable", name, _("write-ahead log, synchronous=FULL read back"), True)
    advice = _("What is acknowledged could be lost here: keep logs on another disk, or use another SQLite.")
    return Finding("durable", name, f"{mode}, synchronous={level}", False, advice)


def of_lock(folder: Path) -> Finding:
    """Return whether the lock between processes keeps another one out, and lets it in afterwards."""
    name, advice = _("lock between processes"), _("Let only one program open a log here, or keep logs on another disk.")
    path = folder / "probe.lock"
    try:
        with closing(FileLock(path, 0)) as one, closing(FileLock(path, 0)) as other:
            with one, suppress(Busy), other:
                return Finding("lock", name, _("does not keep another one out"), False, advice)
            with other:
                return Finding("lock", name, _("keeps another one out"), True)
    except (OSError, Busy) as error:
        return Finding("lock", name, str(error), False, advice)


def of_syncing(folder: Path) -> Finding:
    """Return how long the disk takes to have something for sure: the median of a few times 4 kB."""
    sync: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)
    file = os.open(folder / "probe", os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0))
    took = []
    try:
        for _time in range(SYNCS):
            os.write(file, bytes(4096))
            began = time.perf_counter()
            sync(file)
            took.append(time.perf_counter() - began)
    finally:
        os.close(file)
    median = statistics.median(took)
    advice = _("Every entry waits for this: end what else writes to this disk, or keep logs on a faster one.")
    value = _("{ms} ms (longest of {n}: {longest} ms)").format(
        ms=f"{median * 1000:.1f}", n=SYNCS, longest=f"{max(took) * 1000:.1f}"
    )
    return Finding("syncing", _("disk's sync time"), value, median <= SLOW, "" if median <= SLOW else advice)


_PROBES = (of_durability, of_lock, of_syncing)


def of_log(path: Path) -> list[Finding]:
    """Return how a log itself is: whether it can be opened, its version, its write-ahead log."""
    name = _("log")
    try:
        with Log(path) as log:
            version = log.db.execute("PRAGMA user_version").fetchone()[0]
            told = _("version {version}, this program speaks {own}; {n} records").format(
                version=version, own=schema.VERSION, n=log.head.seq
            )
            return [Finding("log", name, told, True), of_write_ahead(log)]
    except CommandLogError as error:
        return [Finding("log", name, _("cannot be opened"), False, str(error))]


def of_write_ahead(log: Log) -> Finding:
    """Return what lies in a log's write-ahead log after moving into the file what can be moved."""
    left = log.move_write_ahead()
    name, value = _("write-ahead log"), size(left.size)
    if not left.held_back:
        return Finding("write_ahead", name, value, True)
    value = _("{size}, of which {held} wait for a program that is still reading").format(
        size=value, held=size(left.held_back)
    )
    if left.size <= WAL_LIMIT:
        return Finding("write_ahead", name, value, True)
    advice = _("Some program other than CommandLog has been reading {file} for a long time: close it.")
    return Finding("write_ahead", name, value, False, advice.format(file=log.path))


def size(number: int) -> str:
    """Return a number of bytes as people read it."""
    if number < 1 << 20:
        return f"{number / (1 << 10):.0f} kB"
    return f"{number / (1 << 20):.0f} MB" if number < 10 << 30 else f"{number / (1 << 30):.0f} GB"
