"""Any merges, chained merges, unmerges, patches and deletions in any order, on a real database, beside a model."""

import asyncio
import json
import os
from collections.abc import Coroutine
from contextlib import AsyncExitStack
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
from spanco.kernel.wire import decode_document
from spanco.operations import Place, get
from spanco.work import Cause
from tests.system import caller, surface_of
from tests.worker.stage import in_fresh_tenant, settings_for

EXAMPLES = int(os.environ.get("SPANCO_MODEL_EXAMPLES", "8"))
STEPS = 30
PATHS = {"salesLead": "/tmf-api/sales/v4/salesLead", "salesOpportunity": "/tmf-api/sales/v4/salesOpportunity"}
MERGES = "/spanco/v1/merge"
REFERRING = {"salesLead": "salesOpportunity", "salesOpportunity": "salesLead"}
POLICIES = ["survivorFirst", "newest", "mostComplete"]
_ANSWER = TypeVar("_ANSWER")

attributes = st.fixed_dictionaries(
    {},
    optional={
        "rating": st.sampled_from(["hot", "cold"]),
        "description": st.sampled_from(["x", "y"]),
        "note": st.lists(st.fixed_dictionaries({"text": st.sampled_from("abc")}), max_size=2),
        "estimatedRevenue": st.fixed_dictionaries({"unit": st.just("EUR"), "value": st.integers(1, 3)}),
        "relatedParty": st.lists(
            st.fixed_dictionaries(
                {"id": st.sampled_from("78"), "name": st.just("Jana Okafor"), "role": st.just("buyer")}
            ),
            max_size=2,
        ),
        "characteristic": st.lists(
            st.fixed_dictionaries(
                {"name": st.just("vatNumber"), "value": st.sampled_from(["DE136695976", "CZ25123891"])}
            ),
            max_size=2,
        ),
    },
)


class World:
    """The running system, on a loop of its own, for all examples."""

    def __init__(self, url: str) -> None:
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.system: Running = self.do(self._stack.enter_async_context(run(settings_for(url))))

    def do(self, work: Coroutine[Any, Any, _ANSWER]) -> _ANSWER:
        """Run it to its end."""
        return self._runner.run(work)

    def close(self) -> None:
        """Stop it."""
        self.do(self._stack.aclose())
        self._runner.close()


def references_in(kind: str, document: Any) -> set[str]:
    """The ids that a record of a kind refers to."""
    found = document.get(REFERRING[kind], [])
    return {each["id"] for each in (found if isinstance(found, list) else [found])}


def without_references(kind: str, document: Any) -> Any:
    """What a record says itself."""
    return {name: value for name, value in document.items() if name not in {REFERRING[kind], "href"}}


