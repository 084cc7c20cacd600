"""The second, independent verifier: a separate process without this package, and the same verdict on everything."""

import ast
import random
import re
import runpy
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from commandlog.cli import main
from commandlog.log.bundle_readme import README
from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.log.witness import line_of
from commandlog.model.keeping import Erased
from commandlog.model.records import Words
from commandlog.verbs import attaching, events, saying
from tests.events import Clock, concert
from tests.export.bundles import Members, bundled, put_together, unpacked
from tests.export.test_hostile_bundles import HARMFUL, LIES
from tests.log.test_verify import CHANGES
from tests.log.test_witness import written_anew

PROGRAM = Path(__file__).parents[2] / "docs" / "verifier" / "verify_commandlog.py"
ALONE = (sys.executable, "-I", "-S")  # nothing but the standard library


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a log of two desks that has everything, closed, and bundles of it of every kind."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("COMMANDLOG_SETTINGS", str(folder / "settings"))
        _make(folder)
    yield folder


def _make(folder: Path) -> None:
    desk = events.open_event(folder / "evening.clog", concert(), settings_folder(), clock=Clock())
    with desk.log as log:
        police = sit_down(log, settings_folder(), "police")
        said = saying.note(desk, 'naam van een kind, "tussen aanhalingstekens", é ☃ 😀 \x01')
        for n in range(80):
            saying.note(desk, f"regel {n}")
        for n in range(20):
            saying.note(police, f"alleen voor ons {n}", audience=("police",))
            saying.note(desk, f"nog een regel {n}")
        attaching.attach(desk, said.seq, b"een foto" * 100_000)
        attaching.attach(police, said.seq, b"van ons", audience=("police",))
        bundled(log, folder / "before.zip", desk=desk)
        bundled(log, folder / "early.zip", at=9)
        with desk.writing():
            decision = desk.append(Erased, Words(reason="verzoek"), records=(said.id,))
        bundled(log, folder / "whole.zip", desk=desk)
        bundled(log, folder / "unsigned.zip")
        bundled(log, folder / "police.zip", desk=desk, for_party="police")
        bundled(log, folder / "baken.zip", for_party="baken")
        bundled(log, folder / "then.zip", desk=desk, at=decision.seq - 1)
        (folder / "line.txt").write_text(str(line_of(log)))
    shutil.copyfile(folder / "evening.clog", folder / "kept.clog")


Run = Callable[..., tuple[int, str]]


@pytest.fixture
def both(capsys: pytest.CaptureFixture[str]) -> Run:
    """Let both judge a file; returns the exit code and the answer on which they agree."""

    def judge(path: Path, *options: str, position: bool = True) -> tuple[int, str]:
        capsys.readouterr()
        code = main(["verify", str(path), *options])
        out, err = capsys.readouterr()
        second = subprocess.run(
            [*ALONE, str(PROGRAM), str(path), *options], capture_output=True, text=True, check=False
        )
        assert "Traceback" not in second.stderr
        assert (second.returncode, bool(second.stderr)) == (code, code == 2), (out, err, second.stdout, second.stderr)
        mine, theirs = (out or err).splitlines()[0], (second.stdout or second.stderr).splitlines()[0]
        if code == 0:
            assert mine == theirs
        elif code == 1 and position:
            where = [re.search(r"does not hold: (record \d+)?", text) for text in (mine, theirs)]
            assert where[0] and where[1] and where[0][1] == where[1][1], (mine, theirs)
        return code, mine

    return judge


@pytest.mark.parametrize("name", ["before", "whole", "unsigned", "police", "baken", "then", "early"])
def test_both_say_that_a_good_bundle_holds(made: Path, both: Run, name: str) -> None:
    code, said = both(made / f"{name}.zip")
    assert (code, "holds" in said) == (0, True)


def test_both_say_that_a_good_log_holds(made: Path, both: Run) -> None:
    code, said = both(made / "kept.clog", "--against", str(made / "line.txt"))
    assert (code, "holds" in said) == (0, True)


