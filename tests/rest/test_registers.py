"""Registers over HTTP: there from the start, changed by tenants, in the reader's language, guarding leads."""

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
from spanco.operations import Draft, Refused, Stored, create
from spanco.rest.routes import Surface
from spanco.sales.actions import registers
from tests.system import caller, surface_of

OWN = "/spanco/v1/"
LEADS = "/tmf-api/sales/v4/salesLead"
SOURCES = "register/leadSource/entry"
BUILT_IN = {"leadType", "leadRating", "leadSource", "salesChannel", "marketSegment", "marketingCampaign"} | {
    *("lostReason", "consentText", "freeMailDomain")
}


@pytest.fixture
async def api(surface: Surface) -> AsyncIterator[httpx.AsyncClient]:
    """A client of our own API."""
    async with caller(surface, OWN) as opened:
        yield opened


async def made(api: httpx.AsyncClient, path: str, **document: Any) -> dict[str, Any]:
    """What a POST answers with 201."""
    answer = await api.post(path, json=document)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def by_code(api: httpx.AsyncClient, code: str, register: str = "leadSource") -> dict[str, Any]:
    """An entry as a list shows it."""
    (found,) = (await api.get(f"register/{register}/entry", params={"code": code})).json()
    return dict(found)


async def just_now() -> str:
    """A moment that is over: what is written from here on is later, by a millisecond at least."""
    moment = spell(clock.now())
    await asyncio.sleep(0.002)
    return moment


async def captured(api: httpx.AsyncClient, **lead: Any) -> httpx.Response:
    """The answer to a new lead."""
    return await api.post(f"http://spanco.test{LEADS}", json={"name": "Fibre", **lead})


async def test_the_registers_are_there_for_a_tenant_that_never_loaded_any(api: httpx.AsyncClient) -> None:
    """With entries, and labels in three languages."""
    assert {each["id"] for each in (await api.get("register")).json()} == BUILT_IN
    answer = await api.get("register/leadSource", headers={"Accept-Language": "cs"})
    assert (answer.json()["name"], answer.json()["label"]) == ("leadSource", "Zdroje leadů")
    assert answer.json()["attribute"] == ["salesLead.leadSource"]
    for register in BUILT_IN - {"marketingCampaign", "freeMailDomain"}:
        found = (await api.get(f"register/{register}/entry", params={"validAt": "now"})).json()
        assert len(found) >= 4
        assert all({"en", "de", "cs"} <= set(each["localizationData"]) for each in found)
    assert int((await api.get("register/freeMailDomain/entry?limit=1")).headers["x-total-count"]) > 100


async def test_a_tenant_adds_a_register_whose_name_is_its_id(api: httpx.AsyncClient) -> None:
    """A name that is taken is 409, one that could stand in no address is 400, and the name stays."""
    answer = await api.post("register", json={"name": "competitor", "attribute": ["salesLead.competitor"]})
    assert answer.headers["location"] == "http://spanco.test/spanco/v1/register/competitor"
    assert answer.json()["id"] == "competitor"
    again = await api.post("register", json={"name": "competitor"})
    assert (again.status_code, again.json()["reason"]) == (409, "Already there")
    assert (await api.post("register", json={"name": "a/b"})).status_code == 400
    assert (await api.patch("register/competitor", json={"name": "other"})).status_code == 400
    assert (await api.patch("register/competitor", json={"title": "Others"})).json()["title"] == "Others"
    assert (await api.delete("register/competitor")).status_code == 405
    assert (await api.post("register/nobody/entry", json={"code": "x", "name": "X"})).status_code == 404
    standard = await api.post("register", json={"name": "heat", "attribute": ["salesLead.rating"]})
    assert (standard.status_code, "stays open" in standard.json()["message"]) == (400, True)


