"""How long it takes to find work when the log is large: the statements of the matcher and of a lane, one by one."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.cluster import connected
from bench.leads import TENANT
from bench.pacing import middle_and_most
from spanco.store import deliveries, lanes
from spanco.store.database import Connection, atomic
from spanco.store.deliveries import Delivery, Result
from spanco.store.lanes import Lane
from spanco.store.outbox import Entry
from spanco.store.statements import statement

STATEMENTS = ("lease", "line", "sidelines", "next_due", "pass_on")
HUBS, ROUND, BATCH = 100, 32, 500
_HOLDER, _FAILING = "bench", 2
_LOG = (
    """
    insert into feed (tenant, position, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at)
    select tenant, nextval('feed_position'), kind, resource_id, parent, version, ordinal, event_id, type, occurred_at
    from (
        select tenant, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at
        from event order by occurred_at limit $1
    ) as log
    """,
    """
    insert into lane (tenant, hub_id, kind, api, callback, digest, subject, roles, secret)
    select $1, 'hub-' || number, 'sales.hub', 'sales', 'https://hub-' || number || '.example/events',
           sha256(number::text::bytea), 'anonymous', '{admin}', 'whsec_' || repeat('A', 43) || '='
    from generate_series(0, $2 - 1) as number
    """,
    """
    insert into delivery (tenant, hub_id, position, kind, resource_id, version, ordinal, event_id, type, occurred_at,
                          progress, attempts, created_at, tried_at, status)
    select tenant, 'hub-' || position % $1, position, kind, resource_id, version, ordinal, event_id, type, occurred_at,
           'delivered', 1, now(), now(), 200
    from feed
    """,
)
_FRESH = """
insert into outbox (tenant, kind, resource_id, version, ordinal, event_id, type, occurred_at)
select $1, 'sales.salesLead', gen_random_uuid()::text, 1, 0, gen_random_uuid()::text, 'SalesLeadCreateEvent', now()
from generate_series(1, $2)
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """Milliseconds of so many executions of a statement."""

    count: int
    median_ms: float
    p99_ms: float
    most_ms: float


class Claiming:
    """Plays the worker without sending: events are passed on, and of each round a few deliveries fail once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._milliseconds: dict[str, list[float]] = defaultdict(list)

    async def run(self, count: int) -> dict[str, Claim]:
        """So many rounds, each for the next hub; then batches as the matcher takes them when it is behind."""
        for number in range(count):
            await self._pass_on("pass_on", ROUND, f"hub-{number % HUBS}")
            await self._serve()
        for _ in range(count // 10):
            await self._pass_on(f"pass_on of {BATCH}", BATCH, None)
        return {name: Claim(len(seen), *middle_and_most(seen), max(seen)) for name, seen in self._milliseconds.items()}

    async def _pass_on(self, name: str, most: int, hub: str | None) -> None:
        connection = self._connection
        await connection.execute(_FRESH, TENANT, most)
        async with atomic(connection):
            entries = [Entry(*record) for record in await self._timed(name, "pass_on", most)]
            if hub:
                await deliveries.enqueue(connection, [(hub, entry) for entry in entries], _now())
                await lanes.stir(connection, [(TENANT, hub)], _now())

    async def _serve(self) -> None:
        moment = _now()
        until = moment + timedelta(seconds=30)
        for record in await self._timed("lease", "lease", _HOLDER, moment, until, [], 16):
            lane = Lane(*record)
            place = (lane.tenant, lane.hub_id)
            aside = await self._timed("sidelines", "sidelines", *place, _now(), ROUND)
            line = await self._timed("line", "line", *place, ROUND)
            await self._note(lane, [Delivery(*each) for each in aside], [Delivery(*each) for each in line])
            await self._connection.execute(statement("forget_empty_sidelines"), *place, _now())
            ((due_at,),) = await self._timed("next_due", "next_due", *place, _now())
            await lanes.release(self._connection, lane, _HOLDER, due_at)

    async def _note(self, lane: Lane, aside: Sequence[Delivery], line: Sequence[Delivery]) -> None:
        moment = _now()
        failed, told = line[:_FAILING], [*aside, *line[_FAILING:]]
        results = [Result(each.id, "delivered", moment, 200) for each in told]
        results += [Result(each.id, "aside", moment, 503) for each in failed]
        async with atomic(self._connection):
            await deliveries.note(self._connection, lane, results)
            due_at = moment + timedelta(milliseconds=10)
            await deliveries.put_aside(self._connection, lane, [(each.resource, due_at) for each in failed])

    async def _timed(self, name: str, statement_name: str, *values: object) -> list[Any]:
        begin = time.perf_counter()
        found: list[Any] = await self._connection.fetch(statement(statement_name), *values)
        self._milliseconds[name].append((time.perf_counter() - begin) * 1000)
        return found


async def claimed(url: str, logged: int, count: int) -> dict[str, Claim]:
    """Milliseconds of each statement with so many delivered events in the log."""
    async with connected(url) as connection:
        await connection.execute("truncate outbox, feed, lane, delivery, aside")
        for sql, values in zip(_LOG, ((logged,), (TENANT, HUBS), (HUBS,)), strict=True):
            await connection.execute(sql, *values)
        await connection.execute("vacuum (analyze) feed, lane, delivery")
        await connection.execute("checkpoint")
        return await Claiming(connection).run(count)


def _now() -> datetime:
    return datetime.now(UTC)
