"""Taking merged records apart over HTTP: what comes back, and what stays as somebody changed it since."""

from dataclasses import replace

import httpx

from spanco import clock
from spanco.app import Running
from spanco.store import keeping
from tests.rest.merging import ANN, BEN, LEADS, MERGES, OPPORTUNITIES, changed, history, made, merged, read, undo
from tests.system import caller, surface_of


async def test_everything_comes_back(client: httpx.AsyncClient) -> None:
    """Byte by byte: the survivor, the others, what referred to them; their versions go on."""
    kept, gone, third = await made(client), await made(client, name="B", rating="hot"), await made(client, name="C")
    await changed(client, f"{LEADS}/{gone['id']}", description="1.10", estimatedRevenue={"unit": "EUR", "value": 1.10})
    other = await made(client, OPPORTUNITIES, salesLead=[{"id": gone["id"]}, {"id": third["id"]}, {"id": kept["id"]}])
    paths = [f"{LEADS}/{each['id']}" for each in (kept, gone, third)] + [f"{OPPORTUNITIES}/{other['id']}"]
    before = [await client.get(path) for path in paths]
    merge = await merged(client, kept, gone, third)
    assert (await read(client, paths[3]))["salesLead"] == [{"id": kept["id"]}]
    answer = await undo(client, merge, statusChangeReason="Two people")
    assert answer.status_code == 200, answer.text
    assert answer.json()["movedBack"] == [{"kind": "sales.salesOpportunity", "count": 1}]
    assert (answer.json()["undoneBy"], answer.json()["status"]) == ("tester", "undone")
    after = [await client.get(path) for path in paths]
    assert [each.content for each in after] == [each.content for each in before]
    assert [each.headers["etag"] for each in after] == ['"3"', '"4"', '"3"', '"3"']
    timeline = await history(client, "salesLead", gone["id"])
    assert [each["version"] for each in timeline] == [1, 2, 3, 4]
    assert timeline[-1]["cause"] == {"kind": "unmerge", "merge": merge["id"]}
    assert timeline[-1]["eventType"] == ["SalesLeadCreateEvent"]
    told = [each["eventType"] for each in await history(client, "merge", merge["id"])]
    assert told == [["MergeCreateEvent"], ["MergeStateChangeEvent"]]
    again = await undo(client, merge)
    assert (again.status_code, again.json()["undoneBy"]) == (200, "tester")
    assert (await client.patch(f"{MERGES}/{merge['id']}", json={"status": "done"})).status_code == 409


async def test_what_came_later_stays_unless_it_is_what_the_merge_did(client: httpx.AsyncClient) -> None:
    """Other attributes and elements stay; the same attribute is refused by its path, or kept on demand."""
    kept, gone = await made(client, relatedParty=[ANN]), await made(client, rating="hot", relatedParty=[BEN])
    other = await made(client, OPPORTUNITIES, salesLead=[{"id": gone["id"]}])
    merge = await merged(client, kept, gone)
    new = {"id": "9", "role": "owner"}
    path = f"{LEADS}/{kept['id']}"
    await changed(client, path, description="later", relatedParty=[ANN, BEN, new], rating="warm")
    await changed(client, f"{OPPORTUNITIES}/{other['id']}", salesLead=[{"id": kept["id"]}, {"id": "x"}], name="later")
    answer = await undo(client, merge)
    assert answer.status_code == 409
    assert "changed since in: rating." in answer.json()["message"]
    assert (await client.get(f"{LEADS}/{gone['id']}")).status_code == 301
    assert (await undo(client, merge, laterChanges="keep")).status_code == 200
    result = await read(client, path)
    assert result == {**kept, "description": "later", "relatedParty": [ANN, new], "rating": "warm"}
    assert await read(client, f"{LEADS}/{gone['id']}") == gone
    left = await read(client, f"{OPPORTUNITIES}/{other['id']}")
    assert (left["salesLead"], left["name"]) == ([{"id": "x"}, {"id": gone["id"]}], "later")


async def test_a_survivor_that_was_deleted_stays_deleted(client: httpx.AsyncClient) -> None:
    """The others can be brought back all the same; a referrer that is gone is gone."""
    kept, gone = await made(client), await made(client)
    other = await made(client, OPPORTUNITIES, salesLead=[{"id": gone["id"]}])
    merge = await merged(client, kept, gone)
    for path in (f"{LEADS}/{kept['id']}", f"{OPPORTUNITIES}/{other['id']}"):
        assert (await client.delete(path)).status_code == 204
    answer = await undo(client, merge)
    assert (answer.status_code, "deleted since" in answer.json()["message"]) == (409, True)
    answer = await undo(client, merge, laterChanges="keep")
    assert (answer.status_code, answer.json()["movedBack"]) == (200, [])
    assert await read(client, f"{LEADS}/{gone['id']}") == gone
    assert (await client.get(f"{LEADS}/{kept['id']}")).status_code == 404


async def test_what_comes_back_does_not_lead_to_what_was_merged_away_since(client: httpx.AsyncClient) -> None:
    """An opportunity that was merged away while its lead was merged too comes back with the lead that is there."""
    lead, twin = await made(client), await made(client, name="Twin")
    left, right = await made(client, OPPORTUNITIES), await made(client, OPPORTUNITIES, salesLead=[{"id": lead["id"]}])
    merge = await merged(client, left, right, kind="salesOpportunity")
    await merged(client, twin, lead)
    assert (await undo(client, merge)).status_code == 200
    assert (await read(client, f"{OPPORTUNITIES}/{right['id']}"))["salesLead"] == [{"id": twin["id"]}]


async def test_after_its_time_a_merge_stands(client: httpx.AsyncClient, running: Running) -> None:
    """And what it would have taken to undo it is forgotten."""
    kept, gone = await made(client), await made(client)
    merge = await merged(client, kept, gone)
    async with running.database.connected() as connection:
        await connection.execute(
            "update merge_image set until = now() - interval '1 day' where tenant = $1", running.actor.tenant
        )
        await keeping.forget_images(connection, clock.now())
        left = await connection.fetchval("select count(*) from merge_image where tenant = $1", running.actor.tenant)
    assert left == 0
    answer = await undo(client, merge)
    assert (answer.status_code, "now it stands" in answer.json()["message"]) == (409, True)
    never = replace(running, settings=running.settings.model_copy(update={"unmerge_days": 0}))
    async with caller(surface_of(never)) as strict:
        third = await made(strict)
        answer = await undo(strict, await merged(strict, kept, third))
        assert answer.status_code == 409
