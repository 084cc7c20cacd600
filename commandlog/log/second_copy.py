"""Beginning the second copy of a log, and bringing it up to date after a command."""

import os
from pathlib import Path

from commandlog.language import _
from commandlog.log.carrying import agree
from commandlog.log.copy_setting import CopySetting
from commandlog.log.copying import CopyState, Follower, belongs
from commandlog.log.drives import is_network_drive
from commandlog.log.files import failures
from commandlog.log.making import making
from commandlog.log.mark import COPY, Mark, become
from commandlog.log.store import Log
from commandlog.model.errors import CommandLogError, RuleError, Unavailable

AFTER_COMMAND = 0.2  # seconds that a command spends on the copy after its own work


def begin_copy(log: Log, folder: Path) -> Path:
    """Begin a second copy of a log in a folder, or take up the one that is there; returns its file.

    It is empty until a Follower has been at it. Raises RuleError (no such folder, the log's own, a network drive,
    another file of that name) or Unavailable; nothing is left behind then, and nothing that is there is changed.
    """
    file = folder.absolute() / log.path.name
    with failures(folder):
        if not folder.is_dir():
            raise RuleError(_("There is no folder {folder}: make it first.").format(folder=folder))
        if folder.samefile(log.path.parent):
            raise RuleError(
                _("{folder} is the folder of the log itself: choose one on another disk.").format(folder=folder)
            )
        if is_network_drive(folder):
            raise RuleError(
                _(
                    "{folder} is on a network drive, where a second copy can be damaged: choose another disk of this"
                    " machine, or make backups there (`commandlog backup`)."
                ).format(folder=folder)
            )
        if os.path.lexists(file):
            _take_up(log, file)
            return file
    with making(file) as part, Log(part, clock=log.clock, create=True) as copy, copy.writing():
        become(copy.db, log.id, log.branch, Mark(COPY, log.path.name, log.clock()))
    return file


def _take_up(log: Log, file: Path) -> None:
    """Raise RuleError where a file is not the second copy of this log, or has come to differ from it."""
    refused = _("{file} is there already, and is not the second copy of this log: choose another folder.")
    try:
        with Log(file) as copy:
            belongs(copy, log)
            agree(log, copy)
    except Unavailable:
        raise
    except CommandLogError as error:
        raise RuleError(refused.format(file=file)) from error


def same_disk(log: Log, file: Path) -> bool:
    """Whether a copy lies on the disk of its log, and is lost with it."""
    return file.parent.stat().st_dev == log.path.parent.stat().st_dev


def bring_up_to_date(log: Log, settings: Path, seconds: float = AFTER_COMMAND) -> CopyState | None:
    """Bring the second copy that this machine keeps of a log up to date, within so many seconds; None without one.

    Raises Unavailable where it is not known whether there is to be one.
    """
    setting = CopySetting(settings, log)
    file = setting.file()
    if file is None:
        return None
    with Follower(log, file, setting, clock=log.clock) as follower:
        return follower.step(seconds, patience=AFTER_COMMAND)
