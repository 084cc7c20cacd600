"""A short run of the tampering: everything that alters what is read is found, and the weaker checks do miss some."""

from pathlib import Path

from tests.faults.tampering import SHOWN_BY_LINE, run, table


def test_whatever_alters_what_is_read_is_found(tmp_path: Path) -> None:
    tally = run(tmp_path / "evening", seed=20261122, count=150)
    assert not tally.missed, "\n".join(table(tally))
    # what no lone file can show was shown by the check line, and by nothing else
    assert set(tally.by_line) == set(SHOWN_BY_LINE)
    assert not any(tally.found[name] for name in SHOWN_BY_LINE)
    # the changes are real: they get past checks that look at less
    assert tally.by_sqlite.total() < tally.made.total() / 4
    fitted = [name for name in tally.made if name.endswith("made to fit")]
    assert fitted
    assert not any(tally.by_hashes[name] for name in fitted)
