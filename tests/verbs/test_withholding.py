"""Recalling, erasing and preserving: what each does, to whom, and what it refuses; with canaries on every screen."""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.export.exporting import FORMS, export
from commandlog.log.derived import recalls
from commandlog.log.desk import Desk, sit_down
from commandlog.log.erasing import purge
from commandlog.log.keys import settings_folder
from commandlog.log.rebuild import first_difference, rebase, stored, take
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import RuleError
from commandlog.model.frames import Frame, Source
from commandlog.model.keeping import Erased, Held, Recalled, Released
from commandlog.model.records import Corrected, DecisionWords, HandedOver, Linked, Proposed, Record, TaskStep, Words
from commandlog.verbs import (
    agreeing,
    assessing,
    incidents,
    levels,
    marking,
    misdirecting,
    saying,
    tasks,
    units,
    withholding,
)
from commandlog.verbs.attaching import attach
from commandlog.views import attachments, board, counts, moments, open_items, timeline
from commandlog.views.filters import Filter
from commandlog.views.lines import Line
from commandlog.views.moments import Moment, live
from tests.events import Clock
from tests.export.reading import everything as bytes_of
from tests.log.histories import HISTORY, PARTIES, Step, begin, play

CANARY = "qzvkanarie"
SCREENS = (
    Filter(),
    Filter(system=True),
    Filter(search=CANARY),
    Filter(search="qzv"),
    Filter(place="block-112"),
    Filter(category="medical"),
    Filter(kind="report"),
    Filter(state="received"),
    Filter(state="assessed"),
    Filter(priority="urgent"),
)


@pytest.fixture
def aid(venue: Desk) -> Desk:
    return sit_down(venue.log, settings_folder(), "aid")


def say(desk: Desk, text: str = "vrouw onwel", audience: tuple[str, ...] = ()) -> int:
    """Say something that has the canary in its words, and facets that tell what it is about."""
    return saying.report(
        desk,
        f"{text} {CANARY}",
        person=CANARY,
        where=CANARY,
        place="block-112",
        category="medical",
        priority="urgent",
        audience=audience,
    ).seq


def shown(log: Log, party: str, moment: Moment | None = None) -> str:
    """Everything that a party sees on any screen, as text."""
    moment = moment or live(log)
    found: list[object] = []
    for wanted in SCREENS:
        one = Filter(**{**{name: getattr(wanted, name) for name in wanted.__struct_fields__}, "reader": party})
        found.append(list(timeline.whole(log, moment, one)))
        found.append(timeline.page(log, moment, one, limit=500).lines)
        if not one.search:
            found.append(counts.counts(log, moment, one))
    for entry in range(1, moment.position + 1):
        found += [f(log, moment, entry, party) for f in (timeline.entry, timeline.at_record, timeline.thread)]
    found += [board.tasks(log, moment, reader=party), open_items.open_items(log, moment, party)]
    found.append(attachments.attachments(log, moment, party))
    return repr(found)


def stub(log: Log, party: str, entry: int) -> Line:
    line = timeline.entry(log, live(log), entry, party)
    assert line
    return line


# -- recall ------------------------------------------------------------------------------------------------------------


def test_a_recalled_party_sees_that_it_is_there_and_nothing_else(venue: Desk, clock: Clock) -> None:
    entry = say(venue)
    then = live(venue.log)
    before = stub(venue.log, "baken", entry)
    clock.tick()
    withholding.recall(venue, (entry,), ("baken", "police"), "naam van een patiënt")
    for party in ("baken", "police"):
        assert CANARY not in shown(venue.log, party)
        line = stub(venue.log, party, entry)
        assert line == Line(
            seq=entry,
            entry=entry,
            reference=before.reference,
            kind="",
            occurred_at=before.occurred_at,
            logged_at=before.logged_at,
            party="venue",
            text="[recalled]",
            thread=entry,
            recalled=True,
        )
        assert CANARY in shown(venue.log, party, then)  # a control, and what it had then it still had then
    for party in ("venue", "aid", ""):
        assert CANARY in shown(venue.log, party)
    assert first_difference(venue.log.path) is None


