"""The end of a hub that is gone or only fails, and the dead letters of deliveries that are given up."""

from collections.abc import Sequence
from contextlib import suppress

import structlog

from spanco import clock, telemetry
from spanco.access.actor import Actor
from spanco.events.hubs import ENDED
from spanco.events.rules.listening import OPERATIONS
from spanco.kernel.errors import NotFound
from spanco.kernel.openapi import Resource
from spanco.kernel.patch import merge
from spanco.kernel.wire import Document
from spanco.operations import Place, patch
from spanco.store import deliveries, lanes
from spanco.store.database import Connection, Database, atomic
from spanco.store.documents import Stamp
from spanco.store.lanes import Lane
from spanco.work import Cause, Means

_log = structlog.get_logger("spanco.worker")
_AT_ONCE = 500
_DELIVERY = Cause("delivery")
_SENTENCES = {
    "gone": "The listener answered that it is gone.",
    "failing": "There was nothing but failures for five days.",
}
_CLOSED = "The hub has ended."


def keeper(tenant: str) -> Actor:
    """On whose behalf the worker acts in a tenant."""
    return Actor(tenant, "spanco", frozenset({"admin"}))


async def end(means: Means, resource: Resource | None, lane: Lane, because: str) -> None:
    """The hub is told nothing more: its own resource says so and why, with an event; what waits is given up."""
    sentence = _SENTENCES[because]
    async with means.work(keeper(lane.tenant), _DELIVERY) as work, work.atomic():
        if resource is not None:
            with suppress(NotFound):  # it may have been removed in this moment
                change: Document = {"status": ENDED, "statusReason": sentence}
                await patch(work, resource, Place(lane.hub_id, lane.topic), lambda before: merge(before, change))
        await lanes.end(work.connection, lane, work.moment, sentence)
    telemetry.record_hub_ended(because)
    _log.warning("hub ended", reason=because, tenant=telemetry.mark(lane.tenant))
    await give_up(means.database, lane)


async def give_up(database: Database, lane: Lane) -> None:
    """Whatever an ended hub was not told becomes dead letters, in small batches, unless it is revived meanwhile."""
    while True:
        async with database.connected() as connection, atomic(connection):
            if not await lanes.hold_ended(connection, lane):
                return
            dead = await deliveries.give_up(connection, lane, _CLOSED, _AT_ONCE)
            if not dead:
                await deliveries.forget_aside(connection, lane)
                return
            await announce(connection, lane, dead)


async def announce(connection: Connection, lane: Lane, dead: Sequence[str]) -> None:
    """Tell operators of dead letters; not of those that should have told themselves so, which would never end."""
    telemetry.record_dead_letters(len(dead))
    if dead and lane.kind != f"{OPERATIONS}.hub" and lane.topic != OPERATIONS:
        stamp = Stamp(lane.tenant, keeper(lane.tenant).subject, clock.now(), _DELIVERY.text(), None)
        await deliveries.announce_dead(connection, stamp, dead)
