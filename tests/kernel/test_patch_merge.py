"""Merge patches, and what a patch has changed."""

import copy
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanco.kernel import patch
from spanco.kernel.patch.comparison import same
from spanco.kernel.patch.merge_patch import merge_value
from spanco.kernel.wire import Document, Json

names = st.sampled_from(["a", "b", "c"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.just("x"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=10,
)
documents = st.dictionaries(names, values, max_size=3)


@pytest.mark.parametrize(
    ("target", "change", "outcome"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_the_cases_of_rfc_7386_appendix_a(target: Json, change: Json, outcome: Json) -> None:
    """All fifteen, on values of any kind."""
    assert merge_value(target, change) == outcome


def test_the_example_of_rfc_7386_section_3() -> None:
    """Nested objects are merged, arrays replaced, nulls removed."""
    document: Document = {
        "title": "Goodbye!",
        "author": {"givenName": "John", "familyName": "Doe"},
        "tags": ["example", "sample"],
        "content": "This will be unchanged",
    }
    change: Document = {
        "title": "Hello!",
        "phoneNumber": "+01-123-456-7890",
        "author": {"familyName": None},
        "tags": ["example"],
    }
    assert patch.merge(document, change) == {
        "title": "Hello!",
        "author": {"givenName": "John"},
        "tags": ["example"],
        "content": "This will be unchanged",
        "phoneNumber": "+01-123-456-7890",
    }


def test_nulls_inside_an_array_stay() -> None:
    """An array is taken as it is."""
    assert patch.merge({}, {"a": [None, {"b": None}]}) == {"a": [None, {"b": None}]}


@settings(max_examples=100)
@given(documents, documents)
def test_merging_twice_is_merging_once(document: Document, change: Document) -> None:
    """And neither the document nor the change is touched."""
    kept = copy.deepcopy((document, change))
    once = patch.merge(document, change)
    assert patch.merge(once, change) == once
    assert (document, change) == kept
    assert patch.merge(document, {}) == document


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (1, 1, True),
        (1, Decimal("1.00"), True),
        (Decimal("1.1"), Decimal("1.10"), True),
        (0, Decimal("-0.0"), True),
        (1, True, False),
        (True, 1, False),
        (0, False, False),
        (True, True, True),
        (None, None, True),
        (None, False, False),
        ("1", 1, False),
        (1, "1", False),
        ("a", "a", True),
        ("a", "A", False),
        ([], {}, False),
        ({}, [], False),
        ([1, 2], [1, Decimal("2.0")], True),
        ([1, 2], [2, 1], False),
        ([1], [1, 1], False),
        ([1], [True], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ({"a": [True]}, {"a": [1]}, False),
    ],
)
def test_values_are_the_same_only_by_type_and_value(left: Json, right: Json, *, expected: bool) -> None:
    """Numbers by value, objects without order, and true is not 1."""
    assert same(left, right) is expected


@pytest.mark.parametrize(
    ("before", "after", "paths"),
    [
        ({}, {}, ()),
        ({"a": 1}, {"a": Decimal("1.0")}, ()),
        ({"a": 1}, {"a": True}, ("a",)),
        ({"b": 1, "a": 1}, {"c": 1}, ("a", "b", "c")),
        ({"a": {"x": 1, "y": {"z": 1}}}, {"a": {"x": 1, "y": {"z": 2}}}, ("a.y.z",)),
        ({"a": {"x": 1}}, {"a": {}}, ("a.x",)),
        ({"a": {"x": 1}}, {"a": None}, ("a",)),
        ({"a": None}, {"a": {"x": 1}}, ("a",)),
        ({"a": {"x": 1}}, {}, ("a",)),
        ({"a": [{"x": 1}]}, {"a": [{"x": 2}]}, ("a",)),
        ({"a": [1]}, {"a": [1]}, ()),
        ({"a": None}, {}, ("a",)),
    ],
)
def test_changed_paths_name_what_differs(before: Document, after: Document, paths: tuple[str, ...]) -> None:
    """Dotted and sorted; arrays and what came or went as a whole."""
    assert patch.changed_paths(before, after) == paths


@settings(max_examples=100)
@given(documents, documents)
def test_no_path_has_changed_exactly_when_the_documents_are_the_same(before: Document, after: Document) -> None:
    """And the direction does not matter."""
    paths = patch.changed_paths(before, after)
    assert (paths == ()) is same(before, after)
    assert paths == patch.changed_paths(after, before)
