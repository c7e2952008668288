"""When the database goes away, or the server is killed: what clients see meanwhile, and that nothing is half done."""

import asyncio
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import psutil  # type: ignore[import-untyped]  # it has no annotations
import pytest

from spanco.kernel.wire import Json
from tests.postgres import Postgres, failing_postgres
from tests.rest.server import LEADS, Client, Server, clients, fresh_database, ready, serving, started
from tests.worker.listeners import until

LEAD = "sales.salesLead"

_HANGING = 10.0
_ID = re.compile(rb'\{"id": ?"([0-9a-f-]{36})", ?"href"')


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres]:
    """A PostgreSQL on a directory of its own."""
    with failing_postgres(tmp_path) as started_one:
        yield started_one


@pytest.fixture(scope="module", autouse=True)
def hopeless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits for a database that never comes, while the other tests are run."""
    url = "postgresql://nobody@127.0.0.1:1/nothing"
    server = started(tmp_path_factory.mktemp("hopeless"), database_url=url)
    yield server
    server.kill()


def is_refused_for_now(answer: httpx.Response) -> bool:
    """A TMF error that says when to try again."""
    error = answer.json()
    assert {"code", "reason", "message", "status"} <= set(error)
    assert answer.headers["retry-after"].isdigit()
    return answer.status_code == 503 and error["status"] == "503"


def test_a_server_outlives_its_database(postgres: Postgres, tmp_path: Path) -> None:
    """503 with Retry-After in good time, alive but not ready; and then it serves again without being restarted."""
    with serving(tmp_path, database_url=postgres.url) as server:
        kept = [server.post({"name": f"Before {number}"}).json()["id"] for number in range(5)]
        for outage in range(3):
            postgres.fail()
            for _ in range(12):  # more often than the pool has connections
                begun = time.monotonic()
                assert is_refused_for_now(server.post({"name": "Meanwhile"}))
                assert is_refused_for_now(server.get(f"{LEADS}?limit=3"))
                assert is_refused_for_now(server.get(f"{LEADS}/{kept[0]}"))
                assert time.monotonic() - begun < _HANGING
            away = server.get("/health/ready")
            assert (away.status_code, away.headers["retry-after"].isdigit()) == (503, True)
            assert server.get("/health/live").status_code == 200
            assert server.get("/metrics").status_code == 200
            assert server.get("/tmf-api/sales/v4").status_code == 200
            postgres.come_back()
            assert ready(server).get("/health/startup").status_code == 200
            kept.append(server.post({"name": f"After {outage}"}).json()["id"])
            assert {each["id"] for each in server.get(LEADS).json()} == set(kept)


async def test_a_database_that_fails_under_load_loses_nothing_that_was_acknowledged(
    postgres: Postgres, tmp_path: Path
) -> None:
    """Answers are 201 or 503, never another; afterwards every 201 is there with one event."""
    with serving(tmp_path, database_url=postgres.url) as server:
        acknowledged: list[str] = []
        statuses: set[int] = set()
        stop = asyncio.Event()

        async def create(client: Client) -> None:
            while not stop.is_set():
                answer = await client.ask("POST", LEADS, {"name": "Under way"})
                statuses.add(answer.status)
                if answer.status == 201:
                    acknowledged.append(answer.headers["location"].rpartition("/")[2])
                else:
                    await asyncio.sleep(0.02)

        async with clients(server.port, 20) as connected:
            load = asyncio.gather(*map(create, connected))
            for _ in range(2):
                await asyncio.sleep(0.5)
                await asyncio.to_thread(postgres.fail)
                await asyncio.sleep(0.3)
                await asyncio.to_thread(postgres.come_back)
                await asyncio.to_thread(ready, server)
            await asyncio.sleep(0.3)
            stop.set()
            await load
        assert statuses == {201, 503}
        await nothing_is_half_written(postgres.url, acknowledged)


async def test_a_killed_server_leaves_nothing_half_written(tmp_path: Path) -> None:
    """Five times in the middle of creating, one by one and in bulk: what was acknowledged is there, with one event."""
    acknowledged: list[str] = []

    async def create(client: Client, number: int, port: int) -> None:
        turn = number
        while True:  # until the server is gone
            turn += 1
            lead: Json = {"name": "Under way", "batch": "" if turn % 4 else f"{port}-{number}-{turn}"}
            answer = await client.ask("POST", LEADS, lead if turn % 4 else [lead] * 20)
            assert answer.status == 201
            acknowledged.extend(each.decode() for each in _ID.findall(answer.body))

    with fresh_database(tmp_path) as url:
        for _ in range(5):
            server = ready(started(tmp_path, database_url=url))
            async with clients(server.port, 10) as connected:
                creating = [create(each, number, server.port) for number, each in enumerate(connected)]
                load = asyncio.gather(*creating, return_exceptions=True)
                enough = len(acknowledged) + 20
                await until(lambda enough=enough: len(acknowledged) >= enough, 3 * _HANGING)  # type: ignore[misc]
                await asyncio.to_thread(server.kill)
                assert {type(each) for each in await load} <= {asyncio.IncompleteReadError, ConnectionResetError}
        await nothing_is_half_written(url, acknowledged)


async def nothing_is_half_written(url: str, acknowledged: list[str]) -> None:
    """Every acknowledged lead and every other lead has exactly one event, no event lacks its lead, no batch is cut."""
    connection = await asyncpg.connect(url)
    leads = [each["id"] for each in await connection.fetch("select id from resource where kind = $1", LEAD)]
    logged = await connection.fetch("select resource_id from event where kind = $1", LEAD)
    events = [each["resource_id"] for each in logged]
    batches = await connection.fetch(
        "select count(*) from resource where document->>'batch' <> '' group by document->>'batch'"
    )
    await connection.close()
    assert len(acknowledged) == len(set(acknowledged)) > 50
    assert set(acknowledged) <= set(leads)
    assert sorted(events) == sorted(leads)
    assert {each["count"] for each in batches} <= {20}


def postgres_of(folder: Path) -> list[int]:
    """The processes of the embedded PostgreSQL of a folder."""
    found = psutil.process_iter(["pid", "cmdline"])
    return [each.pid for each in found if str(folder / "postgresql") in (each.info["cmdline"] or [])]


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("asked_by", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_asked_to_stop_takes_its_embedded_database_along(
    tmp_path: Path, asked_by: signal.Signals, workers: str
) -> None:
    """In a few seconds, with exit code 0, although a client still holds its connection."""
    data = tmp_path / "data"
    server = ready(started(tmp_path, "--workers", workers, data_dir=str(data)))
    with httpx.Client(base_url=server.url) as held:
        assert held.post(LEADS, json={"name": "Kept"}).status_code == 201
        assert len(postgres_of(data)) == 1
        server.process.send_signal(asked_by)
        assert server.process.wait(_HANGING) == 0, server.log.read_text()
    assert postgres_of(data) == []
    assert "Traceback" not in server.log.read_text()


def test_an_embedded_database_is_found_again_after_a_kill(tmp_path: Path) -> None:
    """The next server joins the PostgreSQL that was left running, serves what is in it, and stops it at its own end."""
    data = tmp_path / "data"
    first = ready(started(tmp_path, data_dir=str(data)))
    lead = first.post({"name": "Kept"}).json()["id"]
    first.kill()
    second = ready(started(tmp_path, data_dir=str(data)))
    assert second.get(f"{LEADS}/{lead}").json()["name"] == "Kept"
    assert second.stop() == 0
    assert postgres_of(data) == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])  # noqa: S104 - refusing is the point
def test_a_server_without_authentication_stays_on_this_machine(tmp_path: Path, host: str) -> None:
    """It refuses to begin, with a sentence that says what to do and without a stack."""
    server = started(tmp_path, "--host", host, data_dir=str(tmp_path / "data"))
    assert server.process.wait(60) == 1
    said = " ".join(server.log.read_text().split())
    assert "without authentication" in said
    assert "SPANCO_AUTH=jwt" in said
    assert "--allow-open" in said
    assert "Traceback" not in said
    assert not (tmp_path / "data").exists()


def test_a_server_says_that_its_database_is_not_there(hopeless: Server) -> None:
    """It waits a little for one that is only just starting; then it ends with a sentence."""
    assert hopeless.process.wait(60) != 0
    said = hopeless.log.read_text()
    assert "cannot be reached" in said
    assert "Traceback" not in said


async def test_two_workers_serve_and_their_metrics_add_up(tmp_path: Path) -> None:
    """Whichever of them is asked, it tells of both."""
    with fresh_database(tmp_path) as url, serving(tmp_path, "--workers", "2", database_url=url) as server:
        async with clients(server.port, 16) as connected:
            for each in connected:
                assert (await each.ask("POST", LEADS, {"name": "Counted"})).status == 201
        assert workers_of(server) == 2
        counts = {created_by_metrics(server) for _ in range(20)}
        assert counts == {16.0}


def workers_of(server: Server) -> int:
    """How many processes of the server hold connections to its port."""
    children = psutil.Process(server.process.pid).children()
    return sum("spawn_main" in " ".join(each.cmdline()) for each in children)


def created_by_metrics(server: Server) -> float:
    """How many leads were created, as `/metrics` tells it."""
    lines = server.get("/metrics").text.splitlines()
    counted = [line for line in lines if "_count{" in line or "_total{" in line]
    created = [line for line in counted if 'method="POST"' in line and 'status="201"' in line]
    assert len(created) == 1, "\n".join(counted)
    return float(created[0].rpartition(" ")[2])
