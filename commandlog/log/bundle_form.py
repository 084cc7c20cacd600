"""What a bundle is made of: its members, the lines in them, and what its desk signs. docs/bundle.md says it in prose.

A bundle is the whole log up to a moment, as a file that proves itself: every header, and of each record the very bytes
that were hashed, behind their salts. They stand in JSON lines as text, so that whoever doubts a figure can look. Bytes
that are no text are written in hexadecimal, lower case.
"""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

FORMAT, VERSION = "commandlog-bundle", 1

README = "README.txt"
RECORDS = "records.jsonl"
CHECKPOINTS = "checkpoints.jsonl"
ATTACHMENTS = "attachments/"
MANIFEST = "manifest.json"
SIGNATURE = "signature.json"

LINE = 16 << 20  # bytes that a line may have
MANIFEST_LIMIT = 32 << 20  # bytes
SIGNATURE_LIMIT = 4096  # bytes


class RecordLine(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A record: header and hash always; frame and words as far as the reader may read them.

    `words_hash` stands in for words that were erased. A record without a frame is sealed: nothing of it is here that
    could confirm a guess at what it says.
    """

    seq: int
    header: str
    hash: str
    frame_salt: str = ""
    frame: str = ""
    words_salt: str = ""
    words: str = ""
    words_hash: str = ""


class CheckpointLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A checkpoint: that the log had this hash at this position, signed by a desk."""

    seq: int
    hash: str
    desk: str
    signature: str


class MemberLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A member of the file and the SHA-256 of what it holds; `size` is in bytes."""

    name: str
    size: int
    sha256: str


class Manifest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"for_party": "for"}):
    """What is in the bundle: of which log, how many records, the last one's hash, and for whom ("": for everybody).

    `sealed` counts the records of which only the header is here, `without_words` the others whose words are gone.
    `members` are those that stand before the manifest, in their order.
    """

    format: str
    version: int
    log: str
    records: int
    head: str
    for_party: str
    sealed: int
    without_words: int
    members: tuple[MemberLine, ...]


class Signature(Struct, frozen=True, forbid_unknown_fields=True):
    """Which desk made the bundle, and its signature (Ed25519) over the manifest."""

    desk: str
    signature: str


def packed(part: Manifest | Signature) -> bytes:
    """Return the one way in which a manifest or a signature is written."""
    return msgspec.json.format(msgspec.json.encode(part), indent=1) + b"\n"


def is_newer(manifest: bytes) -> bool:
    """Whether a later version of the format wrote this manifest; raises msgspec.MsgspecError where it is no JSON."""
    told = msgspec.json.decode(manifest)
    version = told.get("version") if isinstance(told, dict) and told.get("format") == FORMAT else None
    return isinstance(version, int) and version > VERSION


def unhex(text: str) -> bytes:
    """Return the bytes that a text in hexadecimal stands for; raises ValueError where it is not written that way."""
    data = bytes.fromhex(text)
    if data.hex() != text:
        raise ValueError("not written in lower-case hexadecimal")
    return data


def lines(blocks: Iterable[bytes], limit: int = LINE) -> Iterator[bytes]:
    """Yield the lines of a member, without their ends; raises ValueError for one that is too long or does not end."""
    rest = b""
    for block in blocks:
        first, *more = block.split(b"\n")
        rest += first
        if len(rest) > limit:
            raise ValueError("a line is too long")
        if more:
            yield rest
            *whole, rest = more
            yield from whole
    if rest:
        raise ValueError("the last line does not end")
