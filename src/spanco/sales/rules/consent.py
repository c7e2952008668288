"""Whether somebody may be contacted: what was agreed to and objected to, for which channel and purpose, and when."""

from collections.abc import Iterable
from dataclasses import dataclass

from spanco.kernel.wire import Document, Json
from spanco.sales.rules.cleaning.emails import email
from spanco.sales.rules.cleaning.phones import phone

ANY = "any"
NECESSARY = frozenset({"contract", "service", "legal"})
"""Purposes that need nobody's agreement: what was ordered must be delivered, what the law asks must be said."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody said or had said of being contacted; without a channel or a purpose it is of every one."""

    time: str
    granted: bool
    channel: str
    purpose: str
    basis: str
    place: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether somebody may be contacted, and why; `place` is the record that decided."""

    may: bool
    because: str
    place: str = ""


def of_lead(place: str, document: Document) -> list[Statement]:
    """The statements in the consents of a lead."""
    created = _text(document, "creationDate")
    return [
        Statement(
            _text(each, "time") or created,
            each.get("granted") is True,
            _text(each, "channel") or ANY,
            _text(each, "purpose") or ANY,
            _text(each, "lawfulBasis") or "consent",
            place,
        )
        for each in _list(document.get("consent"))
        if isinstance(each, dict)
    ]


def of_preference(place: str, document: Document) -> Statement:
    """The statement of an opt-out, or of one that was taken back."""
    return Statement(
        _text(document, "time") or _text(document, "createdAt"),
        document.get("choice") == "optIn",
        _text(document, "channel") or ANY,
        _text(document, "purpose") or ANY,
        "consent" if document.get("choice") == "optIn" else "objection",
        place,
    )


def may_contact(statements: Iterable[Statement], channel: str, purpose: str, moment: str) -> Answer:
    """The last word that covers the channel and the purpose counts; of two at the same moment the refusal does.

    An objection that names no purpose is not against what a contract or the law needs.
    """
    spoken = [each for each in statements if each.time <= moment and _covers(each, channel, purpose)]
    last = max(spoken, key=lambda each: (each.time, not each.granted), default=None)
    if last is None and purpose in NECESSARY:
        return Answer(may=True, because=f"The purpose '{purpose}' needs no agreement, and nobody objected to it.")
    if last is None:
        return Answer(may=False, because=f"Nobody agreed to '{purpose}' by '{channel}'.")
    if last.granted:
        return Answer(
            may=True, because=f"Agreed to on {last.time} ({last.basis}), and not withdrawn since.", place=last.place
        )
    return Answer(may=False, because=f"Objected to, or refused, on {last.time}.", place=last.place)


def _covers(statement: Statement, channel: str, purpose: str) -> bool:
    if statement.channel not in {ANY, channel}:
        return False
    return statement.purpose == purpose or (statement.purpose == ANY and purpose not in NECESSARY)


def _text(part: Document, name: str) -> str:
    value = part.get(name)
    return value if isinstance(value, str) else ""


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def reached_at(leads: Iterable[Document]) -> tuple[list[str], list[str]]:
    """The e-mail addresses and international telephone numbers that leads hold, as far as they can be read."""
    emails: set[str] = set()
    phones: set[str] = set()
    for lead in leads:
        parts = [each.get("characteristic") for each in _list(lead.get("prospectContact")) if isinstance(each, dict)]
        told = [part for part in parts if isinstance(part, dict)]
        understood = lead.get("understood")
        named = understood if isinstance(understood, dict) else {}
        typed = [_text(part, "emailAddress") for part in told] + [str(each) for each in _list(named.get("email"))]
        dialled = [_text(part, "phoneNumber") for part in told] + [str(each) for each in _list(named.get("phone"))]
        emails |= {read.address for each in typed if (read := email(each))}
        phones |= {number for each in dialled if (number := phone(each))}
    return sorted(emails), sorted(phones)
