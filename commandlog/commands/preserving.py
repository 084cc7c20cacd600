"""Commands that keep a log safe: a second copy that follows, backups, restoring, and how all of that stands."""

import os
import sys
import time
from pathlib import Path
from typing import Any

import click
import msgspec

from commandlog.commands.common import FILE, opened, print_json
from commandlog.language import _, ngettext
from commandlog.log.backup import backup as make_backup
from commandlog.log.copy_setting import CopySetting
from commandlog.log.copying import CopyState, Follower
from commandlog.log.derived import closings
from commandlog.log.derived.table import FOREVER
from commandlog.log.desk import home_desk
from commandlog.log.engine import of_write_ahead
from commandlog.log.keys import settings_folder
from commandlog.log.mark import COPY
from commandlog.log.rebuild import Progress
from commandlog.log.restoring import restore as make_log
from commandlog.log.second_copy import begin_copy, same_disk
from commandlog.log.store import Log
from commandlog.model.errors import RuleError, Unavailable
from commandlog.model.harmless import typed, visible
from commandlog.model.keeping import Exported
from commandlog.model.records import Words, clean
from commandlog.sharing.desk.state import State, remembered
from commandlog.sharing.desk.telling import state_lines, unerased
from commandlog.views.moments import local, zone_of
from commandlog.views.status import Facts, copy_line, facts

FOLLOWING = 1.0  # seconds between two looks at a copy when nothing is written
FOLDER = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))


@click.command()
@FILE
@FOLDER
def backup(file: Path, folder: Path) -> None:
    """Write the whole log into one new file in DIR, verified, named after the log and the time."""
    with opened(file) as log:
        made = make_backup(log, folder, home_desk(log, settings_folder()))
        told = _("{file}: {n} records, verified, check value {value}.")
        click.echo(told.format(file=made.path, n=made.head.seq, value=made.head.hash.hex()[:16]))
        if not made.recorded:
            click.echo(_("The log cannot be written here, so it does not know of this backup."), err=True)


@click.command()
@click.argument("place", metavar="DIR", type=click.Path(path_type=Path))
@FILE
@click.option("--as-far", is_flag=True, help="Restore a copy that is damaged up to where it holds.")
def restore(place: Path, file: Path, as_far: bool) -> None:
    """Make a log of the newest second copy or backup in DIR that holds. DIR may also be such a file."""
    made = make_log(place, file, as_far=as_far, progress=_shown(_("restored")))
    with opened(file) as log:
        until = local(made.head.kept_at, zone_of(log)).isoformat(" ", "seconds")
    source = made.source.file if made.source.mark is None else f"{made.source.file} ({made.source.mark.described})"
    for passed, why in made.passed_over:
        click.echo(visible(_("Passed over: {file}: {why}.").format(file=passed, why=why)), err=True)
    if made.broken:
        click.echo(visible(_("Restored only in part: {why}.").format(why=made.broken)), err=True)
    told = _("{file}: {n} records, up to {time}, from {source}.")
    click.echo(told.format(file=file, n=made.head.seq, time=until, source=visible(str(source))))
    told = _("What this machine writes in it has a new desk code. Keep a second copy of it: commandlog copy {file} DIR")
    click.echo(told.format(file=typed(file)))


@click.command()
@FILE
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--off", is_flag=True, help="Keep no second copy any more; the one that is there stays.")
@click.option("--watch", is_flag=True, help="Follow the log until Ctrl-C, and say when something changes.")
def copy(file: Path, folder: Path | None, off: bool, watch: bool) -> None:
    """Keep a second copy of the log in DIR, on another disk, from now on. Without DIR: how the copy stands."""
    with opened(file) as log:
        setting = CopySetting(settings_folder(), log)
        if off and (folder or watch):
            raise RuleError(_("--off ends the second copy: give no DIR and no --watch with it."))
        if off:
            _end(setting)
            return
        if folder:
            _begin(log, setting, folder)
        kept = setting.file()
        if kept is None:
            raise RuleError(
                _("No second copy of {file} is kept: begin one with `commandlog copy {file} DIR`.").format(
                    file=typed(file)
                )
            )
        with Follower(file, kept, setting) as follower:
            state = follower.step(float("inf"), progress=_shown(_("copied"))) if folder else follower.step()
            _say(log, state)
            if watch:
                _watch(log, follower)
            elif state.trouble:
                raise click.exceptions.Exit(1)


