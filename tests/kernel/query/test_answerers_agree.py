"""PostgreSQL and memory give the same answer to every condition on every document (design D4)."""

import os
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spanco.kernel.errors import BadParameter
from spanco.kernel.query import jsonpath, params, regex
from spanco.kernel.query.ast import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Element,
    Exists,
    Function,
    Like,
    Measure,
    Not,
    Op,
)
from spanco.kernel.query.match import matches
from spanco.kernel.query.sieve import Sieve
from spanco.kernel.query.sql import where

DOCUMENTS, CONDITIONS = 20, 10
EXAMPLES = max(1, int(os.environ.get("SPANCO_PAIRS", "10000")) // (DOCUMENTS * CONDITIONS))
ENOUGH = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
encoder = msgspec.json.Encoder(decimal_format="number")

# Few keys and values, so that conditions meet what they ask for; among them everything that was ever a trap.
KEYS = ["a", "b", "c", "@type", "id", "href", "", "é \"'\\", "$", "A"]
TEXTS = [
    "", "a", "A", "b", "ab", "é", "É", "s", "\u017f", "\u212a", "K", "İ", "\U0001f600", "\uffff", "\ue000", "a\nb",
    "\n", "a\n",
    "1", "5", "true", "null", '"', "'", "\\", "%", "/x/1", "2024-01-01", "2024-01-01T00:00:00.000Z", "{", "]", "\u007f",
]  # fmt: skip
NUMBERS: list[int | Decimal] = [
    0, 1, 2, 5, -1, 10**30, 10**30 + 1, 2**53 + 1, -5,
    *map(Decimal, ["0.1", "1.50", "1.5", "1E+3", "-0.0", "1E-20", "0.30000000000000004", "0.3", "1E+400", "2.5"]),
]  # fmt: skip
FRAGMENTS = [
    "a", "A", "b", "é", "s", "k", ".", "^", "$", "[ab]", "[^a]", "[a-c]", "[^\\w]", "[\\S\\s]", "(a)", "(?:b|)", "(|a)",
    "*", "+", "?", "*?", "{2}", "{0}", "{0,1}", "{1,}", "|", "\\d", "\\w", "\\s", "\\D", "\\W", "\\S", "\\n", "\\.",
    "\\\\", "\\-", "[\\]\\-^]", "[-a]", "[a-]", "\\{", "]", "}", "-", '"', "'", "/", "#", " ", "&", "[&&~]", "\\_", "_",
    "[à-ÿ]", "[!-~]", "\U0001f600", "\t", "\u007f", "(^a)", "(a$|b)", "((a+)+)+", "(a*)*", "(a|a?)+",
    "(", ")", "[", "\\b",
]  # fmt: skip
INDEXED = ("status", "it's")

text = st.sampled_from(TEXTS) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=3)
number = (
    st.sampled_from(NUMBERS)
    | st.integers(-10, 10)
    | st.decimals(min_value=-100, max_value=100, places=2, allow_nan=False)
)
scalar = st.none() | st.booleans() | text | number
key = st.sampled_from(KEYS)
value = st.recursive(
    scalar, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(key, inner, max_size=3), max_leaves=6
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A resource as the API shows it; attributes with an index hold text, as they are declared."""
    document = draw(st.dictionaries(key, value, max_size=4))
    for name in INDEXED:
        if draw(st.booleans()):
            document[name] = draw(text | st.none())
    if draw(st.booleans()):
        document["a"] = draw(st.lists(number | text, max_size=4))
    if draw(st.booleans()):
        document["b"] = draw(st.lists(st.dictionaries(st.sampled_from("ab"), scalar | value, max_size=2), max_size=3))
    document["id"] = draw(text)
    document["href"] = f"/sales/v5/{document['id']}"
    return document


@st.composite
def patterns(draw: st.DrawFn) -> str:
    """A regular expression of the dialect."""
    pattern = "".join(draw(st.lists(st.sampled_from(FRAGMENTS), max_size=5)))
    try:
        regex.translate(pattern)
    except ValueError:
        return draw(st.sampled_from(["", "a", "^a.*b$"]))
    return pattern


def paths(*, rooted: bool) -> st.SearchStrategy[tuple[str, ...]]:
    """Where to look; of the resource's own href only equality can be asked."""
    first = st.sampled_from([*KEYS, *INDEXED] if rooted else KEYS)
    likely = st.sampled_from([("a",), ("b", "a"), ("b", "b"), ("b",), ()])
    path = likely | st.tuples(first) | st.tuples(first, key) | st.tuples(first, key, key)
    return path.filter(lambda found: not rooted or found[:1] != ("href",))


def conditions(*, rooted: bool, depth: int = 3) -> st.SearchStrategy[Condition]:
    """Any condition."""
    path = paths(rooted=rooted)
    leaf = (
        st.builds(Compare, path, st.sampled_from(Op), scalar)
        | st.builds(Compare, path, st.just(Op.EQ), scalar)
        | st.builds(Like, path, patterns(), st.booleans())
        | st.builds(Exists, path)
        | st.builds(Measure, st.sampled_from(Function), path, st.sampled_from(Op), number)
    )
    if rooted:
        leaf |= st.builds(Compare, st.just(("href",)), st.just(Op.EQ), text)
        leaf |= st.builds(Compare, st.sampled_from([("status",), ("id",), ("it's",)]), st.sampled_from(Op), text)
    if depth == 0:
        return leaf
    parts = st.lists(st.deferred(lambda: conditions(rooted=rooted, depth=depth - 1)), max_size=3).map(tuple)
    inner = st.deferred(lambda: conditions(rooted=False, depth=depth - 1))
    return (
        leaf
        | st.builds(AllOf, parts)
        | st.builds(AnyOf, parts)
        | st.builds(Not, st.deferred(lambda: conditions(rooted=rooted, depth=depth - 1)))
        | st.builds(Element, path.filter(bool) | st.just(("b",)), inner)
        | st.builds(Element, st.just(()), conditions(rooted=rooted, depth=0))
    )


name = st.sampled_from(["a", "b", "a.b", "@type", "id", "status", "a.id", "c.a"])


@st.composite
def queries(draw: st.DrawFn) -> Condition:
    """A condition as it comes from attribute parameters."""
    operator = st.sampled_from(
        ["=", "==", "!=", ">", ">=", "<", "<=", "*=", "=~", ".eq=", ".ne=", ".gt=", ".gte=", ".lt=", ".lte=", ".regex="]
    )
    plain = st.sampled_from(["1", "5", "a", "1.50", "true", "1,a", "a;b", '"1"', "2024-01-01", "", "é", "1e3", "0.3"])
    items = draw(st.lists(st.tuples(name, operator, plain), min_size=1, max_size=3))
    return params.parse_query("&".join("".join(item) for item in items).encode())[1]


@st.composite
def expressions(draw: st.DrawFn) -> Condition:
    """A condition as it comes from the filter parameter."""
    literal = st.sampled_from(["1", "-1", "'a'", '"1"', "true", "null", "1.50", "'2024-01-01T00:00:00Z'", "'\\u00e9'"])
    sign = st.sampled_from(["==", "!=", ">", ">=", "<", "<="])
    shape = st.sampled_from(
        [
            "{0}{1}{2}", "$.{0}", "!{0}", "{0}[?(@.a{1}{2})]", "$[?(@.{0}{1}{2})]", "{0}[?(@{1}{2})]",
            "{0}[*].b{1}{2}", "{0}[*]", "$.{0}.length(){1}2", "{0}[*].length()>=1", "max({0}){1}1", "{0}.min(){1}0",
            "stddev($.{0}[*]){1}0.5", "avg({0}){1}1.5", "{0}=~/^A/i", "{0}=~'[1-5]'",
            "{0}[?(@.a)].b{1}{2}", "a[?(@.b.length()>0 && @.a{1}{2})].b",
        ]
    )  # fmt: skip
    clause = st.builds(lambda shape, *parts: shape.format(*parts), shape, name, sign, literal)
    joined = st.builds(lambda one, sign, two: f"({one}) {sign} {two}", clause, st.sampled_from(["&&", "||"]), clause)
    return jsonpath.parse(draw(clause | joined))


def answers(
    fetch: Callable[..., list[Any]], found: Sequence[dict[str, Any]], asked: Sequence[Condition]
) -> list[tuple[bool, ...]]:
    """What PostgreSQL answers, a row for each document and a column for each condition."""
    values: list[object] = [
        [document["id"] for document in found],
        [
            encoder.encode({name: each for name, each in document.items() if name not in {"id", "href"}}).decode()
            for document in found
        ],
    ]

    def bind(value: object) -> str:
        values.append(value)
        return f"${len(values)}"

    columns = ", ".join(f"coalesce(({where(condition, bind, INDEXED)}), false)" for condition in asked)
    rows = fetch(
        f'select {columns} from (select id collate "C" as id, document::jsonb as document, place '  # noqa: S608
        "from unnest($1::text[], $2::text[]) with ordinality as given (id, document, place)) as resource "
        "order by place",
        *values,
    )
    return [tuple(row) for row in rows]


def agree(fetch: Callable[..., list[Any]], found: Sequence[dict[str, Any]], asked: Sequence[Condition]) -> None:
    """Compare the answers one by one, so that a failure shows the pair; and those of all conditions at once."""
    sieve = Sieve(asked)
    for document, row in zip(found, answers(fetch, found, asked), strict=True):
        for condition, answer in zip(asked, row, strict=True):
            assert matches(condition, document) == answer, (condition, document, answer)
        assert sieve.fulfilled(document) == {place for place, answer in enumerate(row) if answer}, (asked, document)


several = st.lists(documents(), min_size=DOCUMENTS, max_size=DOCUMENTS)


@ENOUGH
@given(found=several, asked=st.lists(conditions(rooted=True), min_size=CONDITIONS, max_size=CONDITIONS))
def test_both_answer_alike_whatever_is_asked(
    fetch: Callable[..., list[Any]], found: list[dict[str, Any]], asked: list[Condition]
) -> None:
    """Any tree on any document."""
    agree(fetch, found, asked)


@ENOUGH
@given(found=several, asked=st.lists(queries() | expressions(), min_size=CONDITIONS, max_size=CONDITIONS))
def test_both_answer_alike_whatever_a_client_writes(
    fetch: Callable[..., list[Any]], found: list[dict[str, Any]], asked: list[Condition]
) -> None:
    """Conditions that come from text."""
    agree(fetch, found, asked)


@ENOUGH
@given(
    found=st.lists(text | st.text("aAbBéÉsSkK\n -_]", max_size=6), min_size=DOCUMENTS, max_size=DOCUMENTS),
    asked=st.lists(
        st.builds(Like, st.just(("a",)), patterns(), st.booleans()), min_size=CONDITIONS, max_size=CONDITIONS
    ),
)
def test_both_engines_read_a_pattern_alike(
    fetch: Callable[..., list[Any]], found: list[str], asked: list[Condition]
) -> None:
    """Any pattern of the dialect on any text."""
    agree(fetch, [{"id": "1", "a": each} for each in found], asked)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.text(max_size=40) | st.lists(st.sampled_from([*FRAGMENTS, "$", "@", "&&", "==", "?(", "a"])).map("".join))
def test_any_text_is_a_condition_or_a_bad_parameter(written: str) -> None:
    """The parsers raise nothing else."""
    for parse in (jsonpath.parse, lambda given: params.parse_query(given.encode("utf-8", "surrogatepass"))):
        try:
            parse(written)
        except BadParameter:
            continue
