"""Topics: those that are there from the start, what is posted to them, and their events as pages of the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg
import msgspec

from spanco.kernel.openapi import Resource
from spanco.kernel.paging import Window
from spanco.kernel.query.ast import EVERYTHING, AllOf, Compare, Condition, Op
from spanco.kernel.query.sql import where
from spanco.store.database import Connection
from spanco.store.documents import NewRow, Row, Stamp
from spanco.store.outbox import Entry
from spanco.store.search import COUNTED
from spanco.store.statements import statement

_COLUMNS = "tenant, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at"
_PLACES = {"feed": "position", "outbox": "number"}
_LAST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Choice:
    """Events of some kinds, of any type or some: `told` is asked of the event, `seen` of the resource it tells of.

    Where there is a `parent`, only those of what is nested in it.
    """

    kinds: tuple[str, ...]
    parent: str | None
    types: frozenset[str] | None
    told: Condition
    seen: Condition


@dataclass(frozen=True, slots=True)
class Asked:
    """Which events are looked for: those of any of the choices. `spelling` is how they are told (`Teller.spelling`)."""

    tenant: str
    choices: Sequence[Choice]
    spelling: bytes
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class Pages:
    """A page of events, oldest first or newest first, and how many there are in all."""

    entries: list[Entry]
    total: int
    exact: bool
    more: bool


async def make(connection: Connection, topics: Resource, tenant: str, named: Mapping[str, bytes]) -> None:
    """Make the topics that are there from the start, by their ids; harmless when they exist."""
    await connection.execute(statement("make_topics", topics.kind), tenant, list(named), list(named.values()))


async def hold(connection: Connection, kind: str, tenant: str, id_: str) -> bytes | None:
    """A topic that nobody removes until the transaction ends; None when there is none of this id."""
    document: bytes | None = await connection.fetchval(statement("hold_topic", kind), tenant, id_)
    return document


async def hubs(connection: Connection, tenant: str, topic: str) -> list[tuple[str, str]]:
    """Those who subscribed to a topic: their ids and their kinds."""
    return [(hub_id, kind) for hub_id, kind in await connection.fetch(statement("hubs_of_topic"), tenant, topic)]


async def post(
    connection: Connection, nested: Resource, stamp: Stamp, event: tuple[str, str], row: NewRow
) -> tuple[Row, bool] | None:
    """Take an event that was posted to a topic; `event` is its own id and the type of the event that tells of it.

    What was posted before is answered with the first one, and False. None in the moment in which that is forgotten.
    """
    event_id, event_type = event
    found = await connection.fetchrow(
        statement("post_event", nested.kind),
        stamp.tenant,
        row.parent,
        event_id,
        row.id,
        stamp.moment,
        event_type,
        stamp.actor,
        stamp.cause,
        stamp.correlation,
        row.document,
    )
    if found:
        return Row(found["id"], 1, found["document"]), True
    known = await connection.fetchrow(statement("posted_before", nested.kind), stamp.tenant, row.parent, event_id)
    return (Row(known["id"], 1, known["document"]), False) if known else None


async def one(connection: Connection, asked: Asked) -> Entry | None:
    """The event that is asked for by its id."""
    sql = _Sql(asked)
    records = await connection.fetch(sql.page(Window((), 1, 0, None, None, explicit=False)), *sql.values)
    return _entry(records[0]) if records else None


async def find(connection: Connection, asked: Asked, window: Window, *, count_exactly: bool = False) -> Pages:
    """A page of the feed, with what is written and not yet passed on at its end: what was answered is there at once."""
    sql = _Sql(asked)
    records = await connection.fetch(sql.page(window), *sql.values)
    entries = [_entry(record) for record in records[: window.limit]]
    more = len(records) > window.limit
    if window.before is not None:
        entries.reverse()
    from_start = window.after is None and window.before is None and window.limit > 0
    if from_start and not more and (entries or not window.offset):
        return Pages(entries, window.offset + len(entries), exact=True, more=False)
    total, exact = await _total(connection, asked, count_exactly=count_exactly)
    return Pages(entries, total, exact, more)


async def _total(connection: Connection, asked: Asked, *, count_exactly: bool) -> tuple[int, bool]:
    """How many there are, and whether that is counted; many are what the planner believes, if nobody insists."""
    sql = _Sql(asked)
    total = await connection.fetchval(sql.count(None if count_exactly else COUNTED + 1), *sql.values)
    if count_exactly or total <= COUNTED:
        return total, True
    sql = _Sql(asked)
    plan = await connection.fetchval(sql.plan(), *sql.values)
    return max(int(msgspec.json.decode(plan)[0]["Plan"]["Plan Rows"]), total), False


def _entry(record: asyncpg.Record) -> Entry:
    names = (
        "tenant",
        "place",
        "kind",
        "resource_id",
        "parent",
        "version",
        "ordinal",
        "event_id",
        "type",
        "occurred_at",
    )
    return Entry(*(record[name] for name in names))


@dataclass(slots=True)
class _Sql:
    """Builds the statements of one question; values are always parameters."""

    asked: Asked
    values: list[object] = field(default_factory=list)
    _chosen: str = ""

    def __post_init__(self) -> None:
        self.values += [self.asked.tenant, self.asked.spelling]  # what `told` speaks of as $2
        chosen = " or ".join(f"({self._choice(choice)})" for choice in self.asked.choices) or "false"
        by_id = f" and event_id = {self.bind(self.asked.event_id)}" if self.asked.event_id is not None else ""
        self._chosen = f"tenant = $1{by_id} and ({chosen})"

    def bind(self, value: object) -> str:
        self.values.append(value)
        return f"${len(self.values)}"

    def _choice(self, choice: Choice) -> str:
        """Cheapest first; the log is read, one event at a time, only where it must be."""
        parts = [f"entry.kind = any({self.bind(list(choice.kinds))}::text[])"]
        if choice.parent is not None:
            parts.append(f"entry.parent = {self.bind(choice.parent)}")
        if choice.types is not None:
            parts.append(f"entry.type = any({self.bind(sorted(choice.types))}::text[])")
        parts += self._implied(choice)
        for name, condition in (("happened", choice.seen), ("told", choice.told)):
            if condition != EVERYTHING:
                parts.append(f"(select {where(condition, self.bind)} from ({statement(name)}) as {name})")  # noqa: S608
        return " and ".join(parts)

    def _implied(self, choice: Choice) -> list[str]:
        """What the columns of the feed can say of an event, so that the log is read for few."""
        told = choice.told.parts if isinstance(choice.told, AllOf) else (choice.told,)
        parts = []
        for part in told:
            match part:
                case Compare(("id",), Op.EQ, str(value)):
                    parts.append(f"entry.event_id = {self.bind(value)}")
                case Compare(("event", _, "id"), Op.EQ, str(value)) if choice.parent is None:
                    parts.append(f"entry.resource_id = {self.bind(value)}")
                case _:
                    pass
        return parts

    def page(self, window: Window) -> str:
        """One more than the page, so that it is known whether there are more."""
        falling = any(key.descending for key in window.keys) is not (window.before is not None)
        way = " desc" if falling else ""
        most = window.offset + window.limit + 1
        cursor = window.after or window.before
        beyond = self._beyond(cursor.id, "<" if falling else ">") if cursor else dict.fromkeys(_PLACES, "")
        parts = [
            f"(select {_COLUMNS}, {place} as place, '{table}' as stage from {table} as entry "  # noqa: S608
            f"where {self._chosen}{beyond[table]} order by {place}{way} limit {most})"
            for table, place in _PLACES.items()
        ]
        # Whole numbers are not parameters, so that the plan is kept. 'feed' comes before 'outbox'.
        order = f"order by stage{way}, place{way} limit {window.limit + 1} offset {window.offset}"
        return f"{_SPELLING} select * from ({' union all '.join(parts)}) as known {order}"  # noqa: S608

    def _beyond(self, event_id: str, sign: str) -> dict[str, str]:
        """The condition that an event comes after (or before) another one; what is gone came before all others."""
        of = f"tenant = $1 and event_id = {self.bind(event_id)}::text"
        last = f"(select {_LAST} from outbox where {of})"  # noqa: S608 - all of the feed comes before it
        return {
            "feed": f" and position {sign} coalesce((select position from feed where {of}), {last}, 0)",  # noqa: S608
            "outbox": f" and number {sign} coalesce((select number from outbox where {of}), 0)",  # noqa: S608
        }

    def count(self, most: int | None) -> str:
        limit = f" limit {most}" if most else ""
        parts = [f"(select 1 from {table} as entry where {self._chosen}{limit})" for table in _PLACES]  # noqa: S608
        return f"{_SPELLING} select count(*) from ({' union all '.join(parts)}) as known"  # noqa: S608

    def plan(self) -> str:
        return f"explain (format json) {_SPELLING} select 1 from feed as entry where {self._chosen}"  # noqa: S608


_SPELLING = "with spelling as (select $2::jsonb)"  # never read: it says of which type $2 is
