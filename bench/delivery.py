"""What deliveries cost and how fast they are: creates beside hubs, from commit to listener, sustained, a backlog."""

import asyncio
import json
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

import uvloop

from bench.claiming import Claim
from bench.cluster import checkpoint, connected
from bench.leads import bodies
from bench.listener import heard
from bench.pacing import created, middle_and_most
from bench.plan import Plan
from bench.servers import Server, complaints, started
from bench.wrk import Figures, Load, lines, measured

STEADY_RATE = 200
_HUBS = "/tmf-api/sales/v4/hub"
_POLL_SECONDS, _WARM_SECONDS, _PATIENCE_SECONDS = 0.25, 2.0, 1200.0
_CLEAR = """
truncate outbox, feed, lane, delivery, aside, orphan;
delete from resource where kind = 'sales.hub';
"""
_BACKLOG = """
insert into outbox (tenant, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at)
select tenant, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at
from event where kind = 'sales.salesLead' order by occurred_at limit $1
"""
_LEFT = "select (select count(*) from outbox), (select count(*) from delivery where progress <> 'delivered')"


@dataclass(frozen=True, slots=True)
class Arm:
    """So many hubs while leads are created, each asking for everything or for what there never is."""

    words: str
    hubs: int = 0
    all_match: bool = False


ARMS = {
    "none": Arm("no hub"),
    "none-of-10": Arm("10 hubs that want none of the events", 10),
    "none-of-100": Arm("100 hubs that want none of the events", 100),
    "all-of-10": Arm("10 hubs that want all events", 10, all_match=True),
    "all-of-100": Arm("100 hubs that want all events", 100, all_match=True),
}


@dataclass(frozen=True, slots=True)
class Beside:
    """Deliveries of a backlog and creates at the same time, per second, and how many creates there would be without."""

    delivered: float
    creates: float
    wanted: float


@dataclass(slots=True)
class Delivered:
    """Everything that was found of deliveries."""

    creates: dict[str, list[Figures]] = field(default_factory=lambda: defaultdict(list))
    meanwhile: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    late: tuple[int, float, float] = (0, 0.0, 0.0)
    sustained: float = 0.0
    worker_cpu_us: float = 0.0
    listener: float = 0.0
    backlog: dict[str, Beside] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)
    memory: list[float] = field(default_factory=list)
    minutes: float = 0.0

    def create_rate(self, arm: str) -> float:
        """The median over the rounds."""
        return median(each.rate for each in self.creates[arm])