def test_totals_tell_nothing_of_what_was_recalled(venue: Desk) -> None:
    entry = say(venue)
    assessing.assess(venue, entry, "observe")
    withholding.recall(venue, (entry,), ("baken",), "te ruim", thread=True)
    found = counts.counts(venue.log, live(venue.log), Filter(reader="baken"))
    assert (found.entries, found.by_category, found.by_place, found.by_priority, found.by_disposition) == (
        3,
        {},
        {},
        {},
        {},
    )
    assert found.by_kind == {"recalled": 1}
    assert counts.number(venue.log, live(venue.log), Filter(reader="baken")) == 3
    assert counts.counts(venue.log, live(venue.log), Filter(reader="aid")).by_category == {"medical": 2}


def test_what_later_hangs_on_it_does_not_reach_the_party_either(venue: Desk, police: Desk, clock: Clock) -> None:
    entry = say(venue)
    withholding.recall(venue, (entry,), ("baken",), "te ruim")
    clock.tick()
    added = saying.add_to(police, entry, f"en dit {CANARY}").seq
    saying.correct(venue, entry, f"toch {CANARY}", place="gate-f", reason=CANARY)
    saying.correct(venue, added, f"en dat {CANARY}", reason=CANARY)
    assessing.assess(venue, entry, "observe", text=CANARY)
    task = tasks.propose(venue, f"kijk {CANARY}", to_party="aid", entry=entry).seq
    tasks.accept(venue, task, text=CANARY, source=Source("aid"))
    tasks.hand_over(venue, task, to_party="police", reason=CANARY)
    assessing.feed_back(venue, entry, CANARY)
    attach(venue, entry, CANARY.encode(), name=f"{CANARY}.txt", text=CANARY)
    assert CANARY not in shown(venue.log, "baken")
    assert [line.text for line in timeline.whole(venue.log, live(venue.log), Filter(reader="baken"))] == [
        "[recalled]",
        "V1-4 recalled from Baken Security: te ruim",
    ]
    assert board.tasks(venue.log, live(venue.log), reader="baken") == []
    assert len(list(timeline.whole(venue.log, live(venue.log), Filter(reader="aid")))) == 9
    assert first_difference(venue.log.path) is None


def test_what_hung_on_it_before_stays_unless_the_thread_is_recalled(venue: Desk, police: Desk) -> None:
    entry = say(venue)
    added = saying.add_to(venue, entry, f"en dit {CANARY}").seq
    own = saying.add_to(sit_down(venue.log, settings_folder(), "baken"), entry, "dat zag ik ook").seq
    saying.add_to(venue, own, f"hoe {CANARY} heet zij")
    file = attach(venue, entry, b"foto", name=CANARY).seq
    withholding.recall(venue, (entry,), ("baken",), "te ruim")
    texts = [line.text for line in timeline.whole(venue.log, live(venue.log), Filter(reader="baken"))]
    assert f"en dit {CANARY}" in texts
    assert not any("foto" in text for text in texts)  # an attachment is part of its entry
    with pytest.raises(RuleError, match="no such attachment"):
        attachments.content(venue.log, live(venue.log), file, "baken")
    assert [venue.log.record(seq).words for seq in withholding.still_read(venue, (entry,), ("baken",))] == [
        Words(text=f"en dit {CANARY}"),
        Words(text=f"hoe {CANARY} heet zij"),
    ]
    withholding.recall(venue, (added,), ("baken",), "ook te ruim")
    withholding.release(venue, (entry,), "baken", "toch nodig")
    withholding.recall(venue, (entry,), ("baken",), "te ruim", thread=True)
    assert CANARY not in shown(venue.log, "baken")
    assert stub(venue.log, "baken", own).text == "dat zag ik ook"
    assert first_difference(venue.log.path) is None


def test_a_release_gives_it_back_in_all_its_versions(venue: Desk, clock: Clock) -> None:
    entry = say(venue, audience=("police",))
    withholding.release(venue, (entry,), "baken", "art. 4")
    clock.tick()
    withholding.recall(venue, (entry,), ("baken",), "te ruim")
    during = live(venue.log)
    saying.correct(venue, entry, f"toch {CANARY}")
    assert stub(venue.log, "baken", entry).recalled
    assert not open_items.open_items(
        venue.log, live(venue.log)
    ).untold  # nobody has to tell it to whom it is taken from
    withholding.release(venue, (entry,), "baken", "art. 4")
    line = stub(venue.log, "baken", entry)
    assert (line.text, [old.text for old in line.struck]) == (f"toch {CANARY}", [f"vrouw onwel {CANARY}"])
    assert CANARY not in shown(venue.log, "baken", during)
    withholding.recall(venue, (entry,), ("baken",), "nu echt")
    assert CANARY not in shown(venue.log, "baken")
    assert first_difference(venue.log.path) is None


