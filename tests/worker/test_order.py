"""In the order of commits, and never two of one resource at once, whoever writes and whoever delivers (R6)."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import httpx
import pytest

from spanco.app import Running
from spanco.events.rules import breaker, schedule
from spanco.kernel.wire import Document
from spanco.operations import Place, patch
from spanco.worker import serving
from tests.worker.listeners import Behaviour, Heard, Listen, Listener, slowly, sometimes
from tests.worker.stage import LEADS, created, patched, subscribed, told_all, working

_WRITERS, _WORKERS, _TURNS = 64, 8, 5


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails is tried again within milliseconds, many times; nobody keeps a lane that has nothing to tell."""
    monkeypatch.setattr(serving, "LINGER", 0.0)
    monkeypatch.setattr(schedule, "WAITS", (timedelta(milliseconds=20),) * 60)
    monkeypatch.setattr(breaker, "RESTS", (timedelta(milliseconds=20),))


def counted_up(before: Document) -> Document:
    """One more."""
    count = before["count"]
    assert isinstance(count, int)
    return {**before, "count": count + 1}


async def write(stage: Running, id_: str, turns: int = _TURNS) -> None:
    """One of many writers."""
    lead = stage.resource("sales", "salesLead")
    for _ in range(turns):
        async with stage.work(stage.actor) as work:
            await patch(work, lead, Place(id_), counted_up)


def in_flight_together(heard: Sequence[Heard]) -> list[tuple[str, str]]:
    """Tries of one resource that overlap."""
    of: dict[str, list[Heard]] = {}
    for each in heard:
        of.setdefault(each.resource["id"], []).append(each)
    return [
        (one.headers["webhook-id"], two.headers["webhook-id"])
        for tries in of.values()
        for one, two in pairwise(sorted(tries, key=lambda each: each.came))
        if one.answered is None or two.came < one.answered
    ]


def counts(listener: Listener, id_: str) -> list[int]:
    """The counts that it took, in the order in which it took them."""
    return [each.resource["count"] for each in listener.taken if each.resource["id"] == id_]


@pytest.mark.parametrize("behave", [slowly(0.001), sometimes(0.2, pause=0.004)])
@pytest.mark.usefixtures("impatient")
async def test_one_lead_of_many_writers_is_told_in_order(
    stage: Running, api: httpx.AsyncClient, listen: Listen, behave: Behaviour
) -> None:
    """64 writers, 8 workers; also when a fifth of all tries fails at random."""
    listener = await listen(behave)
    await subscribed(api, listener.url)
    id_ = (await created(api, count=0))["id"]
    async with working(stage, _WORKERS):
        await asyncio.gather(*(write(stage, id_) for _ in range(_WRITERS)))
        await told_all(stage)
    assert counts(listener, id_) == list(range(_WRITERS * _TURNS + 1))
    assert in_flight_together(listener.heard) == []


@pytest.mark.usefixtures("impatient")
async def test_many_leads_and_many_hubs(stage: Running, api: httpx.AsyncClient, listen: Listen) -> None:
    """Each hub is told of each lead in order, whatever becomes of other leads and other hubs."""
    listeners = [await listen(sometimes(part, seed=n, pause=0.003)) for n, part in enumerate((0.0, 0.1, 0.3))]
    for each in listeners:
        await subscribed(api, each.url)
    ids = [(await created(api, count=0))["id"] for _ in range(12)]
    async with working(stage, 4):
        await asyncio.gather(*(write(stage, id_, 10) for id_ in ids))
        await told_all(stage)
    for each in listeners:
        assert in_flight_together(each.heard) == []
        for id_ in ids:
            assert counts(each, id_) == list(range(11))


async def test_both_events_of_one_change_come_in_their_order(
    stage: Running, api: httpx.AsyncClient, listen: Listen
) -> None:
    """Attributes first, then the state; a delete tells the last document."""
    listener = await listen()
    await subscribed(api, listener.url)
    lead = await created(api)
    path = f"{LEADS}/{lead['id']}"
    await patched(api, path, rating="hot")
    await patched(api, path, status="inProgress", rating="cold", statusChangeReason="called")
    last = await patched(api, path, status="accepted")
    await patched(api, path, status="accepted")
    assert (await api.delete(path)).status_code == 204
    async with working(stage):
        await told_all(stage)
    assert [each.event["eventType"] for each in listener.heard] == [
        "SalesLeadCreateEvent",
        "SalesLeadAttributeValueChangeEvent",
        "SalesLeadAttributeValueChangeEvent",
        "SalesLeadStateChangeEvent",
        "SalesLeadStateChangeEvent",
        "SalesLeadDeleteEvent",
    ]
    assert [each.event.get("fieldPath") for each in listener.heard] == [None, "rating", "rating", None, None, None]
    assert {**listener.heard[-1].resource, "href": ""} == {**last, "href": ""}
