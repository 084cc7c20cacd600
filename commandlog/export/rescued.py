"""What is saved of a damaged log, in a folder: the evidence, a log to go on with, and all that could be read.

    damaged/         the file and its write-ahead log as they were found, byte for byte
    NAME             a log of everything that follows, without a gap, from the first record on
    saved.jsonl      every record that could be read, one a line, and whether it verifies
    saved.txt        the same to read, with what is lost where

The folder appears whole or not at all.
"""

import base64
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, tzinfo
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import msgspec

from commandlog.language import _, ngettext
from commandlog.log import chain
from commandlog.log.derived.table import FOREVER, PROVISIONAL
from commandlog.log.desk import Desk, home_party, sit_down
from commandlog.log.files import failures, sync_folder
from commandlog.log.judging import frame_of
from commandlog.log.member import member_of
from commandlog.log.rescue import evidence, own_keys, write_log
from commandlog.log.store import Log
from commandlog.log.survey import Gap, Saved, Survey
from commandlog.model.checks import zone_named
from commandlog.model.covenant import Covenant
from commandlog.model.errors import CommandLogError, RuleError
from commandlog.model.harmless import visible
from commandlog.model.keeping import Erased
from commandlog.model.records import CovenantSet, Words, decode_words
from commandlog.model.words import label
from commandlog.verbs import saying
from commandlog.views.moments import local
from commandlog.views.telling import Teller

Progress = Callable[[int, int], None]
LINES, TEXT, DAMAGED = "saved.jsonl", "saved.txt", "damaged"
_NOBODY = Covenant(code="", name="", timezone="UTC", driver="", parties=())


class Rescued(NamedTuple):
    """What was saved: how many records, how many of them verify, and up to which all holds from the first one on.

    `log` is what was made of those, None where its covenant was lost and nobody could go on in it. `fault` says what
    is wrong behind them, empty where nothing is; `gaps` are what is lost; `attachments` are the records whose files
    were lost; `unread` are bytes that the disk did not give. With `shared` it was a desk's file of a shared log, of
    which no log is made.
    """

    folder: Path
    name: str
    log: Path | None
    records: int
    verified: int
    sound: int
    fault: str
    gaps: tuple[Gap, ...]
    attachments: tuple[int, ...]
    unread: int
    timezone: str
    shared: bool = False

    @property
    def lost(self) -> int:
        """How many records are known to be lost."""
        return sum(gap.last - gap.first + 1 for gap in self.gaps)


def rescue(path: Path, folder: Path, settings: Path, progress: Progress = lambda _done, _all: None) -> Rescued:
    """Save what can be saved of the damaged log at `path` into a new folder; the log itself is only read.

    `settings` is where this machine keeps its desk keys: the log that is made begins a branch with a note of what is
    lost. Raises RuleError where there is no such file, nothing of a log in it, or the folder is not empty;
    Unavailable where the disk refuses. Nothing is left behind then.
    """
    with _folder(folder) as part:
        (part / DAMAGED).mkdir()
        copied = evidence(path, part / DAMAGED)
        with TemporaryDirectory(dir=part) as work, Survey(copied.main, copied.wal, Path(work)) as survey:
            survey.look(partial(own_keys, settings), progress)
            covenant = _covenant(survey)
            done = Rescued(
                folder=folder,
                name=path.name,
                log=None,
                records=0,
                verified=0,
                sound=survey.sound,
                fault=survey.fault,
                gaps=tuple(survey.gaps),
                attachments=(),
                unread=copied.unread,
                timezone=covenant.timezone,
            )
            if not survey.log_id:
                raise RuleError(_("There is no record of a log in {file}: nothing could be saved.").format(file=path))
            records, verified = _Documents(survey, covenant, done).write(part, progress)
            done = done._replace(records=records, verified=verified)
            if _is_shared(copied.main):
                return done._replace(shared=True)
            done = _log(survey, part / path.name, done, settings, progress)
    return done


def _is_shared(main: Path) -> bool:
    """Whether a damaged file was a desk's of a shared log, as far as it still says so; a copy of it is only read.

    A log of its own made of such a file would be another log under the name of the shared one.
    """
    uri = f"{main.as_uri()}?mode=ro&immutable=1"
    with suppress(sqlite3.Error, CommandLogError), closing(sqlite3.connect(uri, uri=True)) as db:
        return member_of(db) is not None
    return False


