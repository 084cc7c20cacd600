"""Whether a window can be shown here at all. Qt ends the program where it cannot, so this is asked before.

Imports nothing of Qt before it is known that it can be loaded.
"""

import ctypes
import os
import socket
import sys
from importlib.util import find_spec
from pathlib import Path

from commandlog.language import _

PACKAGES = (
    "libegl1 libgl1 libfontconfig1 libdbus-1-3 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1"
    " libxcb-shape0 libxcb-image0 libxcb-render-util0 libxcb-xkb1"
)
"""The Debian packages that Qt's window needs on Linux; docs/desk.md lists them."""


def why_not() -> str:
    """Return why no window can be shown on this machine, in one sentence; empty where it can."""
    if not sys.platform.startswith("linux"):
        return ""
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    if not chosen and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return _("There is no screen here. `commandlog timeline FILE` shows the log as text.")
    try:
        import PySide6.QtWidgets  # noqa: F401 - loading it is the question
    except ImportError as error:
        return _lacks(str(error))
    if chosen in ("", "xcb") and os.environ.get("DISPLAY"):
        found = find_spec("PySide6")
        plugin = Path(found.origin or "").parent / "Qt" / "plugins" / "platforms" / "libqxcb.so" if found else Path()
        try:
            ctypes.CDLL(str(plugin))
        except OSError as error:
            return _lacks(str(error))
    if chosen in ("", "xcb", "wayland") and not (_x_answers() or _wayland_answers()):
        named = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
        told = _("The screen {name} does not answer. `commandlog timeline FILE` shows the log as text.")
        return told.format(name=named)
    return ""


def _x_answers() -> bool:
    """Whether the X server that DISPLAY names lets this program in; Qt's own library asks, so cookies count too."""
    if not os.environ.get("DISPLAY"):
        return False
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # Qt will say itself what it lacks
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_int)]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    wrong = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return not wrong


def _wayland_answers() -> bool:
    """Whether something listens at the socket that WAYLAND_DISPLAY names."""
    name = os.environ.get("WAYLAND_DISPLAY", "")
    path = Path(os.environ.get("XDG_RUNTIME_DIR", "/")) / name
    if not name or not path.exists():
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(1)
        try:
            asking.connect(str(path))
        except OSError:
            return False
    return True


def _lacks(why: str) -> str:
    told = _(
        "The window needs a library that is not here ({why}). On Debian or Ubuntu: sudo apt-get install {packages}"
    )
    return told.format(why=" ".join(why.split())[:200], packages=PACKAGES)
