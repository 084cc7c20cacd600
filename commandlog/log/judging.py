"""Whether a record that was found in a damaged log is what was written, and stood where it says: pure functions."""

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from commandlog.language import _
from commandlog.log import chain
from commandlog.log.pages import STRAY
from commandlog.log.rebuild import Stored, is_sealed
from commandlog.model.records import decode_frame

UNSURE = STRAY + 1  # what is added to the standing of a record of which only the header, unsigned, gives the position


def frame_of(record: Stored) -> object:
    """Return what a record's frame says, None where it cannot be read."""
    try:
        return decode_frame(record.frame[chain.SALT :]) if record.frame else None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def why(record: Stored) -> str:
    """Return what speaks against a record that was found."""
    if is_sealed(record):
        return _("what it says is not in this file")
    if not whole(record):
        return _("what it says was damaged or changed")
    if frame_of(record) is None:
        return _("what it says cannot be read")
    return _("it does not follow from the one before, or its desk did not sign it")


class State(NamedTuple):
    """One state in which a record was found, and how the page stands that it was found on."""

    standing: int
    rowid: int
    record: Stored


def grouped(rows: sqlite3.Cursor) -> Iterator[list[State]]:
    """Yield all the states of each record, record by record."""
    group: list[State] = []
    for standing, rowid, *fields in rows:
        state = State(standing, rowid, Stored._make(fields))
        if group and group[0].record.seq != state.record.seq:
            yield group
            group = []
        group.append(state)
    if group:
        yield group


def pairs(groups: Iterator[list[State]]) -> Iterator[tuple[list[State], list[State]]]:
    """Yield each group with the one behind it, which is empty for the last."""
    before = next(groups, None)
    for group in groups:
        if before:
            yield before, group
        before = group
    if before:
        yield before, []


def whole(record: Stored) -> bool:
    """Whether what a record says is what its digest says."""
    if record.frame is None or (record.words is not None and record.words_hash is not None):
        return False
    words = chain.part_hash(record.words) if record.words is not None else record.words_hash or b""
    return chain.digest_of(chain.part_hash(record.frame), words) == chain.unpack_header(record.header).digest


def follows(previous: bytes, record: Stored, after: list["State"]) -> bool:
    """Whether a record follows from the hash of the one before it, and can be read.

    Where its own hash was damaged, the record behind it says what that was.
    """
    expected = chain.link(previous, record.header)
    return frame_of(record) is not None and (record.hash == expected or leads(record._replace(hash=expected), after))


def behind(before: Stored, record: Stored) -> bool:
    """Whether a record follows from the one that was found before it."""
    return before.seq == record.seq - 1 and record.hash == chain.link(before.hash or b"", record.header)


def leads(record: Stored, after: list[State]) -> bool:
    """Whether a record that surely stood right behind this one follows from it."""
    return any(
        one.record.seq == record.seq + 1
        and one.standing < STRAY
        and one.record.hash == chain.link(record.hash or b"", one.record.header)
        for one in after
    )


def kept(one: State) -> bool:
    """Whether it lay where SQLite would have read it, or would have, had the write-ahead log not been damaged."""
    return one.standing % UNSURE < STRAY


def stands(one: State, before: Stored | None, after: list[State], newest: int) -> bool:
    """Whether a record that the chain does not reach stood where its header says, or can be believed to have."""
    if one.standing < STRAY or leads(one.record, after):
        return True
    if kept(one) and before is not None and behind(before, one.record):
        return True
    return one.record.seq < newest and (kept(one) or one.standing == STRAY)


def combined(parts: list[list[bytes]]) -> Iterator[bytes]:
    """Yield what pieces make together, where none is missing; of one with two states, each in its turn."""
    if not all(parts):
        return
    first = [states[0] for states in parts]
    yield b"".join(first)
    for number, states in enumerate(parts):
        for other in states[1:]:
            yield b"".join([*first[:number], other, *first[number + 1 :]])
