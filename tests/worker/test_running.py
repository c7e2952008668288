"""A worker goes on, whatever one of its steps meets."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from spanco.app import Running
from spanco.events.audience import Ways
from spanco.kernel.errors import TooCostly
from spanco.store.database import Database
from spanco.store.errors import Conflict, DatabaseAway
from spanco.worker import matching, running
from spanco.worker.matching import Passed, pass_on
from tests.worker.listeners import Listen, until
from tests.worker.stage import LEADS, created, matched, subscribed, told_all, worker_of, working

Problems = Callable[[], Exception]


async def test_what_is_too_much_at_once_is_matched_in_parts(
    stage: Running, api: httpx.AsyncClient, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With very many hubs a batch of events may take longer than a statement may: it is made smaller until it fits."""
    asked: list[int] = []

    async def passing(database: Database, ways: Ways, most: int) -> Passed | None:
        asked.append(most)
        if most > 20:
            raise TooCostly
        return await pass_on(database, ways, most)

    monkeypatch.setattr(matching, "pass_on", passing)
    monkeypatch.setattr(running, "_PATIENCE", 0.01)
    listener = await listen()
    await subscribed(api, listener.url)
    operations = [{"op": "add", "path": "/", "value": {"name": str(number)}} for number in range(100)]
    assert (await api.patch(LEADS, json=operations)).status_code == 200
    async with working(stage):
        await told_all(stage)
    assert len(listener.ids) == 100
    assert asked[:4] == [500, 125, 31, 7]


async def test_slow_matching_takes_fewer_events_at_once(stage: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that deliveries go on in between; and more again when it is quick."""
    asked: list[int] = []
    slow = asyncio.Event()

    async def passing(_database: Database, _ways: Ways, most: int) -> Passed | None:
        asked.append(most)
        await asyncio.sleep(0 if slow.is_set() else 0.03)
        return Passed(0, frozenset())

    monkeypatch.setattr(matching, "pass_on", passing)
    monkeypatch.setattr(running, "_SHORT", 0.02)
    async with working(stage):
        await until(lambda: asked[-1:] == [1])
        slow.set()
        await until(lambda: asked[-1:] == [500])


@pytest.mark.parametrize("problem", [RuntimeError, Conflict, DatabaseAway, TooCostly])
async def test_deliveries_go_on_while_nothing_can_be_matched(
    stage: Running, api: httpx.AsyncClient, listen: Listen, monkeypatch: pytest.MonkeyPatch, problem: Problems
) -> None:
    """What was matched before is told; the rest when it can be."""
    listener = await listen()
    await subscribed(api, listener.url)
    await created(api)
    await matched(stage)
    await created(api)

    async def failing(*_: object) -> Passed | None:
        raise problem()

    monkeypatch.setattr(running, "_PATIENCE", 0.05)
    with monkeypatch.context() as patch:
        patch.setattr(matching, "pass_on", failing)
        async with working(stage):
            await until(lambda: len(listener.taken) == 1)
            await asyncio.sleep(0.1)
    assert len(listener.taken) == 1
    async with working(stage):
        await until(lambda: len(listener.ids) == 2)


async def test_a_worker_ends_though_the_database_is_away(stage: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its leases run out then."""
    ending = asyncio.Event()
    task = asyncio.create_task(worker_of(stage, "one").run(ending))
    await asyncio.sleep(0.05)

    def away(_: Database) -> object:
        raise DatabaseAway

    with monkeypatch.context() as patch:
        patch.setattr(Database, "connected", away)
        ending.set()
        await asyncio.wait_for(task, 5)
