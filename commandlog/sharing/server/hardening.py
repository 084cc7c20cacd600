"""What everybody may do in a PostgreSQL database unless somebody takes it away, and whether it has been taken away.

Most of it can only be taken away by a superuser. Where the administrator of a shared log is none, the rest goes on, and
`lacking` says what is missing.
"""

from typing import LiteralString

import psycopg
from psycopg.sql import SQL, Identifier

from commandlog.language import _, marked
from commandlog.sharing.server.access import SESSIONS
from commandlog.sharing.server.schema import Names, Statement

TEMPORARY = "1GB"  # of temporary files of one session

# Locks that outlive a transaction, waiting, sizes that tell of others, messages without bounds, files in the database,
# and what holds up the lock manager while it is asked: nobody needs any of this.
_FUNCTIONS: LiteralString = (
    "^(pg_(try_)?advisory_.*|lo_.*|loread|lowrite|pg_sleep.*|pg_notify|pg_logical_emit_message|pg_export_snapshot"
    "|pg_stat_get_activity|pg_stat_get_backend_.*|pg_lock_status|pg_blocking_pids|pg_safe_snapshot_blocking_pids"
    "|pg_(total_)?relation_size|pg_table_size|pg_indexes_size|pg_database_size|pg_tablespace_size)$"
)
_WATCHING: LiteralString = "^(pg_stat_get_activity|pg_lock_status|pg_table_size)$"  # for keepers, and whoever monitors

_REVOKE = f"""DO $$ DECLARE function regprocedure; BEGIN
    FOR function IN SELECT oid::regprocedure FROM pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '{_FUNCTIONS}' LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', function);
    END LOOP;
    FOR function IN SELECT oid::regprocedure FROM pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '{_WATCHING}' LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO pg_monitor, %I, %I', function, {{}}, {{}});
    END LOOP;
END $$"""

TRIGGER = "commandlog_no_changes"


def database(names: Names, name: str) -> list[Statement]:
    """Return what only the event's logins may then do in its database: connect. Half-open connections end soon."""
    given = Identifier(name)
    settings = {"tcp_keepalives_idle": 5, "tcp_keepalives_interval": 3, "tcp_keepalives_count": 3}
    return [
        SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(given),
        SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(given, names.member, names.keeper),
        SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC"),
        *(
            SQL("ALTER DATABASE {} SET {} = {}").format(given, Identifier(setting), value)
            for setting, value in settings.items()
        ),
        SQL("ALTER DATABASE {} SET tcp_user_timeout = 15000").format(given),
    ]


def everybody(names: Names, name: str) -> list[Statement]:
    """Return what takes away from everybody what nobody needs: for a superuser, each statement by itself."""
    return [
        SQL("ALTER DATABASE {} SET temp_file_limit = {}").format(Identifier(name), TEMPORARY),
        SQL(_REVOKE).format(f"{names.prefix}_keeper", f"{names.prefix}_owner"),
        SQL("REVOKE USAGE ON LANGUAGE sql, plpgsql FROM PUBLIC"),
        SQL("GRANT USAGE ON LANGUAGE sql, plpgsql TO {}").format(names.owner),
        SQL("CREATE EVENT TRIGGER {} ON ddl_command_start EXECUTE FUNCTION commandlog.no_changes()").format(
            Identifier(TRIGGER)
        ),
    ]


