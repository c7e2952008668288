"""Imports end to end on a real PostgreSQL: every row counted, nothing twice, what was refused kept with its reasons."""

import asyncio
import csv
import os
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from spanco.app import Running
from spanco.kernel.wire import Document, decode_stored
from spanco.sales.actions.chunks import UNMAPPED, Course, Tally
from spanco.sales.actions.desk import Desk
from spanco.sales.actions.imports import carry_out
from spanco.sales.rules.mapping import told_in
from spanco.store import jobs
from spanco.store.database import Connection, Database
from spanco.store.errors import DatabaseAway
from tests.jobs.stage import Office, table
from tests.system import caller, surface_of

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("SPANCO_SHARED", ROOT.parent / "shared")) / "data"
needs_real_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real files are not at {DATA}")

MAPPING = """
source = "crm"
resource = "salesLead"
key = "no"

[attributes]
name = "name"
"estimatedRevenue.value" = { column = "value", number = true }
"estimatedRevenue.unit" = { constant = "EUR" }

[state]
column = "state"
values = { new = "acknowledged", won = "accepted" }
created = "created"
date = "iso"
"""
HEADER = "no,name,value,state,created\n"


def office_of(running: Running) -> Office:
    """The tenant of the test, with a worker of its own."""
    return Office(running, caller(surface_of(running)))


def write(path: Path, text: str) -> None:
    """Make the file of a test."""
    path.write_text(text, encoding="utf-8")


async def imported(running: Running, path: Path, mapping: str = MAPPING, *, dry_run: bool = False) -> Tally:
    """The tally of an import job of the file; what it left outside stands beside the file."""
    office, told = office_of(running), told_in(mapping)
    batch, goal = 2 if mapping is MAPPING else 500, "check" if dry_run else "run"
    job = await office.job(resource=told["resource"], mapping=told, batch=batch, goal=goal)
    answer = await office.send(job, path.read_bytes())  # noqa: ASYNC240 - a small file of a test
    assert answer.status_code == 200, answer.text
    job = await office.done(job)
    assert job["status"] == ("checked" if dry_run else "succeeded"), job
    refused_of(path).write_text(await office.errors(job), encoding="utf-8-sig", newline="")
    tally = await tally_of(office, job)
    assert tally.rows == job["rows"]
    return tally


def refused_of(path: Path) -> Path:
    """Where the rows are put that stayed outside."""
    return path.with_name(f"{path.name}.refused.csv")


async def tally_of(office: Office, job: dict[str, Any]) -> Tally:
    """What was counted, state by state."""
    tally, ticket = Tally(), await office.ticket(job)
    async with office.running.database.connected() as connection:
        tally.counts.update(await jobs.sums(connection, ticket))
    return tally


async def documents(running: Running, kind: str = "sales.salesLead") -> list[Document]:
    """Everything of a kind that the tenant of the test has, without the way over a page of a list."""
    async with running.work(running.actor) as work:
        rows = await work.connection.fetch(
            "select document from resource where tenant = $1 and kind = $2", running.actor.tenant, kind
        )
    found = [decode_stored(row["document"]) for row in rows]
    return [document for document in found if isinstance(document, dict)]


