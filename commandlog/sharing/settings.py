"""What this machine knows of a shared log that it takes part in: where it is, and how it stood when last seen.

Where it is, and by which key the shared log proves itself, is kept durably. How it stood may be lost; it only says what
can be shown while there is no server.
"""

from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from commandlog.language import _
from commandlog.log.files import put_whole
from commandlog.log.member import Member
from commandlog.model.errors import Unavailable
from commandlog.sharing.address import Address

State = TypeVar("State", bound=Struct)


class Shared(Struct, frozen=True):
    """One desk's part in a shared log: the log's name, where it is, and the public key (hex) that signs its order."""

    name: str
    member: Member
    address: Address
    keeper_key: str = ""


class Settings:
    """This machine's settings for one desk of one shared log."""

    def __init__(self, settings: Path, log_id: bytes, desk: str) -> None:
        """`settings` is where this machine keeps its settings."""
        self.folder = settings / "shared"
        self._name = f"{log_id.hex()}-{desk}"

    def shared(self) -> Shared:
        """Return where the shared log is; raises Unavailable where this machine does not know (any more)."""
        path = self._path("json")
        try:
            return msgspec.json.decode(path.read_bytes(), type=Shared)
        except (OSError, msgspec.MsgspecError) as error:
            raise Unavailable(
                _(
                    "Where the shared log is cannot be read from {file}: ask for a new invitation and join again."
                ).format(file=path)
            ) from error

    def keep(self, shared: Shared) -> None:
        """Keep where the shared log is. Raises Unavailable where the settings cannot be written."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            put_whole(self._path("json"), msgspec.json.encode(shared), durable=True)
        except OSError as error:
            told = _("Where the shared log is cannot be kept in {folder}: {error}. Make the folder writable.")
            raise Unavailable(told.format(folder=self.folder, error=error.strerror or error)) from error

    def remember(self, state: Struct) -> None:
        """Remember how the shared log stands; what cannot be written is left."""
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            put_whole(self._path("state"), msgspec.json.encode(state), durable=False)

    def remembered(self, kind: type[State]) -> State | None:
        """Return how the shared log stood when it was last seen, None where that was lost."""
        with suppress(OSError, msgspec.MsgspecError):
            return msgspec.json.decode(self._path("state").read_bytes(), type=kind)
        return None

    def end(self) -> None:
        """Forget both."""
        for suffix in ("json", "state"):
            with suppress(OSError):
                self._path(suffix).unlink(missing_ok=True)

    def _path(self, suffix: str) -> Path:
        return self.folder / f"{self._name}.{suffix}"
