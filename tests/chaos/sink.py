"""A listener on loopback: takes the events of several hubs, and notes each arrival before it answers."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from random import Random

import msgspec

from tests.chaos.journal import Arrival, Journal
from tests.chaos.load import identity_and_digest

HUBS: Mapping[str, str] = {"all": "", "created": "eventType=SalesLeadCreateEvent"}
"""The hubs of a run, with what each asks for."""

_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
_SLOWEST = 0.006
_WAITING = 0.01


class Stuck(Exception):
    """Something does not happen any more, so there is no sense in going on."""


class Event(msgspec.Struct, rename="camel"):
    """What is read of an event."""

    event_id: str
    event_type: str
    event: Mapping[str, msgspec.Raw]


class Sink:
    """Where the hubs lead: each path is a hub of its own. It takes up to some milliseconds to answer."""

    def __init__(self, journal: Journal, random: Random) -> None:
        self.journal, self.random = journal, random
        self.port = 0
        self._open: set[tuple[str, str]] = set()

    def callback(self, hub: str) -> str:
        """The address of one hub."""
        return f"http://127.0.0.1:{self.port}/{hub}"

    def take(self, hub: str, webhook_id: str, body: bytes) -> tuple[str, str]:
        """Note what arrived; which lead of which hub is told of until it is answered."""
        event = msgspec.json.decode(body, type=Event)
        (document,) = event.event.values()
        lead, digest = identity_and_digest(bytes(document))
        self.journal.arrived(Arrival(self.journal.now, hub, event.event_id, event.event_type, lead, digest))
        if webhook_id != event.event_id:
            self.journal.surprise(f"webhook-id {webhook_id} stands over the event {event.event_id}")
        if (hub, lead) in self._open:
            self.journal.surprise(f"two deliveries to hub {hub} of lead {lead} were under way together")
        self._open.add((hub, lead))
        return hub, lead

    def answered(self, told: tuple[str, str]) -> None:
        """The answer is out, or nobody waits for it."""
        self._open.discard(told)

    async def next_arrivals(self, seconds: float = 90.0) -> float:
        """Wait until one more event has arrived at every hub; how long that took."""
        begun = self.journal.now
        missing = set(HUBS)
        seen = len(self.journal.arrivals)
        while missing:
            if self.journal.now - begun > seconds:
                raise Stuck(f"nothing arrived at {' and '.join(missing)} for {seconds:.0f} s")
            await asyncio.sleep(_WAITING)
            missing -= {each.hub for each in self.journal.arrivals[seen:]}
            seen = len(self.journal.arrivals)
        return self.journal.now - begun


class _Visit(asyncio.Protocol):
    """One connection of a worker."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._seen = b""
        self._told: tuple[str, str] | None = None
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, _error: Exception | None) -> None:
        self._end()

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head, found, body = self._seen.partition(b"\r\n\r\n")
        if not found:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if len(body) < int(headers["content-length"]):
            return
        self._seen = b""
        self._told = self._sink.take(first.split(" ")[1][1:], headers["webhook-id"], body)
        asyncio.get_running_loop().call_later(self._sink.random.uniform(0, _SLOWEST), self._answer)

    def _answer(self) -> None:
        self._end()
        if isinstance(self._transport, asyncio.WriteTransport) and not self._transport.is_closing():
            self._transport.write(_ANSWER)

    def _end(self) -> None:
        if self._told:
            self._sink.answered(self._told)
            self._told = None


@asynccontextmanager
async def listening(journal: Journal, random: Random) -> AsyncIterator[Sink]:
    """A sink that listens."""
    sink = Sink(journal, random)
    server = await asyncio.get_running_loop().create_server(lambda: _Visit(sink), "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
