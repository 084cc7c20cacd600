"""Every form is read back: all of it is there, struck texts too, and nothing of it is more than text."""

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile
import zlib
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from commandlog.export import csv_form
from commandlog.export.contents import Contents
from commandlog.export.exporting import export
from commandlog.language import speaking
from commandlog.log.desk import Desk
from commandlog.log.keys import settings_folder
from commandlog.model.errors import RuleError
from commandlog.model.frames import Source
from commandlog.verbs import saying, tasks
from commandlog.verbs.events import open_event
from commandlog.views.moments import live
from tests.events import Clock, concert

FORMS = ("pdf", "xlsx", "csv", "jsonl")
CANARY = "kanarie8417"
HOSTILE = (
    '<b>vet</b> <img src="/etc/passwd"> weight <b & <male> =HYPERLINK("http://x.example","klik") \u202eomgekeerd\u202c '
    "\x00nul \x07bel e\u0301 Жовтень ĳ → ✓ ↳ ⚠ 😀 aansprakelijkheidswaardevaststellingsveranderingen"
)


@pytest.fixture
def evening(venue: Desk, police: Desk, clock: Clock) -> Desk:
    """An evening with a correction, a task, hostile text, and entries that only some may read."""
    oog = Source("baken", "Oog 2", "profiler", "3")
    first = saying.report(venue, "vrouw onwel vak 112", source=oog, place="block-112", category="medical")
    clock.tick(240)
    saying.correct(venue, first.seq, "vrouw onwel vak 121", reason="verkeerd verstaan")
    clock.tick()
    asked = tasks.propose(venue, "loop mee bij poort F", to_party="police", place="gate-f", priority="urgent")
    clock.tick()
    tasks.accept(police, asked.seq, text="Eenheid 11 gaat")
    clock.tick()
    tasks.done(police, asked.seq)
    saying.note(venue, HOSTILE)
    saying.note(venue, "=1+1")
    secret = saying.note(venue, f"{CANARY} VIP aan poort F", audience=("venue", "aid"), person=f"{CANARY} Jansen")
    saying.correct(venue, secret.seq, f"{CANARY} VIP aan poort G", reason=CANARY)
    tasks.propose(
        venue, f"{CANARY} begeleid VIP", to_party="aid", audience=("venue", "aid"), finish_by=clock.now + 60_000
    )
    return venue


def made(desk: Desk, folder: Path, form: str, for_party: str = "") -> Path:
    return export(desk.log, folder / f"uit.{form}", live(desk.log), for_party=for_party).path


def raw_text(path: Path) -> str:
    """Return every byte of a file as text, with what is compressed inside it taken out."""
    data = path.read_bytes()
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as packed:
            data += b"".join(packed.read(name) for name in packed.namelist())
    if path.suffix == ".pdf":
        for stream in re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL):
            try:
                data += zlib.decompress(stream)
            except zlib.error:
                continue
        reader = PdfReader(path)
        data += "\n".join(page.extract_text() for page in reader.pages).encode("utf-8", "replace")
        data += repr(reader.metadata).encode() + repr(reader.outline).encode()
    return data.decode("utf-8", "replace")


@pytest.mark.parametrize("form", FORMS)
def test_what_a_party_may_not_read_is_in_no_byte(evening: Desk, tmp_path: Path, form: str) -> None:
    assert CANARY in raw_text(made(evening, tmp_path, form))  # a control: it would be found
    assert CANARY in raw_text(made(evening, tmp_path, form, "aid"))
    assert CANARY not in raw_text(made(evening, tmp_path, form, "police"))


def test_pdf(evening: Desk, tmp_path: Path) -> None:
    reader = PdfReader(made(evening, tmp_path, "pdf"))
    pages = [page.extract_text() for page in reader.pages]
    text = "\n".join(pages)
    for wanted in (
        "vrouw onwel vak 112",
        "vrouw onwel vak 121",
        "verkeerd verstaan",
        "Жовтень",
        "→",
        "✓",
        "<b>vet</b>",
    ):
        assert wanted in text, wanted
    assert "EXERCISE" in pages[0]
    assert "‹RLO›" in text
    assert not any(c in text for c in "\u202e\x00\x07")
    for number, page in enumerate(pages, start=1):
        assert f"{number} of {len(pages)}" in " ".join(page.split())
    assert reader.outline
    fonts = [font for page in reader.pages for font in page["/Resources"]["/Font"].values()]  # type: ignore[index]
    assert fonts
    assert all("/FontFile2" in font["/FontDescriptor"] for font in fonts)


