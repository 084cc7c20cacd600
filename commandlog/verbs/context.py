"""What every verb may be told about what it records, and the checks that all of them share."""

from collections.abc import Iterable
from typing import Any, TypedDict, Unpack

from commandlog.language import _
from commandlog.log.derived import copies, entries, origins, recalls, tasks
from commandlog.log.derived.table import id_at, now_at
from commandlog.log.desk import Desk
from commandlog.model.covenant import spoken
from commandlog.model.errors import OutsideMandate, RuleError
from commandlog.model.frames import Source, sheet_line
from commandlog.model.mandates import check_report, check_task
from commandlog.model.records import Record, Words
from commandlog.model.words import Priority


class About(TypedDict, total=False):
    """Where, when, by whom and for whom. Times are milliseconds UTC; codes are those of the covenant.

    `source` is who said it (default: the desk's own party), `person` that person's name, `where` a place in words that
    has no code, `pin` latitude and longitude in degrees, `audience` the parties that may read (default: all),
    `origin` a key that is taken in once, `paper` the numbered sheet and line that it is typed from ("P2-07/3"), `raw`
    what else an imported row held.
    """

    source: Source | None
    occurred_at: int
    heard_at: int
    place: str
    category: str
    priority: str
    audience: tuple[str, ...]
    origin: str
    paper: str
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


EARLIEST, LATEST = -62_135_596_800_000, 253_402_214_400_000
"""What a calendar can hold, in milliseconds UTC: the years 1 to 9999."""


def checked(desk: Desk, **about: Unpack[About]) -> About:
    """Return `about` after checking its codes and times; whoever writes or says it is among those who may read it.

    Raises RuleError for a party, place or priority that does not exist, a time that no calendar holds, and a line of
    paper that was typed already; a category that the covenant does not have is kept, since imports bring their own.
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
    for time in (about.get("occurred_at", 0), about.get("heard_at", 0)):
        if not EARLIEST <= time <= LATEST:
            raise RuleError(_("No calendar holds this time: give a year from 1 to 9999."))
    return reaching(_from_paper(desk, about), (desk.party, source.party if source else ""))


PAPER = "paper:"
"""How the origin begins of what was typed from paper: a line is typed once, at whichever desk."""


def _from_paper(desk: Desk, about: About) -> About:
    """Return `about` with a line of paper as records carry it, which is its origin where it has no other."""
    if not (given := about.get("paper")):
        return about
    paper = sheet_line(given)
    if not paper:
        told = _("“{paper}” is no line of a paper sheet. Write the sheet and the line: P2-07/3.")
        raise RuleError(told.format(paper=given))
    if not about.get("occurred_at"):
        raise RuleError(_("Say when it happened, as the paper has it: begin with the time, or give --at 21:14."))
    if about.get("origin"):
        return {**about, "paper": paper}
    if before := origins.position(desk.log.db, f"{PAPER}{paper}"):
        told = _(
            "{paper} was typed already: it is {reference}. Complete that one (`add {reference}`), or give another line."
        )
        raise RuleError(told.format(paper=paper, reference=named(desk, before)))
    return {**about, "paper": paper, "origin": f"{PAPER}{paper}"}


def not_printed(desk: Desk, paper: str) -> str:
    """Return what to tell of a line of a sheet that was never printed from this log, empty where it was, or is none.

    It may have been copied by hand; it may also be a slip of the keys, that later stands in the way of the real line.
    """
    of_desk, _dash, rest = sheet_line(paper).partition("-")
    number = rest.partition("/")[0]
    if not number or any(first <= int(number) <= last for first, last in copies.sheets(desk.log.db, of_desk)):
        return ""
    told = _("Sheet {sheet} was not printed from this log. Was it copied by hand, or is the number wrong?")
    return told.format(sheet=f"{of_desk}-{number}")


def reaching(about: About, parties: Iterable[str]) -> About:
    """Return `about` with an audience that these parties are part of; one that is for all stays so."""
    audience = about.get("audience") or ()
    more = dict.fromkeys((*audience, *(one for one in parties if one)))
    return {**about, "audience": tuple(more)} if audience else about


def receipt(desk: Desk, about: About) -> Record | None:
    """Return the record that this origin has made before, None where it is new."""
    before = origins.position(desk.log.db, about["origin"]) if about.get("origin") else 0
    return desk.log.record(before) if before else None


def speaker(desk: Desk, about: About) -> str:
    """Return the party whose word it is: the one that answers for the unit, the source's, or the desk's own."""
    source = about.get("source")
    unit = desk.covenant.unit(source.unit) if source and source.unit else None
    return (unit.answering_party if unit else "") or (source.party if source else "") or desk.party


def word_of(desk: Desk, about: About) -> str:
    """Return the party whose word a record is: the source's, or the desk's own. Tasks ask `speaker`."""
    source = about.get("source")
    return (source.party if source else "") or desk.party


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
    """Return the entry whose first version stands at a position; raises RuleError where there is none.

    One that the desk's party does not know of is none.
    """
    row = entries.current(desk.log.db, position)
    if row is None or row.entry != now_at(desk.log.db, position) or not knows(desk, position):
        raise RuleError(_("There is no entry {reference} in this log.").format(reference=named(desk, position)))
    return row


def knows(desk: Desk, position: int) -> bool:
    """Whether the desk's party can know of the record at a position: nobody speaks on what it was never told."""
    return recalls.had(desk.log.db, position, desk.party)


def power_mark(desk: Desk, text: str, to_party: str, to_unit: str, reason: str) -> dict[str, Any]:
    """Return the mark of a task that needs a power its assignee lacks, given a reason to go on.

    Raises OutsideMandate, which names the article, where no reason is given.
    """
    power = check_task(desk.covenant, text, to_party, to_unit)
    if power is None:
        return {}
    if not reason.strip():
        raise OutsideMandate(
            _("{party} may not do this: {power} ({article}). Ask {holders}, or give a reason to go on.").format(
                party=desk.covenant.party_name(to_party),
                power=spoken(power.name),
                article=power.article,
                holders=", ".join(desk.covenant.party_name(one) for one in power.holders),
            ),
            power.article,
            spoken(power.text),
        )
    return {"rule": power.code, "overridden": True}


def inherited(desk: Desk, row: entries.EntryRow, about: About) -> About:
    """Return `about` with the place, category and audience of the entry that it goes with, where they are not given.

    What is said of a task reaches all who hold or held it.
    """
    given: About = {**about}
    if row.place and not given.get("place"):
        given["place"] = row.place
    if row.category and not given.get("category"):
        given["category"] = row.category
    if row.audience and not given.get("audience"):
        given["audience"] = tuple(row.audience.strip(",").split(","))
    return with_holders(desk, row, given)


def with_holders(desk: Desk, row: entries.EntryRow, about: About) -> About:
    """Return `about` for all who hold or held the task that an entry belongs to, too."""
    task = tasks.current(desk.log.db, row.task) if row.task else None
    return reaching(about, task.holders.strip(",").split(",") if task else ())


def record_id(desk: Desk, position: int) -> bytes:
    """Return the id of the record at a position."""
    return id_at(desk.log.db, position)


def named(desk: Desk, position: int) -> str:
    """Return how people call what stands at a position, the position itself where nothing does."""
    db = desk.log.db
    row = db.execute("SELECT desk, number FROM entries WHERE since = ?", (now_at(db, position),)).fetchone()
    return f"{row[0]}-{row[1]}" if row else str(position)
