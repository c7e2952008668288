"""JSON Patch Query: operations on places selected by content (TMF630 parts 5 and 6)."""

import copy
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanco.kernel import patch
from spanco.kernel.errors import BadPatch
from spanco.kernel.patch.comparison import same
from spanco.kernel.wire import Document, Json

NOTES: Document = {
    "id": "1",
    "status": "open",
    "note": [
        {"id": "1", "author": "Arthur Evans", "text": "called"},
        {"id": "2", "author": "John Doe"},
        {"id": "3", "author": "John Doe", "tags": ["a", "b"]},
    ],
    "amount": {"value": 1200, "unit": "EUR"},
}
ORDER: Document = {
    "orderItem": [
        {"quantity": 1, "offering": {"id": "1513"}, "product": {"party": [{"name": "Mary", "role": "customer"}]}},
        {"quantity": 2, "offering": {"id": "1513"}, "product": {"party": [{"name": "John", "role": "customer"}]}},
        {"quantity": 3, "offering": {"id": "9"}},
    ]
}
FEATURES: Document = {
    "feature": [
        {"name": "reason", "value": ["lost", "fraud"]},
        {"name": "order", "value": {"sla": "basic"}},
        {"name": "on", "value": True},
        {"name": "off", "value": False},
        {"name": "none", "value": None},
        {"name": "rate", "value": Decimal("1.50")},
    ]
}


def names(document: Document, array: str, attribute: str) -> list[Json]:
    """The attribute of every element, None where it is missing."""
    elements = document[array]
    assert isinstance(elements, list)
    return [each.get(attribute) if isinstance(each, dict) else each for each in elements]


def changed(document: Document, op: str, path: str, value: Json = None) -> Document:
    """The document after one operation; it stays as it was."""
    kept = copy.deepcopy(document)
    outcome = patch.apply_query(document, [{"op": op, "path": path, "value": value}])
    assert document == kept
    return outcome


@pytest.mark.parametrize(
    ("path", "texts"),
    [
        ("/note/text?note.author=Arthur Evans", ["new", None, None]),
        ("/note/text?note.author=John Doe", ["called", "new", "new"]),
        ("/note/text?note.author=John%20Doe&note.id=2", ["called", "new", None]),
        ("/note/text?author=John Doe&id=3", ["called", None, "new"]),
        ("/note/text?note.tags=b", ["called", None, "new"]),
        ("/note/text?id=1&status=x&note.id=1", None),
        ("/note[?(@.id=='2')]/text", ["called", "new", None]),
        ("/note[?(@.id=='2')].text", ["called", "new", None]),
        ("note[?(@.author=='John Doe')].text", ["called", "new", "new"]),
        ("$.note[?(@.author=='John Doe' && @.id=='3')].text", ["called", None, "new"]),
        ('$.note[?(@.id=="2")]/text', ["called", "new", None]),
        ("note[?(@.author=='John Doe')].text?id=3", ["called", None, "new"]),
        ("note[1].text", ["called", "new", None]),
        ("$['note'][1]['text']", ["called", "new", None]),
        ('$["note"][1].text', ["called", "new", None]),
        ("/note/1/text", ["called", "new", None]),
        ("/note/1/text?status=open&note.id=2", None),
        ("/note/1/text?note.id=2", ["called", "new", None]),
    ],
)
def test_an_attribute_is_added_to_every_selected_element(path: str, texts: list[Json] | None) -> None:
    """In every spelling; None stands for "selects nothing"."""
    if texts is None:
        with pytest.raises(BadPatch, match="selects nothing"):
            changed(NOTES, "add", path, "new")
    else:
        assert names(changed(NOTES, "add", path, "new"), "note", "text") == texts


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("/note?note.author=John Doe", ["1"]),
        ("/note?author=John Doe", ["1"]),
        ("/note?note.id=2", ["1", "3"]),
        ("/note?note.author=John Doe&note.id=2", ["1", "3"]),
        ("/note[?(@.author=='John Doe')]", ["1"]),
        ("note[?(@.id!='2')]", ["2"]),
        ("note[?@.id=='1']", ["2", "3"]),
        ("/note/0", ["2", "3"]),
    ],
)
def test_selected_elements_are_removed(path: str, left: list[Json]) -> None:
    """All of them, whatever their positions."""
    assert names(changed(NOTES, "remove", path), "note", "id") == left


