"""Reads what a hostile member tries (`probes.txt`), and gives every lock of every table."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Probe(NamedTuple):
    """Messages of one session, and what must come of the last."""

    expected: str
    messages: tuple[str, ...]

    def __str__(self) -> str:
        return " ;; ".join(self.messages)[:90]


MODES = (
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)
READABLE = ("about", "chain", "parts", "opened", "checkpoints", "beats", "presence", "pieces", "refusals")
OTHERS = ("desks", "inbox", "pieces_in", "pulses", "keepers", "keeper_keys", "parties")

LONG = {
    "{savepoints}": "; ".join(f"SAVEPOINT s{i}; SELECT 1" for i in range(200)),
    "{notices}": "; ".join(f"NOTIFY chain, '{i}{'x' * 1000}'" for i in range(300)),
    "{pulses}": "; ".join(
        "INSERT INTO commandlog.pulses (upto, hash, purged, waiting, offset_ms, sent_at, signature)"
        " VALUES (1, sha256(''), false, 1, 1, 1, sha512(''))"
        for _ in range(100)
    ),
    "{long}": "x" * 9000,
}
"""What stands in the file by its name."""


def _read() -> dict[str, list[Probe]]:
    found: dict[str, list[Probe]] = {}
    for line in Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            expected, _, messages = line.partition(" ")
            section.append(Probe(expected, tuple(message.strip() for message in messages.split(";;"))))
    return found


def _locks() -> Iterator[Probe]:
    """Reading locks may be had of what may be read; no other."""
    for table in (*READABLE, *OTHERS):
        for mode in MODES:
            allowed = mode == "ACCESS SHARE" and table in READABLE
            yield Probe("ok" if allowed else "denied", (f"BEGIN; LOCK TABLE commandlog.{table} IN {mode} MODE",))


PROBES = _read()
LOCKS = list(_locks())
HOLDING = [*PROBES["holding"], *(probe for probe in LOCKS if probe.expected == "ok")]
"""What keeps a transaction open, or the server busy."""
BEHIND = PROBES["behind"]
QUICK = [*(probe for name, found in PROBES.items() if name not in ("holding", "behind") for probe in found), *LOCKS]
