"""JSON lines: every entry to the byte, one object a line, for programs and for keeping.

The first line is an object with the one key "about": what this is, of which event, as it stood when, for whom. Every
other line is an `Entry` (commandlog.model.flat) without its empty fields. UTF-8, no byte order mark, lines end in LF.
"""

from typing import BinaryIO
from uuid import UUID

import msgspec

from commandlog import __version__
from commandlog.export.contents import Contents, Progress
from commandlog.export.flat import Flattener
from commandlog.model.covenant import spoken
from commandlog.model.flat import FORMAT, FORMAT_VERSION


def write(contents: Contents, out: BinaryIO, progress: Progress | None = None) -> None:
    """Write the entries to a binary file."""
    encoder, flattener = msgspec.json.Encoder(), Flattener(contents)
    out.write(encoder.encode({"about": about(contents)}) + b"\n")
    out.writelines(encoder.encode(flattener.entry(line)) + b"\n" for line in contents.lines(progress))


def about(contents: Contents) -> dict[str, object]:
    """Return what the file is: the event, its parties, the moment and the reader, as JSON would hold it."""
    covenant = contents.covenant
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "producer": f"CommandLog {__version__}",
        "log": str(UUID(bytes=contents.log.id)),
        "event": contents.event,
        "exercise": contents.exercise,
        "timezone": covenant.timezone,
        "driver": covenant.driver,
        "parties": {one.code: {"name": spoken(one.name), "sector": one.sector} for one in covenant.parties},
        "places": {one.code: spoken(one.name) for one in covenant.places},
        "categories": {one.code: spoken(one.name) for one in covenant.categories},
        "position": contents.moment.position,
        "head": contents.head,
        "as_of": contents.iso(contents.moment.clock),
        "live": contents.live,
        "made_at": contents.iso(contents.made_at),
        "for_party": contents.for_party,
        "entries": contents.entries,
    }
