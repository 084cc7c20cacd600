"""The log keeper on a real server: order, forgeries, floods, refusals, rights and erasing."""

import os
import random
from pathlib import Path
from typing import Any

import pytest

from commandlog.log import chain
from commandlog.log.derived.table import FOREVER, PROVISIONAL
from commandlog.log.rebuild import Stored, stored
from commandlog.log.verify import verify
from commandlog.model.frames import By
from commandlog.model.keeping import Erased, Released
from commandlog.model.order import FORBIDDEN, NEWER, UNREADABLE, Branched, DeskSeen, Refused
from commandlog.model.records import Corrected, CovenantSet, DeskOpened, Note, Opened, Words, encode
from commandlog.sharing.keeper import accepting
from commandlog.sharing.keeper.accepting import BROKEN, CLAIMED, EARLY, FORGED, LATE, TAKEN
from commandlog.sharing.keeper.ordering import desks_of
from tests.events import concert
from tests.sharing.conftest import Host
from tests.sharing.seats import DESKS, Room, Seat, empty, insert, made, room


def test_what_several_desks_send_comes_in_one_order_each_once(tmp_path: Path, host: Host) -> None:
    chance = random.Random(1)
    with room(tmp_path, host) as here:
        keeper = here.keeper()
        empty(keeper)
        written = dict[str, list[bytes]]()
        for _again in range(12):
            for code in DESKS:
                seat = here.seat(code)
                seat.write(chance.randrange(5))
                if chance.random() < 0.7:
                    seat.send()
            keeper.turn()
        for code in DESKS:
            here.seat(code).send()
            rows = here.seat(code).log.db.execute("SELECT id FROM entries ORDER BY since")
            written[code] = [record_id for (record_id,) in rows]
        empty(keeper)
        chain = here.chain()
        assert [row[0] for row in chain] == list(range(1, len(chain) + 1))
        for code, ids in written.items():
            assert [row[1] for row in chain if row[1] in set(ids)] == ids, code
        assert keeper.log.head.seq == len(chain)
        query = "SELECT seq, header, hash, frame, words FROM records ORDER BY seq"
        assert keeper.log.db.execute(query).fetchall() == [(*row[:1], *row[2:6]) for row in chain]
        assert all(row[6] == ["*"] for row in chain)
        keeper.close()
        keeper.log.close()
        assert verify(keeper.log.path, deep=True).fault == ""


def _note(seat: Seat, number: int, **fields: Any) -> bytes:
    by = By(seat.desk.party, seat.desk.code)
    return encode(Note(**{"by": by, "number": number, "logged_at": 1, "occurred_at": 1, **fields}))


def _forged(seat: Seat, other: Seat) -> list[Stored]:
    """Return rows of every kind that a desk with a valid login can send, and that are no next record of it."""

    def good() -> Stored:
        return made(seat, _note(seat, 2))

    parts = chain.salted(_note(seat, 2), b"{}")
    return [
        made(seat, _note(seat, 2), key=other.key),  # another's signature
        made(other, _note(other, 2)),  # another desk's own record, sent by this login
        made(seat, _note(seat, 2), party="police"),
        made(seat, _note(seat, 2), desk="P1"),
        made(seat, _note(seat, 2), log_id=bytes(16)),
        made(seat, _note(seat, 1)),  # its number was given
        made(seat, _note(seat, 3)),  # its number comes too early
        good()._replace(frame=parts[0]),  # what it says is not what its desk signed
        good()._replace(words=parts[1]),
        good()._replace(words=None),
        good()._replace(frame=b""),
        (one := good())._replace(header=one.header + b"x"),
        (one := good())._replace(header=one.header[:40]),
        (one := good())._replace(header=b"\xff" + one.header[1:]),
        good()._replace(header=os.urandom(200)),
    ]


