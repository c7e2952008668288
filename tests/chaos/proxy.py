"""A network between a process and the database that can be cut: a TCP port on loopback in front of its socket."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal
from urllib.parse import parse_qs, urlsplit

Cut = Literal["reset", "silence", "forgotten"]
"""What happens until it is healed: connections are reset, and new ones too; or no byte passes, and at the end they are
reset; or they are reset and the database learns of it only much later, as when a machine loses its power."""

_FORGOTTEN_SECONDS = 60.0
_AT_ONCE = struct.pack("ii", 1, 0)


class Proxy:
    """Passes bytes on until it is cut; `address` is the URL of a database on a Unix socket."""

    def __init__(self, address: str) -> None:
        self._address = urlsplit(address)
        self._open: set[asyncio.StreamWriter] = set()
        self._inner: dict[asyncio.StreamWriter, asyncio.StreamWriter] = {}
        self._flows = asyncio.Event()
        self._flows.set()
        self._forgotten: list[asyncio.StreamWriter] = []
        self._refuses = False
        self.port = 0

    @property
    def url(self) -> str:
        """The address of the database behind it."""
        return f"postgresql://{self._address.username}@127.0.0.1:{self.port}{self._address.path}"

    def cut(self, how: Cut) -> None:
        """Nothing comes through any more."""
        if how == "silence":
            self._flows.clear()
        else:
            self._refuses = True
            self._lose(forgotten=how == "forgotten")

    def heal(self) -> None:
        """New connections come through; the old ones are lost."""
        self._lose()
        self._refuses = False
        self._flows.set()

    async def close(self) -> None:
        """End all connections, those too that the database believes in."""
        self.cut("reset")
        self._flows.set()
        for each in self._forgotten:
            _reset(each)
        await asyncio.sleep(0.1)  # the event loop has to let go of them

    async def visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        self._open.add(writer)
        try:
            await self._flows.wait()
            if not self._refuses and not writer.is_closing():
                (folder,) = parse_qs(self._address.query)["host"]
                await self._carry(reader, writer, *await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.5432"))
        except OSError:
            return  # the database is away, or the connection was reset
        finally:
            _reset(writer)
            self._open.discard(writer)

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        back: asyncio.StreamReader,
        forth: asyncio.StreamWriter,
    ) -> None:
        self._inner[writer] = forth
        pumps = [asyncio.create_task(each) for each in (self._pump(reader, forth), self._pump(back, writer))]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in pumps:
                each.cancel()
            if self._inner.pop(writer, None):
                _reset(forth)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                await self._flows.wait()
                if writer.is_closing():
                    return
                writer.write(data)
                await writer.drain()

    def _lose(self, *, forgotten: bool = False) -> None:
        for each in self._open:
            if forgotten and each in self._inner:
                self._forgotten.append(self._inner.pop(each))
                asyncio.get_running_loop().call_later(_FORGOTTEN_SECONDS, _reset, self._forgotten[-1])
            _reset(each)


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with RST, where it has such a thing."""
    if not writer.is_closing():
        with suppress(OSError):
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    writer.transport.abort()


@asynccontextmanager
async def proxied(address: str) -> AsyncIterator[Proxy]:
    """A proxy that listens in front of a database."""
    proxy = Proxy(address)
    server = await asyncio.start_server(proxy.visit, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
