"""The account of who has had what: complete, true of the past, and without a word of what the entries say."""

from pathlib import Path

import pytest

from commandlog.export.exporting import export
from commandlog.log.derived.entries import entry_of
from commandlog.log.desk import Desk
from commandlog.log.erasing import Unpurged, purge_all
from commandlog.model.frames import Source
from commandlog.model.keeping import Exported
from commandlog.model.records import Words
from commandlog.verbs import saying, tasks, withholding
from commandlog.verbs.attaching import attach
from commandlog.views import disclosure, timeline
from commandlog.views.disclosure import Disclosure
from commandlog.views.filters import Filter
from commandlog.views.moments import Moment, live
from tests.events import Clock

CANARY = "qzvkanarie"


def account(desk: Desk, entry: int, moment: Moment | None = None) -> Disclosure:
    (found,) = disclosure.disclosures(desk.log, moment or live(desk.log), entry=entry)
    return found


def copy(desk: Desk, folder: Path, name: str, party: str = "", moment: Moment | None = None) -> str:
    """Make a copy and return the reference of its record."""
    export(desk.log, folder / name, moment or live(desk.log), for_party=party, desk=desk)
    return desk.log.record(desk.log.head.seq).reference


def names(copies: tuple[disclosure.Copy, ...]) -> list[str]:
    return [one.deed.reference for one in copies]


def test_the_life_of_an_entry_is_told(venue: Desk, police: Desk, clock: Clock) -> None:
    entry = saying.note(police, CANARY, audience=("police", "venue")).seq
    at = clock.now
    clock.tick()
    released = withholding.release(police, (entry,), "baken", "art. 19 Wpg")
    clock.tick()
    corrected = saying.correct(police, entry, f"toch {CANARY}", reason="verhoord")
    clock.tick()
    recalled = withholding.recall(venue, (entry,), ("baken", "venue"), "te ruim", source=Source("police"))
    found = account(venue, entry)
    assert (found.reference, found.kind, found.at, found.party) == ("P1-2", "note", at, "police")
    assert (found.audience, found.kept_from) == (("police", "venue"), ())
    (told,) = found.told
    assert (told.party, told.how, told.deed.reference) == ("baken", "released", released.reference)
    assert (told.deed.party, told.deed.desk, told.deed.reason) == ("police", "P1", "art. 19 Wpg")
    assert told.deed.at == at + 60_000
    assert [(one.party, one.deed.reference, one.deed.reason, one.again) for one in found.taken] == [
        ("baken", recalled.reference, "te ruim", ""),
        ("venue", recalled.reference, "te ruim", ""),
    ]
    assert found.taken[0].deed.at == at + 180_000
    assert [(one.party, one.corrected) for one in found.older] == [("baken", corrected.reference)]
    assert not found.erased
    again = withholding.release(police, (entry,), "baken", "toch")
    found = account(venue, entry)
    assert [one.again for one in found.taken] == [again.reference, ""]
    assert found.older == ()
    assert len(found.told) == 2
    before = account(venue, entry, Moment(released.seq, clock.now))
    assert (len(before.told), before.taken, before.older) == (1, (), ())
    assert CANARY not in repr(disclosure.disclosures(venue.log, live(venue.log)))


def test_a_task_that_is_handed_over_tells_its_new_holder(venue: Desk) -> None:
    task = tasks.propose(venue, CANARY, to_party="police", audience=("venue", "police")).seq
    handed = tasks.hand_over(venue, task, to_party="baken")
    (told,) = account(venue, task).told
    assert (told.party, told.how, told.deed.reference) == ("baken", "handed_over", handed.reference)


def test_what_hangs_on_something_recalled_says_from_whom_it_was_kept(venue: Desk) -> None:
    entry = saying.note(venue, CANARY).seq
    withholding.recall(venue, (entry,), ("baken",), "te ruim")
    added = saying.add_to(venue, entry, CANARY).seq
    found = account(venue, added)
    assert (found.audience, found.kept_from, found.taken) == ((), ("baken",), ())


