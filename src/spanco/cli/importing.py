"""An import job carried out by the command itself: made or taken up, given its file, followed to its end."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from spanco.access.actor import Actor
from spanco.access.policy import Policy
from spanco.app import Running, running
from spanco.events.rules.listening import OPERATIONS
from spanco.kernel.openapi import Resource
from spanco.kernel.paging import window
from spanco.kernel.query.params import parse_query
from spanco.kernel.wire import Document, Json, decode_document
from spanco.operations import Draft, Place, Query, Stored, create, find, get
from spanco.sales.actions.chunks import Course, Tally
from spanco.sales.actions.desk import Desk
from spanco.sales.actions.imports import carry_out
from spanco.sales.actions.jobs import take
from spanco.sales.actions.refused import errors_of
from spanco.sales.rules.jobs import CANCELLED, FAILED, WORKED
from spanco.settings import Settings
from spanco.store import jobs
from spanco.store.jobs import Ticket
from spanco.work import Cause, Means, Upload

_CHUNK = 1 << 20
_POLL_SECONDS = 0.3
_ALL_THERE_IS = 1 << 60
_CAUSE = Cause("command")

Report = Callable[[Tally, int], None]


class JobFailed(Exception):
    """The import job did not come to its end, and why."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be imported: the file, and the job as a client would make it."""

    settings: Settings
    tenant: str
    file: Path
    job: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Closing:
    """How it ended: the counts, and where the rows stand that stayed outside."""

    job: str
    tally: Tally
    refused: Path | None


async def carried_out(errand: Errand, report: Report) -> Closing:
    """Bring the file in. Where the same was begun and not ended, that job is taken up."""
    async with running(errand.settings) as system:
        clerk = _Clerk(system, errand)
        return await clerk.work(report)


class _Clerk:
    """Does one errand; whoever types commands on the server may do what they say, so the policy is not asked."""

    def __init__(self, system: Running, errand: Errand) -> None:
        self._means: Means = replace(system.means, policy=Policy(), import_limit=_ALL_THERE_IS)
        self._resource: Resource = system.resource(OPERATIONS, "importJob")
        self._actor = Actor(errand.tenant, "spanco import", frozenset({"importer"}))
        self._keep = timedelta(days=system.settings.file_days)
        self._errand = errand

    async def work(self, report: Report) -> Closing:
        checksum = await asyncio.to_thread(_checksum, self._errand.file)
        id_ = await self._interrupted(checksum) or await self._made()
        while True:
            async with jobs.held(self._means.database, self._errand.tenant, id_) as got:
                if got:
                    await self._go_on(id_, report)
                    return await self._close(id_)
            if str((await self._document(id_)).get("status")) not in WORKED:
                return await self._close(id_)
            await asyncio.sleep(_POLL_SECONDS)  # a worker holds it: it is as good there

    async def _interrupted(self, checksum: str) -> str | None:
        """The job that was begun for the same file with the same options and has not ended."""
        _, condition = parse_query(f"checksum={checksum}&status={','.join(sorted(WORKED))}".encode())
        view = window({"sort": "-creationDate"}, default=10, maximum=10)
        async with self._means.work(self._actor, _CAUSE) as work:
            found = await find(work, self._resource, Query(condition, view))
        for row in found.rows:
            document = decode_document(row.document)
            if all(document.get(name) == value for name, value in self._errand.job.items()):
                return row.id
        return None

    async def _made(self) -> str:
        async with self._means.work(self._actor, _CAUSE) as work:
            (stored,) = await create(work, self._resource, [Draft(dict(self._errand.job))])
        assert isinstance(stored, Stored)
        return stored.id

    async def _go_on(self, id_: str, report: Report) -> None:
        ticket = await self._ticket(id_)
        if ticket.file is None:
            size = self._errand.file.stat().st_size
            upload = Upload(self._means, self._actor, "", size, _parts(self._errand.file))
            await take(upload, self._resource, id_)

        def follow(course: Course) -> None:
            report(course.tally, course.table.position)

        while (ticket := await self._ticket(id_)).task is not None:
            local = {ticket.file: self._errand.file} if ticket.file else {}
            await carry_out(Desk(self._means, self._keep, local), ticket, asyncio.Event(), follow)

    async def _close(self, id_: str) -> Closing:
        document, ticket = await self._document(id_), await self._ticket(id_)
        if document.get("status") == FAILED:
            raise JobFailed(str(document.get("errorLog")))
        if document.get("status") == CANCELLED:
            raise JobFailed("Somebody cancelled the import; what was written until then stands.")
        tally = Tally()
        async with self._means.database.connected() as connection:
            tally.counts.update(await jobs.sums(connection, ticket))
            outside = await jobs.faults(connection, ticket.place, -1, 1)
        return Closing(id_, tally, await self._refused(document, ticket) if outside else None)

    async def _refused(self, document: Document, ticket: Ticket) -> Path:
        path = self._errand.file.with_name(f"{self._errand.file.name}.refused.csv")
        found = document.get("column")
        header = [str(each) for each in found] if isinstance(found, list) else []
        with path.open("wb") as file:
            async for part in errors_of(self._means.database, ticket.place, header):
                await asyncio.to_thread(file.write, part)
        return path

    async def _document(self, id_: str) -> Document:
        async with self._means.work(self._actor, _CAUSE) as work:
            return decode_document((await get(work, self._resource, Place(id_))).body)

    async def _ticket(self, id_: str) -> Ticket:
        async with self._means.database.connected() as connection:
            ticket = await jobs.ticket(connection, self._errand.tenant, id_)
        assert ticket is not None
        return ticket


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha-256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


async def _parts(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while part := await asyncio.to_thread(file.read, _CHUNK):
            yield part
