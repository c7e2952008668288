"""Merging over HTTP: what becomes of records that are one, what moves, and where their ids lead."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from spanco import clock
from spanco.app import Running
from spanco.operations import Draft, Known, create
from spanco.work import Cause
from tests.rest.merging import (
    ANN,
    BEN,
    LEADS,
    MERGES,
    OPPORTUNITIES,
    TSM,
    changed,
    history,
    made,
    merged,
    order,
    read,
    refused,
    undo,
)
from tests.system import caller, surface_of


async def test_records_become_one(client: httpx.AsyncClient) -> None:
    """The survivor gets what it lacks, the other's id leads to it, references move, lists show one; all is told."""
    kept = await made(client, relatedParty=[ANN])
    gone = await made(client, name="B", rating="hot", relatedParty=[ANN, BEN])
    other = await made(client, OPPORTUNITIES, salesLead=[{"id": gone["id"], "name": "B"}])
    item = await made(client, OPPORTUNITIES, salesOpportunityItem=[{"salesLead": [{"id": gone["id"]}]}])
    merge = await merged(client, kept, gone)
    assert merge["kind"] == "sales.salesLead"
    assert (merge["survivor"], merge["loser"]) == ({"id": kept["id"]}, [{"id": gone["id"]}])
    assert merge["moved"] == [{"kind": "sales.salesOpportunity", "count": 2}]
    assert {each["attribute"]: each["from"] for each in merge["taken"]} == {
        "relatedParty": [kept["id"], gone["id"]],
        "rating": [gone["id"]],
    }
    assert (merge["status"], merge["mergedBy"]) == ("done", "tester")
    assert await read(client, f"{LEADS}/{kept['id']}") == {**kept, "rating": "hot", "relatedParty": [ANN, BEN]}
    assert (await read(client, f"{OPPORTUNITIES}/{other['id']}"))["salesLead"] == [{"id": kept["id"], "name": "A lead"}]
    items = (await read(client, f"{OPPORTUNITIES}/{item['id']}"))["salesOpportunityItem"]
    assert items[0]["salesLead"] == [{"id": kept["id"]}]
    assert [each["id"] for each in await read(client, LEADS)] == [kept["id"]]
    assert await read(client, f"{MERGES}/{merge['id']}") == merge
    for name, id_, last in (
        ("salesLead", kept["id"], "SalesLeadAttributeValueChangeEvent"),
        ("salesLead", gone["id"], "SalesLeadDeleteEvent"),
        ("salesOpportunity", other["id"], "SalesOpportunityAttributeValueChangeEvent"),
    ):
        entry = (await history(client, name, id_))[-1]
        assert (entry["eventType"], entry["actor"]) == ([last], "tester")
        assert entry["cause"] == {"kind": "merge", "merge": merge["id"]}
    assert [each["eventType"] for each in await history(client, "merge", merge["id"])] == [["MergeCreateEvent"]]


async def test_a_merge_holds_nothing_of_what_records_say(client: httpx.AsyncClient, running: Running) -> None:
    """Neither in its document nor in its event: what was before stands in a table of its own."""
    kept, gone = await made(client, name="Canary One"), await made(client, name="Canary Two", description="Canary")
    merge = await merged(client, kept, gone)
    assert "Canary" not in str(merge)
    async with running.database.connected() as connection:
        told = await connection.fetch(
            "select after::text from event where tenant = $1 and kind = 'spanco.merge'", running.actor.tenant
        )
        images = await connection.fetchval(
            "select count(*) from merge_image where tenant = $1 and before::text like '%Canary%'", running.actor.tenant
        )
    assert len(told) == 1
    assert "Canary" not in told[0]["after"]
    assert images == 2


async def test_a_dry_run_tells_what_a_run_does_and_stores_nothing(client: httpx.AsyncClient) -> None:
    """The same but for what there is only once it is done; the survivor as it would be."""
    kept, gone = await made(client), await made(client, rating="hot")
    other = await made(client, OPPORTUNITIES, salesLead=[{"id": gone["id"]}])
    answer = await client.post(MERGES, json=order(kept, gone, dryRun=True))
    assert answer.status_code == 200
    told = answer.json()
    assert await read(client, MERGES) == []
    assert await read(client, f"{LEADS}/{gone['id']}") == gone
    assert await read(client, f"{LEADS}/{kept['id']}") == kept
    assert await read(client, f"{OPPORTUNITIES}/{other['id']}") == other
    assert len(await history(client, "salesLead", kept["id"])) == 1
    merge = await merged(client, kept, gone)
    result = await read(client, f"{LEADS}/{kept['id']}")
    assert told.pop("result") == {name: value for name, value in result.items() if name != "href"}
    assert told.pop("dryRun") is True
    moments = {"createdAt", "statusChangeDate"}
    assert {name: value for name, value in told.items() if name not in moments}.items() <= merge.items()


