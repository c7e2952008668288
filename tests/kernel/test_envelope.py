"""The event as it is told: the envelopes of version 4 and 5, byte for byte around the stored document."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanco.apis import own
from spanco.kernel.envelope import Happening, Teller, is_modern
from spanco.kernel.openapi import load
from spanco.kernel.wire import Document, decode_stored, encode
from tests.kernel.example import V4, V5

KITES, ROPES = load(V5), load(V4)
SALES = next(load(each) for each in own() if each["x-spanco-key"] == "sales")
TOPICS = next(load(each) for each in own() if each["x-spanco-key"] == "event")
TELLER = Teller((KITES, ROPES, SALES), "https://crm.example")
AT = datetime(2026, 3, 2, 9, 0, 0, 120_000, tzinfo=UTC)
LEAD = Happening(
    "e1", "SalesLeadCreateEvent", "sales.salesLead", "l1", None, AT, None, (), b'{"name": "A", "amount": 1.10}'
)


def told(happening: Happening, teller: Teller = TELLER) -> dict[str, Any]:
    """The event, decoded."""
    event = decode_stored(teller.told(happening))
    assert isinstance(event, dict)
    return dict(event)


def test_the_envelope_of_version_4() -> None:
    """TMF630 part 1 and TMF699, with its spelling of `timeOcurred`; absent is what is not known."""
    event = told(LEAD)
    assert list(event) == ["eventId", "eventTime", "eventType", "domain", "title", "timeOcurred", "event"]
    assert (event["eventId"], event["eventType"], event["title"]) == ("e1", LEAD.type, LEAD.type)
    assert event["eventTime"] == event["timeOcurred"] == "2026-03-02T09:00:00.120Z"
    assert event["event"]["salesLead"] == {
        "id": "l1",
        "href": "https://crm.example/tmf-api/sales/v4/salesLead/l1",
        "name": "A",
        "amount": decode_stored(b"1.10"),
    }
    assert b'"amount": 1.10' in TELLER.told(LEAD), "the document is told as it is stored"
    assert told(replace(LEAD, correlation="c1"))["correlationId"] == "c1"


def test_the_envelope_of_version_5() -> None:
    """`timeOccurred` is spelled right and `@type` names the event."""
    flown = Happening("e2", "KiteStatusChangeEvent", "kiteManagement.kite", "k1", None, AT, None, ("state",), b"{}")
    event = told(flown)
    assert event["@type"] == event["eventType"] == "KiteStatusChangeEvent"
    assert event["timeOccurred"] == event["eventTime"]
    assert event.keys().isdisjoint({"timeOcurred", "fieldPath", "domain"})
    assert event["event"] == {"kite": {"id": "k1", "href": "https://crm.example/tmf-api/kiteManagement/v5/kite/k1"}}
    assert is_modern(KITES)
    assert not is_modern(ROPES)
    assert not is_modern(replace(ROPES, version="draft"))


def test_a_nested_resource_has_the_link_through_its_parent() -> None:
    """And one whose API is no longer served has none."""
    flight = Happening("e3", "FlightCreateEvent", "kiteManagement.kite.flight", "f1", "k1", AT, None, (), b'{"h":1}')
    (inside,) = told(flight)["event"].values()
    assert inside["href"] == "https://crm.example/tmf-api/kiteManagement/v5/kite/k1/flight/f1"
    gone = told(flight, Teller((), "https://crm.example"))
    assert gone["event"] == {"flight": {"id": "f1", "h": 1}}
    assert gone["eventType"] == "FlightCreateEvent"


def test_the_place_of_a_resource_is_its_address_in_two_parts() -> None:
    """Together they are the `href`; what is no longer served has no API above it."""
    assert TELLER.place(LEAD) == ("https://crm.example/tmf-api/sales/v4", "salesLead/l1")
    assert Teller((), "https://crm.example").place(LEAD) == ("https://crm.example", "salesLead/l1")
    assert set(TELLER.kinds) >= {"sales.salesLead", "kiteManagement.kite"}


def test_what_was_posted_to_a_topic_is_an_event_already() -> None:
    """Its hubs get it as it is, under the id that its poster gave it; everybody else is told that it was posted."""
    teller = Teller((SALES, TOPICS), "https://crm.example")
    document = b'{"eventId": "theirs", "eventType": "Odd"}'
    posted = Happening("e4", "EventCreateEvent", "event.topic.event", "x1", "t1", AT, None, (), document)
    plain = decode_stored(teller.told(posted, plainly=True))
    assert isinstance(plain, dict)
    assert (plain["eventId"], plain["id"], str(plain["href"]).endswith("/topic/t1/event/x1")) == ("theirs", "x1", True)
    assert told(posted, teller)["eventId"] == "e4"
    assert (teller.event_id(posted, plainly=True), teller.event_id(posted)) == ("theirs", "e4")
    assert teller.event_id(LEAD, plainly=True) == "e1"
    assert (teller.body(posted), teller.body(LEAD)) == (document, teller.told(LEAD))
    assert [teller.is_event(each) for each in ("event.topic.event", "sales.salesLead", "unknown")] == [
        True,
        False,
        False,
    ]


def test_the_store_is_told_how_events_are_spelled() -> None:
    """So that it writes the same envelope; with the companions of the state where there is one."""
    found = decode_stored(TELLER.spelling(["sales.salesLead", "kiteManagement.kite.flight"]))
    assert isinstance(found, dict)
    lead, flight = found["sales.salesLead"], found["kiteManagement.kite.flight"]
    assert isinstance(lead, dict)
    assert isinstance(flight, dict)
    assert lead["name"] == "salesLead"
    assert "statusChangeDate" in str(lead)
    assert "ChangeDate" not in str(flight)


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        (("name",), "name"),
        (("name", "note.text"), "name,note.text"),
        (("name", "status", "statusChangeDate"), "name"),
        (("statusChangeReason",), "statusChangeReason"),
    ],
)
def test_the_path_of_a_changed_attribute(changed: tuple[str, ...], path: str) -> None:
    """Those of the state are told by the event of its own; without a move they are attributes like others."""
    event = replace(LEAD, type="SalesLeadAttributeValueChangeEvent", changed=changed)
    assert told(event)["fieldPath"] == path
    assert "fieldPath" not in told(replace(event, type="SalesLeadStateChangeEvent"))


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)
names = texts.filter(lambda name: name not in {"id", "href"})


@given(st.dictionaries(names, values), texts, st.sampled_from([b"", b" "]))
def test_any_document_is_told_whole(document: Document, id_: str, blank: bytes) -> None:
    """Also the empty one, and as PostgreSQL writes it, with blanks."""
    stored = b"{" + blank + encode(document)[1:]
    event = told(replace(LEAD, resource_id=id_, document=stored))
    (inside,) = event["event"].values()
    assert {name: value for name, value in inside.items() if name != "href"} == {"id": id_, **document}
