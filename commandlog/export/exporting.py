"""How a log goes out: one call, the form by the suffix, and nothing half done.

An export from a desk is recorded in the log in the same breath (`documents`), so that the copies outstanding can be
listed, and are known when words must be erased.
"""

from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, NamedTuple

from commandlog.export.contents import Contents, Progress
from commandlog.export.documents import check_place, put
from commandlog.language import _
from commandlog.log.derived.table import id_at
from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.model.errors import RuleError
from commandlog.model.frames import Millis
from commandlog.views.moments import Moment

Writer = Callable[[Contents, BinaryIO, Progress | None], None]

FORMS: dict[str, str] = {
    ".pdf": "pdf_form",
    ".xlsx": "xlsx_form",
    ".csv": "csv_form",
    ".csv.zip": "csv_set",
    ".jsonl": "jsonl_form",
    ".geojson": "geojson_form",
    ".html": "html_form",
    ".zip": "bundle",
}
"""The forms by suffix, each with the module here that writes it: read only when it is asked for."""


class Written(NamedTuple):
    """A document: where, which form ("pdf"), the SHA-256 of its bytes, and how many entries it holds."""

    path: Path
    form: str
    digest: bytes
    entries: int


def export(
    log: Log,
    out: Path,
    moment: Moment,
    *,
    for_party: str = "",
    since: Millis = 0,
    until: Millis = 0,
    sections: Iterable[str] = (),
    progress: Progress | None = None,
    desk: Desk | None = None,
) -> Written:
    """Write everything up to `moment` to `out`, in the form that its suffix names and in the current language.

    With `for_party`, only what that party may read: in a desk's file of a shared log always, by default its own. A
    bundle of such a file leaves out what waits for its place. With `since` and `until` (milliseconds UTC), only what
    happened at or after the one and before the other; with `sections`, only these parts of a form that has them. With
    `desk`, the export is recorded in the log. A file that is there already is replaced, whole or not at all. `progress`
    is called with the entries done and the total.
    Raises RuleError (a suffix, place, party, range or section that cannot be) or Unavailable (no room, no permission);
    nothing is left behind then.
    """
    form = _form(log, out)
    if log.member and not log.member.keeper:
        for_party = for_party or log.member.party  # more is not in the file
        if form == "zip" and moment.position > log.head.seq:  # what waits for its place has no check value yet
            moment = moment._replace(position=log.head.seq)
    contents = Contents(log, moment, for_party, desk.party if desk else "", since, until, sections)
    if form == "zip" and (contents.partly or contents.sections):
        raise RuleError(
            _("A bundle is the whole log, or it would prove nothing: leave the range and the sections out.")
        )
    write = writer(form)
    contents.signer = desk.signer if desk else None
    digest = put(
        out,
        lambda file: write(contents, file, progress),
        desk,
        form=form,
        upto=id_at(log.db, moment.position),
        for_party=for_party,
        part=_part(contents),
    )
    return Written(out, form, digest, contents.entries)


def writer(form: str) -> Writer:
    """Return the function that writes a form ("pdf")."""
    write: Writer = import_module(f"commandlog.export.{FORMS[f'.{form}']}").write
    return write


def _part(contents: Contents) -> str:
    """Return which part of the log a copy holds, for its record: the range in ISO 8601, and the sections."""
    span = f"{contents.iso(contents.since) or '..'}/{contents.iso(contents.until) or '..'}" if contents.partly else ""
    return " ".join((span, *contents.sections)).strip()


def _form(log: Log, out: Path) -> str:
    """Return the form that a path asks for; raises RuleError for one that cannot be written."""
    name = out.name.lower()
    suffix = max((one for one in FORMS if name.endswith(one) and name != one), key=len, default="")
    if not suffix:
        raise RuleError(
            _("“{file}” has no form that can be written: end it in {forms}.").format(
                file=out.name, forms=_(" or ").join(FORMS)
            )
        )
    check_place(log, out)
    return suffix[1:]
