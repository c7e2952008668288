"""Replays under way: which part of the feed, for which hub, and how far each has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from spanco.store.database import Connection
from spanco.store.outbox import Entry
from spanco.store.statements import statement

_WIDEST = 10_000
"""So much of the feed is looked through in one step, whatever is found there."""


@dataclass(frozen=True, slots=True)
class Part:
    """What of the feed is to be replayed: these events, these dead letters, what happened since and before."""

    events: Sequence[str] = ()
    dead_letters: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """One replay and its place in the feed; without a hub it is for every hub."""

    tenant: str
    id: str
    hub_id: str | None
    only_dead: bool
    part: Part
    next_position: int = 0
    last_position: int = 0
    replayed: int = 0


async def is_told(connection: Connection, tenant: str, hub_id: str) -> bool:
    """Whether there is such a hub and it has not ended."""
    return bool(await connection.fetchval(statement("hub_is_told"), tenant, hub_id))


async def begin(connection: Connection, replay: Replay) -> None:
    """Note what is to be replayed; a worker does it. Its place in the feed is found here."""
    whose = replay.tenant, replay.id, replay.hub_id, replay.only_dead
    part = replay.part
    chosen = list(part.events) or None, list(part.dead_letters) or None, part.since, part.until
    await connection.execute(statement("open_replay"), *whose, *chosen)


async def next_one(connection: Connection) -> Replay | None:
    """A replay that nobody else works on; kept until the transaction ends."""
    found = await connection.fetchrow(statement("next_replay"))
    if found is None:
        return None
    tenant, id_, hub_id, only_dead, events, dead_letters, since, until, *place = found
    return Replay(tenant, id_, hub_id, only_dead, Part(events or (), dead_letters or (), since, until), *place)


async def entries(connection: Connection, replay: Replay, most: int) -> tuple[list[Entry], int]:
    """The next events of a replay, and the position to go on from."""
    part = replay.part
    end = min(replay.next_position + _WIDEST - 1, replay.last_position)
    chosen = list(part.events) or None, part.since, part.until
    found = await connection.fetch(statement("part_of_feed"), replay.tenant, replay.next_position, end, *chosen, most)
    entries = [Entry(*record) for record in found]
    return entries, (entries[-1].position if len(entries) == most else end) + 1


async def revive(connection: Connection, replay: Replay, moment: datetime, most: int) -> tuple[list[str], int]:
    """The next dead letters of a replay wait anew: the hub of each, and the position to go on from."""
    part = replay.part
    place = replay.tenant, replay.next_position, replay.last_position, replay.hub_id
    chosen = list(part.events) or None, list(part.dead_letters) or None, part.since, part.until
    found = await connection.fetch(statement("revive_dead"), *place, *chosen, most, moment)
    last = max((record["position"] for record in found), default=replay.last_position)
    return [record["hub_id"] for record in found], last + 1


async def advance(connection: Connection, replay: Replay, next_position: int, count: int) -> None:
    """It has come so far."""
    await connection.execute(statement("advance_replay"), replay.tenant, replay.id, next_position, count)


async def close(connection: Connection, replay: Replay) -> None:
    """It is done."""
    await connection.execute(statement("close_replay"), replay.tenant, replay.id)
