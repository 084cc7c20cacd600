"""Commands that show how things stand: agreements, units and crowds, now or as they stood."""

from datetime import tzinfo
from pathlib import Path
from typing import Any

import click

from commandlog.commands.common import FILE, opened, print_json
from commandlog.commands.printing import agreement_lines, crowd_lines, unit_lines
from commandlog.commands.reading import AS_OF, JSON, READER, known_code, moment_of, reader_of
from commandlog.model.words import measure_label
from commandlog.views import agreements, crowd, units
from commandlog.views.agreements import AgreementLine
from commandlog.views.crowd import Count, Crowd
from commandlog.views.moments import local, zone_of
from commandlog.views.units import UnitLine


@click.command("agreements")
@FILE
@AS_OF
@click.option("--open", "open_only", is_flag=True, help="Only those that some party has yet to affirm, or denies.")
@READER
@JSON
def show_agreements(file: Path, as_of: str, open_only: bool, reader: str, as_json: bool) -> None:
    """Show what parties agreed: what is to be affirmed first, then what holds, then what is over."""
    with opened(file) as log:
        reader = reader_of(log, reader)
        moment, zone = moment_of(log, as_of), zone_of(log)
        found = agreements.agreements(log, moment, reader=reader, open_only=open_only)
        if as_json:
            print_json([_agreement(one, zone) for one in found])
            return
        for text in agreement_lines(found, log.covenant(moment.position), zone):
            click.echo(text)


@click.command("units")
@FILE
@AS_OF
@READER
@JSON
def show_units(file: Path, as_of: str, reader: str, as_json: bool) -> None:
    """Show each unit: what it says of itself, and the tasks that it has."""
    with opened(file) as log:
        reader = reader_of(log, reader)
        moment, zone = moment_of(log, as_of), zone_of(log)
        found = units.units(log, moment, reader)
        if as_json:
            print_json([_unit(one, zone) for one in found])
            return
        for text in unit_lines(found, log.covenant(moment.position), zone):
            click.echo(text)


@click.command("crowd")
@FILE
@AS_OF
@click.option("--place", default="", help="All counts of one place, oldest first.")
@READER
@JSON
def show_crowd(file: Path, as_of: str, place: str, reader: str, as_json: bool) -> None:
    """Show how full each place is, as it was counted last."""
    with opened(file) as log:
        reader, place = reader_of(log, reader), known_code(log, "place", place)
        moment, zone = moment_of(log, as_of), zone_of(log)
        covenant = log.covenant(moment.position)
        if place:
            counts = crowd.series(log, moment, place, reader=reader)
            if as_json:
                print_json([_count(one, zone) for one in counts])
                return
            for one in counts:
                click.echo(f"{local(one.at, zone):%H:%M}  {one.reference:7} {one.number} {measure_label(one.measure)}")
            return
        found = crowd.crowd(log, moment, reader)
        if as_json:
            print_json([_crowd(one, zone) for one in found])
            return
        for text in crowd_lines(found, covenant, zone):
            click.echo(text)


def _agreement(one: AgreementLine, zone: tzinfo) -> dict[str, Any]:
    return {
        "reference": one.line.reference,
        "text": one.line.words.text if one.line.words else one.line.text,
        "state": one.state,
        "parties": one.parties,
        "affirmed": one.affirmed,
        "denied": one.denied,
        "waiting": one.waiting,
        "agreed": _time(one.agreed_at, zone),
        "settled": _time(one.settled_at, zone),
        "until": _time(one.holds_until, zone),
        "ended": _time(one.ended_at, zone),
        "over": one.over,
    }


def _unit(one: UnitLine, zone: tzinfo) -> dict[str, Any]:
    return {
        "unit": one.callsign,
        "party": one.party,
        "role": one.role,
        "status": one.said,
        "since": _time(one.at, zone),
        "reference": one.reference,
        "task": one.on,
        "tasks": [{"reference": task.reference, "state": task.state, "text": task.text} for task in one.tasks],
        "differs": one.differs,
    }


def _crowd(one: Crowd, zone: tzinfo) -> dict[str, Any]:
    return {
        "place": one.place,
        "at": _time(one.at, zone),
        "present": one.present,
        "in": one.went_in,
        "out": one.went_out,
        "balance": one.balance,
        "percent": one.percent,
        "capacity": one.capacity,
        "warned": one.warned,
        "latest": _count(one.latest, zone),
    }


def _count(one: Count, zone: tzinfo) -> dict[str, Any]:
    return {
        "reference": one.reference,
        "at": _time(one.at, zone),
        "measure": one.measure,
        "number": one.number,
    }


def _time(moment: int, zone: tzinfo) -> str | None:
    return local(moment, zone).isoformat(timespec="milliseconds") if moment else None


COMMANDS = [show_agreements, show_units, show_crowd]
