"""Attachments go out: saved whole and never over another file, and listed in every document for who may have them."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from commandlog.export.exporting import FORMS, export
from commandlog.export.saving import save
from commandlog.log.desk import Desk
from commandlog.model.errors import RuleError, Unavailable
from commandlog.model.media import sniffed
from commandlog.verbs import saying
from commandlog.verbs.attaching import attach
from commandlog.views.moments import live
from tests import files
from tests.export.reading import everything

PHOTO = files.on_its_side()


@pytest.fixture
def photo(venue: Desk) -> int:
    entry = saying.report(venue, "man filmt", audience=("police",)).seq
    return attach(venue, entry, PHOTO, name="../../man.exe", text="zijn rugzak").seq


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "uit").mkdir()
    return tmp_path / "uit"


def test_it_is_saved_as_it_was_or_made_anew(venue: Desk, photo: int, out: Path) -> None:
    moment = live(venue.log)
    assert save(venue.log, moment, photo, out / "foto.jpg").read_bytes() == PHOTO
    shown = save(venue.log, moment, photo, out / "klein.jpg", preview=True).read_bytes()
    assert b"CANARY" not in shown
    assert (sniffed(shown).width, sniffed(shown).height) == (40, 60)
    assert sorted(one.name for one in out.iterdir()) == ["foto.jpg", "klein.jpg"]


def test_in_a_folder_it_is_called_after_its_reference_and_content(venue: Desk, photo: int, out: Path) -> None:
    reference = venue.log.record(photo).reference
    assert save(venue.log, live(venue.log), photo, out) == out / f"{reference}.jpg"
    with pytest.raises(RuleError, match="is there already"):
        save(venue.log, live(venue.log), photo, out)
    text = attach(venue, saying.note(venue, "x").seq, b"<script>", name="foto.jpg").seq
    assert save(venue.log, live(venue.log), text, out).suffix == ".txt"


def test_nothing_is_written_over(venue: Desk, photo: int, out: Path) -> None:
    for name in ("er al.jpg", "link.jpg", "nergens.jpg"):
        target = out / name
        if name == "er al.jpg":
            target.write_bytes(b"van een ander")
        else:
            target.symlink_to(out / ("er al.jpg" if name == "link.jpg" else "nog niets.jpg"))
        with pytest.raises(RuleError, match="is there already"):
            save(venue.log, live(venue.log), photo, target)
    with pytest.raises(RuleError, match="is there already"):
        save(venue.log, live(venue.log), photo, venue.log.path)
    with pytest.raises(RuleError, match="no folder"):
        save(venue.log, live(venue.log), photo, out / "weg" / "foto.jpg")
    assert (out / "er al.jpg").read_bytes() == b"van een ander"
    assert not (out / "nog niets.jpg").exists()
    assert len(list(out.iterdir())) == 3


def _refusing(number: int) -> Any:
    def refuse(*_given: object, **_named: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


def test_a_disk_that_is_full_leaves_nothing(
    venue: Desk, photo: int, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", _refusing(errno.ENOSPC))
    with pytest.raises(Unavailable, match="cannot be written: No space left"):
        save(venue.log, live(venue.log), photo, out / "foto.jpg")
    assert list(out.iterdir()) == []


def test_a_disk_without_links_is_no_trouble(
    venue: Desk, photo: int, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.link", _refusing(errno.EPERM))
    assert save(venue.log, live(venue.log), photo, out / "foto.jpg").read_bytes() == PHOTO
    with pytest.raises(RuleError, match="is there already"):
        save(venue.log, live(venue.log), photo, out / "foto.jpg")
    monkeypatch.setattr(Path, "replace", _refusing(errno.EIO))
    with pytest.raises(Unavailable):
        save(venue.log, live(venue.log), photo, out / "later.jpg")
    assert [one.name for one in out.iterdir()] == ["foto.jpg"]


def test_a_name_that_somebody_takes_meanwhile_stays_theirs(
    venue: Desk, photo: int, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync

    def slow(handle: int) -> None:
        sync(handle)
        (out / "foto.jpg").write_bytes(b"van een ander")

    monkeypatch.setattr("os.fsync", slow)
    with pytest.raises(RuleError, match="is there already"):
        save(venue.log, live(venue.log), photo, out / "foto.jpg")
    assert [one.read_bytes() for one in out.iterdir()] == [b"van een ander"]


@pytest.mark.parametrize("suffix", sorted(set(FORMS) - {".zip", ".geojson"}))
def test_documents_list_them_for_who_may_have_them(venue: Desk, photo: int, out: Path, suffix: str) -> None:
    frame = venue.log.record(photo).frame
    mine, theirs = out / f"police{suffix}", out / f"baken{suffix}"
    export(venue.log, mine, live(venue.log), for_party="police")
    export(venue.log, theirs, live(venue.log), for_party="baken")
    hexadecimal = frame.file.hex().encode()
    found = everything(mine)
    assert (hexadecimal[:16] if suffix in (".pdf", ".html") else hexadecimal) in found  # people get its beginning
    assert b"man.exe" in found
    assert b".." not in found.split(b"man.exe")[0][-4:]
    found = everything(theirs)
    assert hexadecimal[:16] not in found
    assert b"man.exe" not in found
    assert b"rugzak" not in found


def test_json_lines_say_what_each_attachment_is(venue: Desk, photo: int, out: Path) -> None:
    export(venue.log, out / "a.jsonl", live(venue.log))
    entries = [json.loads(line) for line in (out / "a.jsonl").read_text("utf-8").splitlines()[1:]]
    record = venue.log.record(photo)
    assert [one["attachments"] for one in entries if "attachments" in one] == [
        [
            {
                "reference": record.reference,
                "media": "image/jpeg",
                "size": len(PHOTO),
                "file": record.frame.file.hex(),
                "name": "man.exe",
                "text": "zijn rugzak",
                "width": 60,
                "height": 40,
            }
        ]
    ]
