"""A system of its own for workers: they serve whatever is in a database, so nobody else's hubs may be in it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from spanco import clock
from spanco.access.actor import Actor
from spanco.app import Running, worker
from spanco.app import running as run
from spanco.settings import Settings
from spanco.worker import serving
from spanco.worker.delivering import Deliverer
from spanco.worker.matching import pass_on
from spanco.worker.replaying import replay_some
from spanco.worker.running import Worker
from tests.system import caller, surface_of

SALES = "/tmf-api/sales/v4"
LEADS = f"{SALES}/salesLead"
HUBS = f"{SALES}/hub"
OWN = "/spanco/v1"
TABLES = "lane, delivery, aside, orphan, outbox, feed, replay, reader, pruned"


@pytest.fixture(scope="session")
def stage_url(database_url: str) -> Iterator[str]:
    """A second database of the same PostgreSQL."""
    place = httpx.URL(database_url)
    name = f"{place.path.strip('/')}_stage"
    asyncio.run(_executed(database_url, f"create database {name}"))
    yield str(place.copy_with(path=f"/{name}"))
    asyncio.run(_executed(database_url, f"drop database {name} with (force)"))


async def _executed(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(sql)
    await connection.close()


def settings_for(url: str, **others: Any) -> Settings:
    """Listeners get two seconds, so that leases last four."""
    return Settings(database_url=url, pool_size=30, callback_seconds=2.0, **others)


@pytest.fixture(scope="session")
async def theatre(stage_url: str) -> AsyncIterator[Running]:
    """The running system, without a worker."""
    async with run(settings_for(stage_url)) as started:
        yield started


@pytest.fixture
async def stage(theatre: Running) -> Running:
    """The running system with an actor in a tenant of its own, and nothing that is to be told to anybody."""
    async with theatre.database.connected() as connection:
        await connection.execute(f"truncate {TABLES}")
    return in_fresh_tenant(theatre)


def in_fresh_tenant(system: Running) -> Running:
    """The same system for another actor."""
    return replace(system, actor=Actor(f"t-{clock.new_id()}", "tester", frozenset({"admin"})))


@pytest.fixture
async def api(stage: Running) -> AsyncIterator[httpx.AsyncClient]:
    """A client of all its APIs."""
    async with caller(surface_of(stage)) as opened:
        yield opened


def as_role(stage: Running, role: str, subject: str = "somebody") -> Running:
    """The same tenant for somebody with another role."""
    return replace(stage, actor=Actor(stage.actor.tenant, subject, frozenset({role})))


def worker_of(system: Running, name: str = "") -> Worker:
    """A worker under a name."""
    return worker(replace(system, settings=system.settings.model_copy(update={"worker_name": name})))


@asynccontextmanager
async def working(system: Running, count: int = 1, name: str = "worker") -> AsyncIterator[None]:
    """Workers side by side while the block lasts; each ends in its time."""
    ending = asyncio.Event()
    tasks = [asyncio.create_task(worker_of(system, f"{name}-{number}").run(ending)) for number in range(count)]
    try:
        yield
    finally:
        ending.set()
        await asyncio.gather(*tasks)


async def subscribed(api: httpx.AsyncClient, callback: str, query: str = "", hubs: str = HUBS) -> dict[str, Any]:
    """A new hub with its secret."""
    answer = await api.post(hubs, json={"callback": callback, "query": query})
    assert answer.status_code == 201, answer.text
    hub: dict[str, Any] = answer.json()
    return hub


async def created(api: httpx.AsyncClient, path: str = LEADS, **attributes: Any) -> dict[str, Any]:
    """A new resource."""
    answer = await api.post(path, json={"name": "A lead", **attributes})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def patched(api: httpx.AsyncClient, path: str, **attributes: Any) -> dict[str, Any]:
    """A changed resource."""
    answer = await api.patch(path, json=attributes)
    assert answer.status_code == 200, answer.text
    changed: dict[str, Any] = answer.json()
    return changed


async def rows(system: Running, sql: str, *values: object) -> list[asyncpg.Record]:
    """What a statement finds in the database."""
    async with system.database.connected() as connection:
        return list(await connection.fetch(sql, *values))


async def count(system: Running, table: str, where: str = "true") -> int:
    """How many rows a table holds."""
    found = await rows(system, f"select count(*) from {table} where {where}")  # noqa: S608 - names of our own
    return int(found[0][0])


async def told_all(system: Running, seconds: float = 30.0) -> None:
    """Wait until nothing is left to be matched or told."""
    async with asyncio.timeout(seconds):
        while await count(system, "outbox") or await count(system, "delivery", "progress in ('waiting', 'aside')"):  # noqa: ASYNC110 - the database rings no bell
            await asyncio.sleep(0.02)


@dataclass
class Virtual:
    """A clock that goes on by itself, and further when it is told."""

    ahead: timedelta = timedelta(0)
    real: Callable[[], datetime] = clock.now

    def __call__(self) -> datetime:
        """The moment that everybody believes in."""
        return self.real() + self.ahead

    def wait(self, **time: float) -> None:
        """Let time pass."""
        self.ahead += timedelta(**time)

    def wait_until(self, moment: datetime) -> None:
        """Let time pass, never backwards."""
        self.ahead += max(moment - self(), timedelta(0))


@pytest.fixture
def virtual(monkeypatch: pytest.MonkeyPatch) -> Virtual:
    """Stands at the door of time; and nobody keeps a lane that has nothing to tell."""
    found = Virtual()
    monkeypatch.setattr(clock, "now", found)
    monkeypatch.setattr(serving, "LINGER", 0.0)
    return found


async def live(system: Running, virtual: Virtual, **time: float) -> None:
    """Let so much time pass, and do at each moment what a worker does then."""
    end = virtual() + timedelta(**time)
    worker = worker_of(system, "alone")
    deliverer = Deliverer(worker.station)
    while True:
        await matched(system)
        while await replay_some(worker.station.means, worker.ways, worker.replays):
            continue
        while await deliverer.lease():
            continue
        while await count(system, "lane", "leased_by is not null"):  # noqa: ASYNC110 - see `told_all`
            await asyncio.sleep(0.002)
        (soonest,) = (await rows(system, "select min(due_at) from lane"))[0]
        if soonest is not None and soonest <= end:
            virtual.wait_until(soonest + timedelta(milliseconds=1))
        elif not await count(system, "outbox"):
            break
    virtual.wait_until(end)


async def matched(system: Running) -> int:
    """Pass on whatever there is; how many events."""
    events = 0
    while (passed := await pass_on(system.database, system.ways)) is None or passed.events:
        events += passed.events if passed else 0
    return events
