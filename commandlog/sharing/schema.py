"""The tables of one event on a PostgreSQL server (versions 15-18), and who may do what with them.

All statements that are ever run to make an event come from here, as values: `server` runs them, `as_script` prints them
for a database administrator. Names of roles and of the database are quoted by psycopg; codes of parties are data.

A desk's login may put given columns into `inbox`, `pieces_in` and `pulses`, and read what its party may. Who asks is
always `session_user`, which no SET ROLE changes. The keeper puts in order; it neither changes nor deletes a link of the
chain. Nobody but an administrator has anything of `desks`.
"""

from collections.abc import Sequence
from typing import NamedTuple

from psycopg.sql import SQL, Composed, Identifier, Literal

from commandlog.model.covenant import Party, spoken

Statement = SQL | Composed

VERSION = 1
HEADER, FRAME, WORDS, PIECE = 1 << 10, 64 << 10, 4 << 20, (256 << 10) + 64
"""Most bytes of each part, salts and all."""
ROOM_ROWS, ROOM_BYTES = 20_000, 256 << 20
"""What of one login may lie in the inbox, or as pieces, before the keeper has taken it."""
SESSIONS = 4
"""Connections that one desk's login may have at once: see docs/sharing.md, sizing."""


class Names(NamedTuple):
    """The roles of an event on a server that may have many: they begin with the end of its log's id, which is random."""

    log_id: bytes

    @property
    def prefix(self) -> str:
        """What all roles of the event begin with."""
        return f"cl_{self.log_id[-4:].hex()}"

    @property
    def owner(self) -> Identifier:
        """Owns schema, tables and functions; nobody logs in as it."""
        return Identifier(f"{self.prefix}_owner")

    @property
    def member(self) -> Identifier:
        """What a desk may do."""
        return Identifier(f"{self.prefix}_member")

    @property
    def keeper(self) -> Identifier:
        """What a keeper may do."""
        return Identifier(f"{self.prefix}_keeper")

    def party(self, number: int) -> Identifier:
        """The role of a party, by its number in `parties`."""
        return Identifier(f"{self.prefix}_p_{number}")

    def login(self, desk: str) -> str:
        """The login of a desk, by its code."""
        return f"{self.prefix}_{desk.lower()}"

    @property
    def database(self) -> str:
        """What the event's database is called, where nobody named another."""
        return f"commandlog_{self.log_id[-4:].hex()}"


_TABLES = f"""
CREATE TABLE about (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    log_id bytea NOT NULL CHECK (octet_length(log_id) = 16),
    version integer NOT NULL,
    name text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE parties (
    number smallint PRIMARY KEY, party text NOT NULL UNIQUE, letter text NOT NULL, name text NOT NULL);
CREATE TABLE desks (
    login name PRIMARY KEY,
    party text NOT NULL,
    desk text NOT NULL UNIQUE,
    keeper boolean NOT NULL DEFAULT false,
    revoked timestamptz,
    invited timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends timestamptz NOT NULL DEFAULT 'infinity',
    joined timestamptz);
CREATE TABLE chain (
    seq bigint PRIMARY KEY CHECK (seq > 0),
    id bytea NOT NULL UNIQUE CHECK (octet_length(id) = 16),
    header bytea NOT NULL CHECK (octet_length(header) <= {HEADER}),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32));
CREATE TABLE parts (
    seq bigint PRIMARY KEY,
    frame bytea NOT NULL,
    words bytea,
    words_hash bytea,
    readers text[] NOT NULL,
    erased_by bigint);
CREATE TABLE opened (seq bigint NOT NULL, by_seq bigint NOT NULL, PRIMARY KEY (by_seq, seq));
CREATE TABLE checkpoints (
    seq bigint PRIMARY KEY,
    hash bytea NOT NULL,
    desk text NOT NULL,
    signature bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE beats (
    desk text PRIMARY KEY, seq bigint NOT NULL, hash bytea NOT NULL, at bigint NOT NULL, signature bytea NOT NULL);
CREATE TABLE inbox (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login name NOT NULL DEFAULT session_user,
    id bytea NOT NULL CHECK (octet_length(id) = 16),
    header bytea NOT NULL CHECK (octet_length(header) <= {HEADER}),
    frame bytea NOT NULL CHECK (octet_length(frame) <= {FRAME}),
    words bytea CHECK (octet_length(words) <= {WORDS}),
    words_hash bytea CHECK (octet_length(words_hash) = 32),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (login, id));
CREATE INDEX inbox_of ON inbox (login, n);
CREATE TABLE pieces_in (
    login name NOT NULL DEFAULT session_user,
    file bytea NOT NULL CHECK (octet_length(file) = 32),
    number integer NOT NULL CHECK (number >= 0),
    bytes bytea NOT NULL CHECK (octet_length(bytes) <= {PIECE}),
    PRIMARY KEY (login, file, number));
CREATE TABLE pieces (
    seq bigint NOT NULL, file bytea NOT NULL, number integer NOT NULL, bytes bytea NOT NULL, PRIMARY KEY (file, number));
CREATE INDEX pieces_of ON pieces (seq);
CREATE TABLE pulses (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login name NOT NULL DEFAULT session_user,
    upto bigint NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    purged boolean NOT NULL,
    waiting integer NOT NULL,
    offset_ms bigint NOT NULL,
    sent_at bigint NOT NULL,
    signature bytea NOT NULL CHECK (octet_length(signature) = 64));
CREATE INDEX pulses_of ON pulses (login);
CREATE TABLE presence (
    desk text PRIMARY KEY,
    party text NOT NULL,
    upto bigint NOT NULL,
    hash bytea NOT NULL,
    purged_upto bigint NOT NULL,
    waiting integer NOT NULL,
    offset_ms bigint NOT NULL,
    sent_at bigint NOT NULL,
    signature bytea NOT NULL,
    seen_at timestamptz NOT NULL,
    connected boolean NOT NULL);
CREATE TABLE refusals (
    login name NOT NULL,
    id bytea NOT NULL,
    why text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (login, id));
CREATE TABLE keepers (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch bigint NOT NULL DEFAULT 0,
    holder text NOT NULL DEFAULT '',
    renewed_at timestamptz NOT NULL DEFAULT '-infinity');
CREATE TABLE keeper_keys (desk text PRIMARY KEY, key bytea NOT NULL, announced boolean NOT NULL DEFAULT false)
"""