def test_a_correction_that_was_never_told_is_recalled_with_the_rest(venue: Desk) -> None:
    entry = say(venue, audience=("police",))
    withholding.release(venue, (entry,), "baken", "art. 4")
    saying.correct(venue, entry, f"toch {CANARY}")
    assert stub(venue.log, "baken", entry).text == "[corrected, text withheld]"
    assert [one.party for one in open_items.open_items(venue.log, live(venue.log)).untold] == ["baken"]
    withholding.recall(venue, (entry,), ("baken",), "te ruim")
    assert CANARY not in shown(venue.log, "baken")
    assert stub(venue.log, "baken", entry).text == "[recalled]"
    assert not open_items.open_items(venue.log, live(venue.log)).untold


def test_a_task_that_is_handed_over_again_is_known_again(venue: Desk, police: Desk) -> None:
    task = tasks.propose(venue, f"kijk {CANARY}", to_party="baken").seq
    with pytest.raises(RuleError, match="has the task"):
        withholding.recall(venue, (task,), ("baken",), "te ruim")
    tasks.hand_over(venue, task, to_party="police", reason="dichterbij")
    withholding.recall(venue, (task,), ("baken",), "te ruim", thread=True)
    assert CANARY not in shown(venue.log, "baken")
    (bare,) = board.tasks(venue.log, live(venue.log), reader="baken")
    assert (bare.reference, bare.text, bare.row.state, bare.row.assignee, bare.recalled) == (
        "V1-4",
        "[recalled]",
        "recalled",
        "",
        True,
    )
    assert board.tasks(venue.log, live(venue.log), reader="baken", open_only=True) == []
    assert counts.counts(venue.log, live(venue.log), Filter(reader="baken")).tasks_by_state == {"recalled": 1}
    tasks.hand_over(police, task, to_party="baken", reason="toch")
    (line,) = board.tasks(venue.log, live(venue.log), reader="baken")
    assert line.text == f"kijk {CANARY}"
    tasks.accept(venue, task, source=Source("baken"), text=f"ik {CANARY}")
    assert f"ik {CANARY}" in shown(venue.log, "baken")
    assert first_difference(venue.log.path) is None


def test_who_wrote_or_said_it_always_reads_it(venue: Desk, baken: Desk) -> None:
    said = saying.report(venue, "gezien", source=Source("baken", "Oog 2", "profiler")).seq
    for party in ("venue", "baken"):
        with pytest.raises(RuleError, match="always reads its own"):
            withholding.recall(venue, (said,), (party,), "te ruim")
    with venue.writing():  # nor can a record of another program take it away
        venue.append(
            Recalled, Words(reason="x"), records=(venue.log.record(said).id,), from_parties=("venue", "baken", "aid")
        )
    assert venue.log.db.execute("SELECT party FROM recalls").fetchall() == [("aid",)]
    assert stub(venue.log, "baken", said).text == "gezien"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d, e: withholding.recall(d, (e,), ("baken",), " "), "needs a reason"),
        (lambda d, e: withholding.recall(d, (e,), (), "x"), "from whom"),
        (lambda d, e: withholding.recall(d, (), ("baken",), "x"), "names the entries"),
        (lambda d, e: withholding.recall(d, (999,), ("baken",), "x"), "no entry"),
        (lambda d, e: withholding.recall(d, (e,), ("nobody",), "x"), "no party “nobody”"),
        (lambda d, e: withholding.recall(d, (e,), ("baken",), "x"), "cannot read V1-4: there is nothing to recall"),
        (lambda d, e: withholding.recall(d, (3,), ("baken",), "x"), "cannot be read without V1-3"),
        (lambda d, e: withholding.erase(d, (e,), ""), "needs a ground"),
        (lambda d, e: withholding.erase(d, (), "x"), "Say what"),
        (lambda d, e: withholding.erase(d, (1,), "x"), "cannot be read without V1-1"),
        (lambda d, e: withholding.erase(d, (2,), "x"), "cannot be read without V1-2"),
        (lambda d, e: withholding.erase(d, (3,), "x"), "covenant"),
        (lambda d, e: withholding.erase(d, (999,), "x"), "no entry"),
        (lambda d, e: withholding.hold(d, (e,), "\n"), "names who demands it"),
        (lambda d, e: withholding.hold(d, (999,), "OM"), "no entry"),
        (lambda d, e: withholding.lift_hold(d, e, "x"), "no hold that is in force"),
        (lambda d, e: withholding.lift_hold(d, e, ""), "needs a reason"),
        (lambda d, e: withholding.destroy_copy(d, e, "x"), "no copy"),
        (lambda d, e: withholding.destroy_copy(d, e, ""), "how it is known"),
    ],
)
def test_what_is_refused_says_what_to_do(venue: Desk, change: Callable[[Desk, int], object], says: str) -> None:
    entry = say(venue, audience=("police",))
    before = venue.log.head.seq
    with pytest.raises(RuleError, match=says):
        change(venue, entry)
    assert venue.log.refresh() == before


