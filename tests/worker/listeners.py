"""Listeners that behave as a test wants: answer, fail, hang, drop, go down and come back; they keep what they heard."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from standardwebhooks import Webhook


@dataclass(slots=True)
class Heard:
    """One request: what it said, when it came and when it was answered (monotonic seconds), and with which status."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    came: float
    answered: float | None = None
    status: int | None = None

    @property
    def event(self) -> dict[str, Any]:
        """The body, decoded."""
        found: dict[str, Any] = msgspec.json.decode(self.body)
        return found

    @property
    def resource(self) -> dict[str, Any]:
        """The resource in the event."""
        (found,) = self.event["event"].values()
        assert isinstance(found, dict)
        return found

    @property
    def taken(self) -> bool:
        """Whether it was answered with success."""
        return self.status is not None and 200 <= self.status < 300

    def signed_with(self, secret: str) -> bool:
        """Whether the official library finds a good signature."""
        try:
            Webhook(secret).verify(self.body, dict(self.headers))
        except Exception:  # noqa: BLE001 - the library has a class of its own, and raises others for bad headers
            return False
        return True


Behaviour = Callable[[Heard], Awaitable[int | str | None]]
"""What to answer: a status, a status line with headers, or None to hang up without a word."""


def answers(*statuses: int | str | None) -> Behaviour:
    """Each once, the last one for ever."""
    left = list(statuses)

    async def behave(_: Heard) -> int | str | None:
        return left.pop(0) if len(left) > 1 else left[0]

    return behave


def slowly(seconds: float, status: int = 200) -> Behaviour:
    """An answer after a while; a very long while is one that hangs."""

    async def behave(_: Heard) -> int:
        await asyncio.sleep(seconds)
        return status

    return behave


def sometimes(part: float, status: int = 500, seed: int = 1, pause: float = 0.0) -> Behaviour:
    """So many of the answers are failures, at random."""
    chance = random.Random(seed)

    async def behave(_: Heard) -> int:
        await asyncio.sleep(pause * chance.random())
        return status if chance.random() < part else 200

    return behave


@dataclass(eq=False)
class Listener:
    """A plain HTTP server on this machine; `behave` may be replaced at any time."""

    behave: Behaviour = field(default_factory=lambda: answers(200))
    heard: list[Heard] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _visits: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Where it listens; it does so at every other path too."""
        return f"http://127.0.0.1:{self.port}/events"

    @property
    def taken(self) -> list[Heard]:
        """What it answered with success, in the order in which it came."""
        return [each for each in self.heard if each.taken]

    @property
    def ids(self) -> list[str]:
        """The ids of the events that it took, each once."""
        return list(dict.fromkeys(each.headers["webhook-id"] for each in self.taken))

    async def up(self) -> None:
        """Begin to listen, at the same port as before."""
        self._server = await asyncio.start_server(self._visited, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """Nobody is there any more; what is under way breaks off."""
        if self._server is not None:
            self._server.close()
        for visit in list(self._visits):
            visit.cancel()
            await asyncio.wait([visit])

    async def _visited(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._visits.add(task)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._exchange(reader, writer):
                continue
        self._visits.discard(task)
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): text.strip() for name, _, text in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        heard = Heard(head[0].split(" ")[1], headers, body, time.monotonic())
        self.heard.append(heard)
        answer = await self.behave(heard)
        heard.answered = time.monotonic()
        if answer is None:
            return False
        line = str(answer)
        heard.status = int(line[:3])
        writer.write(f"HTTP/1.1 {line}{' -' if line.isdigit() else ''}\r\ncontent-length: 0\r\n\r\n".encode())
        await writer.drain()
        return True


@asynccontextmanager
async def listening(behave: Behaviour | None = None) -> AsyncIterator[Listener]:
    """A listener while the block lasts."""
    listener = Listener(behave or answers(200))
    await listener.up()
    try:
        yield listener
    finally:
        await listener.down()


Listen = Callable[..., Awaitable[Listener]]


@pytest.fixture
async def listen() -> AsyncIterator[Listen]:
    """Makes listeners that are there until the test ends."""
    async with AsyncExitStack() as stack:

        async def listen(behave: Behaviour | None = None) -> Listener:
            return await stack.enter_async_context(listening(behave))

        yield listen


async def until(true: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until something is true; fail when it does not become so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        await asyncio.sleep(0.01)
