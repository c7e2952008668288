"""The only place that asks what time it is, and what makes identifiers that sort by time."""

import os
from datetime import UTC, datetime


def now() -> datetime:
    """The present moment: aware, UTC, cut to milliseconds so that what is stored equals what is answered."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def new_id() -> str:
    """A fresh UUID of version 7 (RFC 9562, section 5.7): 48 bits of milliseconds, then random bits."""
    milliseconds = int(datetime.now(UTC).timestamp() * 1000)
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
