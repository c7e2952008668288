"""What operators see and do over HTTP: deliveries, dead letters, replays, new secrets."""

from typing import Any

import httpx
import pytest

from spanco import clock
from spanco.app import Running
from tests.system import caller, surface_of
from tests.worker.listeners import Listen, answers
from tests.worker.stage import (
    OWN,
    Virtual,
    as_role,
    count,
    created,
    in_fresh_tenant,
    live,
    matched,
    rows,
    subscribed,
    told_all,
    working,
)

NO_ID = "01981c11-2b6f-7a90-8c55-3e1d7a0f4b66"


async def answered(api: httpx.AsyncClient, path: str, **params: Any) -> Any:
    """What a successful read says."""
    answer = await api.get(f"{OWN}/{path}", params=params)
    assert answer.status_code in {200, 206}, answer.text
    return answer.json()


async def order(api: httpx.AsyncClient, **what: Any) -> Any:
    """A new replay."""
    answer = await api.post(f"{OWN}/replay", json=what)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"].endswith(f"{OWN}/replay/{answer.json()['id']}")
    return answer.json()


async def test_deliveries_are_listed_filtered_and_read(
    stage: Running, api: httpx.AsyncClient, listen: Listen, virtual: Virtual
) -> None:
    """With what came back, how often it was tried and when it is tried next; never with what the listener said."""
    good, bad = await listen(), await listen(answers("500 My Secret Words"))
    first, second = await subscribed(api, good.url), await subscribed(api, bad.url)
    lead = await created(api)
    await live(stage, virtual, seconds=1)
    (made,) = await answered(api, "delivery", status="delivered")
    assert made["hub"] == {"id": first["id"]}
    assert made["resource"] == {"id": lead["id"], "kind": "sales.salesLead"}
    assert (made["attempts"], made["responseCode"], made["eventType"]) == (1, 200, "SalesLeadCreateEvent")
    assert made["eventId"] == good.heard[0].headers["webhook-id"]
    (late,) = await answered(api, "delivery", **{"hub.id": second["id"]})
    assert (late["status"], late["responseCode"]) == ("aside", 500)
    assert late["nextAttemptAt"] > late["lastAttemptAt"] >= late["createdAt"]
    assert "My Secret Words" not in str(late)
    assert await answered(api, f"delivery/{late['id']}") == late
    assert await answered(api, f"delivery/{late['id']}", fields="status") == {
        "id": late["id"],
        "href": late["href"],
        "status": "aside",
    }
    assert [each["id"] for each in await answered(api, "delivery", sort="-attempts,id", limit=1, offset=1)]
    assert await answered(api, "deadLetter") == []
    for method, path in (("POST", "delivery"), ("DELETE", f"delivery/{late['id']}"), ("PATCH", f"deadLetter/{NO_ID}")):
        assert (await api.request(method, f"{OWN}/{path}", json={})).status_code == 405
    assert (await api.get(f"{OWN}/delivery/{NO_ID}.1")).status_code == 404
    past = await api.get(f"{OWN}/delivery", params={"asOf": "2026-01-01"})
    assert past.status_code == 400


async def dead(stage: Running, api: httpx.AsyncClient, listen: Listen) -> list[dict[str, Any]]:
    """Two hubs with the same two dead letters each, whose listeners are well again."""
    for _ in range(2):
        await subscribed(api, (await listen()).url)
    for number in range(2):
        await created(api, name=str(number))
    async with working(stage):
        await told_all(stage)
    await rows(stage, "update delivery set progress = 'dead', attempts = 15, status = 500")
    found: list[dict[str, Any]] = await answered(api, "deadLetter")
    assert len(found) == 4
    return found


async def test_a_replay_of_one_dead_letter_is_of_that_one(
    stage: Running, api: httpx.AsyncClient, listen: Listen
) -> None:
    """Not of the same event for another hub."""
    letters = await dead(stage, api, listen)
    made = await order(api, deadLetter=[{"id": letters[0]["id"]}])
    assert made["status"] == "acknowledged"
    async with working(stage):
        while (done := await answered(api, f"replay/{made['id']}"))["status"] != "done":
            assert done["status"] == "acknowledged"
        await told_all(stage)
    assert (done["replayed"], done["finishedAt"] >= done["createdAt"]) == (1, True)
    left = await answered(api, "deadLetter")
    assert {each["id"] for each in left} == {each["id"] for each in letters[1:]}


@pytest.mark.parametrize(
    ("which", "left"),
    [
        (lambda letter: {"hub": letter["hub"]}, 2),
        (lambda letter: {"event": [{"eventId": letter["eventId"]}], "only": "deadLetter"}, 2),
        (lambda letter: {"event": [{"eventId": letter["eventId"]}], "only": "deadLetter", "hub": letter["hub"]}, 3),
        (lambda letter: {"deadLetter": [{"id": letter["id"]}], "hub": {"id": letter["hub"]["id"]}}, 3),
        (lambda _: {"from": "2020-01-01T00:00:00Z"}, 0),
        (lambda _: {"to": "2020-01-01T00:00:00Z"}, 4),
    ],
)
async def test_what_a_replay_chooses(
    stage: Running, api: httpx.AsyncClient, listen: Listen, which: Any, left: int
) -> None:
    """By hub, by event, by both, by time; how many dead letters are left then."""
    letters = await dead(stage, api, listen)
    made = await order(api, **which(letters[0]))
    async with working(stage):
        while (await answered(api, f"replay/{made['id']}"))["status"] != "done":
            continue
        await told_all(stage)
    assert len(await answered(api, "deadLetter")) == left
    assert (await answered(api, f"replay/{made['id']}"))["replayed"] == 4 - left


