"""Commands that write: a new log, and one command per verb. Entries are named as people name them: P2-142."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from commandlog.commands.common import FILE, code_of, desk_at, desk_options, source
from commandlog.commands.printing import entry_lines
from commandlog.intake.entering import enter, unknown_marks
from commandlog.intake.moments import deadline, entry_time
from commandlog.language import _
from commandlog.log.derived import agreements
from commandlog.log.desk import Desk
from commandlog.log.keys import settings_folder
from commandlog.model.covenant import spoken
from commandlog.model.errors import RuleError, Unavailable
from commandlog.model.mandates import plain, told_of_lead
from commandlog.model.records import DecisionWords, Record
from commandlog.model.scenario import load
from commandlog.verbs import agreeing, assessing, events, incidents, levels, saying, tasks
from commandlog.verbs.context import not_printed
from commandlog.views import timeline
from commandlog.views.moments import live, local, zone_of

REF = click.argument("ref")
TEXT = click.argument("text", default="")
REASON = click.option("--reason", default="", help="Go on although it lies outside a mandate, because …")


@click.command()
@FILE
@click.option("--scenario", required=True, metavar="NAME|PATH", help="A scenario by name (concert), or a file.")
@click.option("--party", default="", help="Whose desk this is (default: the driver's).")
def new(file: Path, scenario: str, party: str) -> None:
    """Make a new log for an event under a scenario's covenant."""
    desk = events.open_event(file, load(scenario), settings_folder(), party=party)
    with desk.log:
        covenant = desk.covenant
        name, whose = spoken(covenant.name), covenant.party_name(desk.party)
        print(_("{file}: {name}, desk {desk} of {party}.").format(file=file, name=name, desk=desk.code, party=whose))


@click.command()
@FILE
@click.argument("text")
@click.option("--as", "callsign", default="", metavar="CALLSIGN", help="Who reports, where the text does not say it.")
@click.option("--party", default="", help="Sit at this party's desk (default: the driver's).")
@click.option("--paper", default="", metavar="SHEET/LINE", help="The line of paper that it is typed from: P2-07/3.")
@click.option("--at", "at", default="", metavar="TIME", help="When it happened, as the paper has it: 21:14.")
@REASON
def report(file: Path, text: str, callsign: str, party: str, paper: str, at: str, reason: str) -> None:
    """Record one line: [time] [call sign] [place] words [#category] [!priority] [>to [by time]] [@audience]."""
    with desk_at(file, party) as desk:
        warnings = [*unknown_marks(desk, text), not_printed(desk, paper)]
        happened = happened_at(desk, at)
        print_record(desk, enter(desk, text, callsign=callsign, reason=reason, paper=paper, occurred_at=happened))
        for warning in filter(None, warnings):
            click.echo(warning, err=True)


def print_record(desk: Desk, record: Record) -> None:
    """Print a record that was stored: its reference, and how it reads where that can be read now."""
    try:
        line = timeline.at_record(desk.log, live(desk.log), record.seq)
        shown = list(entry_lines(line, desk.covenant, zone_of(desk.log), today=desk.now)) if line else []
    except (sqlite3.OperationalError, Unavailable):  # it is stored: whoever hears of a failure would write it again
        shown = [_("{reference} is stored; it cannot be shown now.").format(reference=record.reference)]
    if told := told_of_lead(desk.covenant, record.frame):
        shown.append(click.style(f"→ {told}", dim=True))
    for text in shown:
        click.echo(text)


def happened_at(desk: Desk, text: str) -> int:
    """Return the last time (milliseconds UTC) that a text like 21:14 or "gisteren 23:50" names, 0 for nothing."""
    found = entry_time(plain(text), 0, local(desk.now, zone_of(desk.log))) if text else None
    if text and (found is None or found.end != len(text.rstrip())):
        raise RuleError(_("“{text}” is no time that has been. Write 21:14, or 2026-06-27 21:14.").format(text=text))
    return found.at if found else 0


def until_when(desk: Desk, text: str) -> int:
    """Return a deadline typed as 21:30 or in minutes ("10") in milliseconds UTC, 0 for nothing."""
    if not text:
        return 0
    words = f"within {text} min" if text.isdigit() else f"by {text}"
    found = deadline(words, 0, local(desk.now, zone_of(desk.log)))
    if found is None:
        raise RuleError(_("“{text}” is no deadline. Write 21:30, or a number of minutes.").format(text=text))
    return found.at


def verb(
    name: str, *parameters: Callable[..., Any], cls: type[click.Command] = click.Command
) -> Callable[[Callable[..., Record | list[Record]]], click.Command]:
    """Make a command of a function that is handed the desk, who says it, and the command's own parameters."""

    def made(function: Callable[..., Record | list[Record]]) -> click.Command:
        def command(file: Path, party: str, by: str, callsign: str, channel: str, person: str, **given: Any) -> None:
            with desk_at(file, party) as desk:
                by = code_of(desk.covenant, "party", by)
                about = {"source": source(desk, by, callsign, channel), "person": person}
                made = function(desk, about, **given)
                for record in made if isinstance(made, list) else [made]:
                    print_record(desk, record)

        command.__doc__ = function.__doc__
        for parameter in reversed((FILE, *parameters)):
            command = parameter(command)
        return click.command(name, cls=cls)(desk_options(command))

    return made


