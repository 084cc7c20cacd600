"""What tests of imports share: a covenant, a desk, small files, and what an import made."""

import os
from pathlib import Path

from commandlog.intake.importing import Outcome, plan_import, run
from commandlog.intake.plan import Plan
from commandlog.log.desk import Desk
from commandlog.model.covenant import Covenant, Ladder, Level, Party, Place, Unit
from commandlog.model.keeping import Imported
from commandlog.model.records import IncidentOpened, LevelSet, Linked, Report

COVENANT = Covenant(
    code="test",
    name="Test",
    driver="venue",
    parties=(
        Party("venue", "Venue", "private", "V"),
        Party("police", {"nl": "Politie", "en": "Police"}, "public", "P"),
        Party("aid", "First aid", "private", "E"),
    ),
    units=(Unit("Oog 2", "venue"), Unit("Oscar 1", "police")),
    places=(Place("brooklyn", "Brooklyn"), Place("gate-f", {"nl": "Poort F", "en": "Gate F"})),
    ladders=(Ladder("grip", "GRIP", tuple(Level(str(n), f"GRIP {n}") for n in range(6)), declared_by=("police",)),),
)
DATA = Path(os.environ.get("COMMANDLOG_DATA", Path(__file__).parents[3] / "shared" / "data"))


def planned(desk: Desk, source: Path, mapping: Path | None = None) -> Plan:
    """Return the plan of a file that is no export of CommandLog."""
    made = plan_import(desk, source, mapping)
    assert isinstance(made, Plan)
    return made


def imported(desk: Desk, source: Path, mapping: Path | None = None) -> Outcome:
    """Import a file and return what was done."""
    made = run(desk, planned(desk, source, mapping))
    assert isinstance(made, Outcome)
    return made


def written(folder: Path, text: str, name: str = "log.csv") -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def contents(desk: Desk) -> list[object]:
    """What the imports made, in order, without what differs by the moment of writing."""
    found: list[object] = []
    for record in desk.log.records():
        frame = record.frame
        if isinstance(frame, Report | IncidentOpened | LevelSet | Imported | Linked):
            entries = frame.entries if isinstance(frame, Imported) else 0
            found.append(
                (type(frame).__name__, frame.origin, frame.occurred_at * (entries == 0), entries, record.words)
            )
    return found


def kinds(desk: Desk) -> list[str]:
    """The kinds of all records behind the opening of the log, in order."""
    tags = [str(type(one.frame).__struct_config__.tag) for one in desk.log.records()]
    return [one for one in tags if one not in ("opened", "covenant", "desk_opened")]
