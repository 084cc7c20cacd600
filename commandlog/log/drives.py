"""Whether a folder is on a network drive, where locks are not kept and a log can be damaged, or no disk at all."""

import ctypes
import os
import sys
from pathlib import Path

_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ncpfs", "9p", "fuse.sshfs", "fuse.davfs", "webdav", "afpfs"}
_MEMORY = {"tmpfs", "ramfs", "devtmpfs"}
_WINDOWS_REMOTE = 4  # GetDriveType: DRIVE_REMOTE


def is_network_drive(folder: Path) -> bool:
    """Whether `folder` is on a network drive; False where the system cannot tell."""
    if sys.platform == "win32":
        drive = folder.resolve().drive
        return drive.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(f"{drive}\\") == _WINDOWS_REMOTE
    return _file_system(os.path.realpath(folder)) in _NETWORK


def is_in_memory(folder: Path) -> bool:
    """Whether what is in `folder` is gone when the power fails; False where the system cannot tell."""
    return _file_system(os.path.realpath(folder)) in _MEMORY


def _file_system(folder: str) -> str:
    """Return the type of the mount that holds `folder`, from the kernel's table; empty where there is none."""
    try:
        mounts = [line.split(" ") for line in Path("/proc/mounts").read_text("utf-8", "replace").splitlines()]
    except OSError:
        return ""
    points = [(fields[1].replace("\\040", " "), fields[2]) for fields in mounts if len(fields) > 2]
    holding = [(len(point), kind) for point, kind in points if f"{folder}/".startswith(f"{point.rstrip('/')}/")]
    return max(holding, default=(0, ""))[1]
