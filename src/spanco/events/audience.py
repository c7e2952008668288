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
from spanco.kernel.subscription import subscription
from spanco.kernel.wire import Document, decode_document
from spanco.store import lanes, outbox
from spanco.store.database import Connection
from spanco.store.lanes import Wish
from spanco.store.outbox import Entry


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
        self._ears: dict[tuple[str, str, str | None], list[_Ear]] = {}

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
        called = [(entry, [ear for ear in self._listening(entry) if hub_id in {None, ear.hub_id}]) for entry in entries]
        closer = [entry for entry, ears in called if any(ear.must_look for ear in ears)]
        found = await outbox.happenings(connection, closer) if closer else {}
        return [(ear.hub_id, entry) for entry, ears in called for ear in self._wanting(ears, found.get(entry.event_id))]

    def _wanting(self, ears: list[_Ear], happening: Happening | None) -> Iterator[_Ear]:
        seen = _Seen(self._ways.teller, happening) if happening else None
        for ear in ears:
            if not ear.must_look or (seen and seen.fulfils(ear)):
                yield ear

    def _listening(self, entry: Entry) -> Iterator[_Ear]:
        key = (entry.tenant, entry.kind, entry.parent)
        ears = self._ears.get(key)
        if ears is None:
            ears = self._ears[key] = list(self._who_listens(entry))
        return (ear for ear in ears if ear.types is None or entry.type in ear.types)

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


class _Seen:
    """One event as the hubs would be told of it, decoded at most once in each way."""

    def __init__(self, teller: Teller, happening: Happening) -> None:
        self._teller = teller
        self._happening = happening
        self._decoded: dict[bool, Document] = {}

    def fulfils(self, ear: _Ear) -> bool:
        event = self._as_told(plainly=ear.plainly)
        return matches(ear.condition, event) and (ear.visible == EVERYTHING or matches(ear.visible, self._resource()))

    def _as_told(self, *, plainly: bool) -> Document:
        if plainly not in self._decoded:
            self._decoded[plainly] = decode_document(self._teller.told(self._happening, plainly=plainly))
        return self._decoded[plainly]

    def _resource(self) -> Document:
        return {"id": self._happening.resource_id, **decode_document(self._happening.document)}


def asked(query: str, scope: str) -> Condition:
    """What a hub and its topic ask of an event; both were checked when they were stored."""
    return all_of([subscription(each).condition for each in (query, *scope.split("\n")) if each])
