"""Readers of server-sent events: over a raw connection to a server process, and of the ASGI application alone."""

import asyncio
import socket
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from spanco.kernel.wire import Document, decode_stored
from spanco.rest.live import PATH
from tests.rest.server import Answer, read_answer

PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Message:
    """One event; `id` is the one that counts when it was told."""

    id: int
    type: str
    data: Document


@dataclass(slots=True)
class Source:
    """What a browser makes of the lines (WHATWG HTML, 9.2.6): complete blocks only."""

    last_id: str = ""
    retry: int = 0
    comments: int = 0
    messages: list[Message] = field(default_factory=list)
    rest: bytes = b""

    def feed(self, body: bytes) -> None:
        """Some more bytes."""
        *blocks, self.rest = (self.rest + body).split(b"\n\n")
        for block in blocks:
            self._dispatch(block)

    def _dispatch(self, block: bytes) -> None:
        fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if not line.startswith(b":"))
        assert set(fields) <= {b"id", b"event", b"data", b"retry"}
        self.comments += block.startswith(b":")
        self.retry = int(fields.get(b"retry", self.retry))
        self.last_id = fields.get(b"id", self.last_id.encode()).decode()
        if b"data" in fields:
            data = decode_stored(fields[b"data"])
            assert isinstance(data, dict)
            self.messages.append(Message(int(self.last_id), fields[b"event"].decode(), data))


@dataclass(slots=True, eq=False)
class Tap:
    """One connection to a server process that follows its events."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    source: Source
    answer: Answer | None = None
    ended: bool = False

    @classmethod
    async def to(cls, port: int, query: str = "", last: str = "", *, narrow: bool = False) -> Self:
        """Connect, if need be so that little is taken before it is read; `answer` is there when it is a refusal."""
        connection = socket.socket()
        if narrow:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=connection)
        header = f"last-event-id: {last}\r\n" if last else ""
        writer.write(f"GET {PATH}?{query} HTTP/1.1\r\nhost: 127.0.0.1\r\n{header}\r\n".encode())
        answer = await asyncio.wait_for(read_answer(reader), PATIENCE)
        if answer.status != 200:
            return cls(reader, writer, Source(), answer)
        assert answer.headers["content-type"] == "text/event-stream"
        assert (answer.headers["cache-control"], answer.headers["x-accel-buffering"]) == ("no-store", "no")
        tap = cls(reader, writer, Source(last))
        await tap.more()
        return tap

    @property
    def messages(self) -> list[Message]:
        """What came so far."""
        return self.source.messages

    async def more(self) -> None:
        """Read the next chunk."""
        size = int(await self.reader.readline() or b"0", 16)
        self.source.feed(await self.reader.readexactly(size))
        await self.reader.readline()
        self.ended = not size

    async def until(self, count: int) -> list[Message]:
        """Read on until there are so many messages."""
        async with asyncio.timeout(PATIENCE):
            while len(self.messages) < count:
                await self.more()
                assert not self.ended
        return self.messages

    def refusal(self, status: int) -> str:
        """The sentence with which this status came."""
        self.kill()
        assert self.answer
        error = self.answer.json
        assert isinstance(error, dict)
        assert (self.answer.status, error["status"], error["@type"]) == (status, str(status), "Error")
        return str(error["message"])

    def kill(self) -> None:
        """Vanish without a word."""
        self.writer.transport.abort()


@dataclass(slots=True, eq=False)
class Held:
    """One answer of the ASGI application that goes on."""

    source: Source = field(default_factory=Source)
    status: int = 0
    body: bytes = b""
    asked: bool = False
    left: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    async def receive(self) -> dict[str, Any]:
        """The request, and some time later that the client is gone."""
        if self.asked:
            await self.left.wait()
            return {"type": "http.disconnect"}
        self.asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Take what is sent."""
        self.status = message.get("status", self.status)
        self.body += message.get("body", b"")
        if self.status == 200:
            self.source.feed(message.get("body", b""))
        self.came.set()

    async def until(self, count: int) -> list[Message]:
        """Wait until there are so many messages."""
        async with asyncio.timeout(PATIENCE):
            while len(self.source.messages) < count:
                await self.more()
        return self.source.messages

    async def more(self) -> None:
        """Wait for whatever is sent next."""
        self.came.clear()
        await asyncio.wait_for(self.came.wait(), PATIENCE)

    async def over(self) -> None:
        """Wait until the answer has ended by itself."""
        assert self.task
        await asyncio.wait_for(self.task, PATIENCE)


def scope(query: str = "", **headers: str) -> dict[str, Any]:
    """What a server hands to the application with a request for the stream."""
    named = {"host": "spanco.test"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "type": "http",
        "method": "GET",
        "path": PATH,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }


@asynccontextmanager
async def held(surface: Any, query: str = "", **headers: str) -> AsyncIterator[Held]:  # any ASGI application
    """Follow the events of an ASGI application, begun; at the end the client leaves."""
    opened = Held()
    opened.task = asyncio.create_task(surface(scope(query, **headers), opened.receive, opened.send))
    while not opened.body and not opened.task.done():
        await opened.more()
    try:
        yield opened
    finally:
        opened.left.set()
        await asyncio.wait_for(opened.task, PATIENCE)
