"""The bundle: all of the log or what one party may read of it, the same bytes each time, and a log again from it."""

import hashlib
import zipfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.export.contents import Contents
from commandlog.export.exporting import export
from commandlog.log import chain
from commandlog.log.bundle_check import check_bundle
from commandlog.log.bundle_form import ATTACHMENTS, MANIFEST, RECORDS, Manifest
from commandlog.log.bundle_restore import log_from_bundle
from commandlog.log.desk import sit_down
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import Damaged, RuleError, Unavailable
from commandlog.model.keeping import Erased, Exported
from commandlog.model.records import DeskOpened, Record, Words
from commandlog.verbs import attaching, saying, withholding
from commandlog.views import moments
from tests.export import conftest as scene
from tests.export.bundles import bundled, lines, put_together, unpacked, with_lines
from tests.log.histories import HISTORY, PARTIES, Step, begin, everything, play

PHOTO = b"not really a photo \x00\xff " * 40_000  # three pieces


def erase(evening: scene.Evening, record: Record) -> Record:
    with evening.desk.writing():
        return evening.desk.append(Erased, Words(reason="verzoek"), records=(record.id,))


def test_every_byte_of_every_record_is_in_it(evening: scene.Evening, tmp_path: Path) -> None:
    out = bundled(evening.log, tmp_path / "a.zip", desk=evening.desk)
    rows = lines(unpacked(out))
    stored = evening.log.db.execute("SELECT seq, header, hash, frame, words FROM records ORDER BY seq").fetchall()
    assert len(rows) == len(stored) - 1  # the record of the export itself comes after it
    for row, (seq, header, value, frame, words) in zip(rows, stored, strict=False):
        assert (row["seq"], row["header"], row["hash"]) == (seq, header.hex(), value.hex())
        assert bytes.fromhex(row["frame_salt"]) + row["frame"].encode() == frame
        assert bytes.fromhex(row["words_salt"]) + row["words"].encode() == words


def test_it_holds_and_its_export_is_recorded(evening: scene.Evening, tmp_path: Path) -> None:
    before = evening.log.head
    out = bundled(evening.log, tmp_path / "a.zip", desk=evening.desk)
    for deep in (False, True):
        verdict = check_bundle(out, deep=deep)
        assert verdict.holds, verdict.fault
        assert (verdict.records, verdict.head, verdict.signed_by) == (before.seq, before.hash, evening.desk.code)
    frame = evening.log.record(evening.log.head.seq).frame
    assert isinstance(frame, Exported)
    assert (frame.form, frame.file) == ("zip", hashlib.sha256(out.read_bytes()).digest())


def test_the_same_moment_makes_the_same_bytes(evening: scene.Evening, tmp_path: Path) -> None:
    def made(name: str, at: int) -> bytes:
        out = bundled(evening.log, tmp_path / name, desk=evening.desk, for_party="loods", at=at)
        return out.read_bytes()

    at = evening.log.head.seq
    first = made("a.zip", at)
    evening.clock.now += 86_400_000
    assert made("b.zip", at) == first
    assert made("c.zip", at + 1) != first


def test_any_program_opens_it(evening: scene.Evening, tmp_path: Path) -> None:
    out = bundled(evening.log, tmp_path / "a.zip")
    with zipfile.ZipFile(out) as zipped:
        assert zipped.testzip() is None
        assert all(one.compress_type == zipfile.ZIP_STORED and not one.is_dir() for one in zipped.infolist())
        told = msgspec.json.decode(zipped.read(MANIFEST), type=Manifest)
        for one in told.members:
            assert hashlib.sha256(zipped.read(one.name)).hexdigest() == one.sha256
        readme = zipped.read("README.txt").decode()
    assert "commandlog verify" in readme
    assert "Hoe gaat u het na?" in readme


def test_what_a_party_may_not_read_is_in_no_byte(evening: scene.Evening, tmp_path: Path) -> None:
    police = sit_down(evening.log, evening.settings, "police")
    secret = saying.note(police, "alleen voor ons", audience=("police",))
    shown = attaching.attach(police, secret.seq, PHOTO, name="kenteken.jpg", text="kenteken AB-12-CD")
    files = {party: bundled(evening.log, tmp_path / f"{party}.zip", for_party=party) for party in ("police", "loods")}
    theirs, mine = files["loods"].read_bytes(), files["police"].read_bytes()
    kept = [secret.seq, shown.seq]
    kept += [seq for (seq,) in evening.log.db.execute("SELECT since FROM entries WHERE audience = ',police,'")]
    assert len(kept) > 3
    names = [b"Zwartkop 8417", b"alleen voor ons", b"kenteken", b"AB-12-CD", PHOTO[:100]]
    hidden, salts = [*names, shown.frame.file.hex().encode()], []
    query = f"SELECT frame, words FROM records WHERE seq IN ({','.join(map(str, kept))})"
    for part in (one for row in evening.log.db.execute(query) for one in row):
        salts.append(part[: chain.SALT].hex().encode())
        for digest in (chain.part_hash(part), hashlib.sha256(part[chain.SALT :]).digest(), part[: chain.SALT]):
            hidden += [digest, digest.hex().encode()]
    assert not [one for one in hidden if one in theirs]
    assert [one for one in (*names, *salts) if one not in mine] == []  # the control: the police's own has them
    for path in files.values():
        assert check_bundle(path, deep=True).holds
    rows = lines(unpacked(files["loods"]))
    for seq in kept:  # that it exists, when and whose
        assert rows[seq - 1].keys() == {"seq", "header", "hash"}
        assert chain.unpack_header(bytes.fromhex(rows[seq - 1]["header"])).party == "police"


