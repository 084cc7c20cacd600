"""Check a CommandLog bundle or log without CommandLog.

    python3 verify_commandlog.py FILE [--against "CommandLog checkpoint …"] [--every]

FILE is a bundle (.zip) or a log (.clog). The answer is that it holds, or where it first does not. Exit code 0: holds;
1: does not; 2: cannot be read. The original is never written to: of a log, a copy is read.

This program shares no code with CommandLog and needs nothing but Python 3.9 or newer, so that an expert can read all of
it and run it anywhere. README.md beside it describes the format, for whoever would rather write another one.
"""

import argparse
import base64
import hashlib
import json
import re
import shutil
import sqlite3
import struct
import sys
import tempfile
import zlib
from pathlib import Path

BLOCK = 1 << 20
LONGEST_LINE = 16 << 20
FULL = 0xFFFFFFFF  # what stands for a size that is told elsewhere
README_SHA256 = "321908ca5108464307ece7fa4ba7c8ff593b3c9b5691de4fa6b3c540ae21478c"


class Unreadable(Exception):
    """The file is not what it has to be before anything in it can be checked."""


UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, struct.error, sqlite3.Error, RecursionError)


class Fault(Exception):
    """Something does not hold; `where` is a position or the name of a member."""

    def __init__(self, where, what):
        super().__init__(f"record {where}: {what}" if isinstance(where, int) else f"{where}: {what}")
        self.where = where


def sha256(*parts):
    """Return the SHA-256 of these bytes, one behind the other."""
    return hashlib.sha256(b"".join(parts)).digest()


# -- Ed25519 (RFC 8032, section 5.1) -----------------------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)  # a square root of -1


