"""Documents as rows: read, write with their events, and the partitions that hold them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from spanco.kernel.openapi import Resource
from spanco.store.database import Connection, atomic, contended
from spanco.store.statements import identifier, literal, statement, text_of

_PREPARE_LOCK = 0x5350414E4350
_LONG_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Row:
    """A stored resource; `document` is JSON text without `id` and `href`."""

    id: str
    version: int
    document: bytes


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who caused a change, when and why: goes into every event."""

    tenant: str
    actor: str
    moment: datetime
    cause: bytes
    correlation: str | None


@dataclass(frozen=True, slots=True)
class NewRow:
    """A resource to insert; `origin` is the source and row it was imported from.

    `version` is higher than 1 where it comes back: the versions of an id only rise.
    """

    id: str
    parent: str | None
    document: bytes
    event_id: str
    origin: tuple[str, str] | None = None
    version: int = 1
    keys: "Keys | None" = None


@dataclass(frozen=True, slots=True)
class Keys:
    """The match keys of a resource, written with it; whether who has a new one is to be compared with others."""

    values: tuple[str, ...]
    compared: bool = False


async def read(connection: Connection, resource: Resource, tenant: str, place: tuple[str, str | None]) -> Row | None:
    """The resource at `place` (id and parent id)."""
    sql = statement("read_view", resource.kind) if resource.is_view else statement("read", resource.kind)
    found = await connection.fetchrow(sql, tenant, *place)
    return Row(place[0], found[0], found[1]) if found else None


async def exists(connection: Connection, kind: str, tenant: str, id_: str) -> bool:
    """Whether there is a resource of this kind that is not nested."""
    return await connection.fetchrow(statement("read", kind), tenant, id_, None) is not None


async def taken(connection: Connection, kind: str, tenant: str, id_: str) -> bool:
    """Whether an id is, or was, that of a resource of this kind."""
    return bool(await connection.fetchval(statement("taken", kind), tenant, id_))


async def lock(connection: Connection, resource: Resource, tenant: str, place: tuple[str, str | None]) -> Row | None:
    """The resource at `place`, which nobody else changes until the transaction ends."""
    with contended():
        found = await connection.fetchrow(statement("lock", resource.kind), tenant, *place)
    return Row(place[0], found[0], found[1]) if found else None


async def insert(connection: Connection, resource: Resource, stamp: Stamp, event_type: str, row: NewRow) -> Row:
    """Store one new resource and its event in one statement."""
    keys = row.keys.values if row.keys else ()
    with contended():
        document = await connection.fetchval(
            statement("insert_one", resource.kind, "keys_of_one" if keys else ""),
            stamp.tenant,
            row.id,
            row.parent,
            row.document,
            row.event_id,
            event_type,
            stamp.moment,
            stamp.actor,
            stamp.cause,
            stamp.correlation,
            row.version,
            *((keys, row.keys.compared) if row.keys and keys else ()),
        )
    return Row(row.id, row.version, document)


async def insert_many(
    connection: Connection, resource: Resource, stamp: Stamp, event_type: str, rows: Sequence[NewRow]
) -> dict[str, Row]:
    """Store new resources and their events in one statement; those whose origin is known are missing in the answer."""
    keyed = [(row.id, key) for row in rows if row.keys for key in row.keys.values]
    compared = any(row.keys.compared for row in rows if row.keys)
    found = await connection.fetch(
        statement("insert_many", resource.kind, "keys_of_many" if keyed else ""),
        stamp.tenant,
        [row.id for row in rows],
        [row.parent for row in rows],
        [row.document for row in rows],
        [row.event_id for row in rows],
        event_type,
        stamp.moment,
        stamp.actor,
        stamp.cause,
        stamp.correlation,
        [row.origin[0] if row.origin else None for row in rows],
        [row.origin[1] if row.origin else None for row in rows],
        *(([id_ for id_, _ in keyed], [key for _, key in keyed], compared) if keyed else ()),
    )
    return {each["id"]: Row(each["id"], 1, each["document"]) for each in found}


async def origins(
    connection: Connection, resource: Resource, tenant: str, source: str, row_ids: Sequence[str]
) -> dict[str, str]:
    """Which of these rows of a source were imported before, and the ids that they became."""
    found = await connection.fetch(statement("origins", resource.kind), tenant, source, list(row_ids))
    return {each["row_id"]: each["id"] for each in found}


