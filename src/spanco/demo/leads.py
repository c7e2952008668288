"""Invented leads: who asks for what, through which channel, and how far marketing and sales came with it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from spanco.demo.market import (
    CAMPAIGNS,
    CHANNELS,
    CONSUMER,
    OFFERINGS,
    PARTNERS,
    SEGMENTS,
    Channel,
    Offering,
    Segment,
    Team,
    company,
)
from spanco.demo.people import Person, person, telephone
from spanco.demo.scene import Scene, money, note, party, period, priced, reference, sellers
from spanco.kernel.moments import spell
from spanco.kernel.wire import Document, Json
from spanco.sales.rules.cells import slug
from spanco.sales.rules.states import ACCEPTED, ACKNOWLEDGED, CANCELLED, IN_PROGRESS, PENDING, REJECTED

CANCELLED_BECAUSE = (
    "Test entry of the web form",
    "Asked for an address that no network reaches",
    "The same request came twice",
    "Student asking for a survey",
    "No consent to be contacted",
)
REJECTED_BECAUSE = (
    "No budget this year",
    "Bound by contract to another operator until next year",
    "Wanted a price, not an offer",
    "Not to be reached after five tries",
    "Decided for another operator before we called",
    "Requirement turned out to be out of our portfolio",
)
PENDING_BECAUSE = (
    "Waiting for the list of sites",
    "Waiting for the availability check of the address",
    "Contact is on leave, will call back",
    "Waiting for the credit check",
)
_ASKED = (
    "Asks for {offering}; present contract ends in {months} months.",
    "Moves to a new address in {months} months and needs {offering} there.",
    "Complains about outages of the present operator and wants to know more about {offering}.",
    "Opens another site; wishes an offer for {offering}.",
    "Compares prices for {offering}, decision in {months} months.",
)
_SAID = (
    "Called, friendly, wants an offer by e-mail.",
    "Left a message on the answering machine.",
    "Spoke to the assistant, the decision is made by the head of IT.",
    "Needs to keep the present telephone numbers.",
    "Asked for a reference customer of the same trade.",
    "Sent the brochure and the price list.",
)
_MARKETING_REFUSES = 0.14
_NEEDS_MORE = 0.25
_MAYBE = 0.3
_OLD_DAYS = 45


@dataclass(frozen=True, slots=True)
class Prospect:
    """Who might buy: the person who speaks, for a company or (consumers) for herself."""

    segment: Segment
    team: Team
    contact: Person
    id: str
    name: str
    domain: str


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead as a story and as the document that tells it."""

    prospect: Prospect
    offering: Offering
    channel: Channel
    seller: Person
    rating: str
    accepted: datetime | None
    document: Document


@dataclass(frozen=True, slots=True)
class Fate:
    """The state a lead stands in, since when and why."""

    state: str
    since: datetime
    reason: str


def prospect(scene: Scene, number: int, kind: str) -> Prospect:
    """Somebody who might buy."""
    chance = scene.chance
    segment = chance.choices(SEGMENTS, weights=[each.weight for each in SEGMENTS])[0]
    team = chance.choice(scene.teams)
    contact = person(chance, f"contact-{kind}{number:05d}", chance.choice(team.region.countries))
    if segment.id == CONSUMER:
        return Prospect(segment, team, contact, contact.id, contact.name, "post.example")
    name = company(chance, segment.id)
    return Prospect(segment, team, contact, f"customer-{kind}{number:05d}", name, f"{slug(name)}.example")


def lead(scene: Scene, number: int, acceptance: float) -> Lead:
    """One lead; `acceptance` is the usual chance that sales accepts one on which it has decided."""
    chance = scene.chance
    channel = chance.choices(CHANNELS, weights=[each.weight for each in CHANNELS])[0]
    who = prospect(scene, number, "l")
    offering = chance.choice([each for each in OFFERINGS if who.segment.id in each.segments])
    created = scene.beginning(office_hours=channel.office_hours)
    rating = chance.choices(("hot", "warm", "cold"), weights=(channel.warmth, 2, 2 - channel.warmth / 2))[0]
    fate = _fate(scene, created, acceptance * channel.warmth * {"hot": 1.5, "warm": 1.0, "cold": 0.6}[rating])
    seller = chance.choice(who.team.sellers)
    document: Document = {
        "name": f"{offering.name} for {who.name}",
        "description": chance.choice(_ASKED).format(offering=offering.name, months=chance.randint(1, 9)),
        "type": chance.choices(("newBusiness", "upsell", "winBack"), weights=(70, 20, 10))[0],
        "rating": rating,
        "priority": {"hot": "high", "warm": "medium", "cold": "low"}[rating],
        "status": fate.state,
        "creationDate": spell(created),
        "referredDate": spell(created - timedelta(minutes=chance.randint(0, 600))),
        "statusChangeDate": spell(fate.since),
        "statusChangeReason": fate.reason,
        "validFor": period(created, 90),
        "estimatedRevenue": money(sum(priced(scene, who.segment, offering))),
        "category": reference(str(slug(offering.category)), offering.category, "Category"),
        "channel": reference(channel.id, channel.name, "Channel"),
        "marketSegment": reference(who.segment.id, who.segment.name, "MarketSegment"),
        "productOffering": reference(offering.id, offering.name, "ProductOffering"),
        "prospectContact": reachable(scene, who),
        "relatedParty": _parties(scene, who, channel, seller if fate.state != ACKNOWLEDGED else None),
    }
    document |= _campaign(scene, created, offering) | _notes(scene, created, fate, seller)
    return Lead(who, offering, channel, seller, rating, fate.since if fate.state == ACCEPTED else None, document)


