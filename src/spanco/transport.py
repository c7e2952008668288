"""The only way out over HTTP: bounded in time and size, no redirects, no proxies, no cookies; errors by phase."""

import asyncio
import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from spanco.kernel.errors import Malformed
from spanco.kernel.wire import Json, decode

_PHASES = httpx.Timeout(connect=3.0, read=5.0, write=5.0, pool=3.0)
_POOL = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=30.0)
_LAST_PORT = 65_535
_OUT_OF_TIME = (TimeoutError, httpx.TimeoutException)


class PeerError(Exception):
    """Another system could not be asked."""

    def __init__(self, peer: str, sentence: str = "") -> None:
        # Only the host is kept: paths and queries of a peer's address may carry keys or names.
        super().__init__(f"{peer}: {sentence or (type(self).__doc__ or '').strip()}")
        self.peer = peer


class BadAddress(PeerError):
    """Before anything was sent: the address is none that this server goes to; use http or https and a plain host."""


class PeerAway(PeerError):
    """While connecting or talking: no connection, no name, no trust, or it broke off."""


class PeerSlow(PeerError):
    """While connecting or talking: it took longer than this server waits."""


class PeerAnswer(PeerError):
    """After the answer began: it is not what the standard says, or larger than this server reads."""


class PeerRefused(PeerError):
    """After the answer: the peer says no. `status` is its HTTP status; a redirect counts as a no."""

    def __init__(self, peer: str, status: int) -> None:
        super().__init__(peer, f"It answered with status {status}.")
        self.status = status


class Transport:
    """One pool of outward connections for the whole process; close it at the end.

    `inner` replaces the network, for tests; `limit` is in bytes; `seconds` caps the whole exchange.
    """

    def __init__(
        self, *, inner: httpx.AsyncBaseTransport | None = None, limit: int = 1_048_576, seconds: float = 10.0
    ) -> None:
        self._limit = limit
        self._seconds = seconds
        self._client = httpx.AsyncClient(
            transport=inner,
            # The machine's trust store, so that an operator's own authority counts (SSL_CERT_FILE adds one).
            verify=ssl.create_default_context() if inner is None else True,
            timeout=_PHASES,
            limits=_POOL,
            follow_redirects=False,
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            # Packed answers are neither asked for nor unpacked: a small one could be a large one.
            headers={"user-agent": "spanco", "accept": "application/json", "accept-encoding": "identity"},
        )

    async def get_json(self, url: str) -> Json:
        """The JSON value at an address. Raises a `PeerError`."""
        address = _admitted(url)
        try:
            async with asyncio.timeout(self._seconds):
                body = await self._get(address)
        except _OUT_OF_TIME as error:
            raise PeerSlow(address.host) from error
        except httpx.ProtocolError as error:
            raise PeerAnswer(address.host) from error
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise PeerAway(address.host) from error
        try:
            return decode(body)
        except Malformed as error:
            raise PeerAnswer(address.host, "Its answer is not JSON.") from error

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _get(self, address: httpx.URL) -> bytes:
        async with self._client.stream("GET", address) as response:
            if response.status_code != httpx.codes.OK:
                raise PeerRefused(address.host, response.status_code)
            if response.headers.get("content-encoding", "identity") != "identity":
                raise PeerAnswer(address.host, "Its answer is packed, which was not asked for.")
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > self._limit:
                    raise PeerAnswer(address.host, f"Its answer is larger than {self._limit} bytes.")
            return bytes(body)


def _admitted(url: str) -> httpx.URL:
    """The one gate through which every address passes before a connection opens.

    A guard against inner addresses (reliability.md, 6.3) belongs here, for what strangers may name: callbacks
    of hubs. Today only the operator names addresses.
    """
    try:
        address = httpx.URL(url)
    except (httpx.InvalidURL, TypeError, ValueError) as error:
        raise BadAddress("?") from error
    plain = address.host and not address.userinfo and (address.port or 1) <= _LAST_PORT
    if address.scheme not in {"http", "https"} or not plain:
        raise BadAddress(address.host or "?")
    return address
