"""Putting a log on a server, after saying what each party will receive of its past."""

import sys
from pathlib import Path

import click

from commandlog.commands.bar import Bar
from commandlog.commands.common import opened
from commandlog.commands.shared.asking import shown, with_password
from commandlog.language import _
from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.model.covenant import spoken
from commandlog.model.errors import RuleError
from commandlog.model.harmless import typed, visible
from commandlog.sharing.joining import past
from commandlog.sharing.joining import share as sharing
from commandlog.sharing.server import server
from commandlog.verbs.continuing import continue_log
from commandlog.verbs.taking_over import whats_open


def share(file: Path, dsn: str, fresh: Path | None, *, print_sql: bool, yes: bool) -> None:
    """Put a log on a server, as `commandlog share` says."""
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
    click.echo(server.as_script(desk.log.id, name, covenant.parties, timezone=covenant.timezone))


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
