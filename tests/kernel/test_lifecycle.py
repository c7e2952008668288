"""Lifecycles guard moves."""

import pytest

from spanco.kernel.errors import RefusedMove
from spanco.kernel.lifecycle import lifecycle_of


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


def test_without_a_declaration_there_is_no_lifecycle() -> None:
    """Most resources have none."""
    assert lifecycle_of({}) is None
