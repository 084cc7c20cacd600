"""Commands for scenarios: to see those that come with the program, to write one's own, and to check it."""

import re

import click

from commandlog.commands.common import print_json
from commandlog.language import _
from commandlog.model.covenant import Covenant, spoken
from commandlog.model.errors import RuleError
from commandlog.model.gaps import gaps
from commandlog.model.harmless import visible
from commandlog.model.scenario import Examined, Fault, examine, load, said, scenarios, schema_text, text_of

_SCHEMA_LINE = re.compile(r"\A#:schema [^\n]*\n")
_BESIDE = "#:schema scenario.schema.json\n"  # where the copy is told to put it


@click.group()
def scenario() -> None:
    """List, show and check scenarios: who takes part, what each may and must, and the words they use."""


@scenario.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def list_(as_json: bool) -> None:
    """List the scenarios that come with the program."""
    found = {name: load(name) for name in scenarios()}
    if as_json:
        print_json([{"code": name, "name": spoken(one.name), **_sizes(one)} for name, one in found.items()])
        return
    width = max(map(len, found))
    for name, one in found.items():
        sizes = _("{parties} parties, {units} units, {places} places").format(**_sizes(one))
        click.echo(f"{name:<{width}}  {spoken(one.name)} ({sizes})")


def _sizes(covenant: Covenant) -> dict[str, int]:
    return {"parties": len(covenant.parties), "units": len(covenant.units), "places": len(covenant.places)}


@scenario.command("show")
@click.argument("name")
def show(name: str) -> None:
    """Print a scenario to make your own of: `commandlog scenario show concert > mine.toml`."""
    if name not in scenarios():
        known = ", ".join(scenarios())
        raise RuleError(_("There is no scenario “{name}”. Choose one of: {known}.").format(name=name, known=known))
    text, _file, _folder = text_of(name)
    click.echo(_SCHEMA_LINE.sub(_BESIDE, text), nl=False)


@scenario.command("schema")
def schema() -> None:
    """Print the JSON schema; beside your file, as scenario.schema.json, editors complete and check keys by it."""
    click.echo(schema_text(), nl=False)


@scenario.command("check")
@click.argument("file", metavar="NAME|PATH")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def check(file: str, as_json: bool) -> None:
    """Name every fault by file, line and key, and warn of gaps. Exits 2 if there are faults, 0 with gaps alone."""
    examined = examine(file)
    found = examined.covenant
    missing = [examined.fault(key, problem) for key, problem in gaps(found)] if found else []
    if as_json:
        document = {"file": examined.file, "good": found is not None, "faults": examined.faults, "gaps": missing}
        print_json(document)
    else:
        _print(examined, missing)
    if found is None:
        raise click.exceptions.Exit(2)


def _print(examined: Examined, missing: list[Fault]) -> None:
    for fault in examined.faults:
        click.echo(click.style("✗ ", fg="red", bold=True) + visible(said(examined.file, fault)))
    for gap in missing:
        click.echo(click.style("! ", fg="yellow") + visible(said(examined.file, gap)))
    covenant = examined.covenant
    if covenant:
        told = _("{file} holds together: {parties} parties, {units} units, {places} places.")
        click.echo(visible(told.format(file=examined.file, **_sizes(covenant))))


COMMANDS = [scenario]
