"""Check lines: written down, read out, mailed and typed in again; and what they show that a log alone cannot."""

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.cli import main
from commandlog.export.exporting import export
from commandlog.log import witness
from commandlog.log.desk import Desk, open_desk
from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.log.witness import Line, line_at, line_of, read_lines
from commandlog.model.errors import RuleError
from commandlog.model.records import CovenantSet, Opened, Words
from commandlog.verbs import events, saying
from commandlog.views import moments
from tests.events import START, Clock, concert

LINE = line_at(bytes(range(16)), 1043, START + 123, bytes(range(7, 39)))
MAIL = """Hallo Noor,

bij deze, zoals afgesproken:

> {line}
>
> groet, Sanne
"""


def slip(text: str) -> Line | None:
    """Return what is read after a slip, None where it is noticed."""
    try:
        return read_lines(text)[0]
    except RuleError:
        return None


def looking_alike(text: str) -> str:
    """Take figures for letters, where they are not plainly figures."""
    before, blank, letters = text.rpartition("Z ")
    return before + blank + letters.replace("0", "O").replace("1", "l")


@given(
    log=st.binary(min_size=16, max_size=16),
    seq=st.integers(1, 10**12),
    kept_at=st.integers(0, 2**63),
    value=st.binary(min_size=32, max_size=32),
)
def test_what_is_written_is_read(log: bytes, seq: int, kept_at: int, value: bytes) -> None:
    line = line_at(log, seq, kept_at, value)
    assert read_lines(str(line)) == [line]
    assert (line.log, line.value) == (log[-5:], value[:20])


@pytest.mark.parametrize(
    "change",
    [
        str.lower,
        str.upper,
        lambda text: text.replace("-", " "),
        lambda text: text.replace("-", "–").replace(" ", "\u00a0"),
        lambda text: text.replace("-", "\u2011").replace(" ", "  "),
        lambda text: text.removeprefix("CommandLog checkpoint "),
        looking_alike,
        lambda text: f"“{text}”.",
        lambda text: text.replace(" 2026", "\n2026").replace("-W3RG-", "-W3RG-\n"),
        lambda text: f"> {text[:70]}\n> {text[70:]}",
        lambda text: text.replace("T16", " 16").replace("Z ", " "),
        lambda text: f"\ufeff{text}\r\n",
    ],
)
def test_how_it_is_typed_does_not_matter(change: object) -> None:
    assert callable(change)
    text = str(LINE)
    assert change(text) != text
    assert read_lines(change(text)) == [LINE]


def test_every_slip_of_the_pen_is_noticed() -> None:
    text = str(LINE)
    alike = {"0": "Oo", "1": "IiLl"}
    start = len("CommandLog checkpoint ")
    missed = []
    for at in range(start, len(text)):
        for letter in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            if letter not in (text[at], *alike.get(text[at], "")):
                missed += [text[:at] + letter + text[at + 1 :]] * (
                    slip(text[:at] + letter + text[at + 1 :]) is not None
                )
        left_out, twice = text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:]
        swapped = text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]
        for changed in (left_out, twice, swapped):
            read = slip(changed)
            assert read in (None, LINE)  # a hyphen or a blank more or less does no harm
    assert missed == []


def test_several_lines_are_found_in_a_text() -> None:
    other = line_at(bytes(16), 7, START, bytes(32))
    text = f"{MAIL.format(line=LINE)}\n{other}\nen nog eens {LINE}\n"
    assert read_lines(text) == [LINE, other]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no check line"),
        ("geen regel, alleen woorden", "no check line"),
        (f"\n\n{str(LINE)[:-3]}", "line 3 is not whole"),
        (f"{LINE}\nCommandLog checkpoint 1234", "line 2 is not whole"),
        (str(LINE).replace("1043", "1044"), "position 1044 was mistyped"),
        (str(LINE).replace("2026-06-27", "2026-13-27"), "position 1043 was mistyped"),
        (str(LINE)[:-1] + "U", "mistyped"),
    ],
)
def test_what_is_no_check_line_is_said_to_be_none(text: str, says: str) -> None:
    with pytest.raises(RuleError, match=says):
        read_lines(text)


