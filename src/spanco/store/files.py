"""Files in parts of a bounded size, so that they are written and read in constant memory by any replica."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from spanco.store.database import Connection, Database, atomic
from spanco.store.statements import statement

PART = 1 << 20
"""Bytes of one part, the last one apart."""


@dataclass(frozen=True, slots=True)
class Name:
    """What tells a file from all others."""

    tenant: str
    id: str


async def begin(connection: Connection, name: Name, until: datetime) -> None:
    """A new file without content; cleared away after `until` unless it is closed before."""
    await connection.execute(statement("open_file"), name.tenant, name.id, until)


async def add(connection: Connection, name: Name, number: int, content: bytes) -> None:
    """Write one part; numbers go 0, 1, 2 …."""
    await connection.execute(statement("add_file_part"), name.tenant, name.id, number, content)


async def close(connection: Connection, name: Name, until: datetime) -> int:
    """From now on the file can be read; its size in bytes."""
    return int(await connection.fetchval(statement("close_file"), name.tenant, name.id, until))


async def keep(connection: Connection, name: Name, until: datetime) -> None:
    """Keep a file until then."""
    await connection.execute(statement("keep_file"), name.tenant, name.id, until)


async def size_of(connection: Connection, name: Name) -> int | None:
    """How large a whole file is; None when there is none."""
    found = await connection.fetchval(statement("file_is_whole"), name.tenant, name.id)
    return None if found is None else int(found)


async def remove(connection: Connection, name: Name) -> None:
    """Forget a file."""
    await connection.execute(statement("remove_file"), name.tenant, name.id)


async def read(database: Database, name: Name) -> AsyncIterator[bytes]:
    """The parts of a file in their order; no connection is held between them."""
    number = 0
    while True:
        async with database.connected() as connection:
            content = await connection.fetchval(statement("file_part"), name.tenant, name.id, number)
        if content is None:
            return
        yield bytes(content)
        number += 1


async def clear(connection: Connection, moment: datetime) -> list[Name]:
    """Remove some files whose time is over, those among them that never became whole; which they were."""
    async with atomic(connection):
        gone = [Name(*record) for record in await connection.fetch(statement("expired_files"), moment)]
        for name in gone:
            await remove(connection, name)
    return gone
