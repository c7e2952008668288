"""The configuration of the tools is shown to bite: a bad line is refused, a good one is not."""

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.project.source import PACKAGE, ROOT

TOOLS = Path(sys.executable).parent


async def run(*command: str, text: str = "", **variables: str) -> tuple[int, str]:
    """Run a tool of the project on a text; its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        str(TOOLS / command[0]),
        *command[1:],
        cwd=ROOT,
        env={**os.environ, **variables},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate(text.encode())
    return process.returncode or 0, output.decode()


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("PLC0415", '"""A module."""\n\n\ndef load() -> object:\n    import json\n\n    return json\n'),
        ("ERA001", '"""A module."""\n\n# x = load(1)\n'),
        ("ANN001", '"""A module."""\n\n\ndef load(x) -> int:\n    return 1\n'),
        (
            "PLR0913",
            '"""A module."""\n\n\ndef f(a: int, b: int, c: int, *, d: int, e: int, g: int) -> int:\n    return 1\n',
        ),
        ("E501", f'"""A module."""\n\nx = "{"a" * 120}"\n'),
        ("PGH003", '"""A module."""\n\nx: int = ""  # type: ignore\n'),
        ("D100", "x = 1\n"),
    ],
)
async def test_the_linter_refuses_a_bad_line(rule: str, text: str) -> None:
    """Every rule that the house counts on is switched on."""
    code, output = await run("ruff", "check", "--stdin-filename", "src/spanco/sales/example.py", "-", text=text)
    assert code == 1
    assert rule in output


async def test_the_linter_lets_a_good_module_pass() -> None:
    """Or it would refuse everything."""
    text = '"""A module."""\n\n\ndef twice(x: int) -> int:\n    return 2 * x\n'
    code, output = await run("ruff", "check", "--stdin-filename", "src/spanco/sales/example.py", "-", text=text)
    assert code == 0, output


@pytest.mark.parametrize(
    ("contract", "module", "line"),
    [
        ("Arrows of import run down only", "store/example.py", "import spanco.rest"),
        ("Arrows of import run down only", "attic.py", "X = 1"),
        ("Arrows of import run down only", "access/example.py", "import spanco.store.database"),
        ("bindings over actions over rules", "sales/rules/example.py", "import spanco.sales.actions"),
        ("The kernel and the rules do no I/O", "kernel/example.py", "import asyncpg"),
        ("The kernel and the rules do no I/O", "sales/rules/example.py", "import spanco.clock"),
        ("No cycles between siblings anywhere", "kernel/errors.py", "import spanco.kernel.patch"),
    ],
)
async def test_an_import_that_runs_up_is_refused(tmp_path: Path, contract: str, module: str, line: str) -> None:
    """Each contract breaks when a copy of the package breaks it."""
    shutil.copytree(PACKAGE, tmp_path / "spanco", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "spanco" / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    code, output = await run(
        "lint-imports", "--config", str(ROOT / "pyproject.toml"), "--no-cache", PYTHONPATH=str(tmp_path)
    )
    assert code == 1
    assert contract in output.split("Broken contracts")[-1] or "attic" in output
    assert Path(module).stem in output
