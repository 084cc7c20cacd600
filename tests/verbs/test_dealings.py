"""Counts, marks, what units say, what is typed from paper, and what reached the wrong party."""

from pathlib import Path

import msgspec
import pytest

from commandlog.log.desk import Desk
from commandlog.log.keys import settings_folder
from commandlog.log.rebuild import first_difference
from commandlog.log.store import Log
from commandlog.model import dealings as d
from commandlog.model.errors import RuleError
from commandlog.model.frames import Source, sheet_line
from commandlog.model.keeping import Exported
from commandlog.model.records import Words, decode_frame, encode
from commandlog.verbs import (
    agreeing,
    closing,
    continuing,
    counting,
    marking,
    misdirecting,
    saying,
    tasks,
    units,
    withholding,
)
from commandlog.verbs.context import not_printed
from commandlog.views import crowd, timeline
from commandlog.views.filters import Filter
from commandlog.views.lines import Line
from commandlog.views.moments import live
from commandlog.views.open_items import open_items
from commandlog.views.units import units as all_units
from tests.events import Clock


def line(desk: Desk, position: int, reader: str = "") -> Line:
    found = timeline.entry(desk.log, live(desk.log), position, reader)
    assert found
    return found


# counts


def test_a_count_needs_a_place_and_a_number_that_can_be(venue: Desk) -> None:
    with pytest.raises(RuleError, match="Say where"):
        counting.count(venue, 5)
    for number, measure in ((-1, "present"), (10**30, "present"), (1000, "percent"), (5, "litres")):
        with pytest.raises(RuleError):
            counting.count(venue, number, measure=measure, place="gate-f")
    assert counting.count(venue, 0, place="gate-f").frame.count == 0


def test_a_count_is_corrected_in_number_and_stays_one(venue: Desk) -> None:
    made = counting.count(venue, 1240, text="met de teller", place="gate-f")
    saying.correct(venue, made.seq, number=1420, reason="verhoord")
    saying.correct(venue, made.seq, place="block-112")
    (one,) = crowd.crowd(venue.log, live(venue.log))
    assert (one.place, one.present) == ("block-112", 1420)
    assert line(venue, made.seq).text == "1420 present: met de teller"
    assert line(venue, made.seq).struck[0].text == "1240 present: met de teller"
    with pytest.raises(RuleError, match="reads so already"):
        saying.correct(venue, made.seq, number=1420)
    with pytest.raises(RuleError, match="is no count"):
        saying.correct(venue, saying.note(venue, "x").seq, number=3)


def test_the_words_of_a_count_go_and_its_number_stays(venue: Desk) -> None:
    made = counting.count(venue, 70, measure="percent", text="Jan telde", place="gate-f")
    withholding.erase(venue, (made.seq,), "op verzoek")
    (one,) = crowd.crowd(venue.log, live(venue.log))
    assert one.percent == 70
    assert line(venue, made.seq).text == "70 %: [erased]"


@pytest.mark.parametrize(
    ("number", "measure", "says"),
    [
        (1000, "percent", "1000 percent cannot be counted: give 0 to 999 percent"),
        (-5, "percent", "-5 percent cannot be counted: give 0 to 999 percent"),
        (-5, "in", "-5 people cannot be counted: give 0 to 100,000,000"),
        (100_000_001, "present", "give 0 to 100,000,000"),
    ],
)
def test_what_cannot_be_counted_says_what_can(venue: Desk, number: int, measure: str, says: str) -> None:
    with pytest.raises(RuleError, match=says):
        counting.count(venue, number, measure=measure, place="gate-f")


# marks


