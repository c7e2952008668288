"""Topics over HTTP: built in and made, their events listed, filtered, read and posted."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from spanco import clock
from spanco.access.grants import Grant
from spanco.access.policy import Policy
from spanco.app import Running
from spanco.store import keeping
from tests.rest.topics import EVENT, SALES, STORY, all_passed_on, events, made, story, told, topic
from tests.system import caller, surface_of


@pytest.fixture
async def leads(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client of a tenant that has the story of two leads."""
    return await story(client)


async def test_every_served_api_has_a_topic_from_the_start(client: httpx.AsyncClient, running: Running) -> None:
    """In each tenant; read, listed and filtered like others; nobody is told of their birth."""
    listed = (await client.get(f"{EVENT}/topic")).json()
    assert {each["id"]: each["name"] for each in listed} == {api.key: api.title for api in running.apis}
    read = (await client.get(f"{EVENT}/topic/sales")).json()
    assert read == {"id": "sales", "href": f"http://spanco.test{EVENT}/topic/sales", "name": "Sales Management"} | {
        "@type": "Topic"
    }
    found = await client.get(f"{EVENT}/topic", params={"name": "Sales Management", "fields": "id"})
    assert [each["id"] for each in found.json()] == ["sales"]
    assert await events(client, f"{EVENT}/topic/event") == []
    async with caller(surface_of(running)) as another:
        assert len((await another.get(f"{EVENT}/topic")).json()) == len(running.apis)


async def test_many_can_be_the_first_to_ask(running: Running) -> None:
    """Each of them sees all topics."""
    clients = [caller(surface_of(running)) for _ in range(8)]
    answers = await asyncio.gather(*(each.get(f"{EVENT}/topic/sales") for each in clients))
    assert {answer.status_code for answer in answers} == {200}
    for each in clients:
        await each.aclose()


async def test_the_topic_of_an_api_stays(client: httpx.AsyncClient) -> None:
    """409 with a sentence; a topic is not changed either."""
    refused = await client.delete(f"{EVENT}/topic/sales")
    assert (refused.status_code, refused.json()["reason"]) == (409, "Built in")
    assert (await client.get(f"{EVENT}/topic/sales")).status_code == 200
    assert (await client.patch(f"{EVENT}/topic/sales", json={"name": "x"})).status_code == 405


async def test_the_topic_of_an_api_holds_its_events(leads: httpx.AsyncClient) -> None:
    """At once, in their order, whether or not a worker has passed them on; each can be read by its id."""
    assert await told(leads, f"{EVENT}/topic/sales") == STORY
    assert await told(leads, f"{EVENT}/topic/event") == []
    for event in await events(leads, f"{EVENT}/topic/sales"):
        assert event["id"] == event["eventId"]
        assert event["href"] == f"http://spanco.test{EVENT}/topic/sales/event/{event['id']}"
        read = await leads.get(event["href"])
        assert (read.status_code, read.json()) == (200, event)
        trimmed = await leads.get(event["href"], params={"fields": "eventType"})
        assert trimmed.json() == {name: event[name] for name in ("id", "href", "eventType")}
        unchanged = await leads.get(event["href"], headers={"if-none-match": read.headers["etag"]})
        assert unchanged.status_code == 304
        assert (await leads.get(f"{EVENT}/topic/event/event/{event['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("eventType=SalesLeadCreateEvent", [0, 1]),
        ("eventType=SalesLeadCreateEvent,SalesLeadDeleteEvent&event.salesLead.priority=low", [1, 4]),
        ("eventType.ne=SalesLeadCreateEvent", [2, 3, 4]),
        ("event.salesLead.name.regex=home$", [2, 3]),
        ("event.salesLead.status=inProgress&fieldPath=name", [2]),
        ("domain=Commercial", [0, 1, 2, 3, 4]),
        ("title=SalesLeadStateChangeEvent", [3]),
        ("eventTime.gt=2020-01-01&eventTime.lt=2021-01-01", []),
        ("filter=$[?(@.event.salesLead.priority=='high' %26%26 @.eventType=~/State/)]", [3]),
        ("sort=eventTime", [0, 1, 2, 3, 4]),
        ("sort=-eventTime", [4, 3, 2, 1, 0]),
        ("sort=-eventTime&eventType=SalesLeadCreateEvent", [1, 0]),
        ("limit=2", [0, 1]),
        ("limit=2&offset=3", [3, 4]),
        ("offset=9", []),
        ("limit=0", []),
    ],
)
@pytest.mark.parametrize("passed_on", [False, True])
async def test_events_are_chosen_and_put_in_order(
    leads: httpx.AsyncClient, running: Running, query: str, places: list[int], passed_on: bool
) -> None:
    """By the whole envelope; the same before and after a worker has passed them on."""
    if passed_on:
        await all_passed_on(running)
    assert await told(leads, f"{EVENT}/topic/sales", query) == [STORY[place] for place in places]


