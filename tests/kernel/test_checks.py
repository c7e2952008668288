"""What may be stored, and how lenient input is spelled."""

from typing import Any

import pytest

from spanco.apis import own
from spanco.kernel.checks import LONGEST_SORTED, ready_to_change, ready_to_create
from spanco.kernel.errors import BadBody, RefusedMove
from spanco.kernel.events import event_type, events_of_change
from spanco.kernel.openapi import load
from tests.kernel.example import V4, V5, with_schema

KITE = load(V5).resources["kite"]
NOW, LATER = "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"


def kite(**more: Any) -> dict[str, Any]:
    """A stored kite with its identity."""
    return {"id": "1", "href": "http://a/kite/1", **ready_to_create(KITE, {"name": "Red", **more}, NOW)}


def test_a_new_document_gets_its_type_state_and_dates_from_the_server() -> None:
    """Client values of server-owned attributes are left out."""
    body: Any = {"id": "mine", "href": "x", "name": "Red", "state": "aloft", "made": "1999-01-01T00:00:00Z"}
    assert ready_to_create(KITE, body, NOW) == {
        "name": "Red",
        "@type": "Kite",
        "state": "folded",
        "made": NOW,
        "touched": NOW,
        "stateChangeDate": NOW,
    }


def test_a_new_resource_starts_in_an_initial_state_also_when_the_client_names_it() -> None:
    """Where the create shape lets it."""
    schemas = V5["components"]["schemas"]
    open_shape = schemas["Kite_FVO"] | {"properties": schemas["Kite_FVO"]["properties"] | {"state": {"type": "string"}}}
    resource = load(with_schema(Kite_FVO=open_shape)).resources["kite"]
    assert ready_to_create(resource, {"name": "Red", "state": "folded"}, NOW)["state"] == "folded"
    with pytest.raises(BadBody, match="starts as one of: folded"):
        ready_to_create(resource, {"name": "Red", "state": "aloft"}, NOW)


def test_an_import_keeps_its_own_dates_and_state() -> None:
    """Historic mode keeps them, in canonical spelling."""
    body: Any = {"name": "Old", "state": "aloft", "made": "1999-01-01T01:00:00+01:00"}
    stored = ready_to_create(KITE, body, NOW, historic=True)
    assert (stored["state"], stored["made"], stored["touched"]) == ("aloft", "1999-01-01T00:00:00.000Z", NOW)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (
            {"wing": [{"inspected": "true"}, {"inspected": "false"}]},
            {"wing": [{"inspected": True}, {"inspected": False}]},
        ),
        ({"wing": [{"built": "2020-01-01"}]}, {"wing": [{"built": "2020-01-01T00:00:00.000Z"}]}),
        ({"validFor": {"endDateTime": ""}}, {"validFor": {}}),
        ({"weight": None}, {}),
        ({"flown": "2026-01-01"}, {"flown": "2026-01-01"}),
        ({"serviced": ["2026-01-01"]}, {"serviced": ["2026-01-01T00:00:00.000Z"]}),
        ({"unknown": None, "other": {"deep": [None, ""]}}, {"unknown": None, "other": {"deep": [None, ""]}}),
    ],
)
def test_lenient_input_is_stored_in_one_spelling(given: dict[str, Any], stored: dict[str, Any]) -> None:
    """Booleans and dates as text, empty dates, nulls; unknown attributes survive as they are."""
    result = ready_to_create(KITE, {"name": "Red", **given}, NOW)
    assert {name: value for name, value in result.items() if name in given} == stored


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ([], ""),
        ("text", ""),
        (None, ""),
        ({}, ""),
        ({"name": 5}, "name"),
        ({"name": "Red", "weight": "heavy"}, "weight"),
        ({"name": "Red", "weight": [1]}, "weight"),
        ({"name": "ü" * 1500}, "name"),
        ({"name": "Red", "wing": {}}, "wing"),
        ({"name": "Red", "wing": ["flat"]}, "wing[0]"),
        ({"name": "Red", "wing": [{"inspected": "yes", "built": "never"}]}, "wing[0]"),
        ({"name": "Red", "validFor": {"startDateTime": "2020-01-02", "endDateTime": "2020-01-01"}}, "validFor"),
    ],
)
def test_a_bad_body_is_refused_naming_the_place(body: Any, where: str) -> None:
    """The path is the one people write."""
    with pytest.raises(BadBody) as refused:
        ready_to_create(KITE, body, NOW)
    assert refused.value.where == where


def test_a_long_complaint_is_cut() -> None:
    """Whole documents are never quoted back."""
    with pytest.raises(BadBody) as refused:
        ready_to_create(KITE, {"name": ["x" * 1000]}, NOW)
    assert len(str(refused.value)) < 300


def test_a_change_tells_which_paths_differ_and_sets_the_changed_date() -> None:
    """Managed dates follow the change; what clients say of them is ignored."""
    before = kite()
    document, paths = ready_to_change(KITE, before, {**before, "name": "Blue", "touched": "x"}, LATER)
    assert paths == ("name",)
    assert (document["touched"], document["stateChangeDate"], document["made"]) == (LATER, NOW, NOW)
    assert "id" not in document


def test_a_move_sets_the_date_of_the_state() -> None:
    """Only a real move does."""
    before = kite()
    document, _ = ready_to_change(KITE, before, {**before, "state": "aloft"}, LATER)
    assert document["stateChangeDate"] == LATER


