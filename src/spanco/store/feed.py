"""The feed of events in the order of commits, as those read it who keep their own place in it."""

from dataclasses import dataclass

from spanco.store.database import Connection
from spanco.store.outbox import Entry
from spanco.store.statements import statement


@dataclass(frozen=True, slots=True)
class Ends:
    """Positions: the last that is no longer kept, the latest that is there, the latest that was ever given."""

    gone: int
    latest: int
    given: int


async def ends(connection: Connection) -> Ends:
    """Where the feed begins and ends now."""
    return Ends(*await connection.fetchrow(statement("feed_ends")))


async def news(connection: Connection, position: int) -> dict[str, int]:
    """The tenants whose feeds have grown beyond a position, and how far each."""
    return dict(await connection.fetch(statement("feed_news"), position))


async def after(connection: Connection, tenant: str, span: tuple[int, int], most: int) -> list[Entry]:
    """What follows the first position of `span` in the feed of a tenant, up to and with the second one."""
    return [Entry(*record) for record in await connection.fetch(statement("feed_after"), tenant, *span, most)]
