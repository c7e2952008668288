"""Numbers that an office gave to a company: trade register, tax, VAT."""

import re
from functools import lru_cache

from spanco.sales.rules.cleaning.countries import country
from spanco.sales.rules.cleaning.text import fold

_MEMORY = 10_000
_FEWEST, _MOST = 5, 20
_GREECE, _NORTHERN_IRELAND = "EL", "XI"
_PREFIX = re.compile(r"[A-Z]{2}(?=[A-Z0-9]*\d)")


@lru_cache(maxsize=_MEMORY)
def registration(text: str) -> str | None:
    """The number without spaces, marks and the country that a VAT number begins with; None with fewer than 5 digits."""
    plain = fold(text).replace(" ", "").upper()
    while (found := _PREFIX.match(plain)) and (found[0] in {_GREECE, _NORTHERN_IRELAND} or country(found[0])):
        plain = plain[len(found[0]) :]
    if sum(letter.isdigit() for letter in plain) < _FEWEST or len(plain) > _MOST:
        return None
    return plain if set(plain) != {"0"} else None
