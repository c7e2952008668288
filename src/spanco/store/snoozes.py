"""Documents that are left alone until a moment that stands in them."""

from collections.abc import Sequence
from dataclasses import dataclass

from spanco.kernel.wire import Document, encode
from spanco.store.database import Connection
from spanco.store.statements import statement


@dataclass(frozen=True, slots=True)
class Due:
    """A document that is due, and since when; they come in the order of these."""

    moment: str = ""
    tenant: str = ""
    id: str = ""


async def due(
    connection: Connection, kind: str, snoozed: tuple[Document, Sequence[str]], now: str, window: tuple[int, Due]
) -> list[Due]:
    """Some that are due, held until the transaction ends; `window` is at most how many, and after which.

    `snoozed` is what a document that is left alone contains, and the path of the moment; `now` is canonically spelled.
    """
    (contained, path), (most, after) = snoozed, window
    place = after.moment, after.tenant, after.id
    found = await connection.fetch(statement("due_snoozes", kind), encode(contained), list(path), now, most, *place)
    return [Due(*each) for each in found]
