"""The fresh PostgreSQL of one run: started as Spanco starts its own, gone afterwards."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from spanco.store.database import Connection, Database
from spanco.store.embedded import embedded

_LONG_MS = 3_600_000
SHOWN = (
    "shared_buffers",
    "work_mem",
    "max_wal_size",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "random_page_cost",
    "autovacuum",
)


@contextmanager
def fresh_cluster() -> Iterator[tuple[str, Path]]:
    """The URL of a new embedded PostgreSQL and a folder for files; both vanish at the end."""
    with tempfile.TemporaryDirectory(prefix="spanco-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL runs as another user when the bench runs as root
        with embedded(folder / "data") as url:
            yield url, folder


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    """A connection for setting up, which may take its time."""
    async with Database.opened(url, size=1, timeout_ms=_LONG_MS) as database, database.connected() as connection:
        yield connection


async def database(url: str, name: str) -> str:
    """Create a database beside the others; its URL."""
    async with connected(url) as connection:
        await connection.execute(f'create database "{name}"')
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def settings(url: str) -> dict[str, str]:
    """The version of the server and the settings that decide about speed."""
    async with connected(url) as connection:
        rows = await connection.fetch(
            "select name, current_setting(name) as value from pg_settings where name = any($1) order by name",
            list(SHOWN),
        )
        version = await connection.fetchval("select current_setting('server_version')")
    return {"version": version, **{row["name"]: row["value"] for row in rows}}


async def checkpoint(url: str) -> None:
    """Write everything down before a measurement, so that no earlier one is paid for in it."""
    async with connected(url) as connection:
        await connection.execute("checkpoint")