def _log(survey: Survey, path: Path, done: Rescued, settings: Path, progress: Progress) -> Rescued:
    """Make the log, and say in it what is missing. Without a covenant nobody could go on in it: there is none then."""
    if not any(isinstance(frame_of(one), CovenantSet) for one in survey.chosen(1, min(survey.sound, 1000))):
        return done
    lost = write_log(survey, path, progress)
    with Log(path) as log, suppress(CommandLogError):  # a log that cannot be written here is a log all the same
        desk = sit_down(log, settings, home_party(log))
        with desk.writing():
            _without_words(desk, lost, done)
            with suppress(RuleError):  # it had been closed
                saying.note(desk, _told(done, survey.sound))
    return done._replace(log=done.folder / path.name, attachments=tuple(lost))


def _without_words(desk: Desk, lost: list[int], done: Rescued) -> None:
    """Record that words are gone by a decision that was lost itself, and that attachments were lost.

    A log in which words are missing and nobody says why does not hold.
    """
    log = desk.log
    bare = [seq for (seq,) in log.db.execute("SELECT seq FROM records WHERE words IS NULL AND frame NOT NULL")]
    decided = {seq for (seq,) in log.db.execute(f"SELECT record FROM erasures WHERE until = {FOREVER}")}
    for positions, reason in (
        ([seq for seq in bare if seq not in decided], _("erased in {file} by a decision behind what could be saved")),
        (lost, _("the attachment was lost when {file} was damaged")),
    ):
        if positions:
            ids = tuple(record.id for record in log.records_at(positions).values())
            desk.append(Erased, Words(reason=reason.format(file=done.name)), records=ids)


def _told(done: Rescued, sound: int) -> str:
    """Return what the log that goes on says of what is missing in it."""
    beyond = done.records - sound
    told = _("This log was damaged and saved up to record {last}.").format(last=sound)
    if done.lost:
        more = ngettext("{n} record behind that is lost.", "{n} records behind that are lost.", done.lost)
        told += " " + more.format(n=done.lost)
    if beyond:
        more = ngettext("{n} more could be read: see {file}.", "{n} more could be read: see {file}.", beyond)
        told += " " + more.format(n=beyond, file=done.folder / TEXT)
    return told


def _covenant(survey: Survey) -> Covenant:
    """Return the last covenant among the records that could be read, one without names where there is none."""
    found = _NOBODY
    query = "SELECT f.words FROM chosen s JOIN found f ON f.rowid = s.found WHERE instr(f.frame, ?) ORDER BY s.seq"
    for (words,) in survey.db.execute(query, (b'"covenant"',)):
        with suppress(msgspec.MsgspecError, TypeError, UnicodeDecodeError):
            found = decode_words(words[chain.SALT :]).covenant or found
    return found