async def test_a_code_is_once_in_its_register_and_for_good(api: httpx.AsyncClient) -> None:
    """The same code may stand in another register; an array is taken as one."""
    entry = await made(api, SOURCES, code="bus", name="Bus")
    assert (await api.post(SOURCES, json={"code": "bus", "name": "Coach"})).status_code == 409
    assert (await api.post(SOURCES, json=[{"code": each, "name": each} for each in ("a", "a")])).status_code == 409
    assert (await api.post(SOURCES, json=[{"code": each, "name": each} for each in ("a", "b")])).status_code == 201
    assert (await made(api, "register/leadType/entry", code="bus", name="Bus"))["id"] != entry["id"]
    assert (await api.patch(f"{SOURCES}/{entry['id']}", json={"code": "tram"})).status_code == 400
    assert (await api.delete(f"{SOURCES}/{entry['id']}")).status_code == 405
    backwards = {"code": "c", "name": "C", "validityFrom": "2026-02-01", "validityTo": "2026-01-31"}
    assert (await api.post(SOURCES, json=backwards)).status_code == 400


async def test_an_entry_has_every_attribute_of_the_tsm_register(api: httpx.AsyncClient) -> None:
    """What was sent is given back as it is; processing data is taken and forgotten, whatever face it came by."""
    sent = {
        "code": "bus",
        "name": "Bus",
        "validityFrom": "2026-01-01",
        "validityTo": "2099-12-31",
        "description": "On buses.",
        "localizationData": {"cs": {"name": "Autobus", "description": "Na autobusech."}, "de": "Bus"},
        "entitySpecId": "6f1b3a52-94d7-5c0e-8a41-2b7de9c05f38",
        "mnemonicCode": "B",
        "createPrivilege": "sales",
        "registry": {"owner": "marketing"},
        "icon": "bus",
        "tsmModule": "crm",
        "config": {"colour": "#123456", "weights": [1, 2]},
        "dataTags": ["offline"],
    }
    entry = await made(api, SOURCES, **sent, processingData={"batch": "night"})
    found = (await api.get(f"{SOURCES}/{entry['id']}")).json()
    assert {name: found[name] for name in sent} == sent
    patched = await api.patch(f"{SOURCES}/{entry['id']}", json={"icon": "tram", "processingData": {"batch": "day"}})
    assert patched.json()["icon"] == "tram"
    for face in (entry, found, patched.json(), (await api.get(f"/tsm/crm/v2/leadSource/{entry['id']}")).json()):
        assert "processingData" not in face
    assert (found["labelVersion"], found["label"], found["@type"]) == (1, "Bus", "RegisterEntry")


async def test_the_label_is_in_the_language_that_is_asked_for(api: httpx.AsyncClient) -> None:
    """In one entry and in a list; the answer says which it is and that it depends on the question."""
    entry = await by_code(api, "fair")
    assert entry["label"] == "Trade fair"
    for asked, label, language in (
        ("de-AT, cs;q=0.1", "Messe", "de"),
        ("fr, cs;q=0.5, de;q=0.4", "Veletrh", "cs"),
        ("fr", "Trade fair", None),
        ("de;q=0, *", "Trade fair", None),
    ):
        for path in (f"{SOURCES}/{entry['id']}", f"{SOURCES}?code=fair&fields=label"):
            answer = await api.get(path, headers={"Accept-Language": asked})
            body = answer.json()[0] if isinstance(answer.json(), list) else answer.json()
            assert body["label"] == label
            assert answer.headers.get("content-language") == language
            assert answer.headers["vary"] == "accept-language"
    german = await api.get(f"{SOURCES}/{entry['id']}", headers={"Accept-Language": "de"})
    tag = {"If-None-Match": german.headers["etag"]}
    assert (await api.get(f"{SOURCES}/{entry['id']}", headers={"Accept-Language": "de", **tag})).status_code == 304
    assert (await api.get(f"{SOURCES}/{entry['id']}", headers={"Accept-Language": "cs", **tag})).status_code == 200
    changed = {**german.json(), "icon": "tent"}
    given = {"If-Match": german.headers["etag"]}
    assert (await api.patch(f"{SOURCES}/{entry['id']}", json=changed, headers=given)).status_code == 200


