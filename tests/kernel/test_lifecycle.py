"""Lifecycles guard moves."""

import pytest

from spanco.kernel.errors import RefusedMove
from spanco.kernel.lifecycle import Lifecycle, lifecycle_of


def test_only_drawn_moves_are_allowed() -> None:
    """Staying is no move; the refusal lists the possible ones."""
    cycle = lifecycle_of(
        {"x-spanco-lifecycle": {"attribute": "s", "initial": ["a"], "moves": {"a": ["b", "c"], "b": []}}}
    )
    assert cycle is not None
    assert cycle.companions == {"s", "sChangeDate", "sChangeReason", "sReason"}
    cycle.guard("a", "a")
    cycle.guard("a", "c")
    with pytest.raises(RefusedMove, match="Possible from 'a': b, c"):
        cycle.guard("a", "d")
    with pytest.raises(RefusedMove, match="final"):
        cycle.guard("b", "a")
    with pytest.raises(RefusedMove):
        cycle.guard("unknown", "a")


def test_a_state_that_nothing_leads_out_of_is_final() -> None:
    """In the order in which the states are declared; where every move is allowed none is."""
    assert Lifecycle("s", ("a",), {"a": ("b",), "b": (), "c": ()}).final == ("b", "c")
    assert Lifecycle("s", ("a",), None).final == ()


def test_without_a_declaration_there_is_no_lifecycle() -> None:
    """Most resources have none."""
    assert lifecycle_of({}) is None


@pytest.mark.parametrize(("current", "wanted", "way"), [
    ("a", "b", ("b",)),
    ("a", "d", ("b", "d")),
    ("b", "a", ("a",)),
    ("d", "a", ("a",)),
    ("a", "x", ("x",)),
])  # fmt: skip
def test_the_shortest_way_to_a_state(current: str, wanted: str, way: tuple[str, ...]) -> None:
    """State by state; where no way leads the move itself is named, so that it can be refused."""
    moves = {"a": ("b", "c"), "b": ("a", "d"), "c": ("d",), "d": ()}
    assert Lifecycle("state", ("a",), moves).way(current, wanted) == way


def test_without_moves_every_way_is_one_step() -> None:
    """Any state may follow any other."""
    assert Lifecycle("state", ("a",), None).way("a", "z") == ("z",)
