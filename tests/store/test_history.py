"""The past is what was written: documents and lists as of any moment agree with a model that kept every state."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spanco import clock
from spanco.app import Running
from spanco.kernel.openapi import Resource
from spanco.kernel.paging import Window, spell_cursor, window
from spanco.kernel.query.params import parse_query
from spanco.kernel.wire import Document, decode_stored, encode
from spanco.store import documents, history
from spanco.store.database import Connection
from spanco.store.documents import Change, NewRow, Row, Stamp, insert_many, partition
from spanco.store.search import COUNTED, Found, Search, find
from spanco.store.statements import statement

EXAMPLES = max(1, int(os.environ.get("SPANCO_PAIRS", "10000")) // 400)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)

State = Mapping[str, tuple[int, Document]]  # which resources there are, each with its version and its document


@dataclass(frozen=True, slots=True)
class Step:
    """Create or change the resource of this number, or delete it; so many milliseconds after the step before."""

    number: int
    document: Document | None
    later: int
    events: int


@dataclass(slots=True)
class Past:
    """Writes what steps say, and keeps every state with the moment since when it stands."""

    connection: Connection
    resource: Resource
    tenant: str = field(default_factory=lambda: f"t-{clock.new_id()}")
    states: list[tuple[datetime, State]] = field(default_factory=lambda: [(BEGIN, {})])
    ids: dict[int, str] = field(default_factory=dict)

    async def write(self, step: Step) -> None:
        """One step; to delete what is not there is none."""
        moment = self.states[-1][0] + timedelta(milliseconds=step.later)
        state = dict(self.states[-1][1])
        stamp = Stamp(self.tenant, "tester", moment, b"{}", None)
        there = self.ids.get(step.number)
        if there:
            version, document = state.pop(there)
            row = Row(there, version, encode(document))
            if step.document is None:
                del self.ids[step.number]
                assert await documents.delete(self.connection, self.resource, stamp, row, (clock.new_id(), "Deleted"))
            else:
                events = tuple((clock.new_id(), "Changed") for _ in range(step.events))
                change = Change(encode(step.document), (), events)
                assert await documents.update(self.connection, self.resource, stamp, row, change)
                state[there] = (version + 1, step.document)
        elif step.document is not None:
            new = NewRow(clock.new_id(), None, encode(step.document), clock.new_id())
            await documents.insert(self.connection, self.resource, stamp, "Created", new)
            self.ids[step.number] = new.id
            state[new.id] = (1, step.document)
        self.states.append((moment, state))

    def at(self, moment: datetime) -> State:
        """The state that stood at a moment: the last that was written by then."""
        return next((state for since, state in reversed(self.states) if since <= moment), {})

    def moments(self) -> list[datetime]:
        """Every moment of a write, the milliseconds beside it, long before and long after."""
        near = {since + timedelta(milliseconds=by) for since, _ in self.states for by in (-1, 0, 1)}
        return sorted({*near, BEGIN - timedelta(days=9), BEGIN + timedelta(days=9)})

    async def page(self, query: str, moment: datetime, **place: str) -> tuple[Found, Window]:
        """One page of a list as of a moment."""
        asked, condition = parse_query(query.encode())
        view = window(asked | place, default=100, maximum=100)
        search = Search(self.resource, self.tenant, None, condition, view, as_of=moment)
        return await find(self.connection, search), view

    async def walked(self, query: str, moment: datetime) -> tuple[list[Row], list[Row], set[int]]:
        """A list walked by cursors to its end, and back again from its last row; and every total that was told."""
        found, view = await self.page(query, moment)
        rows, totals = found.rows, {found.total}
        while found.more:
            found, view = await self.page(query, moment, after=cursor(view, found, -1))
            rows, totals = rows + found.rows, totals | {found.total}
        back = rows[-1:]
        more, place = bool(rows), -1
        while more:
            found, view = await self.page(query, moment, before=cursor(view, found, place))
            back, totals = found.rows + back, totals | {found.total}
            more, place = found.more, 0
        return rows, back, totals


def cursor(view: Window, found: Found, place: int) -> str:
    """The cursor of the first or the last row of a page."""
    return spell_cursor(view.keys, found.places[place], found.rows[place].id)


@dataclass(frozen=True, slots=True)
class Question:
    """A list as it is asked for, and what the answer is made of: which documents, in which order."""

    query: str
    wanted: Callable[[Document], bool]
    order: Callable[[str, Document], Any]
    falling: bool = False

    def answer(self, state: State) -> list[tuple[str, int, Document]]:
        """What a list of this state must be."""
        found = [(id_, version, document) for id_, (version, document) in state.items() if self.wanted(document)]
        return sorted(found, key=lambda each: self.order(each[0], each[2]), reverse=self.falling)


def by_name(id_: str, document: Document) -> Any:
    """Names, then ids."""
    return document["name"], id_


def by_revenue(id_: str, document: Document) -> Any:
    """Revenues, the missing ones last, then ids."""
    revenue: Any = document.get("estimatedRevenue")
    return (1, 0, id_) if revenue is None else (0, revenue["value"], id_)


QUESTIONS = (
    Question("limit=2", lambda _: True, lambda id_, _: id_),
    Question("limit=1&sort=-name", lambda _: True, by_name, falling=True),
    Question("limit=2&sort=name&rating=hot", lambda lead: lead.get("rating") == "hot", by_name),
    Question("limit=1&sort=name&name=a,c", lambda lead: lead["name"] in {"a", "c"}, by_name),
    Question("limit=2&sort=estimatedRevenue.value", lambda _: True, by_revenue),
    Question(
        "limit=1&sort=estimatedRevenue.value&relatedParty.id=7",
        lambda lead: {"id": "7"} in list(lead["relatedParty"]),  # type: ignore[arg-type]
        by_revenue,
    ),
)


leads = st.fixed_dictionaries(
    {"name": st.sampled_from("abc"), "relatedParty": st.lists(st.sampled_from([{"id": "7"}, {"id": "8"}]), max_size=2)},
    optional={
        "rating": st.sampled_from(["hot", "cold"]),
        "estimatedRevenue": st.builds(lambda value: {"value": value}, st.integers(0, 2)),
    },
)
steps = st.builds(Step, st.integers(0, 3), st.none() | leads | leads, st.integers(0, 2), st.integers(1, 2))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(written=st.lists(steps, min_size=1, max_size=12))
async def test_the_past_is_what_was_written(system: Running, written: list[Step]) -> None:
    """Single reads and lists with filters, orders and cursors at every moment; writes of one millisecond are one."""
    async with system.database.connected() as connection:
        past = Past(connection, system.resource("sales", "salesLead"))
        for step in written:
            await past.write(step)
        ids = {id_ for _, state in past.states for id_ in state}
        for moment in past.moments():
            state = past.at(moment)
            for id_ in ids:
                row = await history.read(connection, past.resource.kind, past.tenant, (id_, None), moment)
                assert (row and (row.version, decode_stored(row.document))) == state.get(id_)
            for question in QUESTIONS:
                rows, back, totals = await past.walked(question.query, moment)
                expected = question.answer(state)
                assert [(row.id, row.version, decode_stored(row.document)) for row in rows] == expected
                assert back == rows
                assert totals == {len(expected)}


@pytest.fixture(scope="module")
async def crowd(system: Running) -> Running:
    """A tenant with more leads than are counted, written at one moment, and half of them deleted a day later."""
    mine = replace(system, actor=replace(system.actor, tenant=f"crowd-{clock.new_id()}"))
    lead = mine.resource("sales", "salesLead")
    async with mine.database.connected() as connection:
        stamp = Stamp(mine.actor.tenant, "tester", BEGIN, b"{}", None)
        for first in range(0, 12_000, 3000):
            names = [f"Lead {first + each:05}" for each in range(3000)]
            rows = [NewRow(clock.new_id(), None, encode({"name": name}), clock.new_id()) for name in names]
            await insert_many(connection, lead, stamp, "Created", rows)
        await connection.execute(
            "with gone as (delete from resource where tenant = $1 and document->>'name' < 'Lead 06000' returning *) "
            "insert into event (tenant, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at, "
            "actor, cause, changed, before) "
            "select tenant, kind, id, parent, 2, 0, id, 'Deleted', $2, 'tester', '{}', '{}', document from gone",
            mine.actor.tenant,
            BEGIN + timedelta(days=1),
        )
        await connection.execute(f"analyze {partition(lead.kind)}, event")
    return mine


async def test_a_large_past_is_estimated_unless_it_is_to_be_counted(crowd: Running) -> None:
    """Like a large present: at least what was counted, and the answer says so."""
    asked, condition = parse_query(b"limit=2&sort=name")
    view = window(asked, default=100, maximum=100)
    lead = crowd.resource("sales", "salesLead")
    search = Search(lead, crowd.actor.tenant, None, condition, view, as_of=BEGIN)
    async with crowd.database.connected() as connection:
        estimated = await find(connection, search)
        counted = await find(connection, replace(search, count_exactly=True))
        today = await find(connection, replace(search, as_of=BEGIN + timedelta(days=1)))
        beyond = await find(connection, replace(search, window=replace(view, offset=20_000)))
    for found in (estimated, counted):
        names = [decode_stored(row.document) for row in found.rows]
        assert names == [{"name": "Lead 00000"}, {"name": "Lead 00001"}]
    assert not estimated.exact
    assert estimated.total > COUNTED
    assert (counted.exact, counted.total) == (True, 12_000)
    assert (today.exact, today.total, len(today.rows)) == (True, 6000, 2)
    assert (beyond.rows, beyond.exact) == ([], False)


async def test_a_recent_past_is_read_by_the_indexes_of_the_present(crowd: Running) -> None:
    """Pinned: the list is walked in its order, and only what changed since is sorted in."""
    kind = crowd.resource("sales", "salesLead").kind
    sql = (
        f"explain with {statement('rewound', kind)} select id from resource where tenant = $3 and kind = '{kind}' "  # noqa: S608
        "order by ((document ->> 'creationDate') collate \"C\") desc, id desc limit 20"
    )
    async with crowd.database.connected() as connection:
        rows = await connection.fetch(sql, crowd.actor.tenant, BEGIN + timedelta(days=1), crowd.actor.tenant)
    plan = "\n".join(row[0] for row in rows)
    assert "Merge Append" in plan, plan
    assert '"sales.salesLead creationDate"' in plan, plan
    assert "hashed SubPlan" in plan, plan


async def test_the_log_says_since_when_it_is_whole(system: Running) -> None:
    """Since ever, until something is taken out of it."""
    async with system.database.connected() as connection:
        attempt = connection.transaction()
        await attempt.start()
        await connection.execute("delete from pruned")
        assert await history.kept_since(connection) is None
        await connection.execute("insert into pruned values ($1)", BEGIN)
        assert await history.kept_since(connection) == BEGIN
        await attempt.rollback()
