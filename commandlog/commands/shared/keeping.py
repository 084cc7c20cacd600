"""Putting a shared log in order for as long as the command runs, and what an administrator asks of it."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click
import msgspec
import psycopg
from dateutil import tz
from psycopg.conninfo import conninfo_to_dict

from commandlog.commands.common import print_json
from commandlog.commands.shared.asking import ask, ended_by_signals, shown, with_password
from commandlog.language import _
from commandlog.log.keys import desk_key, settings_folder
from commandlog.model.errors import RuleError
from commandlog.model.harmless import visible
from commandlog.sharing.address import address_in
from commandlog.sharing.joining import passwords
from commandlog.sharing.keeper import adopting, keepers_log
from commandlog.sharing.keeper.keeper import Keeper
from commandlog.sharing.keeper.keepers_log import open_keepers_log
from commandlog.sharing.keeper.keeping import Health
from commandlog.sharing.link import connect, telling
from commandlog.sharing.server import purging, server
from commandlog.sharing.server.standing import standing, standing_lines

EVERY = 60.0  # seconds between two lines when nothing changes


def keep(dsn: str, file: Path | None, adopt: Path | None, branch: str, person: str, *, as_json: bool) -> None:
    """Put a shared log in order until SIGTERM or Ctrl-C, after what a person has decided about what the server lost."""
    stop = threading.Event()
    with _keeper(_Entrance(dsn), file) as keeper, telling(dsn), closing(keeper):
        if adopt:
            told = _("{n} records were put back on the server.")
            click.echo(told.format(n=adopting.put_back(keeper, adopt)))
        if branch:
            keeper = _branched(keeper, branch, person)
        with closing(keeper.log), ended_by_signals(stop):
            keeper.run(stop, _Teller(as_json=as_json))


def trust(dsn: str, file: Path | None, desk: str, fingerprint: str) -> None:
    """Let the keeper at work say to all desks that another is to be trusted."""
    with _keeper(_Entrance(dsn), file) as keeper, telling(dsn), closing(keeper):
        keepers_log.trust(keeper.log, desk.upper(), fingerprint.lower())
    click.echo(_("{desk} is to be trusted: the log keeper at work says so to all desks.").format(desk=desk))


def _branched(keeper: Keeper, reason: str, person: str) -> Keeper:
    """Go on without what the server has lost; returns the keeper of the log that does."""
    log, aside = adopting.branch(keeper, reason, person)
    click.echo(_("The shared log goes on from what the server has. What it lost is kept in {file}.").format(file=aside))
    return keeper.on(log)


class _Entrance:
    """Logs in with a connection string, and a password that is found or asked for once."""

    def __init__(self, dsn: str) -> None:
        given = conninfo_to_dict(dsn)
        self.dsn, self.database = dsn, str(given.get("dbname") or "")
        self.password = str(given.get("password") or "")
        self.address = address_in(dsn, str(given.get("user") or ""))

    def __call__(self) -> psycopg.Connection:
        """Connect; raises psycopg's errors, as a keeper expects them."""
        return connect(self.dsn, self.password, role="keeper")

    def first(self) -> psycopg.Connection:
        """Connect for the first time: where no password is known, it is asked for. Raises our own errors."""
        self.password = self.password or passwords.find(self.address, ask)
        with telling(self.dsn):
            return self()


def make_login(dsn: str, which: str) -> None:
    """Make a login for one more keeper, or give one that is named a new password; prints a line for a password file."""
    dsn = with_password(dsn)
    with telling(dsn), closing(connect(dsn, role="admin")) as connection:
        made = server.renew(connection, which.upper(), None) if which else server.add_keeper(connection)
    address = address_in(dsn, made.login)
    parts = (address.host, str(address.port), address.database, made.login, made.password)
    click.echo(":".join(part.replace("\\", "\\\\").replace(":", "\\:") for part in parts))
    told = _("The line is for the password file (~/.pgpass, readable by its user alone) of the machine that runs:")
    click.echo(told, err=True)
    click.echo(f"  commandlog keep --server {shown(dsn, made.login)}", err=True)


def purge(dsn: str) -> None:
    """Destroy what was erased in the server's files too, and say what is left to others."""
    dsn = with_password(dsn)
    with telling(dsn), closing(connect(dsn, role="admin")) as connection:
        left = purging.purge_server(connection)
    click.echo(_("What was erased is gone from the tables' files."))
    for one in left:
        click.echo(_("Still to do: {what}.").format(what=one))
    if left:
        raise click.exceptions.Exit(1)


@contextmanager
def _keeper(entrance: _Entrance, file: Path | None) -> Iterator[Keeper]:
    """Give the keeper that a login is, with its own log open, made empty where there is none yet."""
    with closing(entrance.first()) as connection, telling(entrance.dsn):
        identity = server.names_of(connection).log_id
        mine = connection.execute("SELECT desk FROM commandlog.desks WHERE login = session_user AND keeper").fetchone()
    if mine is None:
        raise RuleError(_("This login is not that of a log keeper: use the one that `share` has given."))
    desk = str(mine[0])
    path = file or Path(f"{entrance.database}-{desk}.clog")
    key = desk_key(settings_folder(), identity, f"*keeper{desk}")
    with open_keepers_log(path, identity, desk) as log:
        yield Keeper(log, entrance, key)


class _Teller:
    """Says how the keeper stands: each second as JSON, in words whenever that changes and once a minute."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.said: tuple[object, ...] = ()
        self.when = 0.0

    def __call__(self, health: Health) -> None:
        if self.as_json:
            sys.stdout.buffer.write(msgspec.json.encode(health) + b"\n")
            sys.stdout.flush()
            health.begin_again()
            return
        now = (health.active, health.trouble, len(health.members), len(health.differs), bool(health.clock_off))
        if now != self.said or time.monotonic() - self.when > EVERY:
            for line in _health_lines(health):
                click.echo(visible(line))
            self.said, self.when = now, time.monotonic()
            health.begin_again()


def _health_lines(health: Health) -> Iterator[str]:
    if health.answers and health.trouble:
        yield health.trouble
        return
    if health.trouble:
        yield _("The server does not answer, it is tried again: {error}").format(error=health.trouble)
        return
    if not health.active:
        yield _("{desk} stands by, up to record {n}").format(desk=health.desk, n=health.upto)
        return
    told = _("{desk} puts in order: {n} records, {waiting} waiting; here: {desks}")
    desks = ", ".join(health.members) or _("nobody")
    yield told.format(desk=health.desk, n=health.upto, waiting=health.waiting, desks=desks)
    if health.clock_off:
        told = _("The clock of this machine is {n} seconds off: the server's is used. Set it right.")
        yield told.format(n=abs(health.clock_off) // 1000)
    if health.differs:
        told = _("ALARM: these desks have another past than this one: {desks}. Keep what the server's disks hold.")
        yield told.format(desks=", ".join(health.differs))


def say_standing(dsn: str, *, as_json: bool) -> None:
    """Say how the shared log stands; exits 1 where it stands still."""
    with closing(_Entrance(dsn).first()) as connection, telling(dsn):
        found = standing(connection)
    if as_json:
        print_json({**msgspec.to_builtins(found), "still": found.still})
    else:
        for line in standing_lines(found, tz.tzlocal()):
            click.echo(line)
    if found.still:
        raise click.exceptions.Exit(1)
