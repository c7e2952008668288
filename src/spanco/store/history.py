"""The past of documents, read from the event log: one as it stood at a moment, and the changes that it went through."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from spanco.kernel.errors import BadParameter
from spanco.kernel.history import Entry
from spanco.kernel.openapi import Resource
from spanco.kernel.paging import Cursor, Window
from spanco.store.database import Connection
from spanco.store.documents import Row
from spanco.store.statements import statement

_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of the changes of one resource, oldest first; the latest document of it; how many changes there are."""

    entries: list[Entry]
    document: bytes
    total: int
    more: bool


async def read(
    connection: Connection, kind: str, tenant: str, place: tuple[str, str | None], moment: datetime
) -> Row | None:
    """The resource at `place` (id and parent id) as it stood at a moment."""
    found = await connection.fetchrow(statement("read_past", kind), tenant, *place, moment)
    return Row(place[0], found[0], found[1]) if found else None


async def kept_since(connection: Connection) -> datetime | None:
    """From when on the log is whole; None when it was never pruned."""
    moment: datetime | None = await connection.fetchval(statement("kept_since"))
    return moment


async def timeline(
    connection: Connection, resource: Resource, tenant: str, id_: str, window: Window
) -> Timeline | None:
    """A page of the changes of a resource, also of one that is deleted; None when there never was one of this id."""
    latest = await connection.fetchrow(statement("latest", resource.kind), tenant, id_)
    if latest is None:
        return None
    records = await connection.fetch(
        statement("timeline", resource.kind),
        tenant,
        id_,
        _version(window.after),
        _version(window.before),
        window.limit + 1,
        window.offset,
    )
    kept = [_entry(record) for record in records[: window.limit]]
    if window.before is not None:
        kept.reverse()
    return Timeline(kept, latest["document"], latest["changes"], len(records) > window.limit)


def _version(cursor: Cursor | None) -> int | None:
    """The cursor of a timeline is a version."""
    if cursor is None:
        return None
    if not (cursor.id.isascii() and cursor.id.isdigit() and len(cursor.id) <= _MOST_DIGITS):
        raise BadParameter("after", "this is no cursor that a 'Link' of this history gave.")
    return int(cursor.id)


def _entry(record: asyncpg.Record) -> Entry:
    types, ids = tuple(record["types"]), tuple(record["event_ids"])
    return Entry(
        record["version"],
        record["occurred_at"],
        record["actor"],
        record["cause"],
        record["correlation"],
        types,
        ids,
        record["before"],
        record["after"],
    )
