"""What our own Sales Management document promises: all of the official lead, in our own words."""

from typing import Any

import pytest

from tests.apis.documents import gaps, needs_official, official, ours, resolved, schemas_of, validator

# tmf.md 7.1, item 16: peers leave the class of a party out.
TOLERATED = {"RelatedParty.@referredType: not mandatory"}
OURS = {"leadType", "leadRating", "leadSource", "lostReason", "touch", "consent"}
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


SALES = ours("sales")
SCHEMAS = schemas_of(SALES)


def moves(schema: str) -> set[tuple[str, str]]:
    """The moves of a lifecycle as pairs of states."""
    table = SCHEMAS[schema]["x-spanco-lifecycle"]["moves"]
    return {(state, to) for state, targets in table.items() for to in targets}


def test_the_document_says_which_api_it_is_and_where_it_stands() -> None:
    """The conformance kit selects its tests by `x-api-id` and version."""
    info = SALES["info"]
    assert (info["title"], info["version"], info["x-api-id"]) == ("Sales Management", "4.0.0", "TMF699")
    assert SALES["servers"] == [{"url": "/tmf-api/sales/v4"}]
    assert SALES["x-spanco-alias"] == ["/tmf-api/salesManagement/v4"]
    assert SALES["x-spanco-domain"] == "Commercial"


@needs_official
@pytest.mark.parametrize("name", ["SalesLead", "SalesLead_Create", "SalesLead_Update", "EventSubscription",
                                  "EventSubscriptionInput", "Error"])  # fmt: skip
def test_every_attribute_of_the_official_shape_is_in_ours_and_as_mandatory(name: str) -> None:
    """Names, types, values and mandatory rules, in every sub-structure."""
    assert gaps(name, schemas_of(official("TMF699")), SCHEMAS) <= TOLERATED


@needs_official
@pytest.mark.parametrize("name", ["SalesLead", "SalesLead_Create", "SalesLead_Update"])
def test_a_lead_has_no_attribute_that_the_standard_lacks_but_those_that_are_ours(name: str) -> None:
    """What is ours has names of its own, and is known here."""
    theirs = schemas_of(official("TMF699"))
    assert set(SCHEMAS[name]["properties"]) - OURS - {"understood"} == set(theirs[name]["properties"])
    assert not OURS & set(theirs[name]["properties"])


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
    paths = SALES["paths"]
    for path, operations in official("TMF699")["paths"].items():
        assert set(operations) <= set(paths[path])


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
    ("SalesLead", {"id", "href", "creationDate", "status", "statusChangeDate", "understood"}),
    ("SalesOpportunity", {"id", "href", "creationDate", "statusChangeDate"}),
])  # fmt: skip
def test_the_server_owns_identity_and_dates(name: str, server_owned: set[str]) -> None:
    """Create leaves out what the server gives; update leaves out what never changes."""
    whole = set(SCHEMAS[name]["properties"])
    assert whole - set(SCHEMAS[f"{name}_Create"]["properties"]) == server_owned
    assert whole - set(SCHEMAS[f"{name}_Update"]["properties"]) - {"understood"} == {"id", "href", "creationDate"}
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
    assert validator(SCHEMAS, name).is_valid(document) is valid


def test_a_product_specification_names_its_schema_whole_or_not_at_all() -> None:
    """`@type` and `@schemaLocation` are mandatory in a target product schema."""
    lead: dict[str, Any] = {
        "name": "Fibre",
        "productSpecification": {"id": "1", "targetProductSchema": {"@type": "Site"}},
    }
    assert not validator(SCHEMAS, "SalesLead_Create").is_valid(lead)
    lead["productSpecification"]["targetProductSchema"]["@schemaLocation"] = "https://schemas.example.com/Site.json"
    assert validator(SCHEMAS, "SalesLead_Create").is_valid(lead)


def test_an_opportunity_may_expect_revenue_to_shrink() -> None:
    """A revenue estimate is signed, as in version 5; the single estimate of version 4 is not."""
    estimate = {"revenueType": "recurring", "amount": {"unit": "EUR", "value": -120}}
    assert validator(SCHEMAS, "SalesOpportunity_Create").is_valid({"name": "Downgrade", "revenueEstimate": [estimate]})
