"""The tables of one event on a PostgreSQL server (versions 15-18).

Everything that is ever run to make an event is a value that comes from here, from `access` (who may do what) or from
`hardening`: `server` runs it, `script` prints it for a database administrator. Names of roles and of the database are
quoted by psycopg; codes of parties are data.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from psycopg.sql import SQL, Composed, Identifier, Literal

from commandlog.log.member import FRAME, HEADER, WORDS
from commandlog.model.covenant import Party

Statement = SQL | Composed

VERSION = 2
PIECE = (256 << 10) + 64
"""Most bytes of a piece, salt and all."""


class Names(NamedTuple):
    """What the roles of an event are called, on a server with many: after the end of its log's id, which is random."""

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
    timezone text NOT NULL,
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
    n bigint GENERATED ALWAYS AS IDENTITY,
    login name NOT NULL DEFAULT session_user,
    id bytea NOT NULL CHECK (octet_length(id) = 16),
    header bytea NOT NULL CHECK (octet_length(header) <= {HEADER}),
    frame bytea NOT NULL CHECK (octet_length(frame) <= {FRAME}),
    words bytea CHECK (octet_length(words) <= {WORDS}),
    words_hash bytea CHECK (octet_length(words_hash) = 32),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (login, n),
    UNIQUE (login, id));
CREATE TABLE pieces_in (
    login name NOT NULL DEFAULT session_user,
    file bytea NOT NULL CHECK (octet_length(file) = 32),
    number integer NOT NULL CHECK (number >= 0),
    bytes bytea NOT NULL CHECK (octet_length(bytes) <= {PIECE}),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (login, file, number));
CREATE TABLE pieces (
    seq bigint NOT NULL,
    file bytea NOT NULL,
    number integer NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (file, number));
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

# The planner samples what columns hold, and EXPLAIN shows what it thinks of a comparison with them: by asking often
# enough one could read a sampled body, row-level security or not. So nothing is sampled where not everybody may read.
_UNSAMPLED = {
    "parts": ("frame", "words", "words_hash", "readers", "erased_by"),
    "pieces": ("seq", "file", "number", "bytes"),
    "opened": ("seq", "by_seq"),
    "refusals": ("login", "id", "why", "at"),
    "inbox": ("id", "header", "frame", "words", "words_hash"),
    "pieces_in": ("file", "bytes"),
}

MIGRATIONS: dict[int, Sequence[Statement]] = {}
"""What makes version n of version n - 1, by n. None makes 2 of 1, which no release ever had: that one is refused."""


def tables(names: Names) -> list[Statement]:
    """Return what makes the tables; what comes behind is the owner's doing, until `done`."""
    return [
        SQL("CREATE SCHEMA commandlog AUTHORIZATION {}").format(names.owner),
        SQL("SET LOCAL ROLE {}").format(names.owner),
        SQL("SET LOCAL search_path = commandlog, pg_catalog"),
        *split(_TABLES),
        *(
            SQL("ALTER TABLE {} ALTER COLUMN {} SET STATISTICS 0").format(Identifier(table), Identifier(column))
            for table, columns in _UNSAMPLED.items()
            for column in columns
        ),
    ]


def rows(names: Names, name: str, parties: Sequence[Party], timezone: str) -> list[Statement]:
    """Return what puts in the rows that are there from the beginning."""
    about = SQL("INSERT INTO about (log_id, version, name, timezone) VALUES ({}, {}, {}, {})")
    return [
        about.format(Literal(names.log_id), VERSION, Literal(name), Literal(timezone)),
        SQL("INSERT INTO keepers DEFAULT VALUES"),
        *(party_row(number, party) for number, party in enumerate(parties, 1)),
    ]


def party_row(number: int, party: Party) -> Statement:
    """Return what notes a party: its names are there for administrators, who have no covenant at hand."""
    row = SQL("INSERT INTO commandlog.parties VALUES ({}, {}, {}, {})")
    return row.format(number, Literal(party.code), Literal(party.letter), Literal(named(party)))


def named(party: Party) -> str:
    """Return a party's name as it stands in the table: itself, or as JSON where it has one in each language."""
    return party.name if isinstance(party.name, str) else msgspec.json.encode(party.name).decode()


def split(text: str) -> list[Statement]:
    """Return the statements of a text in which a semicolon ends a line."""
    return [SQL(statement.strip()) for statement in text.split(";\n")]
