"""Erasing on the server, down to its files, and who has not said yet that it is done there too.

What a decision erased is gone from the tables in the transaction that gave the decision its place. What is left lies in
pages that the server no longer uses, and in its write-ahead log, until an administrator takes the documented step.
"""

from typing import Any, NamedTuple

import psycopg
from psycopg import errors
from psycopg.sql import SQL, Identifier, Literal

from commandlog.language import _
from commandlog.log.derived.table import FOREVER
from commandlog.log.store import Log
from commandlog.model.errors import RuleError
from commandlog.model.frames import Millis

HELD = ("parts", "pieces", "inbox", "pieces_in")
"""The tables that words and attachments have been in."""
_MAY_PURGE = """
SELECT bool_and(pg_has_role(relowner, 'USAGE') OR pg_has_role(datdba, 'USAGE'))
FROM pg_class JOIN pg_database ON datname = current_database()
WHERE relname = ANY(%(tables)s) AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'commandlog')
"""
# segments of the write-ahead log that are not needed any more are removed, not kept or used again
_WHILE_PURGING = {"wal_recycle": "off", "wal_keep_size": "0", "min_wal_size": "32MB"}


class Outstanding(NamedTuple):
    """A decision at a position that erased something, and the desks that have not said that they have destroyed it."""

    seq: int
    reference: str
    kept_at: Millis
    desks: list[str]


def purge_server(conn: "psycopg.Connection[Any]") -> list[str]:
    """Write the tables anew, and let the server remove all of its write-ahead log that it does not need any more.

    For an administrator's connection, best a superuser's. Returns what may still hold something, in words; an empty
    list when the server's own files hold nothing. Backups and archives are whoever's made them. Raises RuleError where
    the login may not write the tables anew: the server would pass over them with no more than a warning.
    """
    if conn.execute(_MAY_PURGE, {"tables": list(HELD)}).fetchone() == (False,):
        told = _("Nothing was purged: {login} may not do that. Use the login of the database's owner or administrator.")
        raise RuleError(told.format(login=conn.info.user))
    left = []
    for table in HELD:
        conn.execute(SQL("VACUUM (FULL) {}").format(Identifier("commandlog", table)))
    try:
        before = _set(conn, _WHILE_PURGING)
        try:
            for _again in range(2):  # the first one may still need the segment that the second one lets go of
                conn.execute("SELECT pg_switch_wal()")
                conn.execute("CHECKPOINT")
        finally:
            _set(conn, before)
    except errors.InsufficientPrivilege:
        left.append(_("its write-ahead log: a superuser must take this step"))
    for name, slot_type in conn.execute("SELECT slot_name, slot_type FROM pg_replication_slots").fetchall():
        told = _("what the replication slot {name} ({kind}) keeps, until its reader has read it")
        left.append(told.format(name=name, kind=slot_type))
    archives = conn.execute("SELECT setting FROM pg_settings WHERE name = 'archive_mode'").fetchone()
    if archives and archives[0] != "off":
        left.append(_("the archive of its write-ahead log, and every backup that was made before"))
    return left


def _set(conn: "psycopg.Connection[Any]", wanted: dict[str, str]) -> dict[str, str]:
    """Change settings of the server; returns what the file of changed settings had, empty for what it had not."""
    query = (
        "SELECT name, setting FROM pg_file_settings WHERE sourcefile LIKE '%%postgresql.auto.conf' AND name = ANY(%s)"
    )
    before = dict.fromkeys(wanted, "") | dict(conn.execute(query, (list(wanted),)).fetchall())
    for name, value in wanted.items():
        if value:
            conn.execute(SQL("ALTER SYSTEM SET {} = {}").format(Identifier(name), Literal(value)))
        else:
            conn.execute(SQL("ALTER SYSTEM RESET {}").format(Identifier(name)))
    conn.execute("SELECT pg_reload_conf(), pg_sleep(0.2)")  # a moment, until the processes have read it
    return before


def outstanding(conn: "psycopg.Connection[Any]", log: Log) -> list[Outstanding]:
    """Return each decision that erased something, with the desks that have not said yet that they have destroyed it."""
    query = (
        "SELECT d.desk, coalesce(p.purged_upto, 0) FROM commandlog.desks d LEFT JOIN commandlog.presence p USING (desk)"
        " WHERE NOT d.keeper AND d.revoked IS NULL AND d.joined IS NOT NULL ORDER BY d.desk"
    )
    purged = conn.execute(query).fetchall()
    decisions = log.db.execute(
        "SELECT DISTINCT e.since, e.desk || '-' || e.number FROM erasures x JOIN entries e ON e.since = x.since"
        f" WHERE x.until = {FOREVER} ORDER BY 1"
    ).fetchall()
    found = [
        Outstanding(seq, reference, log.kept_at(seq), [desk for desk, upto in purged if upto < seq])
        for seq, reference in decisions
    ]
    return [one for one in found if one.desks]
