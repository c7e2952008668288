"""Keeps connections to listeners open between two sends, and hands the one that was used last out first.

Not `httpcore.AsyncConnectionPool`: for each request it asks the operating system about every idle connection of every
listener, so that its cost grows with the square of the number of listeners.
"""

from collections import OrderedDict, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpcore

from spanco.transport.dialling import Dialler
from spanco.transport.spelling import Destination

_IDLE_SECONDS = 4.0
"""Shorter than the usual five of servers, so that it is rarely the other side that hangs up, just when we write."""

Connection = httpcore.AsyncHTTP11Connection
Place = tuple[str, str, int]


class Connections:
    """Open connections; at most `most` of them idle."""

    def __init__(self, dialler: Dialler, most: int) -> None:
        self._dialler = dialler
        self._most = most
        self._idle: defaultdict[Place, list[Connection]] = defaultdict(list)
        self._by_age: OrderedDict[Connection, Place] = OrderedDict()
        self._closed = False

    @asynccontextmanager
    async def lent(self, destination: Destination) -> AsyncIterator[Connection]:
        """A connection for one exchange; kept afterwards if the exchange went to its end."""
        place = (destination.scheme, destination.host, destination.port)
        connection = await self._kept(place) or await self._new(destination)
        try:
            yield connection
        finally:
            await self._give_back(connection, place)

    async def aclose(self) -> None:
        """Close all that are idle; those in use close when they come back."""
        self._closed = True
        while self._by_age:
            await self._forget(next(iter(self._by_age))).aclose()

    async def _kept(self, place: Place) -> Connection | None:
        while self._idle.get(place):
            connection = self._forget(self._idle[place][-1])
            if not connection.has_expired():  # too old, or the other side has hung up: then nothing was sent on it
                return connection
            await connection.aclose()
        return None

    async def _new(self, destination: Destination) -> Connection:
        origin = httpcore.Origin(destination.scheme.encode(), destination.host.encode(), destination.port)
        stream = await self._dialler.dial(destination)
        return Connection(origin, stream, keepalive_expiry=_IDLE_SECONDS)

    async def _give_back(self, connection: Connection, place: Place) -> None:
        if self._closed or not connection.is_idle():
            await connection.aclose()
            return
        self._idle[place].append(connection)
        self._by_age[connection] = place
        while self._by_age:
            oldest = next(iter(self._by_age))
            if len(self._by_age) <= self._most and not oldest.has_expired():
                return
            await self._forget(oldest).aclose()

    def _forget(self, connection: Connection) -> Connection:
        place = self._by_age.pop(connection)
        self._idle[place].remove(connection)
        if not self._idle[place]:
            del self._idle[place]
        return connection
