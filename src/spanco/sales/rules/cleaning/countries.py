"""Countries by their ISO 3166 code, whatever they were called."""

from functools import cache, lru_cache

from babel import Locale
from babel.core import get_global

from spanco.sales.rules.cleaning.text import fold

_LANGUAGES = "en de fr es it pt nl pl cs sk hu ro bg el hr sl sr sv da nb fi et lv lt uk ru tr"
_ALSO = {
    "america": "US",
    "bosnia": "BA",
    "britain": "GB",
    "cesko": "CZ",
    "ceska republika": "CZ",
    "czech republic": "CZ",
    "england": "GB",
    "great britain": "GB",
    "holland": "NL",
    "republic of ireland": "IE",
    "russian federation": "RU",
    "scotland": "GB",
    "slovak republic": "SK",
    "turkey": "TR",
    "united states of america": "US",
    "usa": "US",
    "wales": "GB",
}
_CODE = 2
_SPELLED = 3
_MEMORY = 10_000


@cache
def _codes() -> frozenset[str]:
    """The codes of countries; the lists also hold regions of the world and codes without a country."""
    names: set[str] = {str(code) for code in Locale("en").territories}
    not_countries = {"EU", "EZ", "UN", "QO", "ZZ", "XA", "XB"}
    return frozenset(code for code in names if len(code) == _CODE and code.isalpha()) - not_countries


@cache
def _by_name() -> dict[str, str]:
    """Folded names in many languages, and codes of three letters or digits."""
    found: dict[str, str] = {}
    for language in _LANGUAGES.split():
        for code, name in Locale(language).territories.items():
            if code in _codes():
                found.setdefault(fold(name), code)
    for other, codes in get_global("territory_aliases").items():
        if len(codes) == 1 and codes[0] in _codes() and len(other) in {_CODE, _SPELLED}:
            found.setdefault(other.lower(), codes[0])
    return found | _ALSO


@lru_cache(maxsize=_MEMORY)
def country(text: str) -> str | None:
    """The code of two letters: `DE` of `Germany`, `Deutschland`, `DEU`, `de`; None when it is not known."""
    if text.strip().upper() in _codes():
        return text.strip().upper()
    return _by_name().get(fold(text))
