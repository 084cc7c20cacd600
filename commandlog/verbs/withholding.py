"""Who reads what after it was written: told to one more party, recalled, erased, or preserved from erasing.

An entry is all its versions. A recall and an erasure also take its attachments and its marks (people see no line of a
mark, so that they would not miss it), and everything that hangs on it where that is asked; a release tells what is
named, since an attachment may be for fewer than its entry. What is decided, and why, concerns those who may read the
entries, and says nothing of what they say.
"""

from collections.abc import Iterable, Iterator
from types import UnionType
from typing import Unpack

from commandlog.language import _
from commandlog.log.derived import recalls, tasks
from commandlog.log.derived.entries import EntryRow, above, entry_of, versions
from commandlog.log.derived.table import FOREVER, now_at, position_of
from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.model.dealings import Marked
from commandlog.model.errors import RuleError
from commandlog.model.frames import Frame
from commandlog.model.keeping import Attached, Destroyed, Erased, Held, HoldLifted, Recalled, Released
from commandlog.model.records import Corrected, Record, Words
from commandlog.model.words import OPEN_TASKS, label
from commandlog.verbs.context import About, checked, entry_at, named, receipt, record_id, split, unknown_party
from commandlog.verbs.cooperation import NEEDED, not_to_erase, not_to_recall, whose


def release(
    desk: Desk, records: tuple[int, ...], to_party: str, ground: str, *, thread: bool = False, **about: Unpack[About]
) -> Record:
    """Tell entries (by position, in all their versions so far) to one more party, on a stated ground.

    With `thread`, everything that hangs on them by now is told too. Raises RuleError without a ground, or for a party
    or record that does not exist.
    """
    if not ground.strip():
        raise RuleError(_("A release names its ground: on what basis may they know?"))
    with desk.writing():
        _known(desk, (to_party,))
        rows = _entries(desk, records, _("A release names the entries that are told."))
        told = [seq for row in rows for seq in versions(desk.log.db, row.entry)]
        if thread:
            told += [seq for row in rows for seq in hanging(desk, row.entry)]
        fields, words = split(for_readers(desk, rows, checked(desk, **about), (to_party,)), reason=ground)
        return desk.append(Released, words, records=_ids(desk, told), to_party=to_party, **fields)


def recall(
    desk: Desk,
    records: tuple[int, ...],
    from_parties: tuple[str, ...],
    reason: str,
    *,
    thread: bool = False,
    **about: Unpack[About],
) -> Record:
    """Take entries (by position) from parties that could read them; that they had them stays known.

    They see from then on that the entry is there, and no more; nor does what later hangs on it reach them, until it is
    told to them again. With `thread`, everything that hangs on it by now is taken as well, save what is their own.
    Raises RuleError without a reason, for a party that cannot read an entry, that wrote or said it (it always reads
    it), or that has the task that it is; and in a shared log for what another party said and wrote, unless one drives
    the event, or takes it from one's own party alone.
    """
    if not reason.strip():
        raise RuleError(_("A recall needs a reason: why may they no longer read it?"))
    with desk.writing():
        _known(desk, from_parties)
        rows = _entries(desk, records, _("A recall names the entries that are taken back."))
        _spare_what_is_needed(desk, rows)
        if not from_parties:
            raise RuleError(_("Say from whom it is recalled: one party or more."))
        for row in rows:
            for party in from_parties:
                _may_be_taken(desk, row, party)
        concerned = [seq for row in rows for seq in whole(desk, row.entry, thread=thread)]
        _refuse_to_recall(desk, concerned, from_parties)
        fields, words = split(for_readers(desk, rows, checked(desk, **about), from_parties), reason=reason)
        return desk.append(Recalled, words, records=_ids(desk, concerned), from_parties=from_parties, **fields)


def may_recall(log: Log, entry: int, party: str) -> bool:
    """Whether an entry (by its first version's position) is a party's to recall from others, at a desk of this log."""
    concerned = versions(log.db, entry)
    return not (log.member and not_to_recall(log.db, concerned, ("",), party, log.covenant().driver))


