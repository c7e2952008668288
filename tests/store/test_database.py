"""Connections, transactions, migrations, and what the errors of the database mean."""

import pytest
from asyncpg.exceptions import InterfaceError

from spanco.kernel.errors import Malformed, TooCostly
from spanco.store import migrate as migration
from spanco.store.database import Connection, Database, atomic, contended, translated
from spanco.store.errors import Conflict, DatabaseAway
from spanco.store.migrate import OldServer, migrate, steps


async def test_migrations_are_applied_once(database_url: str, system: object) -> None:
    """A second run has nothing to do."""
    assert system
    async with Database.opened(database_url) as database:
        assert await migrate(database) == []
    assert [name for name, _ in steps()] == sorted(name for name, _ in steps())


async def test_an_old_server_is_refused_with_a_sentence(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names both versions."""
    monkeypatch.setattr(migration, "OLDEST_SERVER", 990000)
    async with Database.opened(database_url) as database:
        with pytest.raises(OldServer, match=r"PostgreSQL \d+; Spanco needs PostgreSQL 15"):
            await migrate(database)


async def test_a_database_that_is_not_there_is_said_to_be_away() -> None:
    """Nothing of the driver comes through."""
    async with Database.opened("postgresql://nobody@127.0.0.1:1/none") as database:
        with pytest.raises(DatabaseAway):
            await database.connected().__aenter__()


async def test_a_statement_that_takes_too_long_is_too_costly(database_url: str) -> None:
    """The setting decides how long that is."""
    async with Database.opened(database_url, timeout_ms=30) as database, database.connected() as connection:
        with pytest.raises(TooCostly), translated():
            await connection.execute("select pg_sleep(5)")


@pytest.mark.parametrize(
    ("sql", "meaning"),
    [
        ("select '\"\\u0000\"'::jsonb ->> 0", Malformed),
        ("select '{'::jsonb", Malformed),
        ("insert into migration (step) values ('x'), ('x')", Conflict),
    ],
)
async def test_errors_of_the_driver_are_said_in_our_words(
    database_url: str, system: object, sql: str, meaning: type[Exception]
) -> None:
    """Data that cannot be kept, and two that want the same."""
    assert system
    async with Database.opened(database_url) as database:
        with pytest.raises(meaning):
            async with database.connected() as connection:
                await connection.execute(sql)


async def test_a_write_that_waits_for_too_long_is_a_conflict(database_url: str) -> None:
    """It is no query that somebody could narrow."""
    async with Database.opened(database_url, timeout_ms=30) as database, database.connected() as connection:
        with pytest.raises(Conflict), contended():
            await connection.execute("select pg_sleep(5)")


@pytest.mark.parametrize("values", [(), (1, 2)])
async def test_a_defect_of_ours_is_not_said_to_be_the_database(database_url: str, values: tuple[object, ...]) -> None:
    """Too few values, or too many: to try again would not help."""
    async with Database.opened(database_url) as database:
        with pytest.raises(InterfaceError):
            async with database.connected() as connection:
                await connection.fetchval("select $1::int", *values)


async def test_a_lock_that_is_not_given_in_time_is_a_conflict(database_url: str, system: object) -> None:
    """Not a query that is too costly."""
    assert system
    async with (
        Database.opened(database_url, timeout_ms=100) as database,
        database.connected() as first,
        database.connected() as second,
        atomic(first),
    ):
        await first.execute("lock table migration")
        with pytest.raises(Conflict), translated():
            await _lock(second)


async def test_what_fails_inside_atomic_leaves_nothing(database_url: str, system: object) -> None:
    """And the connection is whole again."""
    assert system
    async with Database.opened(database_url, size=1) as database:
        async with database.connected() as connection:
            with pytest.raises(ZeroDivisionError):
                await _fail_after_writing(connection)
        async with database.connected() as connection:
            assert await connection.fetchval("select count(*) from migration where step = 'never'") == 0
        assert database.connections == (0, 1)


async def _lock(connection: Connection) -> None:
    async with atomic(connection):
        await connection.execute("lock table migration")


async def _fail_after_writing(connection: Connection) -> None:
    async with atomic(connection):
        await connection.execute("insert into migration (step) values ('never')")
        raise ZeroDivisionError
