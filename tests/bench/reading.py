"""What reading costs: pages of any filter, search, replay, live totals, and opening the log."""

import random
from pathlib import Path

from commandlog.log.store import Log
from commandlog.verbs.events import open_event
from commandlog.views import counts, timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import Moment, live
from commandlog.views.search import expression
from commandlog.views.tallies import Tally
from commandlog.views.timeline import Bookmark
from tests.bench.evenings import Clock, covenant
from tests.bench.measuring import Results, apart, at, median, ms, spread, timed
from tests.bench.writing import Subject

QUERIES = ("bata", "deko", "mala", "ros", "ketado", '"ba de"', "ba lo", "zzznothing", "noma tara")
FILTERS = {
    "nothing": Filter(),
    "a party": Filter(party="party3"),
    "a call sign": Filter(unit="Unit 7"),
    "a call sign at a place": Filter(unit="Unit 7", place="place9"),
    "place, category, priority": Filter(place="place7", category="category3", priority="urgent"),
    "a party without entries": Filter(party="nobody"),
    "a kind without entries": Filter(kind="decision"),
    "before the first entry": Filter(until=5),
    "after the last entry": Filter(since=1 << 50),
    "to be assessed": Filter(state="received"),
    "closed": Filter(state="closed"),
    "an incident without entries": Filter(incident=5),
    "what a party may read": Filter(reader="party2"),
    "what a party may read, a place": Filter(reader="party2", place="place7"),
    "what a party may read, closed": Filter(reader="party2", state="closed"),
}
SAVED = tuple(FILTERS.values())[:8]
OPENINGS = 7
MOMENTS = 150
REPEATS = 12


def search(subject: Subject, size: int, say: Results) -> None:
    """Find a first screen of 50 hits that still hold, against the bare query with its bare rows."""
    moment, ours, theirs, whole = live(subject.log), [], [], []
    bare = (
        "SELECT f.rowid, r.header, r.frame, r.words FROM fulltext f CROSS JOIN records r ON r.seq = f.rowid"
        " WHERE fulltext MATCH ? ORDER BY f.rowid DESC LIMIT 50"
    )
    for query in QUERIES * REPEATS:
        match, wanted = expression(query), Filter(search=query)
        theirs.append(timed(lambda: subject.bare.db.execute(bare, (match,)).fetchall()))
        ours.append(timed(lambda: list(timeline.found_rows(subject.log, moment, wanted, 50))))
        whole.append(timed(lambda: timeline.page(subject.log, moment, wanted, limit=50)))
    ratio = median(ours) / median(theirs)
    limit = f"{ratio:.2f} x bare FTS5 with its rows (p50 {ms(theirs, 50)}), limit 3 x"
    say.say(size, "search, first screen of 50, newest first", spread(ours), limit, ratio <= 3, ratio=ratio)
    work, met = "search, the 50 lines ready to show", at(whole, 99) <= 0.05
    say.say(size, work, spread(whole), "limit p99 50 ms", met, p50=median(whole), p99=at(whole, 99))


def pages(subject: Subject, size: int, say: Results) -> None:
    """Take the first screen of every kind of filter; the slowest counts."""
    moment = live(subject.log)
    times = {
        name: median([timed(lambda: timeline.page(subject.log, moment, wanted)) for _ in range(5)])
        for name, wanted in FILTERS.items()
    }
    slowest = max(times, key=lambda name: times[name])
    say.say(
        size,
        f"first screen (200) of any of {len(FILTERS)} filters",
        f"{times[slowest] * 1000:.1f} ms ({slowest})",
        f"the newest page {times['nothing'] * 1000:.1f} ms; limit 100 ms",
        times[slowest] <= 0.1,
        newest=times["nothing"],
        slowest=times[slowest],
    )


def totals(subject: Subject, size: int, say: Results) -> None:
    """Keep the totals of eight saved views up while entries arrive."""
    tallies = [Tally(wanted) for wanted in SAVED]
    first = timed(lambda: [tally.at(subject.log, live(subject.log)) for tally in tallies])
    times = []
    for _ in range(60):
        entry = subject.traffic.next()
        with subject.desk.writing():
            subject.desk.append(entry[0], entry[1], **entry[2])
        moment = live(subject.log)
        times.append(timed(lambda: [tally.at(subject.log, moment) for tally in tallies]))
    subject.bare.follow(subject.log)
    moment = live(subject.log)
    if [tally.at(subject.log, moment) for tally in tallies] != [
        counts.number(subject.log, moment, wanted) for wanted in SAVED
    ]:
        raise SystemExit("the totals of saved views are wrong")
    limit = f"counted once when opened: {first * 1000:.0f} ms; limit 20 ms"
    say.say(size, "totals of 8 saved views, live", spread(times), limit, at(times, 99) <= 0.02, p50=median(times))


def replay(subject: Subject, size: int, say: Results) -> None:
    """Look at the timeline at random positions, against the live one scrolled to a random place."""
    log, chance = subject.log, random.Random(3)
    now, first, ours, theirs = live(log), log.kept_at(1), [], []
    for _ in range(MOMENTS):
        bookmark = Bookmark(chance.randint(first, subject.clock.now), 0)
        theirs.append(timed(lambda: timeline.page(log, now, Filter(), before=bookmark)))
        position = chance.randint(10, log.head.seq)
        moment = Moment(position, log.kept_at(position))
        ours.append(timed(lambda: timeline.page(log, moment, Filter())))
    ratio = median(ours) / median(theirs)
    say.say(
        size,
        "replay: the timeline at any position",
        spread(ours),
        f"{ratio:.2f} x live at a random place ({ms(theirs, 50)}), limit 1.5 x, p99 60 ms",
        ratio <= 1.5 and at(ours, 99) <= 0.06,
        p50=median(ours),
        p99=at(ours, 99),
    )


def opening(subject: Subject, size: int, say: Results) -> None:
    """Open the log as far as a first page, in a new process, against logs of a thousand entries and of none."""
    empty = subject.folder / f"empty{size}.clog"
    open_event(empty, covenant(), subject.settings, clock=Clock()).log.close()
    paths = (subject.path, subject.small.log.path, empty)
    runs = [[apart(first_page, path) for path in paths] for _ in range(OPENINGS)]
    seconds, small, _none = (median([one.answer for one in path]) for path in zip(*runs, strict=True))
    peak, _little, least = (median([one.peak for one in path]) for path in zip(*runs, strict=True))
    say.say(
        size,
        "opening, to the first page of 200",
        f"{seconds * 1000:.1f} ms, {peak:.0f} MB",
        f"{seconds / small:.2f} x a log of 1,000, {peak - least:.0f} MB more than an empty one; limits 1.5 x, 150 MB",
        seconds / small <= 1.5 and peak - least <= 150,
        seconds=seconds,
        small=small,
        mb=peak - least,
    )


def first_page(path: Path) -> float:
    """Open a log and read its newest page; returns the seconds without those of starting Python."""

    def work() -> None:
        with Log(path) as log:
            timeline.page(log, live(log), Filter())

    return timed(work)