def _begin(log: Log, setting: CopySetting, folder: Path) -> None:
    """Begin a copy in a folder, or take up the one that is there, and let the log know of it once."""
    copy_file = begin_copy(log, folder)
    desk = home_desk(log, settings_folder())
    if desk and not _known(log, copy_file):
        with desk.writing():
            desk.append(Exported, Words(title=str(copy_file)), form=COPY, file=b"", upto=log.head.id)
    setting.keep(copy_file)
    click.echo(_("Second copy: {file}").format(file=copy_file))
    if same_disk(log, copy_file):
        click.echo(_("It is on the same disk as the log, and is lost when that disk is: choose another one."), err=True)


def _known(log: Log, copy_file: Path) -> bool:
    """Whether the log knows that there is a copy in this file."""
    query = f"SELECT since FROM copies WHERE form = ? AND until = {FOREVER}"
    for (since,) in log.db.execute(query, (COPY,)).fetchall():
        words = log.record(since).words
        if words and words.title == clean(str(copy_file)):
            return True
    return False


def _end(setting: CopySetting) -> None:
    try:
        kept = setting.file()
    except Unavailable:  # it cannot be read: all the more it is to be ended
        kept = None
    setting.end()
    told = _("No second copy is kept any more. What there is stays: {file}")
    click.echo(told.format(file=kept) if kept else _("No second copy is kept."))


def _say(log: Log, state: CopyState) -> None:
    click.echo(copy_line(state, log.clock(), zone_of(log)))


def _watch(log: Log, follower: Follower) -> None:
    """Follow until Ctrl-C; a line whenever the copy stands otherwise, one a second at most."""
    said, when = follower.state, time.monotonic()
    try:
        while True:
            follower.wait(FOLLOWING)
            state = follower.step()
            other = (state.upto, state.records, state.trouble) != (said.upto, said.records, said.trouble)
            if other and time.monotonic() - when >= FOLLOWING:
                _say(log, state)
                said, when = state, time.monotonic()
    except KeyboardInterrupt:
        _say(log, follower.step())


@click.command()
@FILE
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def status(file: Path, as_json: bool) -> None:
    """Say what a log holds, who writes in it, how its copies stand, and how the shared log that it belongs to."""
    with opened(file) as log:
        found = facts(log)
        state, unknown = _copy_of(log)
        shared = remembered(settings_folder(), log)
        if as_json:
            print_json({**_document(log, found, state, unknown), "shared": _shared(log, shared)})
        else:
            for line in _lines(log, found, state, unknown):
                click.echo(line)
            if log.member and not log.member.keeper:
                for line in state_lines(log, shared, zone_of(log)):
                    click.echo(line)
    if unknown or (state and state.trouble) or (shared and (shared.alarm or shared.refused)):
        raise click.exceptions.Exit(1)


def _shared(log: Log, state: State | None) -> dict[str, Any] | None:
    """Return how the shared log stood when this desk was last in touch, None for a log of its own."""
    if log.member is None:
        return None
    desk = {"desk": log.member.desk, "party": log.member.party}
    known = state and {**msgspec.to_builtins(state), "pending_erasures": list(unerased(log, state))}
    return {**desk, "state": known}


