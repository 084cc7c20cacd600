"""Attaching: what comes of it, who may have it, and what is refused before anything is stored."""

import multiprocessing
import random
from pathlib import Path

import pytest

from commandlog.intake.media import attach_file
from commandlog.log import pieces
from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.rebuild import rebuild
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import Damaged, RuleError, Unavailable
from commandlog.model.keeping import Closed, Erased
from commandlog.model.media import LARGEST
from commandlog.model.records import Words
from commandlog.verbs import attaching, saying, tasks, withholding
from commandlog.verbs.attaching import attach
from commandlog.views import attachments, timeline
from commandlog.views.filters import Filter
from commandlog.views.lines import Line
from commandlog.views.moments import Moment, live
from tests import files
from tests.events import Clock

PHOTO = files.picture("JPEG")
LONG = b"\x00" + random.Random(5).randbytes(3 * pieces.PIECE)


def line(desk: Desk, position: int, reader: str = "") -> Line:
    found = timeline.entry(desk.log, live(desk.log), position, reader)
    assert found
    return found


def content(desk: Desk, position: int, reader: str = "") -> bytes:
    return attachments.content(desk.log, live(desk.log), position, reader)


def stored(desk: Desk) -> int:
    """Return how much lies in the log of attachments, whole or not."""
    return int(desk.log.db.execute("SELECT total(length(bytes)) FROM pieces").fetchone()[0])


def test_an_attachment_goes_with_its_entry(venue: Desk, clock: Clock) -> None:
    entry = saying.report(venue, "man filmt", place="gate-f", category="suspicious").seq
    before = live(venue.log)
    clock.tick()
    made = attach(venue, entry, PHOTO, name="C:\\foto's\\man.exe", text="de man, van achteren")
    frame = made.frame
    assert (frame.media, frame.size, frame.width, frame.height) == ("image/jpeg", len(PHOTO), 60, 40)
    assert (frame.place, frame.category) == ("gate-f", "suspicious")
    (one,) = line(venue, entry).attachments
    assert (one.position, one.reference, one.entry) == (made.seq, made.reference, entry)
    assert (one.name, one.text, one.saved_as) == ("man.exe", "de man, van achteren", f"{made.reference}.jpg")
    assert one.told == f"man.exe · de man, van achteren · JPG · 60 × 40 · {len(PHOTO)} B"
    own = line(venue, made.seq)
    assert (own.kind, own.thread, own.text) == ("attached", entry, "man.exe: de man, van achteren")
    assert own.attachments == ()
    assert content(venue, made.seq) == PHOTO
    assert attachments.attachments(venue.log, before) == []  # the room as it was a minute ago
    assert [one.entry for one in timeline.whole(venue.log, live(venue.log), Filter(search="achteren"))] == [made.seq]
    assert verify(venue.log.path, deep=True).holds


def test_a_photo_from_the_clipboard_needs_no_name(venue: Desk) -> None:
    made = attach(venue, saying.note(venue, "kijk").seq, files.picture("PNG"))
    (one,) = attachments.attachments(venue.log, live(venue.log))
    assert (one.name, one.text, one.saved_as) == ("", "", f"{made.reference}.png")
    assert line(venue, made.seq).text == ""


