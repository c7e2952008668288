"""Which records are about the same: evidence of every shape, keys, comparing, verdicts; how often they are right."""

from itertools import combinations
from typing import Any

import pytest

from spanco.kernel.wire import Document
from spanco.sales.rules.matching.comparing import compared
from spanco.sales.rules.matching.evidence import Evidence, Ground, gathered
from spanco.sales.rules.matching.keys import keys, keys_of, kind_of
from spanco.sales.rules.matching.pairs import LikelyDuplicate, pair, pair_id, to_lock
from spanco.sales.rules.matching.understood import understood
from spanco.sales.rules.matching.verdicts import likeness, shared_kinds, weight
from tests.sales.people import People

HOME = Ground("CZ")
ENTITIES, CAP = 1500, 50


def of(**said: Any) -> Evidence:
    """The evidence in a lead that says so much."""
    names = {"email": "emailAddress", "phone": "phoneNumber", "street": "street1", "postcode": "postCode"}
    listed: dict[str, Any] = {name: value if isinstance(value, list) else [value] for name, value in said.items()}
    contacts: list[Any] = [
        {"characteristic": {names.get(name, name): value}}
        for name in ("email", "phone", "web", "country")
        for value in listed.get(name, [])
    ]
    place = {names.get(name, name): said[name] for name in ("street", "postcode", "city") if name in said}
    contacts += [{"characteristic": place}] if place else []
    parties: list[Any] = [
        {"id": "1", "name": name, "@referredType": kind}
        for field, kind in (("person", "Individual"), ("company", "Organization"))
        for name in listed.get(field, [])
    ]
    numbers: list[Any] = [{"name": "VAT number", "value": value} for value in listed.get("vat", [])]
    return gathered({"prospectContact": contacts, "relatedParty": parties, "characteristic": numbers}, HOME)


INDIVIDUAL: Document = {
    "givenName": "Jana",
    "familyName": "Nováková",
    "contactMedium": [
        {"mediumType": "email", "characteristic": {"emailAddress": "jana@firma.cz"}},
        {"@type": "PhoneContactMedium", "phoneNumber": "601 123 456"},
    ],
    "relatedParty": [{"id": "2", "name": "Alfa s.r.o.", "role": "employer"}],
}
ORGANIZATION: Document = {
    "tradingName": "Alfa",
    "name": "Alfa s.r.o.",
    "organizationIdentification": [{"identificationId": "CZ12345678"}],
    "contactMedium": [
        {"characteristic": {"street1": "Dlouhá 5", "postCode": "110 00", "city": "Praha", "country": "Česko"}}
    ],
}


def test_parties_and_leads_say_the_same_in_their_own_shapes() -> None:
    """TMF632 in both versions, a lead with related parties, an engaged party; the same keys."""
    individual, organization = gathered(INDIVIDUAL, HOME), gathered(ORGANIZATION, HOME)
    lead = of(email="Jana@Firma.cz", phone="+420 601123456", person="Nováková, Jana")
    assert individual.companies == ()
    assert {"email:jana@firma.cz", "phone:+420601123456"} <= set(keys(individual)) & set(keys(lead))
    assert organization.registrations == ("12345678",)
    assert organization.companies[0].key == "alfa"
    assert {kind_of(key) for key in keys(organization)} == {"regno", "company", "addr"}
    customer: Document = {"engagedParty": {"id": "9", "name": "Alfa a.s.", "@referredType": "Organization"}}
    assert keys_of(customer, HOME) == ("company:alfa",)
    for said in ({"@type": "Organization"}, {"@type": "Prospect"}, {"@type": "SalesAccount"}):
        named: Document = {**said, "name": "Firma Alfa s.r.o."}
        assert keys_of(named, HOME) == ("company:alfa",)
    for said in (
        {"@type": "SalesContact"},
        {"@type": "Prospect"},
        {"@type": "SalesAccount", "accountType": "individual"},
    ):
        person = gathered({**said, "name": "Jan Novák"}, HOME)
        assert ([each.key for each in person.persons], person.companies) == (["giovanni novak"], ())


@pytest.mark.parametrize(
    "document",
    [
        {"name": "Only a title"},
        {"@type": "SalesContact", "name": "[erased]"},
        {"relatedParty": [{"id": "7", "name": "Mirela Stanic", "role": "salesAgent"}]},
        {"relatedParty": "nobody", "prospectContact": [1, {}], "characteristic": [{"name": 1}]},
        {"prospectContact": [{"characteristic": {"emailAddress": 5, "phoneNumber": " ", "city": "Praha"}}]},
    ],
)
def test_who_says_nothing_has_no_keys(document: Document) -> None:
    """The seller's people are not the prospect; a town alone tells nobody from another."""
    evidence = gathered(document, HOME)
    assert keys(evidence) == ()
    assert evidence.is_empty


