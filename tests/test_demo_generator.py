"""The invented sales organisation: the same every time, valid, plausible, and nobody real in it."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO

import pytest
from rich.console import Console

from spanco import apis
from spanco.app import Running
from spanco.demo import loaded
from spanco.demo.generator import LEAD, OPPORTUNITY, Invented, generate
from spanco.demo.loading import Count, Size, load
from spanco.kernel.checks import ready_to_create
from spanco.kernel.openapi import load as load_api
from spanco.kernel.wire import Document, Json, decode_stored, encode

TODAY = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NOW = "2026-11-20T12:00:00.000Z"
FICTION = re.compile(r"\+44 7700 900\d{3}|\+49 30 23125\d{3}|\+33 1 99 00 \d\d \d\d|\+46 31 39006\d\d")


@pytest.fixture(scope="module", name="world")
def _world() -> list[Invented]:
    """The organisation that `make demo` shows."""
    return list(generate(36, 2000, 800, TODAY))


def of(world: list[Invented], resource: str) -> list[Document]:
    """The documents of one resource."""
    return [each.document for each in world if each.resource == resource]


def texts(value: Json, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a document, with the name under which it stands."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from texts(below, key)
    elif isinstance(value, list):
        for below in value:
            yield from texts(below, name)
    elif isinstance(value, str):
        yield name, value


def test_a_seed_tells_one_story() -> None:
    """The same seed and day give the same bytes; another seed gives another story."""
    first, again, other = (encode([each.document for each in generate(seed, 50, 20, TODAY)]) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_it_is_as_large_as_wished(world: list[Invented]) -> None:
    """Numbered from one in each resource; leads come before the opportunities that refer to them."""
    assert [each.number for each in world if each.resource == LEAD] == list(range(1, 2001))
    assert [each.number for each in world if each.resource == OPPORTUNITY] == list(range(1, 801))
    assert [each.resource for each in generate(1, 0, 3, TODAY)] == [OPPORTUNITY] * 3
    assert [each.resource for each in generate(1, 3, 0, TODAY)] == [LEAD] * 3


def test_every_document_passes_the_checks_of_an_import(world: list[Invented]) -> None:
    """No attribute that TMF699 types otherwise; states, dates and amounts as the API wants them."""
    api = next(api for api in map(load_api, apis.own()) if api.key == "sales")
    for each in world:
        document = ready_to_create(api.resources[each.resource], each.document, NOW, historic=True)
        assert document == each.document | {"@type": document["@type"]}


def test_nobody_real_can_be_reached(world: list[Invented]) -> None:
    """Mail ends in .example, telephone numbers are of ranges set aside for fiction."""
    seen = Counter[str]()
    for name, text in (found for each in world for found in texts(each.document)):
        if name == "emailAddress":
            assert re.fullmatch(r"[a-z0-9.-]+@[a-z0-9.-]+\.example", text), text
        elif name == "phoneNumber":
            assert FICTION.fullmatch(text), text
        else:
            assert "@" not in text, text
            assert "http" not in text, text
        seen[name] += 1
    assert seen["emailAddress"] == 2000
    assert seen["phoneNumber"] > 500


def test_dates_run_forward_and_none_lies_ahead(world: list[Invented]) -> None:
    """Referred, created, changed, noted: in this order, and not after today."""
    for document in (each.document for each in world):
        created, changed = str(document["creationDate"]), str(document["statusChangeDate"])
        assert str(document.get("referredDate", created)) <= created <= changed <= NOW
        notes = document.get("note", [])
        assert isinstance(notes, list)
        assert all(created <= str(each["date"]) <= NOW for each in notes if isinstance(each, dict))


def test_all_states_occur_and_old_ones_are_closed(world: list[Invented]) -> None:
    """What is a year old is decided; what came yesterday mostly is not."""
    for resource in (LEAD, OPPORTUNITY):
        documents = of(world, resource)
        states = Counter(str(document["status"]) for document in documents)
        assert set(states) == {"acknowledged", "inProgress", "pending", "accepted", "rejected", "cancelled"}
        still_open = [each for each in documents if each["status"] in {"acknowledged", "inProgress", "pending"}]
        assert 0.05 < len(still_open) / len(documents) < 0.3
        middle = sorted(str(each["creationDate"]) for each in documents)[len(documents) // 2]
        assert sum(str(each["creationDate"]) > middle for each in still_open) > 0.8 * len(still_open)


def test_accepted_leads_become_opportunities(world: list[Invented]) -> None:
    """Each of them becomes one, which begins when sales accepted and is for the same prospect."""
    leads = {each.number: each.document for each in world if each.resource == LEAD}
    linked = [each for each in world if each.lead is not None]
    accepted = [number for number, lead in leads.items() if lead["status"] == "accepted"]
    assert [each.lead for each in linked] == accepted
    assert 300 < len(linked) < 700
    for each in linked:
        lead = leads[each.lead or 0]
        assert each.document["creationDate"] == lead["statusChangeDate"]
        assert each.document["marketSegment"] == lead["marketSegment"]


def test_amounts_add_up(world: list[Invented]) -> None:
    """An opportunity is worth what its one to four items bring, once and within a year."""
    for document in of(world, OPPORTUNITY):
        items, total = document["salesOpportunityItem"], document["estimatedRevenue"]
        assert isinstance(items, list)
        assert isinstance(total, dict)
        assert 1 <= len(items) <= 4
        assert sum(amount(item) for item in items) == total["value"]
        estimates = document["revenueEstimate"]
        assert isinstance(estimates, list)
        parts = [each["amount"] for each in estimates if isinstance(each, dict)]
        assert sum(Decimal(str(part["value"])) for part in parts if isinstance(part, dict)) == total["value"]
        if document["status"] == "accepted":
            assert document["agreement"]
            assert document["quote"]


def amount(item: Json) -> Decimal:
    """What an item is worth."""
    assert isinstance(item, dict)
    worth = item["estimatedRevenue"]
    assert isinstance(worth, dict)
    return Decimal(str(worth["value"]))


def test_summers_are_quiet(world: list[Invented]) -> None:
    """Seasons show: fewer leads in August than in September, in both years that are told."""
    months = Counter(str(each["creationDate"])[:7] for each in of(world, LEAD))
    assert months["2025-08"] < months["2025-09"]
    assert months["2026-08"] < months["2026-09"]


async def test_a_second_load_adds_nothing(running: Running) -> None:
    """The rows of the demo have a source and a number like those of any import."""
    heard: list[int] = []
    size = Size(seed=1, leads=450, opportunities=60)
    first = await load(running, size, lambda count: heard.append(count.created), today=TODAY)
    assert (first, heard) == (Count(510, 0), [400, 450, 510])
    console = Console(file=StringIO())
    again = await loaded(running, seed=1, leads=450, opportunities=60, console=console)
    assert again == Count(0, 510)
    async with running.work(running.actor) as work:
        rows = await work.connection.fetch(
            "select id, document from resource where tenant = $1 and kind like 'sales.%' order by kind desc",
            running.actor.tenant,
        )
    documents = {row["id"]: decode_stored(row["document"]) for row in rows}
    assert len(documents) == 510
    references = [each["salesLead"] for each in documents.values() if isinstance(each, dict) and "salesLead" in each]
    assert references
    assert all(
        isinstance(each, list) and isinstance(each[0], dict) and each[0]["id"] in documents for each in references
    )
