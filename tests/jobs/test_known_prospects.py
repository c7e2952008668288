"""Rows about somebody who is there: queued, joined or refused, as the dry run says, and taken back without a trace."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from spanco.app import Running
from tests.jobs.stage import OWN, Office, office_of

LEADS = "/tmf-api/sales/v4/salesLead"
MAPPING = {
    "source": "fair",
    "resource": "salesLead",
    "key": "no",
    "attributes": {
        "name": "wish",
        "relatedParty[role=prospect].id": "who",
        "relatedParty[role=prospect].name": "who",
        "relatedParty[role=prospect].@referredType": {"constant": "Individual"},
        "prospectContact[mediumType=email].characteristic.emailAddress": "mail",
    },
}
FILE = """no,wish,who,mail
1,Fibre,Jana Dvořáková,jana@bakery.example
2,Voice,Petr Svoboda,petr@smith.example
3,Fibre again,Jana Dvořáková,jana@bakery.example
4,Voice again,Petr Svoboda,petr@smith.example
5,Fibre,Eva Malá,eva@school.example
6,Fibre once more,Jana Dvořáková,jana@bakery.example
7,,,
"""
"""Jana three times, Petr twice, Eva once, and a row that says nothing."""
TABLES = ("resource", "origin", "match_key", "match_todo", "moved", "job_joined", "job_rehearsed", "job_rehearsed_key")


@pytest.fixture
async def office(system: Running) -> AsyncIterator[Office]:
    """A tenant of its own."""
    found = office_of(system)
    async with found.api:
        yield found


def counts(job: dict[str, Any], name: str = "outcome") -> dict[str, int]:
    """The outcomes that occurred."""
    return {outcome: number for outcome, number in job[name].items() if number}


async def contents(office: Office) -> dict[str, list[str]]:
    """All that the tenant has, apart from jobs and the log."""
    found = {}
    async with office.running.database.connected() as connection:
        for table in TABLES:
            of = "and kind <> 'spanco.importJob'" if table == "resource" else ""
            sql = f"select {table}::text as row from {table} where tenant = $1 {of} order by 1"  # noqa: S608 - our own
            found[table] = [each["row"] for each in await connection.fetch(sql, office.tenant)]
    return found


@pytest.mark.parametrize("batch", [1, 2, 250])
@pytest.mark.parametrize(("wish", "expected"), [
    ("create", {"created": 3, "queued": 3, "refused": 1}),
    ("link", {"created": 3, "linked": 3, "refused": 1}),
    ("reject", {"created": 3, "refused": 4}),
])  # fmt: skip
async def test_the_dry_run_knows_who_is_there(office: Office, wish: str, expected: dict[str, int], batch: int) -> None:
    """In the store, on an earlier line of the chunk or of another one; the run does what the dry run said."""
    await office.api.get(f"{OWN}/register")  # registers come with the first question
    before = await contents(office)
    job = await office.imported(FILE, mapping=MAPPING, goal="check", duplicate=wish, batch=batch)
    assert counts(job, "expected") == expected
    assert await contents(office) == before
    errors = await office.errors(job)
    await office.ask(job, status="running")
    job = await office.done(job)
    assert counts(job) == expected
    assert sum(job["outcome"].values()) == job["rows"] == 7
    assert await office.errors(job) == errors
    assert len(await office.documents()) == expected["created"] + expected.get("queued", 0)
    again = await office.imported(FILE, mapping=MAPPING, duplicate=wish, batch=2)
    assert counts(again) == ({"known": 6, "refused": 1} if wish != "reject" else {"known": 3, "refused": 4})
    await office.api.post(f"{OWN}/importJob/{job['id']}/revert")
    job = await office.done(job)
    assert (job["status"], job["reverted"]["kept"]) == ("reverted", 0)
    assert await contents(office) == before


async def test_whoever_was_there_before_is_found(office: Office) -> None:
    """What is closed takes no new interest; what is open does, and is not written to."""

    async def lead(mail: str, who: str, status: str) -> str:
        party = {"id": who, "name": who, "role": "prospect", "@referredType": "Individual"}
        contact = {"mediumType": "email", "characteristic": {"emailAddress": mail}}
        document = {"name": f"From {who}", "relatedParty": [party], "prospectContact": [contact]}
        made: dict[str, Any] = (await office.api.post(LEADS, json=document)).json()
        if status != "acknowledged":
            await office.api.patch(f"{LEADS}/{made['id']}", json={"status": status})
        return str(made["id"])

    jana = await lead("jana@bakery.example", "Jana Dvořáková", "acknowledged")
    await lead("petr@smith.example", "Petr Svoboda", "cancelled")
    job = await office.imported(FILE, mapping=MAPPING, duplicate="link", goal="check")
    assert counts(job, "expected") == {"created": 1, "queued": 1, "linked": 4, "refused": 1}
    await office.ask(job, status="running")
    job = await office.done(job)
    assert counts(job) == {"created": 1, "queued": 1, "linked": 4, "refused": 1}
    found = (await office.api.get(f"{LEADS}/{jana}")).json()
    assert found["name"] == "From Jana Dvořáková"
    refused = await office.imported(FILE, mapping={**MAPPING, "source": "other"}, duplicate="reject")
    assert "It is likely about the same as 'From Jana Dvořáková'" in await office.errors(refused)


async def test_people_see_the_pairs_that_were_queued(office: Office) -> None:
    """At once, each pair once, with the reasons; no worker need compare them again."""
    await office.imported(FILE, mapping=MAPPING, batch=2)
    pairs = (await office.api.get(f"{OWN}/duplicateCandidate")).json()
    assert len(pairs) == 4
    assert {each["outcome"] for each in pairs} == {"certain"}
    assert all("email" in each["matchedOn"] for each in pairs)
    assert await office.counted("match_todo") == 0


async def test_opportunities_are_not_compared(office: Office) -> None:
    """A customer may well have many."""
    options = {"resource": "salesOpportunity", "mapping": {**MAPPING, "resource": "salesOpportunity"}}
    answer = await office.api.post(f"{OWN}/importJob", json={**options, "duplicate": "link"})
    assert (answer.status_code, "only leads" in answer.json()["message"]) == (400, True)
