"""The broker, with a real nats-server: nothing lost, nothing twice, nothing overtaken, whatever is killed."""

import asyncio
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import nats
import pytest
from structlog.testing import capture_logs

from spanco.access.actor import Actor
from spanco.app import Running
from spanco.transport.broker import BadBroker, Broker, BrokerRefused, Message
from spanco.transport.errors import PeerAway, PeerError, PeerSlow
from tests.rest.server import spawned
from tests.system import caller, surface_of
from tests.worker.broker import Desk, Nats, by_resource, desk_of, event_of, publish_all, served

KILLS = 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nats]:
    """A nats-server for all tests that do not change it."""
    with served(tmp_path_factory.mktemp("nats")) as started:
        yield started


@pytest.fixture
async def desk(running: Running) -> AsyncIterator[Desk]:
    """A reader of the feed."""
    async with desk_of(running) as opened:
        yield opened


async def write(sales: httpx.AsyncClient, leads: int, changes: int = 0) -> None:
    """Create leads side by side and change each some times; every change is one event."""

    async def one(number: int) -> None:
        created = await sales.post("salesLead", json={"name": f"Lead {number}"})
        assert created.status_code == 201, created.text
        for change in range(changes):
            changed = await sales.patch(f"salesLead/{created.json()['id']}", json={"name": f"Change {change}"})
            assert changed.status_code == 200, changed.text

    await asyncio.gather(*(one(number) for number in range(leads)))


async def end(task: asyncio.Task[None]) -> None:
    """Cancel a task until it has ended: a cancellation in the middle of the library may be swallowed there."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=0.05)


async def arrived(desk: Desk) -> None:
    """Wait until all that was written is passed on and published by others."""
    async with asyncio.timeout(60):
        while True:
            if not await desk.behind():
                return
            await asyncio.sleep(0.05)


async def publish_for_ever(desk: Desk, url: str, holder: str) -> None:
    """What a worker does, until it is ended."""
    async with desk.publisher(url, holder, seconds=1.0) as publisher:
        while True:
            await desk.pass_on()
            await asyncio.sleep(min(await publisher.step(), 0.05))


async def test_an_event_arrives_as_a_cloudevent(sales: httpx.AsyncClient, desk: Desk, server: Nats) -> None:
    """Structured mode: the content type in the header, the id that the broker knows repeats by, the event as data."""
    await write(sales, 1)
    async with desk.publisher(server.url) as publisher:
        await publish_all(desk, publisher)
    (message,) = await desk.received(server.url)
    event = event_of(message)
    assert message.subject == f"spanco.{desk.running.actor.tenant}.sales.SalesLeadCreateEvent"
    assert message.headers == {"Nats-Msg-Id": event["id"], "content-type": "application/cloudevents+json"}
    assert event["source"] == f"{desk.running.root}/tmf-api/sales/v4"
    assert event["data"]["eventId"] == event["id"]
    assert event["data"]["event"]["salesLead"]["name"] == "Lead 0"


async def test_killed_again_and_again_it_loses_and_repeats_nothing(
    sales: httpx.AsyncClient, desk: Desk, server: Nats
) -> None:
    """20 ends at any moment, while others write: each event once, those of one resource in their order."""
    chance = random.Random(7)
    writing = asyncio.create_task(write(sales, leads=12, changes=25))
    for _ in range(KILLS):
        publishing = asyncio.create_task(publish_for_ever(desk, server.url, "one"))
        await asyncio.sleep(chance.uniform(0.0, 0.12))
        await end(publishing)
    await writing
    async with desk.publisher(server.url) as publisher:
        await publish_all(desk, publisher)
    log = await desk.told()
    assert sum(map(len, log.values())) == 12 * 26
    assert by_resource(await desk.received(server.url)) == log


async def test_a_batch_that_was_kept_and_not_noted_is_told_again_and_kept_once(
    sales: httpx.AsyncClient, desk: Desk, server: Nats
) -> None:
    """Killed between the broker's word and the database: the same ids, which the broker knows."""
    await write(sales, leads=5)
    async with desk.publisher(server.url) as publisher:
        await desk.pass_on()
        async with desk.running.database.connected() as connection:
            before = await connection.fetchval("select position from reader where name = $1", desk.reader)
            await publish_all(desk, publisher)
            await connection.execute("update reader set position = $2 where name = $1", desk.reader, before)
        assert await desk.behind() == 5
        await publish_all(desk, publisher)
    assert by_resource(await desk.received(server.url)) == await desk.told()


