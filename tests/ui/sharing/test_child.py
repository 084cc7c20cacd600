"""The program beside the window: heard, started again, asked, and ended with the window, which never waits for it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from commandlog_ui.sharing import child
from commandlog_ui.sharing.child import LINE, Child
from commandlog_ui.sharing.state import Shared, sound
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from commandlog.log.member import Member
from commandlog.log.store import Log
from commandlog.sharing.desk.state import Present, State
from tests.log.order import Order


def program(code: str) -> list[str]:
    return [sys.executable, "-S", "-c", code]


@pytest.fixture
def owner(qapp: object) -> Iterator[QObject]:
    made = QObject()
    yield made
    made.deleteLater()


@pytest.fixture
def log(order: Order, tmp_path: Path) -> Iterator[Log]:
    order.join(tmp_path / "baken.clog", "baken", "B1").log.close()
    with Log(tmp_path / "baken.clog", reading=True) as log:
        yield log


def says(*lines: bytes) -> list[str]:
    """Return a program that says some lines, then waits for its end."""
    return program(f"import sys; sys.stdout.buffer.write({b''.join(lines)!r}); sys.stdout.flush(); sys.stdin.read()")


def test_each_line_is_heard(owner: QObject, qtbot: QtBot) -> None:
    heard: list[bytes] = []
    one = Child(says(b"one\n", b"\n", b"two\n", b"half"), owner)
    one.said.connect(heard.append)
    one.start()
    qtbot.waitUntil(lambda: len(heard) == 2)
    one.end()
    assert heard == [b"one", b"two"]


def test_it_is_started_again_when_it_dies_and_ended_when_it_says_too_much(
    owner: QObject, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "PAUSES", (0.01,))
    gone: list[str] = []
    dying = Child(program("import sys; sys.exit('the reason')"), owner)
    dying.gone.connect(gone.append)
    dying.start()
    qtbot.waitUntil(lambda: len(gone) >= 2)
    dying.end()
    assert set(gone) == {"the reason"}
    heard: list[bytes] = []
    endless = Child(program(f"import sys; sys.stdout.write('x' * {2 * LINE}); sys.stdin.read()"), owner)
    endless.said.connect(heard.append)
    with qtbot.waitSignal(endless.gone):
        endless.start()
    endless.end()
    assert not heard


def test_one_that_cannot_be_started_is_gone(owner: QObject, qtbot: QtBot, tmp_path: Path) -> None:
    absent = Child([str(tmp_path / "nothing")], owner)
    with qtbot.waitSignal(absent.gone):
        absent.start()
    absent.end()


def test_it_ends_when_its_input_is_closed(owner: QObject, qtbot: QtBot, tmp_path: Path) -> None:
    note = tmp_path / "ended"
    code = (
        "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True)\n"
        f"sys.stdin.read(); open({str(note)!r}, 'w').close()"
    )
    one = Child(program(code), owner)
    with qtbot.waitSignal(one.said):
        one.start()
    one.end()
    qtbot.waitUntil(note.exists)


def test_what_cannot_be_is_not_believed() -> None:
    assert sound(State(phase="joined", since=1_800_000_000_000, desks=(Present("B1", "baken", here=True),)))
    for wrong in (
        State(since=1 << 62),
        State(waiting_since=-1),
        State(waiting=-1),
        State(offset_ms=1 << 62),
        State(desks=(Present("B1", "baken", seen_at=1 << 62),)),
    ):
        assert not sound(wrong)


def test_states_are_heard_and_nonsense_is_not(log: Log, owner: QObject, qtbot: QtBot) -> None:
    shared = Shared(log, owner)
    assert shared.follows
    good = State(phase="joined", upto=7, server_upto=7, since=log.clock())
    lines = [b"{", b"[]", b'{"phase":"elsewhere"}', b'{"since":4611686018427387904}', msgspec.json.encode(good)]
    shared.begin(says(*(one + b"\n" for one in lines)))
    states: list[State | None] = []
    shared.changed.connect(lambda: states.append(shared.state))
    qtbot.waitUntil(lambda: shared.state == good)
    assert states == [good]
    shared.end()


def test_its_death_shows_as_being_offline(log: Log, owner: QObject, qtbot: QtBot) -> None:
    good = msgspec.json.encode(State(phase="joined", upto=7, server_upto=7))
    shared = Shared(log, owner)
    shared.begin(program(f"import sys; print({good.decode()!r}, flush=True); sys.exit('no such server')"))
    qtbot.waitUntil(lambda: shared.state is not None and shared.state.phase == "offline")
    shared.end()
    assert shared.state is not None
    assert (shared.state.upto, shared.state.trouble) == (7, "no such server")
    assert shared.state.since > 0


def test_the_password_goes_to_whoever_asked(log: Log, owner: QObject, qtbot: QtBot) -> None:
    answered = msgspec.json.encode(State(phase="joined", trouble="SAID")).decode()
    code = (
        'import sys; print(\'{"ask":"password"}\', flush=True); said = sys.stdin.readline().strip()\n'
        f"print({answered!r}.replace('SAID', said), flush=True); sys.stdin.read()"
    )
    shared = Shared(log, owner)
    shared.begin(program(code))
    qtbot.waitUntil(lambda: shared.asked)
    shared.give_password("two words ünd\nmore")
    qtbot.waitUntil(lambda: shared.state is not None)
    shared.end()
    assert not shared.asked
    assert shared.state is not None
    assert shared.state.trouble == "two words ündmore"


def test_nothing_is_started_for_a_log_of_ones_own(path: Path, owner: QObject) -> None:
    with Log(path, reading=True) as log:
        shared = Shared(log, owner)
        shared.begin(program("raise SystemExit(1)"))
        assert not shared.follows
        assert shared.state is None
        assert not owner.findChildren(Child)


def test_the_real_program_says_why_it_cannot_follow(log: Log, owner: QObject, qtbot: QtBot) -> None:
    shared = Shared(log, owner)
    shared.begin([sys.executable, "-m", "commandlog", "follow", str(log.path), "--json"])
    qtbot.waitUntil(lambda: shared.state is not None and shared.state.trouble != "", timeout=30_000)
    shared.end()
    assert shared.state is not None
    assert shared.state.phase == "offline"
    assert "ask for a new invitation" in shared.state.trouble


def test_a_keepers_file_follows_nothing(order: Order, owner: QObject, tmp_path: Path) -> None:
    order.join(tmp_path / "baken.clog", "baken", "B1").log.close()
    with Log(tmp_path / "baken.clog") as log:
        assert Shared(log, owner).follows
        log.join(Member("baken", "LOG1", keeper=True))
        assert not Shared(log, owner).follows
