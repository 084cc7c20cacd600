"""What several commands share: opening a log, sitting down at a desk, naming entries, printing."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import msgspec

from commandlog.language import choose, preferred
from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.model.records import Source
from commandlog.verbs.saying import source_of

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
    """Open a log and sit down at this machine's desk for a party (default: the driver's)."""
    with opened(file) as log:
        yield sit_down(log, settings_folder(), party or log.covenant().driver)


@contextmanager
def opened(file: Path) -> Iterator[Log]:
    """Open a log for the length of a command, and speak its language where the system names none of ours."""
    with Log(file) as log:
        if preferred() is None and log.head.seq:
            choose(log.covenant().language)
        yield log


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
