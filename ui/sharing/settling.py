"""What is to be settled by a person: conflicts, and what the shared log did not take."""

from collections.abc import Callable
from datetime import tzinfo

from PySide6.QtCore import QObject, QRectF, QSize
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

from commandlog.language import _, ngettext
from commandlog.log.store import Clock, Log
from commandlog.model.covenant import Covenant
from commandlog.model.harmless import visible
from commandlog.views.lines import Line
from commandlog.views.moments import since_when
from commandlog.views.settling import ConflictRow, RefusedRow, met, not_taken

from ..room import Room
from ..theme import Theme
from . import conflicts, refused
from .card import AnyIndex, CardPainter
from .listing import ListScreen

Settled = ConflictRow | RefusedRow
SHOWN = 400  # characters of a text that a card can ever show


class SettleScreen(ListScreen):
    """Conflicts first, then what was not taken. Enter begins to settle it."""

    def __init__(self, room: Room, parent: QWidget | None = None) -> None:
        self._words = CardWords(room.session.covenant, room.session.zone, room.session.log.clock)
        super().__init__(room, _("To settle"), self._words.spoken, parent)
        self.paint_by(SettlePainter(self.theme, self._words, self))
        keys = _("Enter: settle it, or write it again · L: leave it · →: to the entry · typing begins an entry")
        self.foot.setText(keys)

    def looking(self) -> Callable[[Log], tuple[int, list[Settled]]]:
        """Ask what is to be settled, and how much of it are conflicts."""
        moment, party = self.session.moment, self.session.party

        def work(log: Log) -> tuple[int, list[Settled]]:
            log.refresh()
            many, conflicting = met(log, moment, party)
            return many, [*conflicting, *not_taken(log, moment)]

        return work

    def come(self, found: tuple[int, list[Settled]]) -> None:
        """Show it; of very many conflicts, the newest."""
        many, rows = found
        lost = sum(isinstance(one, RefusedRow) for one in rows)
        parts = [
            ngettext("{n} conflict to settle", "{n} conflicts to settle", many).format(n=many) if many else "",
            ngettext("{n} entry not taken", "{n} entries not taken", lost).format(n=lost) if lost else "",
        ]
        self.head.setText("   ·   ".join(one for one in parts if one) or _("Nothing to settle"))
        nothing = _(
            "Nothing to settle. What two desks did at once, or the shared log did not take, comes here by itself."
        )
        self.show_rows(rows, nothing)

    # -- hands ---------------------------------------------------------------------------------------------------------

    def current(self) -> Line | None:
        """Return what the conflict is about: the deeds of lists act on it."""
        row = self.row()
        return conflicts.current(self.session, row) if isinstance(row, ConflictRow) else None

    def do_settle_it(self) -> None:
        """Ask how a conflict is settled; what was not taken goes back into the entry line."""
        row = self.row()
        if isinstance(row, ConflictRow):
            conflicts.settle(self.room, row)
        elif isinstance(row, RefusedRow):
            refused.leave(self.room, row)
            self.room.write_anew.emit(row.again)

    def do_leave_it(self) -> None:
        """What was not taken is left: somebody has seen to it."""
        row = self.row()
        if isinstance(row, RefusedRow):
            refused.leave(self.room, row)
        elif row is not None:
            self.room.told.emit(_("A conflict is settled with a word why: Enter."))

    def do_to_conflict(self) -> None:
        """Go to what the conflict is about, in the timeline."""
        if line := self.current():
            self.room.go_to.emit(line.entry)


class CardWords:
    """A row in words, with the names of a covenant."""

    def __init__(self, covenant: Covenant, zone: tzinfo, now: Clock) -> None:
        self.covenant, self.zone, self.now = covenant, zone, now

    def head(self, row: Settled) -> str:
        """Return what is the matter."""
        if isinstance(row, ConflictRow):
            return _("Another was first")
        return _("Not taken into the shared log")

    def when(self, row: Settled) -> str:
        """Return when it was written, and how people call it."""
        return "  ".join(
            part for part in (row.reference, since_when(row.at, self.now(), self.zone, "%H:%M:%S")) if part
        )

    def about(self, row: Settled) -> str:
        """Return what it is about."""
        if isinstance(row, RefusedRow):
            return f"{row.kind}:  {_short(row.text)}"
        return "  ".join(part for part in (row.about, _short(row.what)) if part)

    def why(self, row: Settled) -> str:
        """Return who had been first and what was said in vain, or why it was not taken."""
        if isinstance(row, RefusedRow):
            return row.why
        who = self.covenant.party_name(row.party) if row.party else ""
        return " — ".join(part for part in (row.told, f"{who}: {_short(row.text)}" if who else "") if part)

    def action(self, row: Settled) -> str:
        """Return what to do."""
        if isinstance(row, ConflictRow):
            return _("Enter: act on what holds now, or say why it is settled")
        return _("Enter: write it again · L: leave it")

    def spoken(self, row: Settled) -> str:
        """Return a row as it is read aloud."""
        parts = (self.head(row), self.about(row), self.why(row), self.action(row))
        return ", ".join(visible(part) for part in parts if part)


class SettlePainter(CardPainter):
    """The delegate of what is to be settled: four lines, whatever they say."""

    def __init__(self, theme: Theme, words: CardWords, parent: QObject) -> None:
        super().__init__(theme, parent)
        self.words = words

    def sizeHint(self, _option: QStyleOptionViewItem, _index: AnyIndex) -> QSize:  # noqa: N802 - Qt's name
        """Return the size of a card."""
        theme = self.theme
        lines = QFontMetricsF(theme.strong).lineSpacing() + 2 * theme.metrics.lineSpacing()
        return QSize(120, round(lines + QFontMetricsF(theme.small).lineSpacing() + theme.px(34)))

    def write(self, painter: QPainter, box: QRectF, row: Settled) -> None:
        """Write what is the matter and when, what it is about, why, and what to do; a bar says how grave it is."""
        theme, words = self.theme, self.words
        bar = QRectF(box.left() + 1, box.top() + theme.px(5), theme.px(3), box.height() - theme.px(10))
        painter.fillRect(bar, theme.colour("urgent" if isinstance(row, ConflictRow) else "waiting"))
        box = box.adjusted(theme.px(14), theme.px(8), -theme.px(12), -theme.px(8))
        strong, plain = QFontMetricsF(theme.strong), theme.metrics
        meaning, mark = ("urgent", "▲") if isinstance(row, ConflictRow) else ("waiting", "◇")
        y = box.top() + strong.ascent()
        when = words.when(row)
        begin = box.right() - QFontMetricsF(theme.small).horizontalAdvance(when)
        self.say(painter, theme.small, begin, box.right(), y, when, "muted")
        self.say(painter, theme.strong, box.left(), begin - theme.px(12), y, f"{mark} {words.head(row)}", meaning)
        y = box.top() + strong.lineSpacing() + theme.px(3) + plain.ascent()
        self.say(painter, theme.font, box.left(), box.right(), y, visible(words.about(row)), "text")
        y += plain.lineSpacing()
        self.say(painter, theme.font, box.left(), box.right(), y, visible(words.why(row)), meaning)
        y = box.bottom() - QFontMetricsF(theme.small).descent()
        self.say(painter, theme.small, box.left(), box.right(), y, f"→ {words.action(row)}", "accent")


def _short(text: str) -> str:
    return " ".join(visible(text[:SHOWN]).split())
