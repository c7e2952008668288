"""A Schemathesis campaign against a live server: the published document alone says what is sent and what is right."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import events, from_schema
from schemathesis.hooks import unregister

from spanco.kernel.moments import canonical
from tests.rest.meanings import mend

_NAME = re.compile(r"[^,.+\-\s][^,.\s]*")
_AFTER = re.compile(r"[?&]after=([\w-]+)")
_FILTERS = (
    "$[?(@.name=='x')]",
    "relatedParty[?(@.role=='prospect' && @.id!=null)]",
    "[?(@.rating=='hot' || length(@.name)>3)]",
    "note",
)
APART = frozenset({"/stream", "/importJob/{id}/content"})
"""What has tests of its own: an answer that never ends, and files, of which no schema says what is in them."""
HAPPENED = "SomethingHappened"
_JSON_PATCHES = {"application/json-patch+json", "application/json-patch-query+json"}
_MERGE_PATCHES = {"application/json", "application/merge-patch+json"}
_NUMBERS = count(1)  # one for all campaigns: an Idempotency-Key counts for a tenant, not for an API
_PERIODS = (("startDateTime", "endDateTime"), ("from", "to"), ("validityFrom", "validityTo"))
_Case = schemathesis.Case[Any]


@dataclass(slots=True)
class Outcome:
    """What a campaign did and found."""

    cases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    operations: set[str] = field(default_factory=set)
    failures: dict[tuple[str, str], str] = field(default_factory=dict)


def run(document: Mapping[str, Any], *, phases: Mapping[str, bool], examples: int, seed: int = 1) -> Outcome:
    """All checks on every operation of a published document, at the address that it names."""
    config = SchemathesisConfig.from_dict(_config(document["servers"][0]["url"], phases, examples, seed))
    schema = schemathesis.openapi.from_dict(dict(document), config=config).exclude(path=list(APART))
    client = httpx.Client()
    repair = Repair(client)

    def before_call(_context: object, case: _Case, _kwargs: dict[str, object]) -> None:
        repair(case)

    schemathesis.hook(before_call)
    outcome = Outcome()
    try:
        for event in from_schema(schema).execute():
            _note(outcome, event)
    finally:
        unregister(before_call)
        client.close()
    return outcome


def _config(url: str, phases: Mapping[str, bool], examples: int, seed: int) -> dict[str, Any]:
    return {
        "base-url": url,
        "seed": seed,
        "workers": 1,
        "continue-on-failure": True,
        "suppress-health-check": ["all"],  # they judge how fast data is generated, not the server
        # No document says that U+0000 is refused in every text; tests/rest/hostile.py sends it on purpose.
        "generation": {"max-examples": examples, "allow-x00": False, "database": "none", "deterministic": True},
        "phases": {name: {"enabled": enabled} for name, enabled in phases.items()},
        "checks": {
            # 412: whether an If-Match still holds is a matter of the resource's state, not of the schema.
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "3xx", "401", "403", "404", "409", "412", "429", "5xx"]
            },
            # 413: chance may make what is invalid too large as well.
            "negative_data_rejection": {
                "expected-statuses": [*("400", "401", "403", "404", "405", "406"), *("409", "413", "415", "422", "428")]
            },
        },
    }


def _note(outcome: Outcome, event: events.EngineEvent) -> None:
    if isinstance(event, events.NonFatalError | events.FatalError):  # pragma: no cover - only where something is wrong
        label = getattr(event, "label", "engine")
        reason = getattr(event, "value", None) or getattr(event, "exception", "")
        outcome.failures.setdefault((str(label), "error"), str(reason)[:2000])
    if not isinstance(event, events.ScenarioFinished):
        return
    recorder = event.recorder
    outcome.cases[event.phase.name] += len(recorder.cases)
    for node in recorder.cases.values():
        outcome.operations.add(node.value.operation.label)
    for interaction in recorder.interactions.values():
        if interaction.response is not None:
            outcome.statuses[interaction.response.status_code] += 1
    for case_id, checks in recorder.checks.items():
        for each in checks:
            if each.failure_info is not None:  # pragma: no cover - only where something is wrong
                label = recorder.cases[case_id].value.operation.label
                found = each.failure_info
                answer = recorder.interactions[case_id].response
                said = answer.content[:500] if answer else b""
                text = f"{found.failure.message}\n{said!r}\n{str(found.code_sample)[:3000]}"
                outcome.failures.setdefault((label, each.name), text)


class Repair:
    """Makes true what no schema can say of a valid request; what was made invalid on purpose stays invalid."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._name = ""

    def __call__(self, case: _Case) -> None:
        """Change the case in place."""
        assert case.meta is not None
        if not case.meta.is_negative_at(ParameterLocation.HEADER) and case.headers:
            self._headers(case)
        if not case.meta.is_negative_at(ParameterLocation.QUERY) and case.query:
            case.query = self._query(case, dict(case.query))
        if not case.meta.is_negative_at(ParameterLocation.BODY):
            self._body(case)
        if case.method == "PATCH" and case.media_type in _MERGE_PATCHES and isinstance(case.body, dict):
            self._clear(case)

    def _headers(self, case: _Case) -> None:
        """A key is used for one request only, and If-Match does not hide how a body is judged."""
        if case.method == "POST" and case.headers.get("Idempotency-Key"):
            case.headers["Idempotency-Key"] = f"{case.headers['Idempotency-Key'][:200]}-{next(_NUMBERS)}"
        if case.method == "PATCH" and "If-Match" in case.headers:
            case.headers["If-Match"] = "*"

    def _body(self, case: _Case) -> None:
        self._name = [step for step in case.operation.path.split("/") if step != "{id}"][-1]
        if isinstance(case.body, dict):
            self._meaning(case.body)
            if case.operation.label == "POST /replay" and not case.body.keys() & {"hub", "event", "deadLetter", "to"}:
                case.body.setdefault("from", "2026-01-31T09:30:00.000Z")
            if case.operation.path.endswith("/event"):
                case.body["eventType"] = HAPPENED  # what the topics of this campaign choose
        elif isinstance(case.body, list):
            for each in case.body:
                value = each.get("value", each) if isinstance(each, dict) else None
                if isinstance(value, dict):
                    self._meaning(value)
        if case.media_type in _JSON_PATCHES and case.operation.path.endswith("{id}") and isinstance(case.body, list):
            case.body = list(self._applicable(case.body))
        _order_periods(case.body)

    def _meaning(self, body: dict[str, Any]) -> None:
        """Addresses and queries that are more than texts of the right length."""
        if "callback" in body:
            body["callback"] = f"http://127.0.0.1:9/listener/{next(_NUMBERS)}"
        if "event" in body and "deadLetter" in body:
            del body["deadLetter"]
        mend(self._name, body)
        for name in ("query", "headerQuery", "contentQuery"):
            if body.get(name):
                body[name] = f"eventType={HAPPENED}"

    def _applicable(self, operations: list[Any]) -> Iterator[dict[str, Any]]:
        """The same operations at places that exist: whether a patch fits is a matter of the resource's state."""
        for operation in operations:
            number = next(_NUMBERS)
            here, there = f"/extension{number}", f"/moved{number}"
            if operation["op"] in {"add", "replace", "test"}:
                yield {**operation, "op": "add", "path": here}
                yield {**operation, "path": here}
            else:
                yield {"op": "add", "path": here, "value": [number]}
                source = {"path": here} if operation["op"] == "remove" else {"from": here, "path": there}
                yield {**operation, **source}

    def _clear(self, case: _Case) -> None:
        """Take away what the patch would be merged with: a part that is incomplete alone may complete what is there."""
        body = case.body
        assert isinstance(body, dict)
        parts = {name: None for name, value in body.items() if isinstance(value, dict)}
        if parts:
            self._client.patch(_url(case), json=parts)

    def _query(self, case: _Case, query: dict[str, Any]) -> dict[str, Any]:
        """A `filter` and a `sort` that can be read; of offset, before and after one, and a cursor that exists."""
        number = next(_NUMBERS)
        if "filter" in query:
            query["filter"] = _FILTERS[number % len(_FILTERS)]
        if "sort" in query:
            query["sort"] = ",".join(_NAME.findall(str(query["sort"]))[:3]) or "-name,id"
        if "asOf" in query:
            query["asOf"] = "2026-01-31T09:30:00Z"
        places = [name for name in ("offset", "before", "after") if name in query]
        for place in places:
            cursor = self._cursor(case, query) if place != "offset" else query[place]
            if place != places[number % len(places)] or cursor is None:
                del query[place]
            else:
                query[place] = cursor
        for name, value in query.items():
            if isinstance(value, str):  # a client that does not encode it asks for a regular expression
                query[name] = value.lstrip("~")
        return query

    def _cursor(self, case: _Case, query: dict[str, Any]) -> str | None:
        asked = {"limit": "1"} | ({"sort": str(query["sort"])} if "sort" in query else {})
        page = self._client.get(_url(case), params=asked)
        found = _AFTER.search(page.headers.get("link", ""))
        return found[1] if found else None


def _url(case: _Case) -> str:
    return f"{case.operation.schema.get_base_url()}{case.formatted_path}"


def _order_periods(body: Any) -> None:
    """A period ends after it starts, which no schema can say."""
    if isinstance(body, list):
        for each in body:
            _order_periods(each)
    elif isinstance(body, dict):
        for first, last in _PERIODS:
            start, end = body.get(first), body.get(last)
            if (
                isinstance(start, str)
                and isinstance(end, str)
                and (canonical(start) or start) > (canonical(end) or end)
            ):
                body[first], body[last] = end, start
        for each in body.values():
            _order_periods(each)
