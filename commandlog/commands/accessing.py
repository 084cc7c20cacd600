"""The command that answers somebody who asks what is held on them."""

from pathlib import Path

import click

from commandlog.commands.common import FILE, code_of, opened, print_json, progress
from commandlog.export import access
from commandlog.export.access_redaction import Redaction, still_named
from commandlog.export.access_search import Found, field_name, find
from commandlog.export.contents import Contents
from commandlog.export.documents import form_of, put
from commandlog.language import LANGUAGES, _, current, ngettext, speaking
from commandlog.log.derived.entries import entry_of
from commandlog.log.derived.table import id_at
from commandlog.log.desk import Desk, home_party, sit_down
from commandlog.log.keys import settings_folder
from commandlog.model.errors import RuleError
from commandlog.model.harmless import visible
from commandlog.views import moments


@click.command("subject-access")
@FILE
@click.argument("name")
@click.option("--also", multiple=True, metavar="NAME", help="Another way to write the name; repeatable.")
@click.option("--confirm", default="", metavar="REF,REF", help="These entries are about the person: P2-142,V1-5.")
@click.option("--all", "everything", is_flag=True, help="All that was found is about the person.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the account of what is confirmed: .pdf or .jsonl.")
@click.option(
    "--redact", nargs=2, multiple=True, metavar="TEXT GROUND", help="Strike a text out, on this ground; repeatable."
)
@click.option("--for", "for_party", default="", metavar="PARTY", help="Only what this party may read.")
@click.option("--party", default="", help="Sit at this party's desk (default: the driver's).")
@click.option("--lang", "language", type=click.Choice(LANGUAGES), help="The language of the fixed texts.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def subject_access(
    file: Path,
    name: str,
    also: tuple[str, ...],
    confirm: str,
    everything: bool,
    out: Path | None,
    redact: tuple[tuple[str, str], ...],
    for_party: str,
    party: str,
    language: str | None,
    as_json: bool,
) -> None:
    """Find what is held on a person, and write an account of the entries that you confirm.

    Without --out it lists where the name stands. You decide which entries are about the person: name them with
    --confirm, or --all of them. Names of other people stay unless you --redact them.
    """
    if out and not (confirm or everything):
        raise RuleError(_("Say which entries are about the person: --confirm REF,REF or --all."))
    if not out and (confirm or everything or redact):
        raise RuleError(_("Say with --out where the account goes: a .pdf or .jsonl file."))
    with opened(file) as log, speaking(language or current()):
        covenant = log.covenant()
        at = code_of(covenant, "party", party) or home_party(log)
        desk = sit_down(log, settings_folder(), at) if out and not log.read_only else None
        contents = Contents(log, moments.live(log), code_of(covenant, "party", for_party), at)
        spellings = (name, *also)
        found = find(contents, spellings, progress(_("searched")))
        if out is None:
            _listed(contents, found, as_json=as_json)
            return
        entries = [one.entry for one in found] if everything else _confirmed(contents, confirm)
        _written(contents, desk, out, spellings, entries, [Redaction(*one) for one in redact])


def _listed(contents: Contents, found: list[Found], *, as_json: bool) -> None:
    """Print where the name stands, and what cannot be known."""
    gone = access.erased(contents)
    if as_json:
        candidates = [
            {"reference": one.reference, "shown": one.shown, "why": [{"field": f, "spelling": s} for f, s in one.why]}
            for one in found
        ]
        print_json({"candidates": candidates, "erased": [reference for reference, _at, _ground in gone]})
        return
    for one in found:
        why = ", ".join(f"{field_name(field)}: “{visible(text)}”" for field, text in one.why)
        click.echo(f"{one.reference:8} {visible(one.shown)[:200]}  [{why}]")
    n = len(found)
    click.echo(
        ngettext("{n} entry names this person; you decide.", "{n} entries name this person; you decide.", n).format(
            n=n
        ),
        err=True,
    )
    if gone:
        told = _("Erased, so that nobody can know whom they were about: {entries}.")
        click.echo(told.format(entries=", ".join(dict.fromkeys(one[0] for one in gone))), err=True)


def _confirmed(contents: Contents, confirm: str) -> list[int]:
    """Return the positions of the entries that were named, each once, in their order."""
    log = contents.log
    found = [log.find(one.strip()) for one in confirm.split(",") if one.strip()]
    return list(dict.fromkeys(entry_of(log.db, seq) or seq for seq in found))


def _written(
    contents: Contents,
    desk: Desk | None,
    out: Path,
    spellings: tuple[str, ...],
    entries: list[int],
    redactions: list[Redaction],
) -> None:
    from commandlog.export import access_forms  # fonts and paper take 0.15 s to import

    forms = {".pdf": access_forms.write_pdf, ".jsonl": access_forms.write_jsonl}
    suffix = form_of(contents.log, out, tuple(forms))
    made = access_forms.account(contents, spellings, entries, redactions)
    upto = id_at(contents.log.db, contents.moment.position)
    put(
        out,
        lambda to: forms[suffix](contents, made, to),
        desk,
        form="access",
        upto=upto,
        for_party=contents.for_party,
    )
    n = len(made.entries)
    click.echo(ngettext("{file}: {n} entry.", "{file}: {n} entries.", n).format(file=out, n=n))
    for number, (one, (_ground, times)) in enumerate(zip(redactions, made.grounds, strict=True), start=1):
        if not times:
            click.echo(_("[{number}] “{text}” stood nowhere.").format(number=number, text=visible(one.text)), err=True)
        if left := still_named(made.entries, one):
            told = _("[{number}] The words of “{text}” still stand in {entries}, written otherwise: look there.")
            click.echo(told.format(number=number, text=visible(one.text), entries=", ".join(left)), err=True)


COMMANDS = [subject_access]
