"""Registers as they are read by their own rules: what each guards, chosen entries, all entries."""

from collections.abc import Sequence

from spanco.kernel.wire import Document, Json, decode_document, decode_stored
from spanco.store.database import Connection
from spanco.store.statements import statement

_REGISTER, _ENTRY = "spanco.register", "spanco.register.entry"

Kept = tuple[str, Document]
"""An id and its document."""

BuiltIn = tuple[str, str | None, bytes]
"""An id, the id of the register that it stands in, and the document."""


async def make(connection: Connection, tenant: str, registers: Sequence[BuiltIn], entries: Sequence[BuiltIn]) -> None:
    """Make what is there from the start; what exists stays as it is."""
    for kind, rows in ((_REGISTER, registers), (_ENTRY, entries)):
        columns = [list(column) for column in zip(*rows, strict=True)]
        await connection.execute(statement("make_from_the_start", kind), tenant, *columns)


async def guarding(connection: Connection, tenant: str) -> list[tuple[str, Json]]:
    """The registers that guard attributes, and what each says of that."""
    found = await connection.fetch(statement("guarding_registers", _REGISTER), tenant)
    return [(each["id"], decode_stored(each["attributes"])) for each in found]


async def chosen(connection: Connection, tenant: str, ids: Sequence[str]) -> dict[str, Document]:
    """Those of these entries that exist, by their ids."""
    found = await connection.fetch(statement("chosen_entries", _ENTRY), tenant, list(ids))
    return {each["id"]: decode_document(each["document"]) for each in found}


async def entries(connection: Connection, tenant: str, register: str, most: int, day: str | None = None) -> list[Kept]:
    """The entries of a register by their codes, at most so many; with a day, those that are valid on it."""
    found = await connection.fetch(statement("entries_of_register", _ENTRY), tenant, register, day, most)
    return [(each["id"], decode_document(each["document"])) for each in found]
