"""The HTML timeline: one file that any browser opens, without a network, to read and to search.

All of it is plain, readable HTML; a small script that stands in the file adds search and filters. The page's own policy
lets nothing else in: no script, style, font or picture but these, by their hashes, and no address is ever called.
Entries go out as they come, in short lists that a browser lays out only when they come into sight.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import date
from hashlib import sha256
from importlib.resources import files
from typing import BinaryIO

import msgspec

from commandlog import __version__
from commandlog.export.contents import Contents, Progress
from commandlog.export.html_parts import Entries, Names, kind_name, one_line, table, tag
from commandlog.export.saying import Sayer
from commandlog.language import _, current
from commandlog.model.harmless import visible
from commandlog.model.words import Priority, label
from commandlog.views import counts
from commandlog.views.filters import conditions
from commandlog.views.lines import Line

TOGETHER = 50  # entries in one list: what a browser lays out at once
_DAYS_NAMED = 40  # days that the list at the top names; of a longer log, the first day of each month


def write(contents: Contents, out: BinaryIO, progress: Progress | None = None) -> None:
    """Write the page to a binary file; memory does not grow with the number of entries."""
    out.writelines(part.encode("utf-8", "replace") for part in _page(contents, Sayer(contents), progress))


def _page(contents: Contents, saying: Sayer, progress: Progress | None) -> Iterator[str]:
    names = Names(contents)
    entries = Entries(contents, saying, names)
    script = _resource("timeline.js")
    yield from _head(contents, saying, script)
    yield from _about(contents, saying)
    yield _bar(contents)
    yield "<main>\n"
    if contents.includes("timeline"):
        yield tag("h2", _("Timeline")) + "\n<div id=timeline>\n"
        yield from _timeline(contents, saying, entries, progress)
        yield "</div>\n"
    if contents.includes("tasks"):
        yield from _tasks(contents, entries)
    if contents.includes("totals"):
        yield from _totals(contents, saying)
    yield "</main>\n"
    yield _foot(contents, saying)
    yield f'<script type="application/json" id=said>{_data(_said(names))}</script>\n'
    yield f"<script>{script}</script>\n</body>\n</html>\n"


# -- around the timeline -------------------------------------------------------------------------------------------


def _resource(name: str) -> str:
    return (files("commandlog_resources") / "html" / name).read_text("utf-8")


def _hash(code: str) -> str:
    return f"'sha256-{b64encode(sha256(code.encode()).digest()).decode()}'"


def _data(said: object) -> str:
    """Return JSON that can stand in a page: no sign in it that could end a script or begin a comment."""
    text = msgspec.json.encode(said).decode()
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _head(contents: Contents, saying: Sayer, script: str) -> Iterator[str]:
    """Yield what a browser must know before it shows anything; the policy comes before all that it is about."""
    style = _resource("timeline.css") + _print_margins(contents, saying)
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    )
    title = _("{event}: incident log").format(event=contents.event)
    yield f'<!DOCTYPE html>\n<html lang="{current()}">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
    yield f'<meta name="robots" content="noindex">\n<meta name="generator" content="CommandLog {__version__}">\n'
    yield f"<title>{one_line(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
    yield tag("a", _("To the timeline"), 'class=skip href="#timeline"') + "\n"


def _print_margins(contents: Contents, saying: Sayer) -> str:
    """Return what stands in the margins of every printed page: the mark, when it was made, check value, page."""
    left = f"{saying.both(contents.made_at)} · {_checked(contents)}"
    right = '" / "'.join((" counter(page) ", " counter(pages) "))
    mark = _exercise() if contents.exercise else ""
    font = "font: 7.5pt system-ui, sans-serif; color: #444"
    return (
        f'@page {{ @bottom-left {{ content: "{_styled(left)}"; {font} }} @bottom-right {{ content:{right}; {font} }}'
        f' @top-right {{ content: "{_styled(mark)}"; {font}; font-weight: 700 }} }}'
    )


def _styled(text: str) -> str:
    """Return a text as a string of a style sheet: whatever is no plain letter or figure as its number."""
    return "".join(c if c.isascii() and (c.isalnum() or c == " ") else f"\\{ord(c):06x} " for c in visible(text))


def _check_value(contents: Contents) -> str:
    return " ".join(contents.head[at : at + 4] for at in range(0, 16, 4))


def _checked(contents: Contents) -> str:
    return " ".join((_("Check value"), _check_value(contents)))


def _exercise() -> str:
    return _("EXERCISE")


def _about(contents: Contents, saying: Sayer) -> Iterator[str]:
    """Yield the head of the page: which event, when, for whom, as it stood when, and the days to go to."""
    yield "<header>\n" + tag("p", _("INCIDENT LOG"), "class=over")
    yield tag("h1", contents.event or _("An event without a name"), "dir=auto")
    yield f"<p class=days>{one_line(_days(contents, saying))}</p>\n"
    if contents.exercise:
        told = one_line(_("Nothing in this log happened outside an exercise."))
        yield f"<p class=exercise>{tag('strong', _exercise())} {told}</p>\n"
    facts = "\n".join(
        f"<div><dt>{one_line(name)}</dt><dd dir=auto>{one_line(value)}</dd></div>"
        for name, value in _facts(contents, saying)
    )
    yield f"<dl class=facts>{facts}</dl>\n"
    if contents.for_party:
        told = _("This copy holds only what {party} may read; totals count only that.")
        yield f"<p class=small>{one_line(told.format(party=contents.covenant.party_name(contents.for_party)))}</p>\n"
    yield from _contents(contents, saying)
    yield "</header>\n"


def _days(contents: Contents, saying: Sayer) -> str:
    if not contents.entries:
        return _("No entries yet")
    first, last = saying.day(contents.first), saying.day(contents.last)
    return first if first == last else _("{first} to {last}").format(first=first, last=last)


def _facts(contents: Contents, saying: Sayer) -> list[tuple[str, str]]:
    name = contents.covenant.party_name
    whom = name(contents.for_party) if contents.for_party else _("everything that this desk may read")
    facts = [(_("Entries"), saying.number(contents.entries))]
    if contents.partly:
        span = f"{saying.both(contents.since) or '…'} – {saying.both(contents.until) or '…'}"
        facts.append((_("Only what happened in"), span))
    elif contents.entries:
        facts.append((_("From – to"), f"{saying.both(contents.first)} – {saying.near(contents.last, contents.first)}"))
    return [
        *facts,
        (_("Time zone"), saying.zone_name(contents.last or contents.moment.clock)),
        (_("Parties"), ", ".join(name(one.code) for one in contents.covenant.parties)),
        (_("Driver"), name(contents.covenant.driver)),
        (_("Made by"), contents.author),
        (_("Made for"), whom),
        (_("Made at"), saying.both(contents.made_at)),
        (_("Log up to"), saying.stand()),
        (_("Check value"), _check_value(contents)),
    ]


def _contents(contents: Contents, saying: Sayer) -> Iterator[str]:
    """Yield the links to the days, or of a long log to its months, and to what follows the timeline."""
    links: list[tuple[str, str]] = []
    if contents.includes("timeline"):
        days = _days_of(contents)
        if len(days) <= _DAYS_NAMED:
            links = [(f"d{day.isoformat()}", saying.date(at, "EEE d MMM")) for day, at in days.items()]
        else:
            months = {(day.year, day.month): (day, at) for day, at in reversed(days.items())}
            links = [(f"d{day.isoformat()}", saying.date(at, "MMM y")) for day, at in reversed(months.values())]
    for section, name in (("tasks", _("Tasks")), ("totals", _("Totals"))):
        if contents.includes(section):
            links.append((section, name))
    items = "".join(f'<li><a href="#{to}">{one_line(name)}</a></li>' for to, name in links)
    said = one_line(_("Contents"))
    yield f'<nav aria-label="{said}"><ul class=contents>{items}</ul></nav>\n'


def _days_of(contents: Contents) -> dict[date, int]:
    """Return the days of the timeline, in their order, each with a moment of it."""
    where, values = conditions(contents.wanted, contents.moment)
    query = f"SELECT DISTINCT e.occurred / 900000 FROM entries e WHERE {where} ORDER BY 1"
    days: dict[date, int] = {}
    for (quarter,) in contents.log.db.execute(query, values):  # zones differ by quarters of an hour
        days.setdefault(contents.local(quarter * 900_000).date(), quarter * 900_000)
    return days


def _bar(contents: Contents) -> str:
    """Return the bar to search with; without the script there is none."""
    filters = (
        ("party", _("all parties")),
        ("kind", _("all kinds")),
        ("category", _("all categories")),
        ("place", _("all places")),
        ("priority", _("all priorities")),
    )
    selects = "\n".join(
        f'<select name={name} aria-label="{one_line(said)}"><option value="">{one_line(said)}</option></select>'
        for name, said in filters
    )
    mark = tag("span", _exercise(), "class=flag") if contents.exercise else ""
    buttons = (
        ("previous", _("previous"), "p", "↑"),
        ("next", _("next"), "n", "↓"),
        ("clear", _("show everything"), "Esc", "×"),
    )
    signs = "\n".join(
        f'<button type=button id={id_} title="{one_line(said)} ({key})" aria-label="{one_line(said)}">{sign}</button>'
        for id_, said, key, sign in buttons
    )
    hint, named = one_line(_("Search")), one_line(_("Search the timeline"))
    box = f'placeholder="{hint}   /" aria-label="{named}"'
    first = f"{mark}<input type=search name=q {box}>\n<output role=status></output>\n{signs}"
    return (
        f"<div id=bar hidden role=search><form autocomplete=off>\n<div class=line>{first}</div>\n"
        f"<div class=line>{selects}</div>\n</form></div>\n"
    )


def _said(names: Names) -> dict[str, object]:
    """Return what the script must know: its own words, and the names of the filters."""
    return {
        "names": names.said(),
        "priorities": [label(one) for one in Priority],
        "all": _("{n} entries"),
        "found": _("{n} of {all} entries"),
        "at": _("{k} of {n}"),
    }


def _foot(contents: Contents, saying: Sayer) -> str:
    check = _("To check this copy: “commandlog verify FILE --at {position}” shows the same check value.")
    keys = _("Keys: / search, n next, p previous, Esc show everything.")
    made = f"CommandLog {__version__} · {saying.both(contents.made_at)} · {_checked(contents)}"
    return (
        f"<footer>\n<p>{one_line(made)}</p>\n<p>{one_line(check.format(position=contents.moment.position))}</p>\n"
        f"<p>{one_line(keys)}</p>\n</footer>\n"
    )


# -- the timeline and what follows it ------------------------------------------------------------------------------


def _timeline(contents: Contents, saying: Sayer, entries: Entries, progress: Progress | None) -> Iterator[str]:
    """Yield the entries by day and hour."""
    nothing = _("Nothing matches: change the search, or press Esc to see everything.")
    yield tag("p", nothing, "class=none id=nothing hidden")
    day: date | None = None
    hour, offset = "", ""
    gathered: list[str] = []
    for line in contents.lines(progress):
        when = contents.local(line.occurred_at)
        at = f"{when:%Y-%m-%d %H%z}"
        if at != hour or len(gathered) == TOGETHER:
            yield from _list(gathered)
        if when.date() != day:
            yield "</section></section>\n" if day else ""
            day, offset = when.date(), f"{when:%z}"
            zone = f"UTC{offset[:3]}:{offset[3:5]}"
            said = one_line(saying.day(line.occurred_at))
            yield f'<section class=day><h3 id="d{day.isoformat()}">{said} <small>{zone}</small></h3>\n'
            yield f"<section class=hour><h4>{_hour(line, contents, offset)}</h4>\n"
        elif at != hour:
            yield f"</section>\n<section class=hour><h4>{_hour(line, contents, offset)}</h4>\n"
        hour = at
        gathered.append(entries.entry(line))
    yield from _list(gathered)
    yield "</section></section>\n" if day else tag("p", _nothing(contents), "class=none")


def _nothing(contents: Contents) -> str:
    return _("Nothing happened in this range.") if contents.partly else _("Nothing has been logged yet.")


def _hour(line: Line, contents: Contents, offset: str) -> str:
    """Return an hour, with its own offset where the clocks changed that day."""
    when = contents.local(line.occurred_at)
    own = f"{when:%z}"
    return f"{when:%H}:00" if own == offset else f"{when:%H}:00 UTC{own[:3]}:{own[3:5]}"


def _list(gathered: list[str]) -> Iterator[str]:
    """Yield what was gathered as one list, in a class by its length, and empty it."""
    if gathered:
        size = 1 if len(gathered) <= 5 else 2 if len(gathered) <= 20 else 3
        yield f"<ol class=c{size} role=list>\n{''.join(gathered)}</ol>\n"
        gathered.clear()


def _tasks(contents: Contents, entries: Entries) -> Iterator[str]:
    yield tag("h2", _("Tasks"), "id=tasks")
    tasks = contents.tasks()
    if not tasks:
        yield tag("p", _("No tasks were given."), "class=none")
    for at in range(0, len(tasks), TOGETHER):
        few = tasks[at : at + TOGETHER]
        yield f"<ol class=c{3 if len(few) > 5 else 1} role=list>\n{''.join(map(entries.task, few))}</ol>\n"


def _totals(contents: Contents, saying: Sayer) -> Iterator[str]:
    totals = counts.counts(contents.log, contents.moment, contents.wanted)
    name = contents.covenant
    blocks: Iterable[tuple[str, list[tuple[str, int]]]] = (
        (_("By party"), [(name.party_name(code), n) for code, n in totals.by_party.items()]),
        (_("By kind"), [(kind_name(code), n) for code, n in totals.by_kind.items()]),
        (_("By category"), [(name.category_name(code), n) for code, n in totals.by_category.items()]),
        (_("By place"), [(name.place_name(code), n) for code, n in totals.by_place.items()]),
        (_("By priority"), [(label(code), n) for code, n in totals.by_priority.items()]),
        (_("Tasks by state"), [(label(code), n) for code, n in totals.tasks_by_state.items()]),
    )
    yield tag("h2", _("Totals"), "id=totals") + "\n<div class=totals>\n"
    for title, rows in blocks:
        if rows:
            yield table(title, [(one, saying.number(n)) for one, n in rows])
    yield "</div>\n"
