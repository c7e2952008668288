"""What our own Sales Management document promises: all of the official lead, in our own words."""

import re
from typing import Any

import jsonschema_rs
import pytest

from spanco.apis import own
from tests.apis.documents import (
    OFFICIAL,
    Named,
    extension_faults,
    needs_official,
    official,
    read,
    resolved,
    schemas_of,
    texts,
)

# tmf.md 7.1, item 16: peers leave the class of a party out.
TOLERATED = {("RelatedParty", "@referredType")}
FINAL = {"accepted", "rejected", "cancelled"}
LEAD_MOVES = {
    ("acknowledged", "inProgress"),
    ("acknowledged", "cancelled"),
    ("inProgress", "pending"),
    ("inProgress", "accepted"),
    ("inProgress", "rejected"),
    ("pending", "inProgress"),
    ("pending", "rejected"),
}
OPPORTUNITY_MOVES = LEAD_MOVES | {("inProgress", "cancelled"), ("pending", "cancelled")}


def sales() -> dict[str, Any]:
    """Our TMF699 document."""
    return next(dict(each) for each in own() if each.get("x-spanco-key") == "sales")


SCHEMAS = schemas_of(sales())


def gaps(theirs: Named, ours: Named, their_schemas: Named, seen: frozenset[str] = frozenset()) -> list[str]:
    """What the official schema says and ours does not, however deep."""
    name, theirs = resolved(theirs, their_schemas)
    _, ours = resolved(ours, SCHEMAS)
    if name in seen:
        return []
    found = [f"{name}: is no {theirs.get('type')}"] if theirs.get("type") != ours.get("type") else []
    if set(theirs.get("enum", ())) != set(ours.get("enum", ())):
        found.append(f"{name}: other values")
    demanded = set(theirs.get("required", ())) - set(ours.get("required", ()))
    found += [f"{name}.{each}: not mandatory" for each in demanded if (name, each) not in TOLERATED]
    if "items" in theirs:
        found += gaps(theirs["items"], ours.get("items", {}), their_schemas, seen | {name})
    for each, part in theirs.get("properties", {}).items():
        mine = ours.get("properties", {}).get(each)
        found += [f"{name}.{each}: absent"] if mine is None else gaps(part, mine, their_schemas, seen | {name})
    return found


def moves(schema: str) -> set[tuple[str, str]]:
    """The moves of a lifecycle as pairs of states."""
    table = SCHEMAS[schema]["x-spanco-lifecycle"]["moves"]
    return {(state, to) for state, targets in table.items() for to in targets}


def validator(schema: str) -> jsonschema_rs.Draft4Validator:
    """A check against one of our schemas."""
    root = {"$ref": f"#/components/schemas/{schema}", "components": {"schemas": SCHEMAS}}
    return jsonschema_rs.Draft4Validator(root, validate_formats=True)


def test_the_document_says_which_api_it_is_and_where_it_stands() -> None:
    """The conformance kit selects its tests by `x-api-id` and version."""
    document = sales()
    info = document["info"]
    assert document["openapi"] == "3.0.3"
    assert (info["title"], info["version"], info["x-api-id"]) == ("Sales Management", "4.0.0", "TMF699")
    assert info["license"]["name"] == "Apache-2.0"
    assert document["servers"] == [{"url": "/tmf-api/sales/v4"}]
    assert document["x-spanco-alias"] == ["/tmf-api/salesManagement/v4"]


def test_each_reading_of_the_documents_is_a_fresh_copy() -> None:
    """Whoever changes a document that it was handed changes nobody else's."""
    own()[0].clear()
    assert own()[0]


@needs_official
@pytest.mark.parametrize("name", ["SalesLead", "SalesLead_Create", "SalesLead_Update", "EventSubscription",
                                  "EventSubscriptionInput", "Error"])  # fmt: skip
def test_every_attribute_of_the_official_shape_is_in_ours_and_as_mandatory(name: str) -> None:
    """Names, types, values and mandatory rules, in every sub-structure."""
    theirs = schemas_of(official("TMF699"))
    assert gaps(theirs[name], SCHEMAS[name], theirs) == []


