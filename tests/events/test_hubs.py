"""Hubs behind the surface: what is checked without a database, and what is kept together."""

from typing import Any

import pytest

from spanco import clock
from spanco.app import Running
from spanco.events.hubs import Source, check, register, renew_secret, unregister
from spanco.kernel.errors import BadBody, NotFound
from spanco.kernel.openapi import Resource
from spanco.kernel.wire import Json
from spanco.operations import Place
from tests.worker.stage import count, rows

LISTENER = "http://127.0.0.1:9/events"


@pytest.fixture
def hub(stage: Running) -> Resource:
    """The hubs of TMF699."""
    return stage.resource("sales", "hub")


@pytest.mark.parametrize("query", ["", "eventType=SalesLeadCreateEvent", "$.event.salesLead[?(@.rating=='hot')]"])
async def test_a_subscription_that_can_be_made(stage: Running, hub: Resource, query: str) -> None:
    """It comes back ready to be stored, without what is the server's: a secret that a client brings is none."""
    given: Json = {"callback": LISTENER, "query": query, "secret": "whsec_mine", "id": "mine", "status": "ended"}
    ready = await check(stage.courier, hub, given)
    assert (ready["callback"], ready["query"], ready["status"]) == (LISTENER, query, "active")
    assert ready.keys().isdisjoint({"secret", "id"})


@pytest.mark.parametrize(
    "given", [{}, [], {"callback": 5}, {"callback": LISTENER, "query": 5}, {"callback": "http://10.0.0.1/"}]
)
async def test_a_subscription_that_cannot_be_made(stage: Running, hub: Resource, given: Any) -> None:
    """The sentence is for whoever wrote it."""
    with pytest.raises(BadBody):
        await check(stage.courier, hub, given)


async def test_a_name_that_nobody_knows_now_is_let_pass(stage: Running, hub: Resource) -> None:
    """It may be known when there is something to send: it is looked up again at each connection."""
    given: Json = {"callback": "https://listener.invalid/x"}
    assert (await check(stage.courier, hub, given))["callback"] == "https://listener.invalid/x"


async def test_what_belongs_to_a_hub_comes_and_goes_with_it(stage: Running, hub: Resource) -> None:
    """The resource, its lane, its secret; in the transaction of whoever asks."""
    async with stage.work(stage.actor) as work:
        made = await register(work, hub, Source("sales"), {"callback": LISTENER})
        assert made.secret is not None
        again = await register(work, hub, Source("sales"), {"callback": LISTENER, "query": ""})
        assert (again.hub.id, again.secret) == (made.hub.id, None)
        (lane,) = await rows(stage, "select tenant, kind, api, topic, callback, query, secret, subject from lane")
        assert tuple(lane) == (stage.actor.tenant, "sales.hub", "sales", None, LISTENER, "", made.secret, "tester")
        await unregister(work, hub, Place(made.hub.id), None)
    assert await count(stage, "lane") == 0
    assert await count(stage, "orphan") == 1


async def test_a_new_secret_needs_a_hub(stage: Running, hub: Resource) -> None:
    """Of this tenant."""
    async with stage.work(stage.actor) as work:
        made = await register(work, hub, Source("sales"), {"callback": LISTENER})
        secret = await renew_secret(work, made.hub.id, clock.now())
        assert secret != made.secret
        with pytest.raises(NotFound):
            await renew_secret(work, "unknown", clock.now())
    (lane,) = await rows(stage, "select secret, former_secret from lane")
    assert tuple(lane) == (secret, made.secret)
