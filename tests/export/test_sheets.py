"""Paper: sheets whose numbers are never given twice, what is open, and the snapshot."""

import re
from pathlib import Path
from threading import Thread

import pytest
from pypdf import PdfReader

from commandlog.export import open_items_pdf, sheets
from commandlog.export.contents import Contents
from commandlog.export.documents import form_of, put
from commandlog.language import speaking
from commandlog.log.derived.table import id_at
from commandlog.log.desk import sit_down
from commandlog.log.store import Log
from commandlog.model import covenant as c
from commandlog.model.errors import RuleError, Unavailable
from commandlog.model.frames import Source
from commandlog.model.keeping import Destroyed
from commandlog.verbs import agreeing, misdirecting, saying
from commandlog.verbs.events import open_event
from commandlog.views import disclosure, moments
from tests.export import conftest as scene
from tests.export.reading import everything, fonts, outline, text


def contents(evening: scene.Evening, for_party: str = "", since: int = 0) -> Contents:
    return Contents(evening.log, moments.live(evening.log), for_party, since=since)


def opened(evening: scene.Evening, out: Path, for_party: str = "") -> str:
    with out.open("wb") as file:
        open_items_pdf.write_open_items(contents(evening, for_party), file)
    return text(out)


def test_sheets_are_numbered_and_never_twice(evening: scene.Evening, tmp_path: Path) -> None:
    out = tmp_path / "sheets.pdf"
    assert sheets.print_sheets(evening.desk, contents(evening), out, 3) == ("V1-01", "V1-03")
    assert outline(PdfReader(out)) == ["V1-01", "V1-02", "V1-03"]
    assert sheets.print_sheets(evening.desk, contents(evening), out, 2) == ("V1-04", "V1-05")
    assert outline(PdfReader(out)) == ["V1-04", "V1-05"]
    police = sit_down(evening.log, evening.settings, "police")
    assert sheets.print_sheets(police, contents(evening), tmp_path / "p.pdf", 1) == ("P1-01", "P1-01")
    first = disclosure.copies(evening.log, moments.live(evening.log))[0]
    record = evening.log.db.execute("SELECT since FROM copies ORDER BY since").fetchone()[0]
    assert first.name == "sheets.pdf"
    with evening.desk.writing():  # a print that is said to be destroyed was printed all the same
        evening.desk.append(Destroyed, copy=id_at(evening.log.db, record))
    assert sheets.last_number(evening.desk) == 5


def test_a_sheet_says_whose_it_is_and_whom_to_call(tmp_path: Path) -> None:
    party = c.Party("venue", "Stadion De Dijk", "private", "V", (), (c.Contact("Dienstdoende", "020-5550100", "3"),))
    desk = open_event(
        tmp_path / "a.clog",
        c.Covenant(code="a", name="Wedstrijd", driver="venue", parties=(party,)),
        tmp_path / "settings",
    )
    with speaking("nl"):
        inside = Contents(desk.log, moments.live(desk.log))
        sheets.print_sheets(desk, inside, tmp_path / "a.pdf", 2)
    said = text(tmp_path / "a.pdf")
    assert said.count("020-5550100") == 2
    assert "V1-01/3" in said
    for number in range(1, 15):
        assert re.search(rf"\b{number}\b", said)
    assert all(fonts(PdfReader(tmp_path / "a.pdf")).values())
    desk.log.close()


def test_many_contacts_go_on_a_page_of_their_own(tmp_path: Path) -> None:
    many = tuple(c.Contact(f"Naam {n}", f"06-{n:08}") for n in range(40))
    party = c.Party("venue", "Stadion", "private", "V", (), many)
    desk = open_event(
        tmp_path / "a.clog", c.Covenant(code="a", name="x", driver="venue", parties=(party,)), tmp_path / "settings"
    )
    sheets.print_sheets(desk, Contents(desk.log, moments.live(desk.log)), tmp_path / "a.pdf", 1)
    pages = PdfReader(tmp_path / "a.pdf").pages
    assert len(pages) == 2
    assert "06-00000039" in pages[1].extract_text()
    assert "06-00000039" not in pages[0].extract_text()
    desk.log.close()


@pytest.mark.parametrize("number", [0, -1, 201, 10**9])
def test_numbers_of_sheets_that_make_no_sense(evening: scene.Evening, tmp_path: Path, number: int) -> None:
    with pytest.raises(RuleError, match="1 to 200"):
        sheets.print_sheets(evening.desk, contents(evening), tmp_path / "a.pdf", number)
    assert sheets.last_number(evening.desk) == 0


def test_two_prints_at_once_never_get_the_same_number(evening: scene.Evening, tmp_path: Path) -> None:
    given: list[int] = []
    refused: list[str] = []

    def print_some(name: str) -> None:
        with Log(evening.log.path) as log:
            desk = sit_down(log, evening.settings, "venue")
            for turn in range(4):
                out = tmp_path / f"{name}{turn}.pdf"
                try:
                    first, last = sheets.print_sheets(desk, Contents(log, moments.live(log)), out, 5)
                except RuleError as error:
                    refused.append(str(error))
                    assert not out.exists()
                else:
                    given.extend(range(int(first[3:]), int(last[3:]) + 1))

    threads = [Thread(target=print_some, args=(name,)) for name in "ab"]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(given) == list(range(1, len(given) + 1))
    assert len(given) // 5 + len(refused) == 8
    assert all("printed at this desk just now" in one for one in refused)


