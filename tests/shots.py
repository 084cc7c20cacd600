"""Every screen of the desk as a picture, from the demo evening at 21:22, always of the same size and letters.

    python -m tests.shots [--out DIR] [--language nl] [--sight]

Without `--out` they go to docs/screens. `--sight` makes the timeline and the board as well as people see them who have
no red, no green or no blue cones.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from commandlog_ui.app import main_window
from commandlog_ui.wall.opening import show_wall
from commandlog_ui.window.main import MainWindow
from commandlog_ui.window.palette import KeySheet, Palette
from commandlog_ui.window.screens import SCREENS
from PIL import Image
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from commandlog.demo import before, during
from commandlog.demo.clock import time
from commandlog.demo.evening import Evening
from commandlog.language import choose
from commandlog.log.store import Log
from tests import shots_settling, shots_shared

OUT = Path(__file__).parent.parent / "docs" / "screens"
SIZE = (1440, 900)
STOP = "21:22"  # in the middle of the evening: a level is raised, tasks are open and late
COLOURS = 128  # of a picture: they stay small, and nothing is seen of it
SETTLED = 400  # milliseconds until what is counted beside the window is there
SIGHTS = {
    "no-red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no-green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "no-blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""Linear RGB at severity 1.0: Machado, Oliveira and Fernandes, 2009, doi.org/10.1109/TVCG.2009.113."""


class _Far(Exception):
    """The evening is told as far as it is wanted."""


class _Until(Evening):
    def at(self, text: str) -> None:
        if time(text) >= time(STOP):
            super().at(STOP)
            raise _Far
        super().at(text)


def tell(folder: Path, settings: Path) -> Path:
    """Tell the evening as far as 21:22; returns the log."""
    evening = _Until(folder / "evening.clog", settings)
    try:
        before.tell(evening)
        during.tell(evening)
    except _Far:
        pass
    evening.log.close()
    return folder / "evening.clog"


@contextmanager
def standing_clock(text: str) -> Iterator[None]:
    """Let every log that is opened have the time of a moment of the evening."""
    usual = Log.__init__.__kwdefaults__
    known = dict(usual or {})
    Log.__init__.__kwdefaults__ = known | {"clock": lambda: time(text)}
    try:
        yield
    finally:
        Log.__init__.__kwdefaults__ = usual


def picture(widget: QWidget) -> Image.Image:
    """Return what a widget shows, in few colours."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    widget.grab().save(buffer, "PNG")
    image = Image.open(BytesIO(data.data())).convert("RGB")
    return image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def seen_by(image: Image.Image, sight: str) -> Image.Image:
    """Return a picture as somebody sees it who lacks one kind of cones."""
    rows, colours = SIGHTS[sight], image.getpalette() or []
    found: list[int] = []
    for at in range(0, len(colours), 3):
        light = [_light(one) for one in colours[at : at + 3]]
        found += [_value(sum(a * b for a, b in zip(row, light, strict=True))) for row in rows]
    seen = image.copy()
    seen.putpalette(found)
    return seen


def _light(value: int) -> float:
    part = value / 255
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _value(light: float) -> int:
    part = min(1.0, max(0.0, light))
    return round(255 * (part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055))


def shots(log: Path, look: str) -> Iterator[tuple[str, Image.Image]]:
    """Yield every screen by its name."""
    window = main_window(log, look=look)
    window.resize(*SIZE)
    window.show()
    QTest.qWaitForWindowExposed(window)
    QTest.qWait(3 * SETTLED)
    for name in (one for one in SCREENS if one not in shots_settling.SHARED):
        window.show_screen(name)
        if name == "timeline":
            window.timeline.view.go_to(window.timeline.view.entries().rowCount() - 6)
        QTest.qWait(SETTLED)
        yield name, picture(window)
    window.show_screen("timeline")
    for name, make in _BESIDE.items():
        yield name, picture(make(window))
    window.close()


def _typing(window: MainWindow) -> Any:
    QTest.keyClicks(window.entry.line, "21:20 Oog 2 poort F man filmt camera's #verdacht !urgent >politie voor 21:30")
    QTest.qWait(SETTLED)
    return window


def _asking(window: MainWindow) -> Any:
    window.entry.line.clear()
    QTest.keyClick(window.entry.line, Qt.Key.Key_Escape)
    view: Any = window.timeline.view
    model = view.entries()
    rows = range(model.rowCount() - 1, -1, -1)
    view.setFocus()
    view.go_to(next((row for row in rows if (line := model.line(row)) and line.kind == "report"), 0))
    QTest.keyClick(view, Qt.Key.Key_A)
    QTest.qWait(SETTLED)
    return window


def _keys(window: MainWindow) -> Any:
    window.asking.hide()
    sheet = KeySheet(window, window.actions_by_id, window.room)
    sheet.show()
    return sheet


def _palette(window: MainWindow) -> Any:
    palette = Palette(window, window.actions_by_id, window.room)
    palette.show()
    return palette


def _wall(window: MainWindow) -> Any:
    wall = show_wall(window, window.session, window.theme)
    wall.resize(1600, 900)
    QTest.qWait(3 * SETTLED)
    return wall


_BESIDE: dict[str, Callable[[MainWindow], Any]] = {
    "entry": _typing,
    "assess": _asking,
    "keys": _keys,
    "palette": _palette,
    "wall": _wall,
}


def main() -> int:
    """Make the pictures."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--out", type=Path, default=OUT)
    options.add_argument("--language", default="nl")
    options.add_argument("--sight", action="store_true", help="as people see them who lack one kind of cones, too")
    options.add_argument("--shared", action="store_true", help="only those of a shared log")
    given = options.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    choose(given.language)
    with tempfile.TemporaryDirectory() as name:
        settings = Path(name) / "settings"
        os.environ["COMMANDLOG_SETTINGS"] = str(settings)
        log = tell(Path(name), settings)
        member = shots_shared.member_file(log, Path(name))
        settling = shots_settling.share(log, Path(name))
        with standing_clock(STOP):
            for look in ("dark", "light"):
                for screen, window in shots_shared.shots(member, look, time(STOP)):
                    _save(picture(window), given.out / f"{screen}-{look}.png")
                for screen, widget in shots_settling.shots(settling, look):
                    _save(picture(widget), given.out / f"{screen}-{look}.png")
                if given.shared:
                    continue
                for screen, image in shots(log, look):
                    _save(image, given.out / f"{screen}-{look}.png")
                    if given.sight and screen in ("timeline", "board"):
                        for sight in SIGHTS:
                            _save(seen_by(image, sight), given.out / f"{screen}-{look}-{sight}.png")
    return 0


def _save(image: Image.Image, path: Path) -> None:
    image.save(path, optimize=True)
    print(f"{path}  {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    sys.exit(main())
