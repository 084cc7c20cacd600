"""A ZIP file of which every byte is known: nothing in it is packed, and nothing is left open.

What people hold against each other later must not have a second reading. So of all that a ZIP file may be, this is one
narrow form: members stand one behind the other from the first byte to the last, none is compressed, and apart from
names, sizes and check sums all bytes are fixed. The same members make the same file on every machine. Reading lays out
what stands around the members anew and compares: what was put before, between or behind them, what is named twice,
hidden or told in two ways cannot be there. Since nothing is packed, nothing unfolds: a file is as large as it is.

Any program that opens ZIP files opens these (APPNOTE 6.3.3; sizes beyond 4 GiB are told the ZIP64 way).
"""

import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import BinaryIO, NamedTuple

from commandlog.language import _

MEMBERS = 100_000
NAME = 100  # bytes
BLOCK = 1 << 20  # bytes read at once

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_END64 = struct.Struct("<4sQHHIIQQQQ")
_LOCATOR = struct.Struct("<4sIQI")
_EXTRA = struct.Struct("<HH")
_ZIP64 = 45  # version needed to read, times ten
_UNIX = 3 << 8
_PLAIN_FILE = 0o100644 << 16
_NEW_YEAR_1980 = (1 << 5) | 1  # the earliest day that a ZIP file can name; no time of making is in the file
_FULL, _FULL_COUNT = 0xFFFFFFFF, 0xFFFF
_LARGEST = (46 + NAME + 4 + 24) * MEMBERS + 98  # bytes of a directory

_SAFE = re.compile(r"(?:[a-z]+/)?[A-Za-z0-9][A-Za-z0-9.-]*", re.ASCII)


class Unsound(Exception):
    """The file is not of this form; the text says what is wrong, in the current language."""


class Member(NamedTuple):
    """A member: its name, size in bytes, CRC-32, and the offset at which its header begins."""

    name: str
    size: int
    crc: int
    start: int


class Added(NamedTuple):
    """What was written of a member: its size in bytes and its SHA-256."""

    name: str
    size: int
    sha256: bytes


