"""Whether the files of a shared log agree: gapless, each record exactly once, equal rights equal bytes, all derived."""

import multiprocessing
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from commandlog.log import chain, derived
from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.files import reading_uri
from commandlog.log.verify import verify

MANY = 5_000  # records from which on several files are read at once, each in a process of its own
# of each word, where it stands in how many records: sums tell places that differ as well as a list of them does
_WORDS = """SELECT term, col, count(*), sum(doc), sum(doc % 1000003 * offset), sum((doc % 1000003) * (doc % 1000003))
FROM temp.places GROUP BY term, col"""


class Held(NamedTuple):
    """What a file holds: how many records of the shared order, digests, and how many wait for their place.

    `order` is of the records' ids, `records` of every byte of them, `derived` of all derived tables and the full text.
    """

    upto: int
    order: bytes
    records: bytes
    derived: bytes
    waiting: int


def held(path: Path) -> Held:
    """Return what a file holds. Raises AssertionError for a gap, a broken chain or a record that is there twice."""
    everything, order, ids, previous = sha256(), sha256(), set[bytes](), chain.GENESIS
    count = 0
    for count, (seq, header, digest, frame, words, words_hash) in enumerate(_rows(path, "seq < ?"), 1):
        ids.add(header[26:42])
        order.update(header[26:42])
        assert seq == count, f"{path.name}: a gap before {seq}"
        assert digest == (previous := chain.link(previous, header)), f"{path.name}: the chain breaks at {seq}"
        parts = (header, digest, frame, words, words_hash)
        everything.update(b"".join([b"-" if one is None else len(one).to_bytes(4, "big") + one for one in parts]))
    waiting = [header[26:42] for _seq, header, *_rest in _rows(path, "seq >= ?")]
    assert len(ids | set(waiting)) == count + len(waiting), f"{path.name}: a record is there twice"
    return Held(count, order.digest(), everything.digest(), _derived(path), len(waiting))


def ids_of(path: Path) -> list[bytes]:
    """Return the ids of the records in the shared order."""
    return [header[26:42] for _seq, header, *_rest in _rows(path, "seq < ?")]


def _rows(path: Path, where: str) -> Iterator[tuple[Any, ...]]:
    with closing(sqlite3.connect(reading_uri(path), uri=True)) as db:
        query = f"SELECT seq, header, hash, frame, words, words_hash FROM records WHERE {where} ORDER BY seq"
        yield from db.execute(query, (PROVISIONAL,))


def _derived(path: Path) -> bytes:
    """Return a digest of what is derived from the records."""
    found = sha256()
    with closing(sqlite3.connect(reading_uri(path), uri=True)) as db:
        for table in derived.TABLES:
            order = ", ".join(str(n + 1) for n in range(len(table.row._fields)))
            rows = db.execute(f"SELECT {', '.join(table.row._fields)} FROM {table.name} ORDER BY {order}")
            for row in rows:
                found.update(repr(row).encode())
        db.execute("CREATE VIRTUAL TABLE temp.places USING fts5vocab (main, fulltext, instance)")
        for row in db.execute(_WORDS):
            found.update(repr(row).encode())
    return found.digest()


def agree(
    alike: Iterable[Sequence[Path]],
    written: Iterable[bytes],
    deep: bool = True,
    tell: Callable[[str], None] = lambda _done: None,
) -> int:
    """Hold files against each other and against the ids of all that was `written`; returns how many records there are.

    `alike` are groups of files of equal rights. Demanded: all have the same records in the same order, those of a group
    are byte-identical with all that is derived, whatever was written is there exactly once, nothing waits, each file
    verifies and (`deep`) the first of each group with all of its signatures and derives to the same tables anew: so do
    the others then, for they are the same.
    """
    groups = [list(group) for group in alike]
    first = groups[0][0]
    known = ids_of(first)
    many = len(known) > MANY
    with ProcessPoolExecutor(os.cpu_count() if many else 1, multiprocessing.get_context("spawn")) as several:
        each: Callable[..., Iterable[Any]] = several.map if many else map
        of, paths = dict[Path, Held](), [path for group in groups for path in group]
        for path, one in zip(paths, each(held, paths), strict=True):
            of[path] = one
            tell(f"{path.parent.name}: {one.upto:,} records read")
        for group in groups:
            for path in group:
                one, same = of[path], of[group[0]]
                assert one.waiting == 0, f"{path}: {one.waiting} still wait"
                assert one.upto == of[first].upto, f"{path} has {one.upto} records, {first} {of[first].upto}"
                assert one.order == of[first].order, f"{path} has another order than {first}"
                assert one.records == same.records, f"{path} is not {group[0]} byte for byte"
                assert one.derived == same.derived, f"what is derived in {path} is not what is in {group[0]}"
        deeply = [deep and path in {group[0] for group in groups} for path in paths]
        for path, fault in zip(paths, each(_fault, paths, deeply), strict=True):
            tell(f"{path.parent.name}: verified")
            assert not fault, f"{path}: {fault}"
    times: dict[bytes, int] = {}
    for one_id in known:
        times[one_id] = times.get(one_id, 0) + 1
    lost = [one_id for one_id in written if times.get(one_id) != 1]
    assert not lost, f"{len(lost)} records were lost or doubled"
    return len(known)


def _fault(path: Path, deep: bool) -> str:
    """Return what is wrong with a file, "" where it verifies."""
    verdict = verify(path, deep=deep)
    return "" if verdict.holds else f"{verdict.position}: {verdict.fault}"
