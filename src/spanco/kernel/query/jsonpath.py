"""The `filter` parameter (TMF630 Part 6): a JSONPath expression becomes a condition.

    or         := and { "||" and }                 and := test { "&&" test }
    test       := "!" test | "(" or ")" | comparison
    comparison := operand [ operator operand ]     operator := == != > >= < <= =~
    operand    := literal | path [ ".length()" and the like ] | function "(" path ")"
    path       := [ "$" | "@" | name ] { "." name | "['name']" | "[*]" | "[?(" or ")]" }

What stands outside every `[?( )]` is about the resource itself, and so is a `[?( )]` before any name, so
`$[?(@.status=='x')]`, `[?(status=='x')]` and `status=='x'` ask the same. A path without operator asks whether there is
something. `!=` is the denial of `==`, true when there is nothing (RFC 9535, section 2.3.5.2.2). `[*]` may be left out:
arrays open themselves. After `@` the dot may be left out, but `@type`, `@baseType`, `@schemaLocation` and
`@referredType` are attributes. Text that is a date-time is spelled as the store spells it.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal as OneOf
from typing import NoReturn, TypeAlias

from spanco.kernel.errors import BadParameter
from spanco.kernel.query import regex, values
from spanco.kernel.query.address import resolve
from spanco.kernel.query.ast import (
    EVERYTHING,
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

_LONGEST = 2000
_DEEPEST = 32
_MOST_CLAUSES = 50
_MOST_KEYS = 20

_Sign: TypeAlias = OneOf["==", "!=", ">=", "<=", "=~", ">", "<"]
_SIGNS: tuple[_Sign, ...] = ("==", "!=", ">=", "<=", "=~", ">", "<")
_OPS: dict[_Sign, Op] = {"==": Op.EQ, "!=": Op.EQ, ">": Op.GT, ">=": Op.GTE, "<": Op.LT, "<=": Op.LTE}
_MIRRORED: dict[_Sign, _Sign] = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
_KEYWORDS: dict[str, Literal] = {"true": True, "false": False, "null": None}
_FUNCTIONS = {function.value: function for function in Function}

_BLANK = re.compile(r"\s*")
_NAME = re.compile(r"@?[^\W\d][\w-]*")
_SPECIAL = re.compile(r"@(?:type|baseType|schemaLocation|referredType)(?![\w-])")
_KEYWORD = re.compile(r"(?:true|false|null)(?![\w.(\[-])")
_NUMBER = re.compile(r"-?[0-9][\w.+-]*", re.ASCII)
_TEXT = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""", re.DOTALL)
_PATTERN = re.compile(r"/((?:[^/\\]|\\.)*)/([a-z]*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def parse(text: str, parameter: str = "filter") -> Condition:
    """What the expression asks of a resource. Raises `BadParameter` with the position of what cannot be read."""
    parser = _Parser(text, parameter)
    if len(text) > _LONGEST:
        parser.refuse(f"The expression is longer than {_LONGEST} characters.")
    if (not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)) or "\0" in text:
        parser.refuse("The expression contains characters that are no text.")
    condition = parser.alternation()
    if not parser.ended():
        parser.refuse("Here the expression should end, or go on with && or ||.")
    return resolve(condition)


@dataclass(frozen=True, slots=True)
class _Constant:
    value: Literal


@dataclass(frozen=True, slots=True)
class _Walk:
    """A path as it is written: keys, and conditions on the elements met there; `each` when it ends with `[*]`."""

    steps: tuple[str | Condition, ...]
    each: bool
    function: Function | None = None

    def ending(self, last: Callable[[Path], Condition] | None) -> Condition:
        """The condition that the path leads to something of which `last` is true, by default that it leads anywhere."""
        steps = (*self.steps, EVERYTHING) if self.each and last is None else self.steps
        return _along(steps, last)


def _along(steps: tuple[str | Condition, ...], last: Callable[[Path], Condition] | None) -> Condition:
    keys: list[str] = []
    for index, step in enumerate(steps):
        if isinstance(step, str):
            keys.append(step)
            continue
        rest = steps[index + 1 :]
        inner = [step, _along(rest, last)] if rest or last is not None else [step]
        return Element(tuple(keys), all_of(inner))
    return Exists(tuple(keys)) if last is None else last(tuple(keys))


