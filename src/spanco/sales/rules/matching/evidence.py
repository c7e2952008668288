"""What a document says about whom it speaks of, cleaned: the same from a lead, an opportunity and a party."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from spanco.kernel.wire import Document, Json
from spanco.sales.rules.cleaning.addresses import Address, address
from spanco.sales.rules.cleaning.companies import Company, company, looks_like_company
from spanco.sales.rules.cleaning.countries import country
from spanco.sales.rules.cleaning.domains import domain, registered
from spanco.sales.rules.cleaning.emails import Email, email
from spanco.sales.rules.cleaning.free_mail import FREE_MAIL
from spanco.sales.rules.cleaning.persons import Person, named, person
from spanco.sales.rules.cleaning.phones import phone
from spanco.sales.rules.cleaning.registrations import registration
from spanco.sales.rules.cleaning.text import listed
from spanco.sales.rules.persons import MARK

_MOST = 10
"""So many e-mails, telephones, names … of one document are looked at."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a tenant takes for granted: its own country, and the domains where everybody may have a mailbox."""

    country: str = ""
    free_mail: frozenset[str] = FREE_MAIL


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a person or an organization; each in the order of the document, without repetitions."""

    emails: tuple[Email, ...] = ()
    phones: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    registrations: tuple[str, ...] = ()
    persons: tuple[Person, ...] = ()
    companies: tuple[Company, ...] = ()
    addresses: tuple[Address, ...] = ()
    company_names: tuple[str, ...] = ()
    country: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was understood that tells one from another."""
        return not (
            self.emails or self.phones or self.domains or self.registrations or self.persons or self.companies
        ) and not any(each.is_place for each in self.addresses)


_NAMES: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "emailaddress", "mail", "workemail", "privateemail", "electronicmail"),
    "phone": ("phone", "phonenumber", "mobile", "mobilephone", "telephone", "tel", "workphone", "number"),
    "web": ("website", "web", "url", "homepage", "webaddress", "domain"),
    "registration": (
        *("vat", "vatnumber", "vatid", "taxid", "taxnumber", "registrationnumber", "companyid", "ico", "dic", "siren"),
        *("siret", "nip", "regon", "krs", "companynumber", "businessid", "tin", "cin", "handelsregister", "crn"),
    ),
    "given": ("givenname", "firstname", "forename"),
    "family": ("familyname", "lastname", "surname"),
    "person": ("fullname", "formattedname", "contactname", "contactperson", "personname"),
    "company": (
        *("company", "companyname", "organization", "organisation", "organizationname", "tradingname", "employer"),
    ),
    "street": ("street", "street1", "streetname", "addressline1", "address"),
    "house": ("streetnr", "streetnumber", "housenumber", "buildingnumber"),
    "postcode": ("postcode", "postalcode", "zip", "zipcode"),
    "city": ("city", "town", "locality"),
    "country": ("country", "countrycode", "countryname"),
}
_NAMES_MET = 2_000
_MEANING = {name: meaning for meaning, names in _NAMES.items() for name in names}
_REACHING = frozenset({"email", "phone", "web", "registration", "country"})
_SIDES_OF_THE_SELLER = listed(
    "seller sales agent owner partner dealer manager rep representative referrer creator author team employee "
    "marketing reseller vendor supplier assignee responsible user"
)
_SIDES_OF_THE_BUYER = listed("prospect customer contact lead buyer account client requester")
_WORD = re.compile(r"[A-Z]?[a-z]+")
_LISTS_OF_CONTACTS = ("prospectContact", "contactMedium", "contact")
_LISTS_OF_NAMED = ("characteristic", "partyCharacteristic", "partyRoleCharacteristic")
_IDENTIFICATIONS = ("organizationIdentification", "individualIdentification", "taxExemptionCertificate")
_SIGNS_OF_ORGANIZATION = frozenset({"tradingName", "organizationIdentification", "isLegalEntity", "organizationType"})
_OF_ONE_PARTY = _SIGNS_OF_ORGANIZATION | {"givenName", "familyName", "fullName", "individualIdentification"}
_PARTIES = frozenset({"Organization", "Individual"})
_OUR_PARTIES = {"SalesContact": "Individual", "Prospect": "", "SalesAccount": "Organization"}
_COUNTED_AS_NAME = ("givenName", "familyName", "fullName", "formattedName", "tradingName")

_LONGEST_NAME = 40

Said = dict[str, list[str]]
Found = TypeVar("Found")


@lru_cache(maxsize=_NAMES_MET)
def _meant(name: str) -> str | None:
    """What an attribute of this name means; the same few names come with every document."""
    return _MEANING.get("".join(filter(str.isalnum, name)).lower())


@dataclass(slots=True)
class _Gathered:
    """Texts by what they mean, as they are met; addresses and names of persons are gathered part by part."""

    said: Said = field(default_factory=dict)
    people: list[Person | None] = field(default_factory=list)
    firms: list[str] = field(default_factory=list)
    places: list[Said] = field(default_factory=list)

    def take(self, pairs: Iterable[tuple[str, Json]]) -> None:
        """Texts with their names that belong together, such as the parts of one address."""
        own: Said = {}
        for name, value in pairs:
            meaning = _meant(name[:_LONGEST_NAME])
            if meaning and isinstance(value, str) and value.strip():
                own.setdefault(meaning, []).append(value)
        if "given" in own or "family" in own:
            self.people.append(named(_first(own, "given"), _first(own, "family")))
        self.people += map(person, own.get("person", ()))
        self.firms += own.get("company", ())
        if "street" in own or "postcode" in own or "city" in own:
            self.places.append(own)
        for meaning in _REACHING & own.keys():
            self.said.setdefault(meaning, []).extend(own[meaning])


