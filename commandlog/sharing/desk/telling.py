"""How a desk stands in the shared log, in words: for the terminal, and for `status`."""

from collections.abc import Callable, Iterator
from datetime import tzinfo
from pathlib import Path

from msgspec.structs import replace

from commandlog.language import _, ngettext
from commandlog.log.derived.table import FOREVER, PROVISIONAL
from commandlog.log.store import Log
from commandlog.model.frames import Millis
from commandlog.model.harmless import typed, visible
from commandlog.sharing.desk.followed import is_followed
from commandlog.sharing.desk.state import Present, State, remembered
from commandlog.views.moments import local

LISTENED = 10_000  # milliseconds in touch, after which it is said that nobody puts the shared log in order
_ALARMS: dict[str, Callable[[], str]] = {
    "forked": lambda: _("The shared log has shown two different pasts. Work on here, and call whoever manages it."),
    "rewound": lambda: _("The shared log lacks entries that it had. Work on here, and call whoever manages it."),
    "standstill": lambda: _("The shared log stands still: what is written here stays here for now."),
    "revoked": lambda: _("This desk may no longer take part. What is written here stays here."),
}


def in_touch(state: State) -> bool:
    """Whether everything that was written here is in the shared log, and all that is there is here."""
    return (
        state.phase == "joined"
        and not (state.waiting or state.pieces_missing or state.alarm)
        and state.upto >= state.server_upto
    )


def state_line(state: State, zone: tzinfo) -> str:
    """Return how a desk stands, in one line."""
    return "; ".join([_phase(state, zone), *_troubles(state, zone)])


def _troubles(state: State, zone: tzinfo) -> list[str]:
    """Return what is not yet, or not at all, as it should be."""
    parts = []
    if state.waiting:
        told = ngettext(
            "{n} entry stored here, not yet in the shared log, since {time}",
            "{n} entries stored here, not yet in the shared log, the first since {time}",
            state.waiting,
        )
        parts.append(told.format(n=state.waiting, time=_when(state.waiting_since, zone)))
    if state.refused:
        told = ngettext("{n} entry was not taken", "{n} entries were not taken", state.refused)
        parts.append(told.format(n=state.refused))
    if state.pieces_missing:
        told = ngettext(
            "{n} piece of an attachment still to come", "{n} pieces of attachments still to come", state.pieces_missing
        )
        parts.append(told.format(n=state.pieces_missing))
    if state.alarm:
        parts.append(_ALARMS[state.alarm]())
    if state.trouble and state.alarm != "revoked":  # that says the same
        parts.append(visible(state.trouble))
    return parts


def _phase(state: State, zone: tzinfo) -> str:
    when = _when(state.since, zone)
    if state.phase == "joined":
        return _("shared log: in touch since {time}, {n} records").format(time=when, n=state.upto)
    if state.phase == "catching_up":
        return _("shared log: catching up, {n} of {all} records").format(n=state.upto, all=state.server_upto)
    if state.phase == "offline":
        return _("shared log: no connection since {time}, {n} records").format(time=when, n=state.upto)
    return _("shared log: stopped since {time}, {n} records").format(time=when, n=state.upto)


def state_lines(log: Log, state: State | None, zone: tzinfo) -> Iterator[str]:
    """Yield how the shared log stands for the desk that a file is, and who else is there, as far as it is known."""
    state = _with_file(log, state or State())
    followed = is_followed(log.path)
    if followed:
        yield state_line(state, zone)
    else:
        told = _("shared log: not followed now, {n} records: `commandlog follow {file}`")
        yield told.format(n=state.upto, file=typed(log.path))
        yield from _troubles(state, zone)
        if state.desks:
            yield _("As it was last seen:")
    listened = state.phase == "joined" and log.clock() - state.since > LISTENED
    if followed and listened and not state.keeper_alive:
        yield _("Nobody puts the shared log in order now: `commandlog keep` is not running.")
    if state.offset_flag:
        told = _("The clock of this machine is {seconds} s ahead of the server's.")
        if state.offset_ms < 0:
            told = _("The clock of this machine is {seconds} s behind the server's.")
        yield told.format(seconds=f"{abs(state.offset_ms) / 1000:.1f}")
    for one in state.desks:
        yield "  " + _desk_line(one, zone)
    if outstanding := list(unerased(log, state)):
        yield _("Erased, but perhaps not yet at: {desks}").format(desks=", ".join(outstanding))


def kept_here(log: Log, settings: Path) -> str:
    """Return what to say to whoever wrote in a desk's file, empty where it goes to the shared log by itself."""
    state = remembered(settings, log)
    if state and state.alarm == "revoked":
        return _ALARMS["revoked"]()
    if is_followed(log.path):
        return ""
    told = _("Stored here, and not yet in the shared log: `commandlog follow {file}` sends it there.")
    return told.format(file=typed(log.path))


def _with_file(log: Log, state: State) -> State:
    """Return a state with what the file itself knows better: how far it is, and what waits in it."""
    query = "SELECT count(*), min(seq) FROM records WHERE seq >= ?"
    waiting, first = log.db.execute(query, (PROVISIONAL,)).fetchone()
    since = log.kept_at(first) if first else 0
    return replace(state, upto=log.head.seq, waiting=waiting, waiting_since=since)


def _desk_line(one: Present, zone: tzinfo) -> str:
    desk, party, seen = visible(one.desk), visible(one.party), _when(one.seen_at, zone)
    told = _("{desk} ({party}): here") if one.here else _("{desk} ({party}): last heard of {time}")
    line = told.format(desk=desk, party=party, time=seen)
    if one.waiting:
        line = f"{line}, {ngettext('{n} waits there', '{n} wait there', one.waiting).format(n=one.waiting)}"
    return line


def unerased(log: Log, state: State) -> Iterator[str]:
    """Yield the desks that have not said yet that they have destroyed everything that was erased."""
    last = log.db.execute(f"SELECT max(since) FROM erasures WHERE until = {FOREVER}").fetchone()[0]
    for one in state.desks:
        if last and one.purged_upto < last:
            yield visible(one.desk)


def _when(moment: Millis, zone: tzinfo) -> str:
    return f"{local(moment, zone):%Y-%m-%d %H:%M}" if moment else "?"
