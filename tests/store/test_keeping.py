"""Months of the log, and what is forgotten when; nothing that somebody must still be told."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from spanco import clock
from spanco.app import Running
from spanco.store import keeping
from spanco.worker.keeping import Keeping, Retention
from tests.worker.stage import HUBS, LEADS, Virtual, count, created, live, matched, rows, subscribed, worker_of

_MONTH = timedelta(days=31)


@pytest.fixture
async def months(stage: Running) -> AsyncIterator[Running]:
    """A stage whose log is empty, with the partitions of now; they are so again afterwards."""
    await _as_new(stage)
    yield stage
    await _as_new(stage)


async def _as_new(stage: Running) -> None:
    for name in await partitions(stage):
        await rows(stage, f"drop table {name}")
    await rows(stage, "truncate event, pruned")
    async with stage.database.connected() as connection:
        await keeping.prepare_months(connection, datetime.now(UTC))


async def partitions(stage: Running) -> list[str]:
    """The months."""
    found = await rows(stage, "select inhrelid::regclass::text from pg_inherits where inhparent = 'event'::regclass")
    return sorted(each[0] for each in found if each[0] != "event_other")


async def prepare(stage: Running, moment: datetime) -> None:
    """Make the months of then."""
    async with stage.database.connected() as connection:
        await keeping.prepare_months(connection, moment)


async def test_a_month_is_dropped_when_nobody_must_be_told_of_it(
    months: Running, api: httpx.AsyncClient, virtual: Virtual
) -> None:
    """Not while something is in the outbox, waits, stands aside or is not read; what was given up does not count."""
    hub = await subscribed(api, "http://127.0.0.1:9/")
    await created(api)
    first = (await partitions(months))[0]
    horizon = virtual() + 2 * _MONTH
    states = (
        "select 1",
        "insert into reader (name, position) values ('late', 0)",
        "update reader set position = 1000000000",
        "update delivery set progress = 'aside'",
        "update delivery set progress = 'dead'",
    )
    await keeping.prune(months.database, horizon)
    assert first in await partitions(months), "in the outbox"
    await matched(months)
    for state in states:
        await rows(months, state)
        await keeping.prune(months.database, horizon)
        assert (first in await partitions(months)) == (state is not states[-1]), state
    assert await count(months, "event") == await count(months, "feed") == 0
    (before,) = await rows(months, "select before from pruned")
    assert before[0] == datetime(horizon.year, horizon.month, 1, tzinfo=UTC)
    assert (await api.get(f"{HUBS}/{hub['id']}")).status_code == 200


async def test_what_is_younger_than_the_horizon_stays(
    months: Running, api: httpx.AsyncClient, virtual: Virtual
) -> None:
    """Whole months go, and only those that are over."""
    await created(api)
    await matched(months)
    virtual.wait(days=40)
    await prepare(months, virtual())
    await created(api)
    await matched(months)
    await keeping.prune(months.database, virtual())
    assert await count(months, "event") == await count(months, "feed") == 1
    await keeping.prune(months.database, virtual() - timedelta(days=400))
    assert await count(months, "event") == 1


async def test_events_without_a_month_are_moved_into_it(months: Running, api: httpx.AsyncClient) -> None:
    """As after an upgrade, or when no worker ran for months; and a second time nothing happens."""
    for name in await partitions(months):
        await rows(months, f"drop table {name}")
    lead = await created(api)
    assert await count(months, "event_other") == 1
    await prepare(months, clock.now())
    await prepare(months, clock.now())
    assert await count(months, "event_other") == 0
    assert len(await partitions(months)) == keeping.AHEAD
    assert len((await api.get(f"/spanco/v1/salesLead/{lead['id']}/history")).json()) == 1


async def test_events_that_never_had_a_month_are_pruned_too(
    months: Running, api: httpx.AsyncClient, virtual: Virtual
) -> None:
    """Row by row; and whoever asks for that past is told that it is gone."""
    for name in await partitions(months):
        await rows(months, f"drop table {name}")
    lead = await created(api)
    await matched(months)
    virtual.wait(days=100)
    await prepare(months, virtual())
    assert await count(months, "event_other") == 1
    await keeping.prune(months.database, virtual() - timedelta(days=10))
    assert await count(months, "event") == await count(months, "feed") == 0
    past = await api.get(f"{LEADS}/{lead['id']}", params={"asOf": "2020-01-01"})
    assert past.status_code == 400


async def test_workers_that_keep_house_together_do_no_harm(
    months: Running, api: httpx.AsyncClient, virtual: Virtual
) -> None:
    """None fails, and what is left is what one alone would leave."""
    await created(api)
    await matched(months)
    virtual.wait(days=500)
    houses = [Keeping(months.database, Retention(timedelta(days=400), timedelta(days=60))) for _ in range(6)]
    for _ in range(2):
        await asyncio.gather(*(each.prune() for each in houses), *(each.tidy() for each in houses))
    assert await count(months, "event") == 0
    assert await count(months, "pruned") == 1
    assert len(await partitions(months)) >= keeping.AHEAD


async def test_deliveries_are_forgotten_in_their_time(stage: Running, api: httpx.AsyncClient, virtual: Virtual) -> None:
    """Those that are made or given up; never those that are still to be made, however old."""
    await subscribed(api, "http://127.0.0.1:9/")
    for number in range(4):
        await created(api, name=str(number))
    await matched(stage)
    for number, progress in enumerate(("waiting", "aside", "delivered", "dead")):
        await rows(stage, "update delivery set progress = $1 where position = $2", progress, await nth(stage, number))
    for days, expected in ((59, 4), (2, 2)):
        virtual.wait(days=days)
        await worker_of(stage).keeping.prune()
        assert await count(stage, "delivery") == expected
    assert {each[0] for each in await rows(stage, "select progress from delivery")} == {"waiting", "aside"}


async def nth(stage: Running, number: int) -> int:
    """The position of one of the events."""
    return int((await rows(stage, "select position from feed order by position"))[number][0])


async def test_what_waits_forgotten_is_found(stage: Running, api: httpx.AsyncClient) -> None:
    """A lane without a time, for whatever reason, is given one."""
    await subscribed(api, "http://127.0.0.1:9/")
    await created(api)
    await matched(stage)
    await rows(stage, "update lane set due_at = null")
    keeping_house = worker_of(stage).keeping
    await keeping_house.tidy()
    assert await count(stage, "lane", "due_at is not null") == 1
    await keeping_house.step()
    await keeping_house.watch()


async def test_an_event_that_the_log_has_lost_is_a_dead_letter(
    stage: Running, api: httpx.AsyncClient, virtual: Virtual
) -> None:
    """With the reason; a replay of it ends too."""
    await subscribed(api, "http://127.0.0.1:9/")
    await created(api)
    await matched(stage)
    await rows(stage, "delete from event where tenant = $1", stage.actor.tenant)
    await live(stage, virtual, seconds=1)
    (letter,) = (await api.get("/spanco/v1/deadLetter")).json()
    assert "no longer" in letter["reason"]
    assert (await api.post("/spanco/v1/replay", json={"deadLetter": [{"id": letter["id"]}]})).status_code == 201
    await live(stage, virtual, seconds=1)
    (replay,) = (await api.get("/spanco/v1/replay")).json()
    assert (replay["status"], replay["replayed"]) == ("done", 1)
    assert len((await api.get("/spanco/v1/deadLetter")).json()) == 1
