"""Which column of a file is what: names decide who is asked first, content decides whether the answer is believed.

The covenant's own words in a column are the best evidence there is. Where no name says anything (no header, or one in a
language that nobody here speaks), content decides alone.
"""

import re
from collections.abc import Callable, Iterator

from commandlog.intake.columns import ROW_NUMBERS, Column, guessed_priority
from commandlog.intake.coordinates import is_pair, read_value
from commandlog.intake.mapping import Time

MOSTLY = 0.9  # so much of a key must be filled and unique: one slip in a longer export must not change the keys of all
_FROM = {"from", "van", "sender", "afzender"}  # who is named there may be a unit, or somebody by name
_HALF_DAYS = {"am", "pm", "a.m.", "p.m."}
_GRADES = re.compile(r"(?i)(?:p|prio|priorit\w*|a|b|grip|code|cat)[ .:-]*(?:[0-5]|rood|oranje|geel|groen|red|orange)$")


def choose(found: dict[str, list[str]], looked: list[Column], time: Time, zone: str) -> Iterator[tuple[str, list[str]]]:
    """Yield (role, columns) for each role that is open in `found`, an empty list where there is none.

    Filled columns are taken away as they are chosen, so the order of the roles matters.
    """
    taken = {one for wanted in found.values() for one in wanted}
    free = [one for one in looked if one.filled and one.name not in taken]
    silent = all(one.silent for one in looked)

    def take(role: str, able: list[Column], also: Callable[[Column], bool] = lambda _one: False) -> list[str]:
        best = max(able, key=lambda one: (also(one), one.rank(role), one.filled, -one.number), default=None)
        if best is None:
            return []
        free.remove(best)
        return [best.name]

    def known(role: str) -> Callable[[Column], bool]:
        return lambda one: one.knows(role)

    if not found["time"]:
        yield "time", _time_columns(free, time)
    if not found["end"]:
        yield "end", _end_columns(free)
    if not (found["duration"] or found["end"]):
        yield "duration", take("duration", [one for one in free if one.rank("duration") and one.spans > 0.8])
    yield from _coordinates(found, free, zone, silent=silent)
    if not found["priority"]:
        yield "priority", take("priority", _priorities(free, silent=silent))
    if not found["state"]:
        able = [one for one in free if (one.states >= 0.5 if one.rank("state") else one.states == 1 and one.repeats)]
        yield "state", take("state", able)
    if not found["unit"]:
        yield "unit", take("unit", _units(free, silent=silent), known("unit"))
    if not found["person"]:
        named = [one for one in free if one.rank("person")]
        yield "person", take("person", named or [one for one in free if _FROM & set(one.words)])
    if not found["party"]:
        yield "party", take("party", [one for one in free if one.knows("party") and not one.knows("unit")])
    wordy = [one for one in free if one.figures < 0.5 and one.dates < 0.5]
    if not found["text"]:
        yield "text", take("text", _texts(wordy))
    if not found["category"]:
        rest = [one for one in wordy if one in free]
        able = [one for one in rest if (one.rank("category") and _varies(one)) or one.knows("category")]
        yield "category", take("category", able or (_few(rest) if silent else []), known("category"))
    if not found["place"]:
        able = [one for one in wordy if one in free and not one.pairs]
        able = [one for one in able if (one.rank("place") and _varies(one)) or one.knows("place")]
        yield "place", [one.name for one in able[:4]]
    if not found["key"]:
        able = [one for one in free if one.rank("key") and not set(one.words) & set(ROW_NUMBERS)]
        able = [one for one in able if not one.rank("unit") and len(one.values) >= one.rows * MOSTLY]
        yield "key", take("key", able)
    if not any(found[role] for role in ("text", "category", "place")):
        yield from _anything([one for one in free if one.figures < 0.5 and one.dates < 0.5 and one.clocks < 0.5])


