"""How far the broker has been told of the feed, and what comes next; by one worker at a time, under a lease."""

from spanco.store.database import Connection
from spanco.store.lanes import Lease
from spanco.store.outbox import Entry
from spanco.store.statements import statement


async def begin(connection: Connection, name: str) -> None:
    """A reader of the feed that is new begins at its present end."""
    await connection.execute(statement("begin_reader"), name)


async def lease(connection: Connection, name: str, lease: Lease) -> int | None:
    """The position of a reader that has something to read, leased; None when there is nothing, or another reads."""
    position: int | None = await connection.fetchval(
        statement("lease_reader"), name, lease.holder, lease.moment, lease.until
    )
    return position


async def read_on(connection: Connection, position: int, most: int) -> list[Entry]:
    """What stands in the feed after a position, of all tenants, in the order of commits."""
    return [Entry(*record) for record in await connection.fetch(statement("read_on"), position, most)]


async def move(connection: Connection, name: str, holder: str, position: int) -> bool:
    """Note how far a reader has come and give it back; False when the lease was lost to another."""
    return await connection.fetchval(statement("move_reader"), name, holder, position) is not None
