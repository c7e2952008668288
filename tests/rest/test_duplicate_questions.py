"""Duplicates asked for without writing anything, and of our own contacts, prospects and accounts."""

import json
from typing import Any

import httpx
import pytest

LEADS, OWN = "/tmf-api/sales/v4/salesLead", "/spanco/v1"
REJECT, TO_LINK = {"Prefer": "duplicate=reject"}, {"Prefer": "duplicate=link"}


def lead(name: str = "Jana Okafor") -> dict[str, Any]:
    """A lead of a person with a mailbox."""
    address = f"{name.replace(' ', '.').lower()}@hafenlicht.example"
    return {
        "name": "Fibre for the depots",
        "prospectContact": [{"mediumType": "email", "characteristic": {"emailAddress": address}}],
        "relatedParty": [{"id": "2", "name": name, "role": "contact", "@referredType": "Individual"}],
    }


async def test_a_dry_run_tells_the_candidates_and_creates_nothing(client: httpx.AsyncClient) -> None:
    """What else it might mean is refused: whoever tries something must never create it."""
    there = (await client.post(LEADS, json=lead())).json()
    answer = await client.post(f"{LEADS}?dryRun=duplicates", json=lead())
    told = answer.json()
    assert (answer.status_code, told["@type"], told["outcome"]) == (200, "DuplicateCheck", "certain")
    assert [each["id"] for each in told["candidate"]] == [there["id"]]
    stranger = await client.post(f"{LEADS}?dryRun=duplicates", json=lead("Petr Blaha"), headers=TO_LINK)
    assert (stranger.status_code, stranger.json()["outcome"]) == (200, "none")
    adding = [{"op": "add", "path": "/", "value": lead()}]
    for path, sent in ((f"{LEADS}?dryRun=true", lead()), (f"{LEADS}?dryRun=duplicates", [lead()])):
        assert (await client.post(path, json=sent)).status_code == 400
    many = {"Content-Type": "application/json-patch+json"}
    patched = await client.patch(f"{LEADS}?dryRun=duplicates", content=json.dumps(adding), headers=many)
    assert patched.status_code == 400
    assert (await client.post(f"{OWN}/register?dryRun=duplicates", json={"name": "tried"})).status_code == 400
    assert (await client.get(f"{OWN}/register/tried")).status_code == 404
    assert len((await client.get(LEADS)).json()) == 1


@pytest.mark.parametrize(
    ("name", "body", "found"),
    [
        ("salesContact", {"name": "Jana Okafor"}, ("certain", "person")),
        ("prospect", {"name": "Jana Okafor", "prospectType": "individual"}, ("certain", "person")),
        ("prospect", {"name": "Hafenlicht Logistik GmbH"}, ("probable", "company")),
        ("salesAccount", {"name": "Hafenlicht Logistik"}, ("probable", "company")),
    ],
)
async def test_contacts_prospects_and_accounts_are_known_by_their_names(
    client: httpx.AsyncClient, name: str, body: dict[str, Any], found: tuple[str, str]
) -> None:
    """Their name counts as that of a lead does; a question may leave out the API of a kind."""
    contact = {"mediumType": "email", "characteristic": {"emailAddress": "jana.okafor@gmail.com"}}
    phone = {"mediumType": "phone", "characteristic": {"phoneNumber": "+49 30 23125 014"}}
    body = body | {"contactMedium": [contact, phone]}
    there = (await client.post(f"{OWN}/{name}", json=body)).json()
    refused = await client.post(f"{OWN}/{name}", json=body, headers=REJECT)
    assert (refused.status_code, refused.json()["candidates"][0]["outcome"]) == (409, found[0])
    asked = await client.post(f"{OWN}/duplicateCheck", json={"kind": name, "document": body, "among": [name]})
    (candidate,) = asked.json()["candidate"]
    assert (asked.json()["kind"], candidate["id"], candidate["outcome"]) == (f"spanco.{name}", there["id"], found[0])
    assert found[1] in {each["field"] for each in candidate["evidence"]}
