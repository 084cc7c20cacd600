"""The timeline as a table: every entry, in words for people and in codes for importing it again."""

from collections.abc import Iterator
from datetime import datetime

from commandlog.export.contents import Contents, Progress
from commandlog.export.flat import Flattener
from commandlog.export.saying import Sayer
from commandlog.export.tables import Column, Table, in_zone, part
from commandlog.export.xlsx_cells import exact, moment
from commandlog.language import _
from commandlog.model.flat import EXACT, FIELDS, Cell, cells
from commandlog.model.words import label
from commandlog.views.lines import Line

_SHOWN = ("reference", "unit", "person", "channel", "shown", "thread", "task", "incident", "position")
"""Fields that stand among what people read."""
CODES = tuple(name for name in FIELDS if name not in (*_SHOWN, "attachments"))


class Entries:
    """The timeline, and the corrections that were met while it was written."""

    def __init__(self, contents: Contents, saying: Sayer, progress: Progress | None) -> None:
        self.contents, self.saying, self.progress = contents, saying, progress
        self._corrected: list[list[object]] = []

    def timeline(self) -> Table:
        """Return the table of entries."""
        return Table(_("Timeline"), "timeline", self._columns(), self._rows)

    def corrections(self) -> Table:
        """Return the table of corrections; it has its rows when the timeline was written."""
        zone = self.contents.covenant.timezone
        columns = [
            Column(_("Reference"), 11, _("The entry that was put right."), field="reference"),
            Column(in_zone(_("Corrected"), zone), 19, _("When the correction was written."), "time", "corrected"),
            Column(_("By"), 18, _("The party and desk that wrote the correction."), field="by"),
            Column(_("Reason"), 30, _("Why it was put right."), field="reason"),
            Column(_("Earlier text"), 50, _("What was struck through."), "struck", "earlier_text"),
            Column(_("Text"), 50, _("How it read from then on."), field="text"),
            Column(_("Else"), 40, _("What else was put right: time, place, category and so on."), field="else"),
            part(),
        ]
        return Table(_("Corrections"), "corrections", columns, lambda: iter(self._corrected))

    def _columns(self) -> list[Column]:
        zone = self.contents.covenant.timezone
        time = _("In the time of the event.")
        told = _("The files that go with it: reference, name, what they are, and their hash.")
        found = [
            Column(_("Reference"), 11, _("How people call the entry; never given twice."), field="reference"),
            Column(in_zone(_("Happened"), zone), 19, _("When it happened.") + " " + time, "time", "happened"),
            Column(in_zone(_("Logged"), zone), 19, _("When it was written.") + " " + time, "time", "logged"),
            Column(_("Offset"), 8, _("How far the times are ahead of UTC."), field="offset"),
            Column(
                _("Kind"), 13, _("Report, observation, note, decision, message, task and so on."), field="kind_name"
            ),
            Column(_("Party"), 16, _("Whose word it is."), field="party_name"),
            Column(_("Unit"), 10, _("The call sign of who said it."), field="unit"),
            Column(_("Role"), 14, _("What that unit is there for."), field="role_name"),
            Column(_("Person"), 12, _("The name of who said it, where it was given."), field="person"),
            Column(_("Channel"), 9, _("How it was said: radio, phone."), field="channel"),
            Column(_("Place"), 16, _("The zone of the plan, and the place in words."), field="place_name"),
            Column(_("Category"), 14, _("What it is about."), field="category_name"),
            Column(_("Priority"), 10, _("How much haste; empty is normal."), field="priority_name"),
            Column(_("Text"), 60, _("The entry as it holds, corrections taken in."), field="shown"),
            Column(_("State"), 11, _("Where the report or the task stands."), field="state_name"),
            Column(_("Disposition"), 12, _("What was decided about the report."), field="disposition_name"),
            Column(_("Belongs to"), 9, _("The entry at the beginning of the thread."), field="thread"),
            Column(_("Task"), 9, _("The task that it is a step of."), field="task"),
            Column(_("Incident"), 9, _("The incident that it belongs to."), field="incident"),
            Column(_("Earlier text"), 32, _("What was struck through, oldest first."), "struck", "earlier_text"),
            Column(
                _("Corrected"), 40, _("Of each struck text: when, by whom, why, and what else."), field="corrections"
            ),
            Column(_("Mark"), 14, _("The article that it lies outside of."), field="article"),
            Column(_("Visible for"), 16, _("The parties that may read it; empty is all."), field="audience_names"),
            Column(_("Written by"), 14, _("The party and desk that wrote it."), field="writer"),
            Column(_("Later"), 7, _("“later” where it was written after the log had been closed."), field="later_word"),
            Column(_("Position"), 9, _("Its place in the order of the log."), "number", "position"),
            Column(_("Attachments"), 26, told, field="attachments_told"),
        ]
        meaning = _("The field of this name, as in the CSV; empty where it says nothing. For importing it again.")
        found += [Column(name, 14, meaning, field=name, code=True) for name in CODES]
        exact_too = _("What cannot stand in a cell as it was said (control characters), as JSON.")
        return [*found, Column(EXACT, 14, exact_too, field=EXACT, code=True), part()]

    def lines(self) -> Iterator[Line]:
        """Yield the entries, and keep what their corrections put right."""
        self._corrected.clear()
        for line in self.contents.lines(self.progress):
            if line.struck:
                self._corrected += self._corrections(line)
            yield line

    def _rows(self) -> Iterator[list[object]]:
        flattener = Flattener(self.contents)
        for line in self.lines():
            fields = cells(flattener.entry(line))
            text, shown = fields.get("text", ""), fields.get("shown", "")
            inexact = exact(fields)
            if text == shown:
                fields.pop("text", None)
            yield [*self._told(line, fields), *(fields.get(name) for name in CODES), inexact, None]

    def _told(self, line: Line, fields: dict[str, Cell]) -> list[object]:
        contents, covenant, saying = self.contents, self.contents.covenant, self.saying
        corrections = self._corrections(line) if line.struck else []
        mark = next((one.rule for one in (line.frame, line.first) if one and one.rule), "")
        return [
            line.reference,
            moment(contents, line.occurred_at),
            moment(contents, line.logged_at),
            str(fields.get("occurred_at", ""))[23:],
            label(line.kind),
            covenant.party_name(line.party),
            line.unit,
            covenant.role_name(line.role),
            fields.get("person"),
            fields.get("channel"),
            saying.where(line),
            covenant.category_name(line.category),
            label(line.priority),
            line.text,
            label(line.state),
            label(line.disposition),
            line.thread_reference,
            fields.get("task"),
            fields.get("incident"),
            "\n".join(str(one[4]) for one in corrections),
            "\n".join(self._correction(one) for one in corrections),
            saying.article(mark) if mark else "",
            ", ".join(map(covenant.party_name, line.audience)),
            saying.writer(line.first.by if line.first else None),
            _("later") if line.later else "",
            line.entry,
            "\n".join(f"{one.reference} {one.told} · {one.file.hex()}" for one in line.attachments),
        ]

    def _corrections(self, line: Line) -> list[list[object]]:
        """Return the rows of an entry in the table of corrections, oldest first."""
        saying, earlier = self.saying, self.contents.earlier(line)
        found: list[list[object]] = []
        for number, one in enumerate(earlier):
            following = earlier[number + 1] if number + 1 < len(earlier) else None
            changes = saying.changes(one.frame, following.frame if following else line.frame)
            by = saying.writer(one.corrected_by)
            row = [line.reference, moment(self.contents, one.corrected_at), by, one.reason, one.shown]
            found.append([*row, following.shown if following else line.text, "\n".join(changes), None])
        return found

    def _correction(self, row: list[object]) -> str:
        """Return a row of the table of corrections in one line: when, by whom, why, and what else was put right."""
        _reference, at, by, reason, _before, _after, changes, _part = row
        said = f"{at:%Y-%m-%d %H:%M:%S}" if isinstance(at, datetime) else str(at or "")
        return " · ".join(str(text) for text in (f"{said} {by}", reason, *str(changes).split("\n")) if text)
