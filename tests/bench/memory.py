"""How much memory each operation takes at most, each in a process of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from commandlog.export.exporting import export
from commandlog.log.desk import sit_down
from commandlog.log.rebuild import rebuild
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.views import counts, open_items, timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import Moment, live
from tests.bench.evenings import import_rows
from tests.bench.measuring import Results, apart
from tests.bench.writing import Subject

LIMIT = 150  # MB beyond the program itself


def memory(subject: Subject, size: int, say: Results) -> None:
    """Do everything once, and say what it took at most beyond what the program takes by itself."""
    for name, work in WORK.items():
        found = apart(work, subject.path, subject.settings)
        more = found.peak - found.before
        say.say(
            size,
            f"memory: {name}",
            f"{more:.0f} MB beyond {found.before:.0f} MB, {found.seconds:.1f} s",
            f"limit {LIMIT} MB",
            more <= LIMIT,
            mb=more,
            seconds=found.seconds,
        )
    subject.log.refresh()
    subject.bare.copied = subject.log.head.seq


def _reading(work: Callable[[Log], Any]) -> Callable[[Path, Path], None]:
    def done(path: Path, _settings: Path) -> None:
        with Log(path) as log:
            work(log)

    return done


def _first_page(path: Path, settings: Path) -> None:
    _reading(lambda log: timeline.page(log, live(log), Filter()))(path, settings)


def _thousand_entries(path: Path, settings: Path) -> None:
    with Log(path) as log:
        desk = sit_down(log, settings, "venue")
        for _ in range(1_000):
            _one(desk)
        log.tend()


def _one(desk: Any) -> None:
    from commandlog.verbs.saying import note

    note(desk, "een melding die niets bijzonders heeft, op een avond als alle andere")


def _import(path: Path, settings: Path) -> None:
    import_rows(path, settings, 20_000)


def _everything(path: Path, settings: Path) -> None:
    _reading(lambda log: sum(1 for _ in timeline.whole(log, live(log), Filter(system=True))))(path, settings)


def _search(path: Path, settings: Path) -> None:
    def work(log: Log) -> None:
        for query in ("bata", "ros", "ba lo"):
            timeline.page(log, live(log), Filter(search=query))
        sum(1 for _ in timeline.whole(log, live(log), Filter(search="bata")))

    _reading(work)(path, settings)


def _replay(path: Path, settings: Path) -> None:
    def work(log: Log) -> None:
        for part in range(1, 100):
            position = log.head.seq * part // 100
            timeline.page(log, Moment(position, log.kept_at(position)), Filter())

    _reading(work)(path, settings)


def _open_items(path: Path, settings: Path) -> None:
    _reading(lambda log: open_items.open_items(log, live(log)))(path, settings)


def _totals(path: Path, settings: Path) -> None:
    _reading(lambda log: counts.counts(log, live(log), Filter()))(path, settings)


def _csv(path: Path, settings: Path) -> None:
    _reading(lambda log: export(log, path.with_suffix(".csv"), live(log)))(path, settings)


def _jsonl(path: Path, settings: Path) -> None:
    _reading(lambda log: export(log, path.with_suffix(".jsonl"), live(log)))(path, settings)


def _verify(path: Path, _settings: Path) -> None:
    if not verify(path).holds:
        raise SystemExit("the log of the bench does not hold")


def _rebuild(path: Path, settings: Path) -> None:
    _reading(rebuild)(path, settings)


WORK: dict[str, Callable[[Path, Path], None]] = {
    "open, first page": _first_page,
    "1,000 entries one at a time": _thousand_entries,
    "import of 20,000 rows": _import,
    "search, and all that it finds": _search,
    "replay of 100 moments": _replay,
    "open items": _open_items,
    "totals": _totals,
    "the whole list": _everything,
    "export as CSV": _csv,
    "export as JSON lines": _jsonl,
    "verify": _verify,
    "rebuild": _rebuild,
}
