"""Whoever reads the feed on from the last position misses nothing, however late a commit is (R7)."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from spanco import clock
from spanco.app import Running
from spanco.operations import Draft, Place, Stored, create, patch
from spanco.store import feed
from spanco.store.outbox import Entry
from spanco.work import Work
from spanco.worker.matching import pass_on

WRITERS, AT_ONCE, LEADS = 200, 14, 25


class Regret(Exception):
    """Why a transaction is rolled back."""


async def passed_on(running: Running) -> None:
    """Let the matcher do all that there is to do."""
    while (passed := await pass_on(running.database, running.ways)) is None or passed.events:
        continue


async def leads(running: Running, number: int) -> list[str]:
    """So many new leads; their ids."""
    async with running.work(running.actor) as work:
        drafts = [Draft({"name": str(each)}) for each in range(number)]
        made = await create(work, running.resource("sales", "salesLead"), drafts)
    return [each.id for each in made if isinstance(each, Stored)]


@dataclass(slots=True)
class Writer:
    """One transaction that changes some leads, is held open for a while, and now and then regrets it all."""

    running: Running
    ids: Sequence[str]
    chance: random.Random

    async def run(self) -> None:
        """Write and commit late; not more at a time than there are connections."""
        async with self.running.work(self.running.actor) as work:
            try:
                async with work.atomic():
                    await self._write(work)
            except Regret:
                return

    async def _write(self, work: Work) -> None:
        lead = self.running.resource("sales", "salesLead")
        await create(work, lead, [Draft({"name": "new"})])
        for id_ in sorted(self.chance.sample(self.ids, 3)):  # in one order, so that no two wait for each other
            name = clock.new_id()
            await patch(work, lead, Place(id_), lambda before, name=name: {**before, "name": name})  # type: ignore[misc]
            await asyncio.sleep(self.chance.uniform(0, 0.01))
        if self.chance.random() < 0.1:
            raise Regret


@asynccontextmanager
async def matching(running: Running) -> AsyncIterator[None]:
    """The matcher at work, a few events at a time."""
    ending = asyncio.Event()

    async def work() -> None:
        while not ending.is_set():
            await pass_on(running.database, running.ways, 20)
            await asyncio.sleep(0.002)

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        ending.set()
        await task


async def followed(running: Running, begin: int, ending: asyncio.Event) -> list[Entry]:
    """What one reader sees who only ever asks for what is beyond the last position."""
    seen: list[Entry] = []
    async with running.database.connected() as connection:
        while True:
            over = ending.is_set()
            last = seen[-1].position if seen else begin
            more = await feed.after(connection, running.actor.tenant, (last, last + 10_000), 7)
            seen += more
            if over and not more:
                return seen
            await asyncio.sleep(0.001)


async def test_a_reader_misses_no_late_commit(running: Running) -> None:
    """200 transactions of random length side by side: each event once, the changes of each lead in their order."""
    chance = random.Random(11)
    ids = await leads(running, LEADS)
    await passed_on(running)
    async with running.database.connected() as connection:
        begin = (await feed.ends(connection)).latest
    room, ending = asyncio.Semaphore(AT_ONCE), asyncio.Event()

    async def write() -> None:
        async with room:
            await Writer(running, ids, chance).run()

    async with matching(running):
        reader = asyncio.create_task(followed(running, begin, ending))
        await asyncio.gather(*(write() for _ in range(WRITERS)))
    await passed_on(running)
    ending.set()
    seen = await reader
    assert [entry.position for entry in seen] == sorted({entry.position for entry in seen})
    by_lead: dict[str, list[tuple[int, int]]] = {}
    for entry in seen:
        by_lead.setdefault(entry.resource_id, []).append((entry.version, entry.ordinal))
    assert all(places == sorted(places) for places in by_lead.values())
    assert [entry.event_id for entry in sorted(seen, key=lambda entry: entry.event_id)] == await logged(running, ids)


async def logged(running: Running, created_before: Sequence[str]) -> list[str]:
    """The ids of all events of the tenant but those with which the leads began."""
    async with running.database.connected() as connection:
        sql = "select event_id from event where tenant = $1 and not (version = 1 and resource_id = any($2)) order by 1"
        found: list[asyncpg.Record] = await connection.fetch(sql, running.actor.tenant, list(created_before))
    return [record[0] for record in found]
