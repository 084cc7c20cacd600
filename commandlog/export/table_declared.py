"""Incidents, levels and phases, agreements, counts and the states of units as tables."""

from collections.abc import Iterator
from itertools import chain

from commandlog.export.contents import Contents
from commandlog.export.flat import Flattener
from commandlog.export.tables import Column, Table, in_zone, part
from commandlog.export.xlsx_cells import moment
from commandlog.language import _
from commandlog.model.covenant import spoken
from commandlog.model.words import label
from commandlog.views import counts
from commandlog.views.filters import Filter
from commandlog.views.lines import Line


def _reference() -> Column:
    return Column(_("Reference"), 11, _("How people call the entry; never given twice."), field="reference")


def _time(contents: Contents, name: str, meaning: str, field: str = "time") -> Column:
    return Column(in_zone(name, contents.covenant.timezone), 19, meaning, "time", field)


# -- incidents ---------------------------------------------------------------------------------------------------------


def incidents(contents: Contents) -> Table:
    """Return the table of incidents."""
    columns = [
        _reference(),
        Column(_("Title"), 50, _("What people call the incident."), field="title"),
        _time(contents, _("Opened"), _("When it began."), "opened"),
        Column(_("State"), 12, _("Open, closed, or merged into another."), field="state"),
        _time(contents, _("Closed"), _("When nothing more was expected of it."), "closed"),
        Column(_("Merged into"), 12, _("The incident that it turned out to be one with."), field="merged_into"),
        Column(_("Entries"), 9, _("How many entries belong to it."), "number", "entries"),
        Column(_("Place"), 18, _("The zone of the plan."), field="place"),
        Column(_("Category"), 18, _("What it is about."), field="category"),
        Column(_("By"), 18, _("The party that opened it."), field="party"),
        part(),
    ]
    return Table(_("Incidents"), "incidents", columns, lambda: _incidents(contents))


def _incidents(contents: Contents) -> Iterator[list[object]]:
    query = "SELECT since, state, merged_into, closed FROM incidents WHERE incident = ? AND since <= ? AND until > ?"
    position, covenant = contents.moment.position, contents.covenant
    for line in contents.of_kind("incident"):
        found = contents.log.db.execute(query, (line.entry, position, position)).fetchone()
        if not found or not contents.readable(found[0]):  # what became of it is not for this reader
            found = (line.entry, "open", 0, 0)
        wanted = Filter(reader=contents.for_party, incident=line.entry)
        yield [
            line.reference,
            line.words.title if line.words else line.text,
            moment(contents, line.occurred_at),
            label(found[1]),
            moment(contents, found[3]),
            contents.reader.reference_at(found[2]) if found[2] else "",
            counts.number(contents.log, contents.moment, wanted),
            covenant.place_name(line.place),
            covenant.category_name(line.category),
            covenant.party_name(line.party),
            None,
        ]


# -- levels and phases -------------------------------------------------------------------------------------------------


def levels(contents: Contents) -> Table:
    """Return the table of levels and phases, in the order of time."""
    columns = [
        _reference(),
        _time(contents, _("Declared"), _("When it was declared.")),
        Column(_("Ladder"), 22, _("The scale of levels, or the phases of the event."), field="ladder"),
        Column(_("Level"), 18, _("What holds from then on."), field="level"),
        Column(_("By"), 20, _("The party that declared it."), field="party"),
        Column(_("Told to"), 30, _("The parties that were told."), field="told"),
        Column(_("Confirmed"), 40, _("Which party said when that it knows."), field="confirmed"),
        _time(contents, _("Review by"), _("When it is to be looked at again."), "review_by"),
        Column(_("Text"), 60, _("What was said of it."), field="text"),
        part(),
    ]
    return Table(_("Levels and phases"), "levels", columns, lambda: _levels(contents))


def _levels(contents: Contents) -> Iterator[list[object]]:
    flattener, covenant = Flattener(contents), contents.covenant
    for line in sorted(chain(contents.of_kind("level"), contents.of_kind("phase")), key=_order):
        one = flattener.entry(line)
        ladder = covenant.ladder(one.ladder)
        known = [f"{covenant.party_name(each.party)} {each.occurred_at[:19]}" for each in one.confirmed]
        phase = line.kind == "phase"
        yield [
            line.reference,
            moment(contents, line.occurred_at),
            _("event phase") if phase else spoken(ladder.name) if ladder else one.ladder,
            covenant.phase_name(one.phase) if phase else covenant.level_name(one.ladder, one.level),
            covenant.party_name(line.party),
            ", ".join(map(covenant.party_name, one.told)),
            "\n".join(known),
            moment(contents, getattr(line.first, "review_by", 0)),
            one.text,
            None,
        ]


