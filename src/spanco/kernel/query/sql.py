"""Compile a condition to SQL over the columns `id` and `document`, exactly as `match` answers it in memory.

Whole sub-trees become one jsonpath predicate, so that a GIN index (`jsonb_path_ops`) serves the equalities in it;
`id` and declared text attributes become plain comparisons for their btree indexes. Every value is a parameter, and
the jsonpath text itself is one too.
"""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeAlias, TypeGuard, assert_never

from spanco.kernel.query import regex
from spanco.kernel.query.address import ID, resolve
from spanco.kernel.query.ast import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Element,
    Exists,
    Function,
    Like,
    Literal,
    Measure,
    Not,
    Op,
    Path,
    all_of,
    any_of,
)

Bind: TypeAlias = Callable[[object], str]

_ROOT = "document"
_COUNTED = {Function.MIN: "min(number)", Function.MAX: "max(number)", Function.AVG: "sum(number)"}


def where(condition: Condition, bind: Bind, indexed: Collection[str] = ()) -> str:
    """A boolean SQL expression; null counts as false, so it stands in `where` and not under a `not`.

    `bind` takes a text or a list of texts and gives its placeholder. `indexed` names first-level attributes that are
    declared as text and have an index on `((document->>'name') collate "C")`. Raises `BadParameter` as
    `address.resolve` does.
    """
    return _Compiler(bind, frozenset(indexed)).compiled(_pushed(resolve(condition)), _ROOT)


def selective(condition: Condition, indexed: Collection[str] = ()) -> bool:
    """Whether an equality that the GIN index answers must hold, so that only a few rows are read."""
    return _selective(_pushed(resolve(condition)), frozenset({*indexed, ID}))


def _selective(condition: Condition, columns: frozenset[str]) -> bool:
    match condition:
        case AllOf(parts):
            return any(_selective(part, columns) for part in parts)
        case AnyOf(parts):
            return bool(parts) and all(_selective(part, columns) for part in parts)
        case Compare(path, op, _):
            return op is Op.EQ and path[:1] != () and not columns.issuperset(path[:1])
        case Element(path, inner):
            return path[0] not in columns and _pure(inner, frozenset()) and _selective_inside(inner)
        case _:
            return False


def _selective_inside(condition: Condition) -> bool:
    match condition:
        case Compare(op=op):
            return op is Op.EQ
        case Element(_, inner):
            return _selective_inside(inner)
        case AllOf(parts):
            return any(map(_selective_inside, parts))
        case AnyOf(parts):
            return bool(parts) and all(map(_selective_inside, parts))
        case _:
            return False


def _pushed(condition: Condition, *, negated: bool = False) -> Condition:
    """The same condition with `Not` only directly above what it denies, where it costs least."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            inner = [_pushed(part, negated=negated) for part in parts]
            return all_of(inner) if isinstance(condition, AllOf) is not negated else any_of(inner)
        case Not(part):
            return _pushed(part, negated=not negated)
        case Element(path, part):
            element = Element(path, _pushed(part))
            return Not(element) if negated else element
        case Compare() | Like() | Exists() | Measure():
            return Not(condition) if negated else condition
        case _:
            assert_never(condition)


def _pure(condition: Condition, columns: frozenset[str]) -> bool:
    """Whether jsonpath can say all of it, without these columns."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return all(_pure(part, columns) for part in parts)
        case Not(part):
            return _pure(part, columns)
        case Compare((name,), _, value):
            return name not in columns or (value is None and name != ID)
        case Compare(path) | Like(path) | Exists(path):
            return not (ID in columns and path[:1] == (ID,))
        case Element(path, inner):
            return not (ID in columns and path[:1] == (ID,)) and _pure(inner, frozenset())
        case Measure():
            return False
        case _:
            assert_never(condition)


