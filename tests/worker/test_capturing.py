"""What becomes of submissions: leads, refusals, tries later; each ends somewhere, and the sum is what was accepted."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from spanco.app import Running, worker
from spanco.sales.actions import placing, processing
from spanco.sales.actions.capture import Counter as Desk
from spanco.sales.rules import captured
from spanco.store import capture
from spanco.work import Already
from spanco.worker.capturing import Capturing
from tests.rest.test_forms import HTML, made
from tests.sales.forms import GOOD
from tests.system import caller, surface_of
from tests.worker.listeners import Listen
from tests.worker.stage import LEADS, OWN, Virtual, as_role, count, in_fresh_tenant, rows, subscribed, told_all, working


def capturing(system: Running) -> Capturing:
    """A worker's part in capture."""
    found = worker(system).capturing
    assert found
    return found


async def processed(system: Running) -> None:
    """Everything that is due is processed."""
    while await capturing(system).step() == 0.0:
        continue


async def submissions(api: httpx.AsyncClient, **asked: Any) -> list[dict[str, Any]]:
    """What operators see."""
    answer = await api.get(f"{OWN}/submission", params=asked)
    assert answer.status_code in {200, 206}, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


async def test_a_post_becomes_a_lead_with_touch_and_consent(stage: Running, api: httpx.AsyncClient) -> None:
    """Once, however often it is processed; with the text that was read, its version and what proves it."""
    id_ = await made(api)
    receipt = (await api.post(f"/form/{id_}?utm_source=letter&gclid=1", data=GOOD | {"consent.news": "on"})).json()
    await processed(stage)
    (done,) = await submissions(api)
    assert done["status"] == "created"
    lead = (await api.get(f"{LEADS}/{done['lead']['id']}")).json()
    assert lead["name"] == "Hafen GmbH: Fibre: contact"
    assert (lead["leadSource"], lead["status"]) == ("webForm", "acknowledged")
    assert lead["touch"][0]["source"] == "webForm"
    assert lead["touch"][0]["clickId"] == [{"name": "gclid", "value": "1"}]
    news = lead["consent"][1]
    assert (news["granted"], news["textCode"], news["textVersion"]) == (True, "news", "2")
    assert (news["proof"]["submission"], news["proof"]["formVersion"]) == (receipt["id"], 1)
    assert len(news["proof"]["addressHash"]) == 64
    assert (await api.get(f"/form/receipt/{receipt['id']}")).json()["state"] == "done"
    await rows(stage, "update submission set state = 'waiting', due_at = now() where id = $1", receipt["id"])
    await processed(stage)
    assert len((await api.get(LEADS)).json()) == 1
    (event,) = await rows(
        stage, "select cause, actor from event where type = 'SalesLeadCreateEvent' and tenant = $1", stage.actor.tenant
    )
    assert event["actor"] == "capture"
    assert receipt["id"].encode() in event["cause"]


async def test_every_submission_ends_as_something(stage: Running, api: httpx.AsyncClient) -> None:
    """Good ones, spam, those of a form that is gone or asks more by now: the sum of outcomes is what was accepted."""
    good, gone, stricter = [await made(api, rateLimit={"perAddressPerMinute": 100}) for _ in range(3)]
    receipts = [(await api.post(f"/form/{each}", json=GOOD)).json()["id"] for each in [good] * 5 + [gone, stricter]]
    receipts.append((await api.post(f"/form/{good}", json={"homepage_url": "x"})).json()["id"])
    await api.delete(f"{OWN}/form/{gone}")
    fields = (await api.get(f"{OWN}/form/{stricter}")).json()["field"]
    fields[3]["required"] = True
    assert (await api.patch(f"{OWN}/form/{stricter}", json={"field": fields})).status_code == 200
    await processed(stage)
    found = await submissions(api)
    assert {each["id"] for each in found} == set(receipts)
    assert Counter(each["status"] for each in found) == {"created": 5, "refused": 2, "spam": 1}
    reasons = {each["form"]["id"]: each["reason"] for each in found if each["status"] == "refused"}
    assert reasons == {gone: "The form is gone.", stricter: "'phone': Please fill this in."}
    refused = await api.get(f"/form/receipt/{receipts[5]}", headers=HTML)
    assert "could not be taken" in refused.text


