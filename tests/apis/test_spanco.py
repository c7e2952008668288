"""What the API of our operators promises: deliveries that can be read, replays and secrets that can be ordered."""

import pytest

from spanco.kernel.openapi import load
from spanco.sales.bindings import BINDINGS
from tests.apis.documents import ours, schemas_of, validator

SPANCO = ours("spanco")
SCHEMAS = schemas_of(SPANCO)
API = load(SPANCO)
HUB = {"hub": {"id": "h-1"}}


def test_the_document_says_which_api_it_is_and_where_it_stands() -> None:
    """Below a path of ours, beside the standard's."""
    assert (API.title, API.version, API.base_path, API.key) == ("Spanco Operations", "1.0.0", "/spanco/v1", "spanco")


@pytest.mark.parametrize(("name", "methods"), [
    ("delivery", {"list", "read"}),
    ("deadLetter", {"list", "read"}),
    ("replay", {"create", "list", "read"}),
    ("signingSecret", {"create"}),
    ("hub", {"create", "list", "read", "delete"}),
    ("merge", {"create", "list", "read", "patch"}),
])  # fmt: skip
def test_a_resource_offers_no_more_than_it_means(name: str, methods: set[str]) -> None:
    """What was sent is never written by a client, and a secret is never read again."""
    assert API.resources[name].methods == methods


def test_pages_are_no_resources() -> None:
    """The stream and the history are served by code of their own; the others are the files and deeds of resources."""
    pages = {path for path, item in SPANCO["paths"].items() if item.get("x-spanco-page")}
    beside = {
        f"/{kind.removeprefix('spanco.')}/{{id}}/{name}"
        for kind, binding in BINDINGS.items()
        for name in binding.beside
    }
    assert len(beside) >= 5
    assert pages == {"/stream", "/{resource}/{id}/history"} | beside
    assert {path.split("/")[1] for path in beside} <= API.resources.keys()
    assert not {path.strip("/").replace("{id}", "{}") for path in pages} & API.resources.keys()


@pytest.mark.parametrize("name", ["salesAccount", "salesContact", "prospect"])
def test_what_is_gathered_is_only_looked_at_below_its_gatherer(name: str) -> None:
    """It is written where it stands, so there are no second events; and it is shown as it stands there."""
    for what, of in (("salesLead", "GatheredLead"), ("salesOpportunity", "GatheredOpportunity")):
        found = API.resources[f"{name}/{{}}/{what}"]
        assert found.is_view
        assert found.methods == {"list", "read"}
        assert not found.events
        assert (found.type_name, found.parent_kind) == (of, f"spanco.{name}")


def test_totals_and_submissions_are_only_looked_at() -> None:
    """What a total adds up and what a stranger posted is changed nowhere else than where it stands."""
    total, submission = API.resources["accountTotal"], API.resources["submission"]
    assert total.is_view
    assert total.methods == {"read"}
    assert submission.is_view
    assert submission.methods == {"list", "read"}


def test_deliveries_and_dead_letters_are_views_of_one_shape() -> None:
    """They are rows of the database, and a dead letter is a delivery; no view is ever written."""
    views = {name for name, resource in API.resources.items() if resource.is_view}
    assert views >= {"delivery", "deadLetter"}
    written = {name for name in views if API.resources[name].methods & {"patch", "delete", "create-many"}}
    assert written == set()
    assert {name for name in views if "create" in API.resources[name].methods} == {"duplicateCheck"}  # a question
    letter, delivery = SCHEMAS["DeadLetter"], SCHEMAS["Delivery"]
    assert set(letter["properties"]) == set(delivery["properties"])
    assert letter["required"] == delivery["required"]
    assert API.resources["delivery"].always >= {"hub", "eventId", "status", "attempts", "createdAt"}


def test_no_answer_but_three_holds_a_secret_or_an_address() -> None:
    """A subscription and a capture key when they are made, and a new secret; a delivery names its hub by the id."""
    assert {name for name, schema in SCHEMAS.items() if "secret" in schema.get("properties", {})} == {
        "CaptureKey",
        "EventSubscription",
        "SigningSecret",
    }
    assert "secret" not in SCHEMAS["CaptureKey_Create"]["properties"] | SCHEMAS["CaptureKey_Update"]["properties"]
    assert "secret" not in API.resources["captureKey"].always
    assert {name for name, schema in SCHEMAS.items() if "callback" in schema.get("properties", {})} == {
        "EventSubscription",
        "EventSubscriptionInput",
    }


def test_a_replay_is_a_task_that_only_the_server_moves() -> None:
    """From being stored, over being worked on, to one of two ends."""
    replay = API.resources["replay"]
    assert replay.lifecycle
    assert replay.lifecycle.initial == ("acknowledged",)
    assert replay.lifecycle.moves == {
        "acknowledged": ("inProgress",),
        "inProgress": ("done", "terminatedWithError"),
        "done": (),
        "terminatedWithError": (),
    }
    assert replay.server_owned == {"id", "href", "@type", "status", "reason", "replayed", "createdAt", "finishedAt"}
    assert (replay.mandatory, API.resources["signingSecret"].mandatory) == (frozenset(), frozenset({"hub"}))


def test_operations_tell_of_what_was_given_up() -> None:
    """A delivery that is dead, and a subscription that was ended."""
    assert API.resources["deadLetter"].events == {"create": "DeadLetterCreateEvent"}
    assert API.resources["hub"].events == {"state": "HubStateChangeEvent"}


@pytest.mark.parametrize(("name", "document", "valid"), [
    ("Replay_Create", HUB, True),
    ("Replay_Create", HUB | {"deadLetter": [{"id": "h-1.7"}]}, True),
    ("Replay_Create", HUB | {"event": [{"eventId": "e"}]}, True),
    ("Replay_Create", HUB | {"from": "2026-01-01T00:00:00.000Z", "to": "2026-02-01T00:00:00.000Z"}, True),
    ("Replay_Create", HUB | {"only": "all"}, True),
    ("Replay_Create", {}, True),
    ("Replay_Create", {"hub": {}}, False),
    ("Replay_Create", {"hub": {"id": ""}}, False),
    ("Replay_Create", HUB | {"deadLetter": []}, False),
    ("Replay_Create", HUB | {"deadLetter": [{}]}, False),
    ("Replay_Create", HUB | {"event": [{"eventId": "e"}] * 1001}, False),
    ("Replay_Create", HUB | {"from": "last week"}, False),
    ("Replay_Create", HUB | {"only": "some"}, False),
    ("SigningSecret_Create", HUB, True),
    ("SigningSecret_Create", HUB | {"keepFormerHours": 0}, True),
    ("SigningSecret_Create", HUB | {"keepFormerHours": 168}, True),
    ("SigningSecret_Create", HUB | {"keepFormerHours": 169}, False),
    ("SigningSecret_Create", HUB | {"keepFormerHours": -1}, False),
    ("SigningSecret_Create", HUB | {"keepFormerHours": 1.5}, False),
    ("SigningSecret_Create", {"keepFormerHours": 1}, False),
])  # fmt: skip
def test_what_is_taken_is_bounded(name: str, document: dict[str, object], valid: bool) -> None:
    """At most a thousand at once, at most a week of two secrets."""
    assert validator(SCHEMAS, name).is_valid(document) is valid
