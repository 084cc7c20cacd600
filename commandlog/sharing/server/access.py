"""Who may do what with the tables of an event: its roles, logins, functions, policies and rights.

A desk's login may put given columns into `inbox`, `pieces_in` and `pulses`, and read what its party may. Who asks is
always `session_user`, which no SET ROLE changes; a login that is revoked, or whose invitation has run out, reads and
writes nothing. The keeper puts in order; it neither changes nor deletes a link of the chain.
"""

from collections.abc import Iterator

from psycopg.sql import SQL, Composed, Identifier, Literal

from commandlog.log.member import FRAME, HEADER, WORDS
from commandlog.sharing.server.schema import PIECE, Names, Statement, split

ROOM_ROWS, ROOM_BYTES, ROOM_PULSES = 20_000, 256 << 20, 1000
"""What of one login may lie in the inbox, or as pieces, before the keeper has taken it."""
_SURELY = ROOM_BYTES // (HEADER + FRAME + WORDS)  # records for which there is room, however large they are
AT_ONCE = 100
"""Rows that one statement puts in without being asked once more, afterwards, whether there was room for them."""
AT_WORK = 30
"""Seconds for which a keeper whose transaction the server is busy with is not ended by the one that stands by."""
SESSIONS = 4
"""Connections that one login may have at once: see docs/sharing.md, sizing."""

_DEFINER = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
_ADMITTED = "login = session_user AND revoked IS NULL AND (joined IS NOT NULL OR ends > clock_timestamp())"
_MINE = "(SELECT commandlog.my_readers())"
# In plpgsql, which plans once a session, not once a call: perhaps while the inbox was empty, so that its index is
# insisted on. Room is asked for with every record: where the first and the last that wait are near each other, and the
# table is small or they are few, nothing is counted; and where they are few, nobody asks how large the table is.
_ASKED = f"STABLE {_DEFINER} LANGUAGE plpgsql"
_WAITING = "SELECT n FROM commandlog.inbox WHERE login BETWEEN session_user AND session_user ORDER BY"
_FUNCTIONS = f"""
CREATE FUNCTION commandlog.my_readers() RETURNS text[] {_ASKED} AS $$ BEGIN RETURN
    (SELECT ARRAY[party, '*'] FROM commandlog.desks WHERE {_ADMITTED} AND NOT keeper); END $$;
CREATE FUNCTION commandlog.room_in_inbox() RETURNS boolean {_ASKED}
    SET enable_sort = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$ DECLARE most bigint := (
    SELECT coalesce(({_WAITING} login DESC, n DESC LIMIT 1) - ({_WAITING} login, n LIMIT 1) + 1, 0)
    FROM commandlog.desks WHERE {_ADMITTED}); BEGIN
    IF most IS NULL THEN RETURN false; END IF;  -- it is not admitted
    IF most < {_SURELY} OR most < {ROOM_ROWS} AND pg_table_size('commandlog.inbox') < {ROOM_BYTES} THEN
        RETURN true; END IF; RETURN
    (SELECT count(*) < {ROOM_ROWS} AND coalesce(sum(bytes), 0) < {ROOM_BYTES} FROM (
        SELECT octet_length(frame) + coalesce(octet_length(words), 0) AS bytes FROM commandlog.inbox
        WHERE login = session_user LIMIT {ROOM_ROWS}) AS mine); END $$;
CREATE FUNCTION commandlog.room_for_pieces() RETURNS boolean {_ASKED} AS $$ BEGIN RETURN
    EXISTS (SELECT FROM commandlog.desks WHERE {_ADMITTED})
    AND (SELECT count(*) < {ROOM_BYTES // PIECE} FROM (
        SELECT FROM commandlog.pieces_in WHERE login = session_user LIMIT {ROOM_BYTES // PIECE}) AS mine); END $$;
CREATE FUNCTION commandlog.room_for_pulses() RETURNS boolean {_ASKED} AS $$ BEGIN RETURN
    EXISTS (SELECT FROM commandlog.desks WHERE {_ADMITTED})
    AND (SELECT count(*) < {ROOM_PULSES} FROM (
        SELECT FROM commandlog.pulses WHERE login = session_user LIMIT {ROOM_PULSES}) AS mine); END $$;
CREATE FUNCTION commandlog.room_left() RETURNS trigger VOLATILE {_DEFINER} LANGUAGE plpgsql AS $$ BEGIN
    IF (SELECT count(*) > {AT_ONCE} FROM came) AND NOT (CASE TG_TABLE_NAME WHEN 'inbox' THEN commandlog.room_in_inbox()
        WHEN 'pieces_in' THEN commandlog.room_for_pieces() ELSE commandlog.room_for_pulses() END) THEN
        RAISE insufficient_privilege USING MESSAGE = 'too much at once'; END IF; RETURN NULL; END $$;
CREATE FUNCTION commandlog.joined() RETURNS boolean LANGUAGE sql VOLATILE {_DEFINER} AS
    $$ SELECT set_config('synchronous_commit', 'on', true);  -- unlike what it sends, it does not say this again
       WITH mine AS (UPDATE commandlog.desks SET joined = coalesce(joined, clock_timestamp())
                     WHERE {_ADMITTED} RETURNING 1)
       SELECT EXISTS (SELECT FROM mine) $$;
CREATE FUNCTION commandlog.end_stalled_keeper() RETURNS void LANGUAGE sql VOLATILE {_DEFINER} AS
    $$ SELECT pg_terminate_backend(pid) FROM pg_stat_activity AS session
       JOIN commandlog.desks ON login = usename AND keeper
       WHERE datname = current_database() AND pid <> pg_backend_pid()
       AND NOT (state = 'active' AND wait_event_type IS DISTINCT FROM 'Client'
           AND xact_start > clock_timestamp() - {AT_WORK} * interval '1 second')
       AND EXISTS (SELECT FROM pg_locks WHERE pg_locks.pid = session.pid AND granted
           AND relation = 'commandlog.keepers'::regclass AND mode <> 'AccessShareLock') $$
"""
_FUNCTION_NAMES = ("my_readers", "room_in_inbox", "room_for_pieces", "room_for_pulses", "joined")

