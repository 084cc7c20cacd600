"""Commands by which anybody can check that a log or a bundle is what it was."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from commandlog.commands.common import FILE, opened, print_json
from commandlog.language import _, ngettext
from commandlog.log import witness
from commandlog.log.bundle_check import BundleVerdict, check_bundle, is_bundle
from commandlog.log.verify import Verdict
from commandlog.log.verify import verify as check_log
from commandlog.log.witness import Line
from commandlog.model.errors import CommandLogError, RuleError
from commandlog.model.harmless import visible


@click.command()
@FILE
@click.option("--deep", is_flag=True, help="Also check every signature, derive everything anew and compare.")
@click.option("--at", "position", type=int, help="Show the check value at this position, as a report names it.")
@click.option(
    "--against",
    multiple=True,
    metavar="LINE|FILE",
    help="Hold it against a check line that somebody kept, or against all those in a text file.",
)
def verify(file: Path, deep: bool, position: int | None, against: tuple[str, ...]) -> None:
    """Check that nothing in a log or bundle was changed, left out or moved. Exits 1 and says where if something was."""
    lines = list(dict.fromkeys(line for given in against for line in _lines(given)))
    if is_bundle(file):
        bundle = check_bundle(file, deep=deep, against=lines, at=(position,) if position else ())
        _say(file, bundle, len(lines))
        _say_bundle(bundle)
        value = bundle.values.get(position or 0)
    else:
        with suppress(CommandLogError, msgspec.MsgspecError, ValueError), opened(file):
            pass  # to speak the event's language, where the log can say which
        verdict = check_log(file, deep=deep, against=lines)
        _say(file, verdict, len(lines))
        if verdict.erased:
            _say_erased(verdict.erased)
        _say_shared(verdict)
        value = None
        if position is not None:
            with opened(file) as log:
                value = log.check_value(position)
    if position is not None:
        if value is None:
            raise RuleError(_("There is no record {seq} in this log.").format(seq=position))
        click.echo(_("Position {position}: check value {value}.").format(position=position, value=value.hex()[:16]))


@click.command()
@FILE
@click.option("--at", "position", type=int, default=0, help="The position to speak of (default: the last one).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def checkpoint(file: Path, position: int, as_json: bool) -> None:
    """Print the check line of a log or bundle: one line to write down, read out or mail.

    Whoever keeps it can show later that the log was not cut off and not written anew: `verify FILE --against LINE`.
    """
    if is_bundle(file):
        line, value = _line_of_bundle(file, position)
    else:
        with opened(file) as log:
            line = witness.line_of(log, position)
            value = log.check_value(line.seq)
    if as_json:
        time = datetime.fromtimestamp(line.kept_at // 1000, UTC).isoformat()
        print_json({"line": str(line), "position": line.seq, "time": time, "check_value": value.hex()})
    else:
        click.echo(str(line))


def _lines(given: str) -> list[Line]:
    """Return the check lines that an option names: the line itself, or a file that holds some."""
    with suppress(OSError):  # a line may be longer than a name can be
        if Path(given).is_file():
            return witness.read_file(Path(given))
    return witness.read_lines(given)


def _line_of_bundle(file: Path, position: int) -> tuple[Line, bytes]:
    """Return the check line of a bundle and the whole check value; raises RuleError where the bundle does not hold."""
    verdict = check_bundle(file, at=(position,))
    if not verdict.holds:
        raise RuleError(_("{file} does not hold: run `verify` on it.").format(file=file))
    line = verdict.lines.get(position) if position else verdict.line
    if line is None:
        raise RuleError(_("There is no record {seq} in this log.").format(seq=position))
    return line, verdict.values.get(line.seq, verdict.head)


def _say(file: Path, verdict: Verdict | BundleVerdict, held: int) -> None:
    """Say whether it holds, and exit with 1 where it does not."""
    if not verdict.holds:
        place = getattr(verdict, "place", "")
        if verdict.position:
            told = _("{file} does not hold: record {position}: {fault}.")
        else:
            told = _("{file} does not hold: {place}: {fault}.") if place else _("{file} does not hold: {fault}.")
        fault = visible(verdict.fault)
        click.echo(told.format(file=file, position=verdict.position, place=visible(place), fault=fault))
        raise click.exceptions.Exit(1)
    click.echo(
        _("{file} holds: {n} records, {signatures} signatures checked, check value {head}.").format(
            file=file, n=verdict.records, signatures=verdict.signatures, head=verdict.head.hex()[:16]
        )
    )
    if held:
        told = ngettext("It agrees with the check line.", "It agrees with the {n} check lines.", held)
        click.echo(told.format(n=held))


def _say_shared(verdict: Verdict) -> None:
    """Say what a desk's file of a shared log does not have, or has and the others do not."""
    waiting, arriving = verdict.waiting, verdict.arriving
    for number, told in (
        (verdict.sealed, _("Of {n} records it holds only that they exist, when and whose.")),
        (waiting, ngettext("{n} record waits for its place.", "{n} records wait for their place.", waiting)),
        (arriving, ngettext("{n} attachment is on its way.", "{n} attachments are on their way.", arriving)),
    ):
        if number:
            click.echo(told.format(n=number))


def _say_bundle(verdict: BundleVerdict) -> None:
    """Say what is in a bundle that holds, and what cannot be seen from it alone."""
    if verdict.for_party:
        click.echo(_("It was made for {party}.").format(party=visible(verdict.for_party)))
    if verdict.sealed:
        told = _("Of {n} records it holds only that they exist, when and whose.")
        click.echo(told.format(n=verdict.sealed))
    if verdict.without_words:
        _say_erased(verdict.without_words)
    if verdict.signed_by:
        click.echo(_("Desk {desk} made and signed it.").format(desk=visible(verdict.signed_by)))
    else:
        click.echo(_("No desk has signed it: whether its end is missing shows only against a check line."))


def _say_erased(number: int) -> None:
    click.echo(_("{n} records have no words any more (erased).").format(n=number))


COMMANDS = [verify, checkpoint]
