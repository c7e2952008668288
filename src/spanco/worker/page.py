"""What a worker that stands alone answers: that it lives, and its metrics."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from spanco import telemetry

Message = MutableMapping[str, Any]
_PAGES: dict[str, Callable[[], tuple[bytes, str]]] = {
    "/metrics": lambda: (telemetry.exposition(), telemetry.METRICS_TYPE),
    "/health/live": lambda: (b'{"status":"live"}', "application/json"),
}


async def page(
    scope: Message, _receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """The ASGI application."""
    found = _PAGES.get(scope["path"]) if scope["method"] in {"GET", "HEAD"} else None
    body, kind = found() if found else (b"", "text/plain")
    headers = [(b"content-type", kind.encode()), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200 if found else 404, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
