"""The logins of an event: of desks and of keepers. Letting in, a new password, showing out.

A password is made here, told once, and kept nowhere; the server only ever gets what stands for it.
"""

import hashlib
import hmac
import secrets
import time
from base64 import b64encode
from collections.abc import Collection, Sequence

import psycopg
from msgspec import Struct
from psycopg import errors
from psycopg.sql import SQL, Identifier, Literal

from commandlog.language import _
from commandlog.model.covenant import Party
from commandlog.model.errors import RuleError, Unavailable
from commandlog.sharing.link import telling
from commandlog.sharing.server import access, schema
from commandlog.sharing.server.schema import Names, Statement

INVITED = 48.0
"""Hours for which an invitation holds."""
_ITERATIONS = 4096
_GONE_WITHIN = 2.0  # seconds
_SENT = ("inbox", "pieces_in", "pulses")


class Login(Struct, frozen=True):
    """A login that was made a moment ago. Its password is told once and kept nowhere."""

    login: str
    password: str
    desk: str


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
        _make(connection, access.desk(names, party, row[0], desk, scram(login.password), hours), desk)
    return login


def add_keeper(connection: psycopg.Connection, party: str = "", password: str = "") -> Login:
    """Make the login of a keeper: LOG1, LOG2 and so on. `party` is the covenant's driver."""
    names = names_of(connection)
    with telling(), connection.transaction():
        code = next_code(connection, "LOG")
        login = Login(names.login(code), password or _password(), code)
        _make(connection, access.keeper(names, party, code, scram(login.password)), code)
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
            run(connection, [*access.party_role(names, row[0]), schema.party_row(row[0], party)])


def renew(connection: psycopg.Connection, desk: str, hours: float | None = INVITED) -> Login:
    """Give a login that is there another password: an invitation was lost, or sharing was cut short.

    Raises RuleError where there is no such desk, or its login was taken away.
    """
    with telling(), connection.transaction():
        row = connection.execute(
            SQL("UPDATE commandlog.desks SET ends = {} WHERE desk = {} AND revoked IS NULL RETURNING login").format(
                access.ending(hours), desk
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

    What it sent and nobody has taken yet goes. Raises RuleError where there is no such desk, Unavailable where one did
    not end.
    """
    with telling():
        row = connection.execute("SELECT login FROM commandlog.desks WHERE desk = %s", (desk,)).fetchone()
        if row is None:
            raise RuleError(_("There is no desk {desk} in this shared log.").format(desk=desk))
        with connection.transaction():
            connection.execute(SQL("ALTER ROLE {} NOLOGIN").format(Identifier(row[0])))
            connection.execute("UPDATE commandlog.desks SET revoked = now() WHERE desk = %s", (desk,))
            for table in _SENT:
                connection.execute(SQL("DELETE FROM commandlog.{} WHERE login = %s").format(Identifier(table)), row)
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


def names_of(connection: psycopg.Connection, version: int | None = schema.VERSION) -> Names:
    """Return the roles of the event whose database this is.

    Raises RuleError where it is none, or its tables are of another version than this one (None: of any).
    """
    log_id = log_of(connection)
    if log_id is None:
        raise RuleError(_("There is no shared log in this database."))
    if version is not None:
        row = connection.execute("SELECT version FROM commandlog.about").fetchone()
        check_version(row[0] if row else 0, version)
    return Names(log_id)


def check_version(found: int, wanted: int) -> None:
    """Raise RuleError where the tables are not of the version that this program needs."""
    if found > wanted:
        raise RuleError(_("This shared log was made by a newer CommandLog: install that first."))
    if found < wanted:
        told = _(
            "This shared log was made by an older CommandLog, and this one does not know its tables. Go on with the"
            " older one until the event is over, or share what is open anew: `commandlog share FILE --fresh NEW`."
        )
        raise RuleError(told)


def log_of(connection: psycopg.Connection) -> bytes | None:
    """Return the log that a database holds, None where there is none that this login may see."""
    try:
        row = connection.execute("SELECT log_id FROM commandlog.about").fetchone()
    except (errors.UndefinedTable, errors.InsufficientPrivilege):
        return None
    return bytes(row[0]) if row else None


def change_password(connection: psycopg.Connection, password: str) -> None:
    """Give the login of this connection another password, without telling the server what it is."""
    with connection.transaction():
        connection.execute("SET LOCAL synchronous_commit = on")  # else the old one could be what holds after a crash
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


def _make(connection: psycopg.Connection, statements: Sequence[Statement], desk: str) -> None:
    try:
        run(connection, statements)
    except (errors.DuplicateObject, errors.UniqueViolation):
        raise RuleError(_("The desk {desk} is in this shared log already.").format(desk=desk)) from None


def run(connection: psycopg.Connection, statements: Sequence[Statement]) -> None:
    """Run statements one after the other."""
    for statement in statements:
        connection.execute(statement)
