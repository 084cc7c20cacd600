"""How much of each place's label is shown: names must not run over one another, and numbers go before names."""

from collections.abc import Mapping

from PySide6.QtCore import QRectF
from PySide6.QtGui import QTransform

from .items import Area, Label, Shown

_SLACK = 6.0  # pixels that a name may stick out of its area
Shift = tuple[float, float]
_MIDDLE: Shift = (0.0, 0.0)
_ASIDE: tuple[Shift, ...] = ((0.0, -0.45), (0.0, 0.45), (-0.4, 0.0), (0.4, 0.0))  # parts of its own size


def lay_out(
    areas: Mapping[str, Area], labels: Mapping[str, Label], chosen: str, view: QTransform, seen: QRectF
) -> None:
    """Give each label as much as it can have: the chosen one first, then where something goes on, then the largest.

    None sticks out of what is `seen` (nothing of it: where the reader looks near, all may).
    """
    taken: list[QRectF] = []
    for code in sorted(areas, key=lambda one: _rank(areas[one], one == chosen)):
        area, label = areas[code], labels[code]
        spot = view.map(label.pos())
        room = view.mapRect(area.path.boundingRect())
        for shown, shift in _wishes(label, is_chosen=code == chosen):
            box = label.rect(shown, shift).translated(spot)
            if box.isEmpty():
                continue
            bare = shown is Shown.NAME and code != chosen and not label.corner
            if bare and (box.width() > room.width() + _SLACK or box.height() > room.height() + _SLACK):
                continue
            if seen.isValid() and not seen.contains(box):
                continue
            if not any(box.intersects(other) for other in taken):
                taken.append(box)
                label.show_as(shown, chosen=code == chosen, shift=shift)
                break
        else:
            label.show_as(Shown.ALL if code == chosen else Shown.NOTHING, chosen=code == chosen)


def _rank(area: Area, is_chosen: bool) -> tuple[bool, int, bool, float]:
    order = {"late": 0, "waiting": 1, "accent": 2}.get(area.row.meaning, 3)
    return not is_chosen, order, area.holds_others, -area.size


def _wishes(label: Label, *, is_chosen: bool) -> list[tuple[Shown, Shift]]:
    """Return what a label would show, and where, as long as there is no room: what says more comes first."""
    if not label.row.figures():
        return [(Shown.NAME, _MIDDLE)]
    wanted = (Shown.ALL,) if is_chosen else (Shown.ALL, Shown.FIGURES)
    return [(shown, shift) for shown in wanted for shift in (_MIDDLE, *_ASIDE)]
