"""What a source says of its own entries in the end: that they are over. For logs that were kept elsewhere."""

from typing import Unpack

from commandlog.language import _
from commandlog.log.derived import reports
from commandlog.log.desk import Desk
from commandlog.model.errors import RuleError
from commandlog.model.records import Feedback, Record
from commandlog.verbs.assessing import ASSESSED
from commandlog.verbs.context import About, checked, entry_at, inherited, receipt, record_id, split


def end(desk: Desk, entry: int, text: str = "", **about: Unpack[About]) -> Record:
    """Record that a report is closed because the log that it came from says so; no assessment is asked for here.

    Raises RuleError for an entry that is no report, or is closed already.
    """
    with desk.writing():
        if before := receipt(desk, about):
            return before
        row = entry_at(desk, entry)
        state = reports.current(desk.log.db, entry)
        if row.kind not in ASSESSED:
            raise RuleError(_("This entry is no report, so there is nothing to close."))
        if state and state.state == "closed":
            raise RuleError(_("This report is closed already: its reporter has been told."))
        fields, words = split(inherited(desk, row, checked(desk, **about)), text=text)
        expects = record_id(desk, state.since) if state else b""
        return desk.append(Feedback, words, entry=record_id(desk, entry), settled=True, expects=expects, **fields)


def end_at_once(desk: Desk, made: Record, **about: Unpack[About]) -> Record:
    """Record that a report is closed which was made in this very transaction: it stands as it was made.

    What `end` looks up of a report is in the record that was made: an import of rows that are all closed writes twice
    as many records as rows.
    """
    said = made.frame
    inherits: About = {"place": said.place, "category": said.category, "audience": said.audience}
    fields, words = split({**checked(desk, **about), **inherits})
    expects = b"" if said.settled else made.id
    return desk.append(Feedback, words, entry=made.id, settled=True, expects=expects, **fields)
