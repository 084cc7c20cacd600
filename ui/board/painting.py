"""Paints one task as a card: what is asked, by whom, where it stands, and how long there is still."""

from datetime import tzinfo
from itertools import pairwise
from typing import Any

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen, QTextLayout, QTextOption
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from commandlog.language import _
from commandlog.model.covenant import Covenant
from commandlog.model.harmless import visible
from commandlog.model.words import AWAITING_ANSWER, label
from commandlog.views.board import TaskLine
from commandlog.views.moments import local

from ..theme import Theme
from ..timeline.wording import span
from .model import TASK, AnyIndex

LINES = 3  # of what is asked


class CardPainter(QStyledItemDelegate):
    """The delegate of a lane. `now` is the time that countdowns are counted from (milliseconds UTC)."""

    def __init__(self, theme: Theme, covenant: Covenant, zone: tzinfo, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme, self.covenant, self.zone = theme, covenant, zone
        self.now = 0

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802 - Qt's name
        """Return the size of a card: as high as its text, up to three lines, and two lines beside it."""
        task: TaskLine = index.data(TASK)
        small = QFontMetricsF(self.theme.small).lineSpacing()
        lines = len(self._lines(task.text, self._room(option.rect.width())))
        high = self.theme.px(26) + small * 2 + QFontMetricsF(self.theme.font).lineSpacing() * lines
        return QSize(120, round(high))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint a card."""
        task: TaskLine = index.data(TASK)
        theme = self.theme
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        focus = selected and bool(option.state & QStyle.StateFlag.State_HasFocus)
        box = QRectF(option.rect).adjusted(theme.px(6), theme.px(4), -theme.px(6), -theme.px(4))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("focus" if focus else "rule"), 2 if focus else 1))
        painter.setBrush(theme.colour("selection" if selected else "raised"))
        painter.drawRoundedRect(box, theme.px(6), theme.px(6))
        urgency, meaning = self.pressing(task)
        painter.fillRect(QRectF(box.left(), box.top() + 4, 3, box.height() - 8), theme.colour(meaning))
        self._write(
            painter, box.adjusted(theme.px(10), theme.px(7), -theme.px(10), -theme.px(7)), task, urgency, meaning
        )
        painter.restore()

    def _write(self, painter: QPainter, box: QRectF, task: TaskLine, urgency: str, meaning: str) -> None:
        theme, name = self.theme, self.covenant
        small, large = QFontMetricsF(theme.small), QFontMetricsF(theme.font)
        who = "  ".join(
            part
            for part in (
                task.reference,
                _("from {party}").format(party=name.party_name(task.row.requester)),
                f"→ {task.row.unit}" if task.row.unit else "",
                name.place_name(task.row.place) if task.row.place else "",
            )
            if part
        )
        y = box.top() + small.ascent()
        painter.setFont(theme.small)
        painter.setPen(theme.colour("muted"))
        painter.drawText(QPointF(box.left(), y), small.elidedText(who, Qt.TextElideMode.ElideRight, box.width()))
        y = box.top() + small.lineSpacing() + large.ascent()
        painter.setFont(theme.font)
        painter.setPen(theme.colour("text"))
        for line in self._lines(task.text, box.width()):
            painter.drawText(QPointF(box.left(), y), line)
            y += large.lineSpacing()
        painter.setFont(theme.small)
        painter.setPen(theme.colour(meaning))
        base = box.bottom() - small.descent()
        by = self.until(task)
        wide = small.horizontalAdvance(urgency) + theme.px(8) + small.horizontalAdvance(by)
        by = by.split()[-1] if by and wide > box.width() else by  # the time alone where the words do not fit
        room = box.width() - (small.horizontalAdvance(by) + theme.px(8) if by else 0)
        painter.drawText(QPointF(box.left(), base), small.elidedText(urgency, Qt.TextElideMode.ElideRight, room))
        painter.setPen(theme.colour("muted"))
        painter.drawText(QPointF(box.right() - small.horizontalAdvance(by), base), by)

    def pressing(self, task: TaskLine) -> tuple[str, str]:
        """Return where a task stands and how long there is still, in words, and what the colour of that means."""
        row, state = task.row, label(task.row.state)
        by = deadline(task)
        if row.orally:
            state = " · ".join((state, _("orally, to affirm")))
        if not task.is_open:
            return (f"✓ {state}", "good") if row.state == "confirmed" else (f"› {state}", "muted")
        if row.state == "done":
            return "◇ " + ", ".join((state, _("to confirm"))), "waiting"
        if not by:
            return (f"◇ {state}", "waiting") if row.state in AWAITING_ANSWER else (f"› {state}", "muted")
        left = by - (self.now or by)
        if left < 0:
            return " ".join(("!", _("late"), span(-left))), "late"
        return f"◇ {span(left)} · {state}", "waiting"

    def until(self, task: TaskLine) -> str:
        """Return the deadline that a task is under, in words; empty for none."""
        by = deadline(task)
        if not by:
            return ""
        what = _("answer by") if task.row.state in AWAITING_ANSWER else _("finish by")
        return f"{what} {local(by, self.zone):%H:%M}"

    def spoken(self, task: TaskLine) -> str:
        """Return a task as it is read aloud: its reference, from whom to whom, what is asked, where it stands."""
        name = self.covenant
        asked = f"{name.party_name(task.row.requester)} → {task.row.unit or name.party_name(task.row.assignee)}"
        urgency = self.pressing(task)[0].lstrip("◇✓›! ")
        parts = (task.reference, asked, " ".join(visible(task.text[:400]).split()), urgency, self.until(task))
        return ", ".join(part for part in parts if part)

    def _room(self, width: int) -> float:
        return max(60.0, width - self.theme.px(32))

    def _lines(self, text: str, room: float) -> list[str]:
        """Return a text broken into at most three lines, the last one cut with an ellipsis."""
        shown = " ".join(visible(text[:400]).split()) or " "
        layout = QTextLayout(shown, self.theme.font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        starts: list[int] = []
        while len(starts) <= LINES and (line := layout.createLine()).isValid():
            line.setLineWidth(room)
            starts.append(line.textStart())
        layout.endLayout()
        if len(starts) <= LINES:
            return [shown[a:b] for a, b in zip(starts, [*starts[1:], len(shown)], strict=True)]
        whole = [shown[a:b] for a, b in pairwise(starts[:LINES])]
        last: Any = QFontMetricsF(self.theme.font).elidedText(
            shown[starts[LINES - 1] :], Qt.TextElideMode.ElideRight, room
        )
        return [*whole, str(last)]


def deadline(task: TaskLine) -> int:
    """Return the deadline that a task is under now (milliseconds UTC), 0 for none."""
    if not task.is_open:
        return 0
    return task.row.answer_by if task.row.state in AWAITING_ANSWER else task.row.finish_by