def test_an_attribute_of_selected_elements_is_removed() -> None:
    """And it must be there in each."""
    assert names(changed(NOTES, "remove", "/note/text?note.id=1"), "note", "text") == [None, None, None]
    with pytest.raises(BadPatch, match="no attribute 'text'"):
        changed(NOTES, "remove", "/note/text?note.author=John Doe")


def test_an_attribute_of_selected_elements_is_replaced() -> None:
    """And it must be there in each."""
    assert names(changed(NOTES, "replace", "/note/author?note.author=John Doe", "Jo"), "note", "author")[1:] == [
        "Jo",
        "Jo",
    ]
    with pytest.raises(BadPatch, match="no attribute 'text'"):
        changed(NOTES, "replace", "/note/text?note.id=2", "x")


@pytest.mark.parametrize(
    ("query", "quantities"),
    [
        (
            "orderItem.offering.id=1513&orderItem.product.party.role=customer&orderItem.product.party.name=Mary",
            [25, 2, 3],
        ),
        ("orderItem.offering.id=1513", [25, 25, 3]),
        ("offering.id=9", [1, 2, 25]),
        ("quantity=2", [1, 25, 3]),
        ("quantity=2.0", [1, 25, 3]),
    ],
)
def test_criteria_reach_through_inner_objects_and_arrays(query: str, quantities: list[Json]) -> None:
    """The example of the guideline first: the order item whose party is Mary."""
    assert names(changed(ORDER, "replace", f"/orderItem/quantity?{query}", 25), "orderItem", "quantity") == quantities


def test_a_criterion_narrows_every_array_that_it_names() -> None:
    """Mary's role, not John's; and a party goes away without its order item."""
    path = "/orderItem/product/party/role?orderItem.product.party.name=Mary"
    outcome = changed(ORDER, "replace", path, "owner")
    assert changed(outcome, "test", path, "owner") == outcome
    assert changed(outcome, "test", "/orderItem/product/party/role?orderItem.product.party.name=John", "customer")
    outcome = changed(ORDER, "remove", "/orderItem/product/party?orderItem.product.party.name=Mary")
    assert changed(outcome, "test", "/orderItem/0/product/party", [])
    inner = "orderItem[?(@.quantity==2)].product.party[?(@.name=='John')].name"
    assert changed(changed(ORDER, "replace", inner, "Jo"), "test", inner.replace("John", "Jo"), "Jo")


def test_elements_in_which_the_path_ends_early_are_not_selected() -> None:
    """The third order item has no product."""
    outcome = changed(ORDER, "add", "/orderItem/product/seen?orderItem.product.party.role=customer", new := True)
    assert [each for each in names(outcome, "orderItem", "product") if each] == [
        {"party": [{"name": "Mary", "role": "customer"}], "seen": new},
        {"party": [{"name": "John", "role": "customer"}], "seen": new},
    ]
    with pytest.raises(BadPatch, match="selects nothing"):
        changed(ORDER, "add", "/orderItem/product/seen?orderItem.offering.id=9", new)
    with pytest.raises(BadPatch, match="selects nothing"):
        changed(ORDER, "add", "/orderItem/quantity/unit?offering.id=9", "x")


@pytest.mark.parametrize(
    ("criterion", "name"),
    [
        ("value=true", "on"),
        ("value=false", "off"),
        ("value=null", "none"),
        ("value=1.5", "rate"),
        ("value=1.50", "rate"),
        ("value.sla=basic", "order"),
        ("value=fraud", "reason"),
        ("feature.name=order", "order"),
    ],
)
def test_a_criterion_compares_by_the_kind_of_the_value(criterion: str, name: str) -> None:
    """Texts by letter, numbers by value."""
    assert changed(FEATURES, "test", f"/feature/name?{criterion}", name)


@pytest.mark.parametrize(
    "criterion", ["value=1,5", "value=0x1", "value=True", "value=", "value.sla.x=basic", "value={}"]
)
def test_a_criterion_that_nothing_fulfils_selects_nothing(criterion: str) -> None:
    """Not even for a test."""
    with pytest.raises(BadPatch, match="selects nothing"):
        changed(FEATURES, "test", f"/feature/name?{criterion}", "x")


