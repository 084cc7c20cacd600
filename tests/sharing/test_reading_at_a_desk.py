"""What a desk's own file shows by the command line: what its party may read now."""

from pathlib import Path

import pytest

from commandlog.cli import DONE, main
from commandlog.log.keys import settings_folder
from commandlog.verbs import saying, withholding
from commandlog.verbs.events import open_event
from tests.events import Clock, concert
from tests.log.order import Order


def test_a_desk_shows_what_its_party_may_read_now(
    tmp_path: Path, clock: Clock, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def shown(*command: str) -> str:
        assert main([command[0], str(tmp_path / "police.clog"), *command[1:]]) == DONE
        return capfd.readouterr().out

    monkeypatch.setenv("COMMANDLOG_LANG", "en")
    venue = open_event(tmp_path / "evening.clog", concert(), settings_folder(), clock=clock)
    with venue.log:
        saying.note(venue, "voor allen")
        entry = saying.note(venue, "later teruggehaald")
        withholding.recall(venue, (entry.seq,), ("police",), "niet voor hen")
        only = saying.note(venue, "alleen voor ons", audience=("venue",))
        order = Order(venue.log)
    police = order.join(tmp_path / "police.clog", "police", "P1", upto=only.seq - 1)
    order.give(police.log, sealed=[only.seq])
    police.log.close()

    told = shown("timeline")
    assert "voor allen" in told
    assert "later teruggehaald" not in told
    assert "recalled" in told
    assert "later teruggehaald" not in shown("timeline", "--json")
    assert "teruggehaald" not in shown("timeline", "--search", "teruggehaald")
    assert "later teruggehaald" in shown("timeline", "--for", "venue")
    assert "sealed" not in told
    told = shown("timeline", "--sealed")
    assert "[sealed: ask" in told
    assert "V1-0" not in told + shown("timeline", "--for", "venue")
