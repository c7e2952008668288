"""Claiming work reads what is to be done, however much has been done: the plans of its statements are pinned."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from spanco import clock
from spanco.app import Running
from spanco.store import deliveries
from spanco.store.database import Connection, atomic
from spanco.store.lanes import Lane, Lease
from spanco.store.outbox import Entry
from spanco.store.statements import statement
from tests.worker.stage import TABLES, count, rows

_DONE, _LANES, _QUEUED = 200_000, 5_000, 20_000
_HISTORY = f"""
insert into delivery (tenant, hub_id, position, kind, resource_id, version, ordinal, event_id, type, occurred_at,
                      progress, attempts, created_at)
select 't', 'hub-' || n % 100, n, 'sales.salesLead', 'r' || n % 5000, n, 0, 'e' || n, 'SalesLeadCreateEvent', now(),
       case when n <= {_DONE} then 'delivered' when n % 2 = 0 then 'waiting' else 'aside' end, 1, now()
from generate_series(1, {_DONE} + 2000) as n;
insert into aside (tenant, hub_id, kind, resource_id, due_at)
select distinct tenant, hub_id, kind, resource_id, now() + (length(resource_id) - 3) * interval '1 hour'
from delivery where progress = 'aside';
insert into lane (tenant, hub_id, kind, api, callback, digest, subject, roles, secret, due_at)
select 't', 'hub-' || n, 'sales.hub', 'sales', 'http://x/', int4send(n), 's', '{{}}', 'whsec_',
       case when n < 100 then now() end
from generate_series(0, {_LANES}) as n;
insert into outbox (tenant, kind, resource_id, version, ordinal, event_id, type, occurred_at)
select 't', 'sales.salesLead', 'r' || n, 1, 0, 'o' || n, 'SalesLeadCreateEvent', now()
from generate_series(1, {_QUEUED}) as n;
"""  # noqa: S608 - numbers of our own


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan and everything below it."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


async def explained(connection: Connection, name: str, *values: object) -> tuple[set[str], set[str]]:
    """The indexes that a statement uses, and the tables that it reads from end to end."""
    found = await connection.fetchval(f"explain (format json) {statement(name)}", *values)
    plan = list(nodes(json.loads(found)[0]["Plan"]))
    indexes = {each["Index Name"] for each in plan if "Index Name" in each}
    return indexes, {each["Relation Name"] for each in plan if each["Node Type"] == "Seq Scan"}


async def test_the_plans_of_claiming_work(stage: Running) -> None:
    """No statement that is run again and again reads deliveries that are made, with whatever values it is planned."""
    now = clock.now()
    place = ("t", "hub-7")
    claims: dict[str, tuple[tuple[object, ...], str]] = {
        "lease": (("worker", now, now + timedelta(seconds=30), [], 16), "lane_due"),
        "look_again": ((*place, "worker"), "lane_pkey"),
        "line": ((*place, 32), "delivery_waiting"),
        "sidelines": ((*place, now, 32), "aside_due"),
        "forget_empty_sidelines": ((*place, now), "aside_due"),
        "next_due": ((*place, now), "delivery_waiting"),
        "pass_on": ((500,), "outbox_order"),
        "note_results": (("t", ["hub-7.7"], ["delivered"], [1], [now], [200], [None]), "delivery_pkey"),
        "step_aside": ((*place, "worker", ["hub-7.7"]), "delivery_pkey"),
        "give_up": ((*place, "ended", 500), "delivery_waiting"),
        "ended_lanes": ((), "delivery_waiting"),
        "wake_forgotten": ((now,), "delivery_waiting"),
        "forget_orphans": ((*place, 500), "delivery_pkey"),
        "forget_deliveries": ((now - timedelta(days=60), 500), "delivery_finished"),
    }
    try:
        async with stage.database.connected() as connection:
            await connection.execute(_HISTORY, timeout=60)
            await connection.execute("analyze delivery, aside, lane, outbox")
            for plans in ("force_custom_plan", "force_generic_plan"):
                for name, (values, index) in claims.items():
                    async with atomic(connection):
                        await connection.execute(f"set local plan_cache_mode = {plans}")
                        indexes, whole = await explained(connection, name, *values)
                    assert index in indexes, (plans, name, indexes, whole)
                    assert "delivery" not in whole, (plans, name)
                    if name == "lease":
                        assert "lane" not in whole, plans
    finally:
        await rows(stage, f"truncate {TABLES}")


def entry(number: int) -> Entry:
    """An event in the feed."""
    return Entry("t", number, "k", f"r{number}", None, 1, 0, f"e{number}", "T", clock.now())


async def test_more_than_one_statement_can_put_in_line(stage: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """In parts; what is there already and is made or given up waits anew, the rest is left as it is."""
    monkeypatch.setattr(deliveries, "_ENQUEUED", 3)
    async with stage.database.connected() as connection:
        await deliveries.enqueue(connection, [("h", entry(number)) for number in range(10)], clock.now())
        for number, progress in enumerate(("delivered", "dead", "aside")):
            await rows(stage, "update delivery set progress = $1, attempts = 3 where position = $2", progress, number)
        await deliveries.enqueue(connection, [("h", entry(number)) for number in range(4)], clock.now())
    assert await count(stage, "delivery") == 10
    found = await rows(stage, "select progress, attempts from delivery order by position limit 4")
    assert [tuple(each) for each in found] == [("waiting", 0), ("waiting", 0), ("aside", 3), ("waiting", 0)]


async def test_stepping_aside_needs_the_lane(stage: Running) -> None:
    """Who has lost it gets nothing to send."""
    now = clock.now() + timedelta(seconds=1)
    async with stage.database.connected() as connection:
        await connection.execute(_HISTORY.split(";")[2].replace(str(_LANES), "1"))
        await deliveries.enqueue(connection, [("hub-0", entry(1))], now)
        await connection.execute("insert into aside values ('t', 'hub-0', 'k', 'r1', $1)", now)
        found = await connection.fetch(statement("lease"), "one", now, now + timedelta(seconds=9), [], 1)
        lane = Lane(*found[0])
        for holder, progress in (("two", "waiting"), ("one", "aside")):
            assert await deliveries.probe(connection, lane, Lease(holder, now - timedelta(1), now)) == []
            assert await count(stage, "delivery", f"progress = '{progress}'") == 1