def test_pdf_speaks_dutch(evening: Desk, tmp_path: Path) -> None:
    with speaking("nl"):
        text = raw_text(made(evening, tmp_path, "pdf"))
    assert "OEFENING" in text
    assert "zaterdag 27 juni 2026" in text


def test_workbook(evening: Desk, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(made(evening, tmp_path, "xlsx"))
    assert len(book.sheetnames) >= 5
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    heads, values = rows[0], [value for row in rows[1:] for value in row]
    assert book.worksheets[0].freeze_panes
    assert book.worksheets[0].auto_filter.ref
    assert "=1+1" in values
    assert any("Жовтень" in str(value) and "=HYPERLINK" in str(value) for value in values)
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" or cell.hyperlink for cell in cells)
    assert any("vrouw onwel vak 112" in str(value) for value in values)
    assert any(hasattr(value, "hour") for value in values), heads


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_workbook_opens_in_libreoffice(evening: Desk, tmp_path: Path) -> None:
    path = made(evening, tmp_path, "xlsx")
    command = [
        "soffice",
        "--headless",
        f"-env:UserInstallation={(tmp_path / 'office').as_uri()}",
        "--convert-to",
        "csv",
    ]
    subprocess.run([*command, "--outdir", str(tmp_path), str(path)], check=True, capture_output=True, timeout=120)
    assert "vrouw onwel vak 121" in (tmp_path / "uit.csv").read_text("utf-8", "replace")


def test_csv(evening: Desk, tmp_path: Path) -> None:
    data = made(evening, tmp_path, "csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    texts = [row["text"] for row in rows]
    assert "'=1+1" in texts
    assert HOSTILE in texts
    assert "vrouw onwel vak 112" in next(row for row in rows if row["text"] == "vrouw onwel vak 121")["earlier_text"]


def test_json_lines(evening: Desk, tmp_path: Path) -> None:
    about, *entries = [json.loads(line) for line in made(evening, tmp_path, "jsonl").read_bytes().splitlines()]
    assert about["about"]["entries"] == len(entries)
    assert about["about"]["exercise"] is True
    assert HOSTILE in [entry.get("text") for entry in entries]
    corrected = next(entry for entry in entries if entry.get("text") == "vrouw onwel vak 121")
    assert [old["text"] for old in corrected["earlier"]] == ["vrouw onwel vak 112"]
    assert corrected["occurred_at"] == "2026-06-27T18:00:00.000+02:00"
    assert corrected["reference"].startswith("V1-")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_the_apostrophe_of_csv_can_be_taken_off(text: str) -> None:
    assert csv_form.plain(csv_form.defused(text)) == text
    assert not csv_form.defused(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), min_size=1, max_size=5))
def test_any_text_fits_on_paper_and_goes_through_the_others_to_the_byte(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    desk = open_event(folder / "any.clog", concert(), settings_folder())
    with desk.log:
        for text in texts:
            saying.note(desk, text)
        for form in FORMS:
            made(desk, folder, form)
    entries = [json.loads(line) for line in (folder / "uit.jsonl").read_bytes().splitlines()][1:]
    assert [entry.get("text", "") for entry in entries] == texts
    rows = csv.DictReader(io.StringIO((folder / "uit.csv").read_bytes().decode("utf-8-sig"), newline=""))
    assert [csv_form.plain(row["text"]) for row in rows] == texts


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_log_and_one_entry(venue: Desk, tmp_path: Path, form: str) -> None:
    assert made(venue, tmp_path, form).stat().st_size > 100
    saying.note(venue, "enige regel")
    assert "enige regel" in raw_text(made(venue, tmp_path, form))


@pytest.mark.parametrize("form", FORMS)
def test_an_export_that_fails_leaves_what_was_there(
    evening: Desk, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(evening, tmp_path, form)
    before, names = path.read_bytes(), sorted(one.name for one in tmp_path.iterdir())

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Contents, "lines", fail)
    with pytest.raises(ZeroDivisionError):
        made(evening, tmp_path, form)
    assert path.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == names


def test_each_export_is_a_record(evening: Desk, tmp_path: Path) -> None:
    written = export(evening.log, tmp_path / "uit.pdf", live(evening.log), for_party="police", desk=evening)
    last = evening.log.record(evening.log.head.seq).frame
    assert (last.form, last.for_party, last.file) == ("pdf", "police", written.digest)


def test_refusals(evening: Desk, tmp_path: Path) -> None:
    for out in (tmp_path / "uit.doc", tmp_path / "uit", tmp_path / "no" / "folder.pdf"):
        with pytest.raises(RuleError):
            export(evening.log, out, live(evening.log))
    (tmp_path / "map.pdf").mkdir()
    with pytest.raises(RuleError):
        export(evening.log, tmp_path / "map.pdf", live(evening.log))
