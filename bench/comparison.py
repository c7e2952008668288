"""Floor, typical and ours side by side: read by id, a page, create; in alternating rounds."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

from bench.cluster import checkpoint
from bench.leads import STATES, bodies, leads
from bench.plan import Plan
from bench.servers import NAMES, Server, started
from bench.wrk import Figures, Load, lines, measured

Rounds = dict[tuple[str, str], list[Figures]]
_PAGE = "&sort=-creationDate&limit=20"


class Comparison:
    """Measures all servers by turns on tables of equal content."""

    def __init__(self, plan: Plan, urls: Mapping[str, str], folder: Path) -> None:
        self.rounds: Rounds = defaultdict(list)
        self.memory: dict[str, list[float]] = defaultdict(list)
        self._plan, self._urls, self._folder = plan, urls, folder
        stride = max(plan.compared // 5000, 1)
        ids = [lead.id for lead in islice(leads(plan.compared), 0, None, stride)]
        queries = [f"{state}{_PAGE}" for state in STATES]
        self._reads = {
            "read": Load("get", lines(folder / "ids", ids), "/"),
            "page": Load("get", lines(folder / "pages", queries), "?status="),
        }
        self._exact = Load("get", folder / "pages", "?status=", "Prefer: count=exact")
        self._create = Load("post", lines(folder / "bodies", bodies(1000)))

    def run(self) -> None:
        """All rounds: first what only reads, then what writes."""
        for number in range(self._plan.rounds):
            for name in NAMES:
                print(f"reading, round {number + 1}: {name}", flush=True)
                self._round(name, self._reads.items())
        for number in range(self._plan.rounds):
            for name in NAMES:
                print(f"creating, round {number + 1}: {name}", flush=True)
                asyncio.run(checkpoint(self._urls[name]))
                self._round(name, [("create", self._create)])

    def create_rates(self) -> dict[int, float]:
        """How many leads ours creates per second over so many connections."""
        rates: dict[int, float] = {}
        with started("ours", self._urls["ours"], self._folder) as server:
            for connections in self._plan.tried_concurrency:
                rates[connections] = self._measured(server, self._create, connections).rate
                print(f"creating over {connections} connections: {rates[connections]:,.0f}/s", flush=True)
            self.memory["ours"].append(server.resident_mb())
        return rates

    def _round(self, name: str, loads: Iterable[tuple[str, Load]]) -> None:
        with started(name, self._urls[name], self._folder) as server:
            for what, load in loads:
                self.rounds[what, name].append(self._measured(server, load, self._plan.concurrency))
                if name == "ours" and what == "page":
                    self.rounds["exact", name].append(self._measured(server, self._exact, self._plan.concurrency))
            self.memory[name].append(server.resident_mb())

    def _measured(self, server: Server, load: Load, connections: int) -> Figures:
        measured(server.url(), load, self._plan.warm_seconds, connections)
        before = server.cpu_seconds()
        figures = measured(server.url(), load, self._plan.seconds, connections)
        used = server.cpu_seconds() - before
        return replace(figures, cpu_us=used / (figures.rate * self._plan.seconds) * 1e6)
