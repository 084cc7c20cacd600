"""Whether data has the shape that a JSON schema asks for: every misfit at once, with its key and what to write there.

It reads the part of JSON Schema (draft 2020-12) that our own schemas use: `type`, `properties`, `required`,
`additionalProperties`, `propertyNames`, `items`, `enum`, `pattern`, `anyOf`, `$ref` and the bounds. So an editor that
completes by the schema and the program that reads the file cannot disagree.
"""

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, time
from typing import Any

from commandlog.language import _, marked

Path = tuple[str | int, ...]
Schema = Mapping[str, Any]

MOST_FAULTS = 1000  # more than anybody mends in one go
_SHOWN = 40  # characters of a wrong value
_TYPES: dict[str, tuple[Any, Any, str]] = {
    "string": (str, "", marked("text, between quotes")),
    "integer": (int, 0, marked("a whole number, without quotes")),
    "number": ((int, float), 0, marked("a number, without quotes")),
    "boolean": (bool, False, marked("true or false, without quotes")),
    "array": (list, [], marked("a list, between [ and ]")),
    "object": (dict, {}, marked("a table, in braces")),
}
_ADVICE = {
    "code": marked("A code is small letters, figures or hyphens, at most 40, such as gate-f."),
    "partycode": marked("A code is a letter and then letters, figures or hyphens, at most 40."),
    "letter": marked("The letter is one or two capitals, A to Z."),
    "date": marked("“{value}” is no date. Write it as 2027-06-30."),
    "named": marked("Something must be written here."),
    "called": marked("Something must be written here."),
}


class Fitting:
    """Data held against a schema: `value` is what is left of it, with something empty where it did not fit.

    So what refers to one another can be judged in the same go. `faults` are (path, problem), at most 1,000.
    """

    def __init__(self, data: object, schema: Schema) -> None:
        self.faults: list[tuple[Path, str]] = []
        self._schema = schema
        self.value = self._fitted(data, schema, (), "")

    def _fault(self, path: Path, problem: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append((path, problem))

    def _resolved(self, schema: Schema, called: str) -> tuple[Schema, str]:
        """Return what a schema refers to, and the name under which it is known."""
        while "$ref" in schema:
            called = schema["$ref"].rpartition("/")[2]
            schema = self._schema["$defs"][called]
        return schema, called

    def _fitted(self, value: Any, schema: Schema, path: Path, called: str) -> Any:
        schema, called = self._resolved(schema, called)
        choices = schema.get("anyOf", (schema,))
        fitting = next((one for one in choices if _is_a(value, one["type"])), None)
        if fitting is None:
            self._fault(path, _wrong_type(value, [one["type"] for one in choices]))
            return self._empty(choices[0])
        match fitting["type"]:
            case "object":
                return self._object(value, fitting, path)
            case "array":
                return self._array(value, fitting, path)
            case "string":
                self._string(value, fitting, path, called or str(path[-1] if path else ""))
            case "integer" | "number":
                return self._number(value, fitting, path)
        return value

    def _object(self, value: dict[str, Any], schema: Schema, path: Path) -> dict[str, Any]:
        known: Mapping[str, Schema] = schema.get("properties", {})
        other = schema.get("additionalProperties")
        names = re.compile(schema.get("propertyNames", {}).get("pattern", "(?s).*"))
        fitted: dict[str, Any] = {}
        for key, one in value.items():
            if len(self.faults) >= MOST_FAULTS:
                break
            if key in known:
                fitted[key] = self._fitted(one, known[key], (*path, key), "")
            elif not isinstance(other, Mapping) or not names.fullmatch(key):
                self._fault((*path, key), _unknown_key(key, known))
            else:
                fitted[key] = self._fitted(one, other, (*path, key), "named")
        for key in schema.get("required", ()):
            if key not in value:
                self._fault((*path, key), _("It is missing. Write it here."))
                fitted[key] = self._empty(known[key])
        if not schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", math.inf):
            self._fault(path, _("Write it once per language, such as { nl = …, en = … }."))
        return fitted

    def _array(self, value: list[Any], schema: Schema, path: Path) -> list[Any]:
        least, most = schema.get("minItems", 0), schema.get("maxItems", math.inf)
        if least == most and len(value) != least:
            self._fault(
                path, _("There must be {number} here, and there are {found}.").format(number=least, found=len(value))
            )
            empty: list[Any] = self._empty(schema)
            return empty
        if len(value) < least:
            self._fault(path, _("There must be at least {number} here.").format(number=least))
        elif len(value) > most:
            self._fault(
                path,
                _("There may be at most {number} here, and there are {found}.").format(number=most, found=len(value)),
            )
            value = value[:most]
        return [self._fitted(one, schema["items"], (*path, n), "") for n, one in enumerate(value)]

    def _string(self, value: str, schema: Schema, path: Path, called: str) -> None:
        if "enum" in schema and value not in schema["enum"]:
            known = ", ".join(one for one in schema["enum"] if one)
            self._fault(
                path, _("“{code}” is not known here. Choose one of: {known}.").format(code=_shown(value), known=known)
            )
        elif len(value) > schema.get("maxLength", math.inf):
            self._fault(path, _("This is too long: at most {number} characters.").format(number=schema["maxLength"]))
        elif len(value) < schema.get("minLength", 0):
            self._fault(path, _(_ADVICE["called"]))
        elif "pattern" in schema and not re.fullmatch(schema["pattern"], value):
            advice = _ADVICE.get(called, _ADVICE["code"])
            self._fault(path, _(advice).format(value=_shown(value)))

    def _number(self, value: float, schema: Schema, path: Path) -> float:
        least, most = schema["minimum"], schema["maximum"]
        if not least <= value <= most:  # nor is "nan"
            self._fault(path, _("Write a number from {least} to {most}.").format(least=least, most=most))
            return 0
        return value

    def _empty(self, schema: Schema) -> Any:
        schema, _called = self._resolved(schema, "")
        if "anyOf" in schema:
            return self._empty(schema["anyOf"][0])
        if schema["type"] == "object":
            return {key: self._empty(schema["properties"][key]) for key in schema.get("required", ())}
        if "items" in schema and schema.get("minItems") == schema.get("maxItems"):  # a pin, a corner
            return [self._empty(schema["items"])] * schema["minItems"]
        empty = _TYPES[schema["type"]][1]
        return list(empty) if isinstance(empty, list) else empty


def _is_a(value: object, kind: str) -> bool:
    wanted = _TYPES[kind][0]
    return isinstance(value, wanted) and (kind == "boolean" or not isinstance(value, bool))


def _wrong_type(value: object, kinds: Iterable[str]) -> str:
    wanted = _(" or ").join(_(_TYPES[kind][2]) for kind in kinds)
    if isinstance(value, date | time):
        return _("A date or time is not taken as such. Write it between quotes.")
    return _("This must be {wanted}.").format(wanted=wanted)


def _unknown_key(key: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(key[:_SHOWN], known, 1)
    if near:
        return _("There is no such key. Do you mean “{key}”?").format(key=near[0])
    choices = ", ".join(known)
    return (
        _("There is no such key. Choose one of: {known}.").format(known=choices)
        if choices
        else _("Write a language, such as nl.")
    )


def _shown(value: str) -> str:
    return value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
