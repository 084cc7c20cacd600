"""The command that takes a document out."""

from pathlib import Path

import click

from commandlog.commands.common import FILE, code_of, opened, progress
from commandlog.commands.reading import AS_OF
from commandlog.export.contents import SECTIONS
from commandlog.export.exporting import export as write_export
from commandlog.language import LANGUAGES, _, current, speaking
from commandlog.log.desk import sit_down
from commandlog.log.keys import settings_folder
from commandlog.views import moments

_CHOICE = ", ".join(SECTIONS)


@click.command()
@FILE
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--for", "for_party", default="", metavar="PARTY", help="Only what this party may read.")
@AS_OF
@click.option("--from", "since", default="", metavar="TIME", help="Only what happened at or after: 21:14.")
@click.option("--to", "until", default="", metavar="TIME", help="Only what happened before: 23:00.")
@click.option("--lang", "language", type=click.Choice(LANGUAGES), help="The language of the fixed texts.")
@click.option("--section", "sections", multiple=True, metavar="NAME", help=f"Only this part; repeatable: {_CHOICE}.")
def export(
    file: Path,
    out: Path,
    for_party: str,
    as_of: str,
    since: str,
    until: str,
    language: str | None,
    sections: tuple[str, ...],
) -> None:
    """Write the log as a document, by suffix.

    .pdf, .xlsx, .html to read; .csv, .csv.zip (a table a file), .jsonl, .geojson for other programs; .zip is the whole
    log as a bundle that proves itself.
    """
    with opened(file) as log, speaking(language or current()):
        covenant = log.covenant()
        # a log that lies where nothing can be written is exported all the same, though it cannot keep that it was
        desk = None if log.read_only else sit_down(log, settings_folder(), covenant.driver)
        moment = moments.earlier(log, as_of) if as_of else moments.live(log)
        written = write_export(
            log,
            out,
            moment,
            for_party=code_of(covenant, "party", for_party),
            since=moments.clock_of(log, since, end=False) if since else 0,
            until=moments.clock_of(log, until, end=False) if until else 0,
            sections=sections,
            desk=desk,
            progress=progress(_("written")),
        )
        click.echo(_("{file}: {n} entries.").format(file=written.path, n=written.entries))


COMMANDS = [export]
