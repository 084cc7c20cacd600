"""Commands that make one log of many desks: share it on a server, invite a desk, show one out, and join."""

import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from getpass import getpass
from itertools import chain, count
from pathlib import Path
from tempfile import TemporaryFile
from types import FrameType

import click
from dateutil import tz
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from commandlog.commands.bar import Bar
from commandlog.commands.common import FILE, opened
from commandlog.language import _
from commandlog.log import making
from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.model.covenant import spoken
from commandlog.model.errors import CommandLogError, RuleError
from commandlog.model.harmless import typed, visible
from commandlog.sharing.joining import inviting, joining, past
from commandlog.sharing.joining import share as sharing
from commandlog.sharing.joining.invitation import Invitation
from commandlog.sharing.link import connect, telling
from commandlog.sharing.server import server
from commandlog.verbs.continuing import continue_log
from commandlog.verbs.taking_over import whats_open
from commandlog.views.moments import local


def _a_server(_context: click.Context, _option: click.Parameter, dsn: str) -> str:
    """Return a connection string; raises RuleError for what is none."""
    try:
        conninfo_to_dict(dsn)
    except ProgrammingError as error:
        raise RuleError(_("This is no address of a PostgreSQL server: {error}").format(error=error)) from error
    return dsn


DSN = "postgresql://NAME@HOST[:PORT][/DATABASE]"
SERVER = click.option("--server", "dsn", required=True, metavar="DSN", callback=_a_server, help=DSN)
ADDRESS = click.option("--address", default="", metavar="HOST[:PORT]", help="How desks reach the server, if otherwise.")
CA = click.option(
    "--ca",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Certificates that vouch for the server's.",
)


def ask(question: str) -> str:
    """Return a password that is typed, unseen; raises RuleError where nobody is there to type one."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise RuleError(_("A password is needed, and nobody is here to type it: set PGPASSWORD, or use a terminal."))
    return getpass(question)


def with_password(dsn: str) -> str:
    """Return an administrator's connection string, with the password that is typed where the server wants one."""
    try:
        with telling(dsn):
            connect(dsn, role="admin").close()
    except CommandLogError as error:
        if "no password supplied" in str(error):
            login = conninfo_to_dict(dsn).get("user", "")
            return make_conninfo(dsn, password=ask(_("Password of {login}: ").format(login=login)))
    return dsn  # whatever else is wrong is told where the connection is used


def _chosen(question: str) -> str:
    """Return a password that somebody chooses, typed twice: nobody sees what is typed."""
    typed = ask(question)
    if ask(_("Once more: ")) != typed:
        raise RuleError(_("The two are not the same: join again."))
    return typed


