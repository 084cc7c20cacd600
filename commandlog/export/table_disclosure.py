"""Who was told what later, from whom it was recalled, and which files go with the entries, as tables."""

from collections.abc import Iterator

from commandlog.export.contents import Contents
from commandlog.export.tables import Column, Table, in_zone, part
from commandlog.export.xlsx_cells import moment
from commandlog.language import _
from commandlog.model.errors import RuleError
from commandlog.model.words import label
from commandlog.views import attachments as attached
from commandlog.views.disclosure import Deed, disclosures


def disclosure(contents: Contents) -> Table:
    """Return the table of what was told or recalled after it was written, a row for each party and entry."""
    columns = [
        Column(_("Entry"), 11, _("The entry that was told or recalled."), field="entry"),
        Column(_("Kind"), 14, _("Report, observation, note, decision, message, task and so on."), field="kind"),
        Column(
            _("Written for"), 30, _("The parties that could read it from the start; empty is all."), field="audience"
        ),
        Column(_("Deed"), 16, _("Released, given with a task, recalled, or erased."), field="deed"),
        Column(_("Party"), 20, _("The party that was told, or that it was recalled from."), field="party"),
        Column(in_zone(_("Time"), contents.covenant.timezone), 19, _("When that was."), "time", "time"),
        Column(_("By"), 18, _("The party that decided it."), field="by"),
        Column(_("Record"), 11, _("How people call the record of it."), field="record"),
        Column(_("Ground"), 50, _("On what basis, or why."), field="ground"),
        Column(_("Told again"), 11, _("The record by which a recalled entry was told anew."), field="again"),
        part(),
    ]
    return Table(_("Disclosure"), "disclosure", columns, lambda: _disclosure(contents))


_CONCERNED = (
    "SELECT DISTINCT e.entry FROM entries e WHERE e.since IN (SELECT record FROM grants WHERE since <= :p"
    " UNION SELECT record FROM recalls WHERE since <= :p UNION SELECT record FROM erasures WHERE since <= :p)"
    " AND e.occurred >= :from AND (:to = 0 OR e.occurred < :to) ORDER BY 1"
)


def _disclosure(contents: Contents) -> Iterator[list[object]]:
    values = {"p": contents.moment.position, "from": contents.since or -(1 << 62), "to": contents.until}
    name = contents.covenant.party_name
    for (entry,) in contents.log.db.execute(_CONCERNED, values).fetchall():
        if not contents.readable(entry):
            continue
        (one,) = disclosures(contents.log, contents.moment, entry=entry)
        first = [one.reference, label(one.kind), ", ".join(map(name, one.audience))]
        deeds = [(told.how, told.party, told.deed, "") for told in one.told]
        deeds += [("recalled", taken.party, taken.deed, taken.again) for taken in one.taken]
        deeds += [("erased", "", deed, "") for deed in one.erased]
        for how, party, deed, again in sorted(deeds, key=lambda each: each[2].at):
            yield [*first, label(how), name(party), *_deed(contents, deed), again, None]


def _deed(contents: Contents, deed: Deed) -> list[object]:
    """Return when, by whom and why; of a decision that the reader may not read, only when."""
    at = moment(contents, deed.at)
    if contents.for_party and not _may_read(contents, deed.reference):
        return [at, "", "", ""]
    return [at, contents.covenant.party_name(deed.party), deed.reference, deed.reason]


def _may_read(contents: Contents, reference: str) -> bool:
    try:
        return contents.readable(contents.log.find(reference))
    except RuleError:  # it is sealed in this copy of the log
        return False


def attachments(contents: Contents) -> Table:
    """Return the table of attachments; what is in them is not in it."""
    told = _("SHA-256 of a secret and the content, in hexadecimal: the bundle checks it.")
    columns = [
        Column(_("Reference"), 11, _("How people call the attachment."), field="reference"),
        Column(_("Entry"), 11, _("The entry that it goes with."), field="entry"),
        Column(_("Name"), 30, _("The name that the file had."), field="name"),
        Column(_("Text"), 40, _("What was said of it."), field="text"),
        Column(_("Type"), 24, _("What the content shows it to be."), field="media"),
        Column(_("Bytes"), 12, _("How large it is."), "number", "size"),
        Column(_("Width"), 8, _("Of an image, in pixels."), "number", "width"),
        Column(_("Height"), 8, _("Of an image, in pixels."), "number", "height"),
        Column(_("Hash"), 40, told, field="file"),
        Column(_("Erased"), 9, _("1 where its content was destroyed."), "number", "erased"),
        part(),
    ]
    return Table(_("Attachments"), "attachments", columns, lambda: _attachments(contents))


def _attachments(contents: Contents) -> Iterator[list[object]]:
    for one in attached.attachments(contents.log, contents.moment, contents.for_party):
        entry = contents.reader.reference_at(one.entry)
        size = (one.size, one.width or None, one.height or None)
        yield [one.reference, entry, one.name, one.text, one.media, *size, one.file.hex(), int(one.erased), None]
