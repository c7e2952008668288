"""Posts to where strangers point, the callbacks of hubs: never inside, never further than asked, never for long."""

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import cast

import httpcore

from spanco.transport.addresses import Guard
from spanco.transport.connections import Connections
from spanco.transport.dialling import Dialler
from spanco.transport.errors import PeerAnswer, PeerAway, PeerSlow
from spanco.transport.names import Names, Resolve, system_addresses
from spanco.transport.spelling import Destination, destination_of

_CONNECTIONS = 512
_REST_SECONDS = 1.0
_RETRY_AFTER = 100
_HEADERS = ((b"user-agent", b"spanco"), (b"accept", b"*/*"), (b"accept-encoding", b"identity"))


@dataclass(frozen=True, slots=True)
class Reply:
    """What a listener said, without its words. `retry_after` is its header as it stands; `seconds` until the status."""

    status: int
    retry_after: str | None
    seconds: float


class Courier:
    """One for the whole process; close it at the end. `seconds` caps an exchange, `limit` the bytes read of an answer.

    `resolve` replaces the machine's resolver, `ssl_context` its trust store.
    """

    def __init__(
        self,
        guard: Guard,
        *,
        seconds: float = 15.0,
        limit: int = 16_384,
        resolve: Resolve | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        context = ssl_context or ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        self._seconds = seconds
        self._limit = limit
        self._names = Names(resolve or system_addresses)
        self._dialler = Dialler(guard, self._names, context)
        self._connections = Connections(self._dialler, _CONNECTIONS)
        self._room = asyncio.Semaphore(_CONNECTIONS)

    async def check(self, url: str) -> None:
        """Whether a callback may be registered; nothing is connected. Raises `BadAddress` or `InnerAddress`.

        A name that cannot be looked up now is let pass: it is looked up again at each new connection.
        """
        with suppress(PeerAway, PeerSlow):
            await self._dialler.addresses(destination_of(url))

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send; every status is a reply, redirects too. Raises a `PeerError`; it may have arrived even so."""
        place = destination_of(url)
        request = _request(place, body, headers)
        async with self._room:
            try:
                return await self._exchange(place, request)
            except (TimeoutError, httpcore.TimeoutException) as error:
                raise PeerSlow(place.host) from error
            except httpcore.ProtocolError as error:
                # Without a cause it is the end of the connection instead of an answer.
                raise (PeerAnswer if error.__cause__ else PeerAway)(place.host) from error
            except (httpcore.NetworkError, OSError) as error:
                raise PeerAway(place.host) from error

    async def aclose(self) -> None:
        """Close all connections; what is being sent comes to its end."""
        await self._connections.aclose()
        self._names.close()

    async def _exchange(self, place: Destination, request: httpcore.Request) -> Reply:
        started = time.monotonic()
        async with asyncio.timeout(self._seconds) as patience, self._connections.lent(place) as connection:
            response = await connection.handle_async_request(request)
            reply = Reply(response.status, _retry_after(response), time.monotonic() - started)
            # From here on the status counts, whatever follows.
            patience.reschedule(None)
            left = self._seconds - reply.seconds
            await self._read_on(response, min(left, _REST_SECONDS))
        return reply

    async def _read_on(self, response: httpcore.Response, seconds: float) -> None:
        """Read what is left and throw it away, so that the connection can be used again; not for ever."""
        seen = 0
        with suppress(TimeoutError, httpcore.ProtocolError, httpcore.NetworkError, OSError):
            try:
                async with asyncio.timeout(seconds), aclosing(_pieces(response)) as pieces:
                    async for piece in pieces:
                        seen += len(piece)
                        if seen > self._limit:
                            return
            finally:
                await response.aclose()


def _request(place: Destination, body: bytes, headers: Mapping[str, str]) -> httpcore.Request:
    # The parts as they were read: nobody reads the address a second time, in another way.
    url = httpcore.URL(scheme=place.scheme, host=place.host, port=place.port, target=place.target)
    length = (b"content-length", str(len(body)).encode())
    own = [(name.encode(), text.encode()) for name, text in headers.items()]
    return httpcore.Request(
        "POST", url, headers=[(b"host", place.authority.encode()), *_HEADERS, length, *own], content=body
    )


def _pieces(response: httpcore.Response) -> AsyncGenerator[bytes, None]:
    return cast("AsyncGenerator[bytes, None]", aiter(cast("AsyncIterable[bytes]", response.stream)))


def _retry_after(response: httpcore.Response) -> str | None:
    for name, text in response.headers:
        if name.lower() == b"retry-after":
            return text[:_RETRY_AFTER].decode("latin-1")
    return None
