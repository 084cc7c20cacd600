"""How many events and desks one server carries, and how a country is laid out: by calculation from measured costs.

    python -m tests.bench.sizing FIGURES.json        the file that `python -m tests.bench --only sharing --json` wrote

Everything that is measured is in `Costs`, everything that is assumed in `Load`, `Server` and the constants below; what
follows is arithmetic, so whoever expects another evening changes a number and reads another answer.
"""

import json
import sys
from math import ceil, floor
from pathlib import Path
from typing import Any, NamedTuple

BUSY = 0.5  # share of the processors that may be at work in the busiest minute: the rest is for the unforeseen
DAY = 86_400  # seconds
SPARE = 2  # copies of everything: the server and its standby


class Costs(NamedTuple):
    """What was measured: seconds of one processor, unless said otherwise.

    `fixed` is what a batch of the keeper costs whatever its length, `each` every record in it (keeper and PostgreSQL
    together, waiting for the disk included); `server_cpu` is what PostgreSQL spends to hand one record to one desk,
    `asked` what it spends each second on a desk that asks and finds nothing. `stored` are the bytes on the server's
    disk of one record, `memory` the MB of one connection, `keeper` those of one keeper process, `file` the bytes of one
    record in a desk's own file.
    """

    fixed: float
    each: float
    server_cpu: float
    asked: float
    stored: float
    memory: float
    keeper: float
    file: float


class Load(NamedTuple):
    """An event: its desks, records a second in its busiest minute and on average, and the hours that it lasts."""

    desks: int = 30
    peak: float = 5.0
    average: float = 0.5
    hours: float = 12.0


class Server(NamedTuple):
    """A machine: processors, GB of memory, and connections that PostgreSQL is set to allow."""

    processors: int = 8
    memory: int = 32
    connections: int = 1000


class Carried(NamedTuple):
    """What one server carries: so many events at once, what keeps it from more, and what it is busy with then."""

    events: int
    desks: int
    limit: str
    processors: float


class Layout(NamedTuple):
    """A country: servers (each with its standby besides), keepers and spare keepers, connections, GB of disk a year."""

    servers: int
    keepers: int
    connections: int
    disk: float
    desk_file: float


def seconds_of(cost: Costs, load: Load) -> float:
    """Return the processor seconds that one event takes in a second of its busiest minute, its keeper's included."""
    turns = min(load.peak, 1 / max(cost.fixed, 1e-9))  # at worst each record comes alone
    ordering = turns * cost.fixed + load.peak * cost.each
    return ordering + load.peak * load.desks * cost.server_cpu + load.desks * cost.asked


def connections_of(load: Load) -> int:
    """Return the connections of one event: one for each desk, two for its keeper and as many for the spare keeper."""
    return load.desks + 4


def carried(cost: Costs, load: Load, server: Server) -> Carried:
    """Return how many such events one server carries at once."""
    per_event = connections_of(load) * cost.memory + 2 * cost.keeper
    limits = {
        "processors": floor(BUSY * server.processors / seconds_of(cost, load)),
        "memory": floor(BUSY * server.memory * 1024 / per_event),
        "connections": floor(0.9 * server.connections / connections_of(load)),
    }
    limit = min(limits, key=lambda name: limits[name])
    events = limits[limit]
    return Carried(events, events * load.desks, limit, events * seconds_of(cost, load))


def country(cost: Costs, load: Load, server: Server, at_once: int = 300, a_year: int = 20_000) -> Layout:
    """Return how a country with so many events at once, and so many in a year, is laid out."""
    events = max(1, carried(cost, load, server).events)
    records = load.average * load.hours * 3600
    return Layout(
        servers=ceil(at_once / events),
        keepers=2 * at_once,
        connections=at_once * connections_of(load),
        disk=a_year * records * cost.stored / 1e9,
        desk_file=records * cost.file / 1e6,
    )


def costs(results: list[dict[str, Any]]) -> Costs:
    """Find what was measured in the figures of a run. Raises SystemExit, with the name, where one is missing."""
    found: dict[str, float] = {}
    for one in results:
        found |= {name: value for name, value in one["values"].items() if name in Costs._fields}
    if missing := [name for name in Costs._fields if name not in found]:
        raise SystemExit(f"not measured: {', '.join(missing)}")
    return Costs(**found)


def in_words(cost: Costs, load: Load | None = None, server: Server | None = None) -> str:
    """Return the whole calculation, as it stands in docs/sharing.md."""
    load, server = load or Load(), server or Server()
    one, whole = carried(cost, load, server), country(cost, load, server)
    rows = [
        ("a batch of the keeper, and each record in it", f"{cost.fixed * 1e3:.2f} ms + {cost.each * 1e3:.2f} ms"),
        ("a record handed to one desk", f"{cost.server_cpu * 1e6:.0f} µs"),
        ("a desk that asks and finds nothing, each second", f"{cost.asked * 1e6:.0f} µs"),
        ("a connection; a keeper process", f"{cost.memory:.1f} MB; {cost.keeper:.0f} MB"),
        ("a record on the server; in a desk's own file", f"{cost.stored:,.0f} bytes; {cost.file:,.0f} bytes"),
        ("one event in its busiest minute", f"{seconds_of(cost, load) * 100:.1f} % of one processor"),
        (
            f"one server, {server.processors} processors, {server.memory} GB",
            f"{one.events} events, {one.desks:,} desks",
        ),
        ("… where more is kept out by its", one.limit),
        ("300 events at once: servers, and as many standbys", f"{whole.servers}"),
        ("… keepers (half of them spare), connections", f"{whole.keepers}, {whole.connections:,}"),
        ("… disk for 20,000 events a year", f"{whole.disk:,.0f} GB on each of {SPARE} copies"),
        ("… a desk's own file of one event", f"{whole.desk_file:,.0f} MB"),
    ]
    head = ["| what | measured or calculated |", "| --- | --- |"]
    return "\n".join(head + [f"| {what} | {much} |" for what, much in rows]) + "\n"


if __name__ == "__main__":
    print(in_words(costs(json.loads(Path(sys.argv[1]).read_text("utf-8"))["results"])))
