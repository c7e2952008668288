"""Telephone numbers as E.164 has them."""

import re
from functools import lru_cache

from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, is_possible_number, parse

_LONGEST = 40
_MEMORY = 10_000
_LETTERS = re.compile(r"[^\W\d_]")
_MARKS = re.compile(r"(?i)\b(?:tel|phone|mobile|mob|fax|ext|x|extension|durchwahl|linka|kl|dw)\b\.?:?|x(?=\d)|tel:")


@lru_cache(maxsize=_MEMORY)
def phone(text: str, country: str = "") -> str | None:
    """The number in E.164, such as `+493023125014`; an extension is left out.

    `country` (ISO 3166) is where a number without its country's code is at home; without it such a number is None.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST or _LETTERS.search(_MARKS.sub("", text)):
        return None
    try:
        number = parse(text, country or None)
    except NumberParseException:
        return None
    if not is_possible_number(number):
        return None
    number.extension = None
    return format_number(number, PhoneNumberFormat.E164)