def erase(desk: Desk, records: tuple[int, ...], ground: str, *, thread: bool = False, **about: Unpack[About]) -> Record:
    """Destroy the words of entries (by position), their attachments and why they were marked, by a stated decision.

    With `thread`, of everything that hangs on them too. When, where, whose and what it led to stay. Whoever calls
    purges the file afterwards (`log/erasing.py`). Raises RuleError without a ground, for what the log cannot be read
    without, where there is nothing to erase, for what somebody has demanded to preserve, and in a shared log for what
    another party said and wrote, unless one drives the event.
    """
    if not ground.strip():
        raise RuleError(_("Erasing needs a ground: by what duty, or at whose request?"))
    with desk.writing():
        if repeated := receipt(desk, about):
            return repeated
        rows = _entries(desk, records, _("Say what is to be erased."))
        concerned = to_erase(desk, tuple(row.entry for row in rows), thread=thread)
        fields, words = split(for_readers(desk, rows, checked(desk, **about), ()), reason=ground)
        return desk.append(Erased, words, records=_ids(desk, concerned), **fields)


def to_erase(desk: Desk, records: tuple[int, ...], *, thread: bool = False) -> list[int]:
    """Return the positions of all records whose words erasing these entries would destroy.

    Raises RuleError where they cannot be erased, as `erase` does.
    """
    found: list[int] = []
    rows = _entries(desk, records, _("Say what is to be erased."))
    _spare_what_is_needed(desk, rows)
    for row in rows:
        concerned = [seq for seq in whole(desk, row.entry, thread=thread) if _says_something(desk, seq)]
        if not any(_says_something(desk, seq) for seq in versions(desk.log.db, row.entry)):
            _refuse_empty(desk, row)
        _refuse_to_erase(desk, concerned)
        for seq in concerned:
            _refuse_preserved(desk, seq)
        found += concerned
    return list(dict.fromkeys(found))


def hold(desk: Desk, records: tuple[int, ...], demand: str, **about: Unpack[About]) -> Record:
    """Preserve entries (by position), and all that hangs on them, from erasing; the whole log where none is named.

    `demand` says who demands it, and by what. Raises RuleError without one.
    """
    if not demand.strip():
        raise RuleError(_("A preservation hold names who demands it, and by what."))
    with desk.writing():
        rows = [entry_at(desk, entry_of(desk.log.db, position)) for position in records]
        held = [seq for row in rows for seq in versions(desk.log.db, row.entry)]
        fields, words = split(for_readers(desk, rows, checked(desk, **about), ()), reason=demand)
        return desk.append(Held, words, records=_ids(desk, held), **fields)


def lift_hold(desk: Desk, position: int, reason: str, **about: Unpack[About]) -> Record:
    """End a preservation hold. Raises RuleError without a reason, or where there is no such hold in force."""
    if not reason.strip():
        raise RuleError(_("Lifting a hold needs a reason: who says that it may end?"))
    with desk.writing():
        position = now_at(desk.log.db, position)
        query = f"SELECT 1 FROM holds WHERE hold = ? AND until = {FOREVER}"
        if not desk.log.db.execute(query, (position,)).fetchone():
            reference = named(desk, position)
            raise RuleError(
                _("{reference} is no hold that is in force: `holds` lists them.").format(reference=reference)
            )
        given = for_readers(desk, [entry_at(desk, position)], checked(desk, **about), ())
        fields, words = split(given, reason=reason)
        return desk.append(HoldLifted, words, hold=record_id(desk, position), **fields)


def destroy_copy(desk: Desk, position: int, reason: str, **about: Unpack[About]) -> Record:
    """Record that a copy (by the position of its record) is gone.

    Raises RuleError where it is not said how that is known, and where there is no such copy.
    """
    if not reason.strip():
        raise RuleError(_("Say how it is known that the copy is gone."))
    with desk.writing():
        position = now_at(desk.log.db, position)
        query = f"SELECT 1 FROM copies WHERE since = ? AND until = {FOREVER}"
        if not desk.log.db.execute(query, (position,)).fetchone():
            reference = named(desk, position)
            raise RuleError(_("{reference} is no copy that is still somewhere.").format(reference=reference))
        given = for_readers(desk, [entry_at(desk, position)], checked(desk, **about), ())
        fields, words = split(given, reason=reason)
        return desk.append(Destroyed, words, copy=record_id(desk, position), **fields)


