"""What an administrator does with an event's database on a PostgreSQL server: make it, let desks in, show them out.

The connection is an administrator's: a superuser, or a login that may make roles and to whom the database belongs.
"""

import hashlib
import hmac
import secrets
import time
from base64 import b64encode
from collections.abc import Collection, Iterator, Mapping, Sequence

import psycopg
from msgspec import Struct
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier, Literal

from commandlog.language import _
from commandlog.model.covenant import Party
from commandlog.model.errors import RuleError, Unavailable
from commandlog.sharing import hardening as hardened
from commandlog.sharing import schema
from commandlog.sharing.link import connect, telling
from commandlog.sharing.schema import MIGRATIONS, VERSION, Names, Statement

INVITED = 48.0
"""Hours for which an invitation holds."""
LONGEST = 5.0
"""Seconds that a desk's transaction may take."""
VERSIONS = range(15, 19)
_MAINTENANCE = ("", "postgres", "template1", "defaultdb")
_ITERATIONS = 4096
_GONE_WITHIN = 2.0  # seconds


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


class Login(Struct, frozen=True):
    """A login that was made a moment ago. Its password is told once and kept nowhere."""

    login: str
    password: str
    desk: str


def create(admin_dsn: str, log_id: bytes, name: str, parties: Sequence[Party]) -> Event:
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
    with telling(), connect(make_conninfo(admin_dsn, dbname=_entrance(admin_dsn)), role="admin") as connection:
        _check_version(connection)
        if not connection.execute("SELECT FROM pg_database WHERE datname = %s", (database,)).fetchone():
            connection.execute(
                SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(Identifier(database))
            )
    with telling(), connect(dsn, role="admin") as connection:
        if _holds(connection) is None:
            with connection.transaction():
                _run(connection, schema.roles(names, parties))
                _run(connection, schema.tables(names, name, parties))
            _run_each(connection, hardened.database(names, database))
            _run_each(connection, hardened.everybody(names, database))
        elif names_of(connection) != names:
            raise RuleError(_("The database {name} already holds a shared log: name another.").format(name=database))
    with telling(), connect(dsn, role="admin") as connection:  # anew: settings of the database hold from now on
        return Event(log_id, name, database, dsn, tuple(hardened.lacking(connection)))


def as_script(
    log_id: bytes, name: str, parties: Sequence[Party], logins: Mapping[str, tuple[str, str]] | None = None
) -> str:
    """Return what `create` would run, for a database administrator to run with psql.

    `logins` are the desks to let in: by desk code, their party and password.
    """
    names = Names(log_id)
    numbers = {party.code: number for number, party in enumerate(parties, 1)}
    parts: list[tuple[str, Sequence[Statement | str]]] = [
        (
            "The database; leave these two lines out where it is there already, and connect to it.",
            [
                SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(Identifier(names.database)),
                f"\\connect {names.database}",
            ],
        ),
        (
            "Roles and tables: all or nothing.",
            [SQL("BEGIN"), *schema.roles(names, parties), *schema.tables(names, name, parties)],
        ),
        (
            "A login for each desk, by its password's SCRAM verifier.",
            [
                statement
                for code, (party, password) in (logins or {}).items()
                for statement in schema.desk(names, party, numbers[party], code, scram(password), INVITED)
            ],
        ),
        ("What only the event's own logins may.", [SQL("COMMIT"), *hardened.database(names, names.database)]),
        ("What nobody needs; for a superuser.", hardened.everybody(names, names.database)),
    ]
    return "\n".join(line for part in parts for line in _printed(*part))


def add_desk(
    connection: psycopg.Connection, party: str, desk: str, hours: float | None = INVITED, password: str = ""
) -> Login:
    """Make the login of a desk of a party; until the desk has joined, it holds for `hours` (None: for good).

    Raises RuleError where the desk or its party is not as it should be.
    """
    names = names_of(connection)
    with telling(), connection.transaction():
        row = connection.execute("SELECT number FROM commandlog.parties WHERE party = %s", (party,)).fetchone()
        if row is None:
            raise RuleError(_("There is no party {party} in this shared log.").format(party=party))
        login = Login(names.login(desk), password or _password(), desk)
        _make(connection, schema.desk(names, party, row[0], desk, scram(login.password), hours), desk)
    return login


def add_keeper(connection: psycopg.Connection, party: str = "", password: str = "") -> Login:
    """Make the login of a keeper: LOG1, LOG2 and so on. `party` is the covenant's driver."""
    names = names_of(connection)
    with telling(), connection.transaction():
        code = next_code(connection, "LOG")
        login = Login(names.login(code), password or _password(), code)
        _make(connection, schema.keeper(names, party, code, scram(login.password)), code)
    return login


def add_party(connection: psycopg.Connection, party: Party) -> None:
    """Note a party that came into the covenant later; one that is there already stays."""
    names = names_of(connection)
    with telling(), connection.transaction():
        row = connection.execute(
            "SELECT coalesce(max(number), 0) + 1, coalesce(bool_or(party = %s), false) FROM commandlog.parties",
            (party.code,),
        ).fetchone()
        if row and not row[1]:
            _run(connection, [*schema.party_role(names, row[0]), schema.party_row(row[0], party)])


