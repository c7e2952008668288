"""The source of the project as syntax trees, for the tests that hold it to its rules."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "spanco"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One Python file: where it stands below the root, and what it says."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.text)

    @cached_property
    def lines(self) -> list[str]:
        """Its lines, the first at index 0."""
        return self.text.splitlines()

    @property
    def functions(self) -> Iterator[Function]:
        """Every function in it, methods and inner functions too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    @property
    def docstring(self) -> str:
        """The first paragraph of its docstring on one line; empty when there is none."""
        paragraphs = (ast.get_docstring(self.tree) or "").split("\n\n")
        return " ".join(paragraphs[0].split())

    @property
    def sentence(self) -> str:
        """The first sentence of its docstring."""
        return re.split(r"(?<=\.) (?=[A-Z])", self.docstring)[0]

    def allowed(self, node: ast.stmt | ast.expr) -> bool:
        """Whether the line of the node ends with the escape `# allowed: reason`."""
        return re.search(r"# allowed: \S+", self.lines[node.lineno - 1]) is not None

    def at(self, node: ast.stmt | ast.expr, sentence: str) -> str:
        """A finding: where, and what is wrong there."""
        return f"{self.path}:{node.lineno}: {sentence}"


Check = Callable[[Module], Iterator[str]]


def read(path: Path) -> Module:
    """Read one file of the project."""
    return Module(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Every Python module below the folders, in order of their paths."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return tuple(read(path) for path in found)


def findings(check: Check, *folders: str) -> list[str]:
    """What a check finds in every module below the folders."""
    return [finding for module in modules(*folders) for finding in check(module)]


def snippet(text: str, path: str = "src/spanco/sales/actions/example.py") -> Module:
    """A module that does not exist, to show that a check catches what it should."""
    return Module(path, text)


def below(module: Module, *places: str) -> bool:
    """Whether a module is one of the places (`operations.py`) or stands below one (`kernel/`) in the package."""
    path = module.path.removeprefix("src/spanco/")
    return any(path == place or (place.endswith("/") and path.startswith(place)) for place in places)


def docstring_nodes(module: Module) -> set[ast.expr]:
    """The constants that are docstrings or otherwise stand alone: words for people, not values."""
    return {node.value for node in ast.walk(module.tree) if isinstance(node, ast.Expr)}


def strings(module: Module) -> Iterator[tuple[ast.Constant, str]]:
    """Every string that is a value, docstrings left out."""
    spoken = docstring_nodes(module)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in spoken:
            yield node, node.value


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that belongs to the project: all but what `.gitignore` names."""
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split()]
    ignored.append(".git")
    return tuple(sorted(_walk(ROOT, ignored)))


def _walk(folder: Path, ignored: list[str]) -> Iterator[Path]:
    for path in folder.iterdir():
        name, place = path.name, path.relative_to(ROOT).as_posix()
        if any(fnmatch(name, pattern) or fnmatch(place, pattern.lstrip("/")) for pattern in ignored):
            continue
        if path.is_dir():
            yield from _walk(path, ignored)
        else:
            yield path