@given(history=HISTORY, party=st.sampled_from(PARTIES))
def test_a_party_gets_what_it_may_read_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, history: list[Step], party: str
) -> None:
    folder = tmp_path_factory.mktemp("history")
    desks = begin(folder)
    log = desks["venue"].log
    try:
        play(desks, history)
        out = bundled(log, folder / "a.zip", for_party=party, desk=desks["venue"])
        raw, rows = out.read_bytes(), lines(unpacked(out))
        contents = Contents(log, moments.Moment(len(rows), log.clock()), party)
        for row, (frame, words) in zip(
            rows, log.db.execute("SELECT frame, words FROM records ORDER BY seq"), strict=False
        ):
            readable = contents.readable(row["seq"])
            said = readable and words is not None  # what was erased is in nobody's bundle
            assert ("frame" in row, "words" in row) == (readable, said)
            assert (frame[:16].hex().encode() in raw) == readable
            assert words is None or (words[:16].hex().encode() in raw) == readable
        verdict = check_bundle(out, deep=True)
        assert verdict.holds, verdict.fault
        assert verdict.sealed == sum("frame" not in row for row in rows)
    finally:
        log.close()


def test_what_is_told_later_is_in_the_later_bundle(evening: scene.Evening, tmp_path: Path) -> None:
    police = sit_down(evening.log, evening.settings, "police")
    secret = saying.note(police, "kenteken AB-12-CD", audience=("police",))
    before = bundled(evening.log, tmp_path / "before.zip", for_party="loods").read_bytes()
    withholding.release(police, (secret.seq,), "loods", "artikel 4")
    after = bundled(evening.log, tmp_path / "after.zip", for_party="loods").read_bytes()
    assert (b"AB-12-CD" in before, b"AB-12-CD" in after) == (False, True)


def test_what_was_recalled_is_handed_out_no_more_not_even_as_it_stood_then(
    evening: scene.Evening, tmp_path: Path
) -> None:
    wide = saying.note(evening.desk, "naam van de patiënt")
    before = bundled(evening.log, tmp_path / "before.zip", for_party="loods").read_bytes()
    withholding.recall(evening.desk, (wide.seq,), ("loods",), "te ruim verzonden")
    for at in (wide.seq, 0):
        out = bundled(evening.log, tmp_path / "after.zip", for_party="loods", at=at)
        assert lines(unpacked(out))[wide.seq - 1].keys() == {"seq", "header", "hash"}
        assert check_bundle(out).holds
    assert "naam van de patiënt".encode() in before
    assert "naam van de patiënt".encode() in bundled(evening.log, tmp_path / "b.zip", for_party="baken").read_bytes()


def test_erased_words_are_gone_and_it_still_holds(evening: scene.Evening, tmp_path: Path) -> None:
    said = saying.note(evening.desk, "naam van een kind")
    decision = erase(evening, said)
    out = bundled(evening.log, tmp_path / "a.zip")
    row = lines(unpacked(out))[said.seq - 1]
    assert row.keys() == {"seq", "header", "hash", "frame_salt", "frame", "words_hash"}
    assert b"naam van een kind" not in out.read_bytes()
    verdict = check_bundle(out)
    assert (verdict.holds, verdict.without_words) == (True, 1)
    # without the decision only the desk's own signature may say that it came later
    with pytest.raises(RuleError, match=str(said.seq)):
        bundled(evening.log, tmp_path / "then.zip", at=decision.seq - 1)
    signed = bundled(evening.log, tmp_path / "then.zip", at=decision.seq - 1, desk=evening.desk)
    assert check_bundle(signed).holds


def test_attachments_are_joined_and_erased_ones_are_not_there(evening: scene.Evening, tmp_path: Path) -> None:
    said = saying.note(evening.desk, "met foto")
    first, second = (attaching.attach(evening.desk, said.seq, data) for data in (PHOTO, b"kort"))
    members = unpacked(bundled(evening.log, tmp_path / "a.zip"))
    names = sorted(ATTACHMENTS + one.frame.file.hex() for one in (first, second))
    assert [name for name in members if name.startswith(ATTACHMENTS)] == names
    assert members[ATTACHMENTS + first.frame.file.hex()] == PHOTO
    assert check_bundle(tmp_path / "a.zip").holds
    erase(evening, first)
    members = unpacked(bundled(evening.log, tmp_path / "b.zip"))
    assert [name for name in members if name.startswith(ATTACHMENTS)] == [ATTACHMENTS + second.frame.file.hex()]
    assert check_bundle(tmp_path / "b.zip").holds