def renew(connection: psycopg.Connection, desk: str, hours: float | None = INVITED) -> Login:
    """Give a login that is there another password: an invitation was lost, or sharing was cut short.

    Raises RuleError where there is no such desk, or its login was taken away.
    """
    with telling(), connection.transaction():
        row = connection.execute(
            SQL("UPDATE commandlog.desks SET ends = {} WHERE desk = {} AND revoked IS NULL RETURNING login").format(
                schema.ending(hours), desk
            )
        ).fetchone()
        if row is None:
            raise RuleError(_("There is no desk {desk} in this shared log.").format(desk=desk))
        login = Login(row[0], _password(), desk)
        connection.execute(
            SQL("ALTER ROLE {} PASSWORD {}").format(Identifier(login.login), Literal(scram(login.password)))
        )
    return login


def next_code(connection: psycopg.Connection, letter: str, taken: Collection[str] = ()) -> str:
    """Return the first code that no desk has, on the server or among `taken`: those of the log."""
    used = {*taken, *(row[0] for row in connection.execute("SELECT desk FROM commandlog.desks"))}
    number = 1
    while f"{letter}{number}" in used:
        number += 1
    return f"{letter}{number}"


def revoke(connection: psycopg.Connection, desk: str) -> None:
    """Show a desk out for good: it cannot log in any more, and its sessions end now, within two seconds.

    Raises RuleError where there is no such desk, Unavailable where a session did not end.
    """
    with telling():
        row = connection.execute("SELECT login FROM commandlog.desks WHERE desk = %s", (desk,)).fetchone()
        if row is None:
            raise RuleError(_("There is no desk {desk} in this shared log.").format(desk=desk))
        with connection.transaction():
            connection.execute(SQL("ALTER ROLE {} NOLOGIN").format(Identifier(row[0])))
            connection.execute("UPDATE commandlog.desks SET revoked = now() WHERE desk = %s", (desk,))
        end = time.monotonic() + _GONE_WITHIN
        quiet = 0
        while quiet < 3:  # who was just logging in when it was forbidden shows up a moment later
            ended = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", row
            ).fetchall()
            quiet = 0 if ended else quiet + 1
            if time.monotonic() > end:
                raise Unavailable(_("A session of {desk} could not be ended: try again.").format(desk=desk))
            time.sleep(0.1)


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

    Raises RuleError where they are of a newer program.
    """
    names = names_of(connection)
    with telling(), connection.transaction():
        connection.execute(SQL("SET LOCAL ROLE {}").format(names.owner))
        row = connection.execute("SELECT version FROM commandlog.about FOR UPDATE").fetchone()
        was = int(row[0]) if row else 0
        if was > version:
            raise RuleError(_("This shared log was made by a newer CommandLog: install that first."))
        for step in range(was + 1, version + 1):
            _run(connection, steps[step])
        connection.execute("UPDATE commandlog.about SET version = %s", (version,))
    return was


def hardening(connection: psycopg.Connection) -> list[str]:
    """Return what is not as it should be, in words for an administrator; an empty list when the database is safe."""
    with telling():
        return hardened.lacking(connection)


def names_of(connection: psycopg.Connection) -> Names:
    """Return the roles of the event whose database this is; raises RuleError where it is none."""
    log_id = _holds(connection)
    if log_id is None:
        raise RuleError(_("There is no shared log in this database."))
    return Names(log_id)


def _holds(connection: psycopg.Connection) -> bytes | None:
    """Return the log that a database holds, None where there is none that this login may see."""
    try:
        row = connection.execute("SELECT log_id FROM commandlog.about").fetchone()
    except (errors.UndefinedTable, errors.InsufficientPrivilege):
        return None
    return bytes(row[0]) if row else None


def change_password(connection: psycopg.Connection, password: str) -> None:
    """Give the login of this connection another password, without telling the server what it is."""
    connection.execute(SQL("ALTER ROLE CURRENT_USER PASSWORD {}").format(Literal(scram(password))))


def scram(password: str) -> str:
    """Return what a server keeps of a password: RFC 5803, from which it cannot be read back."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    told = [b64encode(part).decode() for part in (salt, stored, hmac.digest(salted, b"Server Key", "sha256"))]
    return f"SCRAM-SHA-256${_ITERATIONS}:{told[0]}${told[1]}:{told[2]}"


def _password() -> str:
    return secrets.token_urlsafe(24)  # 192 bits


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


def _make(connection: psycopg.Connection, statements: Sequence[Statement], desk: str) -> None:
    try:
        _run(connection, statements)
    except (errors.DuplicateObject, errors.UniqueViolation):
        raise RuleError(_("The desk {desk} is in this shared log already.").format(desk=desk)) from None


def _run(connection: psycopg.Connection, statements: Sequence[Statement]) -> None:
    for statement in statements:
        connection.execute(statement)


def _run_each(connection: psycopg.Connection, statements: Sequence[Statement]) -> None:
    """Run what only some administrators may; what is then lacking is told by `hardening`."""
    for statement in statements:
        try:
            connection.execute(statement)
        except (errors.InsufficientPrivilege, errors.WrongObjectType):
            continue


def _printed(told: str, statements: Sequence[Statement | str]) -> Iterator[str]:
    if not statements:
        return
    yield f"\n-- {told}"
    for statement in statements:
        yield statement if isinstance(statement, str) else f"{statement.as_string(None)};"