async def test_an_old_id_leads_to_the_survivor_of_the_survivor(client: httpx.AsyncClient) -> None:
    """301 with what was asked for, kept by nobody; changes are refused and say where to go; deleted is deleted."""
    first, second, third = [await made(client, name=name) for name in "abc"]
    one = await merged(client, second, first)
    two = await merged(client, third, second)
    for gone in (first, second):
        answer = await client.get(f"{LEADS}/{gone['id']}?fields=name")
        assert answer.status_code == 301
        assert answer.headers["location"].endswith(f"{LEADS}/{third['id']}?fields=name")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json()["status"] == "301"
        assert (await client.head(f"{LEADS}/{gone['id']}")).status_code == 301
        followed = await client.get(f"{LEADS}/{gone['id']}?fields=name", follow_redirects=True)
        assert (followed.status_code, followed.json()["name"]) == (200, "c")
        for method in ("PATCH", "DELETE"):
            refusal = await client.request(method, f"{LEADS}/{gone['id']}", json={"name": "x"})
            assert refusal.status_code == 409
            assert third["id"] in refusal.json()["message"]
    stuck = await undo(client, one)
    assert stuck.status_code == 409
    assert "undo that merge first" in stuck.json()["message"]
    assert (await undo(client, two)).status_code == 200
    assert (await client.get(f"{LEADS}/{first['id']}")).headers["location"].endswith(second["id"])
    assert (await undo(client, one)).status_code == 200
    assert await read(client, f"{LEADS}/{first['id']}") == first
    await merged(client, third, first)
    assert (await client.delete(f"{LEADS}/{third['id']}")).status_code == 204
    assert (await client.get(f"{LEADS}/{first['id']}")).status_code == 404


async def test_the_other_face_of_a_lead_leads_there_too(client: httpx.AsyncClient) -> None:
    """Both tell the same of an old id, and of a survivor with what tSM alone knew of the other; so both come back."""
    faced = {"leadType": "newCustomer", "leadRating": "warm", "leadSource": "fair"}
    lead = {"name": "A", "status": "NEW", "partyName": "Hafen", "key": "K1", "chars": {"size": 1}, **faced}
    later = {**lead, "status": "LATER", "laterUntil": "2999-01-01T00:00:00.000Z", "key": "K2", "chars": {"fit": 2}}
    kept, gone = await made(client, TSM, **lead), await made(client, TSM, **later, dataTags=["vip"])
    before = [(await client.get(f"{path}/{gone['id']}")).content for path in (TSM, LEADS)]
    merge = await merged(client, kept, gone)
    for path in (TSM, LEADS):
        for method, status in (("GET", 301), ("HEAD", 301), ("PATCH", 409), ("DELETE", 409)):
            answer = await client.request(method, f"{path}/{gone['id']}", json={"description": "x"})
            assert answer.status_code == status
            assert answer.headers.get("location", "").endswith(f"{path}/{kept['id']}" if status == 301 else "")
    result = await read(client, f"{TSM}/{kept['id']}")
    assert result == {**kept, "chars": {"size": 1, "fit": 2}, "dataTags": ["vip"]}
    assert [each["id"] for each in await read(client, TSM)] == [kept["id"]]
    assert (await undo(client, merge)).status_code == 200
    assert [(await client.get(f"{path}/{gone['id']}")).content for path in (TSM, LEADS)] == before
    assert await read(client, f"{TSM}/{kept['id']}") == kept


async def test_the_past_of_what_is_gone_is_still_there(client: httpx.AsyncClient) -> None:
    """As it stood before the merge; at a moment before it was there it is not led elsewhere."""
    kept, gone = await made(client), await made(client, name="B")
    moment = clock.now().isoformat().replace("+00:00", "Z")
    await asyncio.sleep(0.005)
    await merged(client, kept, gone)
    path = f"{LEADS}/{gone['id']}"
    assert await read(client, f"{path}?asOf={moment}") == gone
    assert (await client.get(f"{path}?asOf=2026-01-01")).status_code == 404
    later = await client.get(f"{path}?asOf=2999-01-01")
    assert later.headers["location"].endswith("?asOf=2999-01-01")
    assert [each["action"] for each in await history(client, "salesLead", gone["id"])] == ["create", "delete"]
    listed = await read(client, f"{LEADS}?asOf={moment}")
    assert {each["id"] for each in listed} == {kept["id"], gone["id"]}


