"""Hubs: who subscribes is told from then on; the same subscription is made once, and its secret is shown once."""

import hashlib
import os
from dataclasses import dataclass, replace
from datetime import datetime

from spanco import clock
from spanco.events.rules.signature import SECRET_BYTES, fresh_secret
from spanco.kernel.checks import ready_to_create
from spanco.kernel.errors import BadBody, NotFound
from spanco.kernel.moments import spell
from spanco.kernel.openapi import Resource
from spanco.kernel.patch import merge
from spanco.kernel.subscription import subscription
from spanco.kernel.wire import Document, Json
from spanco.operations import Draft, Place, Stored, create, get, patch, remove
from spanco.store import lanes
from spanco.store.lanes import Opening, Wish
from spanco.transport import BadAddress, Courier, InnerAddress
from spanco.work import Work

ACTIVE = "active"
ENDED = "ended"
"""The states of a hub."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a hub is told of: the events of an API, or those of a TMF688 topic with what the topic chooses of all."""

    api: str | None
    topic: str | None = None
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Registered:
    """A hub that is told from now on; `secret` only when it is new."""

    hub: Stored
    secret: str | None = None


async def check(courier: Courier, resource: Resource, document: Json) -> Document:
    """A subscription that can be made: the callback leads outside, the query can be read. Raises `BadBody`.

    No connection to the database is held meanwhile: looking up a name may take its time.
    """
    ready = ready_to_create(resource, document, spell(clock.now()))
    callback, query = ready.get("callback"), ready.get("query", "")
    if not isinstance(callback, str) or not isinstance(query, str):
        raise BadBody("callback", "the address to which events are to be posted is needed, and 'query' is a text.")
    subscription(query)
    try:
        await courier.check(callback)
    except (BadAddress, InnerAddress) as error:
        raise BadBody("callback", error.sentence) from error
    return ready


async def register(work: Work, resource: Resource, source: Source, document: Document) -> Registered:
    """Register a checked subscription. One for the same callback and query is answered again; an ended one revives."""
    work.policy.allow(work.actor, "subscribe", resource.kind)
    callback, query = str(document["callback"]), str(document.get("query", ""))
    digest = hashlib.blake2b(f"{callback}\n{query}".encode(), digest_size=32).digest()
    actor = work.actor
    whose = actor.subject, tuple(sorted(actor.roles))
    wish = Wish(actor.tenant, "", resource.kind, source.api, source.topic, source.scope, query, *whose)
    async with work.atomic():
        known = await lanes.same(work.connection, wish, digest)
        if known:
            return Registered(await _again(work, resource, replace(wish, hub_id=known[0]), ended=known[1]))
        (stored,) = await create(work, resource, [Draft(document, source.topic)])
        assert isinstance(stored, Stored)
        secret = fresh_secret(os.urandom(SECRET_BYTES))
        await lanes.open_lane(work.connection, Opening(replace(wish, hub_id=stored.id), callback, digest, secret))
        return Registered(stored, secret)


async def unregister(work: Work, resource: Resource, place: Place, expected: frozenset[int] | None) -> None:
    """Remove a hub; from then on nothing is sent to it, what is on its way apart."""
    async with work.atomic():
        await remove(work, resource, place, expected=expected)
        await lanes.close(work.connection, (work.actor.tenant, place.id), work.moment)


async def renew_secret(work: Work, hub_id: str, former_until: datetime) -> str:
    """A new secret for a hub; the former one signs beside it for a while. Raises `NotFound`."""
    secret = fresh_secret(os.urandom(SECRET_BYTES))
    if not await lanes.renew_secret(work.connection, (work.actor.tenant, hub_id), secret, former_until):
        raise NotFound("There is no such hub; check 'hub.id'.")
    return secret


async def _again(work: Work, resource: Resource, wish: Wish, *, ended: bool) -> Stored:
    place = Place(wish.hub_id, wish.topic)
    if not ended:
        return await get(work, resource, place)
    # The resource before the lane, as everywhere: so nobody waits for somebody who waits for him.
    change: Document = {"status": ACTIVE, "statusReason": None}
    stored = await patch(work, resource, place, lambda before: merge(before, change))
    await lanes.revive(work.connection, wish, work.moment)
    return stored
