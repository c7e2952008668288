"""Faces: questions, orders and writes in another shape."""

from typing import Any

import pytest

from spanco.kernel.errors import BadBody, BadParameter
from spanco.kernel.faces import Face, Listed, Same, Worded, asked, begun, changed, ordered
from spanco.kernel.openapi import Behind, Resource, load
from spanco.kernel.paging import Key
from spanco.kernel.query.ast import (
    EVERYTHING,
    NOTHING,
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

SIZES = {"SMALL": Compare(("size",), Op.LT, 5), "LARGE": Compare(("size",), Op.GTE, 5)}
LINES = Listed(("part",), ("rope", "length"), {"meters": ("rope", "length")}, ("more",))
KITE = Face(
    shown=lambda stored: {"id": stored["id"]} | ({"title": stored["name"]} if "name" in stored else {}),
    understood=lambda face, before: (
        {**(before or {}), "name": face.get("title")} | ({"id": face["id"]} if "id" in face else {})
    ),
    standings={
        "title": Same(("name",)),
        "scale": Worded(SIZES),
        "rank": Worded(SIZES, order=("size",)),
        "lines": LINES,
    },
    others=("kept",),
    unkept=frozenset({"hint"}),
)
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "servers": [{"url": "/kites"}],
    "x-spanco-key": "kites",
    "paths": {
        "/toy": {
            "post": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/New"}}}},
                "responses": {
                    "201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Toy"}}}}
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Toy": {
                "type": "object",
                "x-spanco-face": {"of": "kites.kite", "parent": "box"},
                "properties": {"id": {"type": "string"}, "title": {"type": "string"}},
            },
            "New": {
                "type": "object",
                "required": ["title"],
                "properties": {"id": {"type": "string"}, "title": {"type": "string"}},
            },
        }
    },
}
TOY: Resource = load(DOCUMENT).resources["toy"]


def eq(*path: str, value: str = "x") -> Compare:
    """An equality."""
    return Compare(path, Op.EQ, value)


@pytest.mark.parametrize(("face", "stored"), [
    (eq("title"), eq("name")),
    (Exists(("title", "deep")), Exists(("name", "deep"))),
    (eq("anything", "deep"), eq("kept", "anything", "deep")),
    (Element(("anything",), eq("title")), Element(("kept", "anything"), eq("title"))),
    (eq("id"), eq("id")),
    (Exists(()), Exists(())),
    (eq("hint"), NOTHING),
    (Not(eq("hint")), Not(NOTHING)),
    (AllOf((eq("title"), eq("id"))), AllOf((eq("name"), eq("id")))),
    (AnyOf((eq("title"), eq("id"))), AnyOf((eq("name"), eq("id")))),
    (eq("scale", value="SMALL"), SIZES["SMALL"]),
    (Like(("scale",), "A"), AnyOf((SIZES["SMALL"], SIZES["LARGE"]))),
    (Compare(("scale",), Op.GT, "M"), SIZES["SMALL"]),
    (Measure(Function.LENGTH, ("scale",), Op.EQ, 5), AnyOf((SIZES["SMALL"], SIZES["LARGE"]))),
    (eq("scale", "deep"), NOTHING),
    (Exists(("lines",)), Element(("part",), Exists(("rope", "length")))),
    (eq("lines"), NOTHING),
    (eq("lines", "meters"), Element(("part",), AllOf((Exists(("rope", "length")), eq("rope", "length"))))),
    (eq("lines", "hue", "x"), Element(("part",), AllOf((Exists(("rope", "length")), eq("more", "hue", "x"))))),
    (
        Element(("lines",), AnyOf((Not(eq("meters")), Element((), Exists(("hue",))), Exists(())))),
        Element(
            ("part",),
            AllOf(
                (
                    Exists(("rope", "length")),
                    AnyOf((Not(eq("rope", "length")), Exists(("more", "hue")), Exists(()))),
                )
            ),
        ),
    ),
    (
        Element(("lines",), AllOf((eq("meters"), Like(("hue",), "a")))),
        Element(("part",), AllOf((Exists(("rope", "length")), eq("rope", "length"), Like(("more", "hue"), "a")))),
    ),
    (
        Measure(Function.LENGTH, ("lines", "hue"), Op.EQ, 1),
        Element(("part",), AllOf((Exists(("rope", "length")), Measure(Function.LENGTH, ("more", "hue"), Op.EQ, 1)))),
    ),
    (EVERYTHING, EVERYTHING),
])  # fmt: skip
def test_a_question_is_translated(face: Condition, stored: Condition) -> None:
    """Path by path, word by word, element by element."""
    assert asked(KITE, face) == stored


@pytest.mark.parametrize("condition", [
    Measure(Function.LENGTH, ("lines",), Op.GT, 1),
    Not(Measure(Function.MAX, ("lines", "meters"), Op.GT, 1)),
])  # fmt: skip
def test_a_question_that_cannot_be_said_exactly_is_refused(condition: Condition) -> None:
    """A count of elements that are only some of a list."""
    with pytest.raises(BadParameter, match="lines"):
        asked(KITE, condition)


@pytest.mark.parametrize(("name", "path"), [
    ("id", ("id",)),
    ("title", ("name",)),
    ("other.deep", ("kept", "other", "deep")),
    ("rank", ("size",)),
    ("lines.meters", ("part", "rope", "length")),
    ("scale", None),
    ("rank.deep", None),
    ("lines", None),
    ("lines.hue", None),
])  # fmt: skip
def test_an_order_is_translated_or_refused(name: str, path: tuple[str, ...] | None) -> None:
    """An order that the stored documents do not have is 400."""
    keys = [Key(tuple(name.split(".")), descending=True)]
    if path:
        assert ordered(KITE, keys) == (Key(path, descending=True),)
    else:
        with pytest.raises(BadParameter, match=name):
            ordered(KITE, keys)


def test_a_document_says_what_stands_behind_a_face() -> None:
    """And whether the client may choose the id: where it may be sent."""
    assert TOY.behind == Behind("kites.kite", "box")
    assert TOY.server_owned == {"href"}
    assert begun(TOY, KITE, {"id": "1", "title": "red"}) == ("1", {"name": "red"})
    assert begun(TOY, KITE, {"title": "red", "href": "/x"}) == (None, {"name": "red"})


@pytest.mark.parametrize("body", [[], {}, {"title": 1}, {"id": 1, "title": "red"}])
def test_what_is_no_document_of_the_face_is_refused(body: Any) -> None:
    """By the shape of the face."""
    with pytest.raises(BadBody):
        begun(TOY, KITE, body)


def test_a_change_is_made_to_what_is_shown() -> None:
    """And given back as what is stored; what was missing may go on missing."""
    before: dict[str, Any] = {"id": "1", "name": "red", "size": 3}
    assert changed(TOY, KITE, before, lambda seen: {**seen, "title": "blue"}) == {**before, "name": "blue"}
    assert changed(TOY, KITE, {"id": "1"}, lambda seen: {**seen, "x": 1}) == {"id": "1", "name": None}


@pytest.mark.parametrize("broken", [{"id": "1"}, {"id": "1", "title": 1}, []])
def test_a_change_that_breaks_the_shape_of_the_face_is_refused(broken: Any) -> None:
    """What is mandatory cannot be removed, what is changed is checked."""
    with pytest.raises(BadBody):
        changed(TOY, KITE, {"id": "1", "name": "red"}, lambda _: broken)
