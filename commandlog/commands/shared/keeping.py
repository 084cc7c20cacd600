"""The command that puts a shared log in order for as long as it runs, and what an administrator asks of it."""

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
from commandlog.commands.sharing import SERVER, ask, ended_by_signals, shown, with_password
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

NEW = "*"
EVERY = 60.0  # seconds between two lines when nothing changes


@click.command()
@SERVER
@click.option("--file", type=click.Path(path_type=Path), help="Its own log, which holds everything; made at first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document a line, each second.")
@click.option("--status", is_flag=True, help="Only say how the shared log stands; exits 1 where it stands still.")
@click.option("--purge", is_flag=True, help="Only destroy what was erased in the server's files too; needs its owner.")
@click.option(
    "--adopt", metavar="FILE", type=click.Path(path_type=Path), help="First put back what the server has lost."
)
@click.option("--branch", metavar="REASON", default="", help="First decide to go on without what it lost.")
@click.option("--person", metavar="NAME", default="", help="With --branch: who decides so.")
@click.option(
    "--login", metavar="[LOG1]", is_flag=False, flag_value=NEW, default="", help="Only make a login for one more."
)
@click.option(
    "--trust", nargs=2, metavar="LOG2 FINGERPRINT", help="Only say, where one is at work, that this one more is."
)
def keep(
    dsn: str,
    file: Path | None,
    as_json: bool,
    status: bool,
    purge: bool,
    adopt: Path | None,
    branch: str,
    person: str,
    login: str,
    trust: tuple[str, str] | None,
) -> None:
    """Put a shared log in order, until SIGTERM or Ctrl-C; where another does so already, stand by for it."""
    if sum(map(bool, (status, purge, adopt, branch, login, trust))) > 1 or bool(branch) != bool(person):
        told = _("Say one of --status, --purge, --login, --trust, --adopt FILE, or --branch REASON with --person NAME.")
        raise click.UsageError(told)
    if purge:
        _purge(with_password(dsn))
        return
    if login:
        _make_login(with_password(dsn), login)
        return
    entrance = _Entrance(dsn)
    if status:
        _say_standing(entrance, as_json=as_json)
        return
    stop = threading.Event()
    with _keeper(entrance, file) as keeper, telling(dsn), closing(keeper):
        if trust:
            keepers_log.trust(keeper.log, trust[0].upper(), trust[1].lower())
            click.echo(_("{desk} is to be trusted: the log keeper at work says so to all desks.").format(desk=trust[0]))
            return
        if adopt:
            told = _("{n} records were put back on the server.")
            click.echo(told.format(n=adopting.put_back(keeper, adopt)))
        if branch:
            keeper = _branched(keeper, branch, person)
        with closing(keeper.log), ended_by_signals(stop):
            keeper.run(stop, _Teller(as_json=as_json))


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


def _make_login(dsn: str, which: str) -> None:
    """Make a login for one more keeper, or give one a new password; prints a line for a password file."""
    with telling(dsn), closing(connect(dsn, role="admin")) as connection:
        made = server.add_keeper(connection) if which == NEW else server.renew(connection, which.upper(), None)
    address = address_in(dsn, made.login)
    parts = (address.host, str(address.port), address.database, made.login, made.password)
    click.echo(":".join(part.replace("\\", "\\\\").replace(":", "\\:") for part in parts))
    told = _("The line is for the password file (~/.pgpass, readable by its user alone) of the machine that runs:")
    click.echo(told, err=True)
    click.echo(f"  commandlog keep --server {shown(dsn, made.login)}", err=True)


def _purge(dsn: str) -> None:
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
        log_id = connection.execute("SELECT log_id FROM commandlog.about").fetchone()
        mine = connection.execute("SELECT desk FROM commandlog.desks WHERE login = session_user AND keeper").fetchone()
    if log_id is None or mine is None:
        raise RuleError(_("This login is not that of a log keeper: use the one that `share` has given."))
    desk, identity = str(mine[0]), bytes(log_id[0])
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


def _say_standing(entrance: _Entrance, *, as_json: bool) -> None:
    with closing(entrance.first()) as connection, telling(entrance.dsn):
        found = standing(connection)
    if as_json:
        print_json({**msgspec.to_builtins(found), "still": found.still})
    else:
        for line in standing_lines(found, tz.tzlocal()):
            click.echo(line)
    if found.still:
        raise click.exceptions.Exit(1)


COMMANDS = [keep]
