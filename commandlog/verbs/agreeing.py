"""Agreements: what parties promise each other by voice, and each then affirms at its own desk.

Whoever says it is bound by saying it. A party that denies it makes a dispute, which people settle: it affirms after
all, or the agreement is ended and made anew.
"""

from typing import Any, Unpack

from commandlog.language import _
from commandlog.log.derived import agreements
from commandlog.log.derived.agreements import AgreementRow, parties_of
from commandlog.log.desk import Desk
from commandlog.model.dealings import AgreementAffirmed, AgreementDeclined, AgreementEnded, AgreementStep
from commandlog.model.errors import RuleError
from commandlog.model.records import Agreement, Record
from commandlog.verbs.context import (
    About,
    checked,
    entry_at,
    inherited,
    named,
    reaching,
    receipt,
    record_id,
    split,
    unknown_party,
    word_of,
)


def agree_on(
    desk: Desk,
    text: str,
    parties: tuple[str, ...],
    *,
    until: int = 0,
    settled: bool = False,
    **about: Unpack[About],
) -> Record:
    """Record what parties agreed by voice; the others each have to affirm it. The source's channel says how.

    With `until` (milliseconds UTC), it holds no longer than that. Raises RuleError without a text, where nobody else
    agrees, for a party that does not exist, and for an end before the beginning.
    """
    if not text.strip():
        raise RuleError(_("Say what was agreed."))
    with desk.writing():
        if before := receipt(desk, about):
            return before
        given = checked(desk, **about)
        if missing := next((party for party in parties if not desk.covenant.party(party)), ""):
            raise unknown_party(desk, missing)
        all_of_them = tuple(dict.fromkeys((word_of(desk, given), *parties)))
        if len(all_of_them) == 1:
            raise RuleError(_("An agreement is between two parties or more: name the other one."))
        if until and until < (given.get("occurred_at") or desk.now):
            raise RuleError(_("The agreement would end before it begins: give a later time."))
        fields, words = split(reaching(given, all_of_them), text=text)
        return desk.append(Agreement, words, parties=all_of_them, until=until, settled=settled, **fields)


def affirm_agreement(desk: Desk, agreement: int, *, text: str = "", **about: Unpack[About]) -> Record:
    """A party says itself that it was agreed so; also one that had denied it."""
    return _say(desk, agreement, AgreementAffirmed, about, text=text)


def deny_agreement(desk: Desk, agreement: int, reason: str, **about: Unpack[About]) -> Record:
    """A party says that it was not agreed so, and why."""
    if not reason.strip():
        raise RuleError(_("Say what was not agreed so, so that the others know what to settle."))
    return _say(desk, agreement, AgreementDeclined, about, reason=reason)


def end_agreement(desk: Desk, agreement: int, *, text: str = "", **about: Unpack[About]) -> Record:
    """One of the parties says that the agreement holds no longer."""
    return _say(desk, agreement, AgreementEnded, about, text=text)


def agreement_at(desk: Desk, agreement: int) -> AgreementRow:
    """Return how the agreement at a position stands; raises RuleError where there is none."""
    row = agreements.current(desk.log.db, agreement)
    if row is None:
        raise RuleError(_("{reference} is no agreement.").format(reference=named(desk, agreement)))
    return row


def _say(desk: Desk, agreement: int, kind: type[AgreementStep], about: About, **words: Any) -> Record:
    with desk.writing():
        if before := receipt(desk, about):
            return before
        row = agreement_at(desk, agreement)
        given = checked(desk, **about)
        _may(desk, row, kind, word_of(desk, given))
        given = inherited(desk, entry_at(desk, agreement), given)
        fields, content = split(reaching(given, parties_of(row.parties)), **words)
        return desk.append(kind, content, agreement=record_id(desk, agreement), **fields)


def _may(desk: Desk, row: AgreementRow, kind: type[AgreementStep], party: str) -> None:
    name = desk.covenant.party_name
    if row.state == "ended":
        raise RuleError(_("This agreement was ended already: make a new one."))
    if party not in parties_of(row.parties):
        parties = ", ".join(map(name, parties_of(row.parties)))
        told = _(
            "This is agreed between {parties}, not with {party}."
            " To write it for them, say it is on their behalf: `--by PARTY`."
        )
        raise RuleError(told.format(parties=parties, party=name(party)))
    if kind is AgreementAffirmed and party in parties_of(row.affirmed):
        raise RuleError(_("{party} has affirmed this agreement already.").format(party=name(party)))
    if kind is AgreementDeclined and party in parties_of(row.denied):
        raise RuleError(_("{party} has denied this agreement already.").format(party=name(party)))
