"""The way to the server: it proves itself by its certificate or nobody talks to it; a login by SCRAM or a certificate.

Needs a PostgreSQL that was built with OpenSSL: this machine's, since the wheel's was not.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import keyring
import pytest
from msgspec.structs import replace
from psycopg.conninfo import make_conninfo

from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.model.errors import RuleError
from commandlog.sharing.address import address_in
from commandlog.sharing.joining import inviting
from commandlog.sharing.joining.joining import join
from commandlog.sharing.joining.share import Made, share
from commandlog.sharing.link import Refused, Untrusted, connect, telling
from commandlog.verbs.events import open_event
from tests.events import concert
from tests.sharing.certificates import Authority, Pair
from tests.sharing.keyring_file import FileKeyring
from tests.sharing.servers import Server, programs, with_tls

HOST = "localhost"
_HBA = """
host all postgres 127.0.0.1/32 scram-sha-256
hostnossl all all 127.0.0.1/32 reject
hostssl all {by_certificate} 127.0.0.1/32 cert
hostssl all all 127.0.0.1/32 scram-sha-256
"""


pytestmark = pytest.mark.skipif(not with_tls(), reason="no PostgreSQL here was built with OpenSSL")


class Secure(NamedTuple):
    """A server that takes TLS alone, who vouches for it, and a log that is shared on it."""

    server: Server
    authority: Authority
    made: Made
    dsn: str


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    """A server that proves itself as "localhost"."""
    folder = tmp_path_factory.mktemp("secure")
    authority = Authority("CommandLog of Stadion De Dijk")
    server = Server(with_tls(), start=False)
    before, kept = keyring.get_keyring(), os.environ.get("COMMANDLOG_SETTINGS")
    keyring.set_keyring(FileKeyring())
    os.environ["COMMANDLOG_SETTINGS"] = str(folder / "settings")
    try:
        _prepare(server, authority)
        server.start()
        ca = folder / "ca.crt"
        ca.write_text(authority.certificate)
        dsn = make_conninfo(server.admin_dsn, host=HOST, sslmode="verify-full", sslrootcert=str(ca))
        desk = open_event(folder / "venue.clog", concert(), settings_folder())
        with desk.log:
            made = share(desk, dsn, settings_folder())
        yield Secure(server, authority, made, made.event.dsn)
    finally:
        keyring.set_keyring(before)
        os.environ.pop("COMMANDLOG_SETTINGS")
        if kept:
            os.environ["COMMANDLOG_SETTINGS"] = kept
        server.close()


def _prepare(server: Server, authority: Authority) -> None:
    """Give a server its certificate, and let nobody in without TLS save its administrator."""
    pair = authority.server(HOST)
    files = {"server.crt": pair.certificate, "server.key": pair.key, "ca.crt": authority.certificate}
    owner = server.data.stat()
    for name, text in files.items():
        path = server.data / name
        path.write_text(text)
        path.chmod(0o600)
        os.chown(path, owner.st_uid, owner.st_gid)
    with (server.data / "postgresql.conf").open("a") as settings:
        settings.write("ssl = on\nssl_ca_file = 'ca.crt'\nssl_min_protocol_version = 'TLSv1.3'\n")
    (server.data / "pg_hba.conf").write_text(_HBA.format(by_certificate="/nobody"))


@pytest.fixture(autouse=True)
def _keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())
    yield
    keyring.set_keyring(before)


def test_a_desk_joins_over_tls_with_a_password(secure: Secure, tmp_path: Path) -> None:
    with connect(secure.dsn, role="admin") as admin:
        invitation = inviting.invite(admin, secure.dsn, "police")
    assert (invitation.address.tls, invitation.address.ca_pem) == ("verify", secure.authority.certificate)
    join(invitation, tmp_path / "police.clog", tmp_path / "police")
    with Log(tmp_path / "police.clog") as log:
        assert log.head.seq == 3
    with connect(invitation.address, keyring.get_password("commandlog", str(invitation.address)) or "") as connection:
        assert connection.pgconn.ssl_in_use
    plain = replace(invitation.address, tls="local", ca_pem="")
    with pytest.raises(Refused), telling(plain):
        connect(plain, "whatever").close()


def test_nobody_talks_to_a_server_that_cannot_prove_itself(secure: Secure, tmp_path: Path) -> None:
    with connect(secure.dsn, role="admin") as admin:
        invitation = inviting.invite(admin, secure.dsn, "police")
    right = invitation.address
    wrong = {
        "another authority": replace(right, ca_pem=Authority("somebody else").certificate),
        "no authority that this machine knows": replace(right, ca_pem=""),
        "another name": replace(right, host="127.0.0.1"),
    }
    for what, address in wrong.items():
        with pytest.raises(Untrusted, match="cannot prove"):
            join(replace(invitation, address=address), tmp_path / f"{what}.clog", tmp_path / "police")
    bare = Server(max(programs()))
    try:
        with pytest.raises(Untrusted, match="cannot prove"), telling(right):
            connect(replace(right, port=bare.port), invitation.password).close()
    finally:
        bare.close()
    elsewhere = replace(right, host="log.example.org", tls="local")
    with pytest.raises(RuleError, match="plain text goes to this machine alone"):
        connect(elsewhere, invitation.password)
    assert list(tmp_path.glob("*.clog")) == []


def test_a_login_proves_itself_by_a_certificate(secure: Secure, tmp_path: Path) -> None:
    with connect(secure.dsn, role="admin") as admin:
        invitation = inviting.invite(admin, secure.dsn, "baken", by_certificate=True)
        login = invitation.address.login
        (secure.server.data / "pg_hba.conf").write_text(_HBA.format(by_certificate=login))
        admin.execute("SELECT pg_reload_conf()")
    assert invitation.password == ""
    own = _files(tmp_path, "own", secure.authority.login(login))
    for name, pair in (
        ("others", _files(tmp_path, "others", secure.authority.login("postgres"))),
        ("forged", _files(tmp_path, "forged", Authority("somebody else").login(login))),
        ("none", None),
    ):
        with pytest.raises(RuleError):
            join(invitation, tmp_path / f"{name}.clog", tmp_path / "baken", certificate=pair)
        assert not (tmp_path / f"{name}.clog").exists()
    join(invitation, tmp_path / "baken.clog", tmp_path / "baken", certificate=own)
    with Log(tmp_path / "baken.clog") as log:
        assert log.head.seq == 3


def test_a_wrong_password_is_the_reason_that_is_told(secure: Secure) -> None:
    """Of two tries, with TLS and without, the second one's failure says nothing."""
    login = secure.made.login.login
    given = {"user": login, "password": "another", "sslmode": None}
    for dsn in (make_conninfo(secure.dsn, **given), make_conninfo(secure.dsn, **given, sslrootcert=None)):
        with pytest.raises(Refused, match="password is wrong") as told, telling(dsn):
            connect(dsn, role="admin").close()
        assert "pg_hba" not in str(told.value)
    with pytest.raises(Untrusted), telling(secure.dsn):
        connect(make_conninfo(secure.dsn, host="127.0.0.1", sslmode=None), role="admin").close()


