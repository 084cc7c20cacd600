"""Keep the catalogue: find every text in the code, bring the Dutch up to date, and compile it.

python -m tests.translations           update resources/translations
python -m tests.translations --check   say what is missing, unused or not compiled; exit 1 if anything is
"""

import re
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from commandlog.cli import commands
from commandlog.commands import helping

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "resources" / "translations" / "nl" / "LC_MESSAGES"
KEYWORDS = {"_": None, "ngettext": (1, 2), "marked": None}


def template() -> Catalog:
    """Return every text that the code marks, with where it stands."""
    found = Catalog(project="CommandLog", charset="utf-8")
    for package in ("commandlog", "ui"):
        folder = ROOT / package
        if folder.is_dir():
            for name, line, text, comments, context in extract_from_dir(str(folder), keywords=KEYWORDS):
                found.add(text, None, [(f"{package}/{name}", line)], auto_comments=comments, context=context)
    for text in helping.texts(commands):
        found.add(text, None, [("commandlog/commands", 0)])
    return found


def dutch() -> Catalog:
    """Return the Dutch as it is kept."""
    path = FOLDER / "commandlog.po"
    if not path.exists():
        return Catalog(locale="nl", project="CommandLog")
    with path.open("rb") as file:
        return read_po(file, locale="nl")


def compiled(catalogue: Catalog) -> bytes:
    """Return the catalogue as gettext reads it."""
    file = BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def unreachable() -> list[str]:
    """Return where a text is marked inside an f-string, which extraction does not see before Python 3.12."""
    return [
        f"{path.relative_to(ROOT)}:{number}: a text inside an f-string is not found: take it out"
        for package in ("commandlog", "ui")
        for path in sorted((ROOT / package).rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if re.search(r"""\bf["'].*\{_\(""", line)
    ]


def faults() -> list[str]:
    """Return what is wrong with the catalogue, a line each."""
    wanted, kept = template(), dutch()
    said = unreachable()
    for message in wanted:
        if not message.id:
            continue
        mine = kept.get(message.id, message.context)
        texts = mine.string if mine and isinstance(mine.string, tuple) else [mine.string if mine else ""]
        if not mine or mine.fuzzy or not all(texts):
            said.append(f"no Dutch for {message.id!r}")
        elif any(_fields(_last(text)) != _fields(_last(message.id)) for text in texts):
            said.append(f"other fields in the Dutch of {message.id!r}")
    said += [f"no longer used: {m.id!r}" for m in kept if m.id and wanted.get(m.id, m.context) is None]
    path = FOLDER / "commandlog.mo"
    if not path.exists() or path.read_bytes() != compiled(kept):
        said.append("commandlog.mo is not compiled from commandlog.po: run make translations")
    return said


def update() -> None:
    """Bring the kept catalogue up to date with the code, and compile it."""
    catalogue = dutch()
    catalogue.update(template(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.header_comment = "# The Dutch of CommandLog, as a command-centre person would say it."
    catalogue.fuzzy = False
    catalogue.project, catalogue.version = "CommandLog", ""
    catalogue.msgid_bugs_address = catalogue.last_translator = catalogue.language_team = ""
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)  # or every run is a change
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "commandlog.po").open("wb") as file:
        write_po(file, catalogue, width=120, sort_output=True, no_location=True, omit_header=False)
    (FOLDER / "commandlog.mo").write_bytes(compiled(dutch()))


def _fields(text: str) -> set[str]:
    return set(re.findall(r"\{[^{}]*\}", text))


def _last(text: Any) -> str:
    return str(text if isinstance(text, str) else text[-1])


def main() -> int:
    """Update, or check; returns 1 where something is missing."""
    if "--check" not in sys.argv:
        update()
    said = faults()
    print("\n".join(said) if said else "every text has its Dutch")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