def kind_of(columns: list[Column], time: Time) -> str:
    """Return how times are to be read: "" as moments, "clock" as times of day, "elapsed" as spans from a start."""
    if time.format or not columns:
        return ""
    first = columns[0]
    if first.dates > 0.5 and not _counts(first):
        sparse = first.days > 0.5 and len(columns) > 1 and columns[1].filled > 2 * first.filled
        return "clock" if sparse or first.clocks > 0.2 else ""
    spans = first.spans > 0.5 or (time.start != "" and first.figures > 0.5)
    if spans and (time.start or first.signed > 0.5 or (first.rank("elapsed") and not time.date)):
        return "elapsed"
    clocks = max(first.figure_clocks, first.yearless, (first.clocks + first.dates) / 2)
    return "clock" if clocks > 0.4 else "elapsed" if spans and first.unit else ""


def _time_columns(free: list[Column], time: Time) -> list[str]:
    """Return the column of times, or a column of days and one of times of day, and one of their zone."""
    able = [one for one in free if one.dates > 0.8 and (one.figures < 0.5 or one.rank("time") or one.stamps)]
    able = [one for one in able if not _counts(one)]
    able = [one for one in able if not one.rank("end")] or able
    if not able:
        return _undated(free, time)
    whole = [one for one in able if one.days < 0.5] or able
    most = max(one.filled for one in whole)
    best = max(whole, key=lambda one: (one.filled > most * 0.5, one.rank("time"), -one.number))
    free.remove(best)
    chosen = [best.name]
    if best.days > 0.5:
        clocks = [one for one in free if not one.rank("end") and _is_clock(one)]
        if clocks:
            clock = max(clocks, key=lambda one: (one.rank("time"), -one.number))
            free.remove(clock)
            chosen.append(clock.name)
    return chosen + _beside(free)


def _counts(column: Column) -> bool:
    """Whether its figures count from a start, or how long something took, though they could be days or seconds."""
    return column.figures > 0.5 and max(column.rank("elapsed"), column.rank("duration")) > 0


def _is_clock(column: Column) -> bool:
    return (column.clocks > 0.1 and column.clocks + column.dates > 0.8) or (
        column.rank("time") > 0 and column.figure_clocks > 0.8
    )


def _undated(free: list[Column], time: Time) -> list[str]:
    """Return the column of spans from a start, or of times of day, where no column has dates."""
    spans = [one for one in free if one.spans > 0.8 and not one.rank("duration") and not one.rank("end")]
    spans = [one for one in spans if one.rank("elapsed") or one.signed > 0.8 or (time.start and one.rank("time"))]
    clocks = [one for one in free if not one.rank("end") and (_is_clock(one) or one.yearless > 0.8)]
    able = spans or clocks
    if not able:
        return []
    best = max(able, key=lambda one: (one.rank("elapsed") if spans else 0, one.rank("time"), one.filled, -one.number))
    free.remove(best)
    return [best.name] if spans else [best.name, *_beside(free)]


def _beside(free: list[Column]) -> list[str]:
    """Return the columns that go with every time: AM or PM, and the zone."""
    halves = [one for one in free if all(value.casefold() in _HALF_DAYS for value in one.values)]
    zones = [one for one in free if one.rank("zone") and one.zones > 0.9]
    chosen = [*halves[:1], *zones[:1]]
    for one in chosen:
        free.remove(one)
    return [one.name for one in chosen]


def _end_columns(free: list[Column]) -> list[str]:
    named = [one for one in free if one.rank("end") and not one.rank("duration")]
    able = [one for one in named if one.dates + one.clocks > 0.6]
    if not able:
        return []
    best = max(able, key=lambda one: (one.dates > 0.5, one.days < 0.5, one.rank("end"), one.filled, -one.number))
    free.remove(best)
    if best.days > 0.5:
        clocks = [one for one in named if one in free and one.clocks > 0.8]
        if clocks:
            free.remove(clocks[0])
            return [best.name, clocks[0].name]
    return [best.name]


