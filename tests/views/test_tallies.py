"""Totals that are kept up equal totals that are counted anew, whatever happens in between."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.desk import Desk
from commandlog.log.rebuild import rebase, stored, take
from commandlog.log.store import Log
from commandlog.verbs import saying, withholding
from commandlog.views import tallies
from commandlog.views.counts import number
from commandlog.views.filters import Filter
from commandlog.views.moments import Moment, live
from commandlog.views.tallies import Tally
from tests.log.histories import HISTORY, Step, begin, play

WANTED = (
    Filter(),
    Filter(system=True),
    Filter(party="police"),
    Filter(place="gate-f", category="suspicious"),
    Filter(kind="note"),
    Filter(priority="urgent"),
    Filter(state="received"),
    Filter(state="proposed"),
    Filter(search="man"),
    Filter(reader="police"),
    Filter(reader="aid", kind="note"),
    Filter(reader="aid", system=True),
)


@given(st.lists(HISTORY, min_size=2, max_size=4))
def test_kept_up_equals_counted_anew(parts: list[list[Step]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desks = begin(Path(folder))
        log = desks["venue"].log
        kept = [Tally(wanted) for wanted in WANTED]
        with log:
            for part in parts:
                play(desks, part)
                moment = live(log)
                counted = [number(log, moment, wanted) for wanted in WANTED]
                assert [tally.at(log, moment) for tally in kept] == counted


def test_what_is_told_and_recalled_moves_a_party_s_total(venue: Desk) -> None:
    tally = Tally(Filter(reader="police"))
    assert tally.at(venue.log, live(venue.log)) == 0
    made = saying.note(venue, "voor ons", audience=("venue",))
    assert tally.at(venue.log, live(venue.log)) == 0
    for tell in (True, False, True):
        if tell:
            withholding.release(venue, (made.seq,), "police", "om te weten")
        else:
            withholding.recall(venue, (made.seq,), ("police",), "te vroeg")
        moment = live(venue.log)
        assert tally.at(venue.log, moment) == number(venue.log, moment, Filter(reader="police")) > 0


def test_only_what_changed_is_counted(venue: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    tally = Tally(Filter())
    saying.note(venue, "een")
    assert tally.at(venue.log, live(venue.log)) == 1
    monkeypatch.setattr(tallies, "number", lambda *_given: pytest.fail("all was counted again"))
    saying.note(venue, "twee")
    assert tally.at(venue.log, live(venue.log)) == 2


def test_an_earlier_moment_is_counted_anew(venue: Desk) -> None:
    tally = Tally(Filter())
    first = saying.note(venue, "een")
    saying.note(venue, "twee")
    assert tally.at(venue.log, live(venue.log)) == 2
    assert tally.at(venue.log, Moment(first.seq, first.kept_at)) == 1


def test_what_is_put_behind_others_is_counted_where_it_stands(venue: Desk, tmp_path: Path) -> None:
    """A rebase: what was provisional stands elsewhere afterwards, and something else may stand where it was."""
    for text in ("een", "twee", "drie"):
        saying.note(venue, text)
    records = list(stored(venue.log.db))
    with Log(tmp_path / "other.clog", create=True) as other:
        rebase(other, records[:-2])
        with other.writing():
            take(other.db, records[-1].provisional(0))
        tally, moment = Tally(Filter()), Moment(PROVISIONAL, venue.log.clock())
        assert tally.at(other, moment) == 2
        rebase(other, records[-2:-1])
        assert tally.at(other, moment) == number(other, moment, Filter()) == 3