def _copy_of(log: Log) -> tuple[CopyState | None, str]:
    """Return how the second copy stands, and what is wrong with the setting where that cannot be read."""
    if log.mark:
        return None, ""
    setting = CopySetting(settings_folder(), log)
    try:
        kept = setting.file()
    except Unavailable as error:
        return None, str(error)
    if kept is None:
        return None, ""
    with Follower(log, kept, setting, clock=log.clock) as follower:
        return follower.look(), ""


def _document(log: Log, found: Facts, state: CopyState | None, unknown: str) -> dict[str, Any]:
    zone = zone_of(log)

    def when(moment: int) -> str | None:
        return local(moment, zone).isoformat() if moment else None

    kept = state and {
        "file": clean(str(state.file)),
        "upto": state.upto,
        "behind": state.behind,
        "since": when(state.since),
        "at": when(state.at),
        "trouble": state.trouble,
        "alarm": state.alarm,
        "pending_erasures": state.pending,
    }
    return {
        "file": clean(os.fspath(found.file)),
        "name": found.name,
        "copy_of": found.copy_of,
        "records": found.records,
        "kept_at": when(found.kept_at),
        "check_value": found.check_value.hex(),
        "size": found.size,
        "write_ahead": found.write_ahead,
        "write_ahead_held_back": log.move_write_ahead().held_back,
        "desks": [{"desk": desk, "party": party} for desk, party in found.desks],
        "closed": when(found.closed),
        "half_closed": {party: when(since) for party, since in found.half_closed.items()},
        "checkpoint": found.checkpoint,
        "pending_erasures": found.pending,
        "second_copy": kept,
        "second_copy_unknown": unknown,
        "backup": found.backup and {**found.backup._asdict(), "at": when(found.backup.at)},
    }


def _lines(log: Log, found: Facts, state: CopyState | None, unknown: str) -> list[str]:
    zone = zone_of(log)

    def when(moment: int) -> str:
        return local(moment, zone).isoformat(" ", "seconds")

    of = _("{file}: {name}").format(file=found.file, name=visible(found.name))
    value = found.check_value.hex()[:16]
    size = _("{size} bytes, {ahead} of it in the write-ahead log")
    last = _("last backup: none")
    if found.backup:
        told = _("last backup: {time}, up to record {upto}: {file}")
        last = told.format(time=when(found.backup.at), upto=found.backup.upto, file=visible(found.backup.file))
    closed = _("closed {time}").format(time=when(found.closed)) if found.closed else _("open")
    ahead = of_write_ahead(log)
    lines = [
        of,
        _("{n} records, the last of {time}, check value {value}").format(
            n=found.records, time=when(found.kept_at), value=value
        ),
        size.format(size=f"{found.size + found.write_ahead:,}", ahead=f"{found.write_ahead:,}"),
        *([] if ahead.good else [f"{ahead.name}: {ahead.value}. {ahead.advice}"]),
        _("desks: {desks}").format(desks=", ".join(f"{desk} ({party})" for desk, party in found.desks)),
        _("{closed}; last checkpoint at record {n}").format(closed=closed, n=found.checkpoint)
        if found.checkpoint
        else _("{closed}; no checkpoint yet").format(closed=closed),
    ]
    for party, since in found.half_closed.items():
        told = _("{party} closed it {time}: it waits for a second party until {until}")
        name = visible(log.covenant().party_name(party))
        lines.append(told.format(party=name, time=when(since), until=when(since + closings.WAITS)))
    if found.pending:
        told = ngettext(
            "{n} erasure not finished in this file", "{n} erasures not finished in this file", found.pending
        )
        lines.append(told.format(n=found.pending))
    if found.copy_of:
        return [*lines, found.copy_of]
    return [*lines, unknown or copy_line(state, log.clock(), zone), last]


def _shown(what: str) -> Progress:
    """Return a progress line on stderr, where that is a terminal; it leaves nothing behind."""

    def show(done: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{what} {done:,}\r", end="", file=sys.stderr, flush=True)

    return show


COMMANDS = [backup, restore, copy, status]
