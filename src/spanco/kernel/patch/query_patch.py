"""JSON Patch Query, TMF630 parts 5 and 6: JSON Patch on places that are selected by content.

An operation is done at every place that its path selects, and a path that selects nothing is refused. A path without
criteria means what it means in RFC 6902, but for one thing that the guideline's examples want: `add` of something
that is no array to an existing array appends it. At a selected place `add` of an object to an object adds its members,
and `replace` of an object takes an object (the examples of TMF699 v5 that replace one by a text cannot be executed).
"""

from spanco.kernel.patch import pointer
from spanco.kernel.patch.comparison import same
from spanco.kernel.patch.operations import Allowance, Operation, finished, read, run
from spanco.kernel.patch.pointer import Unreachable
from spanco.kernel.patch.selection import Place, locate
from spanco.kernel.patch.selector import Selector, parse
from spanco.kernel.wire import Document, Json


def apply_query(document: Document, operations: Json) -> Document:
    """The document after all operations; shares and raises as `json_patch.apply` does."""
    return finished(run(document, read(operations, parse), _step))


def _step(value: Json, operation: Operation[Selector], allowance: Allowance) -> Json:
    if operation.name in {"move", "copy"}:
        return _carry(value, operation, allowance)
    new, by_content = operation.value, operation.path.pointer is None
    places = locate(value, operation.path, allowance)
    if operation.name in {"add", "replace"}:
        allowance.grow(new, len(places) - 1)
    # From the end, so that what is removed does not shift what is still to be removed.
    for place in reversed(places):
        match operation.name:
            case "add":
                value = _add(value, place, new, by_content=by_content)
            case "remove":
                value = pointer.remove(value, place.pointer)
            case "replace":
                if by_content and isinstance(place.value, dict) and not isinstance(new, dict):
                    raise Unreachable(f"at '{pointer.spell(place.pointer)}' stands an object, replace it by an object")
                value = pointer.replace(value, place.pointer, new)
            case _:
                if not same(pointer.find(value, place.pointer), new):
                    raise Unreachable(f"the test failed, '{pointer.spell(place.pointer)}' has another value")
    return value


def _carry(value: Json, operation: Operation[Selector], allowance: Allowance) -> Json:
    """Move or copy: from exactly one place, to all that the path selects once the source is taken away."""
    origin = _only(locate(value, operation.source, allowance), operation.source)
    new = pointer.find(value, origin)
    if operation.name == "move":
        if operation.path == operation.source:
            return value
        value = pointer.remove(value, origin)
    places = locate(value, operation.path, allowance)
    if operation.name == "move":
        _only(places, operation.path)
    else:
        allowance.grow(new, len(places))
    for place in places:
        value = _add(value, place, new, by_content=operation.path.pointer is None)
    return value


def _only(places: list[Place], selector: Selector) -> pointer.Pointer:
    if len(places) > 1:
        raise Unreachable(f"'{pointer.shown(selector.text)}' selects more than one place")
    return places[0].pointer


def _add(value: Json, place: Place, new: Json, *, by_content: bool) -> Json:
    there, path = place.value, place.pointer
    inserts = bool(path) and pointer.position(path[-1]) is not None and not place.chosen
    if isinstance(there, list) and not isinstance(new, list) and not inserts:
        return pointer.add(value, (*path, "-"), new)
    if by_content and isinstance(there, dict) and isinstance(new, dict):
        return pointer.replace(value, path, {**there, **new})
    if place.chosen:
        raise Unreachable(f"into the element '{pointer.spell(path)}' only the attributes of an object can be added")
    return pointer.add(value, path, new)
