"""Faces: the resources of one kind seen, asked for and written in another shape (`x-spanco-face`)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

from spanco.kernel.errors import BadBody, BadParameter
from spanco.kernel.openapi import Resource
from spanco.kernel.paging import Key
from spanco.kernel.patch.comparison import same
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
    Measure,
    Not,
    Path,
    all_of,
    any_of,
)
from spanco.kernel.query.match import matches
from spanco.kernel.schema import check, spelled
from spanco.kernel.wire import Document, Json

_IDENTITY = frozenset({"id", "href"})

Leaf: TypeAlias = Compare | Like | Exists | Element | Measure


@dataclass(frozen=True, slots=True)
class Same:
    """An attribute whose value stands as it is at another path."""

    path: Path


@dataclass(frozen=True, slots=True)
class Worded:
    """An attribute that says one of a few words, each of the documents that fulfil a condition.

    `order` is the path of an attribute by which lists are ordered as by these words, where there is one.
    """

    words: Mapping[str, Condition]
    order: Path | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of objects: those elements of the list at `path` that have something at `member`.

    `members` says where each attribute of the objects stands in an element; all others stand below `others`.
    """

    path: Path
    member: Path
    members: Mapping[str, Path]
    others: Path


Standing: TypeAlias = Same | Worded | Listed


@dataclass(frozen=True, slots=True)
class Face:
    """How one shape is made of another: a pair of pure functions, and where each attribute stands for questions.

    `shown` makes the face of a stored document; `understood` makes the document to store of a face, and of the stored
    document before. Both take and give the `id` along. Attributes that are not named stand below `others`; `unkept`
    are taken and forgotten.
    """

    shown: Callable[[Document], Document]
    understood: Callable[[Document, Document | None], Document]
    standings: Mapping[str, Standing]
    others: Path = ()
    unkept: frozenset[str] = frozenset()

    def standing(self, name: str) -> Standing:
        """Where an attribute stands."""
        return self.standings.get(name) or Same((*self.others, name))


def asked(face: Face, condition: Condition) -> Condition:
    """What a condition on the face asks of the stored document; `BadParameter` where that cannot be said exactly."""
    match condition:
        case AllOf(parts):
            return all_of([asked(face, part) for part in parts])
        case AnyOf(parts):
            return any_of([asked(face, part) for part in parts])
        case Not(part):
            return Not(asked(face, part))
        case Compare(path) | Like(path) | Exists(path) | Element(path) | Measure(_, path):
            if path[:1] in {(), ("id",)}:
                return condition
            if path[0] in face.unkept:
                return NOTHING
            return _asked_of(face.standing(path[0]), condition)
        case _:
            assert_never(condition)


def _asked_of(standing: Standing, leaf: Leaf) -> Condition:
    match standing:
        case Same(path):
            return replace(leaf, path=(*path, *leaf.path[1:]))
        case Worded(words):
            name = leaf.path[0]
            return any_of([holds for word, holds in words.items() if matches(leaf, {name: word})])
        case Listed():
            return _asked_of_elements(standing, leaf)
        case _:
            assert_never(standing)


def _asked_of_elements(listed: Listed, leaf: Leaf) -> Condition:
    name, *inside = leaf.path
    if isinstance(leaf, Measure) and not (inside and leaf.function is Function.LENGTH):
        raise BadParameter(name, f"{leaf.function.value}() cannot be taken over this list; ask for its elements.")
    if inside:
        inner = _inside(listed, replace(leaf, path=tuple(inside)))
    elif isinstance(leaf, Element):
        inner = _inside(listed, leaf.condition)
    elif isinstance(leaf, Exists):
        inner = EVERYTHING
    else:
        return NOTHING  # the elements are objects, which nothing compares with
    return Element(listed.path, all_of([Exists(listed.member), inner]))


def _inside(listed: Listed, condition: Condition) -> Condition:
    """A condition on one object of the list, said of the element that it is made of."""
    match condition:
        case AllOf(parts):
            return all_of([_inside(listed, part) for part in parts])
        case AnyOf(parts):
            return any_of([_inside(listed, part) for part in parts])
        case Not(part):
            return Not(_inside(listed, part))
        case Element((), inner):
            return _inside(listed, inner)
        case Compare(path) | Like(path) | Exists(path) | Element(path) | Measure(_, path):
            return replace(condition, path=_place(listed, path)) if path else condition
        case _:
            assert_never(condition)


def _place(listed: Listed, path: Path) -> Path:
    return (*listed.members.get(path[0], (*listed.others, path[0])), *path[1:])


def ordered(face: Face, keys: Sequence[Key]) -> tuple[Key, ...]:
    """The sort keys on the stored document; `BadParameter` where no attribute of it has that order."""
    return tuple(key if key.path[0] in _IDENTITY else replace(key, path=_order(face, key.path)) for key in keys)


def _order(face: Face, path: Path) -> Path:
    match face.standing(path[0]):
        case Same(stored):
            return (*stored, *path[1:])
        case Worded(_, order) if order and len(path) == 1:
            return order
        case Listed() as listed if len(path) > 1 and listed.members.get(path[1]) == listed.member:
            return (*listed.path, *_place(listed, path[1:]))
        case _:
            raise BadParameter("sort", f"lists cannot be ordered by '{'.'.join(path)}'.")


def begun(resource: Resource, face: Face, body: Json) -> tuple[str | None, Document]:
    """The id that a client chose and the document to store for a POST of a face; raises `BadBody`.

    The document may name a state in which nothing begins: whoever stores it moves it there.
    """
    document = _spelled(resource, face, body)
    check(document, resource.create_check)
    chosen = None if "id" in resource.server_owned else document.get("id")
    given = {name: value for name, value in document.items() if name not in _IDENTITY}
    return chosen if isinstance(chosen, str) else None, face.understood(given, None)


def changed(resource: Resource, face: Face, before: Document, change: Callable[[Document], Json]) -> Document:
    """The document to store when a change is made to the face of `before`; raises `BadBody`.

    What the face lacked before may go on lacking, so that a document made otherwise can be changed here too.
    """
    seen = {"id": before["id"], **face.shown(before)}
    after = _spelled(resource, face, change(dict(seen)))
    for name in sorted(resource.mandatory & seen.keys() - after.keys()):
        raise BadBody(name, "this attribute cannot be removed; give it another value.")
    given = {name: value for name, value in after.items() if not (name in seen and same(value, seen[name]))}
    check({name: value for name, value in given.items() if name not in _IDENTITY}, resource.change_check)
    return face.understood(after, before)


def _spelled(resource: Resource, face: Face, body: Json) -> Document:
    if not isinstance(body, dict):
        raise BadBody("", "Send one JSON object with the attributes of the resource.")
    document = spelled(body, resource.shape)
    assert isinstance(document, dict)
    # What is never shown has no shape to say that null is nothing.
    return {name: value for name, value in document.items() if value is not None or name not in face.unkept}
