"""Puts a plan into the log: through the verbs, in short transactions, and each row only once.

A row carries its import key as origin. Whatever happens in between (killed, disk full, another desk writing), the log
holds whole transactions, and a second run goes on where the first one stopped.
"""

import time
from pathlib import Path
from typing import NamedTuple

from commandlog.intake import own_export
from commandlog.intake.import_writer import ImportWriter
from commandlog.intake.own_export import OwnPlan
from commandlog.intake.plan import Plan, Progress, plan
from commandlog.intake.standing import Changed, other_imports
from commandlog.language import _, ngettext
from commandlog.log.desk import Desk
from commandlog.log.files import failures
from commandlog.log.lock import PAUSE
from commandlog.log.store import Log
from commandlog.model.errors import CommandLogError, RuleError, Unavailable

BATCH = 100  # rows a transaction: an operator who waits for one to end waits some 8 ms, or 20 where each has an end
BATCH_OF_TASKS = 25  # rows a transaction where there are tasks, each of which is up to five records
TEND_EVERY = 2  # transactions: what waits for an idle moment would pile up, and then keep the operator waiting
MAX_REMARKS = 100


class Outcome(NamedTuple):
    """What an import did, in numbers of rows; `changed` lists at most 1,000 of `changed_count`, none was written.

    `closed` counts the reports and tasks that came to their end.
    """

    added: int
    already: int
    refused: int
    incidents: int
    levels: int
    tasks: int
    closed: int
    changed: tuple[Changed, ...]
    changed_count: int
    remarks: tuple[str, ...] = ()

    def described(self) -> list[str]:
        """Return the sums, and a line for each row that was refused or reads otherwise now (at most 100)."""
        return [self.sums(), *self.remarks]

    def sums(self) -> str:
        """Return it in one line."""
        told = _("{added} added, {already} already there ({changed} of them changed in the file), {refused} refused")
        rows = told.format(added=self.added, already=self.already, changed=self.changed_count, refused=self.refused)
        more = counted(incidents=self.incidents, levels=self.levels, tasks=self.tasks, closed=self.closed)
        return ", ".join([rows, *more])


def counted(*, incidents: int, levels: int, tasks: int, closed: int) -> list[str]:
    """Return in words how many there are of what goes with the rows, leaving out what there is nothing of."""
    said = [
        incidents and ngettext("{count} incident", "{count} incidents", incidents).format(count=incidents),
        levels and ngettext("{count} change of level", "{count} changes of level", levels).format(count=levels),
        tasks and ngettext("{count} task", "{count} tasks", tasks).format(count=tasks),
        closed and ngettext("{count} closed", "{count} closed", closed).format(count=closed),
    ]
    return [one for one in said if one]


def plan_import(
    log: Log | Desk, source: Path, mapping: Path | None = None, progress: Progress | None = None
) -> Plan | OwnPlan:
    """Return what importing a file into this log would do, without writing anything.

    An export of CommandLog itself needs no mapping and is planned as such. `progress` is told (rows read, rows in all
    or 0). Raises RuleError where the log is closed, or the file or the mapping cannot be understood; Unavailable where
    the disk refuses.
    """
    if isinstance(log, Desk):
        log.check_open()
    own = log.log if isinstance(log, Desk) else log
    for given in (source, mapping):
        if given and given.exists() and given.samefile(own.path):
            raise RuleError(_("{file} is the log itself: it cannot be brought into itself.").format(file=given))
    if mapping is None and own_export.recognises(source):
        return own_export.plan_own(log, source)
    made = plan(log.covenant if isinstance(log, Desk) else log.covenant(), source, mapping, progress)
    with failures(own.path):
        made.warnings, made.doubles = other_imports(own, made)
    return made


def run(
    desk: Desk, plan: Plan | OwnPlan, progress: Progress | None = None, *, again: bool = False
) -> "Outcome | own_export.Outcome":
    """Write a plan into the log; what is there already stays as it is, so a second run adds nothing.

    `progress` is told (rows done, rows in all) after each transaction; when it raises, the import ends there, whole.
    Raises RuleError where the rows would come in twice, unless `again` says that they shall. Raises Unavailable where
    the log cannot be written, RuleError where it was closed meanwhile: what was taken in before stays, and a second run
    goes on.
    """
    if isinstance(plan, OwnPlan):
        return own_export.run(desk, plan, progress)
    if plan.doubles and not again:
        raise RuleError(plan.doubles)
    with failures(desk.log.path):
        writer = ImportWriter(desk, plan)
    try:
        _write(desk, plan, writer, progress)
    except (Unavailable, RuleError) as error:
        kind = Unavailable if isinstance(error, Unavailable) else RuleError
        raise kind(_broken_off(error, writer.safe, len(plan))) from error
    return _outcome(plan, writer)


def _write(desk: Desk, plan: Plan, writer: ImportWriter, progress: Progress | None) -> None:
    """Write all of it, one transaction after the other."""
    total, batch = len(plan), BATCH_OF_TASKS if plan.tasks else BATCH
    transactions = 0
    while writer.done < total:
        with desk.writing():
            writer.write(batch)
            if writer.done == total:
                writer.finish()
        writer.safe = writer.done
        transactions += 1
        if transactions % TEND_EVERY == 0:
            desk.log.tend()
        time.sleep(PAUSE)
        if progress:
            progress(writer.done, total)


def _broken_off(error: CommandLogError, done: int, total: int) -> str:
    """Return the error in words, and how far the import had come."""
    told = _("{error} {done} of {total} rows are in the log; the same command goes on where it stopped.")
    return told.format(error=error, done=done, total=total)


def _outcome(plan: Plan, writer: ImportWriter) -> Outcome:
    """Return what was done."""
    standing = writer.standing
    return Outcome(
        added=writer.added,
        already=writer.already,
        refused=plan.refused_count,
        incidents=writer.opened,
        levels=writer.levels,
        tasks=writer.tasks,
        closed=writer.closed,
        changed=tuple(standing.changed),
        changed_count=standing.changed_count,
        remarks=tuple(_remarks(plan, standing.changes())),
    )


def _remarks(plan: Plan, changes: list[str]) -> list[str]:
    said = [*plan.notices, *plan.refusals(), *changes]
    more = len(said) - MAX_REMARKS
    return [*said[:MAX_REMARKS], _("… and {count} more").format(count=more)] if more > 0 else said
