"""The tSM face over HTTP: the same leads as TMF699, one set of events, every manner of every API."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from spanco.app import Running
from spanco.rest.routes import Surface
from tests.system import caller, surface_of
from tests.worker.stage import as_role

NO_ID = "01981c11-2b6f-7a90-8c55-3e1d7a0f4b66"
EMAIL = {"type": "work", "value": "jana.okafor@example.com", "preferred": True, "note": {"by": "card"}}
WHOLE: dict[str, Any] = {
    "key": "L-147",
    "status": "NEW",
    "partyName": "Hafenlicht Logistik GmbH",
    "leadRating": "warm",
    "description": "Wants fibre.",
    "priority": "HIGH",
    "leadSource": "fair",
    "contactInstants": [{"type": "whatsapp", "value": "+49 151 5550"}],
    "phones": [{"value": "+49 30 23125 014"}, {"value": "+49 30 23125 015", "type": "mobile"}],
    "emails": [EMAIL],
    "websites": [{"value": "https://hafenlicht.example"}],
    "dataBoxes": [{"value": "h4f9x2k"}],
    "dataTags": ["fibre", "north"],
    "chars": {"expectedRevenue": 48000, "sites": [1, 2]},
    "leadType": "newCustomer",
}


@pytest.fixture
async def tsm(surface: Surface) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose paths begin at the base path of tSM."""
    async with caller(surface, "/tsm/crm/v2/") as opened:
        yield opened


