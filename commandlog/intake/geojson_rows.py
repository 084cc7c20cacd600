"""Reads GeoJSON (RFC 7946): one row per feature, its properties as columns, a point as latitude and longitude."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from commandlog.intake.json_text import cell, flat, json_text, lines_of, names_in, numbered, parsed
from commandlog.intake.rows import MAX_COLUMNS, Refusals, Refused, Row, Shape, Table, fitting, unique
from commandlog.language import _
from commandlog.model.errors import RuleError
from commandlog.model.records import clean

LATITUDE = "@latitude"
LONGITUDE = "@longitude"
_FEATURES = re.compile(r'"features"\s*:\s*\[')
_DEGREES = ("CRS84", "CRS83", "4326", "4258")
_CODE = re.compile(r"EPSG:+(?:[\d.]*:)?(\d{4,6})$", re.IGNORECASE)


def geojson_rows(path: Path, encoding: str, _shape: Shape) -> Table:
    """Return the table in a GeoJSON file; raises RuleError where it is not one, naming the line of the fault."""
    text = json_text(path, encoding)
    return geojson_table(path, text, parsed(text, path))


def geojson_table(path: Path, text: str, document: Any) -> Table:
    """Return the table in a GeoJSON document that was read from `text`."""
    features = _features(document)
    if features is None:
        raise RuleError(
            _("{file} is JSON, but no GeoJSON FeatureCollection: export it as GeoJSON or CSV.").format(file=path.name)
        )
    numbers, distinct = numbered(lines_of(text, _FEATURES, len(features)) if len(features) > 1 else [1] * len(features))
    crs = _projection(document)
    notices = []
    if crs:
        notices.append(_("The file says that its coordinates are in {crs}, not in degrees (WGS 84).").format(crs=crs))
    shapes = sum(1 for one in features if _geometry(one) not in ("Point", ""))
    if shapes:
        notices.append(_("{count} features are no points (lines, areas): they get no pin.").format(count=shapes))
    names = _names(features)

    def read(refused: Refusals) -> Iterator[Row]:
        for number, feature in zip(numbers, features, strict=True):
            row = _row(number, feature, names, columns, refused)
            if row:
                yield row

    point = [LATITUDE, LONGITUDE]
    columns = (*unique([*point, *(clean(name) for name in names)])[2:], *point)
    return Table(
        columns,
        read,
        form=_("GeoJSON, {count} features").format(count=len(features)),
        unit="line" if distinct else "feature",
        notices=tuple(notices),
        crs=crs,
    )


def _features(document: Any) -> list[Any] | None:
    """Return the features of a document, also where it is a single one."""
    if not isinstance(document, dict):
        return None
    if document.get("type") == "Feature" and "geometry" in document:
        return [document]
    features = document.get("features")
    return features if isinstance(features, list) else None


def _projection(document: dict[str, Any]) -> str:
    """Return the reference system that a document names ("EPSG:28992"), empty for degrees (WGS 84)."""
    crs = document.get("crs")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = " ".join(cell(properties.get("name", "")).split()) if isinstance(properties, dict) else ""
    if not name or name.upper().endswith(_DEGREES):
        return ""
    code = _CODE.search(name)
    return f"EPSG:{code[1]}" if code else name[:80]


def _geometry(feature: Any) -> str:
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    return str(geometry.get("type", "?")) if isinstance(geometry, dict) else ""


def _names(features: list[Any]) -> list[str]:
    """Return the names of all properties in the order in which they first appear."""
    names: dict[str, None] = {}
    for feature in features:
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if isinstance(properties, dict) and len(names) < MAX_COLUMNS:
            names.update(dict.fromkeys(names_in(properties)))
    return list(names)[:MAX_COLUMNS]


def _row(number: int, feature: Any, names: list[str], columns: tuple[str, ...], refused: Refusals) -> Row | None:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        refused.append(Refused(number, "", _("is no feature with properties")))
        return None
    cells = flat(properties)
    return fitting(number, [*(cells.get(name, "") for name in names), *_point(feature)], columns, refused)


def _point(feature: dict[str, Any]) -> tuple[str, str]:
    """Return latitude and longitude as cells, empty where the feature is no point with two numbers."""
    geometry = feature.get("geometry")
    pair = geometry.get("coordinates") if isinstance(geometry, dict) and geometry.get("type") == "Point" else None
    if not isinstance(pair, list) or len(pair) < 2:
        return "", ""
    longitude, latitude = (cell(one) if type(one) in (int, float) else "" for one in pair[:2])
    return (latitude, longitude) if latitude and longitude else ("", "")
