"""How records hang together: digests, headers, hashes and desk signatures, as pure functions over bytes.

    digest = SHA-256(0x00 ‖ SHA-256(salt_f ‖ frame) ‖ SHA-256(salt_c ‖ words))
    header = version, log id, seq, id, keeper time, digest, desk signature, party, desk
    hash   = SHA-256(0x01 ‖ previous hash ‖ header)

What is hashed is what is stored, so nothing here ever encodes anything again. The chain runs over digests: frame and
words may be absent (sealed, erased) and it still verifies.
"""

import os
import struct
from functools import cache
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HEADER_VERSION = 1
SALT = 16
GENESIS = bytes(32)
"""What stands for the previous hash before the first record."""

_FIXED = struct.Struct(">H16sQ16sQ32s64s")
_SIGNED = b"commandlog record 1\x00"


class Header(NamedTuple):
    """One link of the chain. `kept_at` is the keeper's time in milliseconds UTC."""

    version: int
    log_id: bytes
    seq: int
    id: bytes
    kept_at: int
    digest: bytes
    signature: bytes
    party: str
    desk: str


def pack_header(fixed: tuple[object, ...], party: str, desk: str) -> bytes:
    """Return the header's bytes: its first seven fields big-endian, then party and desk behind their lengths."""
    return _FIXED.pack(*fixed) + _named(party) + _named(desk)


@cache
def _named(name: str) -> bytes:
    data = name.encode()
    return bytes([len(data)]) + data


def unpack_header(data: bytes) -> Header:
    """Read a header from its bytes; raises ValueError on anything that `pack_header` would not have written."""
    try:
        fixed = _FIXED.unpack_from(data)
        split = _FIXED.size + 1 + data[_FIXED.size]
        party, desk = data[_FIXED.size + 1 : split].decode(), data[split + 1 :].decode()
        header = Header._make((*fixed, party, desk))
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError("not a header") from error
    if data[split : split + 1] != bytes([len(data) - split - 1]):
        raise ValueError("not a header")
    return header


def moved(header: bytes, seq: int) -> bytes:
    """Return a header at another position; what its desk signed stays as it was."""
    return header[:18] + seq.to_bytes(8, "big") + header[26:]


def placed(header: bytes, seq: int, kept_at: int) -> bytes:
    """Return a header at its place in the shared order, as its keeper gives it; what its desk signed stays as it was.

    `kept_at` is the keeper's time, in milliseconds UTC.
    """
    return header[:18] + seq.to_bytes(8, "big") + header[26:42] + kept_at.to_bytes(8, "big") + header[50:]


def part_hash(salted: bytes) -> bytes:
    """Return the hash of a frame or of words, `salted`: 16 secret random bytes, then the part's bytes."""
    return sha256(salted).digest()


def digest_of(frame_hash: bytes, words_hash: bytes) -> bytes:
    """Return the digest that the header carries."""
    return sha256(b"\x00" + frame_hash + words_hash).digest()


def link(previous: bytes, header: bytes) -> bytes:
    """Return the hash of a record, given the hash of the one before it."""
    return sha256(b"\x01" + previous + header).digest()


def salted(frame: bytes, words: bytes) -> tuple[bytes, bytes]:
    """Return both parts, each behind a new salt of its own: unsalted, a short text could be guessed from its hash."""
    salts = os.urandom(2 * SALT)
    return salts[:SALT] + frame, salts[SALT:] + words


def signed_bytes(log_id: bytes, record_id: bytes, digest: bytes, party: str, desk: str) -> bytes:
    """Return what a desk signs: everything that is known before the record has its place in the order."""
    return b"".join((_SIGNED, log_id, record_id, digest, _named(party), _named(desk)))


def signature_holds(key: bytes, header: Header) -> bool:
    """Whether the desk with this public key signed this header's record."""
    message = signed_bytes(header.log_id, header.id, header.digest, header.party, header.desk)
    return _verifies(key, header.signature, message)


def checkpoint_bytes(log_id: bytes, seq: int, head: bytes) -> bytes:
    """Return what a checkpoint signs: that the log had this hash at this position."""
    return b"commandlog checkpoint 1\x00" + log_id + seq.to_bytes(8, "big") + head


def checkpoint_holds(key: bytes, signature: bytes, log_id: bytes, seq: int, head: bytes) -> bool:
    """Whether the desk with this public key signed this checkpoint."""
    return _verifies(key, signature, checkpoint_bytes(log_id, seq, head))


def bundle_bytes(manifest: bytes) -> bytes:
    """Return what the desk signs that makes a bundle: what is in it, by its manifest."""
    return b"commandlog bundle 1\x00" + sha256(manifest).digest()


def bundle_holds(key: bytes, signature: bytes, manifest: bytes) -> bool:
    """Whether the desk with this public key made the bundle with this manifest."""
    return _verifies(key, signature, bundle_bytes(manifest))


def _verifies(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


class Ids:
    """Gives record ids (UUIDv7, RFC 9562) that rise within a millisecond too, so that they sort as they were given."""

    def __init__(self) -> None:
        self._last = 0

    def follow(self, record_id: bytes) -> None:
        """Give ids behind this one from now on, whatever the clock says."""
        self._last = max(self._last, order_key(record_id))

    def next(self, now: int) -> bytes:
        """Return the next id; `now` is the time in milliseconds."""
        stamp, tail = now << 12, bytearray(os.urandom(10))
        # a millisecond begins anywhere, so that desks that write in the same one do not begin alike
        begin = stamp | int.from_bytes(tail[8:], "big") & 0xFFF
        self._last = begin if stamp > self._last else self._last + 1
        order = self._last
        tail = tail[:8]
        tail[0] = tail[0] & 0x3F | 0x80
        return (order >> 12).to_bytes(6, "big") + (0x7000 | order & 0xFFF).to_bytes(2, "big") + bytes(tail)


def order_key(record_id: bytes) -> int:
    """Return the part of an id that orders it: milliseconds and the count within them, 60 bits."""
    return int.from_bytes(record_id[:6], "big") << 12 | int.from_bytes(record_id[6:8], "big") & 0xFFF
