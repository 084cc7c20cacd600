"""What every verb may be told about what it records, and the checks that all of them share."""

from typing import Any, TypedDict, Unpack

from commandlog.language import _
from commandlog.log.derived import entries
from commandlog.log.derived.table import id_at
from commandlog.log.desk import Desk
from commandlog.model.errors import RuleError
from commandlog.model.mandates import check_report
from commandlog.model.records import Source, Words
from commandlog.model.words import Priority


class About(TypedDict, total=False):
    """Where, when, by whom and for whom. Times are milliseconds UTC; codes are those of the covenant.

    `source` is who said it (default: the desk's own party), `person` that person's name, `where` a place in words that
    has no code, `pin` latitude and longitude in degrees, `audience` the parties that may read (default: all),
    `origin` a key that is taken in once, `raw` what else an imported row held.
    """

    source: Source | None
    occurred_at: int
    heard_at: int
    place: str
    category: str
    priority: str
    audience: tuple[str, ...]
    origin: str
    person: str
    where: str
    pin: tuple[float, float] | None
    raw: dict[str, str] | None


_IN_WORDS = ("person", "where", "pin", "raw")


def split(about: About, **words: Any) -> tuple[dict[str, Any], Words]:
    """Return what goes into the frame and what goes into the words, where erasing reaches it."""
    fields: dict[str, Any] = {key: value for key, value in about.items() if value and key not in _IN_WORDS}
    words |= {key: value for key, value in about.items() if value and key in _IN_WORDS}
    return fields, Words(**words)


def checked(desk: Desk, **about: Unpack[About]) -> About:
    """Return `about` after checking its codes against the covenant.

    Raises RuleError for a party, place or priority that does not exist; a category that the covenant does not have is
    kept, since imports bring their own.
    """
    covenant = desk.covenant
    source = about.get("source")
    for party in (*(about.get("audience") or ()), source.party if source else ""):
        if party and not covenant.party(party):
            raise unknown_party(desk, party)
    place = about.get("place", "")
    if place and not covenant.place(place):
        raise RuleError(_("The covenant has no place “{place}”. Write it in the text instead.").format(place=place))
    priority = about.get("priority", "")
    if priority and priority not in list(Priority):
        known = ", ".join(Priority)
        raise RuleError(
            _("There is no priority “{priority}”. Choose one of {known}.").format(priority=priority, known=known)
        )
    return about


def unknown_party(desk: Desk, party: str) -> RuleError:
    """Return the error that says which parties there are."""
    known = ", ".join(one.code for one in desk.covenant.parties)
    return RuleError(_("The covenant has no party “{party}”. It has: {known}.").format(party=party, known=known))


def marks(desk: Desk, about: About) -> dict[str, Any]:
    """Return the quiet mark that a report outside its reporter's mandate gets: the article, and no obstacle."""
    source = about.get("source")
    mandate = check_report(desk.covenant, source, about.get("category", "")) if source else None
    return {"rule": mandate.code} if mandate else {}


def entry_at(desk: Desk, position: int) -> entries.EntryRow:
    """Return the entry whose first version stands at a position; raises RuleError where there is none."""
    row = entries.current(desk.log.db, position)
    if row is None or row.entry != position:
        raise RuleError(_("There is no entry {reference} in this log.").format(reference=position))
    return row


def inherited(row: entries.EntryRow, about: About) -> About:
    """Return `about` with the place, category and audience of the entry that it goes with, where they are not given."""
    given: About = {**about}
    if row.place and not given.get("place"):
        given["place"] = row.place
    if row.category and not given.get("category"):
        given["category"] = row.category
    if row.audience and not given.get("audience"):
        given["audience"] = tuple(row.audience.strip(",").split(","))
    return given


def record_id(desk: Desk, position: int) -> bytes:
    """Return the id of the record at a position."""
    return id_at(desk.log.db, position)