class _Text:
    """The text of an expression and how far it has been read."""

    def __init__(self, text: str, parameter: str) -> None:
        self.text = text
        self.parameter = parameter
        self.at = 0

    def refuse(self, sentence: str) -> NoReturn:
        near = f"before '{self.text[self.at : self.at + 12]}'" if self.at < len(self.text) else "at the end"
        raise BadParameter(self.parameter, f"{sentence} (At position {self.at + 1}, {near}.)")

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        self.at = _end(_BLANK.match(self.text, self.at), self.at)
        found = pattern.match(self.text, self.at)
        self.at = _end(found, self.at)
        return found

    def take(self, sign: str) -> bool:
        self.match(_BLANK)
        found = self.text.startswith(sign, self.at)
        self.at += len(sign) if found else 0
        return found

    def expect(self, sign: str, sentence: str) -> None:
        if not self.take(sign):
            self.refuse(sentence)

    def ended(self) -> bool:
        self.match(_BLANK)
        return self.at == len(self.text)

    def quoted(self) -> str | None:
        """Text in single or double quotes, with the escapes of JSON."""
        start = self.at
        found = self.match(_TEXT)
        if found is None:
            return None
        written = _ESCAPE.sub(
            lambda escape: chr(int(escape[1], 16)) if escape[1] else _ESCAPES.get(escape[2], escape[2]),
            found[1] if found[1] is not None else found[2],
        )
        try:
            text = written.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            self.at = start
            self.refuse("This text contains escapes that are no text.")
        return text


def _end(found: re.Match[str] | None, otherwise: int) -> int:
    return found.end() if found else otherwise


class _Parser(_Text):
    """Recursive descent; `rooted` while `@` is the resource itself."""

    def __init__(self, text: str, parameter: str) -> None:
        super().__init__(text, parameter)
        self.depth = 0
        self.clauses = 0
        self.rooted = True

    @contextmanager
    def deeper(self) -> Iterator[None]:
        self.depth += 1
        if self.depth > _DEEPEST:
            self.refuse(f"The expression is nested deeper than {_DEEPEST}.")
        yield
        self.depth -= 1

    def alternation(self) -> Condition:
        parts = [self.conjunction()]
        while self.take("||"):
            parts.append(self.conjunction())
        return any_of(parts)

    def conjunction(self) -> Condition:
        parts = [self.test()]
        while self.take("&&"):
            parts.append(self.test())
        return all_of(parts)

    def test(self) -> Condition:
        if self.take("!"):
            with self.deeper():
                return Not(self.test())
        if self.take("("):
            with self.deeper():
                condition = self.alternation()
            self.expect(")", "A bracket '(' is not closed.")
            return condition
        self.clauses += 1
        if self.clauses > _MOST_CLAUSES:
            self.refuse(f"The expression has more than {_MOST_CLAUSES} comparisons.")
        return self.comparison()

    def comparison(self) -> Condition:
        left = self.operand()
        sign = next((sign for sign in _SIGNS if self.take(sign)), None)
        if sign is None:
            if isinstance(left, _Constant) or left.function or self.match(re.compile(r"(?=[=\w~*<>^+-])")):
                self.refuse("Here an operator should stand: == != > >= < <= =~ (a text is written in quotes).")
            return left.ending(None)
        if sign == "=~":
            return self.likeness(left)
        right = self.operand()
        match left, right:
            case _Walk(), _Constant(value):
                return self.compared(left, sign, value)
            case _Constant(value), _Walk():
                return self.compared(right, _MIRRORED.get(sign, sign), value)
            case _:
                return self.refuse(
                    "One side must be a path, the other a text in quotes, a number, true, false or null."
                )

    def compared(self, walk: _Walk, sign: _Sign, value: Literal) -> Condition:
        op, function = _OPS[sign], walk.function
        if function is None:
            condition = walk.ending(
                lambda path: (
                    values.compare_text(path, op, value) if isinstance(value, str) else Compare(path, op, value)
                )
            )
        elif isinstance(value, bool) or not isinstance(value, int | Decimal):
            self.refuse(f"{function.value}() is compared with a number.")
        else:
            condition = walk.ending(lambda path: Measure(function, path, op, value))
        return Not(condition) if sign == "!=" else condition

    def likeness(self, left: "_Walk | _Constant") -> Condition:
        start = self.at
        text = self.quoted()
        found = None if text is not None else self.match(_PATTERN)
        if (text is None and found is None) or isinstance(left, _Constant) or left.function:
            self.refuse("Around =~ there stand a path and /a regular expression/ or a text in quotes.")
        pattern, flags = (found[1], found[2]) if found else (text or "", "")
        if not set(flags) <= {"i", "s"}:
            self.refuse("A regular expression can have the flag i only.")
        try:
            regex.translate(pattern)
        except ValueError as error:
            self.at = start
            self.refuse(f"{error}.")
        return left.ending(lambda path: Like(path, pattern, ignore_case="i" in flags))

    def operand(self) -> "_Walk | _Constant":
        text = self.quoted()
        if text is not None:
            return _Constant(text)
        keyword = self.match(_KEYWORD)
        if keyword:
            return _Constant(_KEYWORDS[keyword[0]])
        written = self.match(_NUMBER)
        if written:
            number = values.number(written[0])
            if number is None:
                self.at = written.start()
                self.refuse("This is not a number as JSON writes it, or it is too large.")
            return _Constant(number)
        return _path(self)


