"""The kernel and the rules are functions from values to values, and generic code knows no resource."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from tests.project.source import PACKAGE, Check, Function, Module, below, modules, read, snippet, strings

PURE = ("kernel/", "events/rules/", "sales/rules/")
GENERIC = ("kernel/", "operations.py", "rest/")
STATELESS = (*GENERIC, "store/")
OPERATIONS = {"find", "get", "create", "patch", "remove"}
BINDINGS_LINES = 60

# Collections that TMF630 gives to every API: not resources of one.
OF_EVERY_API = frozenset({"hub", "listener"})


@cache
def documents() -> tuple[Mapping[str, Any], ...]:
    """The OpenAPI documents that we serve."""
    return tuple(json.loads(path.read_bytes()) for path in sorted((PACKAGE / "apis").glob("*.json")))


@cache
def resource_names() -> frozenset[str]:
    """The names of the resources of our documents that are no everyday words, as their words in lower case."""
    segments = {part for document in documents() for path in document["paths"] for part in path.split("/")}
    named = {part for part in segments if re.fullmatch(r"[a-z]+([A-Z][a-z]+)+", part)}
    return frozenset(name for name in named - OF_EVERY_API if not name.endswith("Event"))


@cache
def state_names() -> frozenset[str]:
    """The names of the states in the lifecycles of our documents."""
    return frozenset(state for document in documents() for state in states_in(document))


def states_in(value: object) -> Iterator[str]:
    """The states of every lifecycle at any depth."""
    match value:
        case {"x-spanco-lifecycle": {"moves": moves}}:
            yield from moves
        case dict():
            for each in value.values():
                yield from states_in(each)
        case _:
            return


def waits(module: Module) -> Iterator[str]:
    """Everything that waits: pure code is neither synchronous nor asynchronous."""
    kinds = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
    for node in ast.walk(module.tree):
        if isinstance(node, kinds):
            yield module.at(node, f"{type(node).__name__} in pure code")
        if isinstance(node, ast.comprehension) and node.is_async:
            yield module.at(node.target, "an asynchronous comprehension in pure code")


def names_resources(module: Module) -> Iterator[str]:
    """Names of resources anywhere in a module, comments and docstrings too, in any spelling."""
    for name in sorted(resource_names()):
        words = re.sub(r"(?=[A-Z])", "[-_ ]?", name)
        for number, line in enumerate(module.lines, 1):
            if re.search(words, line, re.IGNORECASE):
                yield f"{module.path}:{number}: names the resource {name}"


def names_states(module: Module) -> Iterator[str]:
    """Names of states as values: a whole string, or quoted inside one, as in SQL."""
    for node, text in strings(module):
        for state in sorted(state_names()):
            if text == state or re.search(rf"""['"]{re.escape(state)}['"]""", text):
                yield module.at(node, f"names the state {state}")


def source(*places: str) -> list[Module]:
    """The modules of the package at these places."""
    return [module for module in modules("src") if below(module, *places)]


@pytest.mark.parametrize(
    ("check", "places"),
    [(waits, PURE), (names_resources, GENERIC), (names_states, STATELESS)],
)
def test_pure_code_does_not_wait_and_generic_code_knows_no_names(check: Check, places: tuple[str, ...]) -> None:
    """Principles 2.2 and 2.3, and the guards for the strata."""
    assert [each for module in source(*places) for each in check(module)] == []


def test_no_statement_of_the_store_names_a_state() -> None:
    """The SQL in files too."""
    for path in sorted((PACKAGE / "store").rglob("*.sql")):
        quoted = set(re.findall(r"'(\w+)'", path.read_text(encoding="utf-8")))
        assert quoted & state_names() == set(), path


def test_every_place_is_there_to_be_checked() -> None:
    """A check over nothing would pass for ever."""
    assert all(source(place) for place in {*PURE, *STATELESS})
    assert {"salesLead", "salesOpportunity"} <= resource_names()
    assert {"acknowledged", "inProgress"} <= state_names()


def test_there_are_five_operations() -> None:
    """Find, get, create, patch, remove; a sixth needs a decision record."""
    tree = read(PACKAGE / "operations.py").tree
    public = {node.name for node in tree.body if isinstance(node, Function) and not node.name.startswith("_")}
    assert public == OPERATIONS


def test_the_bindings_are_a_table() -> None:
    """At most 60 lines: what to prepare before a write, what to react with after it."""
    assert len(read(PACKAGE / "sales" / "bindings.py").lines) <= BINDINGS_LINES


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (waits, "async def f(): ...\n"),
        (waits, "async def f():\n    return [x async for x in y]\n"),
        (names_resources, "KINDS = {'sales.salesLead'}\n"),
        (names_resources, "class SalesLeadCheck: ...\n"),
        (names_resources, "def sales_lead(): ...\n"),
        (names_resources, "# only for a sales opportunity\n"),
        (names_states, "FINAL = {'rejected'}\n"),
        (names_states, "STATEMENT = \"select 1 where status = 'inProgress'\"\n"),
    ],
)
def test_an_impure_line_is_caught(check: Check, text: str) -> None:
    """Each kind is found."""
    assert list(check(snippet(text, "src/spanco/kernel/example.py")))


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (waits, "def f(): return [x for x in y]\n"),
        (names_resources, "# a lead of ten metres\n"),
        (names_states, '"""A pending delivery is accepted later."""\nx = "accepted by the listener"\n'),
    ],
)
def test_a_pure_line_is_let_pass(check: Check, text: str) -> None:
    """Everyday words stay free."""
    assert list(check(snippet(text, "src/spanco/kernel/example.py"))) == []
