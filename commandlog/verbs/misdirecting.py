"""What reached the wrong party: that is recorded, the right one is told, and the wrong one told what to do."""

from typing import Unpack

from commandlog.language import _
from commandlog.log.derived import misdirections, recalls
from commandlog.log.derived.entries import versions
from commandlog.log.derived.table import FOREVER
from commandlog.log.desk import Desk
from commandlog.model.dealings import Misdirected, MisdirectedRead
from commandlog.model.errors import RuleError
from commandlog.model.records import Record
from commandlog.verbs.context import (
    About,
    checked,
    entry_at,
    named,
    receipt,
    record_id,
    split,
    unknown_party,
    word_of,
)
from commandlog.verbs.withholding import for_readers, recall, release


def misdirected(
    desk: Desk,
    entry: int,
    reached: str,
    meant_for: str,
    text: str,
    *,
    ground: str = "",
    take_back: bool = False,
    **about: Unpack[About],
) -> Record:
    """Record that an entry reached a party that should not have had it, and tell it to the one that it was meant for.

    `text` says what the wrong party is to do with it, which it then has to confirm having read; with `take_back`, the
    entry is recalled from it too. `ground` is why the right one may know, and the wrong one no longer. All of it is
    stored, or nothing. Raises RuleError where the entry did not reach that party, or there is nothing to do, and as
    `release` and `recall` do.
    """
    if not text.strip():
        raise RuleError(_("Say what they are to do with what reached them by mistake."))
    with desk.writing():
        if before := receipt(desk, about):
            return before
        row, given, db = entry_at(desk, entry), checked(desk, **about), desk.log.db
        for party in (reached, meant_for):
            if not desk.covenant.party(party):
                raise unknown_party(desk, party)
        name, reference = desk.covenant.party_name, named(desk, entry)
        if reached == meant_for:
            raise RuleError(_("It reached {party}, for whom it was meant.").format(party=name(reached)))
        if not any(recalls.reads(db, seq, reached) for seq in versions(db, entry)):
            raise RuleError(_("{reference} did not reach {party}.").format(reference=reference, party=name(reached)))
        fields, words = split(for_readers(desk, [row], given, (reached, meant_for)), text=text)
        made = desk.append(
            Misdirected, words, entry=record_id(desk, entry), reached=reached, meant_for=meant_for, **fields
        )
        why = ground or _("{reference} was meant for {party}").format(reference=reference, party=name(meant_for))
        if not recalls.reads(db, row.since, meant_for):
            release(desk, (entry,), meant_for, why)
        if take_back:
            recall(desk, (entry,), (reached,), why)
        return made


def confirm_read(desk: Desk, position: int, *, text: str = "", **about: Unpack[About]) -> Record:
    """The party that was reached by mistake says that it has read what to do; `position` is of the misdirection.

    Raises RuleError where there is none, it was confirmed already, or another party says so.
    """
    with desk.writing():
        if before := receipt(desk, about):
            return before
        row = misdirections.at(desk.log.db, position)
        if row is None:
            reference = named(desk, position)
            raise RuleError(
                _("{reference} says of nothing that it reached the wrong party.").format(reference=reference)
            )
        given, name = checked(desk, **about), desk.covenant.party_name(row.reached)
        if row.until != FOREVER:
            raise RuleError(_("{party} has confirmed this already.").format(party=name))
        if word_of(desk, given) != row.reached:
            told = _("This is for {party} to confirm. To write it for them, say it is on their behalf: `--by PARTY`.")
            raise RuleError(told.format(party=name))
        fields, words = split(for_readers(desk, [entry_at(desk, position)], given, (row.reached,)), text=text)
        return desk.append(MisdirectedRead, words, misdirected=record_id(desk, position), **fields)
