"""A shared log under attack: what must not be seen in it, what must not change, and those who go on working."""

import os
import select
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Self

import psycopg
from msgspec import Struct
from psycopg import pq
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from commandlog.sharing.link import connect
from tests.sharing import rows
from tests.sharing.conftest import Hosted, host_on
from tests.sharing.probes import LONG, Probe
from tests.sharing.recorder import LIFETIME, Recorder

DESKS = {"P1": "police", "V1": "venue", "B1": "baken", "E1": "aid"}
ROLES = ("P1", "V1", "revoked", "stranger", "keeper")
SEALED = 400
_RESET = "ROLLBACK", "RESET SESSION AUTHORIZATION; RESET ROLE", "CLOSE ALL; DEALLOCATE ALL; UNLISTEN *; RESET ALL"
_BOUNDS = "SET statement_timeout = '2s'; SET client_min_messages = debug1"
_KEPT = (
    "about",
    "parties",
    "chain",
    "parts",
    "opened",
    "checkpoints",
    "beats",
    "pieces",
    "presence",
    "refusals",
    "desks",
    "keepers",
    "keeper_keys",
)
_CATALOGUES = {
    "pg_class": "relname, relnamespace, relacl, relrowsecurity, relforcerowsecurity, relowner",
    "pg_attribute": "attrelid, attname, attacl, attstattarget",
    "pg_proc": "proname, proacl, prosrc, proowner, proconfig",
    "pg_policy": "polname, polrelid, pg_get_expr(polqual, polrelid)",
    "pg_rewrite": "rulename, ev_class",
    "pg_trigger": "tgname, tgrelid",
    "pg_event_trigger": "evtname, evtenabled",
    "pg_namespace": "nspname, nspacl",
    "pg_type": "typname",
    "pg_cast": "castsource, casttarget",
    "pg_operator": "oprname, oprnamespace",
    "pg_extension": "extname",
    "pg_largeobject_metadata": "oid",
    "pg_publication": "pubname",
    "pg_statistic_ext": "stxname",
    "pg_auth_members": "roleid, member",
    "pg_database": "datname, datacl, datdba, datconnlimit",
    "pg_db_role_setting": "setrole, setconfig",
    "pg_authid": "rolname, rolsuper, rolinherit, rolbypassrls, rolcreaterole, rolcanlogin, rolconnlimit, rolpassword",
}


class Siege(Struct):
    """An event with something to hide for each party, and another event on the same server."""

    hosted: Hosted
    other: Hosted
    canaries: dict[str, bytes]
    names: dict[str, str]

    def forbidden(self, role: str) -> list[bytes]:
        """Return what must not come back to a role, in every form in which the server writes bytes."""
        mine = {"P1": ("police", "all"), "V1": ("venue", "all"), "revoked": (), "stranger": ()}[role]
        return [
            form
            for party, canary in self.canaries.items()
            if party not in mine
            for form in (canary, canary.hex().encode(), b64encode(canary)[4:-4])
        ]

    def said(self, probe: Probe, role: str) -> list[str]:
        """Return a probe's messages as this role sends them."""
        told = []
        for message in probe.messages:
            for name, value in {**LONG, **self.names, "{me}": role}.items():
                message = message.replace(name, value)
            told.append(message)
        return told

    def state(self) -> dict[str, str]:
        """Return what must be the same before and after: rows, roles, rights, everything that can be made."""
        asked = {**{f"commandlog.{name}": "*" for name in _KEPT}, **_CATALOGUES}
        query = "SELECT md5(string_agg(x::text, '|' ORDER BY x::text)) FROM (SELECT {} FROM {}) AS x"
        execute = self.hosted.admin.execute
        return {table: str(execute(query.format(what, table)).fetchone()) for table, what in asked.items()}

    def forged(self) -> list[tuple[str, bytes]]:
        """Return what lies in the inbox under the name of another than who sent it: `by:` and the role."""
        login = {role: desk.login for role, desk in self.hosted.desks.items()} | {"revoked": "-", "stranger": "-"}
        query = """SELECT login, words FROM commandlog.inbox WHERE words LIKE 'by:%'
            UNION ALL SELECT login, bytes FROM commandlog.pieces_in WHERE bytes LIKE 'by:%'"""
        found = self.hosted.admin.execute(query).fetchall()
        return [(who, words) for who, words in found if login.get(words[3:].decode()) != who]


