"""JSON on the wire: what is refused, what is kept."""

import json
import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanco.kernel import wire
from spanco.kernel.errors import Malformed

HOSTILE: list[tuple[str, bytes, str]] = [
    ("no bytes", b"", "empty"),
    ("only blanks", b" \t\r\n", "empty"),
    ("a byte order mark", b'\xef\xbb\xbf{"a":1}', "byte order mark"),
    ("UTF-16 with its mark", '{"a":1}'.encode("utf-16"), "byte 0"),
    ("UTF-16 without a mark", '{"a":1}'.encode("utf-16-le"), "line 1"),
    ("a stray continuation byte", b'{"a":"\x80"}', "byte 6"),
    ("an overlong slash", b'"\xc0\xaf"', "not UTF-8"),
    ("a surrogate in UTF-8", b'"\xed\xa0\x80"', "not UTF-8"),
    ("a cut sequence", b'"\xe2\x82"', "not UTF-8"),
    ("a byte beyond Unicode", b'"\xf5\x80\x80\x80"', "not UTF-8"),
    ("a name twice", b'{"a":1,"a":2}', '"a" more than once'),
    ("a name twice inside", b'[{"b":{"c":1,"d":2,"c":3}}]', '"c" more than once'),
    ("a name twice, escaped once", b'{"a":1,"\\u0061":2}', "more than once"),
    ("NaN", b'{"a":NaN}', "NaN"),
    ("Infinity", b"[Infinity]", "Infinity"),
    ("minus Infinity", b"-Infinity", "-Infinity"),
    ("nan in small letters", b"nan", "not JSON"),
    ("a high surrogate alone", b'{"a":"\\ud800"}', "'$.a'"),
    ("a low surrogate alone", b'["x","\\udc00"]', "'$[1]'"),
    ("surrogates the wrong way round", b'"\\ude00\\ud83d"', "surrogate"),
    ("two high surrogates", b'"\\ud83d\\ud83d"', "surrogate"),
    ("a surrogate in a name", b'{"a":{"\\udfff":1}}', "'$.a'"),
    ("a surrogate in a name that is there twice", b'{"\\ud800":1,"\\ud800":1}', "more than once"),
    ("U+0000 in a text", b'{"a":["\\u0000"]}', "'$.a[0]' contains the character U+0000"),
    ("U+0000 in a name", b'{"a\\u0000":1}', "U+0000"),
    ("a bare NUL byte in a text", b'"\x00"', "control character"),
    ("a bare NUL byte outside", b"\x00", "not JSON"),
    ("a bare line break in a text", b'"a\nb"', "control character"),
    ("a bare tab in a text", b'"a\tb"', "control character"),
    ("65 arrays", b"[" * 65 + b"]" * 65, "64 levels"),
    ("65 objects", b'{"a":' * 65 + b"1" + b"}" * 65, "64 levels"),
    ("10,000 arrays", b"[" * 10_000 + b"]" * 10_000, "64 levels"),
    ("100,000 open brackets", b"[" * 100_000, "more than 50000 values"),
    ("a million open braces", b'{"":' * 250_000, "more than 50000 values"),
    ("100,000 quotes and open brackets", b'"[' * 50_000, "64 levels"),
    ("an unfinished text of quotes", b'["' + b'\\"' * 100_000, "not JSON"),
    ("an unfinished text of backslashes", b'"' + b"\\" * 100_001, "not JSON"),
    ("closing brackets only", b"]" * 100_000, "not JSON"),
    ("50,001 values", b"[" + b",".join([b"1"] * 50_000) + b"]", "more than 50000 values"),
    ("50,001 values with blanks", b"[" + b" , ".join([b"{ }"] * 50_000) + b"]", "more than 50000 values"),
    ("an integer of 401 digits", b"1" * 401, "more than 400 characters"),
    ("an integer of 10,000 digits", b"[" + b"9" * 10_000 + b"]", "more than 400 characters"),
    ("a fraction of 401 characters", b"0." + b"1" * 399, "more than 400 characters"),
    ("an exponent of 331", b"1e331", "330"),
    ("an exponent of -331", b"1e-331", "330"),
    ("an exponent pushed over by digits", b"12345e329", "330"),
    ("zero with a huge exponent", b"0e99999", "330"),
    ("an exponent beyond Decimal", b"1e99999999999999999999", "330"),
    ("an exponent below Decimal", b"1e-99999999999999999999", "330"),
    ("a leading zero", b"01", "not JSON"),
    ("a negative leading zero", b"-01", "not JSON"),
    ("a plus sign", b"+1", "not JSON"),
    ("a bare minus", b"-", "not JSON"),
    ("a number without a whole part", b".5", "not JSON"),
    ("a number without a fraction", b"1.", "not JSON"),
    ("an unfinished exponent", b"1e", "not JSON"),
    ("a hexadecimal number", b"0x10", "not JSON"),
    ("a grouped number", b"1_000", "not JSON"),
    ("Arabic digits", "١".encode(), "not JSON"),  # noqa: RUF001 (the point of the case)
    ("a trailing comma in an array", b"[1,]", "not JSON"),
    ("a trailing comma in an object", b'{"a":1,}', "not JSON"),
    ("a missing comma", b"[1 2]", "not JSON"),
    ("a missing colon", b'{"a" 1}', "not JSON"),
    ("a missing value", b'{"a":}', "line 1, column 6"),
    ("a second value", b"{} {}", "Extra data"),
    ("an open object", b'{"a":1', "not JSON"),
    ("an open text", b'"abc', "not JSON"),
    ("a bare word", b"hello", "not JSON"),
    ("True with a capital", b"True", "not JSON"),
    ("undefined", b"[undefined]", "not JSON"),
    ("single quotes", b"{'a':1}", "not JSON"),
    ("a name without quotes", b"{a:1}", "not JSON"),
    ("a number as name", b"{1:1}", "not JSON"),
    ("a comment", b"/* x */ 1", "not JSON"),
    ("an unknown escape", b'"\\x41"', "escape"),
    ("a short escape", b'"\\u12"', "escape"),
    ("an escape with an underscore", b'"\\u00_1"', "escape"),
    ("a no-break space around", b"\xc2\xa01", "not JSON"),
    ("a vertical tab around", b"\x0b1", "not JSON"),
    ("an error on the third line", b'{\n"a":1,\n"b":x}', "line 3, column 5"),
]

