"""What desks and the log keeper sign about how far they are, so that two histories cannot be shown side by side.

A desk signs a pulse every ten seconds: the last record that it has and its hash. All others see it, and hold it against
their own chain. The keeper signs a beat, as often: that it is there, and where the shared log ends.
"""

from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from commandlog.model.frames import Millis

PULSE_EVERY = 10.0  # seconds
PULSE_AFTER = 100  # records that came meanwhile: then at once

_PULSE = b"commandlog pulse 1\x00"
_BEAT = b"commandlog beat 1\x00"


class Pulse(NamedTuple):
    """What a desk says of its own file.

    `upto` and `hash` are the last record that it has of the shared order, `waiting` how many of its own have no place
    there yet. With `purged`, whatever was erased up to there is destroyed in its file down to the last byte.
    `sent_at` is by the desk's clock (milliseconds UTC).
    """

    desk: str
    upto: int
    hash: bytes
    purged: bool
    waiting: int
    sent_at: Millis
    signature: bytes = b""


def pulse_bytes(log_id: bytes, desk: str, upto: int, head: bytes, purged: bool, waiting: int, sent_at: Millis) -> bytes:
    """Return what a desk signs; raises OverflowError or ValueError for what cannot be said."""
    name = desk.encode()
    numbers = b"".join(number.to_bytes(8, "big") for number in (upto, waiting, sent_at))
    return b"".join((_PULSE, log_id, bytes([len(name)]), name, numbers, bytes([purged]), head))


def signed(key: Ed25519PrivateKey, log_id: bytes, pulse: Pulse) -> Pulse:
    """Return a pulse with its desk's signature."""
    return pulse._replace(signature=key.sign(pulse_bytes(log_id, *pulse[:-1])))


def pulse_holds(key: bytes, log_id: bytes, pulse: Pulse) -> bool:
    """Whether the desk with this public key has signed this pulse."""
    try:
        return _verifies(key, pulse.signature, pulse_bytes(log_id, *pulse[:-1]))
    except (OverflowError, ValueError, TypeError):
        return False


def beat_bytes(log_id: bytes, desk: str, seq: int, head: bytes, at: Millis) -> bytes:
    """Return what the keeper with the code `desk` signs: at this time, the shared log ended here."""
    name = desk.encode()
    place = seq.to_bytes(8, "big") + at.to_bytes(8, "big")
    return b"".join((_BEAT, log_id, bytes([len(name)]), name, place, head))


def beat_holds(key: bytes, signature: bytes, log_id: bytes, desk: str, seq: int, head: bytes, at: Millis) -> bool:
    """Whether the keeper with this public key has signed this beat."""
    try:
        return _verifies(key, signature, beat_bytes(log_id, desk, seq, head, at))
    except (OverflowError, ValueError, TypeError):
        return False


def _verifies(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
