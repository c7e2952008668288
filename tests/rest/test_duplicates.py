"""Duplicates over HTTP: asked for, refused, led to, queued; what is understood; two at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from spanco.access.actor import Actor
from spanco.access.grants import Grant
from spanco.access.policy import Policy
from spanco.app import Running
from spanco.operations import Draft, Known, Refused, Stored, create
from spanco.sales.actions.duplicates import LEAD, MOST_SHARING, evidence_of, judged
from spanco.worker.comparing import compare_some
from tests.system import OFFICIAL, caller, surface_of
from tests.worker.stage import as_role, in_fresh_tenant

LEADS, OPPORTUNITIES, OWN = "/tmf-api/sales/v4/salesLead", "/tmf-api/sales/v4/salesOpportunity", "/spanco/v1"
REJECT, TO_LINK = {"Prefer": "duplicate=reject"}, {"Prefer": "duplicate=link"}


def lead(given: str = "Jana", family: str = "Okafor", **changes: Any) -> dict[str, Any]:
    """A lead of a person at a company; with other values, or without where they are empty."""
    said = {"email": f"{given}.{family}@hafenlicht.example".lower(), "phone": "+49 30 23125 014"} | changes
    contacts = [
        {"mediumType": "email", "characteristic": {"emailAddress": said["email"]}},
        {"mediumType": "phone", "characteristic": {"phoneNumber": said["phone"]}},
    ]
    return {
        "name": "Fibre for the depots",
        "prospectContact": [each for each in contacts if all(each["characteristic"].values())],  # type: ignore[attr-defined]
        "relatedParty": [
            {"id": "1", "name": "Hafenlicht Logistik GmbH", "role": "prospect", "@referredType": "Organization"},
            {"id": "2", "name": f"{given} {family}", "role": "contact", "@referredType": "Individual"},
        ],
    }


async def made(client: httpx.AsyncClient, body: dict[str, Any], **headers: str) -> Any:
    """A new lead."""
    answer = await client.post(LEADS, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def compared(running: Running) -> None:
    """Everything that is new has been compared."""
    while await compare_some(running.means) == 0.0:
        continue


async def queued(client: httpx.AsyncClient, **params: str) -> Any:
    """The pairs that wait."""
    return (await client.get(f"{OWN}/duplicateCandidate", params=params)).json()


async def test_what_was_understood_stands_beside_what_was_typed(client: httpx.AsyncClient) -> None:
    """Nobody but the server writes it; it follows a change, and a lead with a name alone has none."""
    body = lead(email="  Jana.Okafor@Hafenlicht.EXAMPLE ") | {"understood": {"email": ["forged@x.example"]}}
    stored = await made(client, body)
    assert stored["prospectContact"] == body["prospectContact"]
    assert stored["understood"] == {
        "email": ["jana.okafor@hafenlicht.example"],
        "phone": ["+493023125014"],
        "domain": ["hafenlicht.example"],
        "company": "Hafenlicht Logistik GmbH",
        "companyKey": "hafenlicht logistik",
        "personKey": "jana okafor",
    }
    path = f"{LEADS}/{stored['id']}"
    assert (await client.patch(path, json={"understood": {"email": []}})).status_code == 400
    patched = (await client.patch(path, json={"prospectContact": []})).json()
    assert "email" not in patched["understood"]
    assert "understood" not in (await client.patch(path, json={"relatedParty": []})).json()
    assert "understood" not in await made(client, {"name": "Only a name"})


async def test_a_check_tells_what_is_there_and_keeps_nothing(client: httpx.AsyncClient, running: Running) -> None:
    """Score, evidence that adds up to it, and the kinds of keys; not the record itself when it is asked about."""
    there = await made(client, lead())
    answer = await client.post(f"{OWN}/duplicateCheck", json={"document": lead("J.", email="Jana.Okafor@gmail.com")})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    (match,) = found["candidate"]
    assert (match["id"], match["kind"], match["name"]) == (there["id"], LEAD, "Fibre for the depots")
    assert round(sum(each["contribution"] for each in match["evidence"]), 1) == match["score"]
    assert {"phone", "company"} <= set(match["matchedOn"])
    assert found["outcome"] == match["outcome"]
    assert "gmail" not in answer.text
    own = (await client.post(f"{OWN}/duplicateCheck", json={"record": there["id"]})).json()
    assert (own["outcome"], own["candidate"], own["capped"]) == ("none", [], [])
    async with running.database.connected() as connection:
        kept = await connection.fetchval(
            "select count(*) from event where tenant = $1 and kind <> 'sales.salesLead'", running.actor.tenant
        )
    assert kept == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"kind": "sales.hub", "document": {}}, 400),
        ({"among": ["nothing"], "document": {}}, 400),
        ({"record": "01981c11-2b6f-7a90-8c55-3e1d7a0f4b66"}, 404),
        ({"document": {}}, 200),
        ({"document": {"name": "x"}, "among": []}, 200),
    ],
)
async def test_a_question_must_be_one(client: httpx.AsyncClient, body: dict[str, Any], status: int) -> None:
    """A document or a record, of a kind that has keys."""
    assert (await client.post(f"{OWN}/duplicateCheck", json=body)).status_code == status


async def test_reject_lists_the_candidates_and_creates_nothing(client: httpx.AsyncClient) -> None:
    """409 in the shape of every error; somebody else is created."""
    there = await made(client, lead())
    answer = await client.post(LEADS, json=lead(), headers=REJECT)
    assert answer.status_code == 409
    problem = answer.json()
    assert (problem["@type"], problem["status"]) == ("Error", "409")
    (candidate,) = problem["candidates"]
    assert (candidate["id"], candidate["outcome"]) == (there["id"], "certain")
    assert {"email", "phone", "name", "company"} <= set(candidate["matchedOn"])
    assert len((await client.get(LEADS)).json()) == 1
    await made(client, lead("Petr", "Blaha", phone="+420601234567"), **REJECT)
    assert (await client.post(LEADS, json=lead(), headers={"Prefer": "duplicate=perhaps"})).status_code == 400


async def test_link_leads_to_the_record_that_is_there(client: httpx.AsyncClient) -> None:
    """200 with it while it is open; what is over, or somebody else, does not stop a new one."""
    there = await made(client, lead())
    answer = await client.post(LEADS, json=lead(), headers=TO_LINK)
    assert (answer.status_code, answer.json()["id"]) == (200, there["id"])
    assert answer.headers["preference-applied"] == "duplicate=link"
    assert answer.headers["content-location"] == there["href"]
    assert (await made(client, lead("Iva", "Nova", phone="+420601234567"), **TO_LINK))["id"] != there["id"]
    assert (await client.patch(f"{LEADS}/{there['id']}", json={"status": "cancelled"})).status_code == 200
    assert (await made(client, lead(), **TO_LINK))["id"] != there["id"]


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        ("duplicate=create", "duplicate=create"),
        ("duplicate=link", "duplicate=link"),
        ('return=minimal, Duplicate="reject"', "duplicate=reject"),
        ("return=minimal", None),
    ],
)
async def test_the_answer_says_which_wish_was_granted(
    client: httpx.AsyncClient, prefer: str, applied: str | None
) -> None:
    """When something is created too; never a wish that nobody here knows."""
    for body in (lead(), [lead("Petr", "Blaha", phone="+420601234567")]):
        answer = await client.post(LEADS, json=body, headers={"Prefer": prefer})
        assert answer.status_code == 201
        assert answer.headers.get("preference-applied") == applied


async def test_what_is_sent_at_once_is_compared_with_each_other(client: httpx.AsyncClient) -> None:
    """All or none of an array; and an array cannot be led to a single record."""
    other = lead("Petr", "Blaha", phone="+420601234567")
    answer = await client.post(LEADS, json=[lead(), other, lead()], headers=REJECT)
    assert (answer.status_code, answer.json()["candidates"][0]["outcome"]) == (409, "certain")
    assert (await client.post(LEADS, json=[lead(), lead()], headers=TO_LINK)).status_code == 400
    assert (await client.get(LEADS)).json() == []
    added = [{"op": "add", "path": "/", "value": each} for each in (lead(), other)]
    for wrong in (added[:1] * 2, added * 2):
        assert (await client.patch(LEADS, json=wrong, headers=REJECT)).status_code == 409
    answer = await client.patch(LEADS, json=added, headers=REJECT)
    assert (answer.status_code, answer.headers["preference-applied"]) == (200, "duplicate=reject")


@pytest.mark.parametrize(("wish", "others"), [(REJECT, 409), (TO_LINK, 200)], ids=["reject", "link"])
async def test_of_identical_ones_that_come_at_once_one_is_created(
    client: httpx.AsyncClient, wish: dict[str, str], others: int
) -> None:
    """However many, whatever they say of themselves; the others are refused, or led to it."""
    for given, family, phone, email in (
        ("Ada", "Lovelace", "+4930231250", "ada@lovelace.example"),
        ("Emil", "Novak", "+420601234567", ""),
        ("Zoe", "Pratt", "", "zoe.pratt@hafenlicht.example"),
    ):
        body = lead(given, family, phone=phone, email=email)
        answers = await asyncio.gather(*(client.post(LEADS, json=body, headers=wish) for _ in range(20)))
        assert sorted(answer.status_code for answer in answers) == sorted([201] + [others] * 19)
        (new,) = [answer.json()["id"] for answer in answers if answer.status_code == 201]
        seen = [answer.json().get("id") or answer.json()["candidates"][0]["id"] for answer in answers]
        assert set(seen) == {new}
    assert len((await client.get(LEADS)).json()) == 3


async def test_opportunities_are_met_as_leads_are(client: httpx.AsyncClient, running: Running) -> None:
    """By wish; without one, a customer may have as many as he likes and none is put before anybody."""
    party = {"id": "9", "name": "Hafenlicht Logistik GmbH", "role": "customer", "@referredType": "Organization"}
    contact = {"id": "2", "name": "Jana Okafor", "role": "contact", "@referredType": "Individual"}
    contact["contactMedium"] = [  # type: ignore[assignment]
        {"mediumType": "email", "characteristic": {"emailAddress": "jana.okafor@hafenlicht.example"}}
    ]
    body = {"name": "Fibre for the depots", "relatedParty": [party, contact]}
    there = await client.post(OPPORTUNITIES, json=body)
    assert there.status_code == 201, there.text
    assert (await client.post(OPPORTUNITIES, json=body)).status_code == 201
    refused = await client.post(OPPORTUNITIES, json=body, headers=REJECT)
    assert refused.status_code == 409
    assert {each["kind"] for each in refused.json()["candidates"]} == {"sales.salesOpportunity"}
    linked = await client.post(OPPORTUNITIES, json=body, headers=TO_LINK)
    assert (linked.status_code, linked.headers["preference-applied"]) == (200, "duplicate=link")
    answer = (await client.post(f"{OWN}/duplicateCheck", json={"document": lead()})).json()
    assert {each["kind"] for each in answer["candidate"]} == {"sales.salesOpportunity"}
    await compared(running)
    assert await queued(client) == []


@pytest.mark.skipif(not OFFICIAL, reason="the official documents are not beside this checkout")
async def test_parties_are_met_and_queued_as_leads_are(client: httpx.AsyncClient, running: Running) -> None:
    """Whatever document they are served by."""
    body = {
        "givenName": "Jana",
        "familyName": "Okafor",
        "contactMedium": [{"mediumType": "email", "characteristic": {"emailAddress": "jana.okafor@gmail.com"}}],
    }
    people = "/tmf-api/party/v4/individual"
    there = await client.post(people, json=body)
    assert there.status_code == 201, there.text
    refused = await client.post(people, json=body, headers=REJECT)
    assert (refused.status_code, refused.json()["candidates"][0]["id"]) == (409, there.json()["id"])
    linked = await client.post(people, json=body, headers=TO_LINK)
    assert (linked.status_code, linked.json()["id"]) == (200, there.json()["id"])
    assert (await client.post(people, json=body)).status_code == 201
    await compared(running)
    ((pair),) = await queued(client)
    assert (pair["outcome"], pair["candidate"]["id"]) == ("certain", there.json()["id"])
    found = await client.post(f"{OWN}/duplicateCheck", json={"document": lead(email="jana.okafor@gmail.com", phone="")})
    assert {each["kind"] for each in found.json()["candidate"]} == {pair["record"]["kind"]}


async def test_pairs_are_queued_once_and_decided_on(client: httpx.AsyncClient, running: Running) -> None:
    """The certain and the probable ones; a decision stays; nothing of the records is repeated."""
    first = await made(client, lead())
    await made(client, lead("Petr", "Blaha", phone="+420601234567"))
    second = await made(client, lead())
    await compared(running)
    (pair,) = await queued(client)
    assert (pair["record"]["id"], pair["candidate"]["id"]) == (second["id"], first["id"])
    assert (pair["status"], pair["outcome"], pair["capped"]) == ("open", "certain", [])
    assert "okafor" not in str(pair).lower()
    path = f"{OWN}/duplicateCandidate/{pair['id']}"
    decided = await client.patch(path, json={"status": "dismissed", "statusChangeReason": "Mother and daughter"})
    assert decided.status_code == 200
    assert (await client.patch(path, json={"score": 1})).status_code == 400
    changed = lead() | {"note": [{"text": "again"}]}
    changed["prospectContact"].append({"mediumType": "email", "characteristic": {"emailAddress": "jo@x.example"}})
    assert (await client.patch(f"{LEADS}/{second['id']}", json=changed)).status_code == 200
    await compared(running)
    assert [each["status"] for each in await queued(client)] == ["dismissed"]
    assert (await client.post(f"{OWN}/duplicateCandidate", json=pair)).status_code == 405


async def test_pairs_of_what_is_gone_wait_no_longer(client: httpx.AsyncClient, running: Running) -> None:
    """They are closed with a reason; the others stay as they are."""
    first, second, third = [await made(client, lead()) for _ in range(3)]
    await compared(running)
    assert len(await queued(client, status="open")) == 3
    assert (await client.delete(f"{LEADS}/{second['id']}")).status_code == 204
    await compared(running)
    (open_,) = await queued(client, status="open")
    assert (open_["record"]["id"], open_["candidate"]["id"]) == (third["id"], first["id"])
    assert {each["statusChangeReason"] for each in await queued(client, status="dismissed")} == {
        "One of the two is gone."
    }


async def test_what_too_many_share_is_said(client: httpx.AsyncClient) -> None:
    """And the newest of them are still looked at."""
    for start in range(0, MOST_SHARING + 2, 10):
        bodies = [lead(f"G{chr(97 + n // 26)}{chr(97 + n % 26)}x", "Colleague") for n in range(start, start + 10)]
        assert (await client.post(LEADS, json=bodies)).status_code == 201
    answer = (await client.post(f"{OWN}/duplicateCheck", json={"document": lead("Gbhx", "Colleague")})).json()
    assert {"phone", "domain", "company"} <= set(answer["capped"])
    refused = await client.post(LEADS, json=lead("Gbhx", "Colleague"), headers=REJECT)
    assert {"phone", "domain", "company"} <= set(refused.json()["capped"])
    new = await client.post(LEADS, json=lead("Wenceslas", "Quux"), headers=REJECT)
    assert {"phone", "domain", "company", "candidates"} <= set(new.headers["x-capped"].split(", ")), new.text
    metrics = (await client.get("/metrics")).text
    for key in ("phone", "candidates"):
        assert f'spanco_match_keys_capped_total{{key="{key}"}}' in metrics
    assert answer["candidate"][0]["outcome"] == "certain"


@asynccontextmanager
async def of_own(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    """A caller in the same tenant who sees only what names him, and may ask and create."""
    grants = Policy(
        (
            Grant("own", ("sales.*",), ("read", "create"), sees="own"),
            Grant("own", ("spanco.duplicateCheck",), ("create",)),
        )
    )
    actor = Actor(running.actor.tenant, "partner-7", frozenset({"own"}))
    async with caller(surface_of(replace(running, policy=grants, actor=actor))) as opened:
        yield opened


async def test_who_may_not_see_a_record_learns_only_that_there_is_one(
    client: httpx.AsyncClient, running: Running
) -> None:
    """Neither its id nor what matched, and is not led to it."""
    there = await made(client, lead())
    hidden = [{"exists": True, "outcome": "certain"}]
    async with of_own(running) as other:
        asked = await other.post(f"{OWN}/duplicateCheck", json={"document": lead()})
        refused = await other.post(LEADS, json=lead(), headers=REJECT)
        created = await other.post(LEADS, json=lead(), headers=TO_LINK)
        by_id = await other.post(f"{OWN}/duplicateCheck", json={"record": there["id"]})
    assert (asked.json()["candidate"], refused.json()["candidates"]) == (hidden, hidden)
    assert (refused.status_code, created.status_code, by_id.status_code) == (409, 201, 404)
    assert not any(there["id"] in answer.text for answer in (asked, refused, created, by_id))
    async with caller(surface_of(as_role(running, "importer"))) as other:
        assert (await other.post(f"{OWN}/duplicateCheck", json={"document": lead()})).status_code == 403
    async with caller(surface_of(as_role(running, "marketing"))) as other:
        found = (await other.post(f"{OWN}/duplicateCheck", json={"document": lead()})).json()
    assert there["id"] in {each["id"] for each in found["candidate"]}


async def test_tenants_never_mix(client: httpx.AsyncClient, system: Running, running: Running) -> None:
    """Another tenant finds nothing, is refused nothing, and waits for nobody."""
    await made(client, lead())
    elsewhere = in_fresh_tenant(system)
    async with caller(surface_of(elsewhere)) as other:
        answer = (await other.post(f"{OWN}/duplicateCheck", json={"document": lead()})).json()
        assert (answer["outcome"], answer["candidate"], answer["capped"]) == ("none", [], [])
        await made(other, lead(), **REJECT)
        await made(other, lead())
        await compared(running)
        assert len(await queued(other)) == 1
    assert await queued(client) == []


async def test_a_batch_is_judged_together(client: httpx.AsyncClient, running: Running) -> None:
    """A verdict for each document, in their order."""
    there = await made(client, lead())
    async with running.work(running.actor) as work:
        asked = [lead("Iva", "Nova", phone="+420601234568"), lead(), {"name": "x"}]
        found = await judged(work, LEAD, [await evidence_of(work, each) for each in asked])
    assert [each.outcome for each in found] == ["none", "certain", "none"]
    assert found[1].candidates[0].row.id == there["id"]


@pytest.mark.parametrize("wish", ["link", "reject"])
async def test_what_was_imported_before_stays_what_it_became(running: Running, wish: str) -> None:
    """Its origin counts before any wish; of what comes twice in one call the second meets the first."""
    resource = running.resource("sales", "salesLead")
    async with running.work(running.actor) as work:
        work.preferences = {"duplicate": wish}
        drafts = [Draft(lead(), origin=("fair", row)) for row in ("1", "2")]
        first, second = await create(work, resource, drafts, atomic=False)
        again, other = await create(work, resource, drafts, atomic=False)
    assert isinstance(first, Stored)
    assert again == Known(first.id)
    for each in (second, other):
        assert each == Known(first.id) if wish == "link" else isinstance(each, Refused)


async def test_keys_are_those_of_the_document_and_go_with_it(client: httpx.AsyncClient, running: Running) -> None:
    """After a create, a change and a delete."""

    async def keys() -> set[str]:
        async with running.database.connected() as connection:
            rows = await connection.fetch("select key from match_key where tenant = $1", running.actor.tenant)
        return {row["key"] for row in rows}

    stored = await made(client, lead())
    assert {"email:jana.okafor@hafenlicht.example", "phone:+493023125014", "name:jana okafor"} <= await keys()
    assert (await client.patch(f"{LEADS}/{stored['id']}", json={"prospectContact": []})).status_code == 200
    assert {key.partition(":")[0] for key in await keys()} == {"name", "phon", "company"}
    assert (await client.delete(f"{LEADS}/{stored['id']}")).status_code == 204
    assert await keys() == set()
