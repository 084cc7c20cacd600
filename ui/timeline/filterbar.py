"""What the timeline is filtered by, as chips above it; a chip is taken away by a click, all of them by one key."""

from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from commandlog.language import _, marked
from commandlog.model.covenant import Covenant
from commandlog.model.words import label
from commandlog.views.filters import Filter
from commandlog.views.moments import local

from ..session import Session
from ..theme import Theme

FACETS = (
    ("party", marked("party")),
    ("unit", marked("who")),
    ("role", marked("role")),
    ("place", marked("place")),
    ("category", marked("category")),
    ("kind", marked("kind")),
    ("priority", marked("priority")),
    ("state", marked("state")),
    ("since", marked("from")),
    ("until", marked("up to")),
    ("significant", marked("significant")),
    ("system", marked("history")),
    ("sealed", marked("sealed")),
)


def facet_name(covenant: Covenant, facet: str, code: str) -> str:
    """Return how people call what a facet is filtered by."""
    names = {
        "party": covenant.party_name,
        "role": covenant.role_name,
        "place": covenant.place_name,
        "category": covenant.category_name,
        "kind": label,
        "priority": label,
        "state": label,
    }
    return names[facet](code) if facet in names else code


class FilterBar(QWidget):
    """The chips of a Filter; hidden where nothing is filtered."""

    wanted = Signal(object)
    """This Filter is to be shown."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.theme = session, theme
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.px(6))
        self._row.addStretch(1)
        self._chips: list[QPushButton] = []
        theme.changed.connect(self._dress)
        self.hide()

    def show_filter(self, wanted: Filter) -> None:
        """Show what a filter asks for."""
        for chip in self._chips:
            self._row.removeWidget(chip)
            chip.deleteLater()
        self._chips = []
        for facet, name in FACETS:
            if value := getattr(wanted, facet):
                said = ": ".join((_(name), self._said(facet, value)))
                chip = QPushButton(f"{said}  ✕".replace("&", "&&"), self)
                chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
                chip.setAccessibleName(_("Filter no more by {what}").format(what=_(name)))
                empty = getattr(Filter(), facet)
                chip.clicked.connect(
                    lambda _checked=False, facet=facet, empty=empty: self.wanted.emit(replace(wanted, **{facet: empty}))
                )
                self._row.insertWidget(len(self._chips), chip)
                self._chips.append(chip)
        self._dress()
        self.setVisible(bool(self._chips))

    def texts(self) -> list[str]:
        """Return what stands on the chips."""
        return [one.text() for one in self._chips]

    def _said(self, facet: str, value: object) -> str:
        if isinstance(value, bool):
            return _("yes")
        if isinstance(value, int):
            return f"{local(value, self.session.zone):%d-%m %H:%M}"
        return facet_name(self.session.covenant, facet, str(value))

    def _dress(self) -> None:
        for chip in self._chips:
            chip.setFont(self.theme.small)
