r"""Attribute filters of a query string (TMF630 Part 1, section 4.4) become a condition.

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

A value that begins with `=` or `~` is written `a=%3Dv`, `a=%7Ev`, or `a="=v"`. Where an attribute is called like an
operator, `==` reads the name as it stands: `a.eq==v`.

* Different attributes are joined with and. Values of one attribute with one operator are joined with or: `a=1&a=2`,
  `a=1,2`, `a=1;2`, `a=1;a=2`. With "is not", none of the values may be there.
* `;` between comparisons of one attribute with other operators means and: `a>1;a<5`.
* `\,` and `\;` are these characters themselves; a value in double quotes is taken whole, and as text. The value of
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

RESERVED = frozenset({"fields", "offset", "limit", "sort", "filter", "before", "after", "depth", "expand", "asOf"})

_MOST_CLAUSES = 50
_MOST_KEYS = 20
_LONGEST_VALUE = 1000

_EQ, _NE, _REGEX = "eq", "ne", "regex"
_OPS = {_EQ: Op.EQ, "gt": Op.GT, "gte": Op.GTE, "lt": Op.LT, "lte": Op.LTE}
_SUFFIXES = frozenset({*_OPS, _NE, _REGEX})
_PLAIN = "="
# What can stand between name and value once both are decoded.
_SIGNS = {
    "===": _EQ,
    "!==": _NE,
    ">==": "gte",
    "<==": "lte",
    "*==": _REGEX,
    "=~=": _REGEX,
    "==": _EQ,
    "!=": _NE,
    ">=": "gte",
    "<=": "lte",
    "*=": _REGEX,
    "=~": _REGEX,
    "~=": _REGEX,
    _PLAIN: _EQ,
    ">": "gt",
    "<": "lt",
}
_FOREIGN = frozenset({"between", "contains", "exists", "ge", "icontains", "ilike", "in", "isnull", "le", "like"}) | {
    *("endswith", "match", "neq", "nin", "notin", "null", "regexp", "startswith")
}
_SUPPORTED = (
    "Supported are = == != > >= < <= *= =~ and the suffixes .eq .ne .gt .gte .lt .lte .regex; "
    "for an attribute that is called like an operator use =="
)

_SIGN = re.compile(r"[=<>!*~^|]+")
_NAME = re.compile(r"""[^\s=<>!*~^|\[\]()"';,&?%]+""")
_FURTHER = re.compile(rf"\s*({_NAME.pattern})\s*({_SIGN.pattern})")
_LISTED = re.compile(r'"((?:[^"\\]|\\.)*)"(?=[,;]|$)|((?:\\[,;\\"]|[^,;])*)', re.DOTALL)
_ESCAPED = re.compile(r'\\([,;\\"])')
_BAD_ENCODING = re.compile(rb"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is compared, and how; `name` is what the client wrote, for error messages."""

    name: str
    path: Path
    operator: str


@dataclass(frozen=True, slots=True)
class _Value:
    text: str
    quoted: bool


_Comparison = tuple[_Asked, _Value]


def parse_query(raw: bytes) -> tuple[dict[str, str], Condition]:
    """The values of the reserved parameters, decoded, and what all the others ask of a resource.

    `filter` is among the reserved ones and is not part of the condition. Raises `BadParameter` for what cannot be
    read, and for a reserved parameter that is given twice.
    """
    reserved: dict[str, str] = {}
    comparisons: list[_Comparison] = []
    for item in filter(None, raw.split(b"&")):
        raw_name, equals, raw_value = item.partition(b"=")
        name = _decoded(raw_name, "")
        if name not in RESERVED:
            asked, text = _asked(name, raw_value, equals=bool(equals))
            comparisons += _listed(asked, text)
        elif name in reserved:
            raise BadParameter(name, "It is given more than once; give it once.")
        else:
            reserved[name] = _decoded(raw_value, name)
        if len(comparisons) > _MOST_CLAUSES:
            raise BadParameter(comparisons[-1][0].name, f"There are more than {_MOST_CLAUSES} values to compare with.")
    return reserved, resolve(all_of(list(_grouped(comparisons))))


def _decoded(raw: bytes, name: str) -> str:
    if _BAD_ENCODING.search(raw):
        raise BadParameter(name, "After '%' there must be two hexadecimal digits; write '%25' for the sign itself.")
    try:
        text = unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadParameter(name, "It must be percent-encoded UTF-8.") from error
    if "\0" in text:
        raise BadParameter(name, "It contains the character NUL.")
    return text


def _asked(text: str, raw_value: bytes, *, equals: bool) -> tuple[_Asked, str]:
    """Divide an item at its operator; `text` is the decoded part before the first plain `=`."""
    found = _SIGN.search(text)
    if found is not None:
        name, run, rest = text[: found.start()], found.group(), text[found.end() :]
        value = _decoded(raw_value, name)
        if equals and not rest:
            return _named(name, run + "="), value
        sign, more = _sign(name, run)
        return _named(name, sign), more + rest + ("=" if equals else "") + value
    if not equals:
        raise BadParameter(text, f"It has no value; write {text or 'name'}=value.")
    # An operator sign in the value is one only when it is not encoded.
    suffixed = text.rpartition(".")[2].lower() in _SUFFIXES | _FOREIGN
    lead = raw_value[:1].decode("latin-1")
    if lead and lead in ("=" if suffixed else "=~<>"):
        return _named(text, _PLAIN + lead), _decoded(raw_value[1:], text)
    return _named(text, _PLAIN), _decoded(raw_value, text)


def _sign(name: str, run: str) -> tuple[str, str]:
    """The operator sign that a run of such characters begins with, and the rest, which only a pattern may have."""
    sign = next((sign for sign in _SIGNS if run.startswith(sign)), run)
    if sign != run and _SIGNS[sign] != _REGEX:
        sign = run
    if sign not in _SIGNS:
        raise BadParameter(name.strip(), f"'{run}' is no operator. {_SUPPORTED}.")
    return sign, run[len(sign) :]


def _named(text: str, sign: str) -> _Asked:
    name = text.strip()
    operator = _SIGNS.get(sign)
    if operator is None:
        raise BadParameter(name, f"'{sign}' is no operator. {_SUPPORTED}.")
    if not _NAME.fullmatch(name):
        raise BadParameter(name, "A comparison begins with the dotted name of an attribute, such as relatedParty.id.")
    path = tuple(name.split("."))
    if "" in path:
        raise BadParameter(name, "Between and around the dots of a name there must be names.")
    if len(path) > _MOST_KEYS:
        raise BadParameter(name, f"The name has more than {_MOST_KEYS} parts.")
    if sign == _PLAIN and len(path) > 1:
        if path[-1] in _SUFFIXES:
            return _Asked(name, path[:-1], path[-1])
        if path[-1].lower() in _FOREIGN:
            raise BadParameter(name, f"'.{path[-1]}' is no operator. {_SUPPORTED}.")
    return _Asked(name, path, operator)


def _listed(asked: _Asked, text: str) -> list[_Comparison]:
    """The values of a list, divided by commas and semicolons, each with what it is compared to."""
    found: list[_Comparison] = []
    at = 0
    while len(found) <= _MOST_CLAUSES:
        if asked.operator == _REGEX:
            found.append((asked, _checked(asked, text[at:], quoted=True)))
            break
        part = _LISTED.match(text, at)
        if part is None:  # pragma: no cover - the second way to match takes an empty text as well
            break
        quoted, plain = part.groups()
        found.append((asked, _checked(asked, quoted or plain or "", quoted=quoted is not None)))
        at = part.end() + 1
        if at > len(text):
            break
        if text[at - 1] == ";":
            asked, at = _further(asked, text, at)
    told = [each for each in found if each[1].text or each[1].quoted]
    return told or found[:1]


def _checked(asked: _Asked, text: str, *, quoted: bool) -> _Value:
    if len(text) > _LONGEST_VALUE:
        raise BadParameter(asked.name, f"A value has more than {_LONGEST_VALUE} characters.")
    return _Value(text if asked.operator == _REGEX else _ESCAPED.sub(r"\1", text), quoted)


def _further(asked: _Asked, text: str, at: int) -> tuple[_Asked, int]:
    """After a semicolon there may stand another comparison of the same attribute; else it is one more value."""
    found = _FURTHER.match(text, at)
    if found is None:
        return asked, at
    name, run = found.groups()
    sign = next((sign for sign in _SIGNS if run.startswith(sign)), "")
    path = tuple(name.split("."))
    if asked.path not in {path, path[:-1]} or not sign:
        return asked, at
    following = _named(name, _sign(name, run)[0])
    return (following, found.start(2) + len(sign)) if following.path == asked.path else (asked, at)


def _grouped(comparisons: list[_Comparison]) -> Iterator[Condition]:
    groups: dict[tuple[Path, str], list[Condition]] = {}
    for asked, value in comparisons:
        groups.setdefault((asked.path, asked.operator), []).append(_condition(asked, value))
    for (_, operator), conditions in groups.items():
        joined = any_of(conditions)
        yield Not(joined) if operator == _NE else joined


def _condition(asked: _Asked, value: _Value) -> Condition:
    if asked.operator == _REGEX:
        try:
            regex.translate(value.text)
        except ValueError as error:
            raise BadParameter(asked.name, f"{error}.") from error
        return Like(asked.path, value.text)
    compare = compare_text if value.quoted else compare_untyped
    return compare(asked.path, _OPS.get(asked.operator, Op.EQ), value.text)