def _order(line: Line) -> tuple[int, int]:
    return line.occurred_at, line.entry


# -- agreements, counts, states of units -------------------------------------------------------------------------------


def agreements(contents: Contents) -> Table:
    """Return the table of agreements, and of what parties said of them."""
    columns = [
        _reference(),
        Column(
            _("Agreement"), 12, _("The agreement that it is about; its own reference for the agreement."), field="entry"
        ),
        Column(_("Step"), 18, _("Agreed, affirmed, denied or ended."), field="step"),
        _time(contents, _("Time"), _("When it was said.")),
        Column(_("Party"), 20, _("Whose word it is."), field="party"),
        Column(_("Parties"), 30, _("Who agree."), field="parties"),
        _time(contents, _("Until"), _("When it ends by itself."), "until"),
        Column(_("Text"), 70, _("What was agreed, or said of it."), field="text"),
        part(),
    ]
    return Table(_("Agreements"), "agreements", columns, lambda: _agreements(contents))


def _agreements(contents: Contents) -> Iterator[list[object]]:
    flattener, name = Flattener(contents), contents.covenant.party_name
    kinds = ("agreement", "agreement_affirmed", "agreement_declined", "agreement_ended")
    for line in sorted(chain.from_iterable(map(contents.of_kind, kinds)), key=_order):
        one = flattener.entry(line)
        yield [
            line.reference,
            one.entry or line.reference,
            label(line.kind),
            moment(contents, line.occurred_at),
            name(line.party),
            ", ".join(map(name, one.parties)),
            moment(contents, getattr(line.first, "until", 0)),
            one.text or one.reason,
            None,
        ]


def crowd(contents: Contents) -> Table:
    """Return the table of counts of people."""
    columns = [
        _reference(),
        _time(contents, _("Time"), _("When it was counted.")),
        Column(_("Place"), 18, _("Where it was counted."), field="place"),
        Column(_("Number"), 10, _("How many, or how many per cent."), "number", "number"),
        Column(
            _("Measure"),
            14,
            _("People present, gone in, gone out, or per cent of what the place holds."),
            field="measure",
        ),
        Column(_("Holds"), 10, _("How many people the place holds, where that is known."), "number", "capacity"),
        Column(_("Party"), 20, _("Whose word it is."), field="party"),
        Column(_("Unit"), 12, _("The call sign of who said it."), field="unit"),
        Column(_("Text"), 50, _("What was said of it."), field="text"),
        part(),
    ]
    return Table(_("Counts"), "counts", columns, lambda: _crowd(contents))


def _crowd(contents: Contents) -> Iterator[list[object]]:
    flattener, covenant = Flattener(contents), contents.covenant
    for line in contents.of_kind("counted"):
        one, place = flattener.entry(line), covenant.place(line.place)
        yield [
            line.reference,
            moment(contents, line.occurred_at),
            covenant.place_name(line.place),
            one.number if one.measure else None,
            label(one.measure),
            (place.capacity if place else 0) or None,
            covenant.party_name(line.party),
            line.unit,
            one.text,
            None,
        ]


def unit_states(contents: Contents) -> Table:
    """Return the table of what units said of themselves."""
    columns = [
        _reference(),
        _time(contents, _("Time"), _("From when on.")),
        Column(_("Unit"), 14, _("The call sign."), field="unit"),
        Column(_("State"), 12, _("Free, busy, or out of service."), field="state"),
        Column(_("Task"), 11, _("The task that it is busy with."), field="task"),
        Column(_("Party"), 20, _("Whose word it is."), field="party"),
        Column(_("Text"), 50, _("What was said of it."), field="text"),
        part(),
    ]
    return Table(_("States of units"), "unit_states", columns, lambda: _unit_states(contents))


def _unit_states(contents: Contents) -> Iterator[list[object]]:
    flattener = Flattener(contents)
    for line in contents.of_kind("unit_status"):
        one = flattener.entry(line)
        at, party = moment(contents, line.occurred_at), contents.covenant.party_name(line.party)
        yield [line.reference, at, one.to_unit, label(one.status), one.task, party, one.text, None]
