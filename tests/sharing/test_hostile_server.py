"""A server that drops, changes, reorders, forges, goes back or shows two histories: seen, not taken, evidence kept."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from commandlog.log import chain
from commandlog.log.desk import Desk
from commandlog.log.rebuild import Stored, stored
from commandlog.log.signing import Signer
from commandlog.model.frames import By, Frame
from commandlog.model.keeping import Erased
from commandlog.model.order import Refused
from commandlog.model.records import DeskOpened, Note, encode
from commandlog.sharing.desk.watching import STANDSTILL, Watch
from commandlog.sharing.following import following
from commandlog.sharing.following import forked as forking
from commandlog.sharing.following.following import Follower
from commandlog.sharing.following.forked import Forked
from commandlog.sharing.following.paging import FEW
from commandlog.sharing.following.pulses import Pulse, signed
from commandlog.verbs import saying
from tests.sharing.hand import CHAIN, Evening, evening, pull_all

__all__ = ["evening"]

Attack = Callable[[Evening], None]


def _at(evening: Evening, seq: int) -> Stored:
    return next(stored(evening.log.db, seq, seq))


def _rewrite(evening: Evening, first: int, records: list[Stored]) -> None:
    """Put records at the end of what the server says, each linked to the one before it as it should be."""
    previous = _at(evening, first - 1).hash or b""
    evening.admin.execute("DELETE FROM commandlog.chain WHERE seq >= %s", (first,))
    evening.admin.execute("DELETE FROM commandlog.parts WHERE seq >= %s", (first,))
    for seq, one in enumerate(records, first):
        header = chain.moved(one.header, seq)
        previous = chain.link(previous, header)
        evening.admin.execute(CHAIN, (seq, header[26:42], header, previous))
        insert = "INSERT INTO commandlog.parts VALUES (%s, %s, %s, %s, '{*}')"
        evening.admin.execute(insert, (seq, one.frame, one.words, one.words_hash))


def changed_words(evening: Evening) -> None:
    evening.admin.execute("UPDATE commandlog.parts SET words = words || 'x' WHERE seq = %s", (evening.upto - 1,))


def changed_frame(evening: Evening) -> None:
    evening.admin.execute("UPDATE commandlog.parts SET frame = frame || 'x' WHERE seq = %s", (evening.upto - 1,))


def withheld_words(evening: Evening) -> None:
    words = _at(evening, evening.upto - 1).words or b""
    change = "UPDATE commandlog.parts SET words = NULL, words_hash = %s, erased_by = %s WHERE seq = %s"
    evening.admin.execute(change, (chain.part_hash(words), evening.upto, evening.upto - 1))


def withheld_for_later(evening: Evening) -> None:
    """The decision that is to have erased them never comes."""
    withheld_words(evening)
    evening.admin.execute("UPDATE commandlog.parts SET erased_by = 1000000 WHERE erased_by IS NOT NULL")


def changed_header(evening: Evening) -> None:
    header = bytearray(_at(evening, evening.upto - 1).header)
    header[60] ^= 1
    evening.admin.execute("UPDATE commandlog.chain SET header = %s WHERE seq = %s", (bytes(header), evening.upto - 1))


def dropped(evening: Evening) -> None:
    evening.admin.execute("DELETE FROM commandlog.chain WHERE seq = %s", (evening.upto - 1,))


def closed_gap(evening: Evening) -> None:
    """A record is left out, and those behind it moved up: the chain fits, the keeper's checkpoint does not."""
    evening.checkpoint()
    saying.note(evening.sit("police"), "nog een")
    _rewrite(evening, evening.upto - 1, [_at(evening, evening.upto), _at(evening, evening.upto + 1)])


def reordered(evening: Evening) -> None:
    evening.checkpoint()
    _rewrite(evening, evening.upto - 1, [_at(evening, evening.upto), _at(evening, evening.upto - 1)])


def resigned(evening: Evening) -> None:
    last = _at(evening, evening.upto)
    signature = Ed25519PrivateKey.generate().sign(b"anything")
    _rewrite(evening, evening.upto, [last._replace(header=last.header[:82] + signature + last.header[146:])])


