"""Asks the systems that the operator names: a JSON document, read up to a limit and within a time."""

import asyncio
import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from spanco.kernel.errors import Malformed
from spanco.kernel.wire import Json, decode
from spanco.transport.errors import BadAddress, PeerAnswer, PeerAway, PeerRefused, PeerSlow

_PHASES = httpx.Timeout(connect=3.0, read=5.0, write=5.0, pool=3.0)
_POOL = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=30.0)
_LAST_PORT = 65_535
_OUT_OF_TIME = (TimeoutError, httpx.TimeoutException)


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
    """The one gate through which these addresses pass before a connection opens.

    Inner addresses are let through, for the operator names them; what strangers name is for `Courier`.
    """
    try:
        address = httpx.URL(url)
    except (httpx.InvalidURL, TypeError, ValueError) as error:
        raise BadAddress("?") from error
    plain = address.host and not address.userinfo and (address.port or 1) <= _LAST_PORT
    if address.scheme not in {"http", "https"} or not plain:
        raise BadAddress(address.host or "?")
    return address
