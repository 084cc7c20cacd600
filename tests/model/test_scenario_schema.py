"""The JSON schema of scenarios: it says what the structs say, and judges as the loader does."""

import copy
import json
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec import UNSET, Struct

from commandlog.model import covenant, places_from
from commandlog.model.covenant import Covenant
from commandlog.model.scenario import examine, load, scenarios, schema_text, text_of
from commandlog.model.shapes import Fitting

SCHEMA = json.loads(schema_text())
JUDGE = Draft202012Validator(SCHEMA)
STRUCTS: dict[str, type[Struct]] = {
    "contact": covenant.Contact,
    "party": covenant.Party,
    "role": covenant.Role,
    "unit": covenant.Unit,
    "place": covenant.Place,
    "placesfrom": places_from.PlacesFrom,
    "category": covenant.Category,
    "power": covenant.Power,
    "mandate": covenant.Mandate,
    "level": covenant.Level,
    "ladder": covenant.Ladder,
    "deadline": covenant.Deadline,
    "alarm": covenant.Alarm,
}


def fields(struct: type[Struct]) -> dict[str, Any]:
    return {one.name: one for one in msgspec.structs.fields(struct)}


@pytest.mark.parametrize("name", [*STRUCTS, ""])
def test_the_schema_says_what_the_structs_say(name: str) -> None:
    written = SCHEMA["$defs"][name] if name else SCHEMA
    has = fields(STRUCTS[name] if name else Covenant)
    assert written["additionalProperties"] is False
    assert set(written["properties"]) - set(has) == (set() if name else {"places_from"})
    assert set(has) <= set(written["properties"])
    assert set(written["required"]) == {key for key, one in has.items() if one.required}
    for key, one in has.items():
        said = written["properties"][key]
        assert said["description"].endswith(".")
        default = one.default_factory() if one.default is msgspec.NODEFAULT and not one.required else one.default
        if not one.required:
            assert said.get("default", None) == (list(default) if isinstance(default, tuple) else default), key


def test_the_schema_is_one_and_explains_every_key() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert all(one["description"] for one in SCHEMA["$defs"].values())
    assert UNSET not in SCHEMA.values()


@pytest.mark.parametrize("name", scenarios())
def test_what_comes_with_the_program_fits_the_schema(name: str) -> None:
    text, file, _folder = text_of(name)
    JUDGE.validate(tomllib.loads(text))
    assert text.startswith("#:schema ../schemas/scenario.schema.json\n")
    assert file == f"{name}.toml"
    assert msgspec.json.decode(msgspec.json.encode(load(name)), type=Covenant) == load(name)


WHOLE = {
    name: {key: one[-4:] if isinstance(one, list) else one for key, one in tomllib.loads(text_of(name)[0]).items()}
    for name in scenarios()
}
WRONG = st.one_of(
    st.none().map(lambda _none: ""),
    st.integers(-(10**20), 10**20),
    st.sampled_from([-1, 0, 1, 90, 101, 1441, 36501]),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda one: one != int(one)),
    st.booleans(),
    st.text(st.characters(codec="utf-8"), max_size=60),
    st.sampled_from(["public", "private", "P", "police", "2027-01-01", "nl", "a" * 41, "x" * 4001, " ", "Ä", "-"]),
    st.lists(st.sampled_from([1, "a", 1.5, True, {}, []]), max_size=5),
    st.dictionaries(
        st.sampled_from(["nl", "en", "code", "EN", "order", ""]), st.sampled_from(["a", "", 3]), max_size=3
    ),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(below for key, one in inner for below in places(one, (*path, key)))]


def mutated(data: st.DataObject) -> dict[str, Any]:
    """One of our scenarios, with one to three things changed, dropped or added."""
    whole = copy.deepcopy(WHOLE[data.draw(st.sampled_from(sorted(WHOLE)))])
    for _change in range(data.draw(st.integers(1, 3))):
        top = data.draw(st.sampled_from(sorted(whole))) if whole else ""
        paths = [path for path in places(whole.get(top), (top,)) if path and path[0]]
        if not paths:
            break
        *way, key = data.draw(st.sampled_from(paths))
        around: Any = whole
        for step in way:
            around = around[step]
        match data.draw(st.integers(0, 3)):
            case 0:
                del around[key]
            case 1 if isinstance(around, dict):
                around[data.draw(st.sampled_from(["colour", "cod", "area", "pin", "lead", "nl", "warn_at"]))] = around[
                    key
                ]
            case _:
                around[key] = data.draw(WRONG)
    return whole


def as_toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {as_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


@settings(max_examples=max(200, settings().max_examples))
@given(st.data())
def test_schema_and_loader_judge_alike(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    whole = mutated(data)
    fits = JUDGE.is_valid(whole)
    fitting = Fitting(whole, SCHEMA)
    assert fits == (not fitting.faults), fitting.faults or [one.message for one in JUDGE.iter_errors(whole)]
    fitting.value.pop("places_from", None)
    msgspec.convert(fitting.value, Covenant)  # whatever was wrong, what is left can be judged further
    path = tmp_path_factory.getbasetemp() / "mutated.toml"
    path.write_text("".join(f"{json.dumps(key)} = {as_toml(one)}\n" for key, one in whole.items()), "utf-8")
    examined = examine(str(path))
    assert fits or examined.faults
    assert (examined.covenant is None) == bool(examined.faults)
    assert all(fault.line and fault.problem for fault in examined.faults)


def test_all_that_is_wrong_is_said_at_once_and_nothing_that_follows_from_it(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(
        """\
code = "x"
name = { nl = "X" }
driver = "police"
answer_minuts = 3
[[parties]]
code = 7
name = "P"
sector = "secret"
letter = "P"
[[units]]
callsign = "A"
party = "police"
role = "ghost"
[[units]]
party = "police"
[[places]]
code = "gate"
name = "Gate"
lead = { order = "police", fire = "police" }
pin = [100.0, 4.0]
area = [[[4.0, 51.0], [4.1, 51.0], [4.1, 51.1], [4.2, 51.2]]]
[[deadlines]]
code = "answer"
minutes = 0
valid_until = 2027-01-01
"""
    )
    examined = examine(str(path))
    assert [(fault.line, fault.key) for fault in examined.faults] == [
        (4, "answer_minuts"),
        (6, "parties[0].code"),
        (8, "parties[0].sector"),
        (13, "units[0].role"),
        (14, "units[1].callsign"),
        (19, "places[0].lead.fire"),
        (20, "places[0].pin"),
        (21, "places[0].area[0]"),
        (24, "deadlines[0].minutes"),
        (25, "deadlines[0].valid_until"),
    ]
    assert "answer_minutes" in examined.faults[0].problem


def test_a_date_that_is_not_quoted_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text_of("concert")[0].replace('valid_until = "2027-12-31"', "valid_until = 2027-12-31"), "utf-8")
    (fault,) = examine(str(path)).faults
    assert (fault.key, "quotes" in fault.problem) == ("valid_until", True)
