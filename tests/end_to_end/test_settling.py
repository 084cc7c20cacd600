"""What is settled in the window is settled by command, too: conflicts, and what the shared log did not take."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from commandlog.cli import BAD_INPUT, DONE, main
from commandlog.log.derived.table import PROVISIONAL, position_of
from commandlog.log.desk import Desk
from commandlog.log.refused import has_unsettled
from commandlog.model.order import NEWER, Refused
from commandlog.verbs import saying, tasks
from tests.log.order import Order

SAID = "Kanarievogel Zwartemeer"


@pytest.fixture
def guard(venue: Desk, tmp_path: Path) -> Iterator[Desk]:
    """A desk that lost a task to another of its party, and of which one message was not taken."""
    order = Order(venue.log)
    police, first, second = (
        order.join(tmp_path / f"{code}.clog", party, code)
        for code, party in {"P1": "police", "B1": "baken", "B2": "baken"}.items()
    )
    keeper = order.join(tmp_path / "LOG1.clog", "venue", "V9")
    with police.log, first.log, second.log, keeper.log:
        task = tasks.propose(police, "Rij naar links", to_party="baken")
        for desk in (police, first, second):
            order.take(desk.log)
        for desk in (first, second):
            order.give(desk.log)
        tasks.accept(first, position_of(first.log.db, task.id))
        tasks.decline(second, position_of(second.log.db, task.id), "geen eenheid vrij")
        order.take(first.log)
        order.take(second.log)
        order.give(second.log)
        lost = saying.message(second, SAID, to_party="police")
        with keeper.writing():
            keeper.append(Refused, desk="B2", count=lost.frame.number, why=NEWER)
        order.take(keeper.log)
        order.give(second.log)
        yield second


def test_both_are_listed_and_settled(guard: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*command: str, code: int = DONE) -> str:
        assert main(["settle", str(guard.log.path), *command]) == code
        out, err = capsys.readouterr()
        return out + err

    told = said()
    for part in (
        "P1-2: → Baken Security: Rij naar links",
        "already accepted by Baken",
        "declined: geen eenheid vrij",
        SAID,
        "older",
    ):
        assert part in told
    conflict, lost = json.loads(said("--json"))
    assert (conflict["state"], conflict["about"], lost["state"], lost["again"]) == ("conflict", "P1-2", "refused", SAID)
    assert f"what it said: {SAID}\n" in told and lost["text"].endswith(f": {SAID}") and lost["text"] != SAID
    assert "the others read it" in said(conflict["reference"], code=BAD_INPUT)
    assert "is a conflict" in said(conflict["reference"], "--leave", "--why", "x", code=BAD_INPUT)
    assert "nothing to settle" in said("B2-99", code=BAD_INPUT)
    assert "B2-" in said(conflict["reference"].lower(), "--why", "de eerste eenheid gaat")
    guard.log.refresh()
    assert "de eerste eenheid gaat" in [one.words.text for one in guard.log.records(PROVISIONAL) if one.words]
    for mistaken in ((), ("--why", "de eerste eenheid gaat"), ("--leave", "--why", "de eerste eenheid gaat")):
        assert "words are here alone" in said(lost["reference"], *mistaken, code=BAD_INPUT)
    assert SAID in said(), "nothing is destroyed by mistake"
    assert "is left" in said(lost["reference"], "--leave")
    assert not has_unsettled(guard.log.db)
    assert said() == "Nothing to settle.\n"