def _x_of(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def _point(data):
    """Return the point (X, Y, Z, T) that 32 bytes stand for, None where they stand for none."""
    number = int.from_bytes(data, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    x = _x_of(y, sign) if y < P else None
    return None if x is None else (x, y, 1, x * y % P)


def _add(one, two):
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % P, (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number, point):
    found = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = _add(found, point)
        point = _add(point, point)
        number >>= 1
    return found


def _bytes(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed(key, signature, message):
    """Whether `signature` (64 bytes) over `message` was made with the secret half of `key` (32 bytes)."""
    point = _point(key) if len(key) == 32 else None
    s = int.from_bytes(signature[32:], "little")
    if point is None or len(signature) != 64 or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    minus = (P - point[0], point[1], point[2], P - point[3])
    return _bytes(_add(_times(s, BASE), _times(k, minus))) == signature[:32]


# -- what is checked: a bundle, or a copy of a log ---------------------------------------------------------------------


def _listed(name, crc, size, at):
    """Return how the list at the end of a bundle names a member."""
    large = [size, size] * (size >= FULL) + [at] * (at >= FULL)
    extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
    small = (min(size, FULL), min(size, FULL), len(name), len(extra), 0, 0, 0, 0o100644 << 16, min(at, FULL))
    return struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 3 << 8 | 45, 45, 0, 0, 0, 33, crc, *small) + name + extra


class Bundle:
    """A bundle: members one behind the other, none compressed, each with its size in front of it."""

    def __init__(self, path):
        self.file = path.open("rb")
        self.members, self.records_digest = {}, ""
        try:
            self._find_members()
            manifest = self._read("manifest.json", 32 << 20)
            told = self.manifest = json.loads(manifest)
            if json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n" != manifest:
                raise Unreadable("manifest.json is not written as a bundle writes it")
            if (told["format"], told["version"]) != ("commandlog-bundle", 1):
                raise Unreadable("it is not a bundle of version 1")
            self.log_id = unhex(told["log"], 16)
            self.for_party = str(told["for"])
            self.listed = [(one["name"], one["size"], one["sha256"]) for one in told["members"]]
        except (Fault, *UNREADABLE) as error:
            raise Unreadable(f"it is not a bundle ({error})") from error

    def _find_members(self):
        """Read the file from the front; the list at its end has to be the one that follows from what was found."""
        at, listed = 0, b""
        while True:
            self.file.seek(at)
            head = self.file.read(30)
            if head[:4] != b"PK\x03\x04":
                break
            *usual, crc, one, two, name_length, extra = struct.unpack("<HHHHHIIIHH", head[4:])
            name = self.file.read(name_length).decode("ascii")
            kind, length, size, same = struct.unpack("<HHQQ", self.file.read(20))
            known = (usual, one, two, extra) == ([45, 0, 0, 0, 33], FULL, FULL, 20)
            if not known or (kind, length) != (1, 16) or size != same or name in self.members:
                raise Unreadable(f"member {name!r} is not stored as in a bundle")
            listed += _listed(name.encode(), crc, size, at)
            self.members[name] = (at + 50 + name_length, size, crc)
            at += 50 + name_length + size
        count, size, end = len(self.members), len(listed), b""
        if count >= 0xFFFF or at >= FULL:
            end = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 3 << 8 | 45, 45, 0, 0, count, count, size, at)
            end += struct.pack("<4sIQI", b"PK\x06\x07", 0, at + size, 1)
        few = min(count, 0xFFFF)
        end += struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, few, few, size, min(at, FULL), 0)
        self.file.seek(at)
        if self.file.read(len(listed) + len(end) + 1) != listed + end:
            raise Unreadable("its list of members does not follow from its members")

    def content(self, name):
        """Yield what a member holds, in blocks."""
        at, left, crc = self.members[name]
        found = 0
        while left:
            self.file.seek(at)
            block = self.file.read(min(BLOCK, left))
            if not block:
                raise Fault(name, "it is cut short")
            at, left, found = at + len(block), left - len(block), zlib.crc32(block, found)
            yield block
        if found != crc:
            raise Fault(name, "it is not what was written")

    def _read(self, name, limit):
        if name not in self.members or self.members[name][1] > limit:
            raise Unreadable(f"{name} is missing or too large")
        return b"".join(self.content(name))

    def _rows(self, name):
        rest = b""
        for block in self.content(name):
            *lines, rest = (rest + block).split(b"\n")
            if len(rest) > LONGEST_LINE:
                raise ValueError("a line is too long")
            for line in lines:
                row = json.loads(line)
                if json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() != line:
                    raise ValueError("a line can be read in two ways")
                yield row
        if rest:
            raise ValueError("the last line does not end")

    def records(self):
        """Yield (seq, header, hash, salted frame, salted words, words hash), with None for what is not there."""
        for row in self._rows("records.jsonl"):
            sealed = ["seq", "header", "hash"]
            silent = [*sealed, "frame_salt", "frame", "words_hash"]
            if list(row) not in (sealed, silent, [*silent[:5], "words_salt", "words"]):
                raise ValueError(f"a record has the fields {list(row)}")
            frame = unhex(row["frame_salt"], 16) + row["frame"].encode() if "frame" in row else None
            words = unhex(row["words_salt"], 16) + row["words"].encode() if "words" in row else None
            gone = unhex(row["words_hash"], 32) if "words_hash" in row else None
            yield row["seq"], unhex(row["header"]), unhex(row["hash"], 32), frame, words, gone

    def checkpoints(self):
        """Yield (seq, hash, desk, signature)."""
        for row in self._rows("checkpoints.jsonl"):
            yield row["seq"], unhex(row["hash"], 32), row["desk"], unhex(row["signature"], 64)

    def attachment(self, file):
        """Return the content of an attachment, in blocks, None where it is not there."""
        return self.content(f"attachments/{file.hex()}") if f"attachments/{file.hex()}" in self.members else None

    def check_members(self):
        """Check that there is what the manifest lists, and nothing else."""
        names = [name for name, _size, _digest in self.listed]
        attached, there = names[3:], list(self.members)
        if names[:3] != ["README.txt", "records.jsonl", "checkpoints.jsonl"] or attached != sorted(set(attached)):
            raise Fault("manifest.json", "it does not list the members that a bundle has")
        if there not in ([*names, "manifest.json"], [*names, "manifest.json", "signature.json"]):
            raise Fault("manifest.json", "it lists other members than there are")
        for name, size, digest in self.listed:
            content = hashlib.sha256()
            for block in self.content(name):
                content.update(block)
            if name != "records.jsonl" and (self.members[name][1], content.hexdigest()) != (size, digest):
                raise Fault(name, "it is not what the manifest says")
            self.records_digest = content.hexdigest() if name == "records.jsonl" else self.records_digest
        if self.listed[0][2] != README_SHA256:
            raise Fault("README.txt", "it is not the text that CommandLog puts there")

    def check_rest(self, found):
        """Check what the manifest says of the records, and who signed it."""
        if (self.members["records.jsonl"][1], self.records_digest) != self.listed[1][1:]:
            raise Fault("records.jsonl", "it is not what the manifest says")
        told = [self.manifest[key] for key in ("records", "head", "sealed", "without_words")]
        if told != [found.position, found.head.hex(), found.sealed, len(found.silent)]:
            raise Fault("manifest.json", "it counts other records than there are")
        found.signed_by = self._signed_by(found) if "signature.json" in self.members else ""

    def surplus(self, found):
        """Return an attachment that no record speaks of, "" where there is none."""
        known = {f"attachments/{file.hex()}" for file in found.attachments}
        return next((name for name, _size, _digest in self.listed[3:] if name not in known), "")

    def _signed_by(self, found):
        data = self._read("signature.json", 4096)
        try:
            told = json.loads(data)
            usual = json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n" == data
            desk, signature = told["desk"], unhex(told["signature"], 64)
        except UNREADABLE as error:
            raise Fault("signature.json", f"it cannot be read ({error!r})") from error
        message = b"commandlog bundle 1\x00" + sha256(b"".join(self.content("manifest.json")))
        if not usual or list(told) != ["desk", "signature"] or not signed(found.key(desk), signature, message):
            raise Fault("signature.json", "the bundle is not signed by the desk that it names")
        found.signatures += 1
        return desk

    def close(self):
        """Close the file."""
        self.file.close()


