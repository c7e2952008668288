"""Items of an opportunity."""

from typing import Any

import pytest

from spanco.kernel.openapi import load
from spanco.sales.rules.items import numbered
from tests.kernel.example import V5

ANY = load(V5).resources["kite"]
FIRST = "acknowledged"


@pytest.mark.parametrize(
    ("ids", "numbers"),
    [
        ([None, None], ["100", "200"]),
        (["150", None], ["150", "200"]),
        (["100", "x", None, "7"], ["100", "x", "200", "7"]),
        (["9" * 20, None], ["9" * 20, "100"]),
        ([5, None], [5, "100"]),
    ],
)
def test_items_without_an_id_are_numbered_above_the_highest(ids: list[Any], numbers: list[Any]) -> None:
    """100, 200, …; whatever the client gave stays."""
    items: list[Any] = [{"id": id_} if id_ else {} for id_ in ids]
    document: Any = numbered(ANY, {"salesOpportunityItem": items}, None)
    assert [item["id"] for item in document["salesOpportunityItem"]] == numbers
    assert {item["salesOpportunityItemStatus"] for item in document["salesOpportunityItem"]} == {FIRST}


def test_what_is_no_list_of_items_is_left_to_the_checks() -> None:
    """The rule completes; it does not judge."""
    assert numbered(ANY, {"name": "x"}, None) == {"name": "x"}
    assert numbered(ANY, {"salesOpportunityItem": ["odd"]}, None) == {"salesOpportunityItem": ["odd"]}
