"""Contacts, prospects and accounts: what they gather, how they stand above each other, what they come to."""

import asyncio
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest

from spanco.access.actor import Actor
from spanco.app import Running
from tests.system import caller, surface_of

OWN = "/spanco/v1"
SALES = "/tmf-api/sales/v4"


async def made(client: httpx.AsyncClient, path: str, **attributes: Any) -> dict[str, Any]:
    """A new resource."""
    answer = await client.post(path, json={"name": "Anybody", **attributes})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def account(client: httpx.AsyncClient, name: str, above: dict[str, Any] | None = None) -> dict[str, Any]:
    """A new account, maybe below another."""
    return await made(
        client, f"{OWN}/salesAccount", name=name, **({"subsidiaryOf": {"id": above["id"]}} if above else {})
    )


def party(of: dict[str, Any], class_: str = "SalesAccount") -> list[dict[str, str]]:
    """The related parties of what it gathers."""
    return [{"id": of["id"], "role": "account", "@referredType": class_}]


async def total(client: httpx.AsyncClient, of: dict[str, Any]) -> Any:
    """What an account comes to, numbers exact."""
    answer = await client.get(f"{OWN}/accountTotal/{of['id']}")
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, strict=True)


@pytest.mark.parametrize(
    ("path", "class_"), [("salesContact", "SalesContact"), ("prospect", "Prospect"), ("salesAccount", "SalesAccount")]
)
async def test_what_is_gathered_is_listed_and_read_below_its_gatherer(
    client: httpx.AsyncClient, path: str, class_: str
) -> None:
    """With filter, order, pages and counts, as TMF699 answers it; and nothing of another gatherer."""
    mine, other = [await made(client, f"{OWN}/{path}") for _ in range(2)]
    for kind in ("salesLead", "salesOpportunity"):
        leads = [await made(client, f"{SALES}/{kind}", name=f"{n}", relatedParty=party(mine, class_)) for n in range(3)]
        await made(client, f"{SALES}/{kind}", name="9", relatedParty=party(other, class_))
        await made(client, f"{SALES}/{kind}", name="8")
        page = await client.get(f"{OWN}/{path}/{mine['id']}/{kind}", params={"sort": "-name", "limit": 2})
        assert page.status_code == 206
        assert [each["name"] for each in page.json()] == ["2", "1"]
        assert page.headers["x-total-count"] == "3"
        rest = await client.get(page.headers["link"].split('rel="next"')[0].rsplit("<", 1)[1].split(">")[0])
        assert [each["name"] for each in rest.json()] == ["0"]
        some = await client.get(f"{OWN}/{path}/{mine['id']}/{kind}", params={"name": "1"})
        assert [each["id"] for each in some.json()] == [leads[1]["id"]]
        one = (await client.get(f"{OWN}/{path}/{mine['id']}/{kind}/{leads[0]['id']}")).json()
        assert {**one, "href": ""} == {**leads[0], "href": ""}
        assert one["href"].endswith(f"{OWN}/{path}/{mine['id']}/{kind}/{leads[0]['id']}")
        assert (await client.get(f"{OWN}/{path}/{other['id']}/{kind}/{leads[0]['id']}")).status_code == 404
        assert (await client.get(f"{OWN}/{path}/nobody/{kind}")).status_code == 404
        assert (await client.post(f"{OWN}/{path}/{mine['id']}/{kind}", json={})).status_code == 405
        assert (await client.get(f"{OWN}/{kind}/{leads[0]['id']}/history")).status_code == 200


async def test_a_lead_of_two_contacts_stands_once_below_each(client: httpx.AsyncClient) -> None:
    """People share leads; accounts do not, because their totals count each once."""
    first, second = [await made(client, f"{OWN}/salesContact") for _ in range(2)]
    both = party(first, "SalesContact") + party(second, "SalesContact")
    lead = await made(client, f"{SALES}/salesLead", relatedParty=both)
    for each in (first, second):
        found = await client.get(f"{OWN}/salesContact/{each['id']}/salesLead")
        assert [row["id"] for row in found.json()] == [lead["id"]]
    one, two = [await account(client, name) for name in "ab"]
    refused = await client.post(f"{SALES}/salesLead", json={"name": "x", "relatedParty": party(one) + party(two)})
    assert (refused.status_code, "at most one" in refused.json()["message"]) == (400, True)


