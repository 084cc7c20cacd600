"""In a shared log nobody takes back what another party said, and no party ends the evening of the others alone."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from commandlog.cli import DONE, main
from commandlog.log.derived import closings
from commandlog.log.derived.recalls import reads
from commandlog.log.derived.table import position_of
from commandlog.log.desk import Desk
from commandlog.log.rebuild import take
from commandlog.log.store import Log, system_clock
from commandlog.log.verify import verify
from commandlog.model.errors import RuleError
from commandlog.model.frames import Source
from commandlog.model.keeping import Closed
from commandlog.model.records import DeskOpened, Record, Words
from commandlog.sharing.keeper import rights
from commandlog.verbs import attaching, closing, misdirecting, saying, withholding
from commandlog.verbs.continuing import continue_log
from commandlog.views import timeline
from commandlog.views.moments import live
from tests.events import Clock
from tests.log.order import Order


class Evening(NamedTuple):
    """A shared log: its order, how many records it was shared with, and a desk for each party, the driver's first."""

    order: Order
    begun: int
    venue: Desk
    police: Desk
    baken: Desk

    @property
    def desks(self) -> tuple[Desk, Desk, Desk]:
        return self.venue, self.police, self.baken

    def meet(self) -> None:
        """Let everybody have what everybody wrote."""
        for desk in self.desks:
            self.order.take(desk.log)
        for desk in self.desks:
            self.order.give(desk.log)

    def said(self, desk: Desk, text: str = "voor iedereen", *, audience: tuple[str, ...] = ()) -> bytes:
        """Let a desk write a note, and everybody have it; returns its id."""
        made = saying.note(desk, text, audience=audience)
        self.meet()
        return made.id


@pytest.fixture
def evening(venue: Desk, tmp_path: Path) -> Iterator[Evening]:
    """The driver's log, shared with police and guards."""
    order = Order(venue.log)
    given = {"venue": "V9", "police": "P1", "baken": "B1"}
    desks = [order.join(tmp_path / f"{code}.clog", party, code) for party, code in given.items()]
    with ExitStack() as logs:
        for desk in desks:
            logs.enter_context(desk.log)
        made = Evening(order, len(order.records), *desks)
        made.meet()
        yield made


def recall(desk: Desk, entry: bytes, *parties: str, thread: bool = False) -> Record:
    return withholding.recall(desk, (position_of(desk.log.db, entry),), parties, "te breed", thread=thread)


def refused(evening: Evening, folder: Path) -> list[str]:
    """Return which records of the order whoever keeps it would have turned down."""
    with Log(folder / "kept.clog", create=True) as log, log.writing():
        found = []
        for one in evening.order.records:
            record = one.applied()
            is_new = record.seq > evening.begun and not isinstance(record.frame, DeskOpened)
            if is_new and not rights.allowed(log.db, record.frame, record.words or Words()):
                found.append(f"{record.desk}-{record.frame.number}")
            take(log.db, one)
    return found


def test_whose_word_it_is_and_the_driver_recall_it(evening: Evening, tmp_path: Path) -> None:
    for desk in (evening.police, evening.venue):
        entry = evening.said(evening.police)
        recall(desk, entry, "baken")
        evening.meet()
        assert not reads(evening.baken.log.db, position_of(evening.baken.log.db, entry), "baken")
    assert refused(evening, tmp_path) == []


def test_another_party_does_not_and_is_told_who_can(evening: Evening) -> None:
    entry = evening.said(evening.police)
    with pytest.raises(RuleError, match=r"P1-2 is the word of Police.*Stadion De Dijk, which drives.*your own party"):
        recall(evening.baken, entry, "venue")
    with pytest.raises(RuleError, match="Ask one of them"):
        recall(evening.baken, entry, "baken", "venue")
    assert evening.order.take(evening.baken.log) == 0


def test_what_came_to_the_wrong_desk_is_recalled_from_it_by_itself(evening: Evening, tmp_path: Path) -> None:
    entry = evening.said(evening.police)
    recall(evening.baken, entry, "baken")
    evening.meet()
    assert not reads(evening.venue.log.db, position_of(evening.venue.log.db, entry), "baken")
    assert reads(evening.venue.log.db, position_of(evening.venue.log.db, entry), "venue")
    assert refused(evening, tmp_path) == []


