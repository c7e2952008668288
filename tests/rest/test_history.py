"""The past over HTTP: `asOf` on reads and lists, and the timeline of a record."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from spanco import clock
from spanco.app import Running
from spanco.kernel.moments import spell
from spanco.kernel.openapi import Api, load
from spanco.rest.errors import NoSuchPath
from spanco.rest.timeline import Records
from tests.system import LIMITS, OFFICIAL, caller, surface_of

SALES = "/tmf-api/sales/v4"
needs_files = pytest.mark.skipif(not OFFICIAL, reason="the official documents are not beside this checkout")


async def moment() -> str:
    """This moment, with nothing else written in its millisecond."""
    await asyncio.sleep(0.002)
    now = spell(clock.now())
    await asyncio.sleep(0.002)
    return now


async def created(client: httpx.AsyncClient, path: str = f"{SALES}/salesLead", **attributes: Any) -> dict[str, Any]:
    """A new resource."""
    answer = await client.post(path, json={"name": "A lead", **attributes})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def as_of(client: httpx.AsyncClient, path: str, when: str, **more: str) -> httpx.Response:
    """A read of the past."""
    return await client.get(path, params={"asOf": when, **more})


@pytest.fixture
async def partner(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    """A client who sees only what names it."""
    async with caller(surface_of(replace(running, actor=replace(running.actor, roles=frozenset({"partner"}))))) as mine:
        yield mine


async def test_a_resource_is_read_as_it_stood(client: httpx.AsyncClient) -> None:
    """Before its creation there is none; after its end, all of its past; the tag is that of the version."""
    before = await moment()
    first = await created(client, rating="cold")
    path = f"{SALES}/salesLead/{first['id']}"
    young = await moment()
    second = (await client.patch(path, json={"rating": "hot"})).json()
    grown = await moment()
    await client.delete(path)
    gone = await moment()
    assert [(await as_of(client, path, when)).status_code for when in (before, gone)] == [404, 404]
    for when, document, tag in ((young, first, '"1"'), (grown, second, '"2"')):
        answer = await as_of(client, path, when)
        assert (answer.status_code, answer.json(), answer.headers["etag"]) == (200, document, tag)
    chosen = await as_of(client, path, young, fields="rating")
    assert chosen.json() == {"id": first["id"], "href": first["href"], "@type": "SalesLead", "rating": "cold"}
    same = await client.get(path, params={"asOf": young}, headers={"if-none-match": '"1"'})
    assert same.status_code == 304


async def test_the_moment_of_an_event_is_after_it(client: httpx.AsyncClient) -> None:
    """As of the time that a timeline tells, the change has happened; a millisecond before, it has not."""
    lead = await created(client)
    await moment()
    await client.patch(f"{SALES}/salesLead/{lead['id']}", json={"rating": "hot"})
    entry = (await client.get(f"/spanco/v1/salesLead/{lead['id']}/history")).json()[1]
    then = datetime.fromisoformat(entry["time"])
    for when, rating in ((then, "hot"), (then - timedelta(milliseconds=1), None)):
        answer = await as_of(client, f"{SALES}/salesLead/{lead['id']}", spell(when))
        assert answer.json().get("rating") == rating


async def test_a_list_is_read_as_it_stood(client: httpx.AsyncClient) -> None:
    """Filters, order, counts and links are those of that moment: what went is back, what came is not there yet."""
    for name in ("a", "b", "c", "d"):
        await created(client, name=name, rating="hot")
    then = await moment()
    leads = (await client.get(f"{SALES}/salesLead", params={"sort": "name"})).json()
    await client.delete(f"{SALES}/salesLead/{leads[0]['id']}")
    await client.patch(f"{SALES}/salesLead/{leads[1]['id']}", json={"name": "z", "rating": "cold"})
    await created(client, name="e", rating="hot")
    page = await as_of(client, f"{SALES}/salesLead", then, sort="-name", limit="3", rating="hot")
    assert (page.status_code, page.headers["x-total-count"]) == (206, "4")
    following = await client.get(page.links["next"]["url"])
    assert [each["name"] for each in page.json() + following.json()] == ["d", "c", "b", "a"]
    assert (await client.get(following.links["prev"]["url"])).json() == page.json()
    assert (await as_of(client, f"{SALES}/salesLead", then)).json() == leads
    assert (await as_of(client, f"{SALES}/salesLead", then, limit="0")).headers["x-total-count"] == "4"
    today = await client.get(f"{SALES}/salesLead", params={"rating": "hot", "sort": "name"})
    assert [each["name"] for each in today.json()] == ["c", "d", "e"]


async def test_the_future_is_the_present(client: httpx.AsyncClient) -> None:
    """For one and for many."""
    lead = await created(client)
    for path, expected in ((f"{SALES}/salesLead/{lead['id']}", lead), (f"{SALES}/salesLead", [lead])):
        assert (await as_of(client, path, "2999-12-31T23:59:59Z")).json() == expected


@pytest.mark.parametrize("day", ["1970-01-01", "0001-01-01T00:00:00Z", "2020-02-29T12:00:00+05:30", "2020-01-01T00:00"])
async def test_a_moment_may_be_a_day_or_have_an_offset(client: httpx.AsyncClient, day: str) -> None:
    """Nothing was there so long ago."""
    lead = await created(client)
    assert (await as_of(client, f"{SALES}/salesLead/{lead['id']}", day)).status_code == 404
    assert (await as_of(client, f"{SALES}/salesLead", day)).json() == []


@pytest.mark.parametrize("query", ["asOf=", "asOf=yesterday", "asOf=2026-02-30", "asOf=%zz", "asOf=2026&asOf=2027"])
async def test_what_is_no_moment_is_refused(client: httpx.AsyncClient, query: str) -> None:
    """400 that names the parameter, never the present instead of the past."""
    lead = await created(client)
    for path in (f"{SALES}/salesLead/{lead['id']}", f"{SALES}/salesLead"):
        answer = await client.get(f"{path}?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "28")
        assert "'asOf'" in answer.json()["message"]


async def test_a_past_that_is_no_longer_kept_is_refused(client: httpx.AsyncClient, running: Running) -> None:
    """With the moment since when it is kept, which itself can be asked for."""
    lead = await created(client)
    edge = datetime(2001, 1, 1, tzinfo=UTC)
    async with running.database.connected() as connection:
        await connection.execute("insert into pruned values ($1)", edge)
    try:
        for path in (f"{SALES}/salesLead/{lead['id']}", f"{SALES}/salesLead"):
            answer = await as_of(client, path, "2000-12-31T23:59:59.999Z")
            assert answer.status_code == 400
            assert "2001-01-01T00:00:00.000Z" in answer.json()["message"]
            assert (await as_of(client, path, spell(edge))).status_code in {200, 404}
    finally:
        async with running.database.connected() as connection:
            await connection.execute("delete from pruned where before = $1", edge)


async def test_who_sees_its_own_sees_what_was_its_own(client: httpx.AsyncClient, partner: httpx.AsyncClient) -> None:
    """The document of that moment decides, in lists and by id; the last one decides about the timeline."""
    lead = await created(client, relatedParty=[{"id": "tester"}])
    path = f"{SALES}/salesLead/{lead['id']}"
    mine = await moment()
    await client.patch(path, json={"relatedParty": [{"id": "another"}]})
    theirs = await moment()
    for when, status, count in ((mine, 200, 1), (theirs, 404, 0)):
        assert (await as_of(partner, path, when)).status_code == status
        assert len((await as_of(partner, f"{SALES}/salesLead", when)).json()) == count
    assert (await partner.get(f"/spanco/v1/salesLead/{lead['id']}/history")).status_code == 404
    await client.patch(path, json={"relatedParty": [{"id": "tester"}]})
    await client.delete(path)
    assert len((await partner.get(f"/spanco/v1/salesLead/{lead['id']}/history")).json()) == 4
    assert (await partner.get(f"/spanco/v1/customer/{lead['id']}/history")).status_code in {403, 404}


async def test_the_past_stands_still_while_others_write(client: httpx.AsyncClient) -> None:
    """Lists and reads of a moment are the same before, during and after a hundred changes."""
    leads = [await created(client, name=f"Lead {number}") for number in range(8)]
    then = await moment()
    stop = asyncio.Event()

    async def disturb(number: int) -> int:
        count = 0
        while not stop.is_set():
            lead = leads[(number + count) % len(leads)]
            await client.patch(f"{SALES}/salesLead/{lead['id']}", json={"name": f"{number} {count}"})
            passing = await created(client, name="passing")
            await client.delete(f"{SALES}/salesLead/{passing['id']}")
            count += 1
        return count

    writers = [asyncio.create_task(disturb(number)) for number in range(4)]
    for _ in range(25):
        listed, one = await asyncio.gather(
            as_of(client, f"{SALES}/salesLead", then, sort="name"),
            as_of(client, f"{SALES}/salesLead/{leads[3]['id']}", then),
        )
        assert listed.json() == leads
        assert one.json() == leads[3]
    stop.set()
    assert sum(await asyncio.gather(*writers)) >= 20


@needs_files
async def test_what_is_nested_has_the_past_of_its_place(client: httpx.AsyncClient) -> None:
    """Below a parent that was not there yet there is nothing; below another one neither."""
    flows = "/tmf-api/processFlowManagement/v4/processFlow"
    before = await moment()
    mine, other = [(await created(client, flows, processFlowSpecification="x"))["id"] for _ in range(2)]
    task = await created(client, f"{flows}/{mine}/taskFlow")
    then = await moment()
    await client.patch(f"{flows}/{mine}/taskFlow/{task['id']}", json={"name": "later"})
    await client.delete(f"{flows}/{mine}")
    path = f"{flows}/{mine}/taskFlow"
    assert (await client.get(path)).status_code == 404
    assert (await as_of(client, path, before)).status_code == 404
    assert (await as_of(client, path, then)).json() == [task]
    assert (await as_of(client, f"{path}/{task['id']}", then)).json() == task
    assert (await as_of(client, f"{flows}/{other}/taskFlow", then)).json() == []
    assert (await as_of(client, f"{flows}/{other}/taskFlow/{task['id']}", then)).status_code == 404
    kind = "processFlowManagement.processFlow.taskFlow"
    entries = (await client.get(f"/spanco/v1/{kind}/{task['id']}/history")).json()
    assert [each["action"] for each in entries] == ["create", "change"]


async def test_what_has_no_log_has_no_past(client: httpx.AsyncClient) -> None:
    """Of what is only looked at through a window of the store, the present is never told for the past."""
    for path in ("delivery", "delivery/1"):
        answer = await client.get(f"/spanco/v1/{path}?asOf=2026-01-01")
        assert answer.status_code == 400
        assert "'asOf'" in answer.json()["message"]


async def test_the_timeline_tells_who_when_what_and_why(client: httpx.AsyncClient) -> None:
    """Old and new value of each attribute; one entry for a change that raised two events; also after the end."""
    lead = await created(client, note=[{"text": "a"}], estimatedRevenue={"value": 10, "unit": "EUR"})
    path = f"{SALES}/salesLead/{lead['id']}"
    change = b'{"rating": "hot", "note": null, "estimatedRevenue": {"value": 10.50}}'
    await client.patch(path, content=change, headers={"content-type": "application/json", "x-request-id": "call-7"})
    await client.patch(path, json={"status": "inProgress", "name": "Renamed"})
    await client.delete(path)
    answer = await client.get(f"/spanco/v1/salesLead/{lead['id']}/history")
    first, second, third, last = answer.json()
    assert (answer.status_code, answer.headers["x-total-count"], answer.headers["x-result-count"]) == (200, "4", "4")
    assert first.keys() == {"version", "time", "action", "actor", "cause", "eventType", "eventId"} == last.keys()
    assert (first["version"], first["action"], first["actor"], first["cause"]) == (
        *(1, "create", "tester"),
        {"kind": "request"},
    )
    assert (first["time"], first["eventType"]) == (lead["creationDate"], ["SalesLeadCreateEvent"])
    assert (second["action"], second["correlationId"]) == ("change", "call-7")
    assert second["change"] == [
        {"path": "estimatedRevenue.value", "from": 10, "to": 10.5},
        {"path": "note", "from": [{"text": "a"}]},
        {"path": "rating", "to": "hot"},
    ]
    assert b'"to":10.50' in answer.content
    assert third["eventType"] == ["SalesLeadAttributeValueChangeEvent", "SalesLeadStateChangeEvent"]
    assert len(set(third["eventId"])) == 2
    assert third["change"] == [
        {"path": "name", "from": "A lead", "to": "Renamed"},
        {"path": "status", "from": "acknowledged", "to": "inProgress"},
    ]
    assert (last["version"], last["action"], last["eventType"]) == (4, "delete", ["SalesLeadDeleteEvent"])
    assert (await client.get(f"/spanco/v1/sales.salesLead/{lead['id']}/history/")).content == answer.content


async def test_a_timeline_has_pages_like_a_list(client: httpx.AsyncClient) -> None:
    """By offset and by the cursors of its links, forwards and backwards; tagged, and for HEAD too."""
    lead = await created(client)
    for number in range(6):
        await client.patch(f"{SALES}/salesLead/{lead['id']}", json={"name": f"Name {number}"})
    path = f"/spanco/v1/salesLead/{lead['id']}/history"

    def versions(answer: httpx.Response) -> list[int]:
        return [each["version"] for each in answer.json()]

    page = await client.get(path, params={"limit": "3"})
    pages, forwards = [page], []
    while "next" in page.links:
        page = await client.get(page.links["next"]["url"])
        pages.append(page)
    forwards = [versions(each) for each in pages]
    assert forwards == [[1, 2, 3], [4, 5, 6], [7]]
    assert {each.status_code for each in pages} == {206}
    backwards = []
    while "prev" in page.links:
        page = await client.get(page.links["prev"]["url"])
        backwards.append(versions(page))
    assert backwards == [[4, 5, 6], [1, 2, 3]]
    assert versions(await client.get(pages[0].links["last"]["url"])) == [7]
    assert versions(await client.get(path, params={"offset": "5"})) == [6, 7]
    assert versions(await client.get(path, params={"offset": "50"})) == []
    none = await client.get(path, params={"limit": "0"})
    assert (none.json(), none.headers["x-total-count"]) == ([], "7")
    head = await client.head(path)
    assert (head.status_code, head.content, head.headers["x-total-count"]) == (200, b"", "7")
    assert (await client.get(path, headers={"if-none-match": head.headers["etag"]})).status_code == 304


async def test_a_timeline_takes_nothing_but_pages(client: httpx.AsyncClient) -> None:
    """A filter or a cursor of another list is refused, not passed over."""
    path = f"/spanco/v1/salesLead/{(await created(client))['id']}/history"
    await created(client)
    cursor = (await client.get(f"{SALES}/salesLead", params={"limit": "1"})).links["next"]["url"].split("after=")[1]
    for query in ("rating=hot", "filter=note", "sort=time", "fields=time", "asOf=2026-01-01", f"after={cursor}"):
        answer = await client.get(f"{path}?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "28"), query
    posted = await client.post(path, json={})
    assert (posted.status_code, posted.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert (await client.options(path)).status_code == 204
    assert (await client.get(path, headers={"accept": "text/html"})).status_code == 406


async def test_a_record_that_never_was_has_no_timeline(client: httpx.AsyncClient, system: Running) -> None:
    """Nor has one of another tenant, or of a resource that is not served."""
    lead = await created(client)
    paths = [f"salesLead/{clock.new_id()}", f"salesOpportunity/{lead['id']}", f"nothing/{lead['id']}", "salesLead/%00"]
    for path in paths:
        assert (await client.get(f"/spanco/v1/{path}/history")).status_code == 404
    other = replace(system, actor=replace(system.actor, tenant=clock.new_id()))
    async with caller(surface_of(other)) as stranger:
        assert (await stranger.get(f"/spanco/v1/salesLead/{lead['id']}/history")).status_code == 404


async def test_a_record_whose_changes_are_no_longer_kept_has_an_empty_timeline(running: Running) -> None:
    """It is there, and nothing is told of it."""
    async with caller(surface_of(running, LIMITS)) as client:
        lead = await created(client)
        async with running.database.connected() as connection:
            await connection.execute("delete from event where resource_id = $1", lead["id"])
        answer = await client.get(f"/spanco/v1/salesLead/{lead['id']}/history")
    assert (answer.status_code, answer.json(), answer.headers["x-total-count"]) == (200, [], "0")


async def test_a_hub_has_a_timeline(client: httpx.AsyncClient) -> None:
    """Who subscribed, and who ended it; every API has hubs, so its kind is written."""
    made = await client.post(f"{SALES}/hub", json={"callback": "http://127.0.0.1:9/listener"})
    await client.delete(f"{SALES}/hub/{made.json()['id']}")
    told = await client.get(f"/spanco/v1/sales.hub/{made.json()['id']}/history")
    assert [(each["version"], each["action"], each["actor"]) for each in told.json()] == [
        (1, "create", "tester"),
        (2, "delete", "tester"),
    ]


def test_a_name_that_several_apis_have_does_not_say_which() -> None:
    """The kinds do; and below a resource that stands there itself, its own history is meant."""
    operations = {"get": {"responses": {"200": {"schema": {"type": "object"}}}}}

    def api(base: str) -> Api:
        return load({"basePath": base, "definitions": {}, "paths": {"/thing": operations, f"{base}Only": operations}})

    one, two, here = api("/one"), api("/two"), api("/spanco/v1")
    records = Records([one, two])
    with pytest.raises(NoSuchPath, match=r"one\.thing, two\.thing"):
        records.at("/spanco/v1/thing/5/history")
    assert records.at("/spanco/v1/two.thing/5/history") == (two, two.resources["thing"], "5", None)
    assert records.at("/spanco/v1/twoOnly/5/history") == (two, two.resources["twoOnly"], "5", None)
    assert Records([one, two, here]).at("/spanco/v1/thing/5/history/") == (here, here.resources["thing"], "5", None)
    for path in ("/spanco/v1/other/5/history", "/spanco/v2/thing/5/history", "/spanco/v1/thing/5/6/history", "/"):
        assert records.at(path) is None
