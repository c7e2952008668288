"""What was forgotten does not come back when what brought it is read once more."""

from typing import Any

import httpx
import pytest

from spanco.app import Running
from spanco.operations import Draft, Known, Stored, create
from spanco.sales.actions.capture import Counter as Desk
from spanco.sales.actions.correspondence import keep_mail
from spanco.work import Cause
from spanco.worker.forgetting import Forgetting
from tests.system import caller, surface_of
from tests.worker.stage import LEADS, OWN, rows
from tests.worker.test_capturing import processed, submissions
from tests.worker.test_forgetting import (
    CANARY,
    EMAIL,
    MEDIUM,
    NAME,
    carried_out,
    clean,
    forgotten,
    hits,
    ordered,
)

__all__ = ["clean"]


async def imported(system: Running, *row_ids: str) -> list[Any]:
    """What becomes of rows of a file."""
    person: Any = MEDIUM
    drafts = [
        Draft({"name": NAME, "prospectContact": person, "status": "inProgress"}, origin=("fair", each))
        for each in row_ids
    ]
    async with system.means.work(system.actor, Cause("import", {"source": "fair"})) as work, work.atomic():
        resource = work.resources["sales.salesLead"]
        return list(await create(work, resource, drafts, historic=True, atomic=False))


async def test_a_second_run_of_a_file_adds_nothing(clean: Running) -> None:
    """Whatever its key is; a row that was not there before is a lead."""
    first = await imported(clean, EMAIL, "7", "row-b")
    assert all(isinstance(each, Stored) for each in first)
    async with caller(surface_of(clean)) as api:
        await carried_out(clean, api, "erasure")
        again = await imported(clean, "row-b", "7", EMAIL, "new")
        known = [each for each in again if isinstance(each, Known)]
        assert [each.id for each in known] == [first[2].id, first[1].id, first[0].id]
        assert isinstance(again[3], Stored)
        found = (await api.get(LEADS)).json()
        assert [each["name"] for each in found].count("[erased]") == 3
        # and what came back anew is forgotten anew, under a key that was used for another one before
        await rows(clean, "update origin set row_id = $1 where id = $2", EMAIL, again[3].id)
        await carried_out(clean, api, "erasure")
        assert await hits(clean) == []


async def test_a_mail_that_is_fetched_once_more_becomes_no_lead(clean: Running) -> None:
    """The ids of mails are hashed, and still known."""
    raw = f"Message-ID: <1.{CANARY}@a>\r\nFrom: {NAME} <{EMAIL}>\r\nSubject: Fibre\r\n\r\ncall {NAME}".encode()
    desk, tenant = Desk(clean.database), clean.actor.tenant
    async with caller(surface_of(clean)) as api:
        assert (await keep_mail(desk, tenant, raw, ""))[1]
        await processed(clean)
        await carried_out(clean, api, "erasure")
        assert await hits(clean) == []
        assert not (await keep_mail(desk, tenant, raw, ""))[1]
        await processed(clean)
        assert [each["name"] for each in (await api.get(LEADS)).json()] == ["[erased]"]
        (kept,) = await submissions(api)
        assert (kept["status"], "content" in kept) == ("created", False)


async def handed_in(api: httpx.AsyncClient, secret: str, once: str, **lead: Any) -> httpx.Response:
    """A lead of a partner, with a key of the partner's."""
    headers = {"x-capture-key": secret, "idempotency-key": once}
    answer = await api.post("/capture", json=lead, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer


@pytest.mark.parametrize("before", [True, False])
async def test_what_a_partner_sends_again_becomes_no_lead(clean: Running, before: bool) -> None:
    """Whether it was processed before the person was forgotten or not; a replay brings nothing back either."""
    lead: dict[str, Any] = {"name": NAME, "prospectContact": MEDIUM, "description": f"{CANARY} town"}
    async with caller(surface_of(clean)) as api:
        key = (await api.post(f"{OWN}/captureKey", json={"name": "Portal", "source": "partner"})).json()
        receipt = (await handed_in(api, key["secret"], "order-1", **lead)).json()
        if before:
            await processed(clean)
        await carried_out(clean, api, "erasure")
        assert await hits(clean) == []
        assert (await handed_in(api, key["secret"], "order-1", **lead)).json()["id"] == receipt["id"]
        await processed(clean)
        (await api.post(f"{OWN}/submissionReplay", json={"status": ["refused"]})).raise_for_status()
        await processed(clean)
        found = (await api.get(LEADS)).json()
        assert [each["name"] for each in found] == ["[erased]"] * before
        (kept,) = await submissions(api)
        assert (kept["status"], kept.get("reason")) == (
            ("created", None) if before else ("refused", "What was posted is forgotten.")
        )
        assert await hits(clean) == []


async def test_what_was_handed_in_becomes_no_lead_behind_the_back_of_an_erasure(clean: Running) -> None:
    """It waited when the erasure began, and became a lead after the place of that was done: all is gone over again."""
    lead: dict[str, Any] = {"name": NAME, "prospectContact": MEDIUM, "description": f"{CANARY} town"}
    async with caller(surface_of(clean)) as api:
        key = (await api.post(f"{OWN}/captureKey", json={"name": "Portal", "source": "partner"})).json()
        await imported(clean, "7")
        await handed_in(api, key["secret"], "order-1", **lead)
        made = await ordered(api, "erasure")
        for _ in range(2):
            assert await Forgetting(clean.means).advance()
        await processed(clean)
        await forgotten(clean)
        done = (await api.get(f"{OWN}/erasure/{made['id']}")).json()
        assert done["status"] == "done"
        assert [each["name"] for each in (await api.get(LEADS)).json()] == ["[erased]"] * 2
        assert await hits(clean) == []
        (documents,) = [each for each in done["place"] if each["place"] == "resource"]
        assert (documents["found"], documents["changed"]) == (2, 2)
