"""Where a shared log is: the server, the event's database on it, and the login of one desk."""

from pathlib import Path
from typing import Literal

from msgspec import Struct

from commandlog.language import _
from commandlog.model.errors import RuleError

Protection = Literal["verify", "local"]
"""How the way to the server is kept from others: by its certificate, or because it never leaves this machine."""


class Address(Struct, frozen=True):
    """Everything that a connection needs, save the password.

    `host` is a name, an address, or the folder of a local socket. `ca_pem` are the certificates that vouch for the
    server's, empty: those that this machine trusts. `certificate` and `key` are files of this machine, for a login that
    proves itself by a certificate; an invitation never names them.
    """

    host: str
    port: int
    database: str
    login: str
    tls: Protection = "verify"
    ca_pem: str = ""
    certificate: str = ""
    key: str = ""

    def __str__(self) -> str:
        return f"{self.login}@{self.host}:{self.port}/{self.database}"


def address_in(dsn: str, login: str, *, at: str = "", ca_pem: str = "") -> Address:
    """Return where a login finds the database of a connection string.

    `at` is HOST or HOST:PORT where desks reach the server by another name than this machine does; `ca_pem` are the
    certificates that vouch for the server's, otherwise those that the connection string names (sslrootcert).
    Raises RuleError where a file cannot be read, or a port is none.
    """
    from psycopg.conninfo import conninfo_to_dict  # 0.1 s to import: who only reads where a log is does not need it

    given = conninfo_to_dict(dsn)
    host, port = _host_and_port(at) if at else (str(given.get("host") or ""), str(given.get("port") or ""))
    file = str(given.get("sslrootcert") or "")
    if not ca_pem and file and file != "system":
        try:
            ca_pem = Path(file).read_text("ascii")
        except (OSError, ValueError) as error:
            raise RuleError(_("{file} cannot be read: {error}.").format(file=file, error=error)) from error
    if not (port or "5432").isdigit():
        raise RuleError(_("“{port}” is no port: say HOST or HOST:PORT.").format(port=port))
    host = host or "localhost"
    return Address(
        host=host,
        port=int(port or 5432),
        database=str(given.get("dbname") or ""),
        login=login,
        tls="local" if stays_here(host) and not (ca_pem or file) else "verify",
        ca_pem=ca_pem,
    )


def stays_here(host: str) -> bool:
    """Whether a host is this machine: what is sent there crosses no network."""
    return host.startswith(("/", "@", "127.")) or host in ("localhost", "::1")


def _host_and_port(text: str) -> tuple[str, str]:
    """Split HOST, HOST:PORT, an IPv6 address or one in brackets with a port."""
    if text.startswith("["):
        host, _bracket, port = text[1:].partition("]")
        return host, port.lstrip(":")
    host, colon, port = text.rpartition(":")
    return (host, port) if colon and ":" not in host else (text, "")
