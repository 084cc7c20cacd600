"""Sharing a log that there is: it is put on a server as it stands, and its file becomes the log of one desk.

The records keep the headers, hashes and checkpoints that they have, so whoever has an older copy can hold it against
the shared log. On the server they are all there or none is. Where the line is cut between the server's commit and the
file's, sharing again finds the records there, and goes on.
"""

from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import psycopg

from commandlog.language import _
from commandlog.log.derived import closings
from commandlog.log.desk import Desk
from commandlog.log.member import Member
from commandlog.log.rebuild import Progress
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.covenant import spoken
from commandlog.model.errors import CommandLogError, Damaged, RuleError
from commandlog.sharing.address import Address, address_in
from commandlog.sharing.following.trust import KEEPER
from commandlog.sharing.joining import passwords, past
from commandlog.sharing.link import connect, telling
from commandlog.sharing.server import server
from commandlog.sharing.settings import Settings, Shared


class Made(NamedTuple):
    """What sharing has made: the desk that this file is now, its login, and the login of whoever puts in order.

    `others` are desks that this log had, at which nobody writes any more; `kept` says whether the keyring of this
    machine has both passwords.
    """

    event: server.Event
    member: Member
    login: server.Login
    keeper: server.Login
    others: list[str]
    kept: bool


def check(log: Log) -> None:
    """Raise RuleError where a log cannot be shared: it is a copy, closed, shared already, or cannot be written."""
    if log.mark:
        raise RuleError(_("{file} is {copy}: share the log itself.").format(file=log.path, copy=log.mark.described))
    if log.member:
        raise RuleError(
            _("{file} is a desk of a shared log already: invite others with `commandlog invite`.").format(file=log.path)
        )
    if log.read_only:
        raise RuleError(
            _("{file} cannot be written here: copy it to a disk of this machine first.").format(file=log.path)
        )
    if closings.first(log.db):
        raise RuleError(
            _("{file} is closed: share a log that continues it (`commandlog share {file} --fresh NEW`).").format(
                file=log.path
            )
        )


def check_sound(log: Log) -> None:
    """Raise Damaged where a log does not hold."""
    verdict = verify(log.path)
    if not verdict.holds:
        told = _("{file} does not hold: record {n}, {fault}. A damaged log is not shared: see `commandlog rescue`.")
        raise Damaged(told.format(file=log.path, n=verdict.position, fault=verdict.fault), verdict.position)


def share(desk: Desk, dsn: str, settings: Path, progress: Progress = lambda _done: None) -> Made:
    """Put a log on a server, by an administrator's connection string; its file is this desk of the shared log then.

    `desk` is this machine's, of the party that drives the event; `settings` is where this machine keeps its settings,
    and with them where the shared log is. The passwords of the logins made are told once; where this machine has a
    keyring, it keeps them. Raises RuleError (see `check`), Unavailable (no server) or Damaged (other records there).
    """
    log, covenant = desk.log, desk.covenant
    check(log)
    check_sound(log)
    name = spoken(covenant.name, covenant.language)
    event = server.create(dsn, log.id, name, covenant.parties, timezone=covenant.timezone)
    with telling(event.dsn), closing(connect(event.dsn, role="admin")) as connection:
        past.arrived(log, connection)
        keeper, login = _logins(connection, desk)
    keepers, own = address_in(event.dsn, keeper.login), address_in(event.dsn, login.login)
    kept = passwords.keep(keepers, keeper.password) and passwords.keep(own, login.password)
    member = Member(desk.party, desk.code)
    Settings(settings, log.id, desk.code).keep(Shared(name, member, own))
    with closing(_entered(event, keepers, keeper.password)) as connection, telling(event.dsn):
        _send(log, connection, member, progress)
    others = [code for (code,) in log.db.execute("SELECT desk FROM desks WHERE desk != ? ORDER BY since", (desk.code,))]
    return Made(event, member, login, keeper, others, kept)


def _entered(event: server.Event, keepers: Address, password: str) -> psycopg.Connection:
    """Connect as the keeper; raises what is wrong, with what is on the server by then."""
    try:
        with telling(event.dsn):
            return connect(keepers, password, role="keeper")
    except CommandLogError as error:
        told = _("The database {database} and its logins are made. Mend this, and share again, which goes on: {error}")
        raise type(error)(told.format(database=event.database, error=error)) from error


def _logins(connection: psycopg.Connection, desk: Desk) -> tuple[server.Login, server.Login]:
    """Make the logins of the keeper and of this desk, or renew those that an attempt made which was cut short."""
    made = {code for (code,) in connection.execute("SELECT desk FROM commandlog.desks").fetchall()}
    first = f"{KEEPER}1"
    keeper = server.renew(connection, first, None) if first in made else server.add_keeper(connection, desk.party)
    if desk.code in made:
        return keeper, server.renew(connection, desk.code, None)
    return keeper, server.add_desk(connection, desk.party, desk.code, None)


def _send(log: Log, connection: psycopg.Connection, member: Member, progress: Progress) -> None:
    """Send all records: the last of them, and the server's commit, while nobody can write in the file."""
    connection.execute("BEGIN")
    first = past.arrived(log, connection) + 1
    before = log.head.seq
    past.send(log, connection, first, before, progress)
    with log.writing():
        past.send(log, connection, max(first, before + 1), log.head.seq, progress)
        log.join(member)
        connection.execute("COMMIT")
