"""The events of a tenant as they are committed: one watch over the feed, and listeners that read at their own pace."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from spanco import telemetry
from spanco.access.actor import Actor
from spanco.access.errors import Forbidden
from spanco.events.audience import Ways
from spanco.events.errors import TooManyStreams
from spanco.events.rules.listening import by_type
from spanco.kernel.envelope import Happening
from spanco.kernel.errors import Problem
from spanco.kernel.projection import project_bytes
from spanco.kernel.query.ast import EVERYTHING, Condition
from spanco.kernel.query.match import matches
from spanco.kernel.subscription import Subscription
from spanco.kernel.wire import decode_document
from spanco.store import feed, outbox
from spanco.store.database import Connection, Database
from spanco.store.feed import Ends
from spanco.store.outbox import Entry

TICK = 0.1
"""Seconds between two looks at whether the feed has grown."""
_PAUSE = 1.0
_READERS = 4  # that may hold a connection at a time, so that requests still get theirs
_FIRST, _MOST = 10, 100
_BYTES = 256_000  # from here on a listener is told a part first: a slow one holds little in memory
_log = structlog.get_logger("spanco.live")
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Told:
    """An event as a listener is told it, and its place in the feed."""

    position: int
    type: str
    event: bytes


class Looks:
    """What the listeners of one process read. Those of a tenant are mostly as far, so they share a look."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._under_way: dict[Hashable, asyncio.Task[Any]] = {}
        self._room = asyncio.Semaphore(_READERS)

    async def entries(self, tenant: str, span: tuple[int, int], most: int) -> list[Entry]:
        """A part of the feed of a tenant."""
        return await self._once((tenant, span, most), lambda connection: feed.after(connection, tenant, span, most))

    async def happenings(self, entries: Sequence[Entry]) -> dict[str, Happening]:
        """What the log holds of these events, by the id of the event."""
        key = tuple(entry.event_id for entry in entries)
        return await self._once(key, lambda connection: outbox.happenings(connection, entries))

    async def _once(self, key: Hashable, read: Callable[[Connection], Awaitable[_Found]]) -> _Found:
        """Who asks for what somebody else is just looking for waits for that."""
        look: asyncio.Task[_Found] | None = self._under_way.get(key)
        if look is None:
            look = self._under_way[key] = asyncio.create_task(self._look(read))
            look.add_done_callback(lambda done: self._forget(key, done))
        return await asyncio.shield(look)

    def _forget(self, key: Hashable, look: asyncio.Task[Any]) -> None:
        del self._under_way[key]
        if not look.cancelled():
            look.exception()  # whoever waited has it; where all have left meanwhile, nobody misses it

    async def _look(self, read: Callable[[Connection], Awaitable[_Found]]) -> _Found:
        async with self._room, self._database.connected() as connection:
            return await read(connection)


class Live:
    """The listeners of one process, at most so many."""

    def __init__(self, database: Database, ways: Ways, most: int) -> None:
        self.ways = ways
        self.looks = Looks(database)
        self._database = database
        self._most = most
        self._count = 0
        self._by_tenant: dict[str, set[Listener]] = {}
        self._seen = 0
        self._watching: asyncio.Task[None] | None = None
        self.over = asyncio.Event()

    async def ends(self) -> Ends:
        """Where the feed begins and ends now."""
        async with self._database.connected() as connection:
            return await feed.ends(connection)

    def listen(self, actor: Actor, wanted: Subscription, position: int, ends: Ends) -> "Listener":
        """A listener to what follows a position; to be closed. Raises `TooManyStreams`."""
        if self._count >= self._most:
            raise TooManyStreams
        if self._watching is None or self._watching.done():
            self._seen = ends.latest
            self._watching = asyncio.create_task(self._watch())
        listener = Listener(self, actor, wanted, (position, max(ends.latest, self._seen)))
        self._by_tenant.setdefault(actor.tenant, set()).add(listener)
        self._count += 1
        telemetry.stream_began()
        return listener

    def leave(self, listener: "Listener") -> None:
        """This one listens no longer."""
        of_tenant = self._by_tenant.get(listener.tenant, set())
        if listener in of_tenant:
            of_tenant.remove(listener)
            self._count -= 1
            telemetry.stream_ended()
        if not of_tenant:
            self._by_tenant.pop(listener.tenant, None)

    async def _watch(self) -> None:
        """Wake the listeners of the tenants whose feeds have grown, as long as there are any."""
        while self._by_tenant:
            pause = TICK
            try:
                async with self._database.connected() as connection:
                    news = await feed.news(connection, self._seen)
                self._tell(news)
            except Problem:  # such as a database that is away; the listeners meet it too
                pause = _PAUSE
            except Exception as error:  # noqa: BLE001 - nobody else wakes the listeners
                _log.error("a step failed", step="watch", exc_info=error)
                pause = _PAUSE
            await asyncio.sleep(pause)

    def _tell(self, news: dict[str, int]) -> None:
        for tenant, position in news.items():
            for listener in self._by_tenant.get(tenant, ()):
                listener.wake(position)
        self._seen = max(news.values(), default=self._seen)


