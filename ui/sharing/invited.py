"""What joining a shared log does beside the window: everything that waits for a server."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from PySide6.QtGui import QDropEvent

from commandlog.log.keys import settings_folder
from commandlog.model.errors import RuleError
from commandlog.sharing.joining.invitation import SUFFIX, Invitation

from ..start.making import make_folder


class PasswordWanted(RuleError):
    """This machine keeps no passwords: somebody has to choose one."""


class Wanted(NamedTuple):
    """What is to be joined, where its log is to lie, and the password that was chosen (empty: none was asked for)."""

    invitation: Invitation
    file: Path
    password: str


def join_log(wanted: Wanted, progress: Callable[[int], None]) -> Path:
    """Join a shared log; returns this desk's file of it. `progress` is told how many records have come.

    Raises CommandLogError where it cannot be joined, PasswordWanted where this machine keeps no passwords and none was
    chosen yet.
    """
    from commandlog.sharing.joining.joining import join  # with all that speaks to a server, which only joining needs

    def ask(question: str) -> str:
        if not wanted.password:
            raise PasswordWanted(question.strip().rstrip(":"))
        return wanted.password

    make_folder(wanted.file.parent)
    join(wanted.invitation, wanted.file, settings_folder(), ask, progress=progress)
    return wanted.file


def dropped(event: QDropEvent) -> Path | None:
    """Return the file of an invitation that is being dropped, None where it is something else."""
    urls = event.mimeData().urls()
    file = Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
    return file if file and file.suffix == SUFFIX else None
