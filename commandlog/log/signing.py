"""Signing for a desk what it appends.

On one thread: the library that signs keeps all others waiting meanwhile, so a second one saves nothing.
"""

from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from commandlog.log import chain
from commandlog.model.frames import Millis


class Signer(NamedTuple):
    """Whose records these are: a desk, its party, and the key that signs for it."""

    party: str
    desk: str
    key: Ed25519PrivateKey


class Staged(NamedTuple):
    """A record that has been derived from, and waits for its signature and its place in the chain."""

    seq: int
    id: bytes
    kept_at: Millis
    signer: Signer
    digest: bytes
    frame: bytes
    words: bytes


def signature(log_id: bytes, staged: Staged) -> bytes:
    """Return its desk's signature of what is staged."""
    party, desk, key = staged.signer
    return key.sign(chain.signed_bytes(log_id, staged.id, staged.digest, party, desk))
