import hashlib
from pathlib import Path
from typing import Any

import pytest

from commandlog.export.exporting import FORMS, export
from commandlog.model.errors import RuleError, Unavailable
from commandlog.model.keeping import Exported
from commandlog.model.records import Corrected, Words
from commandlog.verbs import saying
from commandlog.views import moments
from commandlog.views.filters import Filter
from commandlog.views.timeline import whole
from tests.export import conftest as scene
from tests.export.reading import everything

SUFFIXES = sorted(FORMS)
SAYING = sorted(set(FORMS) - {".geojson"})  # forms that hold every entry, also one without a place


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_export_is_recorded_with_the_digest_of_what_was_written(
    evening: scene.Evening, tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"evening{suffix}"
    before = evening.log.head.seq
    told: list[tuple[int, int]] = []
    written = export(
        evening.log, out, moments.live(evening.log), desk=evening.desk, progress=lambda *done: told.append(done)
    )
    assert written.path == out
    assert written.form == suffix[1:]
    assert written.digest == hashlib.sha256(out.read_bytes()).digest()
    assert evening.log.head.seq == before + 1
    frame = evening.log.record(evening.log.head.seq).frame
    assert isinstance(frame, Exported)
    assert (frame.form, frame.file, frame.for_party) == (suffix[1:], written.digest, "")
    assert told[-1] == (written.entries, written.entries)
    assert written.entries == len(list(whole(evening.log, moments.live(evening.log), Filter())))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_another_party_may_not_read_is_in_no_byte(evening: scene.Evening, tmp_path: Path, suffix: str) -> None:
    moment = moments.live(evening.log)
    mine, theirs = tmp_path / f"police{suffix}", tmp_path / f"loods{suffix}"
    export(evening.log, mine, moment, for_party="police")
    export(evening.log, theirs, moment, for_party="loods")
    assert (b"Zwartkop" in everything(mine)) == (suffix in SAYING)
    found = everything(theirs)
    assert b"Zwartkop" not in found
    assert b"kanarie" not in found


@pytest.mark.parametrize("suffix", SAYING)
def test_a_version_between_that_others_may_not_read_stays_unread(
    evening: scene.Evening, tmp_path: Path, suffix: str
) -> None:
    said = saying.note(evening.desk, "eerste tekst")
    with evening.desk.writing():  # the verb refuses to narrow; a record of another desk may do so all the same
        words = Words(text=scene.CANARY, reason=f"want {scene.CANARY}", person=scene.CANARY)
        evening.desk.append(Corrected, words, entry=said.id, expects=said.id, audience=("venue",))
    saying.correct(evening.desk, said.seq, "derde tekst", reason="opgehelderd", audience=(), person="")
    out = tmp_path / f"loods{suffix}"
    export(evening.log, out, moments.live(evening.log), for_party="loods")
    found = everything(out)
    assert b"derde tekst" in found
    assert b"eerste tekst" in found
    assert b"Zwartkop" not in found


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_export_that_fails_half_way_leaves_what_was_there(
    evening: scene.Evening, tmp_path: Path, suffix: str
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    out = folder / f"evening{suffix}"
    out.write_text("yesterday's")

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    before = evening.log.head.seq
    with pytest.raises(KeyboardInterrupt):
        export(evening.log, out, moments.live(evening.log), desk=evening.desk, progress=stop)
    assert [one.name for one in folder.iterdir()] == [out.name]
    assert out.read_text() == "yesterday's"
    assert evening.log.refresh() == before


def test_a_copy_that_cannot_be_recorded_is_not_made(
    evening: scene.Evening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()

    def refuse(*_arguments: object, **_fields: object) -> None:
        raise Unavailable("disk full")

    monkeypatch.setattr(evening.desk, "append", refuse)
    with pytest.raises(Unavailable):
        export(evening.log, folder / "a.csv", moments.live(evening.log), desk=evening.desk)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "says"), [("log.docx", ".xlsx"), ("missing/a.pdf", "make it first"), ("folder.csv", "name of a file")]
)
def test_what_cannot_be_written_is_refused_with_what_can(
    evening: scene.Evening, tmp_path: Path, name: str, says: str
) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(RuleError, match=says):
        export(evening.log, tmp_path / name, moments.live(evening.log))


def test_a_party_that_is_not_there_is_refused(evening: scene.Evening, tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="police"):
        export(evening.log, tmp_path / "a.pdf", moments.live(evening.log), for_party="polic")
    assert not (tmp_path / "a.pdf").exists()


def test_the_log_itself_is_not_overwritten(evening: scene.Evening, tmp_path: Path) -> None:
    (tmp_path / "sly.csv").symlink_to(evening.log.path)
    with pytest.raises(RuleError, match="the log itself"):
        export(evening.log, tmp_path / "sly.csv", moments.live(evening.log))


@pytest.mark.parametrize("suffix", SAYING)
def test_an_earlier_moment_holds_nothing_of_what_came_later(
    evening: scene.Evening, tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"then{suffix}"
    export(evening.log, out, moments.earlier(evening.log, "10"))
    found = everything(out)
    assert b"Briefing gehouden" in found
    assert b"vak 121" not in found


@pytest.mark.parametrize(
    ("name", "form"), [("a.csv.zip", "csv.zip"), ("a.zip", "zip"), ("A.CSV.ZIP", "csv.zip"), ("b.csv", "csv")]
)
def test_the_longest_suffix_names_the_form(evening: scene.Evening, tmp_path: Path, name: str, form: str) -> None:
    assert export(evening.log, tmp_path / name, moments.live(evening.log)).form == form


@pytest.mark.parametrize("suffix", SAYING)
def test_a_range_holds_nothing_from_outside_it(evening: scene.Evening, tmp_path: Path, suffix: str) -> None:
    if suffix == ".zip":
        return
    out = tmp_path / f"range{suffix}"
    since, until = scene.at("17:30"), scene.at("18:00")
    written = export(evening.log, out, moments.live(evening.log), since=since, until=until)
    found = everything(out)
    assert b"Man filmt camera" in found
    assert b"Vlogger, loos alarm" in found
    for outside in (b"Briefing gehouden", b"vak 121", b"Onbeheerde tas", b"Zwartkop"):
        assert outside not in found
    lines = list(whole(evening.log, moments.live(evening.log), Filter(since=since, until=until)))
    assert written.entries == len(lines) > 5


def test_the_record_says_which_part_left(evening: scene.Evening, tmp_path: Path) -> None:
    export(
        evening.log,
        tmp_path / "part.pdf",
        moments.live(evening.log),
        since=scene.at("17:30"),
        sections=["tasks", "Timeline"],
        desk=evening.desk,
    )
    words = evening.log.record(evening.log.head.seq).words
    assert words
    assert words.text == "2026-06-27T17:30:00.000+02:00/.. tasks timeline"


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"sections": ["taks"]}, "“taks”.*tasks"),
        ({"since": 2, "until": 1}, "ends before it begins"),
        ({"since": 5, "until": 5}, "ends before it begins"),
    ],
)
def test_a_part_that_cannot_be_is_refused(
    evening: scene.Evening, tmp_path: Path, how: dict[str, Any], says: str
) -> None:
    with pytest.raises(RuleError, match=says):
        export(evening.log, tmp_path / "a.pdf", moments.live(evening.log), **how)
    assert not (tmp_path / "a.pdf").exists()


@pytest.mark.parametrize("how", [{"since": 5}, {"until": 5}, {"sections": ["tasks"]}])
def test_a_bundle_is_whole(evening: scene.Evening, tmp_path: Path, how: dict[str, Any]) -> None:
    with pytest.raises(RuleError, match="whole log"):
        export(evening.log, tmp_path / "a.zip", moments.live(evening.log), **how)
