"""On which line a key stands, however TOML is written: whole files are made up, and the line of each key is known."""

import random
import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.model.scenario import examine, line_of, scenarios, text_of
from commandlog.model.toml_lines import Path, key_of, lines_of, path_of

MIXED = """\
# a comment with [[units]] and party = "x"
title = 'a'
"quoted key" = 1
deep.er.still = { a = 1, "b.c" = [1, 2] } # }

text = \"\"\"
[[units]]
party = "none"
\"\"\" # what looks like a table is text

[[units]]
callsign = "A"

[[units]]
callsign = "B"
aliases = [
    "one", # ]
    "two",
    { x = '''
]''', y = 3 },
]

[units.more]
party = "here"

[[units.more.parts]]
n = 1
[[units.more.parts]]
n = 2

[ a . "b c" . d ]
e = 1979-05-27 07:32:00
f = [[1, 2], [3,
  4]]
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("title", 2),
        ('"quoted key"', 3),
        ("deep", 4),
        ("deep.er.still.a", 4),
        ('deep.er.still."b.c"[1]', 4),
        ("text", 6),
        ("units", 11),
        ("units[0]", 11),
        ("units[0].callsign", 12),
        ("units[0].party", 11),
        ("units[1]", 14),
        ("units[1].callsign", 15),
        ("units[1].aliases[0]", 17),
        ("units[1].aliases[1]", 18),
        ("units[1].aliases[2]", 19),
        ("units[1].aliases[2].y", 20),
        ("units[1].more.party", 24),
        ("units[1].more.parts[1].n", 29),
        ('a."b c".d.e', 32),
        ("a.'no'", 31),
        ('a."b c".d.f[1][1]', 34),
        ("units[7].party", 11),
        ("nothing", 0),
        ("", 0),
    ],
)
def test_a_key_is_found_however_it_is_written(key: str, line: int) -> None:
    tomllib.loads(MIXED)
    assert line_of(MIXED, key) == line
    assert line_of(MIXED.replace("\n", "\r\n"), key) == line


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a =",
        "[",
        "[[",
        "[[a",
        "[a]]",
        "= 1",
        "a = [",
        "a = {",
        'a = "',
        'a = """',
        '"',
        "a.",
        "\x00",
        "a = 1 b",
    ],
)
def test_what_is_no_toml_is_read_up_to_there(text: str) -> None:
    assert line_of("first = 1\n" + text, "first") == 1


@given(st.text(alphabet="ab\"'[]{}=.,#\n\\ 1\x00é", max_size=200))
def test_any_text_is_walked_through(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in lines_of(text).values())


@given(st.lists(st.one_of(st.integers(0, 99), st.text(min_size=1, max_size=9)), max_size=6))
def test_a_key_is_its_path(steps: list[str | int]) -> None:
    path = ("k", *steps)
    assert path_of(key_of(path)) == path


class Writer:
    """Writes a TOML file in every manner there is, and knows on which line it put what."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.text, self.want, self.made = "", dict[Path, int](), 0

    @property
    def line(self) -> int:
        return self.text.count("\n") + 1

    def name(self) -> tuple[str, str]:
        self.made += 1
        plain = f"k{self.made}"
        return self.random.choice(
            [
                (plain, plain),
                (f"a.b {plain}", f'"a.b {plain}"'),
                (f'q"{plain}', f'"q\\"{plain}"'),
                (f"[[{plain}]] = #", f"'[[{plain}]] = #'"),
                (f"é{plain}", f'"\\u00e9{plain}"'),
            ]
        )

    def blank(self) -> str:
        return self.random.choice(["", "\n", " ", "\n\n  # a = [ {\n", "\n\t"])

    def note(self, path: Path) -> None:
        self.want.setdefault(path, self.line)

    def table(self, path: Path, depth: int) -> None:
        for _pair in range(self.random.randrange(1, 4)):
            self.pair(path, depth)
            self.text += self.random.choice(["\n", " # end\n", "\r\n", "\n\n"])

    def tables(self, path: Path, header: str, depth: int) -> None:
        for _child in range(self.random.randrange(3) if depth else 2):
            name, written = self.name()
            below, shown = (*path, name), f"{header}.{written}" if header else written
            if self.random.random() < 0.5:
                self.text += self.random.choice(["", "  "])
                self.note(below)
                self.text += f"[{shown}]\n"
                self.table(below, 1)
                if depth < 2:
                    self.tables(below, shown, depth + 1)
            else:
                for number in range(self.random.randrange(1, 4)):
                    self.note(below)
                    self.note((*below, number))
                    self.text += f"[[ {shown} ]] # one more\n"
                    self.table((*below, number), 1)
                    if depth < 2:
                        self.tables((*below, number), shown, depth + 1)

    def pair(self, path: Path, depth: int) -> None:
        for number in range(self.random.choice([1, 1, 1, 2, 3])):
            name, written = self.name()
            path = (*path, name)
            self.note(path)
            self.text += (" . " if number else "") + written
        self.text += self.random.choice([" = ", "=", "\t=  "])
        self.value(path, depth)

    def value(self, path: Path, depth: int) -> None:
        choice = self.random.randrange(12 if depth < 4 else 9)
        if choice < 9:
            self.text += (
                "-1.5e3",
                '"# [x] \\" = {"',
                "'[[parties]]'",
                '"""\n[[a]]\nb = "\\"" c\\\n"""',
                "'''\n[x]\n'y' = ''z'''",
                "1979-05-27 07:32:00.5",
                "true",
                "0xDEAD",
                '""',
            )[choice]
        elif choice < 11:
            self.elements(path, depth)
        else:
            self.text += "{ "
            for number in range(self.random.randrange(3)):
                self.text += ", " if number else ""
                self.pair(path, depth + 1)
            self.text += " }"

    def elements(self, path: Path, depth: int) -> None:
        self.text += "["
        for number in range(self.random.randrange(4)):
            self.text += ("," if number else "") + self.blank()
            self.note((*path, number))
            self.value((*path, number), depth + 1)
            self.text += self.blank()
        self.text += "]"


@given(st.integers(0, 2**32))
def test_the_line_of_every_key_is_right_in_any_file(seed: int) -> None:
    writer = Writer(seed)
    writer.table((), 0)
    writer.tables((), "", 0)
    tomllib.loads(writer.text)
    found = lines_of(writer.text)
    assert found == writer.want
    assert {line_of(writer.text, key_of(path)) - line for path, line in writer.want.items()} == {0}


@pytest.mark.parametrize("name", scenarios())
@given(data=st.data())
def test_a_key_that_is_broken_anywhere_is_named_with_its_line(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = text_of(name)[0].splitlines(keepends=True)
    keys = [
        (number, found.span())
        for number, line in enumerate(lines)
        if not line.startswith("#")
        for found in re.finditer(r"(?<=[{,] )[a-z_]+(?= = )|^[a-z_]+(?= = )", line)
    ]
    number, (start, end) = data.draw(st.sampled_from(keys))
    lines[number] = lines[number][:start] + "q_q" + lines[number][end:]
    path = tmp_path_factory.getbasetemp() / f"broken-{name}.toml"
    path.write_text("".join(lines), "utf-8")
    faults = [fault for fault in examine(str(path)).faults if fault.key.endswith("q_q")]
    assert [fault.line for fault in faults] == [number + 1]