def test_nothing_is_recalled_or_erased_twice(venue: Desk) -> None:
    entry, silent = say(venue), tasks.propose(venue, "loop mee", to_party="police").seq
    step = tasks.accept(venue, silent, source=Source("police")).seq
    withholding.recall(venue, (entry,), ("baken",), "te ruim")
    with pytest.raises(RuleError, match="nothing to recall"):
        withholding.recall(venue, (entry,), ("baken",), "te ruim")
    withholding.erase(venue, (entry,), "op verzoek")
    with pytest.raises(RuleError, match="erased already"):
        withholding.erase(venue, (entry,), "op verzoek")
    with pytest.raises(RuleError, match="no words"):
        withholding.erase(venue, (step,), "op verzoek")


def test_a_party_cannot_correct_back_what_was_recalled_from_it(venue: Desk, baken: Desk) -> None:
    entry = say(venue)
    withholding.recall(venue, (entry,), ("baken",), "te ruim")
    with pytest.raises(RuleError, match="cannot be read here"):
        saying.correct(baken, entry, place="gate-f")
    assert CANARY not in shown(venue.log, "baken")


@pytest.mark.parametrize("suffix", sorted(set(FORMS) - {".geojson"}))  # which holds only what has a place
@pytest.mark.parametrize("how", ["recalled", "erased", "both"])
def test_no_byte_of_a_document_for_a_party_has_it(venue: Desk, tmp_path: Path, suffix: str, how: str) -> None:
    entry = say(venue)
    saying.correct(venue, entry, f"toch {CANARY}", reason=f"want {CANARY}")
    decided = saying.decide(venue, DecisionWords(decision=CANARY, known=CANARY, reason=CANARY)).seq
    task = tasks.propose(venue, CANARY, to_party="police", entry=entry, reason=CANARY).seq
    tasks.accept(venue, task, source=Source("police"), text=CANARY)
    titled = incidents.open_incident(venue, CANARY, entries=(entry,)).seq
    level = levels.set_level(venue, "venue", "orange", text=CANARY).seq
    attach(venue, entry, CANARY.encode() * 9, name=CANARY, text=CANARY)
    marking.mark(venue, entry, reason=CANARY)
    then = live(venue.log)
    entries = (entry, decided, titled, level)
    if how != "erased":
        withholding.recall(venue, entries, ("baken",), "te ruim", thread=True)
    if how != "recalled":
        withholding.erase(venue, entries, "op verzoek", thread=True)
    path, before = tmp_path / f"uit{suffix}", tmp_path / f"toen{suffix}"
    export(venue.log, path, live(venue.log), for_party="baken", desk=venue)
    assert CANARY.encode() not in bytes_of(path)
    export(venue.log, before, then, for_party="baken", desk=venue)
    if suffix != ".zip":  # a control: what it had before the recall; a bundle hands nothing out again
        assert (CANARY.encode() in bytes_of(before)) == (how == "recalled")
    export(venue.log, tmp_path / f"alles{suffix}", live(venue.log), desk=venue)
    assert (CANARY.encode() in bytes_of(tmp_path / f"alles{suffix}")) == (how == "recalled")
    assert verify(venue.log.path, deep=True).holds


