"""What the invented operator sells, to whom, where and through whom."""

from dataclasses import dataclass
from random import Random

from spanco.demo.people import (
    BRITAIN,
    FRANCE,
    GERMANY,
    ITALY,
    NETHERLANDS,
    POLAND,
    SPAIN,
    SWEDEN,
    Country,
    Person,
    person,
    words,
)

OPERATOR = "Boreal Telecom"
OPERATOR_DOMAIN = "boreal-telecom.example"

CONSUMER, SOHO, SMB, ENTERPRISE, PUBLIC = "consumer", "soho", "smb", "enterprise", "public-sector"


@dataclass(frozen=True, slots=True)
class Segment:
    """Whom we sell to: how often they come, how many sites or lines they take, how many days a sale takes."""

    id: str
    name: str
    weight: int
    units: int
    spread: float
    days: int
    won: float


@dataclass(frozen=True, slots=True)
class Offering:
    """What we sell: prices in euros per unit, `monthly` again and again, `once` at the start."""

    id: str
    name: str
    category: str
    monthly: int
    once: int
    segments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Channel:
    """Where leads come from, how often, and how warm they are (chance to be accepted, against the usual)."""

    id: str
    name: str
    weight: int
    warmth: float
    office_hours: bool


@dataclass(frozen=True, slots=True)
class Campaign:
    """A push of marketing in some months of every year."""

    id: str
    name: str
    months: tuple[int, ...]
    category: str


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the market with its countries."""

    id: str
    name: str
    countries: tuple[Country, ...]


@dataclass(frozen=True, slots=True)
class Team:
    """Who sells in a region."""

    region: Region
    manager: Person
    sellers: tuple[Person, ...]


SEGMENTS = (
    Segment(CONSUMER, "Consumer", 22, 1, 0.3, 10, 0.52),
    Segment(SOHO, "Small office, home office", 24, 2, 0.5, 25, 0.48),
    Segment(SMB, "Small and medium business", 30, 9, 0.8, 60, 0.44),
    Segment(ENTERPRISE, "Enterprise", 15, 45, 1.0, 150, 0.34),
    Segment(PUBLIC, "Public sector", 9, 30, 0.9, 190, 0.38),
)
OFFERINGS = (
    Offering("fibre-1g", "Fibre 1G", "Fixed access", 49, 90, (CONSUMER, SOHO, SMB)),
    Offering("fibre-10g", "Fibre 10G Business", "Fixed access", 390, 1200, (SMB, ENTERPRISE, PUBLIC)),
    Offering("dark-fibre", "Dark Fibre Link", "Fixed access", 1450, 18000, (ENTERPRISE, PUBLIC)),
    Offering("sd-wan", "SD-WAN Managed", "Networks", 185, 450, (SMB, ENTERPRISE, PUBLIC)),
    Offering("private-5g", "Private 5G Campus", "Networks", 6200, 48000, (ENTERPRISE, PUBLIC)),
    Offering("ddos", "DDoS Protection", "Security", 240, 0, (ENTERPRISE, PUBLIC)),
    Offering("managed-firewall", "Managed Firewall", "Security", 95, 150, (SOHO, SMB, ENTERPRISE, PUBLIC)),
    Offering("sip-trunk", "SIP Trunk", "Voice", 32, 60, (SOHO, SMB, ENTERPRISE, PUBLIC)),
    Offering("cloud-pbx", "Cloud PBX", "Voice", 14, 25, (SOHO, SMB, ENTERPRISE, PUBLIC)),
    Offering("5g-business", "5G Business Unlimited", "Mobile", 36, 0, (SOHO, SMB, ENTERPRISE, PUBLIC)),
    Offering("mobile-family", "Mobile Family Bundle", "Mobile", 59, 0, (CONSUMER,)),
    Offering("mobile-solo", "Mobile Solo 20 GB", "Mobile", 17, 0, (CONSUMER, SOHO)),
    Offering("home-bundle", "Home Fibre, TV and Mobile", "Bundles", 74, 40, (CONSUMER,)),
    Offering("office-bundle", "Office Fibre and Mobile", "Bundles", 98, 60, (SOHO, SMB)),
    Offering("iot-sim", "IoT SIM Fleet", "Internet of things", 3, 2, (SMB, ENTERPRISE, PUBLIC)),
    Offering("iot-metering", "Smart Metering Connectivity", "Internet of things", 2, 4, (ENTERPRISE, PUBLIC)),
    Offering("cloud-backup", "Cloud Backup", "Cloud", 22, 0, (SOHO, SMB, ENTERPRISE)),
    Offering("cloud-connect", "Cloud Connect Direct", "Cloud", 520, 900, (ENTERPRISE, PUBLIC)),
)
CHANNELS = (
    Channel("web-form", "Web form", 34, 0.8, office_hours=False),
    Channel("shop", "Shop", 13, 1.2, office_hours=True),
    Channel("call-centre", "Call centre", 20, 1.0, office_hours=True),
    Channel("partner", "Partner", 13, 1.5, office_hours=True),
    Channel("e-mail", "E-mail", 12, 0.7, office_hours=False),
    Channel("event", "Event", 8, 1.1, office_hours=True),
)
CAMPAIGNS = (
    Campaign("fibre-spring", "Fibre in Spring", (3, 4, 5), "Fixed access"),
    Campaign("switch-to-cloud", "Switch to Cloud Voice", (9, 10, 11), "Voice"),
    Campaign("secure-office", "The Secure Office", (1, 2, 10), "Security"),
    Campaign("5g-works", "5G Works", (6, 9), "Mobile"),
    Campaign("back-to-school", "Back to School", (8, 9), "Bundles"),
    Campaign("factory-of-things", "Factory of Things", (4, 11), "Internet of things"),
    Campaign("one-network", "One Network", (2, 3, 10), "Networks"),
    Campaign("year-end", "Year-end Offers", (11, 12), "Bundles"),
)
PARTNERS = (
    ("partner-halden", "Halden Systems"),
    ("partner-tresco", "Tresco Integrators"),
    ("partner-quillon", "Quillon IT"),
    ("partner-orsova", "Orsova Networks"),
)
REGIONS = (
    Region("north", "North", (SWEDEN,)),
    Region("west", "West", (BRITAIN, FRANCE)),
    Region("central", "Central", (GERMANY, NETHERLANDS)),
    Region("south", "South", (SPAIN, ITALY)),
    Region("east", "East", (POLAND,)),
)

# Months as sales people know them: quiet summers and Decembers, busy quarter ends.
SEASON = (0.9, 1.0, 1.25, 1.0, 1.0, 1.15, 0.75, 0.6, 1.25, 1.1, 1.2, 0.8)

_FIRST = words(
    "Alder Amber Basalt Birch Cobalt Coral Delta Ember Falcon Fjord Garnet Harbour Heron Indigo Juniper Kestrel "
    "Lagoon Larch Maple Meridian Nordic Onyx Osprey Pebble Quarry Raven Saffron Sierra Solstice Tamarind Tundra "
    "Umber Vantage Willow Zephyr"
)
_TRADES = {
    SOHO: ("Architects", "Bakery", "Dental Practice", "Design Studio", "Joinery", "Law Office", "Veterinary Clinic"),
    SMB: ("Bicycles", "Catering", "Engineering", "Foods", "Hotels", "Packaging", "Printing", "Textiles", "Tool Works"),
    ENTERPRISE: ("Airports", "Automotive", "Chemicals", "Insurance", "Logistics", "Retail Group", "Shipyards", "Steel"),
    PUBLIC: ("City Council", "District Hospital", "Port Authority", "School Board", "Technical College", "Water Board"),
}
_SELLERS = 6


def company(chance: Random, segment: str) -> str:
    """An invented name of a company or authority of the segment."""
    return f"{chance.choice(_FIRST)} {chance.choice(_TRADES[segment])}"


def teams(chance: Random) -> tuple[Team, ...]:
    """One team in each region: a manager and sellers from its countries."""
    made: list[Team] = []
    number = 1
    for region in REGIONS:
        people: list[Person] = []
        while len(people) <= _SELLERS:
            someone = person(chance, f"seller-{number:03d}", chance.choice(region.countries))
            if all(someone.name != other.name for other in people):
                people.append(someone)
                number += 1
        made.append(Team(region, people[0], tuple(people[1:])))
    return tuple(made)
