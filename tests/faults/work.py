"""Work for the program to be disturbed in: each function does something whole over a folder, deed by deed.

Every deed goes through `Place.do`, and what comes back from it is acknowledged: whoever disturbs the work decides what
happens when a deed fails, and demands afterwards what was acknowledged. Deeds carry an origin, so they can be repeated.
To add one: write a function that takes a `Place`, and put it into WORKS with the state that it begins from.
"""

import lzma
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from unittest import mock

from commandlog.intake.importing import plan_import, run
from commandlog.log import store
from commandlog.log.backup import Backup, backup
from commandlog.log.desk import Desk, sit_down
from commandlog.log.erasing import purge_all
from commandlog.log.rebuild import rebuild
from commandlog.log.store import Log
from commandlog.model.frames import Source
from commandlog.model.keeping import Exported
from commandlog.model.words import Disposition
from commandlog.verbs import assessing, events, incidents, levels, saying, tasks, withholding
from commandlog.verbs.attaching import attach
from commandlog.verbs.continuing import continue_log
from tests.events import Clock, concert
from tests.faults.promises import Kept, attached, backed_up, erased, purged, same_desk, there, upto

T = TypeVar("T")
OLD_LOGS = Path(__file__).parent.parent / "logs"
CANARY = "kanarie-7319"
"""A word that is said once, to be erased."""


