"""The way to a server: whom one trusts, what is said when it fails, and who ends the wait for one that stands still."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from msgspec.structs import replace
from psycopg.conninfo import make_conninfo

from commandlog.model.errors import RuleError, Unavailable
from commandlog.sharing.address import Address
from commandlog.sharing.link import Refused, Unreachable, Untrusted, Watchdog, connect, telling
from commandlog.sharing.server.server import revoke
from tests.sharing.conftest import Hosted
from tests.sharing.servers import PASSWORD, Server, free_port, with_tls

AWAY = Address("db.example.org", 5432, "event", "desk", "local")
UNSAFE = [
    "host=db.example.org sslmode=disable",
    "host=db.example.org sslmode=prefer",
    "host=localhost,db.example.org sslmode=allow",
    "host=localhost hostaddr=192.0.2.1 sslmode=disable",
    "host=127.0.0.1.example.org sslmode=disable",
    "service=away sslmode=disable",
]


def certificate(name: str) -> tuple[bytes, bytes]:
    """Return a certificate that vouches for itself, and its key, both as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    try:
        known: x509.GeneralName = x509.IPAddress(ip_address(name))
    except ValueError:
        known = x509.DNSName(name)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([known]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM), secret


@pytest.fixture
def trusted() -> Iterator[tuple[Server, Address]]:
    """A server with a certificate for 127.0.0.1, and how a desk connects to it."""
    version = with_tls()
    if not version:
        pytest.skip("no server here was built with TLS")
    public, secret = certificate("127.0.0.1")
    server = Server(version, start=False, settings="ssl = on")
    for name, data in (("server.crt", public), ("server.key", secret)):
        path = server.data / name
        path.write_bytes(data)
        os.chown(path, server.data.stat().st_uid, server.data.stat().st_gid)
        path.chmod(0o600)
    server.start()
    yield server, Address("127.0.0.1", server.port, "postgres", "postgres", "verify", public.decode())
    server.close()


def test_a_server_proves_itself_by_its_certificate(trusted: tuple[Server, Address]) -> None:
    server, address = trusted
    with connect(address, PASSWORD) as connection:
        assert connection.pgconn.ssl_in_use
    wrong = [replace(address, ca_pem=certificate("127.0.0.1")[0].decode()), replace(address, ca_pem="")]
    for one in (*wrong, replace(address, host="localhost")):
        with pytest.raises(Untrusted, match="cannot prove"), telling(one):
            connect(one, PASSWORD)
    with connect(make_conninfo(server.admin_dsn, sslmode="require"), role="admin") as connection:
        assert connection.pgconn.ssl_in_use


def test_what_needs_no_certificate_is_this_machine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for host in ("db.example.org", "192.0.2.1", "localhost,db.example.org", "127.0.0.1.example.org", "2001:db8::1"):
        with pytest.raises(RuleError, match="not protected"):
            connect(replace(AWAY, host=host), "word")
    for dsn in UNSAFE:
        with pytest.raises(RuleError, match="not protected"):
            connect(dsn, "word")
    monkeypatch.setenv("PGHOST", "db.example.org")
    with pytest.raises(RuleError, match="not protected"):
        connect("dbname=event sslmode=disable", "word")
    with pytest.raises(RuleError, match="no address"):
        connect("what is this", "word")


def test_a_server_without_a_certificate_is_not_trusted(event: Hosted) -> None:
    address = replace(event.address(event.desks["P1"]), tls="verify")
    with pytest.raises(Untrusted, match="cannot prove"), telling(address):
        connect(address, event.desks["P1"].password)


def test_a_password_is_never_told(server: Server) -> None:
    (server.data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 password\n")
    server.restart()
    address = Address("127.0.0.1", server.port, "postgres", "postgres", "local")
    with pytest.raises(Untrusted, match="cannot prove"), telling(address):
        connect(address, PASSWORD)


def test_what_went_wrong_is_said(event: Hosted) -> None:
    address = event.address(event.desks["P1"])
    connect(address, event.desks["P1"].password).close()
    cases: list[tuple[Address, str, type[Exception], str]] = [
        (address, "another", Refused, "password is wrong: the server 127.0.0.1 does not let this login in"),
        (replace(address, login="nobody"), "word", Refused, "does not let this login in"),
        (replace(address, database="none"), event.desks["P1"].password, Refused, "does not let this login in"),
        (replace(address, port=free_port()), "word", Unreachable, "with 127.0.0.1: go on working, it is sent once"),
    ]
    for where, password, kind, said in cases:
        with pytest.raises(kind, match=said), telling(where):
            connect(where, password)
    with event.connect("P1") as police:
        with pytest.raises(Unavailable, match="answers with an error"), telling(address):
            police.execute("SELECT 1 / 0")
        revoke(event.admin, "P1")
        with pytest.raises(Unreachable, match="ended the connection"), telling(address):
            police.execute("SELECT 1")


@pytest.mark.parametrize("said", ["SSL connection has been closed unexpectedly", "SSL SYSCALL error: EOF detected"])
def test_a_server_that_stops_is_not_one_that_cannot_prove_itself(said: str) -> None:
    with pytest.raises(Unreachable, match="go on working"), telling(AWAY):
        raise psycopg.OperationalError(f"consuming input failed: {said}")
    with pytest.raises(Untrusted, match="cannot prove"), telling(AWAY):
        raise psycopg.OperationalError("connection failed: SSL error: certificate verify failed")


def test_a_server_that_nobody_named_is_the_server(server: Server) -> None:
    with pytest.raises(Refused, match="wrong: the server does not let"), telling():
        connect(server.admin_dsn, "another", role="admin")
    server.stop()
    with pytest.raises(Unreachable, match=r"with the server: .*efused"), telling():
        connect(server.admin_dsn, role="admin")


def test_a_copy_that_only_reads_is_not_the_server(server: Server) -> None:
    (server.data / "standby.signal").touch()
    os.chown(server.data / "standby.signal", server.data.stat().st_uid, server.data.stat().st_gid)
    server.restart()
    with pytest.raises(Unreachable), telling():
        connect(server.admin_dsn, role="admin")


def test_a_server_that_stands_still_is_not_waited_for(event: Hosted) -> None:
    with Watchdog(silent=0.5) as dog, event.connect("P1") as police:
        backend = police.info.backend_pid
        os.kill(backend, signal.SIGSTOP)
        began = time.monotonic()
        try:
            with pytest.raises(Unreachable, match="no connection"), telling(), dog.watching(police):
                police.execute("SELECT 1")
        finally:
            os.kill(backend, signal.SIGCONT)
        assert time.monotonic() - began < 3
        assert dog.bitten == 1


def test_a_slow_answer_is_waited_for(admin_dsn: str) -> None:
    with Watchdog(silent=0.6) as dog, connect(admin_dsn, role="admin") as admin:
        with dog.watching(admin):
            rows = admin.execute("SELECT repeat('x', 20000), pg_sleep(0.2) FROM generate_series(1, 6)").fetchall()
        assert len(rows) == 6
        assert dog.bitten == 0


def test_certificates_that_came_with_an_invitation_are_kept(trusted: tuple[Server, Address], tmp_path: Path) -> None:
    _server, address = trusted
    connect(address, PASSWORD).close()
    (kept,) = (tmp_path / "settings" / "shared").glob("*.pem")
    kept.write_text("something else")
    connect(address, PASSWORD).close()
    assert kept.read_text() == address.ca_pem
