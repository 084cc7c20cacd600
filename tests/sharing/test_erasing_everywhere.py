"""What is erased is gone everywhere: from the server's files down to the last byte, and from every desk's."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from commandlog.log.derived.table import position_of
from commandlog.log.store import Log
from commandlog.model.records import Report, Words
from commandlog.sharing.desk import desk as desk_loop
from commandlog.sharing.desk.telling import unerased
from commandlog.sharing.server.purging import purge_server
from commandlog.verbs.withholding import erase
from tests.sharing.servers import Server
from tests.sharing.whole import Seat, Whole

CANARY = "Kanarievogel Zwartemeer"


def has(folders: Iterable[Path]) -> list[Path]:
    """Return the files below these folders in whose bytes the canary is."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    forms = (CANARY.encode(), CANARY.split()[0].lower().encode())
    return [path for path in files if any(form in path.read_bytes() for form in forms)]


def outstanding(seat: Seat) -> list[str]:
    """Return the desks that may still hold what was erased, as one desk sees it."""
    with Log(seat.file, reading=True) as log:
        return list(unerased(log, seat.state))


def test_what_is_erased_is_gone_from_every_byte(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_loop, "PULSE_EVERY", 1.0)
    with Whole(tmp_path, server, {"venue": 1, "police": 2}) as event:
        event.start()
        venue, police, away = event.seats
        with venue.sits() as desk, desk.writing():
            said = desk.append(Report, Words(text=f"{CANARY} is seen at gate F")).id
        event.converged()
        event.run_with(lambda connection: connection.execute("CHECKPOINT"))
        keepers = list(tmp_path.glob("keeper*"))
        everywhere = [*(seat.file.parent for seat in event.seats), *keepers, server.data]
        for folder in everywhere:
            assert has([folder]), f"control: it was never in {folder}"
        event.wait_for(lambda: len(venue.state.desks) == len(event.seats))
        away.stop()
        with venue.sits() as desk:
            erase(desk, (position_of(desk.log.db, said),), "art. 17 AVG")

        event.wait_for(lambda: not has([venue.file.parent, police.file.parent, *keepers]))
        event.wait_for(lambda: outstanding(venue) == [away.code])
        assert has([away.file.parent])  # it has not heard of it, and is named as the one that may have it
        assert event.run_with(purge_server) == []
        assert has([server.data]) == []
        away.start()
        event.converged()
        event.wait_for(lambda: outstanding(venue) == [])
        assert has(everywhere) == []
        event.agreed()
