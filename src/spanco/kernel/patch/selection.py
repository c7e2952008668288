"""Which places of a document a JSON Patch Query path selects (TMF630 part 5).

An array on the way is opened: every element that fulfils the criteria is gone into. A criterion whose name begins with
the path's first name is spelled from the top (`note.author`); any other is spelled from the first array that is
opened, or from the value addressed when there is none. Through further arrays a criterion means "some element".
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from spanco.kernel.patch import pointer
from spanco.kernel.patch.operations import Allowance
from spanco.kernel.patch.pointer import Pointer, Unreachable
from spanco.kernel.patch.selector import Chosen, Criterion, Selector, Step
from spanco.kernel.query.match import matches
from spanco.kernel.wire import Json

MAX_PLACES = 1000

_NUMBER = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads: with the names on the way, without indices, and what stands there (None when nothing does).

    `chosen` tells that the place itself is an element selected by its content, `opened` that an array on the way was.
    """

    pointer: Pointer = ()
    names: Pointer = ()
    value: Json = None
    chosen: bool = False
    opened: bool = False


def locate(document: Json, selector: Selector, allowance: Allowance) -> list[Place]:
    """The places selected, at least one, in the order of the document; raises `Unreachable`."""
    if selector.pointer is not None:
        return [_plain(document, selector.pointer)]
    places = _Search(selector, allowance).places(document)
    if not places:
        raise Unreachable(f"'{pointer.shown(selector.text)}' selects nothing")
    if len(places) > MAX_PLACES:
        raise Unreachable(f"'{pointer.shown(selector.text)}' selects more than {MAX_PLACES} places")
    return places


def _plain(document: Json, path: Pointer) -> Place:
    try:
        return Place(path, value=pointer.find(document, path))
    except Unreachable:
        return Place(path)


class _Search:
    """One selector at work."""

    def __init__(self, selector: Selector, allowance: Allowance) -> None:
        first = selector.steps[:1]
        self._steps = selector.steps
        self._from_top = [each for each in selector.criteria if each.names[:1] == first]
        self._from_array = [each for each in selector.criteria if each.names[:1] != first]
        self._allowance = allowance

    def places(self, document: Json) -> list[Place]:
        """Where the steps lead and the criteria are fulfilled, in the order of the document."""
        if not self._fulfils(document, self._from_top):
            return []
        places = [Place(value=document)]
        for step in self._steps:
            places = [inner for place in places for inner in self._onward(place, step)]
        return [inner for place in places for inner in self._end(place)]

    def _onward(self, place: Place, step: Step) -> list[Place]:
        value, path = place.value, place.pointer
        if isinstance(step, Chosen):
            return [inner for inner in self._open(place) if self._is_chosen(inner, step)]
        if isinstance(value, dict):
            names = (*place.names, step)
            return [Place((*path, step), names, value.get(step), opened=place.opened)]
        if not isinstance(value, list):
            return []
        index = pointer.position(step)
        if index is None and step != "-":
            return [inner for each in self._open(place) for inner in self._onward(each, step)]
        there = value[index] if index is not None and index < len(value) else None
        return [Place((*path, step), place.names, there, opened=place.opened)]

    def _end(self, place: Place) -> list[Place]:
        """The place itself, or its elements when a criterion asks for them."""
        asked = any(each.names[: len(place.names)] == place.names for each in self._from_top)
        waiting = [] if place.opened else self._from_array
        if isinstance(place.value, list) and not place.chosen and (asked or waiting):
            return self._open(place)
        return [place] if self._fulfils(place.value, waiting) else []

    def _open(self, place: Place) -> list[Place]:
        """The elements of an array that fulfil the criteria spelled through it or from it."""
        count = len(place.names)
        criteria = [Criterion(c.names[count:], c.text) for c in self._from_top if c.names[:count] == place.names]
        if not place.opened:
            criteria += self._from_array
        return [
            Place((*place.pointer, str(index)), place.names, each, chosen=True, opened=True)
            for index, each in enumerate(place.value if isinstance(place.value, list) else [])
            if self._fulfils(each, criteria)
        ]

    def _is_chosen(self, place: Place, step: Chosen) -> bool:
        self._allowance.look_through(place.value)
        return matches(step.condition, {"element": [place.value]})

    def _fulfils(self, value: Json, criteria: list[Criterion]) -> bool:
        return all(self._holds(value, each.names, each.text) for each in criteria)

    def _holds(self, value: Json, names: Pointer, text: str) -> bool:
        self._allowance.look()
        if isinstance(value, list):
            return any(self._holds(each, names, text) for each in value)
        if not names:
            return _reads(value, text)
        return isinstance(value, dict) and names[0] in value and self._holds(value[names[0]], names[1:], text)


def _reads(value: Json, text: str) -> bool:
    """Whether a single value is written like this; a number in any spelling."""
    match value:
        case str():
            return value == text
        case None:
            return text == "null"
        case bool():
            return text == ("true" if value else "false")
        case int() | Decimal():
            return _NUMBER.fullmatch(text) is not None and Decimal(text) == value
        case _:
            return False
