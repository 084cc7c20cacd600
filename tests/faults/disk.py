"""What a disk holds after the power was cut: a recording of everything done to it, and what may be left of that.

Bytes that were written before a file's last sync are there. Of what came after it each write is there, or not, or in
part (sector by sector, each new, old, or rubbish), one independent of the other, so any order is possible. The same
holds for lengths. A name that was given or taken away is certain once its folder was synced; before that, any state
in between is possible, and a rename happens whole or not at all. Where a sync failed, what it was to bring to the disk
may be lost for good although later syncs succeed: that is how Linux does it.
"""

import random
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.faults.layer import (
    SECTOR,
    FolderMade,
    FolderSynced,
    Handle,
    Layer,
    Linked,
    Op,
    Opened,
    Synced,
    Truncated,
    Unlinked,
    Wrote,
)

FOLDER = -1
"""What stands for a folder where a name leads to a file's number."""

NOT_KEPT = ("-shm",)
"""Memory that only looks like a file: what it holds after a cut is rubbish, and nobody may believe it."""

Change = Wrote | Truncated
Tree = dict[str, bytes]
"""Files by their path within the folder."""


class Named(NamedTuple):
    """A name leads to another file from now on (None: to nothing); with `old`, that name was taken away with it."""

    path: str
    file: int | None
    old: str = ""


class Recorder(Layer):
    """Keeps what is done in a folder, from its state when the recorder was made."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.start = read_tree(Path(self.folder))
        self.ops: list[Op] = []

    def told(self, op: Op) -> None:
        self.ops.append(op)


def read_tree(folder: Path) -> Tree:
    """Return all files in a folder; no log may be open in it."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(NOT_KEPT)
    }


def write_tree(folder: Path, tree: Tree) -> None:
    """Write files into a folder."""
    for name, data in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


class _File:
    """A file's bytes that are certain, and what was done to it since."""

    def __init__(self, data: bytes = b"") -> None:
        self.certain = bytearray(data)
        self.pending: list[Change] = []

    def settle(self) -> None:
        for change in self.pending:
            _apply(self.certain, change)
        self.pending = []


def _apply(data: bytearray, change: Change) -> None:
    if isinstance(change, Truncated):
        _lengthen(data, change.size)
        del data[change.size :]
        return
    _lengthen(data, change.offset)
    data[change.offset : change.offset + len(change.data)] = change.data


def _lengthen(data: bytearray, size: int) -> None:
    if len(data) < size:
        data.extend(bytes(size - len(data)))


