"""The way out: what a peer may answer, how long it may take, and which error tells which phase."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from spanco.transport import BadAddress, PeerAnswer, PeerAway, PeerError, PeerRefused, PeerSlow, Transport

URL = "https://peer.test/keys?secret=1"
Answer = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


def transport(answer: Answer, *, limit: int = 1000, seconds: float = 1.0) -> Transport:
    """A way out that ends at this answer."""

    async def handle(request: httpx.Request) -> httpx.Response:
        response = answer(request)
        return response if isinstance(response, httpx.Response) else await response

    return Transport(inner=httpx.MockTransport(handle), limit=limit, seconds=seconds)


async def test_json_comes_back_as_values() -> None:
    """The ordinary case; closing twice does no harm."""
    way_out = transport(lambda _: httpx.Response(200, content=b'{"a": [1, "x"]}'))
    assert await way_out.get_json(URL) == {"a": [1, "x"]}
    await way_out.aclose()
    await way_out.aclose()


async def test_a_request_says_who_asks_and_nothing_else() -> None:
    """No cookies that an earlier answer has set, no credentials, no packed answers."""
    seen: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return httpx.Response(200, content=b"1", headers={"set-cookie": "a=b"})

    way_out = transport(answer)
    for _ in range(2):
        await way_out.get_json(URL)
    assert set(seen[1]) == {"host", "accept", "accept-encoding", "connection", "user-agent"}
    assert seen[1]["accept-encoding"] == "identity"


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 400, 401, 404, 429, 500, 503])
async def test_every_status_but_200_is_a_refusal_and_no_redirect_is_followed(status: int) -> None:
    """A redirect could lead anywhere."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(status, headers={"location": "https://elsewhere.test/"})

    with pytest.raises(PeerRefused) as refusal:
        await transport(answer).get_json(URL)
    assert refusal.value.status == status
    assert asked == [URL]


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (httpx.ConnectError("no"), PeerAway),
        (httpx.ReadError("no"), PeerAway),
        (httpx.ConnectTimeout("no"), PeerSlow),
        (httpx.ReadTimeout("no"), PeerSlow),
        (httpx.PoolTimeout("no"), PeerSlow),
        (httpx.RemoteProtocolError("no"), PeerAnswer),
        (OSError("no"), PeerAway),
    ],
)
async def test_each_failure_of_the_network_has_its_phase(raised: Exception, expected: type[PeerError]) -> None:
    """Who failed and when; the address with its query stays out of the message."""

    def answer(_: httpx.Request) -> httpx.Response:
        raise raised

    with pytest.raises(expected) as failure:
        await transport(answer).get_json(URL)
    assert failure.value.peer == "peer.test"
    assert "secret" not in str(failure.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"NaN", b'{"a": 1, "a": 2}', b"[" * 900])
async def test_an_answer_that_is_no_json_is_told_apart(content: bytes) -> None:
    """It is read as strictly as what clients send."""
    with pytest.raises(PeerAnswer, match="not JSON"):
        await transport(lambda _: httpx.Response(200, content=content)).get_json(URL)


async def test_a_large_answer_is_given_up_when_it_passes_the_limit() -> None:
    """Not at its end: it may have none."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 100

    with pytest.raises(PeerAnswer, match="larger than 1000 bytes"):
        await transport(lambda _: httpx.Response(200, content=endless())).get_json(URL)
    assert sent == 11
    assert await transport(lambda _: httpx.Response(200, content=b" " * 999 + b"1")).get_json(URL) == 1


async def test_a_packed_answer_is_not_unpacked() -> None:
    """A kilobyte could become a gigabyte."""

    async def packed() -> AsyncIterator[bytes]:
        yield gzip.compress(b"1")

    with pytest.raises(PeerAnswer, match="packed"):
        await transport(lambda _: httpx.Response(200, content=packed(), headers={"content-encoding": "gzip"})).get_json(
            URL
        )


async def test_the_whole_exchange_has_an_end() -> None:
    """A peer that drips byte by byte never trips the time-out between two of them."""

    async def drip() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.005)

    with pytest.raises(PeerSlow):
        await transport(lambda _: httpx.Response(200, content=drip()), seconds=0.05).get_json(URL)


@pytest.mark.parametrize(
    "url",
    ["", "peer.test", "/keys", "ftp://peer.test/", "file:///etc/passwd", "https:///keys", "https://a:b@peer.test/",
     "https://peer.test:99999/", "https://[::1/", "https://pe\x00er.test/"],
)  # fmt: skip
async def test_an_address_that_is_none_of_ours_opens_nothing(url: str) -> None:
    """Refused before anything is sent."""

    def answer(_: httpx.Request) -> httpx.Response:
        raise AssertionError

    with pytest.raises(BadAddress):
        await transport(answer).get_json(url)


async def test_the_real_network_is_used_where_nothing_else_is_handed_in() -> None:
    """Nobody listens on port 1 of this machine; proxies of the environment are not asked."""
    way_out = Transport()
    with pytest.raises(PeerAway):
        await way_out.get_json("http://127.0.0.1:1/")
    await way_out.aclose()
