"""An export of CommandLog itself comes back: the same timeline, said again through the verbs."""

from pathlib import Path

from commandlog.intake.own_outcome import Outcome
from commandlog.intake.own_plan import OwnPlan
from commandlog.intake.own_rows import form_of
from commandlog.intake.own_writing import Progress, plan_own, run

__all__ = ["Outcome", "OwnPlan", "Progress", "plan_own", "recognises", "run"]


def recognises(path: Path) -> bool:
    """Whether a file is an export of CommandLog (JSON lines, CSV or workbook); reads no more than its beginning."""
    return bool(form_of(path))
