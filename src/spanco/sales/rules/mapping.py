"""How the rows of a foreign table become documents: a mapping is read from TOML and applied row by row."""

import re
import tomllib
from collections.abc import Collection
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from datetime import UTC, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from spanco.kernel.wire import Document, Json
from spanco.sales.rules.cells import ABSENT, ISO, Cell, Form, Number, Scalar, converter
from spanco.sales.rules.shapes import BadMapping, Branch, fill, grow
from spanco.sales.rules.states import STATES

REFUSED_COLUMNS = ("refused line", "refused because")
LINE = "#line"
"""As a key: the line of the row, for files in which nothing else names a row."""

_HOLE = re.compile(r"\{([^{}]+)\}")
_TOP = frozenset(
    {"source", "resource", "key", "columns", "absent", "timezone", "rest", "ignore", "attributes", "state"}
)
_RULE = frozenset(
    {"column", "constant", "template", "values", "otherwise", "absent", "date", "number", "default", "skip_if", "slug"}
)
_STATE = frozenset({"column", "constant", "values", "created", "changed", "date"})


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a mapping file says, checked and ready to be applied."""

    source: str
    resource: str
    key: tuple[str, ...]
    shape: Branch
    columns: frozenset[str]
    rest: str = ""
    absent: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    fingerprint: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapped:
    """The document that a row became, and the key that tells the row from all others of its source.

    `id` is that of the record, where the row brings one that is to be kept.
    """

    key: str
    document: Document
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row did not become a document: sentences that name column and value."""

    reasons: tuple[str, ...]


def parse(text: str) -> Mapping:
    """Read a mapping from TOML; raises BadMapping with a sentence that says where and what to do."""
    return understood(told_in(text))


def told_in(text: str) -> dict[str, Any]:
    """What a mapping file says, as data; raises BadMapping when it is not TOML."""
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadMapping(f"The mapping is not TOML: {error}.") from error


def understood(told: dict[str, Any]) -> Mapping:
    """The mapping that the data says, ready to be applied; raises BadMapping."""
    _only(told, _TOP, "the mapping")
    absent = frozenset(_texts(told.get("absent", []), "absent"))
    zone = _zone(told.get("timezone", "UTC"))
    key = _texts(told.get("key", []), "key")
    if not key:
        raise BadMapping("The mapping names no 'key': the column (or columns) whose value names a row for ever.")
    attributes = told.get("attributes", {})
    if not isinstance(attributes, dict) or not (attributes or told.get("rest")):
        raise BadMapping("The mapping has no [attributes]: say for each attribute which column it is read from.")
    leaves = [(path, _source(path, rule, absent, zone)) for path, rule in attributes.items()]
    leaves += _state(told.get("state", {}), zone)
    cells = [cell for _, cell in leaves if isinstance(cell, Cell)]
    skipping = {column for cell in cells for column, _ in cell.skip_if}
    columns = frozenset(key).union(skipping, *(cell.columns for cell in cells)) - {LINE}
    return Mapping(
        source=_text(told, "source"),
        resource=_text(told, "resource"),
        key=key,
        shape=grow(leaves),
        columns=columns,
        rest=_rest(told, attributes),
        absent=absent,
        named=columns.union(_texts(told.get("ignore", []), "ignore"), REFUSED_COLUMNS),
        fingerprint=_texts(told.get("columns", []), "columns"),
    )


def missing(mapping: Mapping, header: Collection[str]) -> tuple[str, ...]:
    """The columns that the mapping reads and the table does not have, in the order of the alphabet."""
    return tuple(sorted(mapping.columns.difference(header)))


def matches(mapping: Mapping, header: Collection[str]) -> bool:
    """Whether the mapping was written for a table with exactly these columns."""
    return bool(mapping.fingerprint) and set(mapping.fingerprint) == set(header)


def apply(mapping: Mapping, row: MappingOf[str, str], line: int) -> Mapped | Refusal:
    """The document of one row. All that is wrong with the row is told at once."""
    reasons: list[str] = []
    parts = [str(line) if column == LINE else row[column].strip() for column in mapping.key]
    if not all(parts):
        empty = mapping.key[parts.index("")]
        reasons.append(f"Column '{empty}' is empty on line {line}; it is part of the key that tells rows apart.")
    document = fill(mapping.shape, row, reasons)
    if reasons:
        return Refusal(tuple(reasons))
    if document is not ABSENT and mapping.rest:
        _keep_rest(mapping, row, document)
    if document is ABSENT or not document:
        return Refusal((f"Line {line} has no value in any of the columns that the mapping reads.",))
    return Mapped(_key(parts), document)


def _keep_rest(mapping: Mapping, row: MappingOf[str, str], document: Document) -> None:
    """Columns that the mapping neither reads nor ignores, as characteristics."""
    kept: list[Json] = []
    for column, cell in row.items():
        if column not in mapping.named:
            value = cell.strip()
            if value and value not in mapping.absent:
                kept.append({"name": column, "value": value})
    if kept:
        before = document.get(mapping.rest)
        document[mapping.rest] = [*before, *kept] if isinstance(before, list) else kept