def gathered(document: Document, ground: Ground) -> Evidence:
    """The evidence in a document of any shape that TM Forum gives to leads, opportunities and parties."""
    found = _Gathered()
    for each in (*_parts(document, _LISTS_OF_CONTACTS), document):
        found.take(_pairs(each))
    found.take(_named_values(document))
    for each in _parts(document, _IDENTIFICATIONS):
        number = each.get("identificationId", each.get("certificateNumber"))
        found.take([("vat", number)])
    found.take(_own_name(document))
    _take_parties(document, found)
    return _cleaned(found, ground)


def _own_name(document: Document) -> Iterator[tuple[str, Json]]:
    """What a party as a whole is called; a prospect and an account of ours may be a person or an organization."""
    class_, name = str(document.get("@type")), document.get("name")
    if _SIGNS_OF_ORGANIZATION & document.keys() or class_ == "Organization":
        yield "company", name
    elif class_ in _OUR_PARTIES and not _OF_ONE_PARTY & document.keys() and name != MARK:
        said = str(document.get("prospectType", document.get("accountType"))).capitalize()
        yield _kind_of_name(said if said in _PARTIES else _OUR_PARTIES[class_], name), name


def _take_parties(document: Document, found: _Gathered) -> None:
    """Those on the side of the buyer; who is related to a party itself is somebody else."""
    if _OF_ONE_PARTY & document.keys():
        return
    engaged = document.get("engagedParty")
    others = [engaged] if isinstance(engaged, dict) else []
    for party in (*others, *_parts(document, ("relatedParty",))):
        if not _of_the_seller(party.get("role")):
            name, of = party.get("name"), str(party.get("@referredType", ""))
            found.take([(_kind_of_name(of, name), name), *_named_values(party)])
            for each in _parts(party, _LISTS_OF_CONTACTS):
                found.take(_pairs(each))


def _kind_of_name(referred: str, name: Json) -> str:
    if referred in _PARTIES:
        return "company" if referred == "Organization" else "fullName"
    return "company" if isinstance(name, str) and looks_like_company(name) else "fullName"


def _of_the_seller(role: Json) -> bool:
    said = {word.lower() for word in _WORD.findall(role[:100])} if isinstance(role, str) else set()
    return bool(said & _SIDES_OF_THE_SELLER) and not said & _SIDES_OF_THE_BUYER


def _parts(document: Mapping[str, Json], names: Iterable[str]) -> Iterator[Document]:
    for name in names:
        value = document.get(name)
        if isinstance(value, list):
            yield from (each for each in value[: 2 * _MOST] if isinstance(each, dict))


def _pairs(part: Document) -> Iterator[tuple[str, Json]]:
    """The attributes of a way to reach somebody: its own (version 5), those of its characteristic (version 4)."""
    inner = part.get("characteristic")
    yield from part.items()
    if isinstance(inner, dict):
        yield from inner.items()


def _named_values(part: Document) -> Iterator[tuple[str, Json]]:
    for each in _parts(part, _LISTS_OF_NAMED):
        name = each.get("name")
        if isinstance(name, str):
            yield name, each.get("value")


def _first(said: Said, meaning: str) -> str:
    return said.get(meaning, [""])[0]


def _cleaned(found: _Gathered, ground: Ground) -> Evidence:
    countries = [country(each) for each in found.said.get("country", ())[:_MOST]]
    at_home = next((code for code in countries if code), None) or ground.country
    emails = _some(email(each) for each in found.said.get("email", ())[:_MOST])
    hosts = [registered(each.domain) for each in emails]
    webs = [domain(each) for each in found.said.get("web", ())[:_MOST]]
    firms = [(each, company(each)) for each in found.firms[:_MOST]]
    return Evidence(
        emails=emails,
        phones=_some(phone(each, at_home) for each in found.said.get("phone", ())[:_MOST]),
        domains=tuple(each for each in _some([*hosts, *webs]) if each not in ground.free_mail),
        registrations=_some(registration(each) for each in found.said.get("registration", ())[:_MOST]),
        persons=_some(found.people[:_MOST]),
        companies=_some(each for _, each in firms),
        addresses=_some(_address(each, at_home) for each in found.places[:_MOST]),
        company_names=tuple(text.strip()[:200] for text, each in firms if each),
        country=next((code for code in countries if code), ""),
    )


def _address(said: Said, at_home: str) -> Address | None:
    street = f"{_first(said, 'street')} {_first(said, 'house')}"
    code = country(_first(said, "country")) or at_home
    return address(street, _first(said, "postcode"), _first(said, "city"), code)


def _some(values: Iterable[Found | None]) -> tuple[Found, ...]:
    return tuple(dict.fromkeys(each for each in values if each is not None))
