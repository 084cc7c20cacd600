"""How an entry, as a reader sees it, becomes a flat row of named fields (commandlog/model/flat.py)."""

from functools import cached_property
from typing import Any
from uuid import UUID

from commandlog.export.contents import Contents, Earlier
from commandlog.log.derived.table import FOREVER, id_at
from commandlog.model import dealings as d
from commandlog.model import records as r
from commandlog.model.flat import AttachedFile, Confirmation, EarlierText, Entry
from commandlog.model.frames import Frame, Source
from commandlog.views.attachments import Attachment
from commandlog.views.filters import READABLE
from commandlog.views.lines import Line

_SAME = ("to_party", "to_unit", "ladder", "level", "phase", "parties", "paper", "status", "reached", "meant_for")
_TIMES = ("answer_by", "finish_by", "review_by", "until")


def flat(contents: Contents, line: Line) -> Entry:
    """Return one entry as a flat row; for many, a Flattener looks up less."""
    return Flattener(contents).entry(line)


class Flattener:
    """Makes flat rows of the entries of one export."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents

    def entry(self, line: Line) -> Entry:
        """Return an entry as a flat row.

        A sealed one says when, whose and that it is sealed, and so does one that was recalled from the reader; an
        erased one has no words. What is `later` was written after the log had been closed.
        """
        contents, words = self.contents, line.words or r.Words()
        fields: dict[str, Any] = {
            "id": str(UUID(bytes=id_at(contents.log.db, line.entry))),
            "reference": line.reference,
            "position": line.entry,
            "kind": line.kind,
            "occurred_at": contents.iso(line.occurred_at),
            "logged_at": contents.iso(line.logged_at),
            "party": line.party,
            "unit": line.unit,
            "role": line.role,
            "place": line.place,
            "category": line.category,
            "priority": line.priority,
            "shown": line.text,
            "state": line.state,
            "disposition": line.disposition,
            "thread": line.thread_reference,
            "task": contents.reader.reference_at(line.task) if line.task else "",
            "incident": contents.reader.reference_at(line.incident) if line.incident else "",
            "audience": line.audience,
            "sealed": line.frame is None and not line.recalled,
            "recalled": line.recalled,
            "erased": line.frame is not None and line.words is None,
            "later": line.later,
            "attachments": tuple(map(_attached, line.attachments)),
        }
        if line.struck:
            fields["earlier"] = self._versions(line)
        if line.frame is not None and line.first is not None:
            fields |= self._framed(line, line.frame, line.first)
        return Entry(**fields | _worded(words))

    def _framed(self, line: Line, frame: Frame, first: Frame) -> dict[str, Any]:
        """Return what the frames say: `frame` of the version that holds, `first` of the entry's first version."""
        iso = self.contents.iso
        fields: dict[str, Any] = {
            "heard_at": iso(first.heard_at),
            "channel": frame.source.channel if frame.source else "",
            "logged_by": first.by.party,
            "desk": first.by.desk,
            "operator": first.by.operator,
            "rule": frame.rule or first.rule,
            "overridden": frame.overridden or first.overridden,
            "origin": first.origin,
            "readers": self._readers(line.seq, frame),
            "significant": getattr(line, "significant", False),
        }
        if isinstance(first, r.Said | r.Feedback):
            fields["settled"] = first.settled
        fields |= {name: value for name in _SAME if (value := getattr(first, name, None))}
        if isinstance(first, r.Counted):
            fields |= _counted(frame)
        fields |= {name: iso(value) for name in _TIMES if (value := getattr(first, name, 0))}
        return fields | self._special(line, first)

    def _special(self, line: Line, first: Frame) -> dict[str, Any]:
        """Return what a kind of record has for itself: what it is about, and what is called otherwise here."""
        reference = self.contents.reader.reference
        match first:
            case r.Assessed():
                of = reference(first.same_as) if first.same_as else ""
                return {"entry": reference(first.entry), "disposition": first.disposition, "duplicate_of": of}
            case r.Proposed():
                return {"entry": reference(first.entry) if first.entry else "", "orally": first.orally}
            case r.Accepted():
                return {"orally": first.orally}
            case r.Done():
                return {"by_voice": first.told}
            case r.IncidentMerged():
                return {"entry": reference(first.incident), "into": reference(first.into)}
            case r.IncidentClosed():
                return {"entry": reference(first.incident)}
            case r.LevelSet():
                return {"told": first.told, "confirmed": self._confirmed(_KNOWN, line.entry)}
            case d.Misdirected():
                return {"entry": reference(first.entry), "confirmed": self._confirmed(_READ, line.entry)}
            case d.UnitStatus():
                return {"to_unit": first.unit, "task": reference(first.task) if first.task else ""}
        about = getattr(first, "entry", b"") or getattr(first, "agreement", b"")
        return {"entry": reference(about)} if about else {}

    def _versions(self, line: Line) -> tuple[EarlierText, ...]:
        ones = zip(self.contents.earlier(line), line.struck, strict=True)
        return tuple(self._earlier(one, struck.until) for one, struck in ones)

    def _earlier(self, one: Earlier, until: int) -> EarlierText:
        iso, frame, words = self.contents.iso, one.frame, one.words or r.Words()
        source = (frame.source if frame else None) or Source()
        said = words.decision or r.DecisionWords()
        return EarlierText(
            text=one.text,
            occurred_at=iso(frame.occurred_at) if frame else "",
            party=frame.speaker if frame else "",
            unit=source.unit,
            place=frame.place if frame else "",
            category=frame.category if frame else "",
            priority=frame.priority if frame else "",
            corrected_at=iso(one.corrected_at),
            corrected_by=one.corrected_by.party if one.corrected_by else "",
            corrected_at_desk=one.corrected_by.desk if one.corrected_by else "",
            reason=one.reason,
            role=source.role,
            channel=source.channel,
            person=words.person,
            where=words.where,
            latitude=words.pin[0] if words.pin else None,
            longitude=words.pin[1] if words.pin else None,
            known=said.known,
            options=said.options,
            decision=said.decision,
            decision_reason=said.reason,
            decider=said.decider,
            audience=frame.audience if frame else (),
            readers=self._readers(self._version_before(until), frame) if frame else (),
            given=words.reason,
            corrected_position=until,
            **(_counted(frame) if frame else {}),
        )

    def _version_before(self, until: int) -> int:
        # the second condition is that of the index: without it, each correction would look at every entry
        query = f"SELECT since FROM entries WHERE until = ? AND until < {FOREVER}"
        found = self.contents.log.db.execute(query, (until,)).fetchone()
        return found[0] if found else 0

    @cached_property
    def _narrowed(self) -> set[int]:
        """The records that were told to more parties than they were written for, or to fewer, up to this moment."""
        query = "SELECT record FROM grants WHERE since <= :p UNION SELECT record FROM recalls WHERE since <= :p"
        return {seq for (seq,) in self.contents.log.db.execute(query, {"p": self.contents.moment.position})}

    def _readers(self, seq: int, frame: Frame) -> tuple[str, ...]:
        """Return the parties that can read a record, none where these are those that it was written for.

        A copy for one party names that party and those of the audience: whom else it was told to is not said.
        """
        if seq not in self._narrowed:
            return ()
        contents = self.contents
        query = f"SELECT 1 FROM entries e WHERE e.since = :seq AND {READABLE}"
        values: dict[str, object] = {"seq": seq, "p": contents.moment.position}
        parties = [one.code for one in contents.covenant.parties]
        if contents.for_party:
            parties = [one for one in parties if one == contents.for_party or one in (frame.audience or parties)]
        found = [
            one
            for one in parties
            if contents.log.db.execute(query, {**values, "reader": one, "reader_in": f",{one},"}).fetchone()
        ]
        return () if set(found) == set(frame.audience or parties) else tuple(found)

    def _confirmed(self, query: str, position: int) -> tuple[Confirmation, ...]:
        """Return which parties confirmed something, as far as the reader may know and in the range."""
        contents = self.contents
        values = {"position": position, "p": contents.moment.position}
        positions = [seq for (seq,) in contents.log.db.execute(query, values)]
        records = contents.log.records_at(set(positions) - contents.reader.unreadable(positions))
        return tuple(
            Confirmation(
                party=frame.speaker,
                occurred_at=contents.iso(frame.occurred_at),
                position=seq,
                logged_by=frame.by.party,
                channel=frame.source.channel if frame.source else "",
                text=words.text if (words := records[seq].words) else "",
            )
            for seq in positions
            if seq in records and (frame := records[seq].frame) and contents.within(frame.occurred_at)
        )


_KNOWN = (
    f"SELECT since FROM level_confirmations WHERE level = :position AND since <= :p AND until = {FOREVER} ORDER BY 1"
)
_READ = "SELECT until FROM misdirections WHERE since = :position AND until <= :p"


def _counted(frame: Frame) -> dict[str, Any]:
    """Return what a version of a count says: the number and what it measures."""
    return {"number": getattr(frame, "count", 0), "measure": getattr(frame, "measure", "")}


def _worded(words: r.Words) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "text": words.text,
        "person": words.person,
        "to": words.to,
        "title": words.title,
        "reason": words.reason,
        "where": words.where,
        "raw": words.raw or {},
    }
    if words.pin:
        fields |= {"latitude": words.pin[0], "longitude": words.pin[1]}
    if said := words.decision:
        fields |= {"known": said.known, "options": said.options, "decision": said.decision}
        fields |= {"decision_reason": said.reason, "decider": said.decider}
    return fields


def _attached(one: Attachment) -> AttachedFile:
    return AttachedFile(
        reference=one.reference,
        media=one.media,
        size=one.size,
        file=one.file.hex(),
        name=one.name,
        text=one.text,
        width=one.width,
        height=one.height,
        erased=one.erased,
    )
