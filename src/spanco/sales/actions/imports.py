"""What is done for an import job: its file read, its rows gone over, dry or not, its end noted."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from hashlib import blake2b
from pathlib import Path

import structlog

from spanco import clock
from spanco.kernel.errors import Problem, TooCostly
from spanco.kernel.moments import spell
from spanco.kernel.openapi import Resource
from spanco.kernel.wire import Document, Json, decode_document
from spanco.sales.actions.bringing import Landing
from spanco.sales.actions.chunks import Course, Reader, Tally, go_over
from spanco.sales.actions.desk import Desk, Overtaken, Teller, actor_of, document_of, note, scratch, spooled
from spanco.sales.actions.reverts import GONE, KEPT, REMOVED, take_back
from spanco.sales.actions.sources import format_of, open_source
from spanco.sales.actions.surveys import surveyed
from spanco.sales.actions.tables import Row, Table, UnreadableTable
from spanco.sales.rules import tsm
from spanco.sales.rules.jobs import (
    CHECKED,
    CHECKING,
    FAILED,
    READING,
    REVERTED,
    REVERTING,
    SUCCEEDED,
    Wish,
    after_reading,
    outcome_of,
    wish,
)
from spanco.sales.rules.mapping import Mapped, Refusal, apply, missing
from spanco.sales.rules.proposing import propose
from spanco.sales.rules.shapes import BadMapping
from spanco.store import jobs
from spanco.store.documents import settle
from spanco.store.errors import Conflict, DatabaseAway
from spanco.store.jobs import Ticket

_HEAD = 4096
_HUNDRED = 100
_TSM = "tsm.lead"
_log = structlog.get_logger("spanco.jobs")

Follow = Callable[[Course], None]


def nobody(_course: Course) -> None:
    """Follows nothing."""


async def carry_out(desk: Desk, ticket: Ticket, ending: asyncio.Event, follow: Follow = nobody) -> None:
    """Do what is to be done for a job that is held, until it is done or `ending` is set.

    What is wrong with the job, its file or its rights ends it with a sentence; what passes is raised, such as
    `DatabaseAway`: then it is taken up again.
    """
    try:
        if ticket.task == READING:
            await _read(desk, ticket)
        elif ticket.task == REVERTING:
            await _revert(desk, ticket, ending)
        else:
            await _go_over(desk, ticket, ending, follow)
    except Overtaken:
        return
    except (DatabaseAway, Conflict, TooCostly):
        raise
    except (UnreadableTable, BadMapping, Problem) as error:
        await fail(desk, ticket, str(error))
    except Exception as error:  # noqa: BLE001 - a job that cannot be done must not be tried for ever
        _log.error("a job failed", job=ticket.id, exc_info=error)
        await fail(desk, ticket, "Something went wrong on this side; the log tells more under the id of the job.")


async def fail(desk: Desk, ticket: Ticket, sentence: str) -> None:
    """The job ends here, and says why."""
    async with desk.means.database.connected() as connection:
        await jobs.clear_rehearsed(connection, ticket.place)
    await note(desk, ticket, {"status": FAILED, "errorLog": sentence, "completionDate": spell(clock.now())})


async def _read(desk: Desk, ticket: Ticket) -> None:
    """Find out what the file is; propose a mapping where none was given."""
    document = await document_of(desk, ticket)
    with scratch() as folder:
        path = await _at_hand(desk, ticket, Path(folder))
        change = await asyncio.to_thread(_understood, path, document)
    await note(desk, ticket, {**change, "status": after_reading(wish(document).goal), "errorLog": None})


def _understood(path: Path, document: Document) -> dict[str, Json]:
    """What a file turns out to be, as attributes of its job."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise UnreadableTable("The file is empty.")
    media = str(document.get("contentType", ""))
    found: dict[str, Json] = {"format": document.get("format") or format_of(head, media)}
    wanted = wish({**document, **found})
    with open_source(path, wanted) as table:
        if wanted.whole_documents:
            return found
        found |= {"column": list(table.header)}
        found |= {"encoding": table.encoding or None, "delimiter": table.delimiter or None}
        if wanted.mapping is not None:
            check_columns(wanted, table)
            return found
        proposal = propose(wanted.resource, wanted.source, surveyed(table))
    reasons: list[Json] = [{name: value for name, value in asdict(each).items() if value} for each in proposal.reasons]
    return {**found, "mapping": proposal.mapping, "proposal": reasons}


def check_columns(wanted: Wish, table: Table) -> None:
    """Raise BadMapping when the mapping reads what the table does not have."""
    absent = missing(wanted.mapping, table.header) if wanted.mapping else ()
    if absent:
        raise BadMapping(
            f"The mapping reads columns that the file does not have: {', '.join(map(repr, absent))}. "
            f"The file has: {', '.join(map(repr, table.header))}."
        )


