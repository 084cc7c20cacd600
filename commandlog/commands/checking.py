"""The command that says what the log rests on here, so that whoever sets it up need not guess."""

from pathlib import Path

import click

from commandlog.commands.common import opened, print_json
from commandlog.language import _
from commandlog.log.engine import Finding, findings
from commandlog.model.errors import CommandLogError, RuleError
from commandlog.model.harmless import visible


@click.command()
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def engine(file: Path | None, as_json: bool) -> None:
    """Check what logs rest on: SQLite, the disk, its locks; with FILE, that log too. Exits 1 if something is wrong."""
    if file and not file.exists():
        raise RuleError(_("There is no log at {file}.").format(file=file))
    if file:
        _speak_as(file)
    found = findings(file.absolute().parent if file else Path.cwd(), file)
    if as_json:
        print_json({"good": all(one.good for one in found), "findings": found})
    else:
        width = max(len(one.name) for one in found)
        for one in found:
            _print(one, width)
    if not all(one.good for one in found):
        raise click.exceptions.Exit(1)


def _speak_as(file: Path) -> None:
    """Speak the event's language, where the log can say which."""
    try:
        with opened(file):
            pass
    except CommandLogError:
        return


def _print(one: Finding, width: int) -> None:
    mark = click.style("✓", fg="green") if one.good else click.style("✗", fg="red", bold=True)
    click.echo(f"{mark} {one.name:<{width}} {visible(one.value)}")
    if one.advice:
        click.echo(f"  {'':<{width}} → {visible(one.advice)}")


COMMANDS = [engine]
