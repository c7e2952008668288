"""The runs of the campaign: what is killed, stopped or cut, how often, and what is measured after each time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random

import psutil  # type: ignore[import-untyped]  # it has no annotations

from spanco.events.rules.breaker import WIDEST
from tests.chaos.load import load
from tests.chaos.proxy import Cut, proxied
from tests.chaos.report import Figures, judged
from tests.chaos.sink import HUBS, Stuck
from tests.chaos.stage import Stage, staged
from tests.postgres import failing_postgres
from tests.rest.server import fresh_database

_ENDING_SECONDS = 20.0
_IN_FLIGHT = WIDEST * len(HUBS)
_WRITERS = 16
_CUTS: tuple[Cut, ...] = ("reset", "silence", "forgotten")


@dataclass(frozen=True, slots=True)
class Task:
    """One run: so many harms, each after up to `longest` seconds of work, in a folder of its own, by this seed."""

    name: str
    harms: int
    folder: Path
    seed: int
    longest: float


Run = Callable[[Task], Coroutine[None, None, Figures]]


async def servers_killed(task: Task) -> Figures:
    """R1: kill -9 of the API server; the worker is another process and lives."""
    chance = Random(task.seed)
    with fresh_database(task.folder) as url:
        async with staged(task.folder, url, task.seed) as stage:
            server = await stage.server()
            stage.worker("only")
            async with _loaded(stage, pause=0.0):
                for _ in range(task.harms):
                    await asyncio.sleep(chance.uniform(0.1, task.longest))
                    stage.journal.harm("server")
                    server.kill()
                    server.start()
                    stage.journal.recovered("ready", await stage.ready())
            return await _ended(stage, task, most_again=0)


async def servers_killed_with_their_worker(task: Task) -> Figures:
    """R1 as `spanco serve` is run: the worker beside a server that is killed ends by itself, the next one goes on."""
    chance = Random(task.seed)
    with fresh_database(task.folder) as url:
        async with staged(task.folder, url, task.seed) as stage:
            server = await stage.server(worker="true")
            async with _loaded(stage, pause=0.02):
                for _ in range(task.harms):
                    await stage.sink.next_arrivals()
                    await asyncio.sleep(chance.uniform(0.1, task.longest))
                    workers = server.children()
                    stage.journal.harm("server with its worker")
                    server.kill()
                    ended = asyncio.create_task(_all_ended(stage, workers))
                    server.start()
                    stage.journal.recovered("ready", await stage.ready())
                    await ended
            return await _ended(stage, task, most_again=0)


async def _all_ended(stage: Stage, workers: list[psutil.Process]) -> None:
    begun = stage.journal.now
    if len(workers) != 1:
        stage.journal.surprise(f"there were {len(workers)} workers beside the server")
    while any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in workers):
        if stage.journal.now - begun > _ENDING_SECONDS:
            stage.journal.surprise("the worker of a server that was killed lives on")
            return
        await asyncio.sleep(0.05)
    stage.journal.recovered("worker ended", stage.journal.now - begun)


async def workers_killed(task: Task) -> Figures:
    """R2: kill -9 of the only worker; it comes back under its name and goes on at once."""
    chance = Random(task.seed)
    with fresh_database(task.folder) as url:
        async with staged(task.folder, url, task.seed) as stage:
            await stage.server()
            worker = stage.worker("only")
            async with _loaded(stage, pause=0.15):
                for _ in range(task.harms):
                    await stage.sink.next_arrivals()
                    await asyncio.sleep(chance.uniform(0.1, task.longest))
                    stage.journal.harm("worker")
                    worker.kill()
                    worker.start()
                    stage.journal.recovered("delivering", await stage.sink.next_arrivals())
            return await _ended(stage, task, most_again=_IN_FLIGHT)


async def one_of_two_workers_killed(task: Task) -> Figures:
    """R2: kill -9 of one of two workers; it comes back under another name, so its leases must run out."""
    chance = Random(task.seed)
    with fresh_database(task.folder) as url:
        async with staged(task.folder, url, task.seed, callback_seconds="1") as stage:
            await stage.server()
            stage.worker("first")
            stage.worker("second")
            async with _loaded(stage, pause=0.15):
                for number in range(task.harms):
                    await stage.sink.next_arrivals()
                    await asyncio.sleep(chance.uniform(0.1, task.longest))
                    victim = await stage.serving()
                    victim.settings["worker_name"] = f"next-{number}"
                    stage.journal.harm("one of two workers")
                    victim.kill()
                    victim.start()
                    stage.journal.recovered("delivering", await stage.sink.next_arrivals())
            return await _ended(stage, task, most_again=_IN_FLIGHT)


async def databases_stopped(task: Task) -> Figures:
    """R3: PostgreSQL is stopped as if the power had failed, and started again."""
    chance = Random(task.seed)
    with failing_postgres(task.folder) as postgres:
        async with staged(task.folder, postgres.url, task.seed) as stage:
            await stage.server()
            stage.worker("only")
            async with _loaded(stage, pause=0.06):
                for _ in range(task.harms):
                    await asyncio.sleep(chance.uniform(0.1, task.longest))
                    stage.journal.harm("database")
                    await asyncio.to_thread(postgres.fail)
                    await asyncio.sleep(chance.uniform(0, 0.5))
                    await asyncio.to_thread(postgres.come_back)
                    await _back(stage)
            return await _ended(stage, task, most_again=_IN_FLIGHT)


async def networks_cut(task: Task) -> Figures:
    """R3: the network between the server and the database is cut, or that between the worker and the database."""
    chance = Random(task.seed)
    with failing_postgres(task.folder) as postgres:
        async with (
            staged(task.folder, postgres.url, task.seed) as stage,
            proxied(postgres.url) as of_server,
            proxied(postgres.url) as of_worker,
        ):
            await stage.server(database_url=of_server.url)
            stage.worker("only", database_url=of_worker.url)
            async with _loaded(stage, pause=0.06):
                for place, how in _cuts(chance, task.harms):
                    await asyncio.sleep(chance.uniform(0.1, task.longest))
                    proxy = of_server if place == "server" else of_worker
                    stage.journal.harm(f"network of the {place}: {how}")
                    proxy.cut(how)
                    await asyncio.sleep(chance.uniform(0.1, 1.5))
                    proxy.heal()
                    await _back(stage)
            return await _ended(stage, task, most_again=_IN_FLIGHT)


def _cuts(chance: Random, count: int) -> Iterator[tuple[str, Cut]]:
    """Each kind of cut at each place equally often, in any order."""
    every = list(product(("server", "worker"), _CUTS))
    for _ in range(-(-count // len(every))):
        yield from chance.sample(every, min(count, len(every)))
        count -= len(every)


async def _back(stage: Stage) -> None:
    """The database is there again: how long until the server is ready and the worker delivers."""
    ready, delivering = await asyncio.gather(stage.ready(), stage.sink.next_arrivals())
    stage.journal.recovered("ready", ready)
    stage.journal.recovered("delivering", delivering)


@asynccontextmanager
async def _loaded(stage: Stage, *, pause: float) -> AsyncIterator[None]:
    """Hubs and writers."""
    await stage.hubs()
    async with load(stage.port, stage.journal, Random(f"load {stage.seed}"), writers=_WRITERS, pause=pause):
        try:
            await stage.sink.next_arrivals()
            yield
            await asyncio.sleep(0.2)
        except Stuck as error:
            stage.journal.surprise(str(error))


async def _ended(stage: Stage, task: Task, *, most_again: int) -> Figures:
    """Everything is told and every process has ended; then the verdict."""
    await stage.drained()
    await stage.closed()
    figures = await judged(stage, task.name, task.seed, most_again)
    figures.kept_in(task.folder)
    return figures


@dataclass(frozen=True, slots=True)
class Planned:
    """A run, and how many harms it has by hand, after up to so many seconds each."""

    run: Run
    harms: int
    longest: float


RUNS: Mapping[str, Planned] = {
    "server": Planned(servers_killed, 300, 2.2),
    "server-and-worker": Planned(servers_killed_with_their_worker, 30, 2.0),
    "worker": Planned(workers_killed, 200, 5.0),
    "two-workers": Planned(one_of_two_workers_killed, 100, 4.0),
    "database": Planned(databases_stopped, 100, 1.5),
    "network": Planned(networks_cut, 60, 1.5),
}
"""By the name that a person types."""