async def test_submissions_are_processed_again_when_it_is_ordered(stage: Running, api: httpx.AsyncClient) -> None:
    """After a form was mended, say; what became a lead is left alone."""
    id_ = await made(api)
    fields = (await api.get(f"{OWN}/form/{id_}")).json()["field"]
    (await api.post(f"/form/{id_}", json=GOOD)).raise_for_status()
    strict = [*fields[:3], {**fields[3], "required": True}, *fields[4:]]
    await api.patch(f"{OWN}/form/{id_}", json={"field": strict})
    await processed(stage)
    await api.patch(f"{OWN}/form/{id_}", json={"field": fields})
    (await api.post(f"/form/{id_}", json=GOOD)).raise_for_status()
    await processed(stage)
    before = await submissions(api)
    orders = [
        {"status": ["spam"]},
        {"form": {"id": "other"}},
        {"to": "2020-01-01T00:00:00Z"},
        {"submission": [{"id": each["id"]} for each in before]},
        {"from": "2020-01-01T00:00:00Z"},
    ]
    numbers = []
    for order in orders:
        answer = await api.post(f"{OWN}/submissionReplay", json=order)
        assert answer.status_code == 201, answer.text
        numbers.append((await api.get(f"{OWN}/submissionReplay/{answer.json()['id']}")).json()["replayed"])
    assert numbers == [0, 0, 0, 1, 0]
    await processed(stage)
    assert {each["status"] for each in await submissions(api)} == {"created"}
    assert len((await api.get(LEADS)).json()) == 2


