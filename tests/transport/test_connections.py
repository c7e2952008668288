"""Idle connections are kept for a while, and not too many of them."""

import asyncio
from ssl import PROTOCOL_TLS_CLIENT, SSLContext

import httpcore

from spanco.transport import guard_of
from spanco.transport.connections import Connections
from spanco.transport.dialling import Dialler
from spanco.transport.names import Names
from spanco.transport.spelling import destination_of
from tests.transport.listeners import OK, Listener, Visit, answering, listening


def keeping(most: int) -> Connections:
    """Connections to this machine."""
    dialler = Dialler(guard_of([], loopback=True), Names(), SSLContext(PROTOCOL_TLS_CLIENT))
    return Connections(dialler, most)


async def exchange(connections: Connections, listener: Listener) -> None:
    """One request and its answer."""
    place = destination_of(listener.url)
    url = httpcore.URL(scheme=place.scheme, host=place.host, port=place.port, target=place.target)
    async with connections.lent(place) as connection:
        response = await connection.handle_async_request(
            httpcore.Request("POST", url, headers={"host": place.authority, "content-length": "0"})
        )
        await response.aread()
        await response.aclose()


async def test_the_oldest_is_closed_where_there_are_too_many() -> None:
    """The others stay, and are used again."""
    async with listening(answering(OK)) as one, listening(answering(OK)) as two, listening(answering(OK)) as three:
        connections = keeping(2)
        for each in (one, two, one, three):
            await exchange(connections, each)
        await asyncio.wait_for(two.ended.wait(), 1)
        for each in (one, three):
            await exchange(connections, each)
            assert (each.connections, each.ended.is_set()) == (1, False)
        await connections.aclose()
        await asyncio.wait_for(asyncio.gather(one.ended.wait(), three.ended.wait()), 1)


async def test_one_that_was_hung_up_is_closed_when_another_comes_back() -> None:
    """Also when nobody asks for its listener again."""

    async def leaving(visit: Visit) -> None:
        await visit.request()
        await visit.send(OK)
        visit.say_no_more()
        await visit.closed()

    async with listening(leaving) as gone, listening(answering(OK)) as there:
        connections = keeping(9)
        await exchange(connections, gone)
        await asyncio.sleep(0.01)
        await exchange(connections, there)
        await asyncio.wait_for(gone.ended.wait(), 1)
        await connections.aclose()
