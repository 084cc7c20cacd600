"""Files that come in: plain ones that stand still, read once; everything else is refused with what to do."""

import multiprocessing
import os
import socket
import sqlite3
import stat
import sys
from pathlib import Path

import pytest

from commandlog.intake import media
from commandlog.intake.media import attach_file, read_file
from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import RuleError, Unavailable
from commandlog.model.media import LARGEST
from commandlog.verbs import saying
from commandlog.views import attachments
from commandlog.views.moments import live
from tests import files

posix = pytest.mark.skipif(sys.platform == "win32", reason="no such files on Windows")


def test_a_file_is_attached_under_the_last_part_of_its_name(venue: Desk, tmp_path: Path) -> None:
    path = tmp_path / "deze is \u202egpj.exe"
    path.write_bytes(files.picture("PNG"))
    made = attach_file(venue, saying.note(venue, "kijk").seq, path, text="poort F")
    (one,) = attachments.attachments(venue.log, live(venue.log))
    assert (one.name, one.media, one.text) == ("deze is gpj.exe", "image/png", "poort F")
    assert str(tmp_path) not in str(venue.log.record(made.seq))
    assert attachments.content(venue.log, live(venue.log), made.seq) == path.read_bytes()


@posix
def test_what_is_no_plain_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "foto.jpg").write_bytes(b"x")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "foto.jpg")
    (tmp_path / "nowhere.jpg").symlink_to(tmp_path / "none")
    (tmp_path / "leeg.jpg").touch()
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "groot.bin").open("wb") as file:
        file.truncate(LARGEST + 1)
    for name, words in (
        ("", "is a folder"),
        ("link.jpg", "is a link"),
        ("nowhere.jpg", "is a link"),
        ("none.jpg", "There is no file"),
        ("leeg.jpg", "is empty"),
        ("groot.bin", r"has 25\.1 MB, and at most 25\.0 MB"),
        ("pipe", "a device or a pipe"),  # and nobody waits for what comes out of it
        ("foto.jpg/x", "cannot be read"),
    ):
        with pytest.raises((RuleError, Unavailable), match=words):
            read_file(tmp_path / name)
    for device in ("/dev/zero", "/dev/null", "/dev/tty"):
        with pytest.raises(RuleError, match="device"):
            read_file(Path(device))
    with pytest.raises(Unavailable, match="cannot be read"):
        read_file(Path("a\x00b"))
    with socket.socket(socket.AF_UNIX) as made:
        monkeypatch.chdir(tmp_path)  # the name of a socket may not be long
        made.bind("s")
        with pytest.raises(RuleError, match="a device or a pipe"):
            read_file(Path("s"))


@posix
def test_a_file_that_is_put_in_the_place_of_another_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the first look and the opening: a link is not followed, and a pipe waits for nobody."""
    path, secret = tmp_path / "foto.jpg", tmp_path / "geheim"
    path.write_bytes(b"x")
    secret.write_bytes(b"geheim")
    opened = os.open

    def _open(name: Path, flags: int) -> int:
        path.unlink()
        path.symlink_to(secret)
        return opened(name, flags)

    monkeypatch.setattr(os, "open", _open)
    with pytest.raises(Unavailable, match="cannot be read"):
        read_file(path)

    def _pipe(name: Path, flags: int) -> int:
        path.unlink()
        os.mkfifo(path)
        return opened(name, flags)

    monkeypatch.setattr(os, "open", _pipe)
    path.unlink()
    path.write_bytes(b"x")
    with pytest.raises(RuleError, match="a device or a pipe"):
        read_file(path)


@pytest.mark.parametrize("change", ["grows", "shrinks", "is written over"])
def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(2_000_000))
    assert len(read_file(path)) == 2_000_000
    fstat, looks = os.fstat, []

    def _fstat(handle: int) -> os.stat_result:
        found = fstat(handle)
        looks.append(found)
        if len(looks) == 1:
            with path.open("r+b") as file:
                file.seek(0, os.SEEK_END if change == "grows" else os.SEEK_SET)
                file.write(b"more")
                if change == "shrinks":
                    file.truncate(1_000_000)
            os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + 1_000_000))
        return found

    monkeypatch.setattr(os, "fstat", _fstat)
    with pytest.raises(RuleError, match="changes while it is read"):
        read_file(path)
    assert len(looks) == 2


def test_a_file_that_grows_for_ever_is_read_no_further_than_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "stroom"
    path.write_bytes(bytes(1000))
    monkeypatch.setattr(media, "LARGEST", 3000)
    monkeypatch.setattr(media, "_BLOCK", 1000)
    fstat, looks = os.fstat, []

    def _fstat(handle: int) -> os.stat_result:
        looks.append(fstat(handle))
        with path.open("ab") as file:
            file.write(bytes(1_000_000))
        return looks[-1]

    monkeypatch.setattr(os, "fstat", _fstat)
    with pytest.raises(RuleError, match="changes while it is read"):
        read_file(path)


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="nothing is kept from root")
def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    path = tmp_path / "dicht.jpg"
    path.write_bytes(b"x")
    path.chmod(0)
    with pytest.raises(Unavailable, match="Permission denied"):
        read_file(path)


def test_what_the_system_refuses_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "dicht.jpg"
    path.write_bytes(b"x")

    def refuse(*_given: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(Unavailable, match=r"dicht\.jpg cannot be read: Permission denied\."):
        read_file(path)


# -- logs --------------------------------------------------------------------------------------------------------------


def test_a_log_is_no_attachment_nor_is_what_lies_beside_it(venue: Desk, tmp_path: Path) -> None:
    entry = saying.note(venue, "kijk").seq
    for end in ("", "-wal", "-shm"):
        with pytest.raises(RuleError, match="is a log, or lies beside one"):
            attach_file(venue, entry, Path(f"{venue.log.path}{end}"))
    other = tmp_path / "adressen.db"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE t (x)")
    db.close()
    before = sorted(tmp_path.iterdir())
    assert attach_file(venue, entry, other).frame.size == other.stat().st_size  # any other database may be one
    assert sorted(tmp_path.iterdir()) == before


def _come_and_go(path: Path) -> None:
    with Log(path) as log:
        saying.note(sit_down(log, settings_folder(), "police"), "kort erbij")


def test_offering_a_log_that_is_open_here_does_not_take_its_protection_away(venue: Desk) -> None:
    """See docs/decisions/0010-never-open-a-log-file.md; nor does the file of another log."""
    saying.note(venue, "kijk")
    wal = Path(f"{venue.log.path}-wal")
    before = wal.stat().st_ino
    for end in ("", "-wal", "-shm"):
        with pytest.raises(RuleError):
            read_file(Path(f"{venue.log.path}{end}"))
    other = multiprocessing.get_context("spawn").Process(target=_come_and_go, args=(venue.log.path,))
    other.start()
    other.join(60)
    assert other.exitcode == 0
    assert wal.stat().st_ino == before  # or the other process believed to be the last, and deleted it under us
    saying.note(venue, "nog steeds hier")
    assert verify(venue.log.path, deep=True).holds
    assert stat.S_ISREG(wal.stat().st_mode)
