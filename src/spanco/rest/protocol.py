"""HTTP/1.1 as uvicorn speaks it, but with our error body, a bound on headers, and patience that ends."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from spanco.rest.errors import BadRequestLine
from spanco.rest.request import CUT_OFF, GOING_ON
from spanco.rest.responses import problem_answer

ENDING = "ending"
"""Where the application keeps, in the state of its lifespan, what ends the answers that would never end."""

_MOST_HEADER_BYTES = 32_768
_SECONDS = 30.0


class _Patience:
    """Closes a connection whose client takes too long to send a whole request."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._deadline: asyncio.TimerHandle | None = None
        self.begin()

    def begin(self) -> None:
        """From now on the client has its seconds."""
        self.end()
        self._deadline = self._loop.call_later(_SECONDS, self._give_up)

    def renew(self) -> None:
        """The request makes headway; once it is whole nothing is waited for."""
        if self._deadline is not None and not self._deadline.cancelled():
            self.begin()

    def end(self) -> None:
        """The request is whole."""
        if self._deadline is not None:
            self._deadline.cancel()

    def _give_up(self) -> None:
        if not self._transport.is_closing():
            self._transport.close()


class _Measure:
    """How many bytes of a head came, and how many of which nothing was understood: what never ends is not kept."""

    def __init__(self) -> None:
        self.head = self.unread = 0

    def count(self, size: int) -> None:
        """So many bytes of the head; raises `ValueError` when they are too many."""
        self.unread = 0
        self.head += size
        if self.head > _MOST_HEADER_BYTES:
            raise ValueError("headers too large")


class Protocol(HttpToolsProtocol):
    """One connection."""

    _patience: _Patience
    _measure: _Measure
    _extensions: dict[str, dict[object, object]]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected; it has some seconds to send a whole request."""
        super().connection_made(transport)
        self._patience = _Patience(transport, self.loop)
        self._measure = _Measure()
        self._extensions = {CUT_OFF: {"now": transport.abort}, GOING_ON: {"now": self._patience.renew}}

    def connection_lost(self, exc: Exception | None) -> None:
        """The client went away."""
        self._patience.end()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of the client; a header, or an extension of a chunk, that never ends is not kept in memory."""
        self._measure.unread += len(data)
        super().data_received(data)
        if self._measure.unread > _MOST_HEADER_BYTES and not self.transport.is_closing():
            self.send_400_response("")

    def on_message_begin(self) -> None:
        """A request line begins."""
        super().on_message_begin()
        self.scope["extensions"] = self._extensions
        self._measure.head = self._measure.unread = 0
        self._patience.begin()

    def on_url(self, url: bytes) -> None:
        """Part of the request target."""
        self._measure.count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; too many bytes of them end the request."""
        self._measure.count(len(name) + len(value))
        super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """Part of the body."""
        super().on_body(body)
        self._measure.unread = 0

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._measure.unread = 0
        self._patience.end()
        super().on_message_complete()

    def shutdown(self) -> None:
        """The server ends: answers come to their end, and those that have none are given one."""
        super().shutdown()
        self.app_state[ENDING]()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature
        """Answer what is not HTTP with the error body that everything else has."""
        answer = problem_answer(BadRequestLine(""))
        head = (
            b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json;charset=utf-8\r\n"
            b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(answer.body)
        )
        self.transport.write(head + answer.body)
        self.transport.close()
