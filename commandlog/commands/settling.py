"""The command by which a person settles what the program cannot: conflicts, and what the shared log did not take."""

from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path
from typing import Any

import click
import msgspec

from commandlog.commands.common import FILE, desk_at, opened, print_json
from commandlog.commands.reading import reader_of
from commandlog.commands.writing import print_record
from commandlog.language import _
from commandlog.log.derived.table import now_at
from commandlog.log.erasing import purge_all
from commandlog.log.refused import settle_refused
from commandlog.log.store import Log
from commandlog.model.covenant import Covenant
from commandlog.model.errors import RuleError
from commandlog.model.harmless import typed, visible
from commandlog.verbs import saying
from commandlog.views.moments import live, local, zone_of
from commandlog.views.settling import ConflictRow, RefusedRow, met, not_taken


@click.command()
@FILE
@click.argument("ref", default="")
@click.option("--why", default="", help="Why a conflict is settled: the others read it.")
@click.option("--leave", is_flag=True, help="Destroy what was not taken: its words are nowhere else.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def settle(file: Path, ref: str, why: str, leave: bool, as_json: bool) -> None:
    """List conflicts and what the shared log did not take. With REF, settle a conflict, or leave what was not taken."""
    if not ref:
        with opened(file) as log:
            _list(log, as_json=as_json)
        return
    with desk_at(file) as desk:
        wanted = ref.strip().upper()
        row = next((one for one in _rows(desk.log) if one.reference == wanted), None)
        if row is None:
            told = _("{reference} is nothing to settle: `commandlog settle {file}` lists what is.")
            raise RuleError(told.format(reference=visible(wanted), file=typed(file)))
        if isinstance(row, RefusedRow):
            _leave(desk.log, row, sure=leave and not why)
            return
        if leave:
            told = _("{reference} is a conflict: only what was not taken is left. Say why it is settled (--why).")
            raise RuleError(told.format(reference=row.reference))
        if not why.strip():
            raise RuleError(_("Say in a few words why it is settled (--why): the others read it."))
        print_record(desk, saying.add_to(desk, now_at(desk.log.db, row.entry), why))


def _leave(log: Log, row: RefusedRow, *, sure: bool) -> None:
    """Destroy what was not taken; who may have mistaken it for a conflict is told what it is."""
    if not sure:
        told = _(
            "{reference} was not taken into the shared log: its words are here alone, and nobody reads a reason"
            " (--why). Write it again, if it is to be there; then `{command}` destroys it."
        )
        command = f"commandlog settle {typed(log.path)} {row.reference} --leave"
        raise RuleError(told.format(reference=row.reference, command=command))
    settle_refused(log, row.was)
    purge_all(log)
    click.echo(_("{reference} is left: what it said is destroyed here.").format(reference=row.reference))


def _rows(log: Log) -> list[ConflictRow | RefusedRow]:
    return [*met(log, live(log), reader_of(log, ""))[1], *not_taken(log, live(log))]


def _list(log: Log, *, as_json: bool) -> None:
    rows = _rows(log)
    if as_json:
        print_json([_document(one, zone_of(log)) for one in rows])
        return
    for one in rows:
        for line in _lines(one, log.covenant(), zone_of(log), typed(log.path)):
            click.echo(visible(line))
    if not rows:
        click.echo(_("Nothing to settle."))


def _document(row: ConflictRow | RefusedRow, zone: tzinfo) -> dict[str, Any]:
    state, _key = row.key
    at = local(row.at, zone).isoformat(timespec="milliseconds") if row.at else None
    left_out = ("entry", "was")
    return {"state": state} | {k: v for k, v in msgspec.structs.asdict(row).items() if k not in left_out} | {"at": at}


def _lines(row: ConflictRow | RefusedRow, covenant: Covenant, zone: tzinfo, file: str) -> Iterator[str]:
    at = f"{local(row.at, zone):%Y-%m-%d %H:%M}" if row.at else ""
    if isinstance(row, RefusedRow):
        yield f"{row.reference}  {at}  {row.kind}: {row.text}"
        yield "  " + _("Not taken into the shared log: {why}").format(why=row.why)
        if row.again != row.text:
            yield "  " + _("what it said: {text}").format(text=row.again)
        told = _("write it again, if it is to be there, and leave this one: {command}")
        yield "  " + told.format(command=f"commandlog settle {file} {row.reference} --leave")
        return
    who = covenant.party_name(row.party) if row.party else ""
    yield f"{row.reference}  {at}  {row.about}: {row.what}"
    yield "  " + " — ".join(part for part in (row.told, f"{who}: {row.text}" if who else "") if part)
    told = _("act on what holds now (accept, decline, …), or say why it is settled: {command}")
    yield "  " + told.format(command=f"commandlog settle {file} {row.reference} --why …")


COMMANDS = [settle]
