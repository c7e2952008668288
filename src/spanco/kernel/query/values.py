"""What the text of a filter value may stand for: text, a number, a boolean, a date-time."""

import re
from decimal import Decimal

from spanco.kernel.moments import canonical
from spanco.kernel.query.ast import Compare, Condition, Op, Path, any_of

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_BOOLEANS = {"true": True, "false": False}
_LARGEST_EXPONENT = 1000
_DATE_LENGTH = len("2026-01-31")


def number(text: str) -> int | Decimal | None:
    """A number as JSON writes it; None when it is none or beyond 10**1000."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    if found.group(1) is None and found.group(2) is None:
        return int(text) if len(text) <= _LARGEST_EXPONENT else None
    if found.group(2) and len(found.group(2).lstrip("eE+-0")) > len(str(_LARGEST_EXPONENT)):
        return None
    value = Decimal(text)
    return value if abs(value.adjusted()) <= _LARGEST_EXPONENT else None


def texts(op: Op, text: str) -> list[str]:
    """The texts to compare with: a date-time in the spelling of the store (design D10), for equality also as it is.

    A date stands for its midnight. Where that is the same for date-times, it is compared as it is, so that the answer
    is right for attributes that hold dates only as well.
    """
    moment = canonical(text)
    if moment is None or moment == text:
        return [text]
    if op is Op.EQ:
        return [text, moment]
    return [text] if len(text) == _DATE_LENGTH and op in {Op.GTE, Op.LT} else [moment]


def compare_text(path: Path, op: Op, text: str) -> Condition:
    """A comparison with text that may be a date-time."""
    return any_of([Compare(path, op, each) for each in texts(op, text)])


def compare_untyped(path: Path, op: Op, text: str) -> Condition:
    """A comparison with a value of which nobody said whether it is text, a number or a boolean."""
    parts: list[Condition] = [Compare(path, op, each) for each in texts(op, text)]
    numeric = number(text)
    if numeric is not None:
        parts.append(Compare(path, op, numeric))
    if op is Op.EQ and text in _BOOLEANS:
        parts.append(Compare(path, op, _BOOLEANS[text]))
    return any_of(parts)
