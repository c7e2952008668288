"""How alike two records are in each respect: the same, close, different, or nothing to be said."""

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from spanco.sales.rules.cleaning.addresses import Address
from spanco.sales.rules.cleaning.companies import Company
from spanco.sales.rules.cleaning.emails import Email, local_words
from spanco.sales.rules.cleaning.persons import Person, formal
from spanco.sales.rules.cleaning.text import sound
from spanco.sales.rules.matching.evidence import Evidence

SAME, CLOSE, DIFFERENT, RELATIVE, INITIAL, NEAR, MOVED, PART = (
    *("same", "close", "different", "relative", "initial", "near", "moved", "part"),
)
_ALIKE, _SOUNDING, _COMPANIES_ALIKE, _TYPOS, _LONG = 0.87, 0.75, 0.9, 2, 8
_LINE = 7


@dataclass(frozen=True, slots=True)
class Finding:
    """One respect (`field`) in which two records were compared, what came of it, and who is named on both sides."""

    field: str
    level: str
    where: str = ""

    @property
    def name(self) -> str:
        """The name of its weight."""
        return f"{self.field} {self.level}{self.where}"


APART, HALF, FIRM = " apart", " half", " firm"
"""Two different persons are named, one person, or none. What colleagues and households share says little then."""


def compared(one: Evidence, other: Evidence) -> tuple[Finding, ...]:
    """What can be said of two records; respects that one of them is silent about are left out."""
    person = _persons(one.persons, other.persons)
    found = {
        "email": _emails(one.emails, other.emails),
        "phone": _phones(one.phones, other.phones),
        "registration": _any(one.registrations, other.registrations),
        "company": _companies(one.companies, other.companies),
        "domain": _domains(one, other),
        "address": _addresses(one.addresses, other.addresses),
    }
    where = _where(one, other, person)
    findings = tuple(Finding(field, level, where) for field, level in found.items() if level)
    return (Finding("person", person), *findings) if person else findings


def _where(one: Evidence, other: Evidence, person: str) -> str:
    if person:
        return APART if person in {DIFFERENT, RELATIVE} else ""
    return HALF if one.persons or other.persons else FIRM


def _any(one: Sequence[str], other: Sequence[str]) -> str:
    if not one or not other:
        return ""
    return SAME if set(one) & set(other) else DIFFERENT


def _emails(one: Sequence[Email], other: Sequence[Email]) -> str:
    if not one or not other:
        return ""
    pairs = [(a, b) for a in one for b in other]
    if any(a.mailbox == b.mailbox for a, b in pairs):
        return SAME if any(a.mailbox == b.mailbox and not a.is_shared for a, b in pairs) else PART
    if any(_typo(a, b) for a, b in pairs):
        return CLOSE
    if any(_moved(a, b) for a, b in pairs):
        return MOVED
    return DIFFERENT


def _moved(one: Email, other: Email) -> bool:
    """The same name of a mailbox, that is not everybody's, at another domain."""
    words = local_words(one.local)
    return one.domain != other.domain and not one.is_shared and bool(words) and words == local_words(other.local)


def _typo(one: Email, other: Email) -> bool:
    """A slip of the finger; not `petr1` and `petr2`, who are two."""
    if min(len(one.mailbox), len(other.mailbox)) < _LONG or _digits(one.local) != _digits(other.local):
        return False
    return DamerauLevenshtein.distance(one.mailbox, other.mailbox, score_cutoff=_TYPOS) <= _TYPOS


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _phones(one: Sequence[str], other: Sequence[str]) -> str:
    if not one or not other:
        return ""
    if set(one) & set(other):
        return SAME
    if {each[-_LINE:] for each in one} & {each[-_LINE:] for each in other}:
        return NEAR  # written with the prefix of another place or country
    slips = any(len(a) == len(b) and DamerauLevenshtein.distance(a, b, score_cutoff=1) == 1 for a in one for b in other)
    return CLOSE if slips else DIFFERENT


_ORDER = (SAME, CLOSE, INITIAL, RELATIVE, DIFFERENT)


def _persons(one: Sequence[Person], other: Sequence[Person]) -> str:
    found = {_person(a, b) for a in one for b in other}
    return next((level for level in _ORDER if level in found), "")


def _person(one: Person, other: Person) -> str:
    """The same name in any order; alike word by word; an initial or a part of it; one word the same and one not."""
    if one.key == other.key:
        return SAME if one.whole else INITIAL
    left, right = [*one.given, *one.family], [*other.given, *other.family]
    fewer, more = (left, list(right)) if len(left) <= len(right) else (right, list(left))
    alike = whole = 0
    for word in sorted(fewer, key=len, reverse=True):
        match = max(more, key=lambda each, word=word: _likeness(word, each), default="")  # type: ignore[misc]
        if match and _likeness(word, match) >= _ALIKE:
            more.remove(match)
            alike += 1
            whole += len(word) > 1 and len(match) > 1
    if alike == len(fewer):
        return CLOSE if whole > 1 else INITIAL if whole else DIFFERENT
    return RELATIVE if whole else DIFFERENT


def _likeness(one: str, other: str) -> float:
    """Of two words of a name, from 0 to 1; an initial is as like as can be, and so is what sounds the same."""
    if one == other or formal(one) == formal(other):
        return 1.0
    if len(one) == 1 or len(other) == 1:
        return 0.9 if one[0] == other[0] else 0.0
    likeness = float(JaroWinkler.similarity(one, other))
    if likeness >= _SOUNDING and len(sound(one)) > 1 and sound(one) == sound(other):
        return 0.95
    return likeness


def _companies(one: Sequence[Company], other: Sequence[Company]) -> str:
    found = {_company(a, b) for a in one for b in other}
    return next((level for level in (SAME, CLOSE, PART, DIFFERENT) if level in found), "")


def _company(one: Company, other: Company) -> str:
    if one.key == other.key or "".join(one.words) == "".join(other.words):
        return SAME
    if JaroWinkler.similarity(one.key, other.key) >= _COMPANIES_ALIKE and _same_numbers(one, other):
        return CLOSE
    shared = set(one.words) & set(other.words)
    if shared and (shared == set(one.words) or shared == set(other.words)):
        return PART
    return DIFFERENT


def _same_numbers(one: Company, other: Company) -> bool:
    """`Studio 54` is not `Studio 55`."""
    return _digits(one.key) == _digits(other.key)


def _domains(one: Evidence, other: Evidence) -> str:
    """Of companies only, and only where the addresses themselves are not the same: else it is said already."""
    if {each.mailbox for each in one.emails} & {each.mailbox for each in other.emails}:
        return ""
    return _any(one.domains, other.domains)


def _addresses(one: Sequence[Address], other: Sequence[Address]) -> str:
    found = {_address(a, b) for a in one for b in other}
    return next((level for level in (SAME, NEAR, DIFFERENT) if level in found), "")


def _address(one: Address, other: Address) -> str:
    if one.street and other.street and one.number == other.number and _streets_alike(one.street, other.street):
        return SAME if _towns_agree(one, other) else DIFFERENT
    return NEAR if (one.postcode and one.postcode == other.postcode) or _town(one, other) else DIFFERENT


def _streets_alike(one: str, other: str) -> bool:
    return sound(one) == sound(other) or JaroWinkler.similarity(one, other) >= _COMPANIES_ALIKE


def _towns_agree(one: Address, other: Address) -> bool:
    return bool(one.postcode and one.postcode == other.postcode) or _town(one, other)


def _town(one: Address, other: Address) -> bool:
    return bool(one.city and other.city and JaroWinkler.similarity(one.city, other.city) >= _COMPANIES_ALIKE)
