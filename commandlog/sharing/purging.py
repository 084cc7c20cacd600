"""Destroying what was erased down to the last byte of a server's files: the tables are written anew without it.

What was erased can be read by nobody from the moment on that the keeper carries it out. Its bytes stay in the server's
files until the space is used again, in its write-ahead log until that is recycled, and in backups until those go.
"""

import psycopg
from psycopg import errors
from psycopg.sql import SQL, Identifier

from commandlog.language import _

_WITH_WORDS = ("parts", "pieces", "inbox", "pieces_in")


def purge(connection: psycopg.Connection) -> list[str]:
    """Write the tables anew, by an administrator's connection; returns, in words, what is left to somebody else.

    Nobody can write or follow meanwhile: some seconds for each gigabyte. Raises psycopg's errors.
    """
    for table in _WITH_WORDS:
        connection.execute(SQL("VACUUM (FULL) commandlog.{}").format(Identifier(table)))
    left = []
    try:
        connection.execute("CHECKPOINT")
        connection.execute("SELECT pg_switch_wal()")
        connection.execute("CHECKPOINT")
    except errors.InsufficientPrivilege:
        left.append(_("a superuser has to run CHECKPOINT and pg_switch_wal()"))
    if connection.execute("SHOW wal_recycle").fetchone() == ("on",):
        left.append(_("the server keeps old files of its write-ahead log for later use: set wal_recycle = off"))
    if connection.execute("SHOW archive_mode").fetchone() != ("off",):
        left.append(_("the archive of its write-ahead log, and backups, hold it until they are deleted"))
    return left
