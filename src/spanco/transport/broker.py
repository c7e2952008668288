"""The way to a NATS server: a connection that is opened when it is needed, and messages that are known to be kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from spanco.transport.errors import PeerAway, PeerError, PeerSlow

with suppress(ImportError):  # an extra that not everybody installs; `Broker` says so where it is missing
    import nats.aio.client
    import nats.errors
    import nats.js.client
    import nats.js.errors

STREAM = "SPANCO"
SUBJECTS = "spanco.>"
WINDOW = 600.0
"""Seconds in which a stream of our making knows a repeated message by its id; it has to outlast an outage."""
_HEADERS = 256
_OVERLAP = 10065
_PING_SECONDS = 10


class BadBroker(Exception):
    """The broker cannot be used as it is set."""


class BrokerRefused(PeerError):
    """After the answer: the broker does not take the message."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is published: a broker that sees the same `id` again keeps the first only."""

    id: str
    subject: str
    body: bytes


class Broker:
    """One connection to the servers of a `SPANCO_NATS_URL`; close it at the end. `seconds` caps each answer.

    Nothing is kept here while the broker is away: a message is kept there, or whoever publishes it hears that not.
    """

    def __init__(self, url: str, *, seconds: float = 5.0) -> None:
        if find_spec("nats") is None:
            raise BadBroker("SPANCO_NATS_URL needs a library that is not installed: pip install spanco[nats]")
        self.seconds = seconds
        self._options = _options(url)
        self._peer = ", ".join(urlsplit(each).netloc for each in self._options["servers"])
        self._client: nats.aio.client.Client | None = None
        self._stream: nats.js.client.JetStreamContext | None = None
        self._room = 0
        self._doubtful = False
        self._denied = False

    async def room(self) -> int:
        """The largest body that is taken, in bytes; connects where need be. Raises a `PeerError`."""
        if self._doubtful or self._client is None or not self._client.is_connected:
            await self.aclose()
            async with self._translated(), asyncio.timeout(self.seconds):
                await self._connect()
        return self._room

    async def publish(self, message: Message) -> None:
        """Return when the broker keeps it. Raises a `PeerError`; it may be kept even so."""
        headers = {"Nats-Msg-Id": message.id, "content-type": "application/cloudevents+json"}
        async with self._translated():
            if self._stream is None:
                raise PeerAway(self._peer)
            await self._stream.publish(message.subject, message.body, timeout=self.seconds, headers=headers)

    async def aclose(self) -> None:
        """Close the connection."""
        client, self._client, self._stream = self._client, None, None
        if client is not None:
            # The library fails in many ways at the end of a connection that is broken already.
            with suppress(Exception):
                async with asyncio.timeout(1):
                    await client.close()

    async def _connect(self) -> None:
        self._doubtful = self._denied = False
        self._client = nats.aio.client.Client()
        await self._client.connect(
            **self._options,
            error_cb=self._note,
            name="spanco",
            # What is under way when a connection breaks is told again by its publisher, who knows the order.
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            ping_interval=_PING_SECONDS,
        )
        self._stream = self._client.jetstream(timeout=self.seconds)
        largest = await _made_ready(self._stream)
        self._room = min(self._client.max_payload, largest or self._client.max_payload) - _HEADERS

    async def _note(self, error: Exception) -> None:
        """What the library tells aside. Only that is taken from it: its words may name subjects, and so tenants."""
        self._denied |= "permissions violation" in str(error).lower()

    @asynccontextmanager
    async def _translated(self) -> AsyncIterator[None]:
        """Errors of the library, said in our words; after them the connection is not trusted any more."""
        try:
            yield
        except (nats.errors.Error, PeerError, OSError) as error:  # a TimeoutError is an OSError
            self._doubtful = True
            raise self._meaning(error) from error

    def _meaning(self, error: Exception) -> PeerError:
        match error:
            case PeerError():
                return error
            case nats.js.errors.NoStreamResponseError():
                return BrokerRefused(self._peer, f"No stream there takes the subjects {SUBJECTS}")
            case nats.js.errors.APIError():
                return BrokerRefused(self._peer, f"{error.description or 'JetStream does not answer there'}.")
            case TimeoutError() if self._denied:
                return BrokerRefused(self._peer, "It does not permit this user to do that.")
            case TimeoutError():
                return PeerSlow(self._peer)
            case _ if "authorization" in str(error).lower():
                return BrokerRefused(self._peer, "It does not let this user in.")
            case _:
                return PeerAway(self._peer)


async def _made_ready(jetstream: "nats.js.client.JetStreamContext") -> int:
    """A stream that takes our subjects: made if there is none. Its own limit of a message, or 0."""
    try:
        config = (await jetstream.stream_info(STREAM)).config
        return max(config.max_msg_size or 0, 0)
    except nats.js.errors.NotFoundError:
        pass
    try:
        await jetstream.add_stream(
            name=STREAM, subjects=[SUBJECTS], storage="file", duplicate_window=WINDOW, description="Events of Spanco"
        )
    except nats.js.errors.BadRequestError as error:
        if error.err_code != _OVERLAP:  # then the operator's own stream takes them, whatever its name
            raise
    return 0


def _options(url: str) -> dict[str, Any]:
    """Servers without their credentials, and the credentials: so that no message of the library can hold them."""
    parts = [_part(each.strip()) for each in url.split(",")]
    options: dict[str, Any] = {"servers": [f"{part.scheme}://{part.netloc.rpartition('@')[2]}" for part in parts]}
    part = next((part for part in parts if part.username), None)
    if part and part.username and part.password is not None:
        options |= {"user": unquote(part.username), "password": unquote(part.password)}
    elif part and part.username:
        options["token"] = unquote(part.username)
    return options


def _part(url: str) -> SplitResult:
    """The parts of one address. What is wrong with it is not repeated: it may hold a password."""
    with suppress(ValueError):
        part = urlsplit(url)
        plain = part.scheme in {"nats", "tls"} and part.hostname and part.port != 0
        if plain and not (part.path.strip("/") or part.query or part.fragment):
            return part
    raise BadBroker("SPANCO_NATS_URL is to be nats://host:port or tls://host:port, or several with commas between.")
