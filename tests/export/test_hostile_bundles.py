"""Bundles that somebody has made to harm or to mislead: refused in one line, and nothing is unpacked anywhere."""

import io
import random
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from commandlog.log import archive, bundle_form, chain
from commandlog.log.archive import Archive, Member, Unsound
from commandlog.log.bundle_check import check_bundle
from commandlog.log.bundle_form import ATTACHMENTS, CHECKPOINTS, MANIFEST, README, RECORDS, SIGNATURE
from commandlog.model.errors import CommandLogError, Damaged, Unavailable
from commandlog.verbs import attaching, saying
from tests.export import conftest as scene
from tests.export.bundles import (
    Lines,
    Members,
    bundled,
    holds,
    jsonl,
    judged,
    laid_out,
    lines,
    put_together,
    refitted,
    unpacked,
    with_lines,
)


@pytest.fixture
def good(evening: scene.Evening, tmp_path: Path) -> Path:
    """A bundle with attachments and checkpoints, signed."""
    for n in range(100):
        saying.note(evening.desk, f"regel {n}")
    said = saying.note(evening.desk, "met foto's")
    for content in (b"een foto", b"nog een" * 5_000):
        attaching.attach(evening.desk, said.seq, content)
    return bundled(evening.log, tmp_path / "good.zip", desk=evening.desk)


def central(data: bytes, name: str) -> int:
    """Return where the list of members speaks of one of them."""
    return data.index(name.encode(), data.index(b"PK\x01\x02")) - 46


def patched(data: bytes, at: int, form: str, value: int) -> bytes:
    """Return the bytes with one number changed."""
    changed = bytearray(data)
    struct.pack_into(form, changed, at, value)
    return bytes(changed)


# -- the file ----------------------------------------------------------------------------------------------------------