ACCEPTED: list[tuple[str, bytes, object]] = [
    ("an object", b'{"a":{"b":[1,true,false,null,"x"]}}', {"a": {"b": [1, True, False, None, "x"]}}),
    ("a scalar", b' "x" ', "x"),
    ("an empty name", b'{"":0}', {"": 0}),
    ("a paired surrogate", b'"\\ud83d\\ude00"', "\U0001f600"),
    ("an emoji", '"\U0001f600"'.encode(), "\U0001f600"),
    ("an escaped backslash before u0000", b'"\\\\u0000 \\u0041"', "\\u0000 A"),
    ("64 arrays", b"[" * 64 + b"]" * 64, None),
    ("many shallow arrays", b"[" + b",".join([b"[]"] * 100) + b"]", [[]] * 100),
    ("brackets in a text", b'["' + b'[{\\"' * 100 + b'"]', ['[{"' * 100]),
    ("commas in a long text", b'"' + b"," * 60_000 + b'"', "," * 60_000),
    ("50,000 values", b"[" + b",".join([b"[]"] * 49_999) + b"]", [[]] * 49_999),
    ("an integer of 400 digits", b"1" * 400, int("1" * 400)),
    ("minus zero", b"-0", 0),
    ("the largest exponent", b"1e330", Decimal("1e330")),
    ("the smallest exponent", b"1E-330", Decimal("1e-330")),
    ("an escaped slash", b'"\\/"', "/"),
    ("a line separator", b'"\xe2\x80\xa8"', "\u2028"),
]


@pytest.mark.parametrize(("body", "told"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_a_hostile_body_is_refused_with_what_and_where(body: bytes, told: str) -> None:
    """Each is `Malformed`, at once, in a short sentence."""
    begin = time.perf_counter()
    with pytest.raises(Malformed) as refused:
        wire.decode(body)
    assert time.perf_counter() - begin < 1
    assert told.lower() in str(refused.value).lower()
    assert len(str(refused.value)) < 400
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(("body", "value"), [case[1:] for case in ACCEPTED], ids=[case[0] for case in ACCEPTED])
def test_a_proper_body_is_read(body: bytes, value: object) -> None:
    """What RFC 8259 allows and the limits leave is read as it is."""
    read = wire.decode(body)
    assert value is None or read == value


@pytest.mark.parametrize(
    ("text", "kind", "spelled"),
    [
        ("1.10", Decimal, "1.10"),
        ("1", int, "1"),
        ("1.0", Decimal, "1.0"),
        ("-0.0", Decimal, "-0.0"),
        ("1E+3", Decimal, "1E+3"),
        ("1e3", Decimal, "1E+3"),
        ("0e5", Decimal, "0E+5"),
        ("1e-9", Decimal, "1E-9"),
        ("0.1", Decimal, "0.1"),
        ("123456789012345678901234567890", int, "123456789012345678901234567890"),
        ("12345678901234567.89", Decimal, "12345678901234567.89"),
    ],
)
def test_a_number_keeps_its_digits(text: str, kind: type, spelled: str) -> None:
    """Never through a binary float; from a client and from the database alike."""
    for read in (wire.decode, wire.decode_stored):
        value = read(text.encode())
        assert type(value) is kind
        assert wire.encode(value) == spelled.encode()


@pytest.mark.parametrize("text", ["1E+3", "-0", "0E+5", "1E-400", "-1.5E+20", "0E-8", "-0.00", "1E+300", "7"])
def test_every_spelling_of_a_decimal_is_written_as_a_json_number(text: str) -> None:
    """Exponents and negative zeros too."""
    written = wire.encode({"n": Decimal(text)})
    assert json.loads(written, parse_float=Decimal, parse_int=Decimal) == {"n": Decimal(text)}


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
numbers = st.integers(-(10**30), 10**30) | st.decimals(allow_nan=False, allow_infinity=False, places=4, max_value=10**9)
values = st.recursive(
    st.none() | st.booleans() | texts | numbers,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=100)
@given(values)
def test_what_is_written_is_read_back_with_every_number(value: wire.Json) -> None:
    """`decode` and `decode_stored` both undo `encode`, digit for digit."""
    body = wire.encode(value)
    assert wire.decode(body) == wire.decode_stored(body) == value
    assert wire.encode(wire.decode(body)) == body


@settings(max_examples=150)
@given(st.binary(max_size=40) | st.text('[]{}",:\\u0d8e1.-', max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """Nothing else than `Malformed` comes out, and what is accepted can be written."""
    try:
        value = wire.decode(body)
    except Malformed:
        return
    assert wire.decode(wire.encode(value)) == value
