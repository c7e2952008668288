"""Finding documents: a page of a filtered, ordered list, and how many there are in all.

Two plans. A selective filter (equality that the GIN index answers) first collects at most 10,001 ids: if that is all,
the page is sorted among them and the total is known. Otherwise the list is walked in its order and filtered on the way.
Neither depends on how well the planner guesses the selectivity of JSON.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncpg
import msgspec

from spanco.kernel.openapi import Resource
from spanco.kernel.paging import Window
from spanco.kernel.query.ast import EVERYTHING, Compare, Condition
from spanco.kernel.query.sql import selective, where
from spanco.store.database import Connection
from spanco.store.documents import Row, partition
from spanco.store.order import Order
from spanco.store.statements import literal

COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Found:
    """A page of rows with the sort values of each, the total, and whether the total was counted or estimated."""

    rows: list[Row]
    places: list[tuple[str | None, ...]]
    total: int
    exact: bool
    more: bool


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for."""

    resource: Resource
    tenant: str
    parent: str | None
    condition: Condition
    window: Window
    count_exactly: bool = False


async def find(connection: Connection, search: Search) -> Found:
    """The page and the total of a search."""
    if selective(search.condition, search.resource.indexed):
        found = await _among_candidates(connection, search)
        if found is not None:
            return found
    sql = _Sql(search)
    records = await connection.fetch(sql.page(), *sql.values)
    return await _with_total(connection, search, records)


async def _among_candidates(connection: Connection, search: Search) -> Found | None:
    """The page and the exact total among at most 10,000 matches; None when there are more."""
    sql = _Sql(search)
    records = await connection.fetch(sql.page_of_candidates(), *sql.values)
    total = records[0]["candidates"] if records else 0
    if total > COUNTED:
        return None
    if not records and (search.window.offset or search.window.after or search.window.before or not search.window.limit):
        counting = _Sql(search)
        total = await connection.fetchval(counting.count(COUNTED + 1), *counting.values)
    return _found(search, records, total, exact=True)


async def _with_total(connection: Connection, search: Search, records: Sequence[asyncpg.Record]) -> Found:
    window = search.window
    plain = window.after is None and window.before is None
    if plain and len(records) <= window.limit and (records or not window.offset) and window.limit:
        return _found(search, records, window.offset + len(records), exact=True)
    total, exact = await _total(connection, search)
    return _found(search, records, total, exact=exact)


def _found(search: Search, records: Sequence[asyncpg.Record], total: int, *, exact: bool) -> Found:
    more = len(records) > search.window.limit
    kept = list(records[: search.window.limit])
    if search.window.before is not None:
        kept.reverse()
    rows = [Row(each["id"], each["version"], each["document"]) for each in kept]
    aliases = Order(search.resource, search.window).aliases
    places = [tuple(each[alias] for alias in aliases) for each in kept]
    return Found(rows, places, total, exact, more)


async def _total(connection: Connection, search: Search) -> tuple[int, bool]:
    """The number of matches: exact up to 10,000 and when asked for, else what the planner believes."""
    sql = _Sql(search)
    if search.count_exactly:
        return await connection.fetchval(sql.count(None), *sql.values), True
    believed = None
    if _guessed_well(search):
        believed = await _believed(connection, search)
        if believed / 2 - await _unseen_changes(connection, search.resource) > COUNTED:
            return believed, False
    counted = await connection.fetchval(sql.count(COUNTED + 1), *sql.values)
    if counted <= COUNTED:
        return counted, True
    if believed is None:
        believed = await _believed(connection, search)
    return max(believed, counted), False


def _guessed_well(search: Search) -> bool:
    """Whether the planner has statistics for exactly this filter: none at all, or one comparison that is indexed."""
    condition = search.condition
    if search.parent is not None:
        return False
    if isinstance(condition, Compare):
        return len(condition.path) == 1 and condition.path[0] in search.resource.indexed
    return condition == EVERYTHING


async def _believed(connection: Connection, search: Search) -> int:
    sql = _Sql(search)
    plan = await connection.fetchval(f"explain (format json) {sql.matching('1')}", *sql.values)
    return int(msgspec.json.decode(plan)[0]["Plan"]["Plan Rows"])


async def _unseen_changes(connection: Connection, resource: Resource) -> int:
    """How many rows of the kind changed since its statistics were made: an estimate may be wrong by that much."""
    changes = await connection.fetchval(
        "select coalesce(pg_stat_get_mod_since_analyze($1::text::regclass), 0)", partition(resource.kind)
    )
    return int(changes)


@dataclass(slots=True)
class _Sql:
    """Builds the statements of one search; values are always parameters."""

    search: Search
    values: list[object] = field(default_factory=list)

    def bind(self, value: object) -> str:
        self.values.append(value)
        return f"${len(self.values)}"

    def conditions(self, *more: str) -> str:
        resource = self.search.resource
        parts = [f"tenant = {self.bind(self.search.tenant)}", f"kind = {literal(resource.kind)}"]
        if resource.parent:
            parts.append(f"parent = {self.bind(self.search.parent)}")
        if self.search.condition != EVERYTHING:
            parts.append(where(self.search.condition, self.bind, resource.indexed))
        return " and ".join([*parts, *more])

    def matching(self, what: str) -> str:
        return f"select {what} from resource where {self.conditions()}"

    def count(self, most: int | None) -> str:
        inner = self.matching("1")
        return f"select count(*) from ({inner}{f' limit {most}' if most else ''}) as matching"

    def page(self) -> str:
        order = Order(self.search.resource, self.search.window)
        beyond = order.beyond(self.bind)
        chosen = f"select id{order.columns()} from resource where {self.conditions(*beyond)}"
        return self._rows(f"{chosen} order by {order.clause()} {self._slice()}", order, "")

    def page_of_candidates(self) -> str:
        order = Order(self.search.resource, self.search.window)
        beyond = order.beyond(self.bind)
        candidates = f"select id{order.columns()} from resource where {self.conditions()} limit {COUNTED + 1}"
        inside = f" where {' and '.join(order.by_name(each) for each in beyond)}" if beyond else ""
        names = order.names()
        chosen = f"select id{names} from candidate{inside} order by {order.clause_by_name()} {self._slice()}"
        counted = ", (select count(*) from candidate) as candidates"
        return f"with candidate as materialized ({candidates}) {self._rows(chosen, order, counted)}"

    def _slice(self) -> str:
        window = self.search.window
        return f"limit {self.bind(window.limit + 1)}::bigint offset {self.bind(window.offset)}::bigint"

    def _rows(self, chosen: str, order: Order, extra: str) -> str:
        """Fetch whole documents only for the page that was chosen by its keys."""
        texts = "".join(f", chosen.{name}::text as {name}" for name in order.aliases)
        tenant, kind = self.bind(self.search.tenant), literal(self.search.resource.kind)
        return (
            f"select resource.id, resource.version, resource.document{texts}{extra} from ({chosen}) as chosen "
            f"join resource on resource.tenant = {tenant} and resource.kind = {kind} and resource.id = chosen.id "
            f"order by {order.clause_by_name('chosen.')}"
        )
