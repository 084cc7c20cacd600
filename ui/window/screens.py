"""Which screens there are, by the action that shows them. Each is made when it is first looked at."""

from importlib import import_module
from typing import Any

from PySide6.QtWidgets import QWidget

from ..room import Room

SCREENS: dict[str, str] = {
    "timeline": "timeline.screen:TimelineScreen",
    "board": "board.screen:BoardScreen",
    "alarms": "alarms.screen:AlarmsScreen",
    "plan": "plan.screen:PlanScreen",
    "crowd": "crowd.screen:CrowdScreen",
    "covenant": "covenant.screen:CovenantScreen",
    "handover": "handover.screen:HandoverScreen",
    "paper": "paper.screen:PaperScreen",
    "desks": "sharing.desks:DesksScreen",
    "settle": "sharing.settling:SettleScreen",
}
"""Action id → module and class of a QWidget that is made with (room, parent).

A screen with entries or tasks has `lists`, the views in which the deeds of the table of actions are done by their keys,
and `current()`, the Line or TaskLine that the reader is at.
"""


def make(action: str, room: Room, parent: QWidget) -> QWidget:
    """Return the screen that an action shows."""
    module, _colon, name = SCREENS[action].partition(":")
    kind: Any = getattr(import_module(f"..{module}", __package__), name)
    made: QWidget = kind(room, parent)
    return made
