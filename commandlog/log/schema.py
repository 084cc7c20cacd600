"""The tables of a log file and how older files come to have them (sqlite-utils keeps the list of what was done).

A new version adds a migration and never changes one. Derived tables may be rebuilt by a migration, records never are.
"""

import re
from sqlite3 import Connection

from commandlog.log import derived

APPLICATION_ID = 0x434C4F47  # "CLOG": tells a log from any other SQLite file
VERSION = 4

RECORDS = (
    # a provisional record has no hash yet; words_hash stands in for words that were erased
    """CREATE TABLE records
    (seq INTEGER PRIMARY KEY, header BLOB NOT NULL, hash BLOB, frame BLOB, words BLOB, words_hash BLOB)""",
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    """CREATE TABLE checkpoints
    (seq INTEGER PRIMARY KEY, hash BLOB NOT NULL, desk TEXT NOT NULL, signature BLOB NOT NULL)""",
)
PIECES = (
    # what attachments hold, by the hash that their records name, cut up so that no transaction is long
    "CREATE TABLE pieces (file BLOB NOT NULL, number INTEGER NOT NULL, bytes BLOB NOT NULL)",
    "CREATE UNIQUE INDEX pieces_file ON pieces (file, number)",
)


WAITED = (
    # what waited for its place in the shared order, by the position that it had: none is given twice
    "CREATE TABLE promoted (was INTEGER PRIMARY KEY, seq INTEGER NOT NULL)",
    # what the shared log did not take, kept for whoever wrote it; `settled` is 1 once somebody has seen to it
    """CREATE TABLE refused
    (was INTEGER PRIMARY KEY, header BLOB NOT NULL, frame BLOB NOT NULL, words BLOB, why TEXT NOT NULL,
    settled INTEGER NOT NULL)""",
    # which records were sealed here and could be read later, in the order in which that came
    "CREATE TABLE opened (n INTEGER PRIMARY KEY, seq INTEGER NOT NULL)",
)

_LATER = {
    2: (*PIECES, *derived.schema(2)),
    3: tuple(derived.schema(3)),
    4: (*WAITED, *derived.schema(4)),
}
"""What makes the tables that came with each version after the first."""

_MAKES = re.compile(r"^(CREATE(?: UNIQUE)? (?:TABLE|INDEX)) ")


def statements(version: int = VERSION) -> list[str]:
    """Return what makes the tables of a file of a version."""
    numbers = range(2, version + 1)
    later = [statement for one in numbers for statement in (*_LATER[one], *derived.later_indexes(one))]
    return [*RECORDS, *derived.schema(1), *later]


def migrate(db: Connection) -> None:
    """Bring a file to this version; new files come from nothing the same way.

    A step and the version that it leads to are one transaction: cut short, the file is what it was.
    """
    from sqlite_utils import Database, Migrations  # 0.1 s to import, needed once in the life of a file

    migrations = Migrations("commandlog")

    @migrations()
    def first(log: Database) -> None:
        for statement in (*RECORDS, *derived.schema(1)):
            log.execute(statement)
        log.execute("PRAGMA user_version = 1")

    @migrations()
    def second(log: Database) -> None:
        for statement in _LATER[2]:
            log.execute(statement)
        derived.derive(db, 2)
        log.execute("PRAGMA user_version = 2")

    @migrations()
    def third(log: Database) -> None:
        for statement in _LATER[3]:
            log.execute(statement)
        derived.derive(db, 3)
        log.execute("PRAGMA user_version = 3")

    @migrations()
    def fourth(log: Database) -> None:
        for statement in (*_LATER[4], *derived.later_indexes(4)):
            log.execute(statement)
        log.execute("PRAGMA user_version = 4")

    migrations.apply(Database(db, execute_plugins=False))


def stand_in(db: Connection) -> None:
    """Let an older file that cannot be written be read as if it were of this version.

    What it lacks stands in temporary tables of this connection, derived from the records that the file has now; nothing
    that reads has to know.
    """
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if not 0 < version < VERSION:
        return
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute("BEGIN")
    for later in range(version + 1, VERSION + 1):
        for statement in _LATER[later]:
            db.execute(_MAKES.sub(r"\1 temp.", statement, count=1))
        derived.derive(db, later)
    db.execute("COMMIT")
