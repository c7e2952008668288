"""Answers: their headers and bodies, and the one table of what each problem becomes on the wire."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Protocol

from spanco.access.errors import BadToken, ExpiredToken, Forbidden, IssuerAway, Unauthenticated
from spanco.events.errors import BuiltIn, TooManyStreams
from spanco.kernel import errors as kernel
from spanco.kernel.wire import encode
from spanco.rest import errors as rest
from spanco.sales.rules.gathering import AccountCycle, StillGathering
from spanco.sales.rules.matching.pairs import LikelyDuplicate
from spanco.sales.rules.merging import MergeRefused
from spanco.store.errors import Conflict, DatabaseAway

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Headers = tuple[tuple[bytes, bytes], ...]

JSON: Headers = ((b"content-type", b"application/json;charset=utf-8"),)


@dataclass(frozen=True, slots=True)
class Row:
    """The status, the application code of TM Forum's reference implementation, and the reason."""

    status: int
    code: str
    reason: str


TABLE: Mapping[type[BaseException], Row] = {
    kernel.Problem: Row(400, "20", "Bad request"),
    kernel.BadParameter: Row(400, "28", "Invalid query parameter value"),
    kernel.BadHeader: Row(400, "26", "Invalid header value"),
    kernel.Malformed: Row(400, "22", "Invalid body"),
    kernel.BadBody: Row(400, "24", "Invalid body field"),
    kernel.BadPatch: Row(400, "24", "Patch cannot be applied"),
    kernel.NotFound: Row(404, "60", "Resource not found"),
    kernel.Moved: Row(409, "2", "Merged into another"),
    kernel.TooLarge: Row(413, "22", "Body too large"),
    kernel.TooCostly: Row(400, "28", "Query too costly"),
    kernel.Stale: Row(412, "26", "Precondition failed"),
    kernel.Unchanged: Row(304, "0", "Not modified"),
    kernel.RefusedMove: Row(409, "2", "Lifecycle move refused"),
    kernel.AlreadyThere: Row(409, "2", "Already there"),
    kernel.InFlight: Row(409, "26", "Request still in progress"),
    kernel.KeyReused: Row(422, "2", "Idempotency-Key reused"),
    rest.NoSuchPath: Row(404, "60", "Resource not found"),
    rest.MethodNotAllowed: Row(405, "61", "Method not allowed"),
    rest.UnsupportedMedia: Row(415, "26", "Unsupported media type"),
    rest.NotAcceptable: Row(406, "26", "Not acceptable"),
    rest.Disconnected: Row(400, "21", "Incomplete request"),
    rest.BadRequestLine: Row(400, "20", "Invalid HTTP request"),
    rest.TooOften: Row(429, "5", "Too many requests"),
    rest.OtherSite: Row(403, "50", "Site not allowed"),
    rest.Closed: Row(410, "60", "Closed"),
    rest.BadAnswers: Row(422, "24", "Invalid answers"),
    rest.BadKey: Row(401, "41", "Invalid capture key"),
    BuiltIn: Row(409, "2", "Built in"),
    AccountCycle: Row(409, "2", "Account below itself"),
    StillGathering: Row(409, "2", "Still referred to"),
    LikelyDuplicate: Row(409, "2", "Likely a duplicate"),
    Conflict: Row(409, "2", "Conflict"),
    DatabaseAway: Row(503, "5", "Database not reachable"),
    Unauthenticated: Row(401, "40", "Missing credentials"),
    BadToken: Row(401, "41", "Invalid credentials"),
    ExpiredToken: Row(401, "42", "Expired credentials"),
    IssuerAway: Row(503, "5", "Token issuer not reachable"),
    Forbidden: Row(403, "50", "Access denied"),
    MergeRefused: Row(409, "2", "Merge refused"),
    TooManyStreams: Row(503, "5", "Too many streams"),
    Exception: Row(500, "1", "Internal error"),
}
_UNEXPECTED = "Something went wrong on this side; the log tells more under the correlation id of the answer."


class Reply(Protocol):
    """What can be sent in answer to a request."""

    @property
    def status(self) -> int: ...

    async def send(self, send: Send, *, head: bool = False) -> None: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; `headers` come beside content-length."""

    status: int
    body: bytes = b""
    headers: Headers = JSON

    async def send(self, send: Send, *, head: bool = False) -> None:
        """Send it; for HEAD without its body."""
        headers = list(self.headers)
        if self.status not in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
            headers.append((b"content-length", b"%d" % len(self.body)))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if head else self.body})


def problem_answer(error: Exception) -> Answer:
    """The TMF error (TMF630 part 1, 3.4) for a problem, by the nearest row of the table."""
    row = next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)
    if row.status == HTTPStatus.NOT_MODIFIED:
        return Answer(row.status, b"", ())
    sentence = str(error) if isinstance(error, kernel.Problem) else _UNEXPECTED
    details = error.details if isinstance(error, kernel.Problem) else {}
    return Answer(row.status, error_body(row, sentence, details), JSON + _extra_headers(error, row))


def error_body(row: Row, sentence: str, details: Mapping[str, object] = MappingProxyType({})) -> bytes:
    """The TMF error as JSON, with the details that a problem brings."""
    said = {"code": row.code, "reason": row.reason, "message": sentence, "status": str(row.status)}
    return encode({"@type": "Error", **said, **details})


def _extra_headers(error: Exception, row: Row) -> Headers:
    """What the status asks for besides the body: `Allow`, `WWW-Authenticate`, `Accept-Patch`, `Retry-After`."""
    if isinstance(error, rest.MethodNotAllowed):
        return ((b"allow", error.allow.encode()),)
    if isinstance(error, rest.UnsupportedMedia):
        return ((b"accept-patch", error.accept.encode()),)
    if isinstance(error, kernel.TooLarge):
        return ((b"connection", b"close"),)
    if isinstance(error, rest.TooOften):
        return ((b"retry-after", b"%d" % error.retry_after),)
    if row.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return ((b"retry-after", b"2"),)
    challenge = getattr(error, "challenge", None)
    return ((b"www-authenticate", challenge.encode()),) if challenge else ()