@needs_official
@pytest.mark.parametrize("name", ["SalesLead", "SalesLead_Create", "SalesLead_Update"])
def test_a_lead_has_no_attribute_that_the_standard_lacks(name: str) -> None:
    """What is ours stands beside the standard's names, never among them."""
    theirs = schemas_of(official("TMF699"))
    assert set(SCHEMAS[name]["properties"]) == set(theirs[name]["properties"])


@needs_official
@pytest.mark.parametrize("kind", ["Create", "AttributeValueChange", "StateChange", "Delete"])
def test_an_event_has_the_official_envelope_without_the_stray_identity(kind: str) -> None:
    """The `id` and `href` of the official envelopes describe a process flow: they are left-overs (tmf.md 1.7)."""
    theirs = schemas_of(official("TMF699"))
    for part in (f"SalesLead{kind}Event", f"SalesLead{kind}EventPayload"):
        assert set(SCHEMAS[part]["properties"]) == set(theirs[part]["properties"]) - {"id", "href"}


@needs_official
def test_every_official_path_and_operation_is_served() -> None:
    """Nothing that a client of the official API calls is missing."""
    paths = sales()["paths"]
    for path, operations in official("TMF699")["paths"].items():
        assert set(operations) <= set(paths[path])


@needs_official
def test_no_sentence_is_taken_from_an_official_document() -> None:
    """We state facts in our own words: no text of more than 40 characters occurs in any official file."""
    theirs = {sentence for path in OFFICIAL for text in texts(read(path)) for sentence in sentences(text)}
    ours = {sentence for document in own() for text in texts(document) for sentence in sentences(text)}
    assert {each for each in ours & theirs if len(each) > 40} == set()


def sentences(text: str) -> set[str]:
    """A text and each of its sentences, without case and punctuation at the end."""
    parts = [text, *re.split(r"(?<=[.!?;])\s+", text)]
    return {" ".join(part.lower().split()).rstrip(".!?; ") for part in parts}


def test_everything_in_the_document_is_described() -> None:
    """Every operation, schema and attribute says what it is, unless its own schema says it."""
    silent = [
        f"{verb} {path}" for path, item in sales()["paths"].items() for verb in item if not item[verb]["description"]
    ]
    for name, schema in SCHEMAS.items():
        silent += [name] if not schema.get("description") else []
        parts = schema.get("properties", {}).items()
        silent += [f"{name}.{each}" for each, part in parts if "$ref" not in part and not part.get("description")]
    assert silent == []


def test_every_reference_leads_to_a_schema_and_every_schema_is_referred_to() -> None:
    """No dangling reference, nothing left over; `EntityRef` is there as the standard's own."""
    used = set(re.findall(r"#/components/schemas/(\w+)", str(sales())))
    assert used - set(SCHEMAS) == set()
    assert set(SCHEMAS) - used <= {"EntityRef", "Error"}