@verb(
    "assess",
    REF,
    click.argument("disposition"),
    TEXT,
    click.option("--of", default="", help="The entry that it duplicates."),
)
def assess(desk: Desk, about: dict[str, Any], ref: str, disposition: str, text: str, of: str) -> Record:
    """Record what is decided: no_action, observe, approach, task_given, passed_on, duplicate, false_alarm."""
    entry = desk.log.find(ref)
    if of:
        return assessing.duplicate(desk, entry, desk.log.find(of), **about)
    return assessing.assess(desk, entry, code_of(desk.covenant, "disposition", disposition), text=text, **about)


@verb("feedback", REF, click.argument("text"))
def feedback(desk: Desk, about: dict[str, Any], ref: str, text: str) -> Record:
    """Close a report and tell its reporter what became of it."""
    return assessing.feed_back(desk, desk.log.find(ref), text, **about)


@verb(
    "correct",
    REF,
    TEXT,
    click.option("--place", default="", help="Where it was."),
    click.option("--category", default="", help="What it was about."),
    click.option("--priority", default="", help="routine, elevated, urgent, emergency"),
    click.option("--number", type=int, default=None, help="Of a count: how many it should have been."),
    click.option("--reason", default="", help="Why it is corrected."),
)
def correct(
    desk: Desk, about: dict[str, Any], ref: str, text: str, number: int | None, reason: str, **facets: str
) -> Record:
    """Say how an entry should have read; the old text stays, struck through. What is left out stays as it was."""
    coded = {name: code_of(desk.covenant, name, value) for name, value in facets.items()}
    given = {key: value for key, value in {**about, **coded}.items() if value}
    return saying.correct(desk, desk.log.find(ref), text or None, number=number, reason=reason, **given)


@verb("add", REF, click.argument("text"))
def add(desk: Desk, about: dict[str, Any], ref: str, text: str) -> Record:
    """Complete an entry without striking anything."""
    return saying.add_to(desk, desk.log.find(ref), text, **about)


@verb(
    "decide",
    click.argument("decision"),
    click.option("--known", default="", help="What was known then."),
    click.option("--options", default="", help="Which options there were."),
    click.option("--reason", default="", help="Why this one."),
    click.option("--decider", default="", help="Who decided."),
)
def decide(desk: Desk, about: dict[str, Any], **words: str) -> Record:
    """Record a decision with what was known, the options, the reason and who decided."""
    return saying.decide(desk, DecisionWords(**words), **about)


@verb("accept", REF, TEXT)
def accept(desk: Desk, about: dict[str, Any], ref: str, text: str) -> Record:
    """Take a task on."""
    return tasks.accept(desk, desk.log.find(ref), text=text, **about)


@verb("agree", REF, TEXT)
def agree(desk: Desk, about: dict[str, Any], ref: str, text: str) -> Record:
    """Record that the other side agreed to a task by voice; --person says who, --channel how."""
    return tasks.agree_orally(desk, desk.log.find(ref), text=text, **about)


@verb("affirm", REF, TEXT)
def affirm(desk: Desk, about: dict[str, Any], ref: str, text: str) -> Record:
    """Say oneself what one had agreed to by voice: a task or an agreement."""
    entry = desk.log.find(ref)
    if agreements.current(desk.log.db, entry):
        return agreeing.affirm_agreement(desk, entry, text=text, **about)
    return tasks.affirm(desk, entry, text=text, **about)


@verb("decline", REF, click.argument("reason"))
def decline(desk: Desk, about: dict[str, Any], ref: str, reason: str) -> Record:
    """Give a task back, or say that an agreement was not made so; with a reason."""
    entry = desk.log.find(ref)
    if agreements.current(desk.log.db, entry):
        return agreeing.deny_agreement(desk, entry, reason, **about)
    return tasks.decline(desk, entry, reason, **about)


@verb("start", REF, TEXT)
def start(desk: Desk, about: dict[str, Any], ref: str, text: str) -> Record:
    """Say that a task is under way."""
    return tasks.start(desk, desk.log.find(ref), text=text, **about)


@verb("done", REF, TEXT, click.option("--told", is_flag=True, help="It was said by voice."))
def done(desk: Desk, about: dict[str, Any], ref: str, text: str, told: bool) -> Record:
    """Say that a task is done."""
    return tasks.done(desk, desk.log.find(ref), text=text, told=told, **about)


@verb("confirm", REF, TEXT)
def confirm(desk: Desk, about: dict[str, Any], ref: str, text: str) -> Record:
    """Confirm, as the one who asked, that a task is done."""
    return tasks.confirm(desk, desk.log.find(ref), text=text, **about)


@verb("withdraw", REF, click.argument("reason", default=""))
def withdraw(desk: Desk, about: dict[str, Any], ref: str, reason: str) -> Record:
    """Say, as the one who asked, that a task is no longer needed."""
    return tasks.withdraw(desk, desk.log.find(ref), reason, **about)


