"""The answers of the published document: every status that an operation can really have, with its headers."""

from collections.abc import Mapping
from typing import Any

Part = dict[str, Any]

ERROR: Part = {
    "type": "object",
    "description": "The one shape of every refusal and failure (TMF630 part 1, 3.4).",
    "required": ["@type", "code", "reason", "message", "status"],
    "properties": {
        "@type": {"type": "string", "enum": ["Error"]},
        "code": {"type": "string", "description": "The kind of error, for programs."},
        "reason": {"type": "string", "description": "The kind of error, for people."},
        "message": {
            "type": "string",
            "description": "What is wrong with this request, where, and what to do about it.",
        },
        "status": {"type": "string", "description": "The HTTP status, as text.", "pattern": "^[1-5][0-9][0-9]$"},
    },
    "example": {
        "@type": "Error",
        "code": "28",
        "reason": "Invalid query parameter value",
        "message": "Parameter 'limit': a whole number from 0 on is needed.",
        "status": "400",
    },
}

_TEXT: Part = {"type": "string"}
_COUNT: Part = {"type": "integer", "minimum": 0}

HEADERS: Mapping[str, Part] = {
    "ETag": {"description": "Names this version, for If-Match and If-None-Match.", "required": True, "schema": _TEXT},
    "Location": {"description": "Where the resource is, equal to its `href`; not for an array.", "schema": _TEXT},
    "Link": {"description": "The first, next, previous and last page (RFC 8288).", "schema": _TEXT},
    "X-Total-Count": {"description": "How many match the filter.", "required": True, "schema": _COUNT},
    "X-Result-Count": {"description": "How many are in this answer.", "required": True, "schema": _COUNT},
    "Preference-Applied": {
        "description": "Which preference was granted (RFC 7240), for instance whether a total is exact or estimated.",
        "schema": _TEXT,
    },
    "X-Capped": {"description": "Of what so much was found that only a part of it was looked at.", "schema": _TEXT},
    "Content-Location": {"description": "Where the resource is that was there already.", "schema": _TEXT},
    "Content-Language": {"description": "The languages of the labels, where that is known.", "schema": _TEXT},
    "Vary": {"description": "Labels depend on `Accept-Language`.", "required": True, "schema": _TEXT},
    "Allow": {"description": "The methods that are offered here.", "required": True, "schema": _TEXT},
    "Accept-Patch": {"description": "The media types that are taken here.", "required": True, "schema": _TEXT},
    "WWW-Authenticate": {"description": "How to authenticate.", "schema": _TEXT},
    "Retry-After": {"description": "Seconds to wait.", "required": True, "schema": _COUNT},
}

_PROBLEMS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "400": ("BadRequest", "The request cannot be understood; the message says where and why.", ()),
    "401": ("Unauthorized", "Credentials are missing, wrong or expired.", ("WWW-Authenticate",)),
    "403": ("Forbidden", "The caller may not do this.", ()),
    "404": ("NotFound", "There is no such resource, or the caller may not see it.", ()),
    "405": ("MethodNotAllowed", "The method is not offered here.", ("Allow",)),
    "406": ("NotAcceptable", "Only JSON can be answered.", ()),
    "409": (
        "Conflict",
        "The state of the resource does not allow it; the message lists the moves that are possible.",
        (),
    ),
    "412": ("PreconditionFailed", "The resource has changed since the ETag that was sent.", ()),
    "413": ("TooLarge", "The body is larger than this server accepts.", ()),
    "415": ("UnsupportedMediaType", "The media type of the body is not understood.", ("Accept-Patch",)),
    "422": ("KeyReused", "The Idempotency-Key was used before with another request.", ()),
    "500": ("InternalError", "Something went wrong on this side.", ()),
    "503": ("Unavailable", "The database or the token issuer cannot be reached; try again.", ("Retry-After",)),
}
_ALWAYS = ("400", "401", "403", "404", "405", "406", "500", "503")
_WITH_BODY = ("413", "415")


def responses() -> Part:
    """The answers that are the same everywhere, by name."""
    found: Part = {
        "NotModified": {"description": "Nothing has changed since the ETag that was sent."},
        "Gone": {"description": "It is deleted."},
        "Moved": answer(
            "It was merged into another, which is at `Location`. Not for ever: a merge can be undone.",
            {"$ref": "#/components/schemas/Error"},
            "Location",
        ),
    }
    for name, description, headers in _PROBLEMS.values():
        found[name] = answer(description, {"$ref": "#/components/schemas/Error"}, *headers)
    return found


def answer(description: str, schema: Part, *headers: str) -> Part:
    """An answer with a JSON body."""
    part: Part = {"description": description}
    if headers:
        part["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
    return part | {"content": {"application/json": {"schema": schema}}}


def problems(*more: str, body: bool = False) -> Part:
    """What can go wrong: always, with a body, and with this operation."""
    statuses = sorted({*_ALWAYS, *(_WITH_BODY if body else ()), *more})
    return {status: _referred(_PROBLEMS[status][0]) for status in statuses}


def not_modified() -> Part:
    return {"304": _referred("NotModified")}


def moved() -> Part:
    return {"301": _referred("Moved")}


def gone() -> Part:
    return {"204": _referred("Gone")}


def _referred(name: str) -> Part:
    return {"$ref": f"#/components/responses/{name}"}
