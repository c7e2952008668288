"""A worker: passes events on, serves hubs and keeps house, until it is told to end."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from spanco.events.audience import Ways
from spanco.kernel.openapi import Resource
from spanco.store.errors import Conflict, DatabaseAway
from spanco.worker import matching
from spanco.worker.capturing import Capturing
from spanco.worker.comparing import compare_some
from spanco.worker.delivering import Deliverer
from spanco.worker.forgetting import Forgetting
from spanco.worker.jobs import Jobs
from spanco.worker.keeping import Keeping
from spanco.worker.mailing import Postman
from spanco.worker.publishing import Publisher
from spanco.worker.renewing import Renewing
from spanco.worker.replaying import replay_some
from spanco.worker.serving import Station
from spanco.worker.waking import Waking

_log = structlog.get_logger("spanco.worker")
_EAGER, _CALM, _SPARING = 0.02, 0.1, 0.15
_CALM_AFTER = 2.0
_SPARING_EACH = 0.001
_SHORT = 0.2
_PATIENCE = 1.0
_KEEPING = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Worker:
    """Everything one worker does; several can work side by side on one database."""

    station: Station
    ways: Ways
    keeping: Keeping
    replays: Resource
    publisher: Publisher | None = None
    capturing: Capturing | None = None
    postman: Postman | None = None
    jobs: Jobs | None = None

    async def run(self, ending: asyncio.Event) -> None:
        """Work until `ending` is set; then finish what is under way."""
        deliverer = Deliverer(self.station)
        steps: list[tuple[str, Callable[[], Awaitable[float]]]] = [
            ("deliver", _Deliveries(self, deliverer).step),
            ("keep", self._keep),
            ("replay", self._replay),
            ("forget", Forgetting(self.station.means).step),
            ("compare", self._compare),
            ("wake", Waking(self.station.means).step),
            ("renew", Renewing(self.station.means).step),
        ]
        if self.publisher:
            steps.append(("publish", self.publisher.step))
        if self.capturing:
            steps.append(("capture", self.capturing.step))
        if self.postman:
            steps.append(("mail", self.postman.step))
        if self.jobs:
            steps.append(("jobs", self.jobs.step))
        async with asyncio.TaskGroup() as group:
            for name, step in steps:
                group.create_task(_again_and_again(name, step, ending))
        if self.jobs:
            await self.jobs.end()
        await deliverer.end()

    async def _keep(self) -> float:
        await self.keeping.step()
        return _KEEPING

    async def _compare(self) -> float:
        return await compare_some(self.station.means)

    async def _replay(self) -> float:
        """Replays go on without a pause, and others get their turn in between."""
        return 0.0 if await replay_some(self.station.means, self.ways, self.replays) else _KEEPING


class _Deliveries:
    """Passes events on and leases lanes; looks often while there is something, and seldom else.

    While writes are dense it looks less often and finds more at once: each look costs the writers, on busy machines.
    """

    def __init__(self, worker: Worker, deliverer: Deliverer) -> None:
        self._worker = worker
        self._deliverer = deliverer
        self._most = matching.MOST_AT_ONCE
        self._busy_at = 0.0
        self._found = 0

    async def step(self) -> float:
        """One look; how many seconds to wait until the next."""
        try:
            more = await self._match()
        finally:  # what was matched before is delivered, whatever the matter with what comes now
            more_lanes = await self._deliverer.lease()
        if more or more_lanes:
            return 0.0
        if time.monotonic() - self._busy_at >= _CALM_AFTER:
            return _CALM
        return min(max(_EAGER, _SPARING_EACH * self._found), _SPARING)

    async def _match(self) -> bool:
        """Pass some events on; whether there may be more.

        With many hubs an event is much work: so many are taken at once that it stays short, and fewer after a failure.
        """
        most, began = self._most, time.monotonic()
        self._most = max(most // 4, 1)
        passed = await matching.pass_on(self._worker.station.database, self._worker.ways, most)
        took = time.monotonic() - began
        self._most = min(2 * most, matching.MOST_AT_ONCE) if took < _SHORT else max(most // 2, 1)
        self._found = passed.events if passed else 0
        if passed and passed.events:
            self._busy_at = time.monotonic()
            for _, hub_id in passed.hubs:
                self._deliverer.call(hub_id)
        return passed is not None and passed.events >= most


async def _again_and_again(name: str, step: Callable[[], Awaitable[float]], ending: asyncio.Event) -> None:
    """Repeat a step, with the pause that it asks for; what goes wrong is said and tried again."""
    away = False
    while not ending.is_set():
        try:
            pause = await step()
            away = False
        except DatabaseAway:
            if not away:
                _log.warning("database away", step=name)
            away, pause = True, _PATIENCE
        except Conflict:
            pause = _EAGER
        except Exception as error:  # noqa: BLE001 - a worker goes on whatever one step met
            _log.error("a step failed", step=name, exc_info=error)
            pause = _PATIENCE
        try:
            await asyncio.wait_for(ending.wait(), max(pause, 0.001))
        except TimeoutError:
            continue
