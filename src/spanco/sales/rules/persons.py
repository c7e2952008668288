"""What a person is found by, and how traces of a person are taken out of any text or document."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import idna
from phonenumbers import parse

from spanco.kernel.wire import Document, Json
from spanco.sales.rules.cleaning.emails import email
from spanco.sales.rules.cleaning.phones import phone

MARK = "[erased]"
"""What stands where something of a person stood and an empty place is not allowed."""

_APART = r"(?:[\s()./\\-]|%20){0,3}"
_BETWEEN = r"([^0-9A-Za-z]|\\[0-7]{3}){0,3}"  # the second is how PostgreSQL spells a byte outside of ASCII
_BLANK = r"(?:[\s+_.-]|%20)+"
_ALONE = r"(?:(?<![^\W_])(?<![^\W_][.%+_-])|(?<=%[0-9A-Fa-f]{2}))"
"""Before an address: no letter, no digit, and no mark that belongs to a longer address; an escaped byte of a URL."""
_OVER = r"(?![^\W_]|\.(?-i:[a-z]{2}|[A-Z]{2}|com|net|org)(?!\w))"
"""Behind an address: no longer domain. The end of a file, `jane@example.com.pdf`, and a sentence do not make it one."""
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})
_LOCAL_DIGITS = 7
_SEARCHED = 9
_NAME = 6
_TEXT = 4


@dataclass(frozen=True)
class Person:
    """One person by e-mail addresses (in one spelling) and telephone numbers (E.164)."""

    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """What matches these in any text, however a number is spaced; None when nothing is known."""
        parts = [_email_pattern(each) for each in self.emails] + [_phone_pattern(each) for each in self.phones]
        parts += [_name_pattern(each) for each in sorted(self.names, key=len, reverse=True)]
        return re.compile("|".join(parts), re.IGNORECASE) if parts else None

    @property
    def likes(self) -> list[str]:
        """Patterns of ILIKE that match every text in which an address stands, and some more.

        A letter outside of ASCII may be anything: not every spelling of a table tells how it looks.
        """
        return [
            re.sub(r"[^\0-\x7f]+", "%", f"%{escaped_for_like(local)}%{escaped_for_like(host)}%")
            for local, domain in (each.split("@") for each in self.emails)
            if domain not in _DOTLESS
            for host in _hosts(domain)
        ]

    @property
    def expressions(self) -> list[str]:
        """Regular expressions of PostgreSQL that match every text in which something else of these stands."""
        numbers = [_BETWEEN.join(_national(each)[1][-_SEARCHED:]) for each in self.phones]
        dotless = [each.partition("@") for each in self.emails]
        return numbers + [
            rf"(?i){_dotless(local)}[^@%]{{0,100}}(@|%40)({'|'.join(map(re.escape, _hosts(domain)))})"
            for local, _, domain in dotless
            if domain in _DOTLESS
        ]

    def is_meant(self, text: str) -> bool:
        """Whether a text is an address or a number of the person and nothing else, or names one as its sender."""
        if self.pattern is None:
            return False
        found = email(text)
        return bool(self.pattern.fullmatch(text.strip()) or (found and self.pattern.fullmatch(found.address)))

    def named(self, names: Iterable[str]) -> "Person":
        """The same person with names to look for; only ever in what is known to be about this person."""
        return Person(self.emails, self.phones, tuple(sorted(names)))


def person_of(emails: Iterable[str], phones: Iterable[str], country: str) -> tuple[Person, list[str]]:
    """The person of these texts, and those of them that are neither an address nor a number."""
    addresses = [(text, email(text)) for text in emails]
    numbers = [(text, phone(text, country)) for text in phones]
    unread = [text for text, found in [*addresses, *numbers] if found is None]
    known = {_untagged(found.address) for _, found in addresses if found}
    return Person(tuple(sorted(known)), tuple(sorted({each for _, each in numbers if each}))), unread


def mentions(value: Json, pattern: re.Pattern[str]) -> bool:
    """Whether some text, name of an attribute or number in it matches."""
    return any(pattern.search(text) for text in texts(value))


def texts(value: Json) -> Iterator[str]:
    """Every text in it, names of attributes and numbers among them."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield from each
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
        elif each is not None and not isinstance(each, bool):
            yield str(each)


