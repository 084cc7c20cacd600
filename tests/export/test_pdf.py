from pathlib import Path

import pytest
from pypdf import PdfReader

from commandlog.export.exporting import export
from commandlog.language import speaking
from commandlog.verbs import saying
from commandlog.views import moments
from tests.export import conftest as scene
from tests.export.reading import fonts, outline, text


@pytest.fixture
def document(evening: scene.Evening, tmp_path: Path) -> Path:
    return export(evening.log, tmp_path / "evening.pdf", moments.live(evening.log)).path


def test_every_font_is_embedded(document: Path) -> None:
    found = fonts(PdfReader(document))
    assert {"IBMPlexSans-Regular", "IBMPlexSans-SemiBold", "Inter-Regular"} <= {name[8:] for name in found}
    assert all(found.values())


def test_bookmarks_lead_to_chapters_days_hours_and_tasks(document: Path) -> None:
    titles = outline(PdfReader(document))
    assert [one for one in titles if one in ("Cover", "Summary", "Timeline", "Tasks")] == [
        "Cover",
        "Summary",
        "Timeline",
        "Tasks",
    ]
    assert {"Saturday 27 June 2026", "17:00", "Sunday 28 June 2026"} <= set(titles)
    assert any("Aanspreken als gastheer" in one for one in titles)


def test_pages_are_numbered_x_of_y(document: Path) -> None:
    pages = PdfReader(document).pages
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in " ".join(page.extract_text().split())


def test_what_was_said_can_be_read(document: Path) -> None:
    found = text(document)
    for said in (
        "Жовтень",
        "ĳ",
        "→",
        "✓",
        "↳",
        "⚠",
        "<b>vet</b>",
        "weight <b &",
        "<male>",
        "‹RLO›",
        "‹NUL›",
        "½",
        "Škoda",
    ):
        assert said in found
    assert "\u202e" not in found
    assert "aansprakelijkheidswaardevaststellingsveranderingen" in found


def test_a_correction_shows_both_texts_and_why(document: Path) -> None:
    found = text(document)
    assert "Iemand gevallen in vak 112 Iemand gevallen in vak 121" in found
    assert "verkeerd verstaan" in found
    assert "place: Poort F → Block 121" in found


def test_tasks_show_their_times_and_what_was_late(document: Path) -> None:
    found = text(document)
    assert "answered late" in found
    assert "17:47:00 late" in found
    assert "outside the mandate, overridden: art. 7 Politiewet" in found


def test_the_file_says_what_it_is(document: Path) -> None:
    reader = PdfReader(document)
    meta = reader.metadata
    assert meta is not None
    assert meta.title == "Northern Light Live at De Dijk Stadium: incident log"
    assert meta.author == "Stadion De Dijk"
    assert str(meta.producer).startswith("CommandLog ")
    assert str(reader.root_object["/Lang"]) == "en"
    assert "EXERCISE" in reader.pages[0].extract_text()


def test_an_earlier_moment_says_so_and_dates_are_dutch(evening: scene.Evening, tmp_path: Path) -> None:
    with speaking("nl"):
        export(evening.log, tmp_path / "toen.pdf", moments.earlier(evening.log, "20"))
    reader = PdfReader(tmp_path / "toen.pdf")
    assert "zaterdag 27 juni 2026" in text(tmp_path / "toen.pdf")
    assert "20" in reader.pages[0].extract_text()
    assert str(reader.root_object["/Lang"]) == "nl"


@pytest.mark.parametrize("entries", [0, 1])
def test_a_log_with_next_to_nothing_in_it_is_a_document_too(empty: scene.Evening, tmp_path: Path, entries: int) -> None:
    for _ in range(entries):
        saying.note(empty.desk, "Het enige")
    export(empty.log, tmp_path / "little.pdf", moments.live(empty.log))
    found = text(tmp_path / "little.pdf")
    assert ("Het enige" in found) == bool(entries)
    assert ("Nothing has been logged yet." in found) != bool(entries)


@pytest.mark.parametrize(
    "said", ["x" * 1_000_000, "e\u0301\u0302" * 100_000, "woord " * 3_000, "\n" * 5_000, "\u202e" * 30_000, "", " "]
)
def test_no_text_is_too_long(empty: scene.Evening, tmp_path: Path, said: str) -> None:
    saying.note(empty.desk, said or "niets", person=said)
    saying.note(empty.desk, "Daarna")
    export(empty.log, tmp_path / "long.pdf", moments.live(empty.log))
    found = text(tmp_path / "long.pdf")
    assert "Daarna" in found
    assert ("Shortened:" in found) == (len(said) > 20_000)


def test_every_day_has_a_bookmark(empty: scene.Evening, tmp_path: Path) -> None:
    for number in range(120):
        empty.clock.now += 1_800_000
        saying.note(empty.desk, f"Regel {number}")
    export(empty.log, tmp_path / "days.pdf", moments.live(empty.log))
    titles = outline(PdfReader(tmp_path / "days.pdf"))
    assert sum("2026" in one for one in titles) == 4
