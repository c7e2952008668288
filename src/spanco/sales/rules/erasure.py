"""What is kept of a document when its person is forgotten: what is counted and summed, nothing in anybody's words."""

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from spanco.kernel.wire import Document, Json
from spanco.sales.rules.gathering import ACCOUNT, CONTACT, MEMBERS, PROSPECT
from spanco.sales.rules.persons import MARK, long_enough, mentions, names_in, redacted, strings_of, values, words_in

Kept: TypeAlias = "Mapping[str, Kept] | None"
"""What is kept of an object by the names of its attributes; None keeps the value as it is."""

LEAD, OPPORTUNITY = MEMBERS
INDIVIDUAL = "party.individual"
ERASED_AT = "erasedAt"

_REF: Mapping[str, Kept] = {"id": None, "@referredType": None, "@type": None}
_PARTY: Kept = {**_REF, "role": None}
_NAMED_REF: Kept = {**_REF, "name": None, "version": None}
_HEAD: Mapping[str, Kept] = {"@type": None, "@baseType": None, "@schemaLocation": None, ERASED_AT: None}
_DATES: Mapping[str, Kept] = dict.fromkeys(
    ("creationDate", "referredDate", "statusChangeDate", "validFor", "createdAt", "changedAt")
)
_CODES: Mapping[str, Kept] = dict.fromkeys(
    (
        "type",
        "rating",
        "priority",
        "status",
        "leadType",
        "leadRating",
        "leadSource",
        "lostReason",
        "salesOpportunityType",
    )
)
_REVENUE: Kept = {"amount": None, "revenueType": None}
_WHAT: Mapping[str, Kept] = dict.fromkeys(
    ("category", "channel", "marketSegment", "marketingCampaign", "productOffering", "productSpecification"), _NAMED_REF
)
_TOUCH: Kept = dict.fromkeys(
    ("time", "source", "campaign", "channel", "cost", "costReference", "utmSource", "utmMedium", "utmCampaign")
)
_CONSENT: Kept = dict.fromkeys(
    ("purpose", "channel", "granted", "lawfulBasis", "textCode", "textVersion", "language", "time")
)
_ITEM: Kept = {
    **_CODES,
    **dict.fromkeys(("product", "quoteItem", "salesLead"), _REF),
    **dict.fromkeys(("id", "action", "salesOpportunityItemStatus", "validFor", "estimatedRevenue", "quantity")),
    "productOffering": _NAMED_REF,
    "revenueEstimate": _REVENUE,
}
_COMMON: Mapping[str, Kept] = {**_HEAD, **_DATES, **_CODES, **_WHAT, "estimatedRevenue": None, "product": _REF}
_GATHERER: Mapping[str, Kept] = {
    **_HEAD,
    **_DATES,
    **dict.fromkeys(("status", "prospectType", "accountType", "language")),
    "owner": _PARTY,
    "team": _PARTY,
    **dict.fromkeys(("subsidiaryOf", "salesAccount"), _REF),
    "contact": {"salesContact": _REF, "role": None, "preferred": None, "validFor": None},
}
_KEPT: Mapping[str, Mapping[str, Kept]] = {
    LEAD: {
        **_COMMON,
        "relatedParty": _PARTY,
        "salesOpportunity": _REF,
        "touch": _TOUCH,
        "consent": _CONSENT,
        "tsm": dict.fromkeys(("status", "priority")),
    },
    OPPORTUNITY: {
        **_COMMON,
        **dict.fromkeys(("salesLead", "agreement", "quote", "salesProject"), _REF),
        "relatedParty": _PARTY,
        "revenueEstimate": _REVENUE,
        "salesOpportunityItem": _ITEM,
    },
    CONTACT: _GATHERER,
    PROSPECT: _GATHERER,
    ACCOUNT: _GATHERER,
    INDIVIDUAL: {**_HEAD, "status": None},
}
KINDS = tuple(_KEPT)
"""Kinds whose documents can be about one person."""

