"""Turns what strangers posted into leads, ends what nobody confirmed, and forgets what is old."""

import time
from dataclasses import dataclass, field
from datetime import timedelta

from spanco import clock
from spanco.sales.actions.processing import AT_ONCE, Kinds, process_some
from spanco.store import capture
from spanco.store.database import atomic
from spanco.work import Means

_EAGER, _CALM = 0.05, 0.25
_CALM_AFTER = 5.0
_TIDY = 60.0
_BATCH = 500


@dataclass(slots=True, eq=False)
class Capturing:
    """One worker's part; `keep` is how long what was posted is kept. Several side by side take different posts."""

    means: Means
    kinds: Kinds
    keep: timedelta
    _busy_at: float = field(default=0.0)
    _tidied_at: float = field(default=0.0)

    async def step(self) -> float:
        """Process some; how many seconds to wait until the next look."""
        done = await process_some(self.means, self.kinds)
        now = time.monotonic()
        if done:
            self._busy_at = now
        if now - self._tidied_at >= _TIDY:
            await self.tidy()
            self._tidied_at = now
        if done >= AT_ONCE:
            return 0.0
        return _EAGER if now - self._busy_at < _CALM_AFTER else _CALM

    async def tidy(self) -> None:
        """End what was not confirmed in time; forget what was posted long ago."""
        moment = clock.now()
        async with self.means.database.connected() as connection:
            for step, bound in ((capture.expire, moment), (capture.forget, moment - self.keep)):
                while True:
                    async with atomic(connection):
                        count = await step(connection, bound, _BATCH)
                    if count < _BATCH:
                        break
