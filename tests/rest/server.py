"""A real `spanco serve` process on a free port, a database of its own, and the plainest of HTTP clients."""

import asyncio
import os
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import asyncpg
import httpx

from spanco.kernel.wire import Json, decode, encode
from spanco.store.embedded import embedded

LEADS = "/tmf-api/sales/v4/salesLead"
_PATIENCE = 60.0
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # else httpx reads all certificates for every request


@dataclass(frozen=True, slots=True)
class Server:
    """A server process that answers."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str) -> httpx.Response:
        """One GET on a fresh connection."""
        return httpx.get(self.url + path, timeout=30, verify=_NO_TLS)

    def post(self, document: Json, **headers: str) -> httpx.Response:
        """Create a lead on a fresh connection."""
        headers = {"content-type": "application/json", **headers}
        return httpx.post(self.url + LEADS, content=encode(document), headers=headers, timeout=30, verify=_NO_TLS)

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_PATIENCE)

    def kill(self) -> None:
        """End it as the kernel ends a process that took too much memory."""
        self.process.kill()
        self.process.wait(_PATIENCE)


def started(folder: Path, *options: str, **settings: str) -> Server:
    """Begin to serve on a free port, with these settings of `SPANCO_…`."""
    port = free_port()
    log = folder / f"server-{port}.log"
    return Server(spawned(log, "serve", "--port", str(port), *options, **settings), port, log)


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def spawned(log: Path, *command: str, **settings: str) -> "subprocess.Popen[bytes]":
    """Run a command of `spanco` beside its log, to which it adds; no setting of `SPANCO_…` is inherited."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SPANCO_")}
    given = {f"SPANCO_{name.upper()}": value for name, value in settings.items()}
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "spanco", *command],
            cwd=log.parent,
            env=inherited | given,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def ready(server: Server) -> Server:
    """Wait until it answers that it is ready."""
    until = time.monotonic() + _PATIENCE
    while not is_ready(server):
        assert server.process.poll() is None, server.log.read_text()
        assert time.monotonic() < until, server.log.read_text()
        time.sleep(0.05)
    return server


def is_ready(server: Server) -> bool:
    """Whether it says so."""
    try:
        return server.get("/health/ready").status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def serving(folder: Path, *options: str, **settings: str) -> Iterator[Server]:
    """A server that is ready; it is stopped at the end."""
    server = started(folder, *options, **settings)
    try:
        yield ready(server)
    finally:
        server.process.kill() if server.process.poll() is not None else server.stop()


@contextmanager
def fresh_database(folder: Path) -> Iterator[str]:
    """The URL of an empty database: one of our own in SPANCO_TEST_DATABASE_URL's server, or an embedded one."""
    given = os.environ.get("SPANCO_TEST_DATABASE_URL")
    if given is None:
        with embedded(folder) as url:
            yield url
        return
    name = f"spanco_test_{secrets.token_hex(6)}"  # pragma: no cover - which way is taken depends on the environment
    _execute(given, f"create database {name}")  # pragma: no cover
    try:  # pragma: no cover
        yield httpx.URL(given).copy_with(path=f"/{name}").__str__()
    finally:  # pragma: no cover
        _execute(given, f"drop database {name} with (force)")


def _execute(url: str, sql: str) -> None:  # pragma: no cover - see `fresh_database`
    with ThreadPoolExecutor(1) as another:  # where no event loop is running
        another.submit(asyncio.run, _executed(url, sql)).result()


async def _executed(url: str, sql: str) -> None:  # pragma: no cover - see `fresh_database`
    connection = await asyncpg.connect(url)
    await connection.execute(sql)
    await connection.close()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        """The body as JSON."""
        return decode(self.body) if len(self.body) < 40_000 else httpx.Response(200, content=self.body).json()


class Client:
    """One keep-alive connection; several times as quick as a complete client, so that the server is what is tested."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, port: int) -> Self:
        """Connect."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 20))

    async def ask(self, method: str, path: str, content: Json = None, **headers: str) -> Answer:
        """Send one request and read its answer; `if_match="…"` is a header."""
        body = b"" if content is None else encode(content)
        named = {"content-type": "application/json"} | {name.replace("_", "-"): each for name, each in headers.items()}
        head = "".join(f"{name}: {each}\r\n" for name, each in named.items())
        start = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {len(body)}\r\n{head}\r\n"
        self._writer.write(start.encode() + body)
        return await read_answer(self._reader)

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """The next answer of a connection."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Answer(int(first.split(" ", 2)[1]), headers, body)


@asynccontextmanager
async def clients(port: int, number: int) -> AsyncIterator[list[Client]]:
    """Several connections."""
    connected = [await Client.to(port) for _ in range(number)]
    try:
        yield connected
    finally:
        for each in connected:
            await each.close()
