"""The published OpenAPI document: valid 3.0.3 for every API, and as strict and as lenient as the server."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from spanco import apis
from spanco.kernel.openapi import Api, load
from spanco.kernel.publish import published
from spanco.kernel.wire import encode
from tests.kernel.example import V4, V5
from tests.system import OFFICIAL

OURS = [load(document) for document in apis.own()]
OWN = next(api for api in OURS if api.key == "sales")
APIS = [*OURS, load(V4), load(V5)] + [
    load(json.loads(file.read_bytes()), list(apis.overlays().values())) for file in OFFICIAL
]
ROOT = "https://sales.example.com"
METHODS = {"get", "post", "put", "patch", "delete"}
KEYWORDS = frozenset(
    {"$ref", "title", "description", "type", "format", "x-format", "enum", "nullable", "readOnly", "deprecated"}
    | {"pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
    | {"multipleOf", "items", "minItems", "maxItems", "uniqueItems", "properties", "required", "minProperties"}
    | {"maxProperties", "allOf", "anyOf", "example", "x-spanco-lifecycle"}
)
each_api = pytest.mark.parametrize("api", APIS, ids=lambda api: f"{api.title}-{api.version}")


def parts(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object inside a document, outside of examples."""
    if isinstance(value, Mapping):
        yield value
        for name, inner in value.items():
            if name != "example":
                yield from parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from parts(inner)


