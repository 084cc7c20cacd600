"""What is declared of the event as a whole: levels, who was told, and the phase."""

from typing import Unpack

from commandlog.language import _
from commandlog.log.derived import levels
from commandlog.log.desk import Desk
from commandlog.model.errors import OutsideMandate, RuleError
from commandlog.model.records import LevelConfirmed, LevelSet, PhaseSet, Record
from commandlog.verbs.context import About, checked, knows, record_id, split, unknown_party


def set_level(
    desk: Desk,
    ladder: str,
    level: str,
    *,
    text: str = "",
    told: tuple[str, ...] = (),
    review_by: int = 0,
    reason: str = "",
    **about: Unpack[About],
) -> Record:
    """Record that a level is declared: by the source, told to whom, to be reviewed when (milliseconds UTC).

    Without `review_by`, the ladder's own review time applies, save on its lowest level. Raises RuleError for a
    ladder, level or party that the covenant does not have; OutsideMandate where the source's party does not declare on
    this ladder and no `reason` to go on is given.
    """
    with desk.writing():
        found = desk.covenant.ladder(ladder)
        if found is None:
            known = ", ".join(one.code for one in desk.covenant.ladders)
            raise RuleError(
                _("There is no ladder “{ladder}”. Choose one of {known}.").format(ladder=ladder, known=known)
            )
        if level not in [one.code for one in found.levels]:
            known = ", ".join(one.code for one in found.levels)
            raise RuleError(_("There is no level “{level}”. Choose one of {known}.").format(level=level, known=known))
        if missing := next((party for party in told if not desk.covenant.party(party)), ""):
            raise unknown_party(desk, missing)
        fields, words = split(checked(desk, **about), text=text, reason=reason)
        source = about.get("source")
        speaker = source.party if source and source.party else desk.party
        outside = bool(found.declared_by) and speaker not in found.declared_by
        if outside and not reason.strip():
            holders = ", ".join(desk.covenant.party_name(one) for one in found.declared_by)
            raise OutsideMandate(
                _("This level is declared by {holders}. To go on, give a reason.").format(holders=holders),
                found.code,
                holders,
            )
        if outside:
            fields |= {"rule": found.code, "overridden": True}
        occurred = about.get("occurred_at") or desk.now
        minutes = found.review_minutes or desk.covenant.minutes("review")
        reviewed = minutes and level != found.levels[0].code
        review = review_by or (occurred + minutes * 60_000 if reviewed else 0)
        return desk.append(LevelSet, words, ladder=ladder, level=level, told=told, review_by=review, **fields)


def confirm_level(desk: Desk, ladder: str, **about: Unpack[About]) -> Record:
    """Record that a party (the source's) knows of the level that holds on a ladder.

    Raises RuleError where none was declared, or the party has confirmed it already.
    """
    with desk.writing():
        row = levels.current(desk.log.db, ladder)
        if row is None or ladder == levels.PHASE or not knows(desk, row.since):
            raise RuleError(_("No level has been declared on “{ladder}” yet.").format(ladder=ladder))
        fields, words = split(checked(desk, **about))
        source = about.get("source")
        party = source.party if source and source.party else desk.party
        query = "SELECT 1 FROM level_confirmations WHERE level = ? AND party = ?"
        if desk.log.db.execute(query, (row.since, party)).fetchone():
            name = desk.covenant.party_name(party)
            raise RuleError(_("{party} has confirmed this level already.").format(party=name))
        return desk.append(LevelConfirmed, words, level=record_id(desk, row.since), **fields)


def set_phase(desk: Desk, phase: str, *, text: str = "", **about: Unpack[About]) -> Record:
    """Record that the event enters a phase. Raises RuleError for a phase that the covenant does not have."""
    with desk.writing():
        phases = [one.code for one in desk.covenant.phases]
        if phase not in phases:
            known = ", ".join(phases)
            raise RuleError(_("There is no phase “{phase}”. Choose one of {known}.").format(phase=phase, known=known))
        fields, words = split(checked(desk, **about), text=text)
        return desk.append(PhaseSet, words, phase=phase, **fields)
