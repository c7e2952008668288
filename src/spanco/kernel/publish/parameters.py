"""The parameters of the published document; their descriptions teach the query language."""

from collections.abc import Mapping
from typing import Any

from spanco.kernel.openapi import Resource
from spanco.kernel.query.params import RESERVED

Part = dict[str, Any]
_HERE = "#/components/parameters/"

FILTERING = """Any attribute can be asked for by its name:

| write | to find |
| --- | --- |
| `status=open` | equal (also `status.eq=open`) |
| `status=a,b` or `status=a&status=b` | one or the other |
| `status.ne=…` | not equal |
| `rating.gt=3` `.gte` `.lt` `.lte`, or `rating>3` `>=` `<` `<=` (encode the sign) | ordered |
| `name.regex=^Haf` or `name=~^Haf` | matching a regular expression (RE2) |
| `relatedParty.id=ind-17` | inside of objects and of any element of an array |

Different attributes are joined with *and*. A comma or semicolon in a value is written `\\,` and `\\;`.
For *or* across attributes, for conditions on one and the same element and for functions, use `filter`."""

PARAMETERS: Mapping[str, Part] = {
    "Fields": {
        "name": "fields",
        "in": "query",
        "description": "The attributes to answer, with commas between; dots lead inwards (`relatedParty.name`). `id` "
        "and `href` are always there, and `none` answers no more. Names that do not occur are skipped.",
        "schema": {"type": "string"},
        "example": "name,relatedParty.name",
    },
    "Offset": {
        "name": "offset",
        "in": "query",
        "description": "How many to skip; for a walk over many pages the cursors of `Link` are faster and steadier. "
        "Not together with a cursor.",
        "schema": {"type": "integer", "minimum": 0, "maximum": 10_000_000},
    },
    "Limit": {
        "name": "limit",
        "in": "query",
        "description": "How many to answer; cut to the maximum of the server. 0 answers only the counts.",
        "schema": {"type": "integer", "minimum": 0, "maximum": 999_999_999},
    },
    "Sort": {
        "name": "sort",
        "in": "query",
        "description": "Names of attributes with commas between, at most eight; `-` in front descends, dots lead "
        "inwards. Resources without the attribute come last.",
        "schema": {"type": "string"},
        "example": "-creationDate,name",
    },
    "Filter": {
        "name": "filter",
        "in": "query",
        "description": "A JSONPath expression (TMF630 part 6), joined with the other filters by *and*: "
        "`$[?(@.priority=='high' || @.rating=='hot')]`, `relatedParty[?(@.role=='prospect' && @.name=~/Haf.*/)]`. "
        "Operators `== != > >= < <= =~ ! && ||`, functions `length() min() max() avg() stddev()`.",
        "schema": {"type": "string"},
        "example": "relatedParty[?(@.role=='prospect')]",
    },
    "Before": {
        "name": "before",
        "in": "query",
        "description": "The page before this place: an opaque cursor that a `Link` header gave, with the same `sort`.",
        "schema": {"type": "string"},
    },
    "After": {
        "name": "after",
        "in": "query",
        "description": "The page after this place: an opaque cursor that a `Link` header gave, with the same `sort`. "
        "Not together with `before`.",
        "schema": {"type": "string"},
    },
    "AsOf": {
        "name": "asOf",
        "in": "query",
        "description": "Answers as it was stored at that moment: a date-time, or a day for its beginning (UTC). What "
        "was deleted since is there, what was created since is not. 400 when the history does not reach back so far.",
        "schema": {"type": "string"},
        "example": "2026-01-31T09:30:00.000Z",
    },
    "AcceptLanguage": {
        "name": "Accept-Language",
        "in": "header",
        "description": "The languages that labels are wanted in (RFC 9110, 12.5.4), looked up as RFC 4647, 3.4 says.",
        "schema": {"type": "string"},
        "example": "cs, de;q=0.5",
    },
    "ValidAt": {
        "name": "validAt",
        "in": "query",
        "description": "Only what is valid on this day (UTC), first and last day counted; `now` is today.",
        "schema": {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "enum": ["now"]}]},
        "example": "now",
    },
    "Prefer": {
        "name": "Prefer",
        "in": "header",
        "description": "`count=exact` counts all matches, however many (RFC 7240); else a large total is an estimate.",
        "schema": {"type": "string"},
        "example": "count=exact",
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The `ETag` of what is already known; 304 is answered while it is still so.",
        "schema": {"type": "string"},
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": "The `ETag` that was read; 412 is answered when the resource has changed since. `*` means any.",
        "schema": {"type": "string"},
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "A key of the client's choice. A repeat with the same key and body within 24 hours gets the "
        "same answer and creates nothing; with another body it is 422.",
        "schema": {"type": "string", "pattern": "^[!-~]([ -~]{0,253}[!-~])?$"},
    },
}

_PAGING = ("Fields", "Filter", "Sort", "Offset", "Limit", "Before", "After", "AsOf", "Prefer", "IfNoneMatch")

_BY_TIME: Part = {
    "name": "sort",
    "in": "query",
    "description": "Events are in the order in which they came, the earliest first or the latest first.",
    "schema": {"type": "string", "enum": ["eventTime", "-eventTime"]},
}


def of_list(resource: Resource) -> list[Part]:
    """What a list takes, and the attributes that are filtered fastest, as examples of all the others."""
    unfit = ({"AsOf"} if resource.is_view else set()) | ({"Sort"} if resource.is_event else set())
    names = [name for name in _PAGING if name not in unfit]
    return [
        *referred(*names),
        *([_BY_TIME] if resource.is_event else []),
        *referred(*(["ValidAt"] if resource.validity else []), *(["AcceptLanguage"] if resource.label else [])),
        *(_filter(name) for name in _filtered(resource)),
    ]


def referred(*names: str) -> list[Part]:
    """References to parameters of the components."""
    return [{"$ref": _HERE + name} for name in names]


def in_path(resource: Resource, *, item: bool) -> list[Part]:
    """The ids in the path."""
    found = []
    if resource.parent:
        found.append(_id(f"{resource.parent}Id", f"The id of the {resource.parent} that it belongs to."))
    if item:
        found.append(_id("id", f"The id of the {resource.name}."))
    return found


def _filtered(resource: Resource) -> list[str]:
    names = ["id", *resource.indexed]
    if resource.lifecycle:
        names.append(resource.lifecycle.attribute)
    return [name for name in dict.fromkeys(names) if name not in RESERVED]


def _filter(name: str) -> Part:
    return {
        "name": name,
        "in": "query",
        "description": "One of the attribute filters.",
        "schema": {"type": "string"},
    }


def _id(name: str, description: str) -> Part:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": {"type": "string"}}