class Log:
    """A copy of a log file (SQLite); what CommandLog derives from the records is not looked at."""

    for_party = ""

    def __init__(self, path, folder):
        copy = Path(folder) / "copy"
        for ending in ("", "-wal"):
            if Path(f"{path}{ending}").exists():
                shutil.copyfile(f"{path}{ending}", f"{copy}{ending}")
        try:
            self.db = sqlite3.connect(copy)
            (self.log_id,) = self.db.execute("SELECT value FROM meta WHERE key = 'log_id'").fetchone()
            if member := self.db.execute("SELECT value FROM meta WHERE key = 'member'").fetchone():
                self.for_party = json.loads(member[0])["party"]  # a desk's file of a shared log, where some is withheld
        except (sqlite3.Error, TypeError) as error:
            raise Unreadable(f"it is neither a bundle nor a log ({error})") from error

    def records(self):
        """Return the same of each record of the log."""
        query = "SELECT seq, header, hash, frame, words, words_hash FROM records WHERE seq < 1 << 48 ORDER BY seq"
        return self.db.execute(query)

    def checkpoints(self):
        """Return the same of each checkpoint of the log."""
        return self.db.execute("SELECT seq, hash, desk, signature FROM checkpoints ORDER BY seq")

    def attachment(self, file):
        """Return the content of an attachment, in blocks, None where it is not there."""
        query = "SELECT bytes FROM pieces WHERE file = ? ORDER BY number"
        return (row[0] for row in self.db.execute(query, (file,)))

    def check_members(self):
        """Nothing: a log file has no list of what is in it."""

    def check_rest(self, _found):
        """Nothing: the rest of a log file follows from its records."""

    def surplus(self, _found):
        """Return nothing: a file may be on its way into a log whose record comes after it."""
        return ""

    def close(self):
        """Close the copy."""
        self.db.close()


# -- the checks --------------------------------------------------------------------------------------------------------


class Found:
    """What is known after the records so far."""

    def __init__(self):
        self.position, self.head, self.kept_at = 0, bytes(32), 0
        self.desks, self.numbers = {}, {}  # desk → (party, key); desk → how many records it wrote
        self.sealed = self.signatures = 0
        self.silent, self.erased = {}, set()  # records whose words are gone; those that a decision says so of
        self.attachments = {}  # SHA-256 → (position, salt, size)
        self.signed_by = ""
        self.refused = set()  # desk and number of what a shared log did not take
        self.rewritten = 0  # where it first differs from a check line

    def next_number(self, desk):
        """Return the number of a desk's next record: one that was not taken into a shared log is left out."""
        number = self.numbers.get(desk, 0) + 1
        while (desk, number) in self.refused:
            number += 1
        return number

    def key(self, desk):
        """Return the public key of a desk, empty where none is known."""
        return self.desks.get(desk, ("", b""))[1]