# -- against a log -----------------------------------------------------------------------------------------------------


def fill(path: Path, notes: int = 20, settings: Path | None = None) -> Path:
    with events.open_event(path, concert(), settings or settings_folder(), clock=Clock()).log as log:
        desk = _desk(log, settings or settings_folder())
        for n in range(notes):
            saying.note(desk, f"regel {n}")
    return path


def _desk(log: Log, settings: Path) -> Desk:
    from commandlog.log.desk import sit_down

    return sit_down(log, settings, "venue")


def written_anew(path: Path, log_id: bytes, settings: Path) -> Path:
    """Make a log with the id of another one, and other keys and words: what a forger with the file could do."""
    with Log(path, create=True) as log, log.writing():
        log.db.execute("UPDATE meta SET value = ? WHERE key = 'log_id'", (log_id,))
    with Log(path, clock=Clock()) as log, log.writing():
        desk = open_desk(log, settings, "venue", "V")
        desk.append(Opened, Words(title="Concertavond"), exercise=True)
        desk.append(CovenantSet, Words(covenant=concert()))
        for n in range(20):
            saying.note(desk, f"ander {n}")
    return path


def test_a_log_agrees_with_the_lines_of_all_its_positions(tmp_path: Path) -> None:
    path = fill(tmp_path / "a.clog")
    with Log(path) as log:
        lines = [line_of(log, seq) for seq in range(1, log.head.seq + 1)]
        assert line_of(log) == lines[-1]
        with pytest.raises(RuleError, match="no record 99"):
            line_of(log, 99)
    assert verify(path, against=lines).holds


def test_a_cut_off_end_shows(tmp_path: Path) -> None:
    path = fill(tmp_path / "a.clog")
    older = tmp_path / "older.clog"
    shutil.copyfile(path, older)
    with Log(path) as log:
        saying.note(_desk(log, settings_folder()), "wat niemand mag weten")
        line = line_of(log)
    assert verify(older, deep=True).holds  # the control: alone, it holds
    verdict = verify(older, against=[line])
    assert (verdict.holds, verdict.position) == (False, line.seq - 1)
    assert "cut off" in verdict.fault
    assert verify(path, against=[line]).holds


def test_a_log_written_anew_under_other_keys_shows(tmp_path: Path) -> None:
    path = fill(tmp_path / "a.clog")
    with Log(path) as log:
        lines = [line_of(log, 1), line_of(log, 10), line_of(log)]
        forged = written_anew(tmp_path / "forged.clog", log.id, tmp_path / "other-settings")
    assert verify(forged, deep=True).holds  # the control: alone, it holds
    for line in lines:
        verdict = verify(forged, against=[line])
        assert (verdict.holds, verdict.position) == (False, line.seq)
        assert "not what it was" in verdict.fault


def test_another_log_and_a_line_that_lies_about_the_time_show(tmp_path: Path) -> None:
    path = fill(tmp_path / "a.clog")
    with Log(path) as log:
        line = line_of(log)
    other = fill(tmp_path / "b.clog", settings=tmp_path / "b")
    assert "another log" in verify(other, against=[line]).fault
    assert "another time" in verify(path, against=[line._replace(kept_at=line.kept_at + 1000)]).fault


# -- from the command line ---------------------------------------------------------------------------------------------


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(list(arguments)) == code
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    assert err.count("\n") == (code == 2)
    return err if code == 2 else out


