"""A server that was put back: the keeper stops, what is missing is put back as it was signed, or a person branches."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import Damaged, RuleError
from commandlog.model.order import Branched
from commandlog.sharing.following.following import Follower
from commandlog.sharing.keeper import adopting, statements
from commandlog.sharing.keeper.beginning import Behind
from commandlog.sharing.keeper.keeper import Keeper
from commandlog.sharing.keeper.keepers_log import open_keepers_log
from commandlog.verbs import saying, withholding
from tests.log.histories import everything
from tests.sharing.conftest import Host
from tests.sharing.seats import Room, empty, room


def _busy(here: Room) -> Keeper:
    """Let something happen: notes, a release, a recall, an erasure, on both sides of where the server is put back."""
    keeper, venue, police = here.keeper(), here.seat("V2"), here.seat("P1")
    venue.follow()
    for seat in (venue, police):
        seat.write(60)
        seat.send()
    empty(keeper)
    venue.follow()
    saying.note(venue.desk, "naam van een kind", audience=("police",))
    saying.note(venue.desk, "voor ons", audience=("venue",))
    venue.send()
    empty(keeper)
    venue.follow()
    here.mark = keeper.log.head.seq
    here.hosted.admin.execute("CREATE TABLE public.before AS SELECT * FROM commandlog.parts")
    entry = venue.log.head.seq - 1
    withholding.erase(venue.desk, (entry,), "AVG art. 17")
    withholding.release(venue.desk, (entry + 1,), "baken", "nodig")
    police.write(200)
    for seat in (venue, police):
        seat.send()
    empty(keeper)
    police.follow()
    return keeper


def _put_back(here: Room) -> None:
    """Do to the server what a failover that lost commits does."""
    admin = here.hosted.admin
    with admin.transaction():
        for table, column in (("opened", "by_seq"), ("chain", "seq"), ("parts", "seq"), ("checkpoints", "seq")):
            admin.execute(f"DELETE FROM commandlog.{table} WHERE {column} > %s", (here.mark,))
        admin.execute("DELETE FROM commandlog.parts")
        admin.execute("INSERT INTO commandlog.parts SELECT * FROM public.before")


def _everything(here: Room) -> list[object]:
    tables = ("chain ORDER BY seq", "parts ORDER BY seq", "opened ORDER BY seq", "checkpoints ORDER BY seq")
    found: list[object] = []
    for table in tables:
        columns = "seq, hash, desk, signature" if table.startswith("checkpoints") else "*"
        found.append(here.hosted.admin.execute(f"SELECT {columns} FROM commandlog.{table}").fetchall())
    return found


def test_what_the_server_lost_is_put_back_as_it_was_signed(tmp_path: Path, host: Host) -> None:
    with room(tmp_path, host) as here:
        keeper = _busy(here)
        before = _everything(here)
        keeper.close()
        kept = here.mark
        _put_back(here)
        with pytest.raises(Behind, match="--adopt"):
            keeper.turn()
        assert len(here.chain()) == kept
        keeper.close()
        with here.hosted.connect("keeper") as conn:
            assert adopting.adopt(keeper.log, conn) == keeper.log.head.seq - kept
            with pytest.raises(RuleError):
                adopting.adopt(keeper.log, conn)
        assert _everything(here) == before
        seat = here.seat("P1")
        seat.write(1)
        seat.send()
        empty(keeper)
        assert len(here.chain()) == keeper.log.head.seq


def test_a_keeper_that_lacks_it_too_takes_it_from_another_that_has_it(tmp_path: Path, host: Host) -> None:
    with room(tmp_path, host) as here:
        keeper = _busy(here)
        keeper.close()
        _put_back(here)
        with open_keepers_log(tmp_path / "new.clog", keeper.log.id, "LOG1") as log:
            with here.hosted.connect("keeper") as conn:
                follower = Follower(log, conn, b"")
                while follower.pull().more:
                    pass
            assert log.head.seq == here.mark
            with pytest.raises(RuleError, match="sealed"):
                adopting.extend(log, here.seat("P1").log)
            assert log.head.seq == here.mark
            assert adopting.extend(log, keeper.log) == keeper.log.head.seq - here.mark
            assert log.head == keeper.log.head
            assert everything(log) == everything(keeper.log)
        with open_keepers_log(tmp_path / "other.clog", keeper.log.id, "LOG1") as other:
            keeper.log.db.execute("UPDATE records SET frame = zeroblob(40) WHERE seq = 9")
            with pytest.raises(Damaged, match="Record 9"):
                adopting.extend(other, keeper.log)


def test_a_person_lets_it_go_on_without_them(tmp_path: Path, host: Host) -> None:
    with room(tmp_path, host) as here:
        keeper = _busy(here)
        lost = keeper.log.head
        with here.hosted.connect("keeper") as conn:
            keeper.house.tend(active=True)
            assert conn.execute("SELECT seq FROM commandlog.beats").fetchall() == [(lost.seq,)]
        _put_back(here)
        with pytest.raises(Behind):
            keeper.turn()
        with pytest.raises(RuleError):
            adopting.branch(keeper, "", "")
        log, aside = adopting.branch(keeper, "de server is teruggezet", "J. de Vries")
        with log:
            assert log.head.seq == here.mark + 1
            said = log.record(log.head.seq)
            assert isinstance(said.frame, Branched)
            assert (said.frame.after, said.frame.last, said.frame.head) == (here.mark, lost.seq, lost.hash)
            assert said.words is not None
            assert said.words.person == "J. de Vries"
        again = here.keeper()
        here.seat("B1").send()
        empty(again)
        assert len(here.chain()) == again.log.head.seq > here.mark + 1
        with Log(aside, reading=True) as before:
            assert before.head == lost
        again.close()
        again.log.close()
        assert verify(again.log.path).fault == ""


def test_a_keeper_without_its_file_goes_on_from_what_was_signed_as_the_end(tmp_path: Path, host: Host) -> None:
    with room(tmp_path, host) as here:
        keeper = _busy(here)
        keeper.house.tend(active=True)
        lost = keeper.log.head
        _put_back(here)
        keeper.close()
        keeper.log.close()
        keeper.log.path.unlink()
        again = here.keeper()
        with pytest.raises(Behind):
            again.turn()
        log, _aside = adopting.branch(again, "teruggezet", "J. de Vries")
        with log:
            said = log.record(log.head.seq).frame
            assert (said.after, said.last, said.head) == (here.mark, lost.seq, lost.hash)


def test_a_keeper_that_nobody_believes_cannot_decide_it(tmp_path: Path, host: Host) -> None:
    with room(tmp_path, host) as here:
        keeper = _busy(here)
        keeper.house.tend(active=True)
        _put_back(here)
        keeper.close()
        other = Keeper(keeper.log, lambda: here.hosted.connect("keeper"), Ed25519PrivateKey.generate())
        with pytest.raises(RuleError, match="key is not that"):
            adopting.branch(other, "teruggezet", "J. de Vries")
        other.close()
        assert len(here.chain()) == here.mark


class _Cut(Exception):
    """The program ended here."""


@pytest.mark.parametrize("step", ["nothing", "server", "commit", "aside", "in place"])
def test_cut_short_anywhere_it_is_no_silent_rewind_and_can_be_done_again(
    tmp_path: Path, host: Host, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with room(tmp_path, host) as here:
        keeper = _busy(here)
        keeper.house.tend(active=True)
        lost = keeper.log.head
        _put_back(here)
        keeper.close()
        with monkeypatch.context() as patch, pytest.raises(_Cut):
            _cut(patch, step)
            adopting.branch(keeper, "teruggezet", "J. de Vries")
        keeper.close()
        keeper.log.close()
        is_said = step in ("commit", "aside", "in place")
        assert len(here.chain()) == here.mark + is_said
        (beat,) = here.hosted.admin.execute("SELECT seq FROM commandlog.beats").fetchall()
        assert beat == ((here.mark,) if is_said else (lost.seq,))
        again = here.keeper()
        if not is_said:
            with pytest.raises(Behind):
                again.turn()
        try:
            log, _aside = adopting.branch(again, "teruggezet", "J. de Vries")
            log.close()
        except RuleError as error:  # only the last name was not given: a new file has all that the server has
            assert "nothing to decide" in str(error)
            assert step == "in place"
        again.close()
        again = here.keeper()
        here.seat("B1").send()
        empty(again)
        kinds = "SELECT since FROM entries WHERE kind = 'branched'"
        assert again.log.db.execute(kinds).fetchall() == [(here.mark + 1,)]
        assert len(here.chain()) == again.log.head.seq > here.mark + 1
        again.close()
        again.log.close()
        assert verify(again.log.path).fault == ""


def _cut(patch: pytest.MonkeyPatch, step: str) -> None:
    """Let it end before anything is done, in the server's transaction, behind it, or between the names of files."""

    def cut(*_given: object) -> None:
        raise _Cut

    renames = iter(["aside", "in place"])
    rename = Path.rename

    def renamed(path: Path, target: Path) -> Path:
        if path.suffix == ".new":
            return rename(path, target)
        if next(renames) == step:
            raise _Cut
        return rename(path, target)

    match step:
        case "nothing":
            patch.setattr(Follower, "pull", cut)
        case "server":
            patch.setattr(statements, "put", cut)
        case "commit":
            patch.setattr(Keeper, "close", cut)
        case _:
            patch.setattr(Path, "rename", renamed)
