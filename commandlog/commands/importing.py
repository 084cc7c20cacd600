"""The command that brings another log in."""

from pathlib import Path

import click

from commandlog.commands.common import FILE, desk_at, progress
from commandlog.intake.importing import plan_import, run
from commandlog.language import _
from commandlog.log.derived import origins
from commandlog.model.harmless import visible


@click.command("import")
@FILE
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--mapping", type=click.Path(path_type=Path), help="A mapping file (TOML), or the name of one of ours.")
@click.option("--dry-run", is_flag=True, help="Show the guess, the first rows and what will be refused; store nothing.")
@click.option("--party", default="", help="Sit at this party's desk (default: the driver's).")
def import_(file: Path, source: Path, mapping: Path | None, dry_run: bool, party: str) -> None:
    """Bring another log in: GeoJSON or CSV. A second run adds only what is new."""
    with desk_at(file, party) as desk:
        plan = plan_import(desk, source, mapping)
        if dry_run:
            for text in plan.described():
                click.echo(visible(text))
            there = sum(origins.position(desk.log.db, one.origin) > 0 for _line, one in plan.entries())
            click.echo(_("{new} are new, {there} are in the log already.").format(new=len(plan) - there, there=there))
            return
        outcome = run(desk, plan, progress(_("imported")))
        for text in outcome.described():
            click.echo(visible(text))


COMMANDS = [import_]
