"""What a reader made of the plan of a log: a picture of the venue, and areas drawn on it.

It is kept on this machine beside the other settings, not in the log: a picture of a venue is nobody's report.
"""

import os
from pathlib import Path

import msgspec

from commandlog.log.keys import settings_folder

OWN, PICTURE = "own", "picture"  # which ground an area was drawn on
Rings = list[list[tuple[float, float]]]


class Kept(msgspec.Struct, frozen=True):
    """Areas by ground and code of place, and whether there is a picture (that is shown)."""

    areas: dict[str, dict[str, Rings]] = {}
    picture: bool = False

    @property
    def ground(self) -> str:
        """The ground that is shown."""
        return PICTURE if self.picture else OWN

    def drawn(self) -> dict[str, Rings]:
        """The areas that were drawn on the ground that is shown."""
        return self.areas.get(self.ground, {})

    def with_area(self, code: str, rings: Rings) -> "Kept":
        """Return this with an area for a place, or without one."""
        mine = {**self.drawn(), code: rings}
        if not rings:
            mine.pop(code)
        return msgspec.structs.replace(self, areas={**self.areas, self.ground: mine})


def read_kept(log_id: bytes) -> Kept:
    """Return what was kept for a log; nothing where there is nothing that can be read."""
    try:
        return msgspec.json.decode(_file(log_id, ".json").read_bytes(), type=Kept)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return Kept()


def keep(log_id: bytes, kept: Kept) -> bool:
    """Keep it; returns whether the disk took it."""
    return _written(_file(log_id, ".json"), msgspec.json.encode(kept))


def read_picture(log_id: bytes) -> bytes:
    """Return the picture of a log's venue, nothing where there is none."""
    try:
        return _file(log_id, ".png").read_bytes()
    except OSError:
        return b""


def keep_picture(log_id: bytes, png: bytes) -> bool:
    """Keep a picture that was made harmless; returns whether the disk took it."""
    return _written(_file(log_id, ".png"), png)


def _written(file: Path, content: bytes) -> bool:
    part = file.with_suffix(f"{file.suffix}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(handle, "wb") as out:  # noqa: PTH123 - the handle has its rights already
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except OSError:
        return False
    return True


def _file(log_id: bytes, suffix: str) -> Path:
    return settings_folder() / "plans" / f"{log_id.hex()}{suffix}"