def test_both_check_every_signature_where_that_is_asked(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    second = subprocess.run(
        [*ALONE, str(PROGRAM), str(made / "baken.zip"), "--every"], capture_output=True, text=True, check=False
    )
    assert main(["verify", str(made / "baken.zip"), "--deep"]) == second.returncode == 0
    assert capsys.readouterr().out.splitlines()[0] == second.stdout.splitlines()[0]


def _changed_members(made: Path, tmp_path: Path, change: Callable[[Members], Members]) -> Path:
    return put_together(tmp_path / "bad.zip", change(unpacked(made / "before.zip")))


@pytest.mark.parametrize("name", LIES)
def test_both_find_a_lie_in_a_bundle(made: Path, tmp_path: Path, both: Run, name: str) -> None:
    code, said = both(_changed_members(made, tmp_path, LIES[name][0]))
    assert (code, "does not hold" in said) == (1, True)


@pytest.mark.parametrize("name", HARMFUL)
def test_both_refuse_a_file_of_another_form(made: Path, tmp_path: Path, both: Run, name: str) -> None:
    path = tmp_path / "bad.zip"
    path.write_bytes(HARMFUL[name]((made / "before.zip").read_bytes()))
    assert both(path)[0] == 2


def test_both_find_any_change_of_any_byte(made: Path, tmp_path: Path, both: Run) -> None:
    data, chance, path = (made / "early.zip").read_bytes(), random.Random(3), tmp_path / "bad.zip"
    for n in range(40):
        changed = bytearray(data)
        start = data.index(b"PK\x01\x02") if n % 2 else 0
        changed[chance.randrange(start, len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        assert both(path, position=False)[0] in (1, 2)


@pytest.mark.parametrize("name", CHANGES)
def test_both_find_a_change_in_a_log(made: Path, tmp_path: Path, both: Run, name: str) -> None:
    path = tmp_path / "bad.clog"
    shutil.copyfile(made / "kept.clog", path)
    db = sqlite3.connect(path, isolation_level=None)
    CHANGES[name](db, 25)
    db.close()
    code, said = both(path, position="linked" not in name and name != "rewrite")
    assert (code, "does not hold" in said) == (1, True)


def test_both_see_what_a_file_alone_cannot_show_only_against_a_check_line(
    made: Path, tmp_path: Path, both: Run
) -> None:
    line = (made / "line.txt").read_text()
    for name in ("early.zip", "baken.zip", "whole.zip"):
        assert both(made / name)[0] == 0  # the control: alone, each holds
    assert both(made / "early.zip", "--against", line)[0] == 1
    assert both(made / "whole.zip", "--against", line)[0] == 1  # it ends before the line
    with Log(made / "kept.clog") as log:
        forged = written_anew(tmp_path / "forged.clog", log.id, tmp_path / "other")
        early = str(line_of(log, 7))
    assert both(forged)[0] == 0
    assert both(forged, "--against", early)[0] == 1
    assert both(made / "whole.zip", "--against", early)[0] == 0
    other = events.open_event(tmp_path / "other.clog", concert(), tmp_path / "other", clock=Clock())
    other.log.close()
    assert both(tmp_path / "other.clog", "--against", early)[0] == 1
    assert both(made / "whole.zip", "--against", early[:-1] + ("0" if early[-1] != "0" else "1"))[0] == 2


def test_what_is_no_log_is_refused_by_both(tmp_path: Path, both: Run) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Geachte heer, mevrouw,")
    assert both(path)[0] == 2
    db = sqlite3.connect(tmp_path / "other.db")
    db.execute("CREATE TABLE other (a)")
    db.close()
    assert both(tmp_path / "other.db")[0] == 2


def test_the_original_is_not_touched(made: Path, tmp_path: Path) -> None:
    path = tmp_path / "alone" / "evening.clog"
    path.parent.mkdir()
    shutil.copyfile(made / "kept.clog", path)
    before = sha256(path.read_bytes()).digest()
    done = subprocess.run([*ALONE, str(PROGRAM), str(path)], check=True, capture_output=True)
    assert b"holds" in done.stdout
    assert sha256(path.read_bytes()).digest() == before
    assert [one.name for one in path.parent.iterdir()] == ["evening.clog"]


def test_what_is_still_beside_the_log_is_read_too(tmp_path: Path, venue: Desk) -> None:
    said = saying.note(venue, "nog niet in het bestand zelf")
    done = subprocess.run([*ALONE, str(PROGRAM), str(venue.log.path)], check=True, capture_output=True, text=True)
    assert f"holds: {said.seq} records" in done.stdout


# -- the program itself ------------------------------------------------------------------------------------------------


def test_it_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse(PROGRAM.read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names
    without = subprocess.run([*ALONE, "-c", "import msgspec"], capture_output=True, check=False)
    assert without.returncode == 1  # the control: where it runs here, nothing else can be had


def test_it_knows_the_text_of_a_bundle() -> None:
    assert runpy.run_path(str(PROGRAM))["README_SHA256"] == sha256(README).hexdigest()


# RFC 8032, section 7.1: public key, message, signature
VECTORS = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
)


@pytest.fixture(scope="module")
def signed() -> Any:
    return runpy.run_path(str(PROGRAM))["signed"]


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_its_signatures_are_those_of_the_standard(signed: Any, key: str, message: str, signature: str) -> None:
    assert signed(bytes.fromhex(key), bytes.fromhex(signature), bytes.fromhex(message))
    assert not signed(bytes.fromhex(key), bytes.fromhex(signature), bytes.fromhex(message) + b"x")


def test_it_refuses_what_is_no_signature(signed: Any) -> None:
    chance = random.Random(1)
    order = 2**252 + 27742317777372353535851937790883648493
    for _ in range(10):
        private = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        key, message = private.public_key().public_bytes_raw(), chance.randbytes(50)
        good = private.sign(message)
        assert signed(key, good, message)
        bad = bytearray(good)
        bad[chance.randrange(64)] ^= 1 << chance.randrange(8)
        above = int.from_bytes(good[32:], "little") + order  # the same point, another text: RFC 8032 forbids it
        assert not signed(key, bytes(bad), message)
        assert not signed(key, good[:32] + above.to_bytes(32, "little"), message)
        assert not signed(key, good[:63], message)
        assert not signed(key[:31], good, message)
        assert not signed(bytes(32), good, message)
