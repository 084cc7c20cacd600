"""The covenant as tables: what each section of the screen says, in the current language."""

from collections.abc import Sequence
from typing import NamedTuple

from commandlog.language import _, ngettext
from commandlog.model.covenant import Covenant, Unit, spoken
from commandlog.model.gaps import gaps
from commandlog.model.words import label

Row = tuple[str, ...]


class Section(NamedTuple):
    """A table: its title, the heads of its columns, how much room each takes, and its rows."""

    title: str
    heads: tuple[str, ...]
    widths: tuple[int, ...]
    rows: Sequence[Row]
    empty: str = ""


def sections(covenant: Covenant) -> list[Section]:
    """Return all of a covenant, what people look up first at the top."""
    return [
        _contacts(covenant),
        _matrix(covenant),
        _units(covenant),
        _mandates(covenant),
        _powers(covenant),
        _places(covenant),
        _levels(covenant),
        _categories(covenant),
        _terms(covenant),
        _gaps(covenant),
    ]


def _contacts(covenant: Covenant) -> Section:
    rows: list[Row] = []
    for party in covenant.parties:
        name = f"{party.letter}  {spoken(party.name)}"
        what = _("public") if party.sector == "public" else _("private")
        if party.code == covenant.driver:
            what += " · " + _("driver")
        if not party.contacts:
            rows.append((name, what, _("nobody named"), "", ""))
        for number, one in enumerate(party.contacts):
            rows.append((name if not number else "", what if not number else "", one.name, one.phone, one.channel))
    heads = (_("Party"), _("Sector"), _("Whom to call"), _("Telephone"), _("Channel"))
    return Section(_("Parties and contacts"), heads, (3, 2, 4, 3, 1), rows)


def _matrix(covenant: Covenant) -> Section:
    """Return who does what: roles down, parties across; in a cell the call signs, and whether a mandate says more."""
    rows = []
    for role in covenant.roles:
        cells = [_cell(covenant, role.code, party.code) for party in covenant.parties]
        if any(cells):
            rows.append((spoken(role.name), *cells))
    heads = (_("Role"), *(spoken(one.name) for one in covenant.parties))
    widths = (3, *(3 for _party in covenant.parties))
    return Section(_("Who does what"), heads, widths, rows, _("The covenant names no roles."))


def _cell(covenant: Covenant, role: str, party: str) -> str:
    mine = [one for one in covenant.units if one.role == role and party in (one.party, *one.parties)]
    mandated = any(one.role == role and one.party == party for one in covenant.mandates)
    return "\n".join([*_callsigns(mine), *([_("§\u00a0mandate").replace(" ", "\u00a0")] if mandated else [])])


def _callsigns(units: list[Unit]) -> list[str]:
    """Return call signs, those that differ in their number alone as one: "Oog 1–6"."""
    series: dict[str, list[int]] = {}
    found: list[str] = []
    for one in units:
        stem, _space, number = one.callsign.rpartition(" ")
        if stem and number.isdigit():
            series.setdefault(stem, []).append(int(number))
        else:
            found.append(one.callsign)
    for stem, numbers in series.items():
        ordered = sorted(numbers)
        whole = ordered == list(range(ordered[0], ordered[-1] + 1)) and len(ordered) > 1
        told = f"{ordered[0]}–{ordered[-1]}" if whole else ", ".join(map(str, ordered))
        found.append(f"{stem} {told}")
    return found


def _units(covenant: Covenant) -> Section:
    rows = [
        (
            one.callsign,
            covenant.role_name(one.role) if one.role else "",
            " + ".join(covenant.party_name(code) for code in dict.fromkeys((one.party, *one.parties))),
            covenant.party_name(one.answering_party),
            one.channel,
            ", ".join(one.aliases),
        )
        for one in covenant.units
    ]
    heads = (_("Call sign"), _("Role"), _("Party"), _("Answers for it"), _("Channel"), _("Also called"))
    return Section(_("Units"), heads, (3, 3, 4, 3, 1, 3), rows, _("The covenant names no units."))


def _mandates(covenant: Covenant) -> Section:
    rows = []
    for one in covenant.mandates:
        whose = f"{covenant.role_name(one.role)} · {covenant.party_name(one.party)}"
        tasks = "\n".join(f"· {spoken(task)}" for task in one.tasks)
        reports = ", ".join(covenant.category_name(code) for code in one.may_report) or _("everything")
        rows.append((whose, one.article, spoken(one.text), tasks, reports))
    heads = (_("Role"), _("Article"), _("What it says"), _("Tasks"), _("May report"))
    return Section(_("Mandates"), heads, (3, 3, 5, 4, 5), rows, _("The covenant names no mandates."))


