"""Who may read which record of a shared log, from the derived tables of a keeper's log, which has all of them.

`views/filters.readable` is the rule; this says the same as lists of parties, which is what the server holds. Two things
go beyond it. Who wrote or said a record always has it. And of words that were erased, everybody who had been told them
gets the empty place and the decision, also who was recalled since: that is how the copies of those learn that they must
destroy theirs, and by whose word.
"""

from collections.abc import Callable, Iterable, Iterator
from sqlite3 import Connection

from commandlog.log.chain import SALT
from commandlog.log.derived.entries import above
from commandlog.log.derived.recalls import had, own, reads, told
from commandlog.log.derived.table import FOREVER, position_of
from commandlog.model import scenario
from commandlog.model.covenant import Covenant
from commandlog.model.frames import Frame
from commandlog.model.keeping import Attached, Closed, Erased, Held, Recalled, Released
from commandlog.model.records import CovenantSet, HandedOver, Opened, Words, decode_words
from commandlog.verbs.cooperation import NEEDED, may_close, not_to_erase, not_to_recall

EVERYBODY = "*"
"""What stands for all parties, those that come later too; no party is called so."""


def in_force(db: Connection) -> Covenant | None:
    """Return the covenant in force, None where there is none."""
    query = f"SELECT words FROM records WHERE seq = (SELECT since FROM covenants WHERE until = {FOREVER})"
    found = db.execute(query).fetchone()
    return decode_words(found[0][SALT:]).covenant if found and found[0] else None


def driver(db: Connection) -> str:
    """Return the party that answers for the covenant in force, empty where there is none."""
    covenant = in_force(db)
    return covenant.driver if covenant else ""


def parties(db: Connection) -> tuple[str, ...]:
    """Return the codes of all parties that the log has ever had."""
    found = [party for (party,) in db.execute("SELECT DISTINCT party FROM desks")]
    for (words,) in db.execute("SELECT words FROM records WHERE seq IN (SELECT since FROM covenants) ORDER BY seq"):
        covenant = decode_words(words[SALT:]).covenant if words else None
        found += [party.code for party in covenant.parties] if covenant else []
    return tuple(sorted({*found} - {EVERYBODY, ""}))


def readers(db: Connection, seq: int, known: Iterable[str] = ()) -> list[str]:
    """Return who may read the record at a position now: [EVERYBODY], or codes of parties among those `known`."""
    audience = _audience(db, seq)
    if audience == "" and not _recalled(db, seq):
        return [EVERYBODY]
    mine, known = own(db, seq), tuple(known) or parties(db)
    may = told if _is_erased(db, seq) else reads
    found = {party for party in known if party in mine or may(db, seq, party)}
    for record in _erased_by(db, seq):
        if found.issuperset(known):
            break
        found |= {party for party in known if party not in found and had(db, record, party)}
    return [party for party in known if party in found]


def readers_as_written(frame: Frame, known: Iterable[str]) -> list[str]:
    """Return who may read a record that was not `touched`: what is written in it says so."""
    if not frame.audience:
        return [EVERYBODY]
    may = {*frame.audience, frame.by.party, frame.speaker}
    return [party for party in known if party in may]


def touched(db: Connection, first: int) -> set[int]:
    """Return which records from a position on are for others than is written in them, or erased, or erase others."""
    tables = ("grants", "recalls", "erasures")
    query = " UNION ".join(f"SELECT record FROM {table} WHERE since >= :first AND record >= :first" for table in tables)
    query += " UNION SELECT since FROM erasures WHERE since >= :first"
    return {record for (record,) in db.execute(query, {"first": first})}


def changed_by(db: Connection, first: int, last: int) -> dict[int, int]:
    """Return the older records whose readers, or words, were changed by the records from `first` to `last`.

    Each with the position of the last record by which somebody reads it anew (or finds its words erased), 0 where it
    was only narrowed.
    """
    between = "BETWEEN :first AND :last AND record < :first"
    query = (
        f"SELECT record, since FROM grants WHERE since {between} UNION SELECT record, since FROM erasures"
        f" WHERE since {between} UNION SELECT record, until FROM recalls WHERE until {between}"
        f" UNION SELECT record, 0 FROM recalls WHERE since {between}"
        # a new covenant may have a party that a recalled record, which was for all, must name from now on
        f" UNION SELECT record, c.since FROM recalls r, covenants c WHERE c.since BETWEEN :first AND :last"
        f" AND r.record < :first AND r.until = {FOREVER} ORDER BY 1, 2"
    )
    found = dict(db.execute(query, {"first": first, "last": last}).fetchall())
    for seq, by in list(found.items()):  # who learns of an empty place learns who decided so
        for (decision,) in db.execute("SELECT since FROM erasures WHERE record = ? AND since < ?", (seq, first)):
            found[decision] = max(by, found.get(decision, 0))
    return found


