"""Where each agreement stands: who affirmed it, who denies it, whether it is over.

Two parties may affirm at once: their words do not meet, so nothing is expected of the state before. What was corrected
since is to be affirmed anew by all but the one who corrected it, for nobody is bound by words that it has not seen.
"""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived.conflicts import note
from commandlog.log.derived.entries import audience_text
from commandlog.log.derived.table import FOREVER, Applied, Table, now_at, position_of
from commandlog.model.dealings import AgreementAffirmed, AgreementDeclined, AgreementEnded
from commandlog.model.records import Agreement, Corrected


class AgreementRow(NamedTuple):
    """A state of an agreement, by the position of the record that made it.

    `parties`, `affirmed` and `denied` are ",police,venue,"; times are milliseconds UTC, 0 where there is none: `agreed`
    when it was said, `settled` when all had affirmed, `holds_until` what was agreed, `ended` when it was ended.
    """

    since: int
    until: int
    agreement: int
    state: str
    parties: str
    affirmed: str
    denied: str
    agreed: int
    settled: int
    holds_until: int
    ended: int


TABLE = Table(
    "agreements",
    AgreementRow,
    ("agreement: agreement, since", f"standing: since WHERE until = {FOREVER} AND state != 'ended'"),
    version=3,
)
KINDS = (Agreement, AgreementAffirmed, AgreementDeclined, AgreementEnded, Corrected)


def apply(db: Connection, r: Applied) -> None:
    """Note an agreement, what a party says of it, or that it reads otherwise now."""
    frame = r.frame
    if isinstance(frame, Agreement):
        parties = audience_text(tuple(dict.fromkeys((frame.speaker, *frame.parties))))
        first = AgreementRow(r.seq, FOREVER, r.seq, "open", parties, "", "", frame.occurred_at, 0, frame.until, 0)
        db.execute(TABLE.insert, _said(first, frame.speaker, True, frame.occurred_at))
        return
    corrected = isinstance(frame, Corrected)
    agreement = position_of(db, frame.entry if corrected else frame.agreement)
    row = current(db, agreement)
    if corrected:
        if row is None or not _holds(db, r.seq, agreement):
            return
        after = _said(row._replace(affirmed="", denied=""), frame.by.party, True, frame.occurred_at)
    elif row is None or row.state == "ended":
        note(db, r, "agreements", agreement, row.since if row else 0)
        return
    elif isinstance(frame, AgreementEnded):
        after = row._replace(state="ended", ended=frame.occurred_at)
    else:
        after = _said(row, frame.speaker, isinstance(frame, AgreementAffirmed), frame.occurred_at)
    TABLE.close(db, row.since, r.seq)
    db.execute(TABLE.insert, after._replace(since=r.seq))


def _said(row: AgreementRow, party: str, affirms: bool, at: int) -> AgreementRow:
    """Return the state after a party affirmed or denied; of a party that it does not bind, nothing is noted."""
    bound = parties_of(row.parties)
    said = dict.fromkeys(parties_of(row.affirmed), True) | dict.fromkeys(parties_of(row.denied), False)
    said[party] = affirms
    affirmed = tuple(one for one in bound if said.get(one) is True)
    denied = tuple(one for one in bound if said.get(one) is False)
    state = "ended" if row.ended else "denied" if denied else "agreed" if affirmed == bound else "open"
    settled = (row.settled or at) if state == "agreed" else row.settled if row.ended else 0
    return row._replace(state=state, affirmed=audience_text(affirmed), denied=audience_text(denied), settled=settled)


def _holds(db: Connection, seq: int, entry: int) -> bool:
    """Whether a correction was applied: one that came too late stands for itself."""
    return bool(db.execute("SELECT entry = ? FROM entries WHERE since = ?", (entry, seq)).fetchone()[0])


def parties_of(text: str) -> tuple[str, ...]:
    """Return the parties that a row holds as ",police,venue,"."""
    return tuple(one for one in text.split(",") if one)


def current(db: Connection, agreement: int) -> AgreementRow | None:
    """Return how an agreement stands now."""
    query = "SELECT * FROM agreements WHERE agreement = ? ORDER BY since DESC LIMIT 1"
    found = db.execute(query, (now_at(db, agreement),)).fetchone()
    return AgreementRow._make(found) if found else None