def counts(tally: Tally) -> tuple[int, int, int, int]:
    """Created, known, repeated, refused."""
    return tally.of("created"), tally.of("known"), tally.of("repeated"), tally.of("refused")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file of a test stands."""
    return tmp_path / "leads.csv"


async def test_history_is_kept_and_a_second_run_adds_nothing(running: Running, path: Path) -> None:
    """Dates and end states are those of the file; the key keeps rows from coming twice."""
    write(path, HEADER + "1,Ann,10.50,won,2020-02-03\n2,Ben,,new,2020-02-04\n3,Cid,1,new,\n")
    tally = await imported(running, path)
    assert counts(tally) == (3, 0, 0, 0)
    assert tally.counts == {("created", "accepted"): 1, ("created", "acknowledged"): 2}
    assert len(refused_of(path).read_text().splitlines()) == 1
    found = {str(document["name"]): document for document in await documents(running)}
    assert found["Ann"]["status"] == "accepted"
    assert found["Ann"]["creationDate"] == "2020-02-03T00:00:00.000Z"
    assert found["Ann"]["estimatedRevenue"] == {"unit": "EUR", "value": Decimal("10.50")}
    assert "estimatedRevenue" not in found["Ben"]
    assert str(found["Cid"]["creationDate"]) > "2025"
    assert counts(await imported(running, path)) == (0, 3, 0, 0)
    assert len(await documents(running)) == 3


async def test_every_row_ends_in_one_outcome(running: Running, path: Path) -> None:
    """Broken, refused by the mapping, refused by the checks, repeated, created: the sum is the rows of the file."""
    write(
        path,
        HEADER
        + "1,Ann,1,new,\n2,Ben,x,new,\n3,,1,new,\n1,Ann again,1,won,\n4,too short\n5,=1+1,y,won,\n\n6,Eve,1,new,\n",
    )
    tally = await imported(running, path)
    assert counts(tally) == (2, 0, 1, 4)
    assert tally.rows == 7
    assert tally.counts["refused", UNMAPPED] == 3
    with refused_of(path).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["refused line", "refused because", "no", "name", "value", "state", "created"]
    told = {row[0]: row[1:] for row in rows[1:]}
    assert sorted(told) == ["3", "4", "5", "6", "7"]
    assert told["3"][0] == "Column 'value': 'x' is not a number written like 1234.56."
    assert "name" in told["4"][0]
    assert told["5"][0] == "The key '1' was used before, on line 2."
    assert told["6"] == ["The row has 2 cells, the header has 5.", "4", "too short"]
    assert told["7"][2] == "'=1+1"


async def test_mended_rows_can_be_imported_from_the_refused_file(running: Running, path: Path) -> None:
    """The file of refused rows is a table for the same mapping; what is refused again does not grow columns."""
    write(path, HEADER + "1,=Ann,x,new,\n2,Ben,y,new,\n")
    await imported(running, path)
    refused = refused_of(path)
    write(refused, refused.read_text(encoding="utf-8-sig").replace(",x,", ",7,"))
    tally = await imported(running, refused)
    assert counts(tally) == (1, 0, 0, 1)
    assert [document["name"] for document in await documents(running)] == ["=Ann"]
    assert refused_of(refused).read_text(encoding="utf-8-sig").splitlines()[0] == (
        "refused line,refused because,no,name,value,state,created"
    )


async def test_a_dry_run_counts_and_writes_nothing(running: Running, path: Path) -> None:
    """The same checks on the same database, and everything taken back."""
    write(path, HEADER + "1,Ann,1,new,\n2,Ben,x,new,\n3,,1,new,\n4,Dan,1,won,\n")
    assert counts(await imported(running, path, dry_run=True)) == (2, 0, 0, 2)
    assert await documents(running) == []


async def test_a_table_without_rows_is_imported_at_once(running: Running, path: Path) -> None:
    """A header alone is no fault."""
    write(path, HEADER)
    assert counts(await imported(running, path)) == (0, 0, 0, 0)


class Flaky(Database):
    """A database that goes away after so many connections."""

    def __init__(self, real: Database, left: int) -> None:
        self._real, self.left = real, left
        self.recent = real.recent

    def connected(self) -> AbstractAsyncContextManager[Connection]:  # type: ignore[override]
        """One more, or none."""
        return self._counted()

    @asynccontextmanager
    async def _counted(self) -> AsyncIterator[Connection]:
        self.left -= 1
        if self.left < 0:
            raise DatabaseAway
        async with self._real.connected() as connection:
            yield connection


@pytest.mark.parametrize("left", [1, 4, 6, 9, 15, 24])
async def test_an_import_that_was_cut_off_is_taken_up_with_exact_counts(running: Running, left: int) -> None:
    """The database goes away in the middle; then the job goes on, and every row is counted once."""
    office = office_of(running)
    job = await office.job(mapping=told_in(MAPPING), batch=2, goal="check")
    await office.send(job, table(20))
    await office.done(job)
    await office.ask(job, status="running")
    means = replace(running.means, database=Flaky(running.database, left))
    heard: list[int] = []

    def follow(course: Course) -> None:
        heard.append(course.tally.of("created"))

    desk = Desk(means, timedelta(days=1))
    with pytest.raises(DatabaseAway):
        await carry_out(desk, await office.ticket(job), asyncio.Event(), follow)
    assert heard == sorted(heard)
    written = len(await documents(running))
    assert written < 20
    assert written % 2 == 0
    job = await office.done(job)
    assert (job["status"], counts(await tally_of(office, job))) == ("succeeded", (20, 0, 0, 0))
    assert len(await documents(running)) == 20


async def test_only_who_may_import_brings_history(running: Running) -> None:
    """The verb is `import`; selling is not enough, not even to make the job."""
    office = office_of(running).as_role("sales")
    answer = await office.api.post("/spanco/v1/importJob", json={"resource": "salesLead"})
    assert answer.status_code == 403
    assert (await office_of(running).as_role("importer").job())["status"] == "waiting"
    assert await documents(running) == []


async def test_the_event_says_that_it_was_an_import(running: Running, path: Path) -> None:
    """One event for each row, whose cause names the import."""
    write(path, HEADER + "1,Ann,1,won,\n2,Ben,1,new,\n")
    await imported(running, path)
    async with running.work(running.actor) as work:
        rows = await work.connection.fetch("select cause from event where tenant = $1", running.actor.tenant)
    causes = [decode_stored(row["cause"]) for row in rows]
    imports = [cause for cause in causes if isinstance(cause, dict) and cause["kind"] == "import"]
    assert [cause["source"] for cause in imports] == ["crm", "crm"]
    assert len({str(cause["job"]) for cause in imports}) == 1


def raw(name: str) -> list[dict[str, str]]:
    """The rows of a real file, read the plainest way there is."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