def schemas(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A schema and all that it is made of."""
    yield value
    inner = [*value.get("properties", {}).values(), *value.get("allOf", ()), *value.get("anyOf", ())]
    for each in [*inner, *([value["items"]] if "items" in value else [])]:
        yield from schemas(each)


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Path, method and operation."""
    for path, offered in document["paths"].items():
        for method in METHODS & set(offered):
            yield path, method, offered[method]


def component(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A schema of the document by its name."""
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found


@each_api
def test_every_reference_leads_somewhere(api: Api) -> None:
    """And no schema is there that nothing refers to."""
    document = published(api, ROOT)
    used = {part["$ref"] for part in parts(document) if isinstance(part.get("$ref"), str)}
    for reference in used:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
    assert {f"#/components/schemas/{name}" for name in document["components"]["schemas"]} <= used


@each_api
def test_only_keywords_of_openapi_3_0_3_are_used(api: Api) -> None:
    """Whatever version the API came in; and beside a reference stands nothing."""
    for named in published(api, ROOT)["components"]["schemas"].values():
        for schema in schemas(named):
            assert set(schema) <= KEYWORDS
            assert "$ref" not in schema or len(schema) == 1
            assert isinstance(schema.get("type", ""), str)
            assert schema.get("type") != "array" or "items" in schema


@each_api
def test_the_operations_are_those_that_are_served(api: Api) -> None:
    """Each with an id of its own and with every parameter of its path."""
    document = published(api, ROOT)
    served = {"read": "get", "patch": "patch", "delete": "delete"}
    expected = set()
    for resource in api.resources.values():
        above = f"/{resource.parent}/{{{resource.parent}Id}}" if resource.parent else ""
        path = f"{above}/{resource.name}"
        expected |= {(path, "get")} if "list" in resource.methods else set()
        expected |= {(path, "post")} if "create" in resource.methods else set()
        expected |= {(path, "patch")} if "create-many" in resource.methods else set()
        expected |= {(f"{path}/{{id}}", method) for verb, method in served.items() if verb in resource.methods}
    pages = {path: item for path, item in api.document["paths"].items() if item.get("x-spanco-page")}
    expected |= {(path, method) for path, item in pages.items() for method in METHODS & item.keys()}
    found = list(operations(document))
    assert {(path, method) for path, method, _ in found} == expected
    assert len({operation["operationId"] for _, _, operation in found}) == len(found)
    for path, offered in document["paths"].items():
        assert [f"{{{each['name']}}}" for each in offered.get("parameters", ())] == [
            step for step in path.split("/") if step.startswith("{")
        ]


@each_api
def test_the_document_is_json_and_always_the_same(api: Api) -> None:
    """So that it can be kept, compared and answered with an entity tag."""
    assert encode(published(api, ROOT)) == encode(published(api, ROOT))


def test_it_says_which_api_it_is_and_where() -> None:
    """With the identifier that TM Forum asks for, and under both base paths."""
    document = published(OWN, ROOT)
    assert (document["openapi"], document["info"]["x-api-id"]) == ("3.0.3", "TMF699")
    assert document["info"]["license"]["name"] == "Apache-2.0"
    assert [each["url"] for each in document["servers"]] == [
        f"{ROOT}/tmf-api/sales/v4",
        f"{ROOT}/tmf-api/salesManagement/v4",
    ]


def test_what_the_server_owns_is_read_only_and_not_taken() -> None:
    """The client may send it, but it is passed over."""
    document = published(OWN, ROOT)
    owned = {"id", "href", "creationDate", "status", "statusChangeDate", "understood"}
    lead = component(document, "SalesLead")
    assert {name for name, part in lead["properties"].items() if part.get("readOnly")} == owned
    assert lead["required"] == ["id", "href"]
    created = component(document, "SalesLead_Create")
    assert created["required"] == ["name"]
    assert not owned & set(created["properties"])


def test_null_counts_as_absent_unless_the_attribute_is_mandatory() -> None:
    """At every level of what is taken; a state cannot be removed either."""
    document = published(OWN, ROOT)
    created, changed = component(document, "SalesLead_Create"), component(document, "SalesLead_Update")
    assert created["properties"]["description"]["nullable"]
    assert "nullable" not in created["properties"]["name"]
    assert "nullable" not in changed["properties"]["status"]
    money = component(document, "Money_Input")
    assert {name: part.get("nullable", False) for name, part in money["properties"].items()} == {
        name: name not in money.get("required", ()) for name in money["properties"]
    }


def test_dates_and_booleans_are_taken_leniently_and_answered_strictly() -> None:
    """The text "true" is a boolean, an empty date an absent one."""
    document = published(OWN, ROOT)
    taken = component(document, "ContactMedium_Input")["properties"]["preferred"]
    assert taken["allOf"] == [{"$ref": "#/components/schemas/Boolean"}]
    assert component(document, "ContactMedium")["properties"]["preferred"]["type"] == "boolean"
    referred = component(document, "SalesLead_Create")["properties"]["referredDate"]
    assert referred["anyOf"] == [{"$ref": "#/components/schemas/DateTime"}, {"type": "string", "enum": [""]}]
    assert component(document, "SalesLead")["properties"]["referredDate"]["format"] == "date-time"


def test_a_nested_resource_stands_under_its_parent() -> None:
    """And links from what was created to what can be done with it."""
    document = published(load(V5), ROOT)
    assert document["paths"]["/kite/{kiteId}/flight"]["post"]["operationId"] == "createKiteFlight"
    links = document["paths"]["/kite/{kiteId}/flight"]["post"]["responses"]["201"]["links"]
    assert links["read"]["parameters"] == {"kiteId": "$request.path.kiteId", "id": "$response.body#/id"}


def test_a_patch_is_held_to_both_of_its_schemas() -> None:
    """That of the patch and that of the resource, where they differ."""
    state = component(published(load(V5), ROOT), "Kite_Update")["properties"]["state"]
    assert {"type": "string"} in state["allOf"]
    assert {"type": "string", "enum": ["folded", "aloft"]} in state["allOf"]


def api_of(attribute: dict[str, Any], **schemas: dict[str, Any]) -> Api:
    """An API of version 3.1 with one resource that has one mandatory and one other attribute of the same schema."""
    thing = {"type": "object", "properties": {"must": attribute, "may": attribute}, "required": ["must"]}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    return load(
        {
            "openapi": "3.1.0",
            "info": {"title": "Things", "version": "1"},
            "paths": {
                "/thing": {"post": {"requestBody": body, "responses": {"201": body}}},
                "/thing/{id}": {"patch": {"requestBody": body, "responses": {"200": body}}},
            },
            "components": {"schemas": {"Thing": thing, **schemas}},
        }
    )


ANY = [{"type": kind} for kind in ("string", "number", "boolean", "object")] + [{"type": "array", "items": {}}]


@pytest.mark.parametrize(
    ("attribute", "must", "may"),
    [
        ({"type": ["string", "null"]}, {"type": "string"}, {"type": "string", "nullable": True}),
        ({"const": "a"}, {"enum": ["a"]}, {"enum": ["a", None], "nullable": True}),
        (
            {"type": "number", "exclusiveMinimum": 0},
            {"type": "number", "minimum": 0, "exclusiveMinimum": True},
            {"type": "number", "minimum": 0, "exclusiveMinimum": True, "nullable": True},
        ),
        (
            {"type": ["integer", "array"]},
            {"anyOf": [{"type": "integer"}, {"type": "array", "items": {}}]},
            {"anyOf": [{"type": "integer"}, {"type": "array", "items": {}}], "nullable": True},
        ),
        (
            {"type": "string", "format": "uri", "examples": ["x:y"]},
            {"type": "string", "x-format": "uri", "example": "x:y"},
            {"type": "string", "x-format": "uri", "example": "x:y", "nullable": True},
        ),
        ({"type": "array"}, {"type": "array", "items": {}}, {"type": "array", "items": {}, "nullable": True}),
        ({}, {"anyOf": ANY}, {"nullable": True}),
        (
            {"type": "string", "format": "date"},
            {"$ref": "#/components/schemas/Date"},
            {"anyOf": [{"$ref": "#/components/schemas/Date"}, {"type": "string", "enum": [""]}], "nullable": True},
        ),
        (
            {"oneOf": [{"type": "boolean"}, {"type": "string"}]},
            {"anyOf": [{"type": "boolean"}, {"type": "string"}]},
            {"anyOf": [{"type": "boolean"}, {"type": "string"}], "nullable": True},
        ),
    ],
)
def test_newer_schemas_are_spelled_in_3_0_3(
    attribute: dict[str, Any], must: dict[str, Any], may: dict[str, Any]
) -> None:
    """With null as absent where the attribute is not mandatory."""
    created = component(published(api_of(attribute), ROOT), "Thing_Create")
    assert created["properties"] == {"must": must, "may": may}


def test_a_mandatory_object_may_be_patched_in_part() -> None:
    """It is there, so a merge patch completes it."""
    inner = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    document = published(api_of({"$ref": "#/components/schemas/Inner"}, Inner=inner), ROOT)
    must = component(document, "Thing_Update")["properties"]["must"]
    assert must == {"type": "object", "properties": {"a": {"type": "string"}}}
    assert component(document, "Inner_Input")["required"] == ["a"]


def test_parts_of_objects_stand_beside_what_is_mandatory_of_them() -> None:
    """`allOf` of objects becomes one object, so that null is refused where it is; a choice among them stays one."""
    named = {"type": "object", "properties": {"name": {"type": "string"}}}
    inner = {"allOf": [{"$ref": "#/components/schemas/Named"}, {"required": ["name"], "type": "object"}]}
    choice = {"allOf": [{"$ref": "#/components/schemas/Named"}, {"enum": [{}]}]}
    attribute = {"type": "object", "properties": {"one": inner, "other": choice}}
    document = published(api_of(attribute, Named=named), ROOT)
    parts = component(document, "Thing_Create")["properties"]["must"]["properties"]
    assert parts["one"]["required"] == ["name"]
    assert "nullable" not in parts["one"]["properties"]["name"]
    assert [*parts["other"]["allOf"]] == [{"$ref": "#/components/schemas/Named_Input"}, {"enum": [{}]}]


def test_a_resource_inside_another_needs_no_identity() -> None:
    """Only as an answer of its own it has `id` and `href` without fail."""
    document = published(api_of({"$ref": "#/components/schemas/Thing"}), ROOT)
    assert component(document, "Thing")["required"] == ["id", "href"]
    assert "required" not in component(document, "Thing_Value")
    assert component(document, "Thing_Input")["required"] == ["must"]


def test_bounds_of_older_versions_stay_as_they_are() -> None:
    """In 3.0 and Swagger 2.0 an exclusive bound is a remark on the bound."""
    length = {"type": "number", "minimum": 0, "exclusiveMinimum": True}
    rope = {"type": "object", "properties": {"length": length}, "required": ["length"]}
    document = published(load(V4 | {"definitions": {"Rope": rope}}), ROOT)
    assert component(document, "Rope_Create")["properties"] == {"length": length}


def test_what_can_only_be_read_has_no_collection() -> None:
    """A path without any operation is left out."""
    answer = {"responses": {"200": {"schema": {"$ref": "#/definitions/Rope"}}}}
    document = published(load(V4 | {"paths": {"/rope/{id}": {"get": answer}}}), ROOT)
    assert list(document["paths"]) == ["/rope/{id}"]
    assert "Rope_Create" not in document["components"]["schemas"]


def test_a_nested_resource_of_another_shape_has_a_schema_of_its_own() -> None:
    """Where two resources share a type but not what is taken, the name of the parent stands in front."""
    body = {"in": "body", "schema": {"$ref": "#/definitions/RopeInput"}}
    nested = {"/boat/{boatId}/rope": {"post": V4["paths"]["/rope"]["post"] | {"parameters": [body]}}}
    given = V4["definitions"] | {"RopeInput": {"type": "object", "properties": {"colour": {"type": "string"}}}}
    document = published(load(V4 | {"paths": V4["paths"] | nested, "definitions": given}), ROOT)
    assert set(component(document, "Rope_Create")["properties"]) == {"length"}
    assert set(component(document, "BoatRope_Create")["properties"]) == {"colour"}