async def test_other_resources_say_nothing_of_languages(api: httpx.AsyncClient) -> None:
    """A lead has no label, and caches need not tell its readers apart."""
    lead = (await captured(api)).json()
    answer = await api.get(f"http://spanco.test{LEADS}/{lead['id']}", headers={"Accept-Language": "de"})
    assert "vary" not in answer.headers
    assert answer.headers["etag"] == '"1"'


async def test_the_record_of_yesterday_shows_the_label_of_yesterday(running: Running, api: httpx.AsyncClient) -> None:
    """However short the event log is kept: the entry itself remembers."""
    entry = await by_code(api, "fair")
    place = f"{SOURCES}/{entry['id']}"
    before = await just_now()
    change = {"name": "Exhibition", "localizationData": {"de": {"name": "Ausstellung"}, "cs": None}}
    changed = (await api.patch(place, json=change)).json()
    assert (changed["labelVersion"], changed["former"][0]["name"]) == (2, "Trade fair")
    assert changed["former"][0]["until"] > before
    for asked, old, new in (("de", "Messe", "Ausstellung"), ("cs", "Veletrh", "Exhibition")):
        heads = {"Accept-Language": asked}
        assert (await api.get(place, headers=heads)).json()["label"] == new
        async with running.work(running.actor) as work:
            await work.connection.execute("delete from event where tenant = $1", running.actor.tenant)
        for path in (f"{place}?asOf={before}", f"{SOURCES}?code=fair&asOf={before}"):
            found = (await api.get(path, headers=heads)).json()
            found = found[0] if isinstance(found, list) else found
            assert (found["label"], found["name"], found["labelVersion"]) == (old, "Trade fair", 1)
    same = (await api.patch(place, json={"icon": "tent"})).json()
    assert (same["labelVersion"], len(same["former"])) == (2, 1)
    assert (await api.patch(place, json={"former": []})).status_code == 400


async def test_what_is_valid_on_a_day_is_listed(api: httpx.AsyncClient) -> None:
    """Both days count, open ends do, and a day must be one."""
    await made(api, "register", name="season")
    for code, first, last in (
        ("always", None, None),
        ("may", "2026-05-01", "2026-05-31"),
        ("from", "2026-05-31", None),
    ):
        await made(api, "register/season/entry", code=code, name=code, validityFrom=first, validityTo=last)
    for day, valid in (
        ("2026-04-30", {"always"}),
        ("2026-05-01", {"always", "may"}),
        ("2026-05-31", {"always", "may", "from"}),
        ("2026-06-01", {"always", "from"}),
    ):
        found = await api.get("register/season/entry", params={"validAt": day, "sort": "code"})
        assert {each["code"] for each in found.json()} == valid
    page = await api.get("register/season/entry?validAt=2026-05-31&limit=1&sort=code")
    assert "validAt=2026-05-31" in page.headers["link"]
    for bad in ("tomorrow", "2026-13-01", "20260501", "2026-05-01&validAt=2026-05-02"):
        assert (await api.get(f"register/season/entry?validAt={bad}")).status_code == 400
    assert (await api.get("register?validAt=now")).json() == []  # of registers it is an attribute like any other


async def test_a_lead_chooses_what_is_valid_and_is_told_what_that_is(api: httpx.AsyncClient) -> None:
    """On creation and when a patch changes it; what a lead has already stays, and the standard's words are open."""
    lead = (await captured(api, leadSource="fair", leadType="upsell", rating="whatever", type="any")).json()
    assert (lead["leadSource"], lead["rating"]) == ("fair", "whatever")
    refused = await captured(api, leadRating="tepid")
    assert (refused.status_code, refused.json()["code"]) == (400, "24")
    assert refused.json()["message"] == (
        "'leadRating': 'tepid' is no code of the register 'leadRating'. Valid: cold, hot, unrated, warm."
    )
    assert (await captured(api, leadSource=7)).status_code == 400
    entry = await by_code(api, "fair")
    await api.patch(f"{SOURCES}/{entry['id']}", json={"validityTo": "2026-01-31"})
    retired = await captured(api, leadSource="fair")
    assert "cannot be chosen: it is valid until 2026-01-31" in retired.json()["message"]
    assert ", fair," not in retired.json()["message"]
    place = f"http://spanco.test{LEADS}/{lead['id']}"
    assert (await api.patch(place, json={"description": "x"})).status_code == 200
    assert (await api.patch(place, json={"leadSource": "fair", "name": "y"})).status_code == 200
    assert (await api.patch(place, json={"leadSource": "nowhere"})).status_code == 400
    assert (await api.patch(place, json={"leadSource": "event"})).status_code == 200
    assert (await api.patch(place, json={"leadSource": "fair"})).status_code == 400
    assert (await api.patch(place, json={"leadSource": None})).status_code == 200
    assert (await api.get(f"{SOURCES}/{entry['id']}")).json()["name"] == "Trade fair"


