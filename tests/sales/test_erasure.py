"""What is kept of a document when its person is forgotten."""

from typing import Any

import pytest

from spanco.sales.rules import erasure
from spanco.sales.rules.erasure import LEAD, OPPORTUNITY, anonymised, grew_from, is_about, private, scrubbed, told_of
from spanco.sales.rules.gathering import ACCOUNT, CONTACT, PROSPECT
from spanco.sales.rules.persons import MARK, Person

NOW = "2026-06-01T00:00:00.000Z"
JANE = Person(("jane@example.com",), ())
MEDIUM = [{"mediumType": "email", "characteristic": {"emailAddress": "jane@example.com"}}]
COUNTED: dict[str, Any] = {
    "@type": "SalesLead",
    "creationDate": NOW,
    "status": "rejected",
    "statusChangeDate": NOW,
    "estimatedRevenue": {"unit": "EUR", "value": 5},
    "leadSource": "fair",
    "lostReason": "price",
    "marketingCampaign": {"id": "c", "name": "Spring"},
    "productOffering": {"id": "o", "name": "Fibre"},
}
LEFT = {
    "relatedParty": [
        {"id": "7", "role": "sales_agent", "@referredType": "Individual"},
        {"id": "a", "role": "account", "@referredType": "SalesAccount"},
    ],
    "touch": [{"time": NOW, "source": "fair", "campaign": "c"}],
    "consent": [{"purpose": "marketing", "granted": True, "textVersion": 3, "time": NOW}],
    "tsm": {"status": "LATER"},
}
LEAD_OF_JANE: dict[str, Any] = COUNTED | {
    "id": "1",
    "name": "Jane Doe: fibre",
    "description": "She called",
    "statusChangeReason": "Jane moved away",
    "relatedParty": [
        {"id": "7", "role": "sales_agent", "name": "Sam Seller", "@referredType": "Individual"},
        {"id": "a", "role": "account", "name": "Jane's", "@referredType": "SalesAccount"},
        {"id": "p", "role": "prospect", "name": "Jane Doe"},
        {"id": "q"},
    ],
    "prospectContact": MEDIUM,
    "touch": [{"time": NOW, "source": "fair", "campaign": "c", "clickId": [{"name": "gclid", "value": "x"}]}, "odd"],
    "consent": [
        {"purpose": "marketing", "granted": True, "textVersion": 3, "time": NOW, "proof": {"addressHash": "x"}}
    ],
    "tsm": {"status": "LATER", "secretWord": "Jane"},
    "note": [{"text": "Jane is nice"}],
    "characteristic": [{"name": "birthday", "value": "1 May"}],
    "somethingNew": "unknown",
}


def test_of_a_lead_what_is_counted_and_summed_is_kept() -> None:
    """And nothing in anybody's words; what is not known is not kept."""
    assert anonymised(LEAD, LEAD_OF_JANE, NOW) == COUNTED | LEFT | {"id": "1", "name": MARK, "erasedAt": NOW}


def test_to_forget_again_changes_nothing() -> None:
    """Not even the date."""
    once = anonymised(LEAD, LEAD_OF_JANE, NOW)
    assert anonymised(LEAD, once, "2030-01-01T00:00:00.000Z") == once


@pytest.mark.parametrize("kind", erasure.KINDS)
def test_every_kind_keeps_its_type_and_nothing_unknown(kind: str) -> None:
    """A contact, a prospect, an account, an opportunity, an individual of TMF632."""
    kept = anonymised(kind, {"@type": "X", "somethingNew": "Jane", "description": "Jane", "status": "open"}, NOW)
    assert kept == {"@type": "X", "status": "open", "erasedAt": NOW}


def test_what_is_kept_holds_no_trace_either() -> None:
    """Where somebody wrote an address into a code."""
    told = scrubbed(LEAD, {"leadSource": "from jane@example.com", "category": "jane"}, NOW, JANE.pattern)
    assert told == {"leadSource": f"from {MARK}", "erasedAt": NOW}


