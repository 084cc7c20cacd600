"""The account of what is held on a person, as a document: a PDF for the person, JSON lines for another program."""

from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from commandlog.export import access
from commandlog.export.access import Held, Version
from commandlog.export.access_redaction import STRUCK_OUT, Redaction, redacted
from commandlog.export.access_search import field_name
from commandlog.export.contents import Contents
from commandlog.export.jsonl_form import about
from commandlog.export.paper import Paper
from commandlog.export.pdf_style import ACCENT, LEFT, RIGHT, ROOM, STRUCK, WARN
from commandlog.export.saying import Sayer
from commandlog.language import _, current, ngettext
from commandlog.model.harmless import visible
from commandlog.model.words import label

FORMAT = "commandlog-access"
FORMAT_VERSION = 1
_LONGEST = 20_000  # characters of one text on paper; JSON lines hold all of it
_VALUES = LEFT + 108


class Account(Struct, frozen=True):
    """The whole account: what was asked, the entries that were confirmed, what was struck out of them.

    `grounds` are those of the redactions with how often each text was struck out; the texts themselves are not here.
    """

    spellings: tuple[str, ...]
    entries: tuple[Held, ...]
    grounds: tuple[tuple[str, int], ...]
    erased: tuple[tuple[str, str, str], ...]
    kept: str


def account(contents: Contents, spellings: tuple[str, ...], entries: list[int], redactions: list[Redaction]) -> Account:
    """Return the account of the entries (by position) that a person confirmed."""
    made, totals = [], [0] * len(redactions)
    for entry in entries:
        one, counts = redacted(access.held(contents, entry), redactions)
        made.append(one)
        totals = [total + n for total, n in zip(totals, counts, strict=True)]
    return Account(
        spellings=spellings,
        entries=tuple(made),
        grounds=tuple((one.ground, n) for one, n in zip(redactions, totals, strict=True)),
        erased=tuple(access.erased(contents)),
        kept=access.kept_until(contents),
    )


def notes() -> list[str]:
    """Return what a reader of the account must know about it."""
    return [
        _("A person confirmed each entry; the program only proposed where the name stands."),
        _("The words of all versions, names, places, imported columns and names of files were searched."),
        _("What is in attached photos and documents was not searched."),
        _("Names of other people were not taken out by the program."),
    ]


def write_jsonl(contents: Contents, made: Account, out: BinaryIO) -> None:
    """Write the account as JSON lines: first what it is, then an object for each entry."""
    told: dict[str, Any] = about(contents) | {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "spellings": made.spellings,
        "entries": len(made.entries),
        "kept": made.kept,
        "redactions": [{"number": at, "ground": g, "times": n} for at, (g, n) in enumerate(made.grounds, start=1)],
        "erased": [{"reference": one, "at": at, "ground": ground} for one, at, ground in made.erased],
        "notes": notes(),
    }
    encoder = msgspec.json.Encoder()
    out.write(encoder.encode({"about": told}) + b"\n")
    out.writelines(encoder.encode(one) + b"\n" for one in made.entries)


def write_pdf(contents: Contents, made: Account, out: BinaryIO) -> None:
    """Write the account as a PDF."""
    saying = Sayer(contents)
    title = _("What is held on a person")
    mark = _("EXERCISE") if contents.exercise else ""
    paper = Paper(out, f"{title} · {contents.event}", mark, saying.stand(), current())
    paper.canvas.setTitle(visible(f"{title}: {contents.event}"))
    paper.canvas.setAuthor(visible(contents.author))
    paper.y += 18
    paper.bookmark(title, 0)
    paper.text(LEFT, paper.style.chapter, title)
    _about(paper, contents, saying, made)
    for one in made.entries:
        _entry(paper, one)
    if not made.entries:
        paper.y -= 12
        paper.text(LEFT, paper.style.body, _("Nothing was confirmed to be about this person."))
    _erased(paper, made)
    paper.finish()