def test_an_old_document_without_state_or_dates_can_be_changed() -> None:
    """One that was stored before the API knew of them."""
    before = {name: value for name, value in kite().items() if name not in {"state", "stateChangeDate"}}
    change: Any = {**before, "state": "aloft", "stateChangeDate": "1999-01-01T00:00:00.000Z"}
    document, paths = ready_to_change(KITE, before, change, LATER)
    assert paths == ("state",)
    assert (document["state"], document["stateChangeDate"]) == ("aloft", LATER)


def test_no_difference_is_no_change() -> None:
    """Echoing a whole document, with another base URL, changes nothing."""
    before = kite()
    document, paths = ready_to_change(KITE, before, {**before, "href": "https://b/kite/1"}, LATER)
    assert paths == ()
    assert document["touched"] == NOW


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"id": "2"}, "id"),
        ({"href": "http://a/kite/2"}, "href"),
        ({"href": 5}, "href"),
        ({"made": LATER}, "made"),
        ({"@type": "Balloon"}, "@type"),
        ({"state": None}, "state"),
        ({"state": "lost"}, "state"),
        ({"name": 5}, "name"),
        ({"name": None}, ""),
        ({"name": "x" * 3000}, "name"),
    ],
)
def test_what_must_not_change_is_refused_naming_it(change: dict[str, Any], where: str) -> None:
    """Server-owned, immutable, mandatory and typed attributes."""
    before = kite()
    with pytest.raises(BadBody) as refused:
        ready_to_change(KITE, before, {**before, **change}, LATER)
    assert refused.value.where == where


def test_a_text_that_lists_are_sorted_by_has_an_end() -> None:
    """It must fit into an index, in bytes; the attribute is named. Other texts may be longer."""
    assert ready_to_create(KITE, {"name": "x" * LONGEST_SORTED, "odd": "x" * 9999}, NOW)["name"]
    for name in ("x" * (LONGEST_SORTED + 1), "ж" * (LONGEST_SORTED // 2 + 1)):
        with pytest.raises(BadBody, match="'name': at most"):
            ready_to_create(KITE, {"name": name}, NOW)
        with pytest.raises(BadBody, match="'name': at most"):
            ready_to_change(KITE, kite(), kite() | {"name": name}, LATER)


def test_a_label_that_was_computed_for_an_answer_is_not_stored() -> None:
    """Whoever sends back what he read changes nothing by it."""
    api = next(load(each) for each in own() if each["x-spanco-key"] == "spanco")
    before: Any = {"id": "x", "name": "x", "title": "X", "createdAt": "2026-01-01T00:00:00.000Z", "@type": "Register"}
    assert ready_to_change(api.resources["register"], before, {**before, "label": "Iks"}, "2026")[1] == ()


def test_a_patch_must_leave_an_object() -> None:
    """A JSON Patch may replace the root."""
    with pytest.raises(BadBody):
        ready_to_change(KITE, kite(), [], LATER)


def test_a_forbidden_move_lists_the_possible_ones() -> None:
    """The lifecycle of the document decides."""
    closed = V5["components"]["schemas"]["Kite"] | {
        "x-spanco-lifecycle": {"attribute": "state", "initial": ["folded"], "moves": {"folded": []}}
    }
    document = with_schema(Kite=closed)
    resource = load(document).resources["kite"]
    before = kite()
    with pytest.raises(RefusedMove) as refused:
        ready_to_change(resource, before, {**before, "state": "aloft"}, LATER)
    assert refused.value.possible == ()
    assert "final" in str(refused.value)


def test_without_moves_every_move_is_allowed() -> None:
    """An overlay may give a start without a graph; a document without lifecycle has no moves at all."""
    free = V5["components"]["schemas"]["Kite"] | {"x-spanco-lifecycle": {"attribute": "state"}}
    document = with_schema(Kite=free)
    resource = load(document).resources["kite"]
    before = kite()
    assert ready_to_change(resource, before, {**before, "state": "aloft"}, LATER)[1] == ("state",)
    assert "state" not in ready_to_create(resource, {"name": "x"}, NOW)
    rope = load(V4).resources["rope"]
    assert ready_to_change(rope, {"id": "1", "length": 1}, {"id": "1", "length": 2}, LATER)[1] == ("length",)


@pytest.mark.parametrize(
    ("changed", "raised"),
    [
        (("name",), ["KiteAttributeValueChangeEvent"]),
        (("state",), ["KiteStatusChangeEvent"]),
        (("state", "stateChangeReason"), ["KiteStatusChangeEvent"]),
        (("stateChangeReason",), ["KiteAttributeValueChangeEvent"]),
        (("name", "state"), ["KiteAttributeValueChangeEvent", "KiteStatusChangeEvent"]),
        (("wing.span", "state"), ["KiteAttributeValueChangeEvent", "KiteStatusChangeEvent"]),
    ],
)
def test_each_kind_of_change_raises_its_event_in_a_fixed_order(changed: tuple[str, ...], raised: list[str]) -> None:
    """Attributes first, then the state with its companions."""
    assert events_of_change(KITE, changed) == raised


def test_an_event_that_is_not_declared_is_named_by_the_rule() -> None:
    """Resource name and the usual ending."""
    assert event_type(KITE, "delete") == "KiteDeleteEvent"
    assert events_of_change(load(V4).resources["rope"], ("length",)) == ["RopeAttributeValueChangeEvent"]
