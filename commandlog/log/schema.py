"""The tables of a log file and how older files come to have them (sqlite-utils keeps the list of what was done).

A new version adds a migration and never changes one. Derived tables may be rebuilt by a migration, records never are.
"""

from sqlite3 import Connection

from commandlog.log import derived

APPLICATION_ID = 0x434C4F47  # "CLOG": tells a log from any other SQLite file
VERSION = 2

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
        for statement in (*PIECES, *derived.schema(2)):
            log.execute(statement)
        derived.derive(db, 2)
        log.execute("PRAGMA user_version = 2")

    migrations.apply(Database(db, execute_plugins=False))
