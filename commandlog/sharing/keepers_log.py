"""The log file of a keeper: it holds everything, for the keeper decides by it who may read what."""

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
