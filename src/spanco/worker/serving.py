"""Serves the lane of one hub while there is something to tell: take, send, note; and let it rest when it must."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from spanco import clock
from spanco.events.rules.breaker import Health, after, is_probe, window
from spanco.kernel.openapi import Resource
from spanco.store import deliveries, lanes, outbox
from spanco.store.database import Connection, Database, atomic
from spanco.store.deliveries import Delivery
from spanco.store.lanes import Fare, Lane, Lease
from spanco.work import Means
from spanco.worker.ending import announce, end
from spanco.worker.sending import Errand, Round, Sender

LINGER = 1.0
"""Seconds that a lane without work is kept, so that the next event need not wait for a new lease."""
_LOOK = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Station:
    """What a worker serves lanes with; its leases are in its `name` and last for `lease`. `hubs` are by their kind."""

    name: str
    means: Means
    hubs: Mapping[str, Resource]
    sender: Sender
    lease: timedelta

    @property
    def database(self) -> Database:
        """Where the lanes are."""
        return self.means.database

    def until(self, moment: datetime) -> Lease:
        """A lease from now on."""
        return Lease(self.name, moment, moment + self.lease)


class Service:
    """One lane while one worker serves it."""

    def __init__(self, station: Station, lane: Lane) -> None:
        self._station = station
        self._lane = lane
        self._health = Health(lane.failures, lane.failing_since, lane.rests_until)
        self._window = 1
        self._until = time.monotonic() + (lane.leased_until - clock.now()).total_seconds()
        self._called = asyncio.Event()

    def call(self) -> None:
        """There is something new for this hub."""
        self._called.set()

    async def run(self, ending: asyncio.Event) -> None:
        """Serve until there is nothing to do, until the lane is lost, or until the worker ends."""
        busy_at, lingering = time.monotonic(), False
        while not ending.is_set():
            moment = clock.now()
            if self._health.rests_until and moment < self._health.rests_until:
                await self._rest(self._health.rests_until)
                return
            self._called.clear()
            taken = await self._take(moment, lingering=lingering)
            if taken is None:
                return
            if taken:
                if not await self._serve(taken):
                    return
                busy_at = time.monotonic()
            elif time.monotonic() - busy_at < LINGER:
                await self._linger()
            elif await self._release(moment):
                return
            lingering = not taken

    async def _take(self, moment: datetime, *, lingering: bool) -> list[Delivery] | None:
        """The deliveries of the next round, None when the lane is lost. Whoever lingers looks for what is new."""
        async with self._station.database.connected() as connection:
            lane = await lanes.look_again(connection, self._lane, self._station.name)
            if lane is None:
                return None
            known, self._lane = self._lane.stirred, lane
            if lingering and lane.stirred == known:
                return []
            lease = self._station.until(moment)
            if is_probe(self._health):
                return await deliveries.probe(connection, lane, lease)
            return await deliveries.due(connection, lane, lease, self._window)

    async def _serve(self, taken: Sequence[Delivery]) -> bool:
        """Send a round and note what came of it; False when the lane is no longer ours."""
        async with self._station.database.connected() as connection:
            entries = [delivery.entry(self._lane.tenant) for delivery in taken]
            log = await outbox.happenings(connection, entries)
        errand = Errand(self._station.sender, self._lane, log, self._until, probing=is_probe(self._health))
        going = await errand.run(taken)
        began, moment = time.monotonic(), clock.now()
        self._health = after(self._health, going.outcomes, moment, random.random())  # noqa: S311 - it spreads load
        self._window = window(self._window, going.outcomes)
        async with self._station.database.connected() as connection:
            kept = await self._note(connection, going, moment)
        if kept and self._health.ended_because:
            await end(
                self._station.means, self._station.hubs.get(self._lane.kind), self._lane, self._health.ended_because
            )
            return False
        self._until = began + self._station.lease.total_seconds()
        return kept

    async def _note(self, connection: Connection, going: Round, moment: datetime) -> bool:
        """Nothing is noted of a lane that somebody else holds by now: who sent last notes last."""
        fare = Fare(self._health.failures, self._health.failing_since, self._health.rests_until)
        async with atomic(connection):
            if not await lanes.note_health(connection, self._lane, self._station.until(moment), fare):
                return False
            await deliveries.note(connection, self._lane, going.results)
            if going.aside:
                await deliveries.put_aside(connection, self._lane, going.aside)
            dead = [result.id for result in going.results if result.progress == "dead"]
            if dead:
                await announce(connection, self._lane, dead)
        return True

    async def _linger(self) -> None:
        try:
            await asyncio.wait_for(self._called.wait(), _LOOK)
        except TimeoutError:
            return

    async def _rest(self, until: datetime) -> None:
        async with self._station.database.connected() as connection:
            await lanes.rest(connection, self._lane, self._station.name, until)

    async def _release(self, moment: datetime) -> bool:
        async with self._station.database.connected() as connection:
            due_at = await deliveries.next_due(connection, self._lane, moment)
            return await lanes.release(connection, self._lane, self._station.name, due_at)
