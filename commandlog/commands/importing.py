"""The command that brings another log in."""

from pathlib import Path

import click

from commandlog.commands.bar import Bar
from commandlog.commands.common import FILE, desk_at, print_json
from commandlog.intake.importing import plan_import, run
from commandlog.intake.mapping_writing import write_mapping
from commandlog.intake.own_export import OwnPlan
from commandlog.intake.plan import Plan
from commandlog.intake.planned import described, document
from commandlog.intake.standing import standing
from commandlog.language import _
from commandlog.log.desk import Desk
from commandlog.model.errors import RuleError
from commandlog.model.harmless import visible


@click.command("import")
@FILE
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--mapping", type=click.Path(path_type=Path), help="A mapping file (TOML), or the name of one of ours.")
@click.option("--dry-run", is_flag=True, help="Show the guess, the first rows and what will be refused; store nothing.")
@click.option(
    "--write-mapping",
    "out",
    type=click.Path(path_type=Path),
    help="Write the guess as a mapping file, to be changed and given with --mapping; store nothing.",
)
@click.option("--json", "as_json", is_flag=True, help="With --dry-run: one JSON document.")
@click.option("--again", is_flag=True, help="Take rows in that are in the log already, read otherwise.")
@click.option("--party", default="", help="Sit at this party's desk (default: the driver's).")
def import_(
    file: Path,
    source: Path,
    mapping: Path | None,
    dry_run: bool,
    out: Path | None,
    as_json: bool,
    again: bool,
    party: str,
) -> None:
    """Bring another log in: a table, a text log or an export of CommandLog.

    CSV, XLSX, ODS, JSON, GeoJSON, HTML tables and plain text are read; a second run adds only what is new.
    """
    if as_json and not dry_run:
        raise click.UsageError(_("--json goes with --dry-run."))
    with desk_at(file, party) as desk:
        with Bar(_("reading")) as bar:
            plan = plan_import(desk, source, mapping, bar)
        if out:
            _write(plan, out)
        if dry_run:
            _show(desk, plan, as_json=as_json)
        if out or dry_run:
            return
        for text in plan.warnings if isinstance(plan, Plan) else ():
            click.echo(visible(text), err=True)
        with Bar(_("importing")) as bar:
            outcome = run(desk, plan, bar, again=again)
        for text in outcome.described():
            click.echo(visible(text))


def _write(plan: Plan | OwnPlan, out: Path) -> None:
    """Write the guess as a mapping file."""
    if isinstance(plan, OwnPlan):
        raise RuleError(_("An export of CommandLog itself needs no mapping."))
    write_mapping(plan, out)
    click.echo(_("{file} is written: change what is not right, and give it with --mapping.").format(file=out))


def _show(desk: Desk, plan: Plan | OwnPlan, *, as_json: bool) -> None:
    """Show what would be done."""
    if isinstance(plan, OwnPlan):
        told = _("{count} entries, {there} are in the log already.")
        there = plan.already(desk.log)
        if as_json:
            print_json({"own_export": True, "rows": len(plan), "there": there, "notices": plan.described()})
            return
        for text in [*plan.described(), told.format(count=len(plan), there=there)]:
            click.echo(visible(text))
        return
    found = standing(desk.log, plan)
    if as_json:
        print_json(document(plan, found))
        return
    for text in described(plan, found):
        click.echo(visible(text))


COMMANDS = [import_]