HARMFUL: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda data: b"",
    "text": lambda data: b"this is a mail, not a bundle\n" * 40,
    "only an end": lambda data: data[-22:],
    "cut short": lambda data: data[: len(data) // 2],
    "last byte gone": lambda data: data[:-1],
    "a byte behind it": lambda data: data + b"\x00",
    "a file before it": lambda data: b"MZ\x90\x00" + data,
    "a comment": lambda data: patched(data, len(data) - 2, "<H", 5) + b"hello",
    "a gap between": lambda data: data.replace(b"PK\x03\x04", b"PK\x03\x04", 1).replace(
        b"PK\x01\x02", b"xxPK\x01\x02", 1
    ),
    "a member's comment": lambda data: patched(data, central(data, RECORDS) + 32, "<H", 3),
    "a symbolic link": lambda data: patched(data, central(data, RECORDS) + 38, "<I", 0o120777 << 16),
    "a folder": lambda data: patched(data, central(data, RECORDS) + 38, "<I", 0o040755 << 16),
    "encrypted": lambda data: patched(data, central(data, RECORDS) + 8, "<H", 1),
    "packed in an unknown way": lambda data: patched(data, central(data, RECORDS) + 10, "<H", 99),
    "deflated, it says": lambda data: patched(data, central(data, RECORDS) + 10, "<H", 8),
    "a date": lambda data: patched(data, central(data, RECORDS) + 14, "<H", 0x5C00),
    "a smaller size": lambda data: patched(data, central(data, RECORDS) + 24, "<I", 10),
    "a size for ZIP64 that is not there": lambda data: patched(data, central(data, RECORDS) + 24, "<I", 0xFFFFFFFF),
    "an offset for ZIP64 that is not there": lambda data: patched(data, central(data, RECORDS) + 42, "<I", 0xFFFFFFFF),
    "overlapping": lambda data: patched(data, central(data, RECORDS) + 42, "<I", 0),
    "more members than there are": lambda data: patched(data, len(data) - 12, "<H", 900),
    "a list far away": lambda data: patched(data, len(data) - 6, "<I", 0xFFFFFFF0),
    "a list beyond ZIP64": lambda data: patched(data, len(data) - 6, "<I", 0xFFFFFFFF),
    "a header that differs": lambda data: patched(data, 6, "<H", 1),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_file_of_another_form_is_refused(good: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / "bad.zip"
    data = good.read_bytes()
    changed = HARMFUL[name](data)
    assert changed != data
    path.write_bytes(changed)
    with pytest.raises(CommandLogError) as refused:
        check_bundle(path)
    assert str(refused.value).count("\n") == 0
    assert sorted(one.name for one in tmp_path.glob("*.zip")) == ["bad.zip", "good.zip"]
    path.write_bytes(data)
    assert holds(path)  # the control


def _zipped(*members: tuple[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as zipped:
        for name, data in members:
            zipped.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_another_program_has_zipped_again_is_refused(good: Path, tmp_path: Path, how: int) -> None:
    path = tmp_path / "again.zip"
    path.write_bytes(_zipped(*unpacked(good).items(), how=how))
    assert judged(path) is None


def test_a_bomb_does_not_go_off(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = _zipped((README, b"x"), (RECORDS, bytes(200 << 20)), how=zipfile.ZIP_DEFLATED)
    assert len(bomb) < 300_000
    path = tmp_path / "bomb.zip"
    path.write_bytes(bomb)
    monkeypatch.setattr(Archive, "blocks", lambda *_arguments: pytest.fail("it was read"))
    with pytest.raises(Damaged, match="not as CommandLog writes it"):
        check_bundle(path)


NAMES = (
    "../evil",
    "/etc/passwd",
    "a/../../b",
    "a\\b",
    "C:evil",
    "a/b/c",
    "a//b",
    ".hidden",
    "a\x00b",
    "a b",
    "",
    "x" * 101,
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    file = io.BytesIO(laid_out([(Member(name, 0, 0, 0), b"")]))
    with pytest.raises(Unsound, match=r"name that no bundle has|no ZIP file"):
        Archive(file)
    assert not archive.is_name(name)
    Archive(io.BytesIO(laid_out([(Member("plain", 0, 0, 0), b"")])))  # the control


@pytest.mark.parametrize("second", ["plain", "PLAIN", "Plain"])
def test_two_members_of_one_name_are_refused(second: str) -> None:
    length = len(archive._local(Member("plain", 0, 0, 0)))
    twice = laid_out([(Member("plain", 0, 0, 0), b""), (Member(second, 0, 0, length), b"")])
    with pytest.raises(Unsound, match="same name"):
        Archive(io.BytesIO(twice))


def test_members_that_share_their_bytes_are_refused() -> None:
    one, other = Member("one", 100, 0, 0), Member("two", 100, 0, 0)
    data = archive._local(one) + bytes(100)
    with pytest.raises(Unsound, match="does not stand where"):
        Archive(io.BytesIO(data + archive._directory([one, other], len(data))))


def test_what_stands_beside_the_members_is_refused() -> None:
    one = Member("one", 0, 0, 0)
    data = archive._local(one) + b"hidden"
    with pytest.raises(Unsound, match="beside its members"):
        Archive(io.BytesIO(data + archive._directory([one], len(data))))


def test_too_many_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    members: list[tuple[Member, bytes]] = []
    at = 0
    for n in range(12):
        member = Member(f"m{n}", 0, 0, at)
        at += len(archive._local(member))
        members.append((member, b""))
    data = laid_out(members)
    assert len(Archive(io.BytesIO(data)).members) == 12
    monkeypatch.setattr(archive, "MEMBERS", 11)
    with pytest.raises(Unsound, match="more members"):
        Archive(io.BytesIO(data))


def test_sizes_beyond_four_gigabytes_are_read_and_lies_about_them_refused() -> None:
    large = Member("large", 5 << 30, 0, 0)
    end = len(archive._local(large)) + large.size
    last = Member("last", 0, 0, end)
    start = end + len(archive._local(last))
    listed = archive._directory([large, last], start)

    class Sparse(io.RawIOBase):
        """A file of which only the ends are there."""

        def __init__(self, listed: bytes) -> None:
            self.parts = {0: archive._local(large), end: archive._local(last), start: listed}
            self.at, self.size = 0, start + len(listed)

        def seek(self, to: int, whence: int = 0) -> int:
            self.at = to if whence == 0 else self.size + to
            return self.at

        def read(self, number: int = -1) -> bytes:
            begin, part = max(one for one in self.parts.items() if one[0] <= self.at)
            data = part[self.at - begin :]
            return data if number < 0 else data[:number]

    found = Archive(Sparse(listed)).members  # type: ignore[arg-type]
    assert list(found.values()) == [large, last]
    for at in range(len(listed)):
        changed = bytearray(listed)
        changed[at] ^= 1
        with pytest.raises(Unsound):
            Archive(Sparse(bytes(changed)))  # type: ignore[arg-type]


# -- what is in it -----------------------------------------------------------------------------------------------------


def _swapped(rows: Lines) -> None:
    rows[30], rows[31] = rows[31], rows[30]


def _reworded(rows: Lines) -> None:
    row = rows[40]
    row["words"] = row["words"].replace("regel", "ander")
    frame = bytes.fromhex(row["frame_salt"]) + row["frame"].encode()
    words = bytes.fromhex(row["words_salt"]) + row["words"].encode()
    header = chain.unpack_header(bytes.fromhex(row["header"]))
    header = header._replace(digest=chain.digest_of(chain.part_hash(frame), chain.part_hash(words)))
    row["header"] = chain.pack_header(header[:7], header.party, header.desk).hex()


def _silenced(rows: Lines) -> None:
    row = rows[40]
    words = bytes.fromhex(row.pop("words_salt")) + row.pop("words").encode()
    row["words_hash"] = chain.part_hash(words).hex()


def _sealed(rows: Lines) -> None:
    for key in [key for key in rows[40] if key not in ("seq", "header", "hash")]:
        del rows[40][key]


def _line(number: int, change: Callable[[bytes], bytes]) -> Callable[[Members], Members]:
    """Change one line and let the manifest fit."""

    def changed(members: Members) -> Members:
        rows = members[RECORDS].splitlines(keepends=True)
        rows[number] = change(rows[number])
        return refitted({**members, RECORDS: b"".join(rows)})

    return changed


def _without(name: str) -> Callable[[Members], Members]:
    return lambda members: {one: data for one, data in members.items() if one != name}


def _first_attachment(members: Members) -> str:
    return next(name for name in members if name.startswith(ATTACHMENTS))


def _other_attachment(members: Members) -> Members:
    return refitted({**members, _first_attachment(members): b"een andere foto"})


def _renamed(members: Members) -> Members:
    name = _first_attachment(members)
    made = {(f"{ATTACHMENTS}{'0' * 64}" if one == name else one): data for one, data in members.items()}
    return refitted(made)


def _told(**told: object) -> Callable[[Members], Members]:
    return lambda members: refitted(members, **told)


def _manifest_says(old: bytes, new: bytes) -> Callable[[Members], Members]:
    return lambda members: {**members, MANIFEST: members[MANIFEST].replace(old, new, 1)}


LIES: dict[str, tuple[Callable[[Members], Members], str]] = {
    "another word": (_line(40, lambda line: line.replace(b"regel", b"ander")), "record 41: what it says was changed"),
    "another word, made to fit": (lambda members: with_lines(members, _reworded), "record 41: it is not signed"),
    "a record left out": (_line(40, lambda line: b""), "record 41: the record is missing"),
    "a record left out, made to fit": (
        lambda m: with_lines(m, lambda rows: rows.pop(40)),
        "record 41: a record of desk",
    ),
    "a record twice": (_line(40, lambda line: line * 2), "record 42: the record is missing"),
    "a record twice, made to fit": (
        lambda m: with_lines(m, lambda rows: rows.insert(40, {**rows[39]})),
        "record 41: a record of desk",
    ),
    "out of order": (
        lambda m: refitted({**m, RECORDS: jsonl([*reversed(lines(m))])}),
        "record 1: the record is missing",
    ),
    "out of order, made to fit": (lambda members: with_lines(members, _swapped), "record 31: a record of desk"),
    "words taken away": (lambda members: with_lines(members, _silenced), "record 41: its words were taken away"),
    "a record sealed": (lambda members: with_lines(members, _sealed), "record 41: what it says was taken away"),
    "a header that is none": (_line(40, lambda line: line.replace(b'"header":"', b'"header":"00', 1)), "record 41"),
    "a header of another log": (_line(40, lambda line: line.replace(b"0001", b"0002", 1)), "record 41: the header"),
    "no JSON": (_line(40, lambda line: b"{" + line), "record 41: it cannot be read"),
    "no UTF-8": (_line(40, lambda line: line.replace(b"regel", b"reg\xff\xfe")), "record 41: it cannot be read"),
    "half a character": (_line(40, lambda line: line.replace(b"regel", b"\\ud800")), "record 41: it cannot be read"),
    "a key twice": (
        _line(40, lambda line: line.replace(b'"words":', b'"words":"{\\"text\\":\\"vals\\"}","words":', 1)),
        "record 41: it cannot be read",
    ),
    "another key": (
        _line(40, lambda line: line.replace(b"}\n", b',"note":"hello"}\n')),
        "record 41: it cannot be read",
    ),
    "blanks in a line": (
        _line(40, lambda line: line.replace(b'"seq":', b'"seq": ', 1)),
        "record 41: it cannot be read",
    ),
    "capital figures": (
        _line(40, lambda line: line.replace(b'"0001', b'"0001'.upper(), 1).replace(b"a", b"A")),
        "record 41",
    ),
    "very deep": (_line(40, lambda line: b"[" * 100_000 + b"\n"), "record 41: it cannot be read"),
    "an empty line": (_line(40, lambda line: b"\n" + line), "record 41: it cannot be read"),
    "a last line without an end": (_line(-1, lambda line: line[:-1]), "cannot be read"),
    "another attachment": (_other_attachment, "its attachment was changed"),
    "an attachment renamed": (_renamed, "no record here attaches it"),
    "an attachment left out": (lambda m: refitted(_without(_first_attachment(m))(m)), "its attachment is missing"),
    "an attachment too many": (
        lambda m: refitted({**m, f"{ATTACHMENTS}{'f' * 64}": b"x"}),
        "no record here attaches it",
    ),
    "another text": (lambda m: refitted({**m, README: m[README].replace(b"CommandLog", b"CommandLag")}), "README.txt"),
    "a longer text": (lambda m: refitted({**m, README: m[README] + b"Run this: ..."}), "README.txt"),
    "no text": (lambda m: refitted(_without(README)(m)), "manifest.json: it does not list"),
    "no records": (lambda m: refitted({**m, RECORDS: b""}), "a checkpoint stands here|manifest.json"),
    "no checkpoints": (lambda m: refitted(_without(CHECKPOINTS)(m)), "manifest.json: it does not list"),
    "a member too many": (lambda m: {**m, "zzz": b"x"}, "manifest.json: it lists other"),
    "a member less": (lambda m: _without(_first_attachment(m))(m), "manifest.json: it lists other"),
    "members moved": (lambda m: dict(sorted(refitted(m).items())), "manifest.json: it lists other"),
    "a wrong count": (_told(records=9), "manifest.json: it speaks of another number"),
    "a wrong end": (_told(head="00" * 32), "manifest.json: it speaks of another number"),
    "a wrong number sealed": (_told(sealed=3), "manifest.json: it speaks of other records"),
    "another log": (_told(log="00" * 16), "record 1: the header belongs to another"),
    "a wrong SHA-256": (_manifest_says(b'"sha256": "', b'"sha256": "00'), "README.txt: it is not what the manifest"),
    "a wrong size": (_manifest_says(b'"size": 4', b'"size": 5'), "README.txt: it is not what the manifest"),
    "for another party": (_manifest_says(b'"for": ""', b'"for": "loods"'), "signature.json"),
    "another desk's name": (
        lambda m: {**m, SIGNATURE: m[SIGNATURE].replace(b"V1", b"P1")},
        "signature.json: the bundle is not signed",
    ),
    "a signature that is none": (lambda m: {**m, SIGNATURE: b"{}"}, "signature.json: it cannot be read"),
}


def _saying(path: Path) -> str:
    verdict = judged(path)
    assert verdict is not None
    where = f"record {verdict.position}" if verdict.position else verdict.place
    return "holds" if verdict.holds else f"{where}: {verdict.fault}"


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_found_and_said_where(good: Path, tmp_path: Path, name: str) -> None:
    change, says = LIES[name]
    members = unpacked(good)
    assert _saying(put_together(tmp_path / "same.zip", members)) == "holds"  # the control
    assert _saying(put_together(tmp_path / "refitted.zip", refitted(members))) == "holds"  # and it can be made to fit
    made = change(members)
    assert made != members or list(made) != list(members)
    assert re.search(says, _saying(put_together(tmp_path / "bad.zip", made)))


def test_what_a_bundle_alone_cannot_show_shows_against_a_check_line(good: Path, tmp_path: Path) -> None:
    line = check_bundle(good).line
    assert line is not None
    cut = refitted(with_lines(unpacked(good), lambda rows: rows.__delitem__(slice(100, None))))
    cut = refitted({name: data for name, data in cut.items() if not name.startswith(ATTACHMENTS)})
    verdict = judged(put_together(tmp_path / "cut.zip", cut))
    assert verdict is not None
    assert (verdict.fault, verdict.signed_by) == ("", "")  # but no desk has signed it any more
    assert _saying(tmp_path / "cut.zip") == "holds"
    held = check_bundle(tmp_path / "cut.zip", against=[line])
    assert (held.position, "ends here" in held.fault) == (100, True)
    assert check_bundle(good, against=[line]).holds


def test_a_manifest_that_is_none_is_no_bundle(good: Path, tmp_path: Path) -> None:
    members = unpacked(good)
    for data in (b"", b"{}", b"[]", b"\xff", b"[" * 100_000, members[MANIFEST] + b" ", members[MANIFEST][:-9]):
        assert judged(put_together(tmp_path / "bad.zip", {**members, MANIFEST: data})) is None
    assert judged(put_together(tmp_path / "bad.zip", _without(MANIFEST)(members))) is None


def test_a_bundle_of_a_newer_version_is_said_to_be_one(good: Path, tmp_path: Path) -> None:
    members = unpacked(good)
    newer = members[MANIFEST].replace(b'"version": 1', b'"version": 2,\n "more": 1')
    with pytest.raises(Unavailable, match="newer version"):
        check_bundle(put_together(tmp_path / "new.zip", {**members, MANIFEST: newer}))


def test_a_huge_line_is_given_up_early(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    members = unpacked(good)
    huge = refitted({**members, RECORDS: b'{"seq":1,"header":"' + b"0" * (20 << 20) + b'"}\n'})
    assert _saying(put_together(tmp_path / "bad.zip", huge)).startswith("record 1: it cannot be read")
    read = sum(len(block) for block in _until_refused(huge[RECORDS]))
    assert read <= bundle_form.LINE + (2 << 20)


def _until_refused(data: bytes) -> list[bytes]:
    taken: list[bytes] = []

    def blocks() -> object:
        for start in range(0, len(data), 1 << 20):
            taken.append(data[start : start + (1 << 20)])
            yield taken[-1]

    with pytest.raises(ValueError, match="too long"):
        list(bundle_form.lines(blocks()))  # type: ignore[arg-type]
    return taken


def test_any_change_of_any_byte_is_found(good: Path, tmp_path: Path) -> None:
    data, chance, path = good.read_bytes(), random.Random(5), tmp_path / "bad.zip"
    structure = data.index(b"PK\x01\x02")
    for n in range(300):
        changed = bytearray(data)
        if n % 3 == 0:  # one bit of what stands around the members, which no hash covers
            changed[chance.randrange(structure, len(data))] ^= 1 << chance.randrange(8)
        elif n % 3 == 1:
            changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        else:
            at, length = chance.randrange(len(data)), chance.randrange(1, 300)
            changed[at : at + length] = chance.randbytes(chance.randrange(300))
        if changed != data:
            path.write_bytes(changed)
            assert not holds(path), n
    path.write_bytes(data)
    assert holds(path)


def test_any_change_of_what_is_in_it_is_found_though_all_the_rest_was_made_to_fit(good: Path, tmp_path: Path) -> None:
    members, chance, path = unpacked(good), random.Random(6), tmp_path / "bad.zip"
    pieces = (b"0", b"\n", b" ", b'"', b"\\", b"{}", b"\xff", b"\\u0000", b"9" * 400)
    for n in range(120):
        name = (RECORDS, CHECKPOINTS, SIGNATURE)[n % 3]
        changed = bytearray(members[name])
        at = chance.randrange(len(changed))
        if n % 2:
            changed[at] ^= 1 << chance.randrange(8)
        else:
            changed[at : at + chance.randrange(3)] = chance.choice(pieces)
        if changed != members[name]:
            made = {**members, name: bytes(changed)}
            put_together(path, made if name == SIGNATURE else refitted(made))
            assert not holds(path), (n, name, at)


def test_the_way_lines_are_written_does_not_change() -> None:
    row = bundle_form.RecordLine(7, "00", "11", "22", 'a"\\/\b\f\n\r\t\x01\x1f\x7fé\u2028😀', "33", "{}")
    assert (
        msgspec.json.encode(row)
        == (
            '{"seq":7,"header":"00","hash":"11","frame_salt":"22","frame":"a\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7fé\u2028😀",'
            '"words_salt":"33","words":"{}"}'
        ).encode()
    )
