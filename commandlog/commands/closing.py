"""Commands for when it is over: close a log, continue it, delete it when its time has come, save what was damaged."""

import sys
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import click

from commandlog.commands.common import FILE, code_of, desk_at
from commandlog.commands.printing import open_lines
from commandlog.export import rescued
from commandlog.language import _, ngettext
from commandlog.log.copy_setting import CopySetting
from commandlog.log.derived import closings
from commandlog.log.desk import Desk
from commandlog.log.keys import settings_folder
from commandlog.model.checks import zone_named
from commandlog.model.errors import CommandLogError, RuleError
from commandlog.model.harmless import typed, visible
from commandlog.verbs.closing import StillOpen, number, parties_heard
from commandlog.verbs.closing import close as stand_down
from commandlog.verbs.continuing import Continued, continue_log
from commandlog.verbs.discarding import Candidate, examine, left_behind
from commandlog.verbs.discarding import discard as delete
from commandlog.views.moments import live, local, zone_of
from commandlog.views.open_items import open_items

PARTY = click.option("--party", default="", help="Sit at this party's desk (default: the driver's).")
WITH = click.option("--with", "and_party", default="", metavar="PARTY", help="The second party that closes it.")
TEXT = click.option("--text", default="", help="What is said at the closing.")


@click.command()
@FILE
@WITH
@TEXT
@click.option("--roll-over", "--anyway", "roll_over", is_flag=True, help="What is open goes to the log that continues.")
@PARTY
def close(file: Path, and_party: str, text: str, roll_over: bool, party: str) -> None:
    """Close the log: what comes later is marked so. Exits 1, and says what, while anything is open."""
    with desk_at(file, party) as desk:
        and_party = code_of(desk.covenant, "party", and_party)
        try:
            stand_down(desk, and_party=and_party, text=text, roll_over=roll_over)
        except StillOpen as refused:
            for line in open_lines(refused.items, desk.covenant, zone_of(desk.log)):
                click.echo(line)
            click.echo(str(refused))
            raise click.exceptions.Exit(1) from refused
        _say_closed(desk, and_party)
        if not closings.first(desk.log.db):
            return
        if left := number(open_items(desk.log, live(desk.log))):
            told = ngettext("{n} thing stays open: `{command}`.", "{n} things stay open: `{command}`.", left)
            click.echo(told.format(n=left, command=f"commandlog continue {typed(file)} NEW"))


def _say_closed(desk: Desk, and_party: str) -> None:
    name = desk.covenant.party_name
    if desk.log.member:
        _say_closed_for_all(desk)
        return
    whose = " · ".join(name(one) for one in (desk.party, and_party) if one)
    click.echo(_("{file} is closed by {parties}.").format(file=desk.log.path, parties=whose))
    others = [name(one) for one in parties_heard(desk.log) if one != desk.party]
    if others and not and_party:
        told = _("One party closed it, and others were heard in it: {parties}. Their agreement can still be added.")
        click.echo(told.format(parties=", ".join(others)))


def _say_closed_for_all(desk: Desk) -> None:
    """Say of a shared log who has closed it, and what that waits for."""
    name, db = desk.covenant.party_name, desk.log.db
    if found := db.execute("SELECT party, and_party FROM closings ORDER BY since LIMIT 1").fetchone():
        whose = " · ".join(name(one) for one in found if one)
        click.echo(_("{file} is closed by {parties}.").format(file=desk.log.path, parties=whose))
        return
    told = _(
        "{party} has closed {file}. It is closed for all when a second party closes it too, at its own desk, within {n}"
        " hours."
    )
    hours = closings.WAITS // 3_600_000
    click.echo(told.format(party=name(desk.party), file=desk.log.path, n=hours))


@click.command("continue")
@FILE
@click.argument("new", type=click.Path(path_type=Path))
@WITH
@TEXT
@PARTY
def continue_(file: Path, new: Path, and_party: str, text: str, party: str) -> None:
    """Make a new log that takes over what is open in this one, which is closed with it if it is not closed yet."""
    with desk_at(file, party) as desk:
        and_party = code_of(desk.covenant, "party", and_party)
        done = continue_log(desk, new, settings_folder(), and_party=and_party, text=text)
        if done.closed:
            _say_closed(desk, and_party)
        for line in _taken_over(file, done):
            click.echo(line)
        if not done.before and _has_copy(desk):
            told = _("A second copy of {file} is kept, and none yet of {new}: commandlog copy {new} DIR")
            click.echo(told.format(file=typed(file), new=typed(new)))


def _taken_over(file: Path, done: Continued) -> list[str]:
    parts = (
        ngettext("{n} report", "{n} reports", done.reports).format(n=done.reports),
        ngettext("{n} task", "{n} tasks", done.tasks).format(n=done.tasks),
        ngettext("{n} incident", "{n} incidents", done.incidents).format(n=done.incidents),
    )
    told = (
        _("{new} continues {file} already, with {what}.") if done.before else _("{new} continues {file}, with {what}.")
    )
    lines = [told.format(new=done.path, file=file, what=", ".join(parts))]
    if done.stays:
        stays = ngettext(
            "{n} correction or conflict can only be settled in {file}.",
            "{n} corrections and conflicts can only be settled in {file}.",
            done.stays,
        )
        lines.append(stays.format(n=done.stays, file=file))
    return lines


