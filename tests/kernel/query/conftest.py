"""A real PostgreSQL for the promises that only it can keep."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
import pytest


@pytest.fixture(scope="session")
def fetch(database_url: str) -> Iterator[Callable[..., list[Any]]]:
    """Run a statement on one connection and return its rows."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(database_url, statement_cache_size=0))
        yield lambda statement, *values: runner.run(connection.fetch(statement, *values))
        runner.run(connection.close())
