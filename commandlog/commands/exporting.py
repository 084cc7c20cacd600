"""The command that takes a document out."""

from pathlib import Path

import click

from commandlog.commands.common import FILE, code_of, opened, progress
from commandlog.commands.reading import AS_OF
from commandlog.export.exporting import export as write_export
from commandlog.language import _
from commandlog.log.desk import sit_down
from commandlog.log.keys import settings_folder
from commandlog.views import moments


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
        written = write_export(log, out, moment, for_party=for_party, desk=desk, progress=progress(_("written")))
        click.echo(_("{file}: {n} entries.").format(file=written.path, n=written.entries))


COMMANDS = [export]