class Machine(RuleBasedStateMachine):
    """Random records with references; `live` are those that are, `gone` those that lead elsewhere, by kind and id."""

    world: World

    @initialize(policy=st.sampled_from(POLICIES))
    def begin(self, policy: str) -> None:
        """A tenant of its own, in which there is a merge already: not every story that follows has one."""
        self.stage = in_fresh_tenant(self.world.system)
        self.client = caller(surface_of(self.stage))
        self.live: set[tuple[str, str]] = set()
        self.heirs: dict[tuple[str, str], str] = {}
        self.deleted: set[tuple[str, str]] = set()
        self.merges: dict[str, tuple[str, str, list[str]]] = {}
        self.untouched: dict[str, dict[tuple[str, str], bytes]] = {}
        self.former: dict[str, dict[str, Any]] = {}
        for kind, count in (("salesLead", 4), ("salesOpportunity", 2)):
            for number in range(count):
                answer = self.ask("POST", PATHS[kind], {"name": f"Record {number}"})
                self.live.add((kind, answer.json()["id"]))
        self.joined("salesLead", sorted(id_ for kind, id_ in self.live if kind == "salesLead")[:2], policy)

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """One request, which is no failure of the server."""
        answer = self.world.do(self.client.request(method, path, json=body, **more))
        assert answer.status_code < 500, answer.text
        return answer

    def drawn(self, data: st.DataObject, kind: str, most: int = 1, least: int = 0) -> list[str]:
        """Some records of a kind, at least so many; none where there are too few."""
        ids = sorted(id_ for of, id_ in self.live if of == kind)
        if len(ids) < max(least, 1):
            return []
        found: list[str] = data.draw(st.lists(st.sampled_from(ids), min_size=least, max_size=most, unique=True))
        return found

    def references(self, data: st.DataObject, kind: str) -> dict[str, Any]:
        """What a record of a kind may refer to."""
        if kind == "salesLead":
            opportunities = self.drawn(data, "salesOpportunity")
            return {"salesOpportunity": {"id": opportunities[0]}} if opportunities else {}
        leads = self.drawn(data, "salesLead", 3)
        return {"salesLead": [{"id": each} for each in leads]} if leads else {}

    def everything(self) -> dict[tuple[str, str], bytes]:
        """The bytes of every record that is."""
        return {(kind, id_): self.ask("GET", f"{PATHS[kind]}/{id_}").content for kind, id_ in sorted(self.live)}

    @rule(data=st.data(), kind=st.sampled_from(sorted(PATHS)), given=attributes)
    def create(self, data: st.DataObject, kind: str, given: dict[str, Any]) -> None:
        """A new record."""
        answer = self.ask("POST", PATHS[kind], {"name": "A record", **given, **self.references(data, kind)})
        assert answer.status_code == 201, answer.text
        self.live.add((kind, answer.json()["id"]))
        self.untouched.clear()

    @precondition(lambda self: self.live)
    @rule(data=st.data(), given=attributes)
    def change(self, data: st.DataObject, given: dict[str, Any]) -> None:
        """Another value, another reference."""
        kind, id_ = data.draw(st.sampled_from(sorted(self.live)))
        answer = self.ask("PATCH", f"{PATHS[kind]}/{id_}", {**given, **self.references(data, kind)})
        assert answer.status_code == 200, answer.text
        self.untouched.clear()

    @precondition(lambda self: len(self.live) > 3)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        """A record that is really gone."""
        kind, id_ = data.draw(st.sampled_from(sorted(self.live)))
        assert self.ask("DELETE", f"{PATHS[kind]}/{id_}").status_code == 204
        self.live.remove((kind, id_))
        self.deleted.add((kind, id_))
        self.untouched.clear()

    @precondition(lambda self: len(self.live) > 1)
    @rule(data=st.data(), kind=st.sampled_from(sorted(PATHS)), policy=st.sampled_from(POLICIES))
    def merge(self, data: st.DataObject, kind: str, policy: str) -> None:
        """Two or three records of a kind."""
        ids = self.drawn(data, kind, 3, least=2)
        if ids:
            self.joined(kind, ids, policy)

    @precondition(lambda self: self.survivors())
    @rule(data=st.data(), policy=st.sampled_from(POLICIES))
    def merge_on(self, data: st.DataObject, policy: str) -> None:
        """A survivor becomes part of another one."""
        kind, id_ = data.draw(st.sampled_from(self.survivors()))
        others = sorted(other for of, other in self.live if of == kind and other != id_)
        if others:
            self.joined(kind, [data.draw(st.sampled_from(others)), id_], policy)

    def survivors(self) -> list[tuple[str, str]]:
        """Records that others were merged into."""
        return sorted({(kind, survivor) for kind, survivor, _ in self.merges.values()} & self.live)

    def joined(self, kind: str, ids: list[str], policy: str) -> None:
        """A merge, tried out before; a conflict of conversions is the one reason to refuse it."""
        before = self.everything()
        body = {"kind": kind, "survivor": {"id": ids[0]}, "loser": [{"id": each} for each in ids[1:]], "policy": policy}
        dry = self.ask("POST", MERGES, {**body, "dryRun": True})
        assert self.everything() == before
        answer = self.ask("POST", MERGES, body)
        if answer.status_code == 409:
            assert "converted apart" in answer.json()["message"]
            assert dry.status_code == 409
            return
        assert (answer.status_code, dry.status_code) == (201, 200), answer.text
        merge = answer.json()
        assert [dry.json()[name] for name in ("moved", "taken")] == [merge[name] for name in ("moved", "taken")]
        now = self.ask("GET", f"{PATHS[kind]}/{ids[0]}").json()
        assert {name: value for name, value in now.items() if name != "href"} == dry.json()["result"]
        for each in ids[1:]:
            self.live.remove((kind, each))
            self.heirs[kind, each] = ids[0]
        self.merges[merge["id"]] = (kind, ids[0], ids[1:])
        self.untouched[merge["id"]] = before
        former = {key: json.loads(text) for key, text in before.items()}
        self.former[merge["id"]] = {each: former[kind, each] for each in ids[1:]}
        self.nothing_is_lost(former, (kind, ids), now)
        assert self.ask("POST", MERGES, body).json()["id"] == merge["id"]

    def nothing_is_lost(self, former: dict[tuple[str, str], Any], merged: tuple[str, list[str]], now: Any) -> None:
        """The survivor has every attribute that one of them had; who referred to one of them refers to it."""
        kind, ids = merged
        assert {name for each in ids for name, value in former[kind, each].items() if value != []} <= now.keys()
        referred = set().union(*(references_in(kind, former[kind, each]) for each in ids))
        assert references_in(kind, now) == referred
        for (of, id_), document in former.items():
            if (of, id_) in self.live and (of, id_) != (kind, ids[0]):
                ends = {self.end_of(REFERRING[of], each) for each in references_in(of, document)}
                assert references_in(of, self.ask("GET", f"{PATHS[of]}/{id_}").json()) == ends

    @precondition(lambda self: self.merges)
    @rule(data=st.data(), keeps=st.booleans())
    def unmerge(self, data: st.DataObject, keeps: bool) -> None:
        """A merge that nothing was done after is undone to the byte; another one is undone, or refused and stands."""
        id_ = data.draw(st.sampled_from(sorted(self.merges)))
        kind, survivor, losers = self.merges[id_]
        latest = id_ == list(self.merges)[-1]
        before = self.untouched.get(id_) if latest else None
        standing = self.everything()
        body = {"status": "undone", "laterChanges": "keep" if keeps else "refuse"}
        answer = self.ask("PATCH", f"{MERGES}/{id_}", body)
        if answer.status_code == 409:
            assert before is None
            assert not keeps or (kind, survivor) in self.heirs
            assert self.everything() == standing
            return
        assert answer.status_code == 200, answer.text
        assert (kind, survivor) not in self.heirs
        for each in losers:
            self.live.add((kind, each))
            del self.heirs[kind, each]
        del self.merges[id_]
        for each, document in self.former.pop(id_).items():
            back = self.ask("GET", f"{PATHS[kind]}/{each}").json()
            assert without_references(kind, back) == without_references(kind, document)
            ends = {self.end_of(REFERRING[kind], other) for other in references_in(kind, document)}
            assert references_in(kind, back) == ends
        if before is not None:
            assert self.everything() == before
        else:
            self.untouched.clear()
        self.untouched.pop(id_, None)

    @precondition(lambda self: self.covered())
    @rule(data=st.data(), keeps=st.booleans())
    def unmerge_too_early(self, data: st.DataObject, keeps: bool) -> None:
        """While its survivor is part of another one, a merge stands, whatever is said."""
        id_ = data.draw(st.sampled_from(self.covered()))
        standing = self.everything()
        body = {"status": "undone", "laterChanges": "keep" if keeps else "refuse"}
        answer = self.ask("PATCH", f"{MERGES}/{id_}", body)
        assert (answer.status_code, "undo that merge first" in answer.json()["message"]) == (409, True)
        assert self.everything() == standing

    def covered(self) -> list[str]:
        """Merges whose survivor was merged into one that is still there."""
        return sorted(
            id_
            for id_, (kind, survivor, _) in self.merges.items()
            if (kind, survivor) in self.heirs and (kind, self.end_of(kind, survivor)) in self.live
        )

    def end_of(self, kind: str, id_: str) -> str:
        """What an id became."""
        while (kind, id_) in self.heirs:
            id_ = self.heirs[kind, id_]
        return id_

    @invariant()
    def every_id_answers(self) -> None:
        """By itself, through one redirect, or not because what it became was deleted."""
        for kind, id_ in self.live:
            assert self.ask("GET", f"{PATHS[kind]}/{id_}").status_code == 200
        for kind, id_ in self.heirs:
            end = self.end_of(kind, id_)
            answer = self.ask("GET", f"{PATHS[kind]}/{id_}")
            if (kind, end) in self.deleted:
                assert answer.status_code == 404
            else:
                assert (kind, end) in self.live
                assert answer.status_code == 301
                assert answer.headers["location"].endswith(f"/{end}")
        for kind, id_ in self.deleted:
            assert self.ask("GET", f"{PATHS[kind]}/{id_}").status_code == 404

    @invariant()
    def no_reference_leads_to_what_was_merged_away(self) -> None:
        """Lists show what is, and refer only to what is or was deleted."""
        for kind, path in PATHS.items():
            listed = self.ask("GET", path).json()
            assert {(kind, each["id"]) for each in listed} == {each for each in self.live if each[0] == kind}
            for each in listed:
                found = [("salesLead", other["id"]) for other in each.get("salesLead", [])]
                found += [("salesOpportunity", each["salesOpportunity"]["id"])] if "salesOpportunity" in each else []
                assert not set(found) & self.heirs.keys()

    @invariant()
    def match_keys_are_those_of_what_is(self) -> None:
        """Each record has the keys that its document has, and nothing else has any."""
        self.world.do(self._check_keys())

    async def _check_keys(self) -> None:
        async with self.stage.work(self.stage.actor, Cause()) as work:
            kept = await work.connection.fetch(
                "select kind, id, key from match_key where tenant = $1", self.stage.actor.tenant
            )
            expected = set()
            for kind, id_ in self.live:
                resource = self.stage.resource("sales", kind)
                keys_of = work.bindings[resource.kind].keys
                assert keys_of is not None
                stored = await get(work, resource, Place(id_))
                found = await keys_of(work, decode_document(stored.body))
                expected |= {(resource.kind, id_, key) for key in found.values}
        assert {tuple(each) for each in kept} == expected

    def teardown(self) -> None:
        """The versions of every record that ever was follow each other, each once, also through its end."""
        if not hasattr(self, "stage"):
            return
        self.world.do(self._check_versions())

    async def _check_versions(self) -> None:
        async with self.stage.database.connected() as connection:
            gaps = await connection.fetch(
                "select kind, resource_id, array_agg(version order by version) as versions from event "
                "where tenant = $1 and ordinal = 0 group by kind, resource_id",
                self.stage.actor.tenant,
            )
        for kind, id_, versions in gaps:
            assert versions == list(range(1, len(versions) + 1)), (kind, id_, versions)
        await self.client.aclose()


def test_any_merges_can_be_undone_and_no_id_is_lost(stage_url: str) -> None:
    """`SPANCO_MODEL_EXAMPLES` says how many random stories are told."""
    world = World(stage_url)

    class Told(Machine):
        pass

    Told.world = world
    try:
        run_state_machine_as_test(
            Told,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        world.close()