# -- what belongs to an entry ------------------------------------------------------------------------------------------


def whole(desk: Desk, entry: int, *, thread: bool = False) -> list[int]:
    """Return the positions of an entry's versions, attachments and marks and those of these, or all that hangs on it.

    A correction that came too late to be applied is a version too.
    """
    more = hanging(desk, entry) if thread else hanging(desk, entry, Attached | Corrected | Marked)
    return [*versions(desk.log.db, entry), *more]


def hanging(desk: Desk, entry: int, kinds: type[Frame] | UnionType = Frame) -> list[int]:
    """Return the positions of all records of these kinds that hang on an entry, directly or on one another, in order.

    The versions of the entry itself are not among them.
    """
    db, row = desk.log.db, entry_at(desk, entry)
    root, entry = row.thread, row.entry
    query = "SELECT since, id FROM entries WHERE thread = ? AND thread != entry AND since > ? AND entry != ?"
    rows = db.execute(f"{query} ORDER BY since", (root, entry, entry)).fetchall()
    records = desk.log.records_at([seq for seq, _id in rows])
    found, reached = [], {record_id(desk, entry)}
    for seq, one in rows:
        frame = records[seq].frame
        if isinstance(frame, kinds) and above(frame) in reached:
            reached.add(one)
            found.append(seq)
    return found


def still_read(desk: Desk, records: tuple[int, ...], parties: tuple[str, ...]) -> list[int]:
    """Return the positions of what hangs on entries and can be read by one of these parties, save what is its own."""
    db = desk.log.db
    return [
        seq
        for entry in records
        for seq in hanging(desk, entry)
        if any(recalls.reads(db, seq, party) and party not in recalls.own(db, seq) for party in parties)
    ]


def _up(desk: Desk, position: int) -> Iterator[int]:
    """Yield an entry (by its first version's position), the one that it hangs on, and so on."""
    seen: set[int] = set()
    while position and position not in seen:
        seen.add(position)
        yield position
        frame = desk.log.record(position).frame
        hangs_on = above(frame) if frame is not None else b""
        position = entry_of(desk.log.db, position_of(desk.log.db, hangs_on)) if hangs_on else 0


# -- who and what is concerned -----------------------------------------------------------------------------------------


def _entries(desk: Desk, records: tuple[int, ...], nothing: str) -> list[EntryRow]:
    """Return the entries that positions belong to, each once; raises RuleError with `nothing` where there are none."""
    rows = [entry_at(desk, one) for one in dict.fromkeys(entry_of(desk.log.db, seq) or seq for seq in records)]
    if not rows:
        raise RuleError(nothing)
    return rows


def _spare_what_is_needed(desk: Desk, rows: list[EntryRow]) -> None:
    for row in rows:
        if row.kind in NEEDED:
            told = _("The log cannot be read without {reference} (“{kind}”): it stays as it is.")
            raise RuleError(told.format(reference=named(desk, row.entry), kind=label(row.kind)))


def _known(desk: Desk, parties: Iterable[str]) -> None:
    for party in parties:
        if not desk.covenant.party(party):
            raise unknown_party(desk, party)


def _may_be_taken(desk: Desk, row: EntryRow, party: str) -> None:
    """Raise RuleError where an entry cannot be recalled from a party."""
    db, told = desk.log.db, {"party": desk.covenant.party_name(party), "reference": named(desk, row.entry)}
    if party in recalls.own(db, row.entry):
        told_so = _("{reference} is the word of {party}, or was written at its desk: it always reads its own.")
        raise RuleError(told_so.format(**told))
    if not any(recalls.reads(db, seq, party) for seq in versions(db, row.entry)):
        raise RuleError(_("{party} cannot read {reference}: there is nothing to recall.").format(**told))
    task = tasks.current(db, row.entry) if row.kind == "proposed" else None
    if task and task.assignee == party and task.state in OPEN_TASKS:
        raise RuleError(_("{party} has the task {reference}: hand it over, or withdraw it, first.").format(**told))


