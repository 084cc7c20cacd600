"""Commands about who reads what: telling, recalling, erasing, preserving, and the account of all that."""

import sys
from contextlib import suppress
from datetime import tzinfo
from pathlib import Path
from typing import Any

import click

from commandlog.commands.common import FILE, code_of, desk_at, desk_options, opened, print_json, source
from commandlog.commands.reading import AS_OF, JSON
from commandlog.commands.writing import print_record, verb
from commandlog.language import _
from commandlog.log.copy_setting import CopySetting
from commandlog.log.copying import Follower
from commandlog.log.derived import recalls
from commandlog.log.derived.entries import entry_of, versions
from commandlog.log.desk import Desk
from commandlog.log.erasing import purge_all
from commandlog.log.keys import settings_folder
from commandlog.log.mark import COPY
from commandlog.log.store import Log
from commandlog.model.covenant import Covenant
from commandlog.model.errors import CommandLogError, RuleError
from commandlog.model.harmless import visible
from commandlog.model.records import Record
from commandlog.model.words import label
from commandlog.verbs import withholding
from commandlog.verbs.context import named
from commandlog.views import disclosure, moments
from commandlog.views.disclosure import ACCESS, Copy, Deed, Disclosure, Hold
from commandlog.views.moments import Moment, local, zone_of

REFS = click.argument("refs", nargs=-1, required=True)
THREAD = click.option("--thread", is_flag=True, help="Also everything that hangs on it: additions, tasks, their steps.")
WHY = click.option("--reason", required=True, help="Why.")


@verb("release", click.argument("to"), click.argument("ground"), REFS, THREAD)
def release(desk: Desk, about: dict[str, Any], to: str, ground: str, refs: tuple[str, ...], thread: bool) -> Record:
    """Tell entries to one more party, on a stated ground."""
    party, positions = code_of(desk.covenant, "party", to), _positions(desk, refs)
    if not thread and desk.covenant.party(party) and _all_read(desk, positions, party):
        told = _("{party} can read {entries} already: nothing was recorded.")
        entries = ", ".join(named(desk, seq) for seq in positions)
        raise RuleError(told.format(party=desk.covenant.party_name(party), entries=entries))
    return withholding.release(desk, positions, party, ground, thread=thread, **about)


@verb(
    "recall",
    REFS,
    click.option("--from", "parties", required=True, multiple=True, metavar="PARTY", help="From whom; give it again."),
    WHY,
    THREAD,
)
def recall(
    desk: Desk, about: dict[str, Any], refs: tuple[str, ...], parties: tuple[str, ...], reason: str, thread: bool
) -> Record:
    """Let parties no longer read entries that they were told; that they had them stays known."""
    positions = _positions(desk, refs)
    codes = tuple(code_of(desk.covenant, "party", one) for one in parties)
    made = withholding.recall(desk, positions, codes, reason, thread=thread, **about)
    if left := withholding.still_read(desk, positions, codes):
        told = _("What hangs on it can still be read there: {entries}. --thread takes that back too.")
        click.echo(told.format(entries=_names(desk, left)), err=True)
    return made


@verb(
    "hold",
    click.argument("refs", nargs=-1),
    click.option("--demand", required=True, help="Who demands it, and by what."),
)
def hold(desk: Desk, about: dict[str, Any], refs: tuple[str, ...], demand: str) -> Record:
    """Preserve entries from erasing, and the log from deletion; without an entry, the whole log."""
    return withholding.hold(desk, _positions(desk, refs), demand, **about)


@verb("lift-hold", click.argument("ref"), WHY)
def lift_hold(desk: Desk, about: dict[str, Any], ref: str, reason: str) -> Record:
    """End a preservation hold."""
    return withholding.lift_hold(desk, desk.log.find(ref), reason, **about)


@verb("copy-destroyed", click.argument("ref"), WHY)
def copy_destroyed(desk: Desk, about: dict[str, Any], ref: str, reason: str) -> Record:
    """Record that a copy (an export, by its reference) is gone; --reason says how that is known."""
    return withholding.destroy_copy(desk, desk.log.find(ref), reason, **about)


