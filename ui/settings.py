"""The settings of the window on this machine: each declared once, with its kind, its default and what it is called.

They lie in one file beside the keys. The file is replaced whole; one that cannot be read is kept beside, under another
name, and the defaults hold. Nothing of a log is in it but where logs lie and what they are called.
"""

import contextlib
import os
import time
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_type_hints

import msgspec
from msgspec import Meta, Struct
from PySide6.QtCore import QObject, Signal

from commandlog.language import _, marked
from commandlog.log.files import sync_folder
from commandlog.log.keys import settings_folder

from .theme import SIZES

FILE = "window.json"
MOST_RECENT = 12


class Recent(Struct, frozen=True):
    """A log that was open here: where it lies, what the event is called, when it was opened last (seconds UTC).

    `shared`: it is this desk's copy of a shared log.
    """

    path: str
    name: str = ""
    opened: float = 0
    shared: bool = False


def _told(label: str, *choices: tuple[Any, str]) -> Meta:
    """Return what the settings page says of a setting, and what it may be."""
    return Meta(extra={"label": label, "choices": choices})


_MINUTES = ((1, "1"), (2, "2"), (5, "5"), (10, "10"), (15, "15"), (30, "30"), (60, "60"))

Look = Annotated[str, _told(marked("Look"), ("dark", marked("Dark")), ("light", marked("Light")))]
Percent = Annotated[int, _told(marked("Text size"), *((one, f"{one} %") for one in SIZES))]
Language = Annotated[
    str, _told(marked("Language"), ("", marked("As the system")), ("nl", "Nederlands"), ("en", "English"))
]
LockMinutes = Annotated[int, _told(marked("Lock after so many minutes without a key"), (0, marked("Never")), *_MINUTES)]
Sound = Annotated[bool, _told(marked("Sound of alarms"), (True, marked("On")), (False, marked("Off")))]
SnapshotMinutes = Annotated[
    int, _told(marked("Save a snapshot on paper every so many minutes"), (0, marked("Never")), *_MINUTES)
]


class Kept(Struct, frozen=True):
    """All settings. Those with a label are on the settings page; the others the window remembers by itself.

    `snapshot_folder` is empty for a folder beside the log. `geometry` is what Qt gives, as hexadecimal digits, and
    `splitters` are the sizes of panes by name.
    """

    look: Look = "dark"
    percent: Percent = 100
    language: Language = ""
    lock_minutes: LockMinutes = 0
    sound: Sound = True
    snapshot_minutes: SnapshotMinutes = 0
    snapshot_folder: str = ""
    geometry: str = ""
    splitters: dict[str, tuple[int, ...]] = {}
    recent: tuple[Recent, ...] = ()


class Setting(NamedTuple):
    """A setting as the settings page shows it: its name in `Kept`, what it is called, and (value, text) of choices."""

    name: str
    label: str
    choices: tuple[tuple[Any, str], ...]


def declared() -> list[Setting]:
    """Return the settings that a person chooses, in their order."""
    return [
        Setting(name, meta.extra["label"], meta.extra["choices"])
        for name, hint in get_type_hints(Kept, include_extras=True).items()
        for meta in getattr(hint, "__metadata__", ())
    ]


class Settings(QObject):
    """What holds now. `change` keeps it at once; `changed` tells."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.trouble = ""
        self.now = self._read()

    def change(self, **values: Any) -> None:
        """Change some of them. Others that another window has changed meanwhile stay as that one left them."""
        self.now = msgspec.structs.replace(self._read(), **values)
        self._write()
        self.changed.emit()

    def opened(self, path: Path, name: str, *, shared: bool = False) -> None:
        """Remember a log as the one opened last."""
        whole = str(path.absolute())
        others = [one for one in self._read().recent if one.path != whole]
        self.change(recent=(Recent(whole, name, time.time(), shared), *others)[:MOST_RECENT])

    def forget(self, path: str) -> None:
        """Take a log off the list of recent ones."""
        self.change(recent=tuple(one for one in self._read().recent if one.path != path))

    def _read(self) -> Kept:
        """Return what the file says; what cannot be read is kept beside it."""
        file = settings_folder() / FILE
        try:
            return _sensible(msgspec.json.decode(file.read_bytes(), type=Kept))
        except FileNotFoundError:
            return Kept()
        except (msgspec.MsgspecError, UnicodeDecodeError):
            beside = file.with_name(f"{FILE}.damaged")
            with contextlib.suppress(OSError):
                file.replace(beside)
            told = _("The settings of the window could not be read: the defaults hold now. The old ones are in {file}.")
            self.trouble = told.format(file=beside)
        except OSError as error:
            self.trouble = _("The settings of the window cannot be read ({error}): the defaults hold now.").format(
                error=error.strerror or error
            )
        return Kept()

    def _write(self) -> None:
        try:
            keep_file(
                settings_folder() / FILE, msgspec.json.format(msgspec.json.encode(self.now), indent=2), wait=False
            )
        except OSError as error:
            self.trouble = _("The settings of the window cannot be kept ({error}).").format(
                error=error.strerror or error
            )


def _sensible(kept: Kept) -> Kept:
    """Return settings of which each is one of its choices."""
    wrong = {
        one.name: getattr(Kept(), one.name)
        for one in declared()
        if getattr(kept, one.name) not in [value for value, _text in one.choices]
    }
    return msgspec.structs.replace(kept, **wrong) if wrong else kept


def keep_file(file: Path, data: bytes, *, wait: bool = True) -> None:
    """Put a file of the machine's settings in place, whole or not at all, readable by its user alone.

    With `wait` it is on the disk afterwards, which the window has no time for. Raises OSError where the disk refuses;
    what was there before is there still.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.{os.getpid()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with open(handle, "wb") as out:  # noqa: PTH123 - the handle has its rights already
            out.write(data)
            out.flush()
            if wait:
                os.fsync(out.fileno())
        part.replace(file)
        if wait:
            sync_folder(file.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