async def test_a_lead_moves_from_one_account_to_another_by_a_change_of_itself(client: httpx.AsyncClient) -> None:
    """With the event and the history of any change."""
    first, second = [await account(client, name) for name in "ab"]
    lead = await made(client, f"{SALES}/salesLead", relatedParty=party(first))
    path = f"{SALES}/salesLead/{lead['id']}"
    moved = await client.patch(path, json={"relatedParty": party(second)})
    assert moved.status_code == 200
    assert (await client.get(f"{OWN}/salesAccount/{first['id']}/salesLead")).json() == []
    assert len((await client.get(f"{OWN}/salesAccount/{second['id']}/salesLead")).json()) == 1
    history = (await client.get(f"{OWN}/salesLead/{lead['id']}/history")).json()
    assert history[1]["eventType"] == ["SalesLeadAttributeValueChangeEvent"]


async def test_a_reference_that_leads_nowhere_is_refused(client: httpx.AsyncClient, running: Running) -> None:
    """Also to an account of another tenant; but not when its address says that it is somebody else's."""
    async with caller(surface_of(Running(**_parts(running, "another")))) as other:
        theirs = await account(other, "theirs")
    for id_ in ("nobody", theirs["id"]):
        for path, what in (
            (f"{SALES}/salesLead", {"relatedParty": [{"id": id_, "@referredType": "SalesAccount"}]}),
            (f"{SALES}/salesOpportunity", {"relatedParty": [{"id": id_, "@referredType": "Prospect"}]}),
            (f"{OWN}/salesAccount", {"subsidiaryOf": {"id": id_}}),
            (f"{OWN}/salesAccount", {"contact": [{"salesContact": {"id": id_}, "role": ["influencer"]}]}),
            (f"{OWN}/prospect", {"salesAccount": {"id": id_}}),
        ):
            answer = await client.post(path, json={"name": "x", **what})
            assert (answer.status_code, "There is no" in answer.json()["message"]) == (400, True), answer.text
    foreign = [{"id": "0015x", "href": "https://crm.example.com/0015x", "@referredType": "SalesAccount"}]
    assert (await made(client, f"{SALES}/salesLead", relatedParty=foreign))["relatedParty"] == foreign


def _parts(running: Running, tenant: str) -> dict[str, Any]:
    parts = {name: getattr(running, name) for name in running.__dataclass_fields__}
    return parts | {"actor": Actor(f"{running.actor.tenant}-{tenant}", "tester", frozenset({"admin"}))}


async def test_no_account_is_below_itself(client: httpx.AsyncClient) -> None:
    """Neither directly nor at the end of a chain, which the refusal tells."""
    top = await account(client, "Top")
    middle = await account(client, "Middle", top)
    bottom = await account(client, "Bottom", middle)
    refused = await client.patch(f"{OWN}/salesAccount/{top['id']}", json={"subsidiaryOf": {"id": bottom["id"]}})
    assert refused.status_code == 409
    chain = [f"'{each['name']}' ({each['id']})" for each in (top, bottom, middle, top)]
    assert " is below ".join(chain) in refused.json()["message"]
    itself = await client.patch(f"{OWN}/salesAccount/{top['id']}", json={"subsidiaryOf": {"id": top["id"]}})
    assert itself.status_code == 409
    moved = await client.patch(f"{OWN}/salesAccount/{bottom['id']}", json={"subsidiaryOf": {"id": top["id"]}})
    assert moved.status_code == 200


