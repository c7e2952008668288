"""Merges that are refused, made again, or made at once: what nobody may lose."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import httpx
import pytest

from spanco import clock
from spanco.access.actor import Actor
from spanco.access.grants import Grant
from spanco.access.policy import Policy
from spanco.app import Running
from spanco.rest.routes import Surface
from tests.rest.merging import (
    LEADS,
    MERGES,
    NO_ID,
    OPPORTUNITIES,
    changed,
    made,
    merged,
    order,
    read,
    refused,
    undo,
)
from tests.system import caller, surface_of

MERGING = """
    select pid from pg_locks where locktype = 'advisory' and granted and pid <> pg_backend_pid()
    and database = (select oid from pg_database where datname = current_database())
"""


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "required"),
        ({"kind": "salesLead", "survivor": {"id": "a"}, "loser": []}, "loser"),
        ({"kind": "salesLead", "survivor": {"id": "a"}, "loser": [{"id": "a"}]}, "is the survivor"),
        ({"kind": "salesLead", "survivor": {"id": "a"}, "loser": [{"id": "b"}, {"id": "b"}]}, "named twice"),
        ({"kind": "hub", "survivor": {"id": "a"}, "loser": [{"id": "b"}]}, "what can be merged"),
        ({"kind": "salesLead", "survivor": {"id": "a"}, "loser": [{"id": str(each)} for each in range(26)]}, "loser"),
        ({"kind": "salesLead", "survivor": {"id": "a"}, "loser": [{"id": "b"}], "policy": "best"}, "policy"),
        ({"kind": "salesLead", "survivor": {"id": "a"}, "loser": [{"id": "b"}], "choice": [{"from": "a"}]}, "choice"),
        ([], "object"),
    ],
)
async def test_an_order_that_makes_no_sense_is_refused(client: httpx.AsyncClient, body: Any, sentence: str) -> None:
    """400, and nothing is stored."""
    answer = await client.post(MERGES, json=body)
    assert (answer.status_code, sentence in answer.text) == (400, True), answer.text
    assert await read(client, MERGES) == []


async def test_a_choice_of_nobody_is_refused(client: httpx.AsyncClient) -> None:
    """Of a record that is not merged, of what the server sets, of what nobody has."""
    kept, gone = await made(client), await made(client)
    for attribute, source in (("name", NO_ID), ("creationDate", gone["id"]), ("type", gone["id"])):
        choice = [{"attribute": attribute, "from": source}]
        assert await refused(client, 400, kept, gone, choice=choice)


async def test_records_that_are_not_there_are_named(client: httpx.AsyncClient, running: Running) -> None:
    """Those of another tenant are not there."""
    kept, gone = await made(client), await made(client)
    assert f"'{NO_ID}'" in await refused(client, 404, kept, gone, NO_ID)
    assert f"'{NO_ID}'" in await refused(client, 404, NO_ID, gone)
    stranger = replace(running, actor=Actor(f"t-{clock.new_id()}", "tester", frozenset({"admin"})))
    async with caller(surface_of(stranger)) as other:
        theirs = await made(other)
        assert gone["id"] in await refused(other, 404, theirs, gone)
        merge = await merged(client, kept, gone)
        assert (await undo(other, merge)).status_code == 404
        assert (await other.get(f"{LEADS}/{gone['id']}")).status_code == 404
    third = await made(client)
    assert kept["id"] in await refused(client, 409, third, gone)
    assert kept["id"] in await refused(client, 409, gone, third)


async def test_a_record_can_be_held_to_a_version(client: httpx.AsyncClient) -> None:
    """412 when it was changed since; the version is not kept."""
    kept, gone = await made(client), await made(client)
    body = order(kept, gone)
    body["loser"][0]["version"] = 2
    assert (await client.post(MERGES, json=body)).status_code == 412
    body["loser"][0]["version"] = 1
    body["survivor"]["version"] = 1
    answer = await client.post(MERGES, json=body)
    assert (answer.status_code, answer.json()["survivor"]) == (201, {"id": kept["id"]})


async def test_who_may_not_change_them_all_may_not_merge_them(client: httpx.AsyncClient, running: Running) -> None:
    """403 without the right, 404 for records that are not seen; and an old id tells nobody of what he may not see."""
    mine = [await made(client, relatedParty=[{"id": "pat", "role": "seller"}]) for _ in range(2)]
    foreign = await made(client)
    for role, status in (("sales", 201), ("partner", 403), ("auditor", 403)):
        kept, gone = await made(client), await made(client)
        somebody = replace(running, actor=Actor(running.actor.tenant, "pat", frozenset({role})))
        async with caller(surface_of(somebody)) as api:
            assert (await api.post(MERGES, json=order(kept, gone))).status_code == status
    grants = [
        Grant("own", ("sales.*",), ("read", "update"), sees="own"),
        Grant("own", ("spanco.merge",), ("read", "create", "update")),
    ]
    pat = replace(running, actor=Actor(running.actor.tenant, "pat", frozenset({"own"})), policy=Policy(grants))
    async with caller(surface_of(pat)) as api:
        assert foreign["id"] in await refused(api, 404, mine[0], foreign)
        merge = await merged(api, *mine)
        assert (await api.get(f"{LEADS}/{mine[1]['id']}")).status_code == 301
        assert (await undo(api, merge)).status_code == 200
        hidden = await merged(client, foreign, mine[1], choice=[{"attribute": "relatedParty", "from": foreign["id"]}])
        assert (await api.get(f"{LEADS}/{mine[1]['id']}")).status_code == 404
        assert foreign["id"] not in await refused(api, 404, *mine)
        assert (await undo(api, hidden)).status_code == 404
        pair = [await made(client, relatedParty=[{"id": "pat", "role": "seller"}]) for _ in range(2)]
        given_away = await merged(api, *pair)
        await changed(client, f"{LEADS}/{pair[0]['id']}", relatedParty=[{"id": "kim", "role": "seller"}])
        assert (await undo(api, given_away, laterChanges="keep")).status_code == 404


async def test_won_records_survive(client: httpx.AsyncClient) -> None:
    """What was won is not lost in what is open."""
    kept, gone = await made(client), await made(client)
    for status in ("inProgress", "accepted"):
        await changed(client, f"{LEADS}/{gone['id']}", status=status)
    assert "make" in await refused(client, 409, kept, gone)
    await merged(client, gone, kept)


async def test_a_merge_that_is_cut_off_leaves_nothing(client: httpx.AsyncClient, running: Running) -> None:
    """Whenever its connection ends: the records, what refers to them and the merge itself are as before; then again."""
    kept, gone = await made(client), await made(client)
    referring = [{"name": "An opportunity", "salesLead": [{"id": gone["id"]}]}] * 300
    assert (await client.post(OPPORTUNITIES, json=referring)).status_code == 201
    paths = [f"{LEADS}/{kept['id']}", f"{LEADS}/{gone['id']}", f"{OPPORTUNITIES}?limit=500", MERGES]
    before = [(await client.get(path)).content for path in paths]
    for wait in (0.0, 0.02, 0.08):
        merging = asyncio.create_task(client.post(MERGES, json=order(kept, gone)))
        await _cut_off(running, wait)
        assert (await merging).status_code == 503
        assert [(await client.get(path)).content for path in paths] == before
    assert (await merged(client, kept, gone))["moved"] == [{"kind": "sales.salesOpportunity", "count": 300}]


async def _cut_off(running: Running, wait: float) -> None:
    """End the connection of the one merge that is under way, so many seconds after it began."""
    async with running.database.connected() as connection:
        async with asyncio.timeout(10):
            while not (found := await connection.fetch(MERGING)):  # noqa: ASYNC110 - the database rings no bell
                await asyncio.sleep(0)
        await asyncio.sleep(wait)
        for each in found:
            await connection.execute("select pg_terminate_backend($1)", each["pid"])


async def test_merges_that_cross_end_in_one_order(surface: Surface) -> None:
    """Each is done or refused; nothing hangs, no id leads in a circle."""
    async with caller(surface) as client:
        for _ in range(6):
            ids = [(await made(client))["id"] for _ in range(4)]
            a, b, c, d = ids
            await made(client, OPPORTUNITIES, salesLead=[{"id": each} for each in ids])
            orders = [order(a, b), order(b, a), order(b, c), order(c, d, a), order(d, b), order(a, d)]
            answers = await asyncio.gather(*(client.post(MERGES, json=each) for each in orders))
            statuses = Counter(each.status_code for each in answers)
            assert set(statuses) <= {201, 409}, [each.text for each in answers]
            assert statuses[201] >= 1
            for each in ids:
                found = await client.get(f"{LEADS}/{each}", follow_redirects=True)
                assert found.status_code == 200


async def test_merges_and_unmerges_at_once_do_not_hang(client: httpx.AsyncClient) -> None:
    """Of leads and of the opportunities that refer to them, with patches in between."""
    for _ in range(4):
        leads = [await made(client) for _ in range(3)]
        opportunities = [await made(client, OPPORTUNITIES, salesLead=[{"id": each["id"]}]) for each in leads]
        for lead, opportunity in zip(leads[:1], opportunities[:1], strict=True):
            await changed(client, f"{LEADS}/{lead['id']}", salesOpportunity={"id": opportunity["id"]})
        merge = await merged(client, leads[0], leads[1])
        answers = await asyncio.gather(
            undo(client, merge),
            undo(client, merge),
            client.post(MERGES, json=order(*opportunities, kind="salesOpportunity")),
            client.post(MERGES, json=order(leads[2], leads[0])),
            *(client.patch(f"{OPPORTUNITIES}/{each['id']}", json={"name": "x"}) for each in opportunities),
            *(client.patch(f"{LEADS}/{each['id']}", json={"name": "y"}) for each in leads),
        )
        assert {each.status_code for each in answers} <= {200, 201, 409}, [each.text for each in answers]


async def test_the_same_merge_is_done_once(client: httpx.AsyncClient) -> None:
    """With the same Idempotency-Key 201 as before, without it 200 and the merge that did it; then it can be undone."""
    kept, gone, third = await made(client), await made(client), await made(client)
    body, key = order(kept, gone, third), {"Idempotency-Key": "k"}
    first = await client.post(MERGES, json=body, headers=key)
    second = await client.post(MERGES, json=body, headers=key)
    assert (first.status_code, second.status_code, second.content) == (201, 201, first.content)
    for again in (body, order(kept, third, gone), {**body, "dryRun": True}):
        found = await client.post(MERGES, json=again)
        assert (found.status_code, found.content) == (200, first.content)
        assert found.headers["location"].endswith(first.json()["id"])
    assert len(await read(client, MERGES)) == 1
    assert kept["id"] in await refused(client, 409, kept, gone)
    assert (await undo(client, first.json())).status_code == 200
    assert (await merged(client, kept, gone, third))["id"] != first.json()["id"]