def besieged(admin_dsn: str) -> Siege:
    """Make both events, and fill them."""
    hosted, other = host_on(admin_dsn, desks=DESKS), host_on(admin_dsn)
    parties = (*DESKS.values(), "all", "inbox")
    canaries = {party: f"canary-{party}-{os.urandom(8).hex()}".encode() for party in parties}
    pending, file = os.urandom(16), os.urandom(32)
    with hosted.connect("E1") as victim, hosted.connect("keeper") as keeper:
        for seq, (party, canary) in enumerate(canaries.items(), 1):
            rows.record(keeper, seq, canary * 40, ["*"] if party == "all" else [party], piece=canary * 2000)
        with keeper.transaction():
            for seq in range(len(canaries) + 1, SEALED + 1):
                rows.record(keeper, seq, canaries["aid"] + b"%d" % seq, ["aid"])
        keeper.execute("INSERT INTO commandlog.opened VALUES (%s, 1)", (SEALED,))
        keeper.execute("INSERT INTO commandlog.pieces VALUES (%s, %s, 0, %s)", (SEALED, file, canaries["aid"]))
        keeper.execute(
            "INSERT INTO commandlog.refusals VALUES (%s, 'x', %s, now())",
            (hosted.desks["E1"].login, canaries["aid"].decode()),
        )
        rows.send(victim, canaries["inbox"], pending)
        victim.execute(rows.PIECE, (file, 0, canaries["inbox"]))
    hosted.admin.execute("ANALYZE")
    row = hosted.admin.execute("SELECT reltoastrelid::regclass FROM pg_class WHERE relname = 'parts'").fetchone()
    event = hosted.event.names.prefix
    names = {
        "{sealed}": str(SEALED),
        "{toast}": str(row and row[0]).removeprefix("pg_toast."),
        "{pending}": f"\\x{pending.hex()}",
        "{file}": f"\\x{file.hex()}",
        "{theirs}": hosted.desks["E1"].login,
        "{owner}": f"{event}_owner",
        "{keeper}": f"{event}_keeper",
        "{member}": f"{event}_member",
        "{database}": hosted.event.database,
    }
    return Siege(hosted, other, canaries, names)


@contextmanager
def attacking(siege: Siege, role: str, recorder: Recorder, sessions: int = 1) -> Iterator[list[psycopg.Connection]]:
    """Log in as a role, through the recorder."""
    hosted = siege.other if role == "stranger" else siege.hosted
    login = hosted.keeper if role == "keeper" else hosted.desks[{"stranger": "P1", "revoked": "B1"}.get(role, role)]
    dsn = make_conninfo(hosted.dsn(login), port=recorder.port)
    with ExitStack() as stack:
        found = [stack.enter_context(connect(dsn, role="admin")) for _ in range(sessions)]
        for connection in found:
            connection.execute(_BOUNDS)
        if role == "revoked":  # as if its session had outlived its login
            hosted.admin.execute("UPDATE commandlog.desks SET revoked = now() WHERE desk = 'B1'")
        yield found
        if role == "revoked":
            hosted.admin.execute("UPDATE commandlog.desks SET revoked = NULL WHERE desk = 'B1'")


def send(connection: psycopg.Connection, message: str) -> tuple[str, int]:
    """Send one message; returns the SQLSTATE of what went wrong ("" if nothing) and how many rows came back."""
    result = connection.pgconn.exec_(message.encode())
    while result.status == pq.ExecStatus.COPY_OUT and (got := connection.pgconn.get_copy_data(1)[0]) >= 0:
        if not got:
            select.select([connection.pgconn.socket], [], [], LIFETIME)
            connection.pgconn.consume_input()
    if result.status == pq.ExecStatus.COPY_IN:
        connection.pgconn.put_copy_end(b"enough")
    result = last_answer(connection) or result
    return (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode(), result.ntuples


def last_answer(connection: psycopg.Connection) -> pq.abc.PGresult | None:
    """Wait until all is answered that was asked for, or the connection is lost; returns the last answer that came.

    Not in libpq: it would hold up every other thread, and the recorder, which has to bring the answer, is one.
    """
    pgconn, last = connection.pgconn, None
    while True:
        with suppress(psycopg.OperationalError):
            while pgconn.is_busy() and select.select([pgconn.socket], [], [], LIFETIME)[0]:
                pgconn.consume_input()
        if not (found := pgconn.get_result()):
            return last
        last = found


def reset(connection: psycopg.Connection) -> None:
    """Take back what a probe has left in its session."""
    for message in (*_RESET, _BOUNDS):
        send(connection, message)


class Working:
    """A desk and a keeper that go on writing while a block runs; whoever waits for a lock is a failure."""

    PATIENCE = 0.2  # seconds for which they wait for a lock

    def __init__(self, hosted: Hosted) -> None:
        self.hosted = hosted
        self.took: dict[str, list[float]] = {"E1": [], "keeper": []}
        self.failed: list[str] = []
        self._stop = threading.Event()
        self._next = SEALED
        self._threads = [threading.Thread(target=self._work, args=(who,), daemon=True) for who in self.took]

    def __enter__(self) -> Self:
        row = self.hosted.admin.execute("SELECT max(seq) FROM commandlog.chain").fetchone()
        self._next = row[0] if row else SEALED
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(LIFETIME)
            assert not thread.is_alive(), "a desk or keeper that works is held up"

    def slowest(self) -> float:
        """Return the worse of both p99s, in seconds."""
        return max(sorted(took)[int(len(took) * 0.99) - 1] for took in self.took.values())

    def _work(self, who: str) -> None:
        with self.hosted.connect(who) as connection:
            connection.execute(f"SET lock_timeout = '{self.PATIENCE}s'")
            while not self._stop.wait(0.005):
                began = time.monotonic()
                try:
                    self._write(who, connection)
                except psycopg.Error as error:
                    self.failed.append(f"{who}: {error}")
                self.took[who].append(time.monotonic() - began)

    def _write(self, who: str, connection: psycopg.Connection) -> None:
        if who == "keeper":
            self._next += 1
            with connection.transaction():
                rows.record(connection, self._next, b"words", ["*"])
            connection.execute("NOTIFY chain")
        else:
            rows.send(connection)
            connection.execute(SQL("SELECT * FROM commandlog.{} LIMIT 1").format(Identifier("parts")))
            connection.execute("NOTIFY inbox")
        for _notice in connection.notifies(timeout=0):
            pass
