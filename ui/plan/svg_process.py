"""The process that paints a drawing from outside: SVG in, PNG out (see `foreign.py`).

It is run as a file of its own and imports nothing of this program. Argument: the longest side in pixels.
"""

import sys
from contextlib import suppress

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSizeF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgRenderer

MEMORY = 1 << 31  # bytes


def confine() -> None:
    """Give up what painting does not need, where the system can forbid it."""
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    for name, limit in (("CPU", 20), ("AS", MEMORY), ("CORE", 0), ("FSIZE", 0), ("NPROC", 0)):
        with suppress(OSError, ValueError, AttributeError):
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (limit, limit))


def main() -> int:
    """Read a drawing, write its picture; returns the exit code."""
    side = int(sys.argv[1])
    application = QGuiApplication(sys.argv[:1])
    content = sys.stdin.buffer.read()
    confine()
    renderer = QSvgRenderer(QByteArray(content))
    size = QSizeF(renderer.viewBoxF().size())
    if not renderer.isValid() or size.isEmpty():
        return 9
    size.scale(side, side, Qt.AspectRatioMode.KeepAspectRatio)
    image = QImage(size.toSize(), QImage.Format.Format_RGB32)
    if image.isNull():
        return 9
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    out = QBuffer()
    out.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(out, QByteArray(b"PNG")).write(image)
    sys.stdout.buffer.write(bytes(out.data().data()))
    sys.stdout.buffer.flush()
    application.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
