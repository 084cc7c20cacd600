"""The command that opens the window. Nothing of Qt is known here before it is asked for."""

from importlib import import_module
from pathlib import Path

import click

from commandlog.model.errors import Unavailable


@click.command("open")
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option("--party", default="", help="Sit at this party's desk (default: the driver's).")
def open_(file: Path | None, party: str) -> None:
    """Open the window: on a log, or to begin or choose one."""
    if why := import_module("commandlog_ui.screenless").why_not():
        raise Unavailable(why)
    raise click.exceptions.Exit(import_module("commandlog_ui.app").run(file, party))


COMMANDS = [open_]
