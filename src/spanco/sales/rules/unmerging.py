"""How a document comes back to what it was before a merge, although it was changed since."""

from dataclasses import dataclass

from spanco.kernel.patch.comparison import same
from spanco.kernel.wire import Document, Json


@dataclass(frozen=True, slots=True)
class Undone:
    """The document without what the merge did; the attributes that both the merge and somebody after it changed.

    Those have their later values.
    """

    document: Document
    conflicts: tuple[str, ...]


def undone(before: Document, after: Document, current: Document) -> Undone:
    """Take out of `current` what led from `before` to `after`; what else was changed since stays.

    Objects are followed inwards. In lists it is elements that came and went; their order counts for nothing.
    """
    conflicts: list[str] = []
    document = _object("", (before, after, current), conflicts)
    return Undone(document, tuple(sorted(conflicts)))


def _object(prefix: str, three: tuple[Document, Document, Document], conflicts: list[str]) -> Document:
    before, _, current = three
    names = dict.fromkeys([*before, *current])
    found: Document = {}
    for name in names:
        path = f"{prefix}{name}"
        was, made, now = ([each[name]] if name in each else [] for each in three)
        left = _attribute(path, (was, made, now), conflicts)
        if left:
            found[name] = left[0]
    return found


def _attribute(path: str, three: tuple[list[Json], list[Json], list[Json]], conflicts: list[str]) -> list[Json]:
    """One attribute, as a list of its value, or of nothing where it is absent."""
    was, made, now = three
    if same(now, made):
        return was
    if same(made, was) or same(now, was):
        return now
    inner = _inner(path, three, conflicts)
    if inner is None:
        conflicts.append(path)
    return now if inner is None else inner


def _inner(path: str, three: tuple[list[Json], list[Json], list[Json]], conflicts: list[str]) -> list[Json] | None:
    """The same for objects and lists by what is in them; None where the three are not of one such kind."""
    was, made, now = (each[0] if each else None for each in three)
    if isinstance(was, dict) and isinstance(made, dict) and isinstance(now, dict):
        return [_object(f"{path}.", (was, made, now), conflicts)]
    if isinstance(was, list | None) and isinstance(made, list) and isinstance(now, list):
        elements = _elements(was or [], made, now)
        if elements is not None:
            return [elements] if elements or was is not None else []
    return None


def _elements(before: list[Json], after: list[Json], current: list[Json]) -> list[Json] | None:
    """What is left of a list; None when an element that the merge brought was changed since."""
    brought = _less(after, before)
    taken = _less(before, after)
    later = _less(current, after)
    if later and _less(brought, current):
        return None
    if brought and not any(_within(each, current) for each in brought):
        taken = []  # somebody took away what had its place
    left = _less(current, brought)
    return left + _less(taken, left)


def _less(elements: list[Json], others: list[Json]) -> list[Json]:
    return [each for each in elements if not _within(each, others)]


def _within(element: Json, elements: list[Json]) -> bool:
    return any(same(element, each) for each in elements)
