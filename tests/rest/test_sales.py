"""TMF699 as its clients use it: the requests of the official kit, and a lead's whole life."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from spanco.access.actor import Actor
from spanco.app import Running
from tests.system import caller, surface_of

KEYS = ("id", "href", "creationDate", "name", "status", "statusChangeDate")


async def new_lead(sales: httpx.AsyncClient, **attributes: Any) -> dict[str, Any]:
    """A lead that was just created."""
    answer = await sales.post("salesLead", json={"name": "Campaign 17 salesLead 7852", **attributes})
    assert answer.status_code == 201, answer.text
    lead: dict[str, Any] = answer.json()
    return lead


async def test_a_lead_is_created_from_a_name_alone(sales: httpx.AsyncClient) -> None:
    """The kit sends nothing else, and wants six keys back."""
    answer = await sales.post("salesLead", json={"name": "Campaign 17"})
    lead = answer.json()
    assert answer.status_code == 201
    assert all(isinstance(lead[key], str) for key in KEYS)
    assert answer.headers["location"] == lead["href"] == f"http://spanco.test/tmf-api/sales/v4/salesLead/{lead['id']}"
    assert answer.headers["etag"] == '"1"'
    assert (lead["status"], lead["@type"]) == ("acknowledged", "SalesLead")


@pytest.mark.parametrize("key", KEYS)
async def test_every_value_that_was_answered_can_be_used_as_a_filter(sales: httpx.AsyncClient, key: str) -> None:
    """The kit echoes dates, names and ids exactly."""
    lead = await new_lead(sales)
    await new_lead(sales, name="Another")
    answer = await sales.get("salesLead", params={key: lead[key]})
    assert answer.status_code == 200
    assert lead["id"] in [each["id"] for each in answer.json()]
    assert all(all(name in each for name in KEYS) for each in answer.json())


async def test_a_plain_list_is_200_and_complete_with_its_counts(sales: httpx.AsyncClient) -> None:
    """A default page size must not make it 206."""
    for number in range(3):
        await new_lead(sales, name=f"Lead {number}")
    answer = await sales.get("salesLead")
    assert (answer.status_code, len(answer.json())) == (200, 3)
    assert (answer.headers["x-total-count"], answer.headers["x-result-count"]) == ("3", "3")


async def test_an_unknown_id_of_any_form_is_404(sales: httpx.AsyncClient) -> None:
    """Also ids that are no UUID."""
    for id_ in ("9c5b94b1-35ad-49bb-b118-8e8fc24abf80", "x", "1' or '1'='1", "ä", "a" * 3000, "%00", "%ff"):
        answer = await sales.get(f"salesLead/{id_}")
        assert (answer.status_code, answer.json()["code"]) == (404, "60")


async def test_a_lead_lives_from_acknowledged_to_accepted(sales: httpx.AsyncClient) -> None:
    """Each move sets the date of the status; a forbidden one lists the possible ones."""
    lead = await new_lead(sales)
    refused = await sales.patch(f"salesLead/{lead['id']}", json={"status": "accepted"})
    assert refused.status_code == 409
    assert "inProgress, cancelled" in refused.json()["message"]
    working = (await sales.patch(f"salesLead/{lead['id']}", json={"status": "inProgress"})).json()
    assert working["statusChangeDate"] > lead["statusChangeDate"]
    done = await sales.patch(f"salesLead/{lead['id']}", json={"status": "accepted", "statusChangeReason": "Signed"})
    assert (done.status_code, done.json()["status"]) == (200, "accepted")
    assert (await sales.patch(f"salesLead/{lead['id']}", json={"status": "inProgress"})).status_code == 409
    assert (await sales.delete(f"salesLead/{lead['id']}")).status_code == 204
    assert (await sales.get(f"salesLead/{lead['id']}")).status_code == 404


async def test_what_the_client_says_of_server_owned_attributes_is_ignored(sales: httpx.AsyncClient) -> None:
    """TMF699 4.0.1: status and dates belong to the server."""
    lead = await new_lead(sales, id="mine", status="accepted", creationDate="1999-01-01T00:00:00Z", href="x")
    assert lead["id"] != "mine"
    assert lead["status"] == "acknowledged"
    assert lead["creationDate"] > "2020"


async def test_money_unknown_attributes_and_odd_spellings_survive(sales: httpx.AsyncClient) -> None:
    """Decimals stay exact; extensions stay; lenient input gets one spelling."""
    body = (
        '{"name": "x", "odd": {"a": [null]},'
        ' "estimatedRevenue": {"unit": "EUR", "value": 1234567890.123456789012345678901},'
        ' "prospectContact": [{"preferred": "true", "validFor": {"endDateTime": ""}}], "referredDate": "2026-01-01"}'
    )
    answer = await sales.post("salesLead", content=body, headers={"content-type": "application/json"})
    assert '"value": 1234567890.123456789012345678901' in answer.text
    lead = answer.json()
    assert lead["odd"] == {"a": [None]}
    assert lead["prospectContact"] == [{"preferred": True, "validFor": {}}]
    assert lead["referredDate"] == "2026-01-01T00:00:00.000Z"
    assert (await sales.get(f"salesLead/{lead['id']}")).content == answer.content


async def test_an_opportunity_starts_in_progress_and_numbers_its_items(sales: httpx.AsyncClient) -> None:
    """Items without an id get 100, 200, …; those with one keep it."""
    items = [{"action": "add"}, {"id": "150"}, {"salesOpportunityItemStatus": "pending"}]
    answer = await sales.post("salesOpportunity", json={"name": "Big", "salesOpportunityItem": items})
    opportunity = answer.json()
    assert (answer.status_code, opportunity["status"]) == (201, "inProgress")
    assert [item["id"] for item in opportunity["salesOpportunityItem"]] == ["200", "150", "300"]
    assert [item["salesOpportunityItemStatus"] for item in opportunity["salesOpportunityItem"]] == [
        "acknowledged",
        "acknowledged",
        "pending",
    ]
    change = [{"op": "add", "path": "/salesOpportunityItem/-", "value": {"action": "add"}}]
    headers = {"content-type": "application/json-patch+json"}
    patched = await sales.patch(f"salesOpportunity/{opportunity['id']}", json=change, headers=headers)
    assert patched.json()["salesOpportunityItem"][3]["id"] == "400"
    odd = await sales.patch(f"salesOpportunity/{opportunity['id']}", json={"salesOpportunityItem": [5]})
    assert odd.status_code == 400
    chosen = await sales.post("salesOpportunity", json={"name": "Early", "status": "acknowledged"})
    assert chosen.json()["status"] == "acknowledged"
    assert (await sales.post("salesOpportunity", json={"name": "Won", "status": "accepted"})).status_code == 400
    cancelled = await sales.patch(f"salesOpportunity/{opportunity['id']}", json={"status": "cancelled"})
    assert cancelled.status_code == 200


async def test_the_alias_answers_with_the_canonical_href(client: httpx.AsyncClient) -> None:
    """`salesManagement/v4` is the same store."""
    made = (await client.post("/tmf-api/salesManagement/v4/salesLead", json={"name": "x"})).json()
    assert made["href"].startswith("http://spanco.test/tmf-api/sales/v4/salesLead/")
    assert (await client.get(f"/tmf-api/salesManagement/v4/salesLead/{made['id']}")).status_code == 200


async def test_the_base_path_answers_with_links(client: httpx.AsyncClient) -> None:
    """The component kit wants a 2xx there."""
    for base in ("/tmf-api/sales/v4", "/tmf-api/sales/v4/", "/tmf-api/salesManagement/v4"):
        answer = await client.get(base)
        assert answer.status_code == 200
        assert {link["rel"] for link in answer.json()["links"]} >= {"salesLead", "salesOpportunity", "hub"}


async def test_hubs_are_registered_listed_read_and_removed(sales: httpx.AsyncClient) -> None:
    """201 with Location and body; delivery is another release."""
    made = await sales.post("hub", json={"callback": "https://listener.example/x", "query": "eventType=A"})
    assert made.status_code == 201
    id_ = made.json()["id"]
    assert made.headers["location"].endswith(f"/hub/{id_}")
    assert [each["id"] for each in (await sales.get("hub")).json()] == [id_]
    assert (await sales.get(f"hub/{id_}")).json()["query"] == "eventType=A"
    assert (await sales.delete(f"hub/{id_}")).status_code == 204
    assert (await sales.post("hub", json={})).status_code == 400


async def test_tenants_do_not_see_each_other(client: httpx.AsyncClient, system: Running) -> None:
    """Neither by id nor by list nor by change."""
    lead = (await client.post("/tmf-api/sales/v4/salesLead", json={"name": "mine"})).json()
    other = surface_of(replace(system, actor=Actor("another", "x", frozenset({"admin"}))))
    async with caller(other, "/tmf-api/sales/v4/") as stranger:
        for answer in (
            await stranger.get(f"salesLead/{lead['id']}"),
            await stranger.patch(f"salesLead/{lead['id']}", json={"name": "theirs"}),
            await stranger.delete(f"salesLead/{lead['id']}"),
        ):
            assert answer.status_code == 404
        assert lead["id"] not in (await stranger.get("salesLead", params={"id": lead["id"]})).text
