"""Who may no longer read what they were told: recalls, until the same party is told again.

What hangs on a recalled record (a correction, an addition, a step of its task) does not reach that party either, from
whichever desk it comes and whether that desk knew of the recall or not. Its own words, and what is said to it, do.
"""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived.entries import above
from commandlog.log.derived.table import FOREVER, Applied, Table, now_at, position_of
from commandlog.model.dealings import (
    AgreementAffirmed,
    AgreementDeclined,
    AgreementEnded,
    Marked,
    Misdirected,
    MisdirectedRead,
    UnitStatus,
)
from commandlog.model.keeping import Attached, Recalled, Released
from commandlog.model.records import (
    Accepted,
    Added,
    Affirmed,
    Assessed,
    Confirmed,
    Corrected,
    Declined,
    Done,
    Feedback,
    HandedOver,
    Proposed,
    Started,
    Withdrawn,
)


class RecallRow(NamedTuple):
    """From `since` until it is told anew, `party` does not see the record at position `record`.

    Where both positions are the same, the record hangs on one that had been recalled, and the party never had it.
    """

    since: int
    until: int
    record: int
    party: str


TABLE = Table("recalls", RecallRow, ("reader: party, record", "record: record"), single=False, version=2)

_STEPS = (Accepted, Declined, Started, Done, Confirmed, Withdrawn, Affirmed)
_SAID_OF = (AgreementAffirmed, AgreementDeclined, AgreementEnded, Marked, Misdirected, MisdirectedRead, UnitStatus)
# not LevelConfirmed: it says no more than that a party knows of a level, and older files have no rows for it
KINDS = (Recalled, Released, HandedOver, Corrected, Added, Assessed, Feedback, Attached, Proposed, *_STEPS, *_SAID_OF)


def apply(db: Connection, r: Applied) -> None:
    """Take reading away, give it back to a party that is told again, or withhold what hangs on something recalled."""
    if isinstance(r.frame, Recalled):
        _recall(db, r)
    elif isinstance(r.frame, Released):
        _give_back(db, r.seq, r.frame.to_party, [position_of(db, one) for one in r.frame.records])
    else:
        if isinstance(r.frame, HandedOver):
            query = "SELECT since FROM entries WHERE task = ? AND task > 0"
            records = [seq for (seq,) in db.execute(query, (position_of(db, r.frame.task),))]
            _give_back(db, r.seq, r.frame.to_party, records)
        _withhold(db, r)


def _recall(db: Connection, r: Applied) -> None:
    records = dict.fromkeys(position_of(db, one) for one in r.frame.records)
    rows = [
        (r.seq, FOREVER, record, party)
        for record in records
        for party in dict.fromkeys(r.frame.from_parties)
        if record and reads(db, record, party) and party not in own(db, record)
    ]
    db.executemany(TABLE.insert, rows)


def _give_back(db: Connection, seq: int, party: str, records: list[int]) -> None:
    query = f"UPDATE recalls SET until = ? WHERE party = ? AND record = ? AND until = {FOREVER}"
    db.executemany(query, [(seq, party, record) for record in records])


def _withhold(db: Connection, r: Applied) -> None:
    hangs_on = above(r.frame)
    if not hangs_on:
        return
    query = (
        "SELECT DISTINCT party FROM recalls WHERE record = (SELECT since FROM entries WHERE id = ?)"
        f" AND until = {FOREVER} ORDER BY 1"
    )
    parties = [party for (party,) in db.execute(query, (hangs_on,))]
    if parties:
        named = (getattr(r.frame, name, "") for name in ("to_party", "reached", "meant_for"))
        concerned = (*own(db, r.seq), *named)
        db.executemany(TABLE.insert, [(r.seq, FOREVER, r.seq, party) for party in parties if party not in concerned])


def reads(db: Connection, record: int, party: str) -> bool:
    """Whether a party can read the record at a position now: by its audience or a release, and not recalled."""
    query = (
        "SELECT 1 FROM entries e WHERE e.since = :record AND e.kind != 'sealed' AND (e.audience = ''"
        " OR instr(e.audience, ',' || :party || ',')"
        " OR EXISTS (SELECT 1 FROM grants WHERE party = :party AND record = e.since))"
        f" AND NOT EXISTS (SELECT 1 FROM recalls WHERE party = :party AND record = e.since AND until = {FOREVER})"
    )
    return db.execute(query, {"record": now_at(db, record), "party": party}).fetchone() is not None


def own(db: Connection, record: int) -> tuple[str, ...]:
    """Return the parties whose record it is: who says it, and who wrote it down. They always read it."""
    query = "SELECT e.party, d.party FROM entries e LEFT JOIN desks d ON d.desk = e.desk WHERE e.since = ?"
    found = db.execute(query, (now_at(db, record),)).fetchall()
    return tuple(dict.fromkeys(party for row in found for party in row if party))


def told(db: Connection, record: int, party: str) -> bool:
    """Whether a party was ever told a record: by its audience or since, and be it recalled by now."""
    query = (
        "SELECT 1 FROM entries e WHERE e.since = :record AND e.kind != 'sealed' AND (e.audience = ''"
        " OR instr(e.audience, ',' || :party || ',')"
        " OR EXISTS (SELECT 1 FROM grants WHERE party = :party AND record = e.since))"
        " AND NOT EXISTS (SELECT 1 FROM recalls WHERE party = :party AND record = e.since"
        f" AND since = record AND until = {FOREVER})"
    )
    return db.execute(query, {"record": now_at(db, record), "party": party}).fetchone() is not None


def had(db: Connection, record: int, party: str) -> bool:
    """Whether a party can know of a record: it was told of it at some time, or the record is its own."""
    return told(db, record, party) or party in own(db, record)
