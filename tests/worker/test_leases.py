"""Several workers on one database: a lane has one of them, until he ends or is too late."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from spanco import clock
from spanco.app import Running
from spanco.kernel.errors import Problem, TooCostly
from spanco.store import lanes
from spanco.store.errors import Conflict, DatabaseAway
from spanco.store.lanes import Lane, Lease
from spanco.worker.delivering import Deliverer
from spanco.worker.running import Worker
from spanco.worker.sending import Sender
from spanco.worker.serving import Service, Station
from tests.worker.listeners import Heard, Listen, until
from tests.worker.stage import HUBS, count, created, matched, rows, subscribed, told_all, worker_of, working


async def taken(stage: Running, lease: Lease, most: int = 10) -> list[Lane]:
    """The lanes that this lease gets."""
    async with stage.database.connected() as connection:
        return await lanes.lease(connection, lease, [], most)


def with_lease(worker: Worker, seconds: float) -> Station:
    """Its station, where leases last so long and listeners get half of it."""
    return replace(
        worker.station,
        lease=timedelta(seconds=seconds),
        sender=Sender(worker.station.sender.courier, worker.station.sender.teller, seconds / 2),
    )


async def test_a_lane_is_leased_to_one(stage: Running, api: httpx.AsyncClient) -> None:
    """Until the lease runs out; the same holder goes on at once, as after a crash."""
    await subscribed(api, "http://127.0.0.1:9/a")
    await created(api)
    await matched(stage)
    now = clock.now()
    first = Lease("first", now, now + timedelta(seconds=4))
    second = Lease("second", now, now + timedelta(seconds=4))
    assert len(await taken(stage, first)) == 1
    assert await taken(stage, second) == []
    assert len(await taken(stage, first)) == 1
    late = now + timedelta(seconds=5)
    assert len(await taken(stage, Lease("second", late, late + timedelta(seconds=4)))) == 1
    assert await taken(stage, replace(first, moment=late)) == []


async def test_lanes_are_shared_fairly_at_once(stage: Running, api: httpx.AsyncClient) -> None:
    """Many who ask at the same moment get different lanes; together all of them."""
    for number in range(40):
        await subscribed(api, f"http://127.0.0.1:9/{number}")
    await created(api)
    await matched(stage)
    now = clock.now()
    shares = await asyncio.gather(*(taken(stage, Lease(str(n), now, now + timedelta(seconds=4)), 5) for n in range(10)))
    more = await asyncio.gather(*(taken(stage, Lease(str(n), now, now + timedelta(seconds=4)), 5) for n in range(10)))
    found = Counter(lane.hub_id for share in (*shares, *more) for lane in share)
    assert len(found) == 40


async def test_a_worker_that_ends_gives_its_lanes_back(stage: Running, api: httpx.AsyncClient, listen: Listen) -> None:
    """What it is sending comes to its end and is noted; the next one goes on at once."""
    listener = await listen()
    started, hold = asyncio.Event(), asyncio.Event()

    async def wait(_: Heard) -> int:
        started.set()
        await hold.wait()
        return 200

    listener.behave = wait
    await subscribed(api, listener.url)
    for number in range(3):
        await created(api, name=str(number))
    ending = asyncio.Event()
    first = asyncio.create_task(worker_of(stage, "first").run(ending))
    await started.wait()
    ending.set()
    await asyncio.sleep(0.05)
    assert not first.done()
    hold.set()
    await first
    assert await count(stage, "lane", "leased_by is not null") == 0
    assert await count(stage, "delivery", "progress = 'delivered'") == len(listener.taken) > 0
    async with working(stage):
        await told_all(stage, seconds=2)
    assert Counter(each.headers["webhook-id"] for each in listener.heard).most_common(1)[0][1] == 1


async def test_a_worker_that_was_frozen_notes_nothing(stage: Running, api: httpx.AsyncClient, listen: Listen) -> None:
    """Past its lease another one goes on; what the first one did is not noted, and it sends nothing more."""
    listener = await listen()
    await subscribed(api, listener.url)
    for number in range(3):
        await created(api, name=str(number))
    await matched(stage)
    frozen = with_lease(worker_of(stage, "frozen"), 0.4)
    (lane,) = await taken(stage, frozen.until(clock.now()))
    service = Service(frozen, lane)
    thaw = asyncio.Event()

    async def freeze(_: Heard) -> int:
        await thaw.wait()
        return 500

    listener.behave = freeze
    task = asyncio.create_task(service.run(asyncio.Event()))
    await until(lambda: listener.heard)
    await asyncio.sleep(0.5)

    async def fine(_: Heard) -> int:
        return 200

    listener.behave = fine
    async with working(stage):
        await told_all(stage)
        before = await rows(stage, "select id, progress, attempts, status from delivery order by id")
        thaw.set()
        await task
    assert await rows(stage, "select id, progress, attempts, status from delivery order by id") == before
    assert {each["progress"] for each in before} == {"delivered"}
    assert await count(stage, "aside") == 0
    assert (await rows(stage, "select failures from lane"))[0][0] == 0
    assert len(listener.taken) == 3


async def test_nothing_is_begun_after_the_lease(stage: Running, api: httpx.AsyncClient, listen: Listen) -> None:
    """A worker that wakes up after its lease, and finds nobody else there, renews it before it sends."""
    listener = await listen()
    await subscribed(api, listener.url)
    await created(api)
    await matched(stage)
    station = with_lease(worker_of(stage, "sleepy"), 1.0)
    (lane,) = await taken(stage, station.until(clock.now()))
    service = Service(station, replace(lane, leased_until=clock.now()))
    ending = asyncio.Event()
    task = asyncio.create_task(service.run(ending))
    await until(lambda: listener.taken)
    ending.set()
    await task
    assert len(listener.heard) == 1


async def test_a_worker_without_room_waits_and_begins_nothing_late(
    stage: Running, api: httpx.AsyncClient, listen: Listen
) -> None:
    """Where as much is under way as may be, a delivery waits; when its lease is too short by then, it is left."""
    listener = await listen()
    await subscribed(api, listener.url)
    await created(api)
    await matched(stage)
    station = with_lease(worker_of(stage, "full"), 0.4)
    full = replace(station, sender=replace(station.sender, room=asyncio.Semaphore(0)))
    (lane,) = await taken(stage, full.until(clock.now()))
    ending = asyncio.Event()
    task = asyncio.create_task(Service(full, lane).run(ending))
    await asyncio.sleep(0.5)
    ending.set()
    full.sender.room.release()
    await task
    assert listener.heard == []
    assert await count(stage, "delivery", "progress = 'waiting'") == 1


async def test_who_lost_the_lane_moves_nothing_aside(stage: Running, api: httpx.AsyncClient, listen: Listen) -> None:
    """What he found held by another delivery may be delivered by now."""
    listener = await listen()
    await subscribed(api, listener.url)
    await created(api)
    await matched(stage)
    (delivery,) = await rows(stage, "select tenant, hub_id, kind, resource_id from delivery")
    await rows(stage, "insert into aside values ($1, $2, $3, $4, now())", *delivery)
    (lane,) = await taken(stage, worker_of(stage, "late").station.until(clock.now()))
    await rows(stage, "update lane set leased_by = 'other'")
    task = Service(worker_of(stage, "late").station, lane)
    await asyncio.wait_for(task.run(asyncio.Event()), 5)
    assert await count(stage, "delivery", "progress = 'waiting'") == 1


async def test_a_crowd_behind_one_delivery_steps_aside(stage: Running, api: httpx.AsyncClient, listen: Listen) -> None:
    """A thousand of one resource do not keep others waiting."""
    lead = await created(api)
    listener = await listen()

    async def behave(heard: Heard) -> int:
        return 500 if heard.resource["id"] == lead["id"] else 200

    listener.behave = behave
    await subscribed(api, listener.url)
    async with working(stage):
        await until(lambda: listener.heard)
        await rows(
            stage,
            "insert into delivery (tenant, hub_id, position, kind, resource_id, version, ordinal, event_id, type, "
            "occurred_at, created_at) select tenant, hub_id, position + n, kind, resource_id, version, ordinal, "
            "event_id, type, occurred_at, created_at from delivery, generate_series(1, 1000) as n",
        )
        await rows(stage, "select setval('feed_position', 5000 + nextval('feed_position'))")
        other = await created(api)
        await until(lambda: other["id"] in [each.resource["id"] for each in listener.taken], 10)
    assert await count(stage, "delivery", "progress = 'aside'") == 1001


@pytest.mark.parametrize("problem", [DatabaseAway, Conflict, TooCostly])
async def test_a_round_that_cannot_be_noted_is_sent_again(
    stage: Running,
    api: httpx.AsyncClient,
    listen: Listen,
    monkeypatch: pytest.MonkeyPatch,
    problem: type[Problem],
) -> None:
    """At once, by the same worker: the event comes twice with one id."""
    listener = await listen()
    await subscribed(api, listener.url)
    note = lanes.note_health

    async def fail_once(*_: object) -> bool:
        monkeypatch.setattr(lanes, "note_health", note)
        raise problem

    monkeypatch.setattr(lanes, "note_health", fail_once)
    await created(api)
    async with working(stage):
        await told_all(stage)
    assert len(listener.taken) == 2
    assert len(listener.ids) == 1


async def test_a_hub_whose_service_breaks_does_not_hold_up_the_end(
    stage: Running, api: httpx.AsyncClient, listen: Listen
) -> None:
    """It is left alone for the time of a lease; a worker that is told to end does so at once."""
    bad, good = await listen(), await listen()
    await subscribed(api, bad.url)
    await subscribed(api, good.url)
    await rows(stage, "update lane set secret = 'whsec_a' where callback = $1", bad.url)
    await created(api)
    ending = asyncio.Event()
    task = asyncio.create_task(worker_of(stage, "one").run(ending))
    await until(lambda: good.taken)
    ending.set()
    await asyncio.wait_for(task, 2)
    assert bad.heard == []


async def test_a_call_for_a_hub_that_is_not_served_here(stage: Running) -> None:
    """It says so."""
    assert not Deliverer(worker_of(stage).station).call("somebody")


async def test_two_workers_on_one_hub_that_never_ends(stage: Running, api: httpx.AsyncClient, listen: Listen) -> None:
    """A steady stream is told once each, with the lane handed over as workers come and go."""
    listener = await listen()
    await subscribed(api, listener.url)
    async with working(stage):
        async with working(stage, name="guest"):
            for number in range(30):
                await created(api, name=str(number))
                await asyncio.sleep(0.01)
        for number in range(30):
            await created(api, name=str(number))
        await told_all(stage)
    assert len(listener.heard) == len(listener.ids) == 60
    assert (await api.get(HUBS)).json()[0]["status"] == "active"
