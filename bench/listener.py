"""A listener as fast as one process can be: it counts what is posted to it; at `/timed` it notes how late it comes."""

import asyncio
import json
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

import uvloop

_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
_TIME, _TIME_LENGTH = b'"eventTime":"', 24


@dataclass(frozen=True, slots=True)
class Heard:
    """How many events have come in all, and the lateness in milliseconds of those timed since it was asked last."""

    count: int
    late_ms: list[float]


def heard(root: str) -> Heard:
    """Ask a listener."""
    with urllib.request.urlopen(root, timeout=30) as answer:  # noqa: S310 - our own listener
        return Heard(**json.load(answer))


@dataclass(slots=True)
class _Book:
    count: int = 0
    timed: list[tuple[float, bytes]] = field(default_factory=list)

    def note(self, body: bytes, now: float) -> None:
        at = body.find(_TIME) + len(_TIME)
        self.timed.append((now, body[at : at + _TIME_LENGTH]))

    def told(self) -> bytes:
        """The reckoning is done when it is asked for, not while events come."""
        late = [(now - datetime.fromisoformat(then.decode()).timestamp()) * 1000 for now, then in self.timed]
        self.timed = []
        return json.dumps({"count": self.count, "late_ms": late}).encode()


class _Listener(asyncio.Protocol):
    """One connection."""

    def __init__(self, book: _Book) -> None:
        self._book = book
        self._held = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # those of uvloop do not say so themselves

    def data_received(self, data: bytes) -> None:
        """An event has come when the last of its bytes is here."""
        self._held += data
        while (end := self._held.find(b"\r\n\r\n") + 4) > 3:
            head = self._held[:end].lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            if len(self._held) < end + length:
                return
            body, self._held = self._held[end : end + length], self._held[end + length :]
            if head.startswith(b"post"):
                self._book.count += 1
                if head.startswith(b"post /timed"):
                    self._book.note(body, time.time())
                self._transport.write(_ANSWER)
            else:
                told = self._book.told()
                self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(told), told))


async def _listen(port: int) -> None:
    book = _Book()
    server = await asyncio.get_running_loop().create_server(lambda: _Listener(book), "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_listen(int(sys.argv[1])))
