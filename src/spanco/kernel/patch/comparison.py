"""When two JSON values are the same, and where two documents differ."""

from decimal import Decimal

from spanco.kernel.wire import Document, Json


def same(left: Json, right: Json) -> bool:
    """RFC 6902 section 4.6: of one type, equal; numbers by value (1 is 1.0), objects without order, true is not 1."""
    if isinstance(left, dict):
        return (
            isinstance(right, dict)
            and left.keys() == right.keys()
            and all(same(value, right[name]) for name, value in left.items())
        )
    if isinstance(left, list):
        return isinstance(right, list) and len(left) == len(right) and all(map(same, left, right))
    if _is_number(left):
        return _is_number(right) and left == right
    return type(left) is type(right) and left == right


def changed_paths(before: Document, after: Document) -> tuple[str, ...]:
    """The dotted paths of the attributes that differ, sorted.

    Objects are followed inwards where both sides have one; an array, and whatever came or went, is told as a whole.
    """
    return tuple(sorted(_differences("", before, after)))


def _differences(prefix: str, before: Document, after: Document) -> list[str]:
    paths: list[str] = []
    for name in before.keys() | after.keys():
        path = prefix + name
        if name not in before or name not in after:
            paths.append(path)
            continue
        left, right = before[name], after[name]
        if isinstance(left, dict) and isinstance(right, dict):
            paths.extend(_differences(path + ".", left, right))
        elif not same(left, right):
            paths.append(path)
    return paths


def _is_number(value: Json) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
