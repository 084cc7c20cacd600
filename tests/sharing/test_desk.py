"""The loop of a desk: it follows, sends and says how it stands, and nothing that happens to the server stops it."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest

from commandlog.log.desk import Desk, open_member_desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.member import Member
from commandlog.log.store import Log
from commandlog.model.errors import CommandLogError, RuleError
from commandlog.sharing.desk import desk as loop
from commandlog.sharing.desk import patience
from commandlog.sharing.desk.state import State, remembered
from commandlog.sharing.keeper import statements
from commandlog.sharing.keeper.accepting import POISONED
from commandlog.sharing.server import server
from commandlog.sharing.settings import Settings, Shared
from commandlog.verbs import attaching, saying
from tests.sharing.conftest import Host
from tests.sharing.seats import Room

WITHIN = 15.0  # seconds


class Running:
    """A desk that follows in a thread, until it is asked to stop."""

    def __init__(self, folder: Path, room: Room, code: str) -> None:
        self.path, self.settings = folder / f"{code}.clog", folder / f"settings-{code}"
        self.states = list[State]()
        self.passwords = [room.hosted.desks[code].password]
        self.failed: CommandLogError | None = None
        party = room.hosted.parties[code]
        with Log(self.path, create=True) as log, log.writing():
            log.db.execute("UPDATE meta SET value = ? WHERE key = 'log_id'", (room.hosted.event.log_id,))
        with Log(self.path) as log:
            log.join(Member(party, code))
            open_member_desk(log, self.settings)
            address = room.hosted.address(room.hosted.desks[code])
            self.own = Settings(self.settings, log.id, code)
            self.own.keep(Shared("evening", Member(party, code), address))
        self._begin()

    def _begin(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self.log = Log(self.path)

    def again(self) -> Self:
        """Follow again, for the same file; returns itself."""
        self.states.clear()
        self._begin()
        return self

    def _run(self) -> None:
        try:
            loop.run(self.path, self.settings, self._stop, self.states.append, self._password)
        except CommandLogError as error:
            self.failed = error

    def _password(self) -> str:
        return self.passwords.pop(0) if len(self.passwords) > 1 else self.passwords[0]

    @property
    def desk(self) -> Desk:
        assert self.log.member
        self.until(lambda state: state.phase == "joined")
        return sit_down(self.log, self.settings, self.log.member.party)

    @property
    def state(self) -> State:
        return self.states[-1] if self.states else State()

    def until(self, holds: Callable[[State], bool]) -> State:
        """Wait until what the desk says of itself is so."""
        soon(lambda: holds(self.state), lambda: f"{self.failed} {self.state}")
        return self.state

    def has(self, text: str) -> bool:
        self.log.refresh()
        found = self.log.records(max(1, self.log.head.seq - 20), self.log.head.seq)
        return any(record.words and record.words.text == text for record in found)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(WITHIN)
        assert not self._thread.is_alive()

    def close(self) -> None:
        self.stop()
        self.log.close()


def soon(holds: Callable[[], bool], told: Callable[[], str] = str) -> None:
    end = time.monotonic() + WITHIN
    while not holds():
        assert time.monotonic() < end, told()
        time.sleep(0.01)


class Evening:
    """A keeper that runs, and desks that do."""

    def __init__(self, folder: Path, room: Room) -> None:
        self.folder, self.room = folder, room
        self.stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()
        self.desks = dict[str, Running]()

    def _keep(self) -> None:
        keeper = self.room.keeper()  # in this thread, whose file it is
        self.room.keepers.clear()
        keeper.run(self.stop)
        keeper.log.close()

    def follow(self, code: str) -> Running:
        self.desks[code] = Running(self.folder, self.room, code)
        return self.desks[code]

    def close(self) -> None:
        for one in self.desks.values():
            one.close()
        self.stop.set()
        self._thread.join(WITHIN)
        self.room.close()


@pytest.fixture
def evening(tmp_path: Path, host: Host, monkeypatch: pytest.MonkeyPatch) -> Iterator[Evening]:
    monkeypatch.setattr(loop, "LOOK", 0.5)
    made = Evening(tmp_path, Room(tmp_path, host))
    yield made
    made.close()


def test_desks_hear_each_other_and_know_who_is_there(evening: Evening) -> None:
    police, baken = evening.follow("P1"), evening.follow("B1")
    saying.note(police.desk, "is daar iemand")
    for one in (police, baken):
        one.until(lambda state: state.phase == "joined" and state.keeper_alive and not state.waiting)
    saying.note(baken.desk, "hoort u mij")
    soon(lambda: police.has("hoort u mij") and baken.has("is daar iemand"))
    state = police.until(lambda state: {one.desk for one in state.desks if one.here} >= {"P1", "B1"})
    assert not state.trouble and not state.alarm and not state.offset_flag
    police.stop()
    assert remembered(police.settings, police.log) == police.state
    assert police.failed is None


def test_a_file_is_followed_once(evening: Evening) -> None:
    police = evening.follow("P1")
    police.until(lambda state: state.phase == "joined")
    with pytest.raises(RuleError, match="already follows"):
        loop.run(police.path, police.settings, threading.Event(), print, str)
    with pytest.raises(RuleError, match="not a desk"):
        loop.run(evening.folder / "event.clog", settings_folder(), threading.Event(), print, str)


def test_who_is_shut_out_is_told_and_goes_on_writing(evening: Evening) -> None:
    police = evening.follow("P1")
    desk = police.desk
    police.until(lambda state: not state.waiting)
    server.revoke(evening.room.hosted.admin, "P1")
    state = police.until(lambda state: state.phase == "stopped")
    assert state.alarm == "revoked" and "may no longer take part" in state.trouble
    saying.note(desk, "toch opgeschreven")
    police.until(lambda state: state.waiting == 1)


def test_a_wrong_password_is_asked_for_again(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "BACKOFF", (0.1, 0.1))
    login = evening.room.hosted.desks["P1"]
    with monkeypatch.context() as patch:
        patch.setitem(evening.room.hosted.desks, "P1", type(login)(login.login, "wrong", "P1"))
        police = evening.follow("P1")
    police.until(lambda state: "does not let this login in" in state.trouble)
    police.passwords.append(login.password)
    police.until(lambda state: state.phase == "joined")


def test_a_server_that_is_put_back_stops_the_desk_until_it_has_all_again(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "BACKOFF", (0.1, 0.3))
    police = evening.follow("P1")
    desk = police.desk
    police.until(lambda state: not state.waiting)
    evening.stop.set()
    evening._thread.join(WITHIN)
    admin = evening.room.hosted.admin
    last = admin.execute("SELECT seq, id, header, hash FROM commandlog.chain ORDER BY seq DESC LIMIT 1").fetchone()
    assert last
    admin.execute("DELETE FROM commandlog.chain WHERE seq = %s", (last[0],))
    state = police.until(lambda state: state.alarm == "rewound")
    assert state.phase == "stopped" and "was put back" in state.trouble
    saying.note(desk, "intussen")
    police.until(lambda state: state.waiting == 1)
    admin.execute("INSERT INTO commandlog.chain VALUES (%s, %s, %s, %s)", last)
    police.until(lambda state: state.phase == "joined" and not state.alarm)
    assert len(list(evening.folder.glob("P1.clog.evidence-*"))) == 1


def test_a_file_that_was_put_back_is_told_why_nothing_is_taken(evening: Evening, tmp_path: Path) -> None:
    police = evening.follow("P1")
    desk = police.desk
    police.until(lambda state: not state.waiting)
    police.close()
    with Log(police.path) as log:
        log.empty_write_ahead()
    before = police.path.read_bytes()
    police = evening.desks["P1"] = police.again()
    for number in range(3):
        saying.note(police.desk, f"na de kopie {number}")
    soon(lambda: police.has("na de kopie 2"))
    police.close()
    police.path.write_bytes(before)
    for beside in police.path.parent.glob("P1.clog-*"):
        beside.unlink()
    with Log(police.path) as log:
        saying.note(sit_down(log, police.settings, desk.party), "onder een nummer dat er al is")
    police = evening.desks["P1"] = police.again()
    state = police.until(lambda state: "under the same numbers" in state.trouble)
    assert state.alarm == "standstill" and state.phase == "joined" and state.waiting


def test_an_attachment_that_came_spoilt_is_sent_again_while_the_line_stays_up(evening: Evening) -> None:
    police = evening.follow("P1")
    desk, admin = police.desk, evening.room.hosted.admin
    attached = attaching.attach(desk, saying.note(desk, "met een foto").seq, bytes(range(200)), name="foto.bin")

    def is_there() -> bool:
        return admin.execute("SELECT count(*) FROM commandlog.pieces").fetchone() == (1,)

    def spoil() -> None:
        """Do what a keeper does with pieces that are not what they should be."""
        statements.done(admin, [], [(evening.room.hosted.desks["P1"].login, attached.id, POISONED)])

    soon(is_there)
    admin.execute("DELETE FROM commandlog.pieces")
    spoil()
    soon(is_there)
    desk.log.db.execute("UPDATE pieces SET bytes = zeroblob(200)")
    spoil()
    state = police.until(lambda state: "“foto.bin” is damaged" in state.trouble)
    assert state.phase == "joined" and not state.alarm


def test_a_server_without_room_is_told_and_what_others_write_still_comes(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "FULL", 0.5)
    police, baken = evening.follow("P1"), evening.follow("B1")
    for one in (police, baken):
        one.until(lambda state: state.phase == "joined" and not state.waiting)
    desk, other = police.desk, baken.desk
    admin = evening.room.hosted.admin
    login = evening.room.hosted.desks["P1"].login
    admin.execute(f"ALTER POLICY member ON commandlog.inbox WITH CHECK (session_user <> '{login}')")
    saying.note(desk, "past er niet bij")
    saying.note(other, "past wel")
    state = police.until(lambda state: "takes nothing from this desk" in state.trouble)
    assert state.phase == "joined" and state.waiting == 1
    soon(lambda: police.has("past wel"))
    admin.execute("ALTER POLICY member ON commandlog.inbox WITH CHECK (true)")
    soon(lambda: baken.has("past er niet bij"))
    police.until(lambda state: not state.trouble and not state.waiting)
