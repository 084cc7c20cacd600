"""The way to a shared log's server: whom one may trust, how long one waits, and what went wrong in words.

Plain text goes to this machine alone. Anywhere else, and wherever certificates are named that vouch for the server, it
proves itself by its certificate first; a password is only ever used in a way that does not tell it (SCRAM).
"""

import ipaddress
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from commandlog.language import _, marked
from commandlog.log.keys import settings_folder
from commandlog.model.errors import CommandLogError, RuleError, Unavailable
from commandlog.sharing.address import Address
from commandlog.sharing.watchdog import LONGEST, SILENT, Watchdog

__all__ = ["Address", "Full", "Refused", "Revoked", "Unreachable", "Untrusted", "Watchdog", "connect", "telling"]

Role = Literal["desk", "keeper", "admin"]

PATIENCE = 5.0  # seconds
_PROVEN = ("require", "verify-ca", "verify-full")
_QUIET = "-c client_min_messages=error -c lock_timeout=3000"
_ASKING = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off"  # one short question, asked all evening long
_SETTINGS = {
    "desk": f"{_QUIET} {_ASKING}",
    "keeper": f"{_QUIET} -c idle_in_transaction_session_timeout=3000",
    "admin": "",
}


class Unreachable(Unavailable):
    """The server cannot be reached now, or the connection was lost: go on without it, and try again."""


class Full(Unavailable):
    """The server takes nothing from this desk for now: what it sent before is not dealt with yet. Try again later."""


class Refused(RuleError):
    """The server does not let this login in: wrong password, an invitation that was used or has run out."""


class Revoked(Refused):
    """The login was taken away."""


class Untrusted(RuleError):
    """The server cannot prove that it is the right one."""


def connect(
    address: Address | str, password: str = "", *, role: Role = "desk", patience: float = PATIENCE
) -> psycopg.Connection:
    """Connect to a shared log's primary server; every statement is a transaction of its own unless one is opened.

    `address` may be a connection string, of an administrator or a keeper. `patience` is how many seconds connecting may
    take. Raises RuleError where the way would not be safe, else psycopg's errors: see `telling`.
    """
    given = _of_address(address, password) if isinstance(address, Address) else _of_string(address, password)
    silent = SILENT if patience <= PATIENCE else LONGEST
    return psycopg.connect(
        **{
            **given,
            "options": f"{given.get('options') or ''} {_SETTINGS[role]}".strip(),
            "application_name": f"commandlog {role}",
            "connect_timeout": max(2, round(patience)),
            "target_session_attrs": "primary",
            "gssencmode": "disable",
            "keepalives": 1,
            "keepalives_idle": 3,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            "tcp_user_timeout": round(silent * 1000),
        },
        autocommit=True,
    )


def _of_address(address: Address, password: str) -> dict[str, Any]:
    given: dict[str, Any] = {
        "host": address.host,
        "port": address.port,
        "dbname": address.database,
        "user": address.login,
        "sslmode": "prefer" if address.tls == "local" else "verify-full",  # some servers take TLS alone, also here
    }
    if address.tls == "local":
        _only_here(address.host)
    else:
        given["sslrootcert"] = str(_kept(address.ca_pem)) if address.ca_pem else "system"
    if password:
        given["password"] = password
    if address.certificate:
        given |= {"sslcert": address.certificate, "sslkey": address.key}
    if pq.version() >= 160_000:
        given["require_auth"] = "scram-sha-256,none" if address.certificate else "scram-sha-256"
    return given


def _of_string(dsn: str, password: str) -> dict[str, Any]:
    try:
        given: dict[str, Any] = {**conninfo_to_dict(dsn)}
    except psycopg.ProgrammingError as error:
        raise RuleError(_("This is no address of a PostgreSQL server: {error}").format(error=error)) from error
    if password:
        given["password"] = password
    if given.get("sslrootcert"):
        given["sslmode"] = "verify-full"  # as desks will: and no second try without TLS, whose failure hides the first
    elif given.get("sslmode") not in _PROVEN:
        where = str(given.get("hostaddr") or given.get("host") or _elsewhere(given))
        if given.get("sslmode") is None and not _is_here(where):
            given["sslmode"] = "verify-full"
            given["sslrootcert"] = "system"
        else:
            _only_here(where)
    return given


def _elsewhere(given: dict[str, Any]) -> str:
    """Return where the library would go by itself; a name that is not this machine's where only it can tell."""
    if given.get("service") or os.environ.get("PGSERVICE"):
        return "service"
    return os.environ.get("PGHOSTADDR") or os.environ.get("PGHOST") or ""


