"""The outbox becomes the feed: one matcher at a time, in an order that inverts no two changes of one resource."""

import asyncio

import asyncpg
import httpx
import pytest

from spanco.app import Running
from spanco.store import outbox
from spanco.store.database import atomic
from spanco.store.outbox import Entry
from spanco.worker.matching import Passed, pass_on
from tests.worker.stage import LEADS, count, created, matched, patched, rows, subscribed


async def take(stage: Running, most: int) -> list[Entry] | None:
    """One step of a matcher."""
    async with stage.database.connected() as connection, atomic(connection):
        return await outbox.pass_on(connection, most)


async def test_one_matcher_at_a_time(stage: Running, api: httpx.AsyncClient) -> None:
    """Another one is told so, and takes nothing; what the first does not commit stays."""
    await created(api)

    async def fail() -> None:
        async with stage.database.connected() as connection, atomic(connection):
            taken = await outbox.pass_on(connection, 10)
            assert taken is not None
            assert len(taken) == 1
            assert await take(stage, 10) is None
            assert await pass_on(stage.database, stage.ways) is None
            await connection.execute("select 1 from nothing")

    with pytest.raises(asyncpg.UndefinedTableError):
        await fail()
    assert await count(stage, "outbox") == 1
    assert await matched(stage) == 1
    assert await pass_on(stage.database, stage.ways) == Passed(0, frozenset())


async def test_the_order_of_a_resource_is_that_of_its_versions(stage: Running, api: httpx.AsyncClient) -> None:
    """In steps of any size, with many changes of several resources at once."""
    leads = [await created(api, name=str(number)) for number in range(5)]

    async def change(id_: str) -> None:
        for number in range(6):
            await patched(api, f"{LEADS}/{id_}", name=f"{number}", x=number)

    writers = asyncio.gather(*(change(each["id"]) for each in leads))
    found: list[Entry] = []
    most = 1
    while not writers.done() or await count(stage, "outbox"):
        found += await take(stage, most) or []
        most = most % 7 + 1
        await asyncio.sleep(0)
    await writers
    assert len(found) == 35
    assert [each.position for each in found] == sorted({each.position for each in found})
    for lead in leads:
        versions = [each.version for each in found if each.resource_id == lead["id"]]
        assert versions == list(range(1, 8))


async def test_what_the_log_holds_of_events(stage: Running, api: httpx.AsyncClient) -> None:
    """Asked for by their places; what is gone is missing in the answer."""
    lead = await created(api)
    await patched(api, f"{LEADS}/{lead['id']}", rating="hot")
    entries = await take(stage, 10)
    assert entries is not None
    async with stage.database.connected() as connection:
        found = await outbox.happenings(connection, entries)
        assert [found[each.event_id].changed for each in entries] == [(), ("rating",)]
        await connection.execute("delete from event where event_id = $1", entries[0].event_id)
        assert list(await outbox.happenings(connection, entries)) == [entries[1].event_id]


async def test_a_hub_is_told_from_its_registration_on(stage: Running, api: httpx.AsyncClient) -> None:
    """Whatever is committed after it; while it is matched, too."""
    await created(api)
    await matched(stage)
    hub = await subscribed(api, "http://127.0.0.1:9/")
    await created(api)
    assert (await pass_on(stage.database, stage.ways)) == Passed(2, frozenset({(stage.actor.tenant, hub["id"])}))
    assert len(await rows(stage, "select 1 from delivery")) == 1
