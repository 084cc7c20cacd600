"""Whether the files of a shared log agree: gapless, each record exactly once, equal rights equal bytes, all derived."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from commandlog.log import chain
from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.files import reading_uri
from commandlog.log.verify import verify


class Held(NamedTuple):
    """What a file holds of the shared order: its records' ids by position, a digest of every byte, and what waits."""

    ids: list[bytes]
    bytes_of_all: bytes
    waiting: int

    @property
    def upto(self) -> int:
        """The last position."""
        return len(self.ids)


def held(path: Path) -> Held:
    """Return what a file holds. Raises AssertionError for a gap, a broken chain or a record that is there twice."""
    everything, ids, previous = sha256(), [], chain.GENESIS
    for seq, header, digest, frame, words, words_hash in _rows(path, "seq < ?"):
        ids.append(header[26:42])
        assert seq == len(ids), f"{path.name}: a gap before {seq}"
        assert digest == (previous := chain.link(previous, header)), f"{path.name}: the chain breaks at {seq}"
        for part in (header, digest, frame, words, words_hash):
            everything.update(b"-" if part is None else len(part).to_bytes(4, "big") + part)
    waiting = [header[26:42] for _seq, header, *_rest in _rows(path, "seq >= ?")]
    assert len(set(ids) | set(waiting)) == len(ids) + len(waiting), f"{path.name}: a record is there twice"
    return Held(ids, everything.digest(), len(waiting))


def _rows(path: Path, where: str) -> Iterator[tuple[Any, ...]]:
    with closing(sqlite3.connect(reading_uri(path), uri=True)) as db:
        query = f"SELECT seq, header, hash, frame, words, words_hash FROM records WHERE {where} ORDER BY seq"
        yield from db.execute(query, (PROVISIONAL,))


def agree(alike: Iterable[Iterable[Path]], written: Iterable[bytes], deep: bool = True) -> int:
    """Hold files against each other and against the ids of all that was `written`; returns how many records there are.

    `alike` are groups of files of equal rights. Demanded: all have the same records in the same order, those of a group
    are byte-identical, whatever was written is there exactly once, nothing waits, and (`deep`) each file verifies with
    all of its signatures and derives to the same tables anew.
    """
    groups = [[(path, held(path)) for path in group] for group in alike]
    first = groups[0][0][1]
    for group in groups:
        for path, one in group:
            assert one.waiting == 0, f"{path.name}: {one.waiting} still wait"
            assert one.ids == first.ids, f"{path.name} has {one.upto} records, the first one {first.upto}"
            assert one.bytes_of_all == group[0][1].bytes_of_all, f"{path.name} is not {group[0][0].name} byte for byte"
            if deep:
                verdict = verify(path, deep=True)
                assert verdict.holds, f"{path.name}: {verdict.position}: {verdict.fault}"
    times: dict[bytes, int] = {}
    for one_id in first.ids:
        times[one_id] = times.get(one_id, 0) + 1
    lost = [one_id for one_id in written if times.get(one_id) != 1]
    assert not lost, f"{len(lost)} records were lost or doubled"
    return first.upto
