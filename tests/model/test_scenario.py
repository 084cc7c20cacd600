"""Scenarios: the ones that come with the program hold together, and a fault in one's own is named by line and key."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.language import LANGUAGES
from commandlog.model.covenant import Covenant, Named, spoken
from commandlog.model.errors import RuleError
from commandlog.model.scenario import examine, line_of, load, scenarios, text_of

SMALL = """\
code = "small"
name = "Small"
driver = "police"
places = [
    { code = "gate", name = "Gate" },
    { code = "hall", name = "Hall", within = "gate" },
]

[[parties]]
code = "police"
name = "Police"
sector = "public"
letter = "P"

[[parties]]
code = "guards"
name = "Guards"
sector = "private"
letter = "G"
"""


def written(folder: Path, text: str) -> str:
    path = folder / "own.toml"
    path.write_text(text, "utf-8")
    return str(path)


@pytest.mark.parametrize("name", scenarios())
def test_what_comes_with_the_program_holds_together(name: str) -> None:
    assert load(name).code == name


def test_the_concert_has_what_the_evening_needs() -> None:
    concert = load("concert")
    assert {one.letter for one in concert.parties} == set("PVBNEGL")
    assert concert.unit("oog 2") is not None
    service = concert.unit("Service 3")
    assert service is not None
    assert (service.parties, service.answering_party) == (("baken", "venue"), "baken")
    assert all(concert.place(code) for code in ("gate-f", "block-112", "block-118", "block-121", "stairs-west"))
    assert [one.code for one in concert.categories if one.suspicion] == ["suspicious", "unattended"]
    assert [len(one.levels) for one in concert.ladders] == [4, 6]
    assert len(concert.phases) == 6


def test_the_concert_is_said_in_every_language() -> None:
    concert = load("concert")
    names: list[Named] = [one.name for one in concert.places]
    names += [one.name for one in concert.roles] + [one.name for one in concert.categories]
    names += [name for one in concert.powers for name in (one.name, one.text)] + [one.text for one in concert.mandates]
    assert all(spoken(name, language) for name in names for language in LANGUAGES)
    assert all(set(name) == set(LANGUAGES) for name in names if isinstance(name, dict))


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    found = load(written(tmp_path, SMALL))
    assert isinstance(found, Covenant)
    assert found.party_name("guards") == "Guards"


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        ('driver = "police"', "driver = ", 3, ""),
        ('driver = "police"', 'driver = "nobody"', 3, "driver"),
        ('driver = "police"', 'driver = "police"\ntimezone = "Mars/North"', 4, "timezone"),
        ('driver = "police"', 'driver = "police"\ntimezone = ""', 4, "timezone"),
        ('driver = "police"', 'driver = "police"\ntimezone = "../../etc/passwd"', 4, "timezone"),
        ('driver = "police"', 'driver = "police"\nvalid_until = "soon"', 4, "valid_until"),
        ('driver = "police"', 'driver = "police"\nanswer_minutes = -1', 4, "answer_minutes"),
        ('driver = "police"', 'driver = "police"\nanswer_minutes = "3"', 4, "answer_minutes"),
        ('within = "gate"', 'within = "moon"', 6, "places[1].within"),
        ('within = "gate"', 'within = "hall"', 6, "places[1].within"),
        ('within = "gate"', 'lead = { order = "nobody" }', 6, "places[1].lead"),
        ('within = "gate"', 'space = "outer"', 6, "places[1].space"),
        ('code = "hall"', 'code = "gate"', 6, "places[1].code"),
        ('letter = "G"', 'letter = "P"', 19, "parties[1].letter"),
        ('letter = "G"', 'letter = "guards"', 19, "parties[1].letter"),
        ('letter = "G"', "letter = 7", 19, "parties[1].letter"),
        ('sector = "private"', 'sector = "none"', 18, "parties[1].sector"),
        ('letter = "G"', 'letter = "G"\ncolour = "red"', 20, "parties[1].colour"),
        ('letter = "G"', 'letter = "G"\n[[units]]\ncallsign = "A"\nparty = "x"', 22, "units[0].party"),
        (
            'letter = "G"',
            'letter = "G"\n[[units]]\ncallsign = "A"\nparty = "police"\n[[units]]\ncallsign = "a"\nparty = "police"',
            24,
            "units[1].callsign",
        ),
        (
            'letter = "G"',
            'letter = "G"\n[[ladders]]\ncode = "l"\nname = "L"\nlevels = []\ndeclared_by = ["police"]',
            23,
            "ladders[0].levels",
        ),
    ],
)
def test_a_fault_is_named_by_line_and_key(tmp_path: Path, old: str, new: str, line: int, key: str) -> None:
    with pytest.raises(RuleError) as raised:
        load(written(tmp_path, SMALL.replace(old, new, 1) if old in SMALL else ""))
    assert "own.toml" in str(raised.value)
    assert f"line {line}" in str(raised.value)
    assert key in str(raised.value)


def test_what_is_no_scenario_is_refused_with_what_to_do(tmp_path: Path) -> None:
    for name in ("carnival", str(tmp_path), str(tmp_path / "none.toml"), "\0", "../concert", ""):
        with pytest.raises(RuleError, match="Choose one of"):
            load(name)
    (tmp_path / "latin.toml").write_bytes(b'name = "caf\xe9"')
    with pytest.raises(RuleError, match="UTF-8"):
        load(str(tmp_path / "latin.toml"))
    with pytest.raises(RuleError, match=r"own\.toml"):
        load(written(tmp_path, "a = " + "[" * 5000))
    with pytest.raises(RuleError, match=r"own\.toml"):
        load(written(tmp_path, ""))


def test_a_key_that_is_not_found_has_no_line() -> None:
    assert line_of(SMALL, "units[3].party") == 0
    assert line_of("", "") == 0


@given(st.sampled_from(scenarios()), st.data())
def test_a_file_with_changed_characters_is_read_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    text, path = text_of(name)[0], tmp_path_factory.getbasetemp() / "changed.toml"
    for _change in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = start + data.draw(st.integers(0, 9))
        text = text[:start] + data.draw(st.text(alphabet="[]{}\"'=.,#\n\\0a é\x00\x7f", max_size=4)) + text[end:]
    path.write_text(text, "utf-8", newline="")
    examined = examine(str(path))
    assert (examined.covenant is None) == bool(examined.faults)
    assert all(fault.problem and 0 <= fault.line <= text.count("\n") + 1 for fault in examined.faults)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_in_words(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.toml"
    path.write_bytes(content)
    try:
        assert examine(str(path)).faults
    except RuleError as error:
        assert "UTF-8" in str(error)


def test_a_pipe_is_no_scenario_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(RuleError, match="Choose one of"):
        load(str(tmp_path / "pipe.toml"))


def test_a_circle_of_places_is_one_fault(tmp_path: Path) -> None:
    ways = (("x", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("y", "x"), ("z", "z"))
    places = "".join(f'{{ code = "{code}", name = "{code}", within = "{within}" }},' for code, within in ways)
    faults = examine(written(tmp_path, SMALL.replace("places = [", f"places = [{places}"))).faults
    assert [one.problem.partition(": ")[2] for one in faults] == [
        "a → b → c → a. Leave one `within` out.",
        "z → z. Leave one `within` out.",
    ]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("valid_until = 31-12-2028", "straight quotes"),
        ("name = Jan", "straight quotes"),
        ("name = “Jan”", "straight quotes"),
        ('name = "Jan\ncode = "x"', "not closed: end it"),
        ('name = """Jan', "not closed: end it"),
        ("a = [1, 2\nb = 1", "brace is not closed"),
        ("a = {b = 1\n", "brace is not closed"),
        ("[[places]\n", "brace is not closed"),
        ("a = 1\na = 2", "second time"),
        ("[a]\n[a]", "second time"),
        ("a = {b = 1, b = 2}", "second time"),
    ],
)
def test_what_is_no_toml_is_told_what_to_do(tmp_path: Path, text: str, advice: str) -> None:
    (fault,) = examine(written(tmp_path, text)).faults
    assert advice in fault.problem
