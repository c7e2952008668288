"""Every column that can hold something of a person is in the list of places, or the list says why it holds nothing."""

import pytest

from spanco.app import Running
from spanco.sales.rules.places import IDS, PLACES
from spanco.store.database import Connection

# Whatever type is not named here can hold words: a type that is new is looked at until somebody says that it cannot.
_COLUMNS = """
select class.relname as table, attribute.attname as column
from pg_class as class
join pg_attribute as attribute on attribute.attrelid = class.oid and attnum > 0 and not attisdropped
join pg_type as type on type.oid = atttypid
where class.relnamespace in ('public'::regnamespace, pg_my_temp_schema())
  and class.relkind in ('r', 'p', 'm') and not class.relispartition and class.relname <> 'migration'
  and type.typname not in ('int2', 'int4', 'int8', '_int2', '_int4', '_int8', 'bool', 'float8', 'numeric',
                           'timestamptz', 'date', 'interval', 'xid8', 'uuid')
order by 1, 2"""
_TABLES = """
select relname from pg_class
where relnamespace in ('public'::regnamespace, pg_my_temp_schema()) and relkind in ('r', 'p', 'm')
  and not relispartition and relname <> 'migration'"""


async def columns(connection: Connection) -> set[tuple[str, str]]:
    """Every column of every table that can hold words; of partitions their table has them."""
    return {(each["table"], each["column"]) for each in await connection.fetch(_COLUMNS)}


async def forgotten(connection: Connection) -> list[str]:
    """Tables and columns that nobody has considered."""
    listed = {(place.table, name) for place in PLACES for name in (*place.columns, *place.nothing)}
    tables = {each["relname"] for each in await connection.fetch(_TABLES)} - {place.table for place in PLACES}
    left = {each for each in await columns(connection) - listed if each[1] not in IDS}
    return sorted(tables | {".".join(each) for each in left})


async def test_no_table_and_no_column_is_forgotten(system: Running) -> None:
    """Whoever adds one says in sales/rules/places.py how a person is taken out of it, or why none stands there."""
    async with system.database.connected() as connection:
        assert await forgotten(connection) == []


@pytest.mark.parametrize("type_", ["text", "text[]", "json", "jsonb", "bytea", "tsvector", "varchar(9)", "name", "xml"])
async def test_a_new_column_is_noticed(system: Running, type_: str) -> None:
    """Of any type that can hold words; and a new table even if it had none."""
    async with system.database.connected() as connection, connection.transaction():
        await connection.execute(f"create temporary table fresh (words {type_}, number bigint) on commit drop")
        assert await forgotten(connection) == ["fresh", "fresh.words"]


async def test_no_column_is_listed_that_is_not_there(system: Running) -> None:
    """Nor twice, nor without a reason."""
    async with system.database.connected() as connection:
        there = await columns(connection)
    tables = [place.table for place in PLACES]
    assert len(tables) == len(set(tables))
    assert all(place.says and all(place.nothing.values()) for place in PLACES)
    listed = {(place.table, name) for place in PLACES for name in (*place.columns, *place.nothing)}
    assert listed - there == set()
    for place in PLACES:
        assert not place.columns.keys() & place.nothing.keys()
