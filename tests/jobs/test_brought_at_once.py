"""What comes in beside a chunk of an import, and is alike, is queued as if one had come after the other."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from spanco.app import Running
from spanco.kernel.wire import Document
from spanco.operations import Draft
from spanco.sales.actions.bringing import Brought, Landing, brought
from spanco.sales.rules.matching.pairs import CREATE
from spanco.work import Cause
from spanco.worker.comparing import compare_some
from tests.jobs.stage import Office, office_of
from tests.worker.stage import LEADS

PERSON: Document = {
    "name": "Fibre",
    "relatedParty": [{"id": "1", "name": "Jana Dvořáková", "role": "prospect", "@referredType": "Individual"}],
    "prospectContact": [{"mediumType": "email", "characteristic": {"emailAddress": "jana@bakery.example"}}],
}


@pytest.fixture
async def office(system: Running) -> AsyncIterator[Office]:
    """A tenant of its own."""
    found = office_of(system)
    async with found.api:
        yield found


async def chunk(office: Office, source: str, begun: asyncio.Event, going: asyncio.Event) -> Brought:
    """A chunk of one row, written when `begun`, and committed when `going` is set."""
    job = await office.job()
    running = office.running
    landing = Landing(running.resource("sales", "salesLead"), source, CREATE, await office.ticket(job))
    async with running.means.work(running.actor, Cause("import")) as work, work.atomic():
        found = await brought(work, landing, [Draft(PERSON, origin=(source, "1"))])
        begun.set()
        await going.wait()
    return found


async def pairs(office: Office) -> int:
    """How many wait for a decision, when everything is compared."""
    while await office.counted("match_todo"):
        await compare_some(office.running.means)
    return len(await office.documents("spanco.duplicateCandidate"))


async def test_of_two_chunks_at_once_one_finds_what_the_other_brings(office: Office) -> None:
    """Of two jobs, in one or two workers."""
    first, second, going = asyncio.Event(), asyncio.Event(), asyncio.Event()
    one = asyncio.create_task(chunk(office, "fair", first, going))
    await first.wait()
    other = asyncio.create_task(chunk(office, "shop", second, going))
    await asyncio.wait([other], timeout=0.3)
    going.set()
    ends = [(await each).ends[0].outcome for each in (one, other)]
    assert ends == ["created", "queued"]
    assert await pairs(office) == 1


async def test_what_is_created_beside_a_chunk_is_compared_when_that_is_there(office: Office) -> None:
    """The chunk did not see it, and nobody compares the rows of the chunk later."""
    begun, going = asyncio.Event(), asyncio.Event()
    one = asyncio.create_task(chunk(office, "fair", begun, going))
    await begun.wait()
    (await office.api.post(LEADS, json=PERSON)).raise_for_status()
    comparing = asyncio.create_task(pairs(office))
    await asyncio.wait([comparing], timeout=0.5)
    going.set()
    await one
    assert await comparing == 1