class Disk:
    """Takes operations in one after another; `after_cut` says at any point what would be left."""

    def __init__(self, folder: str, start: Tree, chance: random.Random) -> None:
        self.folder = folder
        self.chance = chance  # for what a failed sync leaves behind
        self.files = [_File(data) for data in start.values()]
        self.now: dict[str, int | None] = {f"{folder}/{name}": number for number, name in enumerate(start)}
        for name in start:  # folders that were there
            for parent in Path(name).parents:
                if parent.name:
                    self.now[f"{folder}/{parent}"] = FOLDER
        self.certain = dict(self.now)
        self.pending: list[Named] = []
        self.open: dict[Handle, int] = {}

    def take(self, op: Op) -> None:
        """Let an operation happen."""
        match op:
            case Opened(handle, path):
                if self.now.get(path) is None:
                    self.files.append(_File())
                    self._name(Named(path, len(self.files) - 1))
                number = self.now[path]
                assert number is not None
                self.open[handle] = number
            case Wrote(handle) | Truncated(handle):
                self.files[self.open[handle]].pending.append(op)
            case Synced(handle, failed):
                file = self.files[self.open[handle]]
                if failed:
                    file.pending = _survivors(file.pending, self.chance)
                file.settle()
            case Unlinked(path):
                self._name(Named(path, None))
            case Linked(path, to, moved):
                self._name(Named(to, self.now[path], path if moved else ""))
            case FolderMade(path):
                self._name(Named(path, FOLDER))
            case FolderSynced(path):
                here = [named for named in self.pending if _parent(named.path) == path]
                self.pending = [named for named in self.pending if _parent(named.path) != path]
                _rename(self.certain, here)

    def _name(self, named: Named) -> None:
        _rename(self.now, [named])
        self.pending.append(named)

    def as_seen(self) -> Tree:
        """Return what programs see while the power is on."""
        return self._tree(self.now, {number: _with(file, file.pending) for number, file in enumerate(self.files)})

    def after_cut(self, chance: random.Random) -> Tree:
        """Return what may be left if the power is cut now."""
        names = dict(self.certain)
        _rename(names, _names_that_survive(self.pending, chance))
        kept = {number: _with(file, _survivors(file.pending, chance)) for number, file in enumerate(self.files)}
        return self._tree(names, kept)

    def _tree(self, names: dict[str, int | None], contents: dict[int, bytes]) -> Tree:
        """Return the files that can be reached: a file in a folder whose name was lost is lost with it."""
        return {
            path.removeprefix(f"{self.folder}/"): contents[number]
            for path, number in names.items()
            if number is not None and number != FOLDER and self._reached(names, _parent(path))
        }

    def _reached(self, names: dict[str, int | None], path: str) -> bool:
        return path == self.folder or (names.get(path) == FOLDER and self._reached(names, _parent(path)))


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _rename(names: dict[str, int | None], changes: Iterable[Named]) -> None:
    for named in changes:
        names[named.path] = named.file
        if named.old:
            names[named.old] = None


def _with(file: _File, changes: list[Change]) -> bytes:
    data = bytearray(file.certain)
    for change in changes:
        _apply(data, change)
    return bytes(data)


def _names_that_survive(pending: list[Named], chance: random.Random) -> list[Named]:
    """Choose what is left of changes of names: names that a rename ties together, as far as some point in time."""
    tied: dict[str, set[str]] = {}
    for named in pending:
        group = {named.path, *([named.old] if named.old else [])}
        for name in list(group):
            group |= tied.get(name, set())
        for name in group:
            tied[name] = group
    reach: dict[frozenset[str], int] = {}
    kept = []
    for index, named in enumerate(pending):
        group_key = frozenset(tied[named.path])
        if group_key not in reach:
            reach[group_key] = chance.choice((0, len(pending), chance.randint(0, len(pending))))
        if index < reach[group_key]:
            kept.append(named)
    return kept


def _survivors(pending: list[Change], chance: random.Random) -> list[Change]:
    """Choose what is left of changes that were not synced."""
    if not pending:
        return []
    mood = chance.choice(("none", "all", "first", "last", "each", "each", "torn"))
    point = chance.randrange(len(pending) + 1)
    share = chance.choice((0.05, 0.5, 0.95))
    kept: list[Change] = []
    for index, change in enumerate(pending):
        match mood:
            case "none":
                there = False
            case "all":
                there = True
            case "first":
                there = index < point
            case "last":
                there = index >= point
            case _:
                there = chance.random() < share
        at_the_edge = mood in ("first", "last") and index == point
        if isinstance(change, Wrote) and (at_the_edge or (mood == "torn" and chance.random() < 0.5)):
            kept += _torn(change, chance)
        elif there:
            kept.append(change)
    return kept


def _torn(change: Wrote, chance: random.Random) -> list[Change]:
    """Tear a write at the disk's sectors, which lie in the file at multiples of 512: new, old or rubbish each."""
    kept: list[Change] = []
    start, end = change.offset, change.offset + len(change.data)
    rubbish = chance.random() < 0.5
    while start < end:
        until = min(end, (start // SECTOR + 1) * SECTOR)
        fate = chance.random()
        data = change.data[start - change.offset : until - change.offset]
        if fate < 0.2 and rubbish:
            data = chance.randbytes(until - start) if fate < 0.1 else bytes(until - start)
        if fate < 0.6:
            kept.append(Wrote(change.handle, start, data))
        start = until
    return kept
