"""Joining a shared log with an invitation: this machine becomes one desk of one party, with a log file of its own.

The password of an invitation works once: a password that nobody else has seen takes its place, and is in the keyring
before the server is told of it. So whoever is cut short can join again with the same invitation.
"""

import os
from contextlib import closing, suppress
from pathlib import Path

import psycopg
from msgspec.structs import replace

from commandlog.language import _
from commandlog.log.desk import open_member_desk
from commandlog.log.making import making
from commandlog.log.member import Member, become
from commandlog.log.rebuild import Progress
from commandlog.log.store import Log, system_clock
from commandlog.model.errors import RuleError
from commandlog.sharing.address import Address
from commandlog.sharing.following.following import Follower
from commandlog.sharing.joining import passwords
from commandlog.sharing.joining.invitation import LARGEST, SUFFIX, Invitation, decode, encode, file_name
from commandlog.sharing.joining.passwords import Ask
from commandlog.sharing.link import Refused, Unreachable, connect, telling
from commandlog.sharing.server.server import change_password
from commandlog.sharing.settings import Settings, Shared

__all__ = ["LARGEST", "SUFFIX", "Invitation", "decode", "encode", "file_name", "join", "write"]

SHORTEST = 8  # characters of a password that a person chooses


def join(
    invitation: Invitation,
    file: Path,
    settings: Path,
    ask: Ask | None = None,
    *,
    certificate: tuple[Path, Path] | None = None,
    progress: Progress = lambda _done: None,
) -> None:
    """Make `file` the log of the desk that an invitation is for, with all that its party may read of the shared log.

    `settings` is where this machine keeps its settings. `ask` is for the desk's password where the keyring of this
    machine cannot keep one. `certificate` are the files of a certificate and its key, for a login without a password.
    `progress` is called with how many records have come.

    Raises RuleError (the invitation has run out or was used, the file is there already, no way to keep the password),
    Unavailable (no connection) or Damaged (what came does not hold). Nothing is left at `file` then.
    """
    address = invitation.address
    if certificate:
        address = replace(address, certificate=str(certificate[0]), key=str(certificate[1]))
    member = Member(invitation.party, invitation.desk)
    known = Settings(settings, bytes.fromhex(invitation.log_id), invitation.desk)
    with making(file) as part, closing(_entered(invitation, address, ask)) as connection:
        with Log(part, create=True) as log, log.writing():
            log.db.execute("UPDATE meta SET value = ? WHERE key = 'log_id'", (bytes.fromhex(invitation.log_id),))
            become(log.db, member)
        with Log(part) as log, telling(address):
            follower = Follower(log, connection, bytes.fromhex(invitation.keeper_key))
            while follower.pull().more:
                progress(log.head.seq)
            open_member_desk(log, settings)
        known.keep(Shared(invitation.name, member, address, invitation.keeper_key))


def _entered(invitation: Invitation, address: Address, ask: Ask | None) -> psycopg.Connection:
    """Return a connection of the desk, whose password is its own from then on."""
    connection = _by_earlier_password(address) or _by_invitation(invitation, address)
    try:
        with telling(address), connection.transaction():
            if invitation.password and not passwords.stored(address):
                _make_own(connection, address, ask)
            _arrive(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _by_earlier_password(address: Address) -> psycopg.Connection | None:
    """Return a connection by the password of an earlier attempt that came so far; None where there was none."""
    if own := passwords.stored(address):
        with suppress(Refused), telling(address):
            return connect(address, own)
        passwords.forget(address)
    return None


def _by_invitation(invitation: Invitation, address: Address) -> psycopg.Connection:
    if invitation.until and system_clock() > invitation.until:
        raise _run_out()
    try:
        with telling(address):
            return connect(address, invitation.password)
    except Refused as error:
        told = _("This invitation does not work (any more): somebody has joined with it, or it was withdrawn. {error}")
        raise RuleError(told.format(error=error)) from error
    except Unreachable as error:
        told = _("There is no connection with {host}: join again once there is one.")
        raise Unreachable(told.format(host=address.host)) from error


def _arrive(connection: psycopg.Connection) -> None:
    if connection.execute("SELECT commandlog.joined()").fetchone() != (True,):
        raise _run_out()


def _run_out() -> RuleError:
    return RuleError(_("This invitation has run out: ask for a new one."))


def _make_own(connection: psycopg.Connection, address: Address, ask: Ask | None) -> None:
    """Give the login a password of its own; the server gets what it can check it by, never the password."""
    own = passwords.new_password()
    if not passwords.keep(address, own):
        own = _chosen(ask)
    change_password(connection, own)


def _chosen(ask: Ask | None) -> str:
    if ask is None:
        raise RuleError(
            _("This machine has no keyring to keep the desk's password, and there is nobody to ask for one.")
        )
    own = ask(_("Choose a password for this desk, of {n} characters or more: ").format(n=SHORTEST))
    if len(own) < SHORTEST:
        raise RuleError(_("A password of a desk has {n} characters or more.").format(n=SHORTEST))
    return own


def write(file: Path, text: str) -> None:
    """Write an invitation into a new file that only its user can read. Raises RuleError where it is there already."""
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError as error:
        raise RuleError(_("{file} is there already: choose another name.").format(file=file)) from error
