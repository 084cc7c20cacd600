"""What a keeper does each second: who is there, attachments, beats, checkpoints; and erasing on the server."""

import os
from pathlib import Path
from typing import Any

import pytest

from commandlog.log import chain, pieces
from commandlog.log.derived.table import FOREVER
from commandlog.log.erasing import purge_all
from commandlog.log.refused import refused_items, settle_refused
from commandlog.model.order import DeskSeen
from commandlog.sharing.desk.sending import Sender
from commandlog.sharing.desk.watching import Watch
from commandlog.sharing.following import fetching
from commandlog.sharing.following.pulses import Pulse, beat_holds, signed
from commandlog.sharing.following.trust import Desks
from commandlog.sharing.keeper import keeping
from commandlog.sharing.keeper.accepting import POISONED
from commandlog.sharing.keeper.keeper import Keeper
from commandlog.sharing.server.purging import outstanding, purge_server
from commandlog.verbs import attaching, saying, withholding
from tests.sharing import rows
from tests.sharing.conftest import Host
from tests.sharing.seats import Room, Seat, empty, room


def _pulse(seat: Seat, upto: int, head: bytes, *, purged: bool = True, key: Any = None, sent_at: int = 1) -> None:
    said = signed(key or seat.key, seat.log.id, Pulse(seat.desk.code, upto, head, purged, 2, sent_at))
    seat.conn.execute(
        "INSERT INTO commandlog.pulses (upto, hash, purged, waiting, offset_ms, sent_at, signature)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (*said[1:5], 7, said.sent_at, said.signature),
    )


def _seen(keeper: Keeper) -> list[tuple[str, bool]]:
    query = "SELECT desk, here FROM presences ORDER BY since"
    return [(desk, bool(here)) for desk, here in keeper.log.db.execute(query)]


def _presence(here: Room) -> list[tuple[Any, ...]]:
    query = "SELECT desk, upto, purged_upto, waiting, offset_ms, connected FROM commandlog.presence ORDER BY desk"
    return here.hosted.admin.execute(query).fetchall()


def test_who_is_there_is_known_from_signed_pulses_and_said_in_the_log(
    tmp_path: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "SAY_EVERY", 0.0)
    with room(tmp_path, host) as here:
        keeper, baken, police = here.keeper(), here.seat("B1"), here.seat("P1")
        for seat in (baken, police):
            seat.send()
        empty(keeper)
        head = keeper.log.head
        _pulse(baken, 1, keeper.log.check_value(1))
        _pulse(baken, head.seq, head.hash, purged=False)  # the newest counts
        _pulse(police, head.seq, head.hash, key=baken.key)  # not its signature
        keeper.house.tend(active=True)
        empty(keeper)
        assert _presence(here) == [("B1", head.seq, -1, 2, 7, True)]
        assert _seen(keeper) == [("B1", True)]
        _pulse(police, 2, bytes(32))  # another past: no desk is to hear of that from us, a person is
        _pulse(baken, head.seq, head.hash)
        keeper.house.tend(active=True)
        assert keeper.health.differs == {"P1": 2}
        assert _presence(here) == [("B1", head.seq, head.seq, 2, 7, True)]
        assert here.hosted.admin.execute("SELECT count(*) FROM commandlog.pulses").fetchone() == (0,)
        baken.conn.close()
        here.hosted.admin.execute("UPDATE commandlog.presence SET seen_at = seen_at - interval '31 s'")
        keeper.house.tend(active=True)
        empty(keeper)
        assert _presence(here)[0][-1] is False
        assert _seen(keeper) == [("B1", True), ("B1", False)]
        frame = keeper.log.record(keeper.log.head.seq).frame
        assert isinstance(frame, DeskSeen)
        assert frame.by.desk == "LOG1"
        baken.conn = here.hosted.connect("B1")
        _pulse(baken, head.seq, head.hash)
        keeper.house.tend(active=True)
        empty(keeper)
        assert _seen(keeper)[-1] == ("B1", True)


