"""Events as they happen: `GET /spanco/v1/stream` answers with server-sent events (WHATWG HTML, 9.2) that never end."""

import asyncio
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar
from urllib.parse import unquote_to_bytes

import structlog

from spanco.access.actor import Actor
from spanco.access.errors import Forbidden, IssuerAway
from spanco.events.live import Listener, Told
from spanco.kernel.errors import BadBody, BadHeader, BadParameter, Problem
from spanco.kernel.subscription import Subscription, subscription
from spanco.rest.request import Request
from spanco.rest.responses import Headers, Send
from spanco.rest.site import Site
from spanco.store.feed import Ends

PATH = "/spanco/v1/stream"
_HEADER = "Last-Event-ID"
_PARAMETER = "lastEventId"
_HEADERS: Headers = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)
_RETRY_MS = 2000
_PAUSE = 1.0
_LAST_WORDS = 0.3
_MOST_DIGITS = 18
_log = structlog.get_logger("spanco.rest")


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: of silence until a sign of life; that a client may take nothing; that a token is trusted unseen."""

    heartbeat: float = 15.0
    patience: float = 60.0
    trust: float = 45.0


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """An answer that goes on until the client leaves, the server ends, or the credentials are over."""

    status: ClassVar[int] = HTTPStatus.OK
    site: Site
    request: Request
    listener: Listener
    pace: Pace

    async def send(self, send: Send, *, head: bool = False) -> None:
        """Send events as they come; for HEAD none."""
        try:
            await send({"type": "http.response.start", "status": self.status, "headers": list(_HEADERS)})
            if not head:
                await self._until_over(send)
            await self._close(send)
        finally:
            self.listener.close()

    async def _until_over(self, send: Send) -> None:
        ways_to_end = (self._tell(send), self.request.gone(), self.listener.over())
        tasks = [asyncio.create_task(way) for way in ways_to_end]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _close(self, send: Send) -> None:
        """End the answer; a client that does not take even this is cut off, lest it keep the server from ending."""
        try:
            async with asyncio.timeout(_LAST_WORDS):
                await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            await self.request.cut_off()

    async def _tell(self, send: Send) -> None:
        try:
            await self._go_on(send)
        except TimeoutError:
            return
        except Problem as problem:
            _log.info("stream ended", reason=type(problem).__name__)
        except Exception as error:  # noqa: BLE001 - the last resort: the client connects again, the log has the reason
            _log.error("unexpected error", exc_info=error)

    async def _go_on(self, send: Send) -> None:
        listener, pace = self.listener, self.pace
        place = listener.position
        await self._write(send, b"retry: %d\nid: %d\n\n" % (_RETRY_MS, place))
        written_at = checked_at = time.monotonic()
        while True:
            told = await self._next()
            if told or time.monotonic() - written_at >= pace.heartbeat:
                await self._write(send, b"".join(map(_message, told)) or _sign_of_life(place, listener.position))
                place, written_at = told[-1].position if told else listener.position, time.monotonic()
            if time.monotonic() - checked_at >= pace.trust:
                await self._check_credentials()
                checked_at = time.monotonic()
            await listener.news(written_at + pace.heartbeat - time.monotonic())

    async def _next(self) -> list[Told]:
        """What follows; nothing for a while where the database cannot say. The stream outlives that."""
        try:
            return await self.listener.next()
        except Problem as problem:
            _log.warning("a stream waits for the database", reason=type(problem).__name__)
            await asyncio.sleep(_PAUSE)
            return []

    async def _write(self, send: Send, body: bytes) -> None:
        async with asyncio.timeout(self.pace.patience):
            await send({"type": "http.response.body", "body": body, "more_body": True})

    async def _check_credentials(self) -> None:
        """Raise what a new request with them would meet; an issuer that is away says nothing against them."""
        try:
            await self.site.authenticate(self.request.header(b"authorization"))
        except IssuerAway:
            return


async def follow(site: Site, request: Request, actor: Actor, pace: Pace | None = None) -> Stream:
    """GET: the events of the actor's tenant from now on, or from what the client saw last."""
    _check_sight(site, actor)
    wanted, given = _asked(request)
    ends = await site.live.ends()
    listener = site.live.listen(actor, wanted, _position(request, given, ends), ends)
    return Stream(site, request, listener, pace or Pace())


def _check_sight(site: Site, actor: Actor) -> None:
    """Raise `Forbidden` for an actor that may read nothing at all."""
    refusal: Forbidden | None = None
    for resource in (each for api in site.apis for each in api.resources.values()):
        try:
            site.means.policy.allow(actor, "read", resource.kind)
        except Forbidden as error:
            refusal = error
        else:
            return
    if refusal:
        raise refusal


def _asked(request: Request) -> tuple[Subscription, str]:
    """What is wanted, and the id that was given in the address; empty where none was."""
    items = request.query.split(b"&")
    ids = [item for item in items if unquote_to_bytes(item.partition(b"=")[0]) == _PARAMETER.encode()]
    if len(ids) > 1:
        raise BadParameter(_PARAMETER, "It is given more than once; give it once.")
    wanted = _wanted(b"&".join(item for item in items if item not in ids))
    return wanted, unquote_to_bytes(ids[0].partition(b"=")[2]).decode("latin-1") if ids else ""


def _wanted(query: bytes) -> Subscription:
    """What the rest of the address asks for; a refusal names the parameter, where a hub's names its `query`."""
    try:
        return subscription(query.decode())
    except UnicodeDecodeError as error:
        raise BadParameter("query", "It must be percent-encoded UTF-8.") from error
    except BadBody as error:
        if isinstance(error.__cause__, BadParameter):
            raise error.__cause__ from None
        raise BadParameter("query", str(error).removeprefix("'query': ")) from error


def _position(request: Request, given: str, ends: Ends) -> int:
    """Where to begin: after the id that was seen last, else with what happens from now on.

    The header counts more than the parameter: a browser that connects again repeats the address with which it began.
    """
    header = request.header(_HEADER.lower().encode())
    last = header or given
    if not last:
        return ends.latest
    known = last.isascii() and last.isdigit() and len(last) <= _MOST_DIGITS and int(last) <= ends.given
    if known and (int(last) >= ends.gone or not int(last)):
        return int(last)
    told = (
        "what followed this event is no longer kept; leave it out, or write 0 for all that is."
        if known
        else "this is no id of an event that was sent here."
    )
    raise BadHeader(_HEADER, told) if header else BadParameter(_PARAMETER, told)


def _message(told: Told) -> bytes:
    """One event as server-sent events spell it. A line break can only be white space of JSON, so a space will do."""
    data = b" ".join(told.event.splitlines())
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (told.position, told.type.encode(), data)


def _sign_of_life(told: int, position: int) -> bytes:
    """A comment; or how far the stream has come among events that are not wanted, so that it is resumed from there.

    An id without data is kept by clients and not announced (9.2.6, to dispatch the event, steps 1 and 2).
    """
    return b":\n\n" if told == position else b"id: %d\n\n" % position
