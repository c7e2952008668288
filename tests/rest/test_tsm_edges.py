"""The tSM face at its edges: other tenants, nulls, odd leads of the other face, registers on a day and in the past."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from spanco import clock
from spanco.access.actor import Actor
from spanco.app import Running
from spanco.kernel.moments import spell
from spanco.rest.routes import Surface
from tests.rest.test_tsm import NO_ID, WHOLE, bare
from tests.system import caller, surface_of

BASE = "/tsm/crm/v2/"
ENTRY: dict[str, Any] = {
    "code": "winBack2",
    "name": "Win-back",
    "validityFrom": "2026-01-01",
    "validityTo": "2099-12-31",
    "description": "They were here before.",
    "localizationData": {"cs": {"name": "Návrat", "description": "Už tu byli."}, "de": {"name": "Rückgewinnung"}},
    "entitySpecId": "6f1b3a52-94d7-5c0e-8a41-2b7de9c05f38",
    "mnemonicCode": "WB",
    "createPrivilege": "admin",
    "registry": {"owner": {"team": "retention"}},
    "icon": "undo",
    "tsmModule": "crm",
    "dataTags": ["base", "churn"],
    "config": {"weights": [1, 2.5], "colour": {"dark": "#123456"}},
}


@pytest.fixture
async def tsm(surface: Surface) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose paths begin at the base path of tSM."""
    async with caller(surface, BASE) as opened:
        yield opened


