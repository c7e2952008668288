"""Who is told what by the stream of events, how long, and what a client hears in silence."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from spanco.access.actor import Actor
from spanco.access.errors import ExpiredToken, IssuerAway
from spanco.access.grants import Grant
from spanco.access.policy import Policy
from spanco.app import Running
from spanco.events.live import Live
from spanco.kernel.errors import Problem
from spanco.kernel.wire import Document
from spanco.operations import Draft, Place, Stored, create, patch
from spanco.rest.live import Pace, follow
from spanco.rest.request import CUT_OFF, Receive, Request, Scope
from spanco.rest.responses import Send
from spanco.rest.site import Site
from spanco.worker.matching import pass_on
from tests.rest.streams import PATIENCE, Held, held, scope
from tests.system import LIMITS, surface_of


async def written(running: Running, name: str, **attributes: object) -> str:
    """A new lead of that name; its id."""
    document: Document = {"name": name, **attributes}  # type: ignore[dict-item]  # JSON
    async with running.work(running.actor) as work:
        (stored,) = await create(work, running.resource("sales", "salesLead"), [Draft(document)])
    assert isinstance(stored, Stored)
    return stored.id


async def told(running: Running) -> None:
    """Let the worker pass on what was written."""
    while (passed := await pass_on(running.database, running.ways)) is None or passed.events:
        continue


def names(tap: Held) -> list[object]:
    """The names of the leads that were told of."""
    return [message.data["event"]["salesLead"]["name"] for message in tap.source.messages]  # type: ignore[index, call-overload]


def acting(running: Running, *roles: str, subject: str = "ann") -> Running:
    """Somebody else of the same tenant."""
    return replace(running, actor=Actor(running.actor.tenant, subject, frozenset(roles)))


async def test_tenants_are_apart(running: Running) -> None:
    """Each is told of its own, also of what was before."""
    other = replace(running, actor=replace(running.actor, tenant=f"{running.actor.tenant}-other"))
    async with held(surface_of(running)) as mine, held(surface_of(other)) as theirs:
        for number in range(3):
            await written(running, f"mine {number}")
            await written(other, f"theirs {number}")
        await told(running)
        await mine.until(3)
        await theirs.until(3)
        assert names(mine) == ["mine 0", "mine 1", "mine 2"]
        assert names(theirs) == ["theirs 0", "theirs 1", "theirs 2"]
        async with held(surface_of(other), "lastEventId=0") as again:
            assert await again.until(3) == theirs.source.messages


async def test_a_partner_is_told_only_of_what_names_it(running: Running) -> None:
    """The rows that it may read: what is taken from it is not told, what is given to it is."""
    async with held(surface_of(acting(running, "partner"))) as tap:
        await written(running, "foreign")
        id_ = await written(running, "own", relatedParty=[{"id": "ann"}])
        async with running.work(running.actor) as work:
            lead = running.resource("sales", "salesLead")
            await patch(work, lead, Place(id_), lambda before: {**before, "name": "taken", "relatedParty": []})
        await written(running, "last", relatedParty=[{"id": "ann"}])
        await told(running)
        await tap.until(2)
        assert names(tap) == ["own", "last"]


async def test_only_kinds_that_may_be_read_are_told(running: Running) -> None:
    """A policy that grants one kind; who may read nothing is refused."""
    policy = Policy([Grant("caller", ("sales.salesLead",), ("read",))])
    narrow = replace(acting(running, "caller"), policy=policy)
    async with held(surface_of(narrow)) as tap, held(surface_of(running)) as whole:
        await written(running, "first")
        async with running.work(running.actor) as work:
            await create(work, running.resource("sales", "salesOpportunity"), [Draft({"name": "x"})])
        await written(running, "second")
        await told(running)
        await tap.until(2)
        assert names(tap) == ["first", "second"]
        assert len(await whole.until(3)) == 3
    async with held(surface_of(acting(running, "unheard"))) as refused:
        assert refused.status == 403


@asynccontextmanager
async def paced(
    running: Running, pace: Pace, query: str = "", problems: list[Problem] | None = None
) -> AsyncIterator[Held]:
    """A stream that hurries; once it has begun, the credentials meet these problems one after another."""
    coming = list(problems or ())

    async def authenticate(_header: str | None) -> Actor:
        raise coming.pop(0)

    live = Live(running.database, running.ways, 1)
    site = Site(running.apis, running.means, authenticate, LIMITS, running.courier, live)

    async def surface(asked: Scope, receive: Receive, send: Send) -> None:
        await (await follow(site, Request(asked, receive), running.actor, pace)).send(send)

    async with held(surface, query) as tap:
        yield tap


async def test_a_silent_stream_gives_signs_of_life(running: Running) -> None:
    """A comment; and where events went by that are not wanted, an id from which the stream is resumed."""
    async with paced(running, Pace(heartbeat=0.05), "event.salesLead.name=wanted") as tap:
        while not tap.source.comments:
            await tap.more()
        began = tap.source.last_id
        await written(running, "unwanted")
        await told(running)
        while tap.source.last_id == began:
            await tap.more()
        await written(running, "wanted")
        await told(running)
        assert (await tap.until(1))[0].id > int(began) + 1


async def test_a_stream_ends_with_the_credentials(running: Running) -> None:
    """An issuer that is away ends nothing; a token that is over ends the answer, cleanly."""
    async with paced(running, Pace(heartbeat=0.02, trust=0.05), problems=[IssuerAway(), ExpiredToken()]) as tap:
        await tap.over()
        assert (tap.status, tap.source.messages) == (200, [])


class Stuck(Held):
    """A client that takes the headers and then nothing more."""

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Stay away for good after the beginning."""
        await super().send(message)
        if "body" in message:
            await asyncio.Event().wait()


async def test_a_client_that_takes_nothing_is_cut_off(running: Running) -> None:
    """It holds one of the places, after all; where the server cannot cut, the answer is over too."""
    live = Live(running.database, running.ways, 1)
    site = Site(running.apis, running.means, authenticate_nobody, LIMITS, running.courier, live)
    for able in (True, False):
        tap = Stuck()
        asked = scope() | ({"extensions": {CUT_OFF: {"now": tap.left.set}}} if able else {})
        stream = await follow(site, Request(asked, tap.receive), running.actor, Pace(patience=0.05))
        await asyncio.wait_for(stream.send(tap.send), PATIENCE)
        assert tap.left.is_set() == able


async def authenticate_nobody(_header: str | None) -> Actor:  # pragma: no cover - the streams end before
    """Nobody asks."""
    raise IssuerAway
