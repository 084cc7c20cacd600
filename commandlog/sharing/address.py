"""Where a shared log is: the server, the event's database on it, and the login of one desk."""

from typing import Literal

from msgspec import Struct

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