def test_a_long_one_is_stored_in_short_transactions(venue: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    entry, seen = saying.note(venue, "kijk").seq, []
    with Log(venue.log.path) as log:
        other = sit_down(log, settings_folder(), "police")
        monkeypatch.setattr(
            attaching, "_give_way", lambda _desk, **_how: seen.append(saying.note(other, "intussen").seq)
        )
        made = attach(venue, entry, LONG)
    assert len(seen) == (pieces.count(len(LONG)) - 1) // pieces.SLICE
    assert made.seq == venue.log.head.seq == seen[-1] + 1
    assert content(venue, made.seq) == LONG


def test_within_a_transaction_it_is_part_of_it(venue: Desk) -> None:
    entry = saying.note(venue, "kijk").seq
    with pytest.raises(ZeroDivisionError), venue.writing():
        attach(venue, entry, LONG)
        raise ZeroDivisionError
    assert venue.log.refresh() == entry
    assert stored(venue) == 0
    with venue.writing():
        made = attach(venue, entry, LONG)
    assert content(venue, made.seq) == LONG


def test_what_cannot_be_attached_stores_nothing(venue: Desk) -> None:
    entry = saying.note(venue, "kijk").seq
    made = attach(venue, entry, b"een")
    before = venue.log.head.seq, stored(venue)
    for what, words in ((bytes(LARGEST + 1), r"at most 25\.0 MB"), (b"", "empty"), (files.png(9000, 9000), "million")):
        with pytest.raises(RuleError, match=words):
            attach(venue, entry, what)
    with pytest.raises(RuleError, match="no entry"):
        attach(venue, 999, b"x")
    with pytest.raises(RuleError, match=f"{made.reference} is an attachment itself"):
        attach(venue, made.seq, b"x")
    with pytest.raises(RuleError, match="no party"):
        attach(venue, entry, b"x", audience=("nobody",))
    with pytest.raises(RuleError, match="no place"):
        attach(venue, entry, LONG, place="maan")
    assert (venue.log.refresh(), stored(venue)) == before


def test_a_full_disk_leaves_no_attachment(venue: Desk) -> None:
    entry = saying.note(venue, "kijk").seq
    pages = venue.log.db.execute("PRAGMA page_count").fetchone()[0]
    venue.log.db.execute(f"PRAGMA max_page_count = {pages + 180}")  # full in the second transaction
    with pytest.raises(Unavailable, match="nothing was stored"):
        attach(venue, entry, LONG)
    venue.log.db.execute("PRAGMA max_page_count = 1000000")
    assert venue.log.refresh() == entry
    assert stored(venue) == 0
    assert content(venue, attach(venue, entry, LONG).seq) == LONG
    assert verify(venue.log.path, deep=True).holds


# -- who may have it ---------------------------------------------------------------------------------------------------


def test_who_may_read_the_entry_may_have_its_attachment_and_nobody_else(venue: Desk, police: Desk) -> None:
    entry = saying.report(venue, "VIP aangekomen", audience=("police",)).seq
    made = attach(venue, entry, PHOTO, name="vip.jpg")
    assert made.frame.audience == ("police", "venue")
    assert content(police, made.seq, "police") == content(police, made.seq, "venue") == PHOTO
    for call in (attachments.content, attachments.preview, attachments.attachment):
        with pytest.raises(RuleError, match="no such attachment"):
            call(venue.log, live(venue.log), made.seq, "baken")
    assert attachments.attachments(venue.log, live(venue.log), "baken") == []
    assert timeline.entry(venue.log, live(venue.log), made.seq, "baken") is None
    then = live(venue.log)
    withholding.release(venue, (made.seq,), "baken", "art. 4")
    assert content(venue, made.seq, "baken") == PHOTO
    with pytest.raises(RuleError):  # not before it was told
        attachments.content(venue.log, then, made.seq, "baken")


def test_an_attachment_may_be_for_fewer_than_its_entry(venue: Desk) -> None:
    entry = saying.note(venue, "voor iedereen").seq
    attach(venue, entry, PHOTO, name="alleen ons.jpg", audience=("venue",))
    open_to_all = attach(venue, entry, b"voor iedereen")
    assert [one.reference for one in line(venue, entry, "police").attachments] == [open_to_all.reference]
    assert len(line(venue, entry, "venue").attachments) == 2


def test_what_is_attached_to_a_task_reaches_all_who_hold_it(venue: Desk, police: Desk) -> None:
    task = tasks.propose(venue, "zoek hem", to_party="police", audience=("venue",))
    tasks.hand_over(police, task.seq, to_party="baken")
    made = attach(venue, task.seq, PHOTO)
    assert set(made.frame.audience) == {"venue", "police", "baken"}


# -- corrections, erasure ----------------------------------------------------------------------------------------------


def test_corrections_do_not_move_attachments(venue: Desk) -> None:
    entry = saying.note(venue, "vak 112").seq
    first = attach(venue, entry, b"een")
    saying.correct(venue, entry, "vak 121")
    second = attach(venue, entry, b"twee")
    assert [one.position for one in line(venue, entry).attachments] == [first.seq, second.seq]
    saying.correct(venue, first.seq, "de vader, niet de man")
    (one, _) = attachments.attachments(venue.log, live(venue.log), entry=entry)
    assert (one.position, one.reference, one.text) == (first.seq, first.reference, "de vader, niet de man")
    assert content(venue, first.seq) == b"een"
    assert verify(venue.log.path, deep=True).holds


def test_an_erased_attachment_says_so(venue: Desk) -> None:
    entry = saying.note(venue, "kijk").seq
    made = attach(venue, entry, PHOTO, name="kind.jpg", text="meisje, 8")
    with venue.writing():
        venue.append(Erased, Words(reason="verzoek van de ouders"), records=(made.id,))
    (one,) = line(venue, entry).attachments
    assert (one.erased, one.name, one.text, one.shows) == (True, "", "[erased]", False)
    assert (one.media, one.size) == ("image/jpeg", len(PHOTO))
    assert "[erased]" in line(venue, made.seq).text
    for call in (attachments.content, attachments.preview):
        with pytest.raises(RuleError, match="was erased"):
            call(venue.log, live(venue.log), made.seq)
    with pytest.raises(RuleError, match="was erased"):  # at no earlier moment either
        attachments.content(venue.log, Moment(made.seq, 0), made.seq)
    rebuild(venue.log)
    assert line(venue, entry).attachments == (one,)
    assert verify(venue.log.path, deep=True).holds


def test_content_that_is_not_what_was_attached_is_not_given_out(venue: Desk) -> None:
    made = attach(venue, saying.note(venue, "kijk").seq, PHOTO)
    venue.log.db.execute("UPDATE pieces SET bytes = zeroblob(length(bytes))")
    with pytest.raises(Damaged, match="not what was attached") as raised:
        content(venue, made.seq)
    assert raised.value.position == made.seq


def test_a_closed_log_still_takes_attachments(venue: Desk) -> None:
    entry = saying.note(venue, "kijk").seq
    with venue.writing():
        venue.append(Closed)
    assert content(venue, attach(venue, entry, b"nagekomen").seq) == b"nagekomen"


# -- once --------------------------------------------------------------------------------------------------------------


def test_the_same_origin_is_taken_in_once(venue: Desk) -> None:
    entry = saying.note(venue, "kijk").seq
    first = attach(venue, entry, LONG, origin="phone:17")
    size = stored(venue)
    again = attach(venue, entry, LONG, origin="phone:17")
    assert (again.seq, again.reference) == (first.seq, first.reference)
    assert (stored(venue), venue.log.head.seq) == (size, first.seq)


def test_the_same_origin_from_two_programs_at_once_is_taken_in_once(
    venue: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = saying.note(venue, "kijk").seq
    with Log(venue.log.path, clock=venue.log.clock) as log:
        other = sit_down(log, settings_folder(), "venue")
        quicker: list[int] = []

        def meanwhile(desk: Desk, **_how: bool) -> None:
            if desk is venue and not quicker:
                quicker.append(0)
                quicker[0] = attach(other, entry, LONG, origin="phone:17").seq

        monkeypatch.setattr(attaching, "_give_way", meanwhile)
        made = attach(venue, entry, LONG, origin="phone:17")
    assert [made.seq] == quicker
    assert stored(venue) == len(LONG)
    assert verify(venue.log.path, deep=True).holds


def _attach_many(path: Path, entry: int, number: int) -> None:
    with Log(path) as log:
        desk = sit_down(log, settings_folder(), "police")
        for n in range(number):
            attach(desk, entry, LONG[: -n * 1000 or None], name=f"{n}.bin")


def test_several_programs_attach_at_once(venue: Desk, tmp_path: Path) -> None:
    entry = saying.note(venue, "kijk").seq
    spawn = multiprocessing.get_context("spawn")
    others = [spawn.Process(target=_attach_many, args=(venue.log.path, entry, 3)) for _ in range(2)]
    for other in others:
        other.start()
    (tmp_path / "hier.bin").write_bytes(LONG)
    attach_file(venue, entry, tmp_path / "hier.bin")
    for other in others:
        other.join(60)
    assert [other.exitcode for other in others] == [0, 0]
    found = attachments.attachments(venue.log, live(venue.log))
    assert sorted(one.name for one in found) == ["0.bin", "0.bin", "1.bin", "1.bin", "2.bin", "2.bin", "hier.bin"]
    assert all(LONG.startswith(content(venue, one.position)) for one in found)
    assert verify(venue.log.path, deep=True).holds
