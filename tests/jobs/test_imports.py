"""Import jobs over the API: a file is sent, looked at, tried, run, read out and taken back; every row is counted."""

from collections.abc import AsyncIterator

import pytest

from spanco.app import Running
from tests.jobs.stage import HEADER, MAPPING, OWN, Office, office_of, outcome, table

ROWS = (
    HEADER + "1,Ann,1,new,\n2,Ben,x,new,\n3,,1,new,\n1,Ann again,1,won,\n4,too short\n5,=1+1,y,won,\n\n6,Eve,1,new,\n"
)


@pytest.fixture
async def office(system: Running) -> AsyncIterator[Office]:
    """A tenant of its own."""
    found = office_of(system)
    async with found.api:
        yield found


async def test_a_file_is_looked_at_tried_and_run(office: Office) -> None:
    """The mapping is proposed as data; the dry run counts what the run then does; nothing is asked twice."""
    job = await office.job(fileName="fair.csv")
    assert (job["status"], job["path"]) == ("waiting", "/tmf-api/sales/v4/salesLead")
    assert (await office.send(job, table(20), **{"content-type": "text/csv"})).json()["status"] == "reading"
    job = await office.done(job)
    assert job["status"] == "ready", job
    assert (job["format"], job["encoding"], job["delimiter"]) == ("csv", "utf-8", ",")
    assert job["column"] == ["no", "name", "value", "state", "created"]
    assert job["mapping"]["key"] == ["no"]
    assert job["mapping"]["attributes"]["name"] == "name"
    assert {each["column"] for each in job["proposal"]} == set(job["column"])
    answer = await office.ask(job, mapping={"source": "fair"}, status="checking")
    assert answer.status_code == 200, answer.text
    job = await office.done(job)
    assert (job["status"], job["rows"]) == ("checked", 20), job
    assert outcome(job, "expected") == (20, 0, 0, 0)
    assert await office.documents() == []
    assert (await office.ask(job, status="running")).status_code == 200
    job = await office.done(job)
    assert (job["status"], outcome(job), job["progress"]) == ("succeeded", (20, 0, 0, 0), 100)
    found = await office.documents()
    assert [each["creationDate"] for each in found] == ["2020-02-03T00:00:00.000Z"] * 20
    assert outcome(await office.imported(table(20), mapping={**MAPPING, "source": "fair"})) == (0, 20, 0, 0)
    assert len(await office.documents()) == 20


async def test_every_row_ends_in_one_outcome_and_the_dry_run_says_it_before(office: Office) -> None:
    """Broken, not mapped, refused by the checks, repeated, created; the file of errors tells why, and is harmless."""
    job = await office.imported(ROWS, mapping=MAPPING, goal="check", batch=2)
    assert (job["status"], job["rows"]) == ("checked", 7), job
    assert outcome(job, "expected") == (2, 0, 1, 4)
    before = await office.errors(job)
    await office.ask(job, status="running")
    job = await office.done(job)
    assert outcome(job) == (2, 0, 1, 4)
    assert sum(job["outcome"].values()) == job["rows"]
    assert await office.errors(job) == before
    lines = before.splitlines()
    assert lines[0] == "refused line,refused because,no,name,value,state,created"
    assert lines[1].startswith("3,Column 'value': 'x' is not a number written like 1234.56.,2,Ben")
    assert "5,\"The key '1' was used before, on line 2.\",1,Ann again,1,won," in lines
    assert "'=1+1" in before


async def test_an_import_is_taken_back_but_for_what_changed_since(office: Office) -> None:
    """Leads, origins and noted rows are as before; what somebody changed stays, counted and listed."""
    job = await office.imported(table(9), mapping=MAPPING, batch=2)
    leads = (await office.api.get("/tmf-api/sales/v4/salesLead?sort=name")).json()
    await office.api.patch(f"/tmf-api/sales/v4/salesLead/{leads[3]['id']}", json={"description": "mine"})
    await office.api.delete(f"/tmf-api/sales/v4/salesLead/{leads[5]['id']}")
    answer = await office.api.post(f"{OWN}/importJob/{job['id']}/revert")
    assert (answer.status_code, answer.json()["status"]) == (200, "reverting")
    job = await office.done(job)
    assert (job["status"], job["reverted"]) == ("reverted", {"removed": 7, "kept": 1, "gone": 1})
    (left,) = await office.documents()
    assert left["description"] == "mine"
    assert await office.counted("origin") == 1
    assert leads[3]["id"] in await office.errors(job)
    assert outcome(await office.imported(table(9), mapping=MAPPING)) == (8, 1, 0, 0)