def test_add_adds_into_what_is_there() -> None:
    """An element to an array, members to an object, an attribute where nothing is; an array replaces an array."""
    reason, order = "/feature/value?feature.name=reason", "/feature/value?feature.name=order"
    assert names(changed(FEATURES, "add", reason, "theft"), "feature", "value")[0] == ["lost", "fraud", "theft"]
    assert names(changed(FEATURES, "add", reason, ["theft"]), "feature", "value")[0] == ["theft"]
    assert names(changed(FEATURES, "add", order, {"ref": "7"}), "feature", "value")[1] == {"sla": "basic", "ref": "7"}
    assert names(changed(FEATURES, "add", order, "x"), "feature", "value")[1] == "x"
    outcome = changed(NOTES, "add", "/note?note.id=2", {"text": "new", "author": "Jo"})
    assert names(outcome, "note", "text") == ["called", "new", None]
    assert names(outcome, "note", "author") == ["Arthur Evans", "Jo", "John Doe"]
    with pytest.raises(BadPatch, match="only the attributes of an object"):
        changed(NOTES, "add", "/note?note.id=2", "text")


def test_a_single_element_of_an_array_of_texts_is_removed() -> None:
    """The criterion names the array itself."""
    path = "/feature/value?feature.name=reason&feature.value=fraud"
    assert names(changed(FEATURES, "remove", path), "feature", "value")[0] == ["lost"]
    path = "/note/tags?id=3"
    assert names(changed(NOTES, "remove", path), "note", "tags")[2] is None
    path = "/note[?(@.id=='3')]/tags[?(@=='a')]"
    assert names(changed(NOTES, "remove", path), "note", "tags")[2] == ["b"]


def test_the_href_of_an_element_is_an_attribute_like_any_other() -> None:
    """Only a resource's own `href` is not stored."""
    document: Document = {"ref": [{"href": "/a/1"}, {"href": "/b/1"}]}
    for path in ("/ref[?(@.href=='/a/1')]", "/ref?ref.href=/a/1", "/ref?href=/a/1"):
        assert changed(document, "remove", path) == {"ref": [{"href": "/b/1"}]}


def test_a_path_without_criteria_means_what_it_means_in_rfc_6902() -> None:
    """But for `add` of a single thing to an array, which appends it."""
    assert names(changed(NOTES, "add", "/note", {"id": "4"}), "note", "id") == ["1", "2", "3", "4"]
    assert names(changed(NOTES, "add", "/note", [{"id": "4"}]), "note", "id") == ["4"]
    assert names(changed(NOTES, "add", "/note/0", {"id": "0"}), "note", "id") == ["0", "1", "2", "3"]
    assert names(changed(NOTES, "add", "/note/-", {"id": "4"}), "note", "id") == ["1", "2", "3", "4"]
    assert changed({"m": [[1], 2]}, "add", "/m/0", 0) == {"m": [0, [1], 2]}
    assert changed(NOTES, "add", "/amount", {"x": 1})["amount"] == {"x": 1}
    assert changed(NOTES, "replace", "/amount", "x")["amount"] == "x"
    assert changed(NOTES, "add", "", {"a": 1}) == {"a": 1}
    assert changed(NOTES, "add", "$", {"a": 1}) == {"a": 1}
    assert changed({"a[0]": 1}, "remove", "/a[0]") == {}
    with pytest.raises(BadPatch, match="'author' is no element"):
        changed(NOTES, "replace", "/note/author", "x")
    with pytest.raises(BadPatch, match="not an object"):
        patch.apply_query({}, [{"op": "add", "path": "", "value": []}, {"op": "add", "path": "", "value": 1}])


