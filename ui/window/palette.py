"""Everything by name, and the sheet of keys: both are the table of actions, seen another way.

The palette also leads to places, units and parties (what happened there, or what they said), and to an entry by its
reference.
"""

from collections.abc import Callable
from typing import NamedTuple

from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QFont, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from commandlog.language import _, marked
from commandlog.model.covenant import spoken
from commandlog.model.errors import CommandLogError
from commandlog.model.mandates import plain
from commandlog.views.filters import Filter

from ..actions import ACTIONS
from ..room import Room

MOST = 60


class Target(NamedTuple):
    """Something that can be reached: what it is called, how it is told beside that, and what leads there."""

    name: str
    told: str
    run: Callable[[], object]


class Palette(QDialog):
    """Type a part of what you want, Enter does it."""

    def __init__(self, window: QWidget, actions: dict[str, QAction], room: Room) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Everything by name"))
        self.room = room
        self._targets = [Target(one.text(), _keys(one), one.trigger) for one in actions.values()] + _of_covenant(room)
        self._found: list[Target] = []
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(_("What do you want to do, or where do you want to look? (V1-42)"))
        self.field.setAccessibleName(_("Everything by name"))
        self.list = QListWidget(self)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName(_("What is found"))
        self.list.setSpacing(room.theme.px(2))
        self.list.setFrameShape(QListWidget.Shape.NoFrame)
        box = QVBoxLayout(self)
        box.addWidget(self.field)
        box.addWidget(self.list)
        self.field.textChanged.connect(self._show)
        self.list.itemActivated.connect(lambda _item: self._run())
        self.resize(room.theme.px(600), room.theme.px(440))
        self._show("")

    def _show(self, text: str) -> None:
        wanted = plain(text).split()
        named = [one for one in self._targets if all(word in plain(f"{one.name} {one.told}") for word in wanted)]
        begin = plain(text.strip())
        named.sort(key=lambda one: not (begin and plain(one.name).startswith(begin)))
        self._found = [*self._entry(text), *named][:MOST]
        self.list.clear()
        for one in self._found:
            QListWidgetItem(f"{one.name}    {one.told}" if one.told else one.name, self.list)
        self.list.setCurrentRow(0)

    def _entry(self, text: str) -> list[Target]:
        """Return the entry that a reference names."""
        if not any(map(str.isdigit, text)):
            return []
        try:
            position = self.room.session.log.find(text.strip())
        except CommandLogError:
            return []
        told = _("entry in the timeline")
        return [Target(text.strip().upper(), told, lambda: self.room.go_to.emit(position))]

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Choose with the arrows, do with Enter."""
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 10, Qt.Key.Key_PageUp: -10}
        if step := steps.get(Qt.Key(event.key())):
            self.list.setCurrentRow(max(0, min(self.list.count() - 1, self.list.currentRow() + step)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run()
        else:
            super().keyPressEvent(event)

    def _run(self) -> None:
        row = self.list.currentRow()
        self.accept()
        if 0 <= row < len(self._found):
            self._found[row].run()


def _of_covenant(room: Room) -> list[Target]:
    """Return what there is to look at: what happened at a place, what a unit or a party said."""
    covenant, me = room.session.covenant, room.session.party

    def look(**facet: str) -> Callable[[], None]:
        return lambda: room.look_at.emit(replace(Filter(reader=me), **facet))

    return [
        *(Target(spoken(one.name), _("place"), look(place=one.code)) for one in covenant.places),
        *(Target(one.callsign, _("call sign"), look(unit=one.callsign)) for one in covenant.units),
        *(Target(spoken(one.name), _("party"), look(party=one.code)) for one in covenant.parties),
        *(Target(spoken(one.name), _("category"), look(category=one.code)) for one in covenant.categories),
    ]


PLACES = (
    ("", marked("Everywhere")),
    ("list", marked("In a list of entries or tasks")),
    ("timeline", marked("In the timeline")),
    ("board", marked("On the board")),
)
LINE_KEYS = (
    ("Enter", marked("Store the line")),
    ("Tab", marked("Take what is offered")),
    ("Alt+1 … 9", marked("Correct a chip")),
    ("Alt+0", marked("An unknown voice reports it")),
    ("Alt+A … I", marked("Go on with a parked line")),
    ("↑ ↓", marked("Lines that were stored before")),
    ("Ctrl+V", marked("Paste a photo: it goes with the next entry")),
    ("Esc", marked("Back to the list; the text stays")),
)
LIST_KEYS = (
    ("Enter", marked("Read the entry in full")),
    ("Shift+↑ ↓", marked("Select several")),
    ("Shift+F10", marked("All that can be done with it")),
)


class KeySheet(QDialog):
    """All keys at a glance, by where they count, in two columns."""

    def __init__(self, window: QWidget, actions: dict[str, QAction], room: Room) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Keys"))
        self.theme = room.theme
        inside = QWidget(self)
        self._grid = QGridLayout(inside)
        self._grid.setHorizontalSpacing(room.theme.px(16))
        self._rows = [0, 0]
        groups = self._groups(actions)
        half = sum(len(lines) + 2 for _title, lines in groups) / 2
        for title, lines in groups:
            self._group(0 if self._rows[0] + len(lines) / 2 <= half else 1, title, lines)
        for column in (1, 4):
            self._grid.setColumnStretch(column, 1)
        self._grid.setColumnMinimumWidth(2, room.theme.px(24))
        self._grid.setRowStretch(max(self._rows), 1)
        area = QScrollArea(self)
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # the words wrap
        area.setAccessibleName(_("Keys"))
        box = QVBoxLayout(self)
        box.addWidget(area)
        self.resize(window.size() * 0.86)

    def _groups(self, actions: dict[str, QAction]) -> list[tuple[str, list[tuple[str, str]]]]:
        found = []
        known = {where for where, _name in PLACES}
        others = tuple((one.where, one.where) for one in ACTIONS if one.where not in known)
        for where, name in (*PLACES, *dict(others).items()):
            lines = [
                (_keys(actions[one.id]), actions[one.id].text())
                for one in ACTIONS
                if one.where == where and one.id in actions and one.keys
            ]
            if where == "list":
                lines += [(keys, _(text)) for keys, text in LIST_KEYS]
            title = actions[name].text() if name in actions else _(name)
            if lines:
                found.append((title, lines))
            if not where:
                found.append((_("In the entry line"), [(keys, _(text)) for keys, text in LINE_KEYS]))
        return found

    def _group(self, column: int, title: str, lines: list[tuple[str, str]]) -> None:
        """Put a group into a column, below what is there."""
        theme, row, at = self.theme, self._rows[column], column * 3
        self._grid.addWidget(self._label(title, theme.strong), row, at, 1, 2)
        for number, (keys, text) in enumerate(lines, start=row + 1):
            self._grid.addWidget(self._label(keys, theme.small), number, at)
            said = self._label(text, theme.font)
            said.setWordWrap(True)
            self._grid.addWidget(said, number, at + 1)
        self._grid.addWidget(self._label("", theme.small), row + 1 + len(lines), at)
        self._rows[column] = row + 2 + len(lines)

    def _label(self, text: str, font: QFont) -> QLabel:
        label = QLabel(text, self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setFont(font)
        return label


def _keys(action: QAction) -> str:
    return "  ".join(one.toString(QKeySequence.SequenceFormat.NativeText) for one in action.shortcuts())