def for_readers(desk: Desk, rows: list[EntryRow], about: About, also: tuple[str, ...]) -> About:
    """Return `about` for those who may read all of these entries, and for these parties and the writer's own too."""
    given = about.get("audience")
    narrow = [(*row.audience.strip(",").split(","), *_told(desk, row.entry)) for row in rows if row.audience]
    narrow += [given] if given else []
    if not narrow:
        return about
    shared = [one for one in narrow[0] if all(one in readers for readers in narrow)]
    return {**about, "audience": tuple(dict.fromkeys((*shared, desk.party, *also)))}


def _told(desk: Desk, entry: int) -> tuple[str, ...]:
    """Return the parties that any version of an entry was released to."""
    marks = ",".join(map(str, versions(desk.log.db, entry)))
    query = f"SELECT DISTINCT party FROM grants WHERE record IN ({marks}) ORDER BY party"
    return tuple(party for (party,) in desk.log.db.execute(query))


def _ids(desk: Desk, positions: Iterable[int]) -> tuple[bytes, ...]:
    return tuple(record_id(desk, seq) for seq in dict.fromkeys(positions))


# -- what can be erased ------------------------------------------------------------------------------------------------


def _says_something(desk: Desk, seq: int) -> bool:
    return desk.log.record(seq).words not in (None, Words())


def _refuse_empty(desk: Desk, row: EntryRow) -> None:
    reference = named(desk, row.entry)
    if desk.log.record(row.since).words is None:
        raise RuleError(_("{reference} is erased already.").format(reference=reference))
    raise RuleError(_("{reference} has no words that could be erased.").format(reference=reference))


def _refuse_to_erase(desk: Desk, records: list[int]) -> None:
    """Raise RuleError in a shared log for what is another party's to erase."""
    told = _(
        "{reference} is the word of {party}, or was written at its desk: in a shared log only its own party erases it,"
        " or {driver}, which drives the event. Ask one of them."
    )
    if desk.log.member:
        driver = desk.covenant.driver
        _refuse_others(desk, not_to_erase(desk.log.db, records, desk.party, driver), told)


def _refuse_to_recall(desk: Desk, records: list[int], from_parties: tuple[str, ...]) -> None:
    """Raise RuleError in a shared log for what is another party's to take from others."""
    told = _(
        "{reference} is the word of {party}, or was written at its desk: in a shared log only its own party recalls it"
        " from others, or {driver}, which drives the event. Ask one of them; from your own party you can recall it."
    )
    if desk.log.member:
        driver = desk.covenant.driver
        _refuse_others(desk, not_to_recall(desk.log.db, records, from_parties, desk.party, driver), told)


def _refuse_others(desk: Desk, others: list[int], told: str) -> None:
    for seq in others[:1]:
        name = desk.covenant.party_name
        parties = " / ".join(map(name, whose(desk.log.db, seq)))
        reference = named(desk, entry_of(desk.log.db, seq))
        raise RuleError(told.format(reference=reference, party=parties, driver=name(desk.covenant.driver)))


def _refuse_preserved(desk: Desk, seq: int) -> None:
    """Raise RuleError for what somebody has demanded to preserve, and for the demand itself as long as it holds."""
    db, entry = desk.log.db, entry_of(desk.log.db, seq)
    for one in _up(desk, entry):
        marks = ",".join(map(str, (0, *versions(db, one))))
        query = f"SELECT hold FROM holds WHERE record IN ({marks}) AND until = {FOREVER} ORDER BY hold"
        if found := db.execute(query).fetchone():
            demand = desk.log.record(found[0]).words
            told = _("{reference} is preserved by {hold} ({demand}): it can be erased when that hold is lifted.")
            raise RuleError(
                told.format(
                    reference=named(desk, entry), hold=named(desk, found[0]), demand=demand.reason if demand else "?"
                )
            )
    query = f"SELECT 1 FROM holds WHERE hold = ? AND until = {FOREVER}"
    if db.execute(query, (entry,)).fetchone():
        told = _("{reference} is a preservation hold that is in force: lift it before its words are erased.")
        raise RuleError(told.format(reference=named(desk, entry)))