def test_what_matters_is_found_and_only_by_who_may_read_it(venue: Desk, police: Desk) -> None:
    secret = saying.note(police, "qzvkanarie", audience=("police",)).seq
    open_one = saying.report(venue, "tas").seq
    for entry in (secret, open_one):
        marking.mark(police if entry == secret else venue, entry, reason="qzvkanarie" if entry == secret else "")
    log, now = venue.log, live(venue.log)
    assert [one.entry for one in timeline.whole(log, now, Filter(significant=True))] == [secret, open_one]
    assert [one.entry for one in timeline.whole(log, now, Filter(significant=True, reader="baken"))] == [open_one]
    assert len(timeline.page(log, now, Filter(significant=True, reader="police")).lines) == 2
    assert not any("qzv" in one.text for one in timeline.whole(log, now, Filter(reader="baken", system=True)))
    assert line(venue, open_one, "baken").significant
    with pytest.raises(RuleError, match="marked already"):
        marking.mark(venue, open_one)
    marking.mark(venue, open_one, significant=False)
    assert not line(venue, open_one).significant
    assert list(timeline.whole(log, live(log), Filter(significant=True, reader="baken"))) == []
    assert line_at(venue, open_one, now.position).significant
    with pytest.raises(RuleError, match="is not marked"):
        marking.mark(venue, open_one, significant=False)


def line_at(desk: Desk, entry: int, position: int) -> Line:
    found = timeline.entry(desk.log, live(desk.log)._replace(position=position), entry)
    assert found
    return found


def test_a_closed_log_can_still_be_marked(venue: Desk) -> None:
    entry = saying.note(venue, "besluit").seq
    closing.close(venue)
    marking.mark(venue, entry)
    assert line(venue, entry).significant


# units


def test_what_a_unit_says_and_what_it_has_are_two_things(venue: Desk, baken: Desk, clock: Clock) -> None:
    task = tasks.propose(venue, "aanspreken", to_unit="Service 3").seq
    tasks.accept(baken, task)
    units.set_status(baken, "service 3", "free")
    (unit,) = [one for one in all_units(venue.log, live(venue.log)) if one.callsign == "Service 3"]
    assert (unit.said, [one.state for one in unit.tasks], unit.differs) == ("free", ["accepted"], True)
    clock.tick()
    units.set_status(baken, "Service 3", "busy", task=task)
    (unit,) = [one for one in all_units(venue.log, live(venue.log)) if one.callsign == "Service 3"]
    assert (unit.said, unit.on, unit.differs) == ("busy", unit.tasks[0].reference, False)
    tasks.done(baken, task)
    assert [one.said for one in all_units(venue.log, live(venue.log)) if one.callsign == "Service 3"] == ["busy"]
    for unit_name, status, on in (("Nobody", "free", 0), ("Oog 2", "asleep", 0), ("Oog 2", "free", task)):
        with pytest.raises(RuleError):
            units.set_status(venue, unit_name, status, task=on)
    with pytest.raises(RuleError, match="is no task"):
        units.set_status(venue, "Oog 2", "busy", task=1)


def test_what_comes_later_from_paper_does_not_undo_what_was_said_since(baken: Desk, clock: Clock) -> None:
    earlier = clock.now
    clock.tick()
    units.set_status(baken, "Oog 2", "out")
    units.set_status(baken, "Oog 2", "free", occurred_at=earlier, paper="B1-01/1")
    assert [one.said for one in all_units(baken.log, live(baken.log)) if one.callsign == "Oog 2"] == ["out"]


def test_a_unit_of_which_a_reader_may_not_know(baken: Desk) -> None:
    units.set_status(baken, "Oog 2", "out", text="qzv", audience=("baken",))
    assert [one.said for one in all_units(baken.log, live(baken.log), "police") if one.callsign == "Oog 2"] == [""]


def test_who_may_not_read_a_task_does_not_read_what_a_unit_does_on_it(venue: Desk, baken: Desk, clock: Clock) -> None:
    task = tasks.propose(venue, "kijk mee", to_unit="Service 3", audience=("venue",), place="gate-f").seq
    made = units.set_status(venue, "Service 3", "busy", task=task, text="qzvkanarie")
    assert (set(made.frame.audience), made.frame.place) == ({"venue", "baken"}, "gate-f")
    assert timeline.entry(venue.log, live(venue.log), made.seq, "police") is None
    assert "qzvkanarie" in line(venue, made.seq, "baken").text
    tasks.hand_over(baken, task, to_party="aid", reason="druk")
    clock.tick()
    later = units.set_status(venue, "Service 3", "busy", task=task, text="nog even")
    assert "aid" in later.frame.audience  # whoever holds a task reads what is said of it
    free = units.set_status(venue, "Service 3", "free")
    assert free.frame.audience == ()


