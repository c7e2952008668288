"""Imports stand at the top and can be seen; modules have names that say what is in them."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from tests.project.source import Check, Function, Module, findings, snippet

EMPTY_NAMES = frozenset({"util", "utils", "helper", "helpers", "common", "base", "manager", "service", "misc"})
NAMED_BY_THE_STANDARD = frozenset({"src/spanco/apis/common.py"})


def hidden_from_run_time(module: Module) -> Iterator[str]:
    """Uses of TYPE_CHECKING: an import that only the type checker sees hides a cycle."""
    for node in ast.walk(module.tree):
        named = isinstance(node, ast.Name) and node.id == "TYPE_CHECKING"
        dotted = isinstance(node, ast.Attribute) and node.attr == "TYPE_CHECKING"
        if isinstance(node, ast.expr) and (named or dotted):
            yield module.at(node, "TYPE_CHECKING hides an import")


def imports_inside_functions(module: Module) -> Iterator[str]:
    """Imports that wait until a function is called: the other way to hide a cycle."""
    for function in module.functions:
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield module.at(node, f"import inside {function.name}()")


def empty_names(module: Module) -> Iterator[str]:
    """Modules and packages whose name says nothing: there things go to be lost."""
    if module.path in NAMED_BY_THE_STANDARD:
        return
    for part in PurePosixPath(module.path.removesuffix(".py")).parts:
        words = EMPTY_NAMES.intersection(re.split(r"[_\W]+", part))
        if words:
            yield f"{module.path}: the name '{part}' does not say what is in it"


@pytest.mark.parametrize("check", [hidden_from_run_time, imports_inside_functions, empty_names])
def test_imports_can_be_seen_and_names_say_something(check: Check) -> None:
    """Principles 2.4 and 2.9, in the tests and benchmarks too."""
    assert findings(check, "src", "tests", "bench") == []


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (hidden_from_run_time, "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import json\n"),
        (hidden_from_run_time, "import typing\nif typing.TYPE_CHECKING:\n    import json\n"),
        (imports_inside_functions, "def f():\n    import json\n"),
        (imports_inside_functions, "class C:\n    async def f(self):\n        from json import loads\n"),
    ],
)
def test_a_hidden_import_is_caught(check: Check, text: str) -> None:
    """Each way to hide one is found."""
    assert list(check(snippet(text)))


def test_a_name_that_says_nothing_is_caught() -> None:
    """As a module, as a package, and as a part of a longer name; the standard's own word is let pass."""
    assert list(empty_names(snippet("", "src/spanco/store/utils.py")))
    assert list(empty_names(snippet("", "src/spanco/common/wire.py")))
    assert list(empty_names(snippet("", "src/spanco/rest/http_helpers.py")))
    assert list(empty_names(snippet("", "src/spanco/apis/common.py"))) == []
    assert list(empty_names(snippet("", "src/spanco/store/database.py"))) == []


def test_every_kind_of_function_is_looked_into() -> None:
    """Both kinds of functions are known to the checks."""
    assert {node.name for node in snippet("def f(): ...\nasync def g(): ...\n").functions} == {"f", "g"}
    assert Function == ast.FunctionDef | ast.AsyncFunctionDef