class Listener:
    """One who is told the events that an actor may read and wants, in the order of commits.

    `position` is how far it has come: it moves past what is not wanted, too.
    """

    def __init__(self, live: Live, actor: Actor, wanted: Subscription, span: tuple[int, int]) -> None:
        self.tenant = actor.tenant
        self.position, self._head = span
        self._live = live
        self._choice = _Choice(live.ways, actor, wanted)
        self._woken = asyncio.Event()
        self._room = _FIRST

    @property
    def is_behind(self) -> bool:
        """Whether there is more to read."""
        return self.position < self._head

    def wake(self, head: int) -> None:
        """The feed of the tenant has grown up to `head`."""
        self._head = max(self._head, head)
        self._woken.set()

    async def news(self, seconds: float) -> None:
        """Wait until there may be more to read, at most so long."""
        self._woken.clear()
        if not self.is_behind:
            try:
                await asyncio.wait_for(self._woken.wait(), seconds)
            except TimeoutError:
                return

    async def over(self) -> None:
        """Wait until the server ends."""
        await self._live.over.wait()

    def close(self) -> None:
        """Listen no longer."""
        self._live.leave(self)

    async def next(self) -> list[Told]:
        """Go on by some entries; those of them that are to be told, often none."""
        if not self.is_behind:
            return []
        head, room = self._head, self._room
        entries = await self._live.looks.entries(self.tenant, (self.position, head), room)
        called = [entry for entry in entries if self._choice.hears(entry)]
        log = await self._live.looks.happenings(called) if called else {}
        heavy = sum(len(each.document) for each in log.values()) > _BYTES
        self._room = max(room // 4, 1) if heavy else min(room * 2, _MOST)
        told, size = [], 0
        for entry in called:
            event = self._choice.told(log[entry.event_id]) if entry.event_id in log else None
            if event is None:
                continue
            told.append(Told(entry.position, entry.type, event))
            size += len(event)
            if size > _BYTES:
                self.position = entry.position
                return told
        self.position = entries[-1].position if len(entries) == room else head
        return told


class _Choice:
    """What one actor may read of what happens, and wants."""

    def __init__(self, ways: Ways, actor: Actor, wanted: Subscription) -> None:
        self._ways = ways
        self._actor = actor
        self._types, self._condition = by_type(wanted.condition)
        self._fields = wanted.fields
        self._visible: dict[str, Condition | None] = {}

    def hears(self, entry: Entry) -> bool:
        """Whether an event must be looked at, as far as its kind and its type tell."""
        wanted = self._types is None or entry.type in self._types
        return wanted and self._sight(entry.kind) is not None

    def _sight(self, kind: str) -> Condition | None:
        """Which resources of a kind the actor may read; None where it is none at all."""
        if kind not in self._visible:
            try:
                self._visible[kind] = self._ways.policy.allow(self._actor, "read", kind)
            except Forbidden:
                self._visible[kind] = None
        return self._visible[kind]

    def told(self, happening: Happening) -> bytes | None:
        """The event as a hub would be told it; None where it is not wanted or not to be seen."""
        visible = self._sight(happening.kind)
        if visible != EVERYTHING:
            resource = {"id": happening.resource_id, **decode_document(happening.document)}
            if visible is None or not matches(visible, resource):
                return None
        event = self._ways.teller.told(happening)
        if self._condition != EVERYTHING and not matches(self._condition, decode_document(event)):
            return None
        return project_bytes(event, self._fields)
