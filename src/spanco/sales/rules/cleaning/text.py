"""Plain letters: case, accents and foreign scripts folded away, within bounds."""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

LONGEST = 200
"""No name, address or number of a person or a company is longer; what comes after is not looked at."""

_MEMORY = 10_000
_SHORT = 3
_APOSTROPHES = re.compile("['`\u00b4\u2019\u2018\u02bc]")
_BETWEEN = re.compile(r"[^a-z0-9]+")
_UMLAUT = re.compile(r"(?<=[aou])e+")


def listed(text: str) -> frozenset[str]:
    """The words of a list that is written as a text."""
    return frozenset(text.split())


@lru_cache(maxsize=_MEMORY)
def fold(text: str) -> str:
    """Lower-case ASCII words with single spaces between: `Łódź, O'Neill` becomes `lodz oneill`."""
    plain = anyascii(unicodedata.normalize("NFKC", text[:LONGEST]))
    plain = _BETWEEN.sub(" ", _APOSTROPHES.sub("", plain.lower()))
    return plain[:LONGEST].strip()


def words(text: str) -> tuple[str, ...]:
    """The folded words of a text."""
    return tuple(fold(text).split())


def plain_vowels(word: str) -> str:
    """`ue` as `u`, `ae` as `a`, `oe` as `o`: Müller is written Mueller where there is no ü."""
    return _UMLAUT.sub("", word) if len(word) > _SHORT else word


_SOUNDS = (
    (re.compile(r"tsch|tch|sch|sh|sz|cz|ch|zh|ts|tz|[cjz](?=[eiy])"), "s"),
    (re.compile(r"ph|pf"), "f"),
    (re.compile(r"th|dt|d"), "t"),
    (re.compile(r"ck|kh|gh|[cqg]"), "k"),
    (re.compile(r"[vw]"), "v"),
    (re.compile(r"x"), "ks"),
    (re.compile(r"z"), "s"),
    (re.compile(r"b"), "p"),
)
_SILENT = re.compile(r"[aeiouyhj]")
_DOUBLE = re.compile(r"(.)\1+")


@lru_cache(maxsize=_MEMORY)
def sound(word: str) -> str:
    """What a folded word sounds like in most languages of Europe: its consonants, alike ones as one, and a first vowel.

    Novak and Nowak, Meier and Mayr, Schmidt and Szmit are spelled differently and sound alike. English keys such as
    Metaphone hear `w` and `v`, `cz` and `ch` apart.
    """
    for pattern, letter in _SOUNDS:
        word = pattern.sub(letter, word)
    vowel = "a" if _SILENT.match(word) else ""
    return _DOUBLE.sub(r"\1", vowel + _SILENT.sub("", word))