def _path(parser: _Parser) -> _Walk:
    if parser.take("$"):
        if not parser.rooted:
            parser.refuse("Inside [?( )] a path begins with '@', the element, and not with '$', the resource.")
        first = parser.match(_NAME)
    elif found := parser.match(_SPECIAL):
        first = found
    elif parser.take("@"):
        first = parser.match(_NAME)
    else:
        first = parser.match(_NAME)
        if first is None and not parser.text.startswith("[", parser.at):
            parser.refuse("Here a path, a text in quotes or a number should stand.")
        if first is not None and parser.take("("):
            return _called(parser, first[0])
    return _walked(parser, [first[0]] if first else [])


def _walked(parser: _Parser, steps: list[str | Condition]) -> _Walk:
    """The segments of a path, and a function at its end."""
    each = False
    while True:
        if len(steps) > _MOST_KEYS:
            parser.refuse(f"A path has more than {_MOST_KEYS} parts.")
        if parser.take("["):
            step = _bracketed(parser, steps)
        elif parser.take("."):
            name = parser.match(_NAME)
            if name is None:
                parser.refuse("After '.' a name should stand; others are written ['name'].")
            if parser.take("("):
                parser.expect(")", "Here the bracket of the function should be closed.")
                return _measured(parser, name[0], _Walk(tuple(steps), each))
            step = name[0]
        else:
            return _Walk(tuple(steps), each)
        each = step is None
        if step is not None:
            steps.append(step)


def _bracketed(parser: _Parser, steps: list[str | Condition]) -> str | Condition | None:
    """What stands in `[ ]`: a name, a condition on the elements, or nothing for `*`."""
    step: str | Condition | None = None
    if parser.take("?"):
        outer, parser.rooted = parser.rooted, parser.rooted and not any(isinstance(step, str) for step in steps)
        with parser.deeper():
            step = parser.alternation()
        parser.rooted = outer
    elif not parser.take("*"):
        step = parser.quoted()
        if step is None:
            parser.refuse("After '[' there may stand *, a name in quotes or a condition ?( ).")
    parser.expect("]", "A bracket '[' is not closed.")
    return step


def _called(parser: _Parser, name: str) -> _Walk:
    walk = parser.operand()
    if isinstance(walk, _Constant) or walk.function:
        parser.refuse("A function is called with one path.")
    parser.expect(")", "Here the bracket of the function should be closed.")
    return _measured(parser, name, walk)


def _measured(parser: _Parser, name: str, walk: _Walk) -> _Walk:
    function = _FUNCTIONS.get(name)
    if function is None:
        parser.refuse(f"There is no function {name}(); there are {', '.join(f'{known}()' for known in _FUNCTIONS)}.")
    conditions = [index for index, step in enumerate(walk.steps) if not isinstance(step, str)]
    if conditions and (function is not Function.LENGTH or conditions[-1] == len(walk.steps) - 1):
        parser.refuse(f"{function.value}() cannot be taken over elements that were chosen with [?( )].")
    steps = (*walk.steps, EVERYTHING) if walk.each and function is Function.LENGTH else walk.steps
    return _Walk(steps, each=False, function=function)