def test_every_operation_has_its_own_name() -> None:
    """Generators of clients make functions from these names."""
    names = [operation["operationId"] for item in sales()["paths"].values() for operation in item.values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", [name for name, schema in SCHEMAS.items() if isinstance(schema.get("example"), dict)])
def test_every_example_is_valid(name: str) -> None:
    """What the documentation shows can be sent."""
    assert [error.message for error in validator(name).iter_errors(SCHEMAS[name]["example"])] == []


def test_the_extension_keys_are_well_formed() -> None:
    """States are in the enumeration, some are final, and managed and indexed attributes exist."""
    assert [fault for document in own() for fault in extension_faults(schemas_of(document))] == []


def test_the_moves_of_a_lead_are_those_of_the_standard() -> None:
    """The graph of the official diagram (tmf.md 1.4), nothing more."""
    lifecycle = SCHEMAS["SalesLead"]["x-spanco-lifecycle"]
    assert lifecycle["initial"] == ["acknowledged"]
    assert moves("SalesLead") == LEAD_MOVES
    assert {state for state, targets in lifecycle["moves"].items() if not targets} == FINAL


def test_an_opportunity_can_also_be_given_up_at_any_time() -> None:
    """The lead's graph, and `cancelled` from every state that is not final."""
    lifecycle = SCHEMAS["SalesOpportunity"]["x-spanco-lifecycle"]
    assert lifecycle["initial"] == ["inProgress", "acknowledged"]
    assert moves("SalesOpportunity") == OPPORTUNITY_MOVES
    assert {state for state, targets in lifecycle["moves"].items() if not targets} == FINAL


def test_the_states_to_create_in_are_the_initial_states() -> None:
    """The create shape and the lifecycle of an opportunity agree, the default too."""
    _, status = resolved(SCHEMAS["SalesOpportunity_Create"]["properties"]["status"], SCHEMAS)
    assert status["enum"] == SCHEMAS["SalesOpportunity"]["x-spanco-lifecycle"]["initial"]
    assert status["default"] == status["enum"][0]


@pytest.mark.parametrize(("name", "server_owned"), [
    ("SalesLead", {"id", "href", "creationDate", "status", "statusChangeDate"}),
    ("SalesOpportunity", {"id", "href", "creationDate", "statusChangeDate"}),
])  # fmt: skip
def test_the_server_owns_identity_and_dates(name: str, server_owned: set[str]) -> None:
    """Create leaves out what the server gives; update leaves out what never changes."""
    whole = set(SCHEMAS[name]["properties"])
    assert whole - set(SCHEMAS[f"{name}_Create"]["properties"]) == server_owned
    assert whole - set(SCHEMAS[f"{name}_Update"]["properties"]) == {"id", "href", "creationDate"}
    assert SCHEMAS[f"{name}_Create"]["required"] == ["name"]


@pytest.mark.parametrize("name", ["SalesLead_Create", "SalesOpportunity_Create"])
@pytest.mark.parametrize(("document", "valid"), [
    ({"name": "Fibre"}, True),
    ({"name": "Fibre", "budgetYear": 2026}, True),
    ({"name": "Fibre", "relatedParty": [{"id": "1"}]}, True),
    ({"name": "Fibre", "channel": {"id": "1", "role": "origin"}}, True),
    ({}, False),
    ({"name": ""}, False),
    ({"name": " \t "}, False),
    ({"name": "Fibre", "relatedParty": [{"role": "agent"}]}, False),
    ({"name": "Fibre", "category": {"name": "no id"}}, False),
    ({"name": "Fibre", "priority": "HIGH"}, False),
    ({"name": "Fibre", "estimatedRevenue": {"unit": "EUR", "value": -1}}, False),
    ({"name": "Fibre", "referredDate": "yesterday"}, False),
])  # fmt: skip
def test_a_create_shape_takes_what_it_should(name: str, document: dict[str, object], valid: bool) -> None:
    """Only a visible name is mandatory, unknown attributes are welcome, references need an id."""
    assert validator(name).is_valid(document) is valid


def test_a_product_specification_names_its_schema_whole_or_not_at_all() -> None:
    """`@type` and `@schemaLocation` are mandatory in a target product schema."""
    lead: dict[str, Any] = {
        "name": "Fibre",
        "productSpecification": {"id": "1", "targetProductSchema": {"@type": "Site"}},
    }
    assert not validator("SalesLead_Create").is_valid(lead)
    lead["productSpecification"]["targetProductSchema"]["@schemaLocation"] = "https://schemas.example.com/Site.json"
    assert validator("SalesLead_Create").is_valid(lead)


def test_an_opportunity_may_expect_revenue_to_shrink() -> None:
    """A revenue estimate is signed, as in version 5; the single estimate of version 4 is not."""
    estimate = {"revenueType": "recurring", "amount": {"unit": "EUR", "value": -120}}
    assert validator("SalesOpportunity_Create").is_valid({"name": "Downgrade", "revenueEstimate": [estimate]})
