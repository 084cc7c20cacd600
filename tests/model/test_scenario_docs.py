"""What is written about scenarios: every key as in the schema, and examples that make one scenario."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from commandlog.model.gaps import gaps
from commandlog.model.scenario import examine, schema_text

SCHEMA = json.loads(schema_text())
DOCS = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text("utf-8")
TABLES = ["", *(name for name, one in SCHEMA["$defs"].items() if "properties" in one)]
_NAMES = {"named": "text or { nl, en }", "date": "date as text", "corner": "[longitude, latitude]"}


def kind(said: dict[str, Any]) -> str:
    """How people call what a key holds."""
    called = said.get("$ref", "").rpartition("/")[2]
    if called in _NAMES:
        return _NAMES[called]
    if called and called in TABLES:
        return "table"
    whole = SCHEMA["$defs"].get(called, said)
    if "enum" in said:
        return ", ".join(f"`{one}`" for one in said["enum"] if one)
    if whole["type"] == "array":
        items = kind(whole["items"])
        return "[latitude, longitude]" if items == "number" else f"list of {items.replace('table', 'tables')}"
    if whole["type"] == "integer":
        return f"number, {whole['minimum']} to {whole['maximum']}"
    names = {"string": "code" if "pattern" in whole and called != "called" else "text", "boolean": "true or false"}
    return "capitals" if whole.get("pattern") == "^[A-Z]{1,2}$" else names.get(whole["type"], whole["type"])


def table(name: str) -> str:
    """The Markdown table of one of the schema's tables."""
    whole = SCHEMA["$defs"][name] if name else SCHEMA
    rows = ["| key | holds | default | meaning |", "| --- | --- | --- | --- |"]
    for key, said in whole["properties"].items():
        default = f"`{json.dumps(said['default'])}`" if "default" in said else ""
        default = "needed" if key in whole.get("required", ()) else default
        rows.append(f"| `{key}` | {kind(said)} | {default} | {said['description']} |")
    return "\n".join(rows)


@pytest.mark.parametrize("name", TABLES)
def test_every_key_is_described_as_in_the_schema(name: str) -> None:
    assert table(name) in DOCS


def test_the_examples_make_one_scenario_and_use_every_key(tmp_path: Path) -> None:
    text = "\n".join(re.findall(r"```toml\n(.*?)```", DOCS, re.DOTALL))
    (tmp_path / "docs.toml").write_text(text, "utf-8")
    square = [[4.40, 51.22], [4.41, 51.22], [4.41, 51.23], [4.40, 51.22]]
    feature = {
        "type": "Feature",
        "properties": {"name": "Eilandje", "id": "eilandje"},
        "geometry": {"type": "Polygon", "coordinates": [square]},
    }
    whole = {"type": "FeatureCollection", "features": [feature]}
    (tmp_path / "quarters.geojson").write_text(json.dumps(whole))
    examined = examine(str(tmp_path / "docs.toml"))
    assert examined.faults == ()
    assert examined.covenant is not None
    assert list(gaps(examined.covenant)) == []
    written = set(re.findall(r"^\w+(?= =)|(?<=[{,] )\w+(?= =)", text, re.MULTILINE)) | set(tomllib.loads(text))
    keys = {key for name in TABLES for key in (SCHEMA["$defs"][name] if name else SCHEMA)["properties"]}
    assert keys - written == set()


def test_what_is_written_of_commands_is_there() -> None:
    for command in ("list", "show", "schema", "check"):
        assert f"commandlog scenario {command}" in DOCS