async def test_what_the_log_has_lost_holds_nobody_up(sales: httpx.AsyncClient, desk: Desk, server: Nats) -> None:
    """It is said, and the next ones follow."""
    await write(sales, leads=1, changes=2)
    await desk.pass_on()
    async with desk.running.database.connected() as connection:
        await connection.execute("delete from event where tenant = $1 and version = 2", desk.running.actor.tenant)
    with capture_logs() as lines:
        async with desk.publisher(server.url) as publisher:
            await publish_all(desk, publisher)
    assert [line["event"] for line in lines] == ["the log no longer holds an event"]
    assert by_resource(await desk.received(server.url)) == await desk.told()


async def test_several_workers_publish_one_at_a_time(sales: httpx.AsyncClient, desk: Desk, server: Nats) -> None:
    """One of three is killed on the way; the others go on when its lease has run out."""
    publishing = [asyncio.create_task(publish_for_ever(desk, server.url, holder)) for holder in ("a", "b", "c")]
    await write(sales, leads=6, changes=4)
    await end(publishing[0])
    async with desk.running.database.connected() as connection:
        await connection.execute(
            "update reader set leased_by = 'gone', leased_until = now() + interval '1 hour' where name = $1",
            desk.reader,
        )
    await write(sales, leads=6, changes=4)
    assert await desk.behind() > 0
    async with desk.running.database.connected() as connection:
        await connection.execute("update reader set leased_until = now() where name = $1", desk.reader)
    await arrived(desk)
    for task in publishing:
        await end(task)
    assert by_resource(await desk.received(server.url)) == await desk.told()


async def test_while_the_broker_is_away_events_wait(sales: httpx.AsyncClient, desk: Desk, tmp_path: Path) -> None:
    """Killed in the middle and started again: it is said once, writes go on, and all arrives."""
    with served(tmp_path) as server, capture_logs() as lines:
        publishing = asyncio.create_task(publish_for_ever(desk, server.url, "one"))
        await write(sales, leads=4, changes=3)
        server.kill()
        await write(sales, leads=4, changes=3)
        await asyncio.sleep(0.5)
        assert await desk.behind() > 0
        server.start()
        await write(sales, leads=4)
        await arrived(desk)
        await end(publishing)
        assert by_resource(await desk.received(server.url)) == await desk.told()
    words = [line["event"] for line in lines if "broker" in line["event"]]
    assert words == ["the broker takes no events, they wait", "the broker takes events again"]


async def test_what_is_too_large_for_the_broker_is_told_thin(
    sales: httpx.AsyncClient, desk: Desk, tmp_path: Path
) -> None:
    """Never cut, and those after it follow."""
    with served(tmp_path, "max_payload: 4096") as server:
        for description in ("short", "long" * 5000, "short"):
            await sales.post("salesLead", json={"name": "x", "description": description})
        async with desk.publisher(server.url) as publisher:
            await publish_all(desk, publisher)
        messages = await desk.received(server.url)
    events = [event_of(message) for message in messages]
    assert [event.get("thin") for event in events] == [None, True, None]
    assert events[1]["data"]["event"]["salesLead"].keys() == {"id", "href"}
    assert all(len(message.data) < 4096 for message in messages)


