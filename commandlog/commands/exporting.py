"""The command that takes a document out."""

from pathlib import Path

import click

from commandlog.commands.common import FILE, code_of, opened, progress
from commandlog.commands.reading import AS_OF, times_of
from commandlog.export.contents import SECTIONS
from commandlog.export.exporting import export as write_export
from commandlog.language import LANGUAGES, _, current, speaking
from commandlog.log.desk import home_desk
from commandlog.log.keys import settings_folder
from commandlog.views import moments

_CHOICE = ", ".join(SECTIONS)


@click.command()
@FILE
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--for", "for_party", default="", metavar="PARTY", help="Only what this party may read.")
@AS_OF
@click.option("--from", "since", default="", metavar="TIME", help="What happened at or after: 21:14, “27-6 21:14”.")
@click.option("--to", "until", default="", metavar="TIME", help="What happened before: 22:00, “28-6 00:30”.")
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
        desk = home_desk(log, settings_folder())
        moment = moments.earlier(log, as_of) if as_of else moments.live(log)
        begin, end = moments.span_of(log, since, until)
        reader = code_of(covenant, "party", for_party)
        written = write_export(
            log,
            out,
            moment,
            for_party=reader,
            since=begin,
            until=end,
            sections=sections,
            desk=desk,
            progress=progress(_("written")),
        )
        click.echo(_("{file}: {n} entries.").format(file=written.path, n=written.entries))
        if (begin or end) and not written.entries:
            click.echo(times_of(log, moment, reader), err=True)


COMMANDS = [export]
