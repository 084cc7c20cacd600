"""Commands that bring logs in, take documents out, and check whether a log holds."""

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import click
import msgspec

from commandlog.commands.common import FILE, code_of, desk_at, opened
from commandlog.commands.reading import AS_OF
from commandlog.export.exporting import export as write_export
from commandlog.intake.importing import plan_import, run
from commandlog.language import _
from commandlog.log.derived import origins
from commandlog.log.desk import sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.verify import verify as check
from commandlog.model.errors import CommandLogError
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
    """Write the log as a document, by suffix: .pdf .xlsx .csv .jsonl."""
    with opened(file) as log:
        moment = moments.earlier(log, as_of) if as_of else moments.live(log)
        covenant = log.covenant()
        for_party = code_of(covenant, "party", for_party)
        # a log that lies where nothing can be written is exported all the same, though it cannot keep that it was
        desk = None if log.read_only else sit_down(log, settings_folder(), covenant.driver)
        written = write_export(log, out, moment, for_party=for_party, desk=desk, progress=_progress(_("written")))
        click.echo(_("{file}: {n} entries.").format(file=written.path, n=written.entries))


@click.command()
@FILE
@click.option("--deep", is_flag=True, help="Also check every signature, derive everything anew and compare.")
@click.option("--at", "position", type=int, help="Show the check value at this position, as a report names it.")
def verify(file: Path, deep: bool, position: int | None) -> None:
    """Check that nothing in a log was changed, left out or moved. Exits 1 and says where if something was."""
    with suppress(CommandLogError, msgspec.MsgspecError, ValueError), opened(file):
        pass  # to speak the event's language, where the log can say which
    verdict = check(file, deep=deep)
    if not verdict.holds:
        click.echo(
            _("{file} does not hold: record {position}: {fault}.").format(
                file=file, position=verdict.position, fault=verdict.fault
            )
        )
        raise click.exceptions.Exit(1)
    click.echo(
        _("{file} holds: {n} records, {signatures} signatures checked, check value {head}.").format(
            file=file, n=verdict.records, signatures=verdict.signatures, head=verdict.head.hex()[:16]
        )
    )

    if position is not None:
        with opened(file) as log:
            value = log.check_value(position).hex()[:16]
        click.echo(_("Position {position}: check value {value}.").format(position=position, value=value))
    if verdict.erased:
        click.echo(_("{n} records have no words any more (erased).").format(n=verdict.erased))


COMMANDS = [import_, export, verify]
