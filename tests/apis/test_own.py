"""What every document of our own promises: described, well-formed, and in our own words."""

import re
from typing import Any

import pytest

from spanco.apis import own
from tests.apis.documents import (
    OFFICIAL,
    extension_faults,
    needs_official,
    operations,
    read,
    schemas_of,
    sentences,
    texts,
    validator,
)

OWN: list[dict[str, Any]] = [dict(document) for document in own()]
EXAMPLES = [
    pytest.param(schemas_of(document), name, id=f"{document['x-spanco-key']}-{name}")
    for document in OWN
    for name, schema in schemas_of(document).items()
    if isinstance(schema.get("example"), dict)
]
each_document = pytest.mark.parametrize("document", OWN, ids=lambda document: document["x-spanco-key"])
WITH_HUBS = [document for document in OWN if "/hub" in document["paths"]]
each_with_hubs = pytest.mark.parametrize("document", WITH_HUBS, ids=lambda document: document["x-spanco-key"])


def test_they_come_in_the_order_of_their_files() -> None:
    """Our own operations, then the standard's APIs by their numbers, then the face of another."""
    assert [document["x-spanco-key"] for document in OWN] == ["spanco", "event", "sales", "tsm"]


def test_a_document_without_hubs_is_one_of_faces() -> None:
    """Their events are those of what stands behind them."""
    for document in OWN:
        faces = [schema for schema in schemas_of(document).values() if "x-spanco-face" in schema]
        listeners = [path for path in document["paths"] if "/listener/" in path]
        assert bool(faces) is ("/hub" not in document["paths"]) is (not listeners)


def test_each_reading_of_the_documents_is_a_fresh_copy() -> None:
    """Whoever changes a document that it was handed changes nobody else's."""
    own()[0].clear()
    assert own()[0]


@each_document
def test_a_document_is_openapi_3_0_3_under_our_licence(document: dict[str, Any]) -> None:
    """With one server: the path at which it is served."""
    assert document["openapi"] == "3.0.3"
    assert document["info"]["license"]["name"] == "Apache-2.0"
    assert len(document["servers"]) == 1


@needs_official
@each_document
def test_no_sentence_is_taken_from_an_official_document(document: dict[str, Any]) -> None:
    """We state facts in our own words: no text of more than 40 characters occurs in any official file."""
    theirs = {sentence for path in OFFICIAL for text in texts(read(path)) for sentence in sentences(text)}
    mine = {sentence for text in texts(document) for sentence in sentences(text)}
    assert {each for each in mine & theirs if len(each) > 40} == set()


@each_document
def test_everything_in_the_document_is_described(document: dict[str, Any]) -> None:
    """Every operation, schema and attribute says what it is, unless its own schema says it."""
    silent = [f"{method} {path}" for path, method, of in operations(document) if not of["description"]]
    for name, schema in schemas_of(document).items():
        silent += [name] if not schema.get("description") else []
        parts = schema.get("properties", {}).items()
        silent += [f"{name}.{each}" for each, part in parts if "$ref" not in part and not part.get("description")]
    assert silent == []


@each_document
def test_every_reference_leads_to_a_schema_and_every_schema_is_referred_to(document: dict[str, Any]) -> None:
    """No dangling reference, nothing left over; `EntityRef` is there as the standard's own."""
    used = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert used - set(schemas_of(document)) == set()
    assert set(schemas_of(document)) - used <= {"EntityRef", "Error"}


@each_document
def test_every_operation_has_its_own_name_and_a_tag_that_is_described(document: dict[str, Any]) -> None:
    """Generators of clients make functions from these names, and pages make headings from the tags."""
    found = [of for _, _, of in operations(document)]
    names = [of["operationId"] for of in found]
    assert len(names) == len(set(names))
    tags = [tag["name"] for tag in document["tags"]]
    assert sorted(tags) == sorted({tag for of in found for tag in of["tags"]})


@pytest.mark.parametrize(("schemas", "name"), EXAMPLES)
def test_every_example_is_valid(schemas: dict[str, Any], name: str) -> None:
    """What the documentation shows can be sent."""
    assert [error.message for error in validator(schemas, name).iter_errors(schemas[name]["example"])] == []


@each_document
def test_the_extension_keys_are_well_formed(document: dict[str, Any]) -> None:
    """States are in the enumeration, some are final, and managed and indexed attributes exist."""
    assert extension_faults(schemas_of(document)) == []


@each_with_hubs
def test_every_api_has_hubs_of_the_same_shape(document: dict[str, Any]) -> None:
    """The standard's attributes, and what we answer beside them; an address is enough, and it begins active."""
    schemas = schemas_of(document)
    taken, answered = schemas["EventSubscriptionInput"], schemas["EventSubscription"]
    assert set(taken["properties"]) == {"callback", "query"}
    assert set(answered["properties"]) == {"id", "callback", "query", "secret", "status", "statusReason"}
    assert (taken["required"], answered["required"]) == (["callback"], ["id", "callback"])
    assert answered["x-spanco-lifecycle"] == {"attribute": "status", "initial": ["active"]}
    assert [set(document["paths"][path]) for path in ("/hub", "/hub/{id}")] == [{"get", "post"}, {"get", "delete"}]


@each_with_hubs
@pytest.mark.parametrize(("subscription", "valid"), [
    ({"callback": "https://crm.example.com/listener"}, True),
    ({"callback": "http://crm.example.com:8080/", "query": "eventType=SalesLeadCreateEvent&fields=eventType"}, True),
    ({"callback": "https://crm.example.com/" + "x" * 1976, "query": "x" * 2000}, True),
    ({}, False),
    ({"callback": ""}, False),
    ({"callback": "ftp://crm.example.com/"}, False),
    ({"callback": "https://crm.example.com/a b"}, False),
    ({"callback": "https://crm.example.com/" + "x" * 1977}, False),
    ({"callback": "https://crm.example.com/", "query": "x" * 2001}, False),
])  # fmt: skip
def test_a_subscription_has_an_address_and_bounds(
    document: dict[str, Any], subscription: dict[str, object], valid: bool
) -> None:
    """What is longer is refused before anybody reads it."""
    assert validator(schemas_of(document), "EventSubscriptionInput").is_valid(subscription) is valid
