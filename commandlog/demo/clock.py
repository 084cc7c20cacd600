"""When the demo evening is: a Saturday in Amsterdam, from the afternoon to the next morning."""

from datetime import datetime, timedelta

from dateutil import tz

from commandlog.model.frames import Millis

DAY = datetime(2026, 6, 27, tzinfo=tz.gettz("Europe/Amsterdam"))
BEGIN, END = "15:00", "09:10"
_NOON = 12  # an earlier hour is one of the next morning


def time(text: str) -> Millis:
    """Return a moment of the evening ("21:14", or "09:00" on the next morning) in milliseconds UTC."""
    hour, minute = map(int, text.split(":"))
    moment = DAY.replace(hour=hour, minute=minute) + timedelta(days=hour < _NOON)
    return round(moment.timestamp() * 1000)
