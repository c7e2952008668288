"""Documents become APIs and resources."""

from typing import Any

import pytest

from spanco.kernel.openapi import BadDocument, load
from tests.kernel.example import V4, V5

KITES = load(V5)


def test_an_api_knows_where_it_stands_and_what_it_is() -> None:
    """The base path comes from `servers`, the number from the title, the key from the path."""
    assert (KITES.base_path, KITES.api_id, KITES.key) == ("/tmf-api/kiteManagement/v5", "TMF999", "kiteManagement")


def test_a_swagger_document_is_read_like_an_openapi_one() -> None:
    """`basePath`, `definitions` and body parameters are those of Swagger 2.0."""
    rope = load(V4).resources["rope"]
    assert (load(V4).base_path, load(V4).api_id, rope.type_name) == ("/tmf-api/rope/v4", "rope", "Rope")
    assert rope.methods == {"list", "create", "create-many", "delete"}
    assert rope.server_owned == {"id", "href"}


def test_resources_are_found_with_their_nesting() -> None:
    """A nested collection names its parent; its kind is a path of names."""
    flight = KITES.resources["kite/{}/flight"]
    assert (flight.name, flight.parent, flight.kind) == ("flight", "kite", "kiteManagement.kite.flight")
    assert flight.parent_kind == "kiteManagement.kite"
    assert KITES.resources["kite"].parent_kind is None
    assert set(KITES.resources) == {"kite", "kite/{}/flight", "hub"}


def test_hubs_can_be_listed_and_read_although_documents_declare_only_post() -> None:
    """API-level hubs get GET."""
    assert KITES.resources["hub"].methods == {"create", "list", "read"}


def test_what_the_create_shape_leaves_out_belongs_to_the_server() -> None:
    """`_FVO` leaves out state and made; `_MVO` leaves out made."""
    kite = KITES.resources["kite"]
    assert kite.server_owned == {"id", "href", "@type", "state", "made", "twin"}
    assert kite.unpatchable >= {"id", "href", "@type", "@baseType", "made"}
    assert "state" not in kite.unpatchable


def test_events_come_from_the_listener_paths() -> None:
    """Both spellings of a state event are known; others are left aside."""
    assert KITES.resources["kite"].events == {"create": "KiteCreateEvent", "state": "KiteStatusChangeEvent"}


def test_numbers_outside_arrays_are_known_for_sorting() -> None:
    """Two levels deep, never through arrays."""
    assert KITES.resources["kite"].numeric == {("weight",), ("twin", "weight")}


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"paths": {}},
        {"paths": {"/": {"get": {}}}},
        {
            "paths": {"/x": {"get": {"responses": {"200": {"schema": {"$ref": "#/definitions/Gone"}}}}}},
            "definitions": {},
        },
        {"paths": {"/x": {"get": {"responses": []}}}},
    ],
)
def test_what_is_no_api_is_refused_with_a_sentence(document: object) -> None:
    """The sentence says what is missing."""
    with pytest.raises(BadDocument, match=r"\w+ \w+"):
        load(document)


def test_a_document_without_any_base_path_is_served_at_the_root() -> None:
    """No servers, no basePath."""
    bare = load({"openapi": "3.0.0", "paths": {"/thing": {"get": {}}}})
    assert (bare.base_path, bare.key, bare.resources["thing"].type_name) == ("", "api", "Thing")


def test_an_overlay_completes_the_document_it_was_made_for_and_no_other() -> None:
    """Title, major version and resources must agree."""
    overlay: Any = {
        "match": {"title": "Rope", "version": "4", "resources": ["rope"]},
        "key": "ropes",
        "apiId": "TMF998",
        "schemas": {"Rope": {"x-spanco-index": ["colour"]}},
    }
    completed = load(V4, [overlay])
    assert (completed.key, completed.api_id) == ("ropes", "TMF998")
    assert completed.resources["rope"].indexed == ("colour",)
    for other in ({"title": "Cord"}, {"version": "5"}, {"resources": ["cord"]}):
        assert load(V4, [overlay | {"match": overlay["match"] | other}]).key == "rope"
    modern: Any = {"match": {"title": "TMF999 Kite Management", "version": "5", "resources": ["flight"]}}
    assert load(V5, [modern | {"schemas": {"Flight": {"x-spanco-index": ["pilot"]}}}]).resources[
        "kite/{}/flight"
    ].indexed == ("pilot",)
    assert load(V5, [modern]).key == "kiteManagement"


def test_what_is_only_sent_is_used_up_by_the_write() -> None:
    """A client must send it, no answer shows it, and what is stored does without."""
    order = {"type": "object", "required": ["secret", "why"], "properties": {"secret": {}, "why": {}}}
    task = {"type": "object", "properties": {"id": {}, "why": {}}}

    def body(schema: dict[str, Any]) -> dict[str, Any]:
        return {"content": {"application/json": {"schema": schema}}}

    post = {"requestBody": body(order), "responses": {"201": body(task)}}
    resource = load({"openapi": "3.0.3", "paths": {"/task": {"post": post}}}).resources["task"]
    assert resource.mandatory == {"secret", "why"}
    assert resource.always == {"why"}
    assert not resource.create_check.is_valid({"why": "x"})
    assert resource.stored_check.is_valid({"why": "x"})
    assert not resource.stored_check.is_valid({})