# Some statements take their lock before they look whether one may (CREATE RULE, CREATE TRIGGER): waiting behind an open
# transaction, such a lock would hold up everybody. This trigger stops them before they take anything.
_NO_CHANGES = f"""
CREATE FUNCTION commandlog.no_changes() RETURNS event_trigger LANGUAGE plpgsql {_DEFINER} AS
$$ BEGIN
    IF EXISTS (SELECT FROM commandlog.desks WHERE login = session_user) THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody changes the structure of a shared log';
    END IF;
END $$
"""

_EVERYBODY = ("about", "desks", "chain", "checkpoints", "beats", "presence")
_BY_PARTY = {
    "parts": f"readers && {_MINE}",
    "opened": "EXISTS (SELECT FROM commandlog.parts WHERE parts.seq = opened.seq)",
    "pieces": "EXISTS (SELECT FROM commandlog.parts WHERE parts.seq = pieces.seq)",
    "refusals": f"login = session_user AND {_MINE} IS NOT NULL",
}
_SENDING = {
    "inbox": ("id, header, frame, words, words_hash", "room_in_inbox"),
    "pieces_in": ("file, number, bytes", "room_for_pieces"),
    "pulses": ("upto, hash, purged, waiting, offset_ms, sent_at, signature", "room_for_pulses"),
}
_APART = (*_EVERYBODY, *_BY_PARTY, *_SENDING)
_COLUMNS = {"desks": "(login, party, desk, keeper, revoked)"}
_KEEPING = {
    "about": "SELECT",
    "parties": "SELECT",
    "desks": "SELECT",
    "chain": "SELECT, INSERT",
    "parts": "SELECT, INSERT, UPDATE (words, words_hash, erased_by, readers)",
    "opened": "SELECT, INSERT",
    "checkpoints": "SELECT, INSERT",
    "beats": "SELECT, INSERT, UPDATE",
    "inbox": "SELECT, DELETE",
    "pieces_in": "SELECT, DELETE",
    "pieces": "SELECT, INSERT, DELETE",
    "pulses": "SELECT, DELETE",
    "presence": "SELECT, INSERT, UPDATE, DELETE",
    "refusals": "SELECT, INSERT, UPDATE, DELETE",
    "keepers": "SELECT, UPDATE (epoch, holder, renewed_at)",
    "keeper_keys": "SELECT, INSERT, UPDATE",
}


def roles(names: Names, parties: int) -> list[Statement]:
    """Return what makes the roles that nobody logs in as. The administrator becomes a member of the owner."""
    return [
        *(SQL("CREATE ROLE {} NOLOGIN").format(role) for role in (names.owner, names.member, names.keeper)),
        SQL("GRANT {} TO CURRENT_USER").format(names.owner),
        *(made for number in range(1, parties + 1) for made in party_role(names, number)),
    ]


def party_role(names: Names, number: int) -> list[Statement]:
    """Return what makes the role of one party."""
    role = names.party(number)
    return [SQL("CREATE ROLE {} NOLOGIN").format(role), SQL("GRANT {} TO {}").format(names.member, role)]