# -- what hangs on an entry --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("thread", [False, True], ids=["entry", "thread"])
@pytest.mark.parametrize("how", ["recalled", "erased"])
def test_why_it_was_marked_goes_with_the_entry(venue: Desk, tmp_path: Path, thread: bool, how: str) -> None:
    entry = saying.report(venue, "tas").seq
    marking.mark(venue, entry, reason=f"{CANARY} Jan Jansen")
    marking.mark(venue, entry, significant=False, reason=f"toch niet {CANARY}")
    photo = attach(venue, entry, b"foto", name="foto").seq
    marking.mark(venue, photo, reason=CANARY)
    assert CANARY in shown(venue.log, "baken")
    if how == "recalled":
        withholding.recall(venue, (entry,), ("baken",), "te ruim", thread=thread)
    else:
        withholding.erase(venue, (entry,), "op verzoek", thread=thread)
        purge(venue.log)
        assert CANARY not in shown(venue.log, "")
    assert CANARY not in shown(venue.log, "baken")
    bundle = tmp_path / "voor-baken.zip"
    export(venue.log, bundle, live(venue.log), for_party="baken", desk=venue)
    assert CANARY.encode() not in bytes_of(bundle)
    path = venue.log.path
    assert first_difference(path) is None
    assert verify(path, deep=True).holds
    venue.log.close()
    assert (CANARY.encode() in path.read_bytes()) == (how == "recalled")


def everything_that_hangs(venue: Desk, police: Desk, aid: Desk) -> tuple[tuple[int, ...], list[Record]]:
    """Write an entry, a task, an agreement and a level, and a record of every kind that can hang on them."""
    entry = say(venue)
    task = tasks.propose(venue, CANARY, to_unit="Service 3", entry=entry)
    agreement = agreeing.agree_on(venue, CANARY, ("police",)).seq
    level = levels.set_level(venue, "venue", "orange", text=CANARY).seq
    astray = misdirecting.misdirected(venue, entry, "aid", "police", CANARY)
    made = [
        task,
        tasks.accept(venue, task.seq, text=CANARY, source=Source("baken")),
        units.set_status(venue, "Service 3", "busy", task=task.seq, text=CANARY),
        saying.correct(venue, entry, f"toch {CANARY}", reason=CANARY),
        saying.add_to(venue, entry, CANARY),
        assessing.assess(venue, entry, "observe", text=CANARY),
        marking.mark(venue, entry, reason=CANARY),
        marking.mark(venue, task.seq, reason=CANARY),
        attach(venue, entry, CANARY.encode(), name=CANARY, text=CANARY),
        assessing.feed_back(venue, entry, CANARY),
        astray,
        misdirecting.confirm_read(aid, astray.seq, text=CANARY),
        agreeing.deny_agreement(police, agreement, CANARY),
        agreeing.affirm_agreement(police, agreement, text=CANARY),
        agreeing.end_agreement(police, agreement, text=CANARY),
        levels.confirm_level(police, "venue", person=CANARY),
    ]
    return (entry, agreement, level), made


def test_whatever_hangs_on_an_entry_goes_with_it(venue: Desk, police: Desk, aid: Desk) -> None:
    roots, made = everything_that_hangs(venue, police, aid)
    found = {seq for root in roots for seq in withholding.whole(venue, root, thread=True)}
    assert {one.seq for one in made} <= found
    for one in made:
        row = venue.log.db.execute("SELECT thread FROM entries WHERE since = ?", (one.seq,)).fetchone()
        assert row[0] in roots, one.frame
    task = made[0].seq
    tasks.withdraw(venue, task)
    other = saying.note(venue, CANARY).seq  # a control
    withholding.recall(venue, roots, ("police",), "te ruim", thread=True)
    own = {one.seq for one in made if one.frame.by.party == "police"}
    still = {seq for seq in range(1, live(venue.log).position + 1) if recalls.reads(venue.log.db, seq, "police")}
    assert still & {one.seq for one in made} == own
    withholding.erase(venue, roots, "op verzoek", thread=True)
    with_it = [r.seq for r in venue.log.records() if r.words and CANARY in repr(r.words)]
    assert with_it == [other]
    assert first_difference(venue.log.path) is None