async def test_an_event_is_found_by_its_id_and_by_its_resource(leads: httpx.AsyncClient) -> None:
    """What is asked for most, answered from the feed alone."""
    first = (await events(leads, f"{EVENT}/topic/sales"))[0]
    assert await told(leads, f"{EVENT}/topic/sales", f"id={first['id']}") == STORY[:1]
    assert await told(leads, f"{EVENT}/topic/sales", f"eventId={first['id']}") == STORY[:1]
    of = first["event"]["salesLead"]["id"]
    assert await told(leads, f"{EVENT}/topic/sales", f"event.salesLead.id={of}") == [STORY[0], STORY[2], STORY[3]]
    assert await told(leads, f"{EVENT}/topic/sales", f"event.quote.id={of}") == []


@pytest.mark.parametrize(
    "query",
    ["sort=name", "sort=eventTime,-eventTime", "asOf=2026-01-01", "filter=[?(", "after=x", "limit=-1", "a.x~=("],
)
async def test_what_cannot_be_asked_of_events_is_refused(leads: httpx.AsyncClient, query: str) -> None:
    """400 and a sentence."""
    answer = await leads.get(f"{EVENT}/topic/sales/event?{query}")
    assert (answer.status_code, answer.json()["@type"]) == (400, "Error")


@pytest.mark.parametrize("sort", ["eventTime", "-eventTime"])
async def test_a_walk_meets_every_event_once(client: httpx.AsyncClient, running: Running, sort: str) -> None:
    """By the cursors of `Link`, there and back, while events are passed on and others come."""
    path = f"{EVENT}/topic/sales"
    for count in range(6):
        await made(client, f"{SALES}/salesLead", name=f"Lead {count}")
    wanted = [each["id"] for each in await events(client, path, f"sort={sort}")]
    page = await client.get(f"{path}/event", params={"limit": 2, "sort": sort})
    assert (page.status_code, page.headers["x-total-count"], page.headers["x-result-count"]) == (206, "6", "2")
    walked = [each["id"] for each in page.json()]
    await all_passed_on(running)
    if sort == "eventTime":
        await made(client, f"{SALES}/salesLead", name="Late")
    while "next" in page.links:
        page = await client.get(page.links["next"]["url"])
        walked += [each["id"] for each in page.json()]
    assert walked[:6] == wanted
    assert len(walked) == (7 if sort == "eventTime" else 6)
    back = [each["id"] for each in page.json()]
    while "prev" in page.links:
        page = await client.get(page.links["prev"]["url"])
        back = [*(each["id"] for each in page.json()), *back]
    assert back == walked


async def test_a_total_can_be_counted_exactly(leads: httpx.AsyncClient) -> None:
    """As on every list."""
    answer = await leads.get(f"{EVENT}/topic/sales/event?limit=1", headers={"prefer": "count=exact"})
    assert (answer.headers["x-total-count"], answer.headers["preference-applied"]) == ("5", "count=exact")


@pytest.mark.parametrize(
    ("queries", "places"),
    [
        ({"headerQuery": "eventType=SalesLeadCreateEvent"}, [0, 1]),
        ({"contentQuery": "event.salesLead.priority=high"}, [0, 2, 3]),
        ({"headerQuery": "eventType=SalesLeadCreateEvent", "contentQuery": "$[?(@.event.salesLead)]"}, [0, 1]),
        ({"headerQuery": "domain=Commercial", "contentQuery": "event.salesLead.name=Mobile"}, [1, 4]),
        ({"headerQuery": "eventType=TopicCreateEvent"}, []),
        ({}, []),
        ({"headerQuery": " "}, []),
    ],
)
async def test_a_topic_holds_what_its_queries_choose(
    leads: httpx.AsyncClient, queries: dict[str, str], places: list[int]
) -> None:
    """Of all that happens, before and after it was made; both queries must be fulfilled, and a filter besides."""
    path = await topic(leads, **queries)
    assert await told(leads, path) == [STORY[place] for place in places]
    mine = [STORY[place] for place in places if STORY[place].startswith("SalesLeadDelete")]
    assert await told(leads, path, "eventType=SalesLeadDeleteEvent") == mine


