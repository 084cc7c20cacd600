"""Letting desks into a shared log, showing them out, and joining."""

import sys
from contextlib import closing
from itertools import chain, count
from pathlib import Path
from tempfile import TemporaryFile

import click

from commandlog.commands.bar import Bar
from commandlog.commands.common import opened
from commandlog.commands.shared.asking import chosen, with_password
from commandlog.language import _
from commandlog.log import making
from commandlog.log.keys import settings_folder
from commandlog.model.errors import RuleError
from commandlog.model.harmless import typed, visible
from commandlog.sharing.joining import inviting, joining
from commandlog.sharing.joining.invitation import Invitation, ends
from commandlog.sharing.link import connect, telling
from commandlog.sharing.server import server


def invite(
    dsn: str, party: str, out: Path | None, whom: str, address: str, ca: Path | None, *, by_certificate: bool
) -> None:
    """Let one more desk of a party in, as `commandlog invite` says."""
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
        time=ends(made),
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


def revoke(dsn: str, desk: str) -> None:
    """Show a desk out, as `commandlog revoke` says."""
    dsn = with_password(dsn)
    with telling(dsn), closing(connect(dsn, role="admin")) as connection:
        server.revoke(connection, desk.strip().upper())
    told = _("{desk} is shown out. What it wrote stays; what it has received stays on its machine.")
    click.echo(told.format(desk=desk.strip().upper()))


def join(given: str, file: Path, dsn: str, party: str, certificate: tuple[Path, Path] | None) -> None:
    """Make a file a desk of a shared log, as `commandlog join` says."""
    making.check(file)
    if dsn:
        dsn = with_password(dsn)
        with telling(dsn), closing(connect(dsn, role="admin")) as connection:
            invitation = inviting.invite(connection, dsn, party)
    else:
        invitation = joining.decode(_said(given))
    with Bar(_("received")) as bar:
        joining.join(
            invitation, file, settings_folder(), chosen, certificate=certificate, progress=lambda done: bar(done, 0)
        )
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
