"""Keeps house: partitions of the log, retention, what was left behind, and the figures that operators watch."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from spanco import clock, telemetry
from spanco.store import keeping, lanes
from spanco.store.database import Database
from spanco.worker.ending import give_up

_WATCH, _TIDY, _PRUNE = 15.0, 60.0, 3600.0


@dataclass(frozen=True, slots=True)
class Retention:
    """How long the log is kept, and deliveries that are made or given up."""

    events: timedelta
    deliveries: timedelta


@dataclass(slots=True, eq=False)
class Keeping:
    """What one worker does now and then; done by several it does no harm."""

    database: Database
    retention: Retention
    _done_at: dict[str, float] = field(default_factory=dict)

    async def step(self) -> None:
        """Do whatever is due."""
        await self._every(_WATCH, self.watch)
        await self._every(_TIDY, self.tidy)
        await self._every(_PRUNE, self.prune)

    async def watch(self) -> None:
        """Measure what waits."""
        async with self.database.connected() as connection:
            telemetry.record_backlog(*await keeping.backlog(connection))

    async def tidy(self) -> None:
        """Clear away what hubs left that are gone or have ended; wake those that were forgotten."""
        async with self.database.connected() as connection:
            await keeping.forget_orphans(connection, clock.now())
            await lanes.wake_forgotten(connection, clock.now())
            ended = await lanes.ended(connection)
        for lane in ended:
            await give_up(self.database, lane)

    async def prune(self) -> None:
        """Months to come, and what is over."""
        moment = clock.now()
        async with self.database.connected() as connection:
            await keeping.prepare_months(connection, moment)
            await keeping.forget_deliveries(connection, moment - self.retention.deliveries)
            await keeping.forget_images(connection, moment)
        await keeping.prune(self.database, moment - self.retention.events)

    async def _every(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        now = time.monotonic()
        if now - self._done_at.get(act.__name__, -seconds) >= seconds:
            self._done_at[act.__name__] = now
            await act()
