"""Makes the small log of rare rows that is kept here; run it with the code of the version whose log is wanted.

    git archive VERSION | tar x -C FOLDER && PYTHONPATH=FOLDER python tests/logs/making.py rare.clog

What is in it: desks of three parties, a release, exports and an import, a correction that came too late (a conflict),
text that is no text, two incidents made one, a checkpoint, and three records that are not yet in the shared order.
"""

import sys
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from commandlog.log.desk import sit_down
from commandlog.log.rebuild import Stored, stored, take
from commandlog.log.store import Log
from commandlog.model.records import Corrected, Words
from commandlog.verbs import assessing, events, incidents, levels, saying, tasks
from tests.events import Clock, concert

try:  # where exports and imports are spoken of has moved since version 1
    from commandlog.model.keeping import Exported, Imported
except ImportError:
    from commandlog.model.records import Exported, Imported  # type: ignore[attr-defined]
try:  # and so has releasing
    from commandlog.verbs.withholding import release
except ImportError:
    from commandlog.verbs.events import release  # type: ignore[attr-defined, no-redef]


def make(path: Path) -> None:
    """Write the log; its clock stands on 27 June 2026."""
    with TemporaryDirectory() as settings:
        clock = Clock()
        venue = events.open_event(path, concert(), Path(settings), clock=clock)
        with venue.log as log:
            police, baken = (sit_down(log, Path(settings), party) for party in ("police", "baken"))
            events.sign_in(venue, "Marloes Veenstra")
            bag = saying.report(venue, "onbeheerde tas", place="block-112", audience=("police", "venue")).seq
            clock.tick()
            saying.report(baken, "café Één =HYPERLINK(1) \ud800 \x00", category="suspicious")
            secret = saying.note(police, "kenteken XX-000-X", audience=("police",)).seq
            release(police, (secret,), "baken", "art. 19 Wpg")
            first = incidents.open_incident(venue, "Tas", entries=(bag,)).seq
            other = incidents.open_incident(baken, "Sporttas").seq
            incidents.merge(venue, other, first, reason="dezelfde")
            before = log.record(bag).id
            saying.correct(venue, bag, "onbeheerde sporttas", reason="verstaan")
            late = {"entry": before, "expects": before, "audience": ("police", "venue")}
            with venue.writing():
                venue.append(Corrected, Words(text="onbeheerde rugzak"), **late)
                venue.append(Imported, Words(title="ander.csv"), file=bytes(32), mapping=bytes(32), entries=2)
                venue.append(Exported, Words(title="avond.pdf"), form="pdf", file=sha256(b"1").digest())
                venue.append(
                    Exported, Words(title="politie.csv"), form="csv", file=sha256(b"2").digest(), for_party="police"
                )
            task = tasks.propose(venue, "maak ruimte", to_party="police", entry=bag, finish_by=clock.now + 600_000).seq
            tasks.accept(police, task)
            tasks.hand_over(police, task, to_party="baken", reason="dichterbij")
            assessing.assess(venue, bag, "observe", text="camera kijkt mee")
            levels.set_level(venue, "venue", "orange", told=("police", "baken"))
            for n in range(80):
                clock.tick(5)
                saying.note(venue, f"regel {n}", origin=f"papier:{n}")
            _wait(log, Path(settings), clock)


def _wait(log: Log, settings: Path, clock: Clock) -> None:
    """Put three records behind all others that have no place in the shared order yet."""
    with TemporaryDirectory() as folder, Log(Path(folder) / "twin.clog", clock=clock, create=True) as twin:
        with twin.writing():
            for one in stored(log.db):
                take(twin.db, one)
        twin.refresh()
        twin.id = log.id
        desk = sit_down(twin, settings, "police")
        last = log.head.seq
        saying.report(desk, "van een werkplek zonder verbinding", category="crowd")
        saying.note(desk, "nog niet in de volgorde", audience=("police",))
        tasks.propose(desk, "kom terug", to_party="venue")
        waiting: list[Stored] = [one.provisional(n) for n, one in enumerate(stored(twin.db, last + 1))]
    with log.writing():
        for one in waiting:
            take(log.db, one)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
