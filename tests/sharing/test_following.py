"""What comes into a desk's file from a shared log is checked, in order, and what its party may read."""

from contextlib import closing

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.promised import promised
from commandlog.log.rebuild import first_difference, stored
from commandlog.log.signing import Signer
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.order import Branched
from commandlog.model.records import Words
from commandlog.sharing.following import following, paging
from commandlog.sharing.following.following import Follower
from commandlog.sharing.following.forked import Forked
from commandlog.sharing.following.paging import FEW
from commandlog.sharing.link import connect
from commandlog.verbs import saying, withholding
from tests.log.histories import everything
from tests.sharing.hand import Evening, evening, pull_all
from tests.sharing.proxy import Proxy, Weather

__all__ = ["evening"]


def test_what_others_wrote_comes_as_it_was_written(evening: Evening) -> None:
    police = evening.sit("police")
    for number in range(120):
        saying.report(police, f"melding {number}", category="crowd", place="gate-f")
    evening.publish()
    evening.checkpoint()
    follower = evening.follower("B1")
    assert pull_all(follower) == evening.log.head.seq
    assert list(stored(follower.log.db)) == list(stored(evening.log.db))
    assert everything(follower.log) == everything(evening.log)
    assert follower.log.db.execute("SELECT seq, desk FROM checkpoints").fetchall() == [(evening.upto, "LOG1")]
    assert follower.pull().taken == 0


def texts(log: Log) -> set[str]:
    return {record.words.text for record in log.records() if record.words and record.words.text}


def test_what_is_not_for_a_party_is_sealed_until_it_is_released(evening: Evening) -> None:
    police = evening.sit("police")
    with evening.log.writing():
        entry = saying.report(police, "alleen voor ons", category="suspicious", audience=("police",))
    evening.publish()
    follower = evening.follower("B1")
    pull_all(follower)
    assert "alleen voor ons" not in texts(follower.log)
    assert list(stored(follower.log.db))[-1][3:] == (None, None, None)
    saying.note(police, "tussendoor")
    withholding.release(police, (entry.seq,), "baken", "nodig op de post")
    evening.publish()
    pull_all(follower)
    assert "alleen voor ons" in texts(follower.log)
    fresh = evening.follower("B1")
    pull_all(fresh)
    assert list(stored(fresh.log.db)) == list(stored(follower.log.db))
    assert everything(fresh.log) == everything(follower.log)


@pytest.mark.parametrize("told", [True, False], ids=["told", "withheld"])
def test_an_entry_whose_erasing_was_lost_is_told_again_or_sealed(evening: Evening, told: bool) -> None:
    police = evening.sit("police")
    entry = saying.note(police, "naam van een getuige")
    saying.note(police, "en verder")
    evening.publish()
    follower = evening.follower("V1")
    pull_all(follower)
    after, words = evening.upto, next(stored(evening.log.db, entry.seq)).words
    with Log(evening.log.path) as before:
        evening.put_back(after)  # the log as it was
    kept, evening.log = evening.log, Log(before.path, clock=evening.clock)
    withholding.erase(sit_down(evening.log, settings_folder(), "police"), (entry.seq,), "verzoek betrokkene")
    evening.publish()
    pull_all(follower)
    lost = evening.log.head
    assert follower.log.record(entry.seq).words is None and lost.seq > after
    evening.log.close()
    evening.log = kept
    for table, column in {"chain": "seq", "parts": "seq", "opened": "by_seq"}.items():
        evening.admin.execute(f"DELETE FROM commandlog.{table} WHERE {column} > %s", (after,))
    change = "UPDATE commandlog.parts SET words = %s, words_hash = NULL, erased_by = NULL WHERE seq = %s"
    evening.admin.execute(change, (words if told else b"x" * 40, entry.seq))
    evening.upto = after
    with evening.log.writing():
        keeper = Desk(evening.log, Signer("venue", "LOG1", evening.key))
        keeper.append(Branched, Words(text="besloten"), after=after, last=lost.seq, head=lost.hash)
    evening.publish()
    pull_all(follower)
    assert ("naam van een getuige" in texts(follower.log)) is told
    assert (next(stored(follower.log.db, entry.seq)).frame is None) is not told
    follower.log.close()
    assert verify(follower.log.path).position == 0


