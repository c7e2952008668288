"""How long it takes to find the duplicates of a lead among very many, over HTTP; and what is found there."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx

from bench import machine
from bench.cluster import connected, settings
from bench.leads import TENANT
from bench.loading import sales_lead
from bench.population import parts, strangers
from bench.servers import Server, started
from spanco.kernel.wire import Document, decode_document, encode
from spanco.sales.actions.duplicates import LEAD
from spanco.store.database import Connection, Database
from spanco.store.documents import prepare
from spanco.store.migrate import migrate

RESULTS = Path(__file__).with_name("DUPLICATES.md")
FULL, QUICK = 1_000_000, 20_000
TARGET_MS = 20.0
_LEADS, _CHECK = "/tmf-api/sales/v4/salesLead", "/spanco/v1/duplicateCheck"
_ASKED, _WARM, _CREATED = 2_000, 300, 500
_CLIENTS = (1, 4)
_ALONE = "check, 1 client"

_METHOD = """# Duplicates among very many

`make bench ARGS="--only duplicates"`: invented people and companies of tests/sales/people.py, copied into the tables
with their keys; then questions over HTTP, one server process with its worker beside it. Half of the questions are about
people who have a lead and come again with other slips, half about strangers. Times are those of a client on the same
machine.
"""

Again = Sequence[tuple[dict[str, Any], frozenset[str]]]


@dataclass(slots=True)
class Found:
    """What came of the questions: milliseconds by what was asked, and how often each outcome was right."""

    leads: int
    loading: float = 0.0
    sizes: Mapping[str, int] = field(default_factory=dict)
    milliseconds: dict[str, list[float]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    server_mb: float = 0.0
    processor_ms: float = 0.0
    load: tuple[float, float] = (0.0, 0.0)
    database: Mapping[str, str] = field(default_factory=dict)


def measured(url: str, folder: Path, *, quick: bool) -> str:
    """The report."""
    found = Found(QUICK if quick else FULL)
    begin = time.monotonic()
    again = asyncio.run(filled(url, found.leads))
    found.loading = time.monotonic() - begin
    print(f"loaded {found.leads:,} leads with their keys in {found.loading:.0f} s", flush=True)
    return asked(url, folder, found, again)


def asked(url: str, folder: Path, found: Found, again: Again) -> str:
    """The report on a database that is filled."""
    described = machine.described()
    with started("ours", url, folder) as server:
        before = os.getloadavg()[0]
        _asked(server, found, again)
        found.server_mb = server.resident_mb()
    found.load = (before, os.getloadavg()[0])
    found.sizes = asyncio.run(_sizes(url))
    found.database = asyncio.run(settings(url))
    return _told(found, described)


async def filled(url: str, count: int) -> Again:
    """Leads and keys by COPY, then the indexes; whoever comes again."""
    resource = sales_lead()
    async with Database.opened(url, size=1) as database:
        await migrate(database)
    again: list[tuple[dict[str, Any], frozenset[str]]] = []
    async with connected(url) as connection:
        await prepare(connection, [resource])
        put_back = await _without_indexes(connection)
        for part in parts(count, _ASKED):
            rows = [(TENANT, LEAD, id_, None, 1, document) for id_, document, _ in part.leads]
            columns = ["tenant", "kind", "id", "parent", "version", "document"]
            await connection.copy_records_to_table("resource", records=rows, columns=columns)
            keyed = [(TENANT, LEAD, id_, key) for id_, _, keys in part.leads for key in keys]
            await connection.copy_records_to_table("match_key", records=keyed, columns=["tenant", "kind", "id", "key"])
            again += part.again
        await connection.execute("set maintenance_work_mem = '512MB'")
        for command in put_back:
            await connection.execute(command)
        await prepare(connection, [resource])
        await connection.execute("vacuum (analyze)")
        await connection.execute("checkpoint")
    return again


async def _without_indexes(connection: Connection) -> list[str]:
    """Drop the indexes of keys and leads; the commands that make those of keys again."""
    rows = await connection.fetch(
        "select indexname, indexdef, indexname like '%_pkey' as main from pg_indexes"
        " where tablename = 'match_key' or tablename like 'resource %' and indexname not like '%_pkey'"
    )
    commands = []
    for row in rows:
        if row["main"]:
            await connection.execute(f'alter table match_key drop constraint "{row["indexname"]}"')
            commands.append("alter table match_key add primary key (tenant, kind, id, key)")
            continue
        await connection.execute(f'drop index "{row["indexname"]}"')
        if row["indexname"].startswith("match_key"):
            commands.append(row["indexdef"])
    return commands


def _asked(server: Server, found: Found, again: Again) -> None:
    """All questions, then the creates; what is created is like what is stored."""
    new = strangers(_WARM + _ASKED // 2 + 4 * _CREATED)
    with httpx.Client(base_url=server.root, timeout=60) as client:
        _same_as_written(client, new[0])
        for body in new[:_WARM]:
            _check(client, body)
        unknown, fresh = new[_WARM : _WARM + _ASKED // 2], new[_WARM + _ASKED // 2 :]
        for clients in _CLIENTS:
            spent = server.cpu_seconds()
            _timed_checks(server, found, (again, unknown), clients)
            if clients == 1:
                times = found.milliseconds[_ALONE]
                found.processor_ms = (server.cpu_seconds() - spent) / len(times) * 1000
        wishes = {
            "create": {},
            "create, Prefer: duplicate=create": {"Prefer": "duplicate=create"},
            "create, Prefer: duplicate=link": {"Prefer": "duplicate=link"},
            "create, Prefer: duplicate=reject": {"Prefer": "duplicate=reject"},
        }
        for number, (name, headers) in enumerate(wishes.items()):
            bodies = fresh[number * _CREATED : (number + 1) * _CREATED]
            found.milliseconds[name] = [
                _timed(lambda body=body, said=headers: _posted(client, body, said)) for body in bodies
            ]


def _same_as_written(client: httpx.Client, body: dict[str, Any]) -> None:
    """What was copied is what the server would have written; otherwise nothing that follows would be true."""
    answer = client.get(_LEADS, params={"limit": 20}).json()
    for stored in answer:
        sent = {name: value for name, value in stored.items() if name not in {"id", "href", "understood"}}
        made = client.post(_LEADS, json=sent).json()
        if made.get("understood") != stored.get("understood"):
            raise SystemExit(f"The server understands a lead in another way: {made}")
        client.delete(f"{_LEADS}/{made['id']}").raise_for_status()
    if client.post(_CHECK, json={"document": body}).json()["outcome"] not in {"none", "probable", "certain"}:
        raise SystemExit("The check does not answer.")


def _timed_checks(server: Server, found: Found, asked: tuple[Again, Sequence[dict[str, Any]]], clients: int) -> None:
    """Who is there and who is not, in turn; by so many clients at once."""
    known, unknown = asked
    questions = [
        (body, ids)
        for pair in zip(known, ((each, frozenset()) for each in unknown), strict=False)
        for body, ids in pair
    ]
    times: list[float] = []

    def ask(some: Sequence[tuple[dict[str, Any], frozenset[str]]]) -> None:
        with httpx.Client(base_url=server.root, timeout=60) as client:
            client.get(f"{_LEADS}?limit=1")
            for body, ids in some:
                answers: list[Document] = []
                times.append(_timed(lambda body=body, to=answers: to.append(_check(client, body))))
                if clients == 1:
                    _count(found, answers[0], ids)

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(ask, [questions[number::clients] for number in range(clients)]))
    found.milliseconds[_ALONE if clients == 1 else f"check, {clients} clients"] = times


def _count(found: Found, answer: Document, ids: frozenset[str]) -> None:
    """What was found of somebody who is there (`ids`) or is not."""
    candidates = answer["candidate"]
    assert isinstance(candidates, list)
    right = any(isinstance(each, dict) and each["id"] in ids for each in candidates)
    for name, holds in {
        "there": bool(ids),
        "there, found": right,
        "strangers": not ids,
        "strangers, certain": not ids and answer["outcome"] == "certain",
        "strangers, probable": not ids and answer["outcome"] == "probable",
        "capped": bool(answer["capped"]),
    }.items():
        found.counts[name] = found.counts.get(name, 0) + holds


def _check(client: httpx.Client, body: dict[str, Any]) -> Document:
    answer = client.post(_CHECK, content=encode({"document": body}), headers={"Content-Type": "application/json"})
    answer.raise_for_status()
    return decode_document(answer.content)


def _posted(client: httpx.Client, body: dict[str, Any], headers: dict[str, str]) -> None:
    answer = client.post(_LEADS, content=encode(body), headers={"Content-Type": "application/json", **headers})
    if answer.status_code not in {200, 201, 409}:
        raise SystemExit(answer.text)


def _timed(action: Callable[[], object]) -> float:
    begin = time.perf_counter()
    action()
    return (time.perf_counter() - begin) * 1000


async def _sizes(url: str) -> Mapping[str, int]:
    async with connected(url) as connection:
        row = await connection.fetchrow(
            "select (select reltuples::bigint from pg_class where relname = 'match_key') as keys,"
            " pg_table_size('match_key') / 1000000 as table, pg_indexes_size('match_key') / 1000000 as indexes"
        )
    assert row is not None
    return dict(row)


def _told(found: Found, described: Mapping[str, str]) -> str:
    worst = _percentiles(found.milliseconds[_ALONE])[1]
    sizes = found.sizes
    lines = [
        _METHOD,
        "| machine |  |",
        "| --- | --- |",
        *(f"| {name} | {value} |" for name, value in described.items()),
        f"| PostgreSQL | {found.database['version']}, shared_buffers {found.database['shared_buffers']} |",
        "",
        f"{found.leads:,} leads with {sizes['keys']:,} keys ({sizes['table']:,} MB, indexes {sizes['indexes']:,} MB),",
        f"loaded in {found.loading:.0f} s. Memory of the server at the end: {found.server_mb:.0f} MB.",
        f"Load of the machine while it was asked: {found.load[0]:.1f} to {found.load[1]:.1f}; the server used",
        f"{found.processor_ms:.1f} ms of processor time per check, the database comes beside.",
        "",
        f"Target: a check in under {TARGET_MS:.0f} ms (p95).",
        f"Measured: {worst:.1f} ms, {'hit' if worst < TARGET_MS else 'missed'}.",
        "",
        "| what | times | p50, ms | p95, ms | p99, ms |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, times in found.milliseconds.items():
        lines.append(f"| {name} | {len(times):,} | {' | '.join(f'{each:.1f}' for each in _percentiles(times))} |")
    return "\n".join([*lines, "", *_rights(found.counts)]) + "\n"


def _rights(counts: Mapping[str, int]) -> list[str]:
    """How often the answers were right."""
    there, strangers = counts["there"], counts["strangers"]
    return [
        "| what was found |  |",
        "| --- | ---: |",
        f"| of {there:,} who are there, found | {counts['there, found'] / there:.3f} |",
        f"| of {strangers:,} strangers, certainly taken for another | {counts['strangers, certain'] / strangers:.4f} |",
        f"| … probably | {counts['strangers, probable'] / strangers:.4f} |",
        f"| answers that say `capped` | {counts['capped'] / (there + strangers):.3f} |",
    ]


def _percentiles(times: Sequence[float]) -> tuple[float, float, float]:
    found = quantiles(times, n=100, method="inclusive")
    return found[49], found[94], found[98]