_IDENTIFYING: Mapping[str, tuple[str, ...]] = {
    LEAD: ("name", "prospectContact", "understood", "relatedParty", "characteristic", "tsm"),
    CONTACT: ("name", "contactMedium"),
    PROSPECT: ("name", "contactMedium"),
    ACCOUNT: ("name", "contactMedium"),
    INDIVIDUAL: ("contactMedium", "individualIdentification", "externalReference"),
}
_WORDS = ("description", "note", "statusChangeReason", "statusReason")
_OF_ONE = {PROSPECT: "prospectType", ACCOUNT: "accountType"}
_OURS = frozenset(
    {
        "accountmanager",
        "approver",
        "broker",
        "channelpartner",
        "dealer",
        "internalseller",
        "marketing",
        "owner",
        "partner",
        "presales",
        "reseller",
        "sales",
        "salesagent",
        "salesmanager",
        "salesrep",
        "salesrepresentative",
        "salesteam",
        "seller",
        "source",
        "team",
    }
)
_CAUSE = ("kind", "source", "job", "form", "merge", "rule", "key", "order")


def is_about(kind: str, document: Document, pattern: re.Pattern[str]) -> bool:
    """Whether the document is about the person and does not merely mention it.

    A prospect or an account is, where it says that it is one individual: the address of a company is not a person's.
    And what somebody sold is not about the seller.
    """
    if kind in _OF_ONE and document.get(_OF_ONE[kind]) != "individual":
        return False
    return mentions(strings_of(_of_others(document), _IDENTIFYING.get(kind, ())), pattern)


def names_party(kind: str, document: Document, parties: frozenset[str]) -> bool:
    """Whether it is about one of these parties of another system, by the id that it has there."""
    if kind in _OF_ONE and document.get(_OF_ONE[kind]) != "individual":
        return False
    named = [*_list(_of_others(document).get("relatedParty")), document.get("party")]
    return any(isinstance(each, dict) and each.get("id") in parties for each in named)


def grew_from(document: Document, leads: frozenset[str]) -> bool:
    """Whether an opportunity grew from these leads and from no other."""
    found = {each.get("id") for each in _list(document.get("salesLead")) if isinstance(each, dict)}
    return bool(found) and found <= leads


def anonymised(kind: str, document: Document, moment: str) -> Document:
    """What is kept of a document about the person: its id, states, dates, amounts, sources and codes.

    Whoever is left among the related parties is one of ours or of our partners, or one of our accounts.
    """
    kept = _pruned(document, _KEPT[kind])
    assert isinstance(kept, dict)
    if "relatedParty" in kept:
        kept["relatedParty"] = [each for each in _list(kept["relatedParty"]) if _is_ours(each)]
    if "name" in document:
        kept["name"] = MARK
    if "id" in document:
        kept["id"] = document["id"]
    return {**kept, ERASED_AT: document.get(ERASED_AT, moment)}


def private(kind: str, document: Document, kept: Document) -> tuple[set[str], set[str]]:
    """The names of people and all texts in what says who the person is, as far as they are not kept."""
    parts: Document = {
        name: document[name] for name in (*_IDENTIFYING.get(kind, ("name",)), *_WORDS) if name in document
    }
    parts = _of_others(parts)
    gone = set(values(parts)) - set(values(kept))
    named: Document = {name: each for name, each in parts.items() if name != "characteristic"}  # names of fields
    people = named if kind not in MEMBERS else {name: each for name, each in named.items() if name != "name"}
    names = names_in(named) & gone
    return names | words_in(names_in(people) & gone), long_enough(gone)


def told_of(cause: Document) -> Document:
    """What is kept of the cause of a change: no name of a file."""
    return {name: value for name, value in cause.items() if name in _CAUSE}


def scrubbed(kind: str, document: Document, moment: str, pattern: re.Pattern[str] | None) -> Document:
    """The anonymised document, where no trace is left in what is kept either."""
    kept = redacted(anonymised(kind, document, moment), pattern)
    assert isinstance(kept, dict)
    return kept


def _pruned(value: Json, kept: Kept) -> Json:
    if kept is None:
        return value
    if isinstance(value, list):
        return [_pruned(each, kept) for each in value if isinstance(each, dict)]
    if not isinstance(value, dict):
        return None
    found = {name: _pruned(each, kept[name]) for name, each in value.items() if name in kept}
    return {name: each for name, each in found.items() if each is not None}


def _of_others(document: Document) -> Document:
    """The document without those of its related parties who are ours."""
    if "relatedParty" not in document:
        return document
    return {**document, "relatedParty": [each for each in _list(document["relatedParty"]) if not _is_ours(each)]}


def _is_ours(party: Json) -> bool:
    if not isinstance(party, dict):
        return False
    role = party.get("role")
    known = isinstance(role, str) and re.sub(r"[\W_]", "", role).lower() in _OURS
    return known or party.get("@referredType") == "SalesAccount"


def _list(value: Json | Iterable[Json]) -> list[Json]:
    return value if isinstance(value, list) else []
