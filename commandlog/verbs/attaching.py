"""Attaching a photo or a document to an entry.

The content goes into the log first, in transactions so short that nobody's own entry waits for it; the record that
makes it an attachment comes in the last one. Whatever ends it before that leaves no attachment, and what lies there of
it is swept (`log/pieces.py`).
"""

import os
import time
from contextlib import suppress
from typing import Unpack

from commandlog.language import _
from commandlog.log import pieces
from commandlog.log.chain import SALT
from commandlog.log.derived.entries import EntryRow
from commandlog.log.derived.table import now_at
from commandlog.log.desk import Desk
from commandlog.model.errors import CommandLogError, RuleError, Unavailable
from commandlog.model.keeping import Attached
from commandlog.model.media import Media, clean_name, examined
from commandlog.model.records import Record
from commandlog.verbs.context import About, checked, entry_at, inherited, named, receipt, record_id, split

PAUSE = 0.002  # seconds between two transactions, so that an operator who waits gets in between
MOVE_EVERY = 4  # transactions: the write-ahead log is moved a little at a time, since everybody waits for it


def attach(desk: Desk, entry: int, content: bytes, *, name: str = "", text: str = "", **about: Unpack[About]) -> Record:
    """Attach a file to an entry; place, category and audience are the entry's own. `text` says what is to be seen.

    What it is, is read from the content alone; the name is kept as text. Raises RuleError where there is no such
    entry, and for a file that is empty or too large (`model/media.py`); Unavailable where the log cannot be written.
    No attachment is left behind then. Not for a block of `writing` that anybody waits for.
    """
    media = examined(content)
    with desk.writing():
        if repeated := receipt(desk, about):
            return repeated
        _attachable(desk, entry)
        checked(desk, **about)
    _sweep(desk)
    salt = os.urandom(SALT)
    file = pieces.named(salt, content)
    try:
        last = _put(desk, file, content)
        with desk.writing():
            if repeated := receipt(desk, about):  # another program has been quicker
                _take_back(desk, file)
                return repeated
            pieces.put(desk.log.db, file, content, last, desk.now)
            return _record(desk, entry, (file, salt, len(content)), media, (clean_name(name), text), about)
    except BaseException:
        with suppress(CommandLogError):  # what cannot be taken back now is swept later
            _take_back(desk, file)
        raise


def _attachable(desk: Desk, entry: int) -> EntryRow:
    """Return the entry that something can be attached to; raises RuleError where there is none."""
    row = entry_at(desk, entry)
    if row.kind == "attached":
        raise RuleError(
            _("{reference} is an attachment itself: attach to the entry that it belongs to.").format(
                reference=named(desk, entry)
            )
        )
    return row


def _put(desk: Desk, file: bytes, content: bytes) -> range:
    """Store all pieces but those of the last transaction, and return the numbers of these."""
    number = pieces.count(len(content))
    last = (number - 1) // pieces.SLICE * pieces.SLICE
    for done, first in enumerate(range(0, last, pieces.SLICE), start=1):
        with desk.writing():
            pieces.put(desk.log.db, file, content, range(first, first + pieces.SLICE), desk.now)
        _give_way(desk, move=done % MOVE_EVERY == 0)
    return range(last, number)


def _record(
    desk: Desk,
    entry: int,
    stored: tuple[bytes, bytes, int],
    media: Media,
    said: tuple[str, str],
    about: About,
) -> Record:
    """Append the record of a file that is there, with its last pieces, inside `writing`."""
    file, salt, size = stored
    name, text = said
    if not pieces.arrived(desk.log.db, file, size):
        raise Unavailable(_("The attachment was interrupted for too long: nothing was stored, attach it again."))
    entry = now_at(desk.log.db, entry)  # it may have got its place in a shared log while the pieces were stored
    row = _attachable(desk, entry)
    fields, words = split(inherited(desk, row, checked(desk, **about)), text=text, title=name, salt=salt)
    fields |= {"file": file, "size": size, "media": media.type, "width": media.width, "height": media.height}
    return desk.append(Attached, words, entry=record_id(desk, entry), **fields)


def _sweep(desk: Desk) -> None:
    """Take away what was left behind here long ago."""
    more = True
    while more:
        with desk.writing():
            more = pieces.sweep(desk.log.db, desk.now)
        if more:
            _give_way(desk)


def _take_back(desk: Desk, file: bytes) -> None:
    """Delete the pieces of a file that will have no record."""
    more = True
    while more:
        with desk.writing():
            more = pieces.drop(desk.log.db, file)
        if more:
            _give_way(desk)


def _give_way(desk: Desk, *, move: bool = False) -> None:
    """Let others write between two transactions; nothing to give where all of it is one."""
    if desk.log.db.in_transaction:
        return
    if move:
        desk.log.move_write_ahead()
    time.sleep(PAUSE)
