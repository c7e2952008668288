"""Both faces are equal, by chance and over HTTP: what one writes the other reads, and nothing is lost on the way."""

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spanco import clock
from spanco.access.actor import Actor
from spanco.app import Running
from spanco.sales.rules.tsm import STATUSES
from tests.rest.test_tsm import bare, events
from tests.sales.tsm_leads import FACES, LEADS, OPTIONAL
from tests.system import caller, surface_of

LEAD, SALES_LEAD = "/tsm/crm/v2/lead", "/tmf-api/sales/v4/salesLead"
REMOVED = st.lists(st.sampled_from(["priority", "emails", "phones", "dataBoxes", "chars", "key"]), max_size=2)
KEPT_BY_THE_SERVER = {"creationDate", "statusChangeDate", "understood"}
by_chance = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


def tenant_of_its_own(system: Running) -> Running:
    """The system for an administrator of a new tenant."""
    return replace(system, actor=Actor(f"t-{clock.new_id()}", "tester", frozenset({"admin"})))


def written(lead: dict[str, Any]) -> dict[str, Any]:
    """What a client wrote of a lead of TMF699, without what the server adds."""
    return {name: value for name, value in bare(lead).items() if name not in KEPT_BY_THE_SERVER}


@by_chance
@given(face=FACES, more=FACES)
async def test_what_tsm_writes_is_read_by_both_and_survives_the_other(
    system: Running, face: dict[str, Any], more: dict[str, Any]
) -> None:
    """Created by tSM, rewritten unchanged by TMF699, patched by TMF699 in what tSM does not speak of."""
    running = tenant_of_its_own(system)
    async with caller(surface_of(running)) as client:
        made = await client.post(LEAD, json=face)
        assert made.status_code == 201, made.text
        id_ = made.json()["id"]
        assert bare(made.json()) == face == bare((await client.get(f"{LEAD}/{id_}")).json())
        kept = (await client.get(f"{SALES_LEAD}/{id_}")).json()
        assert kept["status"] in STATUSES[face["status"]]
        told = await events(running, id_)
        same = await client.patch(f"{SALES_LEAD}/{id_}", json=kept)
        assert (same.status_code, same.json()) == (200, kept)
        assert await events(running, id_) == told
        aside = {"rating": "hot", "note": [{"text": str(more.get("description"))}]}
        assert (await client.patch(f"{SALES_LEAD}/{id_}", json=aside)).status_code == 200
        assert bare((await client.get(f"{LEAD}/{id_}")).json()) == face
        assert [event for event, *_ in await events(running, id_)][len(told) :] == [
            "SalesLeadAttributeValueChangeEvent"
        ]


@by_chance
@given(lead=LEADS, change=OPTIONAL, removed=REMOVED)
async def test_what_tmf_writes_is_read_by_both_and_survives_the_other(
    system: Running, lead: dict[str, Any], change: dict[str, Any], removed: list[str]
) -> None:
    """Created by TMF699, rewritten unchanged by tSM, patched by tSM: what TMF699 alone knows stays as it was."""
    lead |= {"status": "acknowledged"}
    async with caller(surface_of(tenant_of_its_own(system))) as client:
        made = await client.post(SALES_LEAD, json=lead)
        assert made.status_code == 201, made.text
        path = f"{LEAD}/{made.json()['id']}"
        kept = (await client.get(f"{SALES_LEAD}/{made.json()['id']}")).json()
        assert written(kept) == {name: lead[name] for name in lead if name not in KEPT_BY_THE_SERVER}
        seen = (await client.get(path)).json()
        same = await client.patch(path, json=seen)
        assert (same.status_code, same.json(), same.headers["etag"]) == (200, seen, made.headers["etag"])
        patched = await client.patch(path, json={**change, **dict.fromkeys(removed)})
        assert patched.status_code == 200, patched.text
        assert _merged(seen, change, removed) == patched.json() == (await client.get(path)).json()
        after = (await client.get(f"{SALES_LEAD}/{made.json()['id']}")).json()
        for name in ("rating", "relatedParty", "note", "somethingElse", "@type", "name", "creationDate"):
            assert after.get(name) == kept.get(name)


def _merged(seen: dict[str, Any], change: dict[str, Any], removed: list[str]) -> dict[str, Any]:
    """What a merge patch (RFC 7386) leaves of a face."""

    def merge(target: Any, patch: Any) -> Any:
        if not isinstance(patch, dict):
            return patch
        left = dict(target) if isinstance(target, dict) else {}
        for name, value in patch.items():
            left[name] = merge(left.get(name), value)
        return left

    merged: dict[str, Any] = merge(seen, change)
    return {name: value for name, value in merged.items() if name not in removed}
