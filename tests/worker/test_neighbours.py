"""Listeners that are dead, hang or are slow delay nobody else, and no write (D4)."""

import time
from statistics import median

import httpx

from spanco.app import Running
from tests.worker.listeners import Listen, Listener, slowly, until
from tests.worker.stage import count, created, subscribed, working

_HEALTHY = 20
_EVENTS = 40
_SOON = 5.0


async def written(api: httpx.AsyncClient, number: int) -> list[float]:
    """The seconds that each of so many writes took."""
    taken = []
    for each in range(number):
        began = time.perf_counter()
        await created(api, name=str(each))
        taken.append(time.perf_counter() - began)
    return taken


async def test_healthy_listeners_are_not_delayed(stage: Running, api: httpx.AsyncClient, listen: Listen) -> None:
    """One is dead, one hangs, one is slow: the twenty others get everything soon, and writes take what they took."""
    healthy = [await listen() for _ in range(_HEALTHY)]
    for each in healthy:
        await subscribed(api, each.url)
    async with working(stage):
        without = await told(api, healthy)
        dead, hanging, slow = await listen(), await listen(slowly(3600)), await listen(slowly(0.5))
        for each in (dead, hanging, slow):
            await subscribed(api, each.url)
        await dead.down()
        beside = await told(api, healthy)
        assert hanging.heard
        assert len(slow.taken) < _EVENTS, "the slow one is still at it"
        await hanging.down()
        await slow.down()
    assert beside < 4 * without


async def told(api: httpx.AsyncClient, listeners: list[Listener]) -> float:
    """Some events are told to all of these soon; the median of the seconds that the writes took."""
    expected = len(listeners[0].ids) + _EVENTS
    taken = await written(api, _EVENTS)
    await until(lambda: all(len(each.ids) == expected for each in listeners), _SOON)
    return median(taken)


async def test_two_hundred_dead_listeners_do_not_starve_one(
    stage: Running, api: httpx.AsyncClient, listen: Listen
) -> None:
    """Each event is for all of them; the one that is well gets them all soon."""
    (dead, healthy) = (await listen(), await listen())
    for number in range(200):
        await subscribed(api, f"http://127.0.0.1:{dead.port}/{number}")
    await subscribed(api, healthy.url)
    await dead.down()
    async with working(stage):
        await written(api, 10)
        await until(lambda: len(healthy.ids) == 10, 4 * _SOON)
    assert await count(stage, "delivery", "progress = 'delivered'") == 10


async def test_more_hanging_listeners_than_a_worker_has_room_for(
    stage: Running, api: httpx.AsyncClient, listen: Listen
) -> None:
    """They fill it once, for as long as one of them may take; then they rest, and the others are served."""
    hanging: Listener = await listen(slowly(3600))
    healthy = await listen()
    for number in range(450):
        await subscribed(api, f"http://127.0.0.1:{hanging.port}/{number}")
    await subscribed(api, healthy.url)
    async with working(stage):
        await written(api, 2)
        await until(lambda: len(healthy.ids) == 2, 30)
        await hanging.down()
