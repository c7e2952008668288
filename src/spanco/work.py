"""One unit of work: who acts, when and why, on which connection."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime

from spanco import clock
from spanco.access.actor import Actor
from spanco.access.policy import Policy
from spanco.kernel.errors import TooLarge
from spanco.kernel.moments import spell
from spanco.kernel.openapi import Resource
from spanco.kernel.wire import Document, Json, encode
from spanco.store.database import Connection, Database, atomic
from spanco.store.documents import Row, Stamp


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something changes: a request, an import, a rule, an event of a peer; with what identifies it."""

    kind: str = "request"
    detail: Mapping[str, Json] = field(default_factory=dict)

    def text(self) -> bytes:
        """As it is kept in the event log."""
        return encode({"kind": self.kind, **self.detail})


@dataclass(frozen=True, slots=True)
class Written:
    """One change of a resource: the document with its `id` before (None when it is new), the row after (None: gone)."""

    before: Document | None
    after: Row | None


Prepare = Callable[[Resource, Document, Document | None], Document]
Admit = Callable[["Work", Resource, Document, Document | None], Awaitable[Document]]
React = Callable[["Work", Resource, Sequence[Written]], Awaitable[None]]
Reveal = Callable[["Work", Resource, Row], Awaitable[Document]]


@dataclass(frozen=True, slots=True)
class Binding:
    """What is special about one kind: a pure completion before a write; then one that must look into the store.

    After the write, in its transaction, a reaction to all that was written at once. And what only the answer to its
    creation shows and nobody keeps, such as a secret.
    """

    prepare: Prepare | None = None
    admit: Admit | None = None
    react: React | None = None
    reveal: Reveal | None = None


@dataclass(slots=True)
class Work:
    """Everything that reads or writes gets one; it lives as long as its connection is held."""

    actor: Actor
    cause: Cause
    connection: Connection
    policy: Policy
    bindings: Mapping[str, Binding]
    correlation: str | None = None
    document_limit: int = 2_000_000
    _moment: datetime | None = None

    @property
    def moment(self) -> datetime:
        """When this work happens: one moment, taken when it is first asked for."""
        if self._moment is None:
            self._moment = clock.now()
        return self._moment

    @property
    def now(self) -> str:
        """The moment of this work in its canonical spelling."""
        return spell(self.moment)

    def stamp(self) -> Stamp:
        """Who, when and why, for the event log."""
        return Stamp(self.actor.tenant, self.actor.subject, self.moment, self.cause.text(), self.correlation)

    def encoded(self, document: Document) -> bytes:
        """The document as it is stored; `TooLarge` when it could not be told in an event as it is."""
        body = encode(document)
        if len(body) > self.document_limit:
            raise TooLarge(f"The resource would be larger than the {self.document_limit} bytes that this server keeps.")
        return body

    def atomic(self, *, bulk: bool = False) -> AbstractAsyncContextManager[None]:
        """Everything inside commits together or not at all; `bulk` when that is many rows."""
        return atomic(self.connection, bulk=bulk)


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """What every unit of work works with."""

    database: Database
    policy: Policy
    bindings: Mapping[str, Binding]
    document_limit: int = 2_000_000

    def work(self, actor: Actor, cause: Cause, correlation: str | None = None) -> "AtWork":
        """A unit of work on a connection of the database."""
        return AtWork(self, actor, cause, correlation)


class AtWork:
    """Makes a unit of work when its `with` block begins and gives its connection back at the end."""

    __slots__ = ("_connected", "_given", "_means")

    def __init__(self, means: Means, actor: Actor, cause: Cause, correlation: str | None) -> None:
        self._means = means
        self._given = actor, cause, correlation
        self._connected = means.database.connected()

    async def __aenter__(self) -> Work:
        """The unit of work."""
        actor, cause, correlation = self._given
        connection = await self._connected.__aenter__()
        means = self._means
        return Work(actor, cause, connection, means.policy, means.bindings, correlation, means.document_limit)

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Whatever is not committed is gone."""
        await self._connected.__aexit__(kind, error, trace)