def check(source, lines, every):
    """Check everything in a source, and hold it against check lines; raises Fault at the first that is wrong."""
    found = Found()
    coming = sorted(lines, key=lambda line: line["seq"])
    other = [line for line in coming if line["log"] != source.log_id[-5:]]
    try:
        source.check_members()
        check_records(source, found, coming, every)
        source.check_rest(found)
    except UNREADABLE as error:
        raise Fault(found.position + 1, f"it cannot be read ({error!r})") from error
    unexplained = sorted(seq for record, seq in found.silent.items() if record not in found.erased)
    if unexplained and not found.signed_by:  # a desk that signs a bundle may say that the decision came later
        raise Fault(unexplained[0], "its words were taken away, and no decision erased them")
    if surplus := source.surplus(found):
        raise Fault(surplus, "no record here attaches it")
    for file, (position, salt, size) in found.attachments.items():
        check_attachment(source, file, position, salt, size)
    if other:
        raise Fault(found.position, "the check line is of another log")
    if found.rewritten:
        raise Fault(found.rewritten, "it is not what it was when the check line was made: changed here or before")
    if coming:
        seq = coming[0]["seq"]
        raise Fault(found.position, f"it ends here, before position {seq} of the check line: cut off, or an older copy")
    return found


def check_records(source, found, lines, every):
    """Check the records one after the other, with the checkpoints and check lines between them."""
    checkpoints = source.checkpoints()
    checkpoint, newest = next(checkpoints, None), None
    for record in source.records():
        header = check_record(source, found, record)
        if every or checkpoint is None:  # no checkpoint behind it vouches for it
            check_signature(source, found, header)
        if checkpoint and checkpoint[0] == found.position:
            if checkpoint[1] != found.head:
                raise Fault(found.position, "the log differs from its checkpoint here (--every may find out where)")
            if every:
                check_checkpoint(source, found, checkpoint)
            newest, checkpoint = checkpoint, next(checkpoints, None)
        while lines and lines[0]["seq"] == found.position:
            line = lines.pop(0)
            if line["value"] != found.head[:20] and line["log"] == source.log_id[-5:]:
                found.rewritten = found.rewritten or found.position
    if checkpoint:
        raise Fault(checkpoint[0], "a checkpoint stands here, but no record: the end was cut off")
    if newest and not every:
        check_checkpoint(source, found, newest)


def check_record(source, found, record):
    """Check a record against its header, the record before it, and its desk's count; returns what the header says."""
    seq, data, value, frame, words, words_hash = record
    expected = found.position + 1
    if seq != expected:
        raise Fault(expected, "the record is missing")
    version, log_id, at, record_id, kept_at, digest, signature = struct.unpack_from(">H16sQ16sQ32s64s", data)
    split = 147 + data[146]
    party, desk = data[147:split].decode(), data[split + 1 :].decode()
    if (version, log_id, at, data[split]) != (1, source.log_id, seq, len(data) - split - 1):
        raise Fault(seq, "the header belongs to another record or log")
    if frame is None:
        if not source.for_party or words is not None or words_hash is not None:
            raise Fault(seq, "what it says was taken away")
        found.sealed += 1
        found.numbers[desk] = found.next_number(desk)
    else:
        if words is not None and words_hash is not None:
            raise Fault(seq, "it says that its words are gone, and has them")
        if sha256(b"\x00", sha256(frame), sha256(words) if words is not None else words_hash or b"") != digest:
            raise Fault(seq, "what it says was changed after it was written")
        check_frame(found, seq, record_id, (party, desk), json.loads(frame[16:]), words)
    if sha256(b"\x01", found.head, data) != value:
        raise Fault(seq, "its check value does not follow from the one before")
    if kept_at < found.kept_at:
        raise Fault(seq, "it is dated before the record that precedes it")
    found.position, found.head, found.kept_at = seq, value, kept_at
    return seq, record_id, digest, signature, party, desk


def check_frame(found, seq, record_id, writer, frame, words):
    """Check who wrote a record and with which number, and keep what later ones depend on."""
    if frame["kind"] == "desk_opened":
        found.desks.setdefault(frame["desk"], (frame["party"], base64.b64decode(frame["key"])))
    if tuple(frame["by"][:2]) != writer:
        raise Fault(seq, "it claims to be written by another party or desk than the one that signed it")
    if frame["number"] != found.next_number(writer[1]):
        raise Fault(seq, f"a record of desk {writer[1]} was left out, repeated or moved before this one")
    found.numbers[writer[1]] = frame["number"]
    if frame["kind"] == "refused":
        found.refused.add((frame["desk"], frame["count"]))
    if frame["kind"] == "erased":
        found.erased.update(base64.b64decode(one) for one in frame["records"])
    if words is None:
        found.silent[record_id] = seq
    elif frame["kind"] == "attached":
        salt = base64.b64decode(json.loads(words[16:]).get("salt", ""))
        found.attachments[base64.b64decode(frame["file"])] = (seq, salt, frame["size"])