def test_what_later_hangs_on_a_recalled_task_or_agreement_does_not_reach_the_party(venue: Desk, police: Desk) -> None:
    task = tasks.propose(venue, CANARY, to_unit="Oog 2").seq
    agreement = agreeing.agree_on(venue, CANARY, ("police",)).seq
    withholding.recall(venue, (task, agreement), ("aid",), "te ruim")
    units.set_status(venue, "Oog 2", "busy", task=task, text=CANARY)
    marking.mark(venue, task, reason=CANARY)
    agreeing.deny_agreement(police, agreement, CANARY)
    misdirecting.misdirected(venue, task, "police", "baken", CANARY)
    assert CANARY not in shown(venue.log, "aid")
    assert first_difference(venue.log.path) is None


# -- whom a decision reaches -------------------------------------------------------------------------------------------


def test_a_decision_concerns_those_who_may_read_the_entry(venue: Desk, police: Desk) -> None:
    entry = say(venue, audience=("police",))
    withholding.release(venue, (entry,), "aid", "art. 4")
    recalled = withholding.recall(venue, (entry,), ("aid",), "te ruim")
    held = withholding.hold(police, (entry,), "OM")
    lifted = withholding.lift_hold(police, held.seq, "sepot")
    erased = withholding.erase(police, (entry,), "op verzoek")
    assert set(recalled.frame.audience) == {"police", "venue", "aid"}
    for one in (held, lifted, erased):
        assert set(one.frame.audience) == {"police", "venue", "aid"}
    assert [line.text for line in timeline.whole(venue.log, live(venue.log), Filter(reader="baken"))] == []
    assert CANARY not in repr([one.words for one in (recalled, held, lifted, erased)])


def test_a_decision_about_several_entries_reaches_only_who_may_read_all_of_them(venue: Desk) -> None:
    one, other, open_to_all = say(venue, audience=("police", "aid")), say(venue, audience=("aid", "baken")), say(venue)
    assert set(withholding.hold(venue, (one, other, open_to_all), "OM").frame.audience) == {"venue", "aid"}
    told = withholding.release(venue, (say(venue, audience=("police",)), other), "police", "art. 4")
    assert set(told.frame.audience) == {"venue", "police"}
    assert withholding.hold(venue, (open_to_all,), "OM").frame.audience == ()


# -- erasing and preserving --------------------------------------------------------------------------------------------


def test_erasing_leaves_what_the_rules_need(venue: Desk, clock: Clock) -> None:
    entry = say(venue)
    assessing.assess(venue, entry, "observe", text=CANARY)
    task = tasks.propose(venue, f"zoek {CANARY}", to_party="police", entry=entry, answer_by=clock.now + 60_000).seq
    before = counts.counts(venue.log, live(venue.log), Filter())
    then = live(venue.log)
    decision = withholding.erase(venue, (entry,), "op verzoek", thread=True)
    assert len(decision.frame.records) == 3
    clock.tick(120)
    found = counts.counts(venue.log, live(venue.log), Filter())
    assert (found.by_category, found.by_place, found.tasks_by_state, found.tasks_late) == (
        before.by_category,
        before.by_place,
        before.tasks_by_state,
        1,
    )
    line = stub(venue.log, "police", entry)
    assert (line.text, line.place, line.state, line.disposition) == ("[erased]", "block-112", "assessed", "observe")
    (late,) = board.tasks(venue.log, live(venue.log))
    assert (late.text, late.late_answer, late.events[0].text.count("[erased]")) == ("[erased]", True, 1)
    for party in ("", "venue", "police"):
        assert CANARY not in shown(venue.log, party)
        assert CANARY not in shown(venue.log, party, then)  # at no earlier moment either
    tasks.accept(venue, task, source=Source("police"))
    assert verify(venue.log.path, deep=True).holds


def test_every_version_goes_also_one_that_came_too_late(venue: Desk) -> None:
    entry = say(venue)
    first = venue.log.record(entry).id
    saying.correct(venue, entry, f"toch {CANARY}", reason=CANARY)
    with venue.writing():
        venue.append(Corrected, Words(text=CANARY), entry=first, expects=first)
    beside = saying.add_to(venue, entry, "blijft staan").seq
    withholding.erase(venue, (entry,), "op verzoek")
    assert CANARY not in shown(venue.log, "")
    assert venue.log.record(beside).words == Words(text="blijft staan")


