"""POST, PATCH and DELETE: patches, preconditions, bulk, idempotency, and the events each raises."""

from typing import Any

import httpx
import pytest

from spanco.app import Running
from spanco.kernel.wire import decode_stored

MERGE = {"content-type": "application/merge-patch+json"}
PATCH = {"content-type": "application/json-patch+json"}
QUERY = {"content-type": "application/json-patch-query+json"}


@pytest.fixture
async def lead(sales: httpx.AsyncClient) -> dict[str, Any]:
    """A lead with notes and parties."""
    body = {
        "name": "Fibre",
        "note": [{"id": "1", "text": "a"}, {"id": "2", "text": "b"}],
        "relatedParty": [{"id": "7", "role": "seller", "name": "Ann"}],
    }
    made: dict[str, Any] = (await sales.post("salesLead", json=body)).json()
    return made


@pytest.mark.parametrize(
    ("headers", "change", "expected"),
    [
        ({}, {"rating": "hot"}, {"rating": "hot"}),
        (MERGE, {"rating": "hot", "note": None}, {"rating": "hot", "note": None}),
        (MERGE, {"note": [{"id": "9"}]}, {"note": [{"id": "9"}]}),
        (
            PATCH,
            [{"op": "replace", "path": "/note/1/text", "value": "c"}],
            {"note": [{"id": "1", "text": "a"}, {"id": "2", "text": "c"}]},
        ),
        (PATCH, [{"op": "test", "path": "/name", "value": "Fibre"}, {"op": "remove", "path": "/note"}], {"note": None}),
        (
            QUERY,
            [{"op": "replace", "path": "/note/text?note.id=1", "value": "z"}],
            {"note": [{"id": "1", "text": "z"}, {"id": "2", "text": "b"}]},
        ),
        (QUERY, [{"op": "remove", "path": "/note?id=1"}], {"note": [{"id": "2", "text": "b"}]}),
        (
            QUERY,
            [{"op": "replace", "path": "/relatedParty[?(@.role=='seller')]/name", "value": "Bea"}],
            {"relatedParty": [{"id": "7", "role": "seller", "name": "Bea"}]},
        ),
    ],
)
async def test_every_kind_of_patch_is_applied(
    sales: httpx.AsyncClient, lead: dict[str, Any], headers: dict[str, str], change: Any, expected: dict[str, Any]
) -> None:
    """Merge patch also as plain JSON; null removes; arrays are replaced as a whole."""
    answer = await sales.patch(f"salesLead/{lead['id']}", json=change, headers=headers)
    assert answer.status_code == 200, answer.text
    assert {name: answer.json().get(name) for name in expected} == expected
    assert answer.headers["etag"] == '"2"'
    assert (await sales.get(f"salesLead/{lead['id']}")).content == answer.content


@pytest.mark.parametrize(
    ("headers", "change", "status"),
    [
        ({}, [], 400),
        ({}, None, 400),
        ({}, {"name": ""}, 400),
        ({}, {"name": None}, 400),
        ({}, {"creationDate": "2020-01-01T00:00:00Z"}, 400),
        ({}, {"@type": "Other"}, 400),
        ({}, {"id": "other"}, 400),
        ({}, {"status": "won"}, 400),
        ({}, {"estimatedRevenue": {"value": -1}}, 400),
        ({}, {"validFor": {"startDateTime": "2026-02-01", "endDateTime": "2026-01-01"}}, 400),
        (PATCH, {"op": "add"}, 400),
        (PATCH, [{"op": "test", "path": "/name", "value": "No"}], 400),
        (PATCH, [{"op": "remove", "path": "/gone"}], 400),
        (PATCH, [{"op": "replace", "path": "", "value": 5}], 400),
        (QUERY, [{"op": "remove", "path": "/note?id=77"}], 400),
        ({"content-type": "text/plain"}, {}, 415),
        ({"content-type": "application/json;charset=utf-16"}, {}, 415),
    ],
)
async def test_a_bad_patch_is_refused_and_changes_nothing(
    sales: httpx.AsyncClient, lead: dict[str, Any], headers: dict[str, str], change: Any, status: int
) -> None:
    """With a sentence, and the version as before."""
    answer = await sales.patch(f"salesLead/{lead['id']}", json=change, headers=headers)
    assert (answer.status_code, answer.json()["@type"]) == (status, "Error")
    assert (await sales.get(f"salesLead/{lead['id']}")).headers["etag"] == '"1"'


async def test_a_patch_that_changes_nothing_raises_no_event(
    sales: httpx.AsyncClient, lead: dict[str, Any], running: Running
) -> None:
    """Echoing the whole document is fine; the version stays."""
    answer = await sales.patch(f"salesLead/{lead['id']}", json=lead)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    assert len(await events(running, lead["id"])) == 1


async def events(running: Running, id_: str) -> list[dict[str, Any]]:
    """The event rows of one resource, in order."""
    async with running.database.connected() as connection:
        rows = await connection.fetch(
            "select * from event where tenant = $1 and resource_id = $2 order by version, ordinal",
            running.actor.tenant,
            id_,
        )
    return [dict(row) for row in rows]