def test_who_is_not_said_to_be_an_organization_is_judged_by_the_name() -> None:
    """And a customer's manager is still on the side of the customer."""
    parties: list[Any] = [
        {"id": "1", "name": "Nova s.r.o.", "role": "customer"},
        {"id": "2", "name": "Jan Novák", "role": "customerManager", "contact": [{"emailAddress": "jan@nova.cz"}]},
        {"id": "3", "name": 5},
    ]
    found = gathered({"relatedParty": parties}, HOME)
    assert (found.companies[0].key, found.persons[0].key) == ("nova", "giovanni novak")
    assert found.domains == ("nova.cz",)
    assert not found.is_empty


def test_what_was_understood_names_what_there_is() -> None:
    """Nothing where there is nothing."""
    found = understood(
        of(email="A@Firma.cz", vat="CZ12345678", company="Alfa a.s.", person="Jan Novák", country="Austria")
    )
    assert found == {
        "email": ["a@firma.cz"],
        "domain": ["firma.cz"],
        "registration": ["12345678"],
        "company": "Alfa a.s.",
        "companyKey": "alfa",
        "personKey": "giovanni novak",
        "country": "AT",
    }
    assert understood(Evidence()) == {}
    assert of(phone="0664 1234567", country="Austria").phones == ("+436641234567",)
    assert of(email="a@gmail.com").domains == ()


def levels(one: Evidence, other: Evidence) -> dict[str, str]:
    """What came of each comparison, both ways round."""
    there, back = compared(one, other), compared(other, one)
    assert {each.name for each in there} == {each.name for each in back}
    return {each.field: each.level for each in there}


@pytest.mark.parametrize(
    ("field", "one", "other", "level"),
    [
        ("person", "Jan Novák", "Novak, Jan", "same"),
        ("person", "Bill Gates", "William Gates", "same"),
        ("person", "Jan Novák", "Jan Nowak", "close"),
        ("person", "Katarzyna Wisniewska", "Katarzyna Wisnieswka", "close"),
        ("person", "J. Novák", "Jan Novák", "initial"),
        ("person", "Novák", "Novák", "initial"),
        ("person", "Novák", "Jan Novák", "initial"),
        ("person", "Jan Novák", "Eva Novák", "relative"),
        ("person", "Jan Novák", "Eva Bílá", "different"),
        ("person", "J.", "Jan Novák", "different"),
        ("email", "jan.novak@a.cz", "Jan.Novak@A.cz", "same"),
        ("email", "info@firma.cz", "info@firma.cz", "part"),
        ("email", "jan.novak@firma.cz", "jan.novka@firma.cz", "close"),
        ("email", "jan.novak@firma.cz", "jan.novak@jina.com", "moved"),
        ("email", "jan.novak1@firma.cz", "jan.novak2@firma.cz", "different"),
        ("email", "info@firma.cz", "jan@jinafirma.cz", "different"),
        ("phone", "601 123 456", "+420601123456", "same"),
        ("phone", "601123456", "+48601123456", "near"),
        ("phone", "601123456", "601123457", "close"),
        ("phone", "601123456", "+49302312501", "different"),
        ("company", "Alfa Bau s.r.o.", "Bau Alfa a.s.", "same"),
        ("company", "Hafen Licht", "Hafenlicht GmbH", "same"),
        ("company", "Hafenlicht Logistik", "Hafenlicht Logistic", "close"),
        ("company", "Studio 54 Praha", "Studio 55 Praha", "different"),
        ("company", "Hafenlicht", "Hafenlicht Logistik Berlin", "part"),
        ("company", "Alza", "Hafenlicht", "different"),
        ("vat", "CZ12345678", "12345678", "same"),
        ("vat", "12345678", "87654321", "different"),
        ("web", "https://firma.cz", "www.firma.cz", "same"),
    ],
)
def test_how_alike_two_values_are(field: str, one: str, other: str, level: str) -> None:
    """From the same to different."""
    name = {"vat": "registration", "web": "domain"}.get(field, field)
    found = levels(of(**{field: one}), of(**{field: other}))
    assert found[name] == level


