"""A plan in words: what each column was taken for, the first entries as they will be, what is refused and why."""

import unicodedata
from datetime import UTC, datetime
from typing import Any

from commandlog.intake.deeds import TASK, Deed
from commandlog.intake.entries import Entry
from commandlog.intake.mapping import ROLES, names
from commandlog.intake.plan import Plan
from commandlog.intake.remarks import times_in_words
from commandlog.intake.standing import Standing
from commandlog.intake.time_words import zone_of
from commandlog.language import _, ngettext
from commandlog.model.words import label

WIDTH = 100  # characters of a line
FIRST = 5  # entries that are shown
MOST = (22, 16, 12, 8, 6)  # characters of any column but the first and the widest; fewer where that has no room
LEAST = 28  # characters that the widest column should have
_GAP = "  "


def described(plan: Plan, standing: Standing) -> list[str]:
    """Return all that --dry-run shows, a line each."""
    said = [*guess_in_words(plan), *(f"! {one}" for one in (*_against(plan), *plan.notices))]
    if len(plan):
        said += ["", _("The first entries:"), *(f"  {one}" for one in preview(plan))]
    if plan.refused_count:
        said += ["", _("Refused:"), *(f"  {one}" for one in plan.refusals())]
    if standing.changed_count:
        said += ["", _("Changed in the file (the log keeps what it has):"), *(f"  {one}" for one in standing.changes())]
    return [*said, "", would_be(plan, standing)]


def _against(plan: Plan) -> list[str]:
    """Return what the log says against it."""
    return [*plan.warnings, *([plan.doubles] if plan.doubles else [])]


def guess_in_words(plan: Plan) -> list[str]:
    """Return how the file was understood, one statement each."""
    columns, guessed = plan.guess.columns, plan.guess.guessed
    said = [f"{plan.source.name}: {plan.table.form}"]
    words = _roles()
    for role in ROLES:
        if given := names(getattr(columns, role)):
            how = _("guessed") if role in guessed else _("by the mapping")
            said.append(f"{words[role]}: {', '.join(given)} ({how})")
    if not names(columns.key):
        said.append(_("known again by: minute, {columns}").format(columns=", ".join(plan.guess.identity)))
    said.append(
        _("times: {notation}, in the zone {zone}").format(notation=times_in_words(plan.guess), zone=_zone(plan))
    )
    if plan.guess.system.said:
        said.append(_("coordinates: {system}").format(system=plan.guess.system.said))
    if len(plan):
        said.append(_("from {first} to {last}").format(first=plan.local(plan.first), last=plan.local(plan.last)))
    return said


def would_be(plan: Plan, standing: Standing) -> str:
    """Return in one line what would be made of the file, and what of it is in the log already."""
    new = len(plan) - standing.there
    said = [
        ngettext("{count} row can be taken in", "{count} rows can be taken in", len(plan)).format(count=len(plan)),
        _("{count} refused").format(count=plan.refused_count),
        _("{new} are new, {there} are in the log already").format(new=new, there=standing.there),
    ]
    for count, one, more in (
        (standing.changed_count, _("{count} of them changed"), _("{count} of them changed")),
        (len(plan.incidents), _("{count} incident"), _("{count} incidents")),
        (sum(map(len, plan.levels.values())), _("{count} change of level"), _("{count} changes of level")),
        (plan.tasks, _("{count} task"), _("{count} tasks")),
        (plan.ended + len(plan.ends), _("{count} with an end"), _("{count} with an end")),
    ):
        if count:
            said.append((one if count == 1 else more).format(count=count))
    return "; ".join(said) + "."


def preview(plan: Plan, rows: int = FIRST) -> list[str]:
    """Return the first entries as they will be, as a table whose lines have at most WIDTH characters."""
    table = [[_("when"), _("end"), _("kind"), _("who"), _("text")]]
    table[0] += [_("place"), _("pin"), _("category"), _("priority"), _("state")]
    table += [_cells(plan, *plan.both(number)) for number in plan.order[:rows]]
    used = [n for n in range(len(table[0])) if n == 0 or any(row[n] for row in table[1:])]
    widths = _widths([[row[n] for n in used] for row in table])
    return [_GAP.join(_fitted(row[n], width) for n, width in zip(used, widths, strict=True)).rstrip() for row in table]