async def test_each_change_raises_its_events_with_before_after_and_cause(
    sales: httpx.AsyncClient, lead: dict[str, Any], running: Running
) -> None:
    """Create 1, attributes 1, state 1, delete 1; one patch may raise two, in a fixed order."""
    path = f"salesLead/{lead['id']}"
    await sales.patch(path, json={"rating": "hot"}, headers={"x-correlation-id": "abc"})
    await sales.patch(path, json={"status": "inProgress", "statusChangeReason": "Called", "rating": "warm"})
    await sales.delete(path, headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})
    rows = await events(running, lead["id"])
    assert [(row["type"], row["version"], row["ordinal"]) for row in rows] == [
        ("SalesLeadCreateEvent", 1, 0),
        ("SalesLeadAttributeValueChangeEvent", 2, 0),
        ("SalesLeadAttributeValueChangeEvent", 3, 0),
        ("SalesLeadStateChangeEvent", 3, 1),
        ("SalesLeadDeleteEvent", 4, 0),
    ]
    assert [row["correlation"] for row in rows] == [None, "abc", None, None, "a" * 32]
    assert {(row["actor"], row["cause"]) for row in rows} == {("tester", b'{"kind": "request"}')}
    assert rows[2]["changed"] == ["rating", "status", "statusChangeReason"]
    assert (rows[0]["before"], rows[4]["after"]) == (None, None)
    for earlier, later in ((0, 1), (1, 2), (3, 4)):
        assert rows[earlier]["after"] == rows[later]["before"]
    assert decode_stored(rows[3]["after"])["status"] == "inProgress"  # type: ignore[index,call-overload]
    assert len({row["event_id"] for row in rows}) == 5


async def test_if_match_guards_patch_and_delete(sales: httpx.AsyncClient, lead: dict[str, Any]) -> None:
    """412 when the version is past; tags of projections and `*` count; weak tags never match."""
    path = f"salesLead/{lead['id']}"
    projected = (await sales.get(f"{path}?fields=name")).headers["etag"]
    for tag, status in (
        ('"7"', 412),
        ('W/"1"', 412),
        ("junk", 412),
        (f'"9", {projected}', 200),
        ('"1"', 412),
        ("*", 200),
    ):
        answer = await sales.patch(path, json={"description": tag}, headers={"if-match": tag})
        assert (tag, answer.status_code) == (tag, status)
    assert (await sales.delete(path, headers={"if-match": '"1"'})).status_code == 412
    assert (await sales.delete(path, headers={"if-match": '"3"'})).status_code == 204


async def test_many_are_created_together_or_not_at_all(sales: httpx.AsyncClient) -> None:
    """By JSON Patch on the collection, or by an array."""
    good = [{"op": "add", "path": "/", "value": {"name": f"Lead {number}"}} for number in range(3)]
    answer = await sales.patch("salesLead", json=good, headers=PATCH)
    assert (answer.status_code, [each["name"] for each in answer.json()]) == (200, ["Lead 0", "Lead 1", "Lead 2"])
    bad = await sales.patch("salesLead", json=[*good, {"op": "add", "path": "/", "value": {}}], headers=PATCH)
    assert bad.status_code == 400
    odds: list[Any] = [
        {},
        [],
        [5],
        [{"op": "remove", "path": "/"}],
        [{"op": "add", "path": "/x", "value": {}}],
        [{}] * 1001,
    ]
    for odd in odds:
        assert (await sales.patch("salesLead", json=odd, headers=PATCH)).status_code == 400
    assert (await sales.post("salesLead", json=[{"name": "x"}, {"name": 5}])).status_code == 400
    assert (await sales.post("salesLead", json=[])).status_code == 400
    many = await sales.post("salesLead?fields=name", json=[{"name": "a"}, {"name": "b"}])
    assert (many.status_code, [each["name"] for each in many.json()]) == (201, ["a", "b"])
    assert (await sales.post("hub", json=[{"callback": "http://a.example"}])).status_code == 400
    assert (await sales.get("salesLead")).headers["x-total-count"] == "5"


async def test_an_idempotency_key_gives_the_same_answer_once(sales: httpx.AsyncClient) -> None:
    """The same body: the same answer, byte for byte; another body, query or path: 422; a bad key: 400."""
    key = {"idempotency-key": "a-1"}
    first = await sales.post("salesLead", json={"name": "x"}, headers=key)
    again = await sales.post("salesLead", json={"name": "x"}, headers=key)
    assert (again.status_code, again.content, again.headers) == (201, first.content, first.headers)
    assert (await sales.post("salesLead", json={"name": "y"}, headers=key)).status_code == 422
    assert (await sales.post("salesLead?fields=name", json={"name": "x"}, headers=key)).status_code == 422
    assert (await sales.post("salesOpportunity", json={"name": "x"}, headers=key)).status_code == 422
    for bad in ("", "k" * 256, "\x7f"):
        refused = await sales.post("salesLead", json={"name": "x"}, headers={"idempotency-key": bad})
        assert refused.status_code == 400
    assert (await sales.get("salesLead")).headers["x-total-count"] == "1"


async def test_a_refused_request_leaves_its_key_free(sales: httpx.AsyncClient) -> None:
    """Nothing is kept when validation fails."""
    key = {"idempotency-key": "free"}
    assert (await sales.post("salesLead", json={}, headers=key)).status_code == 400
    assert (await sales.post("salesLead", json={"name": "x"}, headers=key)).status_code == 201


async def test_methods_and_paths_that_are_not_offered_are_said_so(sales: httpx.AsyncClient) -> None:
    """405 with Allow, 404 for a path, 204 for OPTIONS."""
    put = await sales.put("salesLead/1", json={})
    assert (put.status_code, put.headers["allow"]) == (405, "DELETE, GET, HEAD, OPTIONS, PATCH")
    options = await sales.options("salesLead")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS, PATCH, POST")
    assert (await sales.get("salesTrain")).status_code == 404
    assert (await sales.get("salesLead/1/note")).status_code == 404
    assert (await sales.post("http://spanco.test/docs")).status_code == 405


async def test_a_host_that_is_none_is_refused(sales: httpx.AsyncClient) -> None:
    """It would become part of href."""
    answer = await sales.post("salesLead", json={"name": "x"}, headers={"host": 'a"b'})
    assert (answer.status_code, answer.json()["code"]) == (400, "26")