def test_addresses_are_the_same_near_or_different() -> None:
    """House, postcode or town."""
    home = of(street="Dlouhá 5", postcode="110 00", city="Praha")
    assert levels(home, of(street="ul. Dlouha 5", city="Prraha"))["address"] == "same"
    assert levels(home, of(street="Dlouhá 5", postcode="602 00", city="Brno"))["address"] == "different"
    assert levels(home, of(street="Krátká 1", postcode="11000", city=""))["address"] == "near"
    assert levels(home, of(street="Krátká 1", city="Praha"))["address"] == "near"
    assert levels(home, of(street="Krátká 1", city="Brno"))["address"] == "different"


def test_what_colleagues_and_families_share_is_not_beyond_doubt() -> None:
    """However much it is; who is not named may be anybody of them."""
    shared = {"phone": "+49302312501", "company": "Hafenlicht GmbH", "vat": "DE123456789"}
    place = {"street": "Musterstr. 1", "postcode": "10115", "city": "Berlin"}
    jana = of(person="Jana Okafor", email="jana@hafenlicht.de", **shared, **place)
    petr = of(person="Petr Blaha", email="petr@hafenlicht.de", **shared, **place)
    assert likeness(jana, petr).outcome == "none"
    assert likeness(jana, of(**shared, **place)).outcome in {"probable", "none"}
    assert likeness(jana, of(person="Jana Okafor", **shared)).outcome == "certain"
    assert likeness(jana, of(email="jana@hafenlicht.de", **shared, **place)).outcome == "certain"
    assert likeness(jana, of(person="J. Okafor", email="jana@hafenlicht.de", **shared)).outcome == "certain"
    firm = of(email="info@hafenlicht.de", **shared, **place)
    assert likeness(firm, firm).outcome == "certain"


def test_a_name_and_a_mailbox_of_its_own_are_enough() -> None:
    """Many leads say no more; a mailbox of everybody, or a relative at the same one, is something else."""
    jana = of(person="Jana Okafor", email="jana.okafor@gmail.com")
    assert likeness(jana, of(person="Okafor, Jana", email="Jana.Okafor@gmail.com")).outcome == "certain"
    assert likeness(jana, of(person="Petr Okafor", email="jana.okafor@gmail.com")).outcome != "certain"
    info = of(person="Jana Okafor", email="info@hafenlicht.de")
    assert likeness(info, info).outcome != "certain"


def test_a_verdict_gives_its_reasons() -> None:
    """The score is the sum of what each finding contributes."""
    one, other = of(person="Jana Okafor", email="jana@firma.cz"), of(person="Jana Okafor", email="jana@firma.cz")
    found = likeness(one, other)
    assert found.score == sum(map(weight, found.findings))
    assert {each["field"] for each in found.told()} == {"person", "email"}
    assert shared_kinds(keys(one), keys(other)) == ["email", "domain", "name", "phon"]
    said = pair(("a.b", "B"), ("1", "2"), found, ["email"])
    assert (said["record"], said["candidate"]) == (
        {"id": "2", "kind": "a.b", "@referredType": "B"},
        {"id": "1", "kind": "a.b", "@referredType": "B"},
    )
    assert pair_id("a", "1", "2") == pair_id("a", "2", "1") != pair_id("b", "1", "2")
    assert to_lock(keys(one)) == ["email:jana@firma.cz"]
    assert to_lock(["name:x"]) == ["name:x"]
    assert [len(LikelyDuplicate([{}] * count).details["candidates"]) for count in (1, 2)] == [1, 2]  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [101])
def test_what_is_said_is_right(seed: int) -> None:
    """Of people that the weights were never fitted to: the promises of docs/duplicates.md."""
    records = People(seed).records(ENTITIES)
    evidence = [gathered(each.document(), HOME) for each in records]
    index: dict[str, list[int]] = {}
    for number, each in enumerate(evidence):
        for key in keys(each):
            index.setdefault(key, []).append(number)
    blocked = {pair for shared in index.values() for pair in combinations(shared[-CAP:], 2)}
    same = {pair for pair in combinations(range(len(records)), 2) if records[pair[0]].truth == records[pair[1]].truth}
    found = {pair: likeness(evidence[pair[0]], evidence[pair[1]]).outcome for pair in blocked}
    certain = {pair for pair, outcome in found.items() if outcome == "certain"}
    likely = {pair for pair, outcome in found.items() if outcome != "none"}
    assert len(certain & same) / len(certain) >= 0.99
    assert len(likely & same) / len(likely) >= 0.95
    assert len(likely & same) / len(same) >= 0.85
