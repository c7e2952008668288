"""A hundred thousand leads walked page by page while others come and go: what stays is met exactly once."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote

import pytest

from spanco import clock
from spanco.access.actor import ANONYMOUS
from spanco.app import running
from spanco.kernel.paging import Key, spell_cursor
from spanco.kernel.wire import Document, Json, encode
from spanco.settings import Settings
from spanco.store.documents import NewRow, insert_many
from tests.rest.server import LEADS, Client, Server, clients, fresh_database, serving

_STABLE = 100_000
_LIMIT = 1000
_ID = re.compile(rb'\{"id": ?"([0-9a-f-]{36})", ?"href"')
_LINK = re.compile(r'<([^>]+)>; rel="(\w+)"')
_ORDERS = ("", "-creationDate", "name", "-estimatedRevenue.value")


@dataclass(frozen=True, slots=True)
class Hall:
    """A server and the ids of the leads that stay."""

    server: Server
    stable: frozenset[str]


def lead(number: int) -> Document:
    """Names and moments repeat; of the nested numbers some are missing, null, equal, or equal but spelled otherwise."""
    moment = f"2026-01-{number % 28 + 1:02}T{number % 24:02}:00:00.{number % 7:03}Z"
    value: dict[int, Json] = {0: None, 1: number % 50, 2: Decimal(f"{number % 50}.50"), 3: Decimal(f"{number % 50}.0")}
    revenue: Document = {"estimatedRevenue": {"unit": "EUR", "value": value[number % 4]}} if number % 5 else {}
    name = ("Ä", "a", "Z", "z", "é", "中", "😀", " ")[number % 8] + str(number % 3000)
    return {"name": name, "@type": "SalesLead", "status": "acknowledged", "creationDate": moment, **revenue}


async def filled(url: str) -> frozenset[str]:
    """Insert the leads that stay."""
    async with running(Settings(database_url=url, statement_timeout_ms=60_000)) as system:
        resource = system.resource("sales", "salesLead")
        ids: list[str] = []
        async with system.work(ANONYMOUS) as work:
            for begin in range(0, _STABLE, 5000):
                batch = range(begin, begin + 5000)
                rows = [NewRow(clock.new_id(), None, encode(lead(each)), clock.new_id()) for each in batch]
                ids += await insert_many(work.connection, resource, work.stamp(), "SalesLeadCreateEvent", rows)
            await work.connection.execute("analyze")
    return frozenset(ids)


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """A server with a hundred thousand leads."""
    folder = tmp_path_factory.mktemp("hall")
    with fresh_database(folder) as url, serving(folder, database_url=url) as server:
        yield Hall(server, asyncio.run(filled(url)))


def link_of(headers: dict[str, str], relation: str) -> str | None:
    """The target of a link, without the host."""
    links = {name: target for target, name in _LINK.findall(headers.get("link", ""))}
    return links[relation].removeprefix("http://127.0.0.1") if relation in links else None


async def walked(client: Client, target: str | None, relation: str) -> AsyncIterator[tuple[str, list[str]]]:
    """Every page from here on, as its target and the ids in it."""
    while target:
        answer = await client.ask("GET", target)
        assert answer.status in {200, 206}, answer.body
        ids = [each.decode() for each in _ID.findall(answer.body)]
        assert len(ids) == int(answer.headers["x-result-count"])
        yield target, ids
        target = link_of(dict(answer.headers), relation)


async def coming_and_going(client: Client, stop: asyncio.Event) -> int:
    """Other leads are created everywhere in the order, changed, and deleted again."""
    number = 0
    while not stop.is_set():
        number += 1
        passing = {**lead(number * 37), "name": f"{lead(number * 37)['name']} passing"}
        created = await client.ask("POST", LEADS, passing)
        path = created.headers["location"].removeprefix("http://127.0.0.1")
        changed = await client.ask("PATCH", path, {"name": f"A{number}", "estimatedRevenue": {"value": number}})
        assert (created.status, changed.status) == (201, 200)
        if number % 3:
            assert (await client.ask("DELETE", path)).status == 204
        await asyncio.sleep(0.01)
    return number


@pytest.mark.parametrize("order", _ORDERS)
async def test_a_walk_meets_every_lead_that_stays_exactly_once(hall: Hall, order: str) -> None:
    """Forwards by `next` to the end and back by `prev` to the beginning."""
    stop = asyncio.Event()
    sort = f"&sort={order}" if order else ""
    async with clients(hall.server.port, 2) as (walker, other):
        traffic = asyncio.create_task(coming_and_going(other, stop))
        pages = [page async for page in walked(walker, f"{LEADS}?fields=none&limit={_LIMIT}{sort}", "next")]
        last = pages[-1][0]
        back = [page async for page in walked(walker, last, "prev")]
        stop.set()
        assert await traffic > 20
    forwards = [id_ for _, ids in pages for id_ in ids if id_ in hall.stable]
    assert len(forwards) == _STABLE
    assert frozenset(forwards) == hall.stable
    backwards = [id_ for _, ids in reversed(back) for id_ in ids if id_ in hall.stable]
    assert backwards == forwards


async def test_the_order_of_a_walk_is_the_order_that_was_asked_for(hall: Hall) -> None:
    """Names by code point; numbers by value, whatever their spelling; what is missing comes last in every order."""

    async def values(query: str, name: str) -> list[Json]:
        answer = await client.ask("GET", f"{LEADS}?limit=500&fields=name,estimatedRevenue&{query}")
        assert isinstance(answer.json, list)
        return [each.get(name) for each in answer.json if isinstance(each, dict)]

    async with clients(hall.server.port, 1) as (client,):
        names = [str(each) for each in await values("sort=name&offset=50000", "name")]
        assert names == sorted(names)
        for sign in ("", "-"):
            sort = f"sort={sign}estimatedRevenue.value"
            revenues = await values(f"{sort}&offset=30000", "estimatedRevenue")
            numbers = [Decimal(str(each["value"])) for each in revenues if isinstance(each, dict)]
            assert numbers == sorted(numbers, reverse=bool(sign))
            assert len(set(numbers)) > 1
            last = await values(f"{sort}&offset=99500", "estimatedRevenue")
            assert {each["value"] if isinstance(each, dict) else None for each in last} == {None}


@pytest.fixture
async def cursor(hall: Hall) -> str:
    """A cursor of the list by name."""
    async with clients(hall.server.port, 1) as (client,):
        answer = await client.ask("GET", f"{LEADS}?limit=1&fields=none&sort=name")
    target = link_of(dict(answer.headers), "next")
    assert target is not None
    return target.partition("after=")[2].partition("&")[0]


async def test_a_cursor_of_another_order_is_refused(hall: Hall, cursor: str) -> None:
    """Also of the same attributes in another direction, or of none."""
    async with clients(hall.server.port, 1) as (client,):
        assert (await client.ask("GET", f"{LEADS}?sort=name&after={cursor}&limit=1")).status in {200, 206}
        for sort in ("", "&sort=-name", "&sort=name,id", "&sort=creationDate", "&sort=name.x", "&sort=Name"):
            for name in ("after", "before"):
                answer = await client.ask("GET", f"{LEADS}?{name}={cursor}{sort}")
                assert answer.status == 400, sort
                assert b"'after'" in answer.body or b"'before'" in answer.body


async def test_a_cursor_that_was_tampered_with_is_refused(hall: Hall, cursor: str) -> None:
    """One character more, less or other, anywhere in it."""
    changed = [cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :] for at in range(len(cursor) - 1)]
    cut = [cursor[:at] for at in range(len(cursor) - 1)]
    async with clients(hall.server.port, 1) as (client,):
        for each in [*changed, *cut, cursor + "AAAA", "AAAA" + cursor]:
            answer = await client.ask("GET", f"{LEADS}?sort=name&after={quote(each)}&limit=1")
            assert answer.status == 400, each


@pytest.mark.parametrize(
    ("sort", "values"),
    [
        ("name", []),
        ("name", ["a", "b"]),
        ("-estimatedRevenue.value", ["no number"]),
        ("-estimatedRevenue.value", ["1e999999"]),
        ("-estimatedRevenue.value", ["NaN"]),
        ("-estimatedRevenue.value", []),
        ("", ["a"]),
    ],
)
async def test_a_forged_cursor_does_no_harm(hall: Hall, sort: str, values: list[str]) -> None:
    """Who computes a cursor that we never gave gets an error or a page, never a failure of ours."""
    keys = [Key(tuple(sort.lstrip("-").split(".")), descending=sort.startswith("-"))] if sort else []
    forged = spell_cursor(keys, values, "x")
    async with clients(hall.server.port, 1) as (client,):
        answer = await client.ask("GET", f"{LEADS}?sort={sort}&after={forged}&limit=1")
        assert answer.status in {200, 206, 400}


def test_a_page_far_inside_is_not_asked_for_by_offset(hall: Hall) -> None:
    """An offset has an end; the message names the way to go on."""
    answer = hall.server.get(f"{LEADS}?offset=10000001")
    assert answer.status_code == 400
    assert "cursor" in answer.json()["message"]
    assert hall.server.get(f"{LEADS}?offset=99990&limit=5&fields=none").headers["x-result-count"] == "5"
