"""What does not follow from the records is found a piece at a time, while others write."""

import random
from contextlib import suppress
from typing import Any

import pytest

from commandlog.log import comparing, rebuild
from commandlog.log.desk import Desk
from commandlog.log.rebuild import first_difference
from commandlog.log.verify import verify
from commandlog.model.errors import CommandLogError
from commandlog.verbs import assessing, saying


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let slices be so small that a short log has many."""
    monkeypatch.setattr(comparing, "SLICE", 3)
    monkeypatch.setattr(rebuild, "SLICE", 3)
    monkeypatch.setattr(comparing, "WORDS", 5)
    monkeypatch.setattr("commandlog.log.reading.PAGE", 2)


def _evening(desk: Desk) -> None:
    for number in range(8):
        made = saying.report(desk, f"man filmt de hekken {number}", place="gate-f", category="crowd")
        saying.correct(desk, made.seq, f"vrouw filmt {number}", reason="verhoord")
        assessing.assess(desk, made.seq, "observe", text="in de gaten houden")


@pytest.mark.usefixtures("narrow")
def test_what_others_write_meanwhile_is_no_difference_and_is_not_kept_from_being_moved(
    venue: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _evening(venue)
    reports = [row[0] for row in venue.log.db.execute("SELECT entry FROM reports WHERE state = 'assessed'")]
    held_back: list[int] = []
    rows = comparing._rows

    def others(_done: int = 0) -> None:
        with suppress(CommandLogError):  # closes rows that were compared, and rows that were not yet
            assessing.feed_back(venue, random.Random(len(held_back)).choice(reports), "dank, we kijken")
        saying.note(venue, "ondertussen")
        held_back.append(venue.log.move_write_ahead().held_back)

    def meanwhile(*given: Any) -> int:
        others()
        return rows(*given)

    monkeypatch.setattr(comparing, "_rows", meanwhile)
    assert first_difference(venue.log.path, others) is None
    assert len(held_back) > 20
    assert max(held_back) == 0
    monkeypatch.undo()
    assert verify(venue.log.path, deep=True).holds


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize(
    ("change", "table"),
    [
        ("UPDATE entries SET place = 'block-112' WHERE since = ?", "entries"),
        ("DELETE FROM entries WHERE since = ?", "entries"),
        ("UPDATE entries SET until = until + 1 WHERE since = ?", "entries"),
        ("UPDATE reports SET state = 'closed' WHERE since = ?", "reports"),
        ("INSERT INTO fulltext (rowid, text, facets) VALUES (?, 'ingevoegd', '')", "fulltext"),
    ],
)
@pytest.mark.parametrize("place", [0, 3, 7])
def test_a_difference_is_found_wherever_it_is(change: str, table: str, place: int, venue: Desk) -> None:
    _evening(venue)
    query = "SELECT since FROM entries WHERE kind = 'report' AND version = 0 ORDER BY since"
    seq = venue.log.db.execute(query).fetchall()[place][0]
    venue.log.db.execute(change, (seq,))
    assert first_difference(venue.log.path) == (seq, table)


@pytest.mark.usefixtures("narrow")
def test_many_words_are_compared_in_ranges(venue: Desk) -> None:
    _evening(venue)
    assert first_difference(venue.log.path) is None
    last = venue.log.head.seq
    words = saying.note(venue, "aap noot mies").seq
    venue.log.db.execute(
        "INSERT INTO fulltext (fulltext, rowid, text, facets) VALUES ('delete', ?, 'noot', '')", (words,)
    )
    assert first_difference(venue.log.path) == (words, "fulltext")
    assert words == last + 1