def test_a_line_is_printed_kept_and_held_against_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(fill(tmp_path / "a.clog"))
    printed = said(capsys, "checkpoint", path)
    assert printed.startswith("CommandLog checkpoint ")
    assert printed.count("\n") == 1
    assert "agrees with the check line" in said(capsys, "verify", path, "--against", printed)
    assert "check line" not in said(capsys, "verify", path)
    told = json.loads(said(capsys, "checkpoint", path, "--at", "5", "--json"))
    with Log(Path(path)) as log:
        assert told["check_value"] == log.check_value(5).hex()
        assert (told["line"], told["position"]) == (str(line_of(log, 5)), 5)
    mail = tmp_path / "mail.txt"
    for encoding in ("utf-8-sig", "utf-16"):
        mail.write_text(MAIL.format(line=printed.strip()) + told["line"], encoding)
        assert "agrees with the 2 check lines" in said(capsys, "verify", path, "--against", str(mail))
    other = str(fill(tmp_path / "b.clog", settings=tmp_path / "b"))
    assert "another log" in said(capsys, "verify", other, "--against", printed, code=1)


def test_what_cannot_be_held_against_it_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(fill(tmp_path / "a.clog"))
    line = said(capsys, "checkpoint", path).strip()
    at = next(n for n in range(len(line) - 1, 0, -1) if line[n] != line[n - 1])
    swapped = line[: at - 1] + line[at] + line[at - 1] + line[at + 1 :]
    assert "mistyped" in said(capsys, "verify", path, "--against", swapped, code=2)
    assert "no check line" in said(capsys, "verify", path, "--against", "x" * 5000, code=2)
    assert "no text with check lines" in said(capsys, "verify", path, "--against", path, code=2)
    (tmp_path / "long.txt").write_text("x" * (2 << 20))
    assert "too long" in said(capsys, "verify", path, "--against", str(tmp_path / "long.txt"), code=2)
    assert "no record 99" in said(capsys, "checkpoint", path, "--at", "99", code=2)
    assert "no log" in said(capsys, "checkpoint", str(tmp_path / "none.clog"), code=2)


def test_a_bundle_has_the_same_check_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = fill(tmp_path / "a.clog")
    line = said(capsys, "checkpoint", str(path))
    with Log(path) as log:
        export(log, tmp_path / "a.zip", moments.live(log), for_party="police")
        early = str(line_of(log, 3))
    bundle = str(tmp_path / "a.zip")
    assert said(capsys, "checkpoint", bundle) == line
    assert said(capsys, "checkpoint", bundle, "--at", "3").strip() == early
    assert "2 check lines" in said(capsys, "verify", bundle, "--against", line, "--against", early)
    other = str(fill(tmp_path / "b.clog", settings=tmp_path / "b"))
    theirs = said(capsys, "checkpoint", other)
    assert "another log" in said(capsys, "verify", bundle, "--against", theirs, code=1)


def test_a_bundle_is_verified_by_the_same_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = fill(tmp_path / "a.clog")
    bundle = tmp_path / "a.zip"
    assert main(["export", str(path), str(bundle), "--for", "police"]) == 0
    capsys.readouterr()
    told = said(capsys, "verify", str(bundle), "--at", "4", "--deep")
    assert "holds: 23 records" in told
    assert "made for police" in told
    assert "Desk V1 made and signed it." in told
    renamed = tmp_path / "bundle.bin"
    renamed.write_bytes(bundle.read_bytes())
    assert "holds: 23 records" in said(capsys, "verify", str(renamed))
    changed = bytearray(bundle.read_bytes())
    changed[changed.index(b"regel 7") + 6] ^= 1
    bundle.write_bytes(changed)
    assert "does not hold: record 11:" in said(capsys, "verify", str(bundle), code=1)
    assert "does not hold" in said(capsys, "checkpoint", str(bundle), code=2)
    bundle.write_bytes(changed[: len(changed) // 2])
    assert "is not a bundle" in said(capsys, "verify", str(bundle), code=2)
    for name in ("empty.zip", "folder.zip", "none.zip"):
        if name == "folder.zip":
            (tmp_path / name).mkdir()
        elif name == "empty.zip":
            (tmp_path / name).touch()
        said(capsys, "verify", str(tmp_path / name), code=2)


def test_reading_a_file_of_lines_never_opens_a_log(tmp_path: Path) -> None:
    path = fill(tmp_path / "a.clog")
    with pytest.raises(RuleError, match="no text"):
        witness.read_file(path)
