"""The only place that asks what time it is, and what makes identifiers that sort by time."""

import os
from datetime import UTC, datetime

_COUNTS = 0x1000
_last = 0


def now() -> datetime:
    """The present moment: aware, UTC, cut to milliseconds so that what is stored equals what is answered."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def new_id() -> str:
    """A fresh UUID of version 7 (RFC 9562, sections 5.7 and 6.2): milliseconds, a counter within them, random bits.

    Those of one process sort in the order they were made, so resources created together stay in their order.
    """
    global _last  # noqa: PLW0603 - a counter is what makes them sort
    _last = max(int(datetime.now(UTC).timestamp() * 1000) * _COUNTS, _last + 1)
    milliseconds, count = divmod(_last, _COUNTS)
    chance = int.from_bytes(os.urandom(8), "big") & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    text = f"{milliseconds:012x}7{count:03x}{chance:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
