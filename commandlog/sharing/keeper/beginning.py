"""What a log keeper makes sure of before it puts anything in order: its login, who will believe it, what is there."""

from typing import Any, Self

from psycopg import Connection

from commandlog.language import _
from commandlog.log.store import Log
from commandlog.model.errors import Damaged, RuleError
from commandlog.sharing.keeper import statements
from commandlog.sharing.keeper.keepers_log import fingerprint
from commandlog.sharing.server import server


class Behind(Damaged):
    """The server lacks records that were in the shared log: `adopting` says what a person can do."""

    @classmethod
    def at(cls, server: int, last: int) -> Self:
        """Return the error for a server that ends at one position, where the shared log had come to another."""
        told = _(
            "The server has the shared log up to {server}, and it went on to {last}: the server was put back to an"
            " earlier state. Nothing is put in order until `keep --adopt FILE` has put the missing records back, FILE"
            " being a log that has all of them, or somebody decides by `keep --branch` to go on without them."
        )
        return cls(told.format(server=server, last=last), server)


def introduced(conn: Connection[Any], log: Log, key: bytes) -> tuple[str, str]:
    """Return the party and desk of the keeper whose login this is, and have its public key noted on the server.

    Raises RuleError where the server holds another log, or one of another version, or the login is not a keeper's.
    """
    if server.names_of(conn).log_id != log.id:
        raise RuleError(_("The server holds another log than {file}.").format(file=log.path))
    mine = conn.execute("SELECT party, desk FROM commandlog.desks WHERE login = session_user AND keeper").fetchone()
    if mine is None:
        raise RuleError(_("This login is not that of a log keeper: use the one that `share` has given."))
    register = "INSERT INTO commandlog.keeper_keys (desk, key) VALUES (%s, %s) ON CONFLICT DO NOTHING"
    conn.execute(register, (mine[1], key))
    return mine[0], mine[1]


def obstacle_of(log: Log, desk: str, key: bytes) -> str:
    """Return why desks would not believe this keeper: the log does not name its key, and has another keeper already.

    Raises RuleError where the log names another key for it.
    """
    known = log.db.execute("SELECT key FROM desks WHERE desk = ? ORDER BY since", (desk,)).fetchone()
    if known and known[0] != key:
        told = _("This machine's key is not that of the log keeper {desk}: run it where it ran, or with its key.")
        raise RuleError(told.format(desk=desk))
    if known or not log.db.execute("SELECT 1 FROM desks WHERE desk GLOB 'LOG*'").fetchone():
        return ""
    told = _(
        "Waiting until {desk} is trusted by the desks. Say so where another one is at work:"
        " commandlog keep --server … --trust {desk} {fingerprint}"
    )
    return told.format(desk=desk, fingerprint=fingerprint(key))


def check_server(conn: Connection[Any], log: Log) -> None:
    """Raise Damaged where the server lacks what a keeper has signed as its end, or has another end than its log."""
    seq, head = statements.head(conn)
    beats = conn.execute("SELECT coalesce(max(seq), 0) FROM commandlog.beats").fetchone()
    last = max(log.head.seq, beats[0] if beats else 0)
    if seq < last:
        raise Behind.at(seq, last)
    if head and head != log.head.hash:
        raise Damaged(_("The server has another record {seq} than {file}.").format(seq=seq, file=log.path), seq)
