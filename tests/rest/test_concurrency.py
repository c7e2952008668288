"""Many clients at once on a real server: nothing is lost, nothing happens twice, and each is told what became of it."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from spanco.kernel.wire import Json
from tests.rest.server import LEADS, Answer, Client, Server, clients, fresh_database, serving

_CLIENTS = 100
_INCREMENTS = int(os.environ.get("SPANCO_TEST_INCREMENTS", "20"))
_KEYS = 200
_REPEATS = 20


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of its own."""
    with fresh_database(tmp_path_factory.mktemp("concurrency")) as url:
        yield url


@pytest.fixture(scope="module")
def server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on it."""
    with serving(tmp_path_factory.mktemp("server"), database_url=database) as served:
        yield served


@asynccontextmanager
async def looking_into(database: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection past the server."""
    connection = await asyncpg.connect(database)
    try:
        yield connection
    finally:
        await connection.close()


def id_of(answer: Answer) -> str:
    """The id of the lead in an answer."""
    assert isinstance(answer.json, dict)
    return str(answer.json["id"])


def lead_of(answer: Answer) -> dict[str, Json]:
    """The lead in an answer."""
    assert isinstance(answer.json, dict)
    return answer.json


async def created(port: int, **attributes: Json) -> str:
    """The path of a new lead."""
    async with clients(port, 1) as (one,):
        return f"{LEADS}/{id_of(await one.ask('POST', LEADS, {'name': 'A lead', **attributes}))}"


async def increment(client: Client, path: str, times: int, refused: Counter[int]) -> None:
    """Read, add one, write if nobody else did; again, a little later, when somebody did."""
    pause = 0.01
    while times:
        read = await client.ask("GET", path)
        count = lead_of(read)["count"]
        assert isinstance(count, int)
        answer = await client.ask("PATCH", path, {"count": count + 1}, if_match=read.headers["etag"])
        refused[answer.status] += 1
        if answer.status == 200:
            times, pause = times - 1, 0.01
        else:
            pause = min(pause * 2, 1.0)
            await asyncio.sleep(random.uniform(0, pause))


async def test_a_hundred_clients_with_if_match_count_exactly(server: Server, database: str) -> None:
    """Whoever is too late is told so with 412; the count, the version and the events are those of the others."""
    path = await created(server.port, count=0)
    answered: Counter[int] = Counter()
    async with clients(server.port, _CLIENTS) as connected:
        await asyncio.gather(*(increment(each, path, _INCREMENTS, answered) for each in connected))
    async with clients(server.port, 1) as (late,):  # the first of the others may have been idle for too long
        lead = await late.ask("GET", path)
    expected = _CLIENTS * _INCREMENTS
    assert lead_of(lead)["count"] == expected == answered[200]
    assert set(answered) == {200, 412}
    assert lead.headers["etag"] == f'"{expected + 1}"'
    async with looking_into(database) as connection:
        events = await connection.fetch(
            "select version, after->>'count' as count from event where resource_id = $1 order by version",
            path.rpartition("/")[2],
        )
    assert [(each["version"], each["count"]) for each in events] == [(n + 1, str(n)) for n in range(expected + 1)]


async def test_unconditional_patches_are_applied_one_after_the_other(server: Server) -> None:
    """JSON Patch adds of fifty clients to one list: each of them is in it, once."""
    path = await created(server.port, note=[])

    async def append(client: Client, number: int) -> None:
        for turn in range(10):
            note: Json = {"id": f"{number}-{turn}", "text": "seen"}
            change: Json = [{"op": "add", "path": "/note/-", "value": note}]
            answer = await client.ask("PATCH", path, change, content_type="application/json-patch+json")
            assert answer.status == 200

    async with clients(server.port, 50) as connected:
        await asyncio.gather(*(append(each, number) for number, each in enumerate(connected)))
        lead = await connected[0].ask("GET", path)
    notes = lead_of(lead)["note"]
    assert isinstance(notes, list)
    assert len(notes) == 500
    assert {each["id"] for each in notes if isinstance(each, dict)} == {
        f"{n}-{t}" for n in range(50) for t in range(10)
    }
    assert lead.headers["etag"] == '"501"'


async def test_changes_of_different_attributes_do_not_undo_each_other(server: Server) -> None:
    """Merge patches of forty clients, each of its own attribute."""
    path = await created(server.port)
    async with clients(server.port, 40) as connected:
        asked = [each.ask("PATCH", path, {f"x{number}": number}) for number, each in enumerate(connected)]
        assert {each.status for each in await asyncio.gather(*asked)} == {200}
        lead = lead_of(await connected[0].ask("GET", path))
    assert {name: value for name, value in lead.items() if name.startswith("x")} == {f"x{n}": n for n in range(40)}


