"""Hubs over HTTP, on every served API: made once, checked, read, removed; for those who may."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from spanco.access.grants import Grant
from spanco.access.policy import Policy
from spanco.app import Running, served_apis
from spanco.kernel.openapi import Api
from spanco.store import lanes
from spanco.worker.ending import end
from tests.rest.invented import document_for
from tests.system import OFFICIAL, caller, surface_of
from tests.worker.listeners import Listen
from tests.worker.stage import HUBS, OWN, as_role, count, created, in_fresh_tenant, rows, subscribed, told_all, working

APIS = [api for api in served_apis(OFFICIAL) if "hub" in api.resources]
every_api = pytest.mark.parametrize("served", APIS, ids=[api.api_id for api in APIS])
LISTENER = "http://127.0.0.1:9/events"

BAD_CALLBACKS: list[Any] = [
    *(None, 5, [], {}, "", " ", "listener", "/events", "//127.0.0.1/x", "ftp://127.0.0.1/", "file:///etc/passwd"),
    *("http://", "http:///x", "http://127.0.0.1:99999/", "http://127.0.0.1:0/", "http://user:pass@127.0.0.1/"),
    *("http://127.0.0.1/#part", "http://127.0.0.1/a b", "http://2130706433/", "http://0177.0.0.1/", "http://127.1/"),
    *("http://10.0.0.1/", "http://192.168.1.1/", "http://169.254.169.254/latest", "http://[fe80::1]/", "http://[::]/"),
    *(
        "http://0.0.0.0/",
        "http://[::ffff:10.0.0.1]/",
        "http://exämple.com/",
        "http://a_b.example/",
        "javascript:alert(1)",
    ),
    "http://127.0.0.1/" + "x" * 2000,
]
BAD_QUERIES: list[Any] = [
    *(5, [], {}, "eventType", "limit=5", "sort=eventType", "asOf=2026-01-01", "$[?(", "eventType=%zz", "a.between=1"),
    *("fields=name", "event.x.y*=(", "filter=$[?(@.a==)]", "x" * 2001),
]


def hubs_of(api: Api) -> str:
    """The path of the hubs of an API."""
    return f"{api.base_path}/hub"


@every_api
async def test_a_hub_is_made_listed_read_and_removed(client: httpx.AsyncClient, served: Api) -> None:
    """201 with its address; the secret is shown once; GET answers what was stored."""
    body = document_for(served, served.resources["hub"]) | {"callback": LISTENER, "query": "eventType=None"}
    made = await client.post(hubs_of(served), json=body)
    assert made.status_code == 201, made.text
    hub = made.json()
    assert made.headers["location"] == hub["href"]
    assert made.headers["etag"] == '"1"'
    secret = hub.pop("secret")
    assert secret.startswith("whsec_")
    assert (hub["callback"], hub["query"]) == (LISTENER, "eventType=None")
    path = f"{hubs_of(served)}/{hub['id']}"
    assert (await client.get(path)).json() == hub
    assert (await client.get(hubs_of(served), params={"callback": LISTENER})).json() == [hub]
    assert (await client.patch(path, json={"callback": "http://127.0.0.1:10/"})).status_code == 405
    assert (await client.delete(path, headers={"if-match": '"7"'})).status_code == 412
    assert (await client.delete(path)).status_code == 204
    for method in ("GET", "DELETE"):
        assert (await client.request(method, path)).status_code == 404
    assert (await client.get(hubs_of(served))).json() == []


@every_api
async def test_what_cannot_be_told_is_refused(client: httpx.AsyncClient, served: Api) -> None:
    """400 with the attribute in the message, and no hub is left behind."""
    for name, values in (("callback", BAD_CALLBACKS), ("query", BAD_QUERIES)):
        for value in values:
            answer = await client.post(hubs_of(served), json={"callback": LISTENER, "query": ""} | {name: value})
            assert answer.status_code == 400, (name, value, answer.text)
            assert name in answer.json()["message"], (name, value, answer.text)
    for body in ("[]", "5", '"x"', "{", "", "{}", '{"query": ""}'):
        answer = await client.post(hubs_of(served), content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 400, (body, answer.text)
    assert (await client.post(hubs_of(served), content=b"x", headers={"content-type": "text/plain"})).status_code == 415
    assert (await client.get(hubs_of(served))).json() == []


@every_api
async def test_a_hub_of_any_api_can_end_and_live_again(
    client: httpx.AsyncClient, running: Running, served: Api
) -> None:
    """Its resource says so, also where the official document knows no states of hubs."""
    body = {"callback": LISTENER, "query": "eventType=None"}
    hub = (await client.post(hubs_of(served), json=body)).json()
    path = f"{hubs_of(served)}/{hub['id']}"
    resource = served.resources["hub"]
    lane = await lane_of(running, hub["id"])
    try:
        await end(running.means, resource, lane, "gone")
        ended = (await client.get(path)).json()
        assert (ended["status"], ended["statusReason"]) == ("ended", "The listener answered that it is gone.")
        again = await client.post(hubs_of(served), json=body)
        assert (again.status_code, again.json()["id"]) == (201, hub["id"]), again.text
        assert again.json().get("status") == "active"
        assert "statusReason" not in again.json()
    finally:
        assert (await client.delete(path)).status_code == 204


async def lane_of(system: Running, hub_id: str) -> lanes.Lane:
    """The lane of a hub."""
    names = ", ".join(lanes.Lane.__dataclass_fields__)
    (record,) = await rows(system, f"select {names} from lane where hub_id = $1", hub_id)  # noqa: S608 - own names
    return lanes.Lane(*record)


async def test_the_same_subscription_is_made_once(stage: Running, api: httpx.AsyncClient) -> None:
    """By fifty clients at once: one hub, one lane, one event, one secret that one of them was shown."""
    body = {"callback": LISTENER, "query": "eventType=SalesLeadCreateEvent"}
    answers = await asyncio.gather(*(api.post(HUBS, json=body) for _ in range(50)))
    assert {each.status_code for each in answers} == {201}
    assert len({each.json()["id"] for each in answers}) == 1
    assert sum("secret" in each.json() for each in answers) == 1
    assert len({each.headers["location"] for each in answers}) == 1
    assert await count(stage, "lane") == 1
    assert await count(stage, "outbox", "type = 'EventSubscriptionCreateEvent' or kind = 'sales.hub'") == 1
    for other in ({"callback": LISTENER}, {"callback": LISTENER + "/2", "query": body["query"]}):
        assert (await api.post(HUBS, json=other)).json()["id"] != answers[0].json()["id"]
    assert (await subscribed(api, LISTENER, body["query"], f"{OWN}/hub"))["id"] != answers[0].json()["id"]
    async with caller(surface_of(in_fresh_tenant(stage))) as elsewhere:
        assert "secret" in await subscribed(elsewhere, LISTENER, body["query"])
    assert await count(stage, "lane") == 5


async def test_a_hub_that_was_removed_can_be_made_anew(stage: Running, api: httpx.AsyncClient) -> None:
    """With another id and another secret; what was left of the first one does not matter."""
    first = await subscribed(api, LISTENER)
    assert (await api.delete(f"{HUBS}/{first['id']}")).status_code == 204
    second = await subscribed(api, LISTENER)
    assert first["id"] != second["id"]
    assert first["secret"] != second["secret"]
    assert await count(stage, "lane") == 1


async def test_many_come_and_go_at_once(stage: Running, api: httpx.AsyncClient) -> None:
    """Registering, removing, ending and reviving one subscription from all sides: no deadlock, and all agree."""
    resource = stage.resource("sales", "hub")

    async def register() -> int:
        return (await api.post(HUBS, json={"callback": LISTENER})).status_code

    async def remove() -> int:
        found = (await api.get(HUBS)).json()
        return (await api.delete(f"{HUBS}/{found[0]['id']}")).status_code if found else 204

    async def give_up() -> int:
        found = (await api.get(HUBS)).json()
        if found and await rows(stage, "select 1 from lane where hub_id = $1", found[0]["id"]):
            await end(stage.means, resource, await lane_of(stage, found[0]["id"]), "failing")
        return 201

    for _ in range(4):
        doing = [act() for act in (register, remove, give_up) for _ in range(6)]
        statuses = await asyncio.gather(*doing, return_exceptions=True)
        assert {each for each in statuses if not isinstance(each, Exception)} <= {201, 204, 404, 409}
        assert not [each for each in statuses if isinstance(each, Exception) and not isinstance(each, ValueError)]
    hubs = (await api.get(HUBS)).json()
    found = await rows(stage, "select hub_id, ended_at is not null as ended from lane")
    assert {(each["id"], each["status"] == "ended") for each in hubs} == {tuple(each) for each in found}


POLICY = Policy(
    (
        Grant("admin", ("*",), ("read", "create", "update", "delete", "subscribe")),
        Grant("clerk", ("sales.*",), ("read", "create", "update", "delete")),
        Grant("partner", ("sales.hub",), ("read", "create", "update", "subscribe")),
        Grant("partner", ("sales.salesLead",), ("read",), sees="own"),
    )
)


@pytest.fixture
def guarded(stage: Running) -> Running:
    """The system with a policy of its own."""
    return replace(stage, policy=POLICY)


async def test_who_may_not_subscribe_is_refused(guarded: Running) -> None:
    """403, before the callback is looked at; where the API is not covered, too."""
    for role, path, status in (
        ("clerk", HUBS, 403),
        ("partner", HUBS, 201),
        ("partner", f"{OWN}/hub", 403),
        ("admin", f"{OWN}/hub", 201),
        ("nobody", HUBS, 403),
    ):
        async with caller(surface_of(as_role(guarded, role))) as client:
            answer = await client.post(path, json={"callback": f"{LISTENER}/{role}"})
            assert answer.status_code == status, (role, path, answer.text)
            bad = await client.post(path, json={"callback": "http://10.0.0.1/"})
            assert bad.status_code == (400 if status == 201 else 403)
    async with caller(surface_of(as_role(guarded, "partner"))) as client:
        hub = (await client.get(HUBS)).json()[0]
        assert (await client.delete(f"{HUBS}/{hub['id']}")).status_code == 403


async def test_a_hub_of_another_tenant_is_not_there(stage: Running, api: httpx.AsyncClient, listen: Listen) -> None:
    """Not listed, read or removed; and it is told nothing of ours."""
    mine, theirs = await listen(), await listen()
    hub = await subscribed(api, mine.url)
    async with caller(surface_of(in_fresh_tenant(stage))) as other:
        await subscribed(other, theirs.url)
        assert hub["id"] not in [each["id"] for each in (await other.get(HUBS)).json()]
        for method in ("GET", "DELETE"):
            assert (await other.request(method, f"{HUBS}/{hub['id']}")).status_code == 404
        await created(api, name="ours")
        await created(other, name="theirs")
    async with working(stage):
        await told_all(stage)
    assert [each.resource["name"] for each in mine.taken] == ["ours"]
    assert [each.resource["name"] for each in theirs.taken] == ["theirs"]


async def test_what_a_partner_may_not_see_is_not_sent(guarded: Running, listen: Listen) -> None:
    """His own leads alone, on the wire."""
    listener = await listen()
    async with caller(surface_of(as_role(guarded, "partner", "p1"))) as partner:
        await subscribed(partner, listener.url)
    async with caller(surface_of(guarded)) as api:
        for party in ("p1", "p2"):
            await created(api, name=party, relatedParty=[{"id": party, "role": "owner"}])
    async with working(guarded):
        await told_all(guarded)
    assert [each.resource["name"] for each in listener.taken] == ["p1"]
