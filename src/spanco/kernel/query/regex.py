r"""One dialect of regular expressions that PostgreSQL and RE2 understand alike, checked and rewritten here.

Literals, `.` (any character, a newline too), `^` and `$` (start and end of the text), classes with ranges, groups
`( )` and `(?: )`, `|`, the quantifiers `* + ? {m} {m,} {m,n}` (also lazy, which makes no difference to whether there
is a match), escaped punctuation, `\t \n \r` and the ASCII classes `\d \w \s \D \W \S`. A match anywhere in the
text counts. Both engines work without backtracking and the size is bounded, so no pattern is dangerous.

Case is ignored by rewriting each letter into a class of its simple upper and lower case (a range of at most 100
characters likewise, a longer one for ASCII only), since the engines differ in what they fold.
"""

import string
from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol

import re2

_LONGEST = 200
_DEEPEST = 20
_HIGHEST_COUNT = 100
_LARGEST = 1000

_LAST = 0x10FFFF
_OUTSIDE = frozenset(r".^$|()[]{}*+?\\")
_INSIDE = frozenset(r"\]^-[&~")
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r"}

_Ranges = list[tuple[int, int]]
_CLASSES: dict[str, _Ranges] = {
    "d": [(0x30, 0x39)],
    "w": [(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)],
    "s": [(0x09, 0x0D), (0x20, 0x20)],
}


class Matcher(Protocol):
    """A compiled pattern."""

    def search(self, text: str) -> object | None:
        """Something when the text contains a match, else None."""


@lru_cache(maxsize=1024)
def compile(pattern: str, ignore_case: bool = False) -> Matcher:  # noqa: A001, FBT001, FBT002 - named as in `re`
    """The pattern made ready for `search`; ValueError with a sentence when it is not in the dialect."""
    options = re2.Options()
    options.dot_nl = True
    options.never_nl = False
    options.log_errors = False
    matcher: Matcher = re2.compile(translate(pattern, ignore_case=ignore_case), options)
    return matcher


@lru_cache(maxsize=1024)
def translate(pattern: str, *, ignore_case: bool = False) -> str:
    """The pattern rewritten so that PostgreSQL (flag `s`) and RE2 read it alike; ValueError when not in the dialect."""
    if len(pattern) > _LONGEST:
        message = f"the regular expression is longer than {_LONGEST} characters"
        raise ValueError(message)
    reader = _Reader(pattern, ignore_case=ignore_case)
    text, _, _ = reader.alternation(depth=0)
    if reader.peek():
        raise reader.refusal("this ')' closes nothing; write '\\)' for the character itself")
    return text


# What was read: the rewritten text, how many characters it stands for when counts are multiplied out, and whether
# there is an anchor in it.
_Part = tuple[str, int, bool]


class _Text:
    """The pattern and how far it has been read."""

    def __init__(self, pattern: str, *, ignore_case: bool) -> None:
        self.pattern = pattern
        self.ignore_case = ignore_case
        self.at = 0

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def take(self, expected: str) -> bool:
        found = self.pattern.startswith(expected, self.at)
        if found:
            self.at += len(expected)
        return found

    def refusal(self, sentence: str) -> ValueError:
        return ValueError(f"in the regular expression '{self.pattern}' at position {self.at}: {sentence}")

    def digits(self) -> str:
        start = self.at
        while self.peek() and self.peek() in string.digits:
            self.at += 1
        return self.pattern[start : self.at]


