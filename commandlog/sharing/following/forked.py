"""What a desk does not believe: a server that says otherwise than before, than others, or than its own signatures."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import msgspec

from commandlog.language import _
from commandlog.log.store import Log
from commandlog.model.errors import Damaged
from commandlog.sharing.following.checking import Row

KEPT = 20  # rows of either side
FILES = 20  # of evidence beside a log: whoever lies all day fills no disk

Kind = Literal["forked", "rewound"]


class Forked(Damaged):
    """The shared log as the server tells it does not go on from what this desk has; nothing of it was taken.

    `alarm` is "forked" where it tells another history, "rewound" where it has lost what it had told before. `evidence`
    is the file that keeps what it said.
    """

    def __init__(self, message: str, position: int, alarm: Kind, evidence: Path | None) -> None:
        super().__init__(message, position)
        self.alarm = alarm
        self.evidence = evidence


def forked(log: Log, position: int, what: str, said: Sequence[Any] = (), alarm: Kind = "forked") -> Forked:
    """Return the error for what a server `said` about a position, and keep the evidence beside the log.

    `what` says in English, for whoever looks into it, which check failed.
    """
    evidence = _keep(log, position, what, said, alarm)
    if alarm == "rewound":
        told = _("The shared log has lost entries that this desk has (from {position} on): its server was put back.")
    else:
        told = _("The shared log does not go on from what this desk has: at {position} the server says something else.")
    told = told.format(position=position) + " " + _("Nothing of it was taken. Go on working; call your administrator.")
    if evidence:
        told += " " + _("What it said is kept in {file}.").format(file=evidence)
    return Forked(told, position, alarm, evidence)


def _keep(log: Log, position: int, what: str, said: Sequence[Any], alarm: Kind) -> Path | None:
    """Write what the server said, and what this file has there, beside the log; None where that cannot be done.

    What was found again is kept once. Of what entries say, only hashes are kept: what is erased stays nowhere else.
    """
    query = "SELECT seq, header, hash FROM records WHERE seq BETWEEN ? AND ? ORDER BY seq"
    now = datetime.fromtimestamp(log.clock() / 1000, UTC)
    file = log.path.with_name(f"{log.path.name}.evidence-{now:%Y%m%dT%H%M%SZ}.json")
    found = {
        "log": log.id.hex(),
        "alarm": alarm,
        "position": position,
        "what": what,
        "server": [_without_words(one) for one in said[:KEPT]],
        "here": log.db.execute(query, (position - KEPT, position + KEPT)).fetchall(),
        "checkpoints": log.db.execute("SELECT * FROM checkpoints ORDER BY seq DESC LIMIT 3").fetchall(),
    }
    with suppress(OSError):  # the alarm itself says that nothing could be kept
        data = msgspec.json.format(msgspec.json.encode(found, enc_hook=repr))
        there = sorted(file.parent.glob(f"{log.path.name}.evidence-*.json"))
        for before in there:
            if before.read_bytes() == data:
                return before
        if len(there) >= FILES:
            return there[-1]
        file.touch(mode=0o600)
        file.write_bytes(data)
        return file
    return None


def _without_words(said: Any) -> Any:
    """Return a row that a server said, with hashes for what the record says."""
    if not isinstance(said, Row):
        return said
    frame, words = (sha256(part).digest() if isinstance(part, bytes) else part for part in (said.frame, said.words))
    return said._replace(frame=frame, words=words)
