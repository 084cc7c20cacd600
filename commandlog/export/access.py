"""What is held on a person (GDPR art. 15): an account of the entries that a person confirmed to be about them.

The program proposes (access_search) and decides nothing. Names of other people stay: taking them out weighs one right
against another, which a person does (access_redaction).
"""

from collections.abc import Iterator

from msgspec import Struct

from commandlog.export.access_search import fields_of, readable_versions
from commandlog.export.contents import Contents
from commandlog.language import _
from commandlog.log.derived import closings
from commandlog.model.errors import RuleError
from commandlog.model.records import Record, kind_of
from commandlog.views import disclosure
from commandlog.views.disclosure import Deed, Disclosure

_DAY = 86_400_000  # milliseconds


class Version(Struct, frozen=True, omit_defaults=True):
    """What a version of an entry says: its fields with their words, and when it was written (ISO 8601) by which desk.

    `corrects` is why it took the place of the one before.
    """

    written_at: str
    party: str
    desk: str
    fields: dict[str, str]
    erased: bool = False
    corrects: str = ""


class Reading(Struct, frozen=True, omit_defaults=True):
    """That a party could read it from, or until, a time: `how` is "told" or "recalled", `ground` why."""

    party: str
    how: str
    at: str
    ground: str = ""


class Copied(Struct, frozen=True, omit_defaults=True):
    """A copy that holds it and has left the log: its record, its form, for which party (empty: everything), when."""

    reference: str
    form: str
    for_party: str
    at: str


class Held(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """All that is held in an entry: what it says in all its versions, who can read it, and until when it is kept.

    `said_by` is the party whose word it is. An empty `audience` is every party. `preserved` names the holds on it.
    """

    reference: str
    kind: str
    occurred_at: str
    logged_at: str
    said_by: str
    unit: str = ""
    place: str = ""
    category: str = ""
    priority: str = ""
    versions: tuple[Version, ...] = ()
    audience: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()
    copies: tuple[Copied, ...] = ()
    preserved: tuple[str, ...] = ()
    erased: bool = False


def held(contents: Contents, entry: int) -> Held:
    """Return all that is held in an entry, as far as the reader may know it.

    Raises RuleError for an entry that the reader may not read.
    """
    log = contents.log
    seqs = readable_versions(contents, entry)
    if not seqs:
        raise RuleError(_("There is no such entry that can be read here."))
    records = [log.record(seq) for seq in seqs]
    first, frame = records[0].frame, records[-1].frame or records[0].frame
    (told,) = disclosure.disclosures(log, contents.moment, entry=entry)
    covenant = contents.covenant
    return Held(
        reference=told.reference,
        kind=kind_of(first) if first else "sealed",
        occurred_at=contents.iso(frame.occurred_at if frame else records[0].kept_at),
        logged_at=contents.iso(first.logged_at if first else records[0].kept_at),
        said_by=covenant.party_name(frame.speaker) if frame else "",
        unit=frame.source.unit if frame and frame.source else "",
        place=covenant.place_name(frame.place) if frame else "",
        category=covenant.category_name(frame.category) if frame else "",
        priority=frame.priority if frame else "",
        versions=tuple(_version(contents, one) for one in records),
        audience=tuple(covenant.party_name(one) for one in told.audience if one not in told.kept_from),
        readings=tuple(_readings(contents, told)),
        copies=tuple(
            Copied(
                one.deed.reference,
                one.form.partition(":")[0],
                covenant.party_name(one.party),
                contents.iso(one.deed.at),
            )
            for one in told.copies
        ),
        preserved=tuple(
            one.deed.reference
            for one in disclosure.holds(log, contents.moment)
            if not one.entries or told.reference in one.entries
        ),
        erased=all(one.words is None for one in records),
    )


def erased(contents: Contents) -> list[tuple[str, str, str]]:
    """Return the entries whose words were erased: reference, when (ISO 8601), on which ground.

    Nobody can know any more whom they were about.
    """
    made = []
    for one in disclosure.erasures(contents.log, contents.moment):
        if contents.readable(contents.log.find(one.deed.reference)):
            made += [(entry, contents.iso(one.deed.at), one.deed.reason) for entry in one.entries]
    return made


def kept_until(contents: Contents) -> str:
    """Return in words how long the log is kept."""
    days = contents.covenant.retention_days
    closed = closings.first(contents.log.db, contents.moment.position)
    if not days:
        return _("The covenant agrees no time after which the log is deleted.")
    if not closed:
        return _("The log may be deleted {n} days after it is closed; it is still open.").format(n=days)
    until = contents.local(contents.log.kept_at(closed) + days * _DAY)
    return _("The log may be deleted from {date} on.").format(date=f"{until:%Y-%m-%d}")


def _version(contents: Contents, record: Record) -> Version:
    frame, words = record.frame, record.words
    fields = fields_of(words) if words else {}
    correction = frame is not None and kind_of(frame) == "corrected"
    return Version(
        written_at=contents.iso(frame.logged_at if frame else record.kept_at),
        party=contents.covenant.party_name(frame.by.party) if frame else "",
        desk=frame.by.desk if frame else "",
        fields={name: text for name, text in fields.items() if not (correction and name == "reason")},
        erased=words is None,
        corrects=words.reason if correction and words else "",
    )


def _readings(contents: Contents, told: Disclosure) -> Iterator[Reading]:
    """Yield which parties were told or recalled later; on which ground, where the reader may know it."""
    name = contents.covenant.party_name
    for one in told.told:
        yield Reading(name(one.party), "told", contents.iso(one.deed.at), _ground(contents, one.deed))
    for taken in told.taken:
        yield Reading(name(taken.party), "recalled", contents.iso(taken.deed.at), _ground(contents, taken.deed))


def _ground(contents: Contents, deed: Deed) -> str:
    return deed.reason if contents.readable(contents.log.find(deed.reference)) else ""
