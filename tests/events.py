"""A small event for tests: four parties, units of one and of two of them, places with a lead, powers and a ladder."""

from commandlog.model.covenant import (
    Category,
    Contact,
    Covenant,
    Ladder,
    Level,
    Mandate,
    Party,
    Place,
    Power,
    Role,
    Unit,
)

START = 1_782_576_000_000  # 2026-06-27 16:00 UTC, 18:00 in Amsterdam


class Clock:
    """A clock that stands still until it is moved on."""

    def __init__(self, now: int = START) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def tick(self, seconds: float = 60) -> int:
        """Move on and return the new time in milliseconds UTC."""
        self.now += round(seconds * 1000)
        return self.now


def concert(**changed: object) -> Covenant:
    """Return the covenant of a fictional concert evening."""
    fields: dict[str, object] = {
        "code": "concert",
        "name": {"nl": "Concertavond", "en": "Concert evening"},
        "driver": "venue",
        "exercise": True,
        "parties": (
            Party("police", {"nl": "Politie", "en": "Police"}, "public", "P", ("politie",)),
            Party("venue", "Stadion De Dijk", "private", "V", ("stadion",), (Contact("Duty manager", "020-5550100"),)),
            Party("baken", "Baken Security", "private", "B"),
            Party("aid", {"nl": "EHBO", "en": "First aid"}, "private", "E", ("ehbo",)),
        ),
        "roles": (Role("profiler", "event profiler"), Role("guard", {"nl": "beveiliger", "en": "guard"})),
        "units": (
            Unit("Oog 2", "baken", "profiler", channel="3"),
            Unit("Service 3", "baken", "guard", parties=("baken", "venue"), accepts="baken"),
            Unit("Eenheid 11", "police", "officer"),
        ),
        "places": (
            Place("gate-f", {"nl": "Poort F", "en": "Gate F"}, "public", {"order": "police"}),
            Place("block-112", {"nl": "Vak 112", "en": "Block 112"}),
        ),
        "categories": (
            Category("suspicious", {"nl": "verdacht gedrag", "en": "suspicious behaviour"}, "order", suspicion=True),
            Category("medical", {"nl": "medisch", "en": "medical"}, "medical"),
            Category("crowd", {"nl": "drukte", "en": "crowd"}, "crowd"),
        ),
        "powers": (
            Power(
                "search",
                {"nl": "fouilleren", "en": "searching people"},
                ("police",),
                "art. 7 Politiewet 2012",
                "Only the police may search.",
                ("fouilleer", "fouilleren", "search"),
            ),
        ),
        "mandates": (
            Mandate(
                "profilers", "baken", "profiler", "covenant art. 4", "Profilers report.", (), ("suspicious", "crowd")
            ),
        ),
        "ladders": (
            Ladder("venue", "Venue", (Level("green", "Groen"), Level("orange", "Oranje")), ("venue",), 15),
            Ladder("grip", "GRIP", (Level("0", "GRIP 0"), Level("1", "GRIP 1")), ("police",)),
        ),
        "phases": (Level("doors", "Doors"), Level("show", "Show")),
    }
    return Covenant(**{**fields, **changed})  # type: ignore[arg-type]