@pytest.mark.parametrize("tenant", ["*", ">", "a.b", "a b", "spanco.>", "_2A", "é" * 255])
async def test_no_tenant_reaches_into_another(running: Running, desk: Desk, server: Nats, tenant: str) -> None:
    """Whatever it is called, its events stand under one token of its own."""
    hostile = replace(running, actor=Actor(tenant, "tester", frozenset({"admin"})))
    async with caller(surface_of(hostile), "/tmf-api/sales/v4/") as sales:
        await write(sales, 1)
    async with desk.publisher(server.url) as publisher:
        await publish_all(desk, publisher)
    messages = await Desk(hostile, desk.reader).received(server.url)
    assert [event_of(message)["tenant"] for message in messages] == [tenant]
    assert [message.subject.count(".") for message in messages] == [3]


async def test_a_stream_that_is_there_is_used_as_it_is(sales: httpx.AsyncClient, desk: Desk, tmp_path: Path) -> None:
    """Under its own name and limits; one that is missing is made, and made again."""
    with served(tmp_path) as server:
        client = await nats.connect(server.url)
        streams = client.jetstream()
        await streams.add_stream(name="OURS", subjects=["spanco.>"], max_msgs=1)
        await write(sales, 3)
        async with desk.publisher(server.url) as publisher:
            await publish_all(desk, publisher)
            assert (await streams.stream_info("OURS")).state.messages == 1
            await streams.delete_stream("OURS")
            await write(sales, 1)
            await publish_all(desk, publisher)
            made = await streams.stream_info("SPANCO")
            await client.close()
    assert made.state.messages == 1
    assert (made.config.subjects, made.config.storage) == (["spanco.>"], "file")
    assert made.config.duplicate_window >= 120
    assert made.config.max_age == 0


async def test_what_a_full_stream_refuses_waits(sales: httpx.AsyncClient, desk: Desk, tmp_path: Path) -> None:
    """The place is not moved past a missing word; with room again, all of it arrives in order."""
    with served(tmp_path) as server:
        client = await nats.connect(server.url)
        streams = client.jetstream()
        config = (
            await streams.add_stream(name="SPANCO", subjects=["spanco.>"], max_msgs=6, discard="new", max_msg_size=2000)
        ).config
        await write(sales, leads=3, changes=3)
        async with desk.publisher(server.url) as publisher:
            await desk.pass_on()
            with capture_logs() as lines:
                await publisher.step()
            assert 12 > await desk.behind() >= 6
            await streams.update_stream(config, max_msgs=-1)
            await publish_all(desk, publisher)
        await client.close()
        assert by_resource(await desk.received(server.url)) == await desk.told()
    assert [line["reason"] for line in lines if "broker" in line["event"]] == ["maximum messages exceeded."]


async def test_a_new_reader_begins_at_the_present_end(running: Running, sales: httpx.AsyncClient, server: Nats) -> None:
    """What was told before a broker was set is not told to it."""
    desk = Desk(running, f"new-{running.actor.tenant}")
    await write(sales, 2)
    await desk.pass_on()
    async with desk.publisher(server.url) as publisher:
        assert await publisher.step() > 0
        assert await desk.behind() == 0
        await write(sales, 1)
        await publish_all(desk, publisher)
    assert len(await desk.received(server.url)) == 1
    async with running.database.connected() as connection:
        await connection.execute("delete from reader where name = $1", desk.reader)


async def test_credentials_are_used_and_never_said(sales: httpx.AsyncClient, desk: Desk, tmp_path: Path) -> None:
    """Percent-encoded in the address; a wrong one is said without it."""
    allowed = 'publish: ["$JS.API.>"], subscribe: ["_INBOX.>"]'
    users = f'{{ user: sue, password: "p@ss,word" }}, {{ user: bob, password: b, permissions: {{ {allowed} }} }}'
    with served(tmp_path, f"authorization {{ users: [ {users} ] }}") as server:
        place = server.url.removeprefix("nats://")
        await write(sales, 1)
        for wrong, sentence in (
            ("sue:secret", "It does not let this user in."),
            ("secret", "It does not let this user in."),
            ("bob:b", "It does not permit this user to do that."),
        ):
            async with desk.publisher(f"nats://{wrong}@{place}", seconds=0.5) as publisher:
                await desk.pass_on()
                with capture_logs() as lines:
                    await publisher.step()
            assert [line["reason"] for line in lines if "broker" in line["event"]] == [sentence]
            assert "secret" not in str(lines)
        async with desk.publisher(f"nats://sue:p%40ss%2Cword@{place}") as publisher:
            await publish_all(desk, publisher)
        assert len(await desk.received(f"nats://sue:p@ss,word@{place}")) == 1


