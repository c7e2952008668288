"""What a flood of posts does: whether anything that was accepted is lost, and how much it slows what staff reads."""

import asyncio
import http.client
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median, quantiles

import httpx

from bench import machine
from bench.cluster import connected, settings
from bench.leads import TENANT, leads
from bench.loading import fill
from bench.servers import Server, started

RESULTS = Path(__file__).with_name("CAPTURE.md")
TARGET = 2.0
_ROOT = Path(__file__).resolve().parent.parent
_STORED, _READ, _CLIENTS, _PAUSE, _PATIENCE = 20_000, 1_000, 32, 0.02, 1800.0
_OWN, _LEADS = "/spanco/v1", "/tmf-api/sales/v4/salesLead"

_METHOD = """# Capture under a flood

`make bench ARGS="--only capture"`: a server with its worker and {stored:,} leads. {posts:,} people post to one form
over {clients} connections, each as soon as the post before is answered, from a process of their own on the same
machine. All the while somebody reads a page of 20 leads (the newest first) and a single lead, one after the other with
{pause:.0f} ms between them, on one connection. The same reads are timed before and afterwards, when nobody posts.
"""

_FORM = {
    "name": "Flood",
    "field": [
        {"name": "name", "type": "text", "label": [{"language": "en", "text": "Name"}], "target": "contactName"},
        {"name": "email", "type": "email", "label": [{"language": "en", "text": "E-mail"}], "target": "email"},
        {"name": "wish", "type": "textarea", "label": [{"language": "en", "text": "Wish"}], "target": "description"},
    ],
    "consent": [
        {"code": "news", "version": "1", "purpose": "marketing", "text": [{"language": "en", "text": "Send me news."}]}
    ],
    "source": "webForm",
    "rateLimit": {"perMinute": 100_000, "perAddressPerMinute": 100_000},
}


@dataclass(slots=True)
class Reads:
    """Milliseconds of what staff reads, by what it is."""

    page: list[float] = field(default_factory=list)
    lead: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Found:
    """What came of a flood; seconds until all was answered, and until all was processed."""

    posts: int
    before: Reads = field(default_factory=Reads)
    posting: Reads = field(default_factory=Reads)
    processing: Reads = field(default_factory=Reads)
    after: Reads = field(default_factory=Reads)
    accepted: float = 0.0
    processed: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter)
    outcomes: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    leads: int = 0


def measured(url: str, folder: Path, *, quick: bool) -> str:
    """The report."""
    described = machine.described()
    found = Found(1_000 if quick else 10_000)
    asyncio.run(fill(url, _STORED))
    with started("ours", url, folder) as server:
        receipts = _flooded(server, url, folder, found)
    asyncio.run(_counted(url, receipts, found))
    return _told(found, described | asyncio.run(settings(url)))


def _flooded(server: Server, url: str, folder: Path, found: Found) -> list[str]:
    """Post, and read meanwhile; the receipts of what was accepted."""
    form = httpx.post(f"{server.root}{_OWN}/form", json=_FORM).raise_for_status().json()["id"]
    port, file = server.root.rpartition(":")[2], folder / "flood.txt"
    _read(server, Reads(), _for(3.0))  # warms it up
    _read(server, found.before, _for(10.0))
    begin = time.monotonic()
    command = [sys.executable, "-m", "bench.flood", port, form, str(found.posts), str(_CLIENTS), str(file)]
    with subprocess.Popen(command, cwd=_ROOT) as flood:  # noqa: S603 - our own command
        _read(server, found.posting, lambda: flood.poll() is None)
    if flood.returncode:
        raise SystemExit("The flood broke off.")
    found.accepted = time.monotonic() - begin
    _read(server, found.processing, _while_waiting(url, begin))
    found.processed = time.monotonic() - begin
    _read(server, found.after, _for(10.0))
    told = [line.split(" ") for line in file.read_text(encoding="utf-8").splitlines()]
    found.statuses = Counter(status for status, _ in told)
    return [receipt for status, receipt in told if status == "202"]


def _for(seconds: float) -> Callable[[], bool]:
    until = time.monotonic() + seconds
    return lambda: time.monotonic() < until


