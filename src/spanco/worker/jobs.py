"""Carries import and export jobs out, some side by side, each held by one worker at a time; clears old files away."""

import asyncio
import time
from dataclasses import dataclass, field, replace

import structlog

from spanco import clock
from spanco.kernel.errors import TooCostly
from spanco.sales.actions import exports, imports
from spanco.sales.actions.desk import Desk, Overtaken
from spanco.sales.rules.jobs import SUCCEEDED
from spanco.store import files, jobs
from spanco.store.errors import Conflict, DatabaseAway
from spanco.store.jobs import Ticket

MOST_AT_ONCE = 2
"""Jobs that one worker carries out side by side."""
_LOOK, _CALM = 20, 0.25
_TIDY = 60.0
_EXPORT = "spanco.exportJob"
_log = structlog.get_logger("spanco.worker")


@dataclass(slots=True, eq=False)
class Jobs:
    """One worker's part in the jobs."""

    desk: Desk
    _ending: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: dict[tuple[str, str], asyncio.Task[None]] = field(default_factory=dict)
    _tidied_at: float = -_TIDY

    async def step(self) -> float:
        """Begin what is to be done and held by nobody; how many seconds to wait until the next look."""
        if len(self._tasks) < MOST_AT_ONCE:
            async with self.desk.means.database.connected() as connection:
                due = await jobs.due(connection, _LOOK)
            for ticket in due:
                name = (ticket.tenant, ticket.id)
                if name not in self._tasks and len(self._tasks) < MOST_AT_ONCE:
                    self._tasks[name] = asyncio.create_task(self.serve(*name))
        if time.monotonic() - self._tidied_at >= _TIDY:
            self._tidied_at = time.monotonic()
            await self.tidy()
        return _CALM

    async def end(self) -> None:
        """Let the chunks under way come to their end; what is left is taken up by the next worker."""
        self._ending.set()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def tidy(self) -> None:
        """Forget files whose time is over; the jobs that they belonged to say so."""
        while True:
            async with self.desk.means.database.connected() as connection:
                gone = await files.clear(connection, clock.now())
                lost = await jobs.lose_files(connection, [(name.tenant, name.id) for name in gone])
            for tenant, id_, kind in lost:
                if kind == _EXPORT:
                    await self._expire(tenant, id_)
            if not gone:
                return

    async def _expire(self, tenant: str, id_: str) -> None:
        async with self.desk.means.database.connected() as connection:
            ticket = await jobs.ticket(connection, tenant, id_)
        if ticket:
            try:
                await exports.expire(self.desk, replace(ticket, task=SUCCEEDED))
            except Overtaken:
                return

    async def serve(self, tenant: str, id_: str) -> None:
        """One job, as long as there is something to be done for it and nobody else holds it."""
        name = (tenant, id_)
        try:
            async with jobs.held(self.desk.means.database, *name) as got:
                while got and not self._ending.is_set():
                    async with self.desk.means.database.connected() as connection:
                        ticket = await jobs.ticket(connection, *name)
                    if ticket is None or ticket.task is None:
                        return
                    await self._carry_out(ticket)
        except (DatabaseAway, Conflict, TooCostly) as error:
            _log.warning("a job waits", job=name[1], reason=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - one job must not end the others
            _log.error("a job could not be carried on", job=name[1], exc_info=error)
        finally:
            await asyncio.sleep(0 if self._ending.is_set() else _CALM)
            self._tasks.pop(name, None)

    async def _carry_out(self, ticket: Ticket) -> None:
        if ticket.kind == _EXPORT:
            await exports.carry_out(self.desk, ticket, self._ending)
        else:
            await imports.carry_out(self.desk, ticket, self._ending)
