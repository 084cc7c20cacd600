"""The bar above everything: which event, which level, what presses, what time, how safe, who."""

from typing import NamedTuple

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from commandlog.language import _
from commandlog.log.copy_setting import CopySetting
from commandlog.log.copying import CopyState
from commandlog.log.derived.levels import PHASE
from commandlog.log.keys import settings_folder
from commandlog.model.covenant import spoken
from commandlog.model.errors import Unavailable
from commandlog.model.frames import Millis
from commandlog.model.harmless import visible
from commandlog.views.moments import local
from commandlog.views.open_items import standing
from commandlog.views.status import copy_line

from ..alarms.badge import Badge
from ..alarms.ringing import Ringing
from ..session import Session
from ..sharing.telling import told
from ..theme import Theme
from ..timeline.wording import span

_COMFORT = 170  # pixels at 100 % that a part can do with
_LEAST = 480  # pixels at 100 % that the bar can do with, in two lines
COPY_EVERY = 5  # seconds after which it is seen again how the second copy stands


class Level(NamedTuple):
    """A level that holds, in words, and by when it is to be reviewed (milliseconds UTC, 0: never).

    `short` leaves out whose level it is, for where there is little room.
    """

    text: str
    short: str
    review_by: Millis


class Part(QLabel):
    """A part of the bar: cut with an ellipsis where there is too little room; all of it is in its tooltip."""

    def __init__(self, least: int, theme: Theme, parent: QWidget) -> None:
        """`least` is the room below which it does not go, in pixels at 100 %; one that is `whole` is never cut.

        `needed` is the beginning of its text that is never cut either.
        """
        super().__init__(parent)
        self.least, self.theme = least, theme
        self.meaning = "text"
        self.whole = False
        self.needed = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)

    def say(self, text: str, meaning: str = "text") -> None:
        """Say something, in the colour of a meaning."""
        if (text, meaning) != (self.text(), self.meaning):
            self.meaning = meaning
            self.setText(text)
            self.setAccessibleName(text)
            self.setToolTip(text if self._cut() else "")

    def _wide(self, text: str = "") -> int:
        return round(QFontMetricsF(self.font()).horizontalAdvance(text or self.text())) + 2

    def _cut(self) -> bool:
        return self._wide() > self.width()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the room for all of it."""
        return QSize(self._wide(), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the least room."""
        wide = self._wide()
        least = max(min(wide, self.theme.px(self.least)), self._wide(self.needed + " …") if self.needed else 0)
        return QSize(wide if self.whole else min(wide, least), super().sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Write it, cut where it has to be."""
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(self.theme.colour(self.meaning))
        text = QFontMetricsF(self.font()).elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        self.setToolTip(self.text() if text != self.text() else "")


class StatePart(Part):
    """The part that says where entries go: in a shared log it leads to who is at which desk, by mouse or Enter."""

    wanted = Signal()
    """Somebody wants to know more."""

    def __init__(self, least: int, theme: Theme, parent: QWidget) -> None:
        super().__init__(least, theme, parent)
        self.more = ""
        self._opens = False

    @property
    def opens(self) -> bool:
        """Whether there is more to see."""
        return self._opens

    @opens.setter
    def opens(self, opens: bool) -> None:
        if opens != self._opens:
            self._opens = opens
            self.setCursor(Qt.CursorShape.PointingHandCursor if opens else Qt.CursorShape.ArrowCursor)
            self.setFocusPolicy(Qt.FocusPolicy.TabFocus if opens else Qt.FocusPolicy.NoFocus)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Write it; where it has the keys, underline it."""
        super().paintEvent(event)
        if self.more:
            self.setToolTip(self.more)
        if self.hasFocus():
            painter = QPainter(self)
            painter.fillRect(0, self.height() - 2, self.width(), 2, self.theme.colour("focus"))

    def mousePressEvent(self, _event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Show more."""
        if self.opens:
            self.wanted.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Enter shows more."""
        if self.opens and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.wanted.emit()
        else:
            super().keyPressEvent(event)


class TopBar(QFrame):
    """One line; the clock ticks by itself."""

    alarms_wanted = Signal()
    """Somebody wants to see the alarms."""
    desks_wanted = Signal()
    """Somebody wants to know how it stands in the shared log, and who is at which desk."""
    password_wanted = Signal()
    """Somebody wants to give the password that the shared log asks for."""

    def __init__(self, session: Session, theme: Theme, ringing: Ringing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.theme = session, theme
        self.setAutoFillBackground(True)
        self.title, self.level = Part(110, theme, self), Part(270, theme, self)
        self.state, self.who = StatePart(150, theme, self), Part(120, theme, self)
        self.state.wanted.connect(self._state_wanted)
        self.clock = Part(0, theme, self)
        self.clock.whole = True
        self.badge = Badge(ringing, theme, self)
        self.badge.wanted.connect(self.alarms_wanted)
        self._box = QVBoxLayout(self)
        self._rows = (QHBoxLayout(), QHBoxLayout())
        for row in self._rows:
            self._box.addLayout(row)
        self._narrow: bool | None = None
        self._in_full = ""
        self._levels: list[Level] = []
        self._copy = CopySetting(settings_folder(), session.log)
        self._copied_at = 0
        self._tick = QTimer(self, interval=1000)
        self._tick.timeout.connect(self._second)
        self._tick.start()
        session.advanced.connect(self.refresh)
        session.moved.connect(self.refresh)
        session.trouble.connect(self._trouble)
        session.shared.changed.connect(self._say_state)
        theme.changed.connect(self._dress)
        self._troubled = False
        self._dress()
        self.refresh()

    def _dress(self) -> None:
        theme = self.theme
        palette = self.palette()
        palette.setColor(self.backgroundRole(), theme.colour("raised"))
        self.setPalette(palette)
        self._box.setContentsMargins(theme.px(12), theme.px(5), theme.px(12), theme.px(5))
        self._box.setSpacing(theme.px(4))
        for row in self._rows:
            row.setSpacing(theme.px(18))
        for part, font in (
            (self.title, theme.strong),
            (self.clock, theme.strong),
            (self.level, theme.font),
            (self.state, theme.font),
            (self.who, theme.font),
        ):
            part.setFont(font)
            part.updateGeometry()
        self._arrange()

    # -- room ----------------------------------------------------------------------------------------------------------

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the room for two lines, each of them cut."""
        return QSize(self.theme.px(_LEAST), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Go on in a second line where one is too short."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        px = self.theme.px
        level = QFontMetricsF(self.level.font()).horizontalAdvance(self._in_full) + 2
        wanted = round(level) + self.clock.sizeHint().width() + self.badge.minimumSizeHint().width()
        parts = (self.title, self.state, self.who)
        wanted += sum(max(min(one.sizeHint().width(), px(_COMFORT)), one.minimumSizeHint().width()) for one in parts)
        narrow = wanted + px(18) * 6 + px(24) > self.width()
        if narrow == self._narrow:
            return
        self._narrow = narrow
        self.level.whole = not narrow
        first, second = self._rows
        for row in self._rows:
            while row.takeAt(0):
                pass
        left: tuple[QWidget, ...] = (self.title, self.level) if narrow else (self.title, self.level, self.badge)
        for part in left:
            first.addWidget(part)
        first.addStretch(1)
        first.addWidget(self.clock)
        if narrow:
            second.addWidget(self.badge)
            second.addStretch(1)
        for part in (self.state, self.who):
            (second if narrow else first).addWidget(part)

    def refresh(self, *_why: object) -> None:
        """Say what holds now."""
        session, name = self.session, self.session.covenant
        self._levels, phase = [], ""
        for row in standing(session.log, session.moment, session.party):
            if row.ladder == PHASE:
                phase = name.phase_name(row.level)
                continue
            ladder = name.ladder(row.ladder)
            title = spoken(ladder.name) if ladder else row.ladder
            level = name.level_name(row.ladder, row.level)
            told = level if level.casefold().startswith(title.casefold()) else f"{title}: {level}"
            self._levels.append(Level(visible(told), visible(level), row.review_by))
        mark = _("EXERCISE") + " · " if name.exercise else ""
        self.title.say(" · ".join(part for part in (mark + visible(spoken(name.name)), visible(phase)) if part))
        operator = self._operator()
        who = (operator, session.party_name(), session.desk_code)
        self.who.say(" · ".join(visible(part) for part in who if part))
        self._say_state()
        self._tell_time()

    def _operator(self) -> str:
        """Return who is signed in at this desk, empty where nobody is."""
        if not self.session.desk_code:
            return ""
        query = "SELECT since, until FROM operators WHERE desk = ? ORDER BY since DESC LIMIT 1"
        found = self.session.log.db.execute(query, (self.session.desk_code,)).fetchone()
        if found is None or found[1] <= self.session.moment.position:
            return ""
        words = self.session.log.record(found[0]).words
        return words.title if words else ""

    # -- how safe ------------------------------------------------------------------------------------------------------

    def _trouble(self, text: str) -> None:
        self._troubled = bool(text)
        self._say_state()

    def _say_state(self) -> None:
        shared, copied, more = self.session.shared, self._second_copy(), ""
        if self._troubled:
            text, meaning = "○ " + _("not stored"), "late"
        elif shared.follows:
            text, meaning, more = told(shared.state, self.session.log.clock(), self.session.zone, asked=shared.asked)
        else:
            text, meaning = "● " + _("own log"), "text"
        self.state.opens, self.state.needed = shared.follows, text
        self.state.say(text if self._troubled else " · ".join(part for part in (text, copied) if part), meaning)
        self.state.more = more
        self._arrange()

    def _state_wanted(self) -> None:
        if self.session.shared.asked:
            self.password_wanted.emit()
        elif self.session.shared.follows:
            self.desks_wanted.emit()

    def _second_copy(self) -> str:
        """Return how the second copy stood when it was last seen, empty where there is none.

        It is not looked at itself here: its disk may be slow, or gone.
        """
        session = self.session
        self._copied_at = session.log.clock()
        try:
            file = self._copy.file()
        except Unavailable:
            return "! " + _("second copy: not known")
        if file is None:
            return ""
        known, records = self._copy.known(), session.log.head.seq
        lacks = known.upto + 1 if known.upto < records else 0
        since = session.log.kept_at(lacks) if lacks else 0
        state = CopyState(file, known.upto, records, since, known.at)
        return ("! " if lacks else "") + copy_line(state, session.log.clock(), session.zone)

    # -- time ----------------------------------------------------------------------------------------------------------

    def _second(self) -> None:
        self._tell_time()
        if self.session.log.clock() - self._copied_at >= COPY_EVERY * 1000:
            self._say_state()

    def _tell_time(self) -> None:
        now = self.session.log.clock()
        self.clock.say(f"{local(now, self.session.zone):%H:%M:%S}")
        late = any(one.review_by and one.review_by < now for one in self._levels)
        self._in_full = "   ".join(_level_told(one, one.text, now) for one in self._levels)
        self._arrange()
        short = "   ".join(_level_told(one, one.short, now) for one in self._levels)
        self.level.say(short if self._narrow else self._in_full, "late" if late else "text")


def _level_told(level: Level, text: str, now: Millis) -> str:
    """Return a level in its words, and how long there still is until it is to be reviewed."""
    if not level.review_by:
        return text
    if level.review_by < now:
        due = _("review due {time}").format(time=span(now - level.review_by))
        return f"! {text} ({due})"
    left = _("review in {time}").format(time=span(level.review_by - now))
    return f"{text} ({left})"
