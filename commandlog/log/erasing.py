"""Erasing: the words of a record are destroyed, its digest stays, the chain still verifies.

What a decision erases is gone from the records, the full text and the attachments in the transaction that records the
decision. Raw bytes may stay behind it in the file; `purge` destroys those too.
"""

from sqlite3 import Connection

from commandlog.log import chain
from commandlog.log.derived import fulltext
from commandlog.log.derived.table import position_of
from commandlog.model.keeping import Attached, Erased
from commandlog.model.records import decode_frame, decode_words


def take_away(db: Connection, erased: Erased) -> None:
    """Destroy the words of the records that a decision names, inside the transaction that stores the decision."""
    for record_id in erased.records:
        seq = position_of(db, record_id)
        found = db.execute("SELECT frame, words FROM records WHERE seq = ?", (seq,)).fetchone()
        if found is None or found[1] is None:
            continue
        frame, words = found
        fulltext.forget(db, seq, decode_words(words[chain.SALT :]))
        db.execute("UPDATE records SET words = NULL, words_hash = ? WHERE seq = ?", (chain.part_hash(words), seq))
        said = decode_frame(frame[chain.SALT :]) if frame else None
        if isinstance(said, Attached):
            db.execute("DELETE FROM pieces WHERE file = ?", (said.file,))
