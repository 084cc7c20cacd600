"""Who could read what: how much each party could, what was not for all, and what was released and recalled.

A party's own copy says nothing of what others may read: only what of its own reading was not for all.
"""

from commandlog.export.contents import Contents
from commandlog.export.paper import Paper
from commandlog.export.pdf_entries import key_of
from commandlog.export.pdf_style import ACCENT, LEFT, ROOM, WASH
from commandlog.export.pdf_tables import Column, Row, table
from commandlog.export.saying import Sayer
from commandlog.language import _
from commandlog.model.words import label
from commandlog.views import timeline
from commandlog.views.disclosure import ACCESS, Copy, Disclosure, copies, disclosures
from commandlog.views.filters import Filter, conditions

LISTED = 200  # rows of one list
_DEEDS = ("released", "recalled", "erased", "held", "hold_lifted")
_NAMES = LEFT + 150


def draw(paper: Paper, contents: Contents, saying: Sayer) -> None:
    """Draw the chapter."""
    paper.chapter(_("Who could read what"), "disclosure", _lead(contents))
    if not contents.for_party:
        _shares(paper, contents, saying)
    _limited(paper, contents, saying)
    _deeds(paper, contents, saying)
    if not contents.for_party:
        _copies(paper, contents, saying)


def _lead(contents: Contents) -> str:
    if contents.for_party:
        told = _("This copy holds what {party} may read. What other parties may read is not told in it.")
        return told.format(party=contents.covenant.party_name(contents.for_party))
    return _("An entry is for all parties unless it says for whom it is. What was told later, or recalled, is listed.")


def _shares(paper: Paper, contents: Contents, saying: Sayer) -> None:
    """Draw how many of the entries each party may read, as a number, a share and a bar."""
    paper.section(_("What each party may read"), 60)
    paper.y -= 4
    style = paper.style
    total = max(_readable(contents, ""), 1)
    for party in contents.covenant.parties:
        number = _readable(contents, party.code)
        paper.need(14)
        paper.put(LEFT, paper.y, style.body, style.body.line(contents.covenant.party_name(party.code), 142))
        told = _("{n} of {total}").format(n=saying.number(number), total=saying.number(total))
        paper.put_right(_NAMES + 84, paper.y, style.body, style.body.line(told, 84))
        paper.put_right(_NAMES + 122, paper.y, style.body, style.body.type.shown(f"{100 * number // total} %"))
        x, room = _NAMES + 134, LEFT + ROOM - _NAMES - 134
        paper.bar(x, paper.y - 0.4, room, 6.6, WASH)
        paper.bar(x, paper.y - 0.4, room * min(number / total, 1), 6.6, ACCENT)
        paper.y -= 15
    paper.y -= 4


def _readable(contents: Contents, party: str) -> int:
    """Return how many entries of the range a party may read ("": all that there are)."""
    wanted = Filter(reader=party, since=contents.since, until=contents.until)
    where, values = conditions(wanted, contents.moment, stubs=False)
    return int(contents.log.db.execute(f"SELECT count(*) FROM entries e WHERE {where}", values).fetchone()[0])


def _limited(paper: Paper, contents: Contents, saying: Sayer) -> None:
    """List the entries that were not for all from the start to now."""
    found = _limited_entries(contents)
    paper.section(_("Not for all"), 60)
    if not found:
        paper.text(LEFT, paper.style.body, _("Every entry is for all parties."))
        return
    values = {"p": contents.moment.position}
    changed = set() if contents.for_party else {one for (one,) in contents.log.db.execute(_CHANGED, values)}
    rows = [row for one in found[:LISTED] if (row := _row(contents, saying, one, changed=one in changed))]
    columns = [
        Column(_("time"), 62),
        Column(_("reference"), 52),
        Column(_("kind"), 84),
        Column(_("party"), 92),
        Column(_("for whom"), ROOM - 290),
    ]
    table(paper, columns, rows)
    if len(found) > LISTED:
        more = saying.number(len(found) - LISTED)
        paper.text(LEFT, paper.style.small, _("and {n} more: see the timeline.").format(n=more))


_CHANGED = " UNION ".join(
    f"SELECT v.entry FROM {name} x JOIN entries v ON v.since = x.record WHERE x.since <= :p"
    for name in ("grants", "recalls")
)
"""The entries of which somebody was told later, or that were recalled from somebody."""


