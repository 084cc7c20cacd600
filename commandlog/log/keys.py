"""Desk keys: they live in the machine's settings, so that a log opened on another machine becomes another desk."""

import contextlib
import errno
import os
from pathlib import Path

import platformdirs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from commandlog.language import _
from commandlog.log.files import sync_folder
from commandlog.model.errors import Unavailable


def settings_folder() -> Path:
    """Return where this machine keeps its settings; COMMANDLOG_SETTINGS names another folder."""
    named = os.environ.get("COMMANDLOG_SETTINGS")
    return Path(named) if named else platformdirs.user_config_path("commandlog", appauthor=False)


def desk_key(settings: Path, log_id: bytes, party: str) -> Ed25519PrivateKey:
    """Return this machine's key for a party's desk in a log, made at first use and readable by its user alone.

    Raises Unavailable where the settings folder cannot be written.
    """
    path = settings / "desks" / log_id.hex() / f"{party.encode().hex()}.key"
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                _write_once(path, Ed25519PrivateKey.generate().private_bytes_raw())
            _keep_name(path)
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    except (OSError, ValueError) as error:
        raise Unavailable(
            _(
                "The key of this desk cannot be kept in {folder}: {error}."
                " Make the folder writable, or name another in COMMANDLOG_SETTINGS."
            ).format(folder=path.parent, error=error)
        ) from error


def _write_once(path: Path, data: bytes) -> None:
    """Put a file in place whole or not at all; two processes that race for it end up with the same one."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        _write_whole(part, data)
        try:
            os.link(part, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            if path.exists():
                raise FileExistsError(path) from None
            part.rename(path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _write_whole(path: Path, data: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    try:
        if os.write(fd, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(fd)
    finally:
        os.close(fd)


def _keep_name(path: Path) -> None:
    """See to it that a power cut does not take the key away, and with it make this another desk."""
    try:
        for folder in list(path.parents)[:4]:  # the log's, all desks', the settings, and what they lie in
            sync_folder(folder)
    except OSError:
        path.unlink(missing_ok=True)
        raise
