"""Commands that bring logs in and take documents out."""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from commandlog.commands.common import FILE, code_of, desk_at, opened
from commandlog.commands.reading import AS_OF
from commandlog.export.exporting import export as write_export
from commandlog.intake.importing import plan_import, run
from commandlog.language import _
from commandlog.log.derived import origins
from commandlog.log.desk import sit_down
from commandlog.log.keys import settings_folder
from commandlog.model.harmless import visible
from commandlog.views import moments


def _progress(what: str) -> Callable[[int, int], None]:
    """Return a progress line on stderr, where that is a terminal."""

    def show(done: int, total: int) -> None:
        if sys.stderr.isatty():
            end = "\n" if done >= total else ""
            print(f"\r{what} {done:,} / {total:,}", end=end, file=sys.stderr, flush=True)

    return show


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
        outcome = run(desk, plan, _progress(_("imported")))
        for text in outcome.described():
            click.echo(visible(text))


@click.command()
@FILE
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--for", "for_party", default="", metavar="PARTY", help="Only what this party may read.")
@AS_OF
def export(file: Path, out: Path, for_party: str, as_of: str) -> None:
    """Write the log as a document, by suffix: .pdf .xlsx .csv .jsonl, or whole as a bundle that proves itself: .zip."""
    with opened(file) as log:
        covenant = log.covenant()
        for_party = code_of(covenant, "party", for_party)
        # a log that lies where nothing can be written is exported all the same, though it cannot keep that it was
        desk = None if log.read_only else sit_down(log, settings_folder(), covenant.driver)
        moment = moments.earlier(log, as_of) if as_of else moments.live(log)
        written = write_export(log, out, moment, for_party=for_party, desk=desk, progress=_progress(_("written")))
        click.echo(_("{file}: {n} entries.").format(file=written.path, n=written.entries))


COMMANDS = [import_, export]
