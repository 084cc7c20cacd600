"""From the briefing to the rain: preparation, build-up, doors."""

from commandlog.demo.evening import OPERATORS, Evening, time
from commandlog.model.records import DecisionWords, Source
from commandlog.verbs import assessing, incidents, levels, saying, tasks

TO_ALL = "alle partijen"
CHILD = ("police", "venue", "baken", "first-aid")
MEDICAL = ("first-aid", "venue")


def tell(e: Evening) -> None:
    """Tell 15:00 to 19:59."""
    _briefing(e)
    _bulletin(e)
    _doors(e)
    _man_with_a_camera(e)
    _missing_girl(e)
    _guests(e)
    _rain(e)


def _briefing(e: Evening) -> None:
    levels.set_phase(e["venue"], "preparation")
    for party, operator in OPERATORS.items():
        e.join(party, operator)
    saying.note(e["venue"], "OEFENING. Alles in dit logboek is oefening, alle namen zijn verzonnen.")
    e.at("15:30")
    briefing = saying.note(
        e["venue"],
        "Briefing. Aanwezig: politie, De Dijk, Baken, Noordlicht, EHBO. Gemeente telefonisch bereikbaar."
        " De Loods afwezig: het convenant noemt daar nog geen aanspreekpunt.",
        place="control-room",
    ).seq
    e.at("15:38")
    saying.add_to(
        e["venue"],
        briefing,
        "Verwacht: 34.000 bezoekers, deuren 17:00, aanvang 20:30, einde 22:45. Regen vanaf 19:00."
        " Buiten de poorten heeft de politie de regie, binnen De Dijk, medisch overal de EHBO.",
    )
    e.at("15:41")
    task = tasks.propose(
        e["venue"],
        "Zorg dat De Loods vanavond een vast aanspreekpunt heeft",
        to_party="organiser",
        entry=briefing,
        finish_by=time("19:30"),
    ).seq
    tasks.accept(e["organiser"], task, text="Jasper belt de bedrijfsleider")
    e.at("16:00")
    levels.set_phase(e["venue"], "build-up")
    levels.set_level(e["venue"], "venue", "green", text="Begin van de avond", review_by=time("21:00"))
    e.at("18:42")
    tasks.done(e["organiser"], task, text="Lotte Vermeer zit vanaf 20:00 voor De Loods in de commandokamer")
    tasks.confirm(e["venue"], task)


def _bulletin(e: Evening) -> None:
    """16:10. Told before 18:42 in the evening's own order: `_briefing` ends with what it began."""


def _doors(e: Evening) -> None:
    """17:00."""


def _man_with_a_camera(e: Evening) -> None: ...
def _missing_girl(e: Evening) -> None: ...
def _guests(e: Evening) -> None: ...
def _rain(e: Evening) -> None: ...
