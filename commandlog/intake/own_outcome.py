"""What an import of an own export did, and whether a record reaches more parties than what it says again."""

from typing import NamedTuple

from commandlog.intake.own_about import Version
from commandlog.language import _
from commandlog.log.desk import Desk
from commandlog.model.errors import RuleError
from commandlog.model.records import Record

MAX_REMARKS = 100


class Outcome(NamedTuple):
    """What an import of an own export did, in numbers of entries; `in_words` of those added were kept as a note."""

    added: int
    already: int
    refused: int
    in_words: int
    corrections: int
    remarks: tuple[str, ...] = ()

    def described(self) -> list[str]:
        """Return the sums, and a line for each entry that did not come along as it was."""
        return [self.sums(), *self.remarks]

    def sums(self) -> str:
        """Return it in one line."""
        return _(
            "{added} added ({in_words} of them in words only), {corrections} corrections, {already} already there,"
            " {refused} refused"
        ).format(
            added=self.added,
            in_words=self.in_words,
            corrections=self.corrections,
            already=self.already,
            refused=self.refused,
        )


def at_most(remarks: list[str]) -> tuple[str, ...]:
    """Return remarks, of very many the first and how many more there are."""
    more = len(remarks) - MAX_REMARKS
    shown = remarks[:MAX_REMARKS]
    return (*shown, _("… and {count} more").format(count=more)) if more > 0 else tuple(shown)


def too_many(made: Record, version: Version, desk: Desk) -> set[str]:
    """Return the parties that a record reaches beside those that could read it before, and those whose word it is."""
    if version.readers is None:
        return set()
    audience = made.frame.audience or tuple(one.code for one in desk.covenant.parties)
    return set(audience) - version.readers - {version.party, version.said.party}


def check(made: Record, version: Version, desk: Desk) -> None:
    """Raise RuleError where a record reaches more parties than what it says again."""
    if too_many(made, version, desk):
        raise RuleError(_("More parties would read it here than could before."))
