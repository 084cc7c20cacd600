"""The chapters of the PDF, read back: where links lead, what stands together, and what a part leaves out."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from commandlog.export.exporting import export
from commandlog.language import speaking
from commandlog.log.desk import sit_down
from commandlog.model.covenant import Place
from commandlog.verbs import agreeing, counting, incidents, saying, units, withholding
from commandlog.verbs.events import open_event
from commandlog.views import moments
from tests.events import Clock, concert
from tests.export import conftest as scene
from tests.export.reading import everything, outline, text

CHAPTERS = [
    "Summary",
    "Totals",
    "Timeline",
    "Incidents and threads",
    "Tasks",
    "Who could read what",
    "Covenant",
    "Places",
    "How to read this document",
]


def document(evening: scene.Evening, folder: Path, **how: Any) -> Path:
    return export(evening.log, folder / "evening.pdf", moments.live(evening.log), **how).path


def pages(path: Path) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(path).pages]


def page_with(path: Path, chapter: str) -> str:
    """Return the text of the page that a bookmark of a chapter leads to."""
    reader = PdfReader(path)
    found = next(one for one in reader.outline if not isinstance(one, list) and one.title == chapter)
    number = reader.get_destination_page_number(found)
    assert number is not None
    return " ".join(reader.pages[number].extract_text().split())


def links(path: Path) -> list[tuple[int, str]]:
    """Return all links: the number of their page, and the name of the place that they lead to."""
    return [
        (number, str(one.get_object()["/Dest"]))
        for number, page in enumerate(PdfReader(path).pages, start=1)
        for one in page.get("/Annots", ())
    ]


def test_the_contents_page_names_every_chapter_with_its_page(evening: scene.Evening, tmp_path: Path) -> None:
    path = document(evening, tmp_path)
    reader = PdfReader(path)
    found = pages(path)
    assert [one for one in outline(reader) if one in CHAPTERS] == CHAPTERS
    for chapter in CHAPTERS:
        number = next(at for at, page in enumerate(found, start=1) if at > 2 and chapter in page[:90])
        assert re.search(rf"{chapter}.*?\b{number}\b", found[1]), chapter
    assert "Saturday 27 June 2026" in found[1]
    assert "Val in vak 121" in found[1]


def test_every_link_leads_to_a_place_of_this_document_and_nowhere_else(evening: scene.Evening, tmp_path: Path) -> None:
    path = document(evening, tmp_path)
    places = PdfReader(path).named_destinations
    found = links(path)
    assert len(found) > 60
    assert {name for _page, name in found} <= set(places)
    raw = everything(path)
    for outside in (b"/URI", b"/Launch", b"/GoToR", b"/JavaScript", b"/EmbeddedFile"):
        assert outside not in raw


def test_what_hangs_together_names_each_other(evening: scene.Evening, tmp_path: Path) -> None:
    path = document(evening, tmp_path, sections=["timeline"])
    found = text(path)
    seen = next(one for one in pages(path) if "Man filmt camera" in one)
    assert re.search(r"grote rugzak → +V1-\d+ task P1-\d+ declined V1-\d+ task", seen)
    assert "↳ V1-" in found
    assert len(links(path)) > 15


def test_incidents_and_threads_stand_together(evening: scene.Evening, tmp_path: Path) -> None:
    found = text(document(evening, tmp_path, sections=["threads"]))
    start = found.index("Val in vak 121 · open")
    assert found.index("Kind van 8, gele jas", start) - start < 900
    assert "Vlogger, loos alarm" in found
    assert "Onbeheerde tas vak 118" not in found  # nothing hangs on it


def test_an_incident_with_one_entry_is_a_row(empty: scene.Evening, tmp_path: Path) -> None:
    for number in range(30):
        said = saying.report(empty.desk, f"Melding {number}")
        incidents.link(empty.desk, said.seq, incidents.open_incident(empty.desk, f"Incident {number}").seq)
    path = document(empty, tmp_path, sections=["threads"])
    assert len(PdfReader(path).pages) == 3
    assert "Incidents with one entry" in text(path)


def test_who_could_read_what(evening: scene.Evening, tmp_path: Path) -> None:
    police = sit_down(evening.log, evening.settings, "police")
    said = saying.note(police, "Kenteken bekend", audience=("police",))
    withholding.release(police, (said.seq,), "baken", "art. 19 Wpg")
    found = text(document(evening, tmp_path, sections=["timeline", "disclosure"]))
    assert "Only for Police" in found
    assert re.search(r"told to Baken Security at [\w :]+ \(P1-\d+\)", found)
    assert "art. 19 Wpg" in found
    assert re.search(r"De Loods \d+ of \d+ \d+ %", found)


def test_a_party_is_not_told_what_others_may_read(evening: scene.Evening, tmp_path: Path) -> None:
    found = text(document(evening, tmp_path, for_party="loods", sections=["disclosure"]))
    assert "This copy holds what De Loods may read" in found
    assert not re.search(r"\d+ of \d+ \d+ %", found)
    assert "Only for" not in found
    assert "V1-" not in found


@pytest.mark.parametrize("party", ["loods", "baken"])
def test_no_byte_names_what_a_party_may_not_read(evening: scene.Evening, tmp_path: Path, party: str) -> None:
    incident = incidents.open_incident(evening.desk, f"Incident {scene.CANARY}", audience=("venue",))
    saying.add_to(evening.desk, incident.seq, scene.CANARY)
    path = document(evening, tmp_path, for_party=party)
    found = everything(path)
    assert b"Zwartkop" not in found
    reader = PdfReader(path)
    hidden = {f"e{incident.seq}", f"g{incident.seq}"}
    assert not hidden & set(reader.named_destinations)
    assert b"Zwartkop" in everything(document(evening, tmp_path, for_party="venue"))


def test_tasks_say_how_late_they_were(evening: scene.Evening, tmp_path: Path) -> None:
    found = text(document(evening, tmp_path, sections=["tasks"]))
    assert "answered late by 1 min" in found
    assert "the work is late by 5 h 45 min" in found


def test_totals_by_party_category_place_and_hour(evening: scene.Evening, tmp_path: Path) -> None:
    found = text(document(evening, tmp_path, sections=["totals"]))
    for block in ("By party", "By category", "By place", "By priority", "By hour and party", "Tasks between parties"):
        assert block in found
    assert re.search(r"27 Jun 17:00 \d+", found)
    assert "Entries by time" in found  # the summary, which has them otherwise, was not chosen


def test_levels_stand_along_the_hours(evening: scene.Evening, tmp_path: Path) -> None:
    found = page_with(document(evening, tmp_path), "Summary")
    assert "Venue level" in found
    assert "oranje" in found


def test_the_covenant_names_mandates_with_their_articles(evening: scene.Evening, tmp_path: Path) -> None:
    found = text(document(evening, tmp_path, sections=["covenant", "places"]))
    for said in ("art. 7 Politiewet", "convenant 4.2", "Oog 2", "groen → oranje", "public order: Police"):
        assert said in found


def test_a_range_says_so_on_the_cover_and_every_page(evening: scene.Evening, tmp_path: Path) -> None:
    path = document(evening, tmp_path, since=scene.at("17:30"), until=scene.at("18:00"))
    found = pages(path)
    told = "from 27 Jun 2026 17:30:00 to 27 Jun 2026 18:00:00"
    assert f"Only what happened {told}" in found[0]
    assert all(told in page for page in found)
    assert "Briefing gehouden" not in " ".join(found)


def test_a_range_in_which_nothing_happened(evening: scene.Evening, tmp_path: Path) -> None:
    found = text(document(evening, tmp_path, since=scene.at("03:00"), until=scene.at("04:00")))
    assert "Nothing happened in this range." in found
    assert "Briefing" not in found


def test_only_the_sections_that_were_chosen(evening: scene.Evening, tmp_path: Path) -> None:
    found = outline(PdfReader(document(evening, tmp_path, sections=["tasks", "definitions"])))
    assert [one for one in found if one in CHAPTERS] == ["Tasks", "How to read this document"]


def test_a_chosen_section_with_nothing_in_it_says_so(empty: scene.Evening, tmp_path: Path) -> None:
    found = text(document(empty, tmp_path, sections=["totals", "tasks", "threads", "attachments"]))
    for said in ("nothing to count", "No task was asked", "Nothing was put together", "No files were attached"):
        assert said in found


def test_dutch_and_english_differ_in_words_and_in_nothing_else(evening: scene.Evening, tmp_path: Path) -> None:
    with speaking("nl"):
        dutch = document(evening, tmp_path).rename(tmp_path / "nl.pdf")
    assert links(dutch)
    assert {name for _page, name in links(dutch)} == {name for _page, name in links(document(evening, tmp_path))}


def test_names_of_places_are_cut_and_never_meet(tmp_path: Path) -> None:
    long = "Verzamelplaatscoördinatiecentrumtoegangspoortgebouw " * 6
    places = (Place("gate-f", long), Place("block-112", "e\u0301" * 300))
    desk = open_event(tmp_path / "long.clog", concert(name=long, places=places), tmp_path / "s", clock=Clock())
    with desk.log:
        saying.report(desk, "Tekst", place="gate-f")
        saying.report(desk, "Tekst", place="block-112")
        path = export(desk.log, tmp_path / "long.pdf", moments.live(desk.log)).path
    assert "Verzamelplaatscoördinatie" in text(path).replace("‐ ", "")


def test_pages_go_to_the_file_as_they_come(empty: scene.Evening, tmp_path: Path) -> None:
    for number in range(300):
        saying.note(empty.desk, f"Regel {number}")
    sizes: list[int] = []
    out = tmp_path / "grows.pdf"

    def watch(_done: int, _total: int) -> None:
        sizes.extend(part.stat().st_size for part in tmp_path.glob(".*.part"))

    export(empty.log, out, moments.live(empty.log), progress=watch)
    assert sizes
    assert sizes[0] > 2_000
    assert len(PdfReader(out, strict=True).pages) > 9


@pytest.mark.parametrize(("first", "last"), [(1, 1), (150, 2020), (2020, 9999), (2026, 2027)])
def test_any_year_fits(empty: scene.Evening, tmp_path: Path, first: int, last: int) -> None:
    for year in (first, last):
        saying.note(empty.desk, f"In {year}", occurred_at=int(datetime(year, 6, 1, tzinfo=UTC).timestamp() * 1000))
    found = text(document(empty, tmp_path))
    assert f"In {first}" in found
    assert f"In {last}" in found


def test_agreements_counts_and_units(evening: scene.Evening, tmp_path: Path) -> None:
    agreeing.agree_on(evening.desk, "Poort G dicht tot perron vrij", ("venue", "police"))
    agreeing.agree_on(evening.desk, scene.CANARY, ("venue", "police"), audience=("venue", "police"))
    counting.count(evening.desk, 1280, place="gate-f")
    units.set_status(evening.desk, "Oog 2", "busy")
    found = page_with(document(evening, tmp_path), "Summary") + text(document(evening, tmp_path))
    assert "Poort G dicht tot perron vrij" in found
    assert "not yet affirmed: Police" in found
    assert "Agreements to affirm (2)" in found
    assert re.search(r"Poort F 1,280", found)
    assert re.search(r"Oog 2 Baken Security", found)
    assert b"Zwartkop" not in everything(document(evening, tmp_path, for_party="loods"))


def test_narrow_columns_stay_above_the_foot(empty: scene.Evening, tmp_path: Path) -> None:
    for number in range(40):
        saying.note(empty.desk, f"Regel {number}", person="naam " * 60, where="plek " * 60)
    low: list[float] = []

    def seen(said: str, _cm: object, matrix: list[float], *_font: object) -> None:
        if "naam" in said or "plek" in said:
            low.append(matrix[5])

    for page in PdfReader(document(empty, tmp_path)).pages:
        page.extract_text(visitor_text=seen)
    assert min(low) > 50