def test_what_is_forged_is_dropped_and_noted_and_costs_nobody_anything(tmp_path: Path, host: Host) -> None:
    with room(tmp_path, host) as here:
        keeper, baken, police = here.keeper(), here.seat("B1"), here.seat("P1")
        baken.send()
        police.send()
        empty(keeper)
        before = len(here.chain())
        forged = _forged(baken, police)
        for row in forged:
            _insert_one(baken, row, os.urandom(16) if len(row.header) < 60 else row.header[26:42])
        police.write(2)
        police.send()
        turns = empty(keeper)
        assert sum(turn.done.dropped for turn in turns) == len(forged)
        assert [row[1] for row in here.chain()[before:]] == [one.header[26:42] for one in _kept(police)[-2:]]
        noted = baken.conn.execute("SELECT why FROM commandlog.refusals").fetchall()
        reasons = {FORGED, CLAIMED, BROKEN, EARLY, LATE}
        assert {why for (why,) in noted} == reasons
        assert police.conn.execute("SELECT count(*) FROM commandlog.refusals").fetchone() == (0,)
        baken.write(1)
        baken.send()
        empty(keeper)
        assert len(here.chain()) == before + 3


def _insert_one(seat: Seat, row: Stored, record_id: bytes) -> None:
    seat.conn.execute(
        "INSERT INTO commandlog.inbox (id, header, frame, words) VALUES (%s, %s, %s, %s)",
        (record_id, row.header, row.frame, row.words),
    )


def _kept(seat: Seat) -> list[Stored]:
    return list(stored(seat.log.db, PROVISIONAL, FOREVER))


def test_what_is_sent_twice_is_taken_once_and_nobody_is_told(tmp_path: Path, host: Host) -> None:
    with room(tmp_path, host) as here:
        keeper, seat = here.keeper(), here.seat("B1")
        seat.write(3)
        rows = seat.waiting()
        for _again in range(2):
            insert(seat.conn, rows)
            empty(keeper)
        chain_now = here.chain()
        assert [row[1] for row in chain_now[-4:]] == [one.header[26:42] for one in rows]
        assert seat.conn.execute("SELECT count(*) FROM commandlog.refusals").fetchone() == (0,)
        thief = here.seat("P1")
        thief.send()
        stolen = made(thief, _note(thief, 2), id=rows[1].header[26:42])
        insert(thief.conn, [stolen])
        empty(keeper)
        assert thief.conn.execute("SELECT why FROM commandlog.refusals").fetchall() == [(TAKEN,)]


