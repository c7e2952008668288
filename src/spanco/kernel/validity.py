"""Resources that are valid from a day to a day (`x-spanco-validity`), and lists of those valid on one: `validAt`."""

import re
from collections.abc import Sequence
from datetime import date
from urllib.parse import unquote_plus

from spanco.kernel.errors import BadParameter
from spanco.kernel.query.ast import AllOf, AnyOf, Compare, Condition, Exists, Not, Op

NAME = "validAt"
_PREFIX = b"validAt="
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def taken(query: bytes, today: str) -> tuple[bytes, str | None]:
    """A query string without `validAt`, and the day that it named; `now` is today. Raises `BadParameter`."""
    if _PREFIX not in query:
        return query, None
    parts = query.split(b"&")
    given = [unquote_plus(part.removeprefix(_PREFIX).decode("latin-1")) for part in parts if part.startswith(_PREFIX)]
    rest = b"&".join(part for part in parts if not part.startswith(_PREFIX))
    if not given:
        return query, None
    if len(set(given)) > 1:
        raise BadParameter(NAME, "give it once.")
    if given[0] == "now":
        return rest, today
    if not _is_day(given[0]):
        raise BadParameter(NAME, "a day such as 2026-01-31 is needed, or 'now'.")
    return rest, given[0]


def valid_on(day: str, between: Sequence[str]) -> Condition:
    """Valid on a day: `between` names the attributes with the first and the last day; both count, absent is open."""
    first, last = between
    return AllOf(
        (
            AnyOf((Not(Exists((first,))), Compare((first,), Op.LTE, day))),
            AnyOf((Not(Exists((last,))), Compare((last,), Op.GTE, day))),
        )
    )


def _is_day(text: str) -> bool:
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
