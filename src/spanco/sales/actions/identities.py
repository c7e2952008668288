"""Who is meant by what a client sends of a person, and the keyed hashes that outlive what was sent."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from spanco.kernel.errors import BadBody
from spanco.kernel.wire import Document, Json
from spanco.sales.rules.cleaning.emails import email
from spanco.sales.rules.erasure import LEAD
from spanco.sales.rules.persons import Person, person_of
from spanco.store import accounts, privacy
from spanco.work import Work


@dataclass(frozen=True, slots=True)
class Known:
    """A person as a client names one; `typed` is how it was spelled, `digests` are what may be kept."""

    person: Person
    typed: tuple[str, ...]
    parties: tuple[str, ...]
    leads: tuple[str, ...]
    digests: tuple[str, ...]


async def known(work: Work, given: Json) -> Known:
    """Who is meant. Raises `BadBody` where nobody is, or where an address, a number or a lead cannot be understood."""
    given = given if isinstance(given, dict) else {}
    emails, phones = _texts(given, "email"), _texts(given, "phone")
    parties, leads = _ids(given, "party"), _ids(given, "salesLead")
    if not (emails or phones or parties or leads):
        raise BadBody("person", "say who is meant: an e-mail address, a telephone number, a party or a lead.")
    country = given.get("country")
    person, unread = person_of(emails, phones, str(country).upper() if country else "")
    if unread:
        where = "phone" if unread[0] in phones else "email"
        raise BadBody(
            f"person.{where}", "this is no address or number; a number needs a plus sign and its country, or 'country'."
        )
    for _, id_ in await accounts.missing(work.connection, work.actor.tenant, ((LEAD, each) for each in leads)):
        raise BadBody("person.salesLead", f"there is no lead '{id_}'.")
    marks = [*(f"email:{_mailbox(each)}" for each in person.emails), *(f"phone:{each}" for each in person.phones)]
    marks += [f"party:{each}" for each in parties]
    return Known(person, (*emails, *phones), tuple(parties), tuple(leads), await digests(work, marks))


async def digests(work: Work, marks: Iterable[str]) -> tuple[str, ...]:
    """The keyed hashes of these marks, in the key of the tenant."""
    key = await privacy.key_of(work.connection, work.actor.tenant)
    return tuple(digest(key, mark) for mark in marks)


def digest(key: bytes, mark: str) -> str:
    """HMAC-SHA256 in hexadecimal digits."""
    return hmac.new(key, mark.encode(), sha256).hexdigest()


def without_person(document: Document, who: Known) -> Document:
    """The document as it is kept."""
    kept = {name: value for name, value in document.items() if name != "person"}
    return {**kept, "digest": list(who.digests)}


def _mailbox(address: str) -> str:
    found = email(address)
    return found.mailbox if found else address


def _texts(given: Document, name: str) -> list[str]:
    values = given.get(name)
    return [each for each in values if isinstance(each, str)] if isinstance(values, list) else []


def _ids(given: Document, name: str) -> list[str]:
    values = given.get(name)
    found = [each.get("id") for each in values if isinstance(each, dict)] if isinstance(values, list) else []
    return [each for each in found if isinstance(each, str)]
