"""What the covenant says, as tables: who takes part, where, about what, and what each may and must."""

from collections.abc import Iterable

from commandlog.export.contents import Contents
from commandlog.export.tables import Column, Table, part
from commandlog.language import _
from commandlog.model.covenant import Covenant, Place, spoken
from commandlog.model.words import label


def _code() -> Column:
    return Column(_("Code"), 18, _("What records and the other forms carry."), field="code")


def _name() -> Column:
    return Column(_("Name"), 34, _("What people call it."), field="name")


def _also() -> Column:
    return Column(_("Also called"), 24, _("Other names by which it is known."), field="aliases")


def _article() -> Column:
    return Column(_("Article"), 24, _("On which ground."), field="article")


def _text() -> Column:
    return Column(_("Text"), 70, _("What the covenant or the law says."), field="text")


def _made(name: str, file: str, columns: list[Column], rows: Iterable[list[object]]) -> Table:
    found = [[*row, None] for row in rows]
    return Table(name, file, [*columns, part()], lambda: iter(found))


def covenant(contents: Contents) -> list[Table]:
    """Return the tables of what the covenant says, save its places."""
    one = contents.covenant
    return [_parties(one), _units(one), _categories(one), _powers(one), _mandates(one), _ladders(one)]


def _parties(covenant: Covenant) -> Table:
    columns = [
        _code(),
        _name(),
        Column(_("Sector"), 10, _("Public or private."), field="sector"),
        Column(_("Driver"), 9, _("“driver” is the party that leads the cooperation."), field="driver"),
        Column(_("Letter"), 8, _("What its desks' codes begin with."), field="letter"),
        Column(_("Contacts"), 40, _("Whom to call when a desk is empty."), field="contacts"),
        _also(),
    ]
    rows: list[list[object]] = []
    for party in covenant.parties:
        contacts = [" · ".join(p for p in (c.name, c.phone, c.channel) if p) for c in party.contacts]
        driver = _("driver") if party.code == covenant.driver else ""
        named = [party.code, spoken(party.name), label(party.sector), driver, party.letter]
        rows.append([*named, "\n".join(contacts), ", ".join(party.aliases)])
    return _made(_("Parties"), "parties", columns, rows)


def _units(covenant: Covenant) -> Table:
    columns = [
        Column(_("Call sign"), 14, _("Who speaks on the radio."), field="callsign"),
        Column(_("Party"), 22, _("The party that it belongs to."), field="party"),
        Column(_("Role"), 20, _("What it is there for."), field="role"),
        Column(_("Of two parties"), 30, _("The parties of a unit that spans two."), field="parties"),
        Column(_("Answers"), 20, _("The party that accepts or declines its tasks."), field="accepts"),
        Column(_("Channel"), 11, _("Where it is heard."), field="channel"),
        _also(),
    ]
    name = covenant.party_name
    rows: list[list[object]] = [
        [
            unit.callsign,
            name(unit.party),
            covenant.role_name(unit.role),
            ", ".join(map(name, unit.parties)),
            name(unit.answering_party),
            unit.channel,
            ", ".join(unit.aliases),
        ]
        for unit in covenant.units
    ]
    return _made(_("Units"), "units", columns, rows)


def places(contents: Contents) -> Table:
    """Return the table of places."""
    covenant = contents.covenant
    columns = [
        _code(),
        _name(),
        Column(_("Space"), 12, _("Public or private space."), field="space"),
        Column(_("Lead"), 50, _("The leading party for each subject."), field="lead"),
        Column(_("Within"), 22, _("The place that it is part of."), field="within"),
        Column(_("Holds"), 10, _("How many people the place holds, where that is known."), "number", "capacity"),
        Column(_("Warn at"), 10, _("The part of that from which a count is a warning."), "percent", "warn_at"),
        Column(_("Latitude"), 12, _("Of its pin, in degrees (WGS 84)."), "number", "latitude"),
        Column(_("Longitude"), 12, _("Of its pin, in degrees (WGS 84)."), "number", "longitude"),
        _also(),
    ]
    rows = [_place(covenant, one) for one in covenant.places]
    return _made(_("Places"), "places", columns, rows)


def _place(covenant: Covenant, place: Place) -> list[object]:
    lead = ", ".join(f"{label(subject)}: {covenant.party_name(one)}" for subject, one in place.lead.items())
    within = covenant.place_name(place.within) if place.within else ""
    pin = place.pin or (None, None)
    warn = place.warn_at / 100 if place.warn_at else None
    named = [place.code, spoken(place.name), label(place.space), lead, within]
    return [*named, place.capacity or None, warn, *pin, ", ".join(place.aliases)]


def _categories(covenant: Covenant) -> Table:
    told = _("1 where a report of it must get a disposition.")
    columns = [
        _code(),
        _name(),
        Column(_("Subject"), 16, _("Decides who leads."), field="subject"),
        Column(_("Suspicion"), 10, told, "number", "suspicion"),
        _also(),
    ]
    rows: list[list[object]] = [
        [one.code, spoken(one.name), label(one.subject), int(one.suspicion), ", ".join(one.aliases)]
        for one in covenant.categories
    ]
    return _made(_("Categories"), "categories", columns, rows)


def _powers(covenant: Covenant) -> Table:
    columns = [
        _code(),
        _name(),
        Column(_("Holders"), 30, _("The parties that may do it."), field="holders"),
        _article(),
        _text(),
        Column(_("Words"), 30, _("Words of a task that name it."), field="words"),
    ]
    rows: list[list[object]] = [
        [
            one.code,
            spoken(one.name),
            ", ".join(map(covenant.party_name, one.holders)),
            one.article,
            spoken(one.text),
            ", ".join(one.words),
        ]
        for one in covenant.powers
    ]
    return _made(_("Powers"), "powers", columns, rows)


def _mandates(covenant: Covenant) -> Table:
    columns = [
        _code(),
        Column(_("Party"), 22, _("The party of the role."), field="party"),
        Column(_("Role"), 20, _("Whose mandate it is."), field="role"),
        _article(),
        _text(),
        Column(_("Tasks"), 50, _("What the role is there to do."), field="tasks"),
        Column(_("May report"), 40, _("The categories that the role may report."), field="may_report"),
    ]
    rows: list[list[object]] = [
        [
            one.code,
            covenant.party_name(one.party),
            covenant.role_name(one.role),
            one.article,
            spoken(one.text),
            "\n".join(map(spoken, one.tasks)),
            ", ".join(map(covenant.category_name, one.may_report)),
        ]
        for one in covenant.mandates
    ]
    return _made(_("Mandates"), "mandates", columns, rows)


def _ladders(covenant: Covenant) -> Table:
    columns = [
        _code(),
        _name(),
        Column(_("Step"), 8, _("From low to high."), "number", "step"),
        Column(_("Level"), 22, _("One rung of the ladder."), field="level"),
        Column(_("Declared by"), 40, _("The parties that may declare it; empty is all."), field="declared_by"),
        Column(_("Review after"), 12, _("Minutes after which it is looked at again."), "number", "review_minutes"),
    ]
    rows: list[list[object]] = []
    for one in covenant.ladders:
        by = ", ".join(map(covenant.party_name, one.declared_by))
        for step, level in enumerate(one.levels, start=1):
            named = [one.code, spoken(one.name), step, spoken(level.name), by]
            rows.append([*named, one.review_minutes or None])
    for step, phase in enumerate(covenant.phases, start=1):
        rows.append([phase.code, _("event phase"), step, spoken(phase.name), "", None])
    return _made(_("Ladders"), "ladders", columns, rows)
