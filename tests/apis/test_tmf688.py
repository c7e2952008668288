"""What our own Event Management document promises: all of the official one, in our own words."""

import pytest

from spanco.kernel.openapi import load
from tests.apis.documents import METHODS, gaps, needs_official, official, ours, schemas_of, validator

EVENT = ours("event")
SCHEMAS = schemas_of(EVENT)
API = load(EVENT)
# Peers leave the class of a party out; the server gives the id of a new hub; what an event carries is an object.
TOLERATED = {"RelatedParty.@referredType: not mandatory", "Hub_Create.id: not mandatory", "Any: is no None"}
SIGNED = {"secret", "status", "statusReason"}
SHAPES = ["Topic", "Topic_Create", "Event", "Event_Create", "Hub", "Hub_Create", "EventSubscription",
          "EventSubscriptionInput", "Characteristic", "CharacteristicRelationship", "EntityRef", "RelatedParty",
          "Error"]  # fmt: skip
EVENTS = ["EventCreateEvent", "TopicCreateEvent", "TopicChangeEvent", "TopicDeleteEvent"]


def test_the_document_says_which_api_it_is_and_where_it_stands() -> None:
    """The number, the version and the base path of the standard."""
    assert (EVENT["info"]["title"], API.version, API.api_id) == ("Event Management", "4.0.0", "TMF688")
    assert (API.base_path, API.key) == ("/tmf-api/event/v4", "event")


@needs_official
@pytest.mark.parametrize("name", SHAPES)
def test_every_attribute_of_the_official_shape_is_in_ours_and_as_mandatory(name: str) -> None:
    """Names, types, values and mandatory rules, in every sub-structure."""
    assert gaps(name, schemas_of(official("TMF688")), SCHEMAS) <= TOLERATED


@needs_official
@pytest.mark.parametrize("name", [*SHAPES, *EVENTS, *(f"{event}Payload" for event in EVENTS)])
def test_no_shape_has_an_attribute_that_the_standard_lacks(name: str) -> None:
    """But a subscription, which also tells its secret and how it fares."""
    theirs = set(schemas_of(official("TMF688"))[name]["properties"])
    assert set(SCHEMAS[name]["properties"]) - theirs == (SIGNED if name in {"Hub", "EventSubscription"} else set())


@needs_official
@pytest.mark.parametrize("name", [*SHAPES, *EVENTS])
def test_nothing_is_mandatory_that_the_standard_leaves_open(name: str) -> None:
    """A client of the standard may send as little here as anywhere."""
    theirs = schemas_of(official("TMF688"))
    assert set(SCHEMAS[name].get("required", ())) <= set(theirs[name].get("required", ()))


@needs_official
def test_the_paths_are_those_of_the_standard_and_hubs_can_be_read() -> None:
    """Nothing that a client of the official API calls is missing, and nothing else is there."""
    theirs = {path: METHODS & set(item) for path, item in official("TMF688")["paths"].items()}
    theirs["/hub"] |= {"get"}
    theirs["/hub/{id}"] |= {"get"}
    assert {path: set(item) for path, item in EVENT["paths"].items()} == theirs


@needs_official
def test_the_official_document_is_read_as_the_same_resources() -> None:
    """The same kinds, methods, mandatory attributes and events."""
    theirs = load(official("TMF688") | {"x-spanco-key": "event"}).resources
    assert set(API.resources) == set(theirs)
    for name, resource in API.resources.items():
        assert (
            resource.kind,
            resource.type_name,
            resource.methods | {"read", "list", "create-many"},
            resource.events,
        ) == (
            theirs[name].kind,
            theirs[name].type_name,
            theirs[name].methods | {"read", "list", "create-many"},
            theirs[name].events,
        )
        assert resource.mandatory == theirs[name].mandatory - {"id"}


def test_what_is_posted_to_a_topic_is_an_event_that_is_read_from_the_log() -> None:
    """The marks that the kernel asks for, on this one resource."""
    marked = {resource.kind for resource in API.resources.values() if resource.is_event and resource.is_view}
    assert marked == {"event.topic.event"}
    assert not [resource for resource in API.resources.values() if resource.is_event != resource.is_view]


def test_a_topic_raises_the_events_of_the_standard() -> None:
    """There is no way to change one, so nothing raises a TopicChangeEvent."""
    assert API.resources["topic"].events == {"create": "TopicCreateEvent", "delete": "TopicDeleteEvent"}
    assert API.resources["topic/{}/event"].events == {"create": "EventCreateEvent"}


@pytest.mark.parametrize(("name", "document", "valid"), [
    ("Topic_Create", {}, True),
    ("Topic_Create", {"name": "n" * 200, "headerQuery": "q" * 2000, "contentQuery": "q" * 2000}, True),
    ("Topic_Create", {"name": "n" * 201}, False),
    ("Topic_Create", {"headerQuery": "q" * 2001}, False),
    ("Topic_Create", {"contentQuery": "q" * 2001}, False),
    ("Event_Create", {}, True),
    ("Event_Create", {"event": {"anything": [1, {"at": "all"}]}, "priority": "1"}, True),
    ("Event_Create", {"eventId": "~" * 128, "eventType": "t" * 200}, True),
    ("Event_Create", {"analyticCharacteristic": [{"name": "n", "value": [1]}]}, True),
    ("Event_Create", {"eventId": ""}, False),
    ("Event_Create", {"eventId": "~" * 129}, False),
    ("Event_Create", {"eventId": "two words"}, False),
    ("Event_Create", {"eventId": "größe"}, False),
    ("Event_Create", {"eventId": "line\n"}, False),
    ("Event_Create", {"eventType": ""}, False),
    ("Event_Create", {"priority": 1}, False),
    ("Event_Create", {"eventTime": "yesterday"}, False),
    ("Event_Create", {"event": [1]}, False),
    ("Event_Create", {"source": {"name": "no id"}}, False),
    ("Event_Create", {"analyticCharacteristic": [{"name": "no value"}]}, False),
    ("Hub_Create", {"callback": "https://crm.example.com/listener"}, True),
    ("Hub_Create", {"callback": "crm.example.com"}, False),
    ("Hub_Create", {"query": "eventType=x"}, False),
])  # fmt: skip
def test_what_is_taken_is_bounded(name: str, document: dict[str, object], valid: bool) -> None:
    """An id that fits into a header, times that are times, texts that fit into an index."""
    assert validator(SCHEMAS, name).is_valid(document) is valid
