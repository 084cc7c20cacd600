"""Signing for a desk: one record at once, a batch on all processors."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from commandlog.log import chain
from commandlog.model.frames import Millis

PROCESSORS = min(os.cpu_count() or 1, 4)
SIGN_TOGETHER = 64  # records from which on a second thread pays


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


def _sign(messages: list[tuple[Ed25519PrivateKey, bytes]]) -> list[bytes]:
    return [key.sign(message) for key, message in messages]


class Signing:
    """Signs what is staged; keeps the threads that a batch needs until it is closed."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None

    def signatures(self, log_id: bytes, staged: list[Staged]) -> list[bytes]:
        """Return the signatures of these records; a batch is shared out, since signing takes a third of its time."""
        messages = [
            (one.signer.key, chain.signed_bytes(log_id, one.id, one.digest, one.signer.party, one.signer.desk))
            for one in staged
        ]
        if len(messages) < SIGN_TOGETHER:
            return _sign(messages)
        step = -(-len(messages) // PROCESSORS)
        parts = [messages[start : start + step] for start in range(0, len(messages), step)]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(PROCESSORS, "sign")
        return [signature for part in self._pool.map(_sign, parts) for signature in part]

    def close(self) -> None:
        """Let the threads end."""
        if self._pool:
            self._pool.shutdown()