# paper


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("P2-07/3", "P2-07/3"),
        (" p2-7/03 ", "P2-07/3"),
        ("P2-1234/12", "P2-1234/12"),
        ("P2", ""),
        ("P2-07/3 Jan", ""),
        ("P2-07/٣", ""),
        ("P2-07/3\n", "P2-07/3"),
        ("=P2-07/3", ""),
        ("P2-07/" + "3" * 9, ""),
    ],
)
def test_a_line_of_paper_is_a_code(text: str, code: str) -> None:
    assert sheet_line(text) == code


def test_a_line_of_paper_is_typed_once(venue: Desk, police: Desk, clock: Clock) -> None:
    clock.tick(3600)
    then = clock.now - 1_200_000
    made = saying.note(venue, "hek om", occurred_at=then, paper="p2-7/3")
    assert (made.frame.paper, made.frame.occurred_at, made.frame.logged_at) == ("P2-07/3", then, clock.now)
    assert line(venue, made.seq).paper == "P2-07/3"
    with pytest.raises(RuleError, match=rf"typed already: it is {made.reference}"):
        saying.report(police, "anders", occurred_at=then, paper="P2-07/3")
    with pytest.raises(RuleError, match="Say when"):
        saying.note(venue, "wanneer", paper="P2-07/4")
    with pytest.raises(RuleError, match="no line of a paper sheet"):
        saying.note(venue, "wat", occurred_at=then, paper="bierviltje")
    tasks.propose(venue, "kom", to_party="police", occurred_at=then, paper="P2-07/4", finish_by=clock.now)
    with pytest.raises(RuleError, match=rf"`add {made.reference}`\), or give another line"):
        saying.note(police, "ook", occurred_at=then, paper="P2-07/3")


def test_a_sheet_that_was_never_printed_is_told_of_and_not_refused(venue: Desk, police: Desk) -> None:
    for form in ("sheets:7-12", "sheets:20-20", "pdf", "sheets:x-y", f"sheets:1-{'9' * 5000}"):
        with venue.writing():
            venue.append(Exported, form=form, file=bytes(32))
    for paper in ("V1-07/3", " v1-12/1", "V1-20/9", "", "bierviltje"):
        assert not_printed(venue, paper) == ""
    for paper, sheet in (("V1-6/3", "V1-06"), ("V1-13/3", "V1-13"), ("P1-07/3", "P1-07")):
        assert f"Sheet {sheet} was not printed" in not_printed(police, paper)


# whose word it is


def test_a_correction_from_another_desk_does_not_take_the_words_over(venue: Desk, police: Desk) -> None:
    own = saying.note(police, "wit busje").seq
    saying.correct(venue, own, "wit bestelbusje", reason="telefoon")
    assert (line(venue, own).party, line(venue, own).text) == ("police", "wit bestelbusje")
    theirs = saying.report(venue, "man filmt", source=Source("baken", "Oog 2", "profiler")).seq
    saying.correct(police, theirs, "vrouw filmt")
    assert (line(venue, theirs).party, line(venue, theirs).unit) == ("baken", "Oog 2")
    saying.correct(police, theirs, source=Source(channel="telefoon"))
    assert line(venue, theirs).party == "baken"
    saying.correct(police, own, source=Source("venue"))
    assert line(venue, own).party == "venue"


# misdirected


