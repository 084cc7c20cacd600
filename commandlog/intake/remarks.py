"""What a person should know of how times and coordinates were understood, before going on."""

from commandlog.intake.entries import Maker
from commandlog.intake.guess import Guess
from commandlog.intake.notations import Notation
from commandlog.intake.systems import name_of
from commandlog.language import _, ngettext


def remarks(maker: Maker, guess: Guess) -> list[str]:
    """Return what the rows showed of coordinates and durations, one sentence each."""
    system = guess.system
    name = name_of(system.metres) if system.metres else ""
    counts = maker.counts
    said = [
        words(counts[what]).format(count=counts[what], system=name)
        for what, words in (
            ("pin converted", _converted),
            ("pin outside", _outside),
            ("pin metres", _metres),
            ("pin turned", _turned),
            ("duration", _durations),
        )
        if counts[what]
    ]
    if system.turned and counts["pinned"]:
        said.append(_("Latitude and longitude stand in each other's column: turned round."))
    return said


def written_order(guess: Guess) -> Notation:
    """Return how times are written, with the order that was seen: year first where all dates have it so."""
    notation, first = guess.notation, guess.evidence[0] if guess.evidence else None
    if notation.kind or notation.format or first is None or not 0 < first.seen == first.year_first:
        return notation
    return notation._replace(order="ymd") if all(one.seen == one.year_first for one in guess.evidence) else notation


def times_in_words(guess: Guess) -> str:
    """Return in words how the times of a file are written."""
    notation = guess.notation
    if notation.format:
        return notation.format
    if notation.kind == "elapsed":
        return _("time since the start")
    orders = {"dmy": _("day, month, year"), "mdy": _("month, day, year"), "ymd": _("year, month, day")}
    dated = [one for one in guess.evidence if one.seen > one.year_first]
    order = orders[notation.order] if dated else orders["ymd"]
    first = guess.evidence[0] if guess.evidence else None
    if first and first.worded * 2 > first.seen:
        order = _("the month in words")
    elif first and first.figures * 2 > first.seen:
        order = _("figures (seconds since 1970, days of a spreadsheet)")
    if notation.kind != "clock":
        return order
    return _("time of day, going on past midnight") if notation.day else _("time of day behind the last date")


def _converted(count: int) -> str:
    return ngettext(
        "{count} coordinate is in {system}: converted to degrees.",
        "{count} coordinates are in {system}: converted to degrees.",
        count,
    )


def _outside(count: int) -> str:
    return ngettext(
        "{count} coordinate lies outside the area of {system}: no pin.",
        "{count} coordinates lie outside the area of {system}: no pins.",
        count,
    )


def _metres(count: int) -> str:
    return ngettext(
        "{count} coordinate is in metres of a system that cannot be told for certain: no pin. Say which"
        " in a mapping ([coordinates] system = “EPSG:…”).",
        "{count} coordinates are metres of a system that cannot be told for certain: no pins. Say which"
        " in a mapping ([coordinates] system = “EPSG:…”).",
        count,
    )


def _turned(count: int) -> str:
    return ngettext(
        "{count} coordinate has longitude before latitude: turned round.",
        "{count} coordinates have longitude before latitude: turned round.",
        count,
    )


def _durations(count: int) -> str:
    return ngettext(
        "{count} duration cannot be read: kept as it is written.",
        "{count} durations cannot be read: kept as they are written.",
        count,
    )