def test_what_others_hung_on_it_goes_along_and_not_by_itself(evening: Evening, tmp_path: Path) -> None:
    entry = evening.said(evening.police, "meisje van 8, naam bekend")
    at = position_of(evening.baken.log.db, entry)
    added = saying.add_to(evening.baken, at, "de naam is X").id
    attaching.attach(evening.baken, at, b"kaart", name="kaart.txt")
    saying.correct(evening.baken, at, "meisje van 9", reason="verhoord")
    evening.meet()
    with pytest.raises(RuleError, match=r"B1-2 is the word of"):
        recall(evening.police, added, "venue")
    recall(evening.police, entry, "venue", thread=True)
    evening.meet()
    for one in (entry, added):
        assert not reads(evening.police.log.db, position_of(evening.police.log.db, one), "venue")
    assert refused(evening, tmp_path) == []


def test_what_was_written_for_another_party_is_both_parties_word(evening: Evening, tmp_path: Path) -> None:
    for desk in (evening.baken, evening.police):
        said = saying.note(evening.baken, "namens de politie", source=Source(party="police"))
        evening.meet()
        recall(desk, said.id, "venue")
        evening.meet()
    assert refused(evening, tmp_path) == []


def test_a_misdirection_takes_back_only_what_one_may_take(evening: Evening, tmp_path: Path) -> None:
    entry = evening.said(evening.police, audience=("venue", "baken", "police"))
    at = position_of(evening.baken.log.db, entry)
    with pytest.raises(RuleError, match="only its own party recalls it"):
        misdirecting.misdirected(evening.baken, at, "venue", "police", "wis dit", take_back=True)
    assert evening.order.take(evening.baken.log) == 0
    misdirecting.misdirected(evening.baken, at, "venue", "police", "wis dit")
    misdirecting.misdirected(evening.baken, at, "baken", "police", "wij lezen dit niet meer", take_back=True)
    evening.meet()
    assert refused(evening, tmp_path) == []
    assert not reads(evening.venue.log.db, position_of(evening.venue.log.db, entry), "baken")


# closing -------------------------------------------------------------------------------------------------------------


def states(evening: Evening) -> set[bool]:
    """Return whether each desk has the log closed."""
    return {closings.first(desk.log.db) > 0 for desk in evening.desks}


def waits(evening: Evening) -> list[str]:
    """Return which parties wait for a second one, the first one first."""
    return [*closings.waiting(evening.baken.log.db, evening.order.clock())]


def test_one_party_does_not_end_the_evening_of_the_others(evening: Evening, tmp_path: Path) -> None:
    for desk in (evening.police, evening.venue):
        if desk is evening.venue:
            saying.note(evening.baken, "wij gaan nog door")
            with pytest.raises(RuleError, match=r"Police has closed this log already.*second party"):
                closing.close(evening.police)
        closing.close(desk, text="einde inzet")
        evening.meet()
        assert states(evening) == {desk is evening.venue}
        assert waits(evening) == ([] if desk is evening.venue else ["police"])
    for desk in evening.desks:
        with pytest.raises(RuleError, match="This log was closed on"):
            saying.note(desk, "te laat")
        assert desk.log.db.execute("SELECT party, and_party FROM closings").fetchall() == [("police", "venue")]
        assert verify(desk.log.path, deep=True).holds
    assert refused(evening, tmp_path) == []
    done = continue_log(evening.venue, tmp_path / "next.clog", tmp_path / "settings")
    assert not done.closed


def test_a_party_waits_twelve_hours_for_a_second_one(evening: Evening, clock: Clock) -> None:
    closing.close(evening.police)
    evening.meet()
    clock.tick(12 * 3600 - 1)
    assert waits(evening) == ["police"]
    clock.tick(1)
    assert waits(evening) == []
    for desk in (evening.baken, evening.police):  # who closed in vain may close again
        assert states(evening) == {False}
        closing.close(desk)
        evening.meet()
    assert states(evening) == {True}
    assert evening.venue.log.db.execute("SELECT party, and_party FROM closings").fetchall() == [("baken", "police")]
    for desk in evening.desks:
        assert verify(desk.log.path, deep=True).holds


