"""Two desks and a keeper, whatever is written when, and whoever is cut off meanwhile: all end with the same log."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import CheckViolation

from commandlog.log import pieces
from commandlog.log.derived.table import position_of
from commandlog.log.desk import Desk, open_member_desk, sit_down
from commandlog.log.member import Member
from commandlog.log.rebuild import first_difference
from commandlog.log.store import Log
from commandlog.sharing.desk import sending
from commandlog.sharing.desk.not_taken import noted
from commandlog.sharing.desk.sending import Sender
from commandlog.sharing.desk.spoilt import MOST, Spoilt
from commandlog.sharing.following import following
from commandlog.sharing.following.fetching import Fetcher
from commandlog.sharing.following.following import Follower
from commandlog.sharing.keeper import statements
from commandlog.sharing.keeper.accepting import POISONED
from commandlog.sharing.keeper.keeper import Keeper
from commandlog.sharing.link import connect
from commandlog.verbs import attaching, saying, withholding
from tests.events import Clock
from tests.log.histories import STEP, Step, play
from tests.sharing.agreement import agree
from tests.sharing.conftest import drop, host_on
from tests.sharing.proxy import Proxy, Weather
from tests.sharing.seats import Room

EXAMPLES = max(3, int(os.environ.get("COMMANDLOG_EXAMPLES", "20")) // 6)
DESKS = {"P1": "police", "P2": "police", "V2": "venue"}


class Line:
    """A desk that follows and sends when it is told to, and not by itself."""

    def __init__(self, folder: Path, room: Room, code: str, clock: Clock) -> None:
        self.settings = folder / f"settings-{code}"
        self.path = folder / f"{code}.clog"
        party = room.hosted.parties[code]
        with Log(self.path, create=True, clock=clock) as log, log.writing():
            log.db.execute("UPDATE meta SET value = ? WHERE key = 'log_id'", (room.hosted.event.log_id,))
        with Log(self.path, clock=clock) as log:
            log.join(Member(party, code))
            open_member_desk(log, self.settings)
        self.log = Log(self.path, clock=clock)
        self.conn = room.hosted.connect(code)
        self.follower, self.sender = Follower(self.log, self.conn, b""), Sender(self.log, self.conn)
        self.fetcher = Fetcher(self.log, self.conn)
        self.pull()
        self.desk = sit_down(self.log, self.settings, party)

    def pull(self) -> int:
        taken = 0
        while (pulled := self.follower.pull()).more or pulled.taken:
            taken += pulled.taken
            self.fetcher.look(pulled.upto)
        return taken

    def send(self) -> int:
        sent = 0
        while now := self.sender.send():
            sent += now
        return sent

    def fetch(self) -> None:
        while self.fetcher.fetch():
            pass

    def close(self) -> None:
        self.conn.close()
        self.log.close()


class Trio:
    """A keeper, and desks of two parties."""

    def __init__(self, folder: Path, room: Room, clock: Clock) -> None:
        self.room = room
        self.keeper: Keeper = room.keeper()
        self.admin = room.hosted.admin
        self.turn()
        self.lines = {code: Line(folder, room, code, clock) for code in DESKS}
        self.settle()

    @property
    def desks(self) -> dict[str, Desk]:
        police, second, venue = (line.desk for line in self.lines.values())
        return {"police": police, "baken": second, "venue": venue, "aid": venue}

    def turn(self) -> None:
        while self.keeper.turn().rows:
            pass
        self.keeper.house.tend(active=True)

    def settle(self) -> None:
        """Let everybody talk until nobody has anything to say."""
        for _round in range(50):
            moved = sum(line.send() for line in self.lines.values())
            self.turn()
            moved += sum(line.pull() for line in self.lines.values())
            if not moved:
                return
        raise AssertionError("they never come to an end")

    def close(self) -> None:
        for line in self.lines.values():
            line.close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for the next second."""
    monkeypatch.setattr(following, "PACE", 0.0)


@pytest.fixture
def trio(tmp_path: Path, admin_dsn: str, clock: Clock) -> Iterator[Trio]:
    with ExitStack() as ended:
        yield _trio(tmp_path, admin_dsn, clock, ended)