@verb(
    "hand-over",
    REF,
    click.option("--to", "to", required=True, help="A party or a call sign."),
    click.option("--answer-by", default="", help="21:30, or a number of minutes."),
    REASON,
)
def hand_over(desk: Desk, about: dict[str, Any], ref: str, to: str, answer_by: str, reason: str) -> Record:
    """Pass a task to another party or unit, which then answers."""
    task = desk.log.find(ref)
    return tasks.hand_over(desk, task, **_to(desk, to), answer_by=until_when(desk, answer_by), reason=reason, **about)


@verb(
    "ask",
    click.argument("to"),
    click.argument("text"),
    click.option("--about", "ref", default="", help="The entry that it comes from."),
    click.option("--answer-by", default="", help="21:30, or a number of minutes."),
    click.option("--finish-by", default="", help="21:30, or a number of minutes."),
    click.option("--orally", is_flag=True, help="They have agreed by voice already."),
    REASON,
)
def ask(
    desk: Desk, about: dict[str, Any], to: str, text: str, ref: str, answer_by: str, finish_by: str, **given: Any
) -> Record:
    """Give a party or a unit a task, with two optional deadlines."""
    return tasks.propose(
        desk,
        text,
        **_to(desk, to),
        entry=desk.log.find(ref) if ref else 0,
        answer_by=until_when(desk, answer_by),
        finish_by=until_when(desk, finish_by),
        **given,
        **about,
    )


@verb("incident", click.argument("title"), click.argument("refs", nargs=-1))
def incident(desk: Desk, about: dict[str, Any], title: str, refs: tuple[str, ...]) -> Record:
    """Open an incident with the entries that belong to it."""
    return incidents.open_incident(desk, title, entries=tuple(map(desk.log.find, refs)), **about)


@verb("link", REF, click.argument("incident_ref", metavar="INCIDENT"))
def link(desk: Desk, about: dict[str, Any], ref: str, incident_ref: str) -> Record:
    """Put an entry into an incident."""
    return incidents.link(desk, desk.log.find(ref), desk.log.find(incident_ref), **about)


@verb("merge", REF, click.argument("into"), click.option("--reason", default="", help="Why they are one."))
def merge(desk: Desk, about: dict[str, Any], ref: str, into: str, reason: str) -> Record:
    """Make one incident of two: what belongs to the first belongs to the second."""
    return incidents.merge(desk, desk.log.find(ref), desk.log.find(into), reason=reason, **about)


@verb("close-incident", REF, TEXT)
def close_incident(desk: Desk, about: dict[str, Any], ref: str, text: str) -> Record:
    """Close an incident: nothing more is expected of it."""
    return incidents.close_incident(desk, desk.log.find(ref), text=text, **about)


@verb(
    "level",
    click.argument("ladder"),
    click.argument("level"),
    TEXT,
    click.option("--told", default="", help="Parties that were told, with commas."),
    REASON,
)
def level(desk: Desk, about: dict[str, Any], ladder: str, level: str, text: str, told: str, reason: str) -> Record:
    """Declare a level of a ladder, and say who was told."""
    covenant = desk.covenant
    parties = tuple(code_of(covenant, "party", one.strip()) for one in told.split(",") if one.strip())
    ladder = code_of(covenant, "ladder", ladder)
    level = code_of(covenant, f"level of {ladder}", level)
    return levels.set_level(desk, ladder, level, text=text, told=parties, reason=reason, **about)


@verb("confirm-level", click.argument("ladder"))
def confirm_level(desk: Desk, about: dict[str, Any], ladder: str) -> Record:
    """Confirm that a party knows of the level that holds."""
    return levels.confirm_level(desk, code_of(desk.covenant, "ladder", ladder), **about)


@verb("phase", click.argument("phase"), TEXT)
def phase(desk: Desk, about: dict[str, Any], phase: str, text: str) -> Record:
    """Say that the event enters a phase."""
    return levels.set_phase(desk, code_of(desk.covenant, "phase", phase), text=text, **about)


@verb("sign-in", click.argument("name"))
def sign_in(desk: Desk, about: dict[str, Any], name: str) -> Record:
    """Say who works at this desk from now on."""
    return events.sign_in(desk, name, **about)


@verb("sign-out")
def sign_out(desk: Desk, about: dict[str, Any]) -> Record:
    """Say that the operator has left the desk."""
    return events.sign_out(desk, **about)


def _to(desk: Desk, to: str) -> dict[str, Any]:
    """Return a party or a call sign as the addressee of a verb."""
    party = code_of(desk.covenant, "party", to)
    return {"to_party": party} if desk.covenant.party(party) else {"to_unit": to}


BEGIN = [new, sign_in, sign_out]
SAY = [
    report,
    assess,
    feedback,
    correct,
    add,
    decide,
    incident,
    link,
    merge,
    close_incident,
    level,
    confirm_level,
    phase,
]
TASKS = [ask, accept, agree, affirm, decline, start, done, confirm, withdraw, hand_over]
