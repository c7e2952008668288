"""Leads of tSM from lines of JSON: the same rules, ids and outcomes as one by one, whoever sends them how often."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from spanco.app import Running
from tests.jobs.stage import Office, office_of, outcome
from tests.rest.test_tsm import EMAIL, NO_ID, WHOLE, bare, events
from tests.sales.test_tsm_docs import REQUIRED

LEAD, SALES_LEAD = "/tsm/crm/v2/lead", "/tmf-api/sales/v4/salesLead"


@pytest.fixture
def office(running: Running) -> Office:
    """A tenant with a worker of its own."""
    return office_of(running)


def lead(name: str, **more: Any) -> dict[str, Any]:
    """The least that a lead must say, and more."""
    return {"partyName": name, **{each: WHOLE[each] for each in REQUIRED["Lead"] - {"partyName"}}, **more}


def lines(*leads: Any) -> str:
    """A file of them."""
    return "".join(f"{json.dumps(lead)}\n" for lead in leads)


async def imported(office: Office, *leads: Any, source: str = "tsm") -> dict[str, Any]:
    """The job that imported them."""
    return await office.imported(lines(*leads), format="tsm", fileName=source)


@pytest.mark.parametrize("status", [
    *("NEW", "IN_PROGRESS", "WORKING", "NON_WORKING", "CONVERTED", "REJECTED", "UNSUCCESSFUL"),
    *("LATER", "CONVERTED_EXTERNAL"),
])  # fmt: skip
async def test_a_line_becomes_the_lead_that_it_says(office: Office, status: str) -> None:
    """In its status at once, with one event, under its own id; read by both faces, without what is only processed."""
    face = WHOLE | {"status": status, "laterUntil": "2027-01-31T00:00:00.000Z", "externalReference": {"id": "C-1"}}
    job = await imported(office, face | {"id": NO_ID, "processingData": {"batch": "canary"}})
    assert (job["status"], outcome(job)) == ("succeeded", (1, 0, 0, 0))
    assert bare((await office.api.get(f"{LEAD}/{NO_ID}")).json()) == face
    kept = await office.api.get(f"{SALES_LEAD}/{NO_ID}")
    assert (kept.json()["name"], kept.json()["prospectContact"][3]["characteristic"]["emailAddress"]) == (
        face["partyName"],
        EMAIL["value"],
    )
    assert "canary" not in kept.text
    assert [event for event, *_ in await events(office.running, NO_ID)] == ["SalesLeadCreateEvent"]


async def test_every_line_comes_to_one_end(office: Office) -> None:
    """Known by its id, else by its key, else by what it says, in any order; no lead is refused with the reason."""
    leads = [
        lead("Alfa", id=NO_ID, key="A"),
        lead("Bravo", key="B", processingData=None),
        lead("Charlie"),
        lead("Delta", key="B"),
        lead("Echo", key="C", status="OLD"),
        lead("Foxtrot", key="D", leadRating="boiling"),
        lead("Golf", key="E", id="17"),
        [1],
    ]
    job = await imported(office, *leads)
    assert outcome(job) == (3, 0, 1, 4)
    assert job["rows"] == len(leads)
    told = await office.errors(job)
    for reason in ("used before, on line 2", '""OLD"" is not one of', "Valid: cold, hot, unrated, warm.", "'id'"):
        assert reason in told
    again = await imported(office, *reversed(leads[:3]))
    assert outcome(again) == (0, 3, 0, 0)
    assert int((await office.api.get(LEAD)).headers["x-total-count"]) == 3


async def test_an_id_is_that_of_one_lead(office: Office) -> None:
    """A line of another source with an id that is, or was, that of a lead is refused; one at a time as in a crowd."""
    await imported(office, lead("Alfa", id=NO_ID))
    for other_name in ("Bravo", "Charlie"):
        other = await imported(office, lead("Delta", id=NO_ID), lead(other_name, key="B"), source=other_name)
        assert outcome(other) == (1, 0, 0, 1)
        assert NO_ID in await office.errors(other)
        await office.api.delete(f"{LEAD}/{NO_ID}")


async def test_a_dry_run_says_what_a_run_does(office: Office) -> None:
    """And writes nothing."""
    job = await office.job(goal="check", format="tsm")
    await office.send(job, lines(lead("Alfa", id=NO_ID), lead("Bravo", leadType="nothing")))
    job = await office.done(job)
    assert (job["status"], outcome(job, "expected")) == ("checked", (1, 0, 0, 1))
    assert await office.documents() == []


def test_the_command_reads_lines_of_tsm(tmp_path: Path) -> None:
    """As a person types it: the second run adds nothing, and what is refused stands beside the file."""
    file = tmp_path / "leads.jsonl"
    file.write_text(lines(lead("Alfa", id=NO_ID), lead("Bravo", status="OLD")), encoding="utf-8")
    words = ["import", "leads", str(file), "--format", "tsm"]
    environment = {**os.environ, "SPANCO_DATA_DIR": str(tmp_path / "data"), "COLUMNS": "120"}
    ends = [
        subprocess.run(  # noqa: S603  our own command
            [sys.executable, "-m", "spanco", *words], env=environment, capture_output=True, text=True, check=False
        )
        for _ in range(2)
    ]
    assert [end.returncode for end in ends] == [0, 0], [(end.stdout, end.stderr) for end in ends]
    rows = [[cell.strip() for cell in end.stdout.split("all", 1)[1].split("\n")[0].split("│")] for end in ends]
    assert [row[1] for row in rows] == ["1", "0"]
    assert [row[-2] for row in rows] == ["2", "2"]
    refused = (tmp_path / "leads.jsonl.refused.csv").read_text(encoding="utf-8-sig")
    assert "Bravo" in refused
    assert "Alfa" not in refused
