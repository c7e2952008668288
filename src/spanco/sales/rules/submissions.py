"""Submissions: the states they are in, and when one that could not be processed is tried again."""

from datetime import timedelta

WAITING, UNCONFIRMED, HELD = "waiting", "unconfirmed", "held"
CREATED, LINKED, REFUSED, SPAM, EXPIRED = "created", "linked", "refused", "spam", "expired"
"""From being accepted to one of the ends; who waits for its sender, or is held, has not come to one yet."""

OPEN = frozenset({WAITING, HELD})
TAKEN = frozenset({CREATED, LINKED, SPAM})
"""What a sender reads of spam is what everybody reads: a program learns nothing."""

FORM, KEY, MAIL = "form", "key", "mail"
"""By which way a submission came."""

_SOONEST, _LATEST, _TRIES = timedelta(seconds=5), timedelta(hours=1), 12


def pause(attempts: int) -> timedelta | None:
    """How long a submission is held that failed so often; None when it waits for somebody to order it again."""
    return None if attempts >= _TRIES else min(_SOONEST * 4 ** min(attempts - 1, 10), _LATEST)


def told(state: str) -> str:
    """What the holder of a receipt is told: one of `open`, `unconfirmed`, `done` and `refused`."""
    if state == UNCONFIRMED:
        return "unconfirmed"
    return "open" if state in OPEN else "done" if state in TAKEN else "refused"