async def test_a_topic_whose_query_cannot_be_read_is_not_made(client: httpx.AsyncClient) -> None:
    """400, and the attribute is named."""
    for name in ("headerQuery", "contentQuery"):
        answer = await client.post(f"{EVENT}/topic", json={name: "event.name.regex=("})
        assert answer.status_code == 400
        assert answer.json()["message"].startswith(f"'{name}': ")


async def test_what_is_unknown_is_not_found(client: httpx.AsyncClient) -> None:
    """An unknown topic has no events and no hubs; a topic has no event of another one."""
    for path in ("event", "event/x", "hub", "hub/x"):
        assert (await client.get(f"{EVENT}/topic/unknown/{path}")).status_code == 404
    assert (await client.post(f"{EVENT}/topic/unknown/event", json={})).status_code == 404
    hub = {"callback": "http://127.0.0.1:9/"}
    assert (await client.post(f"{EVENT}/topic/unknown/hub", json=hub)).status_code == 404
    assert (await client.delete(f"{EVENT}/topic/unknown")).status_code == 404
    one, other = await topic(client), await topic(client)
    event = await made(client, f"{one}/event")
    assert (await client.get(f"{other}/event/{event['id']}")).status_code == 404
    assert (await client.get(f"{EVENT}/topic/sales/event/{event['id']}")).status_code == 404


async def test_what_is_posted_stands_as_it_was_posted(client: httpx.AsyncClient) -> None:
    """With the id and the time that the poster gave, or those of the server; attributes of its own are kept."""
    path = await topic(client)
    full = {"eventId": "crm/42", "eventType": "Odd", "eventTime": "2020-02-29T12:00:00.000Z", "priority": "1"}
    theirs = await made(client, f"{path}/event", **full, event={"a": [1, None]}, extension=1.50)
    ours = await made(client, f"{path}/event")
    assert theirs.items() >= {**full, "event": {"a": [1, None]}, "extension": 1.5}.items()
    assert theirs["id"] != "crm/42"
    assert ours["eventId"] == ours["id"]
    assert ours["eventTime"] > theirs["eventTime"]
    assert await events(client, path) == [theirs, ours]
    assert await events(client, path, "priority=1&event.a=1") == [theirs]
    assert await events(client, path, "eventId=crm/42") == [theirs]
    assert await events(client, path, f"id={ours['id']}") == [ours]
    assert (await client.get(ours["href"])).json() == ours
    assert (await client.delete(ours["href"])).status_code == 405
    several = [{"op": "add", "path": "/", "value": {}}]
    assert (await client.patch(f"{path}/event", json=several)).status_code == 405


@pytest.mark.parametrize(
    "body",
    [{"eventId": "two words"}, {"eventId": ""}, {"eventType": 5}, {"eventTime": "soon"}, {"event": 1}, [{}], "x"],
)
async def test_what_is_no_event_is_refused(client: httpx.AsyncClient, body: Any) -> None:
    """400, and nothing is there."""
    path = await topic(client)
    assert (await client.post(f"{path}/event", json=body)).status_code == 400
    assert await events(client, path) == []


async def test_what_the_topic_does_not_choose_cannot_be_posted(client: httpx.AsyncClient) -> None:
    """400 with what it chooses; what fulfils its queries is taken."""
    path = await topic(client, headerQuery="eventType=Alarm", contentQuery="event.alarm.perceivedSeverity=CRITICAL")
    alarm = {"eventType": "Alarm", "event": {"alarm": {"perceivedSeverity": "CRITICAL"}}}
    for body in ({}, {"eventType": "Alarm"}, {"event": alarm["event"]}, {**alarm, "eventType": "Other"}):
        refused = await client.post(f"{path}/event", json=body)
        assert refused.status_code == 400
        assert "CRITICAL" in refused.json()["message"]
    taken = await made(client, f"{path}/event", **alarm)
    assert await events(client, path) == [taken]


async def test_an_event_that_is_posted_again_is_there_once(client: httpx.AsyncClient) -> None:
    """The first one is answered, whatever else the second one says; another topic has its own."""
    path, other = await topic(client), await topic(client)
    first = await made(client, f"{path}/event", eventId="a.1", eventType="First")
    answers = await asyncio.gather(
        *(client.post(f"{path}/event", json={"eventId": "a.1", "eventType": "Next"}) for _ in range(5)),
        *(client.post(f"{path}/event", json={"eventId": "b"}) for _ in range(5)),
    )
    assert {answer.status_code for answer in answers} == {201}
    assert all(answer.json() == first and answer.headers["location"] == first["href"] for answer in answers[:5])
    assert len({answer.json()["id"] for answer in answers[5:]}) == 1
    assert len(await events(client, path)) == 2
    assert (await made(client, f"{other}/event", eventId="a.1"))["id"] != first["id"]
    keyed = [
        await client.post(f"{path}/event", json={"eventType": "K"}, headers={"idempotency-key": "k"}) for _ in range(2)
    ]
    assert keyed[0].json() == keyed[1].json()


