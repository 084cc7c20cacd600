"""The bench works on a small log, and its page and curves are drawn from what it found. Nothing here is timed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.bench import page, plot, reading, whole, writing
from tests.bench.measuring import Results, apart, at
from tests.bench.writing import Subject

SIZES = (150, 300)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("bench")
    say = Results()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "TOGETHER", 2)
        for name in ("OPENINGS", "MOMENTS", "REPEATS"):
            patch.setattr(reading, name, 1)
        subject = Subject(folder)
        for size in SIZES:
            writing.grow(subject, size, say)
            writing.one_entry(subject, size, say, runs=10)
            for measure in (reading.search, reading.pages, reading.totals, reading.replay):
                measure(subject, size, say)
        reading.opening(subject, SIZES[-1], say)
        whole.rebuilding(subject, SIZES[-1], say)
        subject.close()
    yield [one._asdict() for one in say]


def test_every_figure_stands_beside_its_limit(results: list[dict[str, Any]]) -> None:
    works = {one["work"] for one in results}
    assert {"one entry, durable", "totals of 8 saved views, live", "rebuild of all derived rows"} <= works
    assert all(one["figure"] and one["limit"] for one in results)
    assert {one["size"] for one in results} == set(SIZES)


def test_tables_and_curves_are_written_where_they_belong(
    results: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = page.PAGE.read_text("utf-8")
    (tmp_path / "plots").mkdir()
    (tmp_path / "performance.md").write_text(text, "utf-8")
    monkeypatch.setattr(page, "DOCS", tmp_path)
    monkeypatch.setattr(page, "PAGE", tmp_path / "performance.md")
    page.write("a machine", results)
    written = page.PAGE.read_text("utf-8")
    assert "with a machine." in written
    assert written.count("| one entry, durable |") == len(SIZES)
    assert "## Where it falls short" in written
    for name in ("entry", "reading"):
        drawn = ET.fromstring((tmp_path / "plots" / f"{name}.svg").read_text("utf-8"))  # noqa: S314 - our own
        words = "".join(drawn.itertext())
        assert "records in the log" in words
        assert "300" in words
    page.write("another machine", [])
    assert written.count("| one entry, durable |") == page.PAGE.read_text("utf-8").count("| one entry, durable |")


def test_a_chart_without_figures_is_not_drawn() -> None:
    assert not any(curve for chart in plot.charts([]) for curve in chart.curves.values())


def test_percentiles_and_work_in_another_process() -> None:
    times = [float(number) for number in range(100)]
    assert (at(times, 50), at(times, 99), at(times, 100)) == (50, 99, 99)
    found = apart(sum, [1, 2])
    assert found.answer == 3
    assert found.peak >= found.before > 0