def replayed(evening: Evening) -> None:
    """A record comes again, at the end: its desk did sign it, once."""
    again = _at(evening, 5)._replace(seq=evening.upto)
    evening.admin.execute("ALTER TABLE commandlog.chain DROP CONSTRAINT chain_id_key")
    head = _at(evening, evening.upto).header[42:50]
    _rewrite(evening, evening.upto, [again._replace(header=again.header[:42] + head + again.header[50:])])


def backdated(evening: Evening) -> None:
    last = _at(evening, evening.upto)
    _rewrite(evening, evening.upto, [last._replace(header=chain.placed(last.header, evening.upto, 1))])


def another_log(evening: Evening) -> None:
    last = _at(evening, evening.upto)
    _rewrite(evening, evening.upto, [last._replace(header=last.header[:2] + bytes(16) + last.header[18:])])


def forged_checkpoint(evening: Evening) -> None:
    evening.checkpoint(Ed25519PrivateKey.generate())


def checkpoint_of_a_member(evening: Evening) -> None:
    evening.checkpoint(evening.sit("police").signer.key, "P1")


def no_bytes_at_all(evening: Evening) -> None:
    evening.admin.execute("ALTER TABLE commandlog.chain DROP CONSTRAINT chain_hash_check")
    evening.admin.execute("ALTER TABLE commandlog.chain ALTER hash TYPE text USING 'gone'")


def own_partys_record_sealed(evening: Evening) -> None:
    evening.admin.execute("UPDATE commandlog.parts SET readers = '{police}' WHERE seq = %s", (evening.upto - 2,))


def _signed(evening: Evening, key: Ed25519PrivateKey, signer: By, said: Frame) -> Stored:
    """Return a record that somebody signs as a desk, whatever it says."""
    parts, record_id = chain.salted(encode(said), b"{}"), chain.Ids().next(evening.clock())
    digest = chain.digest_of(*map(chain.part_hash, parts))
    signature = key.sign(chain.signed_bytes(evening.log.id, record_id, digest, signer.party, signer.desk))
    fixed = (chain.HEADER_VERSION, evening.log.id, 1, record_id, evening.clock(), digest, signature)
    return Stored(1, chain.pack_header(fixed, signer.party, signer.desk), None, *parts)


def written_by_nobody(evening: Evening) -> None:
    """It erases what the desk has, signed by a desk that nobody opened."""
    nobody, victim = By("police", "P9"), _at(evening, evening.upto - 1).header[26:42]
    key = Ed25519PrivateKey.generate()
    said = Erased(by=nobody, number=1, logged_at=1, occurred_at=1, records=(victim,))
    _rewrite(evening, evening.upto, [_signed(evening, key, nobody, said)])


def opened_without_its_key(evening: Evening) -> None:
    """A desk is opened by the key of nobody who could sign for it."""
    desk, key = By("police", "P9"), Ed25519PrivateKey.generate()
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    said = DeskOpened(by=desk, number=1, logged_at=1, occurred_at=1, desk="P9", party="police", key=public)
    _rewrite(evening, evening.upto, [_signed(evening, key, desk, said)])


def in_anothers_name(evening: Evening) -> None:
    police = evening.sit("police")
    said = Note(by=By("venue", "V1"), number=9, logged_at=1, occurred_at=1)
    _rewrite(evening, evening.upto, [_signed(evening, police.signer.key, By("police", police.code), said)])


def what_only_a_keeper_says(evening: Evening) -> None:
    police = evening.sit("police")
    by = By("police", police.code)
    said = Refused(by=by, number=9, logged_at=1, occurred_at=1, desk="V1", count=2, why="newer")
    _rewrite(evening, evening.upto, [_signed(evening, police.signer.key, by, said)])


ATTACKS = [
    changed_words,
    changed_frame,
    withheld_words,
    changed_header,
    dropped,
    closed_gap,
    reordered,
    resigned,
    replayed,
    backdated,
    another_log,
    forged_checkpoint,
    checkpoint_of_a_member,
    no_bytes_at_all,
    own_partys_record_sealed,
    written_by_nobody,
    opened_without_its_key,
    in_anothers_name,
    what_only_a_keeper_says,
]