async def test_events_of_what_one_may_not_read_are_left_out(running: Running) -> None:
    """A whole API, or the resources that do not name the reader; posted events alike."""
    grants = (
        Grant("admin", ("*",), ("read", "create", "update", "delete", "import", "subscribe")),
        Grant("partner", ("event.*",), ("read", "create")),
        Grant("partner", ("sales.salesLead",), ("read",), sees="own"),
        Grant("guest", ("event.*",), ("read",), sees="own"),
    )
    house = replace(running, policy=Policy(grants))

    def of(role: str) -> httpx.AsyncClient:
        return caller(surface_of(replace(house, actor=replace(house.actor, subject="p1", roles=frozenset({role})))))

    async with of("admin") as admin, of("partner") as partner, of("guest") as guest:
        path = await topic(admin, headerQuery="eventType.regex=Create")
        related = [{"id": "p1", "role": "partner", "@referredType": "Individual"}]
        mine = await made(admin, f"{SALES}/salesLead", name="Mine", relatedParty=related)
        await made(admin, f"{SALES}/salesLead", name="Theirs")
        await made(admin, f"{SALES}/salesOpportunity", name="Mine", relatedParty=related)
        posted = await made(admin, f"{path}/event", eventType="Create", event={"name": "posted"})
        for place in (path, f"{EVENT}/topic/sales"):
            seen = [each for each in await events(partner, place) if each["id"] != posted["id"]]
            assert [each["event"]["salesLead"]["id"] for each in seen] == [mine["id"]]
        assert posted in await events(partner, path)
        assert await events(guest, f"{EVENT}/topic/sales") == []
        assert await events(guest, path) == []
        assert (await guest.get(f"{path}/event/{posted['id']}")).status_code == 404
        hidden = (await events(admin, f"{EVENT}/topic/sales"))[1]["id"]
        assert (await partner.get(f"{EVENT}/topic/sales/event/{hidden}")).status_code == 404
        assert (await guest.post(f"{path}/event", json={})).status_code == 403
        assert (await partner.delete(path)).status_code == 403


async def test_who_may_not_read_events_is_refused(running: Running) -> None:
    """403, as for every other resource."""
    mine = replace(running, actor=replace(running.actor, roles=frozenset({"sales"})))
    async with caller(surface_of(mine)) as client:
        assert (await client.get(f"{EVENT}/topic/sales/event")).status_code == 403
        assert (await client.get(f"{EVENT}/topic/sales/event/x")).status_code == 403


async def test_posted_events_go_with_the_log(client: httpx.AsyncClient, running: Running) -> None:
    """When their month is over and dropped; what was remembered of them goes too, so the id is free again."""
    path = await topic(client)
    await made(client, f"{path}/event", eventId="old")
    old = clock.now() - timedelta(days=4000)
    async with running.database.connected() as connection:
        tenant = running.actor.tenant
        await connection.execute("delete from outbox where tenant = $1", tenant)
        for table in ("event", "posted"):
            await connection.execute(f"update {table} set occurred_at = $2 where tenant = $1", tenant, old)  # noqa: S608
        month = f"event_{old:%Y_%m}"
        begin, end = old.replace(day=1, hour=0), (old.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0)
        await connection.execute(f"create table {month} (like event including defaults)")
        await connection.execute(f"insert into {month} select * from event_other where tenant = '{tenant}'")  # noqa: S608
        await connection.execute("delete from event_other where tenant = $1", tenant)
        await connection.execute(
            f"alter table event attach partition {month} for values from ('{begin:%Y-%m-%d}') to ('{end:%Y-%m-%d}')"
        )
    await keeping.prune(running.database, old + timedelta(days=100))
    assert await events(client, path) == []
    async with running.database.connected() as connection:
        assert await connection.fetchval("select count(*) from posted where tenant = $1", tenant) == 0
        await connection.execute("delete from pruned")
    again = await made(client, f"{path}/event", eventId="old")
    assert await events(client, path) == [again]
