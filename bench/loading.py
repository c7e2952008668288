"""Filling the tables: direct COPY of what the write path would have stored, then indexes, vacuum and statistics."""

from collections.abc import Iterable, Iterator
from itertools import islice

import asyncpg
from sqlalchemy.ext.asyncio import create_async_engine

from bench.cluster import connected
from bench.leads import TENANT, Lead, leads
from bench.typical.tables import Model
from spanco.app import served_apis
from spanco.kernel.checks import ready_to_create
from spanco.kernel.events import event_type
from spanco.kernel.openapi import Resource
from spanco.kernel.wire import encode
from spanco.store.database import Connection, Database
from spanco.store.documents import prepare
from spanco.store.migrate import migrate

_BATCH = 20_000
_EVENTS = """
insert into event (tenant, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at,
                   actor, cause, correlation, changed, after)
select tenant, kind, id, parent, 1, 0, gen_random_uuid()::text, $1, (document->>'creationDate')::timestamptz,
       'anonymous', '{"kind": "request"}', null, '{}', document
from resource
"""
_TYPICAL_EVENTS = """
insert into lead_event (id, lead_id, event_type, event_time, payload)
select gen_random_uuid()::text, id, 'SalesLeadCreateEvent', (document->>'creationDate')::timestamptz, document
from sales_lead
"""


def sales_lead() -> Resource:
    """The resource that is measured."""
    return next(api for api in served_apis(()) if api.key == "sales").resources["salesLead"]


async def fill(url: str, count: int) -> None:
    """Spanco's own schema with so many leads and one event each."""
    resource = sales_lead()
    _as_written(resource, leads(count))
    async with Database.opened(url, size=1) as database:
        await migrate(database)
    async with connected(url) as connection:
        await prepare(connection, [resource])
        await _drop_indexes(connection)
        rows = ((TENANT, resource.kind, each.id, None, 1, encode(each.document)) for each in leads(count))
        columns = ("tenant", "kind", "id", "parent", "version", "document")
        await _copy(connection, "resource", columns, rows)
        await connection.execute("set maintenance_work_mem = '512MB'")
        await prepare(connection, [resource])
        await connection.execute(_EVENTS, event_type(resource, "create"))
        await _settle(connection)


async def fill_typical(url: str, count: int) -> None:
    """The schema of the typical server with the same leads and events."""
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url))
    async with engine.begin() as connection:
        await connection.run_sync(Model.metadata.create_all)
    await engine.dispose()
    async with connected(url) as connection:
        rows = ((each.id, encode(each.document)) for each in leads(count))
        await _copy(connection, "sales_lead", ("id", "document"), rows)
        await connection.execute(_TYPICAL_EVENTS)
        for table in ("sales_lead", "lead_event"):
            await connection.execute(f"reindex table {table}")  # as compact as indexes that are built afterwards
        await _settle(connection)


def _as_written(resource: Resource, some: Iterator[Lead]) -> None:
    """The write path would store exactly these documents; otherwise nothing that follows would be true."""
    for lead in islice(some, 200):
        stored = ready_to_create(resource, lead.document, "2026-01-01T00:00:00.000Z", historic=True)
        if stored != lead.document:
            message = f"The benchmark's leads no longer have the shape of the write path: {stored}"
            raise SystemExit(message)


async def _copy(
    connection: Connection, table: str, columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]
) -> None:
    """In batches, so that memory stays small."""
    pending = iter(rows)
    while batch := list(islice(pending, _BATCH)):
        await connection.copy_records_to_table(table, records=batch, columns=list(columns))


async def _drop_indexes(connection: Connection) -> None:
    """Leave only primary keys: building the others afterwards takes a fraction of the time."""
    found = await connection.fetch(
        "select indexname from pg_indexes where tablename like 'resource %' and indexname not like '%_pkey'"
    )
    for row in found:
        await connection.execute(f'drop index "{row["indexname"]}"')


async def _settle(connection: Connection) -> None:
    """What autovacuum would have done by the next morning."""
    await connection.execute("vacuum (analyze)")
    await connection.execute("checkpoint")
