"""Where the work of import and export jobs is done: with which means, and how their own resources are kept up."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory, gettempdir

from spanco.access.actor import Actor
from spanco.kernel.errors import NotFound
from spanco.kernel.wire import Document, Json, decode_document
from spanco.operations import Place, Rewrite, get, patch
from spanco.store import files
from spanco.store.files import Name
from spanco.store.jobs import Ticket
from spanco.work import Cause, Means

JOB = Cause("job")
_PAUSE_SECONDS = 1.0
_SCRATCH, _HELD = "spanco-job-", ".held"


@dataclass(frozen=True, slots=True, eq=False)
class Desk:
    """How long files are kept, and which of them are at hand on this machine, by their ids."""

    means: Means
    keep: timedelta
    local: Mapping[str, Path] = field(default_factory=dict)


class Overtaken(Exception):
    """Somebody moved the job on, or removed it; what was to be done for it is no longer wanted."""


def actor_of(ticket: Ticket) -> Actor:
    """On whose behalf a job is done."""
    return Actor(ticket.tenant, ticket.subject, frozenset(ticket.roles))


async def document_of(desk: Desk, ticket: Ticket) -> Document:
    """The job as it stands. Raises Overtaken when it is gone."""
    async with desk.means.work(actor_of(ticket), JOB) as work:
        try:
            stored = await get(work.for_the_house(JOB), work.resources[ticket.kind], Place(ticket.id))
        except NotFound as error:
            raise Overtaken from error
    return {"id": ticket.id, **decode_document(stored.body)}


async def note(desk: Desk, ticket: Ticket, change: Mapping[str, Json]) -> None:
    """Change the job's own resource, as long as it is in the state in which it was taken up; None removes.

    Raises Overtaken when it is not.
    """

    def changed(before: Document) -> Document:
        if before.get("status") != ticket.task:
            raise Overtaken
        return {name: value for name, value in {**before, **change}.items() if value is not None}

    async with desk.means.work(actor_of(ticket), JOB) as work:
        try:
            await patch(work.for_the_house(JOB), work.resources[ticket.kind], Place(ticket.id), Rewrite(changed))
        except NotFound as error:
            raise Overtaken from error


async def spooled(desk: Desk, ticket: Ticket, folder: Path) -> Path | None:
    """The file of a job on this machine's disk; None when there is none, or it went while it was copied."""
    if ticket.file is None:
        return None
    if ticket.file in desk.local:
        return desk.local[ticket.file]
    name = Name(ticket.tenant, ticket.file)
    async with desk.means.database.connected() as connection:
        size = await files.size_of(connection, name)
    if size is None:
        return None
    path = folder / "content"
    with path.open("wb") as copy:
        async for part in files.read(desk.means.database, name):
            await asyncio.to_thread(copy.write, part)
    return path if path.stat().st_size == size else None


@contextmanager
def scratch() -> Iterator[str]:
    """A folder for copies of what stands in the database; it goes in the end, or with the next one after a kill."""
    clear_scratch()
    with TemporaryDirectory(prefix=_SCRATCH) as folder, (Path(folder) / _HELD).open("wb") as held:
        flock(held, LOCK_EX)
        yield folder


def clear_scratch() -> None:
    """Remove the folders of processes that are gone: nobody holds them any more, and they hold what people sent."""
    for folder in Path(gettempdir()).glob(f"{_SCRATCH}*"):
        with suppress(OSError), (folder / _HELD).open("rb") as held:
            flock(held, LOCK_EX | LOCK_NB)
            rmtree(folder, ignore_errors=True)


class Teller:
    """Keeps the resource of a job up to date while it goes on, now and then."""

    def __init__(self, desk: Desk, ticket: Ticket, told: Callable[[], Mapping[str, Json]]) -> None:
        self._desk, self._ticket, self._told = desk, ticket, told
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._go_on())

    async def __aexit__(self, *_error: object) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError, Exception):  # what it met, whoever works meets too
                await self._task

    async def _go_on(self) -> None:
        before: Mapping[str, Json] = {}
        while True:
            await asyncio.sleep(_PAUSE_SECONDS)
            now = self._told()
            if now != before:
                await note(self._desk, self._ticket, now)
                before = now
