"""What the commands of a shared log ask of whoever types them: a server's address, and passwords, unseen."""

import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getpass
from types import FrameType

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from commandlog.language import _
from commandlog.model.errors import CommandLogError, RuleError
from commandlog.sharing.link import connect, telling


def a_server(dsn: str) -> str:
    """Return a connection string; raises RuleError for what is none."""
    try:
        conninfo_to_dict(dsn)
    except ProgrammingError as error:
        raise RuleError(_("This is no address of a PostgreSQL server: {error}").format(error=error)) from error
    return dsn


def ask(question: str) -> str:
    """Return a password that is typed, unseen; raises RuleError where nobody is there to type one."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise RuleError(_("A password is needed, and nobody is here to type it: set PGPASSWORD, or use a terminal."))
    return getpass(question)


def with_password(dsn: str) -> str:
    """Return an administrator's connection string, with the password that is typed where the server wants one."""
    try:
        with telling(dsn):
            connect(dsn, role="admin").close()
    except CommandLogError as error:
        if "no password supplied" in str(error):
            login = conninfo_to_dict(dsn).get("user", "")
            return make_conninfo(dsn, password=ask(_("Password of {login}: ").format(login=login)))
    return dsn  # whatever else is wrong is told where the connection is used


def chosen(question: str) -> str:
    """Return a password that somebody chooses, typed twice: nobody sees what is typed."""
    typed = ask(question)
    if ask(_("Once more: ")) != typed:
        raise RuleError(_("The two are not the same: join again."))
    return typed


def shown(dsn: str, login: str = "") -> str:
    """Return a connection string without its password, as it can be typed; of another login, where one is named."""
    given = conninfo_to_dict(dsn)
    rest = "&".join(f"{key}={given[key]}" for key in ("sslmode", "sslrootcert") if key in given)
    host, port = given.get("host", ""), given.get("port", "")
    where = f"{host}:{port}" if port else f"{host}"
    if str(host).startswith("/"):
        where, rest = "", f"host={host}" + (f"&port={port}" if port else "")
    user = login or given.get("user", "")
    return shlex.quote(f"postgresql://{user}@{where}/{given.get('dbname', '')}" + (f"?{rest}" if rest else ""))


@contextmanager
def ended_by_signals(stop: threading.Event) -> Iterator[None]:
    """Take SIGTERM and Ctrl-C as the wish to end in order."""

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {one: signal.signal(one, end) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