async def test_a_refusal_names_a_bounded_number_of_codes(api: httpx.AsyncClient) -> None:
    """And says where all of them are."""
    await api.post(SOURCES, json=[{"code": f"a{each:03}", "name": "x"} for each in range(200)])
    message = (await captured(api, leadSource="nowhere")).json()["message"]
    assert message.count(", a") == 49
    assert "GET register/leadSource/entry?validAt=now lists them" in message


async def test_a_register_of_a_tenant_guards_an_attribute_of_its_own(api: httpx.AsyncClient) -> None:
    """From the moment on in which it says so; also of opportunities, and where there are several."""
    assert (await captured(api, competitor="ACME")).status_code == 201
    guards = ["salesLead.competitor", "salesOpportunity.competitor"]
    await made(api, "register", name="competitor", attribute=guards)
    await made(api, "register/competitor/entry", code="ACME", name="Acme Telecom")
    assert (await captured(api, competitor="ACME")).status_code == 201
    assert (await captured(api, competitor=["ACME"])).status_code == 201
    assert (await captured(api, competitor="Other")).status_code == 400
    assert (await captured(api, competitor=["ACME", "Other"])).status_code == 400
    deal = f"http://spanco.test{LEADS.replace('Lead', 'Opportunity')}"
    assert (await api.post(deal, json={"name": "Deal", "competitor": "Other"})).status_code == 400
    await made(api, "register", name="newcomer", attribute=guards)
    await made(api, "register/newcomer/entry", code="Other", name="Other")
    assert (await captured(api, competitor=["ACME", "Other"])).status_code == 201
    for name in ("competitor", "newcomer"):
        await api.patch(f"register/{name}", json={"attribute": []})
    assert (await captured(api, competitor="anything")).status_code == 201


async def test_a_privileged_entry_is_for_those_who_have_the_role(running: Running, api: httpx.AsyncClient) -> None:
    """Others are refused with 403, whatever else they may do; what is chosen already does not matter."""
    await made(api, SOURCES, code="board", name="The board", createPrivilege="sales")
    refused = await captured(api, leadSource="board")
    assert (refused.status_code, refused.json()["code"]) == (403, "50")
    assert "may not choose leadSource 'board'. Roles that may: sales." in refused.json()["message"]
    seller = replace(running, actor=Actor(running.actor.tenant, "jo", frozenset({"sales"})))
    async with caller(surface_of(seller), OWN) as theirs:
        lead = (await captured(theirs, leadSource="board")).json()
        assert lead["leadSource"] == "board"
        assert (await theirs.get(SOURCES)).status_code in {200, 206}
        assert (await theirs.post(SOURCES, json={"code": "x", "name": "X"})).status_code == 403
    place = f"http://spanco.test{LEADS}/{lead['id']}"
    assert (await api.patch(place, json={"description": "x"})).status_code == 200


async def test_an_upgrade_takes_nothing_back(running: Running, api: httpx.AsyncClient) -> None:
    """A process that starts makes what is missing, and leaves what a tenant changed."""
    entry = await by_code(api, "fair")
    await api.patch(f"{SOURCES}/{entry['id']}", json={"name": "Exhibition", "validityTo": "2026-01-31"})
    await api.patch("register/leadSource", json={"title": "Origins"})
    running.database.recent.ready.clear()
    found = await by_code(api, "fair")
    assert (found["name"], found["validityTo"]) == ("Exhibition", "2026-01-31")
    assert (await api.get("register/leadSource")).json()["title"] == "Origins"


