"""What an administrator does by the command line when something has gone wrong, and what commands say then."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import keyring
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from commandlog.cli import BAD_INPUT, DONE, NO
from commandlog.log.store import Log
from tests.sharing.conftest import Hosted
from tests.sharing.keyring_file import FileKeyring
from tests.sharing.machines import Machine, after, until
from tests.sharing.servers import PASSWORD, Server, free_port


@pytest.fixture(autouse=True)
def _keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path / "venue")
    made.environment["PGPASSWORD"] = PASSWORD
    yield made
    made.ends()


def _dsn(server: Server) -> str:
    return f"postgresql://postgres@127.0.0.1:{server.port}"


def _begin(machine: Machine, server: Server) -> tuple[str, str]:
    """Share a log; returns how its keeper and its administrator connect."""
    machine.does("new", "evening.clog", "--scenario", "concert")
    machine.does("report", "evening.clog", "Oog 2: man filmt poort F")
    told = machine.does("share", "evening.clog", "--server", _dsn(server), "--yes")
    return after("keep --server", told), after("invite --server", told).removesuffix(" PARTY")


def _lose(admin: str, after_seq: int) -> None:
    """Put the server back to an earlier state, as a failover does that lost commits."""
    with psycopg.connect(make_conninfo(admin, password=PASSWORD), autocommit=True) as connection:
        for table in ("chain", "parts", "checkpoints"):
            connection.execute(f"DELETE FROM commandlog.{table} WHERE seq > %s", (after_seq,))


def test_what_a_server_lost_is_put_back_or_gone_on_without(machine: Machine, server: Server) -> None:
    keeper, admin = _begin(machine, server)
    keep = ("keep", "--server", keeper, "--file", "keeper.clog")
    machine.starts(*keep, "--json")
    for text in ("een", "twee"):
        machine.does("report", "evening.clog", text)
    machine.does("follow", "evening.clog", "--once")
    assert machine.ends() == [DONE]
    health = json.loads((machine.folder / "keep.out").read_text().splitlines()[-1])
    assert (health["active"], health["desk"]) == (True, "LOG1")
    with Log(machine.folder / "keeper.clog", reading=True) as log:
        last = log.head.seq

    _lose(admin, last - 2)
    told = machine.does(*keep, code=BAD_INPUT)
    assert f"up to {last - 2}, and it went on to {last}: the server was put back to an earlier state" in told
    told = machine.does("follow", "evening.clog", "--once", code=NO)
    assert f"lost entries that this desk has (from {last - 1} on)" in told
    machine.starts(*keep, "--adopt", "keeper.clog")
    until(lambda: "2 records were put back" in (machine.folder / "keep.out").read_text())
    machine.does("follow", "evening.clog", "--once")
    assert machine.ends() == [DONE]

    _lose(admin, last - 2)
    assert "--person NAME" in machine.does(*keep, "--branch", "server kapot", code=BAD_INPUT)
    machine.starts(*keep, "--branch", "server kapot", "--person", "Anna")
    until(lambda: "What it lost is kept in" in (machine.folder / "keep.out").read_text())
    until(lambda: "LOG1 puts it in order" in machine.does("keep", "--status", "--server", keeper))
    assert machine.ends() == [DONE]
    assert "nothing" in machine.does(*keep, "--adopt", "keeper.clog", code=BAD_INPUT)
    assert "gone from the tables" in machine.does("keep", "--purge", "--server", admin)


def test_commands_say_what_is_wrong_in_one_line(machine: Machine, server: Server) -> None:
    nowhere = f"postgresql://postgres@127.0.0.1:{free_port()}"
    machine.does("new", "own.clog", "--scenario", "concert")
    assert "no connection" in machine.does("share", "own.clog", "--server", nowhere, "--yes", code=BAD_INPUT)
    assert "not protected" in machine.does(
        "share", "own.clog", "--server", "host=192.0.2.1 sslmode=disable", "--yes", code=BAD_INPUT
    )
    assert "no address" in machine.does("share", "own.clog", "--server", "so not", "--yes", code=BAD_INPUT)
    assert "not a desk of a shared log" in machine.does("follow", "own.clog", code=BAD_INPUT)
    assert "no invitation" in machine.does("join", "none", "x.clog", code=BAD_INPUT)
    assert "not come whole" in machine.does("join", "-", "x.clog", code=BAD_INPUT, said="CLOG1: AAAA")
    assert "INVITATION FILE" in machine.does("join", "x.clog", code=BAD_INPUT)
    assert "CREATE ROLE" in machine.does("share", "own.clog", "--server", nowhere, "--print-sql")
    with Log(machine.folder / "own.clog") as log:
        assert log.member is None

    keeper, admin = _begin(machine, server)
    assert "a desk of a shared log already" in machine.does(
        "share", "evening.clog", "--server", _dsn(server), "--yes", code=BAD_INPUT
    )
    assert "not that of a log keeper" in machine.does("keep", "--server", admin, code=BAD_INPUT)
    with psycopg.connect(make_conninfo(admin, password=PASSWORD), autocommit=True) as connection:
        connection.execute("UPDATE commandlog.about SET version = version - 1")
        assert "Go on with the older one" in machine.does("keep", "--server", keeper, code=BAD_INPUT)
        connection.execute("UPDATE commandlog.about SET version = version + 1")
    assert "run `commandlog keep`" in machine.does("keep", "--status", "--server", keeper, code=NO)
    assert "no party" in machine.does("invite", "--server", admin, "brandweer", code=BAD_INPUT)
    assert "no desk X9" in machine.does("revoke", "--server", admin, "x9", code=BAD_INPUT)
    told = machine.does("join", "--server", admin, "--party", "police", "police.clog")
    assert "desk P1 of Police" in told
    told = machine.does("invite", "--server", admin, "police", "--out", ".", "--address", "log.example.org:5433")
    assert re.search(r"until \S+ \d\d:\d\d CES?T\.", told)  # the event's time, whatever this machine's is
    assert (machine.folder / "police-P2.commandlog-invitation").stat().st_mode & 0o077 == 0
    machine.does("invite", "--server", admin, "Politie", "--out", "not/there", code=BAD_INPUT)
    told = machine.does("invite", "--server", admin, "police", "--out", "own.clog", code=BAD_INPUT)
    assert "is there already" in told
    assert "is a folder" in machine.does("join", "--server", admin, "--party", "police", ".", code=BAD_INPUT)
    assert "is a folder" in machine.does("join", "police-P2.commandlog-invitation", ".", code=BAD_INPUT)
    (machine.folder / "police-P3.commandlog-invitation").touch()
    machine.environment["COMMANDLOG_LANG"] = "nl"
    assert "P3 van Politie" in machine.does("invite", "--server", admin, "Police", "--out", ".")
    assert (machine.folder / "police-P3-2.commandlog-invitation").stat().st_size > 0
    assert sorted(path.name for path in machine.folder.glob("*.clog")) == ["evening.clog", "own.clog", "police.clog"]


def test_only_who_may_purge_is_told_that_it_is_done(machine: Machine, event: Hosted) -> None:
    told = machine.does("keep", "--purge", "--server", event.dsn(event.keeper), code=BAD_INPUT)
    assert "Nothing was purged" in told
    assert "gone from" not in told


def test_a_fresh_log_is_shared_with_what_is_open(machine: Machine, server: Server) -> None:
    machine.does("new", "old.clog", "--scenario", "concert")
    machine.does("report", "old.clog", "Oog 2: man filmt poort F")
    asked = machine.does("share", "old.clog", "--server", _dsn(server), "--fresh", "new.clog", code=BAD_INPUT)
    assert "1 entries" in asked
    told = machine.does("share", "old.clog", "--server", _dsn(server), "--fresh", "new.clog", "--yes")
    assert "new.clog is shared" in told
    with Log(machine.folder / "old.clog") as old, Log(machine.folder / "new.clog") as new:
        assert (old.member, new.member and new.member.party) == (None, "venue")