async def test_a_delete_meets_changes_and_exactly_one_client_deletes(server: Server, database: str) -> None:
    """The others find nothing; no event comes after the end."""
    path = await created(server.port)
    async with clients(server.port, 40) as connected:
        asked = [
            each.ask("DELETE", path) if number % 2 else each.ask("PATCH", path, {"x": number})
            for number, each in enumerate(connected)
        ]
        answers = await asyncio.gather(*asked)
    assert [each.status for each in answers].count(204) == 1
    assert {each.status for each in answers} <= {200, 204, 404}
    async with looking_into(database) as connection:
        types = await connection.fetch("select type from event where resource_id = $1 order by version", path[-36:])
    assert [each["type"] for each in types].index("SalesLeadDeleteEvent") == len(types) - 1


async def posted(connected: list[Client], key: str, content: Json, **headers: str) -> list[Answer]:
    """The answers to the same request on every connection at once."""
    return list(
        await asyncio.gather(*(each.ask("POST", LEADS, content, idempotency_key=key, **headers) for each in connected))
    )


async def test_parallel_repeats_with_an_idempotency_key_create_one_lead(database: str, tmp_path: Path) -> None:
    """All answers are one and the same, or 409 while the first is served; also after the server was started again."""
    ids: dict[str, str] = {}
    with serving(tmp_path, database_url=database) as server:
        async with clients(server.port, _REPEATS) as connected:
            for number in range(_KEYS):
                key = f"key-{number}"
                answers = await posted(connected, key, {"name": f"Repeated {number}"})
                assert {each.status for each in answers} <= {201, 409}
                told = {
                    (each.body, each.headers["location"], each.headers["etag"])
                    for each in answers
                    if each.status == 201
                }
                assert len(told) == 1, "two answers to one key"
                ids[key] = id_of(next(each for each in answers if each.status == 201))
    with serving(tmp_path, database_url=database) as server:
        async with clients(server.port, 1) as (one,):
            for number in range(_KEYS):
                again = await one.ask("POST", LEADS, {"name": f"Repeated {number}"}, idempotency_key=f"key-{number}")
                assert (again.status, id_of(again)) == (201, ids[f"key-{number}"])
                other = await one.ask("POST", LEADS, {"name": "Another"}, idempotency_key=f"key-{number}")
                assert other.status == 422
    async with looking_into(database) as connection:
        rows = await connection.fetch("select id from resource where document->>'name' like 'Repeated %'")
        events = await connection.fetchval("select count(*) from event where after->>'name' like 'Repeated %'")
    assert sorted(each["id"] for each in rows) == sorted(ids.values())
    assert events == _KEYS


async def test_an_error_is_not_kept_for_an_idempotency_key(server: Server) -> None:
    """A client that corrects its request may use its key again."""
    async with clients(server.port, 4) as connected:
        assert {each.status for each in await posted(connected, "corrected", {"nome": "x"})} <= {400, 409}
        right = await connected[0].ask("POST", LEADS, {"name": "x"}, idempotency_key="corrected")
        assert right.status == 201
        again = await connected[1].ask("POST", LEADS, {"name": "x"}, idempotency_key="corrected")
        assert (again.status, again.body) == (201, right.body)
        assert (await connected[1].ask("POST", LEADS, {"nome": "x"}, idempotency_key="corrected")).status == 422


async def test_a_bulk_create_is_done_completely_or_not_at_all(server: Server, database: str) -> None:
    """Many at once, half of them with one bad lead in the middle."""
    good: list[Json] = [{"name": "In bulk", "type": "bulk"} for _ in range(50)]
    bad: list[Json] = [*good[:25], {"name": ""}, *good[25:]]
    async with clients(server.port, 10) as connected:
        answers = await asyncio.gather(
            *(each.ask("POST", LEADS, bad if number % 2 else good) for number, each in enumerate(connected))
        )
    assert Counter(each.status for each in answers) == {201: 5, 400: 5}
    async with looking_into(database) as connection:
        assert await connection.fetchval("select count(*) from resource where document->>'type' = 'bulk'") == 250
        assert await connection.fetchval("select count(*) from event where after->>'type' = 'bulk'") == 250


async def test_every_lead_that_is_created_under_load_has_one_event(server: Server, database: str) -> None:
    """Fifty clients create; rows and events are the same ids, and no event is another's."""
    async with clients(server.port, 50) as connected:

        async def create(client: Client) -> list[str]:
            return [id_of(await client.ask("POST", LEADS, {"name": "Under load", "type": "load"})) for _ in range(20)]

        ids = [id_ for several in await asyncio.gather(*map(create, connected)) for id_ in several]
    async with looking_into(database) as connection:
        events = await connection.fetch("select resource_id, event_id from event where after->>'type' = 'load'")
        rows = await connection.fetch("select id from resource where document->>'type' = 'load'")
    assert sorted(ids) == sorted(each["id"] for each in rows) == sorted(each["resource_id"] for each in events)
    assert len({each["event_id"] for each in events}) == len(events) == 1000
