"""Commands for what parties agree, count, mark and say of themselves, and for what went to the wrong one."""

from collections.abc import Callable, Iterable
from typing import Any

import click

from commandlog.commands.common import code_of
from commandlog.commands.writing import REF, TEXT, until_when, verb
from commandlog.language import LANGUAGES, _, speaking
from commandlog.log.desk import Desk
from commandlog.model.dealings import MEASURES, STATUSES
from commandlog.model.errors import RuleError
from commandlog.model.records import Record
from commandlog.model.words import label, measure_label
from commandlog.verbs import agreeing, counting, marking, misdirecting, units


class _Counting(click.Command):
    """A command that is given a number: one below 0 is no unknown option, but for the verb to refuse in its words."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.ignore_unknown_options = any(one[:1] == "-" and one[1:].isdecimal() for one in args)
        return super().parse_args(ctx, args)


class _Total(click.types.IntParamType):
    """A whole number without a sign: who types +120 means a change, which would replace the total unseen."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if str(value).startswith("+"):
            told = _("“{number}” has a sign: say --measure in (or out) for a change, or the total without a sign.")
            raise RuleError(told.format(number=value))
        return int(super().convert(value, param, ctx))


@verb(
    "agreement",
    click.argument("parties"),
    click.argument("text"),
    click.option("--until", default="", metavar="TIME", help="It holds no longer than 23:30, or so many minutes."),
)
def agreement(desk: Desk, about: dict[str, Any], parties: str, text: str, until: str) -> Record:
    """Record what was agreed by voice with other parties (with commas); each then affirms it, or declines."""
    return agreeing.agree_on(desk, text, _parties(desk, parties), until=until_when(desk, until), **about)


@verb("end-agreement", REF, TEXT)
def end_agreement(desk: Desk, about: dict[str, Any], ref: str, text: str) -> Record:
    """Say that an agreement holds no longer."""
    return agreeing.end_agreement(desk, desk.log.find(ref), text=text, **about)


@verb(
    "count",
    click.argument("place"),
    click.argument("number", type=_Total()),
    TEXT,
    click.option("--measure", default="present", help="present, in, out or percent (default: present)."),
    cls=_Counting,
)
def count(desk: Desk, about: dict[str, Any], place: str, number: int, text: str, measure: str) -> Record:
    """Record how many people are at a place, or went in or out of it since the count before."""
    place = code_of(desk.covenant, "place", place)
    return counting.count(
        desk, number, measure=_chosen(measure, MEASURES, measure_label), text=text, place=place, **about
    )


@verb(
    "mark",
    REF,
    click.option("--off", is_flag=True, help="Take the mark away."),
    click.option("--reason", default="", help="Why it matters, or does not."),
)
def mark(desk: Desk, about: dict[str, Any], ref: str, off: bool, reason: str) -> Record:
    """Mark an entry as significant: for the wall, the summary and the report."""
    return marking.mark(desk, desk.log.find(ref), significant=not off, reason=reason, **about)


@verb(
    "unit",
    click.argument("unit", metavar="CALLSIGN"),
    click.argument("status"),
    TEXT,
    click.option("--task", default="", metavar="REF", help="The task that it is busy with."),
)
def unit(desk: Desk, about: dict[str, Any], unit: str, status: str, text: str, task: str) -> Record:
    """Record that a unit is free, busy or out of service."""
    on = desk.log.find(task) if task else 0
    return units.set_status(desk, unit, _chosen(status, STATUSES, label), task=on, text=text, **about)


@verb(
    "misdirected",
    REF,
    click.argument("text"),
    click.option("--reached", required=True, metavar="PARTY", help="Who got it and should not have had it."),
    click.option("--meant-for", required=True, metavar="PARTY", help="For whom it was."),
    click.option("--ground", default="", help="On what basis the right one is told."),
    click.option("--take-back", is_flag=True, help="Recall it from who got it."),
)
def misdirected(
    desk: Desk, about: dict[str, Any], ref: str, text: str, reached: str, meant_for: str, **given: Any
) -> list[Record]:
    """Record that an entry reached the wrong party: the right one is told, the wrong one what to do with it."""
    wrong, right = (code_of(desk.covenant, "party", one) for one in (reached, meant_for))
    before = desk.log.tip
    made = misdirecting.misdirected(desk, desk.log.find(ref), wrong, right, text, **given, **about)
    # a repeated command makes nothing; else the release and the recall follow in the same transaction
    more = range(made.seq + 1, desk.log.tip + 1) if made.seq > before else ()
    return [made, *map(desk.log.record, more)]


@verb("read-misdirected", REF, TEXT)
def read_misdirected(desk: Desk, about: dict[str, Any], ref: str, text: str) -> Record:
    """Confirm, as who got it by mistake, that one has read what to do with it."""
    return misdirecting.confirm_read(desk, desk.log.find(ref), text=text, **about)


def _parties(desk: Desk, text: str) -> tuple[str, ...]:
    return tuple(code_of(desk.covenant, "party", one.strip()) for one in text.split(",") if one.strip())


def _chosen(text: str, codes: Iterable[str], name: Callable[[str], str]) -> str:
    """Return the code that people call so, in either language; the text as it is where none is called so."""
    wanted = text.strip().casefold()
    for language in LANGUAGES:
        with speaking(language):
            for code in codes:
                if wanted in (code, name(code).casefold()):
                    return code
    return text


COMMANDS = [agreement, end_agreement, count, mark, unit, misdirected, read_misdirected]