def check_signature(source, found, header):
    """Check that the desk signed a record."""
    seq, record_id, digest, signature, party, desk = header
    known, key = found.desks.get(desk, ("", b""))
    names = b"".join(bytes([len(name)]) + name for name in (party.encode(), desk.encode()))
    if not signed(key, signature, b"commandlog record 1\x00" + source.log_id + record_id + digest + names):
        raise Fault(seq, "it is not signed by its desk")
    if party != known:
        raise Fault(seq, "it claims to be written by another party or desk than the one that signed it")
    found.signatures += 1


def check_checkpoint(source, found, checkpoint):
    """Check that a desk signed a checkpoint."""
    seq, value, desk, signature = checkpoint
    message = b"commandlog checkpoint 1\x00" + source.log_id + seq.to_bytes(8, "big") + value
    if not signed(found.key(desk), signature, message):
        raise Fault(seq, "the checkpoint here is not signed by its desk")
    found.signatures += 1


def check_attachment(source, file, position, salt, size):
    """Check an attachment against the record that names it."""
    content = source.attachment(file)
    if content is None:
        raise Fault(position, "its attachment is missing")
    digest, length = hashlib.sha256(salt), 0
    for block in content:
        digest.update(block)
        length += len(block)
    if (digest.digest(), length, len(salt)) != (file, size, 16):
        raise Fault(position, "its attachment was changed after it was written")


# -- check lines -------------------------------------------------------------------------------------------------------

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LINE = re.compile(r"CommandLog checkpoint ([\w-]{9}) (\d+) (\S+) ([\w-]{39}) (\w{4})", re.ASCII | re.IGNORECASE)


def letters(data):
    """Return bytes, five at a time, in the letters of a check line, eight at a time."""
    number = int.from_bytes(data, "big")
    return "".join(LETTERS[number >> shift & 31] for shift in range(len(data) * 8 - 5, -1, -5))


def read_lines(text):
    """Return the check lines in a text."""
    read = []
    for name, seq, time, value, given in LINE.findall(" ".join(text.split())):
        bare = [part.upper().replace("-", "").translate(str.maketrans("OIL", "011")) for part in (name, value, given)]
        said = f"{bare[0]} {seq} {time.upper()} {bare[1]}"
        if letters(sha256(said.encode())[:5])[:4] != bare[2]:
            raise Unreadable(f"the check line of position {seq} was mistyped")
        log, begin = (sum(LETTERS.index(c) << 5 * n for n, c in enumerate(reversed(part))) for part in bare[:2])
        read.append({"log": log.to_bytes(5, "big"), "seq": int(seq), "value": begin.to_bytes(20, "big")})
    if not read:
        raise Unreadable("that is no check line")
    return read


# -- the program -------------------------------------------------------------------------------------------------------


def unhex(text, length=None):
    """Return the bytes behind a text in lower-case hexadecimal."""
    data = bytes.fromhex(text)
    if data.hex() != text or length not in (None, len(data)):
        raise ValueError("not written in hexadecimal as it should be")
    return data


def plain(text):
    """Return a text in one line, with nothing in it that a terminal would obey: the file may say anything."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def main():
    """Check one file; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--against", action="append", default=[], help="a check line, or a text file with check lines")
    parser.add_argument("--every", action="store_true", help="check every signature (5 ms each)")
    given = parser.parse_args()
    try:
        texts = [one if LINE.search(one) else Path(one).read_text(errors="replace") for one in given.against]
        lines = [line for text in texts for line in read_lines(text)]
        with given.file.open("rb") as file:
            is_bundle = file.read(2) == b"PK"
        with tempfile.TemporaryDirectory() as folder:
            source = Bundle(given.file) if is_bundle else Log(given.file, folder)
            try:
                found = check(source, lines, given.every)
            finally:
                source.close()
    except Fault as fault:
        print(plain(f"{given.file} does not hold: {fault}."))
        return 1
    except (Unreadable, OSError) as error:
        print(plain(f"{given.file} cannot be checked: {error}."), file=sys.stderr)
        return 2
    value = found.head.hex()[:16]
    print(f"{given.file} holds: {found.position} records, {found.signatures} signatures checked, check value {value}.")
    if source.for_party:
        print(plain(f"It was made for {source.for_party}: of {found.sealed} records it holds only that they exist."))
    if found.silent:
        print(f"{len(found.silent)} records have no words any more (erased).")
    if is_bundle:
        print(plain(f"Desk {found.signed_by} made and signed it.") if found.signed_by else "No desk has signed it.")
    print(f"It agrees with {len(lines)} check lines." if lines else "It was not held against a check line.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
