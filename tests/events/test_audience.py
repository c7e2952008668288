"""Who is told: exactly the hubs that want an event, and may read what it speaks of (D7)."""

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from spanco import clock
from spanco.access.grants import Grant
from spanco.access.policy import Policy
from spanco.app import Running
from spanco.events.audience import Ways
from spanco.events.rules.listening import hears
from spanco.operations import Draft, Place, create, patch, remove
from spanco.store import lanes
from spanco.store.lanes import Opening, Wish
from spanco.worker.matching import pass_on
from tests.system import caller, surface_of
from tests.worker.stage import LEADS, as_role, created, matched, rows, subscribed

HUBS = 1001
EVENTS = max(1, int(os.environ.get("SPANCO_HUB_PAIRS", "60000")) // HUBS)
Wants = Callable[[dict[str, Any]], bool]
RATINGS, ROLES = ("hot", "warm", "cold"), ("owner", "prospect", "partner")
TYPES = tuple(f"SalesLead{each}Event" for each in ("Create", "AttributeValueChange", "StateChange", "Delete"))


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, and the same said in plain Python."""

    query: str
    wants: Wants


def lead(event: dict[str, Any]) -> dict[str, Any]:
    """The lead in an event."""
    found: dict[str, Any] = event["event"]["salesLead"]
    return found


def one_filter(chance: random.Random) -> Asked:
    """One attribute filter."""
    types, ratings = chance.sample(TYPES, chance.randint(1, 3)), chance.sample(RATINGS, chance.randint(1, 2))
    score, role, letter = chance.randint(0, 9), chance.choice(ROLES), chance.choice("abc")
    return chance.choice(
        (
            Asked(f"eventType={','.join(types)}", lambda event: event["eventType"] in types),
            Asked(f"event.salesLead.rating={';'.join(ratings)}", lambda event: lead(event).get("rating") in ratings),
            Asked(f"event.salesLead.rating!={ratings[0]}", lambda event: lead(event).get("rating") != ratings[0]),
            Asked(f"event.salesLead.score>{score}", lambda event: lead(event).get("score", -1) > score),
            Asked(f"event.salesLead.score.lte={score}", lambda event: lead(event).get("score", 10) <= score),
            Asked(f"event.salesLead.name.regex=^{letter}", lambda event: str(lead(event)["name"]).startswith(letter)),
            Asked(
                f"event.salesLead.relatedParty.role={role}",
                lambda event: any(each["role"] == role for each in lead(event).get("relatedParty", [])),
            ),
        )
    )


def one_expression(chance: random.Random) -> Asked:
    """One JSONPath test."""
    rating, role, score = chance.choice(RATINGS), chance.choice(ROLES), chance.randint(0, 9)
    party = chance.choice("pq")
    return chance.choice(
        (
            Asked(f"$.event.salesLead.rating=='{rating}'", lambda event: lead(event).get("rating") == rating),
            Asked(f"$.event.salesLead.score<{score}", lambda event: lead(event).get("score", 10) < score),
            Asked("$.event.salesLead.score", lambda event: "score" in lead(event)),
            Asked(f"!($.eventType=='{TYPES[0]}')", lambda event: event["eventType"] != TYPES[0]),
            Asked(
                f"$.event.salesLead.relatedParty[?(@.role=='{role}' && @.id=='{party}')]",
                lambda event: {"role": role, "id": party} in lead(event).get("relatedParty", []),
            ),
            Asked(
                "$.event.salesLead.relatedParty.length()>=2",
                lambda event: len(lead(event).get("relatedParty", [])) >= 2,
            ),
        )
    )


def invented(chance: random.Random) -> Asked:
    """A query of one to three parts, joined in one of the ways that there are."""
    if chance.random() < 0.02:
        return Asked("", lambda _: True)
    if chance.random() < 0.5:
        parts = {each.query.partition("=")[0][:22]: each for each in (one_filter(chance) for _ in range(3))}
        chosen = list(parts.values())[: chance.randint(1, 3)]
        return Asked("&".join(each.query for each in chosen), lambda event: all(each.wants(event) for each in chosen))
    first, second = one_expression(chance), one_expression(chance)
    if chance.random() < 0.5:
        text = f"({first.query}) && ({second.query})"
        return Asked(text, lambda event: first.wants(event) and second.wants(event))
    return Asked(f"{first.query} || {second.query}", lambda event: first.wants(event) or second.wants(event))


async def many_hubs(stage: Running, chance: random.Random) -> dict[str, Asked]:
    """Lanes of as many hubs, with other queries."""
    asked = {f"hub-{number}": invented(chance) for number in range(HUBS)}
    async with stage.database.connected() as connection:
        for hub_id, each in asked.items():
            whose = stage.actor.subject, tuple(stage.actor.roles)
            wish = Wish(stage.actor.tenant, hub_id, "sales.hub", "sales", None, "", each.query, *whose)
            await lanes.open_lane(connection, Opening(wish, "http://127.0.0.1:9/", hub_id.encode(), "whsec_AAAA"))
    return asked


async def many_events(stage: Running, chance: random.Random) -> None:
    """Leads that are made, changed, moved and removed."""
    resource = stage.resource("sales", "salesLead")
    async with stage.work(stage.actor) as work:
        written = 0
        while written < EVENTS:
            parties = [{"id": chance.choice("pq"), "role": chance.choice(ROLES)} for _ in range(chance.randint(0, 3))]
            document: dict[str, Any] = {"name": chance.choice("abc") + clock.new_id(), "relatedParty": parties}
            document |= {"rating": chance.choice(RATINGS)} if chance.random() < 0.8 else {}
            document |= {"score": chance.randint(0, 9)} if chance.random() < 0.8 else {}
            (made,) = await create(work, resource, [Draft(document)])
            written += 1
            place = Place(getattr(made, "id", ""))
            if chance.random() < 0.4:
                change: dict[str, Any] = {"rating": chance.choice(RATINGS), "status": "inProgress"}
                await patch(work, resource, place, lambda before, change=change: {**before, **change})  # type: ignore[misc]
                written += 1
            if chance.random() < 0.3:
                await remove(work, resource, place)
                written += 1


async def test_a_thousand_hubs_are_told_exactly_what_they_want(stage: Running) -> None:
    """Every matching delivery and no other, against a matcher that knows no query language; hub 1,001 is served."""
    chance = random.Random(20260302)
    asked = await many_hubs(stage, chance)
    await many_events(stage, chance)
    began = time.perf_counter()
    events = await matched(stage)
    took = time.perf_counter() - began
    log = await rows(
        stage,
        "select event_id, type, coalesce(after, before) as document from event where tenant = $1",
        stage.actor.tenant,
    )
    assert len(log) == events >= EVENTS
    expected = set()
    for record in log:
        event = {
            "eventType": record["type"],
            "event": {"salesLead": httpx.Response(200, content=record["document"]).json()},
        }
        expected |= {(hub_id, record["event_id"]) for hub_id, each in asked.items() if each.wants(event)}
    found = [(each[0], each[1]) for each in await rows(stage, "select hub_id, event_id from delivery")]
    assert len(found) == len(set(found))
    wrong = set(found) ^ expected
    assert not wrong, {asked[hub_id].query for hub_id, _ in wrong}
    share = len(found) / (events * HUBS)
    assert 0.05 < share < 0.95
    print(  # noqa: T201 - a figure that people read
        f"{events * HUBS} pairs of event and hub, {share:.0%} matching, {took / events * 1000:.1f} ms for each event"
    )


POLICY = Policy(
    (
        Grant("admin", ("*",), ("read", "create", "update", "delete", "subscribe")),
        Grant("partner", ("sales.salesLead",), ("read",), sees="own"),
        Grant("partner", ("sales.hub",), ("read", "create", "update", "delete", "subscribe")),
        Grant("watcher", ("sales.salesLead",), ("read",)),
        Grant("watcher", ("*",), ("create", "subscribe")),
    )
)


@pytest.fixture
def guarded(stage: Running) -> Running:
    """The system with a policy of its own."""
    return replace(stage, policy=POLICY)


async def told(stage: Running) -> dict[str, list[str]]:
    """The names of the leads of which each hub is to be told, by the query of the hub."""
    ways = Ways(stage.policy, stage.ways.teller)
    while (passed := await pass_on(stage.database, ways)) and passed.events:
        continue
    found = await rows(
        stage,
        "select query, coalesce(after, before)::text as document from delivery join lane using (tenant, hub_id) "
        "join event using (tenant, event_id) order by delivery.position",
    )
    names: dict[str, list[str]] = {}
    for query, document in found:
        names.setdefault(query, []).append(httpx.Response(200, text=document).json().get("name"))
    return names


async def test_only_what_the_owner_of_a_hub_may_read_is_told(guarded: Running) -> None:
    """His own leads, while they are his; of other resources, and to other roles, what the table says."""
    partner, watcher = as_role(guarded, "partner", "p1"), as_role(guarded, "watcher")
    for system, query in ((guarded, "fields=none"), (partner, "domain=Commercial"), (watcher, "fields=eventType")):
        async with caller(surface_of(system)) as api:
            await subscribed(api, "http://127.0.0.1:9/", query)
    async with caller(surface_of(guarded)) as api:
        mine = await created(api, name="mine", relatedParty=[{"id": "p1", "role": "owner"}])
        await created(api, name="other", relatedParty=[{"id": "p2", "role": "owner"}])
        await created(api, name="nobody's")
        await created(api, "/tmf-api/sales/v4/salesOpportunity", name="opportunity")
        await api.patch(f"{LEADS}/{mine['id']}", json={"name": "given away", "relatedParty": [{"id": "p2"}]})
        await api.delete(f"{LEADS}/{mine['id']}")
    names = await told(guarded)
    everything = ["mine", "other", "nobody's", "opportunity", "given away", "given away"]
    assert names["fields=none"] == everything
    assert names["fields=eventType"] == [each for each in everything if each != "opportunity"]
    assert names["domain=Commercial"] == ["mine"]


async def test_a_role_that_may_read_no_more_is_told_no_more(guarded: Running) -> None:
    """The table of today counts, not that of the day of the subscription."""
    watcher = as_role(guarded, "watcher")
    async with caller(surface_of(watcher)) as api:
        await subscribed(api, "http://127.0.0.1:9/")
    async with caller(surface_of(guarded)) as api:
        await created(api)
    assert await told(replace(guarded, policy=Policy((Grant("admin", ("*",), ("read",)),)))) == {}


async def test_tenants_are_told_of_their_own_only(stage: Running) -> None:
    """The same subscription in two tenants."""
    other = replace(stage, actor=replace(stage.actor, tenant=f"t-{clock.new_id()}"))
    hubs = {}
    for system in (stage, other):
        async with caller(surface_of(system)) as api:
            hubs[system.actor.tenant] = (await subscribed(api, "http://127.0.0.1:9/"))["id"]
            await created(api, name=system.actor.tenant)
    await matched(stage)
    found = await rows(
        stage, "select delivery.tenant, hub_id, after->>'name' from delivery join event using (event_id)"
    )
    assert {tuple(each) for each in found} == {(tenant, hub, tenant) for tenant, hub in hubs.items()}


@pytest.mark.parametrize(
    ("hub", "event", "heard"),
    [
        (("sales", None, ""), ("sales.salesLead", None), True),
        (("sales", None, ""), ("sales.salesLead.note", "l1"), True),
        (("sales", None, ""), ("customer.customer", None), False),
        (("sales", None, ""), ("sales.hub", None), False),
        (("sales", None, ""), ("sales.github", None), True),
        (("spanco", None, ""), ("spanco.deadLetter", None), True),
        (("spanco", None, ""), ("sales.hub", None), True),
        (("spanco", None, ""), ("spanco.hub", None), True),
        (("spanco", None, ""), ("event.topic.hub", "t1"), True),
        (("spanco", None, ""), ("sales.salesLead", None), False),
        (("event", None, ""), ("event.topic", None), True),
        (("event", None, ""), ("event.topic.event", "t1"), True),
        ((None, "t1", ""), ("event.topic.event", "t1"), True),
        ((None, "t1", ""), ("event.topic.event", "t2"), False),
        ((None, "t1", ""), ("sales.salesLead", None), False),
        ((None, "t1", "domain=x"), ("sales.salesLead", None), True),
        ((None, "t1", "domain=x"), ("spanco.deadLetter", None), False),
        ((None, "t1", "domain=x"), ("event.topic", None), False),
        ((None, "t1", "domain=x"), ("event.topic.event", "t2"), False),
        (("sales", "sales", ""), ("sales.salesLead", None), True),
        (("sales", "sales", ""), ("event.topic.event", "sales"), True),
    ],
)
def test_which_events_are_heard_where(
    hub: tuple[str | None, str | None, str], event: tuple[str, str | None], heard: bool
) -> None:
    """By the API, the topic and its scope, before any query is asked."""
    assert hears(*hub, event) == heard