def reachable(scene: Scene, who: Prospect) -> list[Json]:
    """How the prospect can be reached."""
    country = who.contact.country
    city, code = scene.chance.choice(country.cities)
    media: list[Json] = [
        {
            "mediumType": "email",
            "preferred": True,
            "characteristic": {"contactType": "primary", "emailAddress": who.contact.email(who.domain)},
        }
    ]
    number = telephone(scene.chance, country)
    if number and scene.yes(0.8):
        media.append({"mediumType": "phone", "preferred": False, "characteristic": {"phoneNumber": number}})
    street = scene.chance.choice(country.streets)
    where: Document = {"street1": street, "postCode": code, "city": city, "country": country.name}
    media.append({"mediumType": "postalAddress", "preferred": False, "characteristic": where})
    return media


def named(who: Prospect) -> list[Json]:
    """The prospect, and who speaks for it."""
    contact = who.contact
    if who.segment.id == CONSUMER:
        return [party("prospect", contact.id, contact.name, "Individual")]
    return [
        party("prospect", who.id, who.name, "Organization"),
        party("contact", contact.id, contact.name, "Individual"),
    ]


def _fate(scene: Scene, created: datetime, acceptance: float) -> Fate:
    """How far it came by today: marketing looks within days, sales decides within weeks."""
    chance = scene.chance
    looked = scene.later(created, 1.5)
    if looked > scene.today:
        return Fate(ACKNOWLEDGED, created, "Lead created")
    if scene.yes(_MARKETING_REFUSES):
        return Fate(CANCELLED, looked, chance.choice(CANCELLED_BECAUSE))
    decided = scene.later(looked, 24)
    if decided > scene.today:
        asked = scene.later(looked, 3)
        if scene.yes(_NEEDS_MORE) and asked < scene.today:
            return Fate(PENDING, asked, chance.choice(PENDING_BECAUSE))
        return Fate(IN_PROGRESS, looked, "Qualified by marketing")
    if scene.yes(acceptance):
        return Fate(ACCEPTED, decided, "Need, budget and date confirmed")
    return Fate(REJECTED, decided, chance.choice(REJECTED_BECAUSE))


def _parties(scene: Scene, who: Prospect, channel: Channel, seller: Person | None) -> list[Json]:
    parties = named(who)
    if channel.id == "partner":
        id_, name = scene.chance.choice(PARTNERS)
        parties.append(party("partner", id_, name, "Organization"))
    return parties + (sellers(who.team, seller) if seller else [])


def _campaign(scene: Scene, created: datetime, offering: Offering) -> Document:
    running = [each for each in CAMPAIGNS if created.month in each.months]
    fitting = [each for each in running if each.category == offering.category] or running
    if not fitting or scene.yes(_MAYBE):
        return {}
    campaign = scene.chance.choice(fitting)
    id_, name = f"{campaign.id}-{created.year}", f"{campaign.name} {created.year}"
    return {"marketingCampaign": reference(id_, name, "MarketingCampaign")}


def _notes(scene: Scene, created: datetime, fate: Fate, seller: Person) -> Document:
    if fate.state in {ACKNOWLEDGED, CANCELLED}:
        return {}
    span = min(fate.since - created, timedelta(days=_OLD_DAYS))
    count = scene.chance.randint(0, 3)
    moments = sorted(min(scene.today, scene.at_work(created + span * scene.chance.random())) for _ in range(count))
    texts = scene.chance.sample(_SAID, count)
    notes: list[Json] = [note(seller.name, moment, text) for moment, text in zip(moments, texts, strict=True)]
    return {"note": notes} if notes else {}
