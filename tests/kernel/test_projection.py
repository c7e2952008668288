"""Attribute selection: which attributes an answer carries."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanco.kernel import projection, wire
from spanco.kernel.errors import BadParameter
from spanco.kernel.wire import Document

THING: Document = {
    "id": "1",
    "href": "/thing/1",
    "name": "One",
    "rating": None,
    "amount": {"value": Decimal("1.10"), "unit": "EUR", "@type": "Money"},
    "note": [
        {"id": "n1", "text": "first", "author": {"name": "Jo", "role": "agent"}},
        {"id": "n2"},
        "plain",
    ],
    "matrix": [[{"x": 1, "y": 2}], []],
    "nothing": [],
    "@type": "Thing",
}
KEPT: Document = {"id": "1", "href": "/thing/1", "@type": "Thing"}


@pytest.mark.parametrize("text", [None, "", " ", ",", " , "])
def test_without_a_name_everything_comes_back(text: str | None) -> None:
    """No parameter, an empty one and one of blanks mean the complete representation."""
    fields = projection.parse(text)
    assert fields == projection.ALL
    assert projection.project(THING, fields) == THING
    assert projection.project_bytes(b'{"a" : 1}', fields) == b'{"a" : 1}'


@pytest.mark.parametrize("text", ["none", " none ", ",none,"])
def test_none_leaves_id_and_href(text: str) -> None:
    """Not even `@type` stays."""
    assert projection.project(THING, projection.parse(text)) == {"id": "1", "href": "/thing/1"}


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("name", {"name": "One"}),
        (" name , rating ", {"name": "One", "rating": None}),
        ("name,name", {"name": "One"}),
        ("none,name", {"name": "One"}),
        ("id,href,@type", {}),
        ("id.x,href.y,@type.z", {}),
        ("unknown", {}),
        ("unknown.part,name.part,rating.part", {}),
        (".name,name.,a..b,.", {}),
        ("amount", {"amount": THING["amount"]}),
        ("amount.value", {"amount": {"value": Decimal("1.10")}}),
        ("amount.value,amount.unit", {"amount": {"value": Decimal("1.10"), "unit": "EUR"}}),
        ("amount.value,amount", {"amount": THING["amount"]}),
        ("amount,amount.value", {"amount": THING["amount"]}),
        ("amount.unknown", {}),
        ("amount.value.deeper", {}),
        ("note.text", {"note": [{"text": "first"}, {}, {}]}),
        ("note.id", {"note": [{"id": "n1"}, {"id": "n2"}, {}]}),
        ("note.author.name", {"note": [{"author": {"name": "Jo"}}, {}, {}]}),
        ("note.author.name,note.author", {"note": [{"author": {"name": "Jo", "role": "agent"}}, {}, {}]}),
        ("note.author.name,note.id", {"note": [{"author": {"name": "Jo"}, "id": "n1"}, {"id": "n2"}, {}]}),
        ("note.unknown", {}),
        ("matrix.x", {"matrix": [[{"x": 1}], {}]}),
        ("nothing", {"nothing": []}),
        ("nothing.x", {}),
    ],
)
def test_only_the_named_attributes_come_back(text: str, selected: Document) -> None:
    """With `id`, `href` and `@type`, which always stay."""
    fields = projection.parse(text)
    assert projection.project(THING, fields) == KEPT | selected
    assert wire.decode_stored(projection.project_bytes(wire.encode(THING), fields)) == KEPT | selected


def test_the_order_of_the_document_is_kept() -> None:
    """Not the order in which the names were asked for."""
    assert list(projection.project(THING, projection.parse("note,name"))) == ["id", "href", "name", "note", "@type"]


def test_a_document_without_type_gets_none() -> None:
    """Nothing is invented."""
    assert projection.project({"a": 1, "b": 2}, projection.parse("a")) == {"a": 1}


def test_whole_attributes_are_copied_byte_for_byte() -> None:
    """Spelling and blanks inside a value survive, since it is never decoded."""
    body = b'{"a": {"x" : 1.10e0},"b":2, "c" :[ 1 ]}'
    assert projection.project_bytes(body, projection.parse("a,c")) == b'{"a":{"x" : 1.10e0},"c":[ 1 ]}'


@pytest.mark.parametrize("text", [",".join(f"a{number}" for number in range(101)), "a" * 201])
def test_too_many_or_too_long_names_are_refused(text: str) -> None:
    """At most 100 names of at most 200 characters."""
    with pytest.raises(BadParameter) as refused:
        projection.parse(text)
    assert refused.value.where == "fields"


def test_the_limits_themselves_are_allowed() -> None:
    """100 names and 200 characters pass."""
    assert projection.parse(",".join(f"a{number}" for number in range(100))) != projection.ALL
    assert projection.parse("a" * 200) != projection.ALL


names = st.sampled_from(["id", "href", "@type", "a", "b", "c"])
values = st.recursive(
    st.none() | st.integers(0, 9) | st.just(Decimal("1.10")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=12,
)
documents = st.dictionaries(names, values, max_size=6)
asked = st.lists(st.lists(names, min_size=1, max_size=3).map(".".join) | st.just("none"), max_size=4).map(",".join)


@settings(max_examples=150)
@given(documents, asked)
def test_selecting_twice_is_selecting_once(document: Document, text: str) -> None:
    """And the fast way on bytes selects the same."""
    fields = projection.parse(text)
    once = projection.project(document, fields)
    assert projection.project(once, fields) == once
    assert wire.decode_stored(projection.project_bytes(wire.encode(document), fields)) == once