@click.command()
@FILE
@REFS
@click.option("--ground", required=True, help="By what duty, or at whose request.")
@THREAD
@click.option("--yes", is_flag=True, help="Do not ask.")
@desk_options
def erase(
    file: Path,
    refs: tuple[str, ...],
    ground: str,
    thread: bool,
    yes: bool,
    party: str,
    by: str,
    callsign: str,
    channel: str,
    person: str,
) -> None:
    """Destroy the words of entries and their attachments, for good; when, where and whose stays. Exits 1 on a no."""
    with desk_at(file, party) as desk:
        positions = _positions(desk, refs)
        _ask(desk, positions, thread, yes)
        about = {"source": source(desk, code_of(desk.covenant, "party", by), callsign, channel), "person": person}
        made = withholding.erase(desk, positions, ground, thread=thread, **about)  # type: ignore[arg-type]
        print_record(desk, made)
        left = purge_all(desk.log, progress=_progress).left
        _rewritten()
        click.echo(_("It is gone from this file.") if left is None else _pending(disclosure.why(desk.log, left)))
        found = disclosure.erasures(desk.log, moments.live(desk.log), _followed(desk.log))
        (erasure,) = [one for one in found if one.deed.reference == named(desk, made.seq)]
        for text in _copies(erasure.copies, desk.covenant, zone_of(desk.log)):
            click.echo(text)


def _pending(text: str) -> str:
    return _("It can no longer be read, but is not gone from this file yet: {why}.").format(why=text)


def _ask(desk: Desk, positions: tuple[int, ...], thread: bool, yes: bool) -> None:
    """Ask whether it is meant, where that is not said; exits 1 where it is not. What cannot be erased is not asked."""
    concerned = withholding.to_erase(desk, positions, thread=thread)
    entries = _names(desk, concerned)
    if yes:
        return
    if not sys.stdin.isatty():
        raise RuleError(_("Erasing cannot be undone: say --yes where nobody can be asked."))
    question = _("Destroy the words of {entries} ({n} records) for good?").format(entries=entries, n=len(concerned))
    if not click.confirm(question, default=False):
        click.echo(_("Nothing was erased."))
        raise click.exceptions.Exit(1)


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        told = _("the full text is being rewritten")
        print(f"\r{told} {done:,} / {total:,}", end="", file=sys.stderr, flush=True)


def _rewritten() -> None:
    if sys.stderr.isatty():
        print("\r" + " " * 78 + "\r", end="", file=sys.stderr, flush=True)


def _names(desk: Desk, positions: list[int]) -> str:
    return ", ".join(dict.fromkeys(named(desk, entry_of(desk.log.db, seq)) for seq in positions))


def _all_read(desk: Desk, positions: tuple[int, ...], party: str) -> bool:
    """Whether a party can read all these entries already, in every version."""
    db = desk.log.db
    return all(recalls.reads(db, seq, party) for entry in positions for seq in versions(db, entry_of(db, entry)))


