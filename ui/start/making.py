"""What the start window does beside itself: open a log to see that it can be, begin one, tell the demo evening."""

import contextlib
from pathlib import Path

from commandlog.demo import LOG, tell
from commandlog.language import _
from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.model import scenario
from commandlog.model.covenant import Covenant, spoken
from commandlog.model.errors import RuleError, Unavailable
from commandlog.verbs.events import open_event

SUFFIX = ".clog"


def known_scenarios() -> list[tuple[str, str]]:
    """Return the scenarios that come with the program: name and title."""
    return [(name, spoken(scenario.load(name).name)) for name in scenario.scenarios()]


def begin(name_or_path: str, file: Path) -> Path:
    """Begin an event under a scenario; returns its log. Raises CommandLogError where it cannot be begun."""
    covenant: Covenant = scenario.load(name_or_path)
    if not file.suffix:
        file = file.with_suffix(SUFFIX)
    make_folder(file.parent)
    open_event(file, covenant, settings_folder()).log.close()
    return file


def looked_at(file: Path) -> Path:
    """Return a log's file where it can be opened and shows whose event it is; raises CommandLogError where not."""
    if file.is_dir():
        raise RuleError(_("{file} is a folder: choose the log in it.").format(file=file))
    with Log(file, reading=True) as log:
        log.covenant()
    return file


def demo_evening(folder: Path) -> Path:
    """Return the log of the demo evening in a folder, told now where it is not there yet."""
    file = folder / LOG
    if file.exists():
        return file
    make_folder(folder)
    tell(folder, settings_folder()).log.close()
    return file


def make_folder(folder: Path) -> None:
    """Make a folder where it is not there yet; raises Unavailable where it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        told = _("The folder {folder} cannot be made: {error}.")
        raise Unavailable(told.format(folder=folder, error=error.strerror or error)) from error


def home() -> Path:
    """Return where new logs are proposed to lie: the user's documents, else the home folder."""
    with contextlib.suppress(RuntimeError):
        for name in ("Documents", "Documenten"):
            if (found := Path.home() / name).is_dir():
                return found / "CommandLog"
        return Path.home() / "CommandLog"
    return Path.cwd()