@pytest.fixture
async def stranger(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator of another tenant."""
    other = replace(running, actor=Actor(f"t-{clock.new_id()}", "stranger", frozenset({"admin"})))
    async with caller(surface_of(other), BASE) as opened:
        yield opened


async def test_a_lead_is_nothing_to_another_tenant(tsm: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    """It is not read, found, changed or deleted, and its id is free there."""
    assert (await tsm.post("lead", json=WHOLE | {"id": NO_ID})).status_code == 201
    path = f"lead/{NO_ID}"
    answers = [await stranger.get(path), await stranger.patch(path, json={"key": "x"}), await stranger.delete(path)]
    assert [each.status_code for each in answers] == [404, 404, 404]
    assert (await stranger.get(f"lead?id={NO_ID}")).json() == []
    assert (await stranger.post("lead", json=WHOLE | {"id": NO_ID, "partyName": "Theirs"})).status_code == 201
    assert (await tsm.get(path)).json()["partyName"] == WHOLE["partyName"]
    assert (await tsm.get("lead")).headers["x-total-count"] == "1"


async def test_an_entry_with_one_id_is_each_tenants_own(tsm: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    """Ids follow from the codes, so they are alike; what one tenant retires the other goes on choosing."""
    (fair,) = (await tsm.get("leadSource?code=fair")).json()
    path = f"leadSource/{fair['id']}"
    assert (await tsm.patch(path, json={"name": "Exhibition", "validityTo": "2026-01-31"})).status_code == 200
    assert (await stranger.get(path)).json()["name"] == "Trade fair"
    assert (await stranger.post("lead", json=WHOLE)).status_code == 201
    refused = await tsm.post("lead", json=WHOLE)
    assert (refused.status_code, refused.json()["code"]) == (400, "24")
    assert "valid until 2026-01-31. Valid: " in refused.json()["message"]
    assert (await tsm.get(path)).json()["name"] == "Exhibition"


@pytest.mark.parametrize("name", sorted(WHOLE.keys() - {"status", "partyName", "leadRating", "leadSource", "leadType"}))
async def test_null_is_nothing_where_an_attribute_may_lack(tsm: httpx.AsyncClient, name: str) -> None:
    """As serializers send it: in a new lead and in a patch."""
    without = {each: value for each, value in WHOLE.items() if each != name}
    answer = await tsm.post("lead", json=without | {name: None, "processingData": None, "id": None})
    assert (answer.status_code, bare(answer.json())) == (201, without)
    patched = await tsm.patch(f"lead/{answer.json()['id']}", json={name: WHOLE[name], "processingData": None})
    assert (patched.status_code, bare(patched.json())) == (200, WHOLE)
    patched = await tsm.patch(f"lead/{answer.json()['id']}", json={name: None, "processingData": {"a": 1}})
    assert (patched.status_code, bare(patched.json())) == (200, without)


@pytest.mark.parametrize("name", ["status", "partyName", "leadRating", "leadSource", "leadType"])
async def test_null_is_refused_where_an_attribute_is_needed(tsm: httpx.AsyncClient, name: str) -> None:
    """With its name, and nothing is written."""
    refused = await tsm.post("lead", json=WHOLE | {name: None})
    assert (refused.status_code, f'"{name}"' in refused.json()["message"]) == (400, True)
    assert (await tsm.get("lead")).headers["x-total-count"] == "0"


@pytest.mark.parametrize("change", [
    {"emails": [None]}, {"emails": ["a@b.example"]}, {"emails": [{"value": None}]}, {"emails": {"value": "a"}},
    {"phones": [{"value": 1}]}, {"dataBoxes": [[]]}, {"dataTags": [None]}, {"dataTags": "x"}, {"chars": [1]},
    {"key": 1}, {"priority": "high"}, {"priority": 1}, {"status": "new"}, {"status": ["NEW"]}, {"leadType": ["upsell"]},
    {"partyName": 1}, {"processingData": "x"}, {"laterUntil": 1}, {"laterUntil": "9999-99-99"},
    {"externalReference": "C-1"}, {"websites": [{"value": "a", "preferred": "yes"}]},
    {"contactInstants": [{"value": "a", "type": 1}]}, {"emails": [{"value": "x"}] * 101},
])  # fmt: skip
async def test_what_has_another_form_is_refused_by_name(tsm: httpx.AsyncClient, change: dict[str, Any]) -> None:
    """In a new lead and in a patch; the lead stays as it was."""
    lead = (await tsm.post("lead", json=WHOLE)).json()
    for answer in (
        await tsm.post("lead", json=WHOLE | change),
        await tsm.patch(f"lead/{lead['id']}", json=change),
    ):
        assert (answer.status_code, min(change) in answer.json()["message"]) == (400, True), answer.text
    assert (await tsm.get(f"lead/{lead['id']}")).json() == lead


@pytest.mark.parametrize("medium", [
    {}, {"characteristic": {}}, {"characteristic": {"emailAddress": ""}}, {"mediumType": "email"},
    {"characteristic": {"emailAddress": "a", "phoneNumber": "1", "faxNumber": "2", "city": "Ulm"}},
    {"preferred": False, "tsm": {}, "characteristic": {"emailAddress": "a", "contactType": ""}},
    {"mediumType": "phone", "characteristic": {"emailAddress": "a"}, "validFor": {}, "own": [None, {"a": None}]},
])  # fmt: skip
async def test_an_odd_medium_of_the_other_face_stays_as_it_is(
    tsm: httpx.AsyncClient, sales: httpx.AsyncClient, medium: dict[str, Any]
) -> None:
    """Whatever is changed beside it here; it is listed, and lists go on working."""
    made = (await sales.post("salesLead", json={"name": "x", "prospectContact": [medium, medium]})).json()
    seen = (await tsm.get(f"lead/{made['id']}")).json()
    changed = await tsm.patch(f"lead/{made['id']}", json={"key": "K", "websites": [{"value": "https://w.example"}]})
    assert bare(changed.json()) == bare(seen) | {"key": "K", "websites": [{"value": "https://w.example"}]}
    kept = (await sales.get(f"salesLead/{made['id']}")).json()
    assert kept["prospectContact"][:2] == made["prospectContact"]
    for question in ("emails.value=a", "sort=-emails.value", "filter=emails[?(@.preferred==false)]", "emails.type="):
        assert (await tsm.get(f"lead?{question}")).status_code == 200


async def test_every_attribute_of_a_register_comes_back_as_it_was_sent(tsm: httpx.AsyncClient) -> None:
    """On the face of tSM, on our own, and for the two registers that do not describe them all."""
    for name in ("leadType", "leadRating", "leadSource"):
        entry = (await tsm.post(name, json=ENTRY | {"processingData": {"canary": 1}})).json()
        assert bare(entry) == ENTRY
        ours = await tsm.get(f"http://spanco.test/spanco/v1/register/{name}/entry/{entry['id']}")
        assert {each: ours.json()[each] for each in ENTRY} == ENTRY
        assert "canary" not in ours.text
        for attribute in ENTRY.keys() - {"code", "name"}:
            left = (await tsm.patch(f"{name}/{entry['id']}", json={attribute: None})).json()
            assert attribute not in left
            back = await tsm.patch(f"{name}/{entry['id']}", json={attribute: ENTRY[attribute], "processingData": None})
            assert bare(back.json()) == ENTRY


async def test_registers_are_asked_for_a_day_and_a_moment(tsm: httpx.AsyncClient) -> None:
    """What can be chosen then, and what was called how."""
    (entry,) = (await tsm.get("leadType?code=upsell")).json()
    assert {each["code"] for each in (await tsm.get("leadType?validAt=now")).json()} == {
        each["code"] for each in (await tsm.get("leadType")).json()
    }
    moment = spell(clock.now())
    await asyncio.sleep(0.002)
    await tsm.patch(f"leadType/{entry['id']}", json={"name": "More", "validityTo": "2026-01-31"})
    assert (await tsm.get("leadType?validAt=2026-01-31&code=upsell")).json()[0]["name"] == "More"
    assert (await tsm.get("leadType?validAt=2026-02-01&code=upsell")).json() == []
    assert (await tsm.get("leadType?validAt=tomorrow")).status_code == 400
    for path in (f"leadType/{entry['id']}?asOf={moment}", f"leadType?asOf={moment}&code=upsell"):
        found = (await tsm.get(path)).json()
        assert (found[0] if isinstance(found, list) else found)["name"] == entry["name"]
