"""Topics: what their queries may be, which are there from the start, and events told alike in Python and in SQL."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spanco.events.topics import Topics, checked
from spanco.kernel.envelope import Happening, Teller
from spanco.kernel.errors import BadBody
from spanco.kernel.openapi import Api, load
from spanco.kernel.wire import decode_stored
from spanco.store.outbox import happening_of
from spanco.store.statements import statement
from tests.apis.documents import ours

SALES, EVENT = load(ours("sales")), load(ours("event"))
MODERN = load({**ours("sales"), "info": {**ours("sales")["info"], "version": "5.0.0"}, "x-spanco-key": "modern"})
TELLER = Teller((SALES, MODERN, EVENT), "https://crm.example.com")
TOPIC = EVENT.resources["topic"]

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
number = st.integers(-9, 10**20) | st.decimals(-100, 100, places=2).map(float)
value = st.recursive(
    st.none() | st.booleans() | text | number, lambda part: st.lists(part) | st.dictionaries(text, part)
)
path = st.sampled_from(["name", "status", "statusChangeDate", "statusChangeReason", "note[0].text", "rating", "a,b"])
ending = st.sampled_from(["CreateEvent", "AttributeValueChangeEvent", "StateChangeEvent", "DeleteEvent", ""])
BEGAN = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
IDENTITY = frozenset({"id", "href"})


@pytest.fixture(scope="module")
def fetch(database_url: str) -> Iterator[Callable[..., list[Any]]]:
    """Runs a statement on one connection and returns its rows."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(database_url, statement_cache_size=0))
        yield lambda sql, *values: runner.run(connection.fetch(sql, *values))
        runner.run(connection.close())


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """A row of the log, of any kind that is told."""
    document = draw(st.dictionaries(text.filter(lambda name: name not in IDENTITY), value, max_size=4))
    document |= {"eventId": draw(text), "name": draw(text)}
    deleted = draw(st.booleans())
    parent = draw(st.sampled_from(["t1", "a/b"]))
    return {
        "tenant": "t",
        "kind": draw(st.sampled_from(sorted(TELLER.kinds))),
        "resource_id": draw(text.filter(bool)),
        "parent": parent,
        "version": 1,
        "ordinal": 0,
        "type": draw(text) + draw(ending),
        "occurred_at": (BEGAN + timedelta(milliseconds=draw(st.integers(0, 10**11)))).isoformat(),
        "correlation": draw(st.none() | text),
        "changed": draw(st.lists(path, max_size=4)),
        "before": document if deleted or draw(st.booleans()) else None,
        "after": None if deleted else document,
    }


RECORD = (
    "tenant text, kind text, resource_id text, parent text, version bigint, ordinal smallint, event_id text, "
    "type text, occurred_at timestamptz, correlation text, changed text[], before jsonb, after jsonb"
)


def as_stored(fetch: Callable[..., list[Any]], log: list[dict[str, Any]]) -> list[Mapping[str, Any]]:
    """What the statement `told` makes of these rows of the log, and each row beside it."""
    sql = (
        f"with event as (select * from jsonb_to_recordset($1::jsonb) as row ({RECORD})) "  # noqa: S608
        "select entry.*, coalesce(entry.after, entry.before)::text as content, told.id, told.document::text as told "
        f"from event as entry, lateral ({statement('told')}) as told order by entry.event_id"
    )
    return fetch(sql, json.dumps(log), TELLER.spelling(TELLER.kinds).decode())


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(rows(), min_size=1, max_size=10))
def test_the_store_tells_an_event_as_the_kernel_does(
    fetch: Callable[..., list[Any]], log: list[dict[str, Any]]
) -> None:
    """In both spellings, whatever the resource holds: so a filter of a list means what a hub's query means."""
    numbered = [{**row, "event_id": f"{place:03}", "resource_id": f"{row['resource_id']}{place}"}
                for place, row in enumerate(log)]  # fmt: skip
    found = as_stored(fetch, numbered)
    assert len(found) == len(log)
    for row in found:
        happening = happening_of({**row, "document": row["content"].encode()})
        told = decode_stored(TELLER.told(happening, plainly=True))
        assert decode_stored(row["told"].encode()) == told
        assert row["id"] == row["event_id"]


@pytest.mark.parametrize("queries", [
    {},
    {"headerQuery": "eventType=SalesLeadCreateEvent&domain=Commercial"},
    {"headerQuery": "", "contentQuery": " "},
    {"headerQuery": "?eventType=A,B", "contentQuery": "event.salesLead.priority=high"},
    {"contentQuery": "$[?(@.event.salesLead.priority=='high')]"},
    {"contentQuery": "filter=event.salesLead.note[?(@.author=='Jo')]"},
])  # fmt: skip
def test_queries_of_every_spelling_are_taken(queries: dict[str, Any]) -> None:
    """Attribute filters or JSONPath, alone or both."""
    assert checked(TOPIC, queries, None) == queries


@pytest.mark.parametrize("name", ["headerQuery", "contentQuery"])
@pytest.mark.parametrize("query", [
    "event.name.regex=(", "$[?(", "eventType~~1", "limit=5", "fields=event", "fields=eventId&eventType=A",
    "eventType=A\neventType=B", "filter=[?(", "eventType=%zz",
])  # fmt: skip
def test_a_query_that_cannot_be_read_is_refused_by_its_name(name: str, query: str) -> None:
    """The topic is not made, and the sentence says which attribute is meant."""
    with pytest.raises(BadBody, match=f"^'{name}': ") as raised:
        checked(TOPIC, {name: query}, None)
    assert raised.value.where == name


def test_the_topics_of_a_system_are_known_by_what_is_nested_in_them() -> None:
    """No name of a resource is needed."""
    topics = Topics((SALES, EVENT))
    assert [each.kind for api in (SALES, EVENT) for each in api.resources.values() if topics.are(each)] == [
        "event.topic"
    ]


def test_what_is_posted_is_known_by_the_id_of_its_poster() -> None:
    """In the topic itself; who hears of it from the API is told with an id of ours."""
    document = msgspec.json.encode({"eventId": "theirs", "event": {}})
    happening = Happening("ours", "EventCreateEvent", "event.topic.event", "ours", "t", BEGAN, None, (), document)
    assert TELLER.event_id(happening, plainly=True) == "theirs"
    assert TELLER.event_id(happening) == "ours"
    assert TELLER.body(happening) == document


@pytest.mark.parametrize("api", [SALES, MODERN])
def test_the_events_of_an_api_are_told_alike_in_a_topic_and_elsewhere(api: Api) -> None:
    """With the id that the log gave."""
    kind = next(each.kind for each in api.resources.values() if not each.is_hub)
    happening = Happening("one", "CreateEvent", kind, "r", None, BEGAN, None, (), b"{}")
    assert TELLER.event_id(happening, plainly=True) == "one"
    assert TELLER.body(happening) == TELLER.told(happening, plainly=True) == TELLER.told(happening)
