"""An event's database on real servers of every version that is here: made, printed, brought up to date, looked at."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier, Literal

from commandlog.model.covenant import Party
from commandlog.model.errors import RuleError
from commandlog.sharing.joining.inviting import invite
from commandlog.sharing.link import Refused, connect, telling
from commandlog.sharing.server.schema import VERSION, Names, Statement
from commandlog.sharing.server.server import (
    Login,
    add_desk,
    add_party,
    as_script,
    change_password,
    create,
    hardening,
    migrate,
    next_code,
    renew,
    revoke,
    scram,
)
from tests.sharing.conftest import DESKS, FOREIGN, PARTIES, Host, Hosted, drop, host_on
from tests.sharing.servers import Server, programs

needs_own = pytest.mark.skipif(bool(FOREIGN), reason="the server belongs to somebody else")


@pytest.fixture(params=sorted(programs()))
def any_version(request: pytest.FixtureRequest, running: Callable[[int], Server]) -> Server:
    return running(request.param)


@pytest.fixture
def small_admin(admin_dsn: str) -> Iterator[str]:
    """How an administrator connects who may make databases and roles, and nothing else."""
    with connect(admin_dsn, role="admin") as connection:
        connection.execute("CREATE ROLE small_admin LOGIN CREATEDB CREATEROLE PASSWORD 'small'")
    yield make_conninfo(admin_dsn, user="small_admin", password="small")  # noqa: S106
    with connect(admin_dsn, role="admin") as connection:
        connection.execute("DROP ROLE small_admin")


def catalogue(server: Server, event: str, prefix: str) -> str:
    """Return everything that is in an event's database, and its roles, with the event's own names taken out."""
    dump = subprocess.run(
        [
            str(programs()[server.version] / "pg_dump"),
            "--schema-only",
            "--create",
            make_conninfo(server.admin_dsn, dbname=event),
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    with connect(make_conninfo(server.admin_dsn, dbname=event), role="admin") as connection:
        rows = connection.execute(
            """SELECT rolname, rolcanlogin, rolconnlimit, rolinherit, rolsuper, rolbypassrls,
                   array(SELECT roleid::regrole::text FROM pg_auth_members WHERE member = pg_roles.oid ORDER BY 1)
               FROM pg_roles WHERE starts_with(rolname, %s) ORDER BY 1""",
            (prefix,),
        ).fetchall()
        rows += connection.execute("SELECT login, party, desk, keeper FROM commandlog.desks").fetchall()
        rows += connection.execute("SELECT version, name FROM commandlog.about").fetchall()
        rows += connection.execute("SELECT * FROM commandlog.parties ORDER BY 1").fetchall()
    told = [line for line in dump.splitlines() if not line.startswith("\\")]
    return "\n".join([*told, *map(repr, rows)]).replace(prefix[3:], "EVENT")


@needs_own
def test_the_printed_script_makes_the_same(any_version: Server) -> None:
    ours, theirs = os.urandom(16), os.urandom(16)
    event = create(any_version.admin_dsn, ours, "It's a 'concert' \\ {}", PARTIES)
    assert event.lacking == ()
    with connect(event.dsn, role="admin") as connection:
        add_desk(connection, "police", "P1", password="a word")  # noqa: S106
    script = as_script(theirs, "It's a 'concert' \\ {}", PARTIES, {"P1": ("police", "a word")})
    psql = str(programs()[any_version.version] / "psql")
    subprocess.run(
        [psql, "-v", "ON_ERROR_STOP=1", "-qX", any_version.admin_dsn], input=script, check=True, text=True, timeout=120
    )
    names = [Names(ours), Names(theirs)]
    made, printed = (catalogue(any_version, name.database, name.prefix) for name in names)
    assert printed == made
    assert "CREATE POLICY" in made and "commandlog_no_changes" in made and "tcp_user_timeout" in made
    with connect(any_version.dsn(names[1].database, names[1].login("P1"), "a word")) as police:
        assert police.execute("SELECT name FROM commandlog.about").fetchone() == ("It's a 'concert' \\ {}",)


@needs_own
def test_an_administrator_who_is_no_superuser_is_told_what_is_lacking(small_admin: str, admin_dsn: str) -> None:
    hosted = host_on(small_admin)
    try:
        assert any("advisory" in told for told in hosted.event.lacking)
        assert any("held up" in told or "hold up" in told for told in hosted.event.lacking)
        with hosted.connect("P1") as police:
            assert police.execute("SELECT count(*) FROM commandlog.desks").fetchone() == (4,)
            revoke(hosted.admin, "P1")
            with pytest.raises(psycopg.OperationalError):
                police.execute("SELECT 1")
        renew(hosted.admin, "V1")
    finally:
        drop(hosted, admin_dsn)


def test_what_is_there_already_stays(admin_dsn: str, event: Hosted) -> None:
    again = create(event.event.dsn, event.event.log_id, "Another name", PARTIES)
    assert again == event.event or again.name == "Another name"
    assert event.admin.execute("SELECT name FROM commandlog.about").fetchone() == ("Concert evening",)
    with pytest.raises(RuleError, match="already holds a shared log"):
        create(event.event.dsn, os.urandom(16), "Another event", PARTIES)


@needs_own
def test_a_database_that_an_administrator_made_is_used(admin_dsn: str) -> None:
    with connect(admin_dsn, role="admin") as connection:
        connection.execute('CREATE DATABASE "Ev\'ent 1"')
    hosted = host_on(make_conninfo(admin_dsn, dbname="Ev'ent 1"))
    try:
        assert hosted.event.database == "Ev'ent 1"
        assert hosted.event.lacking == ()
    finally:
        drop(hosted, admin_dsn)


CHANGES = {
    "GRANT TEMP ON DATABASE {database} TO PUBLIC": "everybody may use the database",
    "GRANT CREATE ON SCHEMA commandlog TO PUBLIC": "these schemas: commandlog",
    "GRANT USAGE ON SCHEMA public TO PUBLIC": "these schemas: public",
    "GRANT EXECUTE ON FUNCTION pg_advisory_lock(bigint) TO PUBLIC": "pg_advisory_lock",
    "GRANT EXECUTE ON FUNCTION commandlog.my_readers() TO PUBLIC": "my_readers",
    "GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC": "plpgsql",
    "ALTER EVENT TRIGGER commandlog_no_changes DISABLE": "hold up others",
    "ALTER TABLE commandlog.parts NO FORCE ROW LEVEL SECURITY": "kept apart by party in: parts",
    "ALTER ROLE {login} BYPASSRLS": "{login}",
    "ALTER ROLE {login} CONNECTION LIMIT -1": "{login}",
    "GRANT pg_read_all_data TO {login}": "pg_read_all_data",
}


def test_hardening_sees_every_change(event: Hosted) -> None:
    login = event.desks["P1"].login
    for statement, told in CHANGES.items():
        with event.admin.transaction(force_rollback=True):
            given = {"database": Identifier(event.event.database), "login": Identifier(login)}
            event.admin.execute(SQL(statement).format(**given))
            found = hardening(event.admin)
            assert len(found) == 1, statement
            assert told.format(login=login) in found[0], statement
    assert hardening(event.admin) == []


def test_tables_are_brought_up_to_date_whole_or_not_at_all(event: Hosted) -> None:
    steps: dict[int, list[Statement]] = {
        VERSION + 1: [SQL("ALTER TABLE commandlog.beats ADD COLUMN word text")],
        VERSION + 2: [SQL("ALTER TABLE commandlog.beats ADD COLUMN other text"), SQL("SELECT 1 / 0")],
    }
    columns = (
        "SELECT attname FROM pg_attribute WHERE attrelid = 'commandlog.beats'::regclass AND attname ~ 'word|other'"
    )
    with pytest.raises(Exception, match="zero"):
        migrate(event.admin, steps, VERSION + 2)
    assert event.admin.execute(columns).fetchall() == []
    assert migrate(event.admin, steps, VERSION + 1) == VERSION
    assert migrate(event.admin, steps, VERSION + 1) == VERSION + 1
    assert event.admin.execute(columns).fetchall() == [("word",)]
    with pytest.raises(RuleError, match="newer CommandLog"):
        migrate(event.admin)


def test_tables_of_a_version_that_this_program_does_not_know_are_refused(event: Hosted) -> None:
    event.admin.execute("ALTER TABLE commandlog.about DROP COLUMN timezone")  # as version 1 was
    for version, told in {1: "older CommandLog.*Go on with the older one", VERSION + 1: "newer CommandLog"}.items():
        event.admin.execute("UPDATE commandlog.about SET version = %s", (version,))
        with pytest.raises(RuleError, match=told):
            invite(event.admin, event.event.dsn, "police")
        with pytest.raises(RuleError, match=told):
            create(event.event.dsn, event.event.log_id, "Concert evening", PARTIES)
        with pytest.raises(RuleError, match=told):
            migrate(event.admin)


def test_a_desk_is_let_in_once(event: Hosted) -> None:
    with pytest.raises(RuleError, match="P1"):
        add_desk(event.admin, "police", "P1")
    with pytest.raises(RuleError, match="nobody"):
        add_desk(event.admin, "nobody", "N1")
    assert next_code(event.admin, "P") == "P2"
    assert next_code(event.admin, "P", {"P2", "P3"}) == "P4"


def test_a_party_may_come_later(event: Hosted) -> None:
    odd = Party("fire; DROP", 'Fire\'s "brigade"', "public", "F")
    add_party(event.admin, odd)
    add_party(event.admin, odd)
    login = add_desk(event.admin, "fire; DROP", "F1")
    with connect(event.dsn(login)) as fire:
        assert fire.execute("SELECT commandlog.my_readers()").fetchone() == (["fire; DROP", "*"],)


def test_a_lost_invitation_is_given_anew(event: Hosted) -> None:
    renewed = renew(event.admin, "P1")
    with pytest.raises(Refused), telling():
        connect(event.dsn(event.desks["P1"]))
    connect(event.dsn(renewed)).close()
    revoke(event.admin, "P1")
    with pytest.raises(RuleError, match="P1"):
        renew(event.admin, "P1")


@needs_own
def test_what_a_desk_says_once_is_on_disk_when_it_is_told(server: Server) -> None:
    hosted = host_on(server.admin_dsn)
    logins = {"P1": "off", "V1": "off", "keeper": "on"}  # what a desk sends it keeps, and sends again
    for who, on in logins.items():
        with hosted.connect(who) as connection:
            assert connection.execute("SHOW synchronous_commit").fetchone() == (on,)
    login = hosted.desks["P1"]
    with hosted.connect("P1") as police:
        change_password(police, "another word")
        server.kill()
    server.start()
    with connect(hosted.dsn(Login(login.login, "another word", "P1"))) as police:
        assert police.execute("SELECT commandlog.joined()").fetchone() == (True,)
        server.kill()
    server.start()
    hosted.admin.close()
    with connect(hosted.event.dsn, role="admin") as admin:
        joined = "SELECT joined IS NOT NULL FROM commandlog.desks WHERE desk = 'P1'"
        assert admin.execute(joined).fetchone() == (True,)


def test_the_server_keeps_of_a_password_what_it_would_have_made_itself(event: Hosted) -> None:
    word = "pass 'word' ñ"
    login = event.desks["V1"]
    event.admin.execute(SQL("ALTER ROLE {} PASSWORD {}").format(Identifier(login.login), Literal(scram(word))))
    connect(event.dsn(Login(login.login, word, "V1"))).close()
    kept = event.admin.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", (login.login,)).fetchone()
    assert kept is not None
    assert re.fullmatch(r"SCRAM-SHA-256\$4096:[^:$]{24}\$[^:$]{44}:[^:$]{44}", kept[0])


@needs_own
def test_logins_of_one_event_have_nothing_in_another(host: Host) -> None:
    one, other = host(), host()
    for login in (*one.desks.values(), one.keeper):
        with pytest.raises(Refused), telling():
            connect(make_conninfo(one.dsn(login), dbname=other.event.database))
    assert set(DESKS) == set(one.desks)
    with pytest.raises(errors.InsufficientPrivilege), one.connect("P1") as police:
        police.execute(SQL("SET ROLE {}").format(Identifier(other.desks["P1"].login)))
