"""Finds every problem that the package can raise."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache

import spanco
from spanco.kernel.errors import Problem


@cache
def problems() -> tuple[type[Problem], ...]:
    """Every kind of problem in any module of the package, the most general left out, in order of their names."""
    for module in pkgutil.walk_packages(spanco.__path__, "spanco."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found = {kind for kind in _below(Problem) if kind.__module__.startswith("spanco.")}
    return tuple(sorted(found, key=lambda kind: kind.__name__))


def _below(kind: type[Problem]) -> Iterator[type[Problem]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)
