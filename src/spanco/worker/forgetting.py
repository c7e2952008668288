"""Carries orders about people out, one place per transaction, and begins what retention rules ask for."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from spanco import clock
from spanco.sales.actions import forgetting
from spanco.sales.actions.desk import clear_scratch
from spanco.sales.actions.forgetting import LAST, RETENTION, TOUCHED
from spanco.sales.actions.privacy import apply_rules
from spanco.store import privacy, traces
from spanco.store.database import atomic, meaning
from spanco.store.errors import Conflict, DatabaseAway
from spanco.store.privacy import Task
from spanco.work import Cause, Means, Work
from spanco.worker.ending import keeper

_log = structlog.get_logger("spanco.worker")
_CALM, _TIDY = 1.0, 60.0
_PRIVACY = Cause("privacy")
_MOMENT, _PUT_OFF = timedelta(seconds=1), timedelta(minutes=1)


@dataclass(slots=True, eq=False)
class Forgetting:
    """One worker's part; whoever holds the row of an order works on it, so several side by side do no harm."""

    means: Means
    _tidied_at: float = field(default=0.0)

    async def step(self) -> float:
        """The next step of the oldest order; how many seconds to wait until the next look."""
        if time.monotonic() - self._tidied_at >= _TIDY:
            self._tidied_at = time.monotonic()
            await self.tidy()
        return 0.0 if await self.advance() else _CALM

    async def advance(self) -> bool:
        """One step of one order; False when there is none."""
        async with self.means.work(keeper(""), _PRIVACY) as work:
            task: Task | None = None
            try:
                async with work.atomic():
                    task = await privacy.next_task(work.connection, clock.now())
                    if task is None:
                        return False
                    work.actor = keeper(task.tenant)
                    if task.step < LAST:
                        await forgetting.step(work, task)
                        return True
                await self._finish(work, task)
            except Exception as error:
                if task is None or isinstance(_meant(error), DatabaseAway):
                    raise
                await self._put_off(task, error)
            return True

    async def tidy(self) -> None:
        """Begin what rules ask for; take away exports whose time is over."""
        await asyncio.to_thread(clear_scratch)
        async with self.means.work(keeper(""), _PRIVACY) as work:
            await privacy.forget_lines(work.connection, clock.now())
            tenants = await privacy.tenants_with(work.connection, RETENTION)
        for tenant in tenants:
            async with self.means.work(keeper(tenant), _PRIVACY) as work:
                try:
                    async with work.atomic():
                        await apply_rules(work)
                except Exception as error:
                    if isinstance(_meant(error), DatabaseAway):
                        raise
                    _log.error("a step failed", step="retention", exc_info=error)

    async def _finish(self, work: Work, task: Task) -> None:
        """Nothing of the person is left to be read; give its room back, and only then say that it is done."""
        if task.person == {} and task.kind != forgetting.ACCESS:
            await traces.vacuum(work.connection, TOUCHED)
        async with work.atomic():
            if await privacy.hold(work.connection, task):
                await forgetting.finish(work, task)

    async def _put_off(self, task: Task, error: Exception) -> None:
        """Others get their turn, and the worker its rest. Whoever writes just now is through in a moment."""
        pause = _MOMENT if isinstance(_meant(error), Conflict) else _PUT_OFF
        _log.error("a step failed", step="privacy", exc_info=error)
        async with self.means.database.connected() as connection, atomic(connection):
            await privacy.put_off(connection, task, clock.now() + pause)


def _meant(error: Exception) -> BaseException:
    """What an error of the database means, or the error itself."""
    return meaning(error) or error