@pytest.mark.parametrize(
    ("kind", "document", "about"),
    [
        (LEAD, {"prospectContact": MEDIUM}, True),
        (LEAD, {"note": [{"text": "ask jane@example.com"}]}, False),
        (CONTACT, {"contactMedium": MEDIUM}, True),
        (PROSPECT, {"contactMedium": MEDIUM, "prospectType": "individual"}, True),
        (PROSPECT, {"contactMedium": MEDIUM, "prospectType": "organization"}, False),
        (ACCOUNT, {"contactMedium": MEDIUM}, False),
        (OPPORTUNITY, {"description": "jane@example.com"}, False),
        ("any.thing", {"contactMedium": MEDIUM}, False),
    ],
)
def test_a_document_is_about_a_person_or_only_mentions_one(kind: str, document: dict[str, Any], about: bool) -> None:
    """By what is reached there; the address of a company is not a person's."""
    assert JANE.pattern
    assert is_about(kind, document, JANE.pattern) is about


def test_an_opportunity_is_about_those_from_whose_leads_alone_it_grew() -> None:
    """One other lead is enough for it to be somebody else's too."""
    assert grew_from({"salesLead": [{"id": "1"}, {"id": "2"}]}, frozenset("12"))
    assert not grew_from({"salesLead": [{"id": "1"}, {"id": "3"}, "odd"]}, frozenset("12"))
    assert not grew_from({}, frozenset("12"))


def test_the_names_of_a_person_are_those_that_go() -> None:
    """Not those of sellers, offers or campaigns."""
    names, texts = private(LEAD, LEAD_OF_JANE, anonymised(LEAD, LEAD_OF_JANE, NOW))
    assert names == {"Jane Doe: fibre", "Jane Doe"}
    assert {"She called", "Jane is nice", "jane@example.com"} <= texts
    assert not {"Sam Seller", "Spring", "Fibre"} & texts
    assert private(OPPORTUNITY, {"name": "A long name"}, {}) == ({"A long name"}, {"A long name"})


def test_of_a_cause_no_file_is_named() -> None:
    """What kind it was, and which source."""
    assert told_of({"kind": "import", "source": "fair", "file": "jane.csv"}) == {"kind": "import", "source": "fair"}


def test_what_is_no_object_is_no_party() -> None:
    """Odd lists of imports are emptied."""
    odd: Any = {"relatedParty": ["Jane", {"id": "1", "role": 7}], "estimatedRevenue": 5, "category": 7, "touch": 7}
    assert anonymised(LEAD, odd, NOW) == {"relatedParty": [], "estimatedRevenue": 5, "erasedAt": NOW}
    assert (
        private(LEAD, {"relatedParty": ["Jane Doe"]}, {})[1] == {"Jane Doe", "relatedParty"} - {"relatedParty"} | set()
    )


def test_what_somebody_sold_is_not_about_the_seller() -> None:
    """However the seller is named there."""
    assert JANE.pattern
    seller: Any = {"relatedParty": [{"id": "jane@example.com", "role": "seller", "name": "Jane"}]}
    assert not is_about(LEAD, seller, JANE.pattern)
    assert is_about(LEAD, {"relatedParty": [{"id": "jane@example.com", "role": "prospect"}]}, JANE.pattern)


@pytest.mark.parametrize(
    ("kind", "document", "named"),
    [
        (LEAD, {"relatedParty": [{"id": "ind-7", "role": "prospect"}]}, True),
        (LEAD, {"relatedParty": [{"id": "ind-7", "role": "seller"}]}, False),
        (LEAD, {"relatedParty": ["ind-7"], "party": "ind-7"}, False),
        (CONTACT, {"party": {"id": "ind-7"}}, True),
        (ACCOUNT, {"party": {"id": "ind-7"}, "accountType": "organization"}, False),
        (ACCOUNT, {"party": {"id": "ind-7"}, "accountType": "individual"}, True),
    ],
)
def test_a_party_of_another_system_is_known_by_its_id(kind: str, document: Any, named: bool) -> None:
    """Where the record is about it, not where it sold."""
    assert erasure.names_party(kind, document, frozenset({"ind-7"})) is named


def test_the_words_of_a_persons_name_are_looked_for_by_themselves() -> None:
    """Not those of the title of a lead: they may be of anything."""
    lead: Any = {
        "name": "Fibre for the bakery",
        "relatedParty": [{"id": "1", "name": "Jane Okaforova", "role": "prospect"}],
    }
    names, _ = private(LEAD, lead, anonymised(LEAD, lead, NOW))
    assert names == {"Fibre for the bakery", "Jane Okaforova", "Okaforova"}