async def test_a_large_replay_goes_in_steps(stage: Running, api: httpx.AsyncClient, listen: Listen) -> None:
    """Several hundred events, of which one hub wants some, each once more with the same id and in order."""
    listener = await listen()
    hub = await subscribed(api, listener.url, "event.salesLead.name!=9")
    operations = [{"op": "add", "path": "/", "value": {"name": str(number % 10)}} for number in range(450)]
    assert (await api.patch("/tmf-api/sales/v4/salesLead", json=operations)).status_code == 200
    async with working(stage, 2):
        await told_all(stage)
        first = listener.ids
        made = await order(api, hub={"id": hub["id"]}, only="all")
        while (done := await answered(api, f"replay/{made['id']}"))["status"] != "done":
            continue
        await told_all(stage)
    assert done["replayed"] == len(first) == 405
    assert [each.headers["webhook-id"] for each in listener.heard].count(first[0]) == 2
    assert len(listener.heard) == 810
    assert await count(stage, "replay") == 0


async def test_many_dead_letters_are_sent_again_in_steps(
    stage: Running, api: httpx.AsyncClient, listen: Listen
) -> None:
    """All those of an event together: none is passed over where a step ends in the middle of its hubs."""
    listeners = [await listen() for _ in range(3)]
    for each in listeners:
        await subscribed(api, each.url)
    operations = [{"op": "add", "path": "/", "value": {"name": str(number)}} for number in range(150)]
    assert (await api.patch("/tmf-api/sales/v4/salesLead", json=operations)).status_code == 200
    await matched(stage)
    await rows(stage, "update delivery set progress = 'dead'")
    made = await order(api, **{"from": "2020-01-01T00:00:00Z"})
    async with working(stage):
        while (done := await answered(api, f"replay/{made['id']}"))["status"] != "done":
            continue
        await told_all(stage)
    assert done["replayed"] == 450
    assert [len(each.ids) for each in listeners] == [150] * 3


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"hub": {}},
        {"hub": {"id": ""}},
        {"event": []},
        {"deadLetter": [{"id": "x"}], "event": [{"eventId": "y"}]},
        {"from": "yesterday"},
        {"from": "2026-03-02T00:00:00Z", "to": "2026-03-01T00:00:00Z"},
        {"only": "some", "from": "2026-03-02T00:00:00Z"},
        {"event": [{"eventId": str(number)} for number in range(1001)]},
        [],
    ],
)
async def test_a_bad_order_is_refused(api: httpx.AsyncClient, body: Any) -> None:
    """400; no replay is left behind."""
    answer = await api.post(f"{OWN}/replay", json=body)
    assert answer.status_code == 400, answer.text
    assert await answered(api, "replay") == []


async def test_a_hub_that_is_not_there_is_not_found(stage: Running, api: httpx.AsyncClient) -> None:
    """Neither for a replay nor for a new secret; also when it is another tenant's."""
    async with caller(surface_of(in_fresh_tenant(stage))) as other:
        theirs = (await subscribed(other, "http://127.0.0.1:9/"))["id"]
    for hub_id in (NO_ID, theirs):
        for path in ("replay", "signingSecret"):
            answer = await api.post(f"{OWN}/{path}", json={"hub": {"id": hub_id}})
            assert answer.status_code == 404, answer.text
    assert await count(stage, "replay") == 0
    found = await rows(stage, "select kind from resource where tenant = $1", stage.actor.tenant)
    assert {each["kind"] for each in found} <= {"sales.hub"}


async def test_a_new_secret_is_shown_once(api: httpx.AsyncClient) -> None:
    """It cannot be read; how long the former one signs is said."""
    hub = await subscribed(api, "http://127.0.0.1:9/")
    made = await api.post(f"{OWN}/signingSecret", json={"hub": {"id": hub["id"]}, "keepFormerHours": 2})
    assert made.status_code == 201
    body = made.json()
    assert body["secret"].startswith("whsec_")
    assert body["secret"] != hub["secret"]
    assert body["formerValidUntil"] > clock.now().isoformat()
    assert (await api.get(f"{OWN}/signingSecret/{body['id']}")).status_code in {404, 405}
    for hours in (-1, 169, 1.5, "2"):
        bad = await api.post(f"{OWN}/signingSecret", json={"hub": {"id": hub["id"]}, "keepFormerHours": hours})
        assert bad.status_code == 400, hours
    assert (await api.post(f"{OWN}/signingSecret", json={})).status_code == 400


async def test_tenants_and_roles_are_kept_apart(stage: Running, api: httpx.AsyncClient, listen: Listen) -> None:
    """Nobody sees deliveries of another tenant; whoever may not, may not."""
    letters = await dead(stage, api, listen)
    async with caller(surface_of(in_fresh_tenant(stage))) as other:
        for path in ("delivery", "deadLetter", "replay"):
            assert await answered(other, path) == []
        assert (await other.get(f"{OWN}/deadLetter/{letters[0]['id']}")).status_code == 404
        await order(other, deadLetter=[{"id": letters[0]["id"]}])
    async with working(stage):
        await told_all(stage)
        while await count(stage, "replay"):
            continue
    assert len(await answered(api, "deadLetter")) == 4
    async with caller(surface_of(as_role(stage, "sales"))) as sales:
        for path in ("delivery", "deadLetter", "replay"):
            assert (await sales.get(f"{OWN}/{path}")).status_code == 403
        assert (await sales.post(f"{OWN}/replay", json={"from": "2026-01-01T00:00:00Z"})).status_code == 403
        hub = letters[0]["hub"]
        assert (await sales.post(f"{OWN}/signingSecret", json={"hub": hub})).status_code == 403