def rights(names: Names) -> list[Statement]:
    """Return what makes functions, policies and rights, once the tables are there."""
    return [
        *split(_FUNCTIONS),
        SQL(_NO_CHANGES.strip()),
        SQL("GRANT USAGE ON SCHEMA commandlog TO {}, {}").format(names.member, names.keeper),
        SQL("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA commandlog FROM PUBLIC"),
        *_members(names.member),
        *_keepers(names.keeper),
    ]


def _members(member: Identifier) -> Iterator[Statement]:
    for function in _FUNCTION_NAMES:
        yield SQL("GRANT EXECUTE ON FUNCTION {}() TO {}").format(Identifier(function), member)
    for table in _APART:
        yield SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(Identifier(table))
    for table in _BY_PARTY:
        yield SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(Identifier(table))
    for table, condition in {**dict.fromkeys(_EVERYBODY, f"{_MINE} IS NOT NULL"), **_BY_PARTY}.items():
        columns = SQL(_COLUMNS.get(table, ""))
        yield SQL("GRANT SELECT {} ON {} TO {}").format(columns, Identifier(table), member)
        policy = SQL("CREATE POLICY member ON {} FOR SELECT TO {} USING ({})")
        yield policy.format(Identifier(table), member, SQL(condition))
    for table in _SENDING:  # policies look before a statement, of which it is not known how much it will put in
        yield SQL(
            "CREATE TRIGGER room AFTER INSERT ON {} REFERENCING NEW TABLE AS came"
            " FOR EACH STATEMENT EXECUTE FUNCTION room_left()"
        ).format(Identifier(table))
    for table, (given, room) in _SENDING.items():
        yield SQL("GRANT INSERT ({}) ON {} TO {}").format(SQL(given), Identifier(table), member)
        policy = SQL("CREATE POLICY member ON {} FOR INSERT TO {} WITH CHECK ((SELECT commandlog.{}()))")
        yield policy.format(Identifier(table), member, Identifier(room))


def _keepers(keeper: Identifier) -> Iterator[Statement]:
    yield SQL("GRANT EXECUTE ON FUNCTION end_stalled_keeper() TO {}").format(keeper)
    for table, given in _KEEPING.items():
        yield SQL("GRANT {} ON {} TO {}").format(SQL(given), Identifier(table), keeper)
    for table in _APART:
        policy = SQL("CREATE POLICY keeper ON {} TO {} USING (true) WITH CHECK (true)")
        yield policy.format(Identifier(table), keeper)


def login(names: Names, name: str, verifier: str, role: Identifier) -> list[Statement]:
    """Return what makes a login: `verifier` stands for its password, which the server never sees.

    The owner and the keepers are members of it, so that they may see its sessions and end them, of this event alone.
    """
    given = Identifier(name)
    return [
        SQL("CREATE ROLE {} LOGIN CONNECTION LIMIT {} PASSWORD {}").format(given, SESSIONS, Literal(verifier)),
        SQL("GRANT {} TO {}").format(role, given),
        SQL("GRANT {} TO {}").format(given, names.owner),
    ]


def desk(names: Names, party: str, number: int, code: str, verifier: str, hours: float | None) -> list[Statement]:
    """Return what makes the login of a desk, whose invitation runs out after `hours`; None: it needs no invitation."""
    name = names.login(code)
    # What a desk sends it also keeps, until it comes back with its place: nobody waits for the disk before that.
    soon = SQL("ALTER ROLE {} SET synchronous_commit = off").format(Identifier(name))
    row = SQL("INSERT INTO commandlog.desks (login, party, desk, ends, joined) VALUES ({}, {}, {}, {}, {})")
    return [
        *login(names, name, verifier, names.party(number)),
        soon,
        SQL("GRANT {} TO {}").format(Identifier(name), names.keeper),
        row.format(Literal(name), Literal(party), Literal(code), ending(hours), SQL("NULL" if hours else "now()")),
    ]


def ending(hours: float | None) -> Composed | SQL:
    """Return when an invitation runs out that is made now."""
    return SQL("clock_timestamp() + {} * interval '1 hour'").format(hours) if hours else SQL("'infinity'")


def keeper(names: Names, party: str, code: str, verifier: str) -> list[Statement]:
    """Return what makes the login of a keeper."""
    name = names.login(code)
    row = SQL("INSERT INTO commandlog.desks (login, party, desk, keeper, joined) VALUES ({}, {}, {}, true, now())")
    return [*login(names, name, verifier, names.keeper), row.format(Literal(name), Literal(party), Literal(code))]
