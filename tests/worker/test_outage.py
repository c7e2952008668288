"""A listener that is down for days is told everything by itself; what is given up can be sent again (D3)."""

from collections import Counter
from datetime import timedelta

import httpx
import pytest

from spanco import telemetry
from spanco.app import Running
from spanco.events.rules.schedule import WAITS
from spanco.kernel.moments import spell
from tests.worker.listeners import Heard, Listen, Listener
from tests.worker.stage import OWN, Virtual, count, created, live, rows, subscribed


def poisoned(*names: str) -> Listener:
    """A listener that never takes an event of a lead of such a name."""

    async def behave(heard: Heard) -> int:
        return 500 if heard.resource.get("name") in names else 200

    return Listener(behave)


def metric(name: str) -> float:
    """A counter as operators read it."""
    lines = telemetry.exposition().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))


async def dead_letters(api: httpx.AsyncClient) -> list[dict[str, object]]:
    """All of the tenant."""
    answer = await api.get(f"{OWN}/deadLetter")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, object]] = answer.json()
    return found


async def test_three_days_down_and_everything_comes_by_itself(
    stage: Running, api: httpx.AsyncClient, listen: Listen, virtual: Virtual
) -> None:
    """Each event once, in order, within the hour after it is back; nothing is dead and nothing lost a try."""
    listener = await listen()
    await subscribed(api, listener.url)
    await listener.down()
    expected = []
    for day in range(3):
        for hour in range(4):
            expected.append((await created(api, name=f"{day}-{hour}"))["id"])
            await live(stage, virtual, hours=6)
    assert listener.heard == []
    tries = await rows(stage, "select max(attempts) from delivery")
    assert tries[0][0] <= len(WAITS)
    await listener.up()
    await live(stage, virtual, hours=1)
    assert Counter(each.resource["id"] for each in listener.taken) == Counter(expected)
    assert await count(stage, "delivery", "progress <> 'delivered'") == 0
    assert await dead_letters(api) == []
    (hub,) = (await api.get("/tmf-api/sales/v4/hub")).json()
    assert hub["status"] == "active"


async def given_up(stage: Running, api: httpx.AsyncClient, virtual: Virtual, name: str) -> None:
    """Let an event of a lead of that name use up its tries, while others succeed in between."""
    await created(api, name=name)
    for turn in range(400):
        await created(api, name=f"good {turn}")
        await live(stage, virtual, minutes=2 if turn < 20 else 45 if turn < 80 else 480)
        if await count(stage, "delivery", "progress = 'dead'"):
            return
    raise AssertionError("it was never given up")


async def test_what_is_given_up_is_announced_and_can_be_sent_again(
    stage: Running, api: httpx.AsyncClient, listen: Listen, virtual: Virtual
) -> None:
    """A dead letter, an event of its own to operators, a metric; then replays by id, by hub and by time."""
    operators = await listen()
    await subscribed(api, operators.url, "eventType=DeadLetterCreateEvent", f"{OWN}/hub")
    listener = await listen(poisoned("poison").behave)
    hub = await subscribed(api, listener.url)
    before, begin = metric("spanco_dead_letters_total"), virtual()
    await given_up(stage, api, virtual, "poison")
    assert timedelta(hours=72) < virtual() - begin
    await live(stage, virtual, minutes=1)
    (letter,) = await dead_letters(api)
    assert (letter["status"], letter["attempts"], letter["responseCode"]) == ("dead", len(WAITS) + 1, 500)
    assert metric("spanco_dead_letters_total") == before + 1
    (told,) = operators.taken
    assert told.event["eventType"] == "DeadLetterCreateEvent"
    assert told.resource["id"] == letter["id"]
    assert (await api.get(f"{OWN}/deadLetter/{letter['id']}")).json() == letter
    tries = [each for each in listener.heard if each.headers["webhook-id"] == letter["eventId"]]
    assert len(tries) == len(WAITS) + 1

    orders: list[dict[str, object]] = [
        {"deadLetter": [{"id": letter["id"]}]},
        {"hub": {"id": hub["id"]}},
        {"from": spell(begin - timedelta(minutes=1)), "to": spell(begin + timedelta(minutes=1))},
    ]
    for order in orders:
        heard = len(listener.heard)
        made = await api.post(f"{OWN}/replay", json=order)
        assert (made.status_code, made.json()["status"]) == (201, "acknowledged"), made.text
        await live(stage, virtual, seconds=1)
        done = (await api.get(f"{OWN}/replay/{made.json()['id']}")).json()
        assert (done["status"], done["replayed"]) == ("done", 1)
        assert [each.headers["webhook-id"] for each in listener.heard[heard:]] == [letter["eventId"]]
        await rows(stage, "update delivery set progress = 'dead' where event_id = $1", letter["eventId"])
        await rows(stage, "delete from aside")
    listener.behave = poisoned().behave
    await api.post(f"{OWN}/replay", json=orders[0])
    await live(stage, virtual, seconds=1)
    assert listener.taken[-1].headers["webhook-id"] == letter["eventId"]
    assert await dead_letters(api) == []


@pytest.mark.parametrize("only", ["deadLetter", "all"])
async def test_a_stretch_of_time_of_two_months_ago(
    stage: Running, api: httpx.AsyncClient, listen: Listen, virtual: Virtual, only: str
) -> None:
    """Exactly what happened from then to then: of one hub, or of all that want it; with the ids of that time."""
    one, two = await listen(), await listen()
    hub = await subscribed(api, one.url)
    await subscribed(api, two.url, "event.salesLead.rating=hot")
    moments, ids = [], []
    for number in range(6):
        moments.append(spell(virtual()))
        await created(api, name=str(number), rating="hot" if number % 2 else "cold")
        virtual.wait(hours=1)
    await live(stage, virtual, hours=1)
    ids = one.ids
    assert len(ids) == 6
    assert two.ids == ids[1::2]
    virtual.wait(days=30)
    for listener in (one, two):
        listener.heard.clear()
    order = {"from": moments[1], "to": moments[4], "only": only}
    for of in ({"hub": {"id": hub["id"]}}, {}):
        assert (await api.post(f"{OWN}/replay", json=order | of)).status_code == 201
        await live(stage, virtual, minutes=1)
    again = ids[1:4] if only == "all" else []
    assert [each.headers["webhook-id"] for each in one.heard] == again * 2
    assert [each.headers["webhook-id"] for each in two.heard] == again[::2]
