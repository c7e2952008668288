"""Paths of a JSON Patch Query (TMF630 parts 5 and 6): the spelling, as steps and criteria.

Two spellings, which may be mixed: a JSON Pointer with a query, `/note/text?note.author=Jo&note.date=…`, and JSONPath,
`note[?(@.author=='Jo')].text`. Names and values of a query may be percent-encoded (`&` as `%26`); a `+` is a plus.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote

from spanco.kernel.errors import Problem
from spanco.kernel.patch.pointer import Pointer, unescape
from spanco.kernel.query import jsonpath
from spanco.kernel.query.ast import Condition
from spanco.kernel.wire import MAX_DEPTH

MAX_CRITERIA = 20

# The text of a predicate runs to its closing bracket; quoted brackets and one level of plain ones are part of it.
_QUOTED = r"""'(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+\""""
_PREDICATE = rf"""\[\?(?P<predicate>(?:{_QUOTED}|[^'"\[\]]|\[(?:{_QUOTED}|[^'"\[\]])*+\])++)\]"""
_POINTED = re.compile(rf"/(?P<step>(?:[^/?\[]|\[(?!\?))*+)|{_PREDICATE}|(?<=\])\.(?P<name>[^./?\[\]]+)", re.DOTALL)
_DOTTED = re.compile(
    rf"(?:^|[./])(?P<name>[^./?\[\]]+)|\[(?P<index>0|[1-9][0-9]*)\]|\[(?P<quoted>'[^']*'|\"[^\"]*\")\]|{_PREDICATE}",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A step to those elements of an array that fulfil a condition on an object with the element as its `element`."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Criterion:
    """Some value at these names reads as this text."""

    names: Pointer
    text: str


Step: TypeAlias = str | Chosen


@dataclass(frozen=True, slots=True)
class Selector:
    """A path as written, its steps and its criteria."""

    text: str
    steps: tuple[Step, ...]
    criteria: tuple[Criterion, ...]

    @property
    def pointer(self) -> Pointer | None:
        """The steps, if they and nothing else say where; then the path means what it means in RFC 6902."""
        names = tuple(step for step in self.steps if isinstance(step, str))
        return names if len(names) == len(self.steps) and not self.criteria else None


def parse(text: str) -> Selector:
    """The path as a selector; raises ValueError with the reason."""
    pointed = not text or text[0] in "/?"
    spelling = _POINTED if pointed else _DOTTED
    body = text if pointed else text.removeprefix("$")
    steps: list[Step] = []
    end = 0
    while (found := spelling.match(body, end)) is not None:
        steps.append(_step(found.groupdict()))
        end = found.end()
        if len(steps) > MAX_DEPTH:
            raise ValueError(f"it has more than {MAX_DEPTH} steps")
    rest = body[end:]
    if rest and not rest.startswith("?"):
        raise ValueError(f"it cannot be read from character {len(text) - len(rest) + 1} on")
    return Selector(text, tuple(steps), _criteria(rest[1:]) if rest else ())


def _step(found: dict[str, str | None]) -> Step:
    predicate, pointed, quoted = found["predicate"], found.get("step"), found.get("quoted")
    if predicate is not None:
        return Chosen(_condition(predicate))
    if pointed is not None:
        return unescape(pointed)
    if quoted is not None:
        return quoted[1:-1]
    return found["name"] or found["index"] or ""


def _condition(predicate: str) -> Condition:
    try:
        return jsonpath.parse(f"element[?({predicate})]", "path")
    except Problem as problem:
        raise ValueError(f"its condition cannot be read ({problem})") from None


def _criteria(query: str) -> tuple[Criterion, ...]:
    parts = query.split("&")
    if len(parts) > MAX_CRITERIA:
        raise ValueError(f"it has more than {MAX_CRITERIA} criteria")
    return tuple(map(_criterion, parts))


def _criterion(part: str) -> Criterion:
    name, equals, text = part.partition("=")
    names = tuple(unquote(name).split("."))
    if not equals or "" in names:
        raise ValueError("a criterion is written attribute=value")
    return Criterion(names, unquote(text))