def test_the_list_names_what_was_not_for_all(venue: Desk, police: Desk) -> None:
    saying.note(venue, "voor iedereen")
    mine = saying.note(police, "van ons", audience=("police", "venue")).seq
    theirs = saying.note(venue, "alleen hier", audience=("venue",)).seq
    narrowed = saying.note(venue, "te ruim").seq
    withholding.recall(venue, (narrowed,), ("baken", "police"), "x")
    gone = saying.note(venue, "weg").seq
    withholding.erase(venue, (gone,), "op verzoek")
    now = live(venue.log)
    assert [one.entry for one in disclosure.disclosures(venue.log, now)] == [mine, theirs, narrowed, gone]
    assert [one.entry for one in disclosure.disclosures(venue.log, now, party="police")] == [mine, narrowed]
    assert [one.entry for one in disclosure.disclosures(venue.log, now, party="aid")] == []
    assert [one.entry for one in disclosure.disclosures(venue.log, now, reader="aid")] == [narrowed, gone]


def test_a_copy_holds_what_its_party_could_read_when_it_was_made(venue: Desk, tmp_path: Path) -> None:
    then = live(venue.log)
    entry = saying.note(venue, CANARY, audience=("police",)).seq
    copy(venue, tmp_path, "toen.csv", moment=then)
    everything = copy(venue, tmp_path, "alles.csv")
    police = copy(venue, tmp_path, "politie.csv", "police")
    copy(venue, tmp_path, "baken.csv", "baken")
    withholding.release(venue, (entry,), "baken", "art. 4")
    baken = copy(venue, tmp_path, "baken2.csv", "baken")
    withholding.recall(venue, (entry,), ("baken",), "te ruim")
    copy(venue, tmp_path, "baken3.csv", "baken")
    assert names(account(venue, entry).copies) == [everything, police, baken]
    for path in tmp_path.glob("*.csv"):  # the files themselves say the same
        assert (CANARY in path.read_text()) == (path.name in ("alles.csv", "politie.csv", "baken2.csv")), path
    withholding.destroy_copy(venue, venue.log.find(police), "versnipperd")
    assert names(account(venue, entry).copies) == [everything, baken]
    assert [bool(one.gone) for one in disclosure.copies(venue.log, live(venue.log))] == [False] * 2 + [True] + [
        False
    ] * 3
    (decision,) = [withholding.erase(venue, (entry,), "op verzoek")]
    copy(venue, tmp_path, "daarna.csv")
    assert CANARY not in (tmp_path / "daarna.csv").read_text()
    (erasure,) = disclosure.erasures(venue.log, live(venue.log))
    assert erasure.deed.reference == decision.reference
    assert names(erasure.copies) == names(account(venue, entry).copies) == [everything, baken]
    withholding.destroy_copy(venue, venue.log.find(everything), "gewist")
    withholding.destroy_copy(venue, venue.log.find(baken), "gewist")
    (erasure,) = disclosure.erasures(venue.log, live(venue.log))
    assert erasure.copies == ()


def test_an_export_says_up_to_which_record_it_is(venue: Desk, tmp_path: Path) -> None:
    first = saying.note(venue, "een")
    then = live(venue.log)
    saying.note(venue, "twee")
    copy(venue, tmp_path, "toen.csv", moment=then)
    frame = venue.log.record(venue.log.head.seq).frame
    assert isinstance(frame, Exported)
    assert frame.upto == first.id
    query = "SELECT upto FROM copies ORDER BY since"
    assert venue.log.db.execute(query).fetchall() == [(first.seq,)]
    with venue.writing():  # as older versions recorded it
        venue.append(Exported, Words(title="oud.csv"), form="csv", file=bytes(32))
    assert venue.log.db.execute(query).fetchall() == [(first.seq,), (venue.log.head.seq - 1,)]


