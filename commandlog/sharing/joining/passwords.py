"""Passwords of logins: the system's keyring keeps them; where there is none, whoever sits there is asked.

PGPASSWORD and a password file (PGPASSFILE, ~/.pgpass) work as everywhere with PostgreSQL: a machine without anybody at
it needs one of these.
"""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from commandlog.language import _
from commandlog.sharing.address import Address

SERVICE = "commandlog"
Ask = Callable[[str], str]
"""Puts a question to whoever sits there, and returns the password that was typed."""


def new_password() -> str:
    """Return a password that nobody guesses and nobody has to type."""
    return secrets.token_urlsafe(24)


def find(address: Address, ask: Ask) -> str:
    """Return the password of a login: the keyring's, else what was typed; empty where PostgreSQL finds one."""
    if found := stored(address):
        return found
    if address.certificate or _elsewhere():
        return ""
    return ask(_("Password of {login}: ").format(login=address))


def stored(address: Address) -> str:
    """Return the password that the keyring of this machine has for a login, empty where it has none."""
    with suppress(Exception):  # keyrings are other people's programs: whatever one raises, there is a prompt
        return _keyring().get_password(SERVICE, str(address)) or ""
    return ""


def keep(address: Address, password: str) -> bool:
    """Put a password into the keyring of this machine; returns whether it is there now."""
    with suppress(Exception):
        _keyring().set_password(SERVICE, str(address), password)
    return stored(address) == password


def forget(address: Address) -> None:
    """Take a password out of the keyring of this machine."""
    with suppress(Exception):
        _keyring().delete_password(SERVICE, str(address))


def _elsewhere() -> bool:
    """Whether PostgreSQL's own ways may have the password."""
    file = Path(os.environ.get("PGPASSFILE") or Path.home() / ".pgpass")
    return "PGPASSWORD" in os.environ or file.is_file()


def _keyring() -> Any:
    return import_module("keyring")  # takes 0.1 s, which only who uses it pays
