"""The pages of a SQLite file and its write-ahead log, read without SQLite, which refuses what is damaged.

The format is fixed for good (https://www.sqlite.org/fileformat2.html). Nothing in a damaged file is believed: every
number is checked against the bytes that there are, and what cannot be read is passed over. Rows are found page by page,
so that it does not matter whether the pages above them still lead there.
"""

import re
import struct
from array import array
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

Bytes = memoryview | bytes

PAGE_SIZES = tuple(1 << n for n in range(9, 17))
USUAL = 4096
_MAGIC = b"SQLite format 3\x00"
_WAL_HEADER, _FRAME_HEADER = 32, 24
_LITTLE, _BIG = 0x377F0682, 0x377F0683
_TABLE_LEAF = 0x0D
_FIXED = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8, 8: 0, 9: 0}
_LONGEST_HEADER = 40  # bytes in front of a row's values, for the tables of a log

LIVE, TORN, STRAY = 0, 1, 2
"""Where a page stands: what SQLite would read; behind a fault in the write-ahead log; what something newer replaced."""


class Cell(NamedTuple):
    """A row as it is stored: its key (0 where that is not known), the type of each value, and all values' bytes."""

    key: int
    types: tuple[int, ...]
    body: bytes

    def values(self) -> list[bytes]:
        """Return the bytes of each value; of an empty or NULL value none."""
        found, at = [], 0
        for one in self.types:
            size = length(one)
            found.append(self.body[at : at + size])
            at += size
        return found


class Page(NamedTuple):
    """One page: its number in the file, its bytes, and how it stands."""

    number: int
    data: Bytes
    standing: int


class Frame(NamedTuple):
    """One frame of the write-ahead log: the page that it holds, where, and whether it ends a transaction."""

    number: int
    at: int
    commits: bool
    standing: int


def length(serial: int) -> int:
    """Return how many bytes a value of a serial type has; raises ValueError for one that does not exist."""
    if serial >= 12:
        return (serial - 12) // 2
    if serial not in _FIXED:
        raise ValueError("no serial type")
    return _FIXED[serial]


def varint(data: Bytes, at: int) -> tuple[int, int]:
    """Return the number at a place and where it ends; raises IndexError where the bytes end first."""
    value = 0
    for n in range(8):
        byte = data[at + n]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + n + 1
    return value << 8 | data[at + 8], at + 9