class Writing:
    """Writes such a file, from an offset of 0 on; members may be of any size and are never held in memory."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._members: list[Member] = []
        self._end = 0

    def add(self, name: str, blocks: Iterable[bytes]) -> Added:
        """Write a member; raises ValueError for a name that such a file does not have, and for one member too many."""
        if not is_name(name) or len(self._members) == MEMBERS:
            raise ValueError(name)
        start, size, crc, digest = self._end, 0, 0, sha256()
        self._out.write(_local(Member(name, 0, 0, start)))
        for block in blocks:
            self._out.write(block)
            size, crc = size + len(block), zlib.crc32(block, crc)
            digest.update(block)
        member = Member(name, size, crc, start)
        header = _local(member)
        self._out.seek(start)
        self._out.write(header)
        self._end = start + len(header) + size
        self._out.seek(self._end)
        self._members.append(member)
        return Added(name, size, digest.digest())

    def close(self) -> None:
        """Write the directory, which ends the file."""
        self._out.write(_directory(self._members, self._end))


class Archive:
    """Such a file, open for reading; closing it is the caller's. `members` are in the order of the file."""

    def __init__(self, file: BinaryIO) -> None:
        """Check all that stands around the members; raises Unsound."""
        self._file = file
        try:
            self.members = {one.name: one for one in self._listed()}
        except (struct.error, UnicodeDecodeError, ValueError) as error:
            raise Unsound(_("it is no ZIP file, or cut short")) from error

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield what a member holds, in blocks; raises Unsound at its end where the check sum differs."""
        member = self.members[name]
        at, left, crc = member.start + len(_local(member)), member.size, 0
        while left:
            self._file.seek(at)
            block = self._file.read(min(left, BLOCK))
            if not block:
                raise Unsound(_("it was cut short while it was read"))
            at, left, crc = at + len(block), left - len(block), zlib.crc32(block, crc)
            yield block
        if crc != member.crc:
            raise Unsound(_("“{name}” is not what was written").format(name=name))

    def read(self, name: str, limit: int) -> bytes:
        """Return all of a member; raises Unsound where it has more bytes than `limit`, or other ones than it says."""
        if self.members[name].size > limit:
            raise Unsound(_("“{name}” is larger than it can be").format(name=name))
        return b"".join(self.blocks(name))

    def _listed(self) -> list[Member]:
        """Return the members after checking that the bytes around them are those that `Writing` writes."""
        end = self._file.seek(0, 2)
        start = self._directory_start(end)
        if not 0 <= start <= end or end - start > _LARGEST:
            raise Unsound(_("its list of members is not where it should be"))
        self._file.seek(start)
        data = self._file.read(end - start)
        members = _members(data)
        if _directory(members, start) != data:
            raise Unsound(_("its list of members is not as CommandLog writes it"))
        if len({member.name.casefold() for member in members}) != len(members):
            raise Unsound(_("two of its members have the same name"))
        at = 0
        for member in members:
            header = _local(member)
            self._file.seek(at)
            if member.start != at or self._file.read(len(header)) != header:
                raise Unsound(_("“{name}” does not stand where its list of members says").format(name=member.name))
            at += len(header) + member.size
        if at != start:
            raise Unsound(_("there is something in it beside its members"))
        return members

    def _directory_start(self, end: int) -> int:
        self._file.seek(max(0, end - _END.size))
        *_most, start, _comment = _END.unpack(self._file.read())
        if start != _FULL and _most[4] != _FULL_COUNT:
            return int(start)
        self._file.seek(max(0, end - _END.size - _LOCATOR.size))
        _sign, _disk, where, _disks = _LOCATOR.unpack(self._file.read(_LOCATOR.size))
        if where > end:
            return -1
        self._file.seek(where)
        return int(_END64.unpack(self._file.read(_END64.size))[-1])


def is_name(name: str) -> bool:
    """Whether a member may have this name: plain letters, at most one folder deep, nothing that leads elsewhere."""
    return len(name) <= NAME and bool(_SAFE.fullmatch(name)) and ".." not in name


def _members(data: bytes) -> list[Member]:
    """Read the members from a directory, believing what it says: whoever calls lays it out anew and compares."""
    found: list[Member] = []
    at = 0
    while data[at : at + 4] == b"PK\x01\x02":
        fields = _CENTRAL.unpack_from(data, at)
        crc, size, name_length, extra_length, start = fields[7], fields[9], fields[10], fields[11], fields[16]
        at += _CENTRAL.size
        name = data[at : at + name_length].decode("ascii")
        extra = data[at + name_length + _EXTRA.size : at + name_length + extra_length]
        large = [int.from_bytes(extra[n : n + 8], "little") for n in range(0, len(extra), 8)]
        if size == _FULL and large:
            size = large[0]
        if start == _FULL and large:
            start = large[-1]
        if not is_name(name):
            raise Unsound(_("a member has a name that no bundle has"))
        if len(found) == MEMBERS:
            raise Unsound(_("it has more members than it can have"))
        found.append(Member(name, size, crc, start))
        at += name_length + extra_length
    return found


def _local(member: Member) -> bytes:
    """Return the header in front of a member. Sizes always stand in its ZIP64 field, so that its length is known."""
    name = member.name.encode("ascii")
    extra = _EXTRA.pack(1, 16) + struct.pack("<QQ", member.size, member.size)
    return (
        _LOCAL.pack(b"PK\x03\x04", _ZIP64, 0, 0, 0, _NEW_YEAR_1980, member.crc, _FULL, _FULL, len(name), len(extra))
        + name
        + extra
    )


def _central(member: Member) -> bytes:
    name = member.name.encode("ascii")
    large = [member.size] * 2 if member.size >= _FULL else []
    large += [member.start] if member.start >= _FULL else []
    extra = _EXTRA.pack(1, 8 * len(large)) + struct.pack(f"<{len(large)}Q", *large) if large else b""
    size, start = min(member.size, _FULL), min(member.start, _FULL)
    return (
        _CENTRAL.pack(
            b"PK\x01\x02",
            _UNIX | _ZIP64,
            _ZIP64,
            0,
            0,
            0,
            _NEW_YEAR_1980,
            member.crc,
            size,
            size,
            len(name),
            len(extra),
            0,
            0,
            0,
            _PLAIN_FILE,
            start,
        )
        + name
        + extra
    )


def _directory(members: list[Member], start: int) -> bytes:
    """Return what ends a file whose directory begins at `start`."""
    listed = b"".join(map(_central, members))
    count, size = len(members), len(listed)
    end64 = b""
    if count >= _FULL_COUNT or start >= _FULL:
        version = (_UNIX | _ZIP64, _ZIP64)
        end64 = _END64.pack(b"PK\x06\x06", _END64.size - 12, *version, 0, 0, count, count, size, start)
        end64 += _LOCATOR.pack(b"PK\x06\x07", 0, start + size, 1)
    few, near = min(count, _FULL_COUNT), min(start, _FULL)
    return listed + end64 + _END.pack(b"PK\x05\x06", 0, 0, few, few, size, near, 0)
