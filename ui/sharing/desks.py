"""Who is at which desk: every party with its desks, who is signed in, and which of them are heard of, at a glance."""

from collections.abc import Callable, Iterator

from msgspec import Struct
from PySide6.QtWidgets import QWidget

from commandlog.language import _, ngettext
from commandlog.log.store import Log
from commandlog.model.covenant import Covenant
from commandlog.model.frames import Millis
from commandlog.model.harmless import visible
from commandlog.sharing.desk.state import OFFSET, State
from commandlog.views.filters import Filter
from commandlog.views.moments import since_when
from commandlog.views.presence import KEEPER, AtDesk, desks, whom_to_call

from ..room import Room
from ..timeline.wording import span
from .desk_painting import SeatPainter
from .listing import ListScreen

HERE, AWAY, UNKNOWN, NOBODY = "here", "away", "unknown", "nobody"
FLAGGED = OFFSET  # milliseconds


class SeatRow(Struct, frozen=True):
    """A desk, or a party without one (`desk` empty). `since` is when its standing began (milliseconds UTC, 0: unknown).

    `standing` is HERE, AWAY, UNKNOWN (a log that is not shared, or no connection) or NOBODY; `call` is whom to call
    where nobody can be reached there.
    """

    desk: str
    party: str
    name: str
    operator: str
    standing: str
    since: Millis = 0
    waiting: int = 0
    offset: Millis = 0
    mine: bool = False
    call: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes it this row."""
        return self.party, self.desk


def seats(covenant: Covenant, known: list[AtDesk], state: State | None, mine: str) -> list[SeatRow]:
    """Return a row for each desk, in the order of the covenant's parties; a party without any has a row as well."""
    present = {one.desk: one for one in state.desks if not one.desk.startswith(KEEPER)} if state else {}
    known = known + [AtDesk(one.desk, one.party) for one in present.values() if one.desk not in {k.desk for k in known}]
    found: list[SeatRow] = []
    for party in covenant.parties:
        theirs = [_seat(covenant, one, state, mine) for one in known if one.party == party.code]
        name = covenant.party_name(party.code)
        found += theirs or [
            SeatRow("", party.code, name, "", NOBODY, call=whom_to_call(covenant, party.code)),
        ]
    return found


def _seat(covenant: Covenant, one: AtDesk, state: State | None, mine: str) -> SeatRow:
    heard = next((desk for desk in state.desks if desk.desk == one.desk), None) if state else None
    waiting, offset = (heard.waiting, heard.offset_ms) if heard else (0, 0)
    standing, since = _standing(one, state, mine)
    if one.desk == mine and state:
        waiting, offset = state.waiting, state.offset_ms
    reached = one.desk == mine or (standing != AWAY and one.signed_in)
    return SeatRow(
        desk=one.desk,
        party=one.party,
        name=covenant.party_name(one.party),
        operator=one.operator or (_("signed in") if one.signed_in else ""),
        standing=standing,
        since=since,
        waiting=waiting,
        offset=offset,
        mine=one.desk == mine,
        call="" if reached else whom_to_call(covenant, one.party),
    )


def _standing(one: AtDesk, state: State | None, mine: str) -> tuple[str, Millis]:
    if one.desk == mine:
        return HERE, one.since
    heard = next((desk for desk in state.desks if desk.desk == one.desk), None) if state else None
    if state and state.phase == "joined" and heard:
        return (HERE, one.since) if heard.here else (AWAY, heard.seen_at or one.away)
    if one.away:
        return AWAY, one.away
    return UNKNOWN, one.since


