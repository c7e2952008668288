"""What tests of topics share: making and reading them, a worker, listeners that subscribe, and a story of leads."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from spanco.app import Running, worker
from tests.transport.listeners import OK, Listener, answering, listening

EVENT = "/tmf-api/event/v4"
SALES = "/tmf-api/sales/v4"


async def made(client: httpx.AsyncClient, path: str, **attributes: Any) -> dict[str, Any]:
    """A new resource."""
    answer = await client.post(path, json=attributes)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def topic(client: httpx.AsyncClient, **queries: str) -> str:
    """The path of a new topic."""
    return f"{EVENT}/topic/{(await made(client, f'{EVENT}/topic', name='A topic', **queries))['id']}"


async def events(client: httpx.AsyncClient, path: str, query: str = "") -> list[dict[str, Any]]:
    """The events of a topic."""
    answer = await client.get(f"{path}/event?{query}")
    assert answer.status_code in {200, 206}, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


async def told(client: httpx.AsyncClient, path: str, query: str = "") -> list[str]:
    """What the events of a topic tell: their types, and the name of the resource or what was carried."""
    found = await events(client, path, query)
    return [f"{each.get('eventType')} {next(iter(each['event'].values())).get('name', '')}".strip() for each in found]


@asynccontextmanager
async def working(system: Running) -> AsyncIterator[None]:
    """A worker while it is needed."""
    ending = asyncio.Event()
    task = asyncio.create_task(worker(system).run(ending))
    try:
        yield
    finally:
        ending.set()
        await task


async def received(listener: Listener, count: int) -> list[tuple[dict[str, str], dict[str, Any]]]:
    """Headers and body of what a listener was sent, when so much has come; and no more does."""
    for _ in range(200):
        if len(listener.requests) >= count:
            break
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.3)
    found = []
    for request in listener.requests:
        head, _, body = request.partition(b"\r\n\r\n")
        lines = (line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        found.append(({name.lower(): value for name, value in lines}, json.loads(body)))
    assert len(found) == count, [body["eventType"] for _, body in found]
    return found


@asynccontextmanager
async def subscribed(client: httpx.AsyncClient, path: str, query: str = "") -> AsyncIterator[Listener]:
    """A listener that subscribed to a topic or to an API."""
    async with listening(answering(OK)) as listener:
        asked = {"query": query} if query else {}
        await made(client, f"{path}/hub", callback=f"http://127.0.0.1:{listener.port}/", **asked)
        yield listener


async def all_passed_on(running: Running) -> None:
    """Whatever was written is in the feed."""
    async with working(running):
        for _ in range(200):
            async with running.database.connected() as connection:
                if not await connection.fetchval("select count(*) from outbox where tenant = $1", running.actor.tenant):
                    return
            await asyncio.sleep(0.02)


async def story(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client of a tenant in which two leads were made, one was changed and moved, the other removed."""
    hot = await made(client, f"{SALES}/salesLead", name="Fibre", priority="high")
    cold = await made(client, f"{SALES}/salesLead", name="Mobile", priority="low")
    moved = await client.patch(
        f"{SALES}/salesLead/{hot['id']}", json={"name": "Fibre to the home", "status": "inProgress"}
    )
    assert moved.status_code == 200
    assert (await client.delete(f"{SALES}/salesLead/{cold['id']}")).status_code == 204
    return client


STORY = [
    "SalesLeadCreateEvent Fibre",
    "SalesLeadCreateEvent Mobile",
    "SalesLeadAttributeValueChangeEvent Fibre to the home",
    "SalesLeadStateChangeEvent Fibre to the home",
    "SalesLeadDeleteEvent Mobile",
]