def test_an_attachment_that_is_not_what_was_attached_is_not_passed_on(evening: scene.Evening, tmp_path: Path) -> None:
    said = saying.note(evening.desk, "met foto")
    shown = attaching.attach(evening.desk, said.seq, PHOTO)
    evening.log.db.execute("UPDATE pieces SET bytes = zeroblob(10) WHERE file = ? AND number = 1", (shown.frame.file,))
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(Damaged, match=str(shown.seq)):
        bundled(evening.log, folder / "a.zip")
    assert list(folder.iterdir()) == []


def test_what_is_erased_while_it_is_written_stops_it(evening: scene.Evening, tmp_path: Path) -> None:
    said = saying.note(evening.desk, "met foto")
    shown = attaching.attach(evening.desk, said.seq, PHOTO)

    def stop(done: int, total: int) -> None:
        if done == total:  # the records are written, the attachments are not
            erase(evening, shown)

    with pytest.raises(Unavailable, match="try again"):
        export(evening.log, tmp_path / "a.zip", moments.live(evening.log), progress=stop)
    assert not (tmp_path / "a.zip").exists()


def test_a_desk_that_a_party_may_not_know_of_is_said(evening: scene.Evening, tmp_path: Path) -> None:
    with evening.desk.writing():
        evening.desk.append(DeskOpened, desk="V9", party="venue", key=bytes(32), audience=("venue",))
    bundled(evening.log, tmp_path / "venue.zip", for_party="venue")
    with pytest.raises(RuleError, match="V9"):
        bundled(evening.log, tmp_path / "loods.zip", for_party="loods")


@given(history=HISTORY)
def test_a_whole_bundle_becomes_the_same_log_again(
    tmp_path_factory: pytest.TempPathFactory, history: list[Step]
) -> None:
    folder = tmp_path_factory.mktemp("history")
    desks = begin(folder)
    log = desks["venue"].log
    with log:
        play(desks, history)
        said = saying.note(desks["venue"], "met foto")
        attaching.attach(desks["venue"], said.seq, PHOTO, name="foto.jpg")
        out = bundled(log, folder / "a.zip")
        head = log_from_bundle(out, folder / "again.clog")
        assert head == log.head
        with Log(folder / "again.clog") as again:
            assert again.id == log.id
            assert everything(again) == everything(log)
            columns = "SELECT seq, header, hash, frame, words, words_hash FROM records ORDER BY seq"
            assert again.db.execute(columns).fetchall() == log.db.execute(columns).fetchall()
            pieces = "SELECT * FROM pieces ORDER BY file, number"
            assert again.db.execute(pieces).fetchall() == log.db.execute(pieces).fetchall()
    assert verify(folder / "again.clog", deep=True).holds


def test_only_a_whole_bundle_that_holds_becomes_a_log(evening: scene.Evening, tmp_path: Path) -> None:
    whole = bundled(evening.log, tmp_path / "a.zip", desk=evening.desk)
    withheld = bundled(evening.log, tmp_path / "b.zip", for_party="loods")
    forged = put_together(tmp_path / "c.zip", with_lines(unpacked(whole), lambda rows: rows.pop(20)))
    target = tmp_path / "again" / "log.clog"
    target.parent.mkdir()
    for bundle, says in ((withheld, "not the whole log"), (forged, "does not hold")):
        with pytest.raises(RuleError, match=says):
            log_from_bundle(bundle, target)
        assert [one.name for one in target.parent.iterdir() if one.suffix != ".lock"] == []
    log_from_bundle(whole, target)
    with pytest.raises(RuleError, match="there already"):
        log_from_bundle(whole, target)


def test_a_log_from_a_bundle_goes_on(evening: scene.Evening, tmp_path: Path) -> None:
    log_from_bundle(bundled(evening.log, tmp_path / "a.zip"), tmp_path / "again.clog")
    with Log(tmp_path / "again.clog") as again:
        desk = sit_down(again, evening.settings, "venue")
        assert desk.code != evening.desk.code  # it is another branch, whose desks are others
        saying.note(desk, "en verder")
    assert verify(tmp_path / "again.clog", deep=True).holds


def test_the_records_member_is_lines_that_can_be_searched(evening: scene.Evening, tmp_path: Path) -> None:
    members = unpacked(bundled(evening.log, tmp_path / "a.zip"))
    assert evening.log.check_value(12).hex().encode() in members[RECORDS]
    assert b"Kind van 8, gele jas" in members[RECORDS]