@pytest.fixture
def follower(evening: Evening) -> Iterator[Follower]:
    """A desk of the venue that has the first half of an evening; the second half is on the server."""
    police = evening.sit("police")
    for number in range(3):
        saying.note(police, f"eerste helft {number}")
    evening.publish()
    found = evening.follower("V1")
    pull_all(found)
    saying.note(evening.desk, "van de venue zelf")
    for number in range(2):
        saying.note(police, f"tweede helft {number}")
    evening.publish()
    yield found


def _nothing_taken(follower: Follower, before: int, error: Forked) -> None:
    assert follower.log.refresh() == follower.log.head.seq == before
    assert error.evidence is not None
    kept = json.loads(error.evidence.read_text())
    assert kept["log"] == follower.log.id.hex() and kept["what"] and error.evidence.stat().st_mode & 0o77 == 0


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda one: one.__name__)
def test_what_cannot_be_is_seen_and_not_taken(evening: Evening, follower: Follower, attack: Attack) -> None:
    before = follower.log.head.seq
    attack(evening)
    with pytest.raises(Forked) as told:
        pull_all(evening.follower("V1", follower.log))
    assert told.value.alarm == "forked"
    _nothing_taken(follower, before, told.value)


def test_a_server_that_was_put_back_is_told_from_one_that_lies(evening: Evening, follower: Follower) -> None:
    pull_all(follower)
    before = follower.log.head.seq
    kept = _at(evening, before)
    evening.admin.execute("DELETE FROM commandlog.chain WHERE seq = %s", (before,))
    with pytest.raises(Forked) as told:
        follower.pull()
    assert told.value.alarm == "rewound"
    _nothing_taken(follower, before, told.value)
    evening.admin.execute(CHAIN, (before, kept.header[26:42], kept.header, kept.hash))
    assert follower.pull().taken == 0, "what was lost is there again, and the desk goes on"


def test_another_history_is_seen_at_the_own_head(evening: Evening, follower: Follower) -> None:
    pull_all(follower)
    last = _at(evening, evening.upto)
    _rewrite(
        evening, evening.upto, [last._replace(header=chain.placed(last.header, evening.upto, evening.clock() + 1))]
    )
    with pytest.raises(Forked) as told:
        follower.pull()
    assert told.value.alarm == "forked"


def test_own_words_do_not_come_back_changed(evening: Evening) -> None:
    desk, follower = evening.opened("B1")
    note = saying.note(desk, "zo heb ik het geschreven")
    evening.place(desk.log)
    evening.publish()
    other = Ed25519PrivateKey.generate()
    last = _at(evening, evening.upto)
    header = chain.unpack_header(last.header)
    words = (last.words or b"")[:16] + b'{"text":"zo niet"}'
    digest = chain.digest_of(chain.part_hash(last.frame or b""), chain.part_hash(words))
    signature = other.sign(chain.signed_bytes(header.log_id, header.id, digest, header.party, header.desk))
    fixed = (header.version, header.log_id, header.seq, header.id, header.kept_at, digest, signature)
    _rewrite(
        evening, evening.upto, [last._replace(header=chain.pack_header(fixed, header.party, header.desk), words=words)]
    )
    with pytest.raises(Forked):
        follower.pull()
    assert desk.log.record(note.seq).words == note.words, "it still waits, as it was written"


def _watch(follower: Follower) -> Watch:
    return Watch(follower.log, follower.conn, lambda: follower.desks)


def test_what_the_log_keeper_signs_is_held_against_the_own_log(evening: Evening, follower: Follower) -> None:
    pull_all(follower)
    evening.beat()
    assert _watch(follower).alive()
    evening.beat(head=bytes(32))
    with pytest.raises(Forked):
        _watch(follower).alive()


def test_a_stale_or_forged_beat_is_a_standstill(evening: Evening, follower: Follower) -> None:
    pull_all(follower)
    assert not _watch(follower).alive(), "nobody has said anything"
    row = evening.admin.execute("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint").fetchone()
    assert row
    evening.beat(at=row[0] - round(STANDSTILL * 1000) - 1000)
    assert not _watch(follower).alive()
    evening.beat()
    watch = _watch(follower)
    assert watch.alive()
    watch._moved -= STANDSTILL + 1  # a minute later it still says the same
    evening.admin.execute("UPDATE commandlog.beats SET at = at - 1")
    assert not watch.alive(), "it has another time than was signed"


