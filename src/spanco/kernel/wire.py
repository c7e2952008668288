"""JSON as it travels: strict reading of what clients send, exact numbers, plain writing."""

import codecs
import json
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

import msgspec

from spanco.kernel.errors import Malformed

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | Decimal | bool | None
Document: TypeAlias = dict[str, Json]

MAX_DEPTH = 64
MAX_NODES = 50_000
MAX_NUMBER_LENGTH = 400
MAX_EXPONENT = 330

# Possessive, and content with an unterminated string matches to its end: one pass, never a second try.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_UNSPEAKABLE = re.compile("[\x00\ud800-\udfff]")


def decode(body: bytes) -> Json:
    """The value of a client's body, read as RFC 8259 wants it and no wider; raises `Malformed`.

    Numbers become `int` or `Decimal`, never `float`, and keep their spelling (`1.10`). Refused besides what is no JSON:
    an empty body, a byte order mark, a name twice in one object, lone surrogates, U+0000 (PostgreSQL keeps neither),
    more than 64 levels, more than 50,000 values, numbers of more than 40 characters or beyond 10 to the power of ±300.
    """
    if not body.strip():
        raise Malformed("The body is empty; send one JSON value.")
    if body.startswith(codecs.BOM_UTF8):
        raise Malformed("The body begins with a byte order mark; send UTF-8 without it.")
    if len(body) > MAX_NODES or body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        _check_shape(body)
    try:
        value: Json = _DECODER.decode(body.decode())
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not UTF-8: byte {error.start} cannot be read.") from None
    except json.JSONDecodeError as error:
        reason = error.msg.removesuffix(" at")
        raise Malformed(f"The body is not JSON: {reason} (line {error.lineno}, column {error.colno}).") from None
    if b"\\u" in body:
        _check_characters(value)
    return value


def decode_stored(body: bytes) -> Json:
    """The value of bytes from our own database, which were checked on their way in."""
    value: Json = _STORED.decode(body)
    return value


def decode_document(body: bytes) -> Document:
    """The same, of what is known to be one JSON object, as every stored resource is."""
    document = decode_stored(body)
    assert isinstance(document, dict)
    return document


def encode(value: object) -> bytes:
    """Compact JSON; a (finite) Decimal becomes a number as it is spelled."""
    return _ENCODER.encode(value)


def _check_shape(body: bytes) -> None:
    """Count values and levels before anything is built, outside of strings."""
    skeleton = _STRING.sub(b'"', body).translate(None, b" \t\n\r")
    empty = skeleton.count(b"[]") + skeleton.count(b"{}")
    brackets = skeleton.translate(None, _NOT_BRACKETS)
    if 1 + skeleton.count(b",") + brackets.count(b"[") + brackets.count(b"{") - empty > MAX_NODES:
        raise Malformed(f"The body has more than {MAX_NODES} values; send it in parts.")
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise Malformed(f"The body is nested deeper than {MAX_DEPTH} levels.")


def _check_characters(value: Json) -> None:
    for where, text in _texts(value):
        found = _UNSPEAKABLE.search(text)
        if found is not None:
            what = "the character U+0000" if found[0] == "\0" else "half of a surrogate pair"
            raise Malformed(f"A text or name at '{where[:200]}' contains {what}, which cannot be stored.")


def _texts(root: Json) -> Iterator[tuple[str, str]]:
    """Every string and every name, each with the path where it stands."""
    waiting: list[tuple[str, Json]] = [("$", root)]
    while waiting:
        where, value = waiting.pop()
        if isinstance(value, str):
            yield where, value
        elif isinstance(value, list):
            waiting.extend((f"{where}[{index}]", each) for index, each in enumerate(value))
        elif isinstance(value, dict):
            for name, each in value.items():
                yield where, name
                waiting.append((f"{where}.{name}", each))


def _object(pairs: list[tuple[str, Json]]) -> Document:
    document = dict(pairs)
    if len(document) != len(pairs):
        name, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise Malformed(f"An object has the name {json.dumps(name[:100])} more than once.")
    return document


def _integer(text: str) -> int:
    if len(text) > MAX_NUMBER_LENGTH:
        raise _too_long(text)
    return int(text)


def _decimal(text: str) -> Decimal:
    if len(text) > MAX_NUMBER_LENGTH:
        raise _too_long(text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = None
    if number is None or abs(number.adjusted()) > MAX_EXPONENT:
        raise Malformed(f"The number {text} is beyond 10 to the power of ±{MAX_EXPONENT}.")
    return number


def _too_long(text: str) -> Malformed:
    return Malformed(f"The number that begins with {text[:20]} has more than {MAX_NUMBER_LENGTH} characters.")


def _constant(text: str) -> Json:
    raise Malformed(f"The body is not JSON: {text} is no JSON number.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_decimal, parse_constant=_constant
)
_STORED = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
