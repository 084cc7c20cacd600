"""How a desk stands in the shared log, in a few words and a shape: known at a glance, and never by colour alone."""

from datetime import tzinfo
from typing import NamedTuple

from commandlog.language import _, marked, ngettext
from commandlog.model.frames import Millis
from commandlog.sharing.desk.state import State
from commandlog.sharing.desk.telling import state_line
from commandlog.views.moments import since_when
from commandlog.views.presence import KEEPER

AT_ONCE = 3_000  # milliseconds within which what was written is in the shared log: shorter waits are not told


class Told(NamedTuple):
    """A text, what its colour means, and all there is to know of it where somebody points at it."""

    text: str
    meaning: str
    more: str


_ALARMS = {
    "forked": marked("two different histories"),
    "rewound": marked("the shared log has lost records"),
    "standstill": marked("the shared log stands still"),
    "revoked": marked("access withdrawn"),
}


def told(state: State | None, now: Millis, zone: tzinfo, *, asked: bool = False) -> Told:
    """Return how a desk stands; with `asked`, its password is wanted before it can take part."""
    if asked:
        return Told("▲ " + _("password wanted"), "late", _("The shared log asks for this desk’s password."))
    if state is None:
        return Told("○ " + _("shared log: connecting"), "muted", "")
    first, meaning = _standing(state, now, zone)
    parts = [_not_taken(state), first, _waiting(state, now), _clock(state)]
    text = " · ".join(part for part in parts if part)
    if state.refused or state.offset_flag:
        meaning = "late" if meaning == "late" or state.refused else "waiting"
    return Told(text, meaning, state_line(state, zone))


def _standing(state: State, now: Millis, zone: tzinfo) -> tuple[str, str]:
    if state.alarm:
        return " ".join(("▲", _(_ALARMS[state.alarm]), _held(state))).rstrip(), "late"
    if state.phase == "stopped":
        return " ".join(("▲", _("shared log stopped"), _held(state))).rstrip(), "late"
    if state.phase == "catching_up":
        left = max(0, state.server_upto - state.upto)
        return "◐ " + _("catching up {n}").format(n=f"{left:,}".replace(",", ".")), "waiting"
    if state.phase == "offline":
        return "○ " + _offline(state, now, zone), "waiting"
    here = sum(one.here and not one.desk.startswith(KEEPER) for one in state.desks)
    return "● " + ngettext("shared, {n} desk", "shared, {n} desks", here).format(n=here), "text"


def _offline(state: State, now: Millis, zone: tzinfo) -> str:
    """Return that nothing comes or goes: what waits since when, or else since when that is."""
    since = state.waiting_since if state.waiting and state.waiting_since else state.since
    time = since_when(since, now, zone)
    if state.waiting:
        told = ngettext("offline, {n} waiting since {time}", "offline, {n} waiting since {time}", state.waiting)
        return told.format(n=state.waiting, time=time)
    return _("offline since {time}").format(time=time) if since else _("offline")


def _held(state: State) -> str:
    waiting = ngettext("({n} waiting)", "({n} waiting)", state.waiting)
    return waiting.format(n=state.waiting) if state.waiting else ""


def _waiting(state: State, now: Millis) -> str:
    if state.phase not in ("joined", "catching_up") or state.alarm or not state.waiting:
        return ""
    if now - state.waiting_since < AT_ONCE:
        return ""
    return "○ " + ngettext("{n} waiting", "{n} waiting", state.waiting).format(n=state.waiting)


def _not_taken(state: State) -> str:
    told = ngettext("{n} not taken", "{n} not taken", state.refused)
    return "▲ " + told.format(n=state.refused) if state.refused else ""


def _clock(state: State) -> str:
    if not state.offset_flag:
        return ""
    said = _("clock {seconds} s ahead") if state.offset_ms > 0 else _("clock {seconds} s behind")
    return "! " + said.format(seconds=round(abs(state.offset_ms) / 1000))
