"""Some things may be done in one place only: commit, leave the machine, ask the time.

Where an exception is right, the line ends with `# allowed: reason`.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.project.source import Check, Module, below, findings, snippet, strings

TRANSACTION_CALLS = frozenset({"commit", "rollback", "transaction"})
TRANSACTION_SQL = re.compile(
    r"\s*(begin|commit|rollback|start\s+transaction)\s*(;|$|work\b|transaction\b|isolation\b|to\s+savepoint\b)",
    re.IGNORECASE,
)
WAYS_OUT = frozenset(
    {
        "httpx",
        "httpcore",
        "nats",
        "socket",
        "urllib.request",
        "urllib3",
        "http.client",
        "aiohttp",
        "requests",
        "websockets",
    }
)
OPENERS = frozenset({"open_connection", "open_unix_connection", "create_connection"})
CLOCK_CALLS = frozenset({"utcnow", "today", "time_ns", "gmtime", "localtime", "uuid1"})


def commits(module: Module) -> Iterator[str]:
    """Transactions that are opened or ended outside `store/database.py`."""
    if below(module, "store/database.py"):
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and called(node) in TRANSACTION_CALLS and not module.allowed(node):
            yield module.at(node, f"{called(node)}() is for store/database.py")
    for constant, text in strings(module):
        if TRANSACTION_SQL.match(text) and not module.allowed(constant):
            yield module.at(constant, f"'{text.strip()}' is for store/database.py")


def ways_out(module: Module) -> Iterator[str]:
    """Connections outward that are made outside `transport/`."""
    if below(module, "transport/"):
        return
    for node in ast.walk(module.tree):
        for name in imported(node):
            if any(name == way or name.startswith(f"{way}.") for way in WAYS_OUT) and not escaped(module, node):
                yield f"{module.path}: the import of {name} is for transport/"
        if isinstance(node, ast.Call) and called(node) in OPENERS and not module.allowed(node):
            yield module.at(node, f"{called(node)}() is for transport/")


def clocks(module: Module) -> Iterator[str]:
    """Questions for the time outside `clock.py`; durations (`monotonic`, `perf_counter`) are free."""
    if below(module, "clock.py"):
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and asks_time(node) and not module.allowed(node):
            yield module.at(node, f"{called(node)}() is for clock.py")
        if isinstance(node, ast.ImportFrom) and node.module == "time" and not module.allowed(node):
            names = {each.name for each in node.names}
            if names & (CLOCK_CALLS | {"time"}):
                yield module.at(node, "the time is for clock.py")


def asks_time(node: ast.Call) -> bool:
    """Whether a call asks what time it is, other than through `clock`."""
    match node.func:
        case ast.Attribute(value=owner, attr="now"):
            return not (isinstance(owner, ast.Name) and owner.id == "clock")
        case ast.Attribute(value=ast.Name(id="time"), attr="time"):
            return True
        case _:
            return called(node) in CLOCK_CALLS


def called(node: ast.Call) -> str:
    """The last name of what is called: `commit` for `connection.commit()`; empty when it has none."""
    match node.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def imported(node: ast.AST) -> list[str]:
    """The full names that an import statement brings in."""
    match node:
        case ast.Import(names=names):
            return [each.name for each in names]
        case ast.ImportFrom(module=str(origin), names=names):
            return [f"{origin}.{each.name}" for each in names]
        case _:
            return []


def escaped(module: Module, node: ast.AST) -> bool:
    """Whether the statement carries the escape."""
    return isinstance(node, ast.stmt) and module.allowed(node)


@pytest.mark.parametrize("check", [commits, ways_out, clocks])
def test_each_door_has_one_keeper(check: Check) -> None:
    """Decisions D5 and D10, and the layer `transport`."""
    assert findings(check, "src") == []


@pytest.mark.parametrize(
    ("check", "line"),
    [
        (commits, "await connection.commit()"),
        (commits, "connection.rollback()"),
        (commits, "connection.transaction()"),
        (commits, "connection.execute('COMMIT')"),
        (commits, "connection.execute('begin isolation level serializable')"),
        (commits, "connection.execute('start transaction')"),
        (ways_out, "import httpx"),
        (ways_out, "from httpx import AsyncClient"),
        (ways_out, "from urllib import request"),
        (ways_out, "import urllib.request"),
        (ways_out, "import socket"),
        (ways_out, "asyncio.open_connection('example.org', 80)"),
        (clocks, "datetime.now(UTC)"),
        (clocks, "datetime.datetime.now()"),
        (clocks, "dt.utcnow()"),
        (clocks, "date.today()"),
        (clocks, "time.time()"),
        (clocks, "from time import time"),
        (clocks, "uuid.uuid1()"),
    ],
)
def test_whoever_goes_past_the_keeper_is_caught(check: Check, line: str) -> None:
    """Every spelling is found, and a written reason lets it pass."""
    assert list(check(snippet(f"async def f():\n    {line}\n")))
    assert list(check(snippet(f"async def f():\n    {line}  # allowed: shown in a test\n"))) == []
    assert list(check(snippet(f"async def f():\n    {line}  # allowed:\n")))


@pytest.mark.parametrize(
    ("check", "line", "keeper"),
    [
        (commits, "connection.transaction()", "src/spanco/store/database.py"),
        (ways_out, "import httpx", "src/spanco/transport/client.py"),
        (clocks, "datetime.now(UTC)", "src/spanco/clock.py"),
    ],
)
def test_the_keeper_may(check: Check, line: str, keeper: str) -> None:
    """The one place is allowed to."""
    assert list(check(snippet(line, keeper))) == []


@pytest.mark.parametrize(
    ("check", "line"),
    [
        (commits, "'Begin to read'"),
        (commits, "handlers['x']()"),
        (ways_out, "from urllib.parse import quote"),
        (clocks, "clock.now()"),
        (clocks, "time.monotonic()"),
    ],
)
def test_what_only_looks_alike_is_let_pass(check: Check, line: str) -> None:
    """Words, durations and the clock itself are free."""
    assert list(check(snippet(f"x = {line}\n" if not line.startswith("from") else line))) == []
