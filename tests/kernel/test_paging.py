"""Windows, cursors, links."""

import base64
from hashlib import blake2b

import pytest

from spanco.kernel.errors import BadParameter
from spanco.kernel.openapi import load
from spanco.kernel.paging import Cursor, Key, Page, kept_query, links, sort_kinds, spell_cursor, window
from tests.kernel.example import V5

NAME = (Key(("name",), descending=False),)
PLACE = spell_cursor((), (), "a")


def test_a_window_is_read_with_its_bounds() -> None:
    """A larger limit is cut; nothing asked is nothing explicit."""
    plain = window({}, default=10, maximum=20)
    assert (plain.limit, plain.offset, plain.keys, plain.explicit) == (10, 0, (), False)
    asked = window({"limit": "500", "offset": "3", "sort": " -a.b , +c, d"}, default=10, maximum=20)
    assert (asked.limit, asked.offset, asked.explicit) == (20, 3, True)
    assert asked.keys == (
        Key(("a", "b"), descending=True),
        Key(("c",), descending=False),
        Key(("d",), descending=False),
    )


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"limit": "-1"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "\u0661"}, "limit"),
        ({"offset": "9" * 40}, "offset"),
        ({"offset": "10000001"}, "offset"),
        ({"sort": "a..b"}, "sort"),
        ({"sort": "-"}, "sort"),
        ({"sort": "a" * 201}, "sort"),
        ({"sort": ",".join("abcdefghijklmnopqrstu")}, "sort"),
        ({"after": PLACE, "before": PLACE}, "before"),
        ({"after": PLACE, "offset": "1"}, "offset"),
        ({"before": PLACE, "offset": "1"}, "offset"),
    ],
)
def test_a_window_that_makes_no_sense_is_refused(asked: dict[str, str], name: str) -> None:
    """It names the parameter."""
    with pytest.raises(BadParameter) as caught:
        window(asked, default=10, maximum=20)
    assert caught.value.where == name


def test_a_cursor_comes_back_as_it_was_spelled() -> None:
    """With missing values too."""
    text = spell_cursor(NAME, ["x", None], "7")
    assert window({"after": text, "sort": "name"}, default=1, maximum=1).after == Cursor(("x", None), "7")
    assert window({"before": text, "sort": "name"}, default=1, maximum=1).before == Cursor(("x", None), "7")


def _text(content: str, digest: bytes = b"") -> str:
    """A cursor with this content; its digest is right unless another is given."""
    raw = content.encode()
    return base64.urlsafe_b64encode((digest or blake2b(raw, digest_size=6).digest()) + raw).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "é",
        "a",
        "a" * 5000,
        "!!!!",
        _text("{}"),
        _text("[]"),
        _text("[1"),
        _text('["-name",[],"1"]'),
        _text('["name",[5],"1"]'),
        _text('["name",["x"],"1"]', b"wrong!"),
    ],
)
def test_a_cursor_that_no_list_gave_is_refused(text: str) -> None:
    """Whatever it is made of."""
    with pytest.raises(BadParameter, match="Parameter 'after'"):
        window({"after": text, "sort": "name"}, default=1, maximum=1)


def page(asked: dict[str, str], *, total: int = 9, more: bool = True, exact: bool = True, rows: bool = True) -> str:
    """The relations of the links of a page."""
    view = window(asked, default=3, maximum=3)
    found = links("http://a/x", "b=1", Page(view, 3, total, exact, "F" if rows else None, "L" if rows else None, more))
    return found.replace("http://a/x?b=1&", "")


def test_links_lead_to_the_other_pages() -> None:
    """By cursor forward, by offset to the last one; the rest of the query is kept."""
    assert page({}) == '<limit=3>; rel="first", <after=L&limit=3>; rel="next", <offset=6&limit=3>; rel="last"'
    assert 'offset=0&limit=3>; rel="prev"' in page({"offset": "2"})
    assert "last" not in page({}, exact=False)
    assert "last" not in page({}, total=0, rows=False)
    assert "next" not in page({}, more=False)
    cursor = spell_cursor((), [], "1")
    after = page({"after": cursor}, more=False)
    assert 'before=F&limit=3>; rel="prev"' in after
    assert "next" not in after
    before = page({"before": cursor}, more=False)
    assert 'after=L&limit=3>; rel="next"' in before
    assert "prev" not in before
    assert "prev" in page({"before": cursor}, more=True)


def test_the_kept_query_is_safe_in_a_header() -> None:
    """The places are taken out; what could end the link is encoded."""
    assert kept_query(b'limit=1&a=%20b&after=x&&c=<>"d\xe9') == "a=%20b&c=%3C%3E%22d%C3%A9"


def test_how_a_key_is_compared_comes_from_the_schema() -> None:
    """Identity, declared numbers, indexed text, anything else."""
    kite = load(V5).resources["kite"]
    keys = window({"sort": "id,weight,name,wing.span"}, default=1, maximum=1).keys
    assert sort_kinds(kite, keys) == ["id", "number", "text", "any"]