async def test_what_cannot_be_a_lead_is_refused_and_what_may_pass_is_held(
    stage: Running, api: httpx.AsyncClient, virtual: Virtual, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect of ours loses nothing: it is tried again, later and later, and harms no other."""
    moment = virtual()
    virtual.real = lambda: moment
    id_ = await made(api)
    for _ in range(2):
        (await api.post(f"/form/{id_}", json=GOOD)).raise_for_status()
    real, broken = captured.lead_of, [True]

    def brittle(*given: Any) -> Any:
        if broken:
            broken.clear()
            raise ZeroDivisionError
        return real(*given)

    monkeypatch.setattr(processing, "lead_of", brittle)
    await processed(stage)
    states = {each["status"]: each for each in await submissions(api)}
    assert states.keys() == {"held", "created"}
    assert states["held"]["nextAttemptAt"] > states["held"]["processedAt"]
    assert "defect" in states["held"]["reason"]
    await processed(stage)
    assert len(await submissions(api, status="held")) == 1
    virtual.wait(seconds=6)
    await processed(stage)
    assert [each["attempts"] for each in await submissions(api, status="created")] == [2, 1]


async def test_a_lead_that_goes_before_it_is_joined_costs_no_submission(
    stage: Running, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was found, and merged or removed before it was locked: the submission is looked at once more."""
    id_ = await made(api)
    assert (await api.post(f"/form/{id_}", data=GOOD)).status_code == 202

    async def create(*_: object) -> object:
        raise Already("gone")

    monkeypatch.setattr(placing, "create", create)
    await processed(stage)
    (waiting,) = await submissions(api)
    assert waiting["status"] == "held"
    monkeypatch.undo()
    assert await rows(stage, "update submission set due_at = received_at returning id")
    await processed(stage)
    assert [each["status"] for each in await submissions(api)] == ["created"]


async def test_what_fails_for_ever_waits_for_an_operator(
    stage: Running, api: httpx.AsyncClient, virtual: Virtual, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a dozen tries it stays held, and is processed when somebody orders it."""
    id_ = await made(api)
    (await api.post(f"/form/{id_}", json=GOOD)).raise_for_status()

    def broken(*_: Any) -> Any:
        raise LookupError

    with monkeypatch.context() as patched:
        patched.setattr(processing, "lead_of", broken)
        for _ in range(14):
            await processed(stage)
            virtual.wait(hours=1)
    (held,) = await submissions(api)
    assert (held["status"], held["attempts"], "nextAttemptAt" in held) == ("held", 12, False)
    (await api.post(f"{OWN}/submissionReplay", json={})).raise_for_status()
    await processed(stage)
    assert (await submissions(api))[0]["status"] == "created"


async def test_a_killed_worker_loses_nothing(stage: Running, api: httpx.AsyncClient) -> None:
    """What it had claimed is free again, and done once."""
    id_ = await made(api, rateLimit={"perAddressPerMinute": 1000})
    for _ in range(30):
        (await api.post(f"/form/{id_}", json=GOOD)).raise_for_status()
    for delay in (0.01, 0.03, 0.06):
        task = asyncio.create_task(processed(stage))
        await asyncio.sleep(delay)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await processed(stage)
    assert len(await submissions(api, status="created")) == 30
    assert len((await api.get(LEADS)).json()) == 30


async def test_a_flood_loses_nothing_that_was_accepted(stage: Running, api: httpx.AsyncClient) -> None:
    """Posts side by side while two workers process them."""
    id_ = await made(api, rateLimit={"perMinute": 100_000, "perAddressPerMinute": 100_000})
    async with working(stage, 2):
        answers = await asyncio.gather(*(api.post(f"/form/{id_}", json=GOOD) for _ in range(400)))
        accepted = {answer.json()["id"] for answer in answers if answer.status_code == 202}
        async with asyncio.timeout(60):
            while await count(stage, "submission", f"tenant = '{stage.actor.tenant}' and due_at is not null"):  # noqa: ASYNC110 - the database rings no bell
                await asyncio.sleep(0.1)
    assert len(accepted) == 400
    found = await rows(stage, "select id, state, lead_id from submission where tenant = $1", stage.actor.tenant)
    assert {each["id"] for each in found} == accepted
    assert {each["state"] for each in found} == {"created"}
    assert len({each["lead_id"] for each in found}) == 400


async def test_a_source_is_chosen_and_once_retired_loses_no_lead(stage: Running, api: httpx.AsyncClient) -> None:
    """The touch keeps it; the attribute of the lead holds only codes that are valid. Others may be changed still."""
    entries, typo = f"{OWN}/register/leadSource/entry", {"name": "Portal", "source": "our-own-word"}
    id_ = await made(api, source="fair")
    for refused in (await api.post(f"{OWN}/captureKey", json=typo), await api.patch(f"{OWN}/form/{id_}", json=typo)):
        assert (refused.status_code, "Valid: advertisement" in refused.json()["message"]) == (400, True)
    (entry,) = (await api.get(entries, params={"code": "fair"})).json()
    (await api.patch(f"{entries}/{entry['id']}", json={"validityTo": "2020-01-01"})).raise_for_status()
    (await api.patch(f"{OWN}/form/{id_}", json={"name": "Other"})).raise_for_status()
    (await api.post(f"/form/{id_}", json=GOOD)).raise_for_status()
    await processed(stage)
    (lead,) = (await api.get(LEADS)).json()
    assert ("leadSource" in lead, lead["touch"][0]["source"]) == (False, "fair")


async def test_a_lead_handed_in_with_a_key(stage: Running, api: httpx.AsyncClient) -> None:
    """Its own attributes and the touch of the key; a bad one is refused with the reason that the API would give."""
    key = (await api.post(f"{OWN}/captureKey", json={"name": "Portal", "source": "partner"})).json()
    headers = {"x-capture-key": key["secret"]}
    for body in ({"name": "Fine", "rating": "hot"}, {"rating": "hot"}):
        (await api.post("/capture?utm_campaign=c", json=body, headers=headers)).raise_for_status()
    await processed(stage)
    states = {each["status"]: each for each in await submissions(api)}
    assert states.keys() == {"created", "refused"}
    assert "name" in states["refused"]["reason"]
    (lead,) = (await api.get(LEADS)).json()
    assert (lead["rating"], lead["leadSource"], lead["touch"][0]["campaign"]) == ("hot", "partner", "c")
    (await api.post("/capture", json={"name": "Late"}, headers=headers)).raise_for_status()
    (await api.delete(f"{OWN}/captureKey/{key['id']}")).raise_for_status()
    await processed(stage)
    assert "The capture key is gone." in {each.get("reason") for each in await submissions(api)}


@pytest.mark.usefixtures("virtual")
async def test_double_opt_in_waits_for_the_sender(stage: Running, api: httpx.AsyncClient, listen: Listen) -> None:
    """A mailer is told by an event, gets the link once, and only pressing the button confirms."""
    hearing = await listen()
    await subscribed(api, hearing.url, "eventType=SubmissionConfirmationRequiredEvent", hubs=f"{OWN}/hub")
    id_ = await made(api, doubleOptIn={"on": True, "hours": 2})
    receipt = (await api.post(f"/form/{id_}", json=GOOD)).json()
    assert "e-mail" in receipt["message"]
    async with working(stage):
        await told_all(stage)
    (told,) = [each.event for each in hearing.heard]
    assert told["event"]["submission"]["id"] == receipt["id"]
    assert "jana" not in str(told)
    await processed(stage)
    assert (await submissions(api))[0]["status"] == "unconfirmed"
    assert (await api.get(f"/form/receipt/{receipt['id']}")).json()["state"] == "unconfirmed"
    asked = {"submission": {"id": receipt["id"]}}
    first = (await api.post(f"{OWN}/confirmationLink", json=asked)).json()
    link = (await api.post(f"{OWN}/confirmationLink", json=asked)).json()
    assert (link["to"], link["language"]) == ("jana@example.com", "en")
    token = link["link"].rpartition("/")[2]
    for table in ("submission", "event", "resource"):
        assert await count(stage, table, f"{table}::text like '%{token}%'") == 0
    old = first["link"].rpartition("/")[2]
    assert (await api.get(f"/form/confirm/{old}")).status_code == 410
    for _ in range(3):
        page = await api.get(f"/form/confirm/{token}")
        assert (page.status_code, "<button" in page.text) == (200, True)
    await processed(stage)
    assert (await submissions(api))[0]["status"] == "unconfirmed"
    assert "is confirmed" in (await api.post(f"/form/confirm/{token}")).text
    assert (await api.post(f"/form/confirm/{token}")).status_code == 410
    await processed(stage)
    assert (await submissions(api))[0]["status"] == "created"
    assert (await api.post(f"{OWN}/confirmationLink", json=asked)).status_code == 404


async def test_what_nobody_confirms_expires_and_is_forgotten(
    stage: Running, api: httpx.AsyncClient, virtual: Virtual
) -> None:
    """At its time; no lead was made, and what was posted is gone."""
    id_ = await made(api, doubleOptIn={"on": True, "hours": 2})
    receipt = (await api.post(f"/form/{id_}", json=GOOD)).json()
    virtual.wait(hours=3)
    late = await api.post(f"{OWN}/confirmationLink", json={"submission": {"id": receipt["id"]}})
    assert late.status_code == 404
    await capturing(stage).tidy()
    (over,) = await submissions(api)
    assert (over["status"], "content" in over) == ("expired", False)
    assert (await api.get(f"/form/receipt/{receipt['id']}")).json()["state"] == "refused"


async def test_spam_of_a_form_with_double_opt_in_is_not_confirmed_by_a_replay(
    stage: Running, api: httpx.AsyncClient
) -> None:
    """Nobody gets around the sender."""
    id_ = await made(api, doubleOptIn={"on": True})
    (await api.post(f"/form/{id_}", json=GOOD | {"homepage_url": "x"})).raise_for_status()
    (await api.post(f"{OWN}/submissionReplay", json={"status": ["spam"]})).raise_for_status()
    await processed(stage)
    (found,) = await submissions(api)
    assert (found["status"], found["reason"]) == ("refused", "Its sender has not confirmed it.")


async def test_what_was_posted_is_forgotten_after_a_time(
    stage: Running, api: httpx.AsyncClient, virtual: Virtual
) -> None:
    """What became of it stays, and it cannot be processed again."""
    id_ = await made(api)
    (await api.post(f"/form/{id_}", json=GOOD)).raise_for_status()
    await processed(stage)
    await capturing(stage).tidy()
    assert "content" in (await submissions(api))[0]
    virtual.wait(days=61)
    await capturing(stage).tidy()
    (found,) = await submissions(api)
    assert (found["status"], "content" in found, "language" in found) == ("created", False, False)
    await rows(
        stage,
        "update submission set state = 'waiting', lead_id = null, due_at = received_at where tenant = $1",
        stage.actor.tenant,
    )
    await processed(stage)
    assert (await submissions(api))[0]["reason"] == "What was posted is forgotten."


async def test_tenants_and_roles_are_kept_apart(stage: Running, api: httpx.AsyncClient) -> None:
    """A lead goes to the tenant of the form; others see neither it nor the submission."""
    id_ = await made(api)
    async with caller(surface_of(in_fresh_tenant(stage))) as other:
        (await other.post(f"/form/{id_}", json=GOOD)).raise_for_status()
        await processed(stage)
        assert await submissions(other) == []
        assert (await other.get(f"{OWN}/form")).json() == []
        receipt = (await submissions(api))[0]["id"]
        (await other.post(f"{OWN}/submissionReplay", json={"submission": [{"id": receipt}]})).raise_for_status()
    assert len((await api.get(LEADS)).json()) == 1
    async with caller(surface_of(as_role(stage, "partner"))) as partner:
        for path in ("form", "submission", "captureKey", "submissionReplay"):
            assert (await partner.get(f"{OWN}/{path}")).status_code == 403
        assert (await partner.get(f"/form/{id_}")).status_code == 200


async def test_addresses_are_hashed_with_a_secret(stage: Running) -> None:
    """One of the setting, or one that was made with the database; tenants cannot be compared."""
    async with stage.database.connected() as connection:
        assert len(await capture.salt(connection)) == 72
    given, own = Desk(stage.database, "secret"), Desk(stage.database)
    hashes = {await desk._hashed(tenant, "192.0.2.1") for desk in (given, own) for tenant in ("a", "b")}  # noqa: SLF001 - what is kept is what counts
    assert len(hashes) == 4
