"""Attribute filters of a query string (TMF630 Part 1, section 4.4) become a condition.

A comparison is `name`, an operator, `value`. The operator stands in one of these spellings, encoded or not:

| meaning | suffix of the name | between name and value | the same, as a client writes it that encodes names |
| --- | --- | --- | --- |
| is | `a.eq=v` | `a=v` `a==v` | `a%3D%3Dv` `a%3D=v` `a%3D%3D=v` |
| is not | `a.ne=v` | `a!=v` | `a%21%3Dv` `a!=v` `a%21%3D=v` |
| is more than | `a.gt=v` | `a>v` | `a%3Ev` |
| is at least | `a.gte=v` | `a>=v` | `a%3E%3Dv` `a%3E=v` `a%3E%3D=v` |
| is less than | `a.lt=v` | `a<v` | `a%3Cv` |
| is at most | `a.lte=v` | `a<=v` | `a%3C%3Dv` `a%3C=v` `a%3C%3D=v` |
| matches | `a.regex=v` | `a*=v` `a=~v` | `a%2A%3Dv` `a*%3D=v` `a%3D~v` `a%3D~=v` `a~=v` |

A value that begins with `=` or `~` is written `a=%3Dv`, `a=%7Ev`, or `a="=v"`.

* Different attributes are joined with and. Values of one attribute with one operator are joined with or: `a=1&a=2`,
  `a=1,2`, `a=1;2`, `a=1;a=2`. With "is not", none of the values may be there.
* `;` between comparisons of one attribute with other operators means and: `a>1;a<5`.
* `\\,` and `\\;` are these characters themselves; a value in double quotes is taken whole, and as text. The value of
  "matches" is never divided.
* A dotted name leads inwards, through arrays to any element.
* Values have no type here: `5` is the number and the text, `true` the boolean and the text; a date-time is spelled as
  the store spells it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from spanco.kernel.errors import BadParameter
from spanco.kernel.query import regex
from spanco.kernel.query.address import resolve
from spanco.kernel.query.ast import Condition, Like, Not, Op, Path, all_of, any_of
from spanco.kernel.query.values import compare_text, compare_untyped

RESERVED = frozenset({"fields", "offset", "limit", "sort", "filter", "before", "after", "depth", "expand"})

_MOST_CLAUSES = 50
_MOST_KEYS = 20
_LONGEST_VALUE = 1000

_EQ, _NE, _GT, _GTE, _LT, _LTE, _REGEX = "eq", "ne", "gt", "gte", "lt", "lte", "regex"
_OPS = {_EQ: Op.EQ, _GT: Op.GT, _GTE: Op.GTE, _LT: Op.LT, _LTE: Op.LTE}
_SUFFIXES = frozenset({*_OPS, _NE, _REGEX})
# What stands between name and value once both are decoded.
_SIGNS = {
    "=": _EQ,
    "==": _EQ,
    "===": _EQ,
    "!=": _NE,
    "!==": _NE,
    ">": _GT,
    ">=": _GTE,
    ">==": _GTE,
    "<": _LT,
    "<=": _LTE,
    "<==": _LTE,
    "*=": _REGEX,
    "*==": _REGEX,
    "=~": _REGEX,
    "=~=": _REGEX,
    "~=": _REGEX,
}
_FOREIGN = frozenset(
    "between contains endswith exists ge icontains ilike in isnull le like match neq nin notin null regexp startswith".split()
)
_SIGN = re.compile(r"[=<>!*~^|]+")
_ENCODED = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_NAME = re.compile(r"[^\s=<>!*~^|\[\]()\"';,&?%]+")
_SUPPORTED = "Supported are = == != > >= < <= *= =~ and the suffixes .eq .ne .gt .gte .lt .lte .regex."


@dataclass(frozen=True, slots=True)
class _Comparison:
    name: str
    path: Path
    operator: str
    value: str


def parse_query(raw: bytes) -> tuple[dict[str, str], Condition]:
    """The values of the reserved parameters, decoded, and what all the others ask of a resource.

    `filter` is among the reserved ones and is not part of the condition. Raises `BadParameter` for what cannot be
    read, and for a reserved parameter that is given twice.
    """
    reserved: dict[str, str] = {}
    comparisons: list[_Comparison] = []
    for item in filter(None, raw.split(b"&")):
        name, equals, rest = item.partition(b"=")
        decoded = _decoded(name, "")
        if decoded not in RESERVED:
            comparisons += _comparisons(decoded, literal=bool(equals), value=_Value(rest))
        elif decoded in reserved:
            raise BadParameter(decoded, "It is given more than once; give it once.")
        else:
            reserved[decoded] = _decoded(rest, decoded)
    return reserved, resolve(all_of(list(_grouped(comparisons))))


@dataclass(frozen=True, slots=True)
class _Value:
    """What follows the first plain `=` of an item, still encoded: only an operator sign that is not encoded is one."""

    raw: bytes


def _decoded(raw: bytes, name: str) -> str:
    if _ENCODED.search(raw):
        raise BadParameter(name, "'%' must be followed by two hexadecimal digits; write '%25' for the character itself.")
    try:
        text = unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadParameter(name, "It must be percent-encoded UTF-8.") from error
    if "\0" in text:
        raise BadParameter(name.replace("\0", ""), "It contains the character NUL.")
    return text


def _comparisons(name: str, *, literal: bool, value: _Value) -> list[_Comparison]:
    ...