class _Reader(_Text):
    """Recursive descent."""

    def alternation(self, depth: int) -> _Part:
        if depth > _DEEPEST:
            raise self.refusal(f"groups are nested deeper than {_DEEPEST}")
        branches = [self._branch(depth)]
        while self.take("|"):
            branches.append(self._branch(depth))
        size = sum(size for _, size, _ in branches)
        return "|".join(text for text, _, _ in branches), size, any(anchored for _, _, anchored in branches)

    def _branch(self, depth: int) -> _Part:
        texts: list[str] = []
        total, anchored = 0, False
        while self.peek() not in {"", "|", ")"}:
            text, size, anchor = self._quantified(self._atom(depth))
            texts.append(text)
            total += size
            anchored = anchored or anchor
            if total > _LARGEST:
                raise self.refusal(f"with its counts multiplied out it is larger than {_LARGEST} characters")
        return "".join(texts), total, anchored

    def _quantified(self, atom: _Part) -> _Part:
        text, size, anchored = atom
        quantifier, most = self._quantifier()
        if not quantifier:
            return atom
        if anchored:
            raise self.refusal("'^', '$' and groups that contain them cannot be repeated")
        self.take("?")
        if self._quantifier()[0]:
            raise self.refusal("a repetition cannot be repeated; put it in a group")
        return text + quantifier, size * max(most, 1), anchored

    def _quantifier(self) -> tuple[str, int]:
        for sign in "*+?":
            if self.take(sign):
                return sign, 1
        if not self.take("{"):
            return "", 1
        least, comma, most = self.digits(), self.take(","), self.digits()
        if not least or not self.take("}") or (most and not comma):
            raise self.refusal("a count is written {2}, {2,} or {2,5}; write '\\{' for the character itself")
        low, high = int(least), int(most or least)
        if high > _HIGHEST_COUNT or low > high:
            raise self.refusal(f"a count must rise and be at most {_HIGHEST_COUNT}")
        return f"{{{low}{',' if comma else ''}{high if most else ''}}}", high

    def _atom(self, depth: int) -> _Part:
        character = self.peek()
        if character in "*+?{":
            raise self.refusal(f"nothing stands before '{character}' to repeat; write '\\{character}' for itself")
        self.at += 1
        match character:
            case "^" | "$":
                return character, 1, True
            case ".":
                return character, 1, False
            case "(":
                return self._group(depth)
            case "[":
                return _class(self), 1, False
            case "\\":
                return _written(self, _escape(self), negated=False), 1, False
            case _:
                return _written(self, [(ord(character), ord(character))], negated=False), 1, False

    def _group(self, depth: int) -> _Part:
        if self.take("?") and not self.take(":"):
            raise self.refusal("of the groups that begin with '(?' only '(?:' is supported")
        text, size, anchored = self.alternation(depth + 1)
        if not self.take(")"):
            raise self.refusal("a group is not closed; write '\\(' for the character itself")
        return f"(?:{text})", size + 1, anchored


def _escape(text: _Text) -> _Ranges:
    character = text.peek()
    text.at += 1
    if character in _CONTROLS:
        return [(ord(_CONTROLS[character]),) * 2]
    if character.lower() in _CLASSES:
        ranges = _CLASSES[character.lower()]
        return ranges if character in _CLASSES else _complement(ranges)
    if character and character in string.punctuation:
        return [(ord(character), ord(character))]
    text.at -= 1
    raise text.refusal(f"'\\{character}' is unknown; there are \\d \\w \\s \\D \\W \\S \\t \\n \\r and punctuation")


def _class(text: _Text) -> str:
    negated = text.take("^")
    if text.peek() == "]":
        raise text.refusal("a class cannot be empty; write '\\]' for the character itself")
    ranges: _Ranges = []
    while not text.take("]"):
        ranges += _item(text)
    return _written(text, ranges, negated=negated, always_class=True)


def _item(text: _Text) -> _Ranges:
    first = _member(text)
    if not text.pattern.startswith("-", text.at) or text.pattern.startswith("-]", text.at):
        return first
    text.at += 1
    last = _member(text)
    (low, *_), (high, *_) = first[0], last[0]
    if len(first) > 1 or len(last) > 1 or first[0][0] != first[0][1] or last[0][0] != last[0][1] or low > high:
        raise text.refusal("a range goes from one character up to another; write '\\-' for the character itself")
    return [(low, high)]


def _member(text: _Text) -> _Ranges:
    if not text.peek():
        raise text.refusal("a class is not closed; write '\\[' for the character itself")
    if text.pattern.startswith(("[:", "[.", "[="), text.at):
        raise text.refusal("named classes are not supported; write the characters, or '\\['")
    if text.take("\\"):
        return _escape(text)
    text.at += 1
    return [(ord(text.pattern[text.at - 1]),) * 2]


def _written(text: _Text, ranges: _Ranges, *, negated: bool, always_class: bool = False) -> str:
    known = sorted({*ranges, *_cased(ranges)} if text.ignore_case else set(ranges))
    if len(known) == 1 and known[0][0] == known[0][1] and not always_class:
        character = chr(known[0][0])
        return f"\\{character}" if character in _OUTSIDE else character
    return f"[{'^' if negated else ''}{''.join(_spelled(low, high) for low, high in known)}]"


def _complement(ranges: _Ranges) -> _Ranges:
    bounds = [0, *(bound for pair in ranges for bound in pair), _LAST + 1]
    return [(low + 1, high - 1) for low, high in zip(bounds[::2], bounds[1::2], strict=True)]


def _cased(ranges: _Ranges) -> Iterable[tuple[int, int]]:
    """The other case of every letter in these ranges."""
    for low, high in ranges:
        letters = map(chr, range(low, high + 1)) if high - low < _HIGHEST_COUNT else string.ascii_letters
        for letter in letters:
            for other in (letter.lower(), letter.upper()):
                if len(other) == 1 and low <= ord(letter) <= high:
                    yield ord(other), ord(other)


def _spelled(low: int, high: int) -> str:
    ends = (low,) if low == high else (low, high)
    return "-".join(f"\\{chr(end)}" if chr(end) in _INSIDE else chr(end) for end in ends)