def _positions(desk: Desk, refs: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(map(desk.log.find, refs))


# -- the account -------------------------------------------------------------------------------------------------------


@click.command("disclosures")
@FILE
@click.argument("ref", default="", metavar="[ENTRY]")
@click.option("--party", default="", help="Only what this party has, or had.")
@AS_OF
@JSON
def show_disclosures(file: Path, ref: str, party: str, as_of: str, as_json: bool) -> None:
    """Show who could read what from when on: what was told, recalled, erased, and which copies hold it."""
    with opened(file) as log:
        covenant, zone, moment = log.covenant(), zone_of(log), _moment(log, as_of)
        code = code_of(covenant, "party", party)
        if code and not covenant.party(code):
            known = ", ".join(one.code for one in covenant.parties)
            raise RuleError(_("The covenant has no party “{party}”. It has: {known}.").format(party=party, known=known))
        entry = log.find(ref) if ref else 0
        found = disclosure.disclosures(log, moment, party=code, entry=entry, followed=_followed(log))
        copies = [] if ref else [one for one in disclosure.copies(log, moment) if code in ("", one.party)]
        if as_json:
            print_json({"entries": [_document(one, zone) for one in found], "copies": _plain(copies, zone)})
            return
        for one in found:
            for text in _disclosure(one, covenant, zone, brief=not ref):
                click.echo(text)
        if not found:
            click.echo(_("Every entry was for all parties from the start."), err=True)
        if copies:
            click.secho(_("Copies that left the log"), bold=True)
        for copy in copies:
            click.echo(_copy(copy, covenant, zone))


@click.command("erasures")
@FILE
@JSON
def show_erasures(file: Path, as_json: bool) -> None:
    """Show what was erased by which decision, whether it is gone from this file, and which copies still hold it."""
    with opened(file) as log:
        if not log.read_only:
            purge_all(log)
        found = disclosure.erasures(log, moments.live(log), _followed(log))
        covenant, zone = log.covenant(), zone_of(log)
        if as_json:
            print_json(_plain(found, zone))
            return
        for one in found:
            state = _("gone from this file") if one.gone else _("pending: {why}").format(why=one.pending)
            click.echo(f"{_deed(one.deed, covenant, zone)} [{state}]")
            told = _("{entries}: {n} records, {attachments} attachments")
            click.echo("    " + told.format(entries=", ".join(one.entries), n=one.records, attachments=one.attachments))
            for text in _copies(one.copies, covenant, zone):
                click.echo(f"    {text}")
        if not found:
            click.echo(_("Nothing was erased."), err=True)


@click.command("holds")
@FILE
@click.option("--all", "lifted", is_flag=True, help="Also those that were lifted.")
@JSON
def show_holds(file: Path, lifted: bool, as_json: bool) -> None:
    """Show what is preserved from erasing, and at whose demand."""
    with opened(file) as log:
        found, covenant, zone = disclosure.holds(log, moments.live(log), lifted=lifted), log.covenant(), zone_of(log)
        if as_json:
            print_json(_plain(found, zone))
            return
        for one in found:
            click.echo(_hold(one, covenant, zone))
        if not found:
            click.echo(_("Nothing is preserved by a hold."), err=True)


def _followed(log: Log) -> disclosure.Followed:
    """Return how far this machine's second copy of a log is, and has nothing left of what was erased by then."""
    with suppress(CommandLogError):
        setting = CopySetting(settings_folder(), log)
        if file := setting.file():
            with Follower(log, file, setting) as follower:
                state = follower.look()
            return {} if state.trouble or state.pending else {file.absolute(): state.upto}
    return {}


def _moment(log: Log, as_of: str) -> Moment:
    return moments.earlier(log, as_of) if as_of else moments.live(log)


def _disclosure(one: Disclosure, covenant: Covenant, zone: tzinfo, *, brief: bool) -> list[str]:
    """Return who has had an entry as text: a line for the entry, and one for each thing that became of it.

    With `brief`, copies are named by their references, since they are listed apart.
    """
    name = covenant.party_name
    readers = ", ".join(map(name, one.audience)) or _("all parties")
    if one.kept_from:
        readers = _("{parties}, but not {others}").format(parties=readers, others=", ".join(map(name, one.kept_from)))
    head = f"{one.reference:<7} {_time(one.at, zone)}  {label(one.kind)}: "
    lines = [head + _("from the start for {parties}").format(parties=readers)]
    for told in one.told:
        text = _("told to {party}") if told.how == "released" else _("handed over to {party}")
        lines.append(f"    {text.format(party=name(told.party))}  {_deed(told.deed, covenant, zone)}")
    for taken in one.taken:
        text = _("recalled from {party}").format(party=name(taken.party))
        again = " " + _("(told again by {entry})").format(entry=taken.again) if taken.again else ""
        lines.append(f"    {text}  {_deed(taken.deed, covenant, zone)}{again}")
    for older in one.older:
        text = _("{party} has an older text: the correction {entry} did not reach it")
        lines.append("    " + text.format(party=name(older.party), entry=older.corrected))
    lines += ["    " + _("erased") + f"  {_deed(deed, covenant, zone)}" for deed in one.erased]
    if brief and one.copies:
        sure = ", ".join(copy.deed.reference for copy in one.copies if not copy.may)
        maybe = ", ".join(copy.deed.reference for copy in one.copies if copy.may)
        if sure:
            lines.append("    " + _("still in the copies {copies}").format(copies=sure))
        return [*lines, "    " + _("maybe still in the copies {copies}").format(copies=maybe)] if maybe else lines
    return lines + [f"    {text}" for text in _copies(one.copies, covenant, zone)]


def _copies(copies: tuple[Copy, ...], covenant: Covenant, zone: tzinfo) -> list[str]:
    told = {False: _("still in the copy {copy}"), True: _("maybe still in the copy {copy}")}
    return [told[one.may].format(copy=_copy(one, covenant, zone)) for one in copies]


def _copy(one: Copy, covenant: Covenant, zone: tzinfo) -> str:
    whom = _("for {party}").format(party=covenant.party_name(one.party)) if one.party else _("of everything")
    if one.form == COPY:
        whom = _("which follows, and erases it too when it does")
    if one.form == ACCESS:
        whom = _("an account on a person")
    if part := _part(one, zone):
        whom = part if not one.party else f"{whom}, {part}"
    gone = " " + _("(destroyed: {entry})").format(entry=one.gone) if one.gone else ""
    return f"{one.deed.reference} {_time(one.deed.at, zone)} {label(one.form)} {whom}: {visible(one.name)}{gone}"


def _part(one: Copy, zone: tzinfo) -> str:
    """Return which part of the log a copy is of, in words; empty for all of it."""
    since, until = (_time(at, zone) if at else "" for at in (one.since, one.until))
    told = _("from {since} to {until}") if since and until else _("from {since} on") if since else _("up to {until}")
    parts = [told.format(since=since, until=until)] if since or until else []
    if one.sections:
        parts.append(_("only {sections}").format(sections=", ".join(map(label, one.sections))))
    return ", ".join(parts)


def _hold(one: Hold, covenant: Covenant, zone: tzinfo) -> str:
    what = ", ".join(one.entries) or _("the whole log")
    lifted = " [" + _("lifted") + f": {_deed(one.lifted, covenant, zone)}]" if one.lifted else ""
    return f"{_deed(one.deed, covenant, zone)} → {what}{lifted}"


def _deed(deed: Deed, covenant: Covenant, zone: tzinfo) -> str:
    who = f"{covenant.party_name(deed.party)} {deed.desk}"
    return f"{deed.reference} {_time(deed.at, zone)} {who}: {visible(deed.reason)}"


def _time(at: int, zone: tzinfo) -> str:
    return f"{local(at, zone):%Y-%m-%d %H:%M}"


def _document(one: Disclosure, zone: tzinfo) -> Any:
    document = _plain(one, zone)
    del document["entry"]
    return document


def _plain(value: Any, zone: tzinfo) -> Any:
    """Return what JSON holds of it: structs by their fields, times as ISO 8601 with the event's offset."""
    if isinstance(value, list | tuple):
        return [_plain(one, zone) for one in value]
    if hasattr(value, "__struct_fields__"):
        fields = {name: _plain(getattr(value, name), zone) for name in value.__struct_fields__ if name not in _TIMES}
        return fields | {name: _iso(getattr(value, name), zone) for name in _TIMES if hasattr(value, name)}
    return value


def _iso(at: int, zone: tzinfo) -> str | None:
    return local(at, zone).isoformat(timespec="milliseconds") if at else None


_TIMES = ("at", "since", "until")

COMMANDS = [
    release,
    recall,
    erase,
    hold,
    lift_hold,
    copy_destroyed,
    show_disclosures,
    show_erasures,
    show_holds,
]
