"""When a delivery that failed is tried again, and when it is given up."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

WAITS = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(hours=12),
    *(timedelta(hours=16),) * 4,
)
"""After each failed try but the last: 15 tries in 92 hours, with the jitter in 73 to 110."""

JITTER = 0.2
"""A wait is at most this part shorter or longer, so that what failed together is not tried again together."""

AT_MOST = timedelta(hours=24)
"""A listener may ask to be left alone for so long."""

_DIGITS = 9
"""So many of a number say more than `AT_MOST` already; Python refuses to read thousands."""


def wait_before_next(attempts: int, chance: float) -> timedelta | None:
    """How long to wait after so many failed tries; None when none is left: the delivery is a dead letter.

    `chance` is in [0, 1). Only tries that count are counted: a delivery that failed as the probe of its hub
    may have none yet (see `breaker`), and waits as after its first.
    """
    return jittered(WAITS[max(attempts, 1) - 1], chance) if attempts <= len(WAITS) else None


def jittered(wait: timedelta, chance: float) -> timedelta:
    """A wait made up to `JITTER` shorter or longer, as chance in [0, 1) will have it."""
    return wait * (1 - JITTER + 2 * JITTER * chance)


def retry_after(header: str | None, moment: datetime) -> timedelta | None:
    """How long a listener asks to be left alone (RFC 9110, section 10.2.3).

    Seconds, or a date in any of the forms of HTTP (section 5.6.7). None for what is neither, and for what is over.
    """
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdecimal():
        wait = timedelta(seconds=int(text.lstrip("0")[:_DIGITS] or "0"))
    elif (date := _date(text)) is not None:
        wait = date - moment
    else:
        return None
    return min(wait, AT_MOST) if wait > timedelta(0) else None


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # Two of the three forms name no zone: all are in GMT.
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)
