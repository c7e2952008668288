"""Export jobs: ordered, written under one snapshot in constant memory, read out by whom they were ordered by."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import structlog

from spanco import clock
from spanco.access.actor import Actor
from spanco.kernel.errors import BadBody, NotFound, Problem, TooCostly
from spanco.kernel.moments import spell
from spanco.kernel.openapi import Resource
from spanco.kernel.projection import Fields, project
from spanco.kernel.projection import parse as parse_fields
from spanco.kernel.query import jsonpath
from spanco.kernel.query.ast import EVERYTHING, AllOf, Condition
from spanco.kernel.query.params import parse_query
from spanco.kernel.wire import Document, decode_document
from spanco.operations import Place, get
from spanco.sales.actions.desk import JOB, Desk, Overtaken, actor_of, document_of, note
from spanco.sales.actions.jobs import hand_over
from spanco.sales.actions.tables import UnreadableTable
from spanco.sales.actions.writers import ENDINGS, LINES, Writer, is_possible, writer
from spanco.sales.rules.flattening import flattened
from spanco.sales.rules.jobs import EXPIRED, FAILED, MADE, RUNNING, SUCCEEDED, WAITING, completed_export
from spanco.store import files, jobs
from spanco.store.database import snapshot
from spanco.store.documents import Row
from spanco.store.errors import Conflict, DatabaseAway
from spanco.store.files import PART, Name
from spanco.store.jobs import Ticket
from spanco.store.snapshots import Walk
from spanco.work import Download, Means, Work, Written

_MOST_COLUMNS = 1_000
_HOURS_TO_WRITE = 24
_log = structlog.get_logger("spanco.jobs")


def ready(_: Resource, document: Document, before: Document | None) -> Document:
    """With what the job needs."""
    return completed_export(document, before)


async def admit(work: Work, _: Resource, document: Document, before: Document | None) -> Document:
    """Only who may read such records orders a file of them; a query that cannot be read is refused at once."""
    if before is None:
        work.policy.allow(work.actor, "read", f"sales.{document['resource']}")
        _asked(document)
        if not is_possible(str(document["contentType"])):
            raise BadBody("contentType", "this server has no library for Parquet: pip install spanco[parquet].")
    return document


async def follow(work: Work, resource: Resource, written: Sequence[Written]) -> None:
    """What workers have to do for jobs that were made, moved or removed, in the transaction of that."""
    for each in written:
        after = decode_document(each.after.document) if each.after else None
        await hand_over(work, resource, each, after, MADE)


def _asked(document: Document) -> tuple[Condition, Fields | None]:
    """What is wanted, and which attributes of it. Raises BadParameter."""
    asked, condition = parse_query(str(document.get("query", "")).encode())
    for name in asked.keys() - {"filter", "fields"}:
        raise BadBody("query", f"'{name}' is for lists: a file holds all that match, in the order of their ids.")
    if "filter" in asked:
        expression = jsonpath.parse(asked["filter"])
        condition = expression if condition == EVERYTHING else AllOf((condition, expression))
    return condition, parse_fields(asked["fields"]) if asked.get("fields") else None


async def carry_out(desk: Desk, ticket: Ticket, ending: asyncio.Event) -> None:
    """Write the file of a job that is held. What was cut off begins anew: half a file is never read."""
    try:
        if ticket.task == WAITING:
            await note(desk, ticket, {"status": RUNNING})
        else:
            await _write(desk, ticket, ending)
    except Overtaken:
        return
    except (DatabaseAway, Conflict, TooCostly):
        raise
    except (UnreadableTable, Problem) as error:
        await _fail(desk, ticket, str(error))
    except Exception as error:  # noqa: BLE001 - a job that cannot be done must not be tried for ever
        _log.error("a job failed", job=ticket.id, exc_info=error)
        await _fail(desk, ticket, "Something went wrong on this side; the log tells more under the id of the job.")


async def _fail(desk: Desk, ticket: Ticket, sentence: str) -> None:
    await note(desk, ticket, {"status": FAILED, "errorLog": sentence, "completionDate": spell(clock.now())})


async def _write(desk: Desk, ticket: Ticket, ending: asyncio.Event) -> None:
    document = await document_of(desk, ticket)
    media, (condition, fields) = str(document["contentType"]), _asked(document)
    resource = desk.means.resources[f"sales.{document['resource']}"]
    visible = desk.means.policy.allow(actor_of(ticket), "read", resource.kind)
    if visible != EVERYTHING:
        condition = visible if condition == EVERYTHING else AllOf((visible, condition))
    file = _File(desk, ticket)
    try:
        rows = 0
        async with desk.means.database.connected() as connection:
            await files.begin(connection, file.name, clock.now() + timedelta(hours=_HOURS_TO_WRITE))
        async with desk.means.database.connected() as connection, snapshot(connection):
            walk = Walk(resource, ticket.tenant, condition)
            columns = [] if media == LINES else await _columns(_documents(walk.rows(connection), fields), ending)
            target = writer(media, columns)
            async for each in _documents(walk.rows(connection), fields):
                rows += 1
                await file.add(target.take(each))
                if ending.is_set():
                    break
            await file.end(target)
        if ending.is_set():
            await _drop(desk, file.name)
        else:
            await _close(desk, ticket, file.name, rows)
    except BaseException:
        await _drop(desk, file.name)
        raise


async def _documents(rows: AsyncIterator[Row], fields: Fields | None) -> AsyncIterator[Document]:
    async for row in rows:
        document: Document = {"id": row.id, **decode_document(row.document)}
        yield document if fields is None else project(document, fields)


async def _columns(documents: AsyncIterator[Document], ending: asyncio.Event) -> list[str]:
    """The columns that occur: a table must name them before its first row."""
    columns: dict[str, None] = {}
    async for document in documents:
        columns |= dict.fromkeys(flattened(document))
        if len(columns) > _MOST_COLUMNS:
            sentence = (
                f"The table would have more than {_MOST_COLUMNS:,} columns; choose some with fields=, or JSON lines."
            )
            raise UnreadableTable(sentence)
        if ending.is_set():
            break
    return list(columns)


class _File:
    """A file that grows in parts of one size, on connections of its own."""

    def __init__(self, desk: Desk, ticket: Ticket) -> None:
        self.name = Name(ticket.tenant, clock.new_id())
        self._desk, self._ticket = desk, ticket
        self._number = 0
        self._waiting = bytearray()

    async def add(self, content: bytes) -> None:
        """The next bytes."""
        self._waiting += content
        while len(self._waiting) >= PART:
            await self._part(bytes(self._waiting[:PART]))
            del self._waiting[:PART]

    async def end(self, target: Writer) -> None:
        """The last bytes."""
        await self.add(target.end())
        if self._waiting:
            await self._part(bytes(self._waiting))

    async def _part(self, content: bytes) -> None:
        async with self._desk.means.database.connected() as connection:
            if not await jobs.wanted(connection, self._ticket):
                raise Overtaken  # the job was removed
            await files.add(connection, self.name, self._number, content)
        self._number += 1


async def _drop(desk: Desk, name: Name) -> None:
    async with desk.means.database.connected() as connection:
        await files.remove(connection, name)


async def _close(desk: Desk, ticket: Ticket, name: Name, rows: int) -> None:
    until = clock.now() + desk.keep
    async with desk.means.database.connected() as connection:
        size = await files.close(connection, name, until)
        await jobs.give_file(connection, ticket.tenant, ticket.id, name.id)
    now = spell(clock.now())
    url = f"/spanco/v1/exportJob/{ticket.id}/content"
    told: Document = {"rows": rows, "size": size, "url": url, "completionDate": now, "expiryDate": spell(until)}
    await note(desk, ticket, {"status": SUCCEEDED, **told})


async def expire(desk: Desk, ticket: Ticket) -> None:
    """The file of a finished job is gone, and its resource says so."""
    await note(desk, ticket, {"status": EXPIRED, "url": None})


def _holds_no_more(work: Work, ticket: Ticket, kind: str, visible: Condition) -> bool:
    """Whether whoever sees this much now may see all that could be seen by whom, and when, it was ordered by."""
    return visible in {EVERYTHING, work.policy.allow(actor_of(ticket), "read", kind)}


async def content(means: Means, actor: Actor, resource: Resource, id_: str) -> Download:
    """The file of a job, for whom it was ordered by, or for who may read all that could be in it. Raises NotFound."""
    async with means.work(actor, JOB) as work:
        document = decode_document((await get(work, resource, Place(id_))).body)
        visible = work.policy.allow(actor, "read", kind := f"sales.{document['resource']}")
        ticket = await jobs.ticket(work.connection, actor.tenant, id_)
        if ticket is None or ticket.file is None or not _holds_no_more(work, ticket, kind, visible):
            raise NotFound("The job has no file, or not yet; read its 'status'.")
        name = Name(actor.tenant, ticket.file)
        size = await files.size_of(work.connection, name)
    if size is None:
        raise NotFound("The file of the job is gone; order another one.")
    media = str(document["contentType"])
    title = str(document.get("name") or document["resource"])
    return Download(f"{title}.{ENDINGS[media]}", media, files.read(means.database, name), size)
