"""Lanes: who may have one, when it is due, and what whoever lost it can still do."""

from datetime import datetime, timedelta

import httpx

from spanco import clock
from spanco.app import Running
from spanco.store import lanes
from spanco.store.lanes import Fare, Lane, Lease
from tests.worker.stage import count, created, matched, rows, subscribed

FINE = Fare(0, None, None)


async def leased(stage: Running, api: httpx.AsyncClient, holder: str = "one") -> tuple[Lane, Lease]:
    """The lane of a new hub that has something to tell, in somebody's hands."""
    await subscribed(api, f"http://127.0.0.1:9/{clock.new_id()}")
    await created(api)
    await matched(stage)
    now = clock.now()
    lease = Lease(holder, now, now + timedelta(seconds=30))
    async with stage.database.connected() as connection:
        (lane,) = await lanes.lease(connection, lease, [], 1)
    return lane, lease


async def due_at(stage: Running) -> datetime | None:
    """When the only lane is due."""
    found: datetime | None = (await rows(stage, "select due_at from lane"))[0][0]
    return found


async def test_who_has_lost_a_lane_can_do_nothing_with_it(stage: Running, api: httpx.AsyncClient) -> None:
    """Not look, not note, not give back, not let rest."""
    lane, lease = await leased(stage, api)
    await rows(stage, "update lane set leased_by = 'other'")
    before = await rows(stage, "select * from lane")
    async with stage.database.connected() as connection:
        assert await lanes.look_again(connection, lane, lease.holder) is None
        assert not await lanes.note_health(connection, lane, lease, FINE)
        assert not await lanes.release(connection, lane, lease.holder, None)
        await lanes.rest(connection, lane, lease.holder, lease.until)
        await lanes.let_go(connection, lease.holder)
    assert await rows(stage, "select * from lane") == before


async def test_a_lane_is_not_given_back_when_more_has_come(stage: Running, api: httpx.AsyncClient) -> None:
    """Since it was last looked at; whoever looks again may give it back."""
    lane, lease = await leased(stage, api)
    await created(api)
    await matched(stage)
    async with stage.database.connected() as connection:
        assert not await lanes.release(connection, lane, lease.holder, None)
        again = await lanes.look_again(connection, lane, lease.holder)
        assert again is not None
        assert again.stirred == lane.stirred + 1
        assert await lanes.release(connection, again, lease.holder, None)
    assert await due_at(stage) is None


async def test_a_hub_that_rests_is_not_woken_before_its_time(stage: Running, api: httpx.AsyncClient) -> None:
    """By what comes meanwhile."""
    lane, lease = await leased(stage, api)
    until = lease.moment + timedelta(minutes=5)
    async with stage.database.connected() as connection:
        assert await lanes.note_health(connection, lane, lease, Fare(5, lease.moment, until))
        await lanes.rest(connection, lane, lease.holder, until)
        await created(api)
        await matched(stage)
        assert await due_at(stage) == until
        assert await lanes.lease(connection, lease, [], 9) == []
        late = Lease("two", until, until + timedelta(seconds=30))
        (found,) = await lanes.lease(connection, late, [], 9)
    assert (found.failures, found.failing_since, found.rests_until) == (5, lease.moment, until)


async def test_an_ended_hub_is_not_stirred_and_a_revived_one_is_due(stage: Running, api: httpx.AsyncClient) -> None:
    """Its health is new, and what was waiting is told."""
    lane, lease = await leased(stage, api)
    async with stage.database.connected() as connection:
        await lanes.note_health(connection, lane, lease, Fare(9, lease.moment, None))
        await lanes.end(connection, lane, lease.moment, "because")
        assert not await lanes.note_health(connection, lane, lease, FINE)
        await created(api)
        await matched(stage)
        assert await due_at(stage) is None
        assert [each.hub_id for each in await lanes.ended(connection)] == [lane.hub_id]
        (wish,) = await connection.fetch("select subject, roles from lane")
        found = lanes.Wish(lane.tenant, lane.hub_id, lane.kind, "sales", None, "", "", "new", tuple(wish["roles"]))
        await lanes.revive(connection, found, lease.moment)
    assert await due_at(stage) == lease.moment
    (row,) = await rows(stage, "select failures, failing_since, ended_at, ended_because, subject from lane")
    assert tuple(row) == (0, None, None, None, "new")
    assert await count(stage, "delivery", "progress = 'waiting'") == 1, "an ended hub is not matched"