class DesksScreen(ListScreen):
    """The desks, live; Enter shows what a party said."""

    def __init__(self, room: Room, parent: QWidget | None = None) -> None:
        super().__init__(room, _("Desks"), self.spoken, parent)
        self.paint_by(SeatPainter(self.theme, self.session, self.words, self))
        self.foot.setText(_("Enter: what this party said · typing begins an entry"))

    def looking(self) -> Callable[[Log], list[AtDesk]]:
        """Ask which desks there are."""

        def work(log: Log) -> list[AtDesk]:
            log.refresh()
            return desks(log)

        return work

    def come(self, found: list[AtDesk]) -> None:
        """Show the desks as they are in the log, and as they were last heard of."""
        state = self.session.shared.state
        rows = seats(self.session.covenant, found, state, self.session.desk_code)
        self.head.setText("   ·   ".join(self._headed(rows, state)))
        self.show_rows(rows)

    def _headed(self, rows: list[SeatRow], state: State | None) -> Iterator[str]:
        if not self.session.shared.follows:
            yield _("This log is not shared: other desks are not heard of, only who signed in here.")
            return
        if state is None or state.phase != "joined":
            since = since_when(state.since if state else 0, self.session.log.clock(), self.session.zone)
            told = _("! Offline since {time}: this is how it stood then") if since else _("! Offline")
            yield told.format(time=since)
        elif not state.keeper_alive:
            yield "! " + _("the shared log stands still: nothing reaches other desks")
        here = sum(one.standing == HERE for one in rows)
        yield ngettext("{n} desk here", "{n} desks here", here).format(n=here)
        if away := sum(one.standing == AWAY for one in rows):
            yield ngettext("{n} desk away", "{n} desks away", away).format(n=away)
        if empty := len({one.party for one in rows if one.standing == NOBODY}):
            yield ngettext("{n} party without a desk", "{n} parties without a desk", empty).format(n=empty)

    # -- words ---------------------------------------------------------------------------------------------------------

    def words(self, row: SeatRow) -> tuple[str, str, str]:
        """Return how a desk stands in words, what their colour means, and what else is to be known of it."""
        now, zone = self.session.log.clock(), self.session.zone
        since = since_when(row.since, now, zone)
        if row.standing == AWAY:
            told = _("○ not heard of since {time} ({span})") if since else _("○ not heard of")
            standing = told.format(time=since, span=span(max(0, now - row.since))), "late"
        elif row.standing == NOBODY:
            standing = "○ " + _("no desk in this log"), "muted"
        elif not row.operator and row.standing == HERE:
            standing = _("● here, nobody signed in"), "waiting"
        elif not row.operator:
            standing = "○ " + _("nobody is signed in"), "waiting"
        elif row.standing == HERE:
            standing = (_("● here since {time}") if since else _("● here")).format(time=since), "good"
        else:
            standing = (_("◌ signed in since {time}") if since else _("◌ signed in")).format(time=since), "muted"
        return *standing, "   ·   ".join(self._beside(row))

    @staticmethod
    def _beside(row: SeatRow) -> Iterator[str]:
        if row.waiting:
            yield ngettext("{n} entry waits there", "{n} entries wait there", row.waiting).format(n=row.waiting)
        if abs(row.offset) > FLAGGED:
            told = _("! clock {seconds} s ahead") if row.offset > 0 else _("! clock {seconds} s behind")
            yield told.format(seconds=f"{abs(row.offset) / 1000:.0f}")
        if row.call:
            yield _("call {whom}").format(whom=visible(row.call))
        elif row.standing == NOBODY:
            yield _("the covenant names nobody to call")

    def spoken(self, row: SeatRow) -> str:
        """Return a row as it is read aloud."""
        standing, _meaning, beside = self.words(row)
        mine = _("this desk") if row.mine else ""
        parts = (row.name, row.desk, mine, row.operator, standing.lstrip("●○◌ "), beside)
        return ", ".join(visible(part) for part in parts if part)

    # -- hands ---------------------------------------------------------------------------------------------------------

    def do_of_party(self) -> None:
        """Show what this desk's party said."""
        if row := self.row():
            self.room.look_at.emit(Filter(reader=self.session.party, party=row.party))