def _key(parts: list[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    return "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)


def _source(path: str, rule: object, absent: frozenset[str], zone: tzinfo) -> Cell | Scalar:
    """A constant or a cell; a bare text is the name of a column."""
    if isinstance(rule, str):
        rule = {"column": rule}
    if not isinstance(rule, dict):
        raise BadMapping(f"'{path}': give the name of a column, or a table such as {{ constant = … }}.")
    places = [name for name in ("column", "constant", "template") if name in rule]
    if len(places) != 1:
        hint = f'Put a dotted path in quotes: "{path}.{next(iter(rule), "name")}" = …'
        raise BadMapping(f"'{path}': give exactly one of column, constant and template. {hint}")
    _only(rule, _RULE, f"'{path}'")
    if "constant" in rule:
        if len(rule) > 1:
            raise BadMapping(f"'{path}': a constant stands alone; nothing can be done to it.")
        return _scalar(rule["constant"], path)
    columns, templates = _places(path, rule)
    return Cell(
        columns=columns,
        convert=converter(_form(path, rule, absent, zone)),
        templates=templates,
        default=_scalar(rule["default"], path) if "default" in rule else ABSENT,
        skip_if=_skips(path, rule.get("skip_if", {})),
    )


def _places(path: str, rule: dict[str, Any]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    templates: tuple[tuple[str, ...], ...] = ()
    if "column" in rule:
        columns = _texts(rule["column"], path)
    else:
        templates = tuple(tuple(_HOLE.split(text)) for text in _texts(rule["template"], path))
        columns = tuple(column for template in templates for column in template[1::2])
    if not columns or not all(template[1::2] for template in templates):
        raise BadMapping(f"'{path}': no column is named; in a template a column stands in braces: 'Lead {{Number}}'.")
    return columns, templates


def _form(path: str, rule: dict[str, Any], absent: frozenset[str], zone: tzinfo) -> Form:
    values = rule.get("values", {})
    if not isinstance(values, dict):
        raise BadMapping(f"'{path}': values is a table: values = {{ Yes = true, No = false }}.")
    otherwise = rule.get("otherwise", "keep")
    if otherwise not in {"keep", "refuse"}:
        raise BadMapping(f'\'{path}\': otherwise is "keep" or "refuse".')
    if sum(name in rule for name in ("date", "number", "slug")) > 1:
        raise BadMapping(f"'{path}': a value is a date, a number or a slug, not two of them.")
    return Form(
        absent=absent.union(_texts(rule.get("absent", []), path)),
        values={word: _scalar(value, path) for word, value in values.items()},
        closed=otherwise == "refuse",
        dates=_texts(rule.get("date", []), path),
        zone=zone,
        number=_number(path, rule["number"]) if "number" in rule else None,
        slug=bool(rule.get("slug", False)),
    )


def _number(path: str, told: object) -> Number | None:
    if isinstance(told, bool):
        return Number() if told else None
    if isinstance(told, dict) and set(told) <= {"decimal", "group"} and all(_is_mark(mark) for mark in told.values()):
        number = Number(**told)
        if number.decimal != number.group:
            return number
    raise BadMapping(f'\'{path}\': number is true, or marks such as {{ decimal = ",", group = "." }}.')


def _is_mark(mark: object) -> bool:
    return isinstance(mark, str) and len(mark) == 1 and not mark.isalnum() and mark not in "+-"


def _skips(path: str, told: object) -> tuple[tuple[str, frozenset[str]], ...]:
    if not isinstance(told, dict):
        raise BadMapping(f"'{path}': skip_if is a table: skip_if = {{ Stage = [\"Lost\"] }}.")
    return tuple((column, frozenset(_texts(words, path))) for column, words in told.items())


def _state(told: object, zone: tzinfo) -> list[tuple[str, Cell | Scalar]]:
    """[state] as three attributes; a stage that the value map does not know refuses the row."""
    if not isinstance(told, dict):
        raise BadMapping("[state] is a table with a column and its values.")
    _only(told, _STATE, "[state]")
    leaves: list[tuple[str, Cell | Scalar]] = []
    if "constant" in told:
        leaves.append(("status", _source("status", {"constant": told["constant"]}, frozenset(), zone)))
    elif told:
        rule = {"column": told.get("column", []), "values": told.get("values", {}), "otherwise": "refuse"}
        leaves.append(("status", _source("status", rule, frozenset(), zone)))
    wanted = [told["constant"]] if "constant" in told else list(told.get("values", {}).values())
    for state in wanted:
        if state not in STATES:
            raise BadMapping(f"[state]: '{state}' is no state; the states are {', '.join(STATES)}.")
    for name, path in (("created", "creationDate"), ("changed", "statusChangeDate")):
        if name in told:
            rule = {"column": told[name], "date": told.get("date", ISO)}
            leaves.append((path, _source(path, rule, frozenset(), zone)))
    return leaves


def _rest(told: dict[str, Any], attributes: MappingOf[str, object]) -> str:
    rest = told.get("rest", "")
    if not isinstance(rest, str) or any(mark in rest for mark in '.[]"'):
        raise BadMapping('rest is the name of one attribute that keeps the columns not named: rest = "characteristic".')
    if rest and any(re.split(r"[.\[]", path)[0] == rest and not path.startswith(f"{rest}[") for path in attributes):
        raise BadMapping(f"rest: '{rest}' is no array in [attributes]; take another name.")
    return rest


def _zone(name: object) -> tzinfo:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadMapping(f"timezone: '{name}' is not known; write for example Europe/Berlin.") from error


def _only(told: MappingOf[str, object], known: frozenset[str], where: str) -> None:
    unknown = sorted(set(told) - known)
    if unknown:
        raise BadMapping(f"{where} does not take '{unknown[0]}'; it takes {', '.join(sorted(known))}.")


def _text(told: MappingOf[str, object], name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BadMapping(f"The mapping names no '{name}', or it is not a text.")
    return value


def _texts(value: object, where: str) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise BadMapping(f"'{where}': give a text or a list of texts.")
    return tuple(texts)


def _scalar(value: object, path: str) -> Scalar:
    if isinstance(value, str | bool | int | Decimal):
        return value
    raise BadMapping(f"'{path}': '{value}' is not a text, number or boolean.")
