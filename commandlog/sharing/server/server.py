"""What an administrator does with an event's database on a PostgreSQL server: make it, bring it up to date, look at it.

The connection is an administrator's: a superuser, or a login that may make roles and to whom the database belongs.
"""

from collections.abc import Mapping, Sequence

import psycopg
from msgspec import Struct
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from commandlog.language import _
from commandlog.model.covenant import Party
from commandlog.model.errors import RuleError
from commandlog.sharing.link import connect, telling
from commandlog.sharing.server import hardening as hardened
from commandlog.sharing.server.logins import (
    INVITED,
    Login,
    add_desk,
    add_keeper,
    add_party,
    change_password,
    check_version,
    log_of,
    names_of,
    next_code,
    renew,
    revoke,
    run,
    scram,
)
from commandlog.sharing.server.schema import MIGRATIONS, VERSION, Names, Statement
from commandlog.sharing.server.script import as_script, everything

__all__ = [
    "INVITED",
    "Event",
    "Login",
    "add_desk",
    "add_keeper",
    "add_party",
    "as_script",
    "change_password",
    "create",
    "end_long_transactions",
    "hardening",
    "migrate",
    "names_of",
    "next_code",
    "renew",
    "revoke",
    "scram",
]

LONGEST = 5.0
"""Seconds that a desk's transaction may take."""
VERSIONS = range(15, 19)
_MAINTENANCE = ("", "postgres", "template1", "defaultdb")


class Event(Struct, frozen=True):
    """An event's database; `dsn` is how the administrator connects to it. `lacking` says what is not yet safe."""

    log_id: bytes
    name: str
    database: str
    dsn: str
    lacking: tuple[str, ...] = ()

    @property
    def names(self) -> Names:
        """The event's roles."""
        return Names(self.log_id)


def create(admin_dsn: str, log_id: bytes, name: str, parties: Sequence[Party], *, timezone: str = "") -> Event:
    """Make the database of an event, if it is not there, and everything in it; what is there already stays.

    The database is the one that `admin_dsn` names, or one of its own where that names none, or a maintenance database.
    Raises RuleError (it holds another shared log, the login may not do this) or Unavailable.
    """
    names = Names(log_id)
    given = conninfo_to_dict(admin_dsn)
    database = str(given.get("dbname") or "")
    if database in _MAINTENANCE:
        database = names.database
    dsn = make_conninfo(admin_dsn, dbname=database)
    with telling(dsn), connect(make_conninfo(admin_dsn, dbname=_entrance(admin_dsn)), role="admin") as connection:
        _check_version(connection)
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone():
            connection.execute(
                SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(Identifier(database))
            )
    with telling(dsn), connect(dsn, role="admin") as connection:
        if log_of(connection) is None:
            with connection.transaction():
                run(connection, everything(names, name, parties, timezone))
            _run_each(connection, hardened.database(names, database))
            _run_each(connection, hardened.everybody(names, database))
        elif names_of(connection) != names:
            raise RuleError(_("The database {name} already holds a shared log: name another.").format(name=database))
    with telling(dsn), connect(dsn, role="admin") as connection:  # anew: settings of the database hold from now on
        return Event(log_id, name, database, dsn, tuple(hardened.lacking(connection)))


def end_long_transactions(connection: psycopg.Connection, seconds: float = LONGEST) -> list[str]:
    """End the sessions of desks that hold up others, as a keeper does each second; returns their logins.

    Those whose transaction is older than `seconds`, also one that waits for its client to read on, and those that ask
    for a lock on a table which no desk ever needs.
    """
    rows = connection.execute(
        """SELECT usename FROM (
               SELECT usename, pg_terminate_backend(pid) FROM pg_stat_activity AS session
               JOIN commandlog.desks ON login = usename AND NOT keeper
               WHERE datname = current_database() AND (
                   xact_start < clock_timestamp() - %s * interval '1 second'
                   OR EXISTS (SELECT FROM pg_locks WHERE pg_locks.pid = session.pid AND locktype = 'relation'
                       AND mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')))) AS ended""",
        (seconds,),
    )
    return [row[0] for row in rows]


def migrate(
    connection: psycopg.Connection, steps: Mapping[int, Sequence[Statement]] = MIGRATIONS, version: int = VERSION
) -> int:
    """Bring the tables to this program's version, whole or not at all; returns the version that they had.

    Raises RuleError where they are of a newer program, or of one so old that no step leads here from it.
    """
    names = names_of(connection, None)
    with telling(), connection.transaction():
        connection.execute(SQL("SET LOCAL ROLE {}").format(names.owner))
        row = connection.execute("SELECT version FROM commandlog.about FOR UPDATE").fetchone()
        was = int(row[0]) if row else 0
        if was > version or not steps.keys() >= set(range(was + 1, version + 1)):
            check_version(was, version)
        for step in range(was + 1, version + 1):
            run(connection, steps[step])
        connection.execute("UPDATE commandlog.about SET version = %s", (version,))
    return was


def hardening(connection: psycopg.Connection) -> list[str]:
    """Return what is not as it should be, in words for an administrator; an empty list when the database is safe."""
    with telling():
        return hardened.lacking(connection)


def _entrance(admin_dsn: str) -> str:
    """Return a database to which one can connect, to ask whether another is there."""
    named = str(conninfo_to_dict(admin_dsn).get("dbname") or "")
    if named in _MAINTENANCE:
        return named or "postgres"
    try:
        with connect(admin_dsn, role="admin"):
            return named
    except psycopg.OperationalError:
        return "postgres"


def _check_version(connection: psycopg.Connection) -> None:
    version = connection.info.server_version // 10_000
    if version not in VERSIONS:
        told = _("This is PostgreSQL {version}; a shared log needs one of the versions {first} to {last}.")
        raise RuleError(told.format(version=version, first=VERSIONS[0], last=VERSIONS[-1]))


def _run_each(connection: psycopg.Connection, statements: Sequence[Statement]) -> None:
    """Run what only some administrators may; what is then lacking is told by `hardening`."""
    for statement in statements:
        try:
            connection.execute(statement)
        except (errors.InsufficientPrivilege, errors.WrongObjectType):
            continue
