"""What a dry run would have created so far: rows of a file that later rows of it are compared with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spanco.store.database import Connection
from spanco.store.jobs import Ticket
from spanco.store.statements import statement


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A row that would have become a record: its line, the document, its match keys."""

    line: int
    document: bytes
    keys: tuple[str, ...]


async def note(connection: Connection, ticket: Ticket, rows: Sequence[Rehearsed]) -> None:
    """Keep some until the dry run ends."""
    if rows:
        keyed = [(key, row.line) for row in rows for key in row.keys]
        given = [row.line for row in rows], [row.document for row in rows]
        keys = [key for key, _ in keyed], [line for _, line in keyed]
        await connection.execute(statement("note_rehearsed"), *ticket.place, *given, *keys)


async def sharing(
    connection: Connection, ticket: Ticket, asked: Sequence[tuple[int, str]], most: int
) -> list[tuple[int, str, int]]:
    """Who has these keys (each with the number of its document), of each key the last lines: number, key, line."""
    numbers, keys = [number for number, _ in asked], [key for _, key in asked]
    found = await connection.fetch(statement("sharing_rehearsed"), *ticket.place, numbers, keys, most)
    return [(each["number"], each["key"], each["line"]) for each in found]


async def documents(connection: Connection, ticket: Ticket, lines: Sequence[int]) -> Mapping[int, bytes]:
    """What would have been created of these lines."""
    found = await connection.fetch(statement("rehearsed"), *ticket.place, list(lines))
    return {each["line"]: each["document"] for each in found}