class Place:
    """Where a work is done. A subclass says what becomes of a deed that fails and of what was promised."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "event.clog"
        self.settings = folder / "settings"
        self.clock = Clock()
        self.open: list[Log] = []

    def do(self, name: str, deed: Callable[[], T]) -> T:  # noqa: ARG002
        """Do a deed, which `name` says to whoever reads of it; what it returns is acknowledged."""
        done = deed()
        self.acknowledge()
        return done

    def acknowledge(self) -> None:
        """Promise everything that the open log holds: the check value of its head stands for all before it."""
        for log in self.open:
            if log.head.seq:
                self.promise(upto(log.head.seq, log.head.hash))

    def promise(self, kept: Kept) -> None:
        """Hold the program to this from now on."""

    def log(self) -> Log:
        """Open the log."""
        log = self.do("open", lambda: Log(self.path, clock=self.clock))
        self.open.append(log)
        self.acknowledge()
        return log

    def desk(self, log: Log, party: str = "venue") -> Desk:
        """Sit down at a desk."""
        desk = self.do(f"sit down as {party}", lambda: sit_down(log, self.settings, party))
        self.promise(same_desk(party, desk.code))
        return desk

    def close(self, log: Log) -> None:
        """Close the log."""
        self.do("close", log.close)
        self.open.remove(log)

    def leave(self) -> None:
        """Close what is still open, where a work ended before its end."""
        while self.open:
            self.open.pop().close()


# -- from nothing ----------------------------------------------------------------------------------------------------


def creation(place: Place) -> None:
    """A new log, and its first entries."""
    desk = begin(place)
    for number in range(3):
        note(place, desk, f"eerste {number}")
    place.close(desk.log)


def begin(place: Place) -> Desk:
    """Make the log and open the event; where that was done before, sit down in it."""

    def made() -> Desk:
        if place.path.exists():
            return sit_down(Log(place.path, clock=place.clock), place.settings, "venue")
        return events.open_event(place.path, concert(), place.settings, clock=place.clock)

    desk = place.do("open the event", made)
    place.open.append(desk.log)
    place.acknowledge()
    place.promise(same_desk(desk.party, desk.code))
    return desk


# -- in an evening under way -----------------------------------------------------------------------------------------


def note(place: Place, desk: Desk, text: str) -> None:
    """One entry of its own."""
    place.clock.tick(7)
    place.do(text, lambda: saying.note(desk, text, origin=f"note:{text}"))


def verbs(place: Place) -> None:
    """Single verbs of two parties, past the record at which a checkpoint is signed."""
    log = place.log()
    venue, police = place.desk(log), place.desk(log, "police")
    for number in range(5):
        key = f"v{number}:"
        said = place.do("report", lambda: saying.report(venue, "man filmt de poort", **about(f"{key}r", number)))
        place.do("correct", lambda: saying.correct(venue, said.seq, "vrouw filmt de poort", origin=f"{key}c"))
        place.do("add", lambda: saying.add_to(police, said.seq, "ook de camera", origin=f"{key}a"))
        task = place.do(
            "ask", lambda: tasks.propose(police, "ga kijken", to_unit="Service 3", entry=said.seq, origin=f"{key}t")
        )
        source = Source(party="baken", unit="Service 3")
        place.do("accept", lambda: tasks.accept(venue, task.seq, source=source, origin=f"{key}y"))
        place.do("done", lambda: tasks.done(venue, task.seq, text="gedaan", source=source, origin=f"{key}d"))
        place.do("assess", lambda: assessing.assess(police, said.seq, Disposition.NO_ACTION, origin=f"{key}s"))
        place.do(
            "incident",
            lambda: incidents.open_incident(venue, f"Oploop {number}", entries=(said.seq,), origin=f"{key}i"),
        )
        place.do("level", lambda: levels.set_level(venue, "venue", "orange", reason="drukte", origin=f"{key}l"))
        place.clock.tick(60)
    place.close(log)


def about(origin: str, number: int) -> Any:
    """Return what a report says about itself."""
    return {"place": "gate-f", "category": "suspicious", "priority": "urgent" if number % 2 else "", "origin": origin}


def blocks(place: Place) -> None:
    """Several entries in one transaction, and transactions that are given up."""
    log = place.log()
    desk = place.desk(log)
    for number in range(6):
        place.do(f"block {number}", lambda: _block(desk, number))
        place.do(f"given up {number}", lambda: _given_up(desk, number))
    place.close(log)


def _block(desk: Desk, number: int) -> None:
    with desk.writing():
        for line in range(1 + 7 * (number % 4)):
            saying.note(desk, f"regel {line} van {number}", origin=f"block:{number}:{line}")


def _given_up(desk: Desk, number: int) -> None:
    with suppress(ZeroDivisionError), desk.writing():
        for line in range(12):
            saying.note(desk, f"vervallen {line} van {number}")
        number // 0


def importing(place: Place) -> None:
    """A table of 320 rows, in three transactions; what is there already is not taken in again."""
    log = place.log()
    desk = place.desk(log)
    source = place.folder.with_name(f"{place.folder.name}.csv")
    rows = [f"2026-06-{1 + n % 28:02d} 10:{n % 60:02d},regel {n} uit het noorden,noord" for n in range(320)]
    source.write_text("\n".join(["time,text,place", *rows]) + "\n")
    for _twice in range(2):
        place.do("import", lambda: run(desk, plan_import(desk, source), lambda _done, _all: place.acknowledge()))
    source.unlink()
    place.close(log)


def tending(place: Place) -> None:
    """Entries with idle moments between: the write-ahead log is emptied into the file and begun anew."""
    log = place.log()
    desk = place.desk(log)
    for number in range(24):
        note(place, desk, f"tussendoor {number}")
        if number % 4 == 3:
            place.do("tend", log.tend)
    place.close(log)


def never_idle(place: Place) -> None:
    """A write-ahead log that reaches its limit in the middle of the work (the limit is set low)."""
    with mock.patch.object(store, "WAL_LIMIT", 200_000):
        log = place.log()
        desk = place.desk(log)
        for number in range(70):
            note(place, desk, f"druk {number}")
        place.close(log)


def coming_and_going(place: Place) -> None:
    """Opened, written, closed, again and again: each closing empties and takes away the write-ahead log."""
    for number in range(6):
        log = place.log()
        desk = place.desk(log, "police" if number % 2 else "venue")
        note(place, desk, f"even binnen {number}")
        place.close(log)


def two_connections(place: Place) -> None:
    """Two connections write in turn; one tends while the other stays open, one closes before the other."""
    one, other = place.log(), place.log()
    venue, police = place.desk(one), place.desk(other, "police")
    for number in range(12):
        note(place, venue, f"de een {number}")
        note(place, police, f"de ander {number}")
        if number % 3 == 2:
            place.do("tend", (one if number % 2 else other).tend)
    place.close(other)
    note(place, venue, "nog een")
    place.close(one)


def rebuilding(place: Place) -> None:
    """All derived tables made anew, in one transaction, between entries."""
    log = place.log()
    desk = place.desk(log)
    note(place, desk, "voor de herbouw")
    place.do("rebuild", lambda: rebuild(log))
    note(place, desk, "na de herbouw")
    place.do("tend", log.tend)
    place.close(log)


def migration(place: Place) -> None:
    """A log of the first version is opened by this one."""
    log = place.log()
    note(place, place.desk(log), "na de overgang")
    place.close(log)


def attaching(place: Place) -> None:
    """Photos and documents, of one piece and of several: content that comes in transactions before its record."""
    log = place.log()
    desk = place.desk(log)
    said = place.do("say it", lambda: saying.note(desk, "zie de foto", origin="photo"))
    for number, size in enumerate((700, 300_000, 1_200_000)):
        content = random.Random(number).randbytes(size)
        made = place.do(
            "attach", lambda: attach(desk, said.seq, content, name="foto.bin", text="de poort", origin=f"file:{number}")
        )
        place.promise(attached(made.seq, content))
        note(place, desk, f"na bijlage {number}")
    place.do("tend", log.tend)
    place.close(log)


def erasure(place: Place) -> None:
    """Words and an attachment are destroyed by a recorded decision, down to the last byte in the file."""
    log = place.log()
    desk = place.desk(log)
    for number in range(3):
        word = f"{CANARY}{number}"
        said = place.do("say it", lambda: saying.note(desk, f"{word} woont hier", origin=f"say:{number}"))
        secret = f"{word} op de foto ".encode() * 800
        place.do("attach", lambda: attach(desk, said.seq, secret, name=f"{word}.txt", origin=f"file:{number}"))
        note(place, desk, f"daartussen {number}")
        place.do("erase", lambda: withholding.erase(desk, (said.seq,), "op verzoek", origin=f"erase:{number}"))
        place.promise(erased(said.seq, word))
        if number % 2:
            place.do("tend", log.tend)
        if place.do("purge", lambda: purge_all(log)).left is None:
            place.promise(purged(word))
    place.close(log)


def continuing(place: Place) -> None:
    """The log is closed, and a new one goes on with what is open."""
    log = place.log()
    desk = place.desk(log)
    said = place.do("report", lambda: saying.report(desk, "man filmt de poort", **about("open", 1)))
    place.do("ask", lambda: tasks.propose(desk, "ga kijken", to_party="police", entry=said.seq, origin="open task"))
    later = place.folder / "next.clog"
    place.do("continue", lambda: continue_log(desk, later, place.settings))
    place.promise(there(later.name))
    place.do("write there", lambda: _write_in(place, later))
    place.promise(there(later.name))
    place.do("add", lambda: saying.add_to(desk, said.seq, "nog iets in de oude", origin="added"))
    place.close(log)


def _write_in(place: Place, path: Path) -> None:
    with Log(path, clock=place.clock) as log:
        saying.note(sit_down(log, place.settings, "venue"), "hier verder", origin="next")


def backing_up(place: Place) -> None:
    """A backup, between entries; what is recorded of it is true of the file."""
    log = place.log()
    desk = place.desk(log)
    note(place, desk, "voor de reservekopie")
    made = place.do("backup", lambda: _back_up(place, desk))
    if made:
        place.promise(backed_up(made.path.name, made.digest))
    note(place, desk, "na de reservekopie")
    place.close(log)


def _back_up(place: Place, desk: Desk) -> Backup | None:
    """Make a backup, unless the log knows of one."""
    if any(isinstance(record.frame, Exported) for record in desk.log.records()):
        return None
    return backup(desk.log, place.folder, desk)


# -- what they begin from --------------------------------------------------------------------------------------------


def nothing(_place: Place) -> None:
    """An empty folder."""


def evening(place: Place) -> None:
    """A log of 90 entries, closed."""
    desk = begin(place)
    police = place.desk(desk.log, "police")
    for number in range(43):
        note(place, desk, f"begin {number}")
        note(place, police, f"aanvang {number}")
    place.close(desk.log)


def first_version(place: Place) -> None:
    """A demo evening that the first version of the program wrote (tests/logs)."""
    place.path.write_bytes(lzma.decompress((OLD_LOGS / "demo-1.clog.xz").read_bytes()))


class Work(NamedTuple):
    """What is done, and from which state."""

    name: str
    do: Callable[[Place], None]
    start: Callable[[Place], None] = evening


WORKS = (
    Work("creation", creation, nothing),
    Work("verbs", verbs),
    Work("blocks", blocks),
    Work("import", importing),
    Work("tending", tending),
    Work("never idle", never_idle),
    Work("coming and going", coming_and_going),
    Work("two connections", two_connections),
    Work("rebuild", rebuilding),
    Work("migration", migration, first_version),
    Work("attachments", attaching),
    Work("erasure", erasure),
    Work("continuing", continuing),
    Work("backup", backing_up),
)
