"""Inviting: a login for one desk of one party, and everything that the desk needs to come in with it."""

from contextlib import suppress
from typing import NamedTuple

import msgspec
import psycopg

from commandlog.language import _
from commandlog.log.store import system_clock
from commandlog.model.covenant import spoken
from commandlog.model.errors import RuleError
from commandlog.sharing.address import address_in
from commandlog.sharing.following.trust import KEEPER
from commandlog.sharing.joining.invitation import VERSION, Invitation
from commandlog.sharing.server import server

_HOUR = 3_600_000  # milliseconds


class Invitable(NamedTuple):
    """A party of a shared log: its code, the letter of its desks' codes, and what people call it.

    `names` are all its names, casefolded.
    """

    party: str
    letter: str
    name: str
    names: frozenset[str]


def parties(connection: psycopg.Connection) -> list[Invitable]:
    """Return the parties of a shared log, by an administrator's connection."""
    rows = connection.execute("SELECT party, letter, name FROM commandlog.parties ORDER BY number").fetchall()
    return [_invitable(*row) for row in rows]


def _invitable(party: str, letter: str, name: str) -> Invitable:
    """Return a party as it stands in the table, its name in the current language where it has one in each."""
    names: dict[str, str] = {}
    with suppress(msgspec.MsgspecError):
        names = msgspec.json.decode(name, type=dict[str, str])
    called = spoken(names) if names else name
    return Invitable(party, letter, called, frozenset(map(str.casefold, (party, called, *names.values()))))


def invite(
    connection: psycopg.Connection,
    dsn: str,
    party: str,
    *,
    at: str = "",
    ca_pem: str = "",
    by_certificate: bool = False,
    hours: float = server.INVITED,
) -> Invitation:
    """Make a login for a new desk of a party, and return the invitation for it.

    `dsn` is how the administrator connects, `at` how desks reach the server where that is another way; `ca_pem` vouches
    for the server's certificate. With `by_certificate` no password goes with it: the login proves itself by its
    certificate. Raises RuleError where there is no such party, or the shared log is of another version.
    """
    server.names_of(connection)
    known = parties(connection)
    wanted = party.strip().casefold()
    found = next((one for one in known if wanted in one.names), None)
    if found is None:
        told = _("This shared log has no party “{party}”. It has: {known}.")
        raise RuleError(told.format(party=party, known=", ".join(one.party for one in known)))
    about = connection.execute("SELECT name, log_id, timezone FROM commandlog.about").fetchone()
    name, log_id, timezone = about or ("", b"", "")
    code = server.next_code(connection, found.letter, _of_the_log(connection))
    login = server.add_desk(connection, found.party, code, hours)
    key = connection.execute("SELECT key FROM commandlog.keeper_keys WHERE desk = %s", (f"{KEEPER}1",)).fetchone()
    return Invitation(
        version=VERSION,
        name=name,
        log_id=bytes(log_id).hex(),
        address=address_in(dsn, login.login, at=at, ca_pem=ca_pem),
        party=found.party,
        party_name=found.name,
        desk=code,
        password="" if by_certificate else login.password,
        keeper_key=bytes(key[0]).hex() if key else "",
        until=system_clock() + round(hours * _HOUR),
        timezone=timezone,
    )


def _of_the_log(connection: psycopg.Connection) -> list[str]:
    """Return the codes of all desks that ever wrote in the log: they stand at the end of each header."""
    query = "SELECT DISTINCT substring(header FROM 149 + get_byte(header, 146)) FROM commandlog.chain"
    return [bytes(code).decode("utf-8", "replace") for (code,) in connection.execute(query)]
