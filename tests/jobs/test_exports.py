"""Export jobs: one moment, constant memory, only what may be seen, and nothing that a spreadsheet would compute."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pyarrow.parquet
import pytest
from pydantic import ValidationError

from spanco import clock
from spanco.access.grants import DEFAULT, Grant
from spanco.access.policy import Policy
from spanco.app import Running
from spanco.app import running as run
from spanco.kernel.query.ast import EVERYTHING
from spanco.sales.actions.desk import Desk
from spanco.sales.actions.writers import GROUP
from spanco.settings import Settings
from spanco.store import database, snapshots
from spanco.store.database import Database
from spanco.store.snapshots import Walk
from spanco.worker.jobs import Jobs
from tests.jobs.stage import MAPPING, OWN, Office, office_of, table
from tests.system import OFFICIAL
from tests.worker.stage import LEADS

_SLOW = "select '1', 1::bigint, '{}'::jsonb from pg_sleep(0.6) where $1 <> ''"
CSV, LINES, PARQUET = "text/csv", "application/x-ndjson", "application/vnd.apache.parquet"


@pytest.fixture
async def office(system: Running) -> AsyncIterator[Office]:
    """A tenant of its own."""
    found = office_of(system)
    async with found.api:
        yield found


async def exported(office: Office, media: str = CSV, **options: object) -> tuple[dict[str, object], bytes]:
    """A job that has ended, and its file."""
    answer = await office.api.post(f"{OWN}/exportJob", json={"resource": "salesLead", "contentType": media, **options})
    assert answer.status_code == 201, answer.text
    await office.work(answer.json()["id"])
    job = await office.read(answer.json(), "exportJob")
    assert job["status"] == "succeeded", job
    file = await office.api.get(job["url"])
    assert file.status_code == 200, file.text
    assert len(file.content) == job["size"] == int(file.headers["content-length"])
    return job, file.content


def rows_of(content: bytes) -> list[dict[str, str]]:
    """A table by its columns."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


async def test_a_table_has_the_paths_as_columns_and_no_formula(office: Office) -> None:
    """Texts that would be computed stand behind an apostrophe, numbers as they are."""
    leads = "/tmf-api/sales/v4/salesLead"
    revenue = {"unit": "EUR", "value": 10.50}
    party = {"id": "7", "role": "seller", "@referredType": "Individual"}
    await office.api.post(leads, json={"name": "=cmd()", "estimatedRevenue": revenue, "relatedParty": [party]})
    await office.api.post(leads, json={"name": "Bäckerei", "rating": "+1", "description": None})
    job, content = await exported(office)
    assert job["rows"] == 2
    first, second = rows_of(content)
    assert (first["name"], first["estimatedRevenue.value"], first["relatedParty[0].id"]) == ("'=cmd()", "10.5", "7")
    assert (second["name"], second["rating"], second["relatedParty[0].id"]) == ("Bäckerei", "'+1", "")
    assert first["id"] < second["id"]


async def test_only_what_matches_and_only_what_is_asked_for(office: Office) -> None:
    """The query is that of a list."""
    await office.imported(table(30), mapping=MAPPING)
    _, content = await exported(office, query="name=Lead 7,Lead 8&fields=name")
    found = rows_of(content)
    assert [row["name"] for row in found] == ["Lead 7", "Lead 8"]
    assert set(found[0]) == {"id", "name", "'@type"}
    _, lines = await exported(office, LINES, query="filter=$[?(@.name=='Lead 9')]")
    (document,) = [json.loads(line) for line in lines.splitlines()]
    assert (document["name"], document["status"]) == ("Lead 9", "acknowledged")


@pytest.mark.parametrize("options", [
    {"query": "name.like=x"}, {"query": "sort=name"}, {"query": "filter=$["}, {"contentType": "x"}, {"resource": "x"},
])  # fmt: skip
async def test_a_query_that_cannot_be_read_is_refused_at_once(office: Office, options: dict[str, object]) -> None:
    """Not by a job that fails later."""
    answer = await office.api.post(f"{OWN}/exportJob", json={"resource": "salesLead", **options})
    assert answer.status_code == 400


async def test_columns_for_analysis_come_in_row_groups(office: Office) -> None:
    """Every value is there, as text."""
    count = GROUP + 10
    await office.imported(table(count), mapping=MAPPING, batch=5000)
    job, content = await exported(office, PARQUET)
    file = pyarrow.parquet.ParquetFile(io.BytesIO(content))
    assert (file.metadata.num_rows, file.num_row_groups, job["rows"]) == (count, 2, count)
    assert set(file.read(["estimatedRevenue.value"]).column(0).to_pylist()) == {"1.50"}