_CHECKS: dict[str, LiteralString] = {
    marked("everybody may use the database ({found})"): (
        "SELECT given.privilege_type FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) AS given"
        " WHERE datname = current_database() AND given.grantee = 0"
    ),
    marked("everybody may do something in these schemas: {found}"): (
        "SELECT nspname FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) AS given"
        " WHERE given.grantee = 0 AND NOT (given.privilege_type = 'USAGE'"
        " AND nspname IN ('pg_catalog', 'information_schema'))"
    ),
    marked("everybody may call these functions: {found}"): (
        "SELECT DISTINCT proname FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) AS given"
        " WHERE given.grantee = 0 AND (pronamespace = 'commandlog'::regnamespace"
        f" OR pronamespace = 'pg_catalog'::regnamespace AND proname ~ '{_FUNCTIONS}')"
    ),
    marked("everybody may write programs in these languages: {found}"): (
        "SELECT lanname FROM pg_language, aclexplode(coalesce(lanacl, acldefault('l', lanowner))) AS given"
        " WHERE given.grantee = 0 AND lanpltrusted"
    ),
    marked("a desk can hold up others, because changes of structure are not stopped early ({found})"): (
        f"SELECT '{TRIGGER}' WHERE NOT EXISTS (SELECT FROM pg_event_trigger"
        f" WHERE evtname = '{TRIGGER}' AND evtenabled IN ('O', 'A'))"
    ),
    marked("there are extensions that a shared log does not need: {found}"): (
        "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'"
    ),
    marked("rows are not kept apart by party in: {found}"): (
        "SELECT relname FROM pg_class WHERE relnamespace = 'commandlog'::regnamespace"
        " AND relname IN ('parts', 'pieces', 'opened', 'refusals') AND NOT (relrowsecurity AND relforcerowsecurity)"
    ),
    marked("the planner samples what not everybody may read: {found}"): (
        "SELECT DISTINCT tablename FROM pg_stats WHERE schemaname = 'commandlog'"
        " AND (tablename, attname) IN (('parts', 'frame'), ('parts', 'words'), ('pieces', 'bytes'))"
    ),
    marked("these logins may more than they should: {found}"): (
        "SELECT rolname FROM pg_roles JOIN commandlog.desks ON login = rolname WHERE rolsuper OR rolcreaterole"
        f" OR rolcreatedb OR rolreplication OR rolbypassrls OR rolconnlimit NOT BETWEEN 1 AND {SESSIONS}"
        " UNION SELECT had.rolname FROM pg_auth_members JOIN commandlog.desks ON login = member::regrole::name"
        " JOIN pg_roles AS had ON had.oid = roleid WHERE had.rolname !~ '^cl_[0-9a-f]{8}_'"
    ),
    marked("temporary files may fill the disk ({found})"): (
        "SELECT name FROM pg_settings WHERE name = 'temp_file_limit' AND setting = '-1'"
    ),
    marked("what was said to be kept may be lost when the power fails: {found}"): (
        "SELECT name || ' = ' || setting FROM pg_settings"
        " WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'"
    ),
    marked("transactions can outlive their session: {found}"): (
        "SELECT name || ' = ' || setting FROM pg_settings WHERE name = 'max_prepared_transactions' AND setting <> '0'"
    ),
    marked("passwords are kept in a weak form: {found}"): (
        "SELECT setting FROM pg_settings WHERE name = 'password_encryption' AND setting <> 'scram-sha-256'"
    ),
    marked("there are too few connections for all desks: {found}"): (
        "SELECT name || ' = ' || setting FROM pg_settings WHERE name = 'max_connections'"
        f" AND setting::integer < {SESSIONS} * (SELECT count(*) FROM commandlog.desks WHERE revoked IS NULL) + 20"
    ),
    marked("connections from elsewhere are not encrypted ({found})"): (
        "SELECT 'ssl = off' FROM pg_settings AS tls, pg_settings AS heard"
        " WHERE tls.name = 'ssl' AND tls.setting = 'off' AND heard.name = 'listen_addresses'"
        " AND heard.setting !~ '^(127\\.0\\.0\\.1|::1|localhost|[ ,])*$'"
    ),
}


def lacking(connection: psycopg.Connection) -> list[str]:
    """Return what is not as it should be, in words for an administrator; an empty list when the database is safe."""
    found = []
    for told, query in _CHECKS.items():
        if rows := connection.execute(query).fetchall():
            found.append(_(told).format(found=", ".join(str(row[0]) for row in rows)))
    return found
