"""Who has had what: the account that a supervisor or a privacy officer gives of a log.

It names entries by their reference and says nothing of what they say. What a party had stays true of the past: whoever
was told and then recalled has been told, and a copy that was made keeps what was in it.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from commandlog.language import _
from commandlog.log.erasing import Unpurged, unpurged
from commandlog.log.mark import BACKUP, COPY
from commandlog.log.store import Log
from commandlog.model.frames import Millis
from commandlog.model.keeping import CONTINUATION, Recalled, Released
from commandlog.model.records import SYSTEM_KINDS
from commandlog.views.filters import readable
from commandlog.views.lines import Reader
from commandlog.views.moments import Moment, local, millis, zone_of

_DEEDS = ("released", "recalled", "erased", "held", "hold_lifted", "destroyed")
"""Kinds of record that the lists here are made of: they are not listed themselves."""


class Deed(Struct, frozen=True):
    """A record by which something was decided: how people call it, when it was kept, by which party, and why."""

    reference: str
    at: Millis
    party: str
    desk: str
    reason: str


class Told(Struct, frozen=True):
    """A party that was told later, and how: `how` is "released", or "handed_over" where it was given the task."""

    party: str
    how: str
    deed: Deed


class Taken(Struct, frozen=True):
    """A party that was recalled; `again` is the record by which it was told anew, empty as long as it was not."""

    party: str
    deed: Deed
    again: str = ""


class Older(Struct, frozen=True):
    """A party that was told an older version, and by which record the entry was corrected since."""

    party: str
    corrected: str


class Copy(Struct, frozen=True):
    """A copy that has left the log: its record, its form, for whom ("": everything), its file's name.

    It is of what happened from `since` on and before `until` (milliseconds UTC, 0: no bound), and of `sections` (none:
    all). `may` says that it is not known whether it holds what it is named for: it is an account on a person, which
    holds what was chosen, or its record's words were erased.
    """

    deed: Deed
    form: str
    party: str
    name: str
    gone: str = ""
    since: Millis = 0
    until: Millis = 0
    sections: tuple[str, ...] = ()
    may: bool = False


class Disclosure(Struct, frozen=True):
    """Who could read an entry, and when.

    `audience` are the parties that could from the start (empty: all) save those in `kept_from`, since it hangs on what
    had been recalled from them; `at` is when that was (milliseconds UTC) and `party` wrote it. `copies` are those that
    still hold its words.
    """

    reference: str
    entry: int
    kind: str
    at: Millis
    party: str
    audience: tuple[str, ...]
    kept_from: tuple[str, ...]
    told: tuple[Told, ...]
    taken: tuple[Taken, ...]
    older: tuple[Older, ...]
    copies: tuple[Copy, ...]
    erased: tuple[Deed, ...]

    def concerns(self, party: str) -> bool:
        """Whether a party has, or had, anything to do with it beside what all parties have."""
        named = (
            self.audience,
            self.kept_from,
            *((one.party for one in ones) for ones in (self.told, self.taken, self.older)),
        )
        return any(party in ones for ones in named)


class Erasure(Struct, frozen=True):
    """A decision to erase: the entries, how many records and attachments, whether it is `gone` from this file.

    `pending` says why it is not; `copies` may still hold it.
    """

    deed: Deed
    entries: tuple[str, ...]
    records: int
    attachments: int
    gone: bool
    pending: str
    copies: tuple[Copy, ...]


class Hold(Struct, frozen=True):
    """A preservation hold: what it preserves (no entry: the whole log), and the deed that lifted it, if any did."""

    deed: Deed
    entries: tuple[str, ...]
    lifted: Deed | None = None


Followed = Mapping[Path, int]
"""Up to which record each second copy has followed the log, with nothing left in it of what was erased by then."""

_NOBODY_KNOWS: Followed = {}

ACCESS = "access"
"""The form of an account on a person: of the entries that were chosen for it."""
WHOLE = frozenset({COPY, BACKUP, CONTINUATION, "zip"})
"""Forms that are always of the whole log."""
_TELLING = frozenset({"summary", "timeline", "threads", "disclosure", "attachments"})
"""Sections in which entries themselves are shown, or their attachments."""
_PART = re.compile(
    r"(?:(?P<since>[0-9T:.+-]{10,40}|\.\.)/(?P<until>[0-9T:.+-]{10,40}|\.\.))?\s?(?P<sections>[a-z_ ]{0,200})"
)
"""Which part of the log a copy is of, as its record says: "2026-06-27T21:00+02:00/.. tasks timeline"."""


def disclosures(
    log: Log, moment: Moment, *, party: str = "", entry: int = 0, reader: str = "", followed: Followed = _NOBODY_KNOWS
) -> list[Disclosure]:
    """Return who has had which entries, in the order of the log: those that were not for all from the start to now.

    With `party`, only those that it has or had; with `entry` (its first version's position) just that one, whoever it
    was for; with `reader`, only what that party may read itself. `followed` is what is known of second copies.
    """
    looking = _Looking(log, moment, followed)
    found = [looking.disclosure(one) for one in ([entry] if entry else looking.limited(reader))]
    return [one for one in found if not party or one.concerns(party)]


def copies(log: Log, moment: Moment) -> list[Copy]:
    """Return all copies that have left the log by a moment, oldest first; those that are said to be gone say so."""
    looking = _Looking(log, moment)
    query = "SELECT since FROM copies WHERE since <= ? ORDER BY since"
    return [looking.copy(seq) for (seq,) in log.db.execute(query, (moment.position,)).fetchall()]


def erasures(log: Log, moment: Moment, followed: Followed = _NOBODY_KNOWS) -> list[Erasure]:
    """Return the decisions to erase by a moment, oldest first, and what is left of what they erased, as it is now.

    `followed` is what is known of second copies.
    """
    looking = _Looking(log, moment, followed)
    query = "SELECT DISTINCT since FROM erasures WHERE since <= ? ORDER BY since"
    decisions = [seq for (seq,) in log.db.execute(query, (moment.position,)).fetchall()]
    left = unpurged(log.db)
    return [looking.erasure(seq, left) for seq in decisions]


def holds(log: Log, moment: Moment, *, lifted: bool = False) -> list[Hold]:
    """Return the preservation holds in force at a moment, oldest first; with `lifted`, those that were too."""
    looking = _Looking(log, moment)
    query = "SELECT hold, min(until) FROM holds WHERE since <= ? GROUP BY hold ORDER BY hold"
    rows = log.db.execute(query, (moment.position,)).fetchall()
    found = [looking.hold(seq, until if until <= moment.position else 0) for seq, until in rows]
    return [one for one in found if lifted or one.lifted is None]


def why(log: Log, left: Unpurged | None) -> str:
    """Return what of an erasure is still to be done in this file, and what that waits for; empty where it is gone."""
    if left is None:
        return ""
    if log.read_only:
        return _("the file cannot be written here")
    if left.waiting:
        time = local(left.waiting, zone_of(log)).strftime("%Y-%m-%d %H:%M")
        return _("another program reads the log, since {time} or before: it goes on when that one ends").format(
            time=time
        )
    if not left.rewritten:
        share = min(100, 100 * left.done // max(1, log.head.seq))
        return _("the full text is being rewritten, {share} % done").format(share=share)
    return _("the old full text is being overwritten")


class _Looking:
    """Looks things up for one list."""

    def __init__(self, log: Log, moment: Moment, followed: Followed = _NOBODY_KNOWS) -> None:
        self.log, self.moment, self.followed = log, moment, followed
        self.reader = Reader(log, moment)
        self.p = moment.position

    def _all(self, query: str, **values: Any) -> list[Any]:
        return self.log.db.execute(query, {"p": self.p, **values}).fetchall()

    def deed(self, seq: int) -> Deed:
        """Return a decision by its position."""
        record = self.log.record(seq)
        frame, words = record.frame, record.words
        reason = words.reason if words else _("[erased]")
        by = frame.by if frame else None
        return Deed(
            self.reader.reference_at(seq), record.kept_at, by.party if by else "", by.desk if by else "", reason
        )

    def limited(self, reader: str) -> list[int]:
        """Return the entries that were not for all from the start to now, in the order of the log."""
        system = ", ".join(repr(kind) for kind in (*SYSTEM_KINDS, *_DEEDS))
        told = " UNION ".join(
            f"SELECT v.entry FROM {table} x JOIN entries v ON v.since = x.record WHERE x.since <= :p"
            for table in ("grants", "recalls", "erasures")
        )
        query = (
            f"SELECT e.entry FROM entries e WHERE e.since = e.entry AND e.since <= :p AND e.kind NOT IN ({system})"
            f" AND (e.audience != '' OR e.kind = 'sealed' OR e.since IN ({told}))"
        )
        if reader:
            query += f" AND {readable()}"
        rows = self._all(f"{query} ORDER BY e.since", reader=reader, reader_in=f",{reader},")
        return [seq for (seq,) in rows]

    def disclosure(self, entry: int) -> Disclosure:
        """Return who has had an entry."""
        kind, audience = self._all("SELECT kind, audience FROM entries WHERE since = :e", e=entry)[0]
        by = self.deed(entry)
        versions = [seq for (seq,) in self._all(_VERSIONS, e=entry)]
        return Disclosure(
            reference=by.reference,
            entry=entry,
            kind=kind,
            at=by.at,
            party=by.party,
            audience=tuple(audience.strip(",").split(",")) if audience else (),
            kept_from=tuple(party for (party,) in self._all(f"{_KEPT} ORDER BY party", e=entry)),
            told=self._told(versions),
            taken=self._taken(versions),
            older=self._older(versions),
            copies=self.holding(versions),
            erased=tuple(map(self.deed, self._decisions(versions))),
        )

    def _told(self, versions: list[int]) -> tuple[Told, ...]:
        query = (
            f"SELECT DISTINCT since, party FROM grants WHERE record IN ({_list(versions)}) AND since <= :p ORDER BY 1"
        )
        return tuple(
            Told(party, "released" if isinstance(self._frame(seq), Released) else "handed_over", self.deed(seq))
            for seq, party in self._all(query)
        )

    def _taken(self, versions: list[int]) -> tuple[Taken, ...]:
        query = (
            f"SELECT since, party, max(until) FROM recalls WHERE record IN ({_list(versions)}) AND since <= :p"
            " GROUP BY 1, 2 ORDER BY 1, 2"
        )
        return tuple(
            Taken(party, self.deed(seq), self.reader.reference_at(until) if until <= self.p else "")
            for seq, party, until in self._all(query)
            if isinstance(self._frame(seq), Recalled)  # or it hangs on what was recalled, and was never told
        )

    def _older(self, versions: list[int]) -> tuple[Older, ...]:
        """Return the parties that had an older version, and never the one that holds."""
        these = _list(versions)
        audiences = dict(self._all(f"SELECT since, audience FROM entries WHERE since IN ({these})"))
        told = set(self._all(f"SELECT record, party FROM grants WHERE record IN ({these}) AND since <= :p"))
        kept = set(self._all(f"SELECT record, party FROM recalls WHERE record IN ({these}) AND since = record"))
        found = []
        for party in (one.code for one in self.log.covenant(self.p).parties):
            had = [
                seq
                for seq in versions
                if (seq, party) in told
                or ((not audiences[seq] or f",{party}," in audiences[seq]) and (seq, party) not in kept)
            ]
            if had and had[-1] != versions[-1]:
                found.append(Older(party, self.reader.reference_at(versions[versions.index(had[-1]) + 1])))
        return tuple(found)

    def holding(self, records: list[int]) -> tuple[Copy, ...]:
        """Return the copies that still hold the words of any of these records.

        A copy holds what its party could read at the position up to which it was made, unless it had been erased by
        then, whatever became of it later. A second copy follows: it holds all of it until the erasure reaches it.
        """
        query = (
            f"SELECT DISTINCT c.since FROM copies c JOIN entries e ON e.since IN ({_list(records)})"
            f" WHERE c.since <= :p AND c.until > :p AND (e.since <= c.upto OR c.form = '{COPY}')"
            f" AND (c.party = '' OR {readable('e', 'c.party', 'c.upto')})"
            " AND NOT EXISTS (SELECT 1 FROM erasures x WHERE x.record = e.since AND x.since < c.since) ORDER BY 1"
        )
        found = [self.copy(seq) for (seq,) in self._all(query)]
        left = [one for one in found if not (one.form == COPY and self._has_followed(one, records))]
        rows = self._all(f"SELECT occurred, task FROM entries WHERE since IN ({_list(records)})")
        return tuple(one for copy in left if (one := _of_part(copy, rows)))

    def _has_followed(self, copy: Copy, records: list[int]) -> bool:
        """Whether all of these records were erased, and the decisions have reached a second copy."""
        query = f"SELECT count(DISTINCT record), max(since) FROM erasures WHERE record IN ({_list(records)})"
        ((erased, last),) = self._all(f"{query} AND since <= :p")
        return bool(erased == len(set(records)) and last <= self.followed.get(Path(copy.name).absolute(), 0))

    def copy(self, seq: int) -> Copy:
        """Return a copy by the position of its record."""
        ((form, party, until),) = self._all("SELECT form, party, until FROM copies WHERE since = :c", c=seq)
        words = self.log.record(seq).words
        gone = self.reader.reference_at(until) if until <= self.p else ""
        deed = self.deed(seq)
        if words is None:
            return Copy(deed, form, party, _("[erased]"), gone, may=form not in WHOLE)
        part = _PART.fullmatch(words.text) if form not in WHOLE else None
        if part is None:
            return Copy(deed, form, party, words.title, gone, may=form == ACCESS)
        since, until = _moment(part["since"]), _moment(part["until"])
        sections = tuple((part["sections"] or "").split())
        return Copy(deed, form, party, words.title, gone, since, until, sections, form == ACCESS)

    def erasure(self, seq: int, left: Unpurged | None) -> Erasure:
        """Return a decision to erase, and what is left of what it erased."""
        rows = self._all(
            "SELECT x.record, e.entry, e.kind, e.version, d.id FROM erasures x JOIN entries e ON e.since = x.record"
            " JOIN entries d ON d.since = x.since WHERE x.since = :d ORDER BY 1",
            d=seq,
        )
        pending = left is not None and (rows[0][4] in left.decisions or not left.decisions)
        return Erasure(
            deed=self.deed(seq),
            entries=tuple(dict.fromkeys(self.reader.reference_at(row[1]) for row in rows)),
            records=len(rows),
            attachments=sum(row[2] == "attached" and not row[3] for row in rows),
            gone=not pending,
            pending=why(self.log, left) if pending else "",
            copies=self.holding([row[0] for row in rows]),
        )

    def hold(self, seq: int, until: int) -> Hold:
        """Return a hold; `until` is the position of what lifted it, 0 where nothing did."""
        query = "SELECT DISTINCT e.entry FROM holds h JOIN entries e ON e.since = h.record WHERE h.hold = :h ORDER BY 1"
        entries = tuple(self.reader.reference_at(entry) for (entry,) in self._all(query, h=seq))
        return Hold(self.deed(seq), entries, self.deed(until) if until else None)

    def _decisions(self, versions: list[int]) -> list[int]:
        query = f"SELECT DISTINCT since FROM erasures WHERE record IN ({_list(versions)}) AND since <= :p ORDER BY 1"
        return [seq for (seq,) in self._all(query)]

    def _frame(self, seq: int) -> Any:
        return self.log.record(seq).frame


_VERSIONS = "SELECT since FROM entries WHERE (since = :e OR (entry = :e AND version > 0)) AND since <= :p ORDER BY 1"
_KEPT = "SELECT party FROM recalls WHERE record = :e AND since = record"


def _moment(text: str | None) -> Millis:
    """Return a bound of a range as a copy's record has it, 0 for none, and for what no program of ours wrote."""
    try:
        return millis(datetime.fromisoformat(text)) if text and text != ".." else 0
    except (ValueError, OverflowError):
        return 0


def _of_part(copy: Copy, rows: list[tuple[Millis, int]]) -> Copy | None:
    """Return a copy as one that holds some of these rows (when it happened, of which task), None where it holds none.

    A task is shown with its steps, and may stand in a range in which it was not given.
    """
    within = [row for row in rows if copy.since <= row[0] and (not copy.until or row[0] < copy.until)]
    of_tasks = any(task for _occurred, task in rows)
    if copy.sections and not set(copy.sections) & _TELLING and not ("tasks" in copy.sections and of_tasks):
        return None
    if not within:
        return replace(copy, may=True) if of_tasks else None
    return copy if not copy.sections or "timeline" in copy.sections else replace(copy, may=True)


def _list(positions: Iterable[int]) -> str:
    return ",".join(map(str, positions))
