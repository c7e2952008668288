"""`GET /spanco/v1/stream` of a server process: events as they happen, resumed without loss, and all that goes wrong."""

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import psutil  # type: ignore[import-untyped]  # it has no annotations
import pytest

from spanco.rest.live import PATH
from tests.postgres import failing_postgres
from tests.rest.server import LEADS, Client, Server, clients, fresh_database, ready, serving, started
from tests.rest.streams import Message, Tap

STREAMS = 12
CREATED, CHANGED, MOVED, DELETED = (
    f"SalesLead{change}Event" for change in ("Create", "AttributeValueChange", "StateChange", "Delete")
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty database."""
    with fresh_database(tmp_path_factory.mktemp("database")) as url:
        yield url


@pytest.fixture(scope="module")
def server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server process with a worker beside it."""
    with serving(tmp_path_factory.mktemp("server"), database_url=database, streams=str(STREAMS)) as started:
        yield started


@asynccontextmanager
async def tapped(server: Server, query: str = "", last: str = "") -> AsyncIterator[Tap]:
    """A connection that follows the events."""
    tap = await Tap.to(server.port, query, last)
    try:
        yield tap
    finally:
        tap.kill()


@asynccontextmanager
async def crowd(server: Server, number: int, last: str = "", *, narrow: bool = False) -> AsyncIterator[list[Tap]]:
    """Several of them."""
    taps = [await Tap.to(server.port, last=last, narrow=narrow) for _ in range(number)]
    try:
        yield taps
    finally:
        for tap in taps:
            tap.kill()


async def created(client: Client, **document: str) -> str:
    """A new lead; its path."""
    answer = await client.ask("POST", LEADS, {"name": "Fibre", **document})
    assert answer.status == 201
    return f"{LEADS}/{answer.headers['location'].rpartition('/')[2]}"


def lead_of(message: Message) -> str:
    """The id of the lead that an event tells of."""
    event = message.data["event"]
    assert isinstance(event, dict)
    lead = event["salesLead"]
    assert isinstance(lead, dict)
    return str(lead["id"])


async def test_events_arrive_as_they_happen(server: Server) -> None:
    """Each kind, in the order of the changes, within the second, with ids that rise; the time to reconnect is first."""
    async with tapped(server) as tap, clients(server.port, 1) as (client,):
        assert tap.source.retry == 2000
        assert tap.source.last_id.isdigit()
        path = await created(client)
        assert (await tap.until(1))[0].type == CREATED  # the worker is there now
        began = time.monotonic()
        await client.ask("PATCH", path, {"name": "Mobile", "status": "inProgress"}, content_type="application/json")
        await tap.until(3)
        assert time.monotonic() - began < 1
        await client.ask("DELETE", path)
        told = await tap.until(4)
        assert [message.type for message in told] == [CREATED, CHANGED, MOVED, DELETED]
        assert [message.type for message in told] == [message.data["eventType"] for message in told]
        assert {lead_of(message) for message in told} == {path.rpartition("/")[2]}
        assert sorted({message.id for message in told}) == [message.id for message in told]


async def test_a_subscription_chooses_and_trims(server: Server) -> None:
    """The language of hubs: attribute filters, JSONPath, fields."""
    async with (
        tapped(server, f"eventType={DELETED}") as deleted,
        tapped(server, "event.salesLead.name=Wanted&fields=title") as trimmed,
        tapped(server, "filter=$.event.salesLead[?(@.name=='Wanted')]") as found,
        clients(server.port, 1) as (client,),
    ):
        await created(client, name="Unwanted")
        path = await created(client, name="Wanted")
        await client.ask("DELETE", path)
        assert [message.type for message in await deleted.until(1)] == [DELETED]
        assert [message.type for message in await trimmed.until(2)] == [CREATED, DELETED]
        assert {"title", "eventId"} <= set(trimmed.messages[0].data) <= {"title", "eventId", "eventType", "eventTime"}
        assert [message.type for message in await found.until(2)] == [CREATED, DELETED]
        assert len(deleted.messages) == 1


async def test_a_stream_goes_on_where_it_was_left(server: Server) -> None:
    """By header or parameter, of which the header counts; and from the beginning with 0."""
    async with tapped(server) as tap, clients(server.port, 1) as (client,):
        for number in range(4):
            await created(client, name=str(number))
        told = await tap.until(4)
        async with (
            tapped(server, last=str(told[0].id)) as by_header,
            tapped(server, f"lastEventId={told[1].id}") as by_parameter,
            tapped(server, f"lastEventId={told[0].id}", last=str(told[2].id)) as by_both,
            tapped(server, "lastEventId=0") as whole,
        ):
            assert await by_header.until(3) == told[1:]
            assert await by_parameter.until(2) == told[2:]
            assert await by_both.until(1) == told[3:]
            everything = await whole.until(5)
            assert everything[0].id < told[0].id


async def test_a_client_that_is_cut_off_again_and_again_misses_nothing_and_reads_nothing_twice(server: Server) -> None:
    """50 writers at once; connections die at random points, also in the middle of a message."""
    chance = random.Random(7)
    leads, changes = 800, 2
    async with tapped(server) as first:
        last = first.source.last_id
    told: list[Message] = []

    async def write(client: Client) -> None:
        for _ in range(leads // 50):
            path = await created(client)
            for number in range(changes):
                await client.ask("PATCH", path, {"name": f"Change {number}"})

    async with clients(server.port, 50) as connected:
        load = asyncio.gather(*map(write, connected))
        tries = 0
        while len(told) < leads * (1 + changes):
            tap = await Tap.to(server.port, last=last)
            enough = chance.randrange(1, 120)
            try:
                async with asyncio.timeout(chance.uniform(0.02, 0.3)):
                    while len(tap.messages) < enough:
                        await tap.more()
            except TimeoutError:
                pass
            tap.kill()
            told += tap.messages
            last = tap.source.last_id
            tries += 1
        await load
    assert tries > 5
    assert [message.id for message in told] == sorted({message.id for message in told})
    assert len({str(message.data["eventId"]) for message in told}) == len(told) == leads * (1 + changes)
    by_lead: dict[str, list[str]] = {}
    for message in told:
        by_lead.setdefault(lead_of(message), []).append(message.type)
    assert set(map(tuple, by_lead.values())) == {(CREATED, *[CHANGED] * changes)}


@pytest.mark.parametrize(
    ("query", "last", "word"),
    [
        ("", "nonsense", "Last-Event-ID"),
        ("", "-1", "Last-Event-ID"),
        ("", "9" * 30, "Last-Event-ID"),
        ("", "999999999", "Last-Event-ID"),
        ("lastEventId=x", "", "lastEventId"),
        ("lastEventId=1&last%45ventId=2", "", "lastEventId"),
        ("limit=5", "", "limit"),
        ("sort=eventTime", "", "sort"),
        ("fields=nothing", "", "nothing"),
        ("filter=$[", "", "filter"),
        ("eventType", "", "eventType"),
        ("eventType=%FF", "", "UTF-8"),
        ("eventType=%0", "", "hexadecimal"),
        ("a~b=c", "", "operator"),
        (f"a={'x' * 2000}", "", "2000"),
    ],
)
async def test_what_cannot_be_read_is_refused_before_anything_is_streamed(
    server: Server, query: str, last: str, word: str
) -> None:
    """400 with a sentence that names the place."""
    assert word in (await Tap.to(server.port, query, last)).refusal(400)


async def test_only_reading_is_offered(server: Server) -> None:
    """HEAD tells the headers; whatever else is 405."""
    async with clients(server.port, 1) as (client,):
        answer = await client.ask("HEAD", PATH)
        assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream")
        refused = await client.ask("POST", PATH, {})
        assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD")


def streams_of(server: Server) -> int:
    """How many clients follow the events, as the metrics say."""
    lines = server.get("/metrics").text.splitlines()
    return int(sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith("spanco_streams")))


async def until_streams(server: Server, count: int) -> None:
    """Wait until the metrics say so many."""
    async with asyncio.timeout(5):
        while await asyncio.to_thread(streams_of, server) != count:  # noqa: ASYNC110 - a process tells no events
            await asyncio.sleep(0.05)


async def test_so_many_and_no_more(server: Server) -> None:
    """503 with Retry-After beyond the limit; who leaves, even without a word, makes room."""
    await until_streams(server, 0)
    async with crowd(server, STREAMS) as taps:
        await until_streams(server, STREAMS)
        refused = await Tap.to(server.port)
        assert "as this server serves" in refused.refusal(503)
        assert refused.answer
        assert refused.answer.headers["retry-after"] == "2"
        for tap in taps[:2]:
            tap.kill()
        await until_streams(server, STREAMS - 2)
        async with tapped(server) as again, clients(server.port, 1) as (client,):
            await created(client)
            for tap in (*taps[2:], again):
                assert (await tap.until(1))[0].type == CREATED
    await until_streams(server, 0)


def memory_of(server: Server) -> int:
    """How much memory the server process holds, in megabytes."""
    return int(psutil.Process(server.process.pid).memory_info().rss) // 1_000_000


async def test_a_slow_reader_costs_little_and_still_reads_all(server: Server) -> None:
    """Ten readers stall before 30 megabytes of events each; the server grows by a part of that, and others go on."""
    leads = 300
    async with tapped(server) as first, clients(server.port, 4) as writers:
        last = first.source.last_id

        async def write(client: Client) -> None:
            for _ in range(leads // len(writers)):
                await created(client, description="x" * 100_000)

        await asyncio.gather(*map(write, writers))
        before = memory_of(server)
        async with crowd(server, 10, last, narrow=True) as slow:
            await asyncio.sleep(1)
            path = await created(writers[0])
            await first.until(leads + 1)
            assert lead_of(first.messages[-1]) == path.rpartition("/")[2]
            assert memory_of(server) - before < 100
            await slow[0].until(leads + 1)
            assert slow[0].messages == first.messages


async def test_what_is_no_longer_kept_is_said(server: Server, database: str) -> None:
    """An id from before the feed as it is kept is 400; the last one that is gone, and 0, begin with what is there."""
    async with tapped(server) as tap, clients(server.port, 1) as (client,):
        for _ in range(5):
            await created(client)
        told = await tap.until(5)
        keeper = await asyncpg.connect(database)
        await keeper.execute("delete from feed where position <= $1", told[2].id)
        await keeper.close()
        assert "no longer kept" in (await Tap.to(server.port, last=str(told[1].id))).refusal(400)
        async with tapped(server, last=str(told[2].id)) as edge, tapped(server, last="0") as whole:
            assert await edge.until(2) == await whole.until(2) == told[3:]


async def test_a_stream_outlives_an_outage_of_the_database(tmp_path: Path) -> None:
    """Nothing is lost and the connection stays: a browser would give up at the 503 that connecting again meets."""
    with failing_postgres(tmp_path) as postgres, serving(tmp_path, database_url=postgres.server.get_uri()) as server:
        async with tapped(server) as tap, clients(server.port, 1) as (client,):
            await created(client)
            await tap.until(1)
            postgres.fail()
            assert (await client.ask("POST", LEADS, {"name": "Meanwhile"})).status == 503
            assert "database" in (await Tap.to(server.port)).refusal(503)
            postgres.come_back()
            await asyncio.to_thread(ready, server)
            path = await created(client)
            assert lead_of((await tap.until(2))[-1]) == path.rpartition("/")[2]


async def test_streams_end_with_the_server(server: Server, database: str, tmp_path: Path) -> None:
    """Within two seconds, those too that nobody reads; clients see a clean end, the exit code is 0."""
    async with tapped(server) as mark, clients(server.port, 1) as (client,):
        for _ in range(80):
            await created(client, description="x" * 100_000)
        last = mark.source.last_id
    other = ready(started(tmp_path, database_url=database, worker="false"))
    async with crowd(other, 5) as taps, crowd(other, 1, last, narrow=True):
        await asyncio.sleep(0.3)
        began = time.monotonic()
        other.process.send_signal(signal.SIGTERM)
        for tap in taps:
            while not tap.ended:
                await asyncio.wait_for(tap.more(), 2)
        assert await asyncio.to_thread(other.process.wait, 2) == 0
        assert time.monotonic() - began < 2
    assert "unexpected" not in other.log.read_text()
    assert "Cancel" not in other.log.read_text()
