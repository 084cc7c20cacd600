"""Any bytes, and valid files that were changed, in every reader: a table, or one line that says what to do."""

import random
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.intake.readers import open_rows
from commandlog.model.errors import RuleError, Unavailable
from tests.fuzz.targets import TARGETS, Target, file_rows, hold, refused_well, seeds_of

SECONDS = 10
QUICK = [name for name in TARGETS if name not in ("xlsx", "ods")]  # those start a process for each input


def timed(target: Target, content: bytes) -> None:
    began = time.monotonic()
    target.run(content)
    assert time.monotonic() - began < SECONDS


def changed(content: bytes, chance: random.Random, words: tuple[str, ...]) -> bytes:
    """Return bytes with a few things left out, doubled, put in or turned over."""
    made = bytearray(content)
    for _change in range(chance.randint(1, 5)):
        at, end = sorted(chance.randrange(len(made) + 1) for _side in range(2))
        end = min(end, at + 200)
        kind = chance.randrange(5)
        if kind == 0:
            del made[at:end]
        elif kind == 1:
            made[at:at] = made[at:end] * chance.randint(1, 30)
        elif kind == 2:
            made[at:at] = chance.choice([*words, "\0", '"', "\n", ",", "[", "{", "<", "é", "\ud800"]).encode(
                "utf-8", "surrogatepass"
            )
        elif kind == 3 and at < len(made):
            made[at] ^= 1 << chance.randrange(8)
        else:
            made[at:end] = bytes(chance.randrange(256) for _byte in range(min(end - at, 20)))
    return bytes(made)


@pytest.mark.parametrize("name", TARGETS)
def test_what_fuzzing_begins_with_is_well_formed(name: str) -> None:
    for content in seeds_of(name):
        timed(TARGETS[name], content)


@pytest.mark.parametrize("name", QUICK)
@given(content=st.binary(max_size=600))
def test_any_bytes(name: str, content: bytes) -> None:
    timed(TARGETS[name], content)


@pytest.mark.parametrize("name", QUICK)
@given(chance=st.randoms(use_true_random=False))
def test_valid_files_that_were_changed(name: str, chance: random.Random) -> None:
    target = TARGETS[name]
    timed(target, changed(chance.choice(target.seeds()), chance, target.words))


_cell = st.sampled_from(
    ["", "20:14", "2020-01-01 20:14", "Total", "time", "4,3", '"', "a fire", "\n", "é", "=1+1"]
) | st.text(max_size=8)


@given(rows=st.lists(st.lists(_cell, max_size=5), max_size=12), separator=st.sampled_from(",;\t|"))
def test_any_rows_of_cells(rows: list[list[str]], separator: str) -> None:
    text = "\r\n".join(separator.join(f'"{cell}"' if " " in cell else cell for cell in row) for row in rows)
    file_rows(text.encode("utf-8", "replace"), suffix=".csv")


_stamp = st.sampled_from(
    ["20:14", "[31/12/19, 23:58:01]", "1-1-2020 00:10 -", "T+00:12", "Jan  1 00:12:03", "2020-01-01", "", "  "]
)


@given(lines=st.lists(st.tuples(_stamp, st.sampled_from([" ", ": ", "\t", ""]), st.text(max_size=10)), max_size=12))
def test_any_lines_with_times(lines: list[tuple[str, str, str]]) -> None:
    file_rows("\n".join("".join(line) for line in lines).encode("utf-8", "replace"), suffix=".txt")


@pytest.mark.parametrize("name", ["page", "zip"])
def test_the_confined_process_keeps_the_same_promises(name: str, tmp_path: Path) -> None:
    chance = random.Random(1)
    target = TARGETS[name]
    path = tmp_path / ("a.html" if name == "page" else "a.xlsx")
    for _time in range(6):
        path.write_bytes(changed(chance.choice(target.seeds()), chance, target.words))
        began = time.monotonic()
        try:
            hold(open_rows(path))
        except (RuleError, Unavailable) as error:
            refused_well(error)
        assert time.monotonic() - began < SECONDS
