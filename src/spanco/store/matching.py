"""Match keys as they are stored, and the records that are still to be compared."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from spanco.store.database import Connection, atomic
from spanco.store.documents import Row
from spanco.store.statements import statement


@dataclass(frozen=True, slots=True)
class Shared:
    """That a record has a key of the document with this number."""

    number: int
    key: str
    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Todo:
    """Records of one tenant and kind that are to be compared, or are gone."""

    tenant: str
    kind: str
    ids: tuple[str, ...]


async def sharing(
    connection: Connection, tenant: str, asked: Sequence[tuple[int, str]], kinds: Sequence[str], most: int
) -> list[Shared]:
    """Who has these keys (each with the number of its document): of each key and kind at most so many, the newest."""
    numbers, keys = [number for number, _ in asked], [key for _, key in asked]
    found = await connection.fetch(statement("sharing_keys"), tenant, numbers, keys, list(kinds), most)
    return [Shared(*row) for row in found]


async def records(connection: Connection, tenant: str, kind: str, ids: Sequence[str]) -> dict[str, Row]:
    """The records of one kind that exist, by their ids."""
    found = await connection.fetch(statement("records_by_ids", kind), tenant, list(ids))
    return {each["id"]: Row(each["id"], each["version"], each["document"]) for each in found}


async def lock(connection: Connection, tenant: str, keys: Sequence[str]) -> None:
    """Wait until nobody else is about to make a record with one of these keys; held until the transaction ends."""
    await connection.execute(statement("lock_keys"), tenant, list(keys))


class _Waited(Exception):
    """Takes back that it is held: whoever waited holds up no chunk behind it."""


async def bring_alone(connection: Connection, tenant: str) -> None:
    """Wait until no other chunk of an import is under way: neither would find what the other brings."""
    await connection.execute(statement("bring_alone"), tenant)


async def await_brought(connection: Connection, tenant: str) -> None:
    """Wait for the chunk of an import that is under way: it may not have seen what was written beside it."""
    with suppress(_Waited):
        async with atomic(connection):
            await bring_alone(connection, tenant)
            raise _Waited


async def forget(connection: Connection, place: tuple[str, str], id_: str, moment: datetime) -> None:
    """The keys of a record that is gone, of a tenant and kind, are gone with it; a worker closes its pairs."""
    tenant, kind = place
    await connection.execute(statement("forget_keys", kind), tenant, id_, moment)


async def take(connection: Connection, most: int) -> Todo | None:
    """Some records that are to be compared; in a transaction that compares them, or else they come back."""
    found = await connection.fetch(statement("take_todo"), most)
    return Todo(found[0]["tenant"], found[0]["kind"], tuple(each["id"] for each in found)) if found else None


async def after(connection: Connection, kind: str, place: tuple[str, str], most: int) -> list[tuple[str, Row]]:
    """Some records of a kind behind a tenant and an id, each with its tenant; held until the transaction ends."""
    found = await connection.fetch(statement("next_records", kind), *place, most)
    return [(each["tenant"], Row(each["id"], each["version"], each["document"])) for each in found]


async def put(connection: Connection, place: tuple[str, str], row: Row, keys: Sequence[str]) -> None:
    """Exactly these keys for a record of a tenant and kind, unless it has changed meanwhile and has them anew."""
    tenant, kind = place
    await connection.execute(statement("put_keys", kind), tenant, row.id, list(keys), row.version)


async def begin_renewal(connection: Connection, kind: str, rules: str) -> None:
    """The records of a kind are to have the keys of these rules, unless they have them already."""
    await connection.execute(statement("begin_renewal", kind), rules)


async def renewal(connection: Connection, kind: str) -> tuple[str, str] | None:
    """The place (tenant, id) up to which the keys of a kind are renewed, held until the transaction ends.

    None when all are, or somebody else is at it.
    """
    found = await connection.fetchrow(statement("renewal", kind))
    return (found["tenant"], found["id"]) if found else None


async def note_renewal(connection: Connection, kind: str, place: tuple[str, str] | None) -> None:
    """The keys are renewed up to this place; None: all of them."""
    await connection.execute(statement("note_renewal", kind), *(place or ("", "")), place is None)
