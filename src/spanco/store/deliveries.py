"""Deliveries: one event for one hub, in line, aside, delivered or dead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from spanco.store.database import Connection
from spanco.store.documents import Stamp
from spanco.store.lanes import Lane, Lease
from spanco.store.outbox import Entry
from spanco.store.statements import statement

Progress = Literal["waiting", "aside", "delivered", "dead"]
_ENQUEUED = 10_000
_LOOKED_AT = 32
"""So many are looked at for one, since a whole crowd of one resource may have to step aside."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery that is to be made; `held` when an earlier one of its resource is aside."""

    id: str
    position: int
    kind: str
    resource_id: str
    version: int
    ordinal: int
    event_id: str
    type: str
    occurred_at: datetime
    attempts: int
    held: bool

    @property
    def resource(self) -> tuple[str, str]:
        """The resource that it tells of: deliveries of one are made one after another."""
        return self.kind, self.resource_id

    def entry(self, tenant: str) -> Entry:
        """Its place in the log."""
        return Entry(
            tenant,
            self.position,
            self.kind,
            self.resource_id,
            None,
            self.version,
            self.ordinal,
            self.event_id,
            self.type,
            self.occurred_at,
        )


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a delivery; `tried_at` is None when it only waits behind one that failed.

    A try that was made to find out how the hub fares does not count.
    """

    id: str
    progress: Progress
    tried_at: datetime | None = None
    status: int | None = None
    reason: str | None = None
    counts: bool = True


async def enqueue(connection: Connection, wanted: Sequence[tuple[str, Entry]], moment: datetime) -> None:
    """Deliveries of events to hubs (by id); so many in one statement as it can do in its time."""
    for begin in range(0, len(wanted), _ENQUEUED):
        part = wanted[begin : begin + _ENQUEUED]
        await connection.execute(
            statement("enqueue"),
            [entry.tenant for _, entry in part],
            [hub for hub, _ in part],
            [entry.position for _, entry in part],
            [entry.kind for _, entry in part],
            [entry.resource_id for _, entry in part],
            [entry.version for _, entry in part],
            [entry.ordinal for _, entry in part],
            [entry.event_id for _, entry in part],
            [entry.type for _, entry in part],
            [entry.occurred_at for _, entry in part],
            moment,
        )


async def due(connection: Connection, lane: Lane, lease: Lease, most: int) -> list[Delivery]:
    """What is to be sent next: first what is aside and due, then the line; of each resource in order."""
    aside = await _aside(connection, lane, lease, most)
    return aside + await _line(connection, lane, lease, most - len(aside)) if len(aside) < most else aside


async def probe(connection: Connection, lane: Lane, lease: Lease) -> list[Delivery]:
    """The one delivery that finds out how a hub fares: the next in line, so that it is another one each time."""
    return await _line(connection, lane, lease, 1) or await _aside(connection, lane, lease, 1)


async def _aside(connection: Connection, lane: Lane, lease: Lease, most: int) -> list[Delivery]:
    place = (lane.tenant, lane.hub_id, lease.moment)
    found = await connection.fetch(statement("sidelines"), *place, most)
    if not found:
        await connection.execute(statement("forget_empty_sidelines"), *place)
    return [Delivery(*record) for record in found][:most]


async def _line(connection: Connection, lane: Lane, lease: Lease, most: int) -> list[Delivery]:
    """The first in line; those whose resource is aside are put aside too, so that they never fill the line."""
    place = (lane.tenant, lane.hub_id)
    while True:
        found = await connection.fetch(statement("line"), *place, max(most, _LOOKED_AT))
        line = [Delivery(*record) for record in found]
        held = [delivery.id for delivery in line if delivery.held]
        if not held:
            return line[:most]
        if not await connection.fetch(statement("step_aside"), *place, lease.holder, held):
            return []


async def note(connection: Connection, lane: Lane, results: Sequence[Result]) -> None:
    """What became of the deliveries of a round."""
    await connection.execute(
        statement("note_results"),
        lane.tenant,
        [result.id for result in results],
        [result.progress for result in results],
        [int(result.tried_at is not None and result.counts) for result in results],
        [result.tried_at for result in results],
        [result.status for result in results],
        [result.reason for result in results],
    )


async def put_aside(connection: Connection, lane: Lane, resources: Sequence[tuple[tuple[str, str], datetime]]) -> None:
    """When these resources (kind, id) are due again."""
    await connection.execute(
        statement("put_aside"),
        lane.tenant,
        lane.hub_id,
        [kind for (kind, _), _ in resources],
        [id_ for (_, id_), _ in resources],
        [moment for _, moment in resources],
    )


async def next_due(connection: Connection, lane: Lane, moment: datetime) -> datetime | None:
    """When the hub has something to be told: now, later, or None for not yet."""
    due_at: datetime | None = await connection.fetchval(statement("next_due"), lane.tenant, lane.hub_id, moment)
    return due_at


async def give_up(connection: Connection, lane: Lane, reason: str, most: int) -> list[str]:
    """Some of what a hub was not told becomes dead letters; their ids."""
    found = await connection.fetch(statement("give_up"), lane.tenant, lane.hub_id, reason, most)
    return [record["id"] for record in found]


async def forget_aside(connection: Connection, lane: Lane) -> None:
    """The hub has nothing aside any more."""
    await connection.execute(statement("forget_sidelines"), lane.tenant, lane.hub_id)


async def announce_dead(connection: Connection, stamp: Stamp, dead: Sequence[str]) -> None:
    """Tell of new dead letters (by id) in the log."""
    await connection.execute(
        statement("announce_dead"), stamp.tenant, list(dead), stamp.moment, stamp.actor, stamp.cause
    )