def _trio(folder: Path, admin_dsn: str, clock: Clock, ended: ExitStack) -> Trio:
    def host(log_id: bytes, desks: dict[str, str]) -> object:
        hosted = host_on(admin_dsn, log_id, desks)
        ended.callback(drop, hosted, admin_dsn)
        return hosted

    room = Room(folder, host, DESKS)  # type: ignore[arg-type]
    ended.callback(room.close)
    made = Trio(folder, room, clock)
    ended.callback(made.close)
    return made


MOVES = st.lists(st.tuples(STEP, st.integers(0, 63)), min_size=1, max_size=20)


@settings(max_examples=EXAMPLES)
@given(moves=MOVES)
def test_whatever_happens_all_end_with_the_same_log(admin_dsn: str, moves: list[tuple[Step, int]]) -> None:
    with TemporaryDirectory() as folder, ExitStack() as ended:
        trio = _trio(Path(folder), admin_dsn, Clock(), ended)
        lines = list(trio.lines.values())
        for step, who in moves:
            play(trio.desks, [step])
            for number, line in enumerate(lines):
                if who >> number & 1:
                    line.send()
            trio.turn()
            for number, line in enumerate(lines):
                if who >> number + 3 & 1:
                    line.pull()
        trio.settle()
        for line in lines:
            line.fetch()
        first, second, other = lines
        written = [record_id for (record_id,) in first.log.db.execute("SELECT id FROM entries ORDER BY since")]
        agree([[first.path, second.path], [other.path]], written, deep=False)
        assert all(first_difference(line.path) is None for line in lines)


def test_a_record_that_is_sent_twice_is_there_once(trio: Trio) -> None:
    line = trio.lines["P1"]
    saying.note(line.desk, "een keer")
    assert line.send() == 1
    again = Sender(line.log, line.conn)
    assert again.send() == 1, "a new connection sends what still waits"
    trio.turn()
    assert line.pull() == 1
    assert again.send() == 0
    trio.settle()
    assert [r.words.text for r in line.log.records() if r.words and r.words.text].count("een keer") == 1


def test_on_a_narrow_line_a_transaction_begins_when_all_is_there(trio: Trio) -> None:
    line, hosted = trio.lines["P1"], trio.room.hosted
    with line.desk.writing():
        for number in range(60):
            saying.note(line.desk, f"{number} {'woord ' * 40}")
    login, ages, sent = hosted.desks["P1"], [0.0], threading.Event()

    def look() -> None:
        query = "SELECT max(clock_timestamp() - xact_start) FROM pg_stat_activity WHERE usename = %s"
        while not sent.wait(0.02):
            ages.extend(age.total_seconds() for (age,) in hosted.admin.execute(query, (login.login,)) if age)

    with Proxy(int(conninfo_to_dict(hosted.event.dsn)["port"] or 5432)) as proxy:
        proxy.weather = Weather(lost=0.01, again=0.0, rate=20_000)  # in pieces, since some are lost
        with closing(connect(make_conninfo(hosted.dsn(login), port=proxy.port))) as conn:
            start, looking = time.monotonic(), threading.Thread(target=look, daemon=True)
            looking.start()
            assert Sender(line.log, conn).send() == 60
            took = time.monotonic() - start
            sent.set()
            looking.join(30)
    assert max(ages) < took / 4, "a keeper ends what takes longer than it bears"


