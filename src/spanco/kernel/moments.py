"""Date-times as they travel: one canonical spelling, lenient reading (design D10)."""

import re
from datetime import UTC, datetime

_READABLE = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(:\d\d)?(?:[.,](\d{1,12}))?\s?([Zz]|[+ -]\d\d:?(?:\d\d)?)?)?",
    re.ASCII,
)
_CANONICAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


def spell(moment: datetime) -> str:
    """The canonical spelling: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def canonical(text: str) -> str | None:
    """Read an RFC 3339 or ISO 8601 date-time and spell it canonically; None when it is none.

    A missing offset means UTC, a missing time midnight, and a blank where an unencoded `+` stood is taken as `+`.
    """
    if _CANONICAL.fullmatch(text) and _is_moment(text):
        return text
    found = _READABLE.fullmatch(text)
    if found is None:
        return None
    day, time, seconds, fraction, offset = found.groups()
    offset = "+00:00" if offset in {None, "Z", "z"} else offset.replace(" ", "+")
    seconds = ":59" if seconds == ":60" else seconds  # a leap second cannot be stored
    micros = (fraction or "")[:3].ljust(3, "0")
    try:
        moment = datetime.fromisoformat(f"{day}T{time or '00:00'}{seconds or ':00'}.{micros}{offset}")
    except ValueError:
        return None
    try:
        return spell(moment)
    except OverflowError:  # the first or last hours of time, where UTC has no such year
        return spell(moment.replace(tzinfo=UTC))


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
