"""Who gets which record from the server is what every view says of who may read it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from msgspec.structs import replace

from commandlog.log.derived.entries import above, entry_of
from commandlog.log.derived.recalls import own
from commandlog.log.derived.table import PROVISIONAL, position_of
from commandlog.log.desk import Desk
from commandlog.log.rebuild import stored, take
from commandlog.log.store import Log
from commandlog.model.covenant import Party, Role
from commandlog.model.frames import By, Frame, Source
from commandlog.model.keeping import Erased, Recalled, Released
from commandlog.model.records import CovenantSet, DeskOpened, HandedOver, Note, Opened, Words
from commandlog.sharing.keeper import rights
from commandlog.verbs import saying, tasks, withholding
from commandlog.views.filters import readable
from tests.events import concert
from tests.log.histories import HISTORY, PARTIES, Step, begin, play

FITS = concert(roles=(*concert().roles, Role("officer", "Agent")))
BY: dict[str, Any] = {"by": By("venue", "V1"), "number": 1, "logged_at": 0, "occurred_at": 0}


def _readable(log: Log, seq: int, party: str, at: int = PROVISIONAL) -> bool:
    query = f"SELECT {readable(position=':p')} FROM entries e WHERE since = :seq"
    values = {"reader": party, "reader_in": f",{party},", "p": at, "seq": seq}
    return bool(log.db.execute(query, values).fetchone()[0])


def _expected(log: Log, seq: int) -> set[str]:
    """Return who may read a record by the views, and who beyond: its own, and who was told of what it erases or is."""
    db = log.db
    erased = db.execute("SELECT 1 FROM erasures WHERE record = ?", (seq,)).fetchone()
    may = {party for party in PARTIES if _readable(log, seq, party)}
    emptied = [record for (record,) in db.execute("SELECT record FROM erasures WHERE since = ?", (seq,))]
    told = [_had(log, one) for one in (*emptied, *([seq] if erased else []))]
    return may.union(own(db, seq), *told)


def _had(log: Log, seq: int) -> set[str]:
    """Return who ever had a record."""
    times = range(seq, log.head.seq + 1)
    return {party for party in PARTIES if any(_readable(log, seq, party, at) for at in times)} | {*own(log.db, seq)}


@given(HISTORY)
def test_readers_are_those_of_the_views(tmp_path_factory: object, history: list[Step]) -> None:
    desks = begin(_folder(tmp_path_factory))
    log = desks["venue"].log
    with log:
        play(desks, history)
        for seq in range(1, log.head.seq + 1):
            found = rights.readers(log.db, seq)
            assert found == [rights.EVERYBODY] or rights.EVERYBODY not in found
            assert set(PARTIES if found == [rights.EVERYBODY] else found) == _expected(log, seq)


@given(HISTORY, HISTORY)
def test_a_batch_changes_what_it_says_and_nothing_else(
    tmp_path_factory: object, before: list[Step], batch: list[Step]
) -> None:
    desks = begin(_folder(tmp_path_factory))
    log = desks["venue"].log
    with log:
        play(desks, before)
        first = log.head.seq + 1
        old = {seq: rights.readers(log.db, seq) for seq in range(1, first)}
        play(desks, batch)
        changed = rights.changed_by(log.db, first, log.head.seq)
        for seq, was in old.items():
            now = rights.readers(log.db, seq)
            if seq not in changed:
                assert now == was
            elif set(now) - set(was) and was != [rights.EVERYBODY]:
                assert changed[seq] >= first
        touched, known = rights.touched(log.db, first), rights.parties(log.db)
        for seq in set(range(first, log.head.seq + 1)) - touched:
            frame = log.record(seq).frame
            assert rights.readers_as_written(frame, known) == rights.readers(log.db, seq)


@given(HISTORY)
def test_whatever_the_verbs_let_pass_is_allowed_when_its_turn_comes(
    tmp_path_factory: object, history: list[Step]
) -> None:
    folder = _folder(tmp_path_factory)
    desks = begin(folder)
    with desks["venue"].log as log, Log(folder / "again.clog", create=True) as again, again.writing():
        begun = log.head.seq
        play(desks, history)
        for record in stored(log.db, 1, log.head.seq):
            frame = record.applied().frame
            if record.seq > begun and not isinstance(frame, DeskOpened):
                by_other = replace(frame, by=By(frame.speaker, "X1"))  # whoever says it, whoever writes it down
                assert rights.allowed(again.db, frame) == _is_his(again, frame), frame
                his_alone = isinstance(frame, Released | HandedOver | Erased | Recalled)
                assert his_alone or rights.allowed(again.db, by_other), frame
            take(again.db, record)


def _is_his(log: Log, frame: Frame) -> bool:
    """Whether a record erases or recalls nothing, or what the party may: it drives ("venue"), wrote or said it.

    A recall may be from itself alone, and takes along what hangs on what is its own. A correction that holds is the
    entry's that it corrects.
    """
    party = frame.by.party
    if not isinstance(frame, Erased | Recalled) or party == "venue":
        return True
    at = {one: position_of(log.db, one) for one in frame.records}
    his = {one for one, seq in at.items() if party in own(log.db, entry_of(log.db, seq))}
    if isinstance(frame, Recalled):
        if frame.from_parties == (party,):
            return True
        for one in sorted(at, key=at.__getitem__):
            if above(log.record(at[one]).frame) in his:
                his.add(one)
    return his == {*at}


def _folder(factory: object) -> Path:
    return factory.mktemp("evening")  # type: ignore[attr-defined,no-any-return]


def test_whoever_was_told_of_something_erased_learns_that_it_is(venue: Desk, police: Desk, baken: Desk) -> None:
    entry = saying.note(venue, "naam van een kind", audience=("police", "baken")).seq
    withholding.recall(venue, (entry,), ("baken",), "niet voor hen")
    assert rights.readers(venue.log.db, entry) == ["police", "venue"]
    first = venue.log.head.seq + 1
    by = withholding.erase(venue, (entry,), "AVG art. 17").seq
    assert rights.changed_by(venue.log.db, first, by) == {entry: by}
    assert rights.readers(venue.log.db, entry) == ["baken", "police", "venue"]


def test_a_recalled_record_for_all_is_for_a_party_that_comes_later(venue: Desk, police: Desk) -> None:
    entry = saying.note(venue, "voor iedereen").seq
    withholding.recall(venue, (entry,), ("baken",), "niet voor hen")
    assert rights.readers(venue.log.db, entry) == ["aid", "police", "venue"]
    covenant = concert(parties=(*concert().parties, Party("city", "Gemeente", "public", "C")))
    with venue.writing():
        by = venue.append(CovenantSet, Words(covenant=covenant)).seq
    assert rights.changed_by(venue.log.db, by, by) == {entry: by}
    assert rights.readers(venue.log.db, entry) == ["aid", "city", "police", "venue"]


def test_nobody_gives_away_or_destroys_what_it_was_never_told(venue: Desk, police: Desk, baken: Desk) -> None:
    db = venue.log.db
    secret = saying.note(police, "aanhouding volgt", audience=("police",))
    task = tasks.propose(police, "sluit poort F", to_party="baken", audience=("police", "baken"))
    for to_party in ("venue", "aid"):
        assert not rights.allowed(db, Released(records=(secret.id,), to_party=to_party, **BY))
        assert not rights.allowed(db, HandedOver(task=task.id, to_party=to_party, **BY))
    assert not rights.allowed(db, Erased(records=(secret.id,), **BY))
    assert not rights.allowed(db, Opened(**BY))
    assert rights.allowed(db, Note(**BY))
    mine = {**BY, "by": By("police", "P1")}
    assert rights.allowed(db, Released(records=(secret.id,), to_party="venue", **mine))
    words = Words(covenant=FITS)
    assert rights.allowed(db, CovenantSet(**BY), words)
    assert not rights.allowed(db, CovenantSet(**mine), words)
    assert not rights.allowed(db, CovenantSet(**{**BY, "audience": ("venue",)}), words)


@pytest.mark.parametrize(
    "otherwise",
    [
        {"driver": "city"},
        {"driver": "aid"},  # it has no desk: nobody could ever set it right
        {"parties": ()},
        {"timezone": "nowhere"},
        {"parties": (*concert().parties, Party("a\0b", "X", "public", "X"))},
        {"parties": (*concert().parties, Party("*", "X", "public", "X"))},
    ],
)
def test_a_covenant_that_could_not_be_opened_is_not_set_either(venue: Desk, otherwise: dict[str, Any]) -> None:
    assert not rights.allowed(venue.log.db, CovenantSet(**BY))
    assert not rights.allowed(venue.log.db, CovenantSet(**BY), Words(covenant=replace(FITS, **otherwise)))


def test_nobody_takes_away_what_the_log_stands_on(venue: Desk, police: Desk) -> None:
    db = venue.log.db
    kinds = "('opened', 'covenant', 'desk_opened')"
    needed = [one for (one,) in db.execute(f"SELECT id FROM entries WHERE kind IN {kinds}")]
    note = saying.note(venue, "voor iedereen")
    assert len(needed) > 3
    for one in needed:
        assert not rights.allowed(db, Erased(records=(note.id, one), **BY))
        assert not rights.allowed(db, Recalled(records=(note.id, one), from_parties=("police",), **BY))
    assert rights.allowed(db, Recalled(records=(note.id,), from_parties=("police",), **BY))


def test_only_its_own_party_or_the_driver_destroys_what_it_said(venue: Desk, police: Desk, baken: Desk) -> None:
    db = venue.log.db
    note = saying.note(police, "voor iedereen")
    said = saying.note(baken, "namens de politie", source=Source(channel="phone", party="police"))
    for party, may in {"police": True, "venue": True, "baken": False}.items():
        assert rights.allowed(db, Erased(records=(note.id,), **{**BY, "by": By(party, "X1")})) == may, party
    assert rights.allowed(db, Erased(records=(note.id, said.id), **{**BY, "by": By("police", "P1")}))
    assert not rights.allowed(db, Erased(records=(note.id, said.id), **{**BY, "by": By("baken", "B1")}))


def test_only_its_own_party_or_the_driver_takes_from_others_what_it_said(
    venue: Desk, police: Desk, baken: Desk
) -> None:
    note, other = saying.note(police, "voor iedereen"), saying.note(venue, "ook")
    added = saying.add_to(baken, note.seq, "en meer")

    def may(party: str, *records: bytes, from_parties: tuple[str, ...] = ("aid", "baken")) -> bool:
        by = {**BY, "by": By(party, "X1")}
        return rights.allowed(venue.log.db, Recalled(records=records, from_parties=from_parties, **by))

    assert {party for party in PARTIES if may(party, note.id)} == {"police", "venue"}
    assert {party for party in PARTIES if may(party, note.id, from_parties=(party,))} == {*PARTIES}
    assert {party for party in PARTIES if may(party, note.id, added.id)} == {"police", "venue"}
    assert {party for party in PARTIES if may(party, added.id)} == {"baken", "venue"}
    assert {party for party in PARTIES if may(party, note.id, other.id)} == {"venue"}


def test_who_corrects_what_another_said_has_no_say_over_it(venue: Desk, police: Desk, baken: Desk) -> None:
    note = saying.note(police, "man met mes bij poort F")
    held = saying.correct(baken, note.seq, "bij poort G", reason="camera")
    for party, may in {"police": True, "venue": True, "baken": False}.items():
        by = {**BY, "by": By(party, "X1")}
        assert rights.allowed(venue.log.db, Erased(records=(held.id,), **by)) == may, party
        assert rights.allowed(venue.log.db, Recalled(records=(held.id,), from_parties=("aid",), **by)) == may, party
        assert rights.allowed(venue.log.db, Recalled(records=(held.id,), from_parties=(party,), **by)), party


def test_whoever_was_told_what_is_erased_gets_the_decision(venue: Desk, police: Desk, baken: Desk) -> None:
    entry = saying.note(venue, "naam van een kind", audience=("police", "baken"))
    with venue.writing():  # for fewer than had it
        by = venue.append(Erased, records=(entry.id,), audience=("police",)).seq
    assert rights.touched(venue.log.db, by) == {by}
    assert rights.readers(venue.log.db, by) == ["baken", "police", "venue"]
    first = venue.log.head.seq + 1
    told = withholding.release(venue, (entry.seq,), "aid", "opvang").seq
    assert rights.changed_by(venue.log.db, first, told) == {entry.seq: told, by: told}
    assert "aid" in rights.readers(venue.log.db, by)