def test_the_examples_of_tmf699_v5_are_refused_with_a_reason() -> None:
    """Both replace an object by a text; by an object it works, and the criteria are those of the object."""
    lead: Document = {"revenueEstimate": {"amount": {"value": 1200, "unit": "EUR"}}}
    opportunity: Document = {"revenueEstimate": {"value": 1200, "unit": "EUR"}}
    others: list[Json] = ["1500", 1500, None, [1500]]
    for document, path in (
        (lead, "/revenueEstimate?amount.value=1200"),
        (opportunity, "/revenueEstimate?value=1200"),
        (opportunity, "/revenueEstimate?revenueEstimate.value=1200"),
    ):
        for value in others:
            with pytest.raises(BadPatch, match="stands an object"):
                changed(document, "replace", path, value)
        assert changed(document, "replace", path, {"value": 1500}) == {"revenueEstimate": {"value": 1500}}
        with pytest.raises(BadPatch, match="selects nothing"):
            changed(document, "replace", path.replace("1200", "1201"), {"value": 1500})


def test_criteria_without_an_array_hold_for_the_resource_or_the_value() -> None:
    """By the first name of the path they are spelled from the top."""
    assert changed(NOTES, "replace", "/status?status=open", "closed")["status"] == "closed"
    assert changed(NOTES, "replace", "/amount/value?amount.unit=EUR", 5)["amount"] == {"value": 5, "unit": "EUR"}
    assert changed(NOTES, "add", "?status=open", {"a": 1})["a"] == 1
    with pytest.raises(BadPatch, match="selects nothing"):
        changed(NOTES, "replace", "/status?status=closed", "open")


def test_a_test_holds_only_when_it_holds_everywhere() -> None:
    """And says when it failed."""
    assert changed(NOTES, "test", "/note/author?note.author=John Doe", "John Doe")
    with pytest.raises(BadPatch, match="the test failed"):
        changed(NOTES, "test", "/note/id?note.author=John Doe", "2")
    with pytest.raises(BadPatch, match="nothing stands"):
        changed(NOTES, "test", "/note/text?note.author=John Doe", None)


def test_move_and_copy_take_from_one_place() -> None:
    """A copy may go to several, a move goes to one; the source is gone when the target is looked for."""

    def carried(op: str, source: str, path: str) -> Document:
        return patch.apply_query(NOTES, [{"op": op, "from": source, "path": path}])

    outcome = carried("copy", "/note/text?note.id=1", "/note/text?note.author=John Doe")
    assert names(outcome, "note", "text") == ["called", "called", "called"]
    outcome = carried("move", "/note/text?note.id=1", "/note/text?note.id=2")
    assert names(outcome, "note", "text") == [None, "called", None]
    assert names(carried("move", "/note?note.id=1", "/note/-"), "note", "id") == ["2", "3", "1"]
    assert names(carried("move", "/note?note.id=1", "/note"), "note", "id") == ["2", "3", "1"]
    assert carried("move", "/note?note.id=1", "/note?note.id=1") == NOTES
    assert carried("move", "/status", "/state")["state"] == "open"
    for op, source, path in (
        ("copy", "/note/id?note.author=John Doe", "/x"),
        ("move", "/note/id?note.author=John Doe", "/x"),
        ("move", "/status", "/note/status?note.author=John Doe"),
    ):
        with pytest.raises(BadPatch, match="more than one place"):
            carried(op, source, path)
    with pytest.raises(BadPatch, match="selects nothing"):
        carried("move", "/note?note.id=1", "/note/x?note.id=1")


def rows_of(document: Document) -> list[Json]:
    elements = document["a"]
    assert isinstance(elements, list)
    return elements


elements = st.lists(st.fixed_dictionaries({"x": st.integers(0, 2), "y": st.integers(0, 9)}), max_size=6)


@settings(max_examples=60)
@given(elements, st.integers(0, 2), st.sampled_from(["/a?a.x={}", "/a?x={}", "a[?(@.x=={})]", "/a[?(@.x=={})]"]))
def test_every_spelling_selects_the_same_elements(rows: list[dict[str, Json]], x: int, spelling: str) -> None:
    """Removing the selected leaves exactly the others; replacing keeps the number."""
    document: Document = {"a": [*rows]}
    chosen = [row for row in rows if row["x"] == x]
    if not chosen:
        with pytest.raises(BadPatch):
            changed(document, "remove", spelling.format(x))
        return
    assert rows_of(changed(document, "remove", spelling.format(x))) == [row for row in rows if row["x"] != x]
    replaced = rows_of(changed(document, "replace", spelling.format(x), {"z": 1}))
    assert same(replaced, [{"z": 1} if row["x"] == x else row for row in rows])
