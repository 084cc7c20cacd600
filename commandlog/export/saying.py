"""How the documents say dates, times and people, in the current language and the zone of the event."""

from babel.dates import format_date
from babel.numbers import format_decimal

from commandlog.export.contents import Contents
from commandlog.language import _, current
from commandlog.model.frames import By, Frame, Millis
from commandlog.model.words import label
from commandlog.views.lines import Line

DIFFERS = 60_000  # milliseconds between happening and writing from which both times are shown


class Sayer:
    """Says moments and people of one export."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.covenant = contents.covenant
        self.language = current()

    def number(self, number: int) -> str:
        """Return a number with the digits grouped as the language does."""
        return format_decimal(number, locale=self.language)

    def day(self, moment: Millis) -> str:
        """Return the day of a moment: "Saturday, 27 June 2026"."""
        return self.date(moment, "EEEE d MMMM y")

    def date(self, moment: Millis, pattern: str) -> str:
        """Return the date of a moment after a pattern of Unicode CLDR."""
        return format_date(self.contents.local(moment).date(), pattern, locale=self.language)

    def time(self, moment: Millis) -> str:
        """Return the time of a moment, to the second."""
        return f"{self.contents.local(moment):%H:%M:%S}"

    def both(self, moment: Millis) -> str:
        """Return date and time of a moment: "27 Jun 2026 21:14:07", "" for 0."""
        return f"{self.date(moment, 'd MMM y')} {self.time(moment)}" if moment else ""

    def near(self, moment: Millis, day_of: Millis) -> str:
        """Return the time of a moment, with its date where that is another day than `day_of`'s; "" for 0."""
        if not moment:
            return ""
        same = self.contents.local(moment).date() == self.contents.local(day_of).date()
        return self.time(moment) if same else self.both(moment)

    def zone_name(self, moment: Millis) -> str:
        """Return the zone of the event with its offset at a moment: "Europe/Amsterdam, UTC+02:00"."""
        offset = f"{self.contents.local(moment):%z}"
        return f"{self.covenant.timezone}, UTC{offset[:3]}:{offset[3:5]}"

    def who(self, line: Line) -> str:
        """Return the role tag of an entry: call sign · role."""
        role = self.covenant.role_name(line.role) if line.role else ""
        return " · ".join(part for part in (line.unit, role) if part)

    def where(self, line: Line) -> str:
        """Return the place of an entry, with the place in words where there is one."""
        place = self.covenant.place_name(line.place) if line.place else ""
        return " · ".join(part for part in (place, line.where) if part)

    def writer(self, by: By | None) -> str:
        """Return the party and desk that wrote something."""
        return f"{self.covenant.party_name(by.party)} {by.desk}" if by else _("another desk")

    def changes(self, before: Frame | None, after: Frame | None) -> list[str]:
        """Return what a correction put right beside the text: "place: Gate F → Gate G"."""
        if before is None or after is None:
            return []
        name = self.covenant
        pairs = (
            (_("time"), self.both(before.occurred_at), self.both(after.occurred_at)),
            (_("who"), self._source(before), self._source(after)),
            (_("place"), name.place_name(before.place), name.place_name(after.place)),
            (_("category"), name.category_name(before.category), name.category_name(after.category)),
            (_("priority"), label(before.priority), label(after.priority)),
        )
        return [f"{what}: {old or '–'} → {new or '–'}" for what, old, new in pairs if old != new]

    def _source(self, frame: Frame) -> str:
        unit = frame.source.unit if frame.source else ""
        return " · ".join(part for part in (self.covenant.party_name(frame.speaker), unit) if part)

    def article(self, code: str) -> str:
        """Return the article behind a mark: that of the power, mandate or ladder with this code."""
        for rules in (self.covenant.powers, self.covenant.mandates):
            for rule in rules:
                if rule.code == code:
                    return rule.article
        return code

    def stand(self) -> str:
        """Return what the export shows: the log up to now, or as it stood at a moment."""
        contents = self.contents
        if contents.live:
            return _("position {position}, {time}").format(
                position=contents.moment.position, time=self.both(contents.made_at)
            )
        return _("as it stood at {time} (position {position})").format(
            time=self.both(contents.moment.clock), position=contents.moment.position
        )
