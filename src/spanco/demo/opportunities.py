"""Invented opportunities: those that accepted leads became and those of customers we have, until won or lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from spanco.demo.leads import Lead, Prospect, named, prospect
from spanco.demo.market import CHANNELS, OFFERINGS, OPERATOR, Channel, Offering
from spanco.demo.people import Person
from spanco.demo.scene import Scene, money, note, party, period, priced, reference, sellers
from spanco.kernel.moments import spell
from spanco.kernel.wire import Document, Json
from spanco.sales.rules.states import ACCEPTED, ACKNOWLEDGED, CANCELLED, IN_PROGRESS, PENDING, REJECTED

LOST_BECAUSE = (
    "Price: another operator was 12 % below",
    "Stays with the present operator",
    "Fibre comes too late for the move",
    "Board stopped the project",
    "Another operator offered one contract for all countries",
    "No answer to the last offer",
)
GIVEN_UP_BECAUSE = ("Merged into another opportunity", "Customer was taken over", "Site will not be built")
WAITING_FOR = (
    "Offer is with the purchasing department",
    "Waiting for the tender to be published",
    "Site survey is planned",
    "Contract is with the lawyers",
)
_STEPS = (
    "Presented the solution on site.",
    "Site survey done, ducts are free.",
    "Price list agreed, terms still open.",
    "Asked for a trial of four weeks.",
    "Purchasing wants three years instead of two.",
    "Reference call with another customer went well.",
)
_GIVEN_UP = 0.12
_WAITS = 0.3
_QUOTED_AFTER = 0.4
_RATINGS = {"hot": 1.25, "warm": 1.0, "cold": 0.75}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an opportunity comes from and who works on it."""

    who: Prospect
    first: Offering
    channel: Channel
    seller: Person
    rating: str
    kind: str
    created: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state it stands in, since when and why, and how much of its way it has gone."""

    state: str
    since: datetime
    reason: str
    progress: float


def opportunity(scene: Scene, number: int, lead: Lead | None) -> Document:
    """One opportunity; of the lead, or of a customer whom we have."""
    origin = _of_lead(lead) if lead else _of_customer(scene, number)
    who = origin.who
    outcome = _outcome(scene, origin)
    items, once, yearly = _items(scene, origin, outcome.state)
    document: Document = {
        "name": f"{who.name}: {origin.first.name}" + (f" and {len(items) - 1} more" if len(items) > 1 else ""),
        "description": f"{who.segment.name}, {who.contact.country.name}",
        "salesOpportunityType": origin.kind,
        "rating": origin.rating,
        "priority": {"hot": "high", "warm": "medium", "cold": "low"}[origin.rating],
        "status": outcome.state,
        "creationDate": spell(origin.created),
        "statusChangeDate": spell(outcome.since),
        "statusChangeReason": outcome.reason,
        "validFor": period(origin.created, 3 * who.segment.days + 30),
        "estimatedRevenue": money(once + yearly),
        "revenueEstimate": _estimates(once, yearly),
        "category": reference(*_category(origin.first), "Category"),
        "channel": reference(origin.channel.id, origin.channel.name, "Channel"),
        "marketSegment": reference(who.segment.id, who.segment.name, "MarketSegment"),
        "relatedParty": _parties(origin),
        "salesOpportunityItem": items,
    }
    if lead and "marketingCampaign" in lead.document:
        document["marketingCampaign"] = lead.document["marketingCampaign"]
    return document | _papers(number, outcome) | _notes(scene, origin, outcome)


def _of_lead(lead: Lead) -> Origin:
    assert lead.accepted is not None  # only accepted leads become opportunities
    kind = str(lead.document["type"])
    return Origin(lead.prospect, lead.offering, lead.channel, lead.seller, lead.rating, kind, lead.accepted)


def _of_customer(scene: Scene, number: int) -> Origin:
    chance = scene.chance
    who = prospect(scene, number, "o")
    first = chance.choice([each for each in OFFERINGS if who.segment.id in each.segments])
    rating = chance.choices(("hot", "warm", "cold"), weights=(3, 5, 2))[0]
    kind = chance.choices(("renewal", "upsell", "crossSell", "newBusiness"), weights=(40, 30, 20, 10))[0]
    created = scene.beginning(office_hours=True)
    return Origin(who, first, chance.choice(CHANNELS), chance.choice(who.team.sellers), rating, kind, created)


def _outcome(scene: Scene, origin: Origin) -> Outcome:
    """How it stands today: a sale takes about as long as is usual in the segment."""
    chance, segment = scene.chance, origin.who.segment
    begun = scene.later(origin.created, 1)
    closed = scene.later(begun, segment.days)
    if begun > scene.today:
        return Outcome(ACKNOWLEDGED, origin.created, "Opportunity created", 0.0)
    if closed > scene.today:
        progress = (scene.today - begun) / (closed - begun)
        asked = begun + (scene.today - begun) * chance.random()
        if scene.yes(_WAITS):
            return Outcome(PENDING, asked.replace(microsecond=0), chance.choice(WAITING_FOR), progress)
        return Outcome(IN_PROGRESS, begun, "First conversation held", progress)
    if scene.yes(segment.won * _RATINGS[origin.rating] * (1.3 if origin.kind == "renewal" else 1.0)):
        return Outcome(ACCEPTED, closed, "Contract signed", 1.0)
    if scene.yes(_GIVEN_UP):
        return Outcome(CANCELLED, closed, chance.choice(GIVEN_UP_BECAUSE), chance.random())
    return Outcome(REJECTED, closed, chance.choice(LOST_BECAUSE), chance.random())


def _items(scene: Scene, origin: Origin, state: str) -> tuple[list[Json], int, int]:
    """One to four offerings, and what they bring once and within a year, in cents."""
    fitting = [each for each in OFFERINGS if origin.who.segment.id in each.segments and each is not origin.first]
    more = scene.chance.choices((0, 1, 2, 3), weights=(40, 30, 20, 10))[0]
    chosen = [origin.first, *scene.chance.sample(fitting, min(more, len(fitting)))]
    prices = [priced(scene, origin.who.segment, offering) for offering in chosen]
    items: list[Json] = [
        {
            "@type": "SalesOpportunityItem",
            "action": "modify" if origin.kind == "renewal" and offering is origin.first else "add",
            "salesOpportunityItemStatus": state,
            "productOffering": reference(offering.id, offering.name, "ProductOffering"),
            "estimatedRevenue": money(once + yearly),
            "revenueEstimate": _estimates(once, yearly),
        }
        for offering, (once, yearly) in zip(chosen, prices, strict=True)
    ]
    return items, sum(once for once, _ in prices), sum(yearly for _, yearly in prices)


def _estimates(once: int, yearly: int) -> list[Json]:
    told: list[Json] = [{"revenueType": "recurring", "description": "within 12 months", "amount": money(yearly)}]
    return [*told, {"revenueType": "oneTime", "amount": money(once)}] if once else told


def _category(offering: Offering) -> tuple[str, str]:
    return offering.category.lower().replace(" ", "-"), offering.category


def _parties(origin: Origin) -> list[Json]:
    customers = origin.kind in {"renewal", "upsell", "crossSell"}
    parties: Sequence[Json] = [
        each | {"role": "customer"} if customers and isinstance(each, dict) and each["role"] == "prospect" else each
        for each in named(origin.who)
    ]
    ours = party("seller", "boreal-telecom", OPERATOR, "Organization")
    return [*parties, ours, *sellers(origin.who.team, origin.seller)]


def _papers(number: int, outcome: Outcome) -> Document:
    """The quote that was written half way, the agreement that was signed at the end."""
    papers: Document = {}
    if outcome.progress > _QUOTED_AFTER:
        papers["quote"] = [reference(f"quote-{number:05d}", f"Quote {number:05d}", "Quote")]
    if outcome.state == ACCEPTED:
        papers["agreement"] = [reference(f"agreement-{number:05d}", f"Agreement {number:05d}", "Agreement")]
    return papers


def _notes(scene: Scene, origin: Origin, outcome: Outcome) -> Document:
    span = min(outcome.since, scene.today) - origin.created
    count = min(len(_STEPS), round(4 * outcome.progress * scene.chance.random()))
    drawn = [origin.created + max(span, timedelta()) * scene.chance.random() for _ in range(count)]
    moments = sorted(min(scene.today, scene.at_work(moment)) for moment in drawn)
    texts = scene.chance.sample(_STEPS, count)
    notes: list[Json] = [note(origin.seller.name, moment, text) for moment, text in zip(moments, texts, strict=True)]
    return {"note": notes} if notes else {}
