"""The demo evening: a concert from briefing to press question, told through the same verbs that people use.

Names and events are fictional and the log is marked as an exercise. The beats are told in code (`before`, `during`,
`afterwards`), the routine traffic between them comes from `commandlog_resources/demo/routine.toml`. Words and times are
the same at every telling; ids, keys and salts are not.
"""

from collections.abc import Callable
from pathlib import Path

from commandlog.demo import afterwards, before, during
from commandlog.demo.clock import END
from commandlog.demo.evening import Evening
from commandlog.log.desk import Desk
from commandlog.log.erasing import purge_all

LOG = "demo.clog"

__all__ = ["LOG", "tell"]


def tell(folder: Path, settings: Path, progress: Callable[[int, int], None] | None = None) -> Desk:
    """Tell the evening into `demo.clog` in a folder; returns the venue's desk, its log open, its clock at the end.

    `settings` is where this machine keeps its desk keys; `progress` is called with the minutes told and the total.
    Raises RuleError where the log is there already. What fails half way leaves nothing behind.
    """
    path = folder / LOG
    evening = Evening(path, settings, progress)
    try:
        for beats in (before.tell, during.tell, afterwards.tell):
            beats(evening)
        evening.at(END)
        purge_all(evening.log)
    except BaseException:
        evening.log.close()
        for leftover in (path, Path(f"{path}-wal"), Path(f"{path}-shm"), Path(f"{path}.lock")):
            leftover.unlink(missing_ok=True)
        raise
    return evening["venue"]
