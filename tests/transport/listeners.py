"""Listeners of this machine: a trap that must stay empty, and listeners that answer by a script."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress

from spanco.transport import Resolve

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Trap:
    """Listens at one port on every address of this machine; nobody is to come."""

    def __init__(self, doors: list[socket.socket]) -> None:
        self._doors = doors
        self.port: int = doors[0].getsockname()[1]

    def visits(self) -> int:
        """How many have connected since it was asked last."""
        count = 0
        for door in self._doors:
            with suppress(BlockingIOError):
                while True:
                    door.accept()[0].close()
                    count += 1
        return count


@contextmanager
def trap() -> Iterator[Trap]:
    """A trap on IPv4, and on IPv6 where this machine speaks it."""
    with socket.socket() as four, closing(socket.socket(socket.AF_INET6)) as six:
        four.bind(("0.0.0.0", 0))  # noqa: S104  every way in is to be seen
        doors = [four]
        with suppress(OSError):
            six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            six.bind(("::", four.getsockname()[1]))
            doors.append(six)
        for door in doors:
            door.setblocking(False)
            door.listen()
        yield Trap(doors)


class Visit:
    """One connection, as a script sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, requests: list[bytes]) -> None:
        self._reader, self._writer, self._requests = reader, writer, requests

    async def request(self) -> bytes:
        """The next request, head and body."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        self._requests.append(head + await self._reader.readexactly(length))
        return self._requests[-1]

    async def send(self, data: bytes) -> None:
        """Write, and wait until it has gone."""
        self._writer.write(data)
        await self._writer.drain()

    def reset(self) -> None:
        """Break off, with an RST instead of a FIN."""
        linger = struct.pack("ii", 1, 0)
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def say_no_more(self) -> None:
        """Close this side only."""
        self._writer.write_eof()

    async def closed(self) -> None:
        """Wait until the other side hangs up."""
        while await self._reader.read(65_536):
            pass


Script = Callable[[Visit], Awaitable[None]]


class Listener:
    """Speaks by its script, and remembers what it was sent."""

    def __init__(self, script: Script) -> None:
        self.port = 0
        self.connections = 0
        self.ended = asyncio.Event()
        self.requests: list[bytes] = []
        self._script = script
        self._open: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook?key=1"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until the script or the other side ends it."""
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        self.connections += 1
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._script(Visit(reader, writer, self.requests))
        self._open.discard(task)
        self.ended.set()
        writer.close()

    async def aclose(self) -> None:
        """End all connections."""
        for task in list(self._open):
            task.cancel()
            await asyncio.wait([task])


@asynccontextmanager
async def listening(script: Script, context: ssl.SSLContext | None = None) -> AsyncIterator[Listener]:
    """A listener on 127.0.0.1."""
    listener = Listener(script)
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0, ssl=context)
    listener.port = server.sockets[0].getsockname()[1]
    try:
        yield listener
    finally:
        server.close()
        await listener.aclose()


def answering(*answers: bytes) -> Script:
    """A script that reads a request and answers it, with each answer once and with the last one for ever."""
    left = list(answers)

    async def script(visit: Visit) -> None:
        while True:
            await visit.request()
            await visit.send(left.pop(0) if len(left) > 1 else left[0])

    return script


async def silence(visit: Visit) -> None:
    """A script that takes everything and says nothing."""
    await visit.closed()


async def deafness(_visit: Visit) -> None:
    """A script that takes nothing."""
    await asyncio.sleep(3600)


def resolver(**answers: Sequence[str]) -> Resolve:
    """Names as they are told here (`inner` for inner.test), the same for ever; others are unknown."""

    def resolve(name: str) -> Sequence[str]:
        found = answers.get(name.removesuffix(".test"))
        if found is None:
            raise OSError(name)
        return found

    return resolve


def changing(*answers: Sequence[str]) -> Resolve:
    """A name server that answers each question in another way, and then always in the last one."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]
