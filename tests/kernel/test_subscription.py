"""What a hub asks for: filters, JSONPath and `fields`, over the event as it is told."""

from typing import Any

import pytest

from spanco.kernel.errors import BadBody
from spanco.kernel.projection import ALL, project
from spanco.kernel.query.match import matches
from spanco.kernel.subscription import LONGEST_QUERY, Subscription, subscription

EVENT: dict[str, Any] = {
    "eventId": "e1",
    "eventTime": "2026-03-02T09:00:00.000Z",
    "eventType": "SalesLeadStateChangeEvent",
    "@type": "SalesLeadStateChangeEvent",
    "domain": "Commercial",
    "title": "SalesLeadStateChangeEvent",
    "timeOcurred": "2026-03-02T09:00:00.000Z",
    "event": {
        "salesLead": {
            "id": "l1",
            "href": "https://crm.example/l1",
            "@type": "SalesLead",
            "name": "Fibre é",
            "rating": "hot",
            "estimatedRevenue": {"unit": "EUR", "value": 1200},
            "relatedParty": [{"id": "p1", "role": "owner"}, {"id": "p2", "role": "prospect"}],
        }
    },
}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "  ",
        "?eventType=SalesLeadStateChangeEvent",
        "eventType=SalesLeadCreateEvent,SalesLeadStateChangeEvent",
        "eventType=SalesLeadStateChangeEvent&event.salesLead.rating=hot",
        "event.salesLead.estimatedRevenue.value>1000",
        "event.salesLead.estimatedRevenue.value.gte=1200",
        "event.salesLead.name=Fibre%20%C3%A9",
        "event.salesLead.name=Fibre é",
        "event.salesLead.relatedParty.role=prospect",
        "eventTime>=2026-03-02T08:00:00Z",
        "domain=Commercial&fields=eventType",
        "fields=event.salesLead.name",
        "@type=SalesLeadStateChangeEvent",
        "@type.ne=SalesLeadCreateEvent",
        "$[?(@.eventType=='SalesLeadStateChangeEvent')]",
        "$.event.salesLead[?(@.rating=='hot')]",
        "$.event.salesLead.relatedParty[?(@.role=='owner' && @.id=='p1')]",
        "@.domain=='Commercial'",
        "@type=='SalesLeadStateChangeEvent'",
        "!($.event.salesLead.rating=='cold')",
        "(domain=='Commercial' || domain=='Technical')",
        "eventType=='SalesLeadStateChangeEvent' && event.salesLead.rating=='hot'",
        "eventType != 'SalesLeadCreateEvent'",
        "filter=$.event.salesLead[?(@.rating=='hot')]&eventType=SalesLeadStateChangeEvent",
    ],
)
def test_a_query_that_wants_the_event(query: str) -> None:
    """Every spelling of the common query language, over the whole event."""
    assert matches(subscription(query).condition, EVENT)


@pytest.mark.parametrize(
    "query",
    [
        "eventType=SalesLeadCreateEvent",
        "rating=hot",
        "event.rating=hot",
        "event.salesLead.rating=hot&domain=Technical",
        "@type=SalesLeadCreateEvent",
        "@type=='SalesLeadCreateEvent'",
        "@type!='SalesLeadStateChangeEvent'",
        "eventType=='SalesLeadStateChangeEvent' && event.salesLead.rating=='cold'",
        "$.event.salesLead.relatedParty[?(@.role=='owner' && @.id=='p2')]",
        "filter=$.event.salesLead[?(@.rating=='cold')]&eventType=SalesLeadStateChangeEvent",
    ],
)
def test_a_query_that_does_not_want_it(query: str) -> None:
    """Paths begin at the event; conditions are joined with and."""
    assert not matches(subscription(query).condition, EVENT)


@pytest.mark.parametrize(
    "query",
    [
        "limit=5",
        "sort=name",
        "asOf=2026-01-01",
        "offset=0&eventType=x",
        "eventType",
        "eventType=%zz",
        "eventType.between=1",
        "a=*&b[=1",
        "event.salesLead.name*=(",
        "$[?(",
        "$.event[?(@.a==)]",
        "@.a==b==c",
        "eventType=='open",
        "filter=$[?(&eventType=x",
        "fields=salesLead.name",
        "fields=event.salesLead.name,rating",
        "x" * (LONGEST_QUERY + 1),
        "fields=" + ",".join(f"event.salesLead.a{n}" for n in range(120)),
    ],
)
def test_a_bad_query_is_refused(query: str) -> None:
    """With a sentence that names the attribute in which it stands."""
    with pytest.raises(BadBody) as refused:
        subscription(query)
    assert "query" in str(refused.value)
    with pytest.raises(BadBody) as refused:
        subscription(query, "contentQuery")
    assert "contentQuery" in str(refused.value)


HEAD = {"eventId", "eventTime", "eventType", "@type"}


@pytest.mark.parametrize(
    ("fields", "names", "inside"),
    [
        ("none", HEAD, None),
        ("eventId", HEAD, None),
        ("domain", HEAD | {"domain"}, None),
        ("event.salesLead.name", HEAD | {"event"}, {"id", "href", "name"}),
        ("event.salesLead.relatedParty.id", HEAD | {"event"}, {"id", "href", "relatedParty"}),
        ("event.salesLead.unknown", HEAD | {"event"}, {"id", "href"}),
        ("event.salesLead", HEAD | {"event"}, set(EVENT["event"]["salesLead"])),
        ("event", HEAD | {"event"}, set(EVENT["event"]["salesLead"])),
        (" title , event.salesLead.rating", HEAD | {"title", "event"}, {"id", "href", "rating"}),
    ],
)
def test_fields_trim_the_event(fields: str, names: set[str], inside: set[str] | None) -> None:
    """Its id, type and time are always there, and of a resource that is trimmed its identity."""
    trimmed: dict[str, Any] = project(EVENT, subscription(f"fields={fields}").fields)
    assert set(trimmed) == names
    if inside is not None:
        assert set(trimmed["event"]["salesLead"]) == inside


def test_without_a_query_everything_is_wanted_whole() -> None:
    """The empty subscription."""
    assert subscription("") == Subscription()
    assert subscription("fields=").fields == ALL
