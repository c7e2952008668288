"""Paths of JSON Patch Query that cannot be read, that lead nowhere, or that would select too much."""

import pytest

from spanco.kernel import patch
from spanco.kernel.errors import BadBody, BadPatch
from spanco.kernel.wire import Document
from tests.kernel.test_patch_query import NOTES, changed


@pytest.mark.parametrize(
    "path",
    [
        "/note?",
        "/note?note.id",
        "/note?=1",
        "/note?note..id=1",
        "/note?note.id=1&",
        "/note?" + "&".join(["note.id=1"] * 21),
        "/note~2?note.id=1",
        "/note[?(@.id=='1')",
        "/note[?(@.id=='1)]",
        "/note[?(@.id==)]/text",
        "/note[?()]",
        "/note[?(@.id=='1')]text",
        "note..text",
        "note[",
        "note[01]",
        "note[*]",
        "$.",
        "/a" * 65 + "?x=1",
        "note[?(@.id=='1')]" + "[0]" * 65,
    ],
)
def test_a_path_that_cannot_be_read_is_refused_with_its_place(path: str) -> None:
    """As `BadBody`, before anything is applied."""
    with pytest.raises(BadBody) as refused:
        patch.apply_query(NOTES, [{"op": "remove", "path": "/status"}, {"op": "remove", "path": path}])
    assert refused.value.where == "[1].path"
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    ("element", "predicate"),
    [
        ("a)]b", "@.x=='a)]b'"),
        ("a'b", '@.x=="a\'b"'),
        ("a/b?c=d", "@.x=='a/b?c=d'"),
        ("[?(", "@.x=='[?('"),
    ],
)
def test_quoted_brackets_do_not_end_a_predicate(element: str, predicate: str) -> None:
    """Nor do slashes and question marks."""
    document: Document = {"a": [{"x": element}, {"x": "other"}]}
    assert changed(document, "remove", f"/a[?({predicate})]") == {"a": [{"x": "other"}]}


@pytest.mark.parametrize(
    "path", ["status[?(@.x=='1')]", "amount[?(@.unit=='EUR')]", "missing[?(@.x=='1')]", "/x/y?x.y=1"]
)
def test_a_predicate_selects_nothing_where_no_array_is(path: str) -> None:
    """A text, an object and a missing attribute have no elements."""
    with pytest.raises(BadPatch, match="selects nothing"):
        changed(NOTES, "remove", path)


@pytest.mark.parametrize("path", ["/note/9/text?status=x", "/note/-?note.id=1", "/note/9/text?note.id=1"])
def test_an_index_behind_the_end_leads_nowhere(path: str) -> None:
    """With criteria as without."""
    with pytest.raises(BadPatch):
        changed(NOTES, "replace", path, "x")


def test_arrays_directly_in_arrays_are_opened_too() -> None:
    """Level by level."""
    assert changed({"m": [[{"x": 1}], [{"x": 2}]]}, "replace", "/m/x?m.x=2", 3) == {"m": [[{"x": 1}], [{"x": 3}]]}


def test_what_is_multiplied_is_bounded() -> None:
    """Places, growth and comparisons."""
    many: Document = {"a": [{"x": 1} for _ in range(1001)]}
    with pytest.raises(BadPatch, match="more than 1000 places"):
        changed(many, "remove", "/a?a.x=1")
    few: Document = {"a": [{"x": 1} for _ in range(500)]}
    with pytest.raises(BadPatch, match="1000000 bytes"):
        changed(few, "add", "/a/y?a.x=1", "y" * 2_100)
    assert changed(few, "add", "/a/y?a.x=1", {"y": ["y" * 100]})
    wide: Document = {"a": [0] * 60_000}
    criteria = "&".join(["a=0"] * 20)
    with pytest.raises(BadPatch, match="too many values"):
        patch.apply_query(wide, [{"op": "test", "path": f"/a?{criteria}", "value": 0}])
    searched: Document = {"a": [{"x": [[0]] * 5_000, "z": 0}]}
    with pytest.raises(BadPatch, match="too many values"):
        patch.apply_query(searched, [{"op": "test", "path": "a[?(@.z==0)].z", "value": 0}] * 120)
