"""Orders that concern people, as data protection officers give them over HTTP."""

from typing import Any

import httpx
import pytest

from spanco.app import Running
from tests.system import caller, surface_of
from tests.worker.stage import in_fresh_tenant, rows

OWN = "/spanco/v1"
LEADS = "/tmf-api/sales/v4/salesLead"
JANE = {"email": ["Jane@Example.com"]}


async def posted(client: httpx.AsyncClient, path: str, status: int = 201, **body: Any) -> Any:
    """What a POST answers."""
    answer = await client.post(f"{OWN}/{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def may(client: httpx.AsyncClient, person: Any, channel: str = "email", purpose: str = "marketing") -> bool:
    """What a check answers."""
    found = await posted(client, "contactCheck", person=person, channel=channel, purpose=purpose)
    return bool(found["mayContact"])


async def lead_of_jane(client: httpx.AsyncClient, **attributes: Any) -> dict[str, Any]:
    """A lead who agreed to mails."""
    medium = [{"mediumType": "email", "characteristic": {"emailAddress": "jane@example.com"}}]
    agreed = {"purpose": "marketing", "channel": "email", "granted": True, "time": "2026-01-01T00:00:00.000Z"}
    body = {"name": "Jane", "prospectContact": medium, "consent": [agreed], **attributes}
    answer = await client.post(LEADS, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_whether_somebody_may_be_contacted_follows_from_consents_and_objections(
    client: httpx.AsyncClient, running: Running
) -> None:
    """Known by the address, the lead or the party; the last word counts; nothing of the person is kept."""
    assert not await may(client, JANE)
    lead = await lead_of_jane(client, relatedParty=[{"id": "ind-7", "role": "prospect"}])
    for person in (JANE, {"salesLead": [{"id": lead["id"]}]}, {"party": [{"id": "ind-7"}]}):
        assert await may(client, person), person
        assert not await may(client, person, channel="phone")
    kept = await posted(client, "contactPreference", person=JANE, choice="optOut", channel="email")
    assert set(kept) == {"id", "href", "@type", "channel", "purpose", "choice", "time", "digest", "createdAt"}
    for person in (JANE, {"salesLead": [{"id": lead["id"]}]}):
        assert not await may(client, person)
    assert await may(client, JANE, purpose="contract")
    back = await posted(client, "contactPreference", person={"salesLead": [{"id": lead["id"]}]}, choice="optIn")
    assert back["digest"] == kept["digest"]
    assert await may(client, JANE, channel="sms")
    found = await rows(
        running,
        "select document::text from resource where tenant = $1 and kind like 'spanco.contact%'",
        running.actor.tenant,
    )
    assert found
    assert not [each for each in found if "jane" in each[0].lower()]
    async with caller(surface_of(in_fresh_tenant(running))) as other:
        theirs = await posted(other, "contactPreference", person=JANE, choice="optOut")
        assert theirs["digest"] != kept["digest"]


@pytest.mark.parametrize("path", ["contactPreference", "contactCheck", "erasure", "accessExport"])
@pytest.mark.parametrize(
    "person",
    [{}, {"country": "CZ"}, {"email": ["nobody"]}, {"phone": ["602 123 456"]}, {"salesLead": [{"id": "none"}]}, None],
)
async def test_nobody_is_meant_by_what_cannot_be_read(client: httpx.AsyncClient, path: str, person: Any) -> None:
    """400 with the reason; nothing is kept."""
    extra = {"choice": "optOut"} if path == "contactPreference" else {}
    extra |= {"channel": "email", "purpose": "marketing"} if path == "contactCheck" else {}
    assert (await posted(client, path, 400, person=person, **extra))["code"] == "24"
    assert (await client.get(f"{OWN}/{path}")).json() == []


async def test_a_lead_without_an_address_cannot_object(client: httpx.AsyncClient) -> None:
    """There is nothing by which it would be known again."""
    lead = (await client.post(LEADS, json={"name": "Nobody"})).json()
    await posted(client, "contactPreference", 400, person={"salesLead": [{"id": lead["id"]}]}, choice="optOut")
    assert not await may(client, {"salesLead": [{"id": lead["id"]}]})


async def test_a_rule_is_tried_out_before_it_is_made(client: httpx.AsyncClient) -> None:
    """The preview counts; a rule that cannot be applied is refused, also when it becomes one."""
    await lead_of_jane(client)
    rule: dict[str, Any] = {"resource": "salesLead", "state": "rejected", "afterDays": 730, "action": "anonymise"}
    assert (await posted(client, "retentionPreview", rule=rule))["due"] == 0
    made = await posted(client, "retentionRule", **rule)
    assert made["active"] is True
    bad = await client.patch(f"{OWN}/retentionRule/{made['id']}", json={"since": "createdAt"})
    assert bad.status_code == 400
    await posted(client, "retentionRule", 400, **rule | {"resource": "contactCheck"})
    assert (await client.delete(f"{OWN}/retentionRule/{made['id']}")).status_code == 204


async def test_an_order_shows_nothing_of_the_person(client: httpx.AsyncClient, running: Running) -> None:
    """Neither in the answer, nor in a list, its history or its event."""
    made: Any = {}
    for path in ("erasure", "accessExport"):
        made = await posted(client, path, person=JANE, reason="case 1")
        assert made["status"] == "acknowledged"
        assert "jane" not in str(made).lower()
        history = await client.get(f"{OWN}/{path}/{made['id']}/history")
        assert (history.status_code, "jane" in history.text.lower()) == (200, False)
        assert (await client.delete(f"{OWN}/{path}/{made['id']}")).status_code == (405 if path == "erasure" else 204)
    content = await client.get(f"{OWN}/accessExport/{made['id']}/content")
    assert content.status_code == 404
    open_ = await posted(client, "accessExport", person=JANE)
    early = await client.get(f"{OWN}/accessExport/{open_['id']}/content")
    assert (early.status_code, "not done yet" in early.text) == (404, True)
    logged = await rows(
        running, "select coalesce(after, before)::text from event where tenant = $1", running.actor.tenant
    )
    assert not [each for each in logged if "jane" in each[0].lower()]