def test_what_hangs_in_the_middle_of_a_thread_is_erased_with_its_own(venue: Desk) -> None:
    entry = saying.report(venue, "blijft").seq
    added = saying.add_to(venue, entry, CANARY).seq
    saying.add_to(venue, added, CANARY)
    other = saying.add_to(venue, entry, "blijft ook").seq
    withholding.erase(venue, (added,), "op verzoek", thread=True)
    assert CANARY not in shown(venue.log, "")
    assert [line.text for line in timeline.thread(venue.log, live(venue.log), entry)][:4] == [
        "blijft",
        "[erased]",
        "[erased]",
        "blijft ook",
    ]
    assert venue.log.record(other).words


def test_what_is_preserved_cannot_be_erased(venue: Desk, police: Desk) -> None:
    entry, free = say(venue), say(venue)
    added = saying.add_to(venue, entry, CANARY).seq
    task = tasks.propose(venue, CANARY, to_party="police", entry=added).seq
    file = attach(venue, entry, b"foto").seq
    held = withholding.hold(police, (entry,), "Officier van justitie, parket 10/123")
    later = saying.add_to(venue, task, CANARY).seq
    for one in (entry, added, task, file, later):
        with pytest.raises(RuleError, match=r"preserved by P1-\d+ \(Officier van justitie, parket 10/123\)"):
            withholding.erase(venue, (one,), "op verzoek")
    with pytest.raises(RuleError, match="in force"):
        withholding.erase(venue, (held.seq,), "op verzoek")
    withholding.erase(venue, (free,), "op verzoek")
    all_of_it = withholding.hold(venue, (), "Wob-verzoek")
    assert all_of_it.frame == Held(
        **{name: getattr(all_of_it.frame, name) for name in all_of_it.frame.__struct_fields__ if name != "records"}
    )
    with pytest.raises(RuleError, match="Wob-verzoek"):
        withholding.erase(venue, (say(venue),), "op verzoek")
    withholding.lift_hold(venue, all_of_it.seq, "afgehandeld")
    withholding.lift_hold(police, held.seq, "sepot")
    with pytest.raises(RuleError, match="no hold that is in force"):
        withholding.lift_hold(police, held.seq, "nog eens")
    withholding.erase(venue, (entry,), "op verzoek", thread=True)
    withholding.erase(venue, (held.seq,), "naam van de officier")
    assert verify(venue.log.path, deep=True).holds


def test_a_decision_that_comes_behind_a_hold_in_the_order_destroys_nothing(venue: Desk) -> None:
    entry = say(venue)
    free = say(venue)
    held = withholding.hold(venue, (entry,), "OM")
    with venue.writing():  # as from a desk that did not know of the hold
        ids = (venue.log.record(entry).id, venue.log.record(free).id)
        decision = venue.append(Erased, Words(reason="op verzoek"), records=ids)
    assert venue.log.record(entry).words
    assert venue.log.record(free).words is None
    (conflict,) = open_items.open_items(venue.log, live(venue.log)).conflicts
    assert (conflict.reference, conflict.subject) == (decision.reference, "holds")
    assert conflict.met == held.reference
    assert verify(venue.log.path, deep=True).holds


def test_an_addition_of_a_desk_that_did_not_know_of_the_recall_does_not_arrive_either(
    venue: Desk, tmp_path: Path
) -> None:
    entry = say(venue)
    shared = list(stored(venue.log.db))
    with Log(tmp_path / "away.clog", clock=venue.log.clock, create=True) as away:
        away.db.execute("UPDATE meta SET value = ? WHERE key = 'log_id'", (venue.log.id,))
        away.id = venue.log.id
        rebase(away, shared)
        saying.add_to(sit_down(away, settings_folder(), "venue"), entry, f"offline {CANARY}")
        (mine,) = [one.provisional(0) for one in stored(away.db, entry + 1)]
        withholding.recall(venue, (entry,), ("baken",), "te ruim")
        with Log(tmp_path / "back.clog", clock=venue.log.clock, create=True) as back:
            rebase(back, shared)
            with back.writing():
                take(back.db, mine)
            everywhere = Moment(1 << 60, venue.now)
            assert any(CANARY in line.text for line in timeline.whole(back, everywhere, Filter(reader="baken")))
            rebase(back, list(stored(venue.log.db, entry + 1)))
            assert next(timeline.whole(back, everywhere, Filter(reader="baken"))).text == "[recalled]"
            assert not any(CANARY in line.text for line in timeline.whole(back, everywhere, Filter(reader="baken")))
            assert any(CANARY in line.text for line in timeline.whole(back, everywhere, Filter(reader="aid")))