class Image:
    """A file and its write-ahead log as they lie there. `size` is that of a page, found where the header is damaged."""

    def __init__(self, main: Bytes, wal: Bytes = b"") -> None:
        self.main, self.wal = main, wal
        self.size, self.usable = self._sizes()
        self.frames = list(self._frames())
        self._live: dict[int, int] = {}
        self._torn: dict[int, int] = {}
        for frame in self.frames:
            if frame.standing in (LIVE, TORN):
                self._torn[frame.number] = frame.at
            if frame.standing == LIVE:
                self._live[frame.number] = frame.at

    def release(self) -> None:
        """Let go of the bytes, where nobody holds a part of them any more."""
        for one in (self.main, self.wal):
            if isinstance(one, memoryview):
                with suppress(BufferError):
                    one.release()

    @property
    def count(self) -> int:
        """How many pages the file has."""
        return -(-len(self.main) // self.size)

    def pages(self) -> Iterator[Page]:
        """Yield every page, those first that SQLite would read."""
        for number in range(1, self.count + 1):
            if number not in self._live:
                yield Page(number, self._main(number), LIVE)
        for frame in self.frames:
            last = self._live.get(frame.number) == frame.at
            standing = LIVE if last else STRAY if frame.standing == LIVE else frame.standing
            yield Page(frame.number, self._frame(frame.at), standing)
        for number in self._live:
            if number <= self.count:
                yield Page(number, self._main(number), STRAY)

    def page(self, number: int, standing: int) -> Bytes:
        """Return the bytes of a page by its number, as a page of this standing would have read it; empty for none."""
        at = (self._live if standing == LIVE else self._torn).get(number)
        if at is not None:
            return self._frame(at)
        return self._main(number) if 1 <= number <= self.count else b""

    def rows(self, page: Page, widths: tuple[int, ...]) -> tuple[list[Cell], bool]:
        """Return the rows of so many values on a page of a table, and whether the page as a whole could be read."""
        data, start = page.data, 100 if page.number == 1 else 0
        if len(data) < self.size or data[start] != _TABLE_LEAF:
            return [], False
        found: list[Cell] = []
        count = int.from_bytes(data[start + 3 : start + 5], "big")
        first = start + 8 + 2 * count
        if first > self.usable:
            return [], False
        sound = True
        for at in struct.unpack_from(f">{count}H", data, start + 8):
            try:
                cell = self._cell(page, at, widths) if first <= at < self.usable else None
                sound = sound and first <= at < self.usable
            except (IndexError, ValueError):
                cell, sound = None, False
            if cell:
                found.append(cell)
        return found, sound

    def holds(self, page: Page, begins: bytes) -> int:
        """Return how often some bytes lie in a page."""
        return bytes(page.data).count(begins)

    def carved(self, page: Page, begins: bytes, width: int) -> Iterator[Cell]:
        """Yield rows of a table whose second value `begins` so, wherever in the page they lie, by that beginning alone.

        The first value is the key, which is not stored with the others; `width` is how many values there are.
        """
        data = bytes(page.data[: self.usable])
        at = data.find(begins)
        while at >= 0:
            if cell := self._behind_header(page, data, at, width):
                yield cell
            at = data.find(begins, at + 1)

    # -- the file --------------------------------------------------------------------------------------------------

    def _sizes(self) -> tuple[int, int]:
        if bytes(self.main[:16]) == _MAGIC:
            size = int.from_bytes(self.main[16:18], "big")
            size = 65536 if size == 1 else size
            if size in PAGE_SIZES and self.main[20] < size // 2:
                return size, size - self.main[20]
        size = int.from_bytes(self.wal[8:12], "big")
        if size not in PAGE_SIZES:
            size = max(PAGE_SIZES, key=self._leaves)
            size = size if self._leaves(size) else USUAL
        return size, size

    def _leaves(self, size: int) -> int:
        """Return how much speaks for a page size: how many bytes lie in pages that are laid out as leaves of it."""
        found = 0
        for at in range(0, min(len(self.main), 1000 * size) - size + 1, size):
            kind, count, content = self.main[at], *struct.unpack_from(">HH", self.main, at + 3)
            if kind == _TABLE_LEAF and count > 0 and 8 + 2 * count <= content < size:
                cells = struct.unpack_from(f">{count}H", self.main, at + 8)
                found += size if size // 2 <= max(cells) < size and min(cells) >= content else 0
        return found

    def _main(self, number: int) -> Bytes:
        return self.main[(number - 1) * self.size : number * self.size]

    # -- the write-ahead log ---------------------------------------------------------------------------------------

    def _frame(self, at: int) -> Bytes:
        return self.wal[at : at + self.size]

    def _frames(self) -> Iterator[Frame]:
        """Yield the frames with how they stand: live up to the last commit before a fault, torn up to the last one."""
        raw = list(self._raw_frames())
        salts = self._salts(raw)
        own = [frame for frame in raw if frame[3] == salts]
        live = self._held(raw)
        last = max((frame[1] for frame in own if frame[2]), default=0)
        for number, at, commits, salt in raw:
            standing = LIVE if at <= live else TORN if salt == salts and at <= last else STRAY
            yield Frame(number, at, commits, standing)

    def _raw_frames(self) -> Iterator[tuple[int, int, bool, bytes]]:
        step = _FRAME_HEADER + self.size
        for at in range(_WAL_HEADER, len(self.wal) - step + 1, step):
            number, pages = struct.unpack_from(">II", self.wal, at)
            if 0 < number < 1 << 31:
                yield number, at + _FRAME_HEADER, pages > 0, bytes(self.wal[at + 8 : at + 16])

    def _salts(self, raw: list[tuple[int, int, bool, bytes]]) -> bytes:
        """Return what tells frames of this write-ahead log from what was left of the one before it."""
        salts = bytes(self.wal[16:24])
        if any(frame[3] == salts for frame in raw):
            return salts
        return Counter(frame[3] for frame in raw).most_common(1)[0][0] if raw else b""

    def _held(self, raw: list[tuple[int, int, bool, bytes]]) -> int:
        """Return where the last frame begins that SQLite would still read: the last commit before the first fault."""
        magic = int.from_bytes(self.wal[:4], "big")
        if len(self.wal) < _WAL_HEADER or magic not in (_LITTLE, _BIG):
            return 0
        order, live = "little" if magic == _LITTLE else "big", 0
        sums = _checksum(bytes(self.wal[:24]), (0, 0), order)
        if _packed(sums) != bytes(self.wal[24:32]):
            return 0
        expected = _WAL_HEADER + _FRAME_HEADER
        for _number, at, commits, salt in raw:
            head = at - _FRAME_HEADER
            if at != expected or salt != bytes(self.wal[16:24]):
                break
            sums = _checksum(bytes(self.wal[head : head + 8]), sums, order)
            sums = _checksum(bytes(self.wal[at : at + self.size]), sums, order)
            if _packed(sums) != bytes(self.wal[head + 16 : head + 24]):
                break
            live = at if commits else live
            expected += _FRAME_HEADER + self.size
        return live

    # -- rows ------------------------------------------------------------------------------------------------------

    def _cell(self, page: Page, at: int, widths: tuple[int, ...]) -> Cell | None:
        """Return the row at a place, None where it has another number of values; raises ValueError or IndexError."""
        total, at = varint(page.data, at)
        key, at = varint(page.data, at)
        end, place = varint(page.data, at)
        types: list[int] = []
        while place < at + end:
            one, place = varint(page.data, place)
            types.append(one)
        if place != at + end or end + sum(map(length, types)) != total:
            raise ValueError("no row")
        if len(types) not in widths:
            return None
        payload = self._payload(page, at, total)
        if len(payload) != total:
            raise ValueError("cut short")
        return Cell(key, tuple(types), payload[end:])

    def _payload(self, page: Page, at: int, total: int) -> bytes:
        """Return what belongs to a row, from its page and those that it overflows to; less where that ends early."""
        u = self.usable
        here = total
        if total > u - 35:
            least = (u - 12) * 32 // 255 - 23
            here = least + (total - least) % (u - 4)
            here = here if here <= u - 35 else least
        if at + here > u:
            return b""
        parts, left = [bytes(page.data[at : at + here])], total - here
        following = int.from_bytes(page.data[at + here : at + here + 4], "big") if left else 0
        seen = set()
        while left > 0 and following and following not in seen:
            seen.add(following)
            data = self.page(following, page.standing)
            if len(data) < u:
                break
            parts.append(bytes(data[4 : 4 + min(left, u - 4)]))
            left -= len(parts[-1])
            following = int.from_bytes(data[:4], "big")
        return b"".join(parts)

    def _behind_header(self, page: Page, data: bytes, at: int, width: int) -> Cell | None:
        """Return the row whose values begin at a place, by the header that ends there."""
        for back in range(width + 1, min(at, _LONGEST_HEADER) + 1):
            start = at - back
            if data[start] != back or data[start + 1] != 0:
                continue
            try:
                types, place = [], start + 1
                while place < at:
                    one, place = varint(data, place)
                    types.append(one)
                if place != at or len(types) != width:
                    continue
                total = back + sum(map(length, types))
                payload = self._payload(page, start, total)
            except (IndexError, ValueError):
                continue
            if len(payload) == total:
                return Cell(_key_before(data, start, total), tuple(types), payload[back:])
        return None


def _key_before(data: bytes, end: int, total: int) -> int:
    """Return the key that stands in front of a row of so many bytes, behind that number; 0 where it is not there."""
    for start in range(max(0, end - 14), end - 1):
        with suppress(IndexError):
            size, at = varint(data, start)
            key, at = varint(data, at) if size == total else (0, 0)
            if at == end:
                return key
    return 0


def _checksum(data: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    """Return SQLite's check sum of some bytes, going on from another."""
    words = array("I", data)
    if (order == "little") != (struct.pack("=I", 1) == struct.pack("<I", 1)):
        words.byteswap()
    one, other = sums
    for n in range(0, len(words), 2):
        one = (one + words[n] + other) & 0xFFFFFFFF
        other = (other + words[n + 1] + one) & 0xFFFFFFFF
    return one, other


def _packed(sums: tuple[int, int]) -> bytes:
    return struct.pack(">II", *sums)


def most_common(data: Bytes, pattern: bytes) -> bytes:
    """Return what a pattern's first group catches most often in some bytes, empty where it catches nothing."""
    found = Counter(match.group(1) for match in re.finditer(pattern, data, re.DOTALL))
    return found.most_common(1)[0][0] if found else b""
