"""Commands that make one log of many desks. What they do is in `shared/`, which is imported when one of them is called.

It speaks to PostgreSQL, whose library takes 0.1 s to import: all other commands are spared that.
"""

from pathlib import Path

import click

from commandlog.commands.common import FILE
from commandlog.language import _


def _a_server(_context: click.Context, _option: click.Parameter, dsn: str) -> str:
    from commandlog.commands.shared.asking import a_server

    return a_server(dsn) if dsn else ""


DSN = "postgresql://NAME@HOST[:PORT][/DATABASE]"
SERVER = click.option("--server", "dsn", required=True, metavar="DSN", callback=_a_server, help=DSN)
NEW = "*"
"""What `keep --login` is told where it names no login."""


@click.command()
@FILE
@SERVER
@click.option("--fresh", metavar="NEW", type=click.Path(path_type=Path), help="Continue FILE in NEW, and share that.")
@click.option("--print-sql", is_flag=True, help="Only print what an administrator of the server would run.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def share(file: Path, dsn: str, fresh: Path | None, print_sql: bool, yes: bool) -> None:
    """Put a log on a PostgreSQL server, for desks of all parties; says first what each will receive of the past."""
    from commandlog.commands.shared import sharing

    sharing.share(file, dsn, fresh, print_sql=print_sql, yes=yes)


@click.command()
@SERVER
@click.argument("party")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write it into FILE, or into this folder.")
@click.option("--for", "whom", default="", metavar="NAME", help="Whom it is for: said above the code.")
@click.option("--by-certificate", is_flag=True, help="The desk proves itself by a client certificate, not a password.")
@click.option("--address", default="", metavar="HOST[:PORT]", help="How desks reach the server, if otherwise.")
@click.option(
    "--ca",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Certificates that vouch for the server's.",
)
def invite(
    dsn: str, party: str, out: Path | None, whom: str, by_certificate: bool, address: str, ca: Path | None
) -> None:
    """Let one more desk of a party in: prints a code that works once, within two days, or writes it into a file."""
    from commandlog.commands.shared import inviting

    inviting.invite(dsn, party, out, whom, address, ca, by_certificate=by_certificate)


@click.command()
@SERVER
@click.argument("desk")
def revoke(dsn: str, desk: str) -> None:
    """Show a desk out, now: its connections end, and its login works no more. What it wrote stays."""
    from commandlog.commands.shared import inviting

    inviting.revoke(dsn, desk)


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
    from commandlog.commands.shared import inviting

    pair = (certificate.absolute(), key.absolute()) if certificate and key else None
    inviting.join(given[0], Path(given[-1]), dsn, party, pair)


@click.command()
@FILE
@click.option("--json", "as_json", is_flag=True, help="One JSON document a line, whenever something changes.")
@click.option("--once", is_flag=True, help="End when all is sent and received; exits 1 where that could not be done.")
def follow(file: Path, as_json: bool, once: bool) -> None:
    """Send what is written in FILE to the shared log, and take in what others write, until Ctrl-C."""
    from commandlog.commands.shared import following

    following.follow(file, as_json=as_json, once=once)


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
    from commandlog.commands.shared import keeping

    if purge:
        keeping.purge(dsn)
    elif login:
        keeping.make_login(dsn, "" if login == NEW else login)
    elif status:
        keeping.say_standing(dsn, as_json=as_json)
    elif trust:
        keeping.trust(dsn, file, *trust)
    else:
        keeping.keep(dsn, file, adopt, branch, person, as_json=as_json)


COMMANDS = [share, invite, revoke, join, follow, keep]