def _limited_entries(contents: Contents) -> list[int]:
    """Return these entries; for a party, those of its own reading that name for whom they are."""
    where, values = conditions(contents.wanted, contents.moment, stubs=False)
    kinds = ", ".join(map(repr, _DEEDS))
    which = "e.audience != ''"
    if not contents.for_party:
        which = f"({which} OR e.kind = 'sealed' OR e.entry IN ({_CHANGED}))"
    query = f"SELECT e.entry FROM entries e WHERE {where} AND e.kind NOT IN ({kinds}) AND {which}"
    return [entry for (entry,) in contents.log.db.execute(f"{query} ORDER BY e.occurred, e.key", values)]


def _row(contents: Contents, saying: Sayer, entry: int, *, changed: bool) -> Row | None:
    line = timeline.entry(contents.log, contents.moment, entry, contents.for_party)
    if line is None:
        return None
    names = ", ".join(map(contents.covenant.party_name, line.audience))
    told = _("only {parties}").format(parties=names) if names else _("all parties")
    if contents.for_party and line.audience and contents.for_party not in line.audience:
        mine = contents.covenant.party_name(contents.for_party)
        told = _("{told}; {party} was told later").format(told=told, party=mine)
    if changed or (line.struck and not contents.for_party):
        found = disclosures(contents.log, contents.moment, entry=entry)
        told = "\n".join((told, *_since(contents, saying, found[0]))) if found else told
    kind = _("task") if line.kind == "proposed" else label(line.kind)
    who = contents.covenant.party_name(line.party)
    cells = (saying.near(line.occurred_at, contents.first), line.reference, kind, who, told)
    return Row(cells, key_of(entry), 1)


def _since(contents: Contents, saying: Sayer, one: Disclosure) -> list[str]:
    """Return what was told and taken back after an entry was written, one line each."""
    name, found = contents.covenant.party_name, []
    for told in one.told:
        when = saying.near(told.deed.at, contents.first)
        said = _("told to {party} at {time} ({reference})")
        if told.how == "handed_over":
            said = _("told to {party} at {time} with a task ({reference})")
        found.append(said.format(party=name(told.party), time=when, reference=told.deed.reference))
    for taken in one.taken:
        when = saying.near(taken.deed.at, contents.first)
        said = _("recalled from {party} at {time} ({reference})")
        found.append(said.format(party=name(taken.party), time=when, reference=taken.deed.reference))
    for older in one.older:
        said = _("{party} was told an older version; corrected in {reference}")
        found.append(said.format(party=name(older.party), reference=older.corrected))
    return found


def _deeds(paper: Paper, contents: Contents, saying: Sayer) -> None:
    """List releases, recalls, erasures and holds, with their ground."""
    lines = [line for kind in _DEEDS for line in contents.of_kind(kind)]
    lines.sort(key=lambda line: (line.occurred_at, line.seq))
    paper.section(_("Released, recalled and erased"), 60)
    if not lines:
        paper.text(LEFT, paper.style.body, _("Nothing was released, recalled or erased."))
        return
    columns = [
        Column(_("time"), 62),
        Column(_("reference"), 52),
        Column("", 84),
        Column(_("party"), 92),
        Column(_("what, and on which ground"), ROOM - 290),
    ]
    rows = []
    for line in lines[:LISTED]:
        when, who = saying.near(line.occurred_at, contents.first), contents.covenant.party_name(line.party)
        cells = (when, line.reference, label(line.kind), who, line.text[:2000])
        rows.append(Row(cells, key_of(line.entry), 1))
    table(paper, columns, rows)
    if len(lines) > LISTED:
        more = saying.number(len(lines) - LISTED)
        paper.text(LEFT, paper.style.small, _("and {n} more: see the timeline.").format(n=more))


def _whole(copy: Copy) -> str:
    """Return what a copy that was made for no party in particular is of."""
    if copy.form == ACCESS:
        return _("an account on a person")
    return _("a part") if copy.since or copy.until or copy.sections else _("everything")


def _copies(paper: Paper, contents: Contents, saying: Sayer) -> None:
    """List the copies that have left the log before this one."""
    found = copies(contents.log, contents.moment)[-LISTED:]
    if not found:
        return
    paper.section(_("Copies that have left the log before this one"), 60)
    columns = [
        Column(_("time"), 102),
        Column(_("reference"), 52),
        Column(_("form"), 84),
        Column(_("made for"), 120),
        Column("", ROOM - 358),
    ]
    rows = []
    for one in found:
        whom = contents.covenant.party_name(one.party) if one.party else _whole(one)
        gone = _("destroyed: {reference}").format(reference=one.gone) if one.gone else ""
        rows.append(Row((saying.both(one.deed.at), one.deed.reference, label(one.form), whom, gone)))
    table(paper, columns, rows)
