"""The codes that the words of a file become: by its mapping, else by the covenant.

A category that neither has becomes a slug only where a mapping names its column: a guess may be wrong, and codes stand
in frames, which nobody can erase.

What a value becomes is looked up once and remembered, since the same few come in every row.
"""

import re
from collections.abc import Callable
from typing import TypeVar

from commandlog.intake.columns import guessed_priority, guessed_state, plain
from commandlog.intake.mapping import Mapping, Translator
from commandlog.intake.time_words import folded
from commandlog.model.covenant import Covenant, Named

_SLUG = re.compile(r"[^a-z0-9]+")
_CYRILLIC = "a b v g g d e e e zh z i i k l m n o p r s t u f kh ts ch sh shch  y  e yu ya ss o l ae oe d th d i"
_GREEK = "a v g d e z i th i k l m n x o p r s s t y f ch ps o"
_LATIN = dict(
    zip(
        map(ord, "абвгґдеёєжзиіклмнопрстуфхцчшщъыьэюяßøłæœđþðıαβγδεζηθικλμνξοπρσςτυφχψω"),
        [*_CYRILLIC.split(" "), *_GREEK.split(" ")],
        strict=True,
    )
)
_REMEMBERED = 10_000  # values of each kind
_Found = TypeVar("_Found")


class Codes:
    """Looks up places, categories, priorities and units. `coded` says that categories nobody knows become slugs."""

    def __init__(self, mapping: Mapping, covenant: Covenant, *, coded: bool) -> None:
        self._covenant = covenant
        self._coded = coded
        self._places = _known([(one.code, one.name, one.aliases) for one in covenant.places])
        self._categories = _known([(one.code, one.name, one.aliases) for one in covenant.categories])
        roles = ("place", "category", "priority", "unit", "party", "state", "kind")
        self._maps = {role: Translator(getattr(mapping.values, role)) for role in roles}
        self._place_of: dict[str, tuple[str, str]] = {}
        self._category_of: dict[str, str] = {}
        self._priority_of: dict[str, tuple[str, bool]] = {}
        self._unit_of: dict[str, str] = {}

    def maps(self, role: str, value: str) -> bool:
        """Whether the mapping says what this value is."""
        return self._maps[role].find(value) is not None

    def place(self, value: str) -> tuple[str, str]:
        """Return the covenant's place, and the code that the mapping wants and the covenant lacks; empty for none."""
        return _remembered(self._place_of, value, self._place)

    def _place(self, value: str) -> tuple[str, str]:
        mapped = self._maps["place"].find(value)
        found = self._places.get(plain(value if mapped is None else mapped), "")
        return found, "" if found else mapped or ""

    def category(self, value: str) -> str:
        """Return the code of a category, empty where it gets none."""
        return _remembered(self._category_of, value, self._category)

    def _category(self, value: str) -> str:
        mapped = self._maps["category"].find(value)
        if mapped is not None:
            return self._categories.get(plain(mapped), "") or slug(mapped)
        if found := self._categories.get(plain(value)):
            return found
        return slug(value) if self._coded else ""

    def priority(self, value: str) -> tuple[str, bool]:
        """Return a priority, empty where it is none, and whether anybody knows the word."""
        return _remembered(self._priority_of, value, self._priority)

    def _priority(self, value: str) -> tuple[str, bool]:
        mapped = self._maps["priority"].find(value)
        found = guessed_priority(value) if mapped is None else mapped
        return found, bool(found) or mapped is not None

    def unit(self, value: str) -> str:
        """Return the call sign of the covenant's unit, empty where it has none."""
        return _remembered(self._unit_of, value, self._unit)

    def _unit(self, value: str) -> str:
        mapped = self._maps["unit"].find(value)
        unit = self._covenant.unit(value if mapped is None else mapped)
        return unit.callsign if unit else ""

    def as_written(self, role: str, value: str) -> str:
        """Return a state, party or kind as the mapping has it; a state also by what its word usually means."""
        mapped = self._maps[role].find(value)
        if mapped is not None:
            return mapped
        return (guessed_state(value) or value) if role == "state" else value


def _remembered(known: dict[str, _Found], value: str, look: Callable[[str], _Found]) -> _Found:
    found = known.get(value)
    if found is None:
        if len(known) >= _REMEMBERED:
            known.clear()
        found = known[value] = look(value)
    return found


def slug(value: str) -> str:
    """Return a value as a code ([a-z0-9-], at most 40 characters), empty where nothing of it remains.

    Accents are left out, Cyrillic and Greek letters become Latin ones.
    """
    if not value.isascii():
        value = folded(value).translate(_LATIN)
    return _SLUG.sub("-", value.lower()).strip("-")[:40].strip("-")


def _known(given: list[tuple[str, Named, tuple[str, ...]]]) -> dict[str, str]:
    """Return spelling → code of everything that the covenant calls by a code, a name or another name."""
    found: dict[str, str] = {}
    for code, name, aliases in given:
        spoken = [name] if isinstance(name, str) else list(name.values())
        for one in (code, *spoken, *aliases):
            found.setdefault(plain(one), code)
    found.pop("", None)
    return found
