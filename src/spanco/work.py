"""One unit of work: who acts, when and why, on which connection."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime

from spanco import clock
from spanco.access.actor import Actor
from spanco.access.grants import VERBS, Grant
from spanco.access.policy import Policy
from spanco.kernel.errors import TooLarge
from spanco.kernel.moments import spell
from spanco.kernel.openapi import Resource
from spanco.kernel.wire import Document, Json, encode
from spanco.store.database import Connection, Database, atomic
from spanco.store.documents import Keys, Row, Stamp
from spanco.store.recent import Recent

_HOUSE = "house"
_HOUSE_POLICY = Policy((Grant(_HOUSE, ("*",), VERBS),))


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
Perform = Callable[["Work", Resource, str, Document], Awaitable[Document]]
Seed = Callable[["Work"], Awaitable[None]]
KeysOf = Callable[["Work", Document], Awaitable[Keys]]


DRY_RUN = "dryRun"
"""The preference that nothing is created; no header can say it, for those are read in lower case."""


class Already(Exception):
    """What a creation is to bring about is there: `id` is that of the resource that did; nothing more is written."""

    def __init__(self, id_: str) -> None:
        self.id = id_


class Rehearsed(Exception):
    """A creation was only tried out: `document` is what would have come of it; whatever was written is undone."""

    def __init__(self, document: Document) -> None:
        self.document = document


@dataclass(frozen=True, slots=True, eq=False)
class Upload:
    """A file on its way in: who sends it, what it is said to be, and its bytes as they come."""

    means: "Means"
    actor: Actor
    media: str
    size: int | None
    parts: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True, eq=False)
class Download:
    """A file on its way out, in constant memory."""

    name: str
    media: str
    parts: AsyncIterator[bytes]
    size: int | None = None


Take = Callable[[Upload, Resource, str], Awaitable[None]]
Give = Callable[["Means", Actor, Resource, str], Awaitable[Download]]
Act = Callable[["Work", Resource, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Attachment:
    """What stands beside each resource of a kind, one step below it: a file that is taken or given, or a deed."""

    take: Take | None = None
    give: Give | None = None
    act: Act | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """What is special about one kind: a pure completion before a write; then one that must look into the store.

    After the write, in its transaction, a reaction to all that was written at once. And what only the answer to its
    creation shows and nobody keeps, such as a secret. Last, the deed that its creation is: done in the transaction of
    it, under the id that it will have; it gives the document with its outcome, or raises `Already` or `Rehearsed`.
    A seed makes what is there for every tenant from the start, before any of the kind is read or written.
    Match keys are written with each resource: what records about the same have in common.
    `beside` are the files and deeds below each resource, by the names that they have in its address.
    """

    prepare: Prepare | None = None
    admit: Admit | None = None
    react: React | None = None
    reveal: Reveal | None = None
    perform: Perform | None = None
    seed: Seed | None = None
    keys: KeysOf | None = None
    beside: Mapping[str, Attachment] = field(default_factory=dict)


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
    resources: Mapping[str, Resource] = field(default_factory=dict)
    unmerge_days: int = 30
    recent: Recent = field(default_factory=Recent)
    root: str = ""
    countries: Mapping[str, str] = field(default_factory=dict)
    preferences: Mapping[str, str] = field(default_factory=dict)
    """What the caller prefers (RFC 7240)."""
    applied: dict[str, str] = field(default_factory=dict)
    """Which of that was granted."""
    capped: list[str] = field(default_factory=list)
    """Of what so much was found that only a part of it was looked at."""
    _moment: datetime | None = None

    @property
    def moment(self) -> datetime:
        """When this work happens: one moment, taken when it is first asked for."""
        if self._moment is None:
            self._moment = clock.now()
        return self._moment

    @property
    def country(self) -> str:
        """Where this tenant is at home, as a code of ISO 3166; empty when nobody said it."""
        return self.countries.get(self.actor.tenant, self.countries.get("", ""))

    @property
    def now(self) -> str:
        """The moment of this work in its canonical spelling."""
        return spell(self.moment)

    def for_the_house(self, cause: Cause) -> "Work":
        """The same work, of the same actor, where the house does what follows from it: whatever the policy says."""
        _ = self.moment  # taken now, lest the two have one each
        actor = replace(self.actor, roles=frozenset({_HOUSE}))
        return replace(self, actor=actor, policy=_HOUSE_POLICY, cause=cause)

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
    resources: Mapping[str, Resource] = field(default_factory=dict)
    unmerge_days: int = 30
    root: str = ""
    capture_secret: str = field(default="", repr=False)
    countries: Mapping[str, str] = field(default_factory=dict)
    import_limit: int = 200_000_000
    file_days: int = 7

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
        return Work(
            actor,
            cause,
            connection,
            means.policy,
            means.bindings,
            correlation,
            means.document_limit,
            means.resources,
            means.unmerge_days,
            means.database.recent,
            means.root,
            means.countries,
        )

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Whatever is not committed is gone."""
        await self._connected.__aexit__(kind, error, trace)