def test_the_right_one_is_told_and_the_wrong_one_what_to_do(venue: Desk, police: Desk, baken: Desk) -> None:
    entry = saying.note(venue, "qzvkanarie", audience=("venue", "baken")).seq
    made = misdirecting.misdirected(venue, entry, "baken", "police", "vergeet het", take_back=True)
    log = venue.log
    assert line(venue, entry, "police").text == "qzvkanarie"
    assert line(venue, entry, "baken").recalled
    assert "vergeet het" in line(venue, made.seq, "baken").text
    assert [one.reached for one in open_items(log, live(log), "baken").unread] == ["baken"]
    with pytest.raises(RuleError, match=r"for Baken Security to confirm.*`--by PARTY`"):
        misdirecting.confirm_read(police, made.seq)
    misdirecting.confirm_read(baken, made.seq)
    assert open_items(log, live(log)).unread == []
    with pytest.raises(RuleError, match="confirmed this already"):
        misdirecting.confirm_read(baken, made.seq)
    assert timeline.entry(log, live(log), made.seq, "aid") is None


def test_a_misdirection_that_cannot_be_leaves_nothing_behind(venue: Desk, police: Desk) -> None:
    own = saying.note(police, "van ons", audience=("police", "venue")).seq
    head = venue.log.head.seq
    for reached, meant, text in (
        ("baken", "aid", "x"),
        ("venue", "venue", "x"),
        ("venue", "nato", "x"),
        ("venue", "aid", " "),
    ):
        with pytest.raises(RuleError):
            misdirecting.misdirected(venue, own, reached, meant, text)
    with pytest.raises(RuleError, match="always reads its own"):
        misdirecting.misdirected(venue, own, "police", "aid", "x", take_back=True)
    assert venue.log.refresh() == head


def test_what_is_unread_stays_in_the_old_log_and_can_be_confirmed_there(
    venue: Desk, baken: Desk, tmp_path: Path
) -> None:
    entry = saying.note(venue, "x", audience=("venue", "baken")).seq
    made = misdirecting.misdirected(venue, entry, "baken", "police", "vergeet het")
    units.set_status(venue, "Oog 2", "out")
    told = continuing.continue_log(venue, tmp_path / "next.clog", settings_folder())
    assert told.stays == 1
    misdirecting.confirm_read(baken, made.seq)
    assert open_items(venue.log, live(venue.log)).unread == []
    with Log(tmp_path / "next.clog", clock=venue.log.clock) as log:
        assert [one.said for one in all_units(log, live(log)) if one.callsign == "Oog 2"] == ["out"]


# frames that no verb would write


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("counted", "count", -1),
        ("counted", "count", 10**30),
        ("counted", "measure", "litres"),
        ("unit_status", "status", "asleep"),
        ("agreement", "parties", "police"),
        ("marked", "significant", "very"),
    ],
)
def test_a_frame_that_no_program_wrote_is_refused_when_it_is_read(
    venue: Desk, kind: str, field: str, value: object
) -> None:
    made = {
        "counted": lambda: counting.count(venue, 1, place="gate-f"),
        "unit_status": lambda: units.set_status(venue, "Oog 2", "free"),
        "agreement": lambda: agreeing.agree_on(venue, "x", ("police",)),
        "marked": lambda: marking.mark(venue, saying.note(venue, "x").seq),
    }[kind]()
    said = {**msgspec.json.decode(encode(made.frame)), field: value}
    with pytest.raises(msgspec.ValidationError):
        decode_frame(msgspec.json.encode(said))


def test_what_speaks_of_nothing_is_kept_and_changes_nothing(venue: Desk) -> None:
    """References to records that the log does not have, and to records of another kind."""
    note = saying.note(venue, "x")
    with venue.writing():
        for one in (bytes(16), note.id, b""):
            venue.append(d.AgreementAffirmed, Words(), agreement=one)
            venue.append(d.AgreementEnded, Words(), agreement=one)
            venue.append(d.Marked, Words(), entry=one)
            venue.append(d.UnitStatus, Words(), unit="x" * 5000, status="busy", task=one)
            venue.append(d.Misdirected, Words(), entry=one, reached="nato", meant_for="")
            venue.append(d.MisdirectedRead, Words(), misdirected=one)
    log = venue.log
    assert first_difference(log.path) is None
    items = open_items(log, live(log))
    assert len(items.conflicts) == 9
    assert list(timeline.whole(log, live(log), Filter(system=True)))
    assert all_units(log, live(log))[-1].callsign == "x" * 5000
