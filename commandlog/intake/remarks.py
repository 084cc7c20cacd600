"""What a person should know of how times and coordinates were understood, before going on."""

from commandlog.intake.entries import Maker
from commandlog.intake.guess import Guess
from commandlog.intake.systems import name_of
from commandlog.language import _


def remarks(maker: Maker, guess: Guess) -> list[str]:
    """Return what the rows showed of coordinates and durations, one sentence each."""
    system = guess.system
    name = name_of(system.metres) if system.metres else ""
    told = [
        ("pin converted", _("{count} coordinates are in {system}: converted to degrees.")),
        ("pin outside", _("{count} coordinates lie outside the area of {system}: no pins.")),
        (
            "pin metres",
            _(
                "{count} coordinates are metres of a system that cannot be told for certain: no pins. Say which in a"
                " mapping ([coordinates] system = “EPSG:…”)."
            ),
        ),
        ("pin turned", _("{count} coordinates have longitude before latitude: turned round.")),
        ("duration", _("{count} durations cannot be read: kept as they are written.")),
    ]
    counts = maker.counts
    said = [text.format(count=counts[what], system=name) for what, text in told if counts[what]]
    if system.turned and counts["pinned"]:
        said.append(_("Latitude and longitude stand in each other's column: turned round."))
    return said


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
