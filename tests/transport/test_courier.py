"""The courier: what it sends, what it takes for an answer, how long it waits, and what it keeps open."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from socket import create_server, socket

import pytest

from spanco.transport import Courier, PeerAnswer, PeerAway, PeerError, PeerSlow, Reply, Resolve, guard_of
from tests.transport.listeners import OK, Script, Visit, answering, deafness, listening, resolver, silence

HEAD = b"HTTP/1.1 200 OK\r\n"
BARE = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@asynccontextmanager
async def courier(*, seconds: float = 2.0, limit: int = 1000, resolve: Resolve | None = None) -> AsyncIterator[Courier]:
    """A courier that may go to this machine."""
    guard = guard_of([], loopback=True)
    made = Courier(guard, seconds=seconds, limit=limit, resolve=resolve or resolver(), ssl_context=BARE)
    yield made
    await made.aclose()


async def told(script: Script, *, seconds: float = 2.0) -> Reply:
    """What the courier makes of a listener."""
    async with listening(script) as listener, courier(seconds=seconds) as sender:
        return await sender.post(listener.url, b"{}", {})


def saying(*pieces: bytes) -> Script:
    """A script that takes a request, says these pieces, and hangs up."""

    async def script(visit: Visit) -> None:
        await visit.request()
        for piece in pieces:
            await visit.send(piece)

    return script


async def test_a_request_says_what_it_is_told_and_no_more() -> None:
    """No cookies of an earlier answer, no credentials, no packed answers; target and body stay byte for byte."""
    answer = OK.replace(b"content", b"set-cookie: a=b\r\ncontent", 1)
    async with listening(answering(answer)) as listener, courier() as sender:
        for _ in range(2):
            await sender.post(listener.url, b"\x00\xff{}", {"content-type": "application/json", "webhook-id": "e1"})
    head, _, body = listener.requests[1].partition(b"\r\n\r\n")
    assert body == b"\x00\xff{}"
    assert head.split(b"\r\n") == [
        b"POST /hook?key=1 HTTP/1.1",
        b"host: 127.0.0.1:%d" % listener.port,
        b"user-agent: spanco",
        b"accept: */*",
        b"accept-encoding: identity",
        b"content-length: 4",
        b"content-type: application/json",
        b"webhook-id: e1",
    ]


@pytest.mark.parametrize(
    "status", [200, 201, 202, 204, 206, 302, 400, 401, 404, 410, 413, 429, 500, 502, 503, 504, 599]
)
async def test_every_status_is_a_reply(status: int) -> None:
    """What it means is for whoever delivers."""
    reply = await told(saying(b"HTTP/1.1 %d \r\ncontent-length: 0\r\n\r\n" % status))
    assert (reply.status, reply.retry_after) == (status, None)
    assert 0 <= reply.seconds < 2


@pytest.mark.parametrize(
    ("header", "expected"),
    [(b"Retry-After: 120", "120"), (b"retry-after:  Wed, 21 Oct 2015 07:28:00 GMT ", "Wed, 21 Oct 2015 07:28:00 GMT"),
     (b"retry-after: \xff", "\xff"), (b"retry-after: " + b"9" * 5000, "9" * 100), (b"retry-after:", "")],
)  # fmt: skip
async def test_the_wish_to_wait_is_handed_on_as_text(header: bytes, expected: str) -> None:
    """Cut at a length that every honest one keeps."""
    reply = await told(saying(b"HTTP/1.1 503 \r\n" + header + b"\r\ncontent-length: 0\r\n\r\n"))
    assert reply.retry_after == expected


@pytest.mark.parametrize(
    "pieces",
    [
        (HEAD + b"content-length: 999999\r\n\r\n", b"x" * 999_999),
        (HEAD + b"content-length: 10\r\n\r\nx",),
        (HEAD + b"\r\n" + b"x" * 5000,),
        (HEAD + b"transfer-encoding: chunked\r\n\r\nno number\r\n",),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n1;" + b"x" * 500_000,),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n0\r\n" + b"x: y\r\n" * 100_000,),
        (HEAD + b"content-encoding: gzip\r\ncontent-length: 3\r\n\r\nxyz",),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 \r\nlink: x\r\n\r\n", OK),
        (b"HTTP/1.0 200 OK\r\n\r\nx",),
    ],
)
async def test_the_status_counts_whatever_follows_it(pieces: tuple[bytes, ...]) -> None:
    """Too much, too little, or nonsense: that is thrown away in any case."""
    assert (await told(saying(*pieces))).status == 200


@pytest.mark.parametrize("piece", [b"x", b"x" * 65_536])
async def test_a_body_without_end_is_given_up(piece: bytes) -> None:
    """By drips or by floods: after a second, or past the limit."""
    sent = 0

    async def script(visit: Visit) -> None:
        nonlocal sent
        await visit.request()
        await visit.send(HEAD + b"\r\n")
        while True:
            await visit.send(piece)
            sent += len(piece)
            await asyncio.sleep(0.01)

    async with listening(script) as listener, courier(seconds=20.0, limit=10_000) as sender, asyncio.timeout(4):
        assert (await sender.post(listener.url, b"{}", {})).status == 200
        await listener.ended.wait()
    assert sent < 50 * 65_536


async def test_headers_without_end_are_given_up() -> None:
    """Fifty megabytes of them are offered, few are read: one long one, many, or a long first line."""
    for start, more in ((HEAD + b"x: ", b"y"), (HEAD, b"x: y\r\n"), (b"HTTP/1.1 200 ", b"y")):
        sent = 0

        async def script(visit: Visit, start: bytes = start, more: bytes = more) -> None:
            nonlocal sent
            await visit.request()
            await visit.send(start)
            for _ in range(800):
                sent += 65_536
                await visit.send(more * (65_536 // len(more)))

        async with listening(script) as listener, courier(seconds=20.0) as sender, asyncio.timeout(4):
            with pytest.raises(PeerAnswer):
                await sender.post(listener.url, b"{}", {})
            await listener.ended.wait()
        assert sent < 10_000_000


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ((), PeerAway),
        ((b"HTTP/1.1 200",), PeerAway),
        ((b"SSH-2.0-OpenSSH_9.2\r\n",), PeerAway),
        ((b"220 mail ESMTP\r\n\r\n",), PeerAnswer),
        ((b"HTTP/1.1 000 OK\r\n\r\n",), PeerAnswer),
        ((HEAD + b"content-length: 1\r\ncontent-length: 2\r\n\r\nx",), PeerAnswer),
        ((HEAD + b"content-length: -1\r\n\r\n",), PeerAnswer),
        ((HEAD + b"transfer-encoding: x\r\n\r\n",), PeerAnswer),
        ((HEAD + b"a\x00b: c\r\n\r\n",), PeerAnswer),
        ((b"HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n",), PeerAnswer),
    ],
)
async def test_what_is_no_answer_is_told_apart(pieces: tuple[bytes, ...], expected: type[PeerError]) -> None:
    """Hung up without a word, or said something else than HTTP."""
    with pytest.raises(expected) as failure:
        await told(saying(*pieces))
    assert failure.value.peer == "127.0.0.1"
    assert "key" not in str(failure.value)


@pytest.mark.parametrize(("piece", "expected"), [(b"", None), (b"HTTP/1.1 2", None), (OK[:-1], 200)])
async def test_a_connection_may_break_at_any_time(piece: bytes, expected: int | None) -> None:
    """Before the status nothing is known; after it nothing changes."""

    async def breaking(visit: Visit) -> None:
        await visit.request()
        await visit.send(piece)
        await asyncio.sleep(0.02)
        visit.reset()

    if expected:
        assert (await told(breaking)).status == expected
    else:
        with pytest.raises(PeerAway):
            await told(breaking)


async def quiet_after_a_word(visit: Visit) -> None:
    """A script that begins to answer and stops."""
    await visit.request()
    await visit.send(b"HTTP/1.1 2")
    await visit.closed()


async def dripping(visit: Visit) -> None:
    """A script that sends its head byte by byte."""
    await visit.request()
    while True:
        await visit.send(b"H")
        await asyncio.sleep(0.01)


async def continuing(visit: Visit) -> None:
    """A script that always says that it will say more."""
    await visit.request()
    while True:
        await visit.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


@pytest.mark.parametrize("script", [silence, deafness, quiet_after_a_word, dripping, continuing])
async def test_an_answer_that_does_not_come_is_not_waited_for(script: Script) -> None:
    """The whole exchange has an end, and the connection with it."""
    async with listening(script) as listener, courier(seconds=0.2) as sender, asyncio.timeout(2):
        with pytest.raises(PeerSlow):
            await sender.post(listener.url, b"x" * 10_000_000, {})


async def test_a_listener_that_encrypts_nothing_is_not_waited_for() -> None:
    """The handshake counts too."""
    async with listening(silence) as listener, courier(seconds=0.2) as sender, asyncio.timeout(2):
        with pytest.raises(PeerSlow):
            await sender.post(listener.url.replace("http", "https"), b"{}", {})
        await asyncio.wait_for(listener.ended.wait(), 1)


async def test_nobody_there_is_told_at_once() -> None:
    """Nobody listens on port 1 of this machine; a name that nobody knows; a place that takes no more connections."""
    async with courier(seconds=0.3, resolve=resolver(garbled=["127.0.0.one"])) as sender:
        for host in ("127.0.0.1:1", "localhost:1", "unknown.test", "garbled.test"):
            with pytest.raises(PeerAway):
                await sender.post(f"http://{host}/", b"{}", {})
        with (
            create_server(("127.0.0.1", 0), backlog=0) as full,
            closing(socket()) as first,
            closing(socket()) as second,
        ):
            for each in (first, second):
                each.setblocking(False)
                each.connect_ex(full.getsockname())
            with pytest.raises(PeerSlow):
                await sender.post(f"http://127.0.0.1:{full.getsockname()[1]}/", b"{}", {})


async def test_the_next_address_of_a_name_is_tried() -> None:
    """In the order of the answer, a few at most."""
    async with listening(answering(OK)) as listener:
        here, away = "127.0.0.1", [f"127.0.1.{each}" for each in range(9)]
        async with courier(resolve=resolver(soon=[away[0], here], late=[*away, here])) as sender:
            assert (await sender.post(f"http://soon.test:{listener.port}/", b"{}", {})).status == 200
            with pytest.raises(PeerAway):
                await sender.post(f"http://late.test:{listener.port}/", b"{}", {})
    assert b"host: soon.test:%d\r\n" % listener.port in listener.requests[0]


async def test_a_connection_is_used_again() -> None:
    """One after the other on one connection; side by side on as many as it takes."""
    async with listening(answering(OK)) as listener:
        async with courier() as sender:
            for _ in range(5):
                await sender.post(listener.url, b"{}", {})
            assert listener.connections == 1
            await asyncio.gather(*(sender.post(listener.url, b"{}", {}) for _ in range(20)))
            assert listener.connections <= 20
            assert not listener.ended.is_set()
        await asyncio.wait_for(listener.ended.wait(), 1)
    assert len(listener.requests) == 25


async def test_a_connection_that_was_hung_up_meanwhile_costs_nothing() -> None:
    """Listeners close idle connections as they like; the next send opens a new one and is not sent twice."""

    async def once(visit: Visit) -> None:
        await visit.request()
        await visit.send(OK)
        await asyncio.sleep(0.01)  # so that the connection has been put by

    async with listening(once) as listener, courier() as sender:
        for _ in range(5):
            assert (await sender.post(listener.url, b"{}", {})).status == 200
            await asyncio.wait_for(listener.ended.wait(), 1)
            listener.ended.clear()
            await asyncio.sleep(0.01)
    assert (listener.connections, len(listener.requests)) == (5, 5)


async def test_what_is_being_sent_comes_to_its_end() -> None:
    """Closing waits for nobody, and cuts nobody short."""
    come, go = asyncio.Event(), asyncio.Event()

    async def slow(visit: Visit) -> None:
        await visit.request()
        come.set()
        await go.wait()
        await visit.send(OK)
        await visit.closed()

    async with listening(slow) as listener, courier() as sender:
        sending = asyncio.ensure_future(sender.post(listener.url, b"{}", {}))
        await come.wait()
        await sender.aclose()
        go.set()
        assert (await sending).status == 200
        await asyncio.wait_for(listener.ended.wait(), 1)


async def test_a_send_that_may_have_arrived_is_not_repeated() -> None:
    """Whoever hangs up while we write may have read it; only the sender of the event knows when to try again."""

    async def leaving(visit: Visit) -> None:
        await visit.request()
        await visit.send(OK)
        await visit.request()

    async with listening(leaving) as listener, courier() as sender:
        await sender.post(listener.url, b"{}", {})
        with pytest.raises(PeerAway):
            await sender.post(listener.url, b"{}", {})
    assert (listener.connections, len(listener.requests)) == (1, 2)