def test_fewer_records_are_asked_for_where_the_line_is_cut(evening: Evening) -> None:
    """A statement that carries more than a bad line can is ended by the keeper, however often it is asked again."""
    police = evening.sit("police")
    for number in range(60):
        saying.note(police, f"notitie {number}")
    evening.publish()
    follower = evening.follower("V1")
    log, seen = follower.log, list[int]()
    for _again in range(3):
        seen.append(follower.pages.most)
        follower.conn.close()
        with pytest.raises(psycopg.Error):
            follower.pull()
        follower = Follower(log, evening.connect("V1"), evening.public, follower.pages.most)
    assert seen == [paging.FIRST, FEW * paging.ROW // 4, FEW // 4 * paging.ROW // 4]
    taken = [follower.pull().taken for _again in range(3)]
    assert taken[0] <= 3 < taken[0] + taken[1] + taken[2] and taken == sorted(taken), "and more again where it holds"
    pull_all(follower)
    assert list(stored(log.db)) == list(stored(evening.log.db)) and follower.pages.most > FEW * paging.ROW


def test_a_slow_line_is_asked_for_what_it_carries_in_a_moment(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "LONG", 0.4)
    monkeypatch.setattr(paging, "QUICK", 0.1)
    police, rate, long = evening.sit("police"), 200_000, "x" * 4_000
    for _number in range(100):
        saying.note(police, long)
    evening.publish()
    log, taken = evening.member("V1"), list[int]()
    dsn = evening.event.dsn(evening.event.desks["V1"])
    with (
        Proxy(int(conninfo_to_dict(dsn)["port"] or 0)) as proxy,
        closing(connect(make_conninfo(dsn, port=proxy.port))) as conn,
    ):
        proxy.weather = Weather(rate=rate)
        follower = Follower(log, conn, evening.public, paging.BYTES)
        while pulled := follower.pull().taken:
            taken.append(pulled)
    carried = round(rate * paging.LONG / len(long))
    assert taken[0] == FEW > 2 * carried and max(taken[1:]) <= carried + 1, "a quick line is asked for more"
    assert list(stored(log.db)) == list(stored(evening.log.db))


def test_a_page_ends_with_the_record_that_makes_it_too_large(evening: Evening) -> None:
    police = evening.sit("police")
    for number in range(40):
        saying.note(police, "x" * (20_000 if number % 10 == 9 else 10))
    evening.publish()
    follower = Follower(evening.member("V1"), evening.connect("V1"), evening.public, 30_000)
    before = evening.log.head.seq - 40
    assert follower.pull()[:3] == (before + 20, before + 20, True)


def test_an_old_entry_is_opened_when_nobody_writes(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    """All behind it is derived anew, which takes long in a long log: whoever presses Enter does not wait for it."""
    monkeypatch.setattr(following, "HEAVY", 3)
    police = evening.sit("police")
    with evening.log.writing():
        entry = saying.report(police, "alleen voor ons", category="suspicious", audience=("police",))
    for number in range(5):
        saying.note(police, f"notitie {number}")
    evening.publish()
    follower = evening.follower("B1")
    pull_all(follower)
    withholding.release(police, (entry.seq,), "baken", "nodig op de post")
    saying.note(police, "en verder")
    evening.publish()
    pull_all(follower)
    assert {"en verder"} == texts(follower.log) & {"en verder", "alleen voor ons"}
    again = evening.follower("B1", follower.log)
    pull_all(again)
    assert again.to_open == {entry.seq} and verify(follower.log.path).position == 0
    monkeypatch.setattr(following, "QUIET", -1.0)
    pull_all(again)
    assert not again.to_open and not evening.follower("B1", follower.log).to_open
    assert list(stored(follower.log.db)) == list(stored(evening.log.db))
    assert everything(follower.log) == everything(evening.log)


def test_what_was_erased_goes_and_comes_with_its_decision(evening: Evening) -> None:
    police = evening.sit("police")
    entry = saying.report(police, "naam van een getuige", category="suspicious")
    for number in range(60):
        saying.note(police, f"notitie {number}")
    evening.publish()
    early = evening.follower("B1")
    pull_all(early)
    withholding.erase(police, (entry.seq,), "verzoek betrokkene")
    evening.publish()
    pull_all(early)
    late = evening.follower("V1")
    assert late.pull().taken == FEW, "a page is a page, whatever was erased later"
    assert verify(late.log.path).position == 0 and promised(late.log.db) != {}
    pull_all(evening.follower("V1", late.log))
    assert promised(late.log.db) == {}
    for log in (early.log, late.log):
        assert "naam van een getuige" not in texts(log)
        assert list(stored(log.db)) == list(stored(evening.log.db))


def test_words_go_by_a_decision_that_can_be_read_and_by_no_other(evening: Evening) -> None:
    """What a server says of the words that are here, and of a decision that is sealed here, destroys nothing."""
    police = evening.sit("police")
    entry = saying.report(police, "signalement", category="suspicious", audience=("police",))
    withholding.release(police, (entry.seq,), "baken", "nodig")
    evening.publish()
    follower = evening.follower("B1")
    pull_all(follower)
    decision = withholding.erase(police, (entry.seq,), "verzoek")
    evening.publish()
    evening.admin.execute("UPDATE commandlog.parts SET readers = '{police}' WHERE seq = %s", (decision.seq,))
    pull_all(follower)
    assert next(stored(follower.log.db, decision.seq)).frame is None
    assert "signalement" in texts(follower.log)
    then = saying.note(police, "en nu voor iedereen")
    evening.admin.execute("UPDATE commandlog.parts SET readers = '{*}' WHERE seq = %s", (decision.seq,))
    evening.publish()
    evening.admin.execute("INSERT INTO commandlog.opened VALUES (%s, %s)", (decision.seq, then.seq))
    pull_all(follower)
    assert "signalement" not in texts(follower.log)
    assert list(stored(follower.log.db)) == list(stored(evening.log.db))


def test_what_waits_is_placed_and_the_rest_stays_behind_what_others_wrote(evening: Evening) -> None:
    police = evening.sit("police")
    desk, follower = evening.opened("B1")
    mine = [saying.note(desk, f"eigen {number}") for number in range(4)]
    evening.place(desk.log, 2)
    saying.note(police, "van de politie")
    evening.publish()
    assert follower.pull().taken == 3
    evening.place(desk.log, 1)
    saying.note(police, "en nog een")
    evening.publish()
    assert follower.pull().taken == 1, "what is first of the own ones is placed at once"
    pulled = follower.pull()
    assert (pulled.taken, pulled.later > 0) == (0, True), "two rebases in one second"
    follower._rested = 0.0  # a second later
    assert follower.pull().taken == 1
    evening.place(desk.log)
    evening.publish()
    follower._rested = 0.0
    pull_all(follower)
    assert desk.log.tip == desk.log.head.seq == evening.log.head.seq
    assert everything(desk.log) == everything(evening.log)
    assert len(desk.log.db.execute("SELECT * FROM promoted").fetchall()) == len(mine) + 1


def test_a_long_page_comes_in_before_what_waits_in_parts(evening: Evening) -> None:
    """The window takes each part in by itself: hundreds at once would hold up its keys."""
    police = evening.sit("police")
    desk, follower = evening.opened("B1")
    pull_all(follower)
    for upto in (60, 120, 20):
        with evening.log.writing():
            for number in range(upto):
                saying.note(police, f"regel {number}")
        evening.publish()
        evening.checkpoint()
    saying.note(desk, "wacht nog")
    commits: list[str] = []
    follower._full = True  # it is behind, and asks for as much as it may
    follower.log.db.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)
    assert follower.pull().taken == 200
    follower.log.db.set_trace_callback(None)
    assert len(commits) == 3
    assert everything(desk.log, before=PROVISIONAL) == everything(evening.log)
    assert first_difference(desk.log.path) is None


@pytest.mark.parametrize("forged", [False, True], ids=["decided", "forged"])
def test_a_log_that_was_put_back_goes_on_only_by_a_decision(evening: Evening, forged: bool) -> None:
    police = evening.sit("police")
    desk, follower = evening.opened("B1")
    saying.note(police, "nog net bewaard")
    evening.publish()
    pull_all(follower)
    after, lost = evening.upto, evening.log
    saying.note(desk, "van ons, verloren")
    evening.place(desk.log)
    saying.note(police, "van de politie, verloren")
    evening.publish()
    follower._rested = 0.0
    pull_all(follower)
    saying.note(desk, "wacht nog")
    head = desk.log.head
    evening.put_back(after)
    key = Ed25519PrivateKey.generate() if forged else evening.key
    with evening.log.writing():
        keeper = Desk(evening.log, Signer("venue", "LOG1", key))
        keeper.append(Branched, Words(text="besloten"), after=after, last=lost.head.seq, head=lost.head.hash)
    evening.publish()
    if forged:
        with pytest.raises(Forked):
            follower.pull()
        assert (desk.log.refresh(), desk.log.head) == (desk.log.tip, head)
        return
    follower._rested = 0.0
    pull_all(follower)
    assert texts(desk.log) == {"nog net bewaard", "besloten", "van ons, verloren", "wacht nog"}
    evening.place(desk.log)
    evening.publish()
    pull_all(follower)
    assert everything(desk.log) == everything(evening.log)
    assert list(stored(desk.log.db)) == list(stored(evening.log.db))
    assert first_difference(desk.log.path) is None
    assert len(list(evening.folder.glob("*.evidence-*.json"))) == 1