class Delivery:
    """Measures `spanco serve` and the worker that it runs beside itself, with one fast listener on this machine."""

    def __init__(self, plan: Plan, url: str, folder: Path) -> None:
        self.found = Delivered()
        self._plan, self._url, self._folder = plan, url, folder
        self._bodies = bodies(1000)
        self._create = Load("post", lines(folder / "delivery-bodies", self._bodies))

    def run(self) -> Delivered:
        """All parts, one after another."""
        with started("listener", self._url, self._folder) as listener:
            for number in range(self._plan.delivery.rounds):
                for name, arm in ARMS.items():
                    print(f"creating beside hubs, round {number + 1}: {arm.words}", flush=True)
                    self._beside_hubs(listener, name, arm)
            self._steady(listener)
            self._sustained(listener)
            self._saturated(listener)
            self._paced(listener)
            load = Load("post", self._folder / "delivery-bodies")
            self.found.listener = measured(f"{listener.root}/hook", load, 3, self._plan.concurrency).rate
        for complaint in complaints("ours", self._folder):
            print(f"in the log: {complaint}", flush=True)
        return self.found

    def _beside_hubs(self, listener: Server, name: str, arm: Arm) -> None:
        plan = self._plan.delivery
        with self._serving(listener, arm.hubs, all_match=arm.all_match) as server:
            measured(server.url(), self._create, plan.warm_seconds, self._plan.concurrency)
            used, before = server.cpu_seconds(), heard(listener.root).count
            figures = measured(server.url(), self._create, plan.seconds, self._plan.concurrency)
            used, told = server.cpu_seconds() - used, heard(listener.root).count - before
            self.found.creates[name].append(replace(figures, cpu_us=used / (figures.rate * plan.seconds) * 1e6))
            self.found.meanwhile[name].append(told / plan.seconds)

    def _steady(self, listener: Server) -> None:
        """From the time that an event tells to the moment when the listener has it."""
        print(f"from commit to listener at {STEADY_RATE} events per second", flush=True)
        with self._serving(listener, 1, path="/timed") as server:
            before = 0
            for seconds in (_WARM_SECONDS, self._plan.delivery.steady_seconds):
                before = heard(listener.root).count
                uvloop.run(self._paced_for(server, STEADY_RATE, seconds))
                while asyncio.run(_left(self._url)):
                    time.sleep(_POLL_SECONDS)
            now = heard(listener.root)
            self.found.late = (now.count - before, *middle_and_most(now.late_ms))

    async def _paced_for(self, server: Server, rate: float, seconds: float) -> Figures:
        ending = asyncio.Event()
        asyncio.get_running_loop().call_later(seconds, ending.set)
        return await created(server.url(), self._bodies, rate, ending)

    def _sustained(self, listener: Server) -> None:
        print("sustained deliveries", flush=True)
        plan = self._plan.delivery
        with self._serving(listener, 1) as server:
            begin = self._backlog(listener)
            worker = server.worker()
            used = worker.cpu_seconds()
            told, seconds = _watched(listener, begin + plan.backlog, plan.sustained_seconds)
            self.found.sustained = told / seconds
            self.found.worker_cpu_us = (worker.cpu_seconds() - used) / told * 1e6

    def _saturated(self, listener: Server) -> None:
        """As many creates as fit, for a while."""
        print("a backlog beside as many creates as fit", flush=True)
        seconds = self._plan.delivery.saturated_seconds
        with self._serving(listener, 1) as server:
            self._backlog(listener)
            before = heard(listener.root).count
            creates = measured(server.url(), self._create, seconds, self._plan.concurrency)
            told = heard(listener.root).count - before
            self.found.backlog["saturated"] = Beside(told / seconds, creates.rate, self.found.create_rate("none"))

    def _paced(self, listener: Server) -> None:
        """Half as many creates, until the backlog is gone."""
        wanted = self.found.create_rate("none") / 2
        print(f"a backlog beside {wanted:,.0f} creates per second", flush=True)
        with self._serving(listener, 1) as server:
            end = self._backlog(listener) + self._plan.delivery.backlog
            self.found.backlog["paced"] = uvloop.run(self._drained(server, listener, wanted, end))

    async def _drained(self, server: Server, listener: Server, wanted: float, end: int) -> Beside:
        ending = asyncio.Event()
        stream = asyncio.create_task(created(server.url(), self._bodies, wanted, ending))
        told, seconds = await asyncio.to_thread(_watched, listener, end, _PATIENCE_SECONDS)
        ending.set()
        return Beside(told / seconds, (await stream).rate, wanted)

    def _backlog(self, listener: Server) -> int:
        """Put the events of many leads into the outbox as if nobody had worked for a while; waits until work begins.

        The answer is how many events the listener had been told before.
        """
        before = heard(listener.root).count
        asyncio.run(_written(self._url, self._plan.delivery.backlog))
        while heard(listener.root).count == before:
            time.sleep(_POLL_SECONDS)
        return before

    @contextmanager
    def _serving(self, listener: Server, hubs: int, path: str = "/hook", *, all_match: bool = True) -> Iterator[Server]:
        """A new server beside an empty outbox and so many hubs."""
        asyncio.run(_cleared(self._url))
        with started("ours", self._url, self._folder) as server:
            for number in range(hubs):
                query = "" if all_match else f"event.salesLead.name=nobody {number}"
                _subscribe(server, {"callback": f"{listener.root}{path}/{number}", "query": query})
            yield server
            self.found.memory.append(server.worker().resident_mb())


def _subscribe(server: Server, hub: dict[str, str]) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.root}{_HUBS}", json.dumps(hub).encode(), headers)  # noqa: S310
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310 - our own server


def _watched(listener: Server, end: int, seconds: float) -> tuple[int, float]:
    """How many events the listener is told in so many seconds, which end earlier when there is nothing left to tell."""
    before, begin = heard(listener.root).count, time.monotonic()
    while True:
        time.sleep(_POLL_SECONDS)
        count, passed = heard(listener.root).count, time.monotonic() - begin
        if count >= end or passed >= seconds:
            return count - before, passed


async def _cleared(url: str) -> None:
    """Forget all hubs and what they were to be told; pay for what was written before the next measurement."""
    async with connected(url) as connection:
        await connection.execute(_CLEAR)
    await checkpoint(url)


async def _written(url: str, count: int) -> None:
    async with connected(url) as connection:
        await connection.execute(_BACKLOG, count)


async def _left(url: str) -> bool:
    """Whether an event is still to be passed on or told."""
    async with connected(url) as connection:
        return any(await connection.fetchrow(_LEFT))
