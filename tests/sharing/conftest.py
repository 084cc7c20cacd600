"""Fixtures for all that meets a real PostgreSQL: the server of this test run, and an event on it with desks."""

import os
from collections.abc import Callable, Iterator

import psycopg
import pytest
from msgspec import Struct
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from commandlog.sharing.address import Address
from commandlog.sharing.link import connect
from commandlog.sharing.server.server import Event, Login, add_desk, add_keeper, create
from tests.events import concert
from tests.sharing.servers import Server, programs

PARTIES = concert().parties
FOREIGN = os.environ.get("COMMANDLOG_TEST_DSN", "")
NEWEST = max(programs(), default=0)


@pytest.fixture(scope="session")
def running() -> Iterator[Callable[[int], Server]]:
    """Gives the server of a version that all tests of this process share."""
    started: dict[int, Server] = {}

    def of(version: int) -> Server:
        if version not in started:
            started[version] = Server(version)
        return started[version]

    yield of
    for server in started.values():
        server.close()


@pytest.fixture(scope="session")
def admin_dsn(running: Callable[[int], Server]) -> str:
    """How the administrator of the test server connects: COMMANDLOG_TEST_DSN, or a server that was started for it."""
    return FOREIGN or running(NEWEST).admin_dsn


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that this test has to itself: it may be killed and started again."""
    own = Server(NEWEST)
    yield own
    own.close()


class Hosted(Struct):
    """An event on a server: its administrator's connection, and logins with their passwords."""

    event: Event
    admin: psycopg.Connection
    keeper: Login
    desks: dict[str, Login]
    parties: dict[str, str]

    def dsn(self, login: Login) -> str:
        """How one of its logins connects."""
        return make_conninfo(self.event.dsn, user=login.login, password=login.password)

    def address(self, login: Login) -> Address:
        """Where one of its logins connects to."""
        given = conninfo_to_dict(self.event.dsn)
        return Address(str(given["host"]), int(given["port"] or 5432), self.event.database, login.login, "local")

    def connect(self, who: str) -> psycopg.Connection:
        """Return a connection of a desk by its code, or of the "keeper"."""
        login = self.keeper if who == "keeper" else self.desks[who]
        return connect(self.dsn(login), role="keeper" if who == "keeper" else "desk")


Host = Callable[..., Hosted]
DESKS = {"P1": "police", "V1": "venue", "B1": "baken"}
_DROP = """SELECT format('DROP ROLE %%I', rolname) FROM pg_roles WHERE starts_with(rolname, %s)
ORDER BY rolcanlogin DESC, rolname LIKE '%%\\_p\\_%%' DESC"""


def host_on(admin_dsn: str, log_id: bytes | None = None, desks: dict[str, str] = DESKS) -> Hosted:
    """Make an event on a server, with a keeper and desks: code to party."""
    event = create(admin_dsn, log_id or os.urandom(16), "Concert evening", PARTIES)
    admin = connect(event.dsn, role="admin")
    logins = {code: add_desk(admin, party, code) for code, party in desks.items()}
    return Hosted(event, admin, add_keeper(admin, "venue"), logins, desks)


def drop(hosted: Hosted, admin_dsn: str) -> None:
    """Remove an event from its server, sessions and roles too."""
    hosted.admin.close()
    with connect(admin_dsn, role="admin") as connection:
        connection.execute(f'DROP DATABASE "{hosted.event.database}" WITH (FORCE)')
        for (statement,) in connection.execute(_DROP, (hosted.event.names.prefix,)).fetchall():
            connection.execute(statement)


@pytest.fixture
def host(admin_dsn: str) -> Iterator[Host]:
    """Makes events: `host()`, or `host(log_id, {"P1": "police"})`. They go with the server, which is the quickest."""
    made: list[Hosted] = []

    def make(log_id: bytes | None = None, desks: dict[str, str] = DESKS) -> Hosted:
        made.append(host_on(admin_dsn, log_id, desks))
        return made[-1]

    yield make
    for hosted in made:
        if FOREIGN:
            drop(hosted, admin_dsn)
        else:
            hosted.admin.close()


@pytest.fixture
def event(host: Host) -> Hosted:
    """A fresh event with three desks of three parties: P1 of the police, V1 of the venue, B1 of Baken."""
    return host()
