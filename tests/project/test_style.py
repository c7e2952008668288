"""Words: no promise without an issue, no machine's traces, no mocks, and every door of the house named."""

import ast
import io
import re
import socket
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project.source import ROOT, Check, Module, findings, snippet, tracked
from tests.sockets import leaves_this_machine

# In character classes, so that this file does not contain what it looks for.
UNWANTED = re.compile(
    r"clau[d]e|anthropi[c]|agent-buil[t]|(?<![\w.])/wor[k]/|pypi[.]org|files[.]pythonhosted", re.IGNORECASE
)
PROMISE = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!.*#\d+)")
MOCKS = ("unittest.mock", "mock", "pytest_mock", "respx", "responses")


def promises(module: Module) -> Iterator[str]:
    """Comments that promise something and name no issue."""
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type == tokenize.COMMENT and PROMISE.search(token.string):
            yield f"{module.path}:{token.start[0]}: names no issue: {token.string}"


def mocks(module: Module) -> Iterator[str]:
    """Imports of mocks, and fixtures that patch: fakes stand only at the doors."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Import(names=names):
                origins = [each.name for each in names]
            case ast.ImportFrom(module=str(origin), names=names):
                origins = [origin, *(f"{origin}.{each.name}" for each in names)]
            case _:
                origins = []
        if any(each == mock or each.startswith(f"{mock}.") for each in origins for mock in MOCKS):
            yield f"{module.path}: imports a mock"


def text_of(path: Path) -> str:
    """What a file says, bytes that are no text left out."""
    return path.read_bytes().decode(errors="ignore")


def test_no_file_carries_traces_of_a_machine() -> None:
    """No registry, no folder of one computer, no tool that happened to be used."""
    found = {path.relative_to(ROOT).as_posix(): UNWANTED.findall(text_of(path)) for path in tracked()}
    assert {path: words for path, words in found.items() if words} == {}


@pytest.mark.parametrize("check", [promises, mocks])
def test_no_promise_without_an_issue_and_no_mock(check: Check) -> None:
    """Principles 2.10 and 2.11."""
    assert findings(check, "src", "tests", "bench") == []


def test_sql_promises_nothing_without_an_issue() -> None:
    """SQL is code."""
    assert [path for path in tracked() if path.suffix == ".sql" and PROMISE.search(text_of(path))] == []


def test_the_locks_agree_and_name_no_registry() -> None:
    """What runs is what is tested; every version has its hashes."""
    pins = {
        name: set(re.findall(r"^([a-z0-9-]+==\S+)", text_of(ROOT / name), re.MULTILINE))
        for name in ("requirements.lock", "requirements-dev.lock")
    }
    assert pins["requirements.lock"] <= pins["requirements-dev.lock"]
    for name, versions in pins.items():
        assert "://" not in text_of(ROOT / name)
        assert text_of(ROOT / name).count("--hash=sha256:") >= len(versions) > 0


def test_the_house_has_its_papers() -> None:
    """What a stranger looks for first."""
    names = {path.relative_to(ROOT).as_posix() for path in tracked()}
    assert {"README.md", "LICENSE", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", ".ci/run"} <= names
    assert "Apache License" in text_of(ROOT / "LICENSE")
    assert "make check" in text_of(ROOT / ".ci/run")


def test_unwanted_words_are_caught() -> None:
    """And words that only look alike are not."""
    assert UNWANTED.search("see https://{}.org/simple".format("pypi"))
    assert UNWANTED.search("cp /{}/main/x .".format("work"))
    assert not UNWANTED.search("docs/work/plan.md and ../work/plan")


@pytest.mark.parametrize("text", ["# TODO: later\n", "x = 1  # FIXME\n"])
def test_a_promise_is_caught_unless_it_names_an_issue(text: str) -> None:
    """A number makes it findable."""
    assert list(promises(snippet(text)))
    assert list(promises(snippet(text.rstrip() + " (#12)\n"))) == []


@pytest.mark.parametrize("text", ["from unittest.mock import Mock\n", "from unittest import mock\n", "import respx\n"])
def test_a_mock_is_caught(text: str) -> None:
    """A mock means a missing seam."""
    assert list(mocks(snippet(text)))
    assert list(mocks(snippet("import unittest\nfrom json import loads\n"))) == []


@pytest.mark.parametrize(
    ("address", "leaves"),
    [
        (("127.0.0.1", 80), False),
        (("::1", 80, 0, 0), False),
        (("localhost", 80), False),
        ("/tmp/.s.PGSQL.5432", False),  # noqa: S108  an example of a Unix socket, nothing is opened
        (("192.0.2.1", 80), True),
        (("example.org", 443), True),
    ],
)
def test_the_guard_knows_what_leaves_this_machine(address: object, leaves: bool) -> None:
    """Loopback and Unix sockets stay."""
    assert leaves_this_machine(address) is leaves


def test_the_guard_stands_in_the_way() -> None:
    """It refuses before anything is sent; the address is one that nobody has (RFC 5737)."""
    with socket.socket() as door, pytest.raises(PermissionError, match="recorded transport"):
        door.connect(("192.0.2.1", 9))
