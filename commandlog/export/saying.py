"""How the documents say dates, times and people, in the current language and the zone of the event."""

from datetime import date

from babel.dates import format_date
from babel.numbers import format_decimal

from commandlog.export.contents import Contents
from commandlog.language import _, current
from commandlog.model.covenant import spoken
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
        self._labels: dict[str, str] = {}
        self._parties = {one.code: spoken(one.name) for one in self.covenant.parties}
        self._places = {one.code: spoken(one.name) for one in self.covenant.places}
        self._roles = {one.code: spoken(one.name) for one in self.covenant.roles}

    def number(self, number: int) -> str:
        """Return a number with the digits grouped as the language does."""
        return format_decimal(number, locale=self.language)

    def day(self, moment: Millis) -> str:
        """Return the day of a moment: "Saturday, 27 June 2026"."""
        return self.date(moment, "EEEE d MMMM y")

    def full_day(self, day: date) -> str:
        """Return a day as people say it: "Saturday 27 June 2026"."""
        return format_date(day, "EEEE d MMMM y", locale=self.language)

    def short_day(self, day: date) -> str:
        """Return a day as short as can be: "27 Jun"."""
        return format_date(day, "d MMM", locale=self.language)

    def date(self, moment: Millis, pattern: str) -> str:
        """Return the date of a moment after a pattern of Unicode CLDR."""
        return format_date(self.contents.local(moment).date(), pattern, locale=self.language)

    def time(self, moment: Millis) -> str:
        """Return the time of a moment, to the second."""
        when = self.contents.local(moment)
        return f"{when.hour:02}:{when.minute:02}:{when.second:02}"

    def both(self, moment: Millis) -> str:
        """Return date and time of a moment: "27 Jun 2026 21:14:07", "" for 0."""
        return f"{self.date(moment, 'd MMM y')} {self.time(moment)}" if moment else ""

    def clock(self, moment: Millis, day_of: Millis = 0) -> str:
        """Return the time of a moment to the minute, with its date where that is not that of `day_of` (0: as it is)."""
        when = self.contents.local(moment)
        if day_of and self.contents.local(day_of).date() != when.date():
            return f"{self.date(moment, 'd MMM')} {when:%H:%M}"
        return f"{when:%H:%M}"

    def other_day(self, moment: Millis, day_of: Millis) -> str:
        """Return the date of a moment as short as can be where it is not that of `day_of`, else ""."""
        day = self.contents.local(moment).date()
        return "" if day == self.contents.local(day_of).date() else format_date(day, "d MMM", locale=self.language)

    def near(self, moment: Millis, day_of: Millis) -> str:
        """Return the time of a moment, with its date where that is another day than `day_of`'s; "" for 0."""
        if not moment:
            return ""
        same = self.contents.local(moment).date() == self.contents.local(day_of).date()
        return self.time(moment) if same else self.both(moment)

    def label(self, code: str) -> str:
        """Return how the program says a code: `label`, remembered."""
        found = self._labels.get(code)
        if found is None:
            found = self._labels[code] = label(code)
        return found

    def party(self, code: str) -> str:
        """Return how people call a party."""
        return self._parties.get(code, code)

    def span(self, millis: Millis) -> str:
        """Return how long something took: "45 s", "12 min", "2 h 05 min", "3 d 4 h"."""
        seconds = max(millis, 0) // 1000
        minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
        if seconds < 60:
            return _("{n} s").format(n=seconds)
        if hours < 1:
            return _("{n} min").format(n=minutes)
        if days < 1:
            return _("{h} h {m:02} min").format(h=hours, m=minutes % 60)
        return _("{d} d {h} h").format(d=self.number(days), h=hours % 24)

    def zone_name(self, moment: Millis) -> str:
        """Return the zone of the event with its offset at a moment: "Europe/Amsterdam, UTC+02:00"."""
        offset = f"{self.contents.local(moment):%z}"
        return f"{self.covenant.timezone}, UTC{offset[:3]}:{offset[3:5]}"

    def who(self, line: Line) -> str:
        """Return the role tag of an entry: call sign · role."""
        role = self._roles.get(line.role, line.role)
        return " · ".join(part for part in (line.unit, role) if part)

    def where(self, line: Line) -> str:
        """Return the place of an entry, with the place in words where there is one."""
        place = self._places.get(line.place, line.place)
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

    def range(self) -> str:
        """Return the range of time that is shown, "" where it is all."""
        contents = self.contents
        if contents.since and contents.until:
            return _("from {start} to {end}").format(start=self.both(contents.since), end=self.both(contents.until))
        if contents.since:
            return _("from {start} on").format(start=self.both(contents.since))
        return _("up to {end}").format(end=self.both(contents.until)) if contents.until else ""

    def foot(self) -> str:
        """Return what stands at the foot of every page: for whom the copy is, and how the log stood."""
        contents = self.contents
        whom = _("for {party}").format(party=self.covenant.party_name(contents.for_party)) if contents.for_party else ""
        return " · ".join(part for part in (whom, self.range(), self.stand()) if part)

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
