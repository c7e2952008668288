"""What a hub asks for: its `query` read as a condition on events and as the parts of them that are wanted."""

import re
from dataclasses import dataclass
from functools import lru_cache

from spanco.kernel.envelope import ENVELOPE, HEADER
from spanco.kernel.errors import BadBody, BadParameter
from spanco.kernel.projection import ALL, Fields, parse
from spanco.kernel.query import jsonpath
from spanco.kernel.query.ast import EVERYTHING, Condition, all_of
from spanco.kernel.query.params import parse_query

LONGEST_QUERY = 2000
_EXPRESSION = re.compile(r"""[$\[(!]|@(?![\w.]+=[^=~])|[\w.]+\s*[=!]=\s*'""")
"""How a JSONPath begins; `@type=Offer` is a filter, and `status=='x'` is none: no filter has such quotes."""
_PAYLOAD = "event"
_INSIDE = 2  # from here on a path is inside the resource: event.<resource>.<attribute>


@dataclass(frozen=True, slots=True)
class Subscription:
    """Which events are wanted, and which parts of them."""

    condition: Condition = EVERYTHING
    fields: Fields = ALL


@lru_cache(maxsize=10_000)
def subscription(query: str, name: str = "query") -> Subscription:
    """Read the `query` of a hub (TMF630 part 1, notifications): attribute filters as in a URL, or JSONPath.

    Both speak of the whole event, so an attribute of the resource is `event.<resource>.<attribute>`. `fields=` trims.
    `name` is the attribute that it stands in. Raises `BadBody`.
    """
    query = query.strip().removeprefix("?")
    if len(query) > LONGEST_QUERY:
        raise BadBody(name, f"at most {LONGEST_QUERY} characters.")
    try:
        if _EXPRESSION.match(query):
            return Subscription(jsonpath.parse(query))
        asked, condition = parse_query(query.encode())
        foreign = asked.keys() - {"fields", "filter"}
        if foreign:
            raise BadBody(name, f"'{min(foreign)}' has no meaning in a subscription.")
        if "filter" in asked:
            condition = all_of([condition, jsonpath.parse(asked["filter"])])
        return Subscription(condition, _fields(asked.get("fields", ""), name))
    except BadParameter as error:
        raise BadBody(name, str(error)) from error


def _fields(text: str, of: str) -> Fields:
    names = [name for name in map(str.strip, text.split(",")) if name]
    if not names:
        return ALL
    for name in names:
        if name.split(".")[0] not in ENVELOPE | {"none"}:
            raise BadBody(of, f"an event has no '{name}'; attributes of the resource begin with 'event.'.")
    inside = {tuple(name.split(".")[:_INSIDE]) for name in names if name.startswith(f"{_PAYLOAD}.")}
    identity = [f"{'.'.join(path)}.{each}" for path in inside if len(path) == _INSIDE for each in ("id", "href")]
    return parse(",".join(sorted({*names, *HEADER, *identity} - {"none"})))
