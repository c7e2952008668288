"""The timeline of a record: what an entry tells, and that its differences are exactly those of two documents."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanco.kernel.history import Entry, changes, told
from spanco.kernel.patch import changed_paths
from spanco.kernel.wire import Document, Json, encode

MOMENT = datetime(2026, 1, 31, 9, 30, 0, 5000, tzinfo=UTC)


def entry(before: bytes | None, after: bytes | None, correlation: str | None = None) -> Entry:
    """The second version of a record, written by Ann."""
    types, ids = ("ThingAttributeValueChangeEvent", "ThingStateChangeEvent"), ("e1", "e2")
    return Entry(2, MOMENT, "ann", b'{"kind":"request"}', correlation, types, ids, before, after)


def test_a_change_tells_who_when_why_and_from_what_to_what() -> None:
    """All events of one change stand in one entry; numbers keep their spelling."""
    before, after = b'{"state":"a","value":1.10,"since":"x","note":[1]}', b'{"state":"b","value":1.20,"since":"y"}'
    assert encode(told(entry(before, after, "trace-1"), {"since"})) == (
        b'{"version":2,"time":"2026-01-31T09:30:00.005Z","action":"change","actor":"ann","cause":{"kind":"request"},'
        b'"correlationId":"trace-1","eventType":["ThingAttributeValueChangeEvent","ThingStateChangeEvent"],'
        b'"eventId":["e1","e2"],"change":[{"path":"note","from":[1]},{"path":"state","from":"a","to":"b"},'
        b'{"path":"value","from":1.10,"to":1.20}]}'
    )


@pytest.mark.parametrize(
    ("before", "after", "action"), [(None, b'{"name":"n"}', "create"), (b'{"name":"n"}', None, "delete")]
)
def test_what_comes_or_goes_is_told_without_its_attributes(
    before: bytes | None, after: bytes | None, action: str
) -> None:
    """Nor is there a correlation where there was none."""
    found = told(entry(before, after))
    assert found["action"] == action
    assert not {"change", "correlationId"} & found.keys()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": Decimal("1.0")}, []),
        ({"a": 1}, {"a": True}, [{"path": "a", "from": 1, "to": True}]),
        ({}, {"a": None}, [{"path": "a", "to": None}]),
        ({"a": None}, {}, [{"path": "a", "from": None}]),
        ({"a": None}, {"a": {}}, [{"path": "a", "from": None, "to": {}}]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3, "c": 2}}, [{"path": "a.b", "from": 1, "to": 3}]),
        ({"a": {"b": {}}}, {"a": {"b": {"c": 1}}}, [{"path": "a.b.c", "to": 1}]),
        ({"a": {"b": 1}}, {"a": [1]}, [{"path": "a", "from": {"b": 1}, "to": [1]}]),
        ({"a": [{"id": "1"}]}, {"a": [{"id": "2"}]}, [{"path": "a", "from": [{"id": "1"}], "to": [{"id": "2"}]}]),
        ({"b": 1, "a": 1}, {"b": 2, "a": 2}, [{"path": "a", "from": 1, "to": 2}, {"path": "b", "from": 1, "to": 2}]),
        ({"a.b": 1}, {"a.b": 2}, [{"path": "a.b", "from": 1, "to": 2}]),
    ],
)
def test_differences_are_told_by_path(before: Document, after: Document, expected: list[Any]) -> None:
    """Absent is not null; objects are gone into, arrays are told whole; ordered by path."""
    assert changes(before, after) == expected


names = st.sampled_from(["a", "b", "c", "a.b", ""])
values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from([Decimal("1.0"), Decimal("1.50"), "", "1"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(names, values, max_size=4)


@given(objects, objects)
def test_the_paths_are_those_that_the_event_carries(before: Document, after: Document) -> None:
    """And each has at least one side."""
    found = changes(before, after)
    assert tuple(each["path"] for each in found) == changed_paths(before, after)
    assert all({"from", "to"} & each.keys() for each in found)


def undone(document: Document, difference: Document, steps: list[str]) -> Document:
    """The document with one difference taken back."""
    first, *rest = steps
    if rest:
        inner = document[first]
        assert isinstance(inner, dict)
        return document | {first: undone(inner, difference, rest)}
    kept = {name: value for name, value in document.items() if name != first}
    return kept | ({first: difference["from"]} if "from" in difference else {})


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(*[st.dictionaries(st.sampled_from("abc"), plain, max_size=3)] * 2)
def test_whoever_takes_every_difference_back_has_the_document_of_before(before: Document, after: Document) -> None:
    """So nothing is left out."""
    document = after
    for each in changes(before, after):
        document = undone(document, each, str(each["path"]).split("."))
    assert changed_paths(before, document) == ()
