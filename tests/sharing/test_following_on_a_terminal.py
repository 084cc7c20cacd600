"""What following says on a terminal, and who is asked for a password there."""

import io
import sys
import threading
from datetime import UTC
from pathlib import Path

import pytest

from commandlog.commands.shared.following import _Password, _Person
from commandlog.language import speaking
from commandlog.log.keys import settings_folder
from commandlog.model.errors import RuleError
from commandlog.sharing.desk.followed import alone
from commandlog.sharing.desk.showing import Shower
from commandlog.sharing.desk.state import State
from commandlog.sharing.desk.telling import state_lines
from commandlog.sharing.settings import Settings
from commandlog.verbs.events import open_event
from tests.events import Clock, concert


def test_that_what_waited_was_sent_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    person = _Person(UTC)
    for waiting in (1, 1, 0, 0):
        person.tell(State("joined", since=1, upto=7 - waiting, waiting=waiting))
    first, last = capsys.readouterr().out.splitlines()
    assert "1 entry stored here" in first
    assert last.endswith("7 records")


def test_it_is_told_in_the_language_of_the_desk(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    said = threading.Event()

    def tell(state: State) -> None:
        _Person(UTC).tell(state)
        said.set()

    with speaking("nl"), Shower(Settings(settings_folder(), b"log", "P1"), clock, tell) as shower:
        shower.phase("joined")
        assert said.wait(5)
    assert "gedeeld log" in capsys.readouterr().out


@pytest.mark.parametrize(("followed_for", "is_said"), [(9_000, False), (11_000, True)])
def test_nobody_at_work_is_said_after_a_while(followed_for: int, is_said: bool, tmp_path: Path, clock: Clock) -> None:
    with open_event(tmp_path / "een avond.clog", concert(), settings_folder(), clock=clock).log as log:
        state = State("joined", since=log.clock() - followed_for)
        told = "\n".join(state_lines(log, state, UTC))
        assert "commandlog follow '" in told  # as it is typed
        with alone(log.path):
            told = "\n".join(state_lines(log, state, UTC))
        assert ("Nobody puts" in told) == is_said


def test_nobody_is_asked_where_nobody_can_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    person = _Person(UTC)
    with pytest.raises(RuleError, match="PGPASSWORD"):
        person.ask("Password: ")
    found = _Password(lambda _ask: "stored", person)
    assert [found(), found()] == ["stored", "stored"]  # one that was not taken may be another one by then
