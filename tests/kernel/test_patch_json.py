"""JSON Patch: RFC 6902 with JSON Pointers of RFC 6901."""

import copy
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanco.kernel import patch
from spanco.kernel.errors import BadBody, BadPatch
from spanco.kernel.patch.comparison import same
from spanco.kernel.patch.json_patch import apply_value
from spanco.kernel.wire import Document, Json

APPLIED: list[tuple[str, Json, list[Json], Json]] = [
    # RFC 6902 appendix A
    ("A.1 add a member", {"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
    ("A.2 add an element", {"foo": ["bar", "baz"]}, [{"op": "add", "path": "/foo/1", "value": "qux"}],
     {"foo": ["bar", "qux", "baz"]}),
    ("A.3 remove a member", {"baz": "qux", "foo": "bar"}, [{"op": "remove", "path": "/baz"}], {"foo": "bar"}),
    ("A.4 remove an element", {"foo": ["bar", "qux", "baz"]}, [{"op": "remove", "path": "/foo/1"}],
     {"foo": ["bar", "baz"]}),
    ("A.5 replace a value", {"baz": "qux", "foo": "bar"}, [{"op": "replace", "path": "/baz", "value": "boo"}],
     {"baz": "boo", "foo": "bar"}),
    ("A.6 move a value", {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
     [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
     {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}}),
    ("A.7 move an element", {"foo": ["all", "grass", "cows", "eat"]},
     [{"op": "move", "from": "/foo/1", "path": "/foo/3"}], {"foo": ["all", "cows", "eat", "grass"]}),
    ("A.8 test a value", {"baz": "qux", "foo": ["a", 2, "c"]},
     [{"op": "test", "path": "/baz", "value": "qux"}, {"op": "test", "path": "/foo/1", "value": 2}],
     {"baz": "qux", "foo": ["a", 2, "c"]}),
    ("A.10 add a nested object", {"foo": "bar"}, [{"op": "add", "path": "/child", "value": {"grandchild": {}}}],
     {"foo": "bar", "child": {"grandchild": {}}}),
    ("A.11 ignore unknown members", {"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}],
     {"foo": "bar", "baz": "qux"}),
    ("A.14 escapes in order", {"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
    ("A.16 add an array as element", {"foo": ["bar"]}, [{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}],
     {"foo": ["bar", ["abc", "def"]]}),
    # add
    ("no operation at all", {"a": 1}, [], {"a": 1}),
    ("add replaces a member", {"a": 1}, [{"op": "add", "path": "/a", "value": 2}], {"a": 2}),
    ("add replaces an array member as a whole", {"a": [1]}, [{"op": "add", "path": "/a", "value": 2}], {"a": 2}),
    ("add null", {}, [{"op": "add", "path": "/a", "value": None}], {"a": None}),
    ("add false", {}, [{"op": "add", "path": "/a", "value": False}], {"a": False}),
    ("add to the empty name", {}, [{"op": "add", "path": "/", "value": 1}], {"": 1}),
    ("add two levels of empty names", {"": {}}, [{"op": "add", "path": "//", "value": 1}], {"": {"": 1}}),
    ("add at the front", {"a": [1]}, [{"op": "add", "path": "/a/0", "value": 0}], {"a": [0, 1]}),
    ("add just behind the end", {"a": [1]}, [{"op": "add", "path": "/a/1", "value": 2}], {"a": [1, 2]}),
    ("add to an empty array", {"a": []}, [{"op": "add", "path": "/a/0", "value": 1}], {"a": [1]}),
    ("add at the end of an empty array", {"a": []}, [{"op": "add", "path": "/a/-", "value": 1}], {"a": [1]}),
    ("add inside an element", {"a": [{}]}, [{"op": "add", "path": "/a/0/b", "value": 1}], {"a": [{"b": 1}]}),
    ("add a member named by a number", {"a": {}}, [{"op": "add", "path": "/a/0", "value": 1}], {"a": {"0": 1}}),
    ("add a member named by a dash", {}, [{"op": "add", "path": "/-", "value": 1}], {"-": 1}),
    ("add the whole value", {"a": 1}, [{"op": "add", "path": "", "value": {"b": 2}}], {"b": 2}),
    ("add into an array in an array", [[1], [2]], [{"op": "add", "path": "/1/0", "value": 0}], [[1], [0, 2]]),
    ("add to a top-level array", [1], [{"op": "add", "path": "/-", "value": 2}], [1, 2]),
    ("add a name with a tilde", {}, [{"op": "add", "path": "/a~0b", "value": 1}], {"a~b": 1}),
    ("add a name with a slash", {}, [{"op": "add", "path": "/a~1b", "value": 1}], {"a/b": 1}),
    ("add a name with brackets and a question mark", {}, [{"op": "add", "path": "/a[?(x)]?b=1", "value": 1}],
     {"a[?(x)]?b=1": 1}),
    ("add a name beyond ASCII", {}, [{"op": "add", "path": "/größe", "value": 1}], {"größe": 1}),
    ("add a name with a blank", {}, [{"op": "add", "path": "/a b", "value": 1}], {"a b": 1}),
    ("add one after the other", {},
     [{"op": "add", "path": "/a", "value": {}}, {"op": "add", "path": "/a/b", "value": 1}], {"a": {"b": 1}}),
    ("two inserts at one place", {"a": []},
     [{"op": "add", "path": "/a/0", "value": 1}, {"op": "add", "path": "/a/0", "value": 2}], {"a": [2, 1]}),
    # remove
    ("remove a null", {"a": None}, [{"op": "remove", "path": "/a"}], {}),
    ("remove inside an element", {"a": [{"b": 1, "c": 2}]}, [{"op": "remove", "path": "/a/0/b"}], {"a": [{"c": 2}]}),
    ("remove the first twice", {"a": [1, 2, 3]}, [{"op": "remove", "path": "/a/0"}] * 2, {"a": [3]}),
    ("remove the last", {"a": [1, 2]}, [{"op": "remove", "path": "/a/1"}], {"a": [1]}),
    ("remove keeps the order", {"a": 1, "b": 2, "c": 3}, [{"op": "remove", "path": "/b"}], {"a": 1, "c": 3}),
    # replace
    ("replace by null", {"a": 1}, [{"op": "replace", "path": "/a", "value": None}], {"a": None}),
    ("replace a null", {"a": None}, [{"op": "replace", "path": "/a", "value": 1}], {"a": 1}),
    ("replace an element", {"a": [1, 2]}, [{"op": "replace", "path": "/a/1", "value": 3}], {"a": [1, 3]}),
    ("replace an element by an array", {"a": [1]}, [{"op": "replace", "path": "/a/0", "value": [2]}], {"a": [[2]]}),
    ("replace an object by a text", {"a": {"b": 1}}, [{"op": "replace", "path": "/a", "value": "x"}], {"a": "x"}),
    ("replace the whole value", {"a": 1}, [{"op": "replace", "path": "", "value": {"b": 1}}], {"b": 1}),
    ("replace deep inside", {"a": {"b": [{"c": 1}]}}, [{"op": "replace", "path": "/a/b/0/c", "value": 2}],
     {"a": {"b": [{"c": 2}]}}),
    # move
    ("move to the same place", {"a": 1}, [{"op": "move", "from": "/a", "path": "/a"}], {"a": 1}),
    ("move an element to the same place", {"a": [1, 2]}, [{"op": "move", "from": "/a/0", "path": "/a/0"}],
     {"a": [1, 2]}),
    ("move over a member", {"a": 1, "b": 2}, [{"op": "move", "from": "/a", "path": "/b"}], {"b": 1}),
    ("move out of an object", {"a": {"b": 1}}, [{"op": "move", "from": "/a/b", "path": "/b"}], {"a": {}, "b": 1}),
    ("move over its own parent", {"a": {"b": 1}}, [{"op": "move", "from": "/a/b", "path": "/a"}], {"a": 1}),
    ("move to the end", {"a": [1, 2]}, [{"op": "move", "from": "/a/0", "path": "/a/-"}], {"a": [2, 1]}),
    ("move into a name that begins alike", {"a": 1, "ab": {}}, [{"op": "move", "from": "/a", "path": "/ab/c"}],
     {"ab": {"c": 1}}),
    ("move an element to a member", {"a": [1, 2]}, [{"op": "move", "from": "/a/1", "path": "/b"}], {"a": [1], "b": 2}),
    ("move a null", {"a": None}, [{"op": "move", "from": "/a", "path": "/b"}], {"b": None}),
    # copy
    ("copy a member", {"a": {"b": 1}}, [{"op": "copy", "from": "/a", "path": "/c"}], {"a": {"b": 1}, "c": {"b": 1}}),
    ("copy an element", {"a": [1, 2]}, [{"op": "copy", "from": "/a/0", "path": "/a/-"}], {"a": [1, 2, 1]}),
    ("copy into itself", {"a": {"b": 1}}, [{"op": "copy", "from": "/a", "path": "/a/c"}],
     {"a": {"b": 1, "c": {"b": 1}}}),
    ("copy the whole value inside", {"a": 1}, [{"op": "copy", "from": "", "path": "/b"}], {"a": 1, "b": {"a": 1}}),
    ("copy an inner value over the whole", {"a": {"b": 1}}, [{"op": "copy", "from": "/a", "path": ""}], {"b": 1}),
    ("a copy is not changed with its origin", {"a": {"b": 1}},
     [{"op": "copy", "from": "/a", "path": "/c"}, {"op": "replace", "path": "/c/b", "value": 2}],
     {"a": {"b": 1}, "c": {"b": 2}}),
    # test
    ("test the whole value", {"a": 1}, [{"op": "test", "path": "", "value": {"a": 1}}], {"a": 1}),
    ("test a null", {"a": None}, [{"op": "test", "path": "/a", "value": None}], {"a": None}),
    ("test an object without order", {"a": {"x": 1, "y": [2]}},
     [{"op": "test", "path": "/a", "value": {"y": [2], "x": 1}}], {"a": {"x": 1, "y": [2]}}),
    ("test an integer with a decimal", {"a": 1}, [{"op": "test", "path": "/a", "value": Decimal("1.00")}], {"a": 1}),
    ("test the empty name", {"": 1}, [{"op": "test", "path": "/", "value": 1}], {"": 1}),
    ("test a name that looks percent-encoded", {"c%d": 2}, [{"op": "test", "path": "/c%d", "value": 2}], {"c%d": 2}),
    ("test a name with a backslash", {"i\\j": 5}, [{"op": "test", "path": "/i\\j", "value": 5}], {"i\\j": 5}),
    ("test a name with a quote", {'k"l': 6}, [{"op": "test", "path": '/k"l', "value": 6}], {'k"l': 6}),
    ("test a name with both escapes", {"m~/n": 8}, [{"op": "test", "path": "/m~0~1n", "value": 8}], {"m~/n": 8}),
    ("test, then replace", {"a": 1},
     [{"op": "test", "path": "/a", "value": 1}, {"op": "replace", "path": "/a", "value": 2}], {"a": 2}),
]  # fmt: skip

REFUSED: list[tuple[str, Json, list[Json]]] = [
    # RFC 6902 appendix A
    ("A.9 a test fails", {"baz": "qux"}, [{"op": "test", "path": "/baz", "value": "bar"}]),
    ("A.12 add to a parent that is not there", {"foo": "bar"}, [{"op": "add", "path": "/baz/bat", "value": "qux"}]),
    ("A.15 a text is not a number", {"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": "10"}]),
    # places that are not there
    ("remove what is not there", {"a": 1}, [{"op": "remove", "path": "/b"}]),
    ("remove below what is not there", {"a": 1}, [{"op": "remove", "path": "/b/c"}]),
    ("remove below a text", {"a": "x"}, [{"op": "remove", "path": "/a/0"}]),
    ("remove below a null", {"a": None}, [{"op": "remove", "path": "/a/b"}]),
    ("remove behind the end", {"a": [1]}, [{"op": "remove", "path": "/a/1"}]),
    ("remove at the dash", {"a": [1]}, [{"op": "remove", "path": "/a/-"}]),
    ("remove the whole value", {"a": 1}, [{"op": "remove", "path": ""}]),
    ("remove twice", {"a": 1}, [{"op": "remove", "path": "/a"}] * 2),
    ("replace what is not there", {"a": 1}, [{"op": "replace", "path": "/b", "value": 1}]),
    ("replace behind the end", {"a": [1]}, [{"op": "replace", "path": "/a/1", "value": 1}]),
    ("replace at the dash", {"a": [1]}, [{"op": "replace", "path": "/a/-", "value": 1}]),
    ("replace inside a number", {"a": 1}, [{"op": "replace", "path": "/a/b", "value": 1}]),
    ("add two behind the end", {"a": [1]}, [{"op": "add", "path": "/a/2", "value": 1}]),
    ("add below a text", {"a": "x"}, [{"op": "add", "path": "/a/b", "value": 1}]),
    ("add below the dash", {"a": [{}]}, [{"op": "add", "path": "/a/-/b", "value": 1}]),
    ("add below an element that is not there", {"a": [{}]}, [{"op": "add", "path": "/a/1/b", "value": 1}]),
    ("move from what is not there", {"a": 1}, [{"op": "move", "from": "/b", "path": "/a"}]),
    ("move from what is not there to itself", {"a": 1}, [{"op": "move", "from": "/b", "path": "/b"}]),
    ("move into its own child", {"a": {"b": 1}}, [{"op": "move", "from": "/a", "path": "/a/b"}]),
    ("move the whole value inside", {"a": 1}, [{"op": "move", "from": "", "path": "/b"}]),
    ("copy from what is not there", {"a": 1}, [{"op": "copy", "from": "/b", "path": "/c"}]),
    ("copy from the dash", {"a": [1]}, [{"op": "copy", "from": "/a/-", "path": "/c"}]),
    ("test what is not there", {"a": 1}, [{"op": "test", "path": "/b", "value": None}]),
    # indices
    ("a leading zero", {"a": [1, 2]}, [{"op": "test", "path": "/a/01", "value": 2}]),
    ("two zeros", {"a": [1]}, [{"op": "add", "path": "/a/00", "value": 2}]),
    ("a negative index", {"a": [1]}, [{"op": "test", "path": "/a/-1", "value": 1}]),
    ("a plus sign", {"a": [1, 2]}, [{"op": "test", "path": "/a/+1", "value": 2}]),
    ("an exponent", {"a": [1, 2]}, [{"op": "test", "path": "/a/1e0", "value": 2}]),
    ("a word", {"a": [1]}, [{"op": "add", "path": "/a/x", "value": 2}]),
    ("an empty step", {"a": [1]}, [{"op": "add", "path": "/a/", "value": 2}]),
    ("a blank", {"a": [1]}, [{"op": "replace", "path": "/a/ 0", "value": 2}]),
    ("a superscript digit", {"a": [1, 2, 3]}, [{"op": "remove", "path": "/a/²"}]),
    ("a huge index", {"a": [1]}, [{"op": "remove", "path": "/a/" + "9" * 5000}]),
    # strict equality
    ("true is not 1", {"a": 1}, [{"op": "test", "path": "/a", "value": True}]),
    ("0 is not false", {"a": False}, [{"op": "test", "path": "/a", "value": 0}]),
    ("null is not false", {"a": None}, [{"op": "test", "path": "/a", "value": False}]),
    ("an empty array is no empty object", {"a": []}, [{"op": "test", "path": "/a", "value": {}}]),
    ("arrays have an order", {"a": [1, 2]}, [{"op": "test", "path": "/a", "value": [2, 1]}]),
    ("true inside an array is not 1", {"a": [1]}, [{"op": "test", "path": "/a", "value": [True]}]),
    ("letters have a case", {"a": "x"}, [{"op": "test", "path": "/a", "value": "X"}]),
    # all or none
    ("a later test fails", {"a": 1},
     [{"op": "replace", "path": "/a", "value": 2}, {"op": "test", "path": "/a", "value": 1}]),
]  # fmt: skip


@pytest.mark.parametrize(("value", "operations", "outcome"), [c[1:] for c in APPLIED], ids=[c[0] for c in APPLIED])
def test_an_operation_does_what_rfc_6902_says(value: Json, operations: list[Json], outcome: Json) -> None:
    """Appendix A first, then every rule; the inputs stay as they were."""
    kept = copy.deepcopy((value, operations))
    assert same(apply_value(value, operations), outcome)
    assert (value, operations) == kept


@pytest.mark.parametrize(("value", "operations"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_an_operation_that_cannot_be_done_is_refused_as_a_whole(value: Json, operations: list[Json]) -> None:
    """With the number of the operation, and nothing is changed."""
    kept = copy.deepcopy(value)
    with pytest.raises(BadPatch) as refused:
        apply_value(value, operations)
    assert refused.value.where == f"[{len(operations) - 1}]"
    assert value == kept
    assert len(str(refused.value)) < 300


def test_a_failed_test_says_so() -> None:
    """And tells where, but not what stands there."""
    with pytest.raises(
        BadPatch, match=r"Operation \[0\] \(test\) .* the test failed, '/a/0' has another value"
    ) as refused:
        patch.apply({"a": ["secret"]}, [{"op": "test", "path": "/a/0", "value": "x"}])
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("operations", "where"),
    [
        ({}, ""),
        (None, ""),
        ("x", ""),
        ([1], "[0]"),
        ([{"op": "remove", "path": "/a"}, []], "[1]"),
        ([{"path": "/a"}], "[0].op"),
        ([{"op": None, "path": "/a"}], "[0].op"),
        ([{"op": ["add"], "path": "/a"}], "[0].op"),
        ([{"op": "Add", "path": "/a", "value": 1}], "[0].op"),
        ([{"op": "spam", "path": "/a"}], "[0].op"),
        ([{"op": "remove", "path": "/a"}] * 2 + [{"op": "merge"}], "[2].op"),
        ([{"op": "remove"}], "[0].path"),
        ([{"op": "remove", "path": None}], "[0].path"),
        ([{"op": "remove", "path": 1}], "[0].path"),
        ([{"op": "remove", "path": "/a~"}], "[0].path"),
        ([{"op": "remove", "path": "/a~2"}], "[0].path"),
        ([{"op": "remove", "path": "/a" * 65}], "[0].path"),
        ([{"op": "add", "path": "/a"}], "[0].value"),
        ([{"op": "replace", "path": "/a"}], "[0].value"),
        ([{"op": "test", "path": "/a"}], "[0].value"),
        ([{"op": "move", "path": "/a"}], "[0].from"),
        ([{"op": "copy", "path": "/a", "from": 1}], "[0].from"),
        ([{"op": "remove", "path": "/a"}] * 501, ""),
    ],
)
@pytest.mark.parametrize("apply", [patch.apply, patch.apply_query])
def test_what_is_no_patch_is_refused_with_its_place(
    apply: Callable[[Document, Json], Document], operations: Json, where: str
) -> None:
    """Before anything is applied; both media types read the same list."""
    with pytest.raises(BadBody) as refused:
        apply({"a": 1}, operations)
    assert refused.value.where == where
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("operation", "where"),
    [
        ({"op": "remove", "path": "a"}, "[0].path"),
        ({"op": "remove", "path": "#/a"}, "[0].path"),
        ({"op": "copy", "path": "/a", "from": "b"}, "[0].from"),
    ],
)
def test_a_json_pointer_begins_with_a_slash(operation: Document, where: str) -> None:
    """A JSONPath belongs into a JSON Patch Query."""
    with pytest.raises(BadBody, match="begins with '/'") as refused:
        patch.apply({"a": 1}, [operation])
    assert refused.value.where == where


@pytest.mark.parametrize("value", [[], "x", None, 1])
def test_the_resource_stays_an_object(value: Json) -> None:
    """Whatever happens on the way."""
    with pytest.raises(BadPatch, match="not an object"):
        patch.apply({"a": 1}, [{"op": "replace", "path": "", "value": value}])


def test_copies_cannot_blow_the_document_up() -> None:
    """Doubling is stopped at about a megabyte, long texts count by their length."""
    doubling: list[Json] = [{"op": "copy", "from": "", "path": "/a"}, {"op": "copy", "from": "", "path": "/b"}] * 20
    with pytest.raises(BadPatch, match="1000000 bytes"):
        patch.apply({"x": [1, {"y": 2}]}, doubling)
    long: Document = {"text": "x" * 100_000, "copies": []}
    with pytest.raises(BadPatch, match="1000000 bytes"):
        patch.apply(long, [{"op": "copy", "from": "/text", "path": "/copies/-"}] * 10)
    assert patch.apply(long, [{"op": "copy", "from": "/text", "path": "/copies/-"}] * 9)


def nested(levels: int) -> Document:
    document: Document = {}
    for _ in range(levels - 1):
        document = {"a": document}
    return document


def test_a_patch_cannot_make_a_document_too_deep_to_read_again() -> None:
    """64 levels are allowed, as on the wire."""
    value = nested(40)
    assert patch.apply({"a": nested(62)}, [{"op": "add", "path": "/b", "value": nested(63)}])
    assert patch.apply({"a": {}}, [{"op": "add", "path": "/a/x", "value": "leaf"}]) == {"a": {"x": "leaf"}}
    with pytest.raises(BadPatch, match="64 levels"):
        patch.apply(nested(40), [{"op": "add", "path": "/a" * 30, "value": value}])
    deepest = patch.apply(nested(64), [{"op": "add", "path": "/a" * 63 + "/b", "value": 1}])
    with pytest.raises(BadPatch, match="64 levels"):
        patch.apply(deepest, [{"op": "add", "path": "/a" * 63 + "/b", "value": []}])


names = st.sampled_from(["a", "b", "0", "-"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.just("x"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
documents = st.dictionaries(names, values, max_size=3)
pointers = st.lists(names | st.just("1"), max_size=3).map(lambda steps: "".join("/" + step for step in steps))
operations_lists = st.lists(
    st.fixed_dictionaries(
        {
            "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]),
            "path": pointers,
            "from": pointers,
            "value": values,
        }
    ),
    max_size=4,
)


@settings(max_examples=200)
@given(documents, operations_lists, st.sampled_from([patch.apply, patch.apply_query]))
def test_a_patch_never_touches_its_inputs(
    document: Document, operations: list[Json], apply: Callable[[Document, Json], Document]
) -> None:
    """Whether it succeeds or is refused."""
    kept = copy.deepcopy((document, operations))
    try:
        apply(document, operations)
    except BadPatch as refused:
        assert refused.where.startswith("[") or "not an object" in str(refused)  # noqa: PT017 (both ends are fine)
    assert (document, operations) == kept
