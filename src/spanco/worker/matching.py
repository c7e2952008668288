"""Passes events on: the outbox becomes the feed, and each hub that wants an event gets a delivery."""

from dataclasses import dataclass

from spanco import clock
from spanco.events.audience import Audience, Ways
from spanco.store import deliveries, lanes, outbox
from spanco.store.database import Connection, Database, atomic

MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Passed:
    """What one step did: how many events it passed on, and the hubs (tenant, id) that are to be told something."""

    events: int
    hubs: frozenset[tuple[str, str]]


async def pass_on(database: Database, ways: Ways, most: int = MOST_AT_ONCE) -> Passed | None:
    """Pass the next events on, in one transaction; None while another worker does so."""
    async with database.connected() as connection, atomic(connection):
        return await _passed_on(connection, ways, most)


async def _passed_on(connection: Connection, ways: Ways, most: int) -> Passed | None:
    entries = await outbox.pass_on(connection, most)
    if entries is None:
        return None
    if not entries:
        return Passed(0, frozenset())
    audience = await Audience.of(connection, ways, sorted({entry.tenant for entry in entries}))
    wanted = await audience.wanted(connection, entries)
    hubs = frozenset((entry.tenant, hub) for hub, entry in wanted)
    if wanted:
        moment = clock.now()
        await deliveries.enqueue(connection, wanted, moment)
        await lanes.stir(connection, sorted(hubs), moment)
    return Passed(len(entries), hubs)
