"""Nothing grows too large to be read at one sitting: modules, functions, classes, lists of parameters."""

import ast
from collections.abc import Iterator

import pytest

from tests.project.source import Check, Function, Module, findings, modules, snippet

MODULE_LINES = 400
FUNCTION_LINES = 40
METHODS = 10
PARAMETERS = 5

# What may be larger, by the name that a finding gives it, and why. It is to shrink.
EXCEPTIONS: dict[str, str] = {}


def long_modules(module: Module) -> Iterator[str]:
    """Modules of more than 400 lines."""
    if len(module.lines) > MODULE_LINES:
        yield f"{module.path} has {len(module.lines)} lines, more than {MODULE_LINES}"


def long_functions(module: Module) -> Iterator[str]:
    """Functions of more than 40 lines, docstring included."""
    for node in module.functions:
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > FUNCTION_LINES:
            yield f"{module.path}::{node.name} has {length} lines, more than {FUNCTION_LINES}"


def wide_classes(module: Module) -> Iterator[str]:
    """Classes of more than ten methods, dunder methods included."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef):
            count = sum(isinstance(each, Function) for each in node.body)
            if count > METHODS:
                yield f"{module.path}::{node.name} has {count} methods, more than {METHODS}"


def many_parameters(module: Module) -> Iterator[str]:
    """Functions of more than five parameters; keyword-only ones count, `self`, `cls` and command options do not."""
    for node in module.functions:
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        count = sum(each.arg not in {"self", "cls"} for each in arguments)
        if count > PARAMETERS and not is_command(module, node):
            yield f"{module.path}::{node.name} has {count} parameters, more than {PARAMETERS}"


def is_command(module: Module, node: Function) -> bool:
    """Whether typer makes a command of it: there each parameter is an option that a person can type."""
    return module.path.startswith("src/spanco/cli/") and any(
        isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and each.func.attr in {"command", "callback"}
        for each in node.decorator_list
    )


@pytest.mark.parametrize("check", [long_modules, long_functions, wide_classes, many_parameters])
def test_the_source_keeps_to_the_sizes(check: Check) -> None:
    """Caps, not averages (style, 2.9)."""
    found = [each for each in findings(check, "src") if each.split(" has ")[0] not in EXCEPTIONS]
    assert found == []


def test_test_modules_keep_to_the_size() -> None:
    """A test module is read as often as any other."""
    assert findings(long_modules, "tests", "bench") == []


def test_every_exception_is_still_needed() -> None:
    """An exception whose reason is gone goes too."""
    checks = (long_modules, long_functions, wide_classes, many_parameters)
    found = {each.split(" has ")[0] for check in checks for each in findings(check, "src")}
    assert set(EXCEPTIONS) - found == set()


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (long_modules, "x = 1\n" * 401),
        (long_functions, "def f():\n" + "    x = 1\n" * 40),
        (long_functions, "class C:\n    async def f(self):\n" + "        x = 1\n" * 40),
        (wide_classes, "class C:\n" + "".join(f"    def f{n}(self): ...\n" for n in range(11))),
        (many_parameters, "def f(a, b, /, c, d, *, e, g): ...\n"),
    ],
)
def test_a_part_that_is_too_large_is_caught(check: Check, text: str) -> None:
    """One more than the cap is found."""
    assert len(list(check(snippet(text)))) == 1


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (long_modules, "x = 1\n" * 400),
        (long_functions, "def f():\n" + "    x = 1\n" * 39),
        (wide_classes, "class C:\n" + "".join(f"    def f{n}(self): ...\n" for n in range(10))),
        (many_parameters, "class C:\n    def f(self, a, b, *, c, d, e): ...\n"),
    ],
)
def test_a_part_that_just_fits_is_let_pass(check: Check, text: str) -> None:
    """The cap itself is allowed."""
    assert list(check(snippet(text))) == []


def test_a_command_may_have_as_many_options_as_people_need() -> None:
    """The exemption is for the command line only."""
    text = "@app.command('serve')\ndef serve(a, b, c, d, e, f): ...\n"
    assert list(many_parameters(snippet(text, "src/spanco/cli/serve.py"))) == []
    assert len(list(many_parameters(snippet(text)))) == 1


def test_there_is_source_to_measure() -> None:
    """A check over nothing would pass for ever."""
    assert len(modules("src")) > 20
    assert len(modules("tests")) > 5
