"""What people type finds what they mean, and nothing that they type can break the search."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.log.derived import fulltext
from commandlog.log.desk import Desk
from commandlog.model.errors import RuleError
from commandlog.verbs import saying
from commandlog.views import timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import live
from commandlog.views.search import expression

TEXTS = (
    "Man filmt camera's bij poort F",
    "Één onbeheerde tas, café De Dijk",
    "tas gevonden bij trap west",
    "Жовтень: людина з рюкзаком",
    "grote rugzak, zwart",
)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("tas", [1, 2]),
        ("TAS", [1, 2]),
        ("een cafe", [1]),
        ("ca", [0, 1]),
        ('"trap west"', [2]),
        ('"west trap"', []),
        ("rug -zwart", []),
        ("tas -café", [2]),
        ("жовт", [3]),
        ("rugz*", [4]),
        ("camera's", [0]),
        ('"open', []),
    ],
)
def test_words_beginnings_phrases_and_accents(venue: Desk, wanted: str, found: list[int]) -> None:
    for text in TEXTS:
        saying.note(venue, text)
    page = timeline.page(venue.log, live(venue.log), Filter(search=wanted))
    assert [line.text for line in page.lines] == [TEXTS[number] for number in found]
    assert [line.text for line in timeline.whole(venue.log, live(venue.log), Filter(search=wanted))] == [
        TEXTS[number] for number in found
    ]


@pytest.mark.parametrize("nothing", ["", "  ", '""', "-tas", "***", "!?", '"'])
def test_a_search_for_nothing_says_so(nothing: str) -> None:
    with pytest.raises(RuleError, match="nothing to search"):
        expression(nothing)


@given(st.text(st.characters(exclude_categories=[]), max_size=60) | st.text('"*()-^:+ANDORT{}', max_size=20))
def test_no_search_can_break_the_index(text: str) -> None:
    db = sqlite3.connect(":memory:")
    db.execute(fulltext.SCHEMA[0])
    try:
        match = expression(text)
    except RuleError:
        return
    db.execute("SELECT rowid FROM fulltext WHERE fulltext MATCH ?", (match,)).fetchall()
    db.close()


def test_newest_first_page_by_page(venue: Desk) -> None:
    for n in range(25):
        saying.note(venue, f"tas {n}")
    moment, seen, before = live(venue.log), [], None
    while True:
        page = timeline.page(venue.log, moment, Filter(search="tas"), limit=10, before=before)
        seen.append([line.text for line in page.lines])
        if page.before is None:
            break
        before = page.before
    assert [len(texts) for texts in seen] == [10, 10, 5]
    assert seen[0][-1] == "tas 24"
    assert seen[2][0] == "tas 0"
