"""The tables of docs/performance.md, written anew from the figures of a run; the words around them stay."""

import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench import plot

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "performance.md"
SAME_TERMS = "in the same terms: "
SHARED = "shared: "

_PLACE = "<!-- {name} -->\n(.*?)<!-- end -->"


def write(machine: str, results: list[dict[str, Any]]) -> None:
    """Put the figures of a run in the place of those that stand there; parts that were not run keep theirs."""
    text = PAGE.read_text("utf-8")
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    text = _put(text, "machine", f"Measured on {today} with {machine}.\n")
    tables = {
        "budgets": [one for one in results if not one["work"].startswith((SAME_TERMS, SHARED, "memory: "))],
        "memory": [one for one in results if one["work"].startswith("memory: ")],
        "sharing": [one for one in results if one["work"].startswith(SHARED)],
        "terms": [one for one in results if one["work"].startswith(SAME_TERMS)],
    }
    for name, rows in tables.items():
        if rows:
            text = _put(text, name, _table(rows))
    PAGE.write_text(text, "utf-8")
    for chart in plot.charts(results):
        if any(len(curve) > 1 for curve in chart.curves.values()):
            plot.draw(chart, DOCS / "plots" / f"{chart.name}.svg")


def _put(text: str, name: str, content: str) -> str:
    place = re.compile(_PLACE.format(name=name), re.DOTALL)
    if not place.search(text):
        raise SystemExit(f"{PAGE} has no place for “{name}”")
    return place.sub(lambda _found: f"<!-- {name} -->\n{content}<!-- end -->", text)


def _table(rows: Iterable[dict[str, Any]]) -> str:
    lines = ["| records | work | measured | limit | |", "| ---: | --- | --- | --- | --- |"]
    for one in rows:
        verdict = {True: "met", False: "**missed**", None: ""}[one["met"]]
        work = one["work"].removeprefix(SAME_TERMS).removeprefix(SHARED).removeprefix("memory: ")
        lines.append(f"| {one['size']:,} | {work} | {one['figure']} | {one['limit']} | {verdict} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import json

    given = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    write(given["machine"], given["results"])
