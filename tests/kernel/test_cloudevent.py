"""Events as CloudEvents: attributes, what is told thin, and subjects that no name can break."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanco.kernel.cloudevent import Producer, subject, token
from spanco.kernel.envelope import Happening, Teller
from spanco.kernel.openapi import load
from spanco.kernel.wire import decode
from tests.kernel.example import V4, V5

ROOT = "https://crm.example.com"
APIS = (load(V4), load(V5))
PLENTY = 1_000_000
TIED = Happening(
    event_id="e-1",
    type="RopeAttributeValueChangeEvent",
    kind="rope.rope",
    resource_id="r-1",
    parent=None,
    occurred_at=datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
    correlation="c-1",
    changed=("length",),
    document=b'{"length":1.50}',
)
FLOWN = replace(
    TIED, type="FlightCreateEvent", kind="kiteManagement.kite.flight", parent="k-1", correlation=None, changed=()
)
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def made(happening: Happening, room: int = PLENTY) -> dict[str, Any]:
    """The CloudEvent of the tenant `acme`, as a consumer reads it."""
    body = Producer(Teller(APIS, ROOT)).body("acme", happening, room)
    value = decode(body)
    assert isinstance(value, dict)
    return value


def test_a_cloudevent_has_the_attributes_of_the_specification() -> None:
    """CloudEvents 1.0.2: the required ones, those of the JSON format, and extensions in lower-case letters."""
    event = made(TIED)
    assert event.pop("data")["event"]["rope"]["length"] is not None
    assert event == {
        "specversion": "1.0",
        "id": "e-1",
        "source": "https://crm.example.com/tmf-api/rope/v4",
        "type": "RopeAttributeValueChangeEvent",
        "subject": "rope/r-1",
        "time": "2026-03-01T12:30:00.000Z",
        "datacontenttype": "application/json",
        "tenant": "acme",
        "correlationid": "c-1",
    }


@pytest.mark.parametrize("happening", [TIED, FLOWN])
def test_its_data_is_the_event_exactly_as_hubs_are_told(happening: Happening) -> None:
    """Byte for byte, numbers in their spelling."""
    told = Teller(APIS, ROOT).told(happening)
    assert Producer(Teller(APIS, ROOT)).body("acme", happening, PLENTY).endswith(b',"data":' + told + b"}")


@pytest.mark.parametrize("happening", [TIED, FLOWN])
def test_source_and_subject_lead_to_the_resource(happening: Happening) -> None:
    """Together they are its `href`, of a nested one too."""
    event = made(happening)
    (resource,) = event["data"]["event"].values()
    assert f"{event['source']}/{event['subject']}" == resource["href"]


def test_an_event_of_an_api_that_is_gone_is_told_all_the_same() -> None:
    """Without a link, for there is none."""
    event = made(replace(TIED, kind="gone.thing"))
    assert (event["source"], event["subject"]) == (ROOT, "thing/r-1")
    assert event["data"]["event"] == {"thing": {"id": "r-1", "length": decode(b"1.50")}}


def test_what_does_not_fit_is_told_thin() -> None:
    """The header stays, and the way to the resource; nothing is cut."""
    full = made(TIED)
    large = replace(TIED, document=b'{"note":"%b"}' % (b"x" * 5000), changed=("note",) * 900)
    thin = made(large, room=1000)
    assert thin.pop("thin") is True
    data = thin.pop("data")
    assert data["event"] == {"rope": {"id": "r-1", "href": f"{ROOT}/tmf-api/rope/v4/rope/r-1"}}
    assert thin == {name: value for name, value in full.items() if name != "data"}
    header = {name: value for name, value in full["data"].items() if name not in {"event", "fieldPath"}}
    assert {name: value for name, value in data.items() if name != "event"} == header


def test_what_just_fits_is_told_whole() -> None:
    """The limit is the largest size that is taken."""
    size = len(Producer(Teller(APIS, ROOT)).body("acme", TIED, PLENTY))
    assert "thin" not in made(TIED, room=size)
    assert "thin" in made(TIED, room=size - 1)


@pytest.mark.parametrize(
    ("tenant", "spelled"),
    [
        ("acme", "acme"),
        ("acme_emea-1", "acme_emea-1"),
        ("a.b", "a_2Eb"),
        ("*", "_2A"),
        (">", "_3E"),
        ("a b", "a_20b"),
        ("é", "_C3_A9"),
        ("a_2Eb", "a_5F2Eb"),
        ("", "_00"),
    ],
)
def test_a_subject_names_tenant_api_and_type(tenant: str, spelled: str) -> None:
    """Plain names stand as they are; what is special to NATS, or looks like our spelling, does not."""
    assert subject(tenant, TIED) == f"spanco.{spelled}.rope.RopeAttributeValueChangeEvent"


@given(NAMES)
def test_a_token_can_be_read_back(name: str) -> None:
    """So no two names share one, and none contains what NATS reads as more than a letter."""
    spelled = token(name)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", spelled)
    read = re.sub(rb"_([0-9A-F]{2})", lambda found: bytes.fromhex(found[1].decode()), spelled.encode())
    assert read.decode().replace("\0", "") == name