def test_sheets_hold_nothing_that_was_logged(evening: scene.Evening, tmp_path: Path) -> None:
    sheets.print_sheets(evening.desk, contents(evening), tmp_path / "a.pdf", 2)
    assert scene.CANARY.encode() not in everything(tmp_path / "a.pdf")
    note = saying.note(evening.desk, "later te wissen")
    (found,) = disclosure.disclosures(evening.log, moments.live(evening.log), entry=note.seq)
    assert found.copies == ()
    entry = evening.log.db.execute("SELECT min(since) FROM entries WHERE kind = 'note'").fetchone()[0]
    (found,) = disclosure.disclosures(evening.log, moments.live(evening.log), entry=entry)
    assert found.copies == ()


def test_what_is_open_stands_on_paper_with_its_deadlines(evening: scene.Evening, tmp_path: Path) -> None:
    said = opened(evening, tmp_path / "open.pdf")
    for one in ("Open items", "As of", "EXERCISE", "To assess", "Onbeheerde tas vak 118", "Tasks", "finish by", "late"):
        assert one in said
    assert "Alle tassen fouilleren bij poort F" in said
    assert "De Loods" in said
    assert scene.CANARY in said
    assert scene.CANARY not in opened(evening, tmp_path / "baken.pdf", "baken")
    assert scene.CANARY.encode() not in everything(tmp_path / "baken.pdf")


def test_agreements_and_what_went_astray_stand_on_it_too(evening: scene.Evening, tmp_path: Path) -> None:
    agreeing.agree_on(evening.desk, "Poort G dicht tot perron vrij", ("police", "baken"))
    denied = agreeing.agree_on(evening.desk, "Muziek zachter om elf uur", ("baken",))
    agreeing.deny_agreement(evening.desk, denied.seq, "niet gezegd", source=Source(party="baken"))
    astray = saying.note(evening.desk, "Rooster van morgen")
    misdirecting.misdirected(evening.desk, astray.seq, "loods", "baken", "Verwijder het, mail niet verder sturen")
    said = opened(evening, tmp_path / "open.pdf")
    for one in ("Agreements to affirm", "Poort G dicht tot perron vrij", "waits for", "Baken Security", "denied by"):
        assert one in said
    assert "Verwijder het" in said
    assert "→ De Loods" in said


def test_a_line_of_a_sheet_can_be_typed_in(evening: scene.Evening, tmp_path: Path) -> None:
    _first, last = sheets.print_sheets(evening.desk, contents(evening), tmp_path / "a.pdf", 2)
    typed = saying.note(evening.desk, "Van papier", occurred_at=scene.at("22:00"), paper=f"{last}/3")
    assert typed.frame.paper == "V1-02/3"


def test_nothing_open_says_so(empty: scene.Evening, tmp_path: Path) -> None:
    assert "Nothing is open." in opened(empty, tmp_path / "open.pdf")


def test_texts_of_any_length_and_kind_can_be_printed(empty: scene.Evening, tmp_path: Path) -> None:
    for said in ("x" * 100_000, "e\u0301" * 20_000, "\n" * 3_000, scene.HOSTILE):
        saying.report(empty.desk, said)
    said = opened(empty, tmp_path / "open.pdf")
    assert "weight <b & <male>" in said
    assert "\u202e" not in said
    assert len(PdfReader(tmp_path / "open.pdf").pages) < 10


def test_the_snapshot_has_the_last_hours_and_nothing_before(evening: scene.Evening, tmp_path: Path) -> None:
    out = tmp_path / "snapshot.pdf"
    with out.open("wb") as file:
        open_items_pdf.write_snapshot(contents(evening, since=scene.at("21:00")), file)
    said = text(out)
    assert "Snapshot" in said
    assert "Iemand gevallen in vak 121" in said
    assert "Man filmt camera's" not in said
    assert "EXERCISE" in said


@pytest.mark.parametrize(
    ("name", "words"), [("a.txt", "no form"), ("none/a.pdf", "no folder"), ("dir.pdf", "is a folder"), ("a", "no form")]
)
def test_places_that_cannot_be(evening: scene.Evening, tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "dir.pdf").mkdir()
    with pytest.raises(RuleError, match=words):
        form_of(evening.log, tmp_path / name, (".pdf",))


def test_a_full_disk_leaves_nothing(evening: scene.Evening, tmp_path: Path) -> None:
    def full(_to: object) -> None:
        raise OSError(28, "No space left on device")

    before = evening.log.head.seq
    with pytest.raises(Unavailable, match="No space left"):
        put(tmp_path / "a.pdf", full, evening.desk, form="snapshot", upto=id_at(evening.log.db, 1))
    assert evening.log.head.seq == before
    assert not [one for one in tmp_path.iterdir() if one.suffix in (".pdf", ".part")]
