"""Finding documents: a page of a filtered, ordered list, and how many there are in all.

Two plans. A selective filter (equality that the GIN index answers) first collects at most 10,001 ids: if that is all,
the page is sorted among them and the total is known. Otherwise the list is walked in its order and filtered on the way.
Neither depends on how well the planner guesses the selectivity of JSON.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import asyncpg
import msgspec

from spanco.kernel.openapi import Resource
from spanco.kernel.paging import Window
from spanco.kernel.query.ast import EVERYTHING, Compare, Condition, Op
from spanco.kernel.query.sql import selective, where
from spanco.store.database import Connection, atomic
from spanco.store.documents import Row, partition, view
from spanco.store.order import Order
from spanco.store.statements import literal, statement

COUNTED = 10_000
_LARGE = 50_000
_SAMPLE = 30_000


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
    """What is looked for, now or as it stood at the moment `as_of`."""

    resource: Resource
    tenant: str
    parent: str | None
    condition: Condition
    window: Window
    count_exactly: bool = False
    as_of: datetime | None = None


async def find(connection: Connection, search: Search) -> Found:
    """The page and the total of a search."""
    if search.as_of is None:
        return await _find(connection, search)
    async with atomic(connection):
        # The ids of what changed since must fit into a hash table, else each row is compared with each of them.
        await connection.execute("set local work_mem = '64MB'")
        return await _find(connection, search)


async def _find(connection: Connection, search: Search) -> Found:
    if selective(search.condition, search.resource.indexed):
        sql = _Sql(search)
        records = await connection.fetch(sql.page_of_candidates(), *sql.values)
        if not records or records[0]["total"] <= COUNTED:
            return await _counted(connection, search, records)
    sql = _Sql(search)
    return await _counted(connection, search, await connection.fetch(sql.page(), *sql.values))


async def _counted(connection: Connection, search: Search, records: Sequence[asyncpg.Record]) -> Found:
    """The page with its total, by the cheapest way that is right."""
    window = search.window
    from_start = window.after is None and window.before is None and window.limit > 0
    if from_start and len(records) <= window.limit and (records or not window.offset):
        return _found(search, records, window.offset + len(records), exact=True)
    if not records:
        sql = _Sql(search)
        total = await connection.fetchval(_named(search) + sql.count(COUNTED + 1), *sql.values)
    else:
        total = records[0]["total"]
    if total is not None and (search.count_exactly or total <= COUNTED):
        return _found(search, records, total, exact=True)
    return _found(search, records, *await _beyond(connection, search, total, records))


async def _beyond(
    connection: Connection, search: Search, counted: int | None, records: Sequence[asyncpg.Record]
) -> tuple[int, bool]:
    """The total of many matches: what the planner believes, where it can know; (total, exact).

    `counted` is None when the kind is so large that the count was left out of the page. Of the past the planner knows
    nothing, so the present stands for it.
    """
    sql = _Sql(replace(search, as_of=None))
    plan = await connection.fetchval(f"explain (format json) {sql.matching('1')}", *sql.values)
    believed = int(msgspec.json.decode(plan)[0]["Plan"]["Plan Rows"])
    if counted is not None:
        return max(believed, counted), False
    doubt = _doubt(search.condition, believed, records[0]["size"]) + records[0]["changes"]
    if believed - doubt > COUNTED:
        return believed, False
    sql = _Sql(search)
    total = await connection.fetchval(sql.count(COUNTED + 1), *sql.values)
    return (total, True) if total <= COUNTED else (max(believed, total), False)


def _doubt(condition: Condition, believed: int, rows: float) -> float:
    """By how much an estimate may be too high: five standard deviations of the sample that `analyze` takes.

    A range is known by a histogram of a hundred parts, so it may be wrong by one of them.
    """
    deviation = 5 * math.sqrt(believed * max(1.0, rows / _SAMPLE))
    is_range = isinstance(condition, Compare) and condition.op is not Op.EQ
    return deviation + (rows / 100 if is_range else 0)


def _found(search: Search, records: Sequence[asyncpg.Record], total: int, exact: bool) -> Found:  # noqa: FBT001
    more = len(records) > search.window.limit
    kept = list(records[: search.window.limit])
    if search.window.before is not None:
        kept.reverse()
    rows = [Row(each["id"], each["version"], each["document"]) for each in kept]
    aliases = Order(search.resource, search.window).aliases
    places = [tuple(each[alias] for alias in aliases) for each in kept]
    return Found(rows, places, total, exact, more)


def _guessed_well(search: Search) -> bool:
    """Whether the planner has statistics for exactly this filter: none at all, or one comparison that is indexed."""
    condition = search.condition
    if search.parent is not None or search.as_of is not None or search.resource.is_view:
        return False
    if isinstance(condition, Compare):
        return len(condition.path) == 1 and condition.path[0] in search.resource.indexed
    return condition == EVERYTHING


def _named(search: Search, *more: str) -> str:
    """What a statement begins with: the sets that it names; `resource` is one of them for the past and for views."""
    if search.resource.is_view:
        meant = [f"resource as not materialized (select * from {view(search.resource.kind)})"]
    else:
        meant = [] if search.as_of is None else [statement("rewound", search.resource.kind)]
    return f"with {', '.join([*meant, *more])} " if meant or more else ""


@dataclass(slots=True)
class _Sql:
    """Builds the statements of one search; values are always parameters."""

    search: Search
    values: list[object] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.search.as_of is not None:
            self.values += [self.search.tenant, self.search.as_of]  # what `_named` speaks of as $1 and $2

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
        return _named(self.search) + self._rows(
            f"{chosen} order by {order.clause()} {self._slice()}", order, self._total()
        )

    def _total(self) -> str:
        """The count as a column, evaluated once; left out (null) where the planner's estimate may do.

        Beside it, for that case, how many rows of the kind there were at the last `analyze` and how many changed since.
        """
        if self.search.count_exactly:
            return f"({self.count(None)}) as total"
        counted = f"({self.count(COUNTED + 1)})"
        if not _guessed_well(self.search):
            return f"{counted} as total"
        table = literal(partition(self.search.resource.kind))
        size = f"(select reltuples::float8 from pg_class where oid = {table}::regclass)"
        changes = f"coalesce(pg_stat_get_mod_since_analyze({table}::regclass), 0)"
        return f"case when {size} <= {_LARGE} then {counted} end as total, {size} as size, {changes} as changes"

    def page_of_candidates(self) -> str:
        order = Order(self.search.resource, self.search.window)
        beyond = order.beyond(self.bind)
        candidates = f"select id{order.columns()} from resource where {self.conditions()} limit {COUNTED + 1}"
        inside = f" where {' and '.join(order.by_name(each) for each in beyond)}" if beyond else ""
        names = order.names()
        chosen = f"select id{names} from candidate{inside} order by {order.clause_by_name()} {self._slice()}"
        rows = self._rows(chosen, order, "(select count(*) from candidate) as total")
        return _named(self.search, f"candidate as materialized ({candidates})") + rows

    def _slice(self) -> str:
        window = self.search.window
        offset = f" offset {window.offset}" if window.offset else ""
        return f"limit {window.limit + 1}{offset}"  # whole numbers, not parameters: the plan is then kept

    def _rows(self, chosen: str, order: Order, total: str) -> str:
        """Fetch whole documents only for the page that was chosen by its keys."""
        texts = "".join(f", chosen.{name}::text as {name}" for name in order.aliases)
        tenant, kind = self.bind(self.search.tenant), literal(self.search.resource.kind)
        within = ""
        if self.search.resource.is_view and self.search.resource.parent:  # one row may stand under several parents
            within = f" and resource.parent = {self.bind(self.search.parent)}"
        return (
            f"select resource.id, resource.version, resource.document, {total}{texts} "
            f"from ({chosen}) as chosen "
            f"join resource on resource.tenant = {tenant} and resource.kind = {kind} "
            f"and resource.id = chosen.id{within} "
            f"order by {order.clause_by_name('chosen.')}"
        )
