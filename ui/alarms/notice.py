"""A notice on the system's own desktop, where it has such a thing and the program is not in front."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QSystemTrayIcon

from commandlog.language import ngettext
from commandlog.model.harmless import visible
from commandlog.views.alarms import AlarmLine

LONG = 10_000  # milliseconds for which it is shown


class Notice(QObject):
    """Says that an alarm came up, and what it is called: never what is in the log."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tray: QSystemTrayIcon | None = None

    def tell(self, new: list[AlarmLine]) -> None:
        """Say that alarms came up, unless somebody is looking at the program."""
        if QApplication.activeWindow() is not None or not self._is_there():
            return
        first = visible(new[0].name)
        more = len(new) - 1
        text = ngettext("{alarm}, and {n} more", "{alarm}, and {n} more", more).format(alarm=first, n=more)
        self._shown().showMessage("CommandLog", text if more else first, QSystemTrayIcon.MessageIcon.Warning, LONG)

    def hide(self) -> None:
        """Take the program's mark off the system's desktop."""
        if self._tray is not None:
            self._tray.hide()

    @staticmethod
    def _is_there() -> bool:
        return QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages()

    def _shown(self) -> QSystemTrayIcon:
        if self._tray is None:
            style = QApplication.style()
            self._tray = QSystemTrayIcon(style.standardIcon(style.StandardPixmap.SP_MessageBoxWarning), self)
            self._tray.setToolTip("CommandLog")
        self._tray.show()
        return self._tray
