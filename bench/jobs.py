"""How fast a large import job goes through a worker, duplicates checked, in how much memory; and the export of it."""

import csv
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import psutil

from bench import machine
from bench.plan import Plan
from bench.population import parts
from bench.servers import started
from spanco.kernel.wire import decode_document

RESULTS = Path(__file__).with_name("JOBS.md")
_ROOT = "/spanco/v1"
_METHOD = """# Import and export jobs

`make bench ARGS="--only jobs"`: a CSV file of invented people and companies (tests/sales/people.py; about a third of
the rows is about somebody who stands on another row, with typing slips) is sent to an import job over HTTP. The worker
beside the server reads it, maps it, checks every row, compares it with all leads that are there, and writes it with its
event, its match keys and its origin; what may be known is queued as a pair. Then all of it is exported as CSV. Rows per
second are those of the whole job, from the first byte sent to its end; memory is the most that the worker process held.
Each size has a database of its own. The worker has the lowest priority: whatever else the machine does slows it down.
"""
_COLUMNS: Mapping[str, str] = {
    "wish": "name",
    "company": "relatedParty[role=prospect].name",
    "person": "relatedParty[role=contact].name",
    "email": "prospectContact[mediumType=email].characteristic.emailAddress",
    "phone": "prospectContact[mediumType=phone].characteristic.phoneNumber",
    "street": "prospectContact[mediumType=postalAddress].characteristic.street1",
    "postcode": "prospectContact[mediumType=postalAddress].characteristic.postCode",
    "city": "prospectContact[mediumType=postalAddress].characteristic.city",
    "country": "prospectContact[mediumType=postalAddress].characteristic.country",
}
_PARTIES = {"prospect": ("company", "Organization"), "contact": ("person", "Individual")}
_MAPPING = {
    "resource": "salesLead",
    "key": "no",
    "attributes": {
        **{path: column for column, path in _COLUMNS.items()},
        **{f"relatedParty[role={role}].id": column for role, (column, _) in _PARTIES.items()},
        **{f"relatedParty[role={role}].@referredType": {"constant": kind} for role, (_, kind) in _PARTIES.items()},
    },
}
_MEGABYTE = 1 << 20
_PATIENCE = 3600.0


class _Watch:
    """The most memory that a process takes while a block lasts, in megabytes."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.most = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.1):
            with suppress(psutil.Error):
                self.most = max(self.most, self._process.memory_info().rss / _MEGABYTE)


def measured(plan: Plan, urls: Mapping[int, str], folder: Path) -> str:
    """The report: rows per second and memory, by size; each size has a database."""
    lines = [
        _METHOD,
        "| | |",
        "| --- | --- |",
        *(f"| {name} | {told} |" for name, told in machine.described().items()),
        "",
        "| rows | created | of them queued as likely known | import, rows/s | worker, MB at most | export, rows/s |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
        *(f"| {rows:,} | {' | '.join(one(urls[rows], folder, rows))} |" for rows in sizes(plan)),
    ]
    return "\n".join(lines) + "\n"


def sizes(plan: Plan) -> tuple[int, int]:
    """How many rows the files have: some, and four times as many, so that it shows whether memory grows."""
    return plan.imported, 4 * plan.imported


def write_people(path: Path, count: int) -> None:
    """A table of leads as people type them, each row with a number."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("no", *_COLUMNS))
        number = 0
        for part in parts(count, 0):
            for _, document, _ in part.leads:
                number += 1
                table.writerow((number, *_cells(decode_document(document))))


def _cells(document: Mapping[str, Any]) -> list[str]:
    parties = {each["role"]: each["name"] for each in document.get("relatedParty", ())}
    reached: dict[str, str] = {}
    for each in document.get("prospectContact", ()):
        reached |= each["characteristic"]
    own = {"name": document["name"], **reached}
    own |= {column: parties.get(role, "") for role, (column, _) in _PARTIES.items()}
    return [own.get(column, own.get(path.rpartition(".")[2], "")) for column, path in _COLUMNS.items()]


def one(url: str, folder: Path, rows: int) -> tuple[str, ...]:
    """One size: created, queued, rows per second in, megabytes, rows per second out."""
    table = folder / f"leads-{rows}.csv"
    write_people(table, rows)
    mapping = {**_MAPPING, "source": f"bench-{rows}"}
    with started("ours", url, folder) as server, httpx.Client(base_url=server.root, timeout=300) as client:
        job = client.post(
            f"{_ROOT}/importJob", json={"resource": "salesLead", "mapping": mapping, "goal": "run"}
        ).json()
        worker = server.worker()
        with _Watch(worker.pid) as watch:
            begin = time.perf_counter()
            client.put(f"{_ROOT}/importJob/{job['id']}/content", content=table.read_bytes()).raise_for_status()
            job = _ended(client, f"importJob/{job['id']}")
            seconds = time.perf_counter() - begin
        outcome = job.get("outcome", {})
        made = outcome["created"] + outcome["queued"]
        if made != rows:
            raise SystemExit(f"The import did not create every row: {outcome}")
        begin = time.perf_counter()
        order = client.post(f"{_ROOT}/exportJob", json={"resource": "salesLead"}).json()
        exported = _ended(client, f"exportJob/{order['id']}")
        took = time.perf_counter() - begin
    if exported["rows"] != rows:
        raise SystemExit(f"The export does not hold every row: {exported}")
    table.unlink()
    figures = made, outcome["queued"], rows / seconds, watch.most, exported["rows"] / took
    return tuple(f"{each:,.0f}" for each in figures)


def _ended(client: httpx.Client, path: str) -> dict[str, Any]:
    until = time.monotonic() + _PATIENCE
    job: dict[str, Any] = {}
    while time.monotonic() < until:
        job = client.get(f"{_ROOT}/{path}").json()
        if job["status"] in {"succeeded", "failed"}:
            return job
        time.sleep(0.2)
    raise SystemExit(f"The job did not end: {job}")
