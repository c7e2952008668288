"""What was meant by what was typed: examples by hand, and for any text nothing is raised and nothing changes twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanco.sales.rules.cleaning.addresses import Address, address
from spanco.sales.rules.cleaning.companies import company, looks_like_company
from spanco.sales.rules.cleaning.countries import country
from spanco.sales.rules.cleaning.domains import domain
from spanco.sales.rules.cleaning.emails import ascii_host, email
from spanco.sales.rules.cleaning.persons import Person, named, person
from spanco.sales.rules.cleaning.phones import phone
from spanco.sales.rules.cleaning.registrations import registration
from spanco.sales.rules.cleaning.text import LONGEST, fold, plain_vowels, sound

ANYTHING = st.text(max_size=2 * LONGEST) | st.text(alphabet="aeou. -@,&sroGmbHLtd0123456789+()", max_size=60)


@pytest.mark.parametrize(
    ("typed", "mailbox"),
    [
        ("Jana <Jana.Okafor@Example.COM>", "jana.okafor@example.com"),
        ("mailto:a@b.cz ", "a@b.cz"),
        ("j.o.h.n+leads@googlemail.com", "john@gmail.com"),
        ("+only@b.cz", "+only@b.cz"),
        ("info@müller.de", "info@xn--mller-kva.de"),
        ("a@\u2488\u0300.cz", None),
        *((bad, None) for bad in ("", "@", "a@b", "a b@c.cz", "a@@b.cz", "a.@b.cz", "a..b@c.cz", "a@b_.cz")),
        ("x" * 65 + "@b.cz", None),
        ("x@" + "y" * 64 + ".cz", None),
    ],
)
def test_an_address_has_one_mailbox(typed: str, mailbox: str | None) -> None:
    """Whatever stands around it; what is no address is none."""
    found = email(typed)
    assert (found.mailbox if found else None) == mailbox


def test_a_shared_mailbox_is_known_by_its_name() -> None:
    """Several read it."""
    info, jana = email("info@b.cz"), email("jana@b.cz")
    assert info
    assert jana
    assert (info.is_shared, jana.is_shared) == (True, False)


@pytest.mark.parametrize(
    ("typed", "home", "found"),
    [
        ("601 123 456", "CZ", "+420601123456"),
        ("00420 601 123 456", "DE", "+420601123456"),
        ("+49 (0)30 23125-014", "", "+493023125014"),
        ("tel: 030/23125014 ext. 5", "DE", "+493023125014"),
        ("601 123 456", "", None),
        ("call me", "CZ", None),
        ("", "CZ", None),
        ("1", "CZ", None),
        ("1" * 50, "CZ", None),
        ("+", "CZ", None),
    ],
)
def test_a_number_is_spelled_as_e164(typed: str, home: str, found: str | None) -> None:
    """With the country of the tenant where none is written."""
    assert phone(typed, home) == found


@pytest.mark.parametrize(
    ("typed", "given", "family"),
    [
        ("Dr. Jana Nováková, Ph.D.", "jana", "novakova"),
        ("Novák, Jan", "jan", "novak"),
        ("NOVÁK Jan", "jan", "novak"),
        ("JAN NOVÁK", "jan", "novak"),
        ("Ludwig van Beethoven", "ludwig", "beethoven"),
        ("Jürgen Mueller", "jurgen", "muller"),
        ("Madonna", "", "madonna"),
        ("Piet van", "piet", "van"),
    ],
)
def test_a_name_is_a_given_and_a_family_name(typed: str, given: str, family: str) -> None:
    """In whatever order, without titles."""
    found = person(typed)
    assert found
    assert (" ".join(found.given), " ".join(found.family)) == (given, family)


def test_names_that_stand_apart_are_not_guessed() -> None:
    """And one may be missing; a title alone is nobody."""
    assert named("Anna Marie", "Nowak") == Person(("anna", "marie"), ("nowak",))
    assert named("Anna", "") == Person((), ("anna",))
    assert named("", "") is None
    assert named("Dr.", "Ing.") is None
    assert person("Dr.") is None


def test_nicknames_count_as_formal_names() -> None:
    """In the key and in what it sounds like."""
    bill, william = person("Bill Gates"), person("Gates, William")
    assert bill
    assert william
    assert (bill.key, bill.sounds) == (william.key, william.sounds)
    assert bill.whole


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Hafenlicht Logistik GmbH & Co. KG", "hafenlicht logistik"),
        ("Nováček s. r. o.", "novacek"),
        ("The Smith Company Ltd.", "smith"),
        ("Müller und Söhne OHG", "muller sohne"),
        ("Kowalski Sp. z o.o.", "kowalski"),
        ("S.A.", "a s"),
        ("Газпром \u041e\u0410\u041e", "gazprom"),
    ],
)
def test_a_company_is_known_without_its_legal_form(typed: str, key: str) -> None:
    """In any order of its words; where nothing else is left, the form is the name."""
    found = company(typed)
    assert found
    assert found.key == key
    assert company("!!") is None


def test_a_legal_form_tells_a_company_from_a_person() -> None:
    """A digit does too."""
    assert [looks_like_company(each) for each in ("Nova s.r.o.", "Studio 54", "Jan Novák")] == [True, True, False]


@pytest.mark.parametrize(
    ("typed", "code"),
    [("Deutschland", "DE"), ("cze", "CZ"), ("gb", "GB"), ("UK", "GB"), ("Česko", "CZ"), ("USA", "US"),
     ("Mars", None), ("EU", None)],
)  # fmt: skip
def test_a_country_is_known_by_many_names(typed: str, code: str | None) -> None:
    """Or is not known."""
    assert country(typed) == code


def test_an_address_keeps_what_stays_the_same() -> None:
    """Street without its kind, number, postcode without spaces."""
    assert address("Musterstraße 12a", "D-10115", "Berlin", "DE") == Address("muster", "12a", "10115", "berlin", "DE")
    assert address("Musterstr. 12 A", "10115", "Berlin", "DE") == Address("muster", "12a", "10115", "berlin", "DE")
    assert address("12 High Street, Flat 3", "SW1A 1AA", "London", "GB") == Address(
        "high", "12", "SW1A1AA", "london", "GB"
    )
    assert address("DE", "DE10115", "", "DE") == Address("de", "", "10115", "", "DE")
    assert address("Street 5", "", " 7 ", "") is None


@pytest.mark.parametrize(
    ("typed", "found"),
    [("CZ 123 45 678", "12345678"), ("EL123456789", "123456789"), ("12-345", "12345"), ("1234", None), ("00000", None),
     ("1" * 21, None), ("QX12345", "QX12345")],
)  # fmt: skip
def test_a_registration_is_its_digits(typed: str, found: str | None) -> None:
    """Without the country before it."""
    assert registration(typed) == found


@pytest.mark.parametrize(
    ("typed", "found"),
    [("https://www.firma.co.uk/x", "firma.co.uk"), ("FIRMA.cz:80", "firma.cz"), ("co.uk", None), ("", None),
     ("a b", None)],
)  # fmt: skip
def test_a_domain_is_what_somebody_registered(typed: str, found: str | None) -> None:
    """By the public suffix list."""
    assert domain(typed) == found


@pytest.mark.parametrize(
    ("one", "other"), [("novak", "nowak"), ("meier", "mayr"), ("schmidt", "szmit"), ("filip", "philip")]
)
def test_what_sounds_the_same_is_the_same(one: str, other: str) -> None:
    """In most languages of Europe."""
    assert sound(one) == sound(other)


@given(ANYTHING)
def test_cleaning_takes_any_text_and_once_is_enough(text: str) -> None:
    """It never raises, stays within bounds, and what is clean stays as it is."""
    assert fold(fold(text)) == fold(text)
    assert len(fold(text)) <= LONGEST
    assert plain_vowels(plain_vowels(text)) == plain_vowels(text)
    mail, number, firm, code = email(text), phone(text, "CZ"), company(text), country(text)
    if mail:
        assert email(mail.address) == mail
    if number:
        assert phone(number) == number
    if firm:
        again = company(" ".join(firm.words))
        assert again
        assert again.key == firm.key
    if code:
        assert country(code) == code
    for clean in (registration, domain, ascii_host):
        found = clean(text)
        assert found is None or clean(found) == found
    someone = person(text)
    assert someone is None or someone.key
    assert address(text, text, text, "DE") is None or sound(fold(text)) is not None


@given(st.text(max_size=5000))
def test_long_texts_take_no_time(text: str) -> None:
    """What is beyond the bounds is not looked at."""
    long = text * 20
    for clean in (email, phone, person, company, country, registration, domain):
        clean(long)
