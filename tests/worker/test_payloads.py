"""What is sent is the event, whole or as the subscription trims it, in the envelope of its API (D8)."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from spanco.app import Running
from spanco.app import running as run
from tests.kernel.example import V5
from tests.system import caller, surface_of
from tests.worker.listeners import Listen
from tests.worker.stage import (
    LEADS,
    TABLES,
    created,
    in_fresh_tenant,
    patched,
    settings_for,
    subscribed,
    told_all,
    working,
)


def alike(one: dict[str, Any], two: dict[str, Any]) -> bool:
    """Whether two representations are the same but for the address of the server."""
    return {**one, "href": ""} == {**two, "href": ""} and one["href"].split("/", 3)[3] == two["href"].split("/", 3)[3]


@pytest.mark.parametrize("size", [8_000, 64_000, 900_000])
async def test_events_of_any_size_are_what_a_read_answers(
    stage: Running, api: httpx.AsyncClient, listen: Listen, size: int
) -> None:
    """Never cut; with any characters."""
    listener = await listen()
    hub = await subscribed(api, listener.url)
    lead = await created(api, description=('é\U0001f600"\\\n ' * size)[: size // 5], amounts=[1.10, 1e3])
    read = await api.get(f"{LEADS}/{lead['id']}")
    async with working(stage):
        await told_all(stage)
    (heard,) = listener.taken
    assert alike(heard.resource, read.json())
    body = read.content[read.content.index(b'"name"') : -1]
    assert body in heard.body, "byte for byte"
    assert heard.signed_with(hub["secret"])


async def test_what_is_too_large_to_be_told_is_refused_at_the_write(
    stage: Running, api: httpx.AsyncClient, listen: Listen
) -> None:
    """413 for the patch that would make it so; nothing is changed, nothing is told."""
    listener = await listen()
    await subscribed(api, listener.url, "eventType=SalesLeadAttributeValueChangeEvent")
    lead = await created(api)
    path = f"{LEADS}/{lead['id']}"
    for number in range(2):
        await patched(api, path, **{f"part{number}": "x" * 900_000})
    refused = await api.patch(path, json={"part2": "x" * 900_000})
    assert (refused.status_code, refused.json()["status"]) == (413, "413"), refused.text
    assert "part2" not in (await api.get(path)).json()
    async with working(stage):
        await told_all(stage)
    assert [len(each.body) > 900_000 for each in listener.taken] == [True, True]


async def test_fields_trim_what_is_sent_and_queries_choose_it(
    stage: Running, api: httpx.AsyncClient, listen: Listen
) -> None:
    """A filter, a JSONPath expression and both; the signature is that of what is sent."""
    chosen, trimmed, short = await listen(), await listen(), await listen()
    await subscribed(api, chosen.url, "$.event.salesLead.relatedParty[?(@.role=='owner' && @.id=='p1')]")
    hub = await subscribed(api, trimmed.url, "event.salesLead.rating=hot&fields=event.salesLead.name,domain")
    await subscribed(api, short.url, "fields=none")
    await created(api, name="A", rating="hot", relatedParty=[{"id": "p1", "role": "prospect"}])
    await created(api, name="B", relatedParty=[{"id": "p1", "role": "owner"}])
    async with working(stage):
        await told_all(stage)
    assert [each.resource["name"] for each in chosen.taken] == ["B"]
    (one,) = trimmed.taken
    assert one.event.keys() == {"eventId", "eventTime", "eventType", "domain", "event"}
    assert one.resource.keys() == {"id", "href", "name"}
    assert one.signed_with(hub["secret"])
    assert [each.event.keys() for each in short.taken] == [{"eventId", "eventTime", "eventType"}] * 2


async def test_the_headers_are_those_of_the_standard(stage: Running, api: httpx.AsyncClient, listen: Listen) -> None:
    """The id is the event's; the type says JSON; the correlation of the request is in the event."""
    listener = await listen()
    await subscribed(api, listener.url)
    answer = await api.post(LEADS, json={"name": "A"}, headers={"x-correlation-id": "c-1"})
    assert answer.status_code == 201
    async with working(stage):
        await told_all(stage)
    (heard,) = listener.taken
    assert heard.headers["webhook-id"] == heard.event["eventId"]
    assert heard.headers["content-type"].startswith("application/json")
    assert heard.headers["webhook-timestamp"].isdigit()
    assert heard.event["correlationId"] == "c-1"


@pytest.fixture
async def kites(stage_url: str, stage: Running, tmp_path: Path) -> AsyncIterator[Running]:  # noqa: ARG001 - it clears
    """A system that serves an invented API of version 5 too."""
    file = tmp_path / "kites.json"
    file.write_text(json.dumps(V5))
    async with run(settings_for(stage_url, api=(file,))) as system:
        yield in_fresh_tenant(system)


async def test_an_api_of_version_5_tells_in_its_envelope(kites: Running, listen: Listen) -> None:
    """With `@type` and the right spelling; hubs are told of nested resources, and of their own API only."""
    listener = await listen()
    assert TABLES
    async with caller(surface_of(kites)) as api:
        base = "/tmf-api/kiteManagement/v5"
        await subscribed(api, listener.url, hubs=f"{base}/hub")
        kite = (await api.post(f"{base}/kite", json={"name": "Red", "@type": "Kite"})).json()
        await api.patch(
            f"{base}/kite/{kite['id']}",
            json={"state": "aloft"},
            headers={"content-type": "application/merge-patch+json"},
        )
        await api.post(f"{base}/kite/{kite['id']}/flight", json={"height": 3})
        await created(api)
        async with working(kites):
            await told_all(kites)
    events = [each.event for each in listener.taken]
    assert {each["eventType"] for each in events} == {"KiteCreateEvent", "KiteStatusChangeEvent", "FlightCreateEvent"}
    for event in events:
        assert event["@type"] == event["eventType"]
        assert event["timeOccurred"] == event["eventTime"]
        assert "timeOcurred" not in event
    flight = next(each["event"]["flight"] for each in events if "flight" in each["event"])
    assert f"/kite/{kite['id']}/flight/{flight['id']}" in flight["href"]
