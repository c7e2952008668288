"""How a cell of a table becomes a value of a document: absent, looked up, dated, counted or made an identifier."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from enum import Enum
from functools import lru_cache, partial

from spanco.kernel.moments import canonical, spell

Scalar = str | bool | int | Decimal

ISO = "iso"
_EARLIEST_YEAR = 1900
_DIGITS = 38
_SHOWN = 60
_EXAMPLE = datetime(2026, 12, 31, 13, 45, tzinfo=UTC)
_MEMORY = 4096


class Absent(Enum):
    """The one value that means: the cell says nothing."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a cell cannot be taken, as the end of a sentence that begins with the cell."""

    because: str


Read = Scalar | Absent | Reason


@dataclass(frozen=True, slots=True)
class Number:
    """How numbers are written in a file: `1.234,56` has the decimal mark `,` and the group mark `.`."""

    decimal: str = "."
    group: str = ""

    def pattern(self) -> re.Pattern[str]:
        """What a number looks like when written this way."""
        whole = r"\d+"
        if self.group:
            whole = rf"(?:\d{{1,3}}(?:{re.escape(self.group)}\d{{3}})+|\d+)"
        return re.compile(rf"[+-]?{whole}(?:{re.escape(self.decimal)}\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Form:
    """What a cell goes through, in this order: absent words, value map, then date, number or slug."""

    absent: frozenset[str] = frozenset()
    values: Mapping[str, Scalar] = field(default_factory=dict)
    closed: bool = False
    dates: tuple[str, ...] = ()
    zone: tzinfo = UTC
    number: Number | None = None
    slug: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """Where the value of one attribute comes from: the first filled column, or the first template that can be filled.

    A template is text and column names in turn: `"Lead {Number}"` is `("Lead ", "Number", "")`.
    """

    columns: tuple[str, ...]
    convert: Callable[[str], Read]
    templates: tuple[tuple[str, ...], ...] = ()
    default: Scalar | Absent = ABSENT
    skip_if: tuple[tuple[str, frozenset[str]], ...] = ()


def converter(form: Form) -> Callable[[str], Read]:
    """The function that takes a cell through its form; it remembers answers, since cells repeat."""
    plain = not (form.values or form.closed or form.dates or form.number or form.slug)
    if plain:
        return partial(_plain, form.absent)
    return lru_cache(maxsize=_MEMORY)(partial(convert, form))


def read(cell: Cell, row: Mapping[str, str]) -> Read:
    """The value that the row has for the cell; a Reason names the column and what it holds."""
    if cell.skip_if and any(row[column].strip() in words for column, words in cell.skip_if):
        return ABSENT
    if cell.templates:
        return _filled(cell, row)
    for column in cell.columns:
        value = cell.convert(row[column])
        if value is ABSENT:
            continue
        if isinstance(value, Reason):
            return Reason(f"Column '{column}': '{_shown(row[column])}' {value.because}")
        return value
    return cell.default


def convert(form: Form, text: str) -> Read:
    """Take one cell through its form."""
    text = text.strip()
    if not text or text in form.absent:
        return ABSENT
    found = form.values.get(text)
    if found is None:
        if form.closed:
            return Reason(f"is none of the values in the mapping: {', '.join(map(repr, form.values))}.")
        found = text
    if not isinstance(found, str):
        return found
    if form.dates:
        return _date(form, found)
    if form.number is not None:
        return _number(form.number, found)
    return slug(found) if form.slug else found


def slug(text: str) -> Read:
    """An identifier made of a name: lower-case ASCII letters and digits joined by `-`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    return "-".join(words) if words else Reason("has no letter or digit that an identifier could be made of.")


def _plain(absent: frozenset[str], text: str) -> Read:
    text = text.strip()
    return ABSENT if not text or text in absent else text


def _filled(cell: Cell, row: Mapping[str, str]) -> Read:
    for template in cell.templates:
        parts = list(template)
        parts[1::2] = [row[column].strip() for column in template[1::2]]
        if not all(parts[1::2]):
            continue
        text = "".join(parts)
        value = cell.convert(text)
        if isinstance(value, Reason):
            names = " and ".join(f"'{column}'" for column in template[1::2])
            return Reason(f"Column {names}: '{_shown(text)}' {value.because}")
        if value is not ABSENT:
            return value
    return cell.default


def _date(form: Form, text: str) -> Read:
    for style in form.dates:
        spelled = canonical(text) if style == ISO else _parsed(form.zone, style, text)
        if spelled is not None and int(spelled[:4]) >= _EARLIEST_YEAR:
            return spelled
    examples = " or ".join("2026-12-31T13:45:00Z" if style == ISO else _EXAMPLE.strftime(style) for style in form.dates)
    return Reason(f"is not a date from {_EARLIEST_YEAR} on that is written like {examples}.")


def _parsed(zone: tzinfo, style: str, text: str) -> str | None:
    try:
        moment = datetime.strptime(text, style)  # noqa: DTZ007  a format may bring its own offset; else the mapping's zone
        return spell(moment if moment.tzinfo else moment.replace(tzinfo=zone)).rjust(24, "0")
    except (ValueError, OverflowError):
        return None


def _number(number: Number, text: str) -> Read:
    if not number.pattern().fullmatch(text):
        return Reason(f"is not a number written like 1{number.group}234{number.decimal}56.")
    plain = text.replace(number.group, "") if number.group else text
    if len(plain) > _DIGITS:
        return Reason(f"is a number of more than {_DIGITS} characters.")
    return Decimal(plain.replace(number.decimal, "."))


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
