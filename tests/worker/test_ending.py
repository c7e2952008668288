"""The breaker of a hub, its end, its second life, and what is left of it when it is gone (D10)."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from spanco import clock
from spanco.app import Running
from spanco.events.rules.breaker import OPENS_AT
from spanco.store import lanes
from spanco.worker.ending import give_up
from tests.worker.listeners import Listen, answers, until
from tests.worker.stage import (
    HUBS,
    OWN,
    Virtual,
    count,
    created,
    live,
    matched,
    rows,
    subscribed,
    told_all,
    worker_of,
    working,
)


async def test_the_breaker_opens_and_one_probe_finds_out(
    stage: Running, api: httpx.AsyncClient, listen: Listen, virtual: Virtual
) -> None:
    """After some failures the hub rests; then it is sent one delivery alone, and all the others when that succeeds."""
    listener = await listen(answers(500))
    await subscribed(api, listener.url)
    for number in range(20):
        await created(api, name=str(number))
    await live(stage, virtual, seconds=1)
    assert len(listener.heard) <= OPENS_AT
    await live(stage, virtual, seconds=8)
    opened = len(listener.heard)
    assert (await rows(stage, "select rests_until > now() from lane"))[0][0]
    await live(stage, virtual, minutes=20)
    probes = len(listener.heard) - opened
    assert 3 <= probes <= 9, "one for each rest"
    assert (await rows(stage, "select max(attempts) from delivery"))[0][0] <= 2, "a probe is not counted as a try"
    listener.behave = answers(200)
    await live(stage, virtual, minutes=20)
    assert len(set(listener.ids)) == 20
    (fare,) = await rows(stage, "select failures, failing_since, rests_until from lane")
    assert tuple(fare) == (0, None, None)


@pytest.mark.parametrize("status", ["429 Too Many", "502 Bad Gateway", "504 Gateway Timeout"])
async def test_an_overloaded_listener_is_left_alone(
    stage: Running, api: httpx.AsyncClient, listen: Listen, virtual: Virtual, status: str
) -> None:
    """For a minute at least, and for as long as it wishes."""
    listener = await listen(answers(f"{status}\r\nretry-after: 300", status, 200))
    await subscribed(api, listener.url)
    for number in range(3):
        await created(api, name=str(number))
    await live(stage, virtual, seconds=295)
    assert len(listener.heard) == 1
    await live(stage, virtual, seconds=55)
    assert len(listener.heard) == 2
    await live(stage, virtual, seconds=90)
    assert len(listener.ids) == 3


async def test_a_redirect_is_not_followed(stage: Running, api: httpx.AsyncClient, listen: Listen) -> None:
    """It is a failure, and nobody is asked at the other address."""
    other = await listen()
    listener = await listen(answers(f"307 Elsewhere\r\nlocation: {other.url}"))
    await subscribed(api, listener.url)
    await created(api)
    async with working(stage):
        await until(lambda: listener.heard)
        await asyncio.sleep(0.2)
    assert other.heard == []
    (delivery,) = (await api.get(f"{OWN}/delivery")).json()
    assert (delivery["status"], delivery["responseCode"], delivery["attempts"]) == ("aside", 307, 1)
    assert delivery["nextAttemptAt"] > delivery["lastAttemptAt"]


async def ended_hub(api: httpx.AsyncClient, hub_id: str) -> str:
    """Why a hub has ended."""
    hub = (await api.get(f"{HUBS}/{hub_id}")).json()
    assert hub["status"] == "ended", hub
    return str(hub["statusReason"])


async def test_gone_ends_the_hub_at_once(stage: Running, api: httpx.AsyncClient, listen: Listen) -> None:
    """What was waiting becomes dead letters, operators are told, nothing more is sent; the same POST revives it."""
    operators = await listen()
    await subscribed(api, operators.url, hubs=f"{OWN}/hub")
    listener = await listen(answers(410))
    hub = await subscribed(api, listener.url, "domain=Commercial")
    async with working(stage):
        for number in range(5):
            await created(api, name=str(number))
        await until(lambda: [e for e in operators.taken if e.event["eventType"] == "HubStateChangeEvent"])
        await told_all(stage)
        assert "gone" in await ended_hub(api, hub["id"])
        tried = len(listener.heard)
        await created(api, name="later")
        await told_all(stage)
        assert len(listener.heard) == tried
        types = [each.event["eventType"] for each in operators.taken]
        assert types.count("HubStateChangeEvent") == 1
        assert types.count("DeadLetterCreateEvent") == len((await api.get(f"{OWN}/deadLetter")).json()) <= 5

        listener.behave = answers(200)
        again = await subscribed(api, listener.url, "domain=Commercial")
        assert (again["id"], again["status"], "secret" in again) == (hub["id"], "active", False)
        assert "statusReason" not in again
        lead = await created(api, name="second life")
        await until(lambda: lead["id"] in [each.resource["id"] for each in listener.taken])
        assert (await api.get(f"{HUBS}/{hub['id']}")).json()["status"] == "active"
    assert listener.taken[-1].signed_with(hub["secret"]), "the secret is the one that was shown"


async def test_five_days_of_failures_end_it(
    stage: Running, api: httpx.AsyncClient, listen: Listen, virtual: Virtual
) -> None:
    """Not four days; what it was not told becomes dead letters, which a replay sends when it lives again."""
    operators = await listen()
    await subscribed(api, operators.url, "eventType=HubStateChangeEvent", f"{OWN}/hub")
    listener = await listen(answers(503))
    hub = await subscribed(api, listener.url)
    begin = virtual()
    await created(api)
    for _ in range(4):
        await live(stage, virtual, days=1)
        await created(api)
    assert (await api.get(f"{HUBS}/{hub['id']}")).json()["status"] == "active"
    await live(stage, virtual, days=1, hours=6)
    assert "five days" in await ended_hub(api, hub["id"])
    (told,) = operators.taken
    assert told.resource["id"] == hub["id"]
    assert virtual() - begin > timedelta(days=5)
    assert len((await api.get(f"{OWN}/deadLetter")).json()) == 5
    listener.behave = answers(200)
    tried = len(listener.heard)
    await live(stage, virtual, days=3)
    assert len(listener.heard) == tried
    refused = await api.post(f"{OWN}/replay", json={"hub": {"id": hub["id"]}})
    assert refused.status_code == 404
    await subscribed(api, listener.url)
    assert (await api.post(f"{OWN}/replay", json={"hub": {"id": hub["id"]}})).status_code == 201
    await live(stage, virtual, minutes=1)
    assert len(listener.ids) == 5


async def test_what_is_left_of_an_ended_hub_is_given_up_by_whoever_tidies(
    stage: Running, api: httpx.AsyncClient, listen: Listen
) -> None:
    """A worker that was stopped in the middle of it, and a matcher that still knew the hub."""
    listener = await listen()
    hub = await subscribed(api, listener.url)
    for number in range(3):
        await created(api, name=str(number))
    await matched(stage)
    await rows(stage, "update lane set ended_at = now(), due_at = null")
    await worker_of(stage).keeping.tidy()
    assert await count(stage, "delivery", "progress = 'dead'") == 3
    assert [each["hub"]["id"] for each in (await api.get(f"{OWN}/deadLetter")).json()] == [hub["id"]] * 3


async def test_a_hub_that_is_revived_meanwhile_is_not_given_up(
    stage: Running, api: httpx.AsyncClient, listen: Listen
) -> None:
    """Whoever was about to give up what it was not told finds it alive, and what was waiting is told."""
    listener = await listen(answers(500))
    await subscribed(api, listener.url)
    lead = await created(api)
    async with working(stage):
        await until(lambda: listener.heard)
        await until(lambda: listener.heard[0].status)
        await asyncio.sleep(0.3)
    await created(api)
    await matched(stage)
    await rows(stage, "update lane set ended_at = now(), due_at = null")
    async with stage.database.connected() as connection:
        (lane,) = await lanes.ended(connection)
    await subscribed(api, listener.url)
    await give_up(stage.database, lane)
    assert await count(stage, "delivery", "progress = 'dead'") == 0
    assert await count(stage, "aside") == 1
    listener.behave = answers(200)
    async with working(stage):
        await told_all(stage)
    assert lead["id"] in [each.resource["id"] for each in listener.taken]


async def test_a_hub_that_is_removed_leaves_nothing(
    stage: Running, api: httpx.AsyncClient, listen: Listen, virtual: Virtual
) -> None:
    """With ten thousand deliveries in line and some aside: no lane, no delivery, no work; others are not touched."""
    listener, other = await listen(answers(500)), await listen()
    hub, kept = await subscribed(api, listener.url), await subscribed(api, other.url)
    await created(api)
    await live(stage, virtual, seconds=1)
    assert await count(stage, "aside") == 1
    await rows(
        stage,
        "insert into delivery (tenant, hub_id, position, kind, resource_id, version, ordinal, event_id, type, "
        "occurred_at, created_at) select tenant, hub_id, n, kind, n::text, 1, 0, n::text, type, occurred_at, "
        "created_at from delivery, generate_series(1000, 10999) as n where hub_id = $1",
        hub["id"],
    )
    assert (await api.delete(f"{HUBS}/{hub['id']}")).status_code == 204
    assert (await api.get(f"{HUBS}/{hub['id']}")).status_code == 404
    tried = len(listener.heard)
    await live(stage, virtual, minutes=5)
    assert len(listener.heard) == tried
    keeping = worker_of(stage).keeping
    await keeping.tidy()
    assert await count(stage, "delivery", f"hub_id = '{hub['id']}'") == 0
    assert await count(stage, "aside") == 0
    assert await count(stage, "orphan") == 1, "a matcher may still know it"
    virtual.wait(minutes=11)
    await keeping.tidy()
    assert await count(stage, "orphan") == 0
    assert [each[0] for each in await rows(stage, "select hub_id from lane")] == [kept["id"]]
    assert (await api.get(f"{OWN}/delivery")).json()[0]["hub"]["id"] == kept["id"]
    assert await deliveries_due(stage) == 0


async def deliveries_due(stage: Running) -> int:
    """How many lanes a worker would serve now."""
    worker = worker_of(stage)
    async with stage.database.connected() as connection:
        return len(await lanes.lease(connection, worker.station.until(clock.now()), [], 100))


async def test_a_hub_that_is_removed_while_it_is_served(stage: Running, api: httpx.AsyncClient, listen: Listen) -> None:
    """Its worker lets go; what is under way is not noted anywhere."""
    hold = asyncio.Event()
    listener = await listen()

    async def wait(_: object) -> int:
        await hold.wait()
        return 200

    listener.behave = wait
    hub = await subscribed(api, listener.url)
    for number in range(4):
        await created(api, name=str(number))
    async with working(stage):
        await until(lambda: listener.heard)
        assert (await api.delete(f"{HUBS}/{hub['id']}")).status_code == 204
        hold.set()
        await asyncio.sleep(0.3)
        assert len(listener.heard) == 1
    await worker_of(stage).keeping.tidy()
    assert await count(stage, "delivery") == 0
    assert await count(stage, "lane") == 0