async def test_two_who_want_to_be_above_each_other_at_once_do_not_both_succeed(client: httpx.AsyncClient) -> None:
    """Whatever the moment: one of them is told of the circle."""
    for _ in range(10):
        one, two = [await account(client, name) for name in "ab"]
        answers = await asyncio.gather(
            *(
                client.patch(f"{OWN}/salesAccount/{each['id']}", json={"subsidiaryOf": {"id": above["id"]}})
                for each, above in ((one, two), (two, one))
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_accounts_stand_at_most_so_deep(client: httpx.AsyncClient) -> None:
    """Fifty levels; the next is refused."""
    above: Any = None
    for number in range(50):
        above = await account(client, str(number), above)
    answer = await client.post(f"{OWN}/salesAccount", json={"name": "x", "subsidiaryOf": {"id": above["id"]}})
    assert (answer.status_code, "50 levels" in answer.json()["message"]) == (400, True)


async def test_what_others_refer_to_is_not_deleted(client: httpx.AsyncClient) -> None:
    """The refusal counts them; what gathers nothing any more may go."""
    contact = await made(client, f"{OWN}/salesContact")
    top = await account(client, "Top")
    below = await made(
        client,
        f"{OWN}/salesAccount",
        subsidiaryOf={"id": top["id"]},
        contact=[{"salesContact": {"id": contact["id"]}, "role": ["technical"]}],
    )
    prospect = await made(client, f"{OWN}/prospect", salesAccount={"id": top["id"]})
    lead = await made(client, f"{SALES}/salesLead", relatedParty=party(top) + party(prospect, "Prospect"))
    refused = await client.delete(f"{OWN}/salesAccount/{top['id']}")
    assert refused.status_code == 409
    assert "1 salesLead, 1 prospect, 1 salesAccount" in refused.json()["message"]
    for path in (f"salesContact/{contact['id']}", f"prospect/{prospect['id']}"):
        assert (await client.delete(f"{OWN}/{path}")).status_code == 409
    assert (await client.get(f"{OWN}/salesAccount/{top['id']}")).status_code == 200
    assert (await client.delete(f"{SALES}/salesLead/{lead['id']}")).status_code == 204
    for path in (f"salesAccount/{below['id']}", f"prospect/{prospect['id']}", f"salesContact/{contact['id']}"):
        assert (await client.delete(f"{OWN}/{path}")).status_code == 204
    assert (await client.delete(f"{OWN}/salesAccount/{top['id']}")).status_code == 204
    log = (await client.get(f"{OWN}/salesAccount/{top['id']}/history")).json()
    assert [each["eventType"] for each in log] == [["SalesAccountCreateEvent"], ["SalesAccountDeleteEvent"]]


async def test_totals_are_exact_by_currency_with_and_without_subsidiaries(client: httpx.AsyncClient) -> None:
    """Open amounts only; nothing is converted, nothing rounded, nothing counted twice."""
    top = await account(client, "Top")
    middle = await account(client, "Middle", top)
    bottom = await account(client, "Bottom", middle)
    empty = {"salesLead": 0, "openSalesLead": 0, "salesOpportunity": 0, "openSalesOpportunity": 0}
    fresh = await total(client, top)
    assert fresh["own"] == empty | {"openAmount": [], "openLeadAmount": []}
    assert (fresh["subsidiaries"], fresh["salesAccount"]) == (2, {"id": top["id"], "name": "Top"})
    last = ""
    worth = [(top, "EUR", "0.1"), (middle, "EUR", "0.2"), (bottom, "CZK", "99999999999999.01"), (bottom, "EUR", "7")]
    for of, unit, value in worth:
        text = f'{{"name": "x", "relatedParty": [{{"id": "{of["id"]}", "@referredType": "SalesAccount"}}],'
        text += f' "estimatedRevenue": {{"unit": "{unit}", "value": {value}}}}}'
        answer = await client.post(
            f"{SALES}/salesOpportunity", content=text, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 201
        last = answer.json()["id"]
    await made(client, f"{SALES}/salesLead", relatedParty=party(bottom), estimatedRevenue={"value": 5})
    await made(client, f"{SALES}/salesLead", relatedParty=party(bottom))
    assert (await client.patch(f"{SALES}/salesOpportunity/{last}", json={"status": "cancelled"})).status_code == 200
    found = await total(client, top)
    assert found["own"] == empty | {
        "salesOpportunity": 1,
        "openSalesOpportunity": 1,
        "openAmount": [{"unit": "EUR", "value": 0.1}],
        "openLeadAmount": [],
    }
    text = (await client.get(f"{OWN}/accountTotal/{top['id']}")).text
    sums = {each["unit"]: each["value"] for each in found["withSubsidiaries"]["openAmount"]}
    assert Decimal(str(sums["EUR"])) == Decimal("0.3")
    assert '"value":99999999999999.01' in text.replace(" ", "")
    assert found["withSubsidiaries"] | {"openAmount": []} == {
        "salesLead": 2,
        "openSalesLead": 2,
        "salesOpportunity": 4,
        "openSalesOpportunity": 3,
        "openAmount": [],
        "openLeadAmount": [{"value": 5}],
    }
    tag = (await client.get(f"{OWN}/accountTotal/{top['id']}")).headers["etag"]
    await made(client, f"{SALES}/salesLead", relatedParty=party(middle))
    assert (await client.get(f"{OWN}/accountTotal/{top['id']}")).headers["etag"] != tag
    assert (await client.get(f"{OWN}/accountTotal/nobody")).status_code == 404


async def test_sales_may_work_with_accounts_and_partners_may_not(running: Running) -> None:
    """By the policy that is there without a file."""
    parts = {name: getattr(running, name) for name in running.__dataclass_fields__}
    for role, status in (("sales", 201), ("marketing", 201), ("partner", 403), ("importer", 403)):
        actor = Actor(running.actor.tenant, "somebody", frozenset({role}))
        async with caller(surface_of(Running(**parts | {"actor": actor}))) as client:
            answer = await client.post(f"{OWN}/salesAccount", json={"name": "x"})
            assert answer.status_code == status, role
            if status == 201:
                id_ = answer.json()["id"]
                assert (await client.get(f"{OWN}/salesAccount/{id_}/salesLead")).status_code == 200
                assert (await client.get(f"{OWN}/accountTotal/{id_}")).status_code == 200