def _while_waiting(url: str, begin: float) -> Callable[[], bool]:
    """Whether something is still to be processed; asked once a second."""
    last = [0.0, True]

    def waits() -> bool:
        now = time.monotonic()
        if now - begin > _PATIENCE:
            raise SystemExit("The posts were not processed.")
        if now - last[0] >= 1:
            last[:] = now, asyncio.run(_number(url, "select count(*) from submission where due_at is not null")) > 0
        return bool(last[1])

    return waits


def _read(server: Server, reads: Reads, go_on: Callable[[], bool]) -> None:
    """Read as staff does, as long as it goes on."""
    ids = [each.id for each in islice(leads(_STORED), _READ)]
    chance = random.Random(1)
    connection = http.client.HTTPConnection(server.root.removeprefix("http://"), timeout=60)
    while go_on():
        reads.page.append(_timed(connection, f"{_LEADS}?limit=20&sort=-creationDate"))
        time.sleep(_PAUSE)
        reads.lead.append(_timed(connection, f"{_LEADS}/{chance.choice(ids)}"))
        time.sleep(_PAUSE)
    connection.close()


def _timed(connection: http.client.HTTPConnection, path: str) -> float:
    begin = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    if answer.status not in {200, 206}:
        raise SystemExit(f"A read was answered with {answer.status}.")
    return (time.perf_counter() - begin) * 1000


async def _number(url: str, question: str) -> int:
    async with connected(url) as connection:
        return int(await connection.fetchval(question))


async def _counted(url: str, receipts: list[str], found: Found) -> None:
    """Each receipt against what is in the database."""
    async with connected(url) as connection:
        rows = await connection.fetch("select id, state, lead_id from submission where tenant = $1", TENANT)
        known = await connection.fetch("select id from resource where tenant = $1 and kind = 'sales.salesLead'", TENANT)
    stored, kept = {each["id"] for each in known}, {each["id"]: each for each in rows}
    found.outcomes = dict(Counter(each["state"] for each in rows))
    found.leads = len(stored) - _STORED
    found.lost = sum(1 for receipt in receipts if receipt not in kept or kept[receipt]["lead_id"] not in stored)
    found.lost += abs(len(rows) - len(set(receipts))) + abs(found.outcomes.get("created", 0) - found.leads)


def _ratio(found: Found, part: Reads) -> list[float]:
    """How much slower the median and the 95th percentile of pages and of leads are than before the flood."""
    pairs = ((part.page, found.before.page), (part.lead, found.before.lead))
    return [of(slow) / of(quiet) for slow, quiet in pairs for of in (median, _p95)]


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]


def _told(found: Found, described: dict[str, str]) -> str:
    lines = [
        _METHOD.format(stored=_STORED, posts=found.posts, clients=_CLIENTS, pause=_PAUSE * 1000),
        "## What came of it",
        "",
        f"* {found.posts:,} posts answered in {found.accepted:.1f} s ({found.posts / found.accepted:,.0f}/s): "
        + ", ".join(f"{count:,} with {status}" for status, count in sorted(found.statuses.items())),
        f"* all processed {found.processed:.0f} s after the first: "
        + ", ".join(f"{count:,} {state}" for state, count in sorted(found.outcomes.items()))
        + f"; {found.leads:,} leads more than before",
        f"* accepted and without its one outcome: {found.lost:,}",
        "",
        "| milliseconds: median, 95 of 100 below | page of 20 | one lead | times the quiet ones (page; lead) |",
        "| --- | ---: | ---: | ---: |",
    ]
    parts = {"before": found.before, "while it is posted": found.posting, "while it is processed": found.processing}
    for name, part in (parts | {"afterwards": found.after}).items():
        page, lead = (f"{median(each):.2f}, {_p95(each):.2f}" for each in (part.page, part.lead))
        ratios = _ratio(found, part)
        told = f"{ratios[0]:.2f}, {ratios[1]:.2f}; {ratios[2]:.2f}, {ratios[3]:.2f}"
        lines.append(f"| {name} ({len(part.page):,} of each) | {page} | {lead} | {told} |")
    lines += ["", f"Wanted: nothing lost, and staff reads at most {TARGET:g} times as long.", "", "## The machine", ""]
    lines += [f"* {name}: {value}" for name, value in described.items()]
    return "\n".join(lines) + "\n"
