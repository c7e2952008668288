"""Keeps the lanes of the hubs served: leases those with work, one task for each."""

import asyncio
from contextlib import suppress

import structlog

from spanco import clock
from spanco.kernel.errors import TooCostly
from spanco.store import lanes
from spanco.store.errors import Conflict, DatabaseAway
from spanco.worker.serving import Service, Station

MOST_LANES = 400
"""That one worker serves at the same time."""
_AT_ONCE = 16
_log = structlog.get_logger("spanco.worker")


class Deliverer:
    """The lanes that one worker serves."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._serving: dict[str, tuple[Service, asyncio.Task[None]]] = {}
        self._ending = asyncio.Event()

    async def lease(self) -> bool:
        """Take some lanes that have work; whether there may be more. A few at a time, so that workers share them."""
        room = min(_AT_ONCE, MOST_LANES - len(self._serving))
        if room <= 0:
            return False
        lease = self._station.until(clock.now())
        async with self._station.database.connected() as connection:
            taken = await lanes.lease(connection, lease, list(self._serving), room)
        for lane in taken:
            service = Service(self._station, lane)
            task = asyncio.create_task(self._serve(service, lane.hub_id))
            self._serving[lane.hub_id] = (service, task)
        return len(taken) == room

    def call(self, hub_id: str) -> bool:
        """There is something new for a hub; False when it is not served here."""
        found = self._serving.get(hub_id)
        if found:
            found[0].call()
        return found is not None

    async def end(self) -> None:
        """Let what is being sent come to its end, and give all lanes back."""
        self._ending.set()
        await asyncio.gather(*(task for _, task in self._serving.values()), return_exceptions=True)
        with suppress(DatabaseAway):  # then the leases run out, or the next life of this worker goes on with them
            async with self._station.database.connected() as connection:
                await lanes.let_go(connection, self._station.name)

    async def _serve(self, service: Service, hub_id: str) -> None:
        try:
            await service.run(self._ending)
        except (DatabaseAway, Conflict, TooCostly) as error:
            _log.warning("a round was not noted", reason=f"{type(error).__name__}: what was sent may be sent again")
        except Exception as error:  # noqa: BLE001 - one hub must not end the others; its lease runs out
            _log.error("a hub could not be served", exc_info=error)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), self._station.lease.total_seconds())
        finally:
            del self._serving[hub_id]
