"""What parties agreed: which agreements hold, who has yet to affirm them, and which are denied or over."""

from collections.abc import Iterable

from msgspec import Struct

from commandlog.log.derived.agreements import AgreementRow, parties_of
from commandlog.log.store import Log
from commandlog.model.frames import Millis
from commandlog.views import timeline
from commandlog.views.lines import Line
from commandlog.views.moments import Moment


class AgreementLine(Struct, frozen=True):
    """An agreement as it stands: `line` is what was agreed, times are milliseconds UTC, 0 where there is none.

    `state` is open, agreed, denied or ended; `waiting` are the parties that have neither affirmed nor denied it. What
    is `over` was ended, or its time has come.
    """

    line: Line
    state: str
    parties: tuple[str, ...]
    affirmed: tuple[str, ...]
    denied: tuple[str, ...]
    agreed_at: Millis
    settled_at: Millis
    holds_until: Millis
    ended_at: Millis
    over: bool

    @property
    def waiting(self) -> tuple[str, ...]:
        """The parties whose word is still missing."""
        return tuple(one for one in self.parties if one not in (*self.affirmed, *self.denied))

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to affirm it, or it is denied and nobody has settled that."""
        return self.state in ("open", "denied")


def agreements(log: Log, moment: Moment, *, reader: str = "", open_only: bool = False) -> list[AgreementLine]:
    """Return the agreements that a reader may see at a moment: what is open first, then what holds, then the rest.

    With `open_only`, those that some party has yet to affirm, or denies.
    """
    query = "SELECT * FROM agreements WHERE since <= :p AND until > :p"
    if open_only:
        query += " AND state IN ('open', 'denied')"
    rows = log.db.execute(f"{query} ORDER BY agreement", {"p": moment.position}).fetchall()
    found = list(_lines(log, moment, reader, map(AgreementRow._make, rows)))
    found.sort(key=lambda one: (not one.is_open, one.over, one.agreed_at, one.line.entry))
    return found


def standing(log: Log, moment: Moment) -> tuple[int, ...]:
    """Return the agreements (by position) that hold, or that somebody still has to affirm or settle, at a moment."""
    found = agreements(log, moment)
    return tuple(sorted(one.line.entry for one in found if not one.over or one.state == "denied"))


def _lines(log: Log, moment: Moment, reader: str, rows: Iterable[AgreementRow]) -> Iterable[AgreementLine]:
    for row in rows:
        line = timeline.entry(log, moment, row.agreement, reader)
        if line is None or line.recalled:
            continue
        yield AgreementLine(
            line=line,
            state=row.state,
            parties=parties_of(row.parties),
            affirmed=parties_of(row.affirmed),
            denied=parties_of(row.denied),
            agreed_at=row.agreed,
            settled_at=row.settled,
            holds_until=row.holds_until,
            ended_at=row.ended,
            over=row.state == "ended" or 0 < row.holds_until <= moment.clock,
        )
