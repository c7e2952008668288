"""What was posted to a form, held against it: good answers, or what is wrong with which of them."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from spanco.kernel.query import regex
from spanco.sales.rules.forms import Consent, Field, Form, whole

_EMAIL = re.compile(
    r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9\u00a1-\uffff](?:[A-Za-z0-9.\u00a1-\uffff-]{0,250})\.[^\s@.]{2,63}"
)
_PHONE = re.compile(r"\+?[0-9()/.\s-]{3,40}(?:\s?(?:x|ext\.?)\s?\d{1,6})?", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_YES = frozenset({"on", "true", "1", "yes"})
_STAMP = re.compile(r"(\d{1,9})\.([A-Za-z0-9]{1,40})")
_FEWEST_DIGITS = 3
_MINUTES_BACK, _MINUTES_AHEAD = 120, 10

Posted = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one answer; `because` is a key of our words."""

    name: str
    because: str


@dataclass(frozen=True, slots=True)
class Answers:
    """Good answers: the fields that were answered, and every consent text with whether its box was ticked."""

    fields: tuple[tuple[Field, str], ...]
    consents: tuple[tuple[Consent, bool], ...]

    def to(self, target: str) -> str:
        """The first answer that goes to this place of a lead."""
        return next((value for field, value in self.fields if field.target == target), "")


def answered(form: Form, posted: Posted) -> Answers | tuple[Fault, ...]:
    """The answers of a post, cleaned of what no keyboard sends; or everything that is wrong with it."""
    faults: list[Fault] = []
    fields: list[tuple[Field, str]] = []
    for field in form.fields:
        value = _value(field, posted)
        because = _fault(field, value)
        if because:
            faults.append(Fault(field.name, because))
        elif value:
            fields.append((field, value))
    consents = [(consent, is_yes(posted.get(consent.name, ""))) for consent in form.consents]
    faults += [Fault(consent.name, "agree") for consent, given in consents if consent.required and not given]
    return tuple(faults) or Answers(tuple(fields), tuple(consents))


def is_trapped(form: Form, posted: Posted) -> bool:
    """Whether somebody filled in what people do not see."""
    return bool(posted.get(form.honeypot, "").strip())


def is_worked(form: Form, stamp: str, minute: int) -> bool:
    """Whether a stamp `minute.nonce` proves the work that the form asks for, in these hours.

    The SHA-256 of `form id:minute:nonce` begins with so many zero bits.
    """
    if not form.difficulty:
        return True
    found = _STAMP.fullmatch(stamp)
    if found is None or not -_MINUTES_BACK <= int(found[1]) - minute <= _MINUTES_AHEAD:
        return False
    digest = hashlib.sha256(f"{form.id}:{found[1]}:{found[2]}".encode()).digest()
    return int.from_bytes(digest, "big") >> (256 - form.difficulty) == 0


def _value(field: Field, posted: Posted) -> str:
    if field.type == "hidden" and field.value:
        return field.value
    value = _CONTROLS.sub("", posted.get(field.name, "").replace("\r\n", "\n").replace("\r", "\n")).strip()
    if field.type == "checkbox":
        return "true" if is_yes(value) else ""
    return value if field.type == "textarea" else " ".join(value.split())


def _fault(field: Field, value: str) -> str:
    """What is wrong with a value, or nothing."""
    if not value:
        return "required" if field.required else ""
    if len(value) > field.most:
        return "long"
    check = _CHECKS.get(field.type)
    if check and not check(field, value):
        return field.type if field.type != "select" else "option"
    if field.pattern and regex.compile(whole(field.pattern)).search(value) is None:
        return "pattern"
    return ""


def is_yes(value: str) -> bool:
    """Whether a posted value says that a box was ticked."""
    return value.strip().lower() in _YES


_CHECKS: Mapping[str, Callable[[Field, str], bool]] = {
    "email": lambda _, value: _EMAIL.fullmatch(value) is not None,
    "tel": lambda _, value: _PHONE.fullmatch(value) is not None and sum(map(str.isdigit, value)) >= _FEWEST_DIGITS,
    "select": lambda field, value: any(option.value == value for option in field.options),
}
