"""Items of an opportunity: each gets an id within its opportunity and a state of its own (TMF699, 1.3)."""

from spanco.kernel.openapi import Resource
from spanco.kernel.wire import Document, Json

_STEP = 100
_FIRST_STATE = "acknowledged"


def numbered(_resource: Resource, document: Document, _before: Document | None) -> Document:
    """The opportunity with an id and a state on every item; ids go 100, 200, … above the highest that is there."""
    items = document.get("salesOpportunityItem")
    if not isinstance(items, list):
        return document
    highest = max((_number(item.get("id")) for item in items if isinstance(item, dict)), default=0)
    completed: list[Json] = []
    for item in items:
        if not isinstance(item, dict):
            completed.append(item)
            continue
        own: Document = {}
        if "id" not in item:
            highest = highest // _STEP * _STEP + _STEP
            own["id"] = str(highest)
        completed.append({**own, "salesOpportunityItemStatus": _FIRST_STATE, **item})
    return document | {"salesOpportunityItem": completed}


def _number(id_: object) -> int:
    return int(id_) if isinstance(id_, str) and id_.isascii() and id_.isdigit() and len(id_) < 10 else 0  # noqa: PLR2004