def _coordinates(
    found: dict[str, list[str]], free: list[Column], zone: str, *, silent: bool
) -> Iterator[tuple[str, list[str]]]:
    """Yield the two columns of coordinates, or the one that holds both."""
    if found["latitude"] or found["coordinates"]:
        return
    pairs = [[one for one in free if one.name == name] for name in ("@latitude", "@longitude")]
    if not all(pairs):
        pairs = [[one for one in free if one.rank(role) and one.degrees > 0.8] for role in ("latitude", "longitude")]
    if not all(pairs) and silent and zone in ("Europe/Amsterdam", "Europe/Brussels"):
        pairs = [[one for one in free if _lies(one, *between)] for between in ((50, 54), (2, 8))]
    chosen: list[Column] = []
    for role, able in zip(("latitude", "longitude"), pairs, strict=True):
        left = [one for one in able if one not in chosen]  # "y.x" would be both
        chosen += [max(left, key=lambda one: (one.rank(role), one.filled, -one.number))] if left else []
    if len(chosen) == 2:
        for role, one in zip(("latitude", "longitude"), chosen, strict=True):
            free.remove(one)
            yield role, [one.name]
        return
    able = [one for one in free if one.pairs and (one.rank("coordinates") or sum(map(is_pair, one.values)) > 0)]
    if able:
        best = max(able, key=lambda one: (one.rank("coordinates"), one.filled, -one.number))
        free.remove(best)
        yield "coordinates", [best.name]


def _lies(column: Column, least: float, most: float) -> bool:
    """Whether all values are figures with at least three decimals between two bounds."""
    figures = [read_value(one) for one in column.values]
    exact = all(len(one.replace(",", ".").partition(".")[2]) >= 3 for one in column.values)
    return exact and all(one is not None and least <= one[0] <= most for one in figures)


def _priorities(free: list[Column], *, silent: bool) -> list[Column]:
    named = [one for one in free if one.rank("priority") and all(map(guessed_priority, one.values))]
    named = [one for one in named if one.figures < 1 or not {"severity", "urgency", "level"} & set(one.words)]
    if named:
        return named
    mostly = [one for one in free if one.rank("priority") and one.grades >= 0.5 and one.figures < 1]
    if mostly:
        return mostly
    unnamed = [one for one in free if (silent or one.silent) and one.repeats and not one.knows("unit")]
    return [one for one in unnamed if all(map(_GRADES.match, one.values))]


def _units(free: list[Column], *, silent: bool) -> list[Column]:
    able = [one for one in free if (one.rank("unit") and one.dates < 0.5) or one.knows("unit")]
    able = [one for one in able if one.knows("unit") or one.callsigns > 0.3 or not _FROM & set(one.words)]
    if not able and silent:
        able = [one for one in free if one.callsigns > 0.8 and one.repeats]
    return able


def _varies(column: Column) -> bool:
    return len(column.values) > 1 or column.filled < 20


def _few(wordy: list[Column]) -> list[Column]:
    """Return the column with the fewest different words, where they come back again and again."""
    able = [one for one in wordy if one.repeats and one.length < 40 * one.filled and not one.knows("place")]
    return sorted(able, key=lambda one: (len(one.values), one.number))[:1]


def _anything(wordy: list[Column]) -> Iterator[tuple[str, list[str]]]:
    """Yield what says most where nothing is named so: few words that come back are categories, others are texts."""
    if few := _few(wordy):
        yield "category", [few[0].name]
    elif able := [one for one in wordy if _varies(one) and one.length > 2 * one.filled]:
        yield "text", [max(able, key=lambda one: one.length / one.filled).name]


def _texts(wordy: list[Column]) -> list[Column]:
    """Return the columns that may hold the text: those named so; else the wordiest, where it is wordy at all."""
    able = [one for one in wordy if _varies(one) or one.rank("text") or one.length > 25 * one.filled]
    plausible = [one for one in able if not one.rank("place") and not one.rank("category")]
    plausible = [one for one in plausible if not one.pairs and not any(map(one.knows, ("unit", "place", "category")))]
    named = [one for one in plausible if one.rank("text") and not set(one.words) & {"id", "stripped", "type"}]
    if named:
        return named
    spaced = [one for one in plausible if sum(" " in value for value in one.values) > len(one.values) / 2]
    return [max(spaced, key=lambda one: one.length / one.filled)] if spaced else []
