"""What a member of a shared log has beside the shared order, carried into its copies.

That is: what waits for its place, what the shared log did not take, which records were opened after they had been
sealed, and attachments that came after their records. A copy that lacked it would not be the desk's whole log.
"""

from commandlog.log import derived, member, pieces, refused
from commandlog.log.derived.table import FOREVER, PROVISIONAL
from commandlog.log.rebuild import Stored, rebase, says, stored, take
from commandlog.log.store import Log
from commandlog.model.keeping import Attached
from commandlog.model.records import decode_frame

_INCOMPLETE = (
    f"SELECT since FROM attachments a WHERE a.size > {pieces.PIECE} * (SELECT count(*) FROM pieces WHERE file = a.file)"
)


def begin(source: Log, target: Log) -> None:
    """Make a copy the same desk's as its log, before records come that may be sealed in both."""
    if source.member and target.member != source.member:
        with target.writing():
            member.become(target.db, source.member)
            target.refresh()


def take_back(target: Log) -> None:
    """Take what waits out of a copy, inside `Log.writing`: records of the shared order come in before it."""
    if target.tip >= PROVISIONAL:
        derived.rollback(target.db, PROVISIONAL - 1)
        target.db.execute("DELETE FROM records WHERE seq >= ?", (PROVISIONAL,))


def carry(source: Log, target: Log) -> None:
    """Bring a copy, which has all of the shared order that its log has, up to date with what the log has beside it."""
    if source.opened != target.opened:
        _open(source, target)
    with target.writing():
        for record in stored(source.db, max(PROVISIONAL, target.tip + 1), FOREVER):
            take(target.db, record)
            if attached := _attached(record):
                _take_pieces(source, target, attached)
        _put_aside(source, target)
        target.db.execute("DELETE FROM opened")
        _copy(source, target, "opened", 0)
        last = target.db.execute("SELECT coalesce(max(seq), 0) FROM promoted").fetchone()[0]
        _copy(source, target, "promoted", last)
        for (seq,) in target.db.execute(_INCOMPLETE).fetchall():
            for record in stored(target.db, seq, seq):
                if attached := _attached(record):
                    _take_pieces(source, target, attached)
        target.refresh()


def is_behind(source: Log, target: Log) -> bool:
    """Whether a copy that has all of the shared order lacks something that its log has beside it."""
    kept = "SELECT (SELECT count(*) FROM refused), (SELECT sum(settled) FROM refused)"
    ends = [(one.tip, one.opened, *one.db.execute(kept).fetchone()) for one in (source, target)]
    return ends[0] != ends[1] or target.db.execute(f"{_INCOMPLETE} LIMIT 1").fetchone() is not None


def _open(source: Log, target: Log) -> None:
    query = "SELECT seq FROM opened WHERE n > ? AND seq <= ?"
    opened = source.db.execute(query, (target.opened, target.head.seq)).fetchall()
    found: list[Stored] = []
    for (seq,) in opened:
        for here, there in zip(stored(target.db, seq, seq), stored(source.db, seq, seq), strict=True):
            digest = here.header[50:82]
            if here.frame is None and here.header == there.header and says(there, digest):
                found.append(there)
    if found:
        rebase(target, [], found)


def _put_aside(source: Log, target: Log) -> None:
    """Keep aside what the log keeps aside; what somebody has seen to since is destroyed in the copy too."""
    there = dict(target.db.execute("SELECT was, settled FROM refused").fetchall())
    for row in source.db.execute("SELECT * FROM refused").fetchall():
        was, *_rest, settled = row
        if was not in there:
            target.db.execute("INSERT INTO refused VALUES (?, ?, ?, ?, ?, ?)", row)
        elif settled:
            refused.empty(target.db, was)


def _copy(source: Log, target: Log, table: str, behind: int) -> None:
    """Copy the rows of a table whose second column (a position, or anything above 0) is behind a position."""
    rows = source.db.execute(f"SELECT * FROM {table}").fetchall()
    if rows := [row for row in rows if not behind or row[1] > behind]:
        target.db.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)


def _attached(record: Stored) -> Attached | None:
    """Return the frame of a record that attaches a file whose words are here."""
    if record.words is None or not record.frame or b'"attached"' not in record.frame:
        return None
    frame = decode_frame(record.frame[16:])
    return frame if isinstance(frame, Attached) else None


def _take_pieces(source: Log, target: Log, attached: Attached) -> None:
    for number in pieces.missing(target.db, attached.file, attached.size):
        if found := pieces.piece(source.db, attached.file, number):
            pieces.receive(target.db, attached.file, [(number, found)], target.clock())
    if not pieces.missing(target.db, attached.file, attached.size):
        pieces.settle(target.db, attached.file)
