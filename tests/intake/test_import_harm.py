"""What an import must not do: make codes of free text, hang, draw at sea, or take the same rows in twice."""

import random
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from commandlog.cli import main
from commandlog.intake.importing import run
from commandlog.intake.mapping import Glob
from commandlog.intake.mapping_writing import mapping_text
from commandlog.intake.patterns import MAX_TEXT, fault
from commandlog.intake.planned import described
from commandlog.intake.standing import standing
from commandlog.log.desk import Desk
from commandlog.model.errors import RuleError
from commandlog.model.records import Report
from commandlog.verbs.events import open_event
from tests.intake.imports import COVENANT, imported, planned, written

NAMED = "time,category,text\n2020-01-01 10:00,Vermissing Sanne de Boer,a child is gone\n"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = open_event(tmp_path / "event.log", COVENANT, tmp_path / "settings")
    yield made
    made.log.close()


def categories(desk: Desk) -> list[str]:
    return [one.frame.category for one in desk.log.records() if isinstance(one.frame, Report)]


def test_a_guessed_category_stays_in_words(tmp_path: Path, desk: Desk) -> None:
    path = written(tmp_path, NAMED)
    plan = planned(desk, path)
    assert plan.entry(0).raw == {"category": "Vermissing Sanne de Boer"}
    assert any("1 row has a category that the covenant does not have" in one for one in plan.notices)
    assert any("Vermissing" in one for one in described(plan, standing(desk.log, plan)))
    imported(desk, path)
    assert categories(desk) == [""]
    assert b"vermissing-sanne" not in desk.path.read_bytes()
    assert not any("category = " in one for one in mapping_text(plan).splitlines() if not one.startswith("#"))


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ('[columns]\ncategory = "category"\n', "vermissing-sanne-de-boer"),
        ('[values.category]\n"vermissing*" = "missing"\n', "missing"),
        (
            '[columns]\ncategory = "k"\n[[extract]]\nname = "k"\ncolumn = "category"\npattern = "^(\\\\w+)"\n',
            "vermissing",
        ),
    ],
)
def test_a_mapping_makes_codes_of_categories(tmp_path: Path, desk: Desk, mapping: str, code: str) -> None:
    imported(desk, written(tmp_path, NAMED), written(tmp_path, mapping, "mine.toml"))
    assert categories(desk) == [code]


@pytest.mark.parametrize(
    "pattern",
    [
        "^((a+)+)+$",
        "((a|a)*)*b",
        "(a|aa)+$",
        "(.*)*x",
        r"(\w+\s?)*$",
        "(x+x+)+y",
        "(a?){30}a{30}",
        ".*.*.*x",
        "(?i:(a+A*)*!)",
    ],
)
def test_a_pattern_that_could_hang_is_refused(tmp_path: Path, desk: Desk, pattern: str) -> None:
    mapping = written(tmp_path, f"[[extract]]\nname = 'x'\ncolumn = 'text'\npattern = '({pattern})'\n", "mine.toml")
    with pytest.raises(RuleError, match="write it simpler"):
        planned(desk, written(tmp_path, NAMED), mapping)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^(?:P \d )?(?:BDH-\d+ )?([A-Z][a-z]+)",
        r"GRIP:? ?(\d)",
        r"(?s)(.+)",
        r"^(\S+)\s+(\S+)\s+(.*)$",
        r"(\w+)@(\w+)",
        r"((?:[A-Z][a-z]+ )*)street",
    ],
)
def test_usual_patterns_are_taken(pattern: str) -> None:
    assert fault(pattern) == ""


def test_what_is_accepted_ends_soon() -> None:
    chance = random.Random(1)
    atoms = ["a", "b", "[ab]", ".", r"\w", r"\d", " ", "[^a]", "(?:a|b)", "(?:ab|a)", "(?:a b)"]
    texts = [one[:MAX_TEXT] for one in ("a" * 2000, "ab" * 1000, "a " * 1000, "1a" * 1000, "a" * 1999 + "!")]
    tried = 0
    while tried < 30:
        parts = [chance.choice(atoms) + chance.choice(["", "", "*", "+", "?", "{0,9}", "*?"]) for _n in range(4)]
        pattern = "".join(parts)
        pattern = chance.choice(["", "^"]) + chance.choice([pattern, f"({pattern})+", f"({pattern})*!"])
        if fault(pattern):
            continue
        tried += 1
        for text in texts:
            begin = time.process_time()
            re.search(pattern, text)
            assert time.process_time() - begin < 1, pattern


def test_stars_are_looked_for_once() -> None:
    begin = time.process_time()
    assert not Glob("*" + "a*" * 30 + "z").fits("a" * 90_000)
    assert Glob("*" + "a*" * 30 + "z").fits("a" * 90_000 + "z")
    assert (Glob("a*a").fits("a"), Glob("a*a").fits("aa"), Glob("*").fits("")) == (False, True, True)
    assert time.process_time() - begin < 1


