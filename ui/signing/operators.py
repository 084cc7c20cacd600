"""Who may sign in on this machine, each with the hash of a PIN, in the machine's settings and never in a log.

A PIN says who wrote what; it protects no file. Guessing is slowed down: after each wrong PIN its operator waits, up to
half a minute from the fifth on, and starting the program again does not shorten that.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Struct
from msgspec.structs import replace

from commandlog.language import _, ngettext
from commandlog.log.keys import settings_folder
from commandlog.log.lock import Busy, FileLock
from commandlog.model.errors import RuleError, Unavailable

from ..settings import keep_file

FILE = "operators.json"
SHORTEST, LONGEST = 4, 8  # figures of a PIN
WAITS = (0, 1, 2, 5, 10, 30)  # seconds after so many wrong PINs; the last one for all that follow


class Operator(Struct, frozen=True):
    """An operator of a party. `wrong` PINs since the last right one, the last of them at `wrong_at` (seconds UTC)."""

    party: str
    name: str
    hash: str
    wrong: int = 0
    wrong_at: float = 0

    def waits(self, now: float) -> int:
        """Return how many seconds there are to wait before another PIN is looked at."""
        wait = WAITS[min(self.wrong, len(WAITS) - 1)]
        left = self.wrong_at + wait - now
        return 0 if left <= 0 else min(wait, int(left) + 1)  # a clock that was set back keeps nobody waiting for longer


class Operators:
    """The operators of this machine. Its methods take a tenth of a second each, as hashing should."""

    def __init__(self, clock: Callable[[], float] = time.time, hasher: PasswordHasher | None = None) -> None:
        self._clock, self._hasher = clock, hasher or PasswordHasher()

    def enrol(self, party: str, name: str, pin: str) -> None:
        """Take down a new operator. Raises RuleError for a PIN that is none and for a name that is there already."""
        name = name.strip()
        if not (pin.isascii() and pin.isdigit() and SHORTEST <= len(pin) <= LONGEST):
            raise RuleError(_("A PIN has {shortest} to {longest} figures.").format(shortest=SHORTEST, longest=LONGEST))
        hashed = self._hasher.hash(pin)
        with self._changing() as known:
            if _find(known, party, name):
                raise RuleError(_("{name} has a PIN here already.").format(name=name))
            known.append(Operator(party, name, hashed))

    def check(self, party: str, name: str, pin: str) -> str:
        """Return the operator's name as it was taken down, where the PIN is right.

        Raises RuleError where it is wrong, where one has to wait, and for somebody who has no PIN here.
        """
        now = self._clock()
        found = _find(read(), party, name)
        if found is None:
            raise RuleError(_("{name} has no PIN here yet.").format(name=name))
        if wait := found.waits(now):
            raise RuleError(_wait(wait))
        try:
            self._hasher.verify(found.hash, pin)
        except (VerificationError, InvalidHashError):
            self._wrong(found)
        if found.wrong:
            self._put(replace(found, wrong=0, wrong_at=0))
        return found.name

    def _wrong(self, found: Operator) -> None:
        """Count a wrong PIN, and say so."""
        now = replace(found, wrong=found.wrong + 1, wrong_at=self._clock())
        self._put(now)
        wait = now.waits(self._clock())
        raise RuleError(" ".join(part for part in (_("This PIN is wrong."), _wait(wait) if wait else "") if part))

    def _put(self, changed: Operator) -> None:
        with self._changing() as known:
            known[:] = [changed if (one.party, one.name) == (changed.party, changed.name) else one for one in known]

    @contextmanager
    def _changing(self) -> Iterator[list[Operator]]:
        """Change the list; another window that does so at the same time waits."""
        folder = settings_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder / f"{FILE}.lock", 5)
            try:
                with lock:
                    known = read()
                    yield known
                    keep_file(folder / FILE, msgspec.json.format(msgspec.json.encode(known), indent=2))
            finally:
                lock.close()
        except (OSError, Busy) as error:
            told = _("Who may sign in cannot be kept in {folder} ({error}).")
            raise Unavailable(told.format(folder=folder, error=error)) from error


def read() -> list[Operator]:
    """Return who may sign in on this machine; a file that cannot be read is kept beside, and nobody is known."""
    file = settings_folder() / FILE
    try:
        return msgspec.json.decode(file.read_bytes(), type=list[Operator])
    except OSError:
        return []
    except (msgspec.MsgspecError, UnicodeDecodeError):
        _put_aside(file)
        return []


def names(party: str) -> list[str]:
    """Return the names of a party's operators who have a PIN here, in alphabetical order."""
    return sorted((one.name for one in read() if one.party == party), key=str.casefold)


def knows(party: str, name: str) -> bool:
    """Whether somebody has a PIN here."""
    return _find(read(), party, name) is not None


def _find(known: list[Operator], party: str, name: str) -> Operator | None:
    wanted = name.strip().casefold()
    return next((one for one in known if one.party == party and one.name.casefold() == wanted), None)


def _put_aside(file: Path) -> None:
    try:
        file.replace(file.with_name(f"{FILE}.damaged"))
    except OSError:
        return


def _wait(seconds: int) -> str:
    told = ngettext("Wait {n} second, then try again.", "Wait {n} seconds, then try again.", seconds)
    return told.format(n=seconds)
