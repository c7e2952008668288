"""Match keys: short texts that two records about the same have in common, whatever went wrong with one of them.

Two records are compared only when they share a key, so keys are wide; weights decide afterwards.
"""

from collections.abc import Iterator

from spanco.kernel.wire import Document
from spanco.sales.rules.cleaning.emails import local_words
from spanco.sales.rules.cleaning.text import sound
from spanco.sales.rules.matching.evidence import Evidence, Ground, gathered

RULES = "2"
"""Another number whenever the keys of a document become others: a worker then renews those that are stored."""
MOST_KEYS = 60
"""So many keys of one record are kept."""

EMAIL, PHONE, DOMAIN, REGISTRATION = "email", "phone", "domain", "regno"
PERSON, COMPANY, ADDRESS, PHONETIC, MAILBOX = "name", "company", "addr", "phon", "mailbox"
STRONG = frozenset({EMAIL, PHONE, REGISTRATION})
"""What is locked before a record is made that must be the only one with it."""

_ENOUGH = 5


def keys_of(document: Document, ground: Ground) -> tuple[str, ...]:
    """The match keys of a document, `kind:value`, without repetitions."""
    return keys(gathered(document, ground))


def keys(evidence: Evidence) -> tuple[str, ...]:
    """The match keys of evidence."""
    return tuple(dict.fromkeys(_all(evidence)))[:MOST_KEYS]


def kind_of(key: str) -> str:
    """Which kind of key it is."""
    return key.partition(":")[0]


def _all(evidence: Evidence) -> Iterator[str]:
    yield from (f"{EMAIL}:{each.mailbox}" for each in evidence.emails)
    yield from (f"{PHONE}:{each}" for each in evidence.phones)
    yield from (f"{REGISTRATION}:{each}" for each in evidence.registrations)
    yield from (f"{DOMAIN}:{each}" for each in evidence.domains)
    yield from _of_persons(evidence)
    yield from _of_mailboxes(evidence)
    yield from (f"{COMPANY}:{each.key}" for each in evidence.companies)
    for address in evidence.addresses:
        if address.is_place:
            yield f"{ADDRESS}:{address.postcode or address.city} {address.number} {sound(address.street)}"


def _of_persons(evidence: Evidence) -> Iterator[str]:
    """The whole name; what it sounds like; and the sound of the family name with what narrows it down."""
    narrow = next(_narrowing(evidence), None)
    for person in evidence.persons:
        if person.whole:
            yield f"{PERSON}:{person.key}"
            yield f"{PHONETIC}:{' '.join(person.sounds)}"
        if narrow:
            yield f"{PHONETIC}:{sound(person.family[-1])}@{narrow}"


def _narrowing(evidence: Evidence) -> Iterator[str]:
    """Where somebody is to be found: with common names the whole name is shared by too many."""
    yield from evidence.domains
    yield from (sound(company.words[0]) for company in evidence.companies)
    yield from (each.postcode or each.city for each in evidence.addresses)


def _of_mailboxes(evidence: Evidence) -> Iterator[str]:
    """The name of a mailbox: it moves with the person from one domain to another, and often is the person's name."""
    for each in evidence.emails:
        words = local_words(each.local)
        if not each.is_shared and sum(map(len, words)) >= _ENOUGH:
            yield f"{MAILBOX}:{' '.join(sorted(words))}"
