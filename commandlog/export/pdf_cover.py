"""The cover: which event, who took part, for whom this copy is and how to check it."""

from commandlog.export.contents import Contents
from commandlog.export.paper import Paper
from commandlog.export.pdf_style import ACCENT, LEFT, RIGHT, RULE, TOP, WARN, WASH
from commandlog.export.saying import Sayer
from commandlog.language import _
from commandlog.model.words import label

_VALUES = LEFT + 118


def draw(paper: Paper, contents: Contents, saying: Sayer) -> None:
    """Draw the first page (and another one, should the covenant have very many parties)."""
    style = paper.style
    paper.bookmark(_("Cover"), 0)
    paper.y = TOP - 42
    paper.bar(LEFT, paper.y + 20, 54, 4, ACCENT)
    paper.text(LEFT, style.small_strong, _("INCIDENT LOG"))
    paper.y -= 34
    paper.text(LEFT, style.title, contents.event or _("An event without a name"))
    paper.text(LEFT, style.body._replace(size=12, leading=17), _days(contents, saying))
    if contents.exercise:
        _exercise(paper)
    if contents.partly:
        paper.y -= 10
        told = _("Only what happened {range}.").format(range=saying.range())
        paper.text(LEFT, style.strong._replace(size=11, leading=15), told)
    if not contents.live:
        paper.y -= 10
        paper.text(LEFT, style.strong._replace(size=11, leading=15), _stood(saying))
    paper.y -= 22
    for name, value in _facts(contents, saying):
        _fact(paper, name, value)
    paper.y -= 10
    _parties(paper, contents)
    paper.y -= 14
    paper.text(LEFT, style.small, _("Times are those of the event ({zone}).").format(zone=_zone(contents, saying)))
    if contents.for_party:
        told = _("This copy holds only what {party} may read; totals count only that.")
        paper.text(LEFT, style.small, told.format(party=contents.covenant.party_name(contents.for_party)))
    paper.text(
        LEFT,
        style.small,
        _("To check this copy: “commandlog verify FILE --at {position}” shows the same check value.").format(
            position=contents.moment.position
        ),
    )


def _exercise(paper: Paper) -> None:
    """Mark an exercise so that nobody can take it for the real thing."""
    paper.y -= 16
    style = paper.style.strong._replace(size=13, leading=18, colour=WARN)
    word, told = _("EXERCISE"), _("Nothing in this log happened outside an exercise.")
    paper.canvas.setStrokeColor(WARN)
    paper.canvas.setLineWidth(1.4)
    paper.canvas.roundRect(LEFT, paper.y - 13, RIGHT - LEFT, 32, 4, stroke=1, fill=0)
    paper.put(LEFT + 12, paper.y - 1.5, style, style.type.shown(word))
    x = LEFT + 24 + style.width(style.type.shown(word))
    paper.put(x, paper.y - 1.5, paper.style.muted, paper.style.muted.lines(told, RIGHT - x - 8)[0])
    paper.y -= 30


def _stood(saying: Sayer) -> str:
    stand = saying.stand()
    return stand[:1].upper() + stand[1:]


def _days(contents: Contents, saying: Sayer) -> str:
    """Return the days of the event's entries."""
    if not contents.entries:
        return _("No entries yet")
    first, last = saying.day(contents.first), saying.day(contents.last)
    return first if first == last else _("{first} to {last}").format(first=first, last=last)


def _zone(contents: Contents, saying: Sayer) -> str:
    return saying.zone_name(contents.last or contents.moment.clock)


def _facts(contents: Contents, saying: Sayer) -> list[tuple[str, str]]:
    covenant = contents.covenant
    whom = covenant.party_name(contents.for_party) if contents.for_party else _("everything that this desk may read")
    facts = [(_("Entries"), saying.number(contents.entries))]
    if contents.entries:
        span = f"{saying.both(contents.first)} – {saying.near(contents.last, contents.first)}"
        facts.append((_("From – to"), span))
    facts += [
        (_("Driver"), covenant.party_name(covenant.driver)),
        (_("Made by"), contents.author),
        (_("Made for"), whom),
        (_("Made at"), saying.both(contents.made_at)),
        (_("Log up to"), saying.stand()),
        (_("Check value"), " ".join(contents.head[at : at + 4] for at in range(0, 16, 4))),
    ]
    if reached := levels(contents):
        facts.append((_("Levels declared"), ", ".join(reached)))
    return facts


def levels(contents: Contents) -> list[str]:
    """Return the levels that were declared, each once, in the order in which they came first."""
    query = "SELECT since, ladder, level, declared FROM levels WHERE since <= ? AND ladder != 'phase' ORDER BY since"
    found: dict[str, None] = {}
    for since, ladder, level, declared in contents.log.db.execute(query, (contents.moment.position,)).fetchall():
        if contents.within(declared) and contents.readable(since):
            found[contents.covenant.level_name(ladder, level)] = None
    return list(found)


def _fact(paper: Paper, name: str, value: str) -> None:
    style = paper.style
    paper.need(20)
    y = paper.y
    paper.put(LEFT, y, style.muted, style.muted.lines(name, _VALUES - LEFT - 8)[0])
    paper.text(_VALUES, style.body, value, RIGHT - _VALUES)
    paper.y -= 3


def _parties(paper: Paper, contents: Contents) -> None:
    """List the parties with their sector and how their desks are called."""
    style = paper.style
    paper.section(_("Parties"))
    columns = (LEFT + 6, LEFT + 270, LEFT + 380)
    for number, party in enumerate(contents.covenant.parties):
        paper.need(18)
        y = paper.y
        if number % 2 == 0:
            paper.bar(LEFT, y - 4.6, RIGHT - LEFT, 15.4, WASH)
        name = style.body.lines(contents.covenant.party_name(party.code), columns[1] - columns[0] - 8)[0]
        drives = _("driver")
        driver = f" · {drives}" if party.code == contents.covenant.driver else ""
        paper.put(columns[0], y, style.strong if driver else style.body, name)
        paper.put(columns[1], y, style.muted, style.muted.type.shown(label(party.sector)))
        desks = _("desks {letter}1, {letter}2 …").format(letter=party.letter)
        paper.put(columns[2], y, style.muted, style.muted.lines(desks + driver, RIGHT - columns[2])[0])
        paper.y -= 15.4
    paper.rule(paper.y + 10.8, colour=RULE)
