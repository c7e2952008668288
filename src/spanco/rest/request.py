"""One HTTP request as the routes read it: headers, the body under a limit, identity of the caller's trace."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from spanco.kernel.errors import BadHeader, TooLarge
from spanco.rest.errors import Disconnected, NotAcceptable, UnsupportedMedia

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

CUT_OFF = "spanco.cut_off"
"""The extension of a scope that holds how to end its connection `now`."""

GOING_ON = "spanco.going_on"
"""The extension of a scope that holds how to say that a long body makes headway `now`."""

_WORTH_WAITING = 65_536
_HOST = re.compile(rb"[A-Za-z0-9._~-]{1,255}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")
_TRACE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}.*")
_WISH = re.compile(r"[a-z][a-z-]{0,40}=[\w-]{1,40}", re.ASCII)
_CORRELATION = re.compile(r"[\x21-\x7e]{1,128}")
_JSON_TYPES = ("application/json", "application/*", "*/*", "+json")


class Request:
    """A request that is being served."""

    __slots__ = ("_origin", "_receive", "headers", "method", "path", "query", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self._receive = receive
        self._origin = ""
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query: bytes = scope["query_string"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])

    def header(self, name: bytes) -> str | None:
        """The text of a header; `name` is lower case."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1").strip()

    def origin(self) -> str:
        """Scheme and host as the client sees them, e.g. `http://127.0.0.1:8080`."""
        if self._origin:
            return self._origin
        host = self.headers.get(b"host", b"")
        if not _HOST.fullmatch(host):
            if host or self.scope.get("http_version") == "1.1":
                raise BadHeader("Host", "a host name or address, with a port if need be, is needed.")
            host = b"localhost"
        self._origin = f"{self.scope.get('scheme', 'http')}://{host.decode('ascii')}"
        return self._origin

    def correlation(self) -> str | None:
        """The trace id of `traceparent` (W3C), else `X-Correlation-ID` or `X-Request-ID` when it is printable."""
        traced = _TRACE.fullmatch(self.header(b"traceparent") or "") if b"traceparent" in self.headers else None
        if traced:
            return traced[1]
        given = self.header(b"x-correlation-id") or self.header(b"x-request-id")
        return given if given and _CORRELATION.fullmatch(given) else None

    def check_accept(self) -> None:
        """Raise `NotAcceptable` when the client takes no JSON."""
        accept = self.headers.get(b"accept")
        if accept is None or b"*/*" in accept:
            return
        for part in accept.decode("latin-1").lower().split(","):
            media, _, parameters = part.partition(";")
            if media.strip().endswith(_JSON_TYPES) and not re.search(r"\bq=0(\.0*)?\s*(;|$)", parameters):
                return
        raise NotAcceptable

    def media_type(self, accepted: tuple[str, ...]) -> str:
        """The media type of the body, which must be one of `accepted`; none at all means the first."""
        text = self.header(b"content-type") or accepted[0]
        if (self.header(b"content-encoding") or "identity").lower() != "identity":
            raise UnsupportedMedia(accepted, "A Content-Encoding is not understood")
        media, _, parameters = text.lower().partition(";")
        charset = re.search(r'charset="?([^";]*)', parameters)
        if media.strip() not in accepted or (charset and charset[1].strip() not in {"utf-8", "utf8", "us-ascii"}):
            raise UnsupportedMedia(accepted)
        return media.strip()

    async def body(self, limit: int) -> bytes:
        """The whole body; `TooLarge` as soon as it is known to exceed the limit."""
        declared = self.header(b"content-length") or "0"
        if declared.isascii() and declared.isdigit() and int(declared[:20]) > limit:
            raise TooLarge(_too_large(limit))
        message = await self._receive()
        if not message.get("more_body") and message["type"] == "http.request":
            return _within(message.get("body", b""), limit)
        parts, size = [], 0
        while True:
            if message["type"] == "http.disconnect":
                raise Disconnected
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > limit:
                raise TooLarge(_too_large(limit))
            if not message.get("more_body"):
                return b"".join(parts)
            message = await self._receive()

    async def parts(self) -> AsyncIterator[bytes]:
        """The body as it comes; whoever sends it may take as long as it goes on. Raises `Disconnected`."""
        going_on = self.scope.get("extensions", {}).get(GOING_ON)
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            part = message.get("body", b"")
            size += len(part)
            if going_on and size >= _WORTH_WAITING:
                going_on["now"]()
                size = 0
            if part:
                yield part
            if not message.get("more_body"):
                return

    async def gone(self) -> None:
        """Wait until the client goes away; its request is whole by then or of no interest."""
        while (await self._receive())["type"] != "http.disconnect":
            continue

    async def cut_off(self) -> None:
        """End the connection at once, whatever is still to be sent on it; not every server can."""
        cut = self.scope.get("extensions", {}).get(CUT_OFF)
        if cut:
            cut["now"]()
            await self.gone()


def _within(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise TooLarge(_too_large(limit))
    return body


def _too_large(limit: int) -> str:
    return f"The body is larger than the {limit} bytes that this server accepts; send less at once."


def preferences(request: Request) -> dict[str, str]:
    """What the client prefers of how it is served, `Prefer: name=value` (RFC 7240), in lower case."""
    wishes = (each.partition(";")[0].partition("=") for each in (request.header(b"prefer") or "").lower().split(","))
    said = [(name.strip(), value.strip(' "')) for name, _, value in wishes]
    return {name: value for name, value in said if _WISH.fullmatch(f"{name}={value}")}
