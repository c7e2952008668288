"""The order of a list as SQL: its sort keys, and where a cursor stands among them."""

from collections.abc import Callable
from dataclasses import dataclass

from spanco.kernel.openapi import Resource
from spanco.kernel.paging import Cursor, Key, Window, sort_kinds
from spanco.store.statements import literal, text_of

Bind = Callable[[object], str]


@dataclass(frozen=True, slots=True)
class Part:
    """One SQL sort key. Missing values come last whichever way it goes; `always` says that there are none."""

    expression: str
    type: str
    always: bool
    descending: bool

    def way(self, *, backwards: bool) -> str:
        """What follows the expression in `order by`."""
        falling = self.descending is not backwards
        if self.always or falling is backwards:  # PostgreSQL takes missing values for the greatest
            return " desc" if falling else ""
        return " desc nulls last" if falling else " nulls first"

    def passes(self, place: str | None, *, backwards: bool) -> str:
        """The condition that a value comes after (or, backwards, before) the value at `place`; None is missing."""
        if place is None:
            return f"{self.expression} is not null" if backwards else "false"
        sign = "<" if self.descending is not backwards else ">"
        further = f"{self.expression} {sign} {place}"
        return further if backwards or self.always else f"({further} or {self.expression} is null)"


class Order:
    """The sort keys of a window, each one or two expressions, then the id as the last word."""

    def __init__(self, resource: Resource, window: Window) -> None:
        self._backwards = window.before is not None
        self._cursor: Cursor | None = window.after or window.before
        self._parts: list[Part] = []
        descending = False
        for key, kind in zip(window.keys, sort_kinds(resource, window.keys), strict=True):
            descending = key.descending
            if kind == "id":
                break
            self._parts += _parts(key, kind, resource)
        self._last = Part("id", "text", always=True, descending=descending)
        self.aliases = [f"key{index}" for index in range(len(self._parts))]

    def columns(self) -> str:
        """The keys as columns of a select list."""
        return "".join(f", {part.expression} as {alias}" for part, alias in self._named())

    def names(self) -> str:
        """The same columns, when they are already computed."""
        return "".join(f", {alias}" for alias in self.aliases)

    def clause(self) -> str:
        """The `order by` over documents."""
        parts = [*self._parts, self._last]
        return ", ".join(part.expression + part.way(backwards=self._backwards) for part in parts)

    def clause_by_name(self, table: str = "") -> str:
        """The `order by` over computed columns."""
        keys = [f"{table}{alias}{part.way(backwards=self._backwards)}" for part, alias in self._named()]
        return ", ".join([*keys, f"{table}id{self._last.way(backwards=self._backwards)}"])

    def by_name(self, condition: str) -> str:
        """A condition over documents, said over computed columns."""
        for part, alias in self._named():
            condition = condition.replace(part.expression, alias)
        return condition

    def beyond(self, bind: Bind) -> list[str]:
        """The condition that a row comes after the cursor (or before it, when the list is walked backwards)."""
        if self._cursor is None:
            return []
        parts, values = [*self._parts, self._last], [*self._cursor.values, self._cursor.id]
        if len(parts) != len(values):
            return ["false"]
        if len(parts) == 2 and parts[0].always and parts[0].descending is parts[1].descending:  # noqa: PLR2004
            sign = "<" if parts[0].descending is not self._backwards else ">"
            return [f"({parts[0].expression}, id) {sign} ({bind(values[0])}::text, {bind(values[1])}::text)"]
        choices: list[str] = []
        equal: list[str] = []
        for part, value in zip(parts, values, strict=True):
            place = None if value is None else f"{bind(value)}::text::{part.type}"
            choices.append(" and ".join([*equal, part.passes(place, backwards=self._backwards)]))
            equal.append(f"{part.expression} is not distinct from {place or 'null'}")
        return ["(" + " or ".join(f"({choice})" for choice in choices) + ")"]

    def _named(self) -> list[tuple[Part, str]]:
        return list(zip(self._parts, self.aliases, strict=True))


def _parts(key: Key, kind: str, resource: Resource) -> list[Part]:
    """A declared text or number is one expression; anything else is numbers first, then text."""
    if kind == "text":
        name = key.path[0]
        return [Part(text_of(name), "text", name in resource.always, key.descending)]
    steps = ".".join('"' + step.replace("\\", "\\\\").replace('"', '\\"') + '"' for step in key.path)
    value = f"jsonb_path_query_first(document, {literal('$.' + steps)})"
    number = Part(
        f"(case jsonb_typeof({value}) when 'number' then ({value})::numeric end)",
        "numeric",
        always=False,
        descending=key.descending,
    )
    if kind == "number":
        return [number]
    text = f"(case when jsonb_typeof({value}) <> 'number' then ({value} #>> '{{}}') end collate \"C\")"
    return [number, Part(text, "text", always=False, descending=key.descending)]
