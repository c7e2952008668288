"""The one tree that every way of asking is parsed into; `sql` and `match` answer it alike (design D4).

Paths walk as PostgreSQL's lax jsonpath does: an array that is met on the way is opened one level at each key, and
once more at the end where values are compared. Logic has two values: what is absent or of another type fulfils no
comparison, so `Not` of that comparison is true.

Mind that `True == 1 == Decimal(1)` in Python: two conditions that compare with these are equal dataclasses yet mean
different things, so never cache by condition.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import TypeAlias, assert_never

Path: TypeAlias = tuple[str, ...]
Literal: TypeAlias = str | int | Decimal | bool | None


class Op(Enum):
    """How a value is compared; the value is the operator's sign in SQL."""

    EQ = "="
    GT = ">"
    GTE = ">="
    LT = "<"
    LTE = "<="


class Function(Enum):
    """What can be measured of the values at a path."""

    LENGTH = "length"
    MIN = "min"
    MAX = "max"
    AVG = "avg"
    STDDEV = "stddev"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part is fulfilled; without parts, everything is."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part is fulfilled; without parts, nothing is."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """The part is not fulfilled."""

    part: "Condition"


@dataclass(frozen=True, slots=True)
class Compare:
    """Some value at the path stands in this relation to a value of the same type.

    Text is ordered by code point, numbers compare exactly, false is less than true, null equals null only.
    """

    path: Path
    op: Op
    value: Literal


@dataclass(frozen=True, slots=True)
class Like:
    """Some text at the path contains a match of the pattern, in the dialect of `regex`."""

    path: Path
    pattern: str
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class Exists:
    """The path leads somewhere, be it to null or to an empty array."""

    path: Path


@dataclass(frozen=True, slots=True)
class Element:
    """Some element at the path (or the single value there) fulfils a condition whose paths start at the element."""

    path: Path
    condition: "Condition"


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of the values at the path stands in this relation to a number.

    `length` is taken of each array (elements) and text (characters) at the path, and one that fits is enough; the
    other functions are taken over all the numbers there, and without a number the condition is not fulfilled.
    """

    function: Function
    path: Path
    op: Op
    value: int | Decimal


Condition: TypeAlias = AllOf | AnyOf | Not | Compare | Like | Exists | Element | Measure

EVERYTHING = AllOf(())
NOTHING = AnyOf(())


def all_of(parts: Sequence[Condition]) -> Condition:
    """These conditions joined with and: flat, and a single one stays itself."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, AllOf) else (part,)))
    return flat[0] if len(flat) == 1 else AllOf(flat)


def any_of(parts: Sequence[Condition]) -> Condition:
    """These conditions joined with or: flat, and a single one stays itself."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, AnyOf) else (part,)))
    return flat[0] if len(flat) == 1 else AnyOf(flat)


_WORDS = {Op.EQ: "is", Op.GT: "is more than", Op.GTE: "is at least", Op.LT: "is less than", Op.LTE: "is at most"}


def describe(condition: Condition) -> str:
    """The condition as a clause for people, such as `rating is "hot" and not (note exists)`."""
    match condition:
        case AllOf(parts):
            return _joined(parts, " and ", "everything")
        case AnyOf(parts):
            return _joined(parts, " or ", "nothing")
        case Not(part):
            return f"not ({describe(part)})"
        case Compare(path, op, value):
            return f"{_spelled(path)} {_WORDS[op]} {_quoted(value)}"
        case Like(path, pattern, ignore_case):
            return f"{_spelled(path)} matches /{pattern}/{'i' if ignore_case else ''}"
        case Exists(path):
            return f"{_spelled(path)} exists"
        case Element(path, inner):
            return f"some {_spelled(path)} has ({describe(inner)})"
        case Measure(function, path, op, value):
            return f"the {function.value} of {_spelled(path)} {_WORDS[op]} {value}"
        case _:
            assert_never(condition)


def _joined(parts: "tuple[Condition, ...]", word: str, empty: str) -> str:
    return (
        word.join(
            f"({describe(part)})" if isinstance(part, AllOf | AnyOf) and len(parts) > 1 else describe(part)
            for part in parts
        )
        or empty
    )


def _spelled(path: Path) -> str:
    return ".".join(path) or "it"


def _quoted(value: Literal) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case _:
            return str(value)