def _powers(covenant: Covenant) -> Section:
    rows = [
        (
            spoken(one.name),
            ", ".join(map(covenant.party_name, one.holders)) or _("nobody"),
            one.article,
            spoken(one.text),
        )
        for one in covenant.powers
    ]
    heads = (_("Power"), _("Held by"), _("Article"), _("What it says"))
    return Section(_("Powers"), heads, (3, 3, 2, 6), rows, _("The covenant names no powers."))


def _places(covenant: Covenant) -> Section:
    rows = []
    for one in covenant.places:
        lead = "\n".join(f"{label(subject)}: {covenant.party_name(party)}" for subject, party in one.lead.items())
        within = covenant.place_name(one.within) if one.within else ""
        space = _("public space") if one.space == "public" else _("private space")
        size = f"{one.capacity:,}".replace(",", ".") if one.capacity else ""
        rows.append(
            (spoken(one.name), space, lead or (_("as {place}").format(place=within) if within else ""), within, size)
        )
    heads = (_("Place"), _("Space"), _("Leads"), _("Lies within"), _("Holds"))
    return Section(_("Places"), heads, (4, 3, 4, 3, 2), rows, _("The covenant names no places."))


def _levels(covenant: Covenant) -> Section:
    rows: list[Row] = []
    for ladder in covenant.ladders:
        who = ", ".join(map(covenant.party_name, ladder.declared_by)) or _("every party")
        minutes = ladder.review_minutes
        review = ngettext("{n} minute", "{n} minutes", minutes).format(n=minutes) if minutes else ""
        levels = " → ".join(spoken(one.name) for one in ladder.levels)
        rows.append((spoken(ladder.name), levels, who, review))
    if covenant.phases:
        rows.append((_("Phases of the event"), " → ".join(spoken(one.name) for one in covenant.phases), "", ""))
    heads = (_("Ladder"), _("Levels"), _("May declare"), _("Reviewed after"))
    return Section(_("Levels and phases"), heads, (3, 6, 4, 2), rows, _("The covenant names no levels."))


def _categories(covenant: Covenant) -> Section:
    rows = [
        (
            spoken(one.name),
            label(one.subject) if one.subject else "",
            _("must be assessed") if one.suspicion else "",
            ", ".join(one.aliases),
        )
        for one in covenant.categories
    ]
    heads = (_("Category"), _("Subject"), _("Suspicion"), _("Also called"))
    return Section(_("Categories"), heads, (3, 2, 3, 6), rows, _("The covenant names no categories."))


_VARIANTS = {
    "continue": lambda: _("each party shares what it chooses"),
    "deepen": lambda: _("equal information in both directions, on a named legal ground"),
    "broaden": lambda: _("private parties also hold tasks that were public, on a named legal ground"),
}


def _terms(covenant: Covenant) -> Section:
    told = _VARIANTS.get(covenant.variant)
    days = covenant.retention_days
    rows = [
        (_("Name"), spoken(covenant.name)),
        (_("Driver"), covenant.party_name(covenant.driver)),
        (_("Cooperation"), told() if told else covenant.variant),
        (_("Exercise"), _("yes, marked so everywhere") if covenant.exercise else _("no")),
        (_("Answer expected within"), _minutes(covenant.answer_minutes)),
        (_("Valid until"), covenant.valid_until),
        (_("Evaluation due"), covenant.evaluation_due),
        (_("A closed log is kept for"), ngettext("{n} day", "{n} days", days).format(n=days) if days else ""),
        (_("Time zone"), covenant.timezone),
    ]
    rows += [
        (
            _("Attention: {what}").format(what=spoken(one.name)),
            " → ".join(part for part in (_minutes(one.after_minutes), spoken(one.action)) if part),
        )
        for one in covenant.alarms
    ]
    return Section(_("Terms"), (_("What"), _("Agreed")), (2, 5), [row for row in rows if row[1]])


def _minutes(n: int) -> str:
    return ngettext("{n} minute", "{n} minutes", n).format(n=n) if n else ""


def _gaps(covenant: Covenant) -> Section:
    rows = [(problem, key) for key, problem in gaps(covenant)]
    return Section(_("Gaps"), (_("What is missing"), _("Where to write it")), (6, 3), rows, _("Nothing is missing."))