async def test_an_empty_file_is_a_file(office: Office) -> None:
    """Whatever its kind."""
    for media in (CSV, LINES, PARQUET):
        job, _ = await exported(office, media, query="name=nobody")
        assert job["rows"] == 0


async def test_who_sees_only_some_gets_no_file_of_others(office: Office) -> None:
    """Who may order is said by the policy, and the file is for whom it was ordered by."""
    partner = office.as_role("partner", "7")
    answer = await partner.api.post(f"{OWN}/exportJob", json={"resource": "salesLead"})
    assert answer.status_code == 403
    job, _ = await exported(office)
    assert (await partner.api.get(str(job["url"]))).status_code == 403
    assert (await office.as_role("sales").api.get(str(job["url"]))).status_code == 200
    assert (await office_of(office.running).api.get(str(job["url"]))).status_code == 404


async def test_who_sees_less_than_before_gets_no_file_of_before(office: Office) -> None:
    """The file holds what the orderer saw then, and roles are taken away; a file of what is still seen is given."""
    grants = [Grant("partner", ("spanco.exportJob",), ("read", "create")), *DEFAULT]
    lenient = Office(replace(office.running, policy=Policy(grants)), office.api)
    own, was = lenient.as_role("partner", "7"), lenient.as_role("sales", "7")
    for orderer, status in ((was, 404), (own, 200)):
        job, _ = await exported(orderer)
        assert (await orderer.api.get(str(job["url"]))).status_code == 200
        assert (await own.api.get(str(job["url"]))).status_code == status
        assert (await lenient.as_role("partner", "8").api.get(str(job["url"]))).status_code == 404
        assert (await lenient.as_role("sales", "8").api.get(str(job["url"]))).status_code == 200


async def test_files_go_when_their_time_is_over(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job says so, and the database keeps nothing of it."""
    job, _ = await exported(office)
    later = clock.now() + timedelta(days=8)
    monkeypatch.setattr(clock, "now", lambda: later)
    await Jobs(Desk(office.running.means, timedelta(days=7))).tidy()
    found = await office.read(job, "exportJob")
    assert (found["status"], "url" in found) == ("expired", False)
    assert (await office.counted("file"), await office.counted("file_part")) == (0, 0)
    answer = await office.api.get(f"{OWN}/exportJob/{job['id']}/content")
    assert answer.status_code == 404
    assert (await office.api.delete(f"{OWN}/exportJob/{job['id']}")).status_code == 204


async def test_rows_that_take_long_to_find_end_no_export(
    system: Running, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where few of many match, the first may take longer than any statement of a request."""
    monkeypatch.setattr(database, "_COMMAND_MARGIN_SECONDS", 0.2)
    async with Database.opened(database_url, size=1, timeout_ms=100) as opened, opened.connected() as connection:
        monkeypatch.setattr(snapshots, "statement", lambda _: _SLOW)
        walk = Walk(system.resource("sales", "salesLead"), "nobody", EVERYTHING)
        async with database.snapshot(connection):
            assert [row.id async for row in walk.rows(connection)] == ["1"]


async def test_two_jobs_at_once_leave_each_other_connections(database_url: str) -> None:
    """Each holds one for as long as it lasts, and one to read by, and needs another to write: with fewer both hang."""
    with pytest.raises(ValidationError):
        Settings(pool_size=5)
    async with run(Settings(database_url=database_url, api=OFFICIAL, pool_size=6)) as started:
        office = office_of(started)
        async with office.api:
            (await office.api.post(LEADS, json={"name": "x"})).raise_for_status()
            await asyncio.wait_for(asyncio.gather(exported(office), exported(office)), 20)


async def test_a_job_is_not_read_before_it_is_done(office: Office) -> None:
    """404 says to read the status."""
    job = (await office.api.post(f"{OWN}/exportJob", json={"resource": "salesLead"})).json()
    answer = await office.api.get(f"{OWN}/exportJob/{job['id']}/content")
    assert (answer.status_code, "status" in answer.json()["message"]) == (404, True)
    assert (await office.api.put(f"{OWN}/exportJob/{job['id']}/content", content=b"x")).status_code == 405
