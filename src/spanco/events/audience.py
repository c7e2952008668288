"""Who is to be told of an event: the hubs of its tenant that listen to it, may read it and want it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from spanco.access.actor import Actor
from spanco.access.errors import Forbidden
from spanco.access.policy import Policy
from spanco.events.rules.listening import by_type, hears
from spanco.kernel.envelope import Happening, Teller
from spanco.kernel.query.ast import EVERYTHING, Condition, all_of
from spanco.kernel.query.match import matches
from spanco.kernel.query.sieve import Sieve
from spanco.kernel.subscription import subscription
from spanco.kernel.wire import Document, decode_document
from spanco.store import lanes, outbox
from spanco.store.database import Connection
from spanco.store.lanes import Wish
from spanco.store.outbox import Entry

_WAYS = (False, True)


@dataclass(frozen=True, slots=True)
class _Ear:
    """A hub that listens to one kind: limited to types, to what fulfils a condition, to what its owner may see."""

    hub_id: str
    plainly: bool
    types: frozenset[str] | None
    condition: Condition
    visible: Condition

    @property
    def must_look(self) -> bool:
        return self.condition != EVERYTHING or self.visible != EVERYTHING

    def hears(self, event_type: str) -> bool:
        return self.types is None or event_type in self.types


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """What is needed to judge: who may see what, and how an event is told."""

    policy: Policy
    teller: Teller


class Audience:
    """The hubs of some tenants, read once for a batch of events."""

    def __init__(self, ways: Ways, wishes: Sequence[Wish]) -> None:
        self._ways = ways
        self._wishes = wishes
        self._halls: dict[tuple[str, str, str | None], _Hall] = {}

    @classmethod
    async def of(cls, connection: Connection, ways: Ways, tenants: Sequence[str]) -> Self:
        """Read the hubs of these tenants.

        The events were read before, in an earlier statement: so a hub that was registered before an event was
        committed is seen here.
        """
        return cls(ways, await lanes.wishes(connection, tenants))

    async def wanted(
        self, connection: Connection, entries: Sequence[Entry], hub_id: str | None = None
    ) -> list[tuple[str, Entry]]:
        """Each hub (id), or that one, with each event that it is to be told of; the events in their order."""
        called = [(entry, self._hall(entry)) for entry in entries]
        closer = [entry for entry, hall in called if hall.must_look(entry.type)]
        found = await outbox.happenings(connection, closer) if closer else {}
        return [
            (ear.hub_id, entry)
            for entry, hall in called
            for ear in self._wanting(hall, entry, found.get(entry.event_id))
            if hub_id in {None, ear.hub_id}
        ]

    def _wanting(self, hall: "_Hall", entry: Entry, happening: Happening | None) -> Iterator[_Ear]:
        yield from hall.free(entry.type)
        if happening and hall.must_look(entry.type):
            yield from hall.fulfilled(_Seen(self._ways.teller, happening))

    def _hall(self, entry: Entry) -> "_Hall":
        key = (entry.tenant, entry.kind, entry.parent)
        if key not in self._halls:
            self._halls[key] = _Hall(list(self._who_listens(entry)))
        return self._halls[key]

    def _who_listens(self, entry: Entry) -> Iterator[_Ear]:
        for wish in self._wishes:
            event = (entry.kind, entry.parent)
            if wish.tenant != entry.tenant or not hears(wish.api, wish.topic, wish.scope, event):
                continue
            try:
                actor = Actor(wish.tenant, wish.subject, frozenset(wish.roles))
                visible = self._ways.policy.allow(actor, "read", entry.kind)
            except Forbidden:
                continue
            plainly = wish.topic is not None and self._ways.teller.is_event(entry.kind)
            condition = asked(wish.query, wish.scope)
            types, rest = (None, condition) if plainly else by_type(condition)
            yield _Ear(wish.hub_id, plainly, types, rest, visible)


class _Hall:
    """The hubs that listen to one kind; of those that look closer, an event finds the ones that may want it."""

    def __init__(self, ears: Sequence[_Ear]) -> None:
        self._free = [ear for ear in ears if not ear.must_look]
        self._looking = {
            plainly: [ear for ear in ears if ear.must_look and ear.plainly is plainly] for plainly in _WAYS
        }
        self._sieves = {
            plainly: Sieve([ear.condition for ear in looking]) for plainly, looking in self._looking.items()
        }
        types = [ear.types for looking in self._looking.values() for ear in looking]
        self._types = None if None in types else frozenset[str]().union(*(each for each in types if each is not None))

    def must_look(self, event_type: str) -> bool:
        """Whether some hub decides by what an event of this type tells."""
        return self._types is None or event_type in self._types

    def free(self, event_type: str) -> Iterator[_Ear]:
        """The hubs that want every event of this type."""
        return (ear for ear in self._free if ear.hears(event_type))

    def fulfilled(self, seen: "_Seen") -> Iterator[_Ear]:
        """The hubs that want this event for what it tells, and whose owners may see it."""
        for plainly, looking in self._looking.items():
            if looking:
                for number in sorted(self._sieves[plainly].fulfilled(seen.as_told(plainly=plainly))):
                    if looking[number].hears(seen.type) and seen.is_visible(looking[number].visible):
                        yield looking[number]


class _Seen:
    """One event as the hubs would be told of it."""

    def __init__(self, teller: Teller, happening: Happening) -> None:
        self.type = happening.type
        self._teller = teller
        self._happening = happening
        self._resource: Document | None = None

    def as_told(self, *, plainly: bool) -> Document:
        return decode_document(self._teller.told(self._happening, plainly=plainly))

    def is_visible(self, visible: Condition) -> bool:
        if visible == EVERYTHING:
            return True
        if self._resource is None:
            self._resource = {"id": self._happening.resource_id, **decode_document(self._happening.document)}
        return matches(visible, self._resource)


def asked(query: str, scope: str) -> Condition:
    """What a hub and its topic ask of an event; both were checked when they were stored."""
    return all_of([subscription(each).condition for each in (query, *scope.split("\n")) if each])