def test_a_log_is_shared_on_this_machine_where_the_server_takes_tls_alone(secure: Secure, tmp_path: Path) -> None:
    """Without certificates that vouch for it; and what is there is said where the keeper cannot log in."""
    hba = secure.server.data / "pg_hba.conf"
    dsn = make_conninfo(secure.server.admin_dsn, host=HOST)
    desk = open_event(tmp_path / "evening.clog", concert(), tmp_path / "venue")
    with desk.log, connect(dsn, role="admin") as admin:
        before = hba.read_text()
        hba.write_text("host all postgres 127.0.0.1/32 scram-sha-256\n")
        admin.execute("SELECT pg_reload_conf()")
        with pytest.raises(Refused, match=r"logins are made.* share again, .* pg_hba.conf"):
            share(desk, dsn, tmp_path / "venue")
        hba.write_text(before)
        admin.execute("SELECT pg_reload_conf()")
        made = share(desk, dsn, tmp_path / "venue")
    with connect(address_in(made.event.dsn, made.login.login), made.login.password) as connection:
        assert connection.pgconn.ssl_in_use


def _files(folder: Path, name: str, pair: Pair) -> tuple[Path, Path]:
    """Write a certificate and its key as a person keeps them."""
    files = folder / f"{name}.crt", folder / f"{name}.key"
    for file, text in zip(files, pair, strict=True):
        file.write_text(text)
        file.chmod(0o600)
    return files
