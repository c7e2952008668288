"""Lifecycles: which state a resource starts in and which moves its API allows (`x-spanco-lifecycle`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spanco.kernel.errors import BadBody, RefusedMove


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The state attribute, the states to start in (the first is the default), and the moves; no moves means any."""

    attribute: str
    initial: tuple[str, ...]
    moves: Mapping[str, tuple[str, ...]] | None

    @property
    def companions(self) -> frozenset[str]:
        """The attributes that change together with the state and belong to the same event."""
        endings = ("", "ChangeDate", "ChangeReason", "Reason")
        return frozenset(self.attribute + ending for ending in endings)

    @property
    def final(self) -> tuple[str, ...]:
        """The states that nothing leads out of."""
        return tuple(state for state, targets in (self.moves or {}).items() if not targets)

    def guard_start(self, state: object) -> None:
        """Raise `BadBody` unless a new resource may be in this state; without moves it may be in any."""
        if self.moves is not None and self.initial and state not in self.initial:
            raise BadBody(self.attribute, f"a new resource starts as one of: {', '.join(self.initial)}.")

    def guard(self, current: str, wanted: str) -> None:
        """Raise `RefusedMove` unless the state may go from `current` to `wanted`."""
        if self.moves is None or current == wanted:
            return
        possible = self.moves.get(current, ())
        if wanted not in possible:
            raise RefusedMove(self.attribute, current, wanted, possible)

    def way(self, current: str, wanted: str) -> tuple[str, ...]:
        """The states of a shortest way to one, which is the last of them; only that one where no way leads there."""
        if self.moves is None:
            return (wanted,)
        ways: list[tuple[str, ...]] = [()]
        seen = {current}
        for way in ways:
            for following in self.moves.get(way[-1] if way else current, ()):
                if following == wanted:
                    return (*way, following)
                if following not in seen:
                    seen.add(following)
                    ways.append((*way, following))
        return (wanted,)


def lifecycle_of(schema: Mapping[str, Any]) -> Lifecycle | None:
    """The lifecycle that a resource schema declares, if it does."""
    declared = schema.get("x-spanco-lifecycle")
    if declared is None:
        return None
    moves = declared.get("moves")
    return Lifecycle(
        declared["attribute"],
        tuple(declared.get("initial", ())),
        None if moves is None else {state: tuple(targets) for state, targets in moves.items()},
    )
