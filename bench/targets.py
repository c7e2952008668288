"""What a report is made of: promises with what became of them, and tables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_DIGITS = {"MB": 0, "/s": 0, "ms": 1}


@dataclass(frozen=True, slots=True)
class Target:
    """A promise: a value is at least (or at most) a bound; `key` finds the note about a miss."""

    key: str
    words: str
    value: float
    bound: float
    at_least: bool
    unit: str = "x"

    @property
    def hit(self) -> bool:
        """Whether it is kept."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def row(self) -> list[str]:
        """Its line of the table."""
        short = "" if self.hit else f"**miss** by {abs(1 - self.value / self.bound):.0%}"
        sign = "≥" if self.at_least else "≤"
        bound = f"{sign} {self.bound:g} {self.unit}"
        return [self.words, bound, f"{self.value:,.{_DIGITS.get(self.unit, 2)}f} {self.unit}", short or "hit"]


def of_targets(kept: Iterable[Target]) -> str:
    """The table of promises."""
    return table(("", "target", "measured", ""), (each.row() for each in kept))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
