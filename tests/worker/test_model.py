"""The events of any changes are those of a model (R5): their types, their number, their order, and who is told."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from spanco.app import Running
from spanco.app import running as run
from tests.system import caller, surface_of
from tests.worker.listeners import Listener, listening
from tests.worker.stage import HUBS, LEADS, TABLES, in_fresh_tenant, matched, settings_for, told_all, working

EXAMPLES = int(os.environ.get("SPANCO_MODEL_EXAMPLES", "12"))
STEPS = 40
_ANSWER = TypeVar("_ANSWER")
_MOVES = {
    "acknowledged": ["inProgress", "cancelled"],
    "inProgress": ["pending", "accepted", "rejected"],
    "pending": ["inProgress", "rejected"],
}
Wanted = Callable[[str, dict[str, Any]], bool]
QUERIES: dict[str, Wanted] = {
    "": lambda _type, _lead: True,
    "eventType=SalesLeadCreateEvent": lambda type_, _: type_ == "SalesLeadCreateEvent",
    "eventType=SalesLeadDeleteEvent,SalesLeadStateChangeEvent": lambda type_, _: (
        type_ in {"SalesLeadDeleteEvent", "SalesLeadStateChangeEvent"}
    ),
    "event.salesLead.rating=hot": lambda _, lead: lead.get("rating") == "hot",
    "event.salesLead.rating!=hot": lambda _, lead: lead.get("rating") != "hot",
    "event.salesLead.score>4&eventType!=SalesLeadCreateEvent": lambda type_, lead: (
        lead.get("score", 0) > 4 and type_ != "SalesLeadCreateEvent"
    ),
    "$.event.salesLead[?(@.rating=='cold' && @.status!='inProgress')]": lambda _, lead: (
        lead.get("rating") == "cold" and lead["status"] != "inProgress"
    ),
    "eventType=SalesOpportunityCreateEvent": lambda _type, _lead: False,
}
attributes = st.fixed_dictionaries(
    {}, optional={"rating": st.sampled_from(["hot", "cold", "warm"]), "score": st.integers(0, 9)}
)


@dataclass(slots=True)
class Hub:
    """What one hub is to be told, by resource: types and documents in their order; and whether it is still there."""

    id: str
    wants: Wanted
    there: bool = True
    expected: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)


class World:
    """The running system, on a loop of its own, for all examples."""

    def __init__(self, url: str) -> None:
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.system: Running = self.do(self._stack.enter_async_context(run(settings_for(url))))
        self.listener: Listener = self.do(self._stack.enter_async_context(listening()))

    def do(self, work: Coroutine[Any, Any, _ANSWER]) -> _ANSWER:
        """Run it to its end."""
        return self._runner.run(work)

    def close(self) -> None:
        """Stop it."""
        self.do(self._stack.aclose())
        self._runner.close()


class Machine(RuleBasedStateMachine):
    """Random changes and random hubs, beside a model of what is to be told."""

    world: World

    @initialize()
    def begin(self) -> None:
        """A tenant of its own, in which nobody listens yet."""
        self.leads: dict[str, dict[str, Any]] = {}
        self.hubs: dict[str, Hub] = {}
        self.unmatched: list[tuple[str, dict[str, Any]]] = []
        self.registered = 0
        self.stage = in_fresh_tenant(self.world.system)
        self.world.listener.heard.clear()
        self.world.do(self._clear())
        self.client = caller(surface_of(self.stage))

    async def _clear(self) -> None:
        async with self.stage.database.connected() as connection:
            await connection.execute(f"truncate {TABLES}")

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """One request that succeeds."""
        answer = self.world.do(self.client.request(method, path, json=body, **more))
        assert answer.is_success, answer.text
        return answer

    def happened(self, type_: str, lead: dict[str, Any]) -> None:
        """An event that nobody has been told."""
        self.unmatched.append((type_, lead))

    @rule(given=attributes)
    def create(self, given: dict[str, Any]) -> None:
        """One event."""
        lead = self.ask("POST", LEADS, {"name": "A lead", **given}).json()
        self.leads[lead["id"]] = lead
        self.happened("SalesLeadCreateEvent", lead)

    @rule(given=st.lists(attributes, min_size=1, max_size=4))
    def create_many(self, given: list[dict[str, Any]]) -> None:
        """One event each."""
        operations = [{"op": "add", "path": "/", "value": {"name": "One of many", **each}} for each in given]
        for lead in self.ask("PATCH", LEADS, operations).json():
            self.leads[lead["id"]] = lead
            self.happened("SalesLeadCreateEvent", lead)

    @precondition(lambda self: self.leads)
    @rule(data=st.data(), given=attributes, moves=st.booleans())
    def change(self, data: st.DataObject, given: dict[str, Any], moves: bool) -> None:
        """Attributes only, the state only, both, or nothing: that many events, attributes first."""
        before = data.draw(st.sampled_from(sorted(self.leads.values(), key=lambda lead: str(lead["id"]))))
        possible = _MOVES.get(before["status"], []) if moves else []
        wanted = dict(given, status=data.draw(st.sampled_from(possible))) if possible else dict(given)
        after = self.ask("PATCH", f"{LEADS}/{before['id']}", wanted).json()
        assert after["status"] == wanted.get("status", before["status"])
        if any(after.get(name) != before.get(name) for name in given):
            self.happened("SalesLeadAttributeValueChangeEvent", after)
        if after["status"] != before["status"]:
            self.happened("SalesLeadStateChangeEvent", after)
        self.leads[after["id"]] = after

    @precondition(lambda self: self.leads)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        """One event with the last document."""
        lead = self.leads.pop(data.draw(st.sampled_from(sorted(self.leads))))
        self.ask("DELETE", f"{LEADS}/{lead['id']}")
        self.happened("SalesLeadDeleteEvent", lead)

    @rule(query=st.sampled_from(list(QUERIES)))
    def register(self, query: str) -> None:
        """A hub that is told of what is matched from now on."""
        self.registered += 1
        path = f"/hub-{self.registered}"
        callback = f"http://127.0.0.1:{self.world.listener.port}{path}"
        hub = self.ask("POST", HUBS, {"callback": callback, "query": query}).json()
        self.hubs[path] = Hub(hub["id"], QUERIES[query])

    @precondition(lambda self: any(hub.there for hub in self.hubs.values()))
    @rule(data=st.data())
    def unregister(self, data: st.DataObject) -> None:
        """A hub that is told nothing more, not even what was waiting for it."""
        path = data.draw(st.sampled_from(sorted(path for path, hub in self.hubs.items() if hub.there)))
        self.ask("DELETE", f"{HUBS}/{self.hubs[path].id}")
        self.hubs[path].there = False
        self.hubs[path].expected = self._heard().get(path, {})

    @rule()
    def match(self) -> None:
        """The hubs of this moment are those that are told."""
        self.world.do(matched(self.stage))
        for type_, lead in self.unmatched:
            document = {name: value for name, value in lead.items() if name != "href"}
            for hub in self.hubs.values():
                if hub.there and hub.wants(type_, lead):
                    hub.expected.setdefault(lead["id"], []).append((type_, document))
        self.unmatched.clear()

    @rule()
    def deliver(self) -> None:
        """Everything is told to whom it is for, once, in the order of each lead."""
        self.match()
        self.world.do(self._deliver())
        expected = {path: hub.expected for path, hub in self.hubs.items() if hub.expected}
        assert self._heard() == expected
        ids = Counter((each.path, each.headers["webhook-id"]) for each in self.world.listener.heard)
        assert set(ids.values()) <= {1}

    async def _deliver(self) -> None:
        async with working(self.stage):
            await told_all(self.stage)

    def _heard(self) -> dict[str, dict[str, list[tuple[str, Any]]]]:
        heard: dict[str, dict[str, list[tuple[str, Any]]]] = {}
        for each in self.world.listener.heard:
            document = {name: value for name, value in each.resource.items() if name != "href"}
            of = heard.setdefault(each.path, {}).setdefault(document["id"], [])
            of.append((each.event["eventType"], document))
        return heard

    @invariant()
    def no_more_and_no_fewer(self) -> None:
        """Not an event in the outbox but those that the model knows."""
        if hasattr(self, "stage"):
            assert self.world.do(self._waiting()) == len(self.unmatched)

    async def _waiting(self) -> int:
        async with self.stage.database.connected() as connection:
            found = await connection.fetchval("select count(*) from outbox where kind = 'sales.salesLead'")
        return int(found)

    def teardown(self) -> None:
        """Whatever was done last is told as well."""
        if hasattr(self, "stage"):
            self.deliver()
            self.world.do(self.client.aclose())


def test_the_events_are_those_of_the_model(stage_url: str) -> None:
    """Creates, changes, deletes, bulk creates, hubs that come and go; matched and delivered at any time."""
    world = World(stage_url)
    Machine.world = world
    try:
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                print_blob=False,
            ),
        )
    finally:
        world.close()
