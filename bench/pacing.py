"""Creates at a fixed rate, which wrk cannot: each request has its time, whether the ones before are answered or not."""

import asyncio
import time
from collections.abc import Sequence
from itertools import count, cycle
from statistics import median, quantiles
from typing import cast
from urllib.parse import urlsplit

from bench.wrk import Figures

_CONNECTIONS = 32


class _Client(asyncio.Protocol):
    """One kept connection, one request after another."""

    def __init__(self) -> None:
        self._held = b""
        self._answered: asyncio.Future[bool]
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # those of uvloop do not say so themselves

    def data_received(self, data: bytes) -> None:
        self._held += data
        head, found, body = self._held.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        if found and len(body) >= length:
            self._held = b""
            self._answered.set_result(head.startswith(b"HTTP/1.1 201"))

    def connection_lost(self, error: Exception | None) -> None:
        if not self._answered.done():
            self._answered.set_exception(error or ConnectionResetError())

    async def post(self, request: bytes) -> bool:
        """Whether it was answered with a success."""
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answered

    def close(self) -> None:
        self._transport.close()


async def created(url: str, bodies: Sequence[bytes], rate: float, ending: asyncio.Event) -> Figures:
    """Create until `ending`; latencies count from the time that a request had, so no waiting is left out."""
    place = urlsplit(url)
    host, port = place.hostname or "", place.port or 80
    head = f"POST {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\nContent-Length: "
    requests = cycle([head.encode() + b"%d\r\n\r\n%b" % (len(body), body) for body in bodies])
    loop = asyncio.get_running_loop()
    pairs = [await loop.create_connection(_Client, host, port) for _ in range(_CONNECTIONS)]
    clients = [client for _, client in pairs]
    numbers, begin, latencies = count(), time.monotonic(), list[float]()

    async def post_in_turn(client: _Client) -> None:
        while not ending.is_set():
            due = begin + next(numbers) / rate
            await asyncio.sleep(max(due - time.monotonic(), 0))
            if not await client.post(next(requests)):
                message = "A paced create failed."
                raise SystemExit(message)
            latencies.append((time.monotonic() - due) * 1000)

    await asyncio.gather(*(post_in_turn(client) for client in clients))
    seconds = time.monotonic() - begin
    for client in clients:
        client.close()
    return Figures(len(latencies) / seconds, *middle_and_most(latencies))


def middle_and_most(values: Sequence[float]) -> tuple[float, float]:
    """The median and the 99th percentile."""
    return median(values), quantiles(values, n=100, method="inclusive")[98]