def _about(paper: Paper, contents: Contents, saying: Sayer, made: Account) -> None:
    name = contents.covenant.party_name
    paper.y -= 4
    whose = name(contents.for_party) if contents.for_party else contents.author
    exercise = [(_("EXERCISE"), _("Everything in this log is an exercise."))] if contents.exercise else []
    for what, told in (
        *exercise,
        (_("Searched for"), " · ".join(made.spellings)),
        (_("Event"), contents.event),
        (_("Held by"), whose),
        (_("Made by"), contents.author),
        (_("Made at"), saying.both(contents.made_at)),
        (_("Entries"), str(len(made.entries))),
        (_("Kept until"), made.kept),
    ):
        _fact(paper, what, told)
    paper.y -= 6
    for note in notes():
        paper.text(LEFT, paper.style.small, note)
    struck = [(number, *one) for number, one in enumerate(made.grounds, start=1) if one[1]]
    if struck:
        paper.section(_("Struck out"))
        for number, ground, n in struck:
            times = ngettext("{n} time", "{n} times", n).format(n=n)
            paper.text(LEFT, paper.style.body, f"{STRUCK_OUT}[{number}]  {ground} ({times})")


def _fact(paper: Paper, name: str, value: str, *, small: bool = False) -> None:
    """Draw a name and beside it a value, broken where it is long."""
    style = paper.style
    quiet, plain = (style.small, style.small) if small else (style.muted, style.body)
    lines = plain.lines(value[:_LONGEST], RIGHT - _VALUES) or [""]
    if len(value) > _LONGEST:
        lines.append(_("Shortened: {n} characters in all.").format(n=len(value)))
    paper.need(plain.leading)
    paper.put(LEFT, paper.y, quiet, quiet.line(name, _VALUES - LEFT - 8))
    for line in lines:
        paper.need(0)
        paper.put(_VALUES, paper.y, plain, line)
        paper.y -= plain.leading


def _entry(paper: Paper, one: Held) -> None:
    """Draw an entry: when, whose, all versions of its words, who could read it and which copies may hold it."""
    style = paper.style
    paper.need(90)
    paper.y -= 10
    paper.rule(paper.y + 14, colour=ACCENT, width=0.8)
    kind = _("task") if one.kind == "proposed" else label(one.kind)
    head = " · ".join(part for part in (one.reference, _when(one.occurred_at), kind) if part)
    paper.bookmark(head, 1)
    paper.text(LEFT, style.strong, head)
    _fact(paper, _("said by"), " · ".join(part for part in (one.said_by, one.unit) if part))
    about = " · ".join(part for part in (one.place, one.category, label(one.priority)) if part)
    if about:
        _fact(paper, _("about"), about)
    for number, version in enumerate(one.versions):
        _version(paper, version, last=number == len(one.versions) - 1)
    readers = ", ".join(one.audience) if one.audience else _("all parties")
    _fact(paper, _("could read it"), readers)
    for reading in one.readings:
        told = _("told to {party}, {time}") if reading.how == "told" else _("recalled from {party}, {time}")
        ground = f": {reading.ground}" if reading.ground else ""
        _fact(paper, "", told.format(party=reading.party, time=_when(reading.at)) + ground)
    for number, copy in enumerate(one.copies):
        whom = copy.for_party or _("everything")
        told = _("copy {reference} ({form}, {whom}), {time}")
        said = told.format(reference=copy.reference, form=label(copy.form), whom=whom, time=_when(copy.at))
        _fact(paper, "" if number else _("may be in"), said)
    if one.preserved:
        _fact(paper, _("preserved by"), ", ".join(one.preserved))
    paper.y -= 4


def _version(paper: Paper, version: Version, *, last: bool) -> None:
    style = paper.style
    who = " ".join(part for part in (version.party, version.desk) if part)
    told = _("written {time} by {desk}").format(time=_when(version.written_at), desk=who)
    if not last:
        told = _("{told}, corrected since").format(told=told)
    if version.corrects:
        told = f"{told}: {version.corrects}"
    paper.y -= 2
    small = style.small if last else style.small._replace(colour=STRUCK)
    for line in small.lines(told[:2000], ROOM):
        paper.need(0)
        paper.put(LEFT, paper.y, small, line)
        paper.y -= small.leading
    paper.y -= 3
    if version.erased:
        paper.text(LEFT, style.body._replace(colour=WARN), _("The words were erased."))
    for field, text in version.fields.items():
        _fact(paper, field_name(field), text)


def _erased(paper: Paper, made: Account) -> None:
    if not made.erased:
        return
    paper.section(_("Erased entries"))
    paper.text(LEFT, paper.style.small, _("Their words are gone: whom they were about cannot be known any more."))
    for reference, at, ground in made.erased:
        paper.text(LEFT, paper.style.body, f"{reference} · {_when(at)} · {ground[:500]}")


def _when(stamp: str) -> str:
    """Return an ISO time as people read it, with its offset: "2026-06-27 21:14:07 +02:00"."""
    return f"{stamp[:10]} {stamp[11:19]} {stamp[23:]}".strip()
