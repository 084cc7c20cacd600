"""Numbered paper sheets, for when power or program is gone: what is written on them is typed in later.

A sheet is called after the desk and a number that the log never gives twice (P2-07), its lines have numbers too, so
that an entry can say where it came from: P2-07/3. Which numbers were given stands in the records of the prints.
"""

from pathlib import Path
from typing import BinaryIO, NamedTuple

from commandlog.export.contents import Contents
from commandlog.export.documents import form_of, put
from commandlog.export.paper import Paper
from commandlog.export.pdf_style import BOTTOM, HEIGHT, INK, LEFT, MUTED, RIGHT, ROOM, RULE, WARN, WASH
from commandlog.export.saying import Sayer
from commandlog.language import _, current
from commandlog.log.derived import copies
from commandlog.log.derived.table import id_at
from commandlog.log.desk import Desk
from commandlog.model.errors import RuleError
from commandlog.model.harmless import visible

MOST = 200  # sheets in one print: a ream is 500, and who wants more prints again
_ROW = 27.0  # points: room for handwriting
_CALLS = 8  # whom to call, on every sheet; the others stand on a page of their own


class _Column(NamedTuple):
    head: str
    width: float


def print_sheets(desk: Desk, contents: Contents, out: Path, number: int) -> tuple[str, str]:
    """Print so many sheets for a desk as a PDF; returns the codes of the first and the last.

    Raises RuleError for a number that is not sensible, and where somebody printed at the same desk at the same time.
    """
    if not 1 <= number <= MOST:
        raise RuleError(_("Print 1 to {most} sheets at a time, not {n}.").format(most=MOST, n=number))
    form_of(desk.log, out, (".pdf",))
    first = last_number(desk) + 1
    last = first + number - 1

    def check() -> None:
        if last_number(desk) >= first:
            raise RuleError(_("Other sheets were printed at this desk just now: print again."))

    def write(file: BinaryIO) -> None:
        _write(desk, contents, file, first, last)

    # nothing that was logged is on them: they hold no more than the first record says
    form = f"{copies.SHEETS}:{first}-{last}"
    put(out, write, desk, form=form, upto=id_at(desk.log.db, 1), for_party=desk.party, check=check)
    return sheet(desk, first), sheet(desk, last)


def sheet(desk: Desk, number: int) -> str:
    """Return the code of a sheet: "P2-07"."""
    return f"{desk.code}-{number:02}"


def last_number(desk: Desk) -> int:
    """Return the highest number of a sheet that was ever printed at this desk, 0 where none was."""
    return max((last for _first, last in copies.sheets(desk.log.db, desk.code)), default=0)


def _write(desk: Desk, contents: Contents, out: BinaryIO, first: int, last: int) -> None:
    made = _("printed {time}").format(time=Sayer(contents).both(contents.made_at))
    paper = Paper(out, "", "", made, current())  # each sheet says itself what it is
    paper.canvas.setTitle(_("Log sheets {first} to {last}").format(first=sheet(desk, first), last=sheet(desk, last)))
    paper.canvas.setAuthor(visible(contents.covenant.party_name(desk.party)))
    calls = contacts(contents)
    for number in range(first, last + 1):
        if number > first:
            paper.new_page()
        _sheet(paper, contents, desk, sheet(desk, number), calls)
    if len(calls) > _CALLS:
        paper.new_page()
        draw_contacts(paper, calls)
    paper.finish()


def contacts(contents: Contents) -> list[tuple[str, str]]:
    """Return whom to call: each party with a contact's name, phone and channel."""
    found = []
    for party in contents.covenant.parties:
        for one in party.contacts:
            channel = _("channel {channel}").format(channel=one.channel) if one.channel else ""
            told = " · ".join(part for part in (one.name, one.phone, channel) if part)
            found.append((contents.covenant.party_name(party.code), told))
    return found


def draw_contacts(paper: Paper, calls: list[tuple[str, str]]) -> None:
    """Draw the list of whom to call from here down."""
    paper.section(_("Whom to call"))
    style = paper.style
    for party, told in calls:
        paper.need(16)
        paper.put(LEFT, paper.y, style.strong, style.strong.line(party, 170))
        paper.put(LEFT + 180, paper.y, style.body, style.body.line(told, ROOM - 180))
        paper.rule(paper.y - 4.5, width=0.35)
        paper.y -= 16


# -- one sheet -----------------------------------------------------------------------------------------------------


