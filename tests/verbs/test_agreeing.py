"""Agreements: who is bound, who affirms, who denies, and when they are over."""

from pathlib import Path

import pytest

from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.desk import Desk
from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.model.errors import RuleError
from commandlog.model.frames import Source
from commandlog.verbs import agreeing, closing, continuing, saying, withholding
from commandlog.views import timeline
from commandlog.views.agreements import AgreementLine, agreements
from commandlog.views.filters import Filter
from commandlog.views.moments import Moment, live
from commandlog.views.open_items import open_items
from tests.events import Clock

TEXT = "Poort G dicht tot perron vrij"


def only(desk: Desk, reader: str = "") -> AgreementLine:
    (found,) = agreements(desk.log, live(desk.log), reader=reader)
    return found


def test_whoever_says_it_is_bound_and_the_others_affirm(venue: Desk, police: Desk, baken: Desk) -> None:
    made = agreeing.agree_on(venue, TEXT, ("police", "baken"), source=Source(channel="telefoon"))
    assert made.frame.parties == ("venue", "police", "baken")
    assert (only(venue).affirmed, only(venue).waiting, only(venue).state) == (("venue",), ("police", "baken"), "open")
    agreeing.affirm_agreement(police, made.seq)
    assert [one.waiting for one in open_items(venue.log, live(venue.log)).agreements] == [("baken",)]
    agreeing.affirm_agreement(venue, made.seq, source=Source(party="baken"), text="per portofoon gehoord")
    assert (only(venue).state, open_items(venue.log, live(venue.log)).agreements) == ("agreed", [])
    with pytest.raises(RuleError, match="affirmed this agreement already"):
        agreeing.affirm_agreement(police, made.seq)


def test_one_loggist_writes_for_two_others(venue: Desk) -> None:
    agreeing.agree_on(venue, TEXT, ("baken",), source=Source(party="police"))
    assert (only(venue).parties, only(venue).affirmed) == (("police", "baken"), ("police",))


def test_what_is_denied_is_there_to_be_settled(venue: Desk, police: Desk) -> None:
    made = agreeing.agree_on(venue, TEXT, ("police",))
    with pytest.raises(RuleError, match="Say what was not agreed"):
        agreeing.deny_agreement(police, made.seq, " ")
    agreeing.deny_agreement(police, made.seq, "alleen tot 23:00")
    items = open_items(venue.log, live(venue.log))
    assert ([one.denied for one in items.denied], items.agreements) == ([("police",)], [])
    with pytest.raises(RuleError, match="denied this agreement already"):
        agreeing.deny_agreement(police, made.seq, "nog eens")
    agreeing.affirm_agreement(police, made.seq, text="toch wel")
    assert (only(venue).state, only(venue).denied) == ("agreed", ())
    agreeing.deny_agreement(venue, made.seq, "nee")
    agreeing.end_agreement(police, made.seq)
    assert not open_items(venue.log, live(venue.log)).any
    with pytest.raises(RuleError, match="ended already"):
        agreeing.affirm_agreement(venue, made.seq)


def test_its_time_comes(venue: Desk, clock: Clock) -> None:
    with pytest.raises(RuleError, match="before it begins"):
        agreeing.agree_on(venue, TEXT, ("police",), until=clock.now - 1)
    agreeing.agree_on(venue, TEXT, ("police",), until=clock.now + 60_000)
    assert not only(venue).over
    clock.tick(61)
    assert only(venue).over
    assert only(venue).is_open  # it still was never affirmed


@pytest.mark.parametrize(
    ("parties", "text", "told"),
    [
        ((), TEXT, "two parties"),
        (("venue",), TEXT, "two parties"),
        (("nato",), TEXT, "no party"),
        (("police",), " ", "what was agreed"),
    ],
)
def test_what_is_no_agreement(venue: Desk, parties: tuple[str, ...], text: str, told: str) -> None:
    with pytest.raises(RuleError, match=told):
        agreeing.agree_on(venue, text, parties)


def test_others_have_no_part_in_it(venue: Desk, baken: Desk) -> None:
    made = agreeing.agree_on(venue, TEXT, ("police",))
    with pytest.raises(RuleError, match="not with Baken"):
        agreeing.affirm_agreement(baken, made.seq)
    note = saying.note(venue, "x")
    with pytest.raises(RuleError, match="is no agreement"):
        agreeing.affirm_agreement(venue, note.seq)


def test_nobody_is_bound_by_words_that_it_has_not_seen(venue: Desk, police: Desk) -> None:
    made = agreeing.agree_on(venue, TEXT, ("police",))
    agreeing.affirm_agreement(police, made.seq)
    saying.correct(venue, made.seq, "Poort H dicht tot perron vrij", reason="verhoord")
    assert (only(venue).state, only(venue).affirmed) == ("open", ("venue",))
    assert TEXT not in only(venue).line.text


def test_it_reaches_those_who_agree_and_no_others(venue: Desk, police: Desk) -> None:
    made = agreeing.agree_on(venue, "qzvkanarie", ("police",), audience=("venue",))
    assert set(made.frame.audience) == {"venue", "police"}
    agreeing.affirm_agreement(police, made.seq, text="qzvkanarie")
    log, now = venue.log, live(venue.log)
    assert agreements(log, now, reader="baken") == []
    assert not any("qzv" in one.text for one in timeline.whole(log, now, Filter(reader="baken", system=True)))
    assert only(venue, "police").state == "agreed"
    withholding.recall(venue, (made.seq,), ("police",), "vergissing", thread=True)
    assert agreements(log, live(log), reader="police") == []


def test_its_words_can_be_erased_and_it_still_stands(venue: Desk, police: Desk) -> None:
    made = agreeing.agree_on(venue, TEXT, ("police",))
    withholding.erase(venue, (made.seq,), "op verzoek")
    agreeing.affirm_agreement(police, made.seq)
    assert only(venue).state == "agreed"
    assert "[erased]" in only(venue).line.text


def test_what_holds_goes_on_in_the_next_log(venue: Desk, police: Desk, tmp_path: Path, clock: Clock) -> None:
    holds = agreeing.agree_on(venue, TEXT, ("police",))
    agreeing.affirm_agreement(police, holds.seq, text="klopt")
    agreeing.agree_on(venue, "wacht nog", ("baken", "police"), until=clock.now + 3_600_000)
    ended = agreeing.agree_on(venue, "over", ("police",))
    agreeing.end_agreement(venue, ended.seq)
    with pytest.raises(closing.StillOpen):
        closing.close(venue)
    continuing.continue_log(venue, tmp_path / "next.clog", settings_folder())
    with Log(tmp_path / "next.clog", clock=clock) as log:
        found = {one.line.words.text: one for one in agreements(log, live(log)) if one.line.words}
        assert {text: one.state for text, one in found.items()} == {TEXT: "agreed", "wacht nog": "open"}
        assert found["wacht nog"].holds_until == clock.now + 3_600_000
        assert len(open_items(log, Moment(PROVISIONAL, clock.now)).agreements) == 1
