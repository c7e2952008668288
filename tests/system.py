"""A running system on a real PostgreSQL for the whole session, and a fresh tenant for every test."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import httpx
import pytest

from spanco import clock
from spanco.access.actor import Actor
from spanco.app import Running
from spanco.app import running as run
from spanco.events.live import Live
from spanco.rest.pages import Pages
from spanco.rest.routes import Surface
from spanco.rest.site import Limits, Site
from spanco.sales.faces import FACES
from spanco.settings import Settings
from spanco.store.embedded import embedded

SHARED = Path(os.environ.get("SPANCO_SHARED", Path(__file__).parents[2] / "shared"))
OFFICIAL = tuple(sorted(SHARED.glob("openapi/*.json")))
LIMITS = Limits(page_default=100, page_maximum=1000, body=1_000_000, idempotency_hours=24)


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An embedded PostgreSQL, or a database of its own at SPANCO_TEST_DATABASE_URL."""
    external = os.environ.get("SPANCO_TEST_DATABASE_URL")
    if not external:
        with embedded(tmp_path_factory.mktemp("data")) as url:
            yield url
        return
    name = f"spanco_test_{os.getpid()}"
    asyncio.run(_command(external, f"create database {name}"))
    yield external.rsplit("/", 1)[0] + f"/{name}"
    asyncio.run(_command(external, f"drop database {name} with (force)"))


async def _command(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(sql)
    await connection.close()


@pytest.fixture(scope="session")
async def system(database_url: str) -> AsyncIterator[Running]:
    """The running system, serving the official documents beside our own where they are present."""
    async with run(Settings(database_url=database_url, api=OFFICIAL, pool_size=20)) as started:
        yield started


@pytest.fixture
def running(system: Running) -> Running:
    """The running system with an actor in a tenant of its own."""
    return replace(system, actor=Actor(f"t-{clock.new_id()}", "tester", frozenset({"admin"})))


@pytest.fixture
def surface(running: Running) -> Surface:
    """The ASGI application, where every caller is the actor of `running`."""
    return surface_of(running)


def surface_of(running: Running, limits: Limits = LIMITS) -> Surface:
    """The ASGI application for one actor."""

    async def authenticate(_header: str | None) -> Actor:
        return running.actor

    live = Live(running.database, running.ways, running.settings.streams)
    site = Site(running.apis, running.means, authenticate, limits, running.courier, live, faces=FACES)
    return Surface(site, Pages(site, running.ready))


def caller(surface: Surface, path: str = "/") -> httpx.AsyncClient:
    """A client of an ASGI application whose paths begin at `path`."""
    transport = httpx.ASGITransport(app=surface, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"http://spanco.test{path}")


@pytest.fixture
async def client(surface: Surface) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the ASGI application."""
    async with caller(surface) as opened:
        yield opened


@pytest.fixture
async def sales(surface: Surface) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose paths begin at the base path of TMF699."""
    async with caller(surface, "/tmf-api/sales/v4/") as opened:
        yield opened