async def made(tsm: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    """A new lead by tSM."""
    answer = await tsm.post("lead", json=WHOLE | more)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def bare(document: dict[str, Any]) -> dict[str, Any]:
    """Without its identity."""
    return {name: value for name, value in document.items() if name not in {"id", "href"}}


async def events(running: Running, id_: str) -> list[tuple[str, int, str]]:
    """The events of a lead: type, version, state afterwards."""
    async with running.database.connected() as connection:
        found = await connection.fetch(
            "select type, version, after->>'status' from event where tenant = $1 and resource_id = $2 "
            "order by version, ordinal",
            running.actor.tenant,
            id_,
        )
    return [tuple(each) for each in found]


async def test_what_tsm_writes_tmf_reads(tsm: httpx.AsyncClient, sales: httpx.AsyncClient, running: Running) -> None:
    """One lead with one id and one version; one event, that of TMF699."""
    answer = await tsm.post("lead", json=WHOLE | {"processingData": {"batch": "night"}})
    lead = answer.json()
    assert bare(lead) == WHOLE
    assert lead["href"] == answer.headers["location"] == f"http://spanco.test/tsm/crm/v2/lead/{lead['id']}"
    other = await sales.get(f"salesLead/{lead['id']}")
    found = other.json()
    assert other.headers["etag"] == answer.headers["etag"] == '"1"'
    assert (found["name"], found["status"], found["priority"]) == (WHOLE["partyName"], "acknowledged", "high")
    assert found["leadSource"] == "fair"
    assert found["prospectContact"][3] == {
        "mediumType": "email",
        "preferred": True,
        "characteristic": {"contactType": "work", "emailAddress": EMAIL["value"]},
        "tsm": {"note": {"by": "card"}},
    }
    assert set(found["tsm"]) == {"key", "dataBoxes", "dataTags", "chars"}
    assert "night" not in other.text
    assert await events(running, lead["id"]) == [("SalesLeadCreateEvent", 1, "acknowledged")]


async def test_what_tmf_writes_tsm_reads_and_changes(tsm: httpx.AsyncClient, sales: httpx.AsyncClient) -> None:
    """A patch by either leaves alone what the other knows."""
    sent = {
        "name": "Fibre for the bakery",
        "rating": "hot",
        "estimatedRevenue": {"unit": "EUR", "value": 1140.5},
        "note": [{"text": "called"}],
        "prospectContact": [
            {"mediumType": "phone", "characteristic": {"phoneNumber": "1"}, "validFor": {}},
            {"mediumType": "postalAddress", "characteristic": {"city": "Ulm"}},
        ],
    }
    lead = (await sales.post("salesLead", json=sent)).json()
    seen = (await tsm.get(f"lead/{lead['id']}")).json()
    assert bare(seen) == {"partyName": sent["name"], "status": "NEW", "phones": [{"value": "1"}]}
    change = {"emails": [EMAIL], "phones": [{"value": "1", "type": "work"}], "priority": "LOW", "chars": {"a": 1}}
    answer = await tsm.patch(f"lead/{lead['id']}", json=change)
    assert answer.status_code == 200, answer.text
    assert bare(answer.json()) == bare(seen) | change
    after = (await sales.get(f"salesLead/{lead['id']}")).json()
    assert after["prospectContact"][0]["validFor"] == {}
    assert after["prospectContact"][1] == sent["prospectContact"][1]  # type: ignore[index]
    for name in ("rating", "estimatedRevenue", "note", "name"):
        assert after[name] == sent[name]
    await sales.patch(f"salesLead/{lead['id']}", json={"name": "Fibre for the baker", "priority": "high"})
    again = (await tsm.get(f"lead/{lead['id']}")).json()
    assert bare(again) == bare(seen) | change | {"partyName": "Fibre for the baker", "priority": "HIGH"}


@pytest.mark.parametrize(("status", "states"), [
    ("NEW", ["acknowledged"]),
    ("IN_PROGRESS", ["acknowledged", "inProgress"]),
    ("WORKING", ["acknowledged", "inProgress"]),
    ("LATER", ["acknowledged", "inProgress", "pending"]),
    ("NON_WORKING", ["acknowledged", "inProgress", "pending"]),
    ("CONVERTED", ["acknowledged", "inProgress", "accepted"]),
    ("CONVERTED_EXTERNAL", ["acknowledged", "inProgress", "accepted"]),
    ("REJECTED", ["acknowledged", "inProgress", "rejected"]),
    ("UNSUCCESSFUL", ["acknowledged", "cancelled"]),
])  # fmt: skip
async def test_a_lead_is_created_in_any_status(
    tsm: httpx.AsyncClient, running: Running, status: str, states: list[str]
) -> None:
    """It goes the way that TMF699 allows, each step with the event of that step."""
    lead = await made(tsm, status=status)
    assert bare(lead) == WHOLE | {"status": status}
    moves = ["SalesLeadCreateEvent"] + ["SalesLeadStateChangeEvent"] * (len(states) - 1)
    assert await events(running, lead["id"]) == [
        (event, version, state) for version, (event, state) in enumerate(zip(moves, states, strict=True), 1)
    ]
    assert (await tsm.get(f"lead/{lead['id']}")).headers["etag"] == f'"{len(states)}"'


async def test_a_status_moves_as_the_lifecycle_allows(tsm: httpx.AsyncClient, sales: httpx.AsyncClient) -> None:
    """Later with a date and a reason; what TMF699 forbids is 409; a move by TMF699 is followed."""
    lead = await made(tsm)
    path = f"lead/{lead['id']}"
    refused = await tsm.patch(path, json={"status": "CONVERTED"})
    assert (refused.status_code, "inProgress, cancelled" in refused.json()["message"]) == (409, True)
    for status in ("WORKING", "IN_PROGRESS", "WORKING"):
        assert (await tsm.patch(path, json={"status": status})).json()["status"] == status
    later = {"status": "LATER", "statusReason": "Contract ends in autumn.", "laterUntil": "2026-09-01T07:00:00Z"}
    seen = (await tsm.patch(path, json=later)).json()
    assert seen["laterUntil"] == "2026-09-01T07:00:00.000Z"
    kept = (await sales.get(f"salesLead/{lead['id']}")).json()
    assert (kept["status"], kept["statusChangeReason"]) == ("pending", later["statusReason"])
    await sales.patch(f"salesLead/{lead['id']}", json={"status": "inProgress"})
    assert (await tsm.get(path)).json()["status"] == "IN_PROGRESS"
    await sales.patch(f"salesLead/{lead['id']}", json={"status": "pending"})
    assert (await tsm.get(path)).json()["status"] == "NON_WORKING"
    await tsm.patch(path, json={"status": "WORKING"})
    done = {"status": "CONVERTED_EXTERNAL", "externalReference": {"id": "C-1", "system": "billing"}}
    assert (await tsm.patch(path, json=done)).json()["externalReference"] == done["externalReference"]
    assert (await sales.get(f"salesLead/{lead['id']}")).json()["status"] == "accepted"


async def test_a_plain_move_raises_one_event(tsm: httpx.AsyncClient, running: Running) -> None:
    """That of the state; a finer status alone is an attribute."""
    lead = await made(tsm)
    for status in ("IN_PROGRESS", "WORKING"):
        await tsm.patch(f"lead/{lead['id']}", json={"status": status})
    await tsm.patch(f"lead/{lead['id']}", json={"status": "WORKING"})
    assert [event for event, _, _ in await events(running, lead["id"])] == [
        "SalesLeadCreateEvent",
        "SalesLeadStateChangeEvent",
        "SalesLeadAttributeValueChangeEvent",
    ]


async def test_patches_of_every_kind_work_on_the_face(tsm: httpx.AsyncClient) -> None:
    """JSON Patch and JSON Patch Query speak of the lists of tSM."""
    path = f"lead/{(await made(tsm))['id']}"
    operations: Any = [
        {"op": "test", "path": "/status", "value": "NEW"},
        {"op": "add", "path": "/emails/0", "value": {"value": "first@example.com"}},
        {"op": "remove", "path": "/phones/0"},
        {"op": "add", "path": "/chars/region", "value": "Ulm"},
    ]
    headers = {"content-type": "application/json-patch+json"}
    seen = (await tsm.patch(path, json=operations, headers=headers)).json()
    assert seen["emails"] == [{"value": "first@example.com"}, EMAIL]
    assert seen["phones"] == WHOLE["phones"][1:]
    assert seen["chars"]["region"] == "Ulm"
    headers = {"content-type": "application/json-patch-query+json"}
    operations = [{"op": "replace", "path": "/emails/value?emails.type=work", "value": "second@example.com"}]
    answer = await tsm.patch(path, json=operations, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["emails"][1] == EMAIL | {"value": "second@example.com"}
    for body in ({"id": NO_ID}, {"leadType": None}, {"partyName": ""}, {"status": "OLD"}, {"leadType": "unknown"}):
        assert (await tsm.patch(path, json=body)).status_code == 400, body
    assert (await tsm.patch(path, json={"href": f"http://elsewhere/{path}"})).status_code == 200


async def test_preconditions_and_repetitions(tsm: httpx.AsyncClient, sales: httpx.AsyncClient) -> None:
    """ETag, If-Match, If-None-Match and Idempotency-Key as everywhere; versions are those of TMF699."""
    headers = {"idempotency-key": "once"}
    first = await tsm.post("lead", json=WHOLE | {"status": "LATER"}, headers=headers)
    again = await tsm.post("lead", json=WHOLE | {"status": "LATER"}, headers=headers)
    assert (first.status_code, first.json()) == (201, again.json())
    path = f"lead/{first.json()['id']}"
    tag = first.headers["etag"]
    assert (await tsm.get(path, headers={"if-none-match": tag})).status_code == 304
    assert (await sales.patch(f"salesLead/{first.json()['id']}", json={"rating": "hot"})).status_code == 200
    assert (await tsm.patch(path, json={"key": "x"}, headers={"if-match": tag})).status_code == 412
    assert (await tsm.delete(path, headers={"if-match": tag})).status_code == 412
    assert (await tsm.delete(path)).status_code == 204
    assert (await sales.get(f"salesLead/{first.json()['id']}")).status_code == 404
    assert (await tsm.get(path)).status_code == 404


async def test_a_client_may_choose_the_id(tsm: httpx.AsyncClient, sales: httpx.AsyncClient) -> None:
    """Once: also what was deleted keeps its id."""
    lead = await made(tsm, id=NO_ID)
    assert lead["id"] == NO_ID
    assert (await sales.get(f"salesLead/{NO_ID}")).status_code == 200
    assert (await tsm.post("lead", json=WHOLE | {"id": NO_ID})).status_code == 409
    await tsm.delete(f"lead/{NO_ID}")
    assert (await tsm.post("lead", json=WHOLE | {"id": NO_ID})).status_code == 409
    assert (await tsm.post("lead", json=WHOLE | {"id": NO_ID.upper()})).status_code == 400
    assert (await sales.post("salesLead", json={"name": "x", "id": NO_ID})).json()["id"] != NO_ID


async def test_many_at_once_are_all_or_none(tsm: httpx.AsyncClient) -> None:
    """As an array and as a patch of the list."""
    many = await tsm.post("lead", json=[WHOLE, WHOLE | {"status": "LATER"}])
    assert [each["status"] for each in many.json()] == ["NEW", "LATER"]
    operations: Any = [{"op": "add", "path": "/", "value": WHOLE | {"status": "REJECTED"}}]
    assert (await tsm.patch("lead", json=operations)).json()[0]["status"] == "REJECTED"
    bad = await tsm.post("lead", json=[WHOLE, WHOLE | {"leadSource": "nowhere"}])
    assert (bad.status_code, "fair" in bad.json()["message"]) == (400, True)
    assert (await tsm.get("lead")).headers["x-total-count"] == "3"


async def _four(tsm: httpx.AsyncClient, sales: httpx.AsyncClient) -> None:
    await made(tsm, status="LATER", partyName="b", priority="LOW")
    await made(tsm, status="WORKING", partyName="a", priority="MEDIUM", emails=[{"value": "z", "type": "home"}])
    await made(tsm, status="NEW", partyName="d")
    await sales.post("salesLead", json={"name": "c"})


@pytest.mark.parametrize(("query", "names"), [
    ("status=LATER", "b"),
    ("status=NEW,WORKING", "acd"),
    ("status.ne=NEW", "ab"),
    ("status.regex=^(LAT|W)", "ab"),
    ("status.gt=M", "acd"),
    ("priority=HIGH", "d"),
    ("priority.lt=M", "bd"),
    ("partyName.gte=c", "cd"),
    ("emails.value=z", "a"),
    ("emails.note.by=card", "bd"),
    ("filter=emails[?(@.value=='z'%26%26@.type=='work')]", ""),
    ("filter=emails[?(@.value=='z'%26%26@.type=='home')]", "a"),
    ("filter=!phones", "c"),
    ("chars.sites=2", "abd"),
    ("dataTags=north", "abd"),
    ("filter=dataTags.length()==2", "abd"),
    ("processingData.batch=night", ""),
    ("key=L-147&status=NEW", "d"),
    ("name=c", ""),
])  # fmt: skip
async def test_lists_are_asked_in_the_words_of_tsm(
    tsm: httpx.AsyncClient, sales: httpx.AsyncClient, query: str, names: str
) -> None:
    """Over the leads of both faces."""
    await _four(tsm, sales)
    answer = await tsm.get(f"lead?{query}")
    assert answer.status_code == 200, answer.text
    assert "".join(sorted(each["partyName"] for each in answer.json())) == names
    assert answer.headers["x-total-count"] == str(len(names))


@pytest.mark.parametrize(("sort", "names"), [
    ("partyName", "abcd"),
    ("-partyName", "dcba"),
    ("priority,partyName", "dbac"),
    ("-priority,partyName", "abdc"),
    ("key,-partyName", "dbac"),
    ("-emails.value,partyName", "abdc"),
])  # fmt: skip
async def test_lists_are_ordered_and_walked(
    tsm: httpx.AsyncClient, sales: httpx.AsyncClient, sort: str, names: str
) -> None:
    """By cursors too, which speak the words of the face."""
    await _four(tsm, sales)
    found, url = "", f"lead?sort={sort}&limit=1"
    while url:
        answer = await tsm.get(url)
        assert answer.status_code == 206, answer.text
        found += answer.json()[0]["partyName"]
        url = str(answer.links.get("next", {}).get("url", ""))
    assert found == names


@pytest.mark.parametrize("query", ["sort=status", "sort=emails", "filter=emails.length()>1", "filter=max(phones.x)>1"])
async def test_what_cannot_be_asked_exactly_is_refused(tsm: httpx.AsyncClient, query: str) -> None:
    """With a sentence."""
    answer = await tsm.get(f"lead?{query}")
    assert (answer.status_code, len(answer.json()["message"]) > 20) == (400, True)


async def test_attributes_are_chosen_and_the_past_is_seen(tsm: httpx.AsyncClient, sales: httpx.AsyncClient) -> None:
    """`fields` and `asOf` speak of the face; the history stands under the name of TMF699."""
    lead = await made(tsm)
    path = f"lead/{lead['id']}"
    chosen = (await tsm.get(f"{path}?fields=status,emails.value")).json()
    assert bare(chosen) == {"status": "NEW", "emails": [{"value": EMAIL["value"]}]}
    moment = (await sales.get(f"salesLead/{lead['id']}")).json()["creationDate"]
    await tsm.patch(path, json={"status": "IN_PROGRESS", "key": None})
    past = (await tsm.get(f"{path}?asOf={moment}")).json()
    assert past["status"] in {"NEW", "IN_PROGRESS"}
    listed = (await tsm.get(f"lead?asOf={moment}&id={lead['id']}")).json()
    assert listed == [past]
    assert (await sales.get(f"http://spanco.test/spanco/v1/salesLead/{lead['id']}/history")).status_code == 200
    assert (await sales.get(f"http://spanco.test/spanco/v1/lead/{lead['id']}/history")).status_code == 404


async def test_a_face_has_no_hubs_and_no_rows(tsm: httpx.AsyncClient, running: Running) -> None:
    """Nothing is kept under its kind."""
    lead = await made(tsm)
    assert (await tsm.post("hub", json={"callback": "http://127.0.0.1/"})).status_code == 404
    assert (await tsm.put(f"lead/{lead['id']}", json={})).status_code == 405
    async with running.database.connected() as connection:
        assert await connection.fetchval("select count(*) from resource where kind like 'tsm.%'") == 0
        assert await connection.fetchval("select to_regclass('\"resource tsm.lead\"')") is None


async def test_roles_are_those_of_the_lead_that_is_kept(running: Running, tsm: httpx.AsyncClient) -> None:
    """Who may create but not change may create what needs no move; nobody sees more by another face."""
    lead = await made(tsm)
    async with caller(surface_of(as_role(running, "marketing")), "/tsm/crm/v2/") as marketing:
        assert (await marketing.post("lead", json=WHOLE)).status_code == 201
        assert (await marketing.post("lead", json=WHOLE | {"status": "LATER"})).status_code == 403
        assert (await marketing.patch(f"lead/{lead['id']}", json={"key": "x"})).status_code == 403
        assert (await marketing.get("lead")).headers["x-total-count"] == "2"
    async with caller(surface_of(as_role(running, "partner")), "/tsm/crm/v2/") as partner:
        assert (await partner.get("lead")).json() == []
        assert (await partner.get(f"lead/{lead['id']}")).status_code == 404


async def test_what_tsm_alone_knows_is_checked_on_the_other_face(sales: httpx.AsyncClient) -> None:
    """Else it could not be answered."""
    for tsm in (1, {"status": "OLD"}, {"partyName": "x"}):
        assert (await sales.post("salesLead", json={"name": "x", "tsm": tsm})).status_code == 400, tsm


@pytest.mark.parametrize("name", ["leadType", "leadRating", "leadSource"])
async def test_registers_are_those_of_the_house(tsm: httpx.AsyncClient, name: str) -> None:
    """Listed, added to, changed; an entry that was added can be chosen."""
    listed = (await tsm.get(f"{name}?limit=1000")).json()
    assert WHOLE[name] in {each["code"] for each in listed}
    assert not {"label", "labelVersion", "@type"} & listed[0].keys()
    sent = {"code": "special", "name": "Special", "config": {"a": 1}, "dataTags": ["x"]}
    answer = await tsm.post(name, json=sent | {"processingData": {"batch": "night"}, "id": NO_ID})
    assert answer.status_code == 201, answer.text
    entry = answer.json()
    assert bare(entry) == sent
    assert (await tsm.post(name, json=sent)).status_code == 409
    assert (await tsm.post(name, json={"code": "x"})).status_code == 400
    path = f"{name}/{entry['id']}"
    assert (await tsm.patch(path, json={"name": "Very special"})).json()["name"] == "Very special"
    assert (await tsm.patch(path, json={"code": "y"})).status_code == 400
    assert (await tsm.get(f"{name}?code=special&fields=name")).json()[0]["name"] == "Very special"
    assert (await tsm.delete(path)).status_code == 405
    kept = await tsm.get(f"http://spanco.test/spanco/v1/register/{name}/entry/{entry['id']}")
    assert kept.json()["labelVersion"] == 2
    assert (await made(tsm, **{name: "special"}))[name] == "special"
    others = {"leadType", "leadRating", "leadSource"} - {name}
    assert (await tsm.get(f"{min(others)}/{entry['id']}")).status_code == 404
