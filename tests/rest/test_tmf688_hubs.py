"""Hubs of topics: told of what their topic lists, of what is posted to it, and of no more when it is gone."""

import asyncio
from contextlib import AsyncExitStack

import httpx
import pytest

from spanco.app import Running
from tests.rest.topics import (
    EVENT,
    SALES,
    all_passed_on,
    events,
    made,
    received,
    story,
    subscribed,
    told,
    topic,
    working,
)
from tests.transport.listeners import OK, answering, listening


@pytest.fixture
async def leads(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client of a tenant that has the story of two leads."""
    return await story(client)


async def test_hubs_of_a_topic_are_told_what_it_holds(client: httpx.AsyncClient, running: Running) -> None:
    """Exactly that and in that spelling, of the API and of what was posted, which keeps its id in the header too."""
    path = await topic(client, contentQuery="event.salesLead.priority=high")
    builtin = f"{EVENT}/topic/sales"
    async with (
        working(running),
        subscribed(client, path) as chosen,
        subscribed(client, builtin) as whole,
        subscribed(client, path, "eventType=Posted&fields=eventId") as trimmed,
        subscribed(client, await topic(client)) as nothing,
    ):
        await made(client, f"{SALES}/salesLead", name="Fibre", priority="high")
        await made(client, f"{SALES}/salesLead", name="Mobile", priority="low")
        body = {"salesLead": {"priority": "high", "name": "theirs"}}
        posted = await made(client, f"{path}/event", eventId="crm.42/a", eventType="Posted", event=body)
        await made(client, f"{path}/event", event=body)
        for listener, of, count in ((chosen, path, 3), (whole, builtin, 2), (trimmed, path, 1), (nothing, path, 0)):
            sent = await received(listener, count)
            listed = {each["eventId"]: each for each in await events(client, of)}
            assert all(head["webhook-id"] == each["eventId"] for head, each in sent)
            assert {each["eventId"] for _, each in sent} <= set(listed)
            if listener is not trimmed:
                assert len(listed) == count or listener is nothing
                for _, each in sent:
                    assert each["event"].keys() == listed[each["eventId"]]["event"].keys()
    (_, short), *_ = await received(trimmed, 1)
    assert short.keys() >= {"eventId", "eventType"}
    assert "event" not in short
    whole_one = next(each for _, each in await received(chosen, 3) if each["eventId"] == "crm.42/a")
    assert whole_one | {"href": ""} == posted | {"href": ""}


async def test_hubs_of_the_api_are_told_of_topics_and_of_what_is_posted(
    client: httpx.AsyncClient, running: Running
) -> None:
    """In the envelopes of TMF688: a topic was made, something was posted to it, it was removed."""
    async with working(running), subscribed(client, EVENT) as listener:
        path = await topic(client)
        posted = await made(client, f"{path}/event", eventId="theirs", eventType="Odd")
        assert (await client.delete(path)).status_code == 204
        sent = await received(listener, 3)
    by_type = {each["eventType"]: (head, each) for head, each in sent}
    assert by_type.keys() == {"TopicCreateEvent", "EventCreateEvent", "TopicDeleteEvent"}
    assert {each["event"]["topic"]["id"] for name, (_, each) in by_type.items() if name.startswith("Topic")} == {
        path.rpartition("/")[2]
    }
    head, event = by_type["EventCreateEvent"]
    assert head["webhook-id"] == event["eventId"] == posted["id"]
    assert event["event"]["event"]["eventId"] == "theirs"


async def test_what_a_hub_is_told_is_what_its_topic_lists(leads: httpx.AsyncClient, running: Running) -> None:
    """Whatever the topic chooses: the list (SQL) and the delivery (memory) agree."""
    queries = [
        {"headerQuery": "eventType=SalesLeadCreateEvent,SalesLeadDeleteEvent"},
        {"headerQuery": "eventType.ne=SalesLeadCreateEvent", "contentQuery": "event.salesLead.name.regex=e$"},
        {"contentQuery": "$[?(!(@.fieldPath))]"},
        {"headerQuery": "eventTime.gt=2020-01-01", "contentQuery": "filter=event.salesLead[?(@.status=='inProgress')]"},
        {"headerQuery": "timeOcurred.gt=2020-01-01&title=TopicCreateEvent"},
    ]
    paths = [await topic(leads, **each) for each in queries]
    paths += [f"{EVENT}/topic/{name}" for name in ("sales", "event")]
    known = {path: {each["eventId"] for each in await events(leads, path)} for path in paths}
    async with working(running), AsyncExitStack() as stack:
        listeners = [await stack.enter_async_context(subscribed(leads, path)) for path in paths]
        lead = await made(leads, f"{SALES}/salesLead", name="Satellite", priority="high")
        await leads.patch(f"{SALES}/salesLead/{lead['id']}", json={"name": "Late", "status": "inProgress"})
        await leads.delete(f"{SALES}/salesLead/{lead['id']}")
        await made(leads, f"{EVENT}/topic", name="Another")
        for path, listener in zip(paths, listeners, strict=True):
            listed = {each["eventId"] for each in await events(leads, path)} - known[path]
            sent = await received(listener, len(listed))
            assert {each["eventId"] for _, each in sent} == listed, path


async def test_a_topic_goes_with_its_hubs_and_events(client: httpx.AsyncClient, running: Running) -> None:
    """Nothing is sent any more, nothing below it can be reached, and the hubs are told to be gone."""
    path = await topic(client, headerQuery="eventType.regex=SalesLead")
    async with listening(answering(OK)) as listener:
        hubs = [
            await made(client, f"{path}/hub", callback=f"http://127.0.0.1:{listener.port}/{name}")
            for name in ("a", "b")
        ]
        assert (await client.delete(path, headers={"if-match": '"7"'})).status_code == 412
        assert (await client.delete(path)).status_code == 204
        async with working(running):
            await made(client, f"{SALES}/salesLead", name="Fibre")
            await all_passed_on(running)
        assert listener.requests == []
    for below in (path, f"{path}/event", f"{path}/hub", *(each["href"] for each in hubs)):
        assert (await client.get(below)).status_code == 404
    async with running.database.connected() as connection:
        assert await connection.fetchval("select count(*) from lane where tenant = $1", running.actor.tenant) == 0
        left = "select count(*) from resource where tenant = $1 and kind = 'event.topic.hub'"
        assert await connection.fetchval(left, running.actor.tenant) == 0
    ended = await told(client, f"{EVENT}/topic/spanco", "eventType=HubDeleteEvent")
    assert len(ended) == 2


async def test_a_hub_is_not_made_in_a_topic_that_goes_at_the_same_time(
    client: httpx.AsyncClient, running: Running
) -> None:
    """Whichever is first, no hub is left over."""
    for number in range(10):
        path = await topic(client)
        hub = {"callback": f"http://127.0.0.1:9/{number}"}
        answers = await asyncio.gather(
            client.post(f"{path}/hub", json=hub), client.delete(path), client.post(f"{path}/event", json={})
        )
        assert answers[0].status_code in {201, 404}
        assert answers[1].status_code == 204
        assert answers[2].status_code in {201, 404}
    async with running.database.connected() as connection:
        assert await connection.fetchval("select count(*) from lane where tenant = $1", running.actor.tenant) == 0
