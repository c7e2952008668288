"""The paths of a mapping grown into a shape: objects, arrays and the leaves that cells and constants fill.

A path is names joined by dots. Behind a name, `[0]` is an element of an array by position and `[role=agent]` the
element whose `role` is `agent`: one is made with that value. Paths with the same bracket share the element.
A value or a name with dots or brackets stands in double quotes: `characteristic[name="Page views / visit"].value`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from spanco.kernel.wire import Json
from spanco.sales.rules.cells import ABSENT, Absent, Cell, Reason, Scalar, read

_NAME = re.compile(r'"([^"]+)"|([^.\[\]"=\s]+)')
_BRACKET = re.compile(r'\[\s*(?:(\d{1,3})|([^=\[\]"]+?)\s*=\s*(?:"([^"]+)"|([^\[\]"]+?)))\s*\]')


class BadMapping(Exception):
    """The mapping cannot be used."""


@dataclass(slots=True)
class Leaf:
    """One value: a constant, or what a cell gives."""

    source: Cell | Scalar
    cells: bool


@dataclass(slots=True)
class Branch:
    """An object; `cells` says whether any column feeds it: then it is left out when none of them is filled."""

    children: dict[str, "Node"] = field(default_factory=dict)
    cells: bool = False


@dataclass(slots=True)
class Many:
    """An array; its elements stand in the order of their first mention, those without content are left out."""

    elements: dict[str, Branch] = field(default_factory=dict)
    cells: bool = False


Node = Leaf | Branch | Many
Grown = TypeVar("Grown", Branch, Many)


def grow(leaves: Iterable[tuple[str, Cell | Scalar]]) -> Branch:
    """The shape that has a leaf at each of the paths. Raises BadMapping where two paths disagree."""
    root = Branch()
    for path, source in leaves:
        _plant(root, path, source)
    return root


def fill(branch: Branch, row: Mapping[str, str], reasons: list[str]) -> dict[str, Json] | Absent:
    """The object that a row gives; what is wrong with its cells is added to the reasons."""
    document: dict[str, Json] = {}
    fed = not branch.cells
    for name, node in branch.children.items():
        value: Json | Absent | Reason
        if isinstance(node, Leaf):
            value = read(node.source, row) if isinstance(node.source, Cell) else node.source
        elif isinstance(node, Branch):
            value = fill(node, row, reasons)
        else:
            value = _elements(node, row, reasons)
        if isinstance(value, Reason):
            reasons.append(value.because)
        elif value is not ABSENT:
            document[name] = value
            fed = fed or node.cells
    return document if fed else ABSENT


def _elements(many: Many, row: Mapping[str, str], reasons: list[str]) -> Json | Absent:
    elements: list[Json] = []
    for branch in many.elements.values():
        element = fill(branch, row, reasons)
        if element is not ABSENT:
            elements.append(element)
    return elements or ABSENT


def _plant(root: Branch, path: str, source: Cell | Scalar) -> None:
    cells = isinstance(source, Cell)
    branch = root
    steps = _steps(path)
    for position, (name, bracket) in enumerate(steps):
        branch.cells = branch.cells or cells
        last = position == len(steps) - 1
        if bracket is None and last:
            if name in branch.children:
                raise BadMapping(f"The path '{path}' is given twice, or is both a value and an object.")
            branch.children[name] = Leaf(source, cells)
        elif bracket is None:
            branch = _expect(branch.children.setdefault(name, Branch()), Branch, path)
        elif last:
            raise BadMapping(f"The path '{path}' ends in an element: name the attribute of the element that is meant.")
        else:
            many = _expect(branch.children.setdefault(name, Many()), Many, path)
            many.cells = many.cells or cells
            branch = _element(many, bracket)


def _element(many: Many, bracket: tuple[str, str]) -> Branch:
    attribute, wanted = bracket
    element = many.elements.get(f"{attribute}={wanted}")
    if element is None:
        element = Branch({attribute: Leaf(wanted, cells=False)} if attribute else {})
        many.elements[f"{attribute}={wanted}"] = element
    return element


def _expect(node: Node, kind: type[Grown], path: str) -> Grown:
    if not isinstance(node, kind):
        raise BadMapping(f"The path '{path}' uses a name once as a value or object and once as an array.")
    return node


def _steps(path: str) -> list[tuple[str, tuple[str, str] | None]]:
    """`note[0].text` as [("note", ("", "0")), ("text", None)]."""
    steps: list[tuple[str, tuple[str, str] | None]] = []
    at = 0
    while True:
        name = _NAME.match(path, at)
        if name is None:
            raise BadMapping(f"The path '{path}' is not understood at position {at + 1}: a name was expected.")
        at = name.end()
        bracket = _BRACKET.match(path, at)
        found = None
        if bracket is not None:
            index, attribute, quoted, bare = bracket.groups()
            found = ("", index) if index is not None else (attribute, quoted or bare)
            at = bracket.end()
        steps.append((name.group(1) or name.group(2), found))
        if at == len(path):
            return steps
        if path[at] != ".":
            raise BadMapping(f"The path '{path}' is not understood at position {at + 1}: '.' or '[' was expected.")
        at += 1