def test_what_waits_is_sent_again_more_and_more_seldom_and_only_to_a_keeper(
    trio: Trio, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = trio.lines["P1"]
    saying.note(line.desk, "blijft liggen")
    now = 0.0
    monkeypatch.setattr(sending, "time", SimpleNamespace(monotonic=lambda: now))
    sender, sent = Sender(line.log, line.conn), list[float]()
    while now < 400:
        if sender.send():
            sent.append(now)
        now += 5.0
    assert sent[0] == 0.0 and len(sent) == 5, sent
    assert sent[2] - sent[1] < sent[3] - sent[2] < sent[4] - sent[3]
    sender.kept = False
    while now < 4000:
        assert not sender.send()
        now += 5.0


def test_what_the_server_does_not_take_holds_up_nothing_before_it(trio: Trio) -> None:
    line = trio.lines["P1"]
    for text in ("een", "twee", "x" * 2000, "drie"):
        saying.note(line.desk, text)
    trio.admin.execute("ALTER TABLE commandlog.inbox ADD CONSTRAINT small CHECK (octet_length(words) < 1000)")
    with pytest.raises(CheckViolation):
        line.send()
    assert trio.admin.execute("SELECT count(*) FROM commandlog.inbox").fetchone() == (2,)
    trio.admin.execute("ALTER TABLE commandlog.inbox DROP CONSTRAINT small")
    assert line.send() == 2, "and in its order when it does"


def test_attachments_travel_to_those_who_may_read_them(trio: Trio) -> None:
    police, second, venue = trio.lines.values()
    content = os.urandom(3 * pieces.PIECE + 1000)
    entry = saying.note(police.desk, "met een foto", audience=("police",))
    attached = attaching.attach(police.desk, entry.seq, content, name="foto.bin", audience=("police",))
    trio.settle()
    second.fetch()
    venue.fetch()
    frame, words = attached.frame, attached.words
    assert words is not None
    assert pieces.content(second.log.db, frame.file, words.salt, frame.size) == content
    assert second.fetcher.missing == 0 and not pieces.is_arriving(second.log.db, frame.file)
    assert venue.log.db.execute("SELECT count(*) FROM pieces").fetchone() == (0,)
    assert venue.conn.execute("SELECT count(*) FROM commandlog.pieces").fetchone() == (0,)


def test_what_came_spoilt_is_sent_again_over_the_same_line_a_few_times_and_then_told(trio: Trio) -> None:
    line, admin = trio.lines["P1"], trio.admin
    entry = saying.note(line.desk, "met een foto")
    attached = attaching.attach(line.desk, entry.seq, os.urandom(pieces.PIECE + 10), name="foto.bin")
    trio.settle()
    seen, sent = Spoilt(line.log, line.sender), list[int]()
    login = trio.room.hosted.desks["P1"].login
    assert seen.look(noted(line.log, line.conn)) == ""
    for _time in range(MOST + 1):
        admin.execute("DELETE FROM commandlog.pieces")
        statements.done(admin, [], [(login, attached.id, POISONED)])
        told = seen.look(noted(line.log, line.conn))
        sent.append(line.send())
        assert seen.look(noted(line.log, line.conn)) == told
        assert line.send() == 0, "each note counts once"
        trio.turn()
    assert sent == [2] * MOST + [0] and "“foto.bin” does not reach the others" in told
    assert "does not reach" not in Spoilt(line.log, line.sender).look(noted(line.log, line.conn)), "a new connection"
    line.log.db.execute("UPDATE pieces SET bytes = zeroblob(10) WHERE number = 1")
    seen = Spoilt(line.log, line.sender)
    assert "“foto.bin” is damaged" in seen.look(noted(line.log, line.conn))
    withholding.erase(line.desk, (position_of(line.log.db, entry.id),), "beschadigd")
    trio.settle()
    assert seen.look(noted(line.log, line.conn)) == ""


def test_pieces_that_are_not_what_was_attached_do_not_stay(trio: Trio) -> None:
    police, second, _venue = trio.lines.values()
    content = os.urandom(pieces.PIECE + 10)
    entry = saying.note(police.desk, "met een foto")
    attached = attaching.attach(police.desk, entry.seq, content, name="foto.bin")
    trio.settle()
    admin = trio.admin
    (kept,) = admin.execute("SELECT bytes FROM commandlog.pieces WHERE number = 1").fetchone() or (b"",)
    admin.execute("UPDATE commandlog.pieces SET bytes = %s WHERE number = 1", (bytes(10),))
    second.fetch()
    found = second.log.db.execute("SELECT sum(length(bytes)) FROM pieces").fetchone()
    assert found == (0,) and second.fetcher.missing == 2
    admin.execute("UPDATE commandlog.pieces SET bytes = %s WHERE number = 1", (kept,))
    second.fetcher._later.clear()  # later
    second.fetch()
    assert attached.words is not None
    assert pieces.content(second.log.db, attached.frame.file, attached.words.salt, attached.frame.size) == content
