"""Which contacts, prospects and accounts there are, how accounts stand above each other, and what refers to them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spanco.store.database import Connection
from spanco.store.statements import statement

Key = tuple[str, str]
"""The kind and the id of a resource."""


@dataclass(frozen=True, slots=True)
class Above:
    """One account on the way up from another."""

    id: str
    name: str


async def missing(connection: Connection, tenant: str, keys: Iterable[Key]) -> list[Key]:
    """Which of these resources do not exist; the others cannot be removed until the transaction ends."""
    wanted = sorted(set(keys))
    if not wanted:
        return []
    found = await connection.fetch(
        statement("missing_references"), tenant, [kind for kind, _ in wanted], [id_ for _, id_ in wanted]
    )
    return [(each["kind"], each["id"]) for each in found]


async def ancestors(connection: Connection, tenant: str, key: Key, most: int) -> list[Above]:
    """The account and those above it, the nearest first; nobody else changes the hierarchy meanwhile."""
    await connection.execute(statement("hold_hierarchy"), tenant)
    found = await connection.fetch(statement("ancestors"), tenant, *key, most)
    return [Above(each["id"], each["name"] or "") for each in found]


async def references(
    connection: Connection, tenant: str, kinds: Sequence[str], patterns: tuple[bytes, bytes, bytes]
) -> list[tuple[str, int]]:
    """How many resources of these kinds hold one of these parts."""
    found = await connection.fetch(statement("still_gathered"), tenant, list(kinds), *patterns)
    return [(each["kind"], each["count"]) for each in found]