async def _at_hand(desk: Desk, ticket: Ticket, folder: Path) -> Path:
    path = await spooled(desk, ticket, folder)
    if path is None:
        raise UnreadableTable("The file of the job is gone; send it once more.")
    return path


async def _go_over(desk: Desk, ticket: Ticket, ending: asyncio.Event, follow: Follow) -> None:
    """Go over all rows: a dry run, or the run."""
    wanted = wish(await document_of(desk, ticket))
    async with desk.means.database.connected() as connection:
        await jobs.clear(connection, ticket)
    with scratch() as folder:
        path = await _at_hand(desk, ticket, Path(folder))
        table = await asyncio.to_thread(open_source, path, wanted)
        with table:
            check_columns(wanted, table)
            course = _course(desk, ticket, wanted, table)
            async with Teller(desk, ticket, lambda: _told(course)):
                whole = await go_over(course, ending, follow)
    if whole:
        await _close(desk, ticket, course)


def _course(desk: Desk, ticket: Ticket, wanted: Wish, table: Table) -> Course:
    resource = desk.means.resources[f"sales.{wanted.resource}"]
    dry = ticket.task == CHECKING
    landing = Landing(resource, wanted.source, wanted.duplicate, ticket, dry)
    read = reader(desk.means.resources, wanted)
    return Course(desk.means, actor_of(ticket), ticket, table, read, landing, wanted.batch)


def reader(resources: Mapping[str, Resource], wanted: Wish) -> Reader:
    """How a row becomes a document."""
    if wanted.format == "tsm":
        return partial(_of_tsm, resources[_TSM])
    if wanted.mapping is None:
        return _as_it_is
    mapping = wanted.mapping
    return lambda row: apply(mapping, row.cells, row.line)


def _as_it_is(row: Row) -> Mapped | Refusal:
    """A line that is a document already; its id names the row."""
    document = decode_document(row.cells["document"].encode())
    key = document.pop("id", None)
    return Mapped(key if isinstance(key, str) and key else str(row.line), document)


def _of_tsm(resource: Resource, row: Row) -> Mapped | Refusal:
    """A line that is a lead of tSM, known by its id, else by its key, else by all that it says."""
    line = row.cells["document"].encode()
    try:
        id_, document = tsm.read(resource, decode_document(line))
    except Problem as problem:
        return Refusal((str(problem),))
    return Mapped(id_ or tsm.key_of(document) or blake2b(line, digest_size=16).hexdigest(), document, id_)


def _told(course: Course) -> dict[str, Json]:
    size = max(course.table.size, 1)
    progress = min(course.table.position * _HUNDRED // size, _HUNDRED)
    return {"progress": progress, "rows": course.tally.rows, "outcome": outcome_of(course.tally.counts)}


async def _close(desk: Desk, ticket: Ticket, course: Course) -> None:
    """Every row came to its end: the counts are those of the chunks, and there are as many as rows were read."""
    async with desk.means.database.connected() as connection:
        tally = Tally()
        tally.counts.update(await jobs.sums(connection, ticket))
        if tally.rows != course.rows:
            raise UnreadableTable(f"The file has {course.rows:,} rows and {tally.rows:,} were counted; send it anew.")
        if course.landing.dry:
            await jobs.clear_rehearsed(connection, ticket.place)
        elif tally.of("created") or tally.of("queued"):
            await settle(connection, course.resource)
    change: dict[str, Json] = {"rows": tally.rows, "progress": _HUNDRED}
    if course.landing.dry:
        await note(desk, ticket, {**change, "status": CHECKED, "expected": outcome_of(tally.counts), "outcome": None})
    else:
        change |= {"outcome": outcome_of(tally.counts), "completionDate": spell(clock.now())}
        await note(desk, ticket, {**change, "status": SUCCEEDED})


async def _revert(desk: Desk, ticket: Ticket, ending: asyncio.Event) -> None:
    wanted = wish(await document_of(desk, ticket))
    resource = desk.means.resources[f"sales.{wanted.resource}"]
    if await take_back(desk, ticket, resource, wanted.source, ending):
        async with desk.means.database.connected() as connection:
            counts = await jobs.sums(connection, ticket)
        told: dict[str, Json] = dict.fromkeys((REMOVED, KEPT, GONE), 0)
        told |= {name: number for (name, _), number in counts.items()}
        await note(desk, ticket, {"status": REVERTED, "reverted": told, "completionDate": spell(clock.now())})
