"""No event of what did not happen (R4): whatever is rolled back, cancelled or cut off leaves nothing to be told."""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from spanco import clock
from spanco.app import Running
from spanco.events.hubs import Source, register, unregister
from spanco.kernel.errors import Problem
from spanco.kernel.wire import Document
from spanco.operations import Draft, Place, Stored, create, patch, remove
from spanco.work import Work
from tests.worker.stage import matched, rows

ROLLBACKS = int(os.environ.get("SPANCO_ROLLBACKS", "4000"))
_AT_ONCE = 8
_SOON = 0.004


class Regret(Exception):
    """Why a transaction is rolled back."""


class Deeds:
    """Everything that writes events, each done to what the ones before it made."""

    def __init__(self, stage: Running) -> None:
        self._lead = stage.resource("sales", "salesLead")
        self._hub = stage.resource("sales", "hub")
        self._replay = stage.resource("spanco", "replay")
        self._made = self._registered = ""

    @property
    def steps(self) -> list[Callable[[Work], Awaitable[None]]]:
        """In their order."""
        return [self.make, self.move, self.register, self.make_many, self.replay, self.unregister, self.remove]

    async def make(self, work: Work) -> None:
        (made,) = await create(work, self._lead, [Draft({"name": "one"})])
        assert isinstance(made, Stored)
        self._made = made.id

    async def move(self, work: Work) -> None:
        def change(before: Document) -> Document:
            return {**before, "status": "inProgress", "rating": "hot"}

        await patch(work, self._lead, Place(self._made), change)

    async def register(self, work: Work) -> None:
        callback: Document = {"callback": f"http://127.0.0.1:9/{clock.new_id()}", "query": "eventType=none"}
        self._registered = (await register(work, self._hub, Source("sales"), callback)).hub.id

    async def make_many(self, work: Work) -> None:
        source = clock.new_id()
        drafts = [Draft({"name": str(n)}, origin=(source, str(n))) for n in range(3)]
        await create(work, self._lead, drafts, historic=True)

    async def replay(self, work: Work) -> None:
        await create(work, self._replay, [Draft({"hub": {"id": self._registered}})])

    async def unregister(self, work: Work) -> None:
        await unregister(work, self._hub, Place(self._registered), None)

    async def remove(self, work: Work) -> None:
        await remove(work, self._lead, Place(self._made))


async def regretted(stage: Running, number: int) -> None:
    """Some steps in one transaction, and then an error."""
    deeds = Deeds(stage)
    with suppress(Regret):
        async with stage.work(stage.actor) as work, work.atomic():
            for step in deeds.steps[: 1 + number % len(deeds.steps)]:
                await step(work)
            raise Regret


async def all_of(stage: Running, chance: random.Random, begun: Callable[[Work, int], None]) -> None:
    """All steps, some of them in one transaction with the next; `begun` is told when one begins."""
    steps = list(enumerate(Deeds(stage).steps))
    async with stage.work(stage.actor) as work:
        while steps:
            size = chance.choice((1, 1, 2, 4))
            together, steps = steps[:size], steps[size:]
            async with work.atomic():
                for number, step in together:
                    begun(work, number)
                    await step(work)


async def cancelled(stage: Running, chance: random.Random) -> None:
    """A task that is cancelled somewhere in a step, as that of a client who hangs up."""
    fatal, begun = chance.randrange(9), asyncio.Event()
    task = asyncio.create_task(all_of(stage, chance, lambda _, number: begun.set() if number == fatal else None))
    patience = asyncio.create_task(begun.wait())
    await asyncio.wait([task, patience], return_when=asyncio.FIRST_COMPLETED)
    await asyncio.sleep(chance.uniform(0, _SOON))
    patience.cancel()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def cut_off(stage: Running, chance: random.Random) -> None:
    """A connection whose backend is ended somewhere in a step; somebody else may have it by then."""
    fatal, killers = chance.randrange(9), set[asyncio.Task[None]]()

    async def kill(pid: int) -> None:
        await asyncio.sleep(chance.uniform(0, _SOON))
        await rows(stage, "select pg_terminate_backend($1)", pid)

    def begun(work: Work, number: int) -> None:
        if number == fatal:
            killers.add(asyncio.create_task(kill(work.connection.get_server_pid())))

    with suppress(Problem):
        await all_of(stage, chance, begun)
    await asyncio.gather(*killers, return_exceptions=True)


