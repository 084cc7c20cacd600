"""The covenant: who does what, whom to call, who may what; found by typing, copied as text."""

import re

from PySide6.QtCore import QEvent, QModelIndex, QObject, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QGuiApplication, QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from commandlog.language import _
from commandlog.model.covenant import Covenant
from commandlog.model.harmless import visible
from commandlog.model.mandates import plain

from ..room import Room
from ..theme import Theme
from ..window.search import SearchField
from .model import Sheet, matching
from .painting import BESIDE, CellPainter
from .sections import sections


class CovenantScreen(QWidget):
    """The sections at the left, the chosen one as a table; typing searches all of them."""

    def __init__(self, room: Room, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.room, self.session, self.theme = room, room.session, room.theme
        self.covenant: Covenant = self.session.covenant
        self._words: list[str] = []
        self._build()
        self._fill()
        self.session.advanced.connect(self._advance)
        self.theme.changed.connect(self._dress)
        self._dress()

    def _build(self) -> None:
        self.title = QLabel(self)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.search = SearchField(self)
        self.search.setPlaceholderText(_("Type to find a name, a place, an article …"))
        self.search.textChanged.connect(self._look_for)
        self.search.left.connect(self._to_table)
        self.nav = QListWidget(self)
        self.nav.setFrameShape(QFrame.Shape.NoFrame)
        self.nav.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.nav.setAccessibleName(_("Sections of the covenant"))
        self.nav.currentRowChanged.connect(self._show)
        self.table = QTableView(self)
        self.table.setFrameShape(QFrame.Shape.NoFrame)
        self.table.setWordWrap(True)
        self.table.setShowGrid(False)
        self.painter = CellPainter(self.theme, self.table)
        self.table.setItemDelegate(self.painter)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.setTabKeyNavigation(False)
        self.table.installEventFilter(self)
        self.table.viewport().installEventFilter(self)
        self.nav.installEventFilter(self)
        self.empty = QLabel(self)
        self.empty.setTextFormat(Qt.TextFormat.PlainText)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.hide()
        self.head = QHBoxLayout()
        self.head.addWidget(self.title, 1)
        self.head.addWidget(self.search, 1)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.empty)
        right.addWidget(self.table, 1)
        below = QHBoxLayout()
        below.setSpacing(0)
        below.addWidget(self.nav)
        below.addLayout(right, 1)
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(0, 0, 0, 0)
        self.box.setSpacing(0)
        self.box.addLayout(self.head)
        self.box.addLayout(below, 1)
        self.setFocusProxy(self.nav)

    def _dress(self) -> None:
        theme = self.theme
        self.title.setFont(theme.strong)
        self.head.setContentsMargins(theme.px(16), theme.px(8), theme.px(12), theme.px(8))
        self.table.horizontalHeader().setFont(theme.small)
        self.table.horizontalHeader().setMinimumHeight(theme.px(28))
        widest = max(self.nav.fontMetrics().horizontalAdvance(one.title) for one in self.sections)
        self.nav.setFixedWidth(widest + theme.px(64))
        self.table.horizontalHeader().setStyleSheet(_HEAD.format(**theme_tokens(theme)))
        self.nav.setStyleSheet(f"QListWidget::item {{ padding-left: {theme.px(12)}px; }}")
        for row in range(self.nav.count()):
            self.nav.item(row).setSizeHint(QSize(10, theme.px(34)))
        self._fit()

    def _fill(self) -> None:
        """Take in the covenant as it holds."""
        self.covenant = self.session.covenant
        self.sections = sections(self.covenant)
        self.sheets = [Sheet(one, self) for one in self.sections]
        until = self.covenant.valid_until
        told = _("valid until {day}").format(day=until) if until else ""
        parts = (_("Covenant"), visible(told))
        self.title.setText(" · ".join(part for part in parts if part))
        row = max(0, self.nav.currentRow())
        self.nav.clear()
        for one in self.sections:
            QListWidgetItem(one.title, self.nav)
        self.nav.setCurrentRow(row)
        self._count()

    def _advance(self, _moment: object) -> None:
        if self.session.covenant is not self.covenant and self.session.covenant != self.covenant:
            self._fill()
            self._dress()

    # -- looking -------------------------------------------------------------------------------------------------------

    def _look_for(self, text: str) -> None:
        self._words = plain(text).split()
        found = [len(matching(one, self._words)) for one in self.sections]
        self._count()
        row = max(0, self.nav.currentRow())
        if self._words and not found[row] and any(found):
            self.nav.setCurrentRow(next(n for n, count in enumerate(found) if count))
        else:
            self._show(row)

    def _count(self) -> None:
        """Say beside each section how much of it is found."""
        for row, one in enumerate(self.sections):
            count = len(matching(one, self._words))
            self.nav.item(row).setText(
                f"{one.title}  {count}" if self._words or one is self.sections[-1] else one.title
            )
            self.nav.item(row).setForeground(
                self.theme.colour("muted") if self._words and not count else self.theme.colour("text")
            )

    def _show(self, row: int) -> None:
        if not 0 <= row < len(self.sheets):
            return
        sheet = self.sheets[row]
        sheet.look_for(self._words)
        if self.table.model() is not sheet:
            self.table.setModel(sheet)
            self.table.setAccessibleName(sheet.section.title)
        nothing = not sheet.rows
        told = _("Nothing here has these words.") if self._words else sheet.section.empty
        self.empty.setText(told)
        self.empty.setVisible(nothing)
        self.table.setVisible(not nothing)
        self._fit()

    def _fit(self) -> None:
        """Share the width out among the columns; each row is as high as its text needs."""
        sheet = self.table.model()
        if not isinstance(sheet, Sheet) or not self.isVisible():
            return
        theme, widths = self.theme, sheet.section.widths
        room = self.table.viewport().width()
        left = room
        for column, width in enumerate(widths):
            share = room * width // sum(widths) if column < len(widths) - 1 else left
            size = max(share, self._needed(sheet, column))
            self.table.setColumnWidth(column, size)
            left -= size
        for row, cells in enumerate(sheet.rows):
            heights = [self.painter.height(cell, self.table.columnWidth(n), n) for n, cell in enumerate(cells) if cell]
            self.table.setRowHeight(row, max(heights, default=theme.px(28)))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Share the width out, which is known only now."""
        super().showEvent(event)
        self._fit()

    def _needed(self, sheet: Sheet, column: int) -> int:
        """Return how wide a column must be so that no word is broken, unless it is very long."""
        metrics = QFontMetricsF(self.theme.strong if column == 0 else self.theme.font)
        words = {word for row in sheet.section.rows for word in _SPACE.split(row[column])} | {
            sheet.section.heads[column]
        }
        longest = max((metrics.horizontalAdvance(word) for word in words), default=0)
        return round(min(longest, self.theme.px(240))) + 2 * self.theme.px(BESIDE) + 2

    # -- hands ---------------------------------------------------------------------------------------------------------

    def _to_table(self) -> None:
        (self.table if self.table.isVisible() else self.nav).setFocus()
        if self.table.isVisible() and not self.table.currentIndex().isValid():
            self.table.selectRow(0)

    def copy(self) -> None:
        """Copy the chosen rows as text, a tab between cells; all rows where none is chosen."""
        sheet = self.table.model()
        if not isinstance(sheet, Sheet):
            return
        chosen = sorted({index.row() for index in self.table.selectedIndexes()}) or range(len(sheet.rows))
        lines = ["\t".join(visible(cell.replace("\n", "; ")) for cell in sheet.rows[row]) for row in chosen]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Right leads into the table, Left and Esc back; letters search; Ctrl+C copies. A new width is shared out."""
        if event.type() == QEvent.Type.Resize and watched is self.table.viewport():
            self._fit()
            return False
        if not isinstance(event, QKeyEvent) or event.type() not in (
            QEvent.Type.KeyPress,
            QEvent.Type.ShortcutOverride,
        ):
            return False
        letter = event.text() if event.text().isprintable() and event.text().strip() and not _held(event) else ""
        copying = event.matches(QKeySequence.StandardKey.Copy)
        if event.type() == QEvent.Type.ShortcutOverride:
            if copying or (letter and letter not in "/?"):
                event.accept()
                return True
            return False
        if copying:
            self.copy()
        elif letter and letter not in "/?":
            self.search.setFocus()
            self.search.insert(letter)
        elif watched is self.nav and event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._to_table()
        elif watched is self.table and event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Escape):
            self.table.setCurrentIndex(QModelIndex())
            self.nav.setFocus()
        elif watched is self.nav and event.key() == Qt.Key.Key_Escape and self.search.text():
            self.search.clear()
        else:
            return False
        return True


_SPACE = re.compile(r"[ \n]+")
_HEAD = (
    "QHeaderView {{ background: {ground}; border: none; }}"
    " QHeaderView::section {{ background: {ground}; color: {muted}; border: none; border-bottom: 1px solid {rule};"
    " padding: {beside}px {beside}px {beside}px {left}px; }}"
)


def theme_tokens(theme: Theme) -> dict[str, str]:
    """Return what the heads of columns look like."""
    colours = {name: theme.colour(name).name() for name in ("ground", "muted", "rule")}
    return {**colours, "beside": str(theme.px(BESIDE - 3)), "left": str(theme.px(BESIDE) - 1)}


def _held(event: QKeyEvent) -> bool:
    return bool(event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier))