def allowed(db: Connection, frame: Frame, words: Words = Words()) -> bool:  # noqa: B008 (frozen)
    """Whether a party may say this at all: nobody gives away, takes away or speaks on what it was never told.

    Nobody takes away what the log stands on. Who destroys or takes from others what a party said, and who ends the
    event, is as the verbs have it (`verbs/cooperation`). All else is for people to settle: what a desk says is signed,
    and stands there with its name.
    """
    party = frame.by.party
    if isinstance(frame, Opened):
        return False  # a log is opened once, before it is shared
    if isinstance(frame, CovenantSet):
        return not frame.audience and party == driver(db) and _can_be_in_force(db, words.covenant)
    if isinstance(frame, Released):
        return all(_has(db, seq, party, reads) for seq in _positions(db, frame.records))
    if isinstance(frame, HandedOver):
        query = "SELECT since FROM entries WHERE task = ? AND task > 0"
        of_task = [seq for (seq,) in db.execute(query, (position_of(db, frame.task),))]
        given = [seq for seq in of_task if not _has(db, seq, frame.to_party, reads)]
        if not all(_has(db, seq, party, reads) for seq in given):
            return False
    if isinstance(frame, Recalled | Erased) and any(_is_needed(db, seq) for seq in _positions(db, frame.records)):
        return False
    if isinstance(frame, Closed):
        return may_close(frame, in_force(db))
    if isinstance(frame, Erased) and not_to_erase(db, _positions(db, frame.records), party, driver(db)):
        return False
    if isinstance(frame, Recalled) and not_to_recall(
        db, _positions(db, frame.records), frame.from_parties, party, driver(db)
    ):
        return False
    if isinstance(frame, Recalled | Erased | Held):
        return all(had(db, seq, party) for seq in _positions(db, frame.records))
    if isinstance(frame, Attached) and db.execute("SELECT 1 FROM attachments WHERE file = ?", (frame.file,)).fetchone():
        return False  # its name comes of a secret: who uses it again has it from the first one, and other bytes
    hangs_on = above(frame)
    return not hangs_on or all(had(db, seq, party) for seq in _positions(db, (hangs_on,)))


def _can_be_in_force(db: Connection, covenant: Covenant | None) -> bool:
    """Whether a covenant holds together, as one that an event is opened with, and has a driver with a desk."""
    if covenant is None or not scenario.fits(covenant):
        return False
    return db.execute("SELECT 1 FROM desks WHERE party = ?", (covenant.driver,)).fetchone() is not None


def _is_needed(db: Connection, seq: int) -> bool:
    found = db.execute("SELECT kind FROM entries WHERE since = ?", (seq,)).fetchone()
    return found is not None and found[0] in NEEDED


def _has(db: Connection, seq: int, party: str, may: Callable[[Connection, int, str], bool]) -> bool:
    return may(db, seq, party) or party in own(db, seq)


def _positions(db: Connection, records: Iterable[bytes]) -> Iterator[int]:
    """Yield where records stand, of those that the log has."""
    for record in dict.fromkeys(records):
        if seq := position_of(db, record):
            yield seq


def _audience(db: Connection, seq: int) -> str | None:
    found = db.execute("SELECT audience FROM entries WHERE since = ? AND kind != 'sealed'", (seq,)).fetchone()
    return found[0] if found else None


def _recalled(db: Connection, seq: int) -> bool:
    query = f"SELECT 1 FROM recalls WHERE record = ? AND until = {FOREVER}"
    return db.execute(query, (seq,)).fetchone() is not None


def _erased_by(db: Connection, seq: int) -> list[int]:
    return [record for (record,) in db.execute("SELECT record FROM erasures WHERE since = ?", (seq,))]


def _is_erased(db: Connection, seq: int) -> bool:
    return db.execute("SELECT 1 FROM erasures WHERE record = ?", (seq,)).fetchone() is not None