def test_what_cannot_be_taken_is_said_in_the_log_and_the_next_number_follows(tmp_path: Path, host: Host) -> None:
    with room(tmp_path, host) as here:
        keeper, seat, police = here.keeper(), here.seat("B1"), here.seat("P1")
        police.append(Note, Words(text="aanhouding volgt"), audience=("police",))
        police.send()
        seat.send()
        empty(keeper)
        secret = here.chain()[-2 if here.chain()[-1][6] == ["*"] else -1]
        assert secret[6] == ["police"]
        by: dict[str, Any] = {"by": By("baken", "B1"), "logged_at": 1, "occurred_at": 1}
        newer = encode(Note(number=2, **by)).replace(b'"note"', b'"telepathy"')
        own: dict[str, Any] = {"desk": "B1", "party": "baken", "key": seat.key.public_key().public_bytes_raw()}
        rows = [
            (NEWER, made(seat, newer)),
            (NEWER, made(seat, encode(Note(number=3, v=2, **by)))),
            (UNREADABLE, made(seat, encode(Note(number=4, **by)).replace(b'"occurred_at":1', b'"occurred_at":"x"'))),
            (UNREADABLE, made(seat, encode(Note(number=5, **by)), b'{"text":5}')),
            (UNREADABLE, made(seat, b"[" * 60_000)),
            (UNREADABLE, made(seat, encode(Note(number=7, heard_at=1 << 70, **by)))),
            (UNREADABLE, made(seat, b'{"kind":["note"]}')),
            (FORBIDDEN, made(seat, encode(Note(number=9, by=By("police", "P1"), logged_at=1, occurred_at=1)))),
            (FORBIDDEN, made(seat, encode(DeskSeen(number=10, desk="P1", **by)))),
            (FORBIDDEN, made(seat, encode(Refused(number=11, desk="P1", count=2, why=NEWER, **by)))),
            (FORBIDDEN, made(seat, encode(Branched(number=12, after=1, last=9, head=b"x", **by)))),
            (FORBIDDEN, made(seat, encode(DeskOpened(number=13, **own, **by)))),
            (FORBIDDEN, made(seat, encode(DeskOpened(number=14, **(own | {"desk": "P9"}), **by)))),
            (FORBIDDEN, made(seat, encode(Released(number=15, records=(secret[1],), to_party="baken", **by)))),
            (FORBIDDEN, made(seat, encode(Erased(number=16, records=(secret[1],), **by)))),
            (FORBIDDEN, made(seat, encode(Corrected(number=17, entry=secret[1], **by)))),
            (FORBIDDEN, made(seat, encode(CovenantSet(number=18, **by)), encode(Words(covenant=concert())))),
            (FORBIDDEN, made(seat, encode(Opened(number=19, **by)))),
        ]
        insert(seat.conn, [row for _why, row in rows])
        insert(seat.conn, [last := made(seat, encode(Note(number=20, **by)))])
        before = len(here.chain())
        empty(keeper)
        said = [keeper.log.record(seq).frame for seq in range(before + 1, keeper.log.head.seq + 1)]
        assert [(one.desk, one.count, one.why) for one in said[:-1]] == [
            ("B1", number, why) for number, (why, _row) in enumerate(rows, 2)
        ]
        assert here.chain()[-1][1] == last.header[26:42]
        assert here.chain()[secret[0] - 1][5:] == secret[5:]
        again = desks_of(keeper.log.db)["B1"]
        assert again.number == 20  # as whoever begins anew reads it


def test_whatever_the_tables_cannot_take_in_is_declined_and_the_rest_is_taken(
    tmp_path: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accepting, "_fits", lambda _frame: True)  # a check that somebody forgot
    with room(tmp_path, host) as here:
        keeper, seat, police = here.keeper(), here.seat("B1"), here.seat("P1")
        seat.send()
        police.write(5)
        police.send()
        rows = [made(seat, _note(seat, number, occurred_at=(1 << 70) * (number in (3, 4)))) for number in range(2, 7)]
        insert(seat.conn, rows)
        empty(keeper)
        query = "SELECT since FROM entries WHERE kind = 'refused' ORDER BY since"
        said = [keeper.log.record(seq).frame for (seq,) in keeper.log.db.execute(query)]
        assert [(one.count, one.why) for one in said] == [(3, UNREADABLE), (4, UNREADABLE)]
        there = {row[1] for row in here.chain()}
        assert [row.header[26:42] in there for row in rows] == [True, False, False, True, True]
        assert {one.header[26:42] for one in _kept(police)} <= there


def test_a_flood_from_one_login_leaves_the_others_served(tmp_path: Path, host: Host) -> None:
    with room(tmp_path, host) as here:
        keeper, flood, police = here.keeper(), here.seat("B1"), here.seat("P1")
        police.send()
        flood.write(1500)
        flood.send()
        keeper.turn()
        police.write(3)
        police.send()
        turn = keeper.turn()
        assert turn.taken > 3
        assert police.log.tip - PROVISIONAL + 1 == _last_number(here, "P1")
        assert flood.log.tip - PROVISIONAL + 1 > _last_number(here, "B1")
        empty(keeper)
        assert flood.log.tip - PROVISIONAL + 1 == _last_number(here, "B1")


def _last_number(here: Room, desk: str) -> int:
    log = here.keepers[0].log
    return int(log.db.execute("SELECT max(number) FROM entries WHERE desk = ?", (desk,)).fetchone()[0])
