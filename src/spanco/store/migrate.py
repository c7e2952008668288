"""Bring the database to the schema of this release: numbered SQL steps, under a lock, each once."""

from importlib.resources import files

from spanco.store.database import Connection, Database, atomic

_LOCK = 0x5350414E434F  # "SPANCO"
_LEDGER = """
create table if not exists migration (
    step       text primary key,
    applied_at timestamptz not null default now()
)"""
OLDEST_SERVER = 150000


class OldServer(Exception):
    """PostgreSQL 15 or later is needed."""


def steps() -> list[tuple[str, str]]:
    """Every migration as (name, SQL), in order."""
    folder = files("spanco.store").joinpath("migrations")
    found = sorted((item.name, item) for item in folder.iterdir() if item.name.endswith(".sql"))
    return [(name.removesuffix(".sql"), item.read_text(encoding="utf-8")) for name, item in found]


async def migrate(database: Database) -> list[str]:
    """Apply the steps that this database has not seen, all in one transaction; their names."""
    async with database.connected() as connection:
        version = await connection.fetchval("select current_setting('server_version_num')::int")
        if version < OLDEST_SERVER:
            sentence = f"This database is PostgreSQL {version // 10000}; Spanco needs PostgreSQL 15 or later."
            raise OldServer(sentence)
        async with atomic(connection):
            await connection.execute("set local statement_timeout = 0")
            await connection.execute("select pg_advisory_xact_lock($1)", _LOCK)
            return await _apply(connection)


async def _apply(connection: Connection) -> list[str]:
    await connection.execute(_LEDGER)
    seen = {row["step"] for row in await connection.fetch("select step from migration")}
    fresh = [(name, sql) for name, sql in steps() if name not in seen]
    for name, sql in fresh:
        await connection.execute(sql)
        await connection.execute("insert into migration (step) values ($1)", name)
    return [name for name, _ in fresh]
