"""Documents that are left alone until a moment that stands in them."""

from collections.abc import Sequence

from spanco.kernel.wire import Document, encode
from spanco.store.database import Connection
from spanco.store.statements import statement


async def due(
    connection: Connection, kind: str, snoozed: tuple[Document, Sequence[str]], now: str, most: int
) -> list[tuple[str, str]]:
    """Tenants and ids of some that are due, held until the transaction ends.

    `snoozed` is what a document that is left alone contains, and the path of the moment; `now` is canonically spelled.
    """
    contained, path = snoozed
    found = await connection.fetch(statement("due_snoozes", kind), encode(contained), list(path), now, most)
    return [(each["tenant"], each["id"]) for each in found]
