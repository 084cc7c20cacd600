"""Whatever a log holds: imported as it grew, it becomes what it becomes in one go, and once more adds nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.log.derived.table import FOREVER
from commandlog.log.desk import Desk
from commandlog.verbs.events import open_event
from tests.intake.imports import COVENANT, imported, written

RULES = {
    "plain": "",
    "pairs": '[pairs]\ncolumns = ["ride"]\ncolumn = "text"\nbegin = "^go"\nend = "^back"\n',
    "paired tasks": '[pairs]\ncolumns = ["ride"]\ncolumn = "text"\nbegin = "^go"\nend = "^back"\nto = "police"\n',
    "tasks": '[task]\nto_column = "who"\ncolumn = "text"\npattern = "go"\n',
    "incidents": '[incident]\ncolumns = ["ride"]\nminutes = 20\ntitle = "Ride {ride}"\nleast = 2\n',
    "levels": '[[level]]\nladder = "grip"\ncolumn = "ride"\npattern = "(\\\\d)"\nlevel = "{1}"\n',
}
COLUMNS = '[columns]\ntime = "time"\nend = "end"\ntext = "text"\nkey = "nr"\nstate = "state"\n'
ROWS = st.lists(
    st.tuples(
        st.integers(0, 40),  # minutes after the one before
        st.sampled_from(["go", "go on", "back", "back and go", "=1+1", "x"]),
        st.sampled_from(["1", "2", ""]),
        st.sampled_from(["police", "Oscar 1", "nobody", ""]),
        st.sampled_from(["", "", "open", "closed", "declined", "proposed", "under_way", "odd"]),
        st.sampled_from([-5, 0, 0, 7, 30]),  # minutes that it took, 0: no end
    ),
    min_size=1,
    max_size=12,
)


def table(rows: list[tuple[int, str, str, str, str, int]], known: int) -> str:
    """Return the first rows of a log as an export shows them when no more is known: the last one is still going on."""
    lines, now = ["nr,time,end,text,ride,who,state"], 600
    for number, (after, text, ride, who, state, took) in enumerate(rows[:known]):
        now += after
        end = f"2020-01-01 {(now + took) // 60:02d}:{(now + took) % 60:02d}" if took else ""
        if number == known - 1 < len(rows) - 1:
            state, end = "open", ""
        lines.append(f"{number},2020-01-01 {now // 60:02d}:{now % 60:02d},{end},{text},{ride},{who},{state}")
    return "\n".join(lines) + "\n"


def became(desk: Desk) -> dict[str, object]:
    """Return what there is of each kind and how it stands, without when it was written."""
    db = desk.log.db
    said = "occurred < 1600000000000 AND kind NOT IN ('linked', 'incident_closed')"
    queries = {
        "texts": f"SELECT kind, occurred FROM entries WHERE {said}",
        "tasks": f"SELECT state, proposed FROM tasks WHERE until = {FOREVER}",
        "links": f"SELECT count(*) FROM links WHERE until = {FOREVER} GROUP BY incident",
        "incidents": f"SELECT opened FROM incidents WHERE until = {FOREVER}",
    }
    return {name: sorted(db.execute(query).fetchall()) for name, query in queries.items()}


@given(rule=st.sampled_from(sorted(RULES)), rows=ROWS, part=st.integers(0, 12))
def test_a_log_that_grows_becomes_what_it_is_in_one_go(
    tmp_path_factory: pytest.TempPathFactory, rule: str, rows: list[tuple[int, str, str, str, str, int]], part: int
) -> None:
    folder = tmp_path_factory.mktemp("grown")
    mapping = written(folder, COLUMNS + RULES[rule], "mapping.toml")
    grown = open_event(folder / "grown.log", COVENANT, folder / "settings")
    if part:
        imported(grown, written(folder, table(rows, min(part, len(rows)))), mapping)
    path = written(folder, table(rows, len(rows)))
    imported(grown, path, mapping)
    head = grown.log.head.seq
    again = imported(grown, path, mapping)
    assert (again.added, grown.log.head.seq) == (0, head)
    assert again.changed_count == 0 or declined(rows)  # that it was "open" in between is a change that stays told
    assert not grown.log.db.execute("SELECT 1 FROM conflicts").fetchall()
    if rule != "levels" and not declined(rows):
        whole = open_event(folder / "whole.log", COVENANT, folder / "settings")
        imported(whole, path, mapping)
        assert became(grown) == became(whole)
        whole.log.close()
    grown.log.close()


def declined(rows: list[tuple[int, str, str, str, str, int]]) -> bool:
    """Whether a task was not accepted in the end, which one that was open in between had been."""
    return any(state in ("declined", "proposed") for _after, _text, _ride, _who, state, _took in rows)
