"""An evening in a small stadium: what every test of the export reads back."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from commandlog.language import speaking
from commandlog.log.desk import Desk, sit_down
from commandlog.log.store import Log
from commandlog.model import covenant as c
from commandlog.model.frames import Source
from commandlog.model.records import DecisionWords
from commandlog.verbs import assessing, events, incidents, levels, saying, tasks

ZONE = ZoneInfo("Europe/Amsterdam")
CANARY = "kanarie Zwartkop 8417"
HOSTILE = (
    '<b>vet</b> <img src="/etc/passwd"> weight <b & <male> =HYPERLINK("http://x.example","klik") '
    "\u202eomgekeerd\u202c \x00nul \x07bel e\u0301\u0302\u0323 Жовтень ĳ → ✓ ↳ ⚠ 😀 שלום "
    "aansprakelijkheidswaardevaststellingsveranderingen"
)


def at(clock: str, day: int = 27) -> int:
    """Return a time of the evening in milliseconds UTC."""
    hours, minutes, *seconds = map(int, clock.split(":"))
    second = seconds[0] if seconds else 0
    return int(datetime(2026, 6, day, hours, minutes, second, tzinfo=ZONE).timestamp() * 1000)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = at("16:00")

    def __call__(self) -> int:
        self.now += 7
        return self.now


COVENANT = c.Covenant(
    code="dijk",
    name={"nl": "Noordlicht Live in Stadion De Dijk", "en": "Northern Light Live at De Dijk Stadium"},
    driver="venue",
    exercise=True,
    answer_minutes=5,
    parties=(
        c.Party(code="venue", name="Stadion De Dijk", sector="private", letter="V"),
        c.Party(code="police", name={"nl": "Politie", "en": "Police"}, sector="public", letter="P"),
        c.Party(code="baken", name="Baken Security", sector="private", letter="B"),
        c.Party(code="loods", name="De Loods", sector="private", letter="L"),
    ),
    roles=(
        c.Role(code="profiler", name="event profiler"),
        c.Role(code="guard", name={"nl": "beveiliger", "en": "guard"}),
    ),
    units=(
        c.Unit(callsign="Oog 2", party="baken", role="profiler", channel="1"),
        c.Unit(callsign="Service 3", party="baken", role="guard", parties=("baken", "venue"), channel="3"),
    ),
    places=(
        c.Place(code="gate-f", name="Poort F", space="public", lead={"order": "police"}),
        c.Place(code="block", name={"nl": "Vak 121", "en": "Block 121"}),
    ),
    categories=(
        c.Category(code="suspicion", name={"nl": "verdacht gedrag", "en": "suspicious behaviour"}, suspicion=True),
        c.Category(code="crowd", name={"nl": "drukte", "en": "crowding"}, subject="crowd"),
        c.Category(code="medical", name={"nl": "medisch", "en": "medical"}, subject="medical"),
    ),
    powers=(
        c.Power(
            code="search",
            name={"nl": "fouilleren", "en": "searching people"},
            holders=("police",),
            article="art. 7 Politiewet",
            text="Alleen de politie fouilleert.",
            words=("fouilleer", "fouilleren"),
        ),
    ),
    mandates=(
        c.Mandate(
            code="eyes",
            party="baken",
            role="profiler",
            article="convenant 4.2",
            text="Profilers melden verdacht gedrag.",
            may_report=("suspicion",),
        ),
    ),
    ladders=(
        c.Ladder(
            code="venue",
            name={"nl": "Niveau stadion", "en": "Venue level"},
            levels=(c.Level(code="green", name="groen"), c.Level(code="orange", name="oranje")),
            declared_by=("venue",),
            review_minutes=15,
        ),
    ),
)


class Evening(NamedTuple):
    """The log of the evening and the desk of the venue; `clock` is what the log goes by."""

    log: Log
    desk: Desk
    clock: Clock
    settings: Path


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with speaking("en"):
        yield


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Evening]:
    """An event that has been opened and in which nothing was said yet."""
    clock = Clock()
    desk = events.open_event(tmp_path / "dijk.commandlog", COVENANT, tmp_path / "settings", clock=clock)
    yield Evening(desk.log, desk, clock, tmp_path / "settings")
    desk.log.close()


@pytest.fixture
def evening(empty: Evening) -> Evening:
    """The event with everything that can be in a log."""
    fill(empty)
    return empty


def fill(evening: Evening) -> None:
    """Let the evening happen."""
    desk, clock = evening.desk, evening.clock
    police = sit_down(desk.log, evening.settings, "police")
    baken = Source(party="baken")
    clock.now = at("16:05")
    events.sign_in(desk, "Noor de Vries")
    saying.note(desk, "Briefing gehouden; De Loods is er niet.", occurred_at=at("15:30"))
    saying.observe(desk, "Rij bij poort F, 70 % vol", place="gate-f", category="crowd", priority="routine")
    clock.now = at("17:40")
    eye = saying.source_of(desk, "Oog 2")
    seen = saying.report(
        desk,
        "Man filmt camera's poort F, grote rugzak",
        source=eye,
        person="Sanne",
        place="gate-f",
        category="suspicion",
        priority="elevated",
        heard_at=at("17:39:50"),
    )
    asked = tasks.propose(
        desk, "Kunt u iemand sturen naar poort F?", to_party="police", entry=seen.seq, priority="urgent"
    )
    clock.now = at("17:43")
    tasks.decline(police, asked.seq, "geen eenheid vrij")
    clock.now = at("17:44")
    walk = tasks.propose(
        desk,
        "Aanspreken als gastheer, niet fouilleren",
        to_unit="Service 3",
        entry=seen.seq,
        answer_by=at("17:46"),
        finish_by=at("17:55"),
    )
    clock.now = at("17:47")
    tasks.accept(desk, walk.seq, source=baken)
    tasks.start(desk, walk.seq, source=baken)
    clock.now = at("17:51")
    tasks.done(desk, walk.seq, text="Vlogger, loos alarm", source=baken)
    tasks.confirm(desk, walk.seq)
    assessing.assess(desk, seen.seq, "false_alarm", text="vlogger met toestemming")
    assessing.feed_back(desk, seen.seq, "Dank, vlogger; blijf melden")
    tasks.propose(
        desk, "Alle tassen fouilleren bij poort F", to_party="baken", reason="politie vroeg erom", finish_by=at("18:30")
    )
    clock.now = at("18:50")
    saying.note(police, CANARY, audience=("police",), person=f"{CANARY} naam")
    tasks.propose(police, f"Let op {CANARY}", to_party="police", audience=("police",))
    clock.now = at("21:03")
    fallen = saying.report(
        desk, "Iemand gevallen in vak 112", source=eye, place="gate-f", category="medical", priority="urgent"
    )
    clock.now = at("21:05")
    saying.correct(desk, fallen.seq, "Iemand gevallen in vak 121", reason="verkeerd verstaan", place="block")
    saying.add_to(desk, fallen.seq, "Kind van 8, gele jas; moeder is erbij")
    saying.report(
        desk,
        "Onbeheerde tas vak 118",
        priority="emergency",
        category="suspicion",
        place="block",
        occurred_at=at("21:02"),
    )
    incidents.link(desk, fallen.seq, incidents.open_incident(desk, "Val in vak 121").seq)
    clock.now = at("21:14")
    levels.set_level(desk, "venue", "orange", text="onbeheerde tas", told=("police", "baken", "loods"))
    clock.now = at("21:16")
    levels.confirm_level(desk, "venue", source=Source(party="police"))
    saying.decide(
        police,
        DecisionWords(
            "tas, 40 cm, niemand erbij",
            "ontruimen of ruimte maken",
            "Niet ontruimen, ruimte maken",
            "geen dreiging bekend",
            "OvD-P",
        ),
    )
    clock.now = at("00:15", 28)
    saying.message(desk, HOSTILE, to_party="police")
    saying.note(desk, "Слава: Жовтень, ĳsberg, 70 % → 90 % ✓ ± × € ½ “quote” – naïef coöperatie Škoda")


def small(evening: Evening, text: str) -> None:
    """Say one thing."""
    saying.note(evening.desk, text)
