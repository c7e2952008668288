"""Jobs that somebody stops while they are worked on: what is counted is what is there, and nothing comes after it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from spanco.app import Running
from spanco.store import files, jobs
from tests.jobs.stage import MAPPING, OWN, Office, office_of, table

ROWS = 60
TABLES = ("file", "file_part", "job")


@pytest.fixture
async def office(system: Running) -> AsyncIterator[Office]:
    """A tenant of its own."""
    found = office_of(system)
    async with found.api:
        yield found


async def stopped(office: Office, job: dict[str, Any], monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Let a worker work, and cancel the job when so many chunks are noted."""
    noted, real = asyncio.Event(), jobs.note
    seen = 0

    async def note(*arguments: Any) -> None:
        nonlocal seen
        await real(*arguments)
        seen += 1
        if seen == after:
            noted.set()

    monkeypatch.setattr(jobs, "note", note)
    working = asyncio.create_task(office.work(job["id"]))
    await noted.wait()
    answer = await office.ask(job, status="cancelled")
    assert answer.status_code == 200, answer.text
    await working
    monkeypatch.undo()


async def test_what_is_counted_is_what_is_there(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """However far the worker was; the rest comes in when the job goes on, or all of it is taken back."""
    job = await office.job(mapping=MAPPING, goal="run", batch=2)
    await office.send(job, table(ROWS))
    await stopped(office, job, monkeypatch, 4)
    job = await office.read(job)
    written = len(await office.documents())
    assert job["status"] == "cancelled"
    assert 0 < written < ROWS
    assert (job["outcome"]["created"], job["rows"]) == (written, written)
    assert await office.counted("origin") == written
    assert (await office.send(job, table(2))).status_code == 409
    assert (await office.ask(job, status="running")).status_code == 200
    job = await office.done(job)
    assert (job["status"], job["outcome"]["known"], job["outcome"]["created"]) == ("succeeded", written, ROWS - written)
    await office.api.post(f"{OWN}/importJob/{job['id']}/revert")
    job = await office.done(job)
    assert job["reverted"] == {"removed": ROWS, "kept": 0, "gone": 0}
    assert (await office.documents(), await office.counted("origin")) == ([], 0)


async def test_a_dry_run_is_stopped_without_counts(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was written, nothing of it is kept, and another file may follow."""
    job = await office.job(mapping=MAPPING, goal="check", batch=2)
    await office.send(job, table(ROWS))
    await stopped(office, job, monkeypatch, 3)
    job = await office.read(job)
    assert (job["status"], "outcome" in job, "expected" in job) == ("cancelled", False, False)
    assert (await office.documents(), await office.counted("job_rehearsed")) == ([], 0)
    assert (await office.send(job, table(3))).status_code == 200
    job = await office.done(job)
    assert (job["status"], job["expected"]["created"]) == ("checked", 3)


async def test_only_what_is_worked_on_is_cancelled(office: Office) -> None:
    """What waits is deleted; what is done is taken back."""
    job = await office.job(mapping=MAPPING)
    assert (await office.ask(job, status="cancelled")).status_code == 409
    job = await office.imported(table(2), mapping=MAPPING)
    assert (await office.ask(job, status="cancelled")).status_code == 409


async def test_a_job_of_somebody_else_is_not_there(office: Office) -> None:
    """For another tenant; and who may not import neither makes, nor feeds, nor moves, nor reads one."""
    job = await office.job(mapping=MAPPING)
    await office.send(job, table(2))
    await office.done(job)
    stranger = office_of(office.running)
    for answer in (
        await stranger.send(job, table(2)),
        await stranger.ask(job, status="running"),
        await stranger.api.get(f"{OWN}/importJob/{job['id']}"),
        await stranger.api.get(f"{OWN}/importJob/{job['id']}/content"),
        await stranger.api.get(f"{OWN}/importJob/{job['id']}/errors"),
        await stranger.api.post(f"{OWN}/importJob/{job['id']}/revert"),
    ):
        assert answer.status_code == 404, answer.text
    for role in ("partner", "sales"):
        somebody = office.as_role(role)
        for answer in (
            await somebody.api.post(f"{OWN}/importJob", json={"resource": "salesLead"}),
            await somebody.send(job, table(2)),
            await somebody.ask(job, status="running"),
            await somebody.api.get(f"{OWN}/importJob/{job['id']}/content"),
            await somebody.api.post(f"{OWN}/importJob/{job['id']}/revert"),
        ):
            assert answer.status_code == 403, (role, answer.text)
    assert (await office.read(job))["status"] == "ready"
    assert (await office.api.get(f"{OWN}/importJob/{job['id']}/content")).content == table(2).encode()


async def test_nobody_has_a_file_imported_by_somebody_else(office: Office) -> None:
    """Who may change jobs but not import sends no file for one; it runs on behalf of whoever sent its file."""
    job = await office.job(mapping=MAPPING, goal="run")
    answer = await office.as_role("integration").send(job, table(2))
    assert answer.status_code == 403, answer.text
    assert (await office.done(job))["status"] == "waiting"
    assert await office.documents() == []
    assert (await office.as_role("admin", "other").send(job, table(2))).status_code == 200
    assert (await office.done(job))["status"] == "succeeded"
    ticket = await office.ticket(job)
    assert (ticket.subject, ticket.roles) == ("other", ("admin",))


async def test_an_export_that_is_removed_ends(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its worker stops at the next part of the file, and leaves nothing."""
    await office.imported(table(50), mapping=MAPPING)
    before = [await office.counted(each) for each in TABLES]
    job = (await office.api.post(f"{OWN}/exportJob", json={"resource": "salesLead"})).json()
    begun, gone, real = asyncio.Event(), asyncio.Event(), files.begin

    async def begin(*arguments: Any) -> None:
        await real(*arguments)
        begun.set()
        await gone.wait()

    monkeypatch.setattr(files, "begin", begin)
    working = asyncio.create_task(office.work(job["id"]))
    await begun.wait()
    assert (await office.api.delete(f"{OWN}/exportJob/{job['id']}")).status_code == 204
    gone.set()
    await working
    assert [await office.counted(each) for each in TABLES] == before