def test_a_keeper_signs_that_it_is_alive_and_where_the_log_was(tmp_path: Path, host: Host) -> None:
    with room(tmp_path, host) as here:
        keeper, seat = here.keeper(), here.seat("B1")
        seat.write(250)
        seat.send()
        empty(keeper)
        keeper.house.tend(active=True)
        key, log = keeper.desks["LOG1"].key, keeper.log
        desk, *beat = here.hosted.admin.execute(
            "SELECT desk, seq, hash, at, signature FROM commandlog.beats"
        ).fetchall()[0]
        assert (desk, *beat[:2]) == ("LOG1", log.head.seq, log.head.hash)
        assert beat_holds(key, beat[3], log.id, desk, *beat[:3])
        rows = here.hosted.admin.execute(
            "SELECT seq, hash, desk, signature FROM commandlog.checkpoints ORDER BY seq"
        ).fetchall()
        signed_here = [row for row in rows if row[2] == "LOG1"]
        assert signed_here
        assert log.head.seq - signed_here[-1][0] < 100
        assert all(chain.checkpoint_holds(key, row[3], log.id, row[0], row[1]) for row in signed_here)
        assert log.db.execute("SELECT seq, hash, desk, signature FROM checkpoints ORDER BY seq").fetchall() == rows


def test_an_attachment_lies_with_its_record_and_nobody_elses(tmp_path: Path, host: Host) -> None:
    with room(tmp_path, host) as here:
        keeper, seat, thief = here.keeper(), here.seat("V2"), here.seat("B1")
        empty(keeper)
        seat.follow()
        entry = saying.note(seat.desk, "foto", audience=("venue",)).seq
        content = os.urandom(600_000)
        frame = attaching.attach(seat.desk, entry, content, name="x.bin").frame
        for number in range(3):  # another desk knows what it will be called, and is there first
            thief.conn.execute(
                "INSERT INTO commandlog.pieces_in (file, number, bytes) VALUES (%s, %s, %s)",
                (frame.file, number, os.urandom(1000)),
            )
        sender = Sender(seat.log, seat.conn)
        while sender.send():
            pass
        empty(keeper)
        for _again in range(3):
            keeper.house.tend(active=True)
        query = "SELECT bytes FROM pieces WHERE file = ? ORDER BY number"
        assert b"".join(row[0] for row in keeper.log.db.execute(query, (frame.file,))) == content
        on_server = "SELECT string_agg(bytes, '' ORDER BY number) FROM commandlog.pieces WHERE file = %s"
        assert seat.conn.execute(on_server, (frame.file,)).fetchone() == (content,)
        assert thief.conn.execute(on_server, (frame.file,)).fetchone() == (None,)
        seat.follow()
        by = withholding.erase(
            seat.desk, (keeper.log.db.execute("SELECT max(entry) FROM attachments").fetchone()[0],), "x"
        )
        seat.send()
        empty(keeper)
        assert by is not None
        assert here.hosted.admin.execute("SELECT count(*) FROM commandlog.pieces").fetchone() == (0,)
        assert keeper.log.db.execute("SELECT sum(length(bytes)) FROM pieces").fetchone() == (0,)


def test_pieces_that_are_not_what_their_record_names_go_and_can_be_sent_again(
    tmp_path: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "LATER", 0.0)
    with room(tmp_path, host) as here:
        keeper, seat = here.keeper(), here.seat("V2")
        empty(keeper)
        seat.follow()
        content = os.urandom(pieces.PIECE + 1000)
        frame = attaching.attach(seat.desk, saying.note(seat.desk, "foto").seq, content, name="x.bin").frame
        seat.send()
        empty(keeper)
        for number, size in enumerate((pieces.PIECE, 1000)):  # each as long as it should be
            seat.conn.execute(rows.PIECE, (frame.file, number, bytes(size)))
        for _again in range(2):
            keeper.house.tend(active=True)
        assert here.hosted.admin.execute("SELECT count(*) FROM commandlog.pieces").fetchone() == (0,)
        noted = seat.conn.execute("SELECT id, why FROM commandlog.refusals").fetchall()
        assert noted == [(keeper.log.record(keeper.log.head.seq).id, POISONED)]
        sender = Sender(seat.log, seat.conn)
        while sender.send():
            pass
        keeper.house.tend(active=True)
        keeper.house.tend(active=True)
        there = "SELECT string_agg(bytes, '' ORDER BY number) FROM commandlog.pieces WHERE file = %s"
        assert here.hosted.admin.execute(there, (frame.file,)).fetchone() == (content,)
        assert keeper.log.db.execute("SELECT sum(length(bytes)) FROM pieces").fetchone() == (len(content),)


