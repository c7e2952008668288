"""Orders about people: what is still to be done, the key of the hashes, the lines of access exports."""

import hmac
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from spanco.kernel.wire import Document, decode_document, decode_stored, encode
from spanco.store.database import Connection, Database
from spanco.store.statements import statement
from spanco.store.traces import PATIENCE, Hunt

_KEY_BYTES = 32
_BATCH = 1000


@dataclass(slots=True)
class Task:
    """An order under way; `step` is the next place, `person` and `found` say whose traces, `tally` counts."""

    tenant: str
    id: str
    kind: str
    step: int
    person: Document
    created_at: datetime
    found: Document = field(default_factory=dict)
    tally: list[Any] = field(default_factory=list)


async def key_of(connection: Connection, tenant: str) -> bytes:
    """The key of a tenant."""
    return bytes(await connection.fetchval(statement("privacy_key"), tenant, secrets.token_bytes(_KEY_BYTES)))


def mark(key: bytes, text: str) -> str:
    """What takes the place of a text that names somebody who is forgotten: a keyed hash (HMAC-SHA256)."""
    return f"erased-{hmac.new(key, text.encode(), sha256).hexdigest()}"


async def marks(connection: Connection, tenant: str, texts: Sequence[str]) -> dict[str, str]:
    """These texts by what stands in their places if they were erased; none where nobody was forgotten yet."""
    if not texts:
        return {}
    key = await connection.fetchval(statement("privacy_key_if_any"), tenant)
    return {mark(bytes(key), text): text for text in texts} if key else {}


async def open_task(connection: Connection, task: Task) -> None:
    """Note an order."""
    values = task.step, encode(task.person), encode(task.found), task.created_at
    await connection.execute(statement("open_privacy_task"), task.tenant, task.id, task.kind, *values)


async def put_off(connection: Connection, task: Task, until: datetime) -> None:
    """Others get their turn before it is tried again."""
    await connection.execute(statement("put_off_privacy_task"), task.tenant, task.id, until)


async def is_under_way(connection: Connection, tenant: str, part: Document) -> bool:
    """Whether there is an order whose person holds this part."""
    return bool(await connection.fetchval(statement("is_retaining"), tenant, encode(part)))


async def next_task(connection: Connection, moment: datetime) -> Task | None:
    """The oldest order that is due and that nobody works on, held until the transaction ends."""
    found = await connection.fetchrow(statement("next_privacy_task"), moment)
    if found is None:
        return None
    parts: Mapping[str, Any] = {name: decode_stored(found[name]) for name in ("person", "found", "tally")}
    return Task(**{**dict(found.items()), **parts})


async def hold(connection: Connection, task: Task) -> bool:
    """Whether the order is still there, and nobody else works on it until the transaction ends."""
    return bool(await connection.fetchval(statement("hold_privacy_task"), task.tenant, task.id))


async def advance(connection: Connection, task: Task) -> None:
    """How far an order has come."""
    values = task.step, encode(task.found), encode(task.tally)
    await connection.execute(statement("advance_privacy_task"), task.tenant, task.id, *values)


async def forget_person(connection: Connection, task: Task) -> None:
    """What the order was about is no longer known."""
    await connection.execute(statement("clear_privacy_task"), task.tenant, task.id, task.step)


async def close(connection: Connection, task: Task) -> None:
    """The order is done."""
    await connection.execute(statement("close_privacy_task"), task.tenant, task.id)


async def add_lines(connection: Connection, task: Task, lines: Sequence[bytes], until: datetime) -> None:
    """More of an access export."""
    await connection.execute(statement("add_privacy_lines"), task.tenant, task.id, list(lines), until)


async def lines(database: Database, tenant: str, id_: str) -> AsyncIterator[bytes]:
    """The lines of an access export, some at a time; no connection is held between them."""
    after = 0
    while True:
        async with database.connected() as connection:
            found = await connection.fetch(statement("privacy_lines"), tenant, id_, after, _BATCH)
        if not found:
            return
        after = found[-1]["number"]
        yield b"".join(bytes(each["line"]) + b"\n" for each in found)


async def drop_lines(connection: Connection, tenant: str, id_: str) -> None:
    """An access export is deleted."""
    await connection.execute(statement("drop_privacy_lines"), tenant, id_)


async def forget_lines(connection: Connection, moment: datetime) -> None:
    """Access exports whose time is over."""
    while (await connection.execute(statement("expired_privacy_lines"), moment, _BATCH)) == f"DELETE {_BATCH}":
        continue


async def merged(connection: Connection, tenant: str, kind: str, ids: Sequence[str]) -> list[str]:
    """These ids and all that were merged with them."""
    return [each["id"] for each in await connection.fetch(statement("heirs_and_losers"), tenant, kind, list(ids))]


async def referring(
    connection: Connection, tenant: str, kind: str, parts: Sequence[Document]
) -> list[tuple[str, Document]]:
    """Resources of a kind that hold one of these parts."""
    found = await connection.fetch(statement("privacy_referring"), tenant, kind, [encode(part) for part in parts])
    return [(each["id"], decode_document(each["document"])) for each in found]


async def by_ids(connection: Connection, tenant: str, kind: str, ids: Sequence[str]) -> dict[str, Document]:
    """Those resources of a kind that there are."""
    found = await connection.fetch(statement("documents_by_ids"), tenant, kind, list(ids))
    return {each["id"]: decode_document(each["document"]) for each in found}


async def files_naming(connection: Connection, hunt: Hunt) -> list[str]:
    """Files in which one of the patterns or ids stands, and those at rest in which it cannot be looked for."""
    values = hunt.tenant, list(hunt.likes), list(hunt.expressions), list(hunt.near)
    return [each["file"] for each in await connection.fetch(statement("files_naming"), *values, timeout=PATIENCE)]


async def tenants_with(connection: Connection, kind: str) -> list[str]:
    """The tenants that have resources of a kind."""
    return [each["tenant"] for each in await connection.fetch(statement("due_for_retention"), kind)]
