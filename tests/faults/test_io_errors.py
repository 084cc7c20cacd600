"""I/O faults, the short way: some in every work and command, the controls, and a disk that is really full."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import RuleError, Unavailable
from commandlog.verbs import closing, events, saying, withholding
from tests.events import concert
from tests.faults import io_commands, io_errors, system_calls, vfs
from tests.faults.io_errors import CONTROL, CONTROLS, FAULTS, Case, Fault, Injector
from tests.faults.work import WORKS, Place, Work, evening

REASON = vfs.why_not()
sharing = pytest.mark.skipif(bool(REASON), reason=REASON)
FEW = 4


@sharing
@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_a_fault_never_makes_the_program_say_stored_where_it_is_not(work: Work) -> None:
    expected = io_errors.undisturbed(work)
    every = min(500, expected.calls) * 7 // FEW // 7 * 7 + 1  # seven runs to a call: each kind has its turn
    (results,) = io_errors.run((work,), 500, every, seed=1).values()
    assert len(results) >= FEW - 2
    assert [(str(case), result.faults) for case, result in results if result.faults] == []
    assert any(result.refused for _case, result in results)
    assert all(result.reached for _case, result in results)


@sharing
@pytest.mark.parametrize("name", CONTROLS)
def test_a_careless_program_is_found_out(name: str) -> None:
    with CONTROLS[name]():
        (results,) = io_errors.run(CONTROL, 300, 181, seed=1).values()
    assert any(result.faults for _case, result in results)


@sharing
@pytest.mark.parametrize("command", io_commands.COMMANDS, ids=lambda command: command.name)
def test_exit_codes_tell_the_truth(command: io_commands.Command) -> None:
    (outcomes,) = io_commands.run(500, 211, (command,)).values()
    assert outcomes
    assert [(str(one.case), one.faults) for one in outcomes if one.faults] == []


@sharing
@pytest.mark.parametrize("fault", FAULTS[:3], ids=lambda fault: fault.name)
def test_every_call_of_making_a_key_may_fail(fault: Fault, venue: Desk, tmp_path: Path) -> None:
    failed: Counter[str] = Counter()
    refused = 0
    for call in range(1, 100):
        home = tmp_path / f"home {call}"
        home.mkdir()
        injector = Injector(home, Case(WORKS[0], call, fault))
        before = venue.log.refresh()
        with system_calls.between(injector):
            try:
                sit_down(venue.log, home / "settings", "police")
            except Unavailable as unavailable:
                refused += 1
                assert str(home / "settings") in str(unavailable)
                assert venue.log.refresh() == before
                left = [path for path in home.rglob("*") if path.is_file()]
                assert all(path.suffix == ".key" and path.stat().st_size == 32 for path in left)  # nothing half done
        if not injector.failed:
            break
        failed += injector.failed
        desk = sit_down(venue.log, home / "settings", "police")  # and now it goes
        assert saying.note(desk, "nu wel").frame.by.desk == desk.code
        assert sit_down(venue.log, home / "settings", "police").code == desk.code
    assert {"mkdir", "open", "write", "sync", "rename", "delete"} <= set(failed)
    assert refused > 8
    assert verify(venue.log.path, deep=True).holds


def test_a_key_that_is_damaged_is_said(venue: Desk) -> None:
    (key,) = settings_folder().rglob("*.key")
    key.write_bytes(b"half")
    with pytest.raises(Unavailable, match="key of this desk"):
        sit_down(venue.log, settings_folder(), "venue")


def test_settings_where_nothing_can_be_made_are_said(venue: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    before = venue.log.refresh()
    with pytest.raises(Unavailable, match="COMMANDLOG_SETTINGS"):
        sit_down(venue.log, tmp_path / "file" / "settings", "police")
    assert venue.log.refresh() == before


def test_the_last_entries_of_another_log_are_not_taken_for_those_of_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "event.clog"
    wal = tmp_path / "event.clog-wal"
    wal.write_bytes(b"the last entries of a log that somebody deleted")
    with pytest.raises(RuleError, match="-wal holds the last entries"):
        events.open_event(path, concert(), settings_folder())
    assert [one.name for one in tmp_path.glob("event*")] == ["event.clog-wal"]
    wal.unlink()
    events.open_event(path, concert(), settings_folder()).log.close()
    assert verify(path).holds


@sharing
def test_a_log_that_cannot_be_closed_whole_is_not_made(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    last = io_errors.undisturbed(WORKS[0])
    assert last.calls > 400
    seen = set()
    for call in range(330, 400, 5):
        path = folder / "event.clog"
        injector = Injector(folder, Case(WORKS[0], call, FAULTS[4]))
        with io_errors.impatient(), vfs.between(injector), system_calls.between(injector):
            try:
                events.open_event(path, concert(), settings_folder()).log.close()
                seen.add("made")
            except Unavailable:
                seen.add("refused")
                assert not path.exists()
                injector.lifted = True
                events.open_event(path, concert(), settings_folder()).log.close()
        with Log(path) as log:
            assert log.head.seq == 3
        assert verify(path).holds
        path.unlink()
    assert "refused" in seen


@pytest.mark.skipif(sys.platform == "win32", reason="Windows mounts no disks and limits no files this way")
@pytest.mark.parametrize("how", ["disk", "limit"])
def test_a_disk_that_is_really_full(how: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.full_disk", how, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    if done.returncode == 3:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stderr
    assert "entries" in done.stdout


def test_what_was_stored_before_a_log_was_closed_can_be_sent_again(venue: Desk) -> None:
    first = saying.note(venue, "nog net", origin="phone:7")
    closing.close(venue)
    assert saying.note(venue, "nog net", origin="phone:7").seq == first.seq
    with pytest.raises(RuleError, match="closed"):
        saying.note(venue, "te laat", origin="phone:8")


def test_what_was_erased_can_be_asked_for_again(venue: Desk) -> None:
    said = saying.note(venue, "een naam")
    first = withholding.erase(venue, (said.seq,), "op verzoek", origin="phone:9")
    assert withholding.erase(venue, (said.seq,), "op verzoek", origin="phone:9").seq == first.seq


@sharing
def test_a_refused_entry_is_not_at_the_head_even_of_a_disk_that_is_gone(tmp_path: Path) -> None:
    place = Place(tmp_path)
    evening(place)
    seen = 0
    for call in range(1, 60):
        injector = Injector(tmp_path, None)
        with vfs.between(injector), system_calls.between(injector), Log(place.path) as log:
            desk = sit_down(log, place.settings, "venue")
            before = log.head
            injector.calls, injector.case = 0, Case(WORKS[0], call, FAULTS[5])
            try:
                saying.note(desk, "weg", origin=f"gone:{call}")
            except Unavailable:
                seen += 1
                assert log.head == before
            injector.lifted = True
            assert saying.note(desk, "weg", origin=f"gone:{call}").seq == before.seq + 1
    assert seen > 20
    assert verify(place.path, deep=True).holds
