"""Tells a broker of every event in the feed, one batch after another, and notes how far it has come."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from spanco import clock
from spanco.kernel.cloudevent import Producer, subject
from spanco.kernel.envelope import Happening
from spanco.store import broker as reading
from spanco.store import outbox
from spanco.store.database import Database
from spanco.store.lanes import Lease
from spanco.store.outbox import Entry
from spanco.transport import PeerError
from spanco.transport.broker import Broker, Message

MOST_AT_ONCE = 256
"""What a publisher that is killed can tell twice, with the same ids."""
READER = "nats"
_ANSWERS = 6
_EAGER, _CALM, _CALM_AFTER = 0.02, 0.2, 2.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_log = structlog.get_logger("spanco.worker")


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """Events that are published together; nothing is begun after `until` (monotonic seconds), when the lease ends."""

    entries: Sequence[Entry]
    log: Mapping[str, Happening]
    until: float
    kept: set[int] = field(default_factory=set)

    @property
    def chains(self) -> list[list[Entry]]:
        """The events of each resource, in their order."""
        chains: dict[tuple[str, str, str], list[Entry]] = {}
        for entry in self.entries:
            chains.setdefault((entry.tenant, entry.kind, entry.resource_id), []).append(entry)
        return list(chains.values())

    def reached(self, position: int) -> int:
        """The last position up to which nothing is missing; `position` is the one before the batch."""
        for entry in self.entries:
            if entry.position not in self.kept:
                break
            position = entry.position
        return position


class Publisher:
    """One in each worker, the `holder` of a lease while it publishes: one at a time goes on for a `reader`."""

    def __init__(
        self, database: Database, producer: Producer, broker: Broker, holder: str, *, reader: str = READER
    ) -> None:
        self._database = database
        self._producer = producer
        self._broker = broker
        self._holder = holder
        self._reader = reader
        self._begun = False
        self._failures = 0
        self._busy_at = 0.0

    async def step(self) -> float:
        """Publish the next batch, if there is one and no other worker is at it; seconds to wait until the next."""
        began = time.monotonic()
        position = await self._lease()
        if position is None:
            return _EAGER if began - self._busy_at < _CALM_AFTER else _CALM
        self._busy_at = began
        async with self._database.connected() as connection:
            entries = await reading.read_on(connection, position, MOST_AT_ONCE)
            log = await outbox.happenings(connection, entries)
        batch = _Batch(entries, log, began + self._seconds)
        error = await self._publish(batch)
        async with self._database.connected() as connection:
            await reading.move(connection, self._reader, self._holder, batch.reached(position))
        return self._pause(error) if error else self._go_on(entries)

    @property
    def _seconds(self) -> float:
        return _ANSWERS * self._broker.seconds

    async def _lease(self) -> int | None:
        moment = clock.now()
        lease = Lease(self._holder, moment, moment + timedelta(seconds=self._seconds))
        async with self._database.connected() as connection:
            if not self._begun:
                await reading.begin(connection, self._reader)
                self._begun = True
            return await reading.lease(connection, self._reader, lease)

    async def _publish(self, batch: _Batch) -> PeerError | None:
        """Resources side by side, so that no event waits for those of others; what went wrong first, if anything."""
        try:
            room = await self._broker.room()
        except PeerError as error:
            return error
        found = await asyncio.gather(*(self._publish_chain(batch, chain, room) for chain in batch.chains))
        return next((error for error in found if error), None)

    async def _publish_chain(self, batch: _Batch, chain: Sequence[Entry], room: int) -> PeerError | None:
        """The events of one resource, each when the one before it is kept: so none can overtake another, ever."""
        for entry in chain:
            happening = batch.log.get(entry.event_id)
            if happening is None:
                _log.error("the log no longer holds an event", resource=entry.kind, step="publish")
            elif time.monotonic() + self._broker.seconds >= batch.until:
                return None
            else:
                body = self._producer.body(entry.tenant, happening, room)
                try:
                    await self._broker.publish(Message(entry.event_id, subject(entry.tenant, happening), body))
                except PeerError as error:
                    return error
            batch.kept.add(entry.position)
        return None

    def _go_on(self, entries: Sequence[Entry]) -> float:
        if self._failures:
            _log.info("the broker takes events again")
        self._failures = 0
        return 0.0 if len(entries) == MOST_AT_ONCE else _EAGER

    def _pause(self, error: PeerError) -> float:
        """Longer and longer, and not the same for all workers; said once."""
        if not self._failures:
            _log.warning("the broker takes no events, they wait", peer=error.peer, reason=error.sentence)
        self._failures += 1
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(self._failures - 1, 10))
        return pause * random.uniform(0.5, 1.0)  # noqa: S311 - it spreads load, it keeps no secret
