"""The command that puts on paper what a desk goes on with when power or program is gone."""

from pathlib import Path

import click

from commandlog.commands.common import FILE, code_of, opened
from commandlog.export.contents import Contents
from commandlog.export.documents import form_of, put
from commandlog.language import LANGUAGES, _, current, speaking
from commandlog.log.derived.table import id_at
from commandlog.log.desk import Desk, home_party, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.model.errors import RuleError
from commandlog.views import moments

_HOUR = 3_600_000  # milliseconds


@click.command("print")
@FILE
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--sheets", "number", type=int, metavar="N", help="So many numbered sheets to write on by hand.")
@click.option("--open", "open_items", is_flag=True, help="What is open, with boxes to tick and room to write.")
@click.option("--snapshot", is_flag=True, help="What is open, whom to call, and the last hours of the timeline.")
@click.option(
    "--hours", type=click.FloatRange(0.1, 720), default=4, show_default=True, help="How many hours those are."
)
@click.option("--for", "for_party", default="", metavar="PARTY", help="Only what this party may read.")
@click.option("--party", default="", help="Sit at this party's desk (default: the driver's).")
@click.option("--lang", "language", type=click.Choice(LANGUAGES), help="The language of the fixed texts.")
def print_out(
    file: Path,
    out: Path,
    number: int | None,
    open_items: bool,
    snapshot: bool,
    hours: float,
    for_party: str,
    party: str,
    language: str | None,
) -> None:
    """Print paper (a PDF) for when power or program is gone: numbered sheets, what is open, or a snapshot."""
    if (number is not None) + open_items + snapshot != 1:
        raise RuleError(_("Say what to print: --sheets N, --open or --snapshot."))
    with opened(file) as log, speaking(language or current()):
        covenant = log.covenant()
        desk = (
            None
            if log.read_only
            else sit_down(log, settings_folder(), code_of(covenant, "party", party) or home_party(log))
        )
        if number is not None:
            _sheets(desk, out, number)
            return
        form_of(log, out, (".pdf",))
        for_party = code_of(covenant, "party", for_party)
        contents = _contents(log, for_party, desk, hours if snapshot else 0)
        from commandlog.export import open_items_pdf  # fonts and paper take 0.15 s to import

        write = open_items_pdf.write_snapshot if snapshot else open_items_pdf.write_open_items
        put(
            out,
            lambda to: write(contents, to),
            desk,
            form="snapshot" if snapshot else "open_items",
            upto=id_at(log.db, contents.moment.position),
            for_party=for_party,
        )
        click.echo(_("{file} is printed.").format(file=out))


def _sheets(desk: Desk | None, out: Path, number: int) -> None:
    if desk is None:
        raise RuleError(_("Sheets are numbered in the log, which cannot be written here."))
    from commandlog.export import sheets

    contents = Contents(desk.log, moments.live(desk.log), author=desk.party)
    first, last = sheets.print_sheets(desk, contents, out, number)
    click.echo(_("{file}: sheets {first} to {last}.").format(file=out, first=first, last=last))


def _contents(log: Log, for_party: str, desk: Desk | None, hours: float) -> Contents:
    moment = moments.live(log)
    since = moment.clock - round(hours * _HOUR) if hours else 0
    return Contents(log, moment, for_party, desk.party if desk else "", since)


COMMANDS = [print_out]
