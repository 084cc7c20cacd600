"""The event along its hours: how much was logged, which levels held, and in which phase it was."""

from datetime import datetime

from commandlog.export.contents import Contents
from commandlog.export.paper import Paper
from commandlog.export.pdf_charts import Axis, Span, axis, by_time, strip
from commandlog.export.saying import Sayer
from commandlog.language import _
from commandlog.log.derived.levels import PHASE, LevelRow
from commandlog.model.covenant import spoken
from commandlog.views.counts import Counts

_LADDERS = 4  # ladders that are drawn; more would no longer be looked at
_SPANS = 500  # of one ladder


def draw(paper: Paper, contents: Contents, saying: Sayer, totals: Counts) -> None:
    """Draw entries by time, and below it a strip for each ladder and for the phases."""
    along, numbers = axis(totals.by_hour, saying.language)
    by_time(paper, along, numbers, saying)
    if not along.even:
        return
    rows = _declared(contents)
    for ladder in contents.covenant.ladders[:_LADDERS]:
        codes = [one.code for one in ladder.levels]
        top = max(len(codes) - 1, 1)
        spans = [
            span._replace(name=contents.covenant.level_name(ladder.code, code), rung=_rung(codes, code, top))
            for span, code in _spans(contents, along, rows, ladder.code)
        ]
        if spans:
            strip(paper, along, spoken(ladder.name), spans)
    phases = [
        span._replace(name=contents.covenant.phase_name(code)) for span, code in _spans(contents, along, rows, PHASE)
    ]
    if phases:
        strip(paper, along, _("event phase"), phases, ladder=False)
    paper.y -= 4


def _rung(codes: list[str], code: str, top: int) -> float:
    return codes.index(code) / top if code in codes else 0.0


def _declared(contents: Contents) -> list[LevelRow]:
    """Return what was declared, in the order in which it happened, as far as the reader may know of it."""
    query = "SELECT * FROM levels WHERE since <= ? ORDER BY declared, since"
    rows = map(LevelRow._make, contents.log.db.execute(query, (contents.moment.position,)).fetchall())
    return [row for row in rows if contents.readable(row.since)]


def _spans(contents: Contents, along: Axis, rows: list[LevelRow], ladder: str) -> list[tuple[Span, str]]:
    """Return from when to when each level or phase held, with its code; the last one holds to the end."""
    declared = [row for row in rows if row.ladder == ladder][:_SPANS]
    ends = [*(_naive(contents, row.declared) for row in declared[1:]), along.steps[-1] + along.each]
    return [
        (Span(_naive(contents, row.declared), end, "", 0.0), row.level)
        for row, end in zip(declared, ends, strict=False)
    ]


def _naive(contents: Contents, moment: int) -> datetime:
    return contents.local(moment).replace(tzinfo=None)