async def test_an_import_chooses_by_the_day_of_the_lead(running: Running, api: httpx.AsyncClient) -> None:
    """A lead of long ago has what was valid then; a bad row is refused alone, with the reason."""
    entry = await by_code(api, "fair")
    await api.patch(f"{SOURCES}/{entry['id']}", json={"validityTo": "2020-12-31"})
    rows = [("2020-06-01", "fair"), ("2021-06-01", "fair"), ("2021-06-01", "nowhere"), ("2021-06-01", "event")]
    drafts = [
        Draft({"name": "old", "creationDate": f"{day}T08:00:00Z", "status": "accepted", "leadSource": code})
        for day, code in rows
    ]
    async with running.work(running.actor) as work:
        leads = running.resource("sales", "salesLead")
        outcomes = await create(work, leads, drafts, historic=True, atomic=False)
    assert [type(each) for each in outcomes] == [Stored, Refused, Refused, Stored]


async def test_a_lead_without_such_attributes_costs_no_query(running: Running, api: httpx.AsyncClient) -> None:
    """And one with them none either, for a second; what this process writes is seen by it at once."""
    leads = running.resource("sales", "salesLead")
    await captured(api, leadSource="fair")
    running.database.recent.forget("nobody")
    async with running.work(running.actor) as work:
        asked: list[str] = []
        work.connection.add_query_logger(lambda record: asked.append(record.query))
        for document in ({"name": "x", "rating": "hot"}, {"name": "x", "@type": "SalesLead"}):
            await registers.admit(work, leads, dict(document), None)
        assert asked == []
        for _ in range(100):
            await registers.admit(work, leads, {"name": "x", "leadSource": "fair", "leadType": "upsell"}, None)
        assert len(asked) <= 2
        work.connection._con._query_loggers.clear()  # noqa: SLF001 - the driver wants each logger back by name


async def test_the_house_reads_registers_by_name(running: Running, api: httpx.AsyncClient) -> None:
    """What rules ask: entries, codes, labels; of what another process wrote they hear after a second."""
    entry = await by_code(api, "fair")
    before = await just_now()
    await api.patch(f"{SOURCES}/{entry['id']}", json={"name": "Exhibition", "validityTo": "2026-01-31"})
    async with running.work(running.actor) as work:
        assert "gmail.com" in await registers.codes(work, "freeMailDomain")
        assert "gmail.com" in await registers.codes(work, "freeMailDomain")
        codes = {each.code for each in await registers.entries(work, "leadSource")}
        assert "event" in codes
        assert "fair" not in codes
        assert (await registers.labels(work, "leadSource", ["de"]))["event"] == "Veranstaltung"
        assert (await registers.labels(work, "leadSource"))["fair"] == "Exhibition"
        assert (await registers.labels(work, "leadSource", moment=before))["fair"] == "Trade fair"
        assert await registers.entries(work, "nothing") == ()


class TakenBack(Exception):
    """The end of a transaction."""


async def seeded_in_vain(running: Running) -> None:
    """The registers are made, and taken back."""
    async with running.work(running.actor) as work, work.atomic():
        await registers.make_ready(work)
        raise TakenBack


async def test_a_seed_that_is_taken_back_is_made_again(running: Running, api: httpx.AsyncClient) -> None:
    """Inside of a transaction nothing is remembered as made."""
    with pytest.raises(TakenBack):
        await seeded_in_vain(running)
    assert len((await api.get("register")).json()) == len(BUILT_IN)


async def test_changes_of_registers_are_told(api: httpx.AsyncClient) -> None:
    """As of every resource: they have a history and events."""
    entry = await by_code(api, "fair")
    await api.patch(f"{SOURCES}/{entry['id']}", json={"icon": "tent"})
    (change,) = (await api.get(f"entry/{entry['id']}/history")).json()
    assert change["change"] == [{"path": "icon", "to": "tent"}]
