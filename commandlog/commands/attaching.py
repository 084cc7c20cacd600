"""Commands about attachments: add one to an entry, list them, save one."""

from pathlib import Path
from uuid import UUID

import click

from commandlog.commands.common import FILE, code_of, desk_at, desk_options, opened, print_json, source
from commandlog.commands.reading import AS_OF, JSON, READER, reader_of
from commandlog.commands.writing import print_record
from commandlog.export.saving import save
from commandlog.intake.media import attach_file
from commandlog.language import _
from commandlog.log.derived.table import id_at
from commandlog.log.store import Log
from commandlog.model.errors import RuleError
from commandlog.model.harmless import padded, visible
from commandlog.views import moments
from commandlog.views.attachments import Attachment, attachments
from commandlog.views.moments import Moment


@click.command()
@FILE
@click.argument("ref")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--text", default="", help="What there is to see.")
@desk_options
def attach(
    file: Path, ref: str, path: Path, text: str, party: str, by: str, callsign: str, channel: str, person: str
) -> None:
    """Attach a photo or a document to an entry: at most 25 MB; what it is, is read from its content."""
    with desk_at(file, party) as desk:
        who = source(desk, code_of(desk.covenant, "party", by), callsign, channel)
        print_record(desk, attach_file(desk, desk.log.find(ref), path, text=text, source=who, person=person))


@click.command("attachments")
@FILE
@click.argument("ref", default="")
@AS_OF
@READER
@JSON
def show_attachments(file: Path, ref: str, as_of: str, reader: str, as_json: bool) -> None:
    """Show the attachments of an entry, or of all entries."""
    with opened(file) as log:
        moment, reader = _moment(log, as_of), reader_of(log, reader)
        found = attachments(log, moment, reader, log.find(ref) if ref else 0)
        names = {one.entry: _reference(log, one.entry) for one in found}
        if as_json:
            print_json([document(log, one, names[one.entry]) for one in found])
            return
        for one in found:
            click.echo(f"{padded(one.reference, 7)} ↳ {padded(names[one.entry], 7)} {visible(one.told)}")
        if not found:
            click.echo(_("Nothing found."), err=True)


@click.command("save-attachment")
@FILE
@click.argument("ref")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--preview", is_flag=True, help="A picture made anew: at most 1600 pixels a side, nothing but pixels.")
@AS_OF
@READER
def save_attachment(file: Path, ref: str, out: Path, preview: bool, as_of: str, reader: str) -> None:
    """Save an attachment as a file, which must not be there yet, or in a folder under its reference."""
    with opened(file) as log:
        moment, reader = _moment(log, as_of), reader_of(log, reader)
        position = _one(log, moment, reader, ref).position
        click.echo(_("{file} is saved.").format(file=save(log, moment, position, out, reader, preview=preview)))


def document(log: Log, one: Attachment, entry: str) -> dict[str, object]:
    """Return an attachment as JSON holds it; `entry` is how people call the entry that it goes with."""
    return {
        "id": str(UUID(bytes=id_at(log.db, one.position))),
        "reference": one.reference,
        "entry": entry,
        "name": one.name,
        "text": one.text,
        "media": one.media,
        "size": one.size,
        "width": one.width,
        "height": one.height,
        "file": one.file.hex(),
        "erased": one.erased,
    }


def _one(log: Log, moment: Moment, reader: str, ref: str) -> Attachment:
    """Return the attachment that is called so, or the only one of the entry that is."""
    position = log.find(ref)
    found = attachments(log, moment, reader)
    own = [one for one in found if position in (one.position, one.entry)]
    if len(own) == 1:
        return own[0]
    if own:
        names = ", ".join(one.reference for one in own)
        raise RuleError(_("{entry} has several attachments: name one of {names}.").format(entry=ref, names=names))
    raise RuleError(_("{entry} is no attachment, and has none that can be read here.").format(entry=ref))


def _moment(log: Log, as_of: str) -> Moment:
    return moments.earlier(log, as_of) if as_of else moments.live(log)


def _reference(log: Log, position: int) -> str:
    row = log.db.execute("SELECT desk, number FROM entries WHERE since = ?", (position,)).fetchone()
    return f"{row[0]}-{row[1]}" if row else "?"


COMMANDS = [attach, show_attachments, save_attachment]