def test_two_that_close_at_once_have_closed_it(evening: Evening) -> None:
    closing.close(evening.police)
    closing.close(evening.baken)
    assert [closings.first(desk.log.db) for desk in evening.desks] == [0, 0, 0]
    evening.meet()
    assert states(evening) == {True}


def test_the_driver_names_who_has_agreed_by_voice_and_nobody_else_does(evening: Evening, tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"Baken Security closes this shared log at its own desk.*Only Stadion De Dijk"):
        closing.close(evening.police, and_party="baken")
    closing.close(evening.venue)
    closing.close(evening.venue, and_party="baken", text="per telefoon")
    evening.meet()
    assert states(evening) == {True}
    assert refused(evening, tmp_path) == []


def test_the_commands_say_what_a_closing_waits_for(
    evening: Evening, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    clock.now = system_clock()  # the commands have no other
    told, file = [], str(evening.venue.log.path)
    for desk in (evening.police, evening.baken):
        assert main(["close", str(desk.log.path)]) == DONE
        desk.log.refresh()
        evening.meet()
        assert main(["status", file]) == DONE
        told.append(capsys.readouterr().out)
        assert main(["status", file, "--json"]) == DONE
        half_closed = json.loads(capsys.readouterr().out)["half_closed"]
        assert [*half_closed] == (["police"] if desk is evening.police else [])
    assert "Police has closed" in told[0]
    assert "when a second party closes it too" in told[0]
    assert re.search(r"Police closed it 20\S+ \S+: it waits for a second party until 20", told[0])
    assert "is closed by Police · Baken Security." in told[1]
    assert "it waits for" not in told[1]
    assert main(["timeline", str(evening.venue.log.path), "--system"]) == DONE
    assert "Police closes the shared log" in capsys.readouterr().out


def test_nobody_is_the_second_party_of_its_own_closing(evening: Evening, tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="Stadion De Dijk closes the log already"):
        closing.close(evening.venue, and_party="venue", source=Source(party="police"))
    with pytest.raises(RuleError, match="leave out for whom"):
        closing.close(evening.venue, audience=("venue", "police"))
    assert evening.order.take(evening.venue.log) == 0
    closing.close(evening.venue, and_party="baken", source=Source(party="baken"))
    evening.meet()
    assert states(evening) == {True}
    assert refused(evening, tmp_path) == []


@pytest.mark.parametrize("and_party", ["venue", "nobody-at-all"])
def test_the_driver_names_a_party_of_the_covenant_and_not_itself(evening: Evening, and_party: str) -> None:
    with evening.venue.writing():
        made = evening.venue.append(Closed, together=True, and_party=and_party)
    assert not rights.allowed(evening.police.log.db, made.frame)


def test_a_closing_is_told_as_what_it_is_and_as_whose_it_is(evening: Evening) -> None:
    def told() -> str:
        evening.meet()
        log = evening.baken.log
        line = timeline.at_record(log, live(log), log.head.seq)
        return line.text if line else ""

    closing.close(evening.police, source=Source(party="baken"))
    assert told() == "Police closes the shared log for its part: it is closed when two parties have closed it"
    closing.close(evening.venue, and_party="police")
    assert told() == "Stadion De Dijk · Police closes the shared log"


def test_where_one_party_has_all_desks_it_closes_alone(venue: Desk, tmp_path: Path) -> None:
    with venue.writing():  # who keeps the order does not close, whichever party it is with
        venue.append(DeskOpened, desk="LOG1", party="police", key=bytes(32))
    desk = Order(venue.log).join(tmp_path / "V9.clog", "venue", "V9")
    with desk.log:
        closing.close(desk)
        assert closings.first(desk.log.db)


@pytest.mark.parametrize(
    "otherwise", [{}, {"together": True, "audience": ("police",)}, {"together": True, "and_party": "baken"}]
)
def test_a_closing_that_would_end_it_for_all_is_turned_down(evening: Evening, otherwise: dict[str, Any]) -> None:
    with evening.police.writing():
        made = evening.police.append(Closed, **otherwise)
    assert not rights.allowed(evening.venue.log.db, made.frame)