async def test_whatever_is_wrong_is_said(tmp_path: Path) -> None:
    """Not connected, no stream for the subject, nobody there: an error of ours with the place in it."""
    message = Message("1", "other.subject", b"{}")
    with served(tmp_path) as server:
        broker = Broker(f"{server.url},nats://localhost:{server.port}", seconds=0.5)
        with pytest.raises(PeerAway):
            await broker.publish(message)
        assert await broker.room() > 1_000_000
        with pytest.raises(BrokerRefused, match="No stream there"):
            await broker.publish(message)
        server.kill()
        with pytest.raises(PeerError, match=str(server.port)):
            await broker.room()
        await broker.aclose()


async def test_a_server_without_jetstream_is_refused(tmp_path: Path) -> None:
    """With what to look for."""
    with served(tmp_path, jetstream=False) as server:
        broker = Broker(server.url, seconds=0.5)
        with pytest.raises(BrokerRefused, match="JetStream"):
            await broker.room()
        await broker.aclose()


async def test_what_takes_connections_and_says_nothing_is_slow() -> None:
    """It is not waited for without end."""
    over = asyncio.Event()

    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as listener:
        broker = Broker(f"nats://127.0.0.1:{listener.sockets[0].getsockname()[1]}", seconds=0.2)
        with pytest.raises(PeerSlow):
            await broker.room()
        await broker.aclose()
        over.set()
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    "url",
    ["x", "http://broker", "nats://", "nats://h:99999", "ws://h", "nats://h/x?secret", "nats://h,", "nats://[::1"],
)
def test_an_address_that_is_none_ends_the_start(url: str) -> None:
    """With a sentence that does not repeat it, because it may hold a password."""
    with pytest.raises(BadBroker, match="SPANCO_NATS_URL is to be") as error:
        Broker(url)
    assert "secret" not in str(error.value)


def test_without_the_library_a_sentence_says_what_to_install() -> None:
    """Everything else works without it."""
    program = (
        "import sys; sys.modules['nats'] = None\n"
        "from spanco.transport.broker import Broker\n"
        "try: Broker('nats://h')\n"
        "except Exception as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert "pip install spanco[nats]" in done.stdout


async def test_a_worker_publishes_and_goes_on_after_a_kill(
    sales: httpx.AsyncClient, running: Running, server: Nats, database_url: str, tmp_path: Path
) -> None:
    """The command itself, killed as the kernel kills; the setting is all that it takes."""
    desk = Desk(running, "nats")
    settings = {"database_url": database_url, "nats_url": server.url, "worker_name": "same", "data_dir": str(tmp_path)}
    try:
        await desk.pass_on()
        async with running.database.connected() as connection:
            await connection.execute("insert into reader select 'nats', coalesce(max(position), 0) from feed")
        killed = spawned(tmp_path / "worker.log", "worker", **settings)
        async with asyncio.timeout(60):
            while not await desk.received(server.url):
                await write(sales, leads=2, changes=2)
        killed.send_signal(signal.SIGKILL)
        await asyncio.to_thread(killed.wait, 15)
        await write(sales, leads=2, changes=2)
        process = spawned(tmp_path / "worker.log", "worker", **settings)
        await arrived(desk)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 15) == 0
        assert by_resource(await desk.received(server.url)) == await desk.told()
    finally:
        async with running.database.connected() as connection:
            await connection.execute("delete from reader where name = 'nats'")
