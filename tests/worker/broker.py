"""A real nats-server for tests, publishers as workers have them, and a consumer that reads what is kept."""

import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig

from spanco import clock
from spanco.app import Running
from spanco.kernel.cloudevent import Producer, token
from spanco.kernel.wire import decode
from spanco.transport.broker import Broker
from spanco.worker.matching import pass_on
from spanco.worker.publishing import Publisher
from tests.rest.server import free_port

PROGRAM = shutil.which("nats-server") or shutil.which("nats-server", path="/usr/sbin:/usr/local/bin")


@dataclass(slots=True)
class Nats:
    """A server that can be stopped, killed and started again on the same port and data."""

    folder: Path
    extra: str = ""
    jetstream: bool = True
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where it listens, without credentials."""
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until it takes connections."""
        assert PROGRAM
        config = self.folder / "nats.conf"
        store = self.folder / "jetstream"
        jetstream = f'jetstream {{ store_dir: "{store}", max_file: 64MB }}' if self.jetstream else ""
        config.write_text(f'listen: "127.0.0.1:{self.port}"\n{jetstream}\n{self.extra}\n')
        with (self.folder / "nats.log").open("ab") as log:
            self.process = subprocess.Popen([PROGRAM, "-c", str(config)], stdout=log, stderr=log)  # noqa: S603
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.02)
        raise AssertionError((self.folder / "nats.log").read_text())

    def kill(self) -> None:
        """End it as a machine ends that loses its power."""
        if self.process:
            self.process.kill()
            self.process.wait(10)
            self.process = None


@contextmanager
def served(folder: Path, extra: str = "", *, jetstream: bool = True) -> Iterator[Nats]:
    """A server for one test; the test is skipped where the program is not installed."""
    if PROGRAM is None:  # pragma: no cover - depends on the machine
        pytest.skip("nats-server is not installed (Debian package nats-server)")
    server = Nats(folder, extra, jetstream)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@dataclass(frozen=True, slots=True, eq=False)
class Desk:
    """A reader of the feed for one test, and what publishes for it."""

    running: Running
    reader: str

    async def pass_on(self) -> None:
        """Bring what was written into the feed, as a worker does."""
        while (passed := await pass_on(self.running.database, self.running.ways)) and passed.events:
            continue

    @asynccontextmanager
    async def publisher(self, url: str, holder: str = "one", seconds: float = 5.0) -> AsyncIterator[Publisher]:
        """A publisher with a connection of its own."""
        broker = Broker(url, seconds=seconds)
        producer = Producer(self.running.ways.teller)
        try:
            yield Publisher(self.running.database, producer, broker, holder, reader=self.reader)
        finally:
            await broker.aclose()

    async def behind(self) -> int:
        """How many events the reader has not come to, passed on or not."""
        async with self.running.database.connected() as connection:
            return int(
                await connection.fetchval(
                    """select (select count(*) from feed where position > (select position from reader where name = $1))
                       + (select count(*) from outbox)""",
                    self.reader,
                )
            )

    async def told(self) -> dict[str, list[str]]:
        """The log of this tenant: the ids of the events of each resource, in order."""
        async with self.running.database.connected() as connection:
            found = await connection.fetch(
                "select resource_id, event_id from event where tenant = $1 order by version, ordinal",
                self.running.actor.tenant,
            )
        log: dict[str, list[str]] = {}
        for resource_id, event_id in found:
            log.setdefault(resource_id, []).append(event_id)
        return log

    async def received(self, url: str) -> list[Msg]:
        """What a consumer reads of this tenant, from the beginning of the stream to its end."""
        client = await nats.connect(url)
        try:
            name = f"spanco.{token(self.running.actor.tenant)}.>"
            config = ConsumerConfig(ack_policy=AckPolicy.NONE)
            subscription = await client.jetstream().pull_subscribe(name, config=config)
            messages: list[Msg] = []
            while left := (await subscription.consumer_info()).num_pending:
                messages += await subscription.fetch(left, timeout=5)
            return messages
        finally:
            await client.close()


@asynccontextmanager
async def desk_of(running: Running) -> AsyncIterator[Desk]:
    """A desk whose reader begins at the present end of the feed."""
    desk = Desk(running, f"test-{clock.new_id()}")
    await desk.pass_on()
    async with running.database.connected() as connection:
        await connection.execute("insert into reader select $1, coalesce(max(position), 0) from feed", desk.reader)
    try:
        yield desk
    finally:
        async with running.database.connected() as connection:
            await connection.execute("delete from reader where name = $1", desk.reader)


async def publish_all(desk: Desk, publisher: Publisher) -> None:
    """Step until the reader has come to the end."""
    await desk.pass_on()
    while await desk.behind():
        await publisher.step()


def event_of(message: Msg) -> dict[str, Any]:
    """The CloudEvent in a message."""
    value = decode(message.data)
    assert isinstance(value, dict)
    return value


def by_resource(messages: list[Msg]) -> dict[str, list[str]]:
    """The ids of the events of each resource, in the order in which the stream has them."""
    read: dict[str, list[str]] = {}
    for event in map(event_of, messages):
        read.setdefault(event["subject"].rpartition("/")[2], []).append(event["id"])
    return read