async def update(connection: Connection, resource: Resource, stamp: Stamp, row: Row, change: "Change") -> Row | None:
    """Store the next version of `row` and its events; None when the row is no longer what it was."""
    with contended():
        found = await connection.fetchrow(
            statement("update", resource.kind, "keys_of_change" if change.keys else ""),
            stamp.tenant,
            row.id,
            row.version,
            change.document,
            [event_id for event_id, _ in change.events],
            [event_type for _, event_type in change.events],
            stamp.moment,
            stamp.actor,
            stamp.cause,
            stamp.correlation,
            list(change.paths),
            row.document,
            *((change.keys.values, change.keys.compared) if change.keys else ()),
        )
    return Row(row.id, found[0], found[1]) if found else None


@dataclass(frozen=True, slots=True)
class Change:
    """The next state of a resource: its document, the paths that differ, the events (id, type) that tell of it.

    And its match keys, where those are others than before.
    """

    document: bytes
    paths: tuple[str, ...]
    events: tuple[tuple[str, str], ...]
    keys: Keys | None = None


async def delete(connection: Connection, resource: Resource, stamp: Stamp, row: Row, event: tuple[str, str]) -> bool:
    """Remove `row` and tell of it; False when the row is no longer what it was."""
    with contended():
        found = await connection.fetchval(
            statement("delete", resource.kind),
            stamp.tenant,
            row.id,
            row.version,
            *event,
            stamp.moment,
            stamp.actor,
            stamp.cause,
            stamp.correlation,
        )
    return found is not None


async def prepare(connection: Connection, resources: Sequence[Resource]) -> None:
    """Make the partition and the indexes of every kind that is served; harmless when they exist."""
    async with atomic(connection):
        await connection.execute("select pg_advisory_xact_lock($1)", _PREPARE_LOCK)
        for resource in (each for each in resources if not each.is_view):
            for command in _definition(resource):
                await connection.execute(command)
            final = resource.lifecycle.final if resource.lifecycle else ()
            await connection.execute(statement("note_final_states"), resource.kind, list(final))


async def settle(connection: Connection, resource: Resource) -> None:
    """Sort in what bulk writes left in the waiting list of the GIN index, so that reads are fast again."""
    async with atomic(connection):
        await connection.execute("set local statement_timeout = 0")
        index = _index(resource.kind, "any")
        await connection.execute("select gin_clean_pending_list($1::text::regclass)", index, timeout=_LONG_SECONDS)


def partition(kind: str) -> str:
    """The name of the table that holds a kind."""
    return identifier(f"resource {kind}"[:63])


def view(kind: str) -> str:
    """The name of the view that a kind is read from, where it has no rows of its own."""
    return identifier(kind)


def _definition(resource: Resource) -> list[str]:
    """The SQL that makes the partition of one kind. Equality anywhere: GIN; ranges and order: expression indexes."""
    table = partition(resource.kind)
    commands = [
        f"create table if not exists {table} partition of resource for values in ({literal(resource.kind)})",
        f"create index if not exists {_index(resource.kind, 'any')} on {table} using gin (document jsonb_path_ops)",
    ]
    if resource.parent:
        columns = "(tenant, parent, id)"
        commands.append(f"create index if not exists {_index(resource.kind, 'parent')} on {table} {columns}")
    commands += _state_by_creation(resource, table)
    for name in resource.indexed:
        columns = f"(tenant, {text_of(name)}, id)"
        commands.append(f"create index if not exists {_index(resource.kind, name)} on {table} {columns}")
    return commands


def _state_by_creation(resource: Resource, table: str) -> list[str]:
    """The index of the question that people ask most: those in one state, newest first."""
    state = resource.lifecycle.attribute if resource.lifecycle else ""
    created = next((name for name, kept in resource.managed.items() if kept == "created"), "")
    if state not in resource.indexed or created not in resource.indexed:
        return []
    columns = f"(tenant, {text_of(state)}, {text_of(created)}, id)"
    return [f"create index if not exists {_index(resource.kind, 'state by creation')} on {table} {columns}"]


def _index(kind: str, name: str) -> str:
    return identifier(f"{kind} {name}"[:63])