async def real(running: Running, tmp_path: Path, name: str) -> Tally:
    """A real file imported with the mapping that stands in `examples/`, from a place where we may write."""
    copy = tmp_path / f"{name}.csv"
    copy.write_bytes((DATA / copy.name).read_bytes())
    mapping = (ROOT / "examples" / f"{name}.toml").read_text(encoding="utf-8")
    return await imported(running, copy, mapping)


def text_at(document: Document, *path: str) -> str:
    """The text at a path through objects and the first elements of arrays; empty where there is none."""
    value: object = document
    for step in path:
        if isinstance(value, list):
            value = value[0]
        value = value.get(step, "") if isinstance(value, dict) else ""
    return str(value)


@needs_real_data
async def test_the_real_leads_are_imported_whole(running: Running, tmp_path: Path) -> None:
    """9,240 leads, 3,561 converted; by source as the raw file counts them, with Google and google as one."""
    tally = await real(running, tmp_path, "x-education-leads")
    assert counts(tally) == (9240, 0, 0, 0)
    assert tally.counts == {("created", "accepted"): 3561, ("created", "acknowledged"): 5679}
    rows = raw("x-education-leads.csv")
    found = await documents(running)
    sources = Counter(text_at(each, "channel", "name") for each in found)
    assert sources == Counter("Google" if row["Lead Source"] == "google" else row["Lead Source"] for row in rows)
    assert sources["Google"] == 2873
    assert sources[""] == 36
    assert sum("channel" not in each for each in found) == 36
    by_source = Counter(text_at(each, "channel", "name") for each in found if each["status"] == "accepted")
    converted = Counter(row["Lead Source"] for row in rows if row["Converted"] == "1")
    assert by_source["Google"] == converted["Google"] + converted["google"]
    assert sum(by_source.values()) == 3561
    cities = Counter(text_at(each, "prospectContact", "characteristic", "city") for each in found)
    assert cities == Counter("" if row["City"] == "Select" else row["City"] for row in rows)
    assert b"Select" not in b"".join(str(each).encode() for each in found).replace(b"Selected", b"")
    assert sum("'name': 'doNotEmail', 'value': True" in str(each) for each in found) == 734
    notes = sum("note" in each for each in found)
    assert notes == sum(row["Tags"] != "" for row in rows)
    assert counts(await real(running, tmp_path, "x-education-leads")) == (0, 9240, 0, 0)
    assert len(await documents(running)) == 9240


@needs_real_data
async def test_the_real_opportunities_are_imported_whole(running: Running, tmp_path: Path) -> None:
    """8,800 opportunities; counts by state, sums by product, dates and missing accounts as in the raw file."""
    tally = await real(running, tmp_path, "crm-pipeline")
    assert counts(tally) == (8800, 0, 0, 0)
    states = {"acknowledged": 500, "inProgress": 1589, "accepted": 4238, "rejected": 2473}
    assert tally.counts == {("created", state): count for state, count in states.items()}
    rows = raw("crm-pipeline.csv")
    found = await documents(running, "sales.salesOpportunity")
    assert Counter(str(each["status"]) for each in found) == states
    closed = [each for each in found if "estimatedRevenue" in each]
    assert len(closed) == 4238 + 2473
    assert sum(Decimal(text_at(each, "estimatedRevenue", "value")) for each in closed) == 10_005_534
    assert {text_at(each, "estimatedRevenue", "unit") for each in closed} == {"USD"}
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for each in closed:
        product = text_at(each, "salesOpportunityItem", "product", "name")
        sums[product] += Decimal(text_at(each, "estimatedRevenue", "value"))
    expected: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["close_value"]:
            expected[{"GTXPro": "GTX Pro"}.get(row["product"], row["product"])] += Decimal(row["close_value"])
    assert sums == expected
    with_account = [each for each in found if "'role': 'customer'" in str(each)]
    assert len(found) - len(with_account) == 1425
    engaged = sum(str(each["creationDate"]) < "2018" for each in found)
    assert engaged == 8800 - 500
    first = next(each for each in found if "1C1I7A6R" in str(each["description"]))
    assert (first["creationDate"], first["statusChangeDate"]) == (
        "2016-10-20T00:00:00.000Z",
        "2017-03-01T00:00:00.000Z",
    )
    assert counts(await real(running, tmp_path, "crm-pipeline")) == (0, 8800, 0, 0)
    assert len(await documents(running, "sales.salesOpportunity")) == 8800