def test_good_pieces_stay_where_only_the_keepers_own_are_bad(
    tmp_path: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "LATER", 0.0)
    with room(tmp_path, host) as here:
        keeper, seat = here.keeper(), here.seat("V2")
        empty(keeper)
        seat.follow()
        content = os.urandom(2 * pieces.PIECE + 1000)
        attaching.attach(seat.desk, saying.note(seat.desk, "foto").seq, content, name="x.bin")
        sender, house = Sender(seat.log, seat.conn), keeper.house
        while sender.send():
            pass
        empty(keeper)
        house.tend(active=True)
        keeper.log.db.execute("UPDATE pieces SET bytes = zeroblob(length(bytes)) WHERE number = 0")
        keeper.log.db.execute("UPDATE pieces SET bytes = x'' WHERE number > 0")  # it has yet to fetch those
        house.fetcher.look(keeper.log.head.seq, again=True)
        house.fetcher.fetch()
        assert house.fetcher.bad
        house.tend(active=True)
        house.tend(active=True)
        there = "SELECT string_agg(bytes, '' ORDER BY number) FROM commandlog.pieces"
        assert here.hosted.admin.execute(there).fetchone() == (content,)
        assert here.hosted.admin.execute("SELECT count(*) FROM commandlog.refusals").fetchone() == (0,)
        own = keeper.log.db.execute("SELECT bytes FROM pieces ORDER BY number").fetchall()
        assert b"".join(piece for (piece,) in own) == content


def test_what_is_erased_is_gone_from_the_server_and_who_still_has_it_is_listed(tmp_path: Path, host: Host) -> None:
    canary = "kanarie-" + os.urandom(8).hex()
    with room(tmp_path, host) as here:
        keeper, venue, police = here.keeper(), here.seat("V2"), here.seat("P1")
        empty(keeper)
        venue.follow()
        saying.note(venue.desk, canary, audience=("venue", "police"))
        venue.send()
        police.send()
        empty(keeper)
        for seat in (venue, police):
            seat.follow()
        entry = keeper.log.db.execute("SELECT max(since) FROM entries WHERE kind = 'note'").fetchone()[0]
        here.hosted.admin.execute("UPDATE commandlog.desks SET joined = now() WHERE desk IN ('P1', 'V2')")
        withholding.erase(venue.desk, (entry,), "AVG art. 17")
        venue.send()
        empty(keeper)
        by = keeper.log.db.execute("SELECT since FROM erasures WHERE record = ?", (entry,)).fetchone()[0]
        words, words_hash, erased_by = here.hosted.admin.execute(
            "SELECT words, words_hash, erased_by FROM commandlog.parts WHERE seq = %s", (entry,)
        ).fetchall()[0]
        stands_in = keeper.log.db.execute("SELECT words_hash FROM records WHERE seq = ?", (entry,)).fetchone()[0]
        assert (words, words_hash, erased_by) == (None, stands_in, by)
        opened = here.hosted.admin.execute("SELECT seq, by_seq FROM commandlog.opened").fetchall()
        assert opened == [(entry, by)]
        admin = here.hosted.admin
        assert [one.desks for one in outstanding(admin, keeper.log)] == [["P1", "V2"]]
        police.follow()
        _pulse(police, police.log.head.seq, police.log.head.hash)
        keeper.house.tend(active=True)
        assert [(one.seq, one.desks) for one in outstanding(admin, keeper.log)] == [(by, ["V2"])]
        assert keeper.log.db.execute(f"SELECT count(*) FROM erasures WHERE until = {FOREVER}").fetchone() == (1,)
        assert purge_server(admin) == []


def test_a_desk_that_keeps_what_was_refused_does_not_say_that_all_is_destroyed(tmp_path: Path, host: Host) -> None:
    with room(tmp_path, host) as here:
        police = here.seat("P1")
        police.follow()
        police.log.db.execute("INSERT INTO refused SELECT seq, header, frame, words, 'x', 0 FROM records WHERE seq = 1")
        watch = Watch(police.log, police.conn, lambda: Desks.of(police.log.db, b""))
        watch.tell(police.key, 0, 0)
        (item,) = refused_items(police.log.db)
        settle_refused(police.log, item.was)
        assert purge_all(police.log).left is None
        watch.tell(police.key, 0, 0)
        told = here.hosted.admin.execute("SELECT purged FROM commandlog.pulses ORDER BY n").fetchall()
        assert told == [(False,), (True,)]
