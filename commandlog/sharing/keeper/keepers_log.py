"""The log file of a keeper: it holds everything, for the keeper decides by it who may read what.

It also keeps which other keepers a person has confirmed here. A server says which there are; whoever looks after it
could name one of their own, so none is announced to the desks before somebody has read its fingerprint where it runs.
"""

import re
from hashlib import sha256
from pathlib import Path

from commandlog.language import _
from commandlog.log.making import making
from commandlog.log.member import Member, become
from commandlog.log.store import Clock, Log, system_clock
from commandlog.model.errors import RuleError


def open_keepers_log(path: Path, log_id: bytes, desk: str, clock: Clock = system_clock) -> Log:
    """Open a keeper's own log, made empty where there is none yet; it then gets everything from the server.

    `desk` is the keeper's code ("LOG1"). Raises RuleError where the file is another log, or a desk's.
    """
    member = Member("", desk, keeper=True)
    if not path.exists():
        with making(path) as part, Log(part, create=True, clock=clock) as log, log.writing():
            log.db.execute("UPDATE meta SET value = ? WHERE key = 'log_id'", (log_id,))
            become(log.db, member)
    log = Log(path, clock=clock)
    if log.id != log_id or log.member != member:
        log.close()
        raise RuleError(
            _("{file} is not the log of this log keeper: name a file that is not there yet.").format(file=path)
        )
    return log


def fingerprint(key: bytes) -> str:
    """Return what people compare of a keeper's public key: 32 hexadecimal digits in groups of four."""
    digits = sha256(key).hexdigest()[:32]
    return "-".join(digits[at : at + 4] for at in range(0, 32, 4))


def trust(log: Log, desk: str, printed: str) -> None:
    """Keep that the keeper `desk` is the one with this fingerprint. Raises RuleError for what is none."""
    if not re.fullmatch(r"LOG[0-9]{1,4}", desk) or not re.fullmatch(r"([0-9a-f]{4}-){7}[0-9a-f]{4}", printed):
        raise RuleError(_("Say the log keeper's code and its fingerprint, as that keeper itself shows them."))
    with log.writing():
        log.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"trusted {desk}", printed.encode()))


def is_trusted(log: Log, desk: str, key: bytes) -> bool:
    """Whether somebody has confirmed here that this is the key of the keeper `desk`."""
    found = log.db.execute("SELECT value FROM meta WHERE key = ?", (f"trusted {desk}",)).fetchone()
    return found is not None and found[0] == fingerprint(key).encode()