def test_records_that_are_kept_back_are_missed(evening: Evening, follower: Follower) -> None:
    pull_all(follower)
    saying.note(evening.sit("police"), "komt niet aan")
    evening.upto = evening.log.head.seq
    evening.beat()
    watch = _watch(follower)
    assert watch.alive()
    assert follower.pull().taken == 0
    watch._ahead -= 60
    with pytest.raises(Forked):
        watch.alive()


def test_two_histories_are_seen_by_what_other_desks_sign(evening: Evening, follower: Follower) -> None:
    pull_all(follower)
    police = evening.sit("police")
    head = evening.log.check_value(5)
    insert = (
        "INSERT INTO commandlog.presence (desk, party, upto, hash, purged_upto, waiting, offset_ms, sent_at, signature,"
        " seen_at, connected) VALUES (%s, 'police', %s, %s, 0, 0, 0, %s, %s, now(), true)"
        " ON CONFLICT (desk) DO UPDATE SET hash = excluded.hash, signature = excluded.signature"
    )

    def says(head: bytes, key: Ed25519PrivateKey) -> None:
        one = signed(key, evening.log.id, Pulse(police.code, 5, head, False, 0, 7))
        evening.admin.execute(insert, (one.desk, one.upto, one.hash, one.sent_at, one.signature))

    says(head, police.signer.key)
    assert [(one.desk, one.here, one.upto) for one in _watch(follower).others()] == [(police.code, True, 5)]
    says(bytes(32), Ed25519PrivateKey.generate())
    assert len(_watch(follower).others()) == 1, "nobody has signed that"
    says(bytes(32), police.signer.key)
    with pytest.raises(Forked):
        _watch(follower).others()


def test_a_keeper_is_not_added_by_anybody_else(evening: Evening) -> None:
    for writer, known in (("P1", False), ("LOG1", True)):
        key = evening.key if known else evening.sit("police").signer.key
        party = "venue" if known else "police"
        other = Ed25519PrivateKey.generate()
        code = f"LOG{2 + known}"
        with evening.log.writing():
            desk = Desk(evening.log, Signer(party, writer, key))
            desk.append(DeskOpened, desk=code, party="venue", key=other.public_key().public_bytes_raw())
        evening.publish()
        found = evening.follower("V1")
        pull_all(found)
        assert found.desks.is_keeper(code) is known


def test_a_long_page_ends_where_a_keeper_vouches_for_it_and_nothing_else_is_believed(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much is said to follow: what has a wrong signature and no checkpoint behind it is not taken."""
    monkeypatch.setattr(following, "MANY", 80)
    police = evening.sit("police")
    evening.publish()
    follower = evening.follower("V1")
    for number in range(130):
        saying.note(police, f"notitie {number}")
        if evening.log.head.seq == 100:
            evening.publish()
            evening.checkpoint()
    evening.publish()
    last = _at(evening, 125)
    forged = last._replace(header=last.header[:82] + bytes(64) + last.header[146:])
    _rewrite(evening, 125, [forged, *(_at(evening, seq) for seq in range(126, evening.upto + 1))])
    assert follower.pull().upto == FEW
    assert follower.pull() == (100 - FEW, 100, True, 0.0)
    with pytest.raises(Forked):
        follower.pull()
    assert follower.log.refresh() == 100


def test_words_that_a_decision_is_to_have_erased_later_are_missed_at_the_end(
    evening: Evening, follower: Follower
) -> None:
    withheld_for_later(evening)
    with pytest.raises(Forked):
        pull_all(follower)
    with pytest.raises(Forked):
        evening.follower("V1", follower.log).pull()


def test_evidence_holds_no_words_and_fills_no_disk(
    evening: Evening, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forking, "FILES", 2)
    changed_words(evening)
    for _again in range(4):
        evening.clock.tick(2)
        with pytest.raises(Forked) as told:
            follower.pull()
        saying.note(evening.sit("police"), "meer")
        evening.publish()
        said = next(row[4] for row in json.loads((told.value.evidence or Path()).read_text())["server"] if row[4])
        assert len(b64decode(said)) == 32, "a hash of the words"
    assert len(list(evening.folder.glob("*.evidence-*.json"))) == 2
