"""What an invitation is for, before anything is done with it: the event, the desk, the server, and until when."""

from datetime import UTC, datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QWidget

from commandlog.language import _
from commandlog.model.harmless import visible
from commandlog.sharing.joining.invitation import Invitation, ends

from ..theme import Theme

SOON = 3_600  # seconds before it runs out from which that is told


class InvitationCard(QFrame):
    """Four lines, each a name and what it is."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme
        self.setAutoFillBackground(True)
        self._grid = QGridLayout(self)
        self._grid.setColumnStretch(1, 1)
        self.said: list[tuple[QLabel, QLabel]] = []
        for row in range(4):
            pair = QLabel(self), QLabel(self)
            pair[1].setWordWrap(True)
            for column, label in enumerate(pair):
                label.setTextFormat(Qt.TextFormat.PlainText)
                self._grid.addWidget(label, row, column, Qt.AlignmentFlag.AlignBaseline)
            self.said.append(pair)

    def dress(self) -> None:
        """Take the theme's letters and colours."""
        theme = self.theme
        self._grid.setContentsMargins(theme.px(12), theme.px(10), theme.px(12), theme.px(10))
        self._grid.setHorizontalSpacing(theme.px(16))
        ground = self.palette()
        ground.setColor(self.backgroundRole(), theme.colour("raised"))
        self.setPalette(ground)
        for row, (name, value) in enumerate(self.said):
            name.setFont(theme.small)
            value.setFont(theme.strong if row < 2 else theme.font)
            ink(name, theme, "muted")

    def tell(self, one: Invitation) -> None:
        """Say what it is for."""
        until, meaning = _until(one)
        desk = _("{party}, desk {desk}").format(party=one.party_name or one.party, desk=one.desk)
        rows = (
            (_("Event"), one.name, "text"),
            (_("You will be"), desk, "text"),
            (_("Server"), _where(one), "text"),
            (_("Valid"), until, meaning),
        )
        for (name, value), (title, text, colour) in zip(self.said, rows, strict=True):
            name.setText(title)
            value.setText(visible(text))
            ink(value, self.theme, colour)
        self.setAccessibleName(", ".join(f"{title}: {text}" for title, text, _colour in rows))


def ink(label: QLabel, theme: Theme, meaning: str) -> None:
    """Write a label in the colour of a meaning."""
    palette = label.palette()
    palette.setColor(label.foregroundRole(), theme.colour(meaning))
    label.setPalette(palette)


def _where(one: Invitation) -> str:
    address = one.address
    if address.tls == "local" or address.host.startswith("/"):
        return _("on this machine")
    return _("{host}, port {port} (its certificate is checked)").format(host=address.host, port=address.port)


def _until(one: Invitation) -> tuple[str, str]:
    """Return until when an invitation holds, and what the colour of that means."""
    if not one.until:
        return _("until somebody has joined with it"), "text"
    left, when = one.until / 1000 - datetime.now(UTC).timestamp(), ends(one)
    if left <= 0:
        return _("! It ran out on {time}: ask for a new one").format(time=when), "late"
    return _("once, until {time}").format(time=when), "waiting" if left < SOON else "text"
