"""What a person is found by, in any spelling, and never somebody else."""

import re
from decimal import Decimal
from typing import Any

import pytest

from spanco.sales.rules.persons import MARK, Person, mentions, names_in, person_of, redacted, texts

JANE, _ = person_of(["Jane+news@Example.com"], ["602 123 456"], "CZ")


def test_a_person_is_known_in_one_spelling() -> None:
    """Addresses without tags, numbers with their country; what is neither is told."""
    assert Person(("jane@example.com",), ("+420602123456",)) == JANE
    assert person_of(["nobody"], ["602 123 456"], "")[1] == ["nobody", "602 123 456"]
    assert Person().pattern is None
    assert person_of(["+tag@example.com"], [], "")[0].emails == ("+tag@example.com",)


@pytest.mark.parametrize(
    "text",
    [
        "jane@example.com",
        "JANE@EXAMPLE.COM",
        "Jane <jane@example.com>.",
        "mail jane+fair@example.com today",
        "+420602123456",
        "+420 602 123 456",
        "00420-602-123-456",
        "call (602) 123.456 now",
        "0602 123 456",
        "602123456",
        "420602123456",
        "420602123456.0",
        "?phone=%2B420602123456&x",
        "602%20123%20456",
        "602\u00a0123\u00a0456",
        "?email=jane%40example.com&x=1",
        "?email=%22jane%2Bfair%40example.com%22",
        "import of jane@example.com.pdf",
        "jane@example.com-1",
        "__jane@example.com__",
        "- jane@example.com.Please call",
    ],
)
def test_every_spelling_is_found_and_taken_out(text: str) -> None:
    """By the exact pattern, and by the coarse ones with which a database looks first."""
    assert JANE.pattern
    assert mentions(text, JANE.pattern)
    assert MARK in str(redacted({"a": [text]}, JANE.pattern))
    assert not mentions(redacted({"a": [text]}, JANE.pattern), JANE.pattern)


@pytest.mark.parametrize(
    "text",
    [
        "jane@example.com.au",
        "JANE@EXAMPLE.COM.AU",
        "mary_jane@example.com",
        "mary.jane@example.com",
        "jane@example.community",
        "jane@example.org",
        "6021234567",
        "1602123456",
        "602 123 457",
        "",
    ],
)
def test_nobody_else_is_found(text: str) -> None:
    """Longer addresses, longer numbers, others."""
    assert JANE.pattern
    assert not mentions(text, JANE.pattern)
    assert redacted(text, JANE.pattern) == text


def test_names_of_attributes_and_numbers_are_looked_at_too() -> None:
    """And other values stay what they are."""
    value: Any = {"jane@example.com": 602123456, "a": [Decimal("1.10"), None, True, 7]}
    assert redacted(value, JANE.pattern) == {MARK: MARK, "a": [Decimal("1.10"), None, True, 7]}
    assert set(texts(value)) == {"jane@example.com", "602123456", "a", "1.10", "7"}
    assert redacted(5, None) == 5


def test_names_count_only_where_they_are_handed_in() -> None:
    """As whole words, the longest first; and texts only where they are all that stands there."""
    named = JANE.named({"Jane Doe", "Jane Doe-Smith"})
    assert redacted("Jane Doe-Smith called; Jane Doery did not", named.pattern) == f"{MARK} called; Jane Doery did not"
    assert redacted(["Fair", "Fair 2026"], None, frozenset({"Fair"})) == [MARK, "Fair 2026"]
    spaced = JANE.named({"Jane  Doe"})
    assert redacted("?q=Jane+Doe and Jane%20Doe", spaced.pattern) == f"?q={MARK} and {MARK}"
    assert names_in({"name": "       "}) == set()
    assert names_in([{"familyName": "Okaforova", "name": "Al", "x": {"Name": "Jana Okafor"}}]) == {
        "Okaforova",
        "Jana Okafor",
    }


def test_leading_zeros_of_a_number_are_kept() -> None:
    """Italian numbers keep theirs behind the code of the country."""
    rome, _ = person_of([], ["+39 06 698 12345"], "")
    assert rome.pattern
    assert mentions("06 69812345", rome.pattern)


def test_the_patterns_of_the_database_are_escaped() -> None:
    """A low line in an address is no wild card; numbers are looked for by their last digits."""
    found = Person(("a_b@example.com",), ("+420602123456",))
    assert found.likes == [r"%a\_b%example.com%"]
    assert [re.sub(r"\(.*?\)\{0,3\}", "", each) for each in found.expressions] == ["602123456"]
    assert re.search(found.expressions[0], r"602\302\240123 456")


def test_a_mailbox_in_which_dots_mean_nothing_is_found_with_any() -> None:
    """And under both names of its host."""
    person, _ = person_of(["Jane.Doe+x@gmail.com"], [], "")
    assert person.pattern
    assert person.likes == []
    for text in ("janedoe@gmail.com", "j.anedoe+shop@googlemail.com", "Jane.Doe%40gmail.com"):
        assert mentions(text, person.pattern)
        assert re.search(person.expressions[0], text)
    assert not mentions("mary.janedoe@gmail.com", person.pattern)


def test_a_host_is_found_in_both_its_spellings() -> None:
    """As people write it and as the domain name system has it; one that has but one spelling in that."""
    person, _ = person_of(["jane@M\u00fcller.de"], [], "")
    assert person.pattern
    for text in ("jane@m\u00fcller.de", "jane@xn--mller-kva.de"):
        assert mentions(text, person.pattern)
    assert person.likes == ["%jane%m%ller.de%", "%jane%xn--mller-kva.de%"]
    assert person_of(["jane@a_b.example.com"], [], "")[0].likes == [r"%jane%a\_b.example.com%"]


def test_whoever_is_meant_is_told_from_whoever_is_mentioned() -> None:
    """The whole text, or its sender."""
    for text in (" Jane@example.com ", "Jane Doe <jane@example.com>", "+420 602 123 456"):
        assert JANE.is_meant(text)
    for text in ("ask jane@example.com", "Jane", "joe@example.com", ""):
        assert not JANE.is_meant(text)
    assert not Person().is_meant("jane@example.com")


def test_short_numbers_need_their_country() -> None:
    """Six digits alone may be anything."""
    short = Person((), ("+376312345",))
    assert short.pattern
    assert mentions("+376 312 345", short.pattern)
    assert not mentions("312345", short.pattern)
