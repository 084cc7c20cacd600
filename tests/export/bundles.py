"""Taking bundles apart and putting them together again, as somebody would who holds no key."""

import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from commandlog.export.exporting import export
from commandlog.log import archive, chain
from commandlog.log.archive import Member, Writing
from commandlog.log.bundle_check import BundleVerdict, check_bundle
from commandlog.log.bundle_form import MANIFEST, RECORDS, SIGNATURE, Manifest, MemberLine, packed
from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.model.errors import CommandLogError
from commandlog.views import moments

Members = dict[str, bytes]
Lines = list[dict[str, Any]]


def bundled(log: Log, out: Path, *, for_party: str = "", desk: Desk | None = None, at: int = 0) -> Path:
    """Write a bundle of a log as it is, or as it stood after a position."""
    moment = moments.earlier(log, str(at)) if at else moments.live(log)
    export(log, out, moment, for_party=for_party, desk=desk)
    return out


def unpacked(path: Path) -> Members:
    """Return what is in a bundle, as any program that opens ZIP files sees it."""
    with zipfile.ZipFile(path) as zipped:
        assert zipped.testzip() is None
        return {name: zipped.read(name) for name in zipped.namelist()}


def put_together(path: Path, members: Members) -> Path:
    """Write members as a bundle has them; what is in them is not looked at."""
    with path.open("w+b") as out:
        writing = Writing(out)
        for name, data in members.items():
            writing.add(name, [data])
        writing.close()
    return path


def refitted(members: Members, **told: Any) -> Members:
    """Make the manifest fit the members again, which needs no key; the signature, which does, is left out."""
    before = msgspec.json.decode(members[MANIFEST], type=Manifest)
    kept = {name: data for name, data in members.items() if name not in (MANIFEST, SIGNATURE)}
    rows = lines(kept)
    counts: dict[str, Any] = {
        "records": len(rows),
        "head": rows[-1]["hash"] if rows else "",
        "sealed": sum("frame" not in row for row in rows),
        "without_words": sum("words_hash" in row for row in rows),
        "members": tuple(MemberLine(name, len(data), sha256(data).hexdigest()) for name, data in kept.items()),
    }
    manifest = msgspec.structs.replace(before, **{**counts, **told})
    return {**kept, MANIFEST: packed(manifest)}


def lines(members: Members) -> Lines:
    """Return the records' lines; those that cannot be read are left out."""
    found = []
    for line in members[RECORDS].splitlines():
        try:
            found.append(msgspec.json.decode(line))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
    return [one for one in found if isinstance(one, dict) and "hash" in one]


def with_lines(members: Members, change: Callable[[Lines], object]) -> Members:
    """Change the records' lines, and make fit what needs no key: positions, hashes, checkpoints left out, manifest."""
    rows = lines(members)
    change(rows)
    previous = chain.GENESIS
    for seq, row in enumerate(rows, start=1):
        header = chain.moved(bytes.fromhex(row["header"]), seq)
        previous = chain.link(previous, header)
        row.update(seq=seq, header=header.hex(), hash=previous.hex())
    return refitted({**members, RECORDS: jsonl(rows), "checkpoints.jsonl": b""})


def jsonl(rows: Lines) -> bytes:
    """Return rows as lines."""
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def laid_out(members: list[tuple[Member, bytes]]) -> bytes:
    """Return the bytes of a file with these headers, wherever they lead, and whatever they say."""
    body = b"".join(archive._local(member) + data for member, data in members)
    return body + archive._directory([member for member, _data in members], len(body))


def judged(path: Path, **options: Any) -> BundleVerdict | None:
    """Return the verdict on a bundle, None where it cannot be read as one; anything but an error in words fails."""
    try:
        return check_bundle(path, **options)
    except CommandLogError as error:
        assert str(error).count("\n") == 0
        return None


def holds(path: Path) -> bool:
    """Whether a bundle is found to hold."""
    verdict = judged(path)
    return verdict is not None and verdict.holds
