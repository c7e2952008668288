"""Conditions answered in memory: paths, types, measures, and how they read for people."""

from decimal import Decimal
from typing import Any

import pytest

from spanco.kernel.errors import BadParameter
from spanco.kernel.query.ast import (
    EVERYTHING,
    NOTHING,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Element,
    Exists,
    Function,
    Like,
    Literal,
    Measure,
    Not,
    Op,
    all_of,
    any_of,
    describe,
)
from spanco.kernel.query.match import matches


@pytest.mark.parametrize(
    ("document", "path", "found"),
    [
        ({"a": 1}, ("a",), True),
        ({"a": [1]}, ("a",), True),
        ({"a": [[1]]}, ("a",), False),
        ({"a": [{"b": [1]}]}, ("a", "b"), True),
        ({"a": [[{"b": 1}]]}, ("a", "b"), False),
        ({"a": {"b": 1}}, ("a",), False),
        ({}, ("a",), False),
        ({"a": 1}, (), False),
    ],
)
def test_a_path_opens_one_array_at_each_key_and_at_the_end(
    document: dict[str, Any], path: tuple[str, ...], *, found: bool
) -> None:
    """As lax jsonpath does."""
    assert matches(Compare(path, Op.EQ, 1), document) is found


@pytest.mark.parametrize(
    ("value", "op", "other", "holds"),
    [
        (1, Op.EQ, Decimal("1.0"), True),
        (Decimal("0.1"), Op.LT, Decimal("0.10000000000000000001"), True),
        (True, Op.EQ, 1, False),
        (1, Op.EQ, True, False),
        (True, Op.GT, False, True),
        (None, Op.EQ, None, True),
        (None, Op.GTE, None, True),
        (None, Op.LT, None, False),
        (None, Op.EQ, 0, False),
        (0, Op.LTE, None, False),
        ("1", Op.EQ, 1, False),
        ("Z", Op.LT, "a", True),
        ("\uffff", Op.LT, "\U0001f600", True),
        ({}, Op.EQ, "x", False),
    ],
)
def test_only_alike_values_are_comparable(value: object, op: Op, other: Literal, *, holds: bool) -> None:
    """Everything else is false, never unknown, so its denial is true."""
    condition = Compare(("a",), op, other)
    assert matches(condition, {"a": value}) is holds
    assert matches(Not(condition), {"a": value}) is not holds


@pytest.mark.parametrize(
    ("function", "op", "value", "holds"),
    [
        (Function.MIN, Op.EQ, 1, True),
        (Function.MAX, Op.EQ, 4, True),
        (Function.AVG, Op.EQ, Decimal("2.5"), True),
        (Function.STDDEV, Op.GT, Decimal("1.118033988749894848"), True),
        (Function.STDDEV, Op.LT, Decimal("1.118033988749894849"), True),
        (Function.STDDEV, Op.GT, -5, True),
        (Function.STDDEV, Op.LT, -5, False),
        (Function.LENGTH, Op.EQ, 5, True),
        (Function.LENGTH, Op.EQ, 4, False),
    ],
)
def test_measures_are_exact(function: Function, op: Op, value: int | Decimal, *, holds: bool) -> None:
    """Over the numbers 1 to 4; what is no number counts for the length only."""
    assert matches(Measure(function, ("a",), op, value), {"a": [1, 2, 3, 4, "x"]}) is holds


@pytest.mark.parametrize("function", Function)
def test_nothing_has_no_measure(function: Function) -> None:
    """Absent is not zero."""
    assert not matches(Measure(function, ("a",), Op.GTE, 0), {})
    assert not matches(Measure(function, ("a",), Op.GTE, 0), {"a": True})


def test_an_element_fulfils_all_of_its_condition() -> None:
    """Not one element this part and another that."""
    both = AllOf((Compare(("x",), Op.EQ, 1), Compare(("y",), Op.EQ, 2)))
    assert matches(Element(("a",), both), {"a": [{"x": 1, "y": 2}]})
    assert not matches(Element(("a",), both), {"a": [{"x": 1}, {"y": 2}]})
    assert matches(Element((), both), {"x": 1, "y": 2})


def test_an_empty_array_exists_and_has_no_element() -> None:
    """A path leads to it."""
    assert matches(Exists(("a",)), {"a": []})
    assert not matches(Element(("a",), EVERYTHING), {"a": []})


def test_text_is_matched_anywhere() -> None:
    """In one text of many."""
    assert matches(Like(("a",), "^É", ignore_case=True), {"a": ["x", "école", 1]})
    assert not matches(Like(("a",), "^É"), {"a": ["x", "école", 1]})


def test_href_is_asked_of_the_id() -> None:
    """By its last segment, so that a changed base path does not matter; inside, href is an ordinary attribute."""
    document = {"id": "7", "href": "https://new/7", "a": {"href": "https://old/8"}}
    assert matches(Compare(("href",), Op.EQ, "https://old/7"), document)
    assert not matches(Compare(("href",), Op.EQ, 7), document)
    assert not matches(Compare(("href", "x"), Op.EQ, "7"), document)
    assert matches(AllOf((Exists(("href",)), Not(Exists(("href", "x"))))), document)
    assert matches(AnyOf((Element(("a",), Compare(("href",), Op.GT, "https")),)), document)
    with pytest.raises(BadParameter, match="href"):
        matches(Not(Compare(("href",), Op.GT, "x")), document)


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        (EVERYTHING, "everything"),
        (NOTHING, "nothing"),
        (
            AllOf((Compare(("a", "b"), Op.EQ, "x"), AnyOf((Exists(("c",)), Compare((), Op.GT, 1))))),
            'a.b is "x" and (c exists or it is more than 1)',
        ),
        (Not(Compare(("a",), Op.EQ, None)), "not (a is null)"),
        (Compare(("a",), Op.EQ, True), "a is true"),
        (Like(("a",), "x"), "a matches /x/"),
        (Like(("a",), "x", ignore_case=True), "a matches /x/i"),
        (Element(("a",), Exists(("b",))), "some a has (b exists)"),
        (Measure(Function.MAX, ("a",), Op.LTE, 5), "the max of a is at most 5"),
    ],
)
def test_a_condition_reads_as_a_clause(condition: Condition, sentence: str) -> None:
    """For people."""
    assert describe(condition) == sentence


def test_joining_is_flat() -> None:
    """So that lists of equalities are seen as such."""
    one, two = Exists(("a",)), Exists(("b",))
    assert all_of([one]) == any_of([one]) == one
    assert all_of([]) == EVERYTHING
    assert any_of([]) == NOTHING
    assert all_of([AllOf((one, two)), any_of([AnyOf((one,)), two])]) == AllOf((one, two, AnyOf((one, two))))
