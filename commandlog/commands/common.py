"""What several commands share: opening a log, sitting down at a desk, naming entries, printing."""

import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import click
import msgspec

from commandlog.language import LANGUAGES, _, choose, preferred, speaking
from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.desk import Desk, home_party, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.second_copy import AFTER_COMMAND, bring_up_to_date
from commandlog.log.store import Log
from commandlog.model.covenant import Covenant
from commandlog.model.errors import CommandLogError
from commandlog.model.frames import Source
from commandlog.model.records import AnyFrame
from commandlog.model.words import Disposition, Priority, ReportState, TaskState, label
from commandlog.sharing.desk.telling import kept_here
from commandlog.verbs.saying import source_of
from commandlog.views.moments import zone_of
from commandlog.views.status import copy_line

FILE = click.argument("file", type=click.Path(path_type=Path))


def desk_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say at whose desk one sits and on whose behalf one writes."""
    for option in (
        click.option("--party", default="", help="Sit at this party's desk (default: the driver's)."),
        click.option("--by", default="", metavar="PARTY", help="Write it on behalf of this party."),
        click.option("--as", "callsign", default="", metavar="CALLSIGN", help="Who says so, by call sign."),
        click.option("--channel", default="", help="How it was said: radio, phone, channel 3."),
        click.option("--person", default="", help="The name of who said it."),
    ):
        command = option(command)
    return command


@contextmanager
def desk_at(file: Path, party: str = "") -> Iterator[Desk]:
    """Open a log and sit down at this machine's desk for a party (default: the driver's, a member's its own)."""
    with opened(file) as log:
        covenant = log.covenant()
        yield sit_down(log, settings_folder(), code_of(covenant, "party", party) or home_party(log))


@contextmanager
def opened(file: Path) -> Iterator[Log]:
    """Open a log for the length of a command, and speak its language where the system names none of ours."""
    with Log(file) as log:
        if preferred() is None and log.head.seq:
            choose(log.covenant().language)
        before, start = (log.head.seq, log.tip), time.monotonic()
        try:
            yield log
        finally:
            if log.head.seq != before[0]:
                _copy_too(log, time.monotonic() - start)
            if log.tip >= PROVISIONAL and log.tip != before[1] and (told := kept_here(log, settings_folder())):
                click.echo(told, err=True)


def _copy_too(log: Log, spent: float) -> None:
    """Bring the second copy up to date with what a command has stored, in no more time than the command took itself.

    A command is done when its entry is in the log: what is wrong with the copy is said, and fails nothing. Where the
    command itself was refused, that alone is said; the copy's trouble is in the next command's line and in `status`.
    """
    is_refused = sys.exc_info()[0] is not None
    told = ""
    try:
        state = bring_up_to_date(log, settings_folder(), max(AFTER_COMMAND, spent))
        if state and state.trouble:
            told = copy_line(state, log.clock(), zone_of(log))
    except CommandLogError as error:
        told = str(error)
    except sqlite3.OperationalError as error:
        told = _("The second copy was not brought up to date now ({error}); the next command tries again.")
        told = told.format(error=error)
    if told and not is_refused:
        click.echo(told, err=True)


def code_of(covenant: Covenant, what: str, text: str) -> str:
    """Return the code of what people call by a name, in either language; the text as it is where nothing has that name.

    `what` is party, place, category, role, ladder, "level of LADDER", phase, disposition, priority, kind or state.
    """
    wanted = text.strip().casefold()
    if not wanted:
        return ""
    for code, names in _named(covenant, what):
        if wanted == code.casefold() or wanted in [name.casefold() for name in names]:
            return code
    return text


def known_codes(covenant: Covenant, what: str) -> list[str]:
    """Return the codes that there are of something (see `code_of`)."""
    return [code for code, _names in _named(covenant, what)]


def _named(covenant: Covenant, what: str) -> Iterator[tuple[str, list[str]]]:
    words: dict[str, Iterable[str]] = {
        "disposition": Disposition,
        "priority": Priority,
        "state": (*ReportState, *TaskState),
        "kind": [str(kind.__struct_config__.tag) for kind in get_args(AnyFrame)],
    }
    if what in words:
        for code in words[what]:
            names = []
            for language in LANGUAGES:
                with speaking(language):
                    names.append(label(code))
            yield str(code), names
        return
    ladder = covenant.ladder(what.removeprefix("level of "))
    ones: Iterable[Any] = {
        "party": covenant.parties,
        "place": covenant.places,
        "category": covenant.categories,
        "role": covenant.roles,
        "ladder": covenant.ladders,
        "phase": covenant.phases,
    }.get(what, ladder.levels if ladder else ())
    for one in ones:
        names = [one.name] if isinstance(one.name, str) else list(one.name.values())
        yield one.code, [*names, *getattr(one, "aliases", ())]


def source(desk: Desk, by: str, callsign: str, channel: str) -> Source | None:
    """Return who says it, None where it is the desk's own party."""
    if callsign:
        return source_of(desk, callsign, channel)
    return Source(party=by, channel=channel) if by or channel else None


def print_json(document: Any) -> None:
    """Print one JSON document."""
    text = msgspec.json.format(msgspec.json.encode(document), indent=2)
    sys.stdout.buffer.write(text + b"\n")
    sys.stdout.flush()


def progress(what: str) -> Callable[[int, int], None]:
    """Return a progress line on stderr, with how many there are a second, where that is a terminal."""
    start = time.monotonic()

    def show(done: int, total: int) -> None:
        if sys.stderr.isatty():
            rate = round(done / max(time.monotonic() - start, 0.001))
            full = 20 * done // total if total else 20
            bar = f"{'█' * full}{'░' * (20 - full)}"
            end = "\n" if done >= total else ""
            told = _("{n} a second").format(n=f"{rate:,}")
            print(f"\r{what} {bar} {done:,} / {total:,} · {told} ", end=end, file=sys.stderr, flush=True)

    return show
