"""Answer a condition in memory, exactly as `sql` has PostgreSQL answer it."""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeGuard, assert_never

from spanco.kernel.query import regex
from spanco.kernel.query.address import resolve
from spanco.kernel.query.ast import (
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
    Path,
)

_SIGNS: dict[Op, Callable[[Any, Any], bool]] = {
    Op.EQ: operator.eq,
    Op.GT: operator.gt,
    Op.GTE: operator.ge,
    Op.LT: operator.lt,
    Op.LTE: operator.le,
}


def matches(condition: Condition, document: Mapping[str, object]) -> bool:
    """Whether a resource, given with its `id` (and `href`, if it likes), fulfils the condition.

    The time is linear in the sizes of document and condition. Raises `BadParameter` as `address.resolve` does.
    """
    return fulfils(resolve(condition), document)


def texts_at(path: Path, item: object) -> Iterator[str]:
    """The texts that a comparison at this path is made with."""
    return (each for each in _opened(_items(path, item)) if isinstance(each, str))


def fulfils(condition: Condition, item: object) -> bool:
    """The same as `matches`, for a condition that went through `address.resolve` before."""
    match condition:
        case AllOf(parts):
            return all(fulfils(part, item) for part in parts)
        case AnyOf(parts):
            return any(fulfils(part, item) for part in parts)
        case Not(part):
            return not fulfils(part, item)
        case Compare(path, op, value):
            return any(_compares(each, op, value) for each in _opened(_items(path, item)))
        case Like(path, pattern, ignore_case):
            matcher = regex.compile(pattern, ignore_case)
            return any(matcher.search(text) is not None for text in texts_at(path, item))
        case Exists(path):
            return bool(_items(path, item))
        case Element(path, inner):
            return any(fulfils(inner, each) for each in _opened(_items(path, item)))
        case Measure(Function.LENGTH, path, op, value):
            sized = (each for each in _items(path, item) if isinstance(each, str | list))
            return any(_SIGNS[op](len(each), value) for each in sized)
        case Measure(function, path, op, value):
            numbers = [Fraction(each) for each in _opened(_items(path, item)) if _is_number(each)]
            return bool(numbers) and _measures(function, numbers, op, Fraction(value))
        case _:
            assert_never(condition)


def _items(path: Path, item: object) -> list[object]:
    """What the path leads to; an array on the way is opened one level at each key."""
    found = [item]
    for key in path:
        found = [each[key] for each in _opened(found) if isinstance(each, Mapping) and key in each]
    return found


def _opened(items: Iterable[object]) -> Iterable[object]:
    for item in items:
        if isinstance(item, list):
            yield from item
        else:
            yield item


def _is_number(item: object) -> TypeGuard[int | Decimal]:
    return isinstance(item, int | Decimal) and not isinstance(item, bool)


def _compares(item: object, op: Op, value: Literal) -> bool:
    alike = (
        (item is None and value is None)
        or (isinstance(item, str) and isinstance(value, str))
        or (isinstance(item, bool) and isinstance(value, bool))
        or (_is_number(item) and _is_number(value))
    )
    if value is None:
        return alike and op in {Op.EQ, Op.GTE, Op.LTE}
    return alike and _SIGNS[op](item, value)


def _measures(function: Function, numbers: list[Fraction], op: Op, value: Fraction) -> bool:
    count, total = len(numbers), sum(numbers)
    match function:
        case Function.MIN:
            return _SIGNS[op](min(numbers), value)
        case Function.MAX:
            return _SIGNS[op](max(numbers), value)
        case Function.AVG:
            return _SIGNS[op](total, value * count)
        case _:
            # The deviation is never negative, so its square compares as it does; scaled by the count it is exact.
            squares = count * sum(number * number for number in numbers) - total * total
            return _SIGNS[op](squares, value * abs(value) * count * count)
