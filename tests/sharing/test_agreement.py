"""Whether files agree is found out: each way in which they may not is told, or runs over them would show nothing."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.desk import Desk
from commandlog.verbs import saying
from tests.sharing.agreement import agree

Pair = tuple[Path, Path, list[bytes]]


@pytest.fixture
def pair(venue: Desk, tmp_path: Path) -> Pair:
    """Two files that are the same, and the ids of what was written in them."""
    written = [saying.note(venue, f"man met rugzak {number}").id for number in range(5)]
    one, other = venue.log.path, tmp_path / "other.clog"
    venue.log.close()
    shutil.copy(one, other)
    return one, other, written


def test_files_that_are_the_same_agree(pair: Pair) -> None:
    one, other, written = pair
    assert agree([[one, other]], written) == 8
    assert agree([[one], [other]], written) == 8


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DELETE FROM records WHERE seq = 5", "a gap before 6"),
        ("DELETE FROM records WHERE seq = 8", "7 records"),
        ("UPDATE records SET hash = zeroblob(32) WHERE seq = 5", "breaks at 5"),
        ("UPDATE records SET words = NULL WHERE seq = 5", "byte for byte"),
        ("UPDATE entries SET place = 'elders' WHERE since = 5", "what is derived"),
        ("INSERT INTO fulltext (rowid, text, facets) VALUES (5, 'fiets', '')", "what is derived"),
        (
            f"INSERT INTO fulltext (rowid, text, facets) VALUES ({PROVISIONAL}, 'rugzak', '')",
            "what is derived",
        ),
        (f"INSERT INTO records (seq, header) SELECT {PROVISIONAL}, randomblob(150)", "1 still wait"),
        (f"INSERT INTO records (seq, header) SELECT {PROVISIONAL}, header FROM records WHERE seq = 5", "there twice"),
    ],
)
def test_what_differs_is_told(pair: Pair, change: str, told: str) -> None:
    one, other, written = pair
    with closing(sqlite3.connect(other)) as db, db:
        db.execute(change)
    with pytest.raises(AssertionError, match=told):
        agree([[one, other]], written, deep=False)


def test_what_all_have_wrong_alike_is_told(pair: Pair) -> None:
    one, other, written = pair
    for path in (one, other):
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE entries SET place = 'elders' WHERE since = 5")
    with pytest.raises(AssertionError, match="entries"):
        agree([[one, other]], written)


def test_what_was_lost_everywhere_is_told(pair: Pair) -> None:
    one, other, written = pair
    with pytest.raises(AssertionError, match="1 records were lost"):
        agree([[one, other]], [*written, bytes(16)])