def test_a_moment_before_is_as_it_was(venue: Desk, clock: Clock) -> None:
    entry = say(venue)
    position = venue.log.head.seq
    clock.tick()
    withholding.recall(venue, (entry,), ("baken",), "te ruim")
    clock.tick()
    withholding.release(venue, (entry,), "baken", "toch")
    for at, text in ((position, f"vrouw onwel {CANARY}"), (position + 1, "[recalled]"), (position + 2, CANARY)):
        line = timeline.entry(venue.log, moments.earlier(venue.log, str(at)), entry, "baken")
        assert line
        assert text in line.text


# -- whatever happens --------------------------------------------------------------------------------------------------


class Reading:
    """Who may read which record, told in the plainest way: one record after the other, sets of parties."""

    def __init__(self, log: Log) -> None:
        self.may: dict[bytes, set[str]] = {}
        self.taken: dict[bytes, set[str]] = {}
        self.own: dict[bytes, set[str]] = {}
        self.task: dict[bytes, bytes] = {}
        for record in log.records():
            self._next(record.id, record.frame)

    def _next(self, one: bytes, frame: Frame) -> None:
        self.may[one] = set(frame.audience or PARTIES)
        self.own[one] = {frame.speaker, frame.by.party}
        above = getattr(frame, "task", b"") or getattr(frame, "entry", b"")
        self.taken[one] = set()
        if isinstance(frame, Proposed):
            self.task[one] = one
        elif isinstance(frame, TaskStep):
            self.task[one] = frame.task
        if isinstance(frame, HandedOver):
            of_task = [seen for seen, task in self.task.items() if task == frame.task]
            self._tell(frame.to_party, of_task)
        if isinstance(frame, Released):
            self._tell(frame.to_party, list(frame.records))
        elif isinstance(frame, Recalled):
            for seen in frame.records:
                self.taken[seen] |= (set(frame.from_parties) & self.may[seen]) - self.own[seen]
        elif above and not isinstance(frame, Linked):
            self.taken[one] = self.taken.get(above, set()) - self.own[one] - {getattr(frame, "to_party", "")}

    def _tell(self, party: str, records: list[bytes]) -> None:
        for seen in records:
            self.may[seen].add(party)
            self.taken[seen].discard(party)

    def reads(self, party: str, one: bytes) -> bool:
        return party in self.may[one] - self.taken[one]


FEW = ("recall", "recall", "add", "add", "correct", "propose", "hand_over", "assess", "release", "attach", "erase")
FIRST: list[Step] = [(verb, who, 1, who, "", 0) for who, verb in enumerate(("note", "report", "propose", "note"))]
CLOSE = st.tuples(
    st.sampled_from(FEW), st.integers(0, 3), st.integers(6, 10), st.integers(0, 11), st.just(""), st.just(0)
)
"""Steps that have to do with each other: few kinds, about the same few entries."""


@given(HISTORY | st.lists(CLOSE, min_size=8, max_size=25).map(lambda steps: FIRST + steps))
def test_whatever_happens_no_party_sees_what_it_may_not_read(history: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desks = begin(Path(folder))
        with desks["venue"].log as log:
            play(desks, [(verb, who, a, b, f"uniek{n}q", t) for n, (verb, who, a, b, _text, t) in enumerate(history)])
            reading = Reading(log)
            records = [(one, re.findall(r"uniek\d+q", repr(one.words))) for one in log.records()]
            for party in PARTIES:
                may = {word for one, words in records for word in words if reading.reads(party, one.id)}
                seen = set(re.findall(r"uniek\d+q", shown(log, party)))
                assert seen <= may, (party, seen - may)
