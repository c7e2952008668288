"""What the cells of a column look like: e-mail addresses, phone numbers, dates, numbers, yes or no, or just words."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from spanco.kernel.moments import canonical
from spanco.sales.rules.cells import ISO, Number, Reason, slug
from spanco.sales.rules.synonyms import NO, NOTHING, YES

_DATES = (
    *("%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S"),
    *("%d/%m/%Y", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S"),
    *("%m/%d/%Y", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M %p"),
    *("%d-%m-%Y", "%Y/%m/%d", "%Y/%m/%d %H:%M", "%d %b %Y", "%b %d, %Y", "%B %d, %Y"),
)
_NUMBERS = (
    Number(),
    Number(",", "."),
    Number(".", ","),
    Number(",", "\N{NO-BREAK SPACE}"),
    Number(",", " "),
    Number(","),
)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}")
_PHONE = re.compile(r"\+?[\d\s()./-]{7,20}")
_PHONE_DIGITS = 7
_MOSTLY = 0.9
_WORDS = 30


@dataclass(frozen=True, slots=True)
class Sampled:
    """The first cells of a column, as they stand in the file, and what else occurs in it, where that is little."""

    name: str
    cells: tuple[str, ...]
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """What a column looks like. `kind` is empty, email, boolean, number, date, phone or text."""

    kind: str
    words: tuple[str, ...] = ()
    date: str = ""
    number: Number | None = None
    unique: bool = False
    nothing: frozenset[str] = frozenset()
    sluggable: bool = True

    @property
    def number_form(self) -> bool | Mapping[str, str]:
        """How numbers are written, as a mapping says it."""
        form = self.number or Number()
        marks = {name: mark for name, mark in (("decimal", form.decimal), ("group", form.group)) if mark}
        return True if form == Number() else marks


def plain(text: str) -> str:
    """Lower case, without accents, `_` and CamelCase as words."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    text = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ł", "l").replace("Ł", "L"))
    text = "".join(mark for mark in text if not unicodedata.combining(mark)).lower()
    return " ".join(re.findall(r"\w+", text.replace("_", " ")))


def look(column: Sampled) -> Look:
    """What the cells of a column have in common; what stands for nothing is left out of it."""
    filled = [cell.strip() for cell in (*column.cells, *column.more) if cell.strip()]
    nothing = frozenset(cell for cell in filled if _bare(cell) in NOTHING)
    values = [cell for cell in filled if cell not in nothing]
    if not values:
        return Look("empty", nothing=nothing)
    distinct = tuple(dict.fromkeys(values))
    kind, date, number = _kind(values, distinct)
    unique = not column.more and len(distinct) == len(column.cells)
    words = distinct if len(distinct) <= _WORDS else ()
    sluggable = not any(isinstance(slug(value), Reason) for value in distinct)
    return Look(kind, words, date, number, unique, nothing, sluggable)


def _kind(values: Sequence[str], distinct: Sequence[str]) -> tuple[str, str, Number | None]:
    if _share(_EMAIL, values) >= _MOSTLY:
        return "email", "", None
    if {_bare(value) for value in distinct} <= {*YES, *NO}:
        return "boolean", "", None
    form = next((each for each in _NUMBERS if all(each.pattern().fullmatch(value) for value in distinct)), None)
    if form and not any(_is_phone(value) and value.startswith(("+", "00")) for value in distinct):
        return "number", "", form
    date = next((each for each in (ISO, *_DATES) if all(_is_date(each, value) for value in distinct)), "")
    if date:
        return "date", date, None
    if all(_is_phone(value) for value in distinct):
        return "phone", "", None
    return "text", "", None


def _share(pattern: re.Pattern[str], values: Sequence[str]) -> float:
    return sum(pattern.fullmatch(value) is not None for value in values) / len(values)


def _is_phone(value: str) -> bool:
    return _PHONE.fullmatch(value) is not None and sum(sign.isdigit() for sign in value) >= _PHONE_DIGITS


def _is_date(style: str, value: str) -> bool:
    if style == ISO:
        return canonical(value) is not None
    try:
        datetime.strptime(value, style)  # noqa: DTZ007 - only whether it can be read
    except ValueError:
        return False
    return True


def _bare(text: str) -> str:
    return "".join(mark for mark in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(mark))