def _sheet(paper: Paper, contents: Contents, desk: Desk, code: str, calls: list[tuple[str, str]]) -> None:
    style = paper.style
    paper.y = HEIGHT - 78
    paper.bookmark(code, 0)
    big = style.title._replace(size=30)
    paper.put_right(RIGHT, paper.y - 4, big, big.type.shown(code))
    room = ROOM - big.width(code) - 24
    paper.put(
        LEFT, paper.y + 10, style.strong._replace(size=12), style.strong._replace(size=12).line(contents.event, room)
    )
    whose = " · ".join((contents.covenant.party_name(desk.party), _("desk {desk}").format(desk=desk.code)))
    paper.put(LEFT, paper.y - 5, style.muted, style.muted.line(whose, room))
    if contents.exercise:
        warn = style.strong._replace(colour=WARN)
        paper.put(LEFT, paper.y - 19, warn, warn.line(_("EXERCISE"), room))
    paper.y -= 36
    _to_fill_in(paper)
    _instructions(paper, code)
    _calls(paper, calls)
    _grid(paper)


def _to_fill_in(paper: Paper) -> None:
    """Draw the two things that whoever takes a new sheet writes first."""
    small, half = paper.style.small, ROOM / 2
    for x, told in ((LEFT, _("date")), (LEFT + half, _("written by"))):
        shown = small.line(told, 90)
        paper.put(x, paper.y, small, shown)
        paper.rule(paper.y - 2, x + small.width(shown) + 6, x + half - 14, INK, 0.5)
    paper.y -= 17


def _instructions(paper: Paper, code: str) -> None:
    style = paper.style.body._replace(size=8.2, leading=11)
    typed = _(
        "When the program is back: type in each line with its sheet and number ({line}), tick it, keep the sheet."
    )
    for number, told in enumerate(
        (
            _("Write one thing on a line, as soon as you hear it, with the time. Do not wait for the program."),
            _("Never erase: strike a mistake through with one line and write the right words below it."),
            typed.format(line=f"{code}/3"),
        ),
        start=1,
    ):
        paper.text(LEFT, style, f"{number}  {told}")
    paper.y -= 2


def _calls(paper: Paper, calls: list[tuple[str, str]]) -> None:
    """Draw whom to call, two beside each other; that it is not all of them, where it is not."""
    if not calls:
        return
    small, strong, half = paper.style.small, paper.style.small_strong._replace(colour=INK), ROOM / 2
    shown = calls[:_CALLS]
    height = (len(shown) + 1) // 2 * 11 + 6 + (10 if len(calls) > _CALLS else 0)
    paper.bar(LEFT, paper.y - height + 9, ROOM, height, WASH)
    for at, (party, told) in enumerate(shown):
        x = LEFT + 6 + at % 2 * half
        name = strong.line(party, half * 0.42)
        paper.put(x, paper.y, strong, name)
        dark = small._replace(colour=INK)
        paper.put(x + strong.width(name) + 5, paper.y, dark, dark.line(told, half - 18 - strong.width(name)))
        if at % 2 or at == len(shown) - 1:
            paper.y -= 11
    if len(calls) > _CALLS:
        paper.put(LEFT + 6, paper.y, small, small.line(_("Others are on the last page."), ROOM - 12))
        paper.y -= 10
    paper.y -= 8


def _columns() -> list[_Column]:
    fixed = [
        _Column("", 17),
        _Column(_("time"), 40),
        _Column(_("who, call sign"), 76),
        _Column(_("place"), 62),
        _Column(_("what"), 0),
        _Column(_("told to"), 58),
        _Column(_("priority"), 38),
        _Column("✓", 20),
    ]
    room = ROOM - sum(one.width for one in fixed)
    return [one._replace(width=room) if not one.width else one for one in fixed]


def _grid(paper: Paper) -> None:
    """Draw the lines to write on, to the foot of the page."""
    small, columns = paper.style.small, _columns()
    top = paper.y
    x = LEFT
    for one in columns:
        paper.put(x + 3, top, small, small.line(one.head, one.width - 4))
        x += one.width
    rows = int((top - 5 - BOTTOM) / _ROW)
    for row in range(rows + 1):
        y = top - 5 - row * _ROW
        paper.rule(y, colour=INK if row == 0 else MUTED, width=0.9 if row == 0 else 0.45)
        if row < rows:
            paper.put(LEFT + 3, y - _ROW + 9, small, str(row + 1))
    x = LEFT
    for one in (*columns, _Column("", 0)):
        paper.line(x, top - 5, x, top - 5 - rows * _ROW, RULE if x > LEFT and x < RIGHT - 1 else MUTED, 0.45)
        x += one.width
    for row in range(rows):
        paper.canvas.setStrokeColor(MUTED)
        paper.canvas.rect(RIGHT - 15, top - 5 - row * _ROW - 18, 9, 9, stroke=1, fill=0)