def _only_here(hosts: str) -> None:
    if not _is_here(hosts):
        told = _("The way to {host} is not protected: plain text goes to this machine alone. Set up TLS on the server.")
        raise RuleError(told.format(host=hosts))


def _is_here(hosts: str) -> bool:
    """Whether all of these hosts, parted by commas, are this machine: a socket's folder, or a loopback address."""
    return all(_is_local(host) for host in hosts.split(","))


def _is_local(host: str) -> bool:
    if host.startswith(("/", "@")) or host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _kept(ca_pem: str) -> Path:
    """Return a file with these certificates: the library reads them from a file alone."""
    data = ca_pem.encode()
    path = settings_folder() / "shared" / f"{sha256(data).hexdigest()[:32]}.pem"
    try:
        if not path.exists() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    except OSError as error:
        told = _("The server's certificate cannot be kept in {folder}: {error}.")
        raise Unavailable(told.format(folder=path.parent, error=error)) from error
    return path


@contextmanager
def telling(address: Address | str = "") -> Iterator[None]:
    """Turn what psycopg raises inside a `with` block into our errors, in words for people.

    With an Address in those for a desk, which goes on without a server; with a connection string in those for whoever
    runs it, to whom the library's own text is worth something.
    """
    try:
        yield
    except CommandLogError:
        raise
    except psycopg.Error as error:
        raise _told(error, _named(address), desk=isinstance(address, Address)) from error


def _named(address: Address | str) -> str:
    if isinstance(address, Address):
        return address.host
    try:
        return str(conninfo_to_dict(address).get("host") or "")
    except psycopg.ProgrammingError:
        return ""


def _told(error: psycopg.Error, host: str, *, desk: bool) -> CommandLogError:
    """Return our error for one of the server's: by its code, or by its words where connecting failed (no code then)."""
    said = error.diag.message_primary or _reason(str(error))
    kind, text = _meaning(error, said, desk=desk)
    if not host and "{host}:" not in text:
        return kind(text.replace(" {host}", "").format(error=said))  # "The server", which nobody has named
    return kind(text.format(host=host or _("the server"), error=said))


def _reason(told: str) -> str:
    """Return why connecting failed: of two tries, with TLS and without, it is a wrong password, else the last one's."""
    reasons = [one.strip() for one in told.split("FATAL:")]
    return next((one for one in reasons if one.startswith(_WRONG_PASSWORD)), reasons[-1])


def _meaning(error: psycopg.Error, said: str, *, desk: bool) -> tuple[type[CommandLogError], str]:
    for words, states, kind, text in _MEANINGS:
        if error.sqlstate in states or (error.sqlstate is None and any(word in said for word in words)):
            return kind, _(text)
    if error.sqlstate is not None or not isinstance(error, psycopg.OperationalError):
        return Unavailable, _("The server {host} answers with an error: {error}")
    if desk:
        return Unreachable, _("There is no connection with {host}: go on working, it is sent once there is one.")
    return Unreachable, _("There is no connection with {host}: {error}")


_WRONG_PASSWORD = "password authentication failed"  # noqa: S105


_MEANINGS: tuple[tuple[tuple[str, ...], tuple[str, ...], type[CommandLogError], str], ...] = (
    (
        ("is not permitted to log in",),
        (),
        Revoked,
        marked("This desk may no longer take part in the shared log: its login was taken away."),
    ),
    (
        (_WRONG_PASSWORD,),
        ("28P01",),
        Refused,
        marked("The password is wrong: the server {host} does not let this login in. Ask who runs the shared log."),
    ),
    (
        (
            *("authentication failed", "pg_hba.conf", "no password", "does not exist", "permission denied for"),
            *("valid client certificate", " alert "),  # an alert is the server's word on our certificate
        ),
        ("28000", "3D000"),
        Refused,
        marked("The server {host} does not let this login in: {error}. Ask who runs the shared log."),
    ),
    (
        ("certificate", "does not support SSL", "authentication method requirement"),
        (),
        Untrusted,
        marked("The server {host} cannot prove that it is the right one: {error}"),
    ),
    (
        ("too many connections", "remaining connection slots", "too many clients"),
        ("53300",),
        Unreachable,
        marked("The server {host} has no connection free: {error}. It is tried again."),
    ),
    ((), ("57P01", "57P02", "57P03", "57014"), Unreachable, marked("The server {host} ended the connection: {error}")),
    (
        (),
        ("25006",),
        Unreachable,
        marked("The server {host} is only a copy now: {error}. The other one is looked for."),
    ),
    ((), ("53100",), Unavailable, marked("The disk of the server {host} is full: free some space there.")),
    ((), ("42501",), Full, marked("The server {host} takes nothing from this desk for now: {error}")),
)