async def test_a_choice_and_a_policy_decide(client: httpx.AsyncClient) -> None:
    """By attribute; a state too, as far as the lifecycle lets it."""
    kept = await made(client, rating="cold", description="old")
    gone = await made(client, name="B", rating="hot", description="new")
    await changed(client, f"{LEADS}/{gone['id']}", status="inProgress")
    choice = [{"attribute": "status", "from": gone["id"]}, {"attribute": "description", "from": kept["id"]}]
    await merged(client, kept, gone, policy="newest", choice=choice)
    result = await read(client, f"{LEADS}/{kept['id']}")
    assert (result["name"], result["rating"], result["description"]) == ("B", "hot", "old")
    assert result["status"] == "inProgress"
    third = await made(client)
    await changed(client, f"{LEADS}/{third['id']}", status="cancelled")
    wish = [{"attribute": "status", "from": third["id"]}]
    assert "cannot move" in await refused(client, 409, kept, third, choice=wish)


async def test_opportunities_are_merged_as_leads_are(client: httpx.AsyncClient) -> None:
    """Their items are numbered anew where they would have the same number; leads that were converted follow."""
    left = await made(client, OPPORTUNITIES, salesOpportunityItem=[{"action": "add"}])
    right = await made(client, OPPORTUNITIES, salesOpportunityItem=[{"action": "modify"}])
    lead = await made(client, salesOpportunity={"id": right["id"]})
    apart = await made(client, salesOpportunity={"id": left["id"]})
    assert "converted apart" in await refused(client, 409, lead, apart)
    merge = await merged(client, left, right, kind="sales.salesOpportunity")
    result = await read(client, f"{OPPORTUNITIES}/{left['id']}")
    assert [(each["id"], each["action"]) for each in result["salesOpportunityItem"]] == [
        ("100", "add"),
        ("200", "modify"),
    ]
    assert (await read(client, f"{LEADS}/{lead['id']}"))["salesOpportunity"] == {"id": left["id"]}
    assert (await client.get(f"{OPPORTUNITIES}/{right['id']}")).status_code == 301
    second = await merged(client, lead, apart)
    for each in (second, merge):
        assert (await undo(client, each)).status_code == 200
    for path, document in ((OPPORTUNITIES, left), (OPPORTUNITIES, right), (LEADS, lead), (LEADS, apart)):
        assert await read(client, f"{path}/{document['id']}") == document


async def test_a_second_import_finds_the_survivor(client: httpx.AsyncClient, running: Running) -> None:
    """A row whose lead was merged away is known, as what that became."""
    resource = running.resource("sales", "salesLead")
    async with running.work(running.actor, Cause("import")) as work:
        drafts = [Draft({"name": name}, origin=("fair", name)) for name in ("one", "two")]
        one, two = await create(work, resource, drafts, historic=True)
    merge = await merged(client, one.id, two.id)  # type: ignore[union-attr]  # both were created
    async with running.work(running.actor, Cause("import")) as work:
        assert await create(work, resource, drafts, historic=True) == [Known(one.id)] * 2  # type: ignore[union-attr]
    assert (await undo(client, merge)).status_code == 200
    async with running.work(running.actor, Cause("import")) as work:
        known = await create(work, resource, drafts, historic=True)
    assert known == [Known(one.id), Known(two.id)]  # type: ignore[union-attr]


@pytest.fixture
async def others(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the same tenant."""
    async with caller(surface_of(running)) as opened:
        yield opened


async def test_what_is_told_of_a_merge_can_be_asked_for(client: httpx.AsyncClient, others: httpx.AsyncClient) -> None:
    """Merges are listed and filtered as everything else; nobody deletes or posts several at once."""
    kept, gone = await made(client), await made(client)
    merge = await merged(client, kept, gone)
    assert [each["id"] for each in await read(others, f"{MERGES}?status=done")] == [merge["id"]]
    assert [each["id"] for each in await read(others, f"{MERGES}?loser.id={gone['id']}")] == [merge["id"]]
    assert (await client.delete(f"{MERGES}/{merge['id']}")).status_code == 405
    assert (await client.patch(MERGES, json=[])).status_code == 405
    assert (await client.patch(f"{MERGES}/{merge['id']}", json={"survivor": {"id": "x"}})).status_code == 400
    noted = await changed(client, f"{MERGES}/{merge['id']}", statusChangeReason="Seen")
    assert noted["status"] == "done"