class _Documents:
    """Writes the records that were saved, for programs and to read."""

    def __init__(self, survey: Survey, covenant: Covenant, done: Rescued) -> None:
        self.survey, self.covenant, self.done = survey, covenant, done
        self.zone: tzinfo = zone_named(covenant.timezone) or UTC
        self.teller = Teller(covenant, self.zone, self._reference)
        self._day = ""

    def write(self, folder: Path, progress: Progress) -> tuple[int, int]:
        """Write both documents; returns how many records there are, and how many of them verify."""
        records = verified = 0
        gaps = list(self.done.gaps)
        with (folder / LINES).open("xb") as lines, (folder / TEXT).open("x", encoding="utf-8", newline="\n") as text:
            text.write("\n".join(self._legend()) + "\n")
            for saved in self.survey.saved():
                while gaps and gaps[0].first < saved.record.seq:
                    text.write(self._gap(gaps.pop(0)) + "\n")
                lines.write(msgspec.json.encode(self._document(saved)) + b"\n")
                text.writelines(f"{line}\n" for line in self._lines(saved))
                records, verified = records + 1, verified + (not saved.fault)
                if records % 1000 == 0:
                    progress(records, self.survey.last)
            text.writelines(f"{self._gap(gap)}\n" for gap in gaps)
            for file in (lines, text):
                file.flush()
                os.fsync(file.fileno())
        return records, verified

    def _legend(self) -> Iterator[str]:
        yield _("What could be read of {file}").format(file=self.done.name)
        yield _("  =  part of the log that was made of the beginning")
        yield _("  +  what its desk signed, but behind a gap, so not in that log")
        yield _("  ?  could be read, and is not what its desk signed: believe it only where others confirm it")
        yield ""

    def _gap(self, gap: Gap) -> str:
        told = ngettext("{n} record lost", "{n} records lost", gap.last - gap.first + 1).format(
            n=gap.last - gap.first + 1
        )
        return f"-- {told} ({gap.first}–{gap.last}){between(gap, self.zone)} --"

    def _document(self, saved: Saved) -> dict[str, Any]:
        record, header = saved.record, chain.unpack_header(saved.record.header)
        return {
            "position": record.seq if record.seq < PROVISIONAL else None,
            "reference": self._own_reference(saved),
            "id": header.id.hex(),
            "party": header.party,
            "desk": header.desk,
            "kept_at": self._iso(header.kept_at),
            "verifies": not saved.fault,
            "in_log": saved.chained,
            "placed": saved.placed,
            "fault": saved.fault,
            "erased": record.words is None and record.words_hash is not None,
            "frame": _part(record.frame),
            "words": _part(record.words),
        }

    def _lines(self, saved: Saved) -> Iterator[str]:
        header = chain.unpack_header(saved.record.header)
        frame: Any = frame_of(saved.record)
        occurred = frame.occurred_at if frame else header.kept_at
        day = self._iso(occurred)[:10]
        if day != self._day:
            self._day = day
            yield f"-- {day} --"
        mark = "=" if saved.chained else "?" if saved.fault else "+"
        text = self._text(saved, frame)
        kind = label(frame.__struct_config__.tag) if frame else ""
        whose = self.covenant.party_name(frame.speaker if frame else header.party)
        parts = (self._iso(occurred)[11:19], self._own_reference(saved), visible(whose), kind, text)
        why = f"  [{saved.fault}]" if saved.fault else ""
        yield f"{mark} {'  '.join(part for part in parts if part)}{why}"

    def _text(self, saved: Saved, frame: Any) -> str:
        if frame is None:
            return ""
        try:
            words = decode_words(saved.record.words[chain.SALT :]) if saved.record.words else None
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return _("[its words cannot be read]")
        return visible(self.teller.text(frame, words))

    def _own_reference(self, saved: Saved) -> str:
        frame: Any = frame_of(saved.record)
        return f"{frame.by.desk}-{frame.number}" if frame else ""

    def _reference(self, record_id: bytes) -> str:
        query = "SELECT f.frame FROM chosen s JOIN found f ON f.rowid = s.found WHERE f.id = ?"
        found = self.survey.db.execute(query, (record_id,)).fetchone()
        with suppress(msgspec.MsgspecError, TypeError, KeyError, IndexError):
            said = msgspec.json.decode(found[0][chain.SALT :])
            return f"{said['by'][1]}-{said['number']}"
        return "?"

    def _iso(self, moment: int) -> str:
        with suppress(ValueError, OverflowError, OSError):
            return local(moment, self.zone).isoformat(timespec="milliseconds")
        return ""


def between(gap: Gap, zone: tzinfo) -> str:
    """Return between which times records were lost, as far as that is known, in words; "" where nothing is."""
    after, before = (f"{local(one, zone):%Y-%m-%d %H:%M:%S}" if one else "" for one in (gap.after, gap.before))
    if after and before:
        return _(", between {after} and {before}").format(after=after, before=before)
    if after:
        return _(", after {after}").format(after=after)
    return _(", before {before}").format(before=before) if before else ""


def _part(salted: bytes | None) -> Any:
    """Return what a part says as JSON, its bytes in base 64 where it is none."""
    if salted is None:
        return None
    with suppress(msgspec.MsgspecError, UnicodeDecodeError):
        return msgspec.json.decode(salted[chain.SALT :])
    return {"bytes": base64.b64encode(salted[chain.SALT :]).decode("ascii")}


@contextmanager
def _folder(folder: Path) -> Iterator[Path]:
    """Give a folder to fill, which gets its name when the block ends; where the block raises, nothing is left."""
    if os.path.lexists(folder) and not (folder.is_dir() and not any(folder.iterdir())):
        raise RuleError(_("{folder} is not empty: name a folder that is new.").format(folder=folder))
    if not folder.parent.is_dir():
        raise RuleError(_("There is no folder {folder}: make it first.").format(folder=folder.parent))
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    with failures(folder):
        part.mkdir()
        try:
            yield part
            if folder.is_dir():
                folder.rmdir()
            part.rename(folder)
            sync_folder(folder.parent)
        finally:
            shutil.rmtree(part, ignore_errors=True)
