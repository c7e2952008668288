"""Invented, life-like leads in the shape that the write path stores; the same number always gives the same leads."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from spanco.kernel.moments import spell
from spanco.kernel.wire import encode

TENANT = "default"
FIRST_DAY = datetime(2024, 7, 1, tzinfo=UTC)
DAYS = 730
_DAY_MS = 86_400_000
LEADS_PER_PARTY = 5
LEADS_PER_AGENT = 500
STATES = ("acknowledged", "inProgress", "pending", "accepted", "rejected", "cancelled")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_GIVEN = _words("Amelia Bernd Chiara Dolores Elin Fabrice Greta Hugo Imogen Jakub Katrin Lovisa Marta Nils Owen Paula")
_FAMILY = _words("Ahlgren Bermudez Cawthorne Dornbusch Esnault Fairhurst Gualtieri Hoekstra Kowalik Lavergne Pajak")
_COMPANY = _words("Alder Basalt Cobalt Delta Ember Fjord Garnet Heron Juniper Kestrel Larch Meridian Onyx Quarry")
_TRADE = ("Architects", "Bicycles", "Catering", "Engineering", "Hotels", "Logistics", "Packaging", "Textiles")
_OFFERING = ("Fibre 1G", "Fibre 10G Business", "SD-WAN Managed", "SIP Trunk", "Cloud PBX", "IoT SIM Fleet")
_CHANNEL = ("Web form", "Shop", "Call centre", "Partner", "E-mail", "Event")
_SEGMENT = ("Small office", "Small and medium business", "Enterprise", "Public sector")
_CAMPAIGN = ("Fibre in Spring", "Switch to Cloud Voice", "The Secure Office", "5G Works")
_WISH = (
    "Wants fibre and a second line for {sites} sites; the present contract ends in {month}.",
    "Asked for a price per month for {sites} seats, with a visit before {month}.",
    "Unhappy with the response times of the present provider at {sites} places; decides in {month}.",
)
_MONTHS = _words("January February March April May June July August September October November December")
_COLUMNS = _words(
    "key name wish created state changed type rating priority revenue channel segment campaign offering "
    "email phone party company agent seller"
)
# Days until half of the leads are decided, and how the new, the open and the decided ones stand.
_HALF_DECIDED, _UNTOUCHED_DAYS = 60, 4
_NEW, _OPEN, _DECIDED = (80, 15, 2, 1, 1, 1), (2, 70, 28, 0, 0, 0), (0, 0, 0, 52, 38, 10)


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead: its id and what is stored of it."""

    id: str
    document: dict[str, Any]


def leads(count: int) -> Iterator[Lead]:
    """So many leads in the order of two years, with the more parties and agents the more leads there are."""
    chance = Random(count)
    parties, agents = max(count // LEADS_PER_PARTY, 1), max(count // LEADS_PER_AGENT, 5)
    for number in range(count):
        created = FIRST_DAY + timedelta(milliseconds=round((number + chance.random()) * _DAY_MS * DAYS / count))
        place = (chance.randrange(parties), chance.randrange(agents))
        yield Lead(_id(chance, number), _document(chance, created, *place))


def bodies(count: int) -> list[bytes]:
    """What a client posts: a lead without the attributes that the server sets."""
    owned = {"status", "creationDate", "statusChangeDate"}
    documents = (lead.document for lead in leads(count))
    return [encode({name: value for name, value in each.items() if name not in owned}) for each in documents]


def write_table(path: Path, count: int) -> None:
    """The same leads as a CSV file, as another system would export them; `importing.toml` maps it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for number, lead in enumerate(leads(count)):
            writer.writerow(_cells(number, lead.document))


def _cells(number: int, document: dict[str, Any]) -> list[object]:
    contact, party = document["prospectContact"], document["relatedParty"]
    return [
        f"B-{number}",
        *(document[name] for name in ("name", "description", "creationDate", "status", "statusChangeDate")),
        *(document[name] for name in ("type", "rating", "priority")),
        document["estimatedRevenue"]["value"],
        *(document[name]["name"] for name in ("channel", "marketSegment", "marketingCampaign", "productOffering")),
        contact[0]["characteristic"]["emailAddress"],
        contact[1]["characteristic"]["phoneNumber"],
        *(party[0]["id"], party[0]["name"], party[1]["id"], party[1]["name"]),
    ]


def _id(chance: Random, number: int) -> str:
    """A UUID of version 7 whose time runs with the number: new leads have the greatest ids."""
    text = f"{1_720_000_000_000 + number:012x}7{chance.getrandbits(12):03x}{0x8 << 60 | chance.getrandbits(60):016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _document(chance: Random, created: datetime, party: int, agent: int) -> dict[str, Any]:
    company = f"{_COMPANY[party % len(_COMPANY)]} {_TRADE[party % len(_TRADE)]} {party}"
    offering = chance.randrange(len(_OFFERING))
    moved = created + timedelta(minutes=chance.randrange(60_000))
    channel, segment, campaign = (chance.randrange(len(of)) for of in (_CHANNEL, _SEGMENT, _CAMPAIGN))
    wish = chance.choice(_WISH).format(sites=chance.randrange(2, 90), month=chance.choice(_MONTHS))
    return {
        "name": f"{company}: {_OFFERING[offering]}",
        "description": wish,
        "creationDate": spell(created),
        "referredDate": spell(created - timedelta(minutes=chance.randrange(5_000))),
        "status": _state(chance, DAYS - (created - FIRST_DAY).days),
        "statusChangeDate": spell(moved),
        "type": chance.choice(("newBusiness", "upsell", "renewal")),
        "rating": chance.choice(("hot", "warm", "cold")),
        "priority": chance.choice(("low", "medium", "high")),
        "estimatedRevenue": {"unit": "EUR", "value": Decimal(chance.randrange(5_000, 9_000_000)) / 100},
        "channel": {"id": f"channel-{channel}", "name": _CHANNEL[channel]},
        "marketSegment": {"id": f"segment-{segment}", "name": _SEGMENT[segment]},
        "marketingCampaign": {"id": f"campaign-{campaign}", "name": _CAMPAIGN[campaign]},
        "productOffering": {"id": f"offering-{offering}", "name": _OFFERING[offering]},
        "prospectContact": _contacts(chance, party),
        "relatedParty": [
            {"id": f"org-{party}", "name": company, "role": "prospect", "@referredType": "Organization"},
            {"id": f"person-{agent}", "name": _person(agent), "role": "salesAgent", "@referredType": "Individual"},
        ],
        "@type": "SalesLead",
    }


def _state(chance: Random, age: int) -> str:
    """Young leads are new, then open; old ones are mostly decided."""
    if age <= _UNTOUCHED_DAYS:
        return chance.choices(STATES, _NEW)[0]
    decided = chance.random() > 0.5 ** (age / _HALF_DECIDED)
    return chance.choices(STATES, _DECIDED if decided else _OPEN)[0]


def _contacts(chance: Random, party: int) -> list[dict[str, Any]]:
    person = _person(party * 3 + chance.randrange(3))
    address = f"{person.lower().replace(' ', '.')}@company-{party}.example"
    telephone = f"+44 7700 900{chance.randrange(1000):03}"
    return [
        {
            "mediumType": "email",
            "preferred": True,
            "characteristic": {"contactType": "work", "emailAddress": address},
        },
        {"mediumType": "phone", "characteristic": {"contactType": "work", "phoneNumber": telephone}},
    ]


def _person(number: int) -> str:
    return f"{_GIVEN[number % len(_GIVEN)]} {_FAMILY[number // len(_GIVEN) % len(_FAMILY)]}"