async def check(stage: Running) -> int:
    """What is in the database agrees with itself; how many events there are."""
    tenant = stage.actor.tenant
    found = await rows(
        stage, "select kind, resource_id, version, ordinal, type, event_id, after from event where tenant = $1", tenant
    )
    queued = await rows(stage, "select event_id from outbox where tenant = $1", tenant)
    assert sorted(each["event_id"] for each in queued) == sorted(each["event_id"] for each in found)
    told: dict[tuple[str, str], dict[int, list[tuple[str, bytes | None]]]] = {}
    for each in sorted(found, key=lambda event: (event["version"], event["ordinal"])):
        of = told.setdefault((each["kind"], each["resource_id"]), {})
        of.setdefault(each["version"], []).append((each["type"], each["after"]))
    there = await rows(stage, "select kind, id, version, document from resource where tenant = $1", tenant)
    present = {(each["kind"], each["id"]): each for each in there}
    assert present.keys() <= told.keys(), "something is there of which nothing tells"
    for key, versions in told.items():
        last = max(versions)
        assert sorted(versions) == list(range(1, last + 1))
        kind, after = versions[last][-1]
        if key in present:
            assert (present[key]["version"], present[key]["document"]) == (last, after)
        else:
            assert kind.endswith("DeleteEvent"), f"an event of what is not there: {key}"
    hubs = {id_ for kind, id_ in present if kind == "sales.hub"}
    assert {each["hub_id"] for each in await rows(stage, "select hub_id from lane where tenant = $1", tenant)} == hubs
    replays = {id_ for kind, id_ in present if kind == "spanco.replay"}
    assert {each["id"] for each in await rows(stage, "select id from replay where tenant = $1", tenant)} == replays
    leads = {id_ for kind, id_ in present if kind == "sales.salesLead"}
    origins = {each["id"] for each in await rows(stage, "select id from origin where tenant = $1", tenant)}
    assert origins <= leads
    return len(found)


async def test_nothing_is_told_of_what_was_rolled_back(stage: Running) -> None:
    """After every step of every way to write, an error: no row is left anywhere."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> None:
        async with room:
            await regretted(stage, number)

    await asyncio.gather(*(one(number) for number in range(ROLLBACKS // 2)))
    assert await check(stage) == 0
    for table in ("resource", "event", "outbox", "lane", "replay", "origin", "orphan"):
        assert await rows(stage, f"select 1 from {table} where tenant = $1", stage.actor.tenant) == []  # noqa: S608


@pytest.mark.parametrize("way", [cancelled, cut_off])
async def test_what_is_cut_off_is_there_whole_or_not_at_all(
    stage: Running, way: Callable[[Running, random.Random], Awaitable[None]]
) -> None:
    """Somewhere in the middle of it all; what was committed is told, and what is told was committed."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> None:
        async with room:
            await way(stage, random.Random(number))

    await asyncio.gather(*(one(number) for number in range(ROLLBACKS // 8)))
    await asyncio.sleep(0.1)
    events = await check(stage)
    assert 0 < events < 10 * (ROLLBACKS // 8), "some came to their end, and some did not"
    assert await matched(stage) == events
    in_feed = await rows(stage, "select event_id from feed where tenant = $1", stage.actor.tenant)
    in_log = await rows(stage, "select event_id from event where tenant = $1", stage.actor.tenant)
    assert {each[0] for each in in_feed} == {each[0] for each in in_log}