def test_erasures_say_what_is_gone_and_what_waits(venue: Desk) -> None:
    entry = saying.note(venue, CANARY).seq
    saying.correct(venue, entry, f"toch {CANARY}")
    added = saying.add_to(venue, entry, CANARY).seq
    attach(venue, entry, b"foto", name=CANARY)
    withholding.erase(venue, (entry,), "verzoek 12", thread=True)
    (found,) = disclosure.erasures(venue.log, live(venue.log))
    assert (found.entries[:2], found.records, found.attachments) == (("V1-4", "V1-6"), 4, 1)
    assert (found.gone, found.pending) == (False, "the full text is being rewritten, 0 % done")
    assert entry_of(venue.log.db, added) == added
    purge_all(venue.log)
    (found,) = disclosure.erasures(venue.log, live(venue.log))
    assert (found.gone, found.pending, found.deed.reason) == (True, "", "verzoek 12")
    assert CANARY not in repr(found)


@pytest.mark.parametrize(
    ("left", "says"),
    [
        (None, ""),
        (Unpurged((b"",), done=3), "the full text is being rewritten, 100 % done"),
        (Unpurged((b"",), rewritten=True), "the old full text is being overwritten"),
        (
            Unpurged((b"",), rewritten=True, waiting=1_782_576_000_000),
            "another program reads the log, since 2026-06-27 18:00 or before: it goes on when that one ends",
        ),
    ],
)
def test_why_something_is_pending(venue: Desk, left: Unpurged | None, says: str) -> None:
    assert disclosure.why(venue.log, left) == says


def test_holds_are_listed_as_long_as_they_last(venue: Desk) -> None:
    entry = saying.note(venue, CANARY).seq
    saying.correct(venue, entry, f"toch {CANARY}")
    one, other = withholding.hold(venue, (entry,), "OM"), withholding.hold(venue, (), "Wob")
    found = disclosure.holds(venue.log, live(venue.log))
    assert [(hold.deed.reference, hold.deed.reason, hold.entries) for hold in found] == [
        (one.reference, "OM", ("V1-4",)),
        (other.reference, "Wob", ()),
    ]
    then = live(venue.log)
    withholding.lift_hold(venue, other.seq, "afgehandeld")
    assert [hold.deed.reason for hold in disclosure.holds(venue.log, live(venue.log))] == ["OM"]
    assert len(disclosure.holds(venue.log, then)) == 2
    lifted = disclosure.holds(venue.log, live(venue.log), lifted=True)[1].lifted
    assert lifted
    assert lifted.reason == "afgehandeld"


def test_every_recall_and_release_of_an_evening_is_in_the_account(venue: Desk) -> None:
    """A control: what a party can read now is what the account says that it has and was not taken."""
    for n in range(12):
        entry = saying.note(venue, f"regel {n}", audience=((), ("police",), ("police", "aid"))[n % 3]).seq
        if n % 2:
            withholding.release(venue, (entry,), "baken", "art. 4")
        if n % 4 == 1:
            withholding.recall(venue, (entry,), ("baken",), "te ruim")
        if n % 8 == 1:
            withholding.release(venue, (entry,), "baken", "toch")
    moment = live(venue.log)
    parties = [one.code for one in venue.covenant.parties]
    for entry in range(4, moment.position + 1):
        if entry_of(venue.log.db, entry) != entry or venue.log.record(entry).frame.speaker == "":
            continue
        told = account(venue, entry)
        for party in parties:
            reads = timeline.entry(venue.log, moment, entry, party)
            had = not told.audience or party in told.audience or party in [one.party for one in told.told]
            taken = party in [one.party for one in told.taken if not one.again]
            assert bool(reads and not reads.recalled) == (had and not taken), (entry, party)
    assert list(timeline.whole(venue.log, moment, Filter(reader="baken")))
