"""Lists beyond what is counted: both plans, estimates that say so, exact counts on demand."""

from dataclasses import replace

import httpx
import pytest

from spanco import clock
from spanco.access.actor import Actor
from spanco.app import Running
from spanco.kernel.wire import encode
from spanco.store.documents import NewRow, Stamp, insert_many, partition
from spanco.work import Cause
from tests.system import caller, surface_of

MANY = 12_000


@pytest.fixture(scope="module")
async def crowd(system: Running) -> Running:
    """A tenant with 12,000 leads: all of one party, two of another, half of them hot."""
    mine = replace(system, actor=Actor(f"crowd-{clock.new_id()}", "tester", frozenset({"admin"})))
    lead = mine.resource("sales", "salesLead")
    async with mine.work(mine.actor, Cause()) as work:
        stamp = Stamp(mine.actor.tenant, "tester", clock.now(), b"{}", None)
        for first in range(0, MANY, 2000):
            rows = [NewRow(clock.new_id(), None, _lead(first + each), clock.new_id()) for each in range(2000)]
            await insert_many(work.connection, lead, stamp, "SalesLeadCreateEvent", rows)
        await work.connection.execute(f"analyze {partition(lead.kind)}")
    return mine


def _lead(number: int) -> bytes:
    parties = [{"id": "everybody"}, *([{"id": "rare"}] if number in {5, 7000} else [])]
    return encode(
        {
            "name": f"Lead {number:05}",
            "rating": "hot" if number % 2 else "cold",
            "creationDate": f"2026-01-01T00:00:{number // 1000:02}.{number % 1000:03}Z",
            "relatedParty": parties,
            "estimatedRevenue": {"value": number},
        }
    )


@pytest.fixture
async def leads(crowd: Running) -> httpx.AsyncClient:
    """A client of the crowded tenant."""
    return caller(surface_of(crowd), "/tmf-api/sales/v4/")


@pytest.mark.parametrize(
    ("query", "total"),
    [("rating=hot", 6000), ("relatedParty.id=rare", 2), ("relatedParty.id=rare&rating=hot", 1), ("id=none", 0)],
)
async def test_up_to_ten_thousand_matches_are_counted(leads: httpx.AsyncClient, query: str, total: int) -> None:
    """On every page, whatever its place."""
    for place in ("limit=1", "limit=1&offset=1", "limit=0", "limit=5&sort=-creationDate&offset=9000"):
        answer = await leads.get(f"salesLead?{query}&{place}")
        assert answer.headers["x-total-count"] == str(total)
        assert "preference-applied" not in answer.headers


@pytest.mark.parametrize("query", ["", "relatedParty.id=everybody", "name.gt=Lead 0", "rating=hot,cold"])
async def test_more_matches_are_estimated_and_the_answer_says_so(leads: httpx.AsyncClient, query: str) -> None:
    """Unless an exact count is asked for; a partial page is 206 either way."""
    path = f"salesLead?{query}&limit=10&sort=name"
    answer = await leads.get(path)
    assert (answer.status_code, answer.headers["preference-applied"]) == (206, "count=estimated")
    assert int(answer.headers["x-total-count"]) > 10_000
    assert [each["name"] for each in answer.json()] == [f"Lead {number:05}" for number in range(10)]
    exact = await leads.get(path, headers={"prefer": "count=exact"})
    assert (exact.headers["x-total-count"], exact.headers["preference-applied"]) == (str(MANY), "count=exact")


async def test_a_rare_value_is_found_in_any_order(leads: httpx.AsyncClient) -> None:
    """The page is sorted among its candidates."""
    answer = await leads.get("salesLead?relatedParty.id=rare&sort=-estimatedRevenue.value")
    assert [each["name"] for each in answer.json()] == ["Lead 07000", "Lead 00005"]
    page = await leads.get("salesLead?relatedParty.id=rare&sort=-estimatedRevenue.value&limit=1")
    following = await leads.get(page.links["next"]["url"])
    assert [each["name"] for each in following.json()] == ["Lead 00005"]


async def test_the_usual_questions_are_answered_by_indexes(crowd: Running) -> None:
    """Plans are pinned: no scan of the whole table."""
    lead = crowd.resource("sales", "salesLead")
    table, tenant = partition(lead.kind), crowd.actor.tenant
    questions = {
        "sales.salesLead creationDate": (
            "tenant = $1 order by ((document ->> 'creationDate') collate \"C\") desc, id desc limit 20"
        ),
        "sales.salesLead any": 'document @@ \'$."relatedParty"."id" == "rare"\' and tenant = $1',
        "pkey": "tenant = $1 and kind = 'sales.salesLead' order by id limit 20",
    }
    async with crowd.database.connected() as connection:
        await connection.execute("set enable_seqscan = off")
        for index, question in questions.items():
            sql = f"explain select id from {table} where {question}"  # noqa: S608 - both are written above
            rows = await connection.fetch(sql, tenant)
            plan = "\n".join(row[0] for row in rows)
            assert index in plan, plan
        await connection.execute("reset enable_seqscan")