def document(plan: Plan, standing: Standing) -> dict[str, Any]:
    """Return all that --dry-run shows as one JSON document; times in ISO 8601 with their offset."""
    columns = plan.guess.columns
    return {
        "file": plan.source.name,
        "form": plan.table.form,
        "sha256": plan.digest.hex(),
        "mapping": plan.given.name,
        "columns": {role: names(getattr(columns, role)) for role in ROLES if getattr(columns, role)},
        "guessed": list(plan.guess.guessed),
        "times": {"notation": times_in_words(plan.guess), "zone": plan.guess.zone},
        "from": plan.local(plan.first) if len(plan) else None,
        "to": plan.local(plan.last) if len(plan) else None,
        "notices": [*_against(plan), *plan.notices],
        "rows": len(plan),
        "there": standing.there,
        "incidents": len(plan.incidents),
        "levels": sum(map(len, plan.levels.values())),
        "tasks": plan.tasks,
        "ended": plan.ended + len(plan.ends),
        "first": [_document_of(plan, *plan.both(number)) for number in plan.order[:FIRST]],
        "refused_count": plan.refused_count,
        "refused": [{"line": one.line, "column": one.column, "why": one.why} for one in plan.refused],
        "changed_count": standing.changed_count,
        "changed": [
            {"line": one.line, "entry": one.reference, "what": [each._asdict() for each in one.what]}
            for one in standing.changed
        ],
    }


def _document_of(plan: Plan, entry: Entry, deed: Deed) -> dict[str, Any]:
    said = {
        "line": entry.line,
        "occurred_at": plan.local(entry.occurred),
        "end": plan.local(entry.end) if entry.end else "",
        "kind": deed.kind,
        "party": deed.party,
        "unit": entry.unit,
        "to": deed.to_unit or deed.to_party,
        "state": deed.state,
        "text": entry.text,
        "place": entry.place,
        "where": entry.where,
        "category": entry.category,
        "priority": entry.priority,
        "person": entry.person,
        "pin": entry.pin,
        "raw": entry.raw,
    }
    return {name: value for name, value in said.items() if value}


def _cells(plan: Plan, entry: Entry, deed: Deed) -> list[str]:
    who = entry.unit or deed.party
    if deed.kind == TASK:
        who = f"{who} > {deed.to_unit or deed.to_party}".strip()
    return [
        plan.local(entry.occurred),
        _until(plan.local(entry.occurred), plan.local(entry.end)) if entry.end else "",
        _("task") if deed.kind == TASK else label(deed.kind),
        who,
        entry.text,
        entry.place or entry.where,
        "{:.4f}, {:.4f}".format(*entry.pin) if entry.pin else "",
        entry.category or entry.raw.get(plan.guess.columns.category, ""),
        label(entry.priority) if entry.priority else "",
        label(deed.state) if deed.state else "",
    ]


def _until(begin: str, end: str) -> str:
    """Return an end, without the day where that is the same."""
    return end[11:16] if end[:10] == begin[:10] else end[:16]


def _widths(table: list[list[str]]) -> list[int]:
    """Return how wide each column may be: all but the first give way until a line fits, the widest (the text) last."""
    wanted = [max(_width(cell) for cell in column) for column in zip(*table, strict=True)]
    text = wanted.index(max(wanted))
    room = WIDTH - 2 - len(_GAP) * (len(wanted) - 1)
    for most in MOST:
        widths = [one if n in (0, text) else min(one, most) for n, one in enumerate(wanted)]
        left = room - sum(widths) + widths[text]
        widths[text] = max(1, min(wanted[text], left))
        if left >= LEAST:
            break
    return widths


def _fitted(cell: str, width: int) -> str:
    """Return a cell in one line of this width, shortened where it is longer."""
    cell = " ".join(cell[:1_000].split())
    if _width(cell) > width:
        while _width(cell) > width - 1:
            cell = cell[: min(len(cell) - 1, width)]
        cell += "…"
    return cell + " " * (width - _width(cell))


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(one) in "WF" for one in text)
    return len(text) + wide - sum(unicodedata.combining(one) > 0 for one in text)


def _zone(plan: Plan) -> str:
    """Return the zone with the offsets that it has at the first and the last entry."""
    zone = zone_of(plan.guess.zone)
    ends = (datetime.fromtimestamp(one / 1000, UTC).astimezone(zone) for one in (plan.first, plan.last))
    return f"{plan.guess.zone} ({', '.join(dict.fromkeys(f'{one:%z}' for one in ends))})"


def _roles() -> dict[str, str]:
    return {
        "time": _("time"),
        "end": _("end"),
        "duration": _("duration"),
        "text": _("text"),
        "kind": _("kind"),
        "party": _("party"),
        "unit": _("unit"),
        "person": _("person"),
        "place": _("place"),
        "category": _("category"),
        "priority": _("priority"),
        "state": _("state"),
        "coordinates": _("coordinates"),
        "latitude": _("latitude"),
        "longitude": _("longitude"),
        "key": _("known again by"),
        "ignore": _("left out"),
    }
