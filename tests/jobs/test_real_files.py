"""Both real files, over the API and by the command, with the proposed mapping: looked at, tried, run, taken back.

Of each file the first rows; `SPANCO_ALL_ROWS=1` takes all of them.
"""

import asyncio
import csv
import os
import sys
from collections.abc import AsyncIterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from spanco.app import Running
from tests.jobs.stage import OWN, Office, office_of
from tests.sales.test_proposing import DATA, needs_real_data, of_example, read_by

FILES = pytest.mark.parametrize(("name", "resource", "word"), [
    ("x-education-leads", "salesLead", "leads"),
    ("crm-pipeline", "salesOpportunity", "opportunities"),
])  # fmt: skip
FIRST = None if os.environ.get("SPANCO_ALL_ROWS") else 501
_OF_JOBS = {"job", "job_key", "job_chunk", "job_fault", "file", "file_part"}
_LOG = {"event", "outbox", "feed", "aside"}


@pytest.fixture
async def office(system: Running) -> AsyncIterator[Office]:
    """A tenant of its own."""
    found = office_of(system)
    async with found.api:
        yield found


async def contents(office: Office) -> dict[str, str]:
    """A digest of what the tenant has in every table, apart from the records of jobs and the log."""
    found = {}
    async with office.running.database.connected() as connection:
        tables = await connection.fetch(
            "select table_name from information_schema.columns join information_schema.tables using (table_name) "
            "where column_name = 'tenant' and tables.table_type = 'BASE TABLE' and tables.table_schema = 'public'"
        )
        parts = {each["name"] for each in await connection.fetch(
            "select inhrelid::regclass::text as name from pg_inherits"
        )}  # fmt: skip
        for table in sorted({each["table_name"] for each in tables} - _OF_JOBS - _LOG):
            if table in parts or f'"{table}"' in parts:
                continue
            of = "and kind <> 'spanco.importJob'" if table == "resource" else ""
            text = f"select coalesce(md5(string_agg(t::text, chr(10) order by t::text)), '') from \"{table}\" as t "  # noqa: S608
            found[table] = await connection.fetchval(f"{text} where tenant = $1 {of}", office.tenant)
    assert {"resource", "origin", "match_key", "match_todo", "job_rehearsed"} <= found.keys()
    return found


def rows_of(path: Path) -> int:
    """Records below the header."""
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


async def by_api(office: Office, path: Path, resource: str, *, dry: bool) -> dict[str, Any]:
    """The job when it has come to its end, with the mapping that it proposed itself."""
    job = await office.job(resource=resource, fileName=path.name, goal="mapping", batch=1000)
    answer = await office.send(job, path.read_bytes())  # noqa: ASYNC240 - a file of a test
    assert answer.status_code == 200, answer.text
    job = await office.done(job)
    assert job["status"] == "ready", job
    await office.ask(job, status="checking" if dry else "running")
    return await office.done(job)


async def by_command(office: Office, path: Path, word: str, *, dry: bool) -> dict[str, Any]:
    """The job that the command made, after its end."""
    words = ["import", word, str(path), "--propose", "--batch", "1000", "--tenant", office.tenant]
    url = office.running.settings.database_url
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "spanco", *words, *(["--dry-run"] if dry else [])),
        env={**os.environ, "SPANCO_DATABASE_URL": str(url), "COLUMNS": "160"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, errors = await process.communicate()
    assert process.returncode == 0, (told, errors)
    name = told.decode().rpartition("Import job ")[2].strip()
    return await office.read({"id": name})


@needs_real_data
@pytest.mark.parametrize("way", ["api", "command"])
@FILES
async def test_a_real_file_goes_in_and_out_again(  # noqa: PLR0913 - what varies
    office: Office, tmp_path: Path, name: str, resource: str, word: str, way: str
) -> None:
    """Most columns get their target; the dry run is the run; a second run adds nothing; then all is as before."""
    path = tmp_path / f"{name}.csv"
    with (DATA / f"{name}.csv").open(encoding="utf-8") as file:
        path.write_text("".join(islice(file, FIRST)), encoding="utf-8")
    rows = rows_of(path)

    async def go(*, dry: bool) -> dict[str, Any]:
        return await (
            by_api(office, path, resource, dry=dry) if way == "api" else by_command(office, path, word, dry=dry)
        )

    await office.api.get(f"{OWN}/register")  # registers come with the first question
    before = await contents(office)
    tried = await go(dry=True)
    assert tried["status"] == "checked"
    assert await contents(office) == before
    wanted, found = of_example(name), read_by(tried["mapping"])
    assert sum(bool(paths & found.get(column, set())) for column, paths in wanted.items()) >= 0.8 * len(wanted)
    job = await go(dry=False)
    assert (job["status"], job["outcome"], job["rows"]) == ("succeeded", tried["expected"], rows)
    assert sum(job["outcome"].values()) == rows
    assert (
        job["outcome"]["created"] + job["outcome"]["queued"] == len(await office.documents(f"sales.{resource}")) == rows
    )
    there = await contents(office)
    again = await go(dry=False)
    assert {outcome: number for outcome, number in again["outcome"].items() if number} == {"known": rows}
    assert await contents(office) == there
    await office.api.post(f"{OWN}/importJob/{job['id']}/revert")
    job = await office.done(job)
    assert job["reverted"] == {"removed": rows, "kept": 0, "gone": 0}
    assert await contents(office) == before