# The planner's statistics sample what columns hold, and EXPLAIN shows what it thinks of a comparison with them: by asking
# often enough one could read a sampled body. So nothing is sampled where not everybody may read.
_UNSAMPLED = {
    "parts": ("frame", "words", "words_hash", "readers", "erased_by"),
    "pieces": ("seq", "file", "number", "bytes"),
    "opened": ("seq", "by_seq"),
    "refusals": ("login", "id", "why", "at"),
    "inbox": ("id", "header", "frame", "words", "words_hash"),
    "pieces_in": ("file", "bytes"),
}

_DEFINER = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
_ADMITTED = "login = session_user AND revoked IS NULL AND (joined IS NOT NULL OR ends > clock_timestamp())"
_MINE = "(SELECT commandlog.my_readers())"
_FUNCTIONS = f"""
CREATE FUNCTION commandlog.my_readers() RETURNS text[] LANGUAGE sql STABLE {_DEFINER} AS
    $$ SELECT ARRAY[party, '*'] FROM commandlog.desks WHERE {_ADMITTED} AND NOT keeper $$;
CREATE FUNCTION commandlog.room_in_inbox() RETURNS boolean LANGUAGE sql STABLE {_DEFINER} AS
    $$ SELECT EXISTS (SELECT FROM commandlog.desks WHERE {_ADMITTED})
       AND (SELECT count(*) < {ROOM_ROWS} AND coalesce(sum(bytes), 0) < {ROOM_BYTES} FROM (
           SELECT octet_length(frame) + coalesce(octet_length(words), 0) AS bytes FROM commandlog.inbox
           WHERE login = session_user LIMIT {ROOM_ROWS}) AS mine) $$;
CREATE FUNCTION commandlog.room_for_pieces() RETURNS boolean LANGUAGE sql STABLE {_DEFINER} AS
    $$ SELECT EXISTS (SELECT FROM commandlog.desks WHERE {_ADMITTED})
       AND (SELECT count(*) < {ROOM_BYTES // PIECE} FROM (
           SELECT FROM commandlog.pieces_in WHERE login = session_user LIMIT {ROOM_BYTES // PIECE}) AS mine) $$;
CREATE FUNCTION commandlog.room_for_pulses() RETURNS boolean LANGUAGE sql STABLE {_DEFINER} AS
    $$ SELECT EXISTS (SELECT FROM commandlog.desks WHERE {_ADMITTED})
       AND (SELECT count(*) < 1000 FROM (
           SELECT FROM commandlog.pulses WHERE login = session_user LIMIT 1000) AS mine) $$;
CREATE FUNCTION commandlog.joined() RETURNS boolean LANGUAGE sql VOLATILE {_DEFINER} AS
    $$ WITH mine AS (UPDATE commandlog.desks SET joined = coalesce(joined, clock_timestamp())
                     WHERE {_ADMITTED} RETURNING 1)
       SELECT EXISTS (SELECT FROM mine) $$;
CREATE FUNCTION commandlog.end_stalled_keeper() RETURNS void LANGUAGE sql VOLATILE {_DEFINER} AS
    $$ SELECT pg_terminate_backend(pid) FROM pg_stat_activity AS session
       JOIN commandlog.desks ON login = usename AND keeper
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND EXISTS (
           SELECT FROM pg_locks WHERE pg_locks.pid = session.pid AND granted
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
TABLES = tuple(_KEEPING)

MIGRATIONS: dict[int, Sequence[Statement]] = {}
"""What makes version n of version n - 1, by n."""


def roles(names: Names, parties: Sequence[Party]) -> list[Statement]:
    """Return what makes the roles that nobody logs in as. The administrator becomes a member of the owner."""
    made = [names.owner, names.member, names.keeper]
    return [
        *(SQL("CREATE ROLE {} NOLOGIN").format(role) for role in made),
        SQL("GRANT {} TO CURRENT_USER").format(names.owner),
        *(made for number in range(1, len(parties) + 1) for made in party_role(names, number)),
    ]


def party_row(number: int, party: Party) -> Statement:
    """Return what notes a party: its name is there for administrators, who have no covenant at hand."""
    row = SQL("INSERT INTO commandlog.parties VALUES ({}, {}, {}, {})")
    return row.format(number, Literal(party.code), Literal(party.letter), Literal(spoken(party.name)))


def party_role(names: Names, number: int) -> list[Statement]:
    """Return what makes the role of one party."""
    role = names.party(number)
    return [SQL("CREATE ROLE {} NOLOGIN").format(role), SQL("GRANT {} TO {}").format(names.member, role)]


def tables(names: Names, name: str, parties: Sequence[Party]) -> list[Statement]:
    """Return what makes schema, tables, functions, policies and rights, to be run in one transaction."""
    row = SQL("INSERT INTO about (log_id, version, name) VALUES ({}, {}, {})")
    statements = [
        SQL("CREATE SCHEMA commandlog AUTHORIZATION {}").format(names.owner),
        SQL("SET LOCAL ROLE {}").format(names.owner),
        SQL("SET LOCAL search_path = commandlog, pg_catalog"),
        *_split(_TABLES),
        *_split(_FUNCTIONS),
        SQL(_NO_CHANGES.strip()),
        *(
            SQL("ALTER TABLE {} ALTER COLUMN {} SET STATISTICS 0").format(Identifier(table), Identifier(column))
            for table, columns in _UNSAMPLED.items()
            for column in columns
        ),
        row.format(Literal(names.log_id), Literal(VERSION), Literal(name)),
        SQL("INSERT INTO keepers DEFAULT VALUES"),
        *(party_row(number, party) for number, party in enumerate(parties, 1)),
    ]
    return [*statements, *_rights(names), SQL("RESET ROLE")]


def _rights(names: Names) -> list[Statement]:
    member, keeper = names.member, names.keeper
    statements: list[Statement] = [
        SQL("GRANT USAGE ON SCHEMA commandlog TO {}, {}").format(member, keeper),
        SQL("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA commandlog FROM PUBLIC"),
    ]
    for function in _FUNCTION_NAMES:
        statements.append(SQL("GRANT EXECUTE ON FUNCTION {}() TO {}").format(Identifier(function), member))
    statements.append(SQL("GRANT EXECUTE ON FUNCTION end_stalled_keeper() TO {}").format(keeper))
    for table in (*_EVERYBODY, *_BY_PARTY, *_SENDING):
        statements.append(SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(Identifier(table)))
    for table in _BY_PARTY:
        statements.append(SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(Identifier(table)))
    for table, condition in {**dict.fromkeys(_EVERYBODY, f"{_MINE} IS NOT NULL"), **_BY_PARTY}.items():
        named = Identifier(table)
        columns = SQL("(login, party, desk, keeper, revoked) " if table == "desks" else "")
        statements.append(SQL("GRANT SELECT {}ON {} TO {}").format(columns, named, member))
        policy = SQL("CREATE POLICY member ON {} FOR SELECT TO {} USING ({})")
        statements.append(policy.format(named, member, SQL(condition)))
    for table, (given, room) in _SENDING.items():
        named = Identifier(table)
        statements.append(SQL("GRANT INSERT ({}) ON {} TO {}").format(SQL(given), named, member))
        policy = SQL("CREATE POLICY member ON {} FOR INSERT TO {} WITH CHECK ((SELECT commandlog.{}()))")
        statements.append(policy.format(named, member, Identifier(room)))
    for table, given in _KEEPING.items():
        named = Identifier(table)
        statements.append(SQL("GRANT {} ON {} TO {}").format(SQL(given), named, keeper))
        if table in (*_EVERYBODY, *_BY_PARTY, *_SENDING):
            policy = SQL("CREATE POLICY keeper ON {} TO {} USING (true) WITH CHECK (true)")
            statements.append(policy.format(named, keeper))
    return statements


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
    row = SQL("INSERT INTO commandlog.desks (login, party, desk, ends, joined) VALUES ({}, {}, {}, {}, {})")
    return [
        *login(names, name, verifier, names.party(number)),
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


def _split(text: str) -> list[Statement]:
    return [SQL(statement.strip()) for statement in text.split(";\n")]
