"""Where a log names a person: every record's words are looked through, and a person decides what is meant.

Also struck versions, what an import kept beside its fields and the contacts of the covenant: the full-text index does
not hold all of that.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from commandlog.export.contents import Contents, Progress
from commandlog.language import _
from commandlog.log.derived.entries import entry_of, versions
from commandlog.model.errors import RuleError
from commandlog.model.harmless import visible
from commandlog.model.records import Record, Words
from commandlog.model.words import label
from commandlog.views.filters import READABLE

_AT_ONCE = 500  # records read at a time


class Found(NamedTuple):
    """An entry that may be about the person: where it stands, how it is called, and why it was found.

    `why` are the fields, each with the spelling that is in it; `shown` is the entry in one line.
    """

    entry: int
    reference: str
    shown: str
    why: tuple[tuple[str, str], ...]


def fold(text: str) -> str:
    """Return a text as it is compared: without case and accents."""
    if text.isascii():
        return text.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


class Spelling:
    """A way to write a name; a text names it where all its words begin some word of the text, in whatever order."""

    def __init__(self, text: str) -> None:
        """Raise RuleError where there is nothing to look for."""
        self.text = text
        words = re.findall(r"\w+", fold(text))
        if not words:
            raise RuleError(_("There is nothing to look for in “{text}”: type a name.").format(text=visible(text)))
        self._words = [re.compile(rf"(?<!\w){re.escape(word)}") for word in words]

    def names(self, folded: str) -> bool:
        """Whether a folded text names it."""
        return all(word.search(folded) for word in self._words)

    def touches(self, folded: str) -> bool:
        """Whether a folded text has any of its words."""
        return any(word.search(folded) for word in self._words)


def find(contents: Contents, spellings: Iterable[str], progress: Progress | None = None) -> list[Found]:
    """Return the entries that name somebody in one of these spellings, in the order of the log.

    Of a party's copy (`contents.for_party`), only what that party may read. Raises RuleError for an empty spelling.
    """
    wanted = [Spelling(one) for one in spellings]
    found: dict[int, dict[tuple[str, str], None]] = {}
    for record, entry in _records(contents, progress):
        for why in _why(wanted, record):
            found.setdefault(entry, {})[why] = None
    return [_found(contents, entry, tuple(why)) for entry, why in sorted(found.items())]


def _records(contents: Contents, progress: Progress | None) -> Iterator[tuple[Record, int]]:
    """Yield every record that the reader may read, with the entry that it is a version of."""
    log, last = contents.log, contents.moment.position
    query = "SELECT e.since, e.entry FROM entries e WHERE e.since > :from AND e.since <= :p"
    values: dict[str, object] = {"p": last, "from": 0, "limit": _AT_ONCE}
    if contents.for_party:
        query += f" AND {READABLE}"
        values |= {"reader": contents.for_party, "reader_in": f",{contents.for_party},"}
    while rows := log.db.execute(f"{query} ORDER BY e.since LIMIT :limit", values).fetchall():
        records = log.records_at(seq for seq, _entry in rows)
        yield from ((records[seq], entry) for seq, entry in rows)
        values["from"] = rows[-1][0]
        if progress:
            progress(rows[-1][0], last)


def _why(wanted: list[Spelling], record: Record) -> Iterator[tuple[str, str]]:
    """Yield the fields of a record in which a name stands, each with its spelling."""
    if record.words is None:
        return
    fields = {name: fold(text) for name, text in fields_of(record.words).items()}
    whole = "\n".join(fields.values())
    for one in wanted:
        if one.names(whole):
            inside = [name for name, text in fields.items() if one.names(text)]
            for name in inside or [name for name, text in fields.items() if one.touches(text)]:
                yield name, one.text


def _found(contents: Contents, entry: int, why: tuple[tuple[str, str], ...]) -> Found:
    records = [contents.log.record(seq) for seq in readable_versions(contents, entry)]
    last, first = records[-1], records[0]
    shown = contents.reader.teller.text(last.frame, last.words, first.frame) if last.frame else _("[sealed]")
    return Found(entry, first.reference, shown, why)


def readable_versions(contents: Contents, entry: int) -> list[int]:
    """Return the positions of the versions of an entry that the reader may read."""
    found = versions(contents.log.db, entry_of(contents.log.db, entry) or entry)
    return [seq for seq in found if seq <= contents.moment.position and contents.readable(seq)]


def fields_of(words: Words) -> dict[str, str]:
    """Return what a record says by field; of an imported row also what the import kept, and the covenant's contacts."""
    fields = {
        "text": words.text,
        "person": words.person,
        "to": words.to,
        "title": words.title,
        "reason": words.reason,
        "where": words.where,
    }
    if words.pin:
        fields["pin"] = "{:.6f}, {:.6f}".format(*words.pin)
    if said := words.decision:
        fields |= {"known": said.known, "options": said.options, "decision": said.decision}
        fields |= {"decision_reason": said.reason, "decider": said.decider}
        fields["text"] = "" if words.text == said.decision else words.text
    fields |= {f"raw: {name}": text for name, text in (words.raw or {}).items()}
    if words.covenant:
        contacts = [one for party in words.covenant.parties for one in party.contacts]
        fields["contacts"] = "\n".join(f"{one.name} {one.phone}".strip() for one in contacts)
    return {name: text for name, text in fields.items() if text}


def field_name(field: str) -> str:
    """Return how people call a field."""
    names = {
        "text": _("text"),
        "person": _("person"),
        "to": _("told to"),
        "title": _("title"),
        "reason": _("reason"),
        "where": _("place"),
        "pin": _("coordinates"),
        "known": _("known"),
        "options": _("options"),
        "decision": label("decision"),
        "decision_reason": _("reason"),
        "decider": _("decided by"),
        "contacts": _("contacts in the covenant"),
    }
    kind, _colon, name = field.partition(": ")
    return _("imported column {name}").format(name=name) if kind == "raw" and name else names.get(field, field)
