"""Reads GeoJSON (RFC 7946): one row per feature, its properties as columns, a point as latitude and longitude."""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from commandlog.intake.rows import MAX_CELL, Refused, Row, Shape, Table, reading, unique
from commandlog.language import _
from commandlog.model.errors import RuleError
from commandlog.model.records import clean

LATITUDE = "@latitude"
LONGITUDE = "@longitude"
MAX_JSON = 512 << 20  # bytes; the whole document is held in memory
MAX_PROPERTIES = 1_000
_FEATURES = re.compile(r'"features"\s*:\s*\[')
_GAP = re.compile(r"[\s,]*")
_DEGREES = ("CRS84", "EPSG::4326", "EPSG:4326", "CRS83", "EPSG::4258", "EPSG:4258")


def geojson_rows(path: Path, encoding: str, _shape: Shape) -> Table:
    """Return the table in a GeoJSON file; raises RuleError where it is not one, naming the line of the fault."""
    text = _text(path, encoding)
    document = _parsed(text, path)
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(features, list):
        raise RuleError(
            _("{file} is JSON, but no GeoJSON FeatureCollection: export it as GeoJSON or CSV.").format(file=path.name)
        )
    lines = _lines(text, len(features))
    distinct = len(features) < 2 or len(set(lines)) > len(features) * 0.9
    numbers = lines if distinct else list(range(1, len(features) + 1))
    notices, degrees = _projection(document)
    shapes = sum(1 for one in features if _geometry(one) not in ("Point", ""))
    if shapes:
        notices.append(_("{count} features are no points (lines, areas): they get no pin.").format(count=shapes))
    names = _names(features)

    def read(refused: list[Refused]) -> Iterator[Row]:
        for number, feature in zip(numbers, features, strict=True):
            row = _row(number, feature, names, degrees, refused)
            if row:
                yield row

    return Table(
        (*unique([clean(name) for name in names]), LATITUDE, LONGITUDE),
        read,
        form=_("GeoJSON, {count} features").format(count=len(features)),
        unit="line" if distinct else "feature",
        notices=tuple(notices),
    )


def _text(path: Path, encoding: str) -> str:
    with reading(path):
        if path.stat().st_size > MAX_JSON:
            raise RuleError(
                _("{file} is larger than {limit} MB, which is too much for GeoJSON: split it.").format(
                    file=path.name, limit=MAX_JSON >> 20
                )
            )
        return path.read_bytes().decode(encoding, "replace").lstrip("\ufeff")


def _parsed(text: str, path: Path) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise RuleError(
            _("{file} is not valid JSON: line {line}, column {column}. Export it again.").format(
                file=path.name, line=error.lineno, column=error.colno
            )
        ) from error
    except (RecursionError, ValueError, MemoryError) as error:
        raise RuleError(
            _("{file} is JSON that nothing sensible would write (too deep, or numbers without end).").format(
                file=path.name
            )
        ) from error


def _lines(text: str, count: int) -> list[int]:
    """Return the line of each feature, or only zeros where the text does not give them away."""
    found = _FEATURES.search(text)
    decoder, line, at = json.JSONDecoder(), 1, 0
    lines: list[int] = []
    position = found.end() if found else len(text)
    try:
        while len(lines) < count:
            position = _after_gap(text, position)
            line += text.count("\n", at, position)
            at = position
            lines.append(line)
            position = decoder.raw_decode(text, position)[1]
    except (ValueError, RecursionError):
        return [0] * count
    return lines if text.startswith("]", _after_gap(text, position)) else [0] * count


def _after_gap(text: str, position: int) -> int:
    gap = _GAP.match(text, position)
    return gap.end() if gap else position


def _projection(document: dict[str, Any]) -> tuple[list[str], bool]:
    """Return what to say of the coordinates, and whether they are degrees (WGS 84)."""
    crs = document.get("crs")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = str(properties.get("name", "")) if isinstance(properties, dict) else ""
    if not name or any(known in name.upper() for known in _DEGREES):
        return [], True
    return [
        _("The coordinates are in {crs}, not in degrees (WGS 84): no pins. Export them as WGS 84.").format(
            crs=name[:80]
        )
    ], False


def _geometry(feature: Any) -> str:
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    return str(geometry.get("type", "?")) if isinstance(geometry, dict) else ""


def _names(features: list[Any]) -> list[str]:
    """Return the names of all properties in the order in which they first appear."""
    names: dict[str, None] = {}
    for feature in features:
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if isinstance(properties, dict) and len(names) < MAX_PROPERTIES:
            names.update(dict.fromkeys(properties))
    return list(names)[:MAX_PROPERTIES]


def _row(number: int, feature: Any, names: list[str], degrees: bool, refused: list[Refused]) -> Row | None:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        refused.append(Refused(number, "", _("is no feature with properties")))
        return None
    values = [_cell(properties.get(name)) for name in names]
    long = next((n for n, value in enumerate(values) if len(value) > MAX_CELL), None)
    if long is not None:
        why = _("is {count} characters long, at most {limit} are taken").format(count=len(values[long]), limit=MAX_CELL)
        refused.append(Refused(number, names[long], why))
        return None
    return Row(number, (*values, *(_point(feature) if degrees else ("", ""))))


def _cell(value: Any) -> str:
    """Return a JSON value as a cell: null is empty, objects and lists stay JSON."""
    if isinstance(value, str):
        return clean(value.replace("\0", ""))
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    try:
        return json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        return ""


def _point(feature: dict[str, Any]) -> tuple[str, str]:
    """Return latitude and longitude as cells, empty where the feature is no point with two numbers."""
    geometry = feature.get("geometry")
    pair = geometry.get("coordinates") if isinstance(geometry, dict) and geometry.get("type") == "Point" else None
    if not isinstance(pair, list) or len(pair) < 2:
        return "", ""
    longitude, latitude = (_cell(one) if type(one) in (int, float) else "" for one in pair[:2])
    return (latitude, longitude) if latitude and longitude else ("", "")