def _has_copy(desk: Desk) -> bool:
    try:
        return CopySetting(settings_folder(), desk.log).file() is not None
    except CommandLogError:
        return False


@click.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.option(
    "--in", "log", required=True, metavar="FILE", type=click.Path(path_type=Path), help="Where it is decided."
)
@click.option("--ground", required=True, help="On what basis it is deleted.")
@click.option("--early", default="", metavar="REASON", help="Why before the retention period of its covenant is over.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@PARTY
def discard(old: Path, log: Path, ground: str, early: str, yes: bool, party: str) -> None:
    """Delete a closed log by a decision that another log keeps, and say which copies of it are left."""
    with desk_at(log, party) as desk:
        if left_behind(desk, old):
            click.echo(_("{file}: what was decided is done now, it is deleted.").format(file=old))
            return
        one = examine(desk, old, settings_folder(), early=early)
        for line in _described(desk, one):
            click.echo(visible(line))
        if not yes:
            if not sys.stdin.isatty():
                raise RuleError(_("Nothing was deleted: say --yes to delete it."))
            if not click.confirm(_("Delete it for good?")):
                raise click.exceptions.Exit(1)
        made = delete(desk, one, ground, early=early)
        told = _("{file} is deleted; the decision is {reference} of {log}.")
        click.echo(told.format(file=old, reference=made.reference, log=log))


def _described(desk: Desk, one: Candidate) -> list[str]:
    closed = f"{local(one.closed_at, zone_of(desk.log)):%Y-%m-%d}"
    told = _("{file}: {event}, {n} records, closed {day}.")
    lines = [told.format(file=one.path, event=one.event, n=one.last, day=closed)]
    if one.open:
        lines.append(_("Something was open in it when it was closed."))
    if one.copies:
        lines.append(_("Copies of it that are not said to be destroyed, and stay:"))
        lines += [f"  {copy}" for copy in one.copies]
    return lines


@click.command()
@FILE
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def rescue(file: Path, folder: Path) -> None:
    """Save what can be read of a damaged log into a new folder DIR; the log itself stays as it is."""
    done = rescued.rescue(file, folder, settings_folder(), _progress())
    zone = zone_named(done.timezone) or UTC
    if not done.fault:
        click.echo(_("All {n} records hold: nothing is lost.").format(n=done.sound))
    else:
        told = _("{verified} of {n} records that could be read are what was written.")
        click.echo(told.format(verified=done.verified, n=done.records))
        at = _("Everything holds up to record {last}; record {next}: {fault}.")
        click.echo(at.format(last=done.sound, next=done.sound + 1, fault=done.fault))
    for gap in done.gaps:
        lost = gap.last - gap.first + 1
        told = ngettext("{n} record is lost ({which}){when}.", "{n} records are lost ({which}){when}.", lost)
        which = f"{gap.first}–{gap.last}" if lost > 1 else str(gap.first)
        click.echo(told.format(n=lost, which=which, when=rescued.between(gap, zone)))
    if done.attachments:
        told = ngettext("{n} attachment is lost.", "{n} attachments are lost.", len(done.attachments))
        click.echo(told.format(n=len(done.attachments)))
    if done.unread:
        click.echo(_("The disk did not give {n} bytes of the file.").format(n=done.unread))
    if done.log:
        told = _("To go on with: {log} (up to record {last}). Check it with `commandlog verify {log} --deep`.")
        click.echo(told.format(log=typed(done.log), last=done.sound))
    elif done.shared:
        told = _(
            "It was a desk's file of a shared log, which has all that had its place there: join it again with an"
            " invitation (`commandlog join`), and write again what had waited."
        )
        click.echo(told)
    else:
        click.echo(_("Its covenant is lost, so no log could be made to go on with: begin a new one."))
    click.echo(
        _("All that could be read: {text}, {lines}").format(
            text=done.folder / rescued.TEXT, lines=done.folder / rescued.LINES
        )
    )
    click.echo(
        _("The evidence: {folder}, and {file} itself, which was not changed.").format(
            folder=done.folder / rescued.DAMAGED, file=file
        )
    )


def _progress() -> Callable[[int, int], None]:
    """Return a progress line on stderr, where that is a terminal; it leaves nothing behind."""

    def show(done: int, total: int) -> None:
        if sys.stderr.isatty():
            text = _("saved {done} of {total}").format(done=f"{done:,}", total=f"{max(done, total):,}")
            print(f"\r{text}\r", end="", file=sys.stderr, flush=True)

    return show


COMMANDS = [close, continue_, discard, rescue]
