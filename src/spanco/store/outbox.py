"""What is written and not yet passed on: taken out of the outbox into the feed, by one matcher at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from spanco.kernel.envelope import Happening
from spanco.store.database import Connection
from spanco.store.statements import statement


@dataclass(frozen=True, slots=True)
class Entry:
    """One event in the feed; `version` and `ordinal` are its place among the events of its resource."""

    tenant: str
    position: int
    kind: str
    resource_id: str
    parent: str | None
    version: int
    ordinal: int
    event_id: str
    type: str
    occurred_at: datetime


async def pass_on(connection: Connection, most: int) -> list[Entry] | None:
    """The next entries of the feed, in the order of commits; None while another matcher is at work.

    To be called in a transaction: what is not committed stays in the outbox. Whoever sees a change of a resource sees
    those before it too, and numbers of one resource are in their order; so no order by position can invert them.
    """
    if not await connection.fetchval(statement("be_the_matcher")):
        return None
    found = await connection.fetch(statement("pass_on"), most)
    return [Entry(*record) for record in sorted(found, key=lambda record: record["position"])]


async def happenings(connection: Connection, entries: Sequence[Entry]) -> dict[str, Happening]:
    """What the log holds of these events, by the id of the event."""
    found = await connection.fetch(
        statement("happenings"),
        [entry.tenant for entry in entries],
        [entry.kind for entry in entries],
        [entry.resource_id for entry in entries],
        [entry.version for entry in entries],
        [entry.ordinal for entry in entries],
        [entry.occurred_at for entry in entries],
    )
    return {record["event_id"]: happening_of(record) for record in found}


def happening_of(record: Mapping[str, Any]) -> Happening:
    """The row of the log as the kernel takes it."""
    return Happening(
        record["event_id"],
        record["type"],
        record["kind"],
        record["resource_id"],
        record["parent"],
        record["occurred_at"],
        record["correlation"],
        tuple(record["changed"]),
        record["document"],
    )
