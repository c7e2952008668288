"""What merges leave: where ids lead that became others', and documents as they were before."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from spanco.store.database import Connection
from spanco.store.documents import Row
from spanco.store.statements import statement


@dataclass(frozen=True, slots=True)
class Heir:
    """The resource that has the place of one that was merged away, and since when."""

    row: Row
    since: datetime


@dataclass(frozen=True, slots=True)
class Move:
    """An id that was merged away, the one that it became, and the merge that did it."""

    id: str
    heir: str
    merge_id: str


@dataclass(frozen=True, slots=True)
class Image:
    """A document before a merge, with its version then, and after it (None: it was merged away)."""

    kind: str
    parent: str | None
    row: Row
    after: bytes | None


@dataclass(frozen=True, slots=True)
class Referring:
    """A resource that refers to something; `parent` is where it is nested."""

    row: Row
    parent: str | None


async def heir(connection: Connection, kind: str, tenant: str, id_: str) -> Heir | None:
    """What a resource that was merged away became; None when it was not, or when that is deleted."""
    found = await connection.fetchrow(statement("heir", kind), tenant, id_)
    return Heir(Row(found[0], found[1], found[2]), found[3]) if found else None


async def begin(connection: Connection, tenant: str) -> None:
    """Wait until no other merge of the tenant is under way; it is held until the transaction ends."""
    await connection.execute(statement("merge_alone"), tenant)


async def moves(connection: Connection, kind: str, tenant: str, ids: Collection[str]) -> list[Move]:
    """Those of the ids that were merged away."""
    found = await connection.fetch(statement("moves", kind), tenant, list(ids))
    return [Move(each["id"], each["heir"], each["merge_id"]) for each in found]


async def heirs(
    connection: Connection, kinds: Collection[str], tenant: str, ids: Collection[str]
) -> dict[tuple[str, str], tuple[str, str | None]]:
    """What ids of these kinds became and its name, by kind and id; those that were never merged away are left out."""
    found = await connection.fetch(statement("heirs"), tenant, list(kinds), list(ids))
    return {(each["kind"], each["id"]): (each["heir"], each["name"]) for each in found}


async def note_moves(connection: Connection, kind: str, tenant: str, moved: Sequence[Move], moment: datetime) -> None:
    """Keep where ids lead from now on; all of them to one heir by one merge."""
    first, ids = moved[0], [each.id for each in moved]
    await connection.execute(statement("note_moves", kind), tenant, ids, first.heir, first.merge_id, moment)


async def forget_moves(connection: Connection, tenant: str, merge_id: str) -> None:
    """What a merge took away is back."""
    await connection.execute(statement("forget_moves"), tenant, merge_id)


async def keep(connection: Connection, tenant: str, merge_id: str, images: Sequence[Image], until: datetime) -> None:
    """Keep documents as they were, so that the merge can be undone until that moment."""
    await connection.execute(
        statement("keep_images"),
        tenant,
        merge_id,
        [image.kind for image in images],
        [image.row.id for image in images],
        [image.parent for image in images],
        [image.row.version for image in images],
        [image.row.document for image in images],
        [image.after for image in images],
        until,
    )


async def images(connection: Connection, tenant: str, merge_id: str) -> list[Image]:
    """What was kept of a merge; nothing when its time is over or it is undone."""
    found = await connection.fetch(statement("images"), tenant, merge_id)
    return [
        Image(each["kind"], each["parent"], Row(each["id"], each["version"], each["before"]), each["after"])
        for each in found
    ]


async def forget(connection: Connection, tenant: str, merge_id: str) -> None:
    """Let go of what was kept of a merge."""
    await connection.execute(statement("forget_images"), tenant, merge_id)


async def referring(
    connection: Connection, kind: str, tenant: str, parts: Sequence[bytes], most: int
) -> list[Referring]:
    """Resources of a kind that contain one of these parts (JSON text), in the order of their ids."""
    found = await connection.fetch(statement("referring", kind), tenant, list(parts), most)
    return [Referring(Row(each["id"], each["version"], each["document"]), each["parent"]) for each in found]


async def last_changes(connection: Connection, kind: str, tenant: str, ids: Collection[str]) -> dict[str, datetime]:
    """When these resources were changed last; those are left out of which the log knows nothing any more."""
    found = await connection.fetch(statement("last_changes", kind), tenant, list(ids))
    return {each["id"]: each["moment"] for each in found}
