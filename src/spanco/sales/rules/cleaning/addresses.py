"""Postal addresses reduced to what stays the same however they are written: street, number, postcode."""

import re
from dataclasses import dataclass
from functools import lru_cache

from spanco.sales.rules.cleaning.text import fold, listed, plain_vowels, words

_MEMORY = 10_000
_KINDS_OF_STREET = listed(
    """
    alley allee apt av ave avenida avenue blvd boulevard bulvar c calle chaussee cesta cl close corso court ct
    dr drive etage floor gasse highway hwy klg lane ln nabrezi namesti nam no nr park parkway pl place platz
    plaza plein po pkwy quai rd ring road route rua rue rynek sq square st str straat strasse stredni street
    suite tor trg tr trida ul ulica ulice ulita utca ut via viale vicolo vul vulytsia way weg
    """
)
_JOINED = re.compile(r"(?<=[a-z]{3})(?:strasse|str|gasse|straat|weg|platz|laan|gatan|vagen|utca)$")
_FLOOR = re.compile(r"\b(?:flat|apt|unit|suite|floor|etage|patro|stock|og)\b.*")
_NUMBER = re.compile(r"\b(\d{1,5})\s?([a-z]?)\b")
_POSTCODE = 12
_SIGNS = {  # of vehicles, which people write before postcodes: D-10115
    "AT": "A",
    "BE": "B",
    "DE": "D",
    "ES": "E",
    "FR": "F",
    "HU": "H",
    "IT": "I",
    "LU": "L",
    "NO": "N",
    "PT": "P",
    "SE": "S",
}


@dataclass(frozen=True, slots=True)
class Address:
    """`street` without its kind, `number` with its letter, `postcode` without spaces; each may be empty."""

    street: str
    number: str
    postcode: str
    city: str
    country: str

    @property
    def is_place(self) -> bool:
        """Whether it names a house and not merely a town."""
        return bool(self.street and self.number and (self.postcode or self.city))


@lru_cache(maxsize=_MEMORY)
def address(street: str, postcode: str, city: str, country: str) -> Address | None:
    """The address; None when there is not even a town or a postcode."""
    postcode = _postcode(postcode, country)
    town = " ".join(plain_vowels(word) for word in words(city) if not word.isdigit())
    if not (postcode or town):
        return None
    line = _FLOOR.sub("", fold(street))
    found = _NUMBER.search(line)
    number = "".join(found.groups()) if found else ""
    return Address(_name_of(line), number, postcode, town, country)


def _postcode(text: str, country: str) -> str:
    """Without spaces, and without the country that D-10115 and CZ-110 00 begin with."""
    plain = fold(text).replace(" ", "").upper()[:_POSTCODE]
    for sign in (country, _SIGNS.get(country, "")):
        rest = plain.removeprefix(sign)
        if rest[:1].isdigit():
            return rest
    return plain


def _name_of(line: str) -> str:
    """The name of the street: its words without numbers and without what says that it is a street."""
    named = [_JOINED.sub("", word) for word in _NUMBER.sub(" ", line).split()]
    kept = [plain_vowels(word) for word in named if word not in _KINDS_OF_STREET]
    return " ".join(kept)
