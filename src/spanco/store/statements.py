"""The named SQL statements of the `.sql` files beside this one, made ready for one kind of resource."""

import re
from functools import cache
from importlib.resources import files

NAMED = re.compile(r"^-- name: (\w+)\n((?:--[^\n]*\n)*)(.*?);\s*$", re.MULTILINE | re.DOTALL)
"""One statement in a file: its name, what is said of it, its text."""


@cache
def _all() -> dict[str, str]:
    found = [entry for entry in files("spanco.store").iterdir() if entry.name.endswith(".sql")]
    return {name: sql for file in found for name, _, sql in NAMED.findall(file.read_text(encoding="utf-8"))}


@cache
def statement(name: str, kind: str = "", more: str = "") -> str:
    """The statement of that name; `kind` is written into it as a literal, so that one partition is planned for.

    `more` names what is done beside it, in the same statement.
    """
    beside = statement(more, kind) if more else ""
    return _all()[name].format(kind=literal(kind), view=identifier(kind), more=beside)


def literal(text: str) -> str:
    """A trusted name as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(text: str) -> str:
    """A trusted name as an SQL identifier, at most 63 bytes long as PostgreSQL wants it."""
    return '"' + text.replace('"', '""') + '"'


def text_of(name: str) -> str:
    """A first-level text attribute of the document, as indexes and orders spell it."""
    return f'((document ->> {literal(name)}) collate "C")'