def values(value: Json) -> Iterator[str]:
    """Every text in it that is a value."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, str):
            yield each


def redacted(value: Json, pattern: re.Pattern[str] | None, whole: frozenset[str] = frozenset()) -> Json:
    """The same without what matches, and without texts that are one of `whole`."""
    match value:
        case dict():
            return {_clean(name, pattern, frozenset()): redacted(each, pattern, whole) for name, each in value.items()}
        case list():
            return [redacted(each, pattern, whole) for each in value]
        case str():
            return _clean(value, pattern, whole)
        case None | bool():
            return value
        case _:
            return MARK if pattern and pattern.search(str(value)) else value


def names_in(value: Json) -> set[str]:
    """Texts under names that stand for people, long enough to be looked for inside of other texts."""
    found: set[str] = set()
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, dict):
            waiting.extend(each.values())
            found |= {text for name, text in each.items() if name.lower().endswith("name") and isinstance(text, str)}
    return {text for text in found if len(text.strip()) >= _NAME and MARK not in text}


def words_in(names: Iterable[str]) -> set[str]:
    """The words of names of people, as far as they are long enough to be looked for by themselves."""
    return {word for name in names for word in re.findall(r"[^\W\d_]+", name) if len(word) >= _NAME}


def long_enough(found: Iterable[str]) -> set[str]:
    """Those of these texts that tell something where they are all that stands there."""
    return {text for text in found if len(text.strip()) > _TEXT and MARK not in text}


def _clean(text: str, pattern: re.Pattern[str] | None, whole: frozenset[str]) -> str:
    if text in whole:
        return MARK
    return pattern.sub(MARK, text) if pattern else text


def _untagged(address: str) -> str:
    local, _, host = address.partition("@")
    return f"{local.partition('+')[0] or local}@{host}"


def _email_pattern(address: str) -> str:
    """The address, with any tag that its owner may have put before the @, also as it stands in a URL."""
    local, _, domain = address.partition("@")
    mailbox = _dotless(local) if domain in _DOTLESS else re.escape(local)
    hosts = "|".join(map(re.escape, _hosts(domain)))
    return rf"{_ALONE}{mailbox}(?:(?:\+|%2B)[^\s@%]*)?(?:@|%40)(?:{hosts}){_OVER}"


def _dotless(local: str) -> str:
    """A mailbox in which dots mean nothing."""
    return r"\.?".join(map(re.escape, local.replace(".", "")))


def _hosts(domain: str) -> list[str]:
    """The spellings of one host."""
    if domain in _DOTLESS:
        return sorted(_DOTLESS)
    try:
        spoken = idna.decode(domain)
    except UnicodeError:  # with a low line, which only some mail servers have
        return [domain]
    return sorted({domain, spoken})


def _name_pattern(name: str) -> str:
    """The words of a name, whatever stands between them."""
    return rf"(?:(?<!\w)|(?<=%[0-9A-Fa-f]{{2}})){_BLANK.join(map(re.escape, name.split()))}(?!\w)"


def _phone_pattern(number: str) -> str:
    code, national = _national(number)
    prefix = rf"(?:\+|00|%2B)?{_APART}{_spaced(code)}{_APART}(?:\(?0\)?{_APART})?"
    optional = f"(?:{prefix}|0{_APART})" + ("?" if len(national) >= _LOCAL_DIGITS else "")
    return rf"(?<!\d){optional}{_spaced(national)}(?!\d)"


def _spaced(digits: str) -> str:
    return _APART.join(digits)


def _national(number: str) -> tuple[str, str]:
    """The code of the country and the number within it."""
    parsed = parse(number)
    zeros = "0" * (parsed.number_of_leading_zeros or 1) if parsed.italian_leading_zero else ""
    return str(parsed.country_code), f"{zeros}{parsed.national_number}"


def escaped_for_like(text: str) -> str:
    """The text where LIKE would take some of it for wild cards."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def strings_of(document: Document, names: Iterable[str]) -> list[Json]:
    """The parts of a document under these names."""
    return [document[name] for name in names if name in document]