def test_a_line_longer_than_a_pattern_sees_is_kept_whole(tmp_path: Path, desk: Desk) -> None:
    mapping = written(tmp_path, "[file]\npattern = '^(?P<time>[-\\d]+ [:\\d]+) (?P<text>.*)$'\n", "mine.toml")
    plan = planned(desk, written(tmp_path, f"2020-01-01 10:00 {'word ' * 1000}end\n", "log.txt"), mapping)
    assert plan.entry(0).text == "word " * 1000 + "end"


def test_one_mistyped_coordinate_has_no_pin(tmp_path: Path, desk: Desk) -> None:
    rows = [f"2020-01-01 10:{n:02},words {n},52.0{n},4.3{n}" for n in range(9)]
    text = "\n".join(["time,text,latitude,longitude", *rows, "2020-01-01 11:00,slip,95,10"])
    plan = planned(desk, written(tmp_path, text))
    assert [one.pin is None for _n, one in plan.entries()] == [False] * 9 + [True]
    assert any("1 row has coordinates that are no place on earth (line 11): no pin." in one for one in plan.notices)


FLIPS = {
    "a key that is lost": (
        "nr,time,text\n" + "".join(f"{n},2020-01-01 {n // 60:02}:{n % 60:02},words {n}\n" for n in range(100)),
        "".join(f"{n},2020-01-02 {n // 60:02}:{n % 60:02},other {n}\n" for n in range(40)),
    ),
    "two rows": (
        "nr,time,text\n1,2020-01-01 10:00,one\n2,2020-01-01 10:01,two\n",
        "1,2020-01-01 11:00,three\n2,2020-01-01 11:01,four\n",
    ),
    "day and month": (
        "time,text\n" + "".join(f"02/{n:02}/2020 10:00,words {n}\n" for n in range(3, 9)),
        "02/13/2020 10:00,later\n",
    ),
}


@pytest.mark.parametrize("name", FLIPS)
def test_a_guess_that_flips_does_not_double_the_log(tmp_path: Path, desk: Desk, name: str) -> None:
    first, more = FLIPS[name]
    added = imported(desk, written(tmp_path, first)).added
    assert imported(desk, written(tmp_path, first)).added == 0
    path = written(tmp_path, first + more)
    plan = planned(desk, path)
    assert any("--again" in one for one in described(plan, standing(desk.log, plan)))
    with pytest.raises(RuleError, match="would be double"):
        run(desk, plan)
    assert len(categories(desk)) == added
    run(desk, plan, again=True)
    assert len(categories(desk)) == added + len(plan)


def test_a_new_file_is_no_double(tmp_path: Path, desk: Desk) -> None:
    imported(desk, written(tmp_path, FLIPS["a key that is lost"][0]))
    new = "time,text\n" + "".join(f"2020-01-01 10:{n:02},patrol {n}\n" for n in range(20))
    assert imported(desk, written(tmp_path, new, "new.csv")).added == 20


@pytest.mark.parametrize("column", ["T+", "t (min)"])
def test_times_from_a_start_ask_for_it(tmp_path: Path, desk: Desk, column: str) -> None:
    cells = ["-00:05:00", "00:00:00", "00:14:05"] if column == "T+" else ["-5", "0", "14"]
    path = written(tmp_path, f"{column},text\n" + "".join(f"{one},words that say {one}\n" for one in cells))
    with pytest.raises(RuleError, match=r"\[time\] start") as caught:
        planned(desk, path)
    assert f"“{column}”" in str(caught.value)
    plan = planned(desk, path, written(tmp_path, "[time]\nstart = '2020-01-01 20:00'\n", "mine.toml"))
    assert [plan.local(one.occurred)[11:16] for _n, one in plan.entries()] == ["19:55", "20:00", "20:14"]


def test_the_first_entries_show_end_and_pin(tmp_path: Path, desk: Desk) -> None:
    text = "time,end,text,latitude,longitude\n2020-01-01 10:00,2020-01-01 10:30,a bin burns,52.01,4.31\n"
    plan = planned(desk, written(tmp_path, text))
    shown = described(plan, standing(desk.log, plan))
    row = shown[shown.index("The first entries:") + 2]
    assert "10:30" in row
    assert "52.0100, 4.3100" in row
    assert 'order = "ymd"' in mapping_text(plan)


def test_the_command_takes_doubles_only_when_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, first = str(tmp_path / "event.clog"), FLIPS["two rows"]
    assert main(["new", log, "--scenario", "concert"]) == 0
    source = str(written(tmp_path, first[0]))
    assert main(["import", log, source]) == 0
    written(tmp_path, "".join(first))
    capsys.readouterr()
    assert main(["import", log, source]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["import", log, source, "--again"]) == 0


def test_nul_characters_are_counted(tmp_path: Path, desk: Desk) -> None:
    plan = planned(desk, written(tmp_path, "time,text\n2020-01-01 10:00, a\0b\0in burns \n"))
    assert plan.entry(0).text == "abin burns"
    assert "2 NUL characters are left out." in plan.notices