@contextmanager
def ended_by_signals(stop: threading.Event) -> Iterator[None]:
    """Take SIGTERM and Ctrl-C as the wish to end in order."""

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {one: signal.signal(one, end) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


@click.command()
@FILE
@SERVER
@click.option("--fresh", metavar="NEW", type=click.Path(path_type=Path), help="Continue FILE in NEW, and share that.")
@click.option("--print-sql", is_flag=True, help="Only print what an administrator of the server would run.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def share(file: Path, dsn: str, fresh: Path | None, print_sql: bool, yes: bool) -> None:
    """Put a log on a PostgreSQL server, for desks of all parties; says first what each will receive of the past."""
    with opened(file) as log:
        desk = sit_down(log, settings_folder(), log.covenant().driver)
        if print_sql:
            _print_sql(desk)
            return
        if fresh is None or not fresh.exists():
            sharing.check(log)
            _agree(_fresh(desk, fresh) if fresh else _preview(desk), yes=yes)
        if fresh is None:
            _share(desk, dsn)
            return
        continue_log(desk, fresh, settings_folder())
        click.echo(_("{new} continues {file}, which is closed.").format(new=fresh, file=file))
    with opened(fresh) as log:
        _share(sit_down(log, settings_folder(), log.covenant().driver), dsn)


def _print_sql(desk: Desk) -> None:
    covenant = desk.covenant
    name = spoken(covenant.name, covenant.language)
    click.echo(server.as_script(desk.log.id, name, covenant.parties))


def _agree(lines: list[str], *, yes: bool) -> None:
    """Show what sharing will do, and go on only where somebody says so."""
    for line in lines:
        click.echo(visible(line))
    if yes:
        return
    if not sys.stdin.isatty():
        raise RuleError(_("Nothing was shared: say --yes to share it."))
    if not click.confirm(_("Share it?")):
        raise click.exceptions.Exit(1)


def _preview(desk: Desk) -> list[str]:
    """Return what each party will receive of the past, in a table."""
    views = past.preview(desk.log)
    name = desk.covenant.party_name
    wide = max(len(name(one.party)) for one in views)
    titles = _("can read"), _("sealed"), _("attachments")
    rows = [(name(one.party), *map("{:,}".format, one[1:])) for one in views]
    return [
        _("Of the entries that {file} has, each party will receive:").format(file=desk.log.path),
        *(f"{who:{wide}}  {read:>12} {sealed:>12} {files:>12}" for who, read, sealed, files in [("", *titles), *rows]),
        _("Of a sealed entry a party sees when it was written and at whose desk, and no more."),
        _("Whoever looks after the server can read everything; so can whoever has {file} itself.").format(
            file=desk.log.path
        ),
    ]


def _fresh(desk: Desk, new: Path) -> list[str]:
    found = whats_open(desk.log)
    told = _("{file} is closed, and {new} takes over what is open in it: {n} entries. Only those go to other parties.")
    return [told.format(file=desk.log.path, new=new, n=len(found.roots))]


def _share(desk: Desk, dsn: str) -> None:
    log = desk.log
    total = log.head.seq
    with Bar(_("shared")) as bar:
        made = sharing.share(desk, with_password(dsn), settings_folder(), lambda done: bar(done, total))
    name = desk.covenant.party_name(made.member.party)
    told = _("{file} is shared, {n} records. It is desk {desk} of {party} from now on.")
    click.echo(told.format(file=log.path, n=log.head.seq, desk=made.member.desk, party=name))
    if made.others:
        told = _("Other desks that it had write no more in it: {desks}. Invite them; each gets a file of its own.")
        click.echo(told.format(desks=", ".join(made.others)))
    for one in made.event.lacking:
        click.echo(_("The server is not as safe as it can be: {what}.").format(what=one), err=True)
    admin, keeper = shown(made.event.dsn), shown(made.event.dsn, made.keeper.login)
    click.echo(_("Next:"))
    click.echo(f"  commandlog keep --server {keeper}")
    click.echo(f"  commandlog invite --server {admin} PARTY")
    click.echo(f"  commandlog follow {typed(log.path)}")
    if made.kept:
        click.echo(_("The passwords of {logins} are in the keyring of this machine.").format(logins=_logins(made)))
    else:
        click.echo(_("This machine has no keyring. Keep these passwords; they are not shown again:"))
        click.echo(f"  {made.keeper.login}  {made.keeper.password}")
        click.echo(f"  {made.login.login}  {made.login.password}")


def _logins(made: sharing.Made) -> str:
    return f"{made.keeper.login}, {made.login.login}"


def shown(dsn: str, login: str = "") -> str:
    """Return a connection string without its password, as it can be typed; of another login, where one is named."""
    given = conninfo_to_dict(dsn)
    rest = "&".join(f"{key}={given[key]}" for key in ("sslmode", "sslrootcert") if key in given)
    host, port = given.get("host", ""), given.get("port", "")
    where = f"{host}:{port}" if port else f"{host}"
    if str(host).startswith("/"):
        where, rest = "", f"host={host}" + (f"&port={port}" if port else "")
    user = login or given.get("user", "")
    return shlex.quote(f"postgresql://{user}@{where}/{given.get('dbname', '')}" + (f"?{rest}" if rest else ""))


@click.command()
@SERVER
@click.argument("party")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write it into FILE, or into this folder.")
@click.option("--for", "whom", default="", metavar="NAME", help="Whom it is for: said above the code.")
@click.option("--by-certificate", is_flag=True, help="The desk proves itself by a client certificate, not a password.")
@ADDRESS
@CA
def invite(
    dsn: str, party: str, out: Path | None, whom: str, by_certificate: bool, address: str, ca: Path | None
) -> None:
    """Let one more desk of a party in: prints a code that works once, within two days, or writes it into a file."""
    if out:
        _room_for(out)
    dsn, ca_pem = with_password(dsn), ca.read_text("ascii", "replace") if ca else ""
    with telling(dsn), closing(connect(dsn, role="admin")) as connection:
        made = inviting.invite(connection, dsn, party, at=address, ca_pem=ca_pem, by_certificate=by_certificate)
    code = joining.encode(made)
    told = _("Invitation to “{event}”: desk {desk} of {party}{whom}, until {time}.")
    line = told.format(
        event=made.name,
        desk=made.desk,
        party=made.party_name or made.party,
        whom=f", {whom}" if whom else "",
        time=f"{local(made.until, tz.tzlocal()):%Y-%m-%d %H:%M}",
    )
    click.echo(visible(line) if out is None else f"{visible(line)} {_written(out, made, line, code)}")
    if out is None:
        click.echo(code, nl=False)
        return
    if by_certificate:
        click.echo(_("Its certificate must name the login {login}.").format(login=made.address.login))


def _room_for(out: Path) -> None:
    """Raise RuleError where no invitation can be written: before anybody has been invited."""
    if out.exists() and not out.is_dir():
        raise RuleError(_("{file} is there already: choose another name.").format(file=out))
    try:
        with TemporaryFile(dir=out if out.is_dir() else out.parent):
            pass
    except OSError as error:
        raise RuleError(_("{file} cannot be written: {error}").format(file=out, error=error.strerror)) from error


def _written(out: Path, made: Invitation, line: str, code: str) -> Path:
    """Write an invitation into a file, or into a folder under a name that is free; returns the file."""
    name = Path(joining.file_name(made))
    names = chain([name], (name.with_stem(f"{name.stem}-{n}") for n in count(2)))
    file = next(one for one in (out / name for name in names) if not one.exists()) if out.is_dir() else out
    joining.write(file, f"{line}\n{code}")
    return file


@click.command()
@SERVER
@click.argument("desk")
def revoke(dsn: str, desk: str) -> None:
    """Show a desk out, now: its connections end, and its login works no more. What it wrote stays."""
    dsn = with_password(dsn)
    with telling(dsn), closing(connect(dsn, role="admin")) as connection:
        server.revoke(connection, desk.strip().upper())
    told = _("{desk} is shown out. What it wrote stays; what it has received stays on its machine.")
    click.echo(told.format(desk=desk.strip().upper()))


@click.command()
@click.argument("given", nargs=-1, metavar="INVITATION FILE")
@click.option(
    "--certificate", type=click.Path(path_type=Path, exists=True), help="A client certificate, for its login."
)
@click.option("--key", type=click.Path(path_type=Path, exists=True), help="The certificate's key.")
@click.option(
    "--server",
    "dsn",
    default="",
    metavar="DSN",
    callback=_a_server,
    help="Invite a desk and join at once.",
)
@click.option("--party", default="", help="With --server: the desk's party.")
def join(given: tuple[str, ...], certificate: Path | None, key: Path | None, dsn: str, party: str) -> None:
    """Make FILE a desk of a shared log. INVITATION is a file, the code itself, or - to read it from what comes in."""
    if len(given) != (1 if dsn else 2) or bool(dsn) != bool(party):
        raise click.UsageError(_("Say INVITATION FILE, or --server DSN --party PARTY FILE."))
    if bool(certificate) != bool(key):
        raise click.UsageError(_("A certificate and its key go together: --certificate FILE --key FILE."))
    file = Path(given[-1])
    making.check(file)
    if dsn:
        dsn = with_password(dsn)
        with telling(dsn), closing(connect(dsn, role="admin")) as connection:
            invitation = inviting.invite(connection, dsn, party)
    else:
        invitation = joining.decode(_said(given[0]))
    pair = (certificate.absolute(), key.absolute()) if certificate and key else None
    with Bar(_("received")) as bar:
        joining.join(invitation, file, settings_folder(), _chosen, certificate=pair, progress=lambda done: bar(done, 0))
    with opened(file) as log:
        name = log.covenant().party_name(invitation.party) if log.head.seq else invitation.party
        told = _("{file} is desk {desk} of {party} in “{event}”: {n} records.")
        n = log.head.seq
        click.echo(visible(told.format(file=file, desk=invitation.desk, party=name, event=invitation.name, n=n)))
    click.echo(
        _("Work at it with `commandlog open {file}`, or keep it in touch with `commandlog follow {file}`.").format(
            file=typed(file)
        )
    )


def _said(invitation: str) -> str:
    """Return the text of an invitation: of a file, of what comes in, or as it was given."""
    if invitation == "-":
        return sys.stdin.read(joining.LARGEST)
    path = Path(invitation)
    if len(invitation) < 1000 and path.is_file():
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(joining.LARGEST)
    if "CLOG" not in invitation.upper():
        raise RuleError(_("There is no invitation at {file}.").format(file=invitation))
    return invitation


COMMANDS = [share, invite, revoke, join]
