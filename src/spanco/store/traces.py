"""Rows of any table that are about a person or name one: found, read, changed and taken away.

The names of tables and columns come from a list of ours and are quoted; every value is a parameter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from asyncpg.exceptions import UniqueViolationError

from spanco.store.database import Connection, atomic
from spanco.store.statements import identifier, literal

PATIENCE = 3600.0
"""Seconds that one look through a large table may take."""

_SEARCHED = {
    "jsonb": "{}::text",
    "text": "{}",
    "_text": "to_jsonb({})::text",
    "bytea": "encode({}, 'escape')",
}
_NOTED = """
select attname as column, format_type(atttypid, atttypmod) as type, collname as collation
from pg_stats join pg_attribute using (attname)
left join pg_collation on pg_collation.oid = attcollation and collname <> 'default'
where schemaname = current_schema() and tablename = $1 and attrelid = to_regclass(quote_ident(tablename))
  and not exists (select from pg_depend where refobjid = attrelid and classid = 'pg_rewrite'::regclass)"""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, the columns to look at, and those of a kind (or the kind itself, with a dot) and an id, if any."""

    name: str
    columns: tuple[str, ...]
    own: tuple[str, str] | None = None
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hunt:
    """Whose rows: those of these kinds and ids, and those in which one of the patterns stands.

    `likes` are patterns of ILIKE, `near` of LIKE, which is faster. Without any pattern the rows of these kinds and ids
    are looked up by their index.
    """

    tenant: str
    likes: Sequence[str]
    expressions: Sequence[str]
    own: Sequence[tuple[str, str]]
    near: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """One row: where it is, the kind and id that it is of, its columns, and all of it as JSON."""

    place: tuple[str, str]
    key: tuple[str, str] | None
    values: Mapping[str, object]
    whole: bytes


async def search(connection: Connection, table: Table, hunt: Hunt, *, hold: bool) -> list[Trace]:
    """The rows of a table; with `hold` nobody else changes them until the transaction ends."""
    types = await _types(connection, table)
    names = {name: f"of_row.{identifier(name)}" for name in (*table.columns, *table.more)}
    kind, id_ = _key(table)
    conditions = [f"({kind}, {id_}) in (select * from unnest($4::text[], $5::text[]))"] if table.own else []
    tests = (
        ("ilike any($2::text[])", hunt.likes),
        ("~ any($3::text[])", hunt.expressions),
        ("like any($6::text[])", hunt.near),
    )
    conditions += [f"said.hay {test}" for test, patterns in tests if patterns]
    if not conditions:
        return []
    hay = " || ' ' || ".join(f"coalesce({_SEARCHED[types[name]].format(names[name])}, '')" for name in table.columns)
    sql = (
        f"select of_row.tableoid::regclass::text, of_row.ctid::text, {kind}, {id_}, to_jsonb(of_row)"
        f"{''.join(f', {each}' for each in names.values())} from {identifier(table.name)} as of_row, "
        # Read once per row; "C" folds the case of ASCII alone, several times as fast.
        f'lateral (select ({hay}) collate "C" as hay offset 0) as said where of_row.tenant = $1 '
        "and $2::text[] is not null and $3::text[] is not null and $6::text[] is not null "
        f"and $4::text[] is not null and $5::text[] is not null and ({' or '.join(conditions)})"
        f"{' for update of of_row' if hold else ''}"
    )
    ids = [each for _, each in hunt.own]
    values = hunt.tenant, list(hunt.likes), list(hunt.expressions), [each for each, _ in hunt.own], ids
    found = await connection.fetch(sql, *values, list(hunt.near), timeout=PATIENCE)
    return [
        Trace((row[0], row[1]), (row[2], row[3]) if table.own else None, dict(zip(names, row[5:], strict=True)), row[4])
        for row in (tuple(each) for each in found)
    ]


async def change(connection: Connection, place: tuple[str, str], values: Mapping[str, object]) -> None:
    """Other values for some columns of a row that is held."""
    columns = ", ".join(f"{identifier(name)} = ${number}" for number, name in enumerate(values, 3))
    sql = f"update {place[0]} set {columns} where tableoid = $1::text::regclass and ctid = $2::text::tid"
    await connection.execute(sql, *place, *values.values(), timeout=PATIENCE)


async def change_or_remove(connection: Connection, place: tuple[str, str], values: Mapping[str, object]) -> None:
    """The same; where another row has these values already, and only one may, this one goes."""
    try:
        async with atomic(connection):
            await change(connection, place, values)
    except UniqueViolationError:
        await remove(connection, place)


async def remove(connection: Connection, place: tuple[str, str]) -> None:
    """Take a row away that is held."""
    sql = f"delete from {place[0]} where tableoid = $1::text::regclass and ctid = $2::text::tid"
    await connection.execute(sql, *place, timeout=PATIENCE)


async def remove_all(connection: Connection, table: str, tenant: str, group: tuple[str, str]) -> None:
    """Take all rows of a tenant away that have this text in this column."""
    sql = f"delete from {identifier(table)} where tenant = $1 and {identifier(group[0])} = $2"
    await connection.execute(sql, tenant, group[1], timeout=PATIENCE)


async def unhurried(connection: Connection) -> None:
    """The statements of this transaction may take as long as they need."""
    await connection.execute("set local statement_timeout = 0")


async def vacuum(connection: Connection, tables: Sequence[str]) -> None:
    """Give back the room of old versions of rows, and renew what the planner noted of values that are gone.

    Vacuum takes no transaction around it, so the limit of the session is lifted, and set again whatever happens.
    """
    await connection.execute("set statement_timeout = 0")
    try:
        for table in tables:
            await connection.execute(f"vacuum (analyze) {identifier(table)}", timeout=PATIENCE)
            await _forget_statistics(connection, table)
    finally:
        await connection.execute("reset statement_timeout")


async def _forget_statistics(connection: Connection, table: str) -> None:
    """What the planner noted of a table that is empty now: to analyze renews nothing, to name the types again does.

    It is quick, because nothing is written anew. Under a view no type can be named again; nothing is deleted there.
    """
    if await connection.fetchval(f"select exists (select from {identifier(table)})"):
        return
    for each in await connection.fetch(_NOTED, table):
        collation = f" collate {identifier(each['collation'])}" if each["collation"] else ""
        column = f"alter column {identifier(each['column'])} type {each['type']}{collation}"
        await connection.execute(f"alter table {identifier(table)} {column}")


def _key(table: Table) -> tuple[str, str]:
    if table.own is None:
        return "null::text", "null::text"
    kind, id_ = table.own
    return (literal(kind) if "." in kind else f"of_row.{identifier(kind)}"), f"of_row.{identifier(id_)}"


async def _types(connection: Connection, table: Table) -> dict[str, str]:
    found = await connection.fetch(
        "select column_name, udt_name from information_schema.columns "
        "where table_schema = current_schema() and table_name = $1",
        table.name,
    )
    return {each["column_name"]: each["udt_name"] for each in found}