@dataclass(slots=True)
class _Compiler:
    bind: Bind
    indexed: frozenset[str]
    depth: int = 0

    def compiled(self, condition: Condition, item: str) -> str:
        columns = self.indexed | {ID} if item == _ROOT else frozenset[str]()
        if _pure(condition, columns):
            return f"{item} @@ {self.bind(_jsonpath(condition, '$'))}::jsonpath"
        match condition:
            case AllOf(parts):
                return self.joined(AllOf, parts, item, columns)
            case AnyOf(parts):
                return self.joined(AnyOf, parts, item, columns)
            case Not(part):
                return f"not coalesce({self.compiled(part, item)}, false)"
            case Compare((name,), op, value) if item == _ROOT:
                return self.compared(name, op, value)
            case Compare() | Like() | Exists():
                return f"{_SELF} @@ {self.bind(_jsonpath(condition, '$'))}::jsonpath"
            case Element(path, inner):
                self.depth += 1
                element = f"element{self.depth}"
                found = f"{self.opened(path, item)} as {element} (item)"
                return f"exists (select 1 from {found} where {self.compiled(inner, f'{element}.item')})"
            case Measure():
                return self.measured(condition, item)
            case _:
                assert_never(condition)

    def joined(
        self, kind: type[AllOf | AnyOf], parts: tuple[Condition, ...], item: str, columns: frozenset[str]
    ) -> str:
        """The parts that jsonpath can say in one predicate, equalities on one column in one list, then the others."""
        pure = [part for part in parts if _pure(part, columns)]
        impure = [part for part in parts if not _pure(part, columns)]
        texts = [self.compiled((all_of if kind is AllOf else any_of)(pure), item)] if pure else []
        if kind is AnyOf:
            for name in sorted(columns):
                equal = [part for part in impure if _asks_equality(part, name)]
                if len(equal) > 1:
                    impure = [part for part in impure if not _asks_equality(part, name)]
                    wanted = [part.value for part in equal if isinstance(part.value, str)]
                    texts.append(f"{_column(name)} = any({self.bind(wanted)}::text[])")
        texts += [self.compiled(part, item) for part in impure]
        return f"({(' and ' if kind is AllOf else ' or ').join(texts)})"

    def compared(self, name: str, op: Op, value: Literal) -> str:
        """A column holds text only, so nothing else is comparable to it."""
        return f"{_column(name)} {op.value} {self.bound(value)}" if isinstance(value, str) else "false"

    def measured(self, condition: Measure, item: str) -> str:
        value = f"{self.bound(str(condition.value))}::numeric"
        sign = condition.op.value
        if condition.function is Function.LENGTH:
            found = f"jsonb_path_query({_source(condition.path, item)}, {self.path(condition.path)}) as found (item)"
            size = (
                "case jsonb_typeof(found.item) when 'array' then jsonb_array_length(found.item) "
                "when 'string' then length(found.item #>> '{}') end"
            )
            return f"exists (select 1 from {found} where {size} {sign} {value})"
        found = (
            f"(select found.item::numeric from {self.opened(condition.path, item)} as found (item) "
            "where jsonb_typeof(found.item) = 'number') as found (number)"
        )
        if condition.function is Function.STDDEV:
            # The deviation is never negative, so its square compares as it does; scaled by the count it is exact.
            measure = "count(*) * sum(number * number) - sum(number) * sum(number)"
            value = f"{value} * abs({value}) * count(*) * count(*)"
        else:
            measure = _COUNTED[condition.function]
            value = f"{value} * count(*)" if condition.function is Function.AVG else value
        return f"(select {measure} {sign} {value} from {found})"

    def opened(self, path: Path, item: str) -> str:
        """A set of the values at the path, with arrays opened once."""
        return f"jsonb_path_query({_source(path, item)}, {self.path(path, '[*]')})"

    def path(self, path: Path, end: str = "") -> str:
        return f"{self.bind(_spelled(path, '$') + end)}::jsonpath"

    def bound(self, text: str) -> str:
        return f"{self.bind(text)}::text"


_SELF = "jsonb_build_object('id', id)"


def _source(path: Path, item: str) -> str:
    return _SELF if item == _ROOT and path[:1] == (ID,) else item


def _asks_equality(part: Condition, name: str) -> TypeGuard[Compare]:
    return isinstance(part, Compare) and part.op is Op.EQ and part.path == (name,)


def _column(name: str) -> str:
    if name == ID:
        return ID
    quoted = name.replace("'", "''")
    return f"(document->>'{quoted}') collate \"C\""


def _jsonpath(condition: Condition, item: str) -> str:
    """A jsonpath predicate that is true exactly when the condition holds, and false or unknown otherwise."""
    match condition:
        case AllOf(()):
            return f"exists({item})"
        case AnyOf(()):
            return f"!exists({item})"
        case AllOf(parts):
            return " && ".join(f"({_jsonpath(part, item)})" for part in parts)
        case AnyOf(parts):
            return " || ".join(f"({_jsonpath(part, item)})" for part in parts)
        case Not(part):
            # Unlike values make a comparison unknown; whatever is not true has its denial true here.
            inner = _jsonpath(part, item)
            return f"!({inner}) || ({inner}) is unknown"
        case Compare(path, op, value):
            return f"{_spelled(path, item)} {'==' if op is Op.EQ else op.value} {_literal(value)}"
        case Like(path, pattern, ignore_case):
            text = json.dumps(regex.translate(pattern, ignore_case=ignore_case))
            return f'{_spelled(path, item)} like_regex {text} flag "s"'
        case Exists(path):
            return f"exists({_spelled(path, item)})"
        case Element(path, inner):
            return f"exists({_spelled(path, item)} ? ({_jsonpath(inner, '@')}))"
        case Measure():  # pragma: no cover - `_pure` has kept these out
            raise AssertionError
        case _:
            assert_never(condition)


def _spelled(path: Path, item: str) -> str:
    return item + "".join(f".{json.dumps(key)}" for key in path)


def _literal(value: Literal) -> str:
    return str(value) if not isinstance(value, str | bool | None) else json.dumps(value)
