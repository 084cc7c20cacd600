"""What the program has promised by acknowledging a deed, as something that can be looked up after any disaster."""

from collections.abc import Callable
from hashlib import sha256

from commandlog.log.desk import sit_down
from commandlog.log.store import Log
from commandlog.log.verify import verify
from tests.faults.disk import Tree

Kept = Callable[[Log, Tree], int]
"""How many records an open log, or the bytes of its files, lack of what was promised."""


def upto(seq: int, value: bytes) -> Kept:
    """Promise all records up to a position: the check value there covers each of them."""

    def kept(log: Log, _tree: Tree) -> int:
        row = log.db.execute("SELECT hash FROM records WHERE seq = ?", (seq,)).fetchone()
        if row is None:
            return int(seq - log.head.seq)
        return 0 if row[0] == value else 1

    return kept


def same_desk(party: str, code: str) -> Kept:
    """Promise that this machine stays the desk that it was: its key is still there."""

    def kept(log: Log, _tree: Tree) -> int:
        return int(sit_down(log, log.path.parent / "settings", party).code != code)

    return kept


def erased(seq: int, word: str) -> Kept:
    """Promise that the words of a record are gone, and that no search finds them."""

    def kept(log: Log, _tree: Tree) -> int:
        words = log.db.execute("SELECT words FROM records WHERE seq = ?", (seq,)).fetchone()[0]
        found = log.db.execute("SELECT count(*) FROM fulltext WHERE fulltext MATCH ?", (f'"{word}"',)).fetchone()[0]
        return int(words is not None) + int(found)

    return kept


def attached(seq: int, content: bytes) -> Kept:
    """Promise that an attachment is there, byte for byte."""

    def kept(log: Log, _tree: Tree) -> int:
        query = "SELECT bytes FROM pieces WHERE file = ? ORDER BY number"
        file = log.record(seq).frame.file
        return int(b"".join(row[0] for row in log.db.execute(query, (file,))) != content)

    return kept


def purged(word: str) -> Kept:
    """Promise that not a byte of a word is left in any file, read without any program."""
    return lambda _log, tree: sum(word.encode() in data for data in tree.values())


def there(name: str) -> Kept:
    """Promise that another log in the folder is there and holds."""
    return lambda log, _tree: int(not verify(log.path.with_name(name)).holds)


def backed_up(name: str, digest: bytes) -> Kept:
    """Promise that a backup is there, as it was made."""
    return lambda _log, tree: int(sha256(tree.get(name, b"")).digest() != digest)
