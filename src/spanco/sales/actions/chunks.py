"""One pass over the rows of a file: mapped, written in chunks of a fixed size, and every row counted in its chunk."""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import count, islice

from spanco.access.actor import Actor
from spanco.kernel.openapi import Resource
from spanco.operations import Draft
from spanco.sales.actions.bringing import MADE, MOST_LOCKED, Brought, Landing, brought
from spanco.sales.actions.desk import Overtaken
from spanco.sales.actions.tables import Broken, Row, Table
from spanco.sales.rules.mapping import Mapped, Refusal
from spanco.sales.rules.matching.pairs import CREATE
from spanco.sales.rules.meeting import REFUSED
from spanco.store import jobs, rehearsals
from spanco.store.errors import Conflict
from spanco.store.jobs import Fault, Made, Ticket
from spanco.work import Cause, Means, Work

UNMAPPED = "unmapped"
"""Where a tally has the state of a record: that there is none, because the row became no record."""
REPEATED = "repeated"

_SLICE = 32
_WRITERS = 2
_TRIES = 3
_KEY_BYTES = 16

Reader = Callable[[Row], Mapped | Refusal]


@dataclass(slots=True)
class Tally:
    """How many rows came to which end, by outcome and state."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """All rows that came to an end."""
        return self.counts.total()

    def of(self, outcome: str) -> int:
        """How many rows came to this end."""
        return sum(number for (each, _), number in self.counts.items() if each == outcome)


@dataclass(slots=True, eq=False)
class Course:
    """What is to be done with the rows of a file; a dry run writes everything and takes it back."""

    means: Means
    actor: Actor
    ticket: Ticket
    table: Table
    read: Reader
    landing: Landing
    batch: int
    tally: Tally = field(default_factory=Tally)
    rows: int = 0

    @property
    def cause(self) -> Cause:
        """What the events say."""
        return Cause("import", {"source": self.landing.source, "job": self.ticket.id})

    @property
    def size(self) -> int:
        """Rows of a chunk."""
        return self.batch if self.landing.wish == CREATE else min(self.batch, MOST_LOCKED)

    @property
    def resource(self) -> Resource:
        """What the rows become."""
        return self.landing.resource

    @property
    def writers(self) -> int:
        """Chunks that are written side by side: one where rows are compared with what earlier chunks brought."""
        return 1 if self.landing.compares else _WRITERS


@dataclass(slots=True)
class _Chunk:
    """Some rows on their way into the store."""

    number: int
    rows: list[Row] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    tally: Counter[tuple[str, str]] = field(default_factory=Counter)

    def leave(self, row: Row | Broken, reason: str, outcome: str, state: str = UNMAPPED) -> None:
        """A row stays outside."""
        cells = tuple(row.cells.values()) if isinstance(row, Row) else row.cells
        self.faults.append(Fault(row.line, reason, cells))
        self.tally[outcome, state] += 1


class _TakenBack(Exception):
    """A dry run has seen what it wanted to see."""


Report = Callable[[Course], None]


async def go_over(course: Course, ending: asyncio.Event, report: Report) -> bool:
    """Bring every row to its end; `report` hears after each chunk. False when `ending` came first.

    A chunk and the note that it is done are one transaction, so whoever goes on after an end of any kind, in whatever
    process, goes over the rows again and leaves aside the chunks that are done. Raises what passes, such as
    `DatabaseAway`; then, too, what is noted is done.
    """
    flying: deque[asyncio.Task[Counter[tuple[str, str]]]] = deque()

    async def land() -> None:
        course.tally.counts += await flying[0]
        flying.popleft()
        report(course)

    async with course.means.database.connected() as connection:
        done = await jobs.done(connection, course.ticket)
        course.tally.counts.update(await jobs.sums(connection, course.ticket))
    rows = course.table.rows()
    try:
        for number in count():
            taken = list(islice(rows, course.size))
            course.rows += len(taken)
            if not taken or ending.is_set():
                break
            if number in done:
                await asyncio.sleep(0)
                continue
            chunk = await _mapped(course, number, taken)
            while len(flying) >= course.writers:
                await land()
            flying.append(asyncio.create_task(_written(course, chunk)))
        while flying:
            await land()
    finally:
        await asyncio.gather(*flying, return_exceptions=True)
    return not ending.is_set()


async def _mapped(course: Course, number: int, rows: Sequence[Row | Broken]) -> _Chunk:
    """The rows as drafts, or with the reasons why they are none; of two rows with one key the second is left."""
    chunk = _Chunk(number)
    found: list[tuple[Row, Mapped]] = []
    for place, row in enumerate(rows):
        if place % _SLICE == 0:
            await asyncio.sleep(0)
        if isinstance(row, Broken):
            chunk.leave(row, row.reason, REFUSED)
            continue
        mapped = course.read(row)
        if isinstance(mapped, Refusal):
            chunk.leave(row, " ".join(mapped.reasons), REFUSED)
        else:
            found.append((row, mapped))
    if not found:
        return chunk
    digests = [blake2b(mapped.key.encode(), digest_size=_KEY_BYTES).digest() for _, mapped in found]
    first: dict[bytes, int] = {}
    inside = [first.setdefault(digest, row.line) for digest, (row, _) in zip(digests, found, strict=True)]
    async with course.means.database.connected() as connection:
        earlier = await jobs.repeated(connection, course.ticket, list(first), list(first.values()))
    for (row, mapped), line in zip(found, inside, strict=True):
        before = earlier.get(line, line)
        if before != row.line:
            chunk.leave(row, f"The key '{mapped.key}' was used before, on line {before}.", REPEATED)
        else:
            chunk.rows.append(row)
            chunk.drafts.append(Draft(mapped.document, origin=(course.landing.source, mapped.key), id=mapped.id))
    return chunk


async def _written(course: Course, chunk: _Chunk) -> Counter[tuple[str, str]]:
    """The chunk in the store; its tally. Raises Overtaken when the job was stopped: then nothing is written."""
    for tries in range(1, _TRIES + 1):
        try:
            async with course.means.work(course.actor, course.cause) as work:
                if course.landing.dry:
                    return await _rehearsed(work, course, chunk)
                async with work.atomic(bulk=True):
                    await _check_wanted(work, course)
                    return await _noted(work, course, chunk, await brought(work, course.landing, chunk.drafts))
        except Conflict:
            if tries == _TRIES:
                raise
    raise AssertionError


async def _rehearsed(work: Work, course: Course, chunk: _Chunk) -> Counter[tuple[str, str]]:
    found = Brought()
    with suppress(_TakenBack):
        async with work.atomic():
            found = await brought(work, course.landing, chunk.drafts)
            raise _TakenBack
    async with work.atomic():
        await _check_wanted(work, course)
        lines = [row.line for row in chunk.rows]
        await rehearsals.note(work.connection, course.ticket, found.rehearsed(chunk.drafts, lines))
        return await _noted(work, course, chunk, found)


async def _check_wanted(work: Work, course: Course) -> None:
    """Raise Overtaken when the job was stopped; whoever stops it now waits for this transaction."""
    if not await jobs.wanted(work.connection, course.ticket):
        raise Overtaken


async def _noted(work: Work, course: Course, chunk: _Chunk, found: Brought) -> Counter[tuple[str, str]]:
    """Note that the chunk is done, and what came of it."""
    noted = _Chunk(chunk.number, faults=list(chunk.faults), tally=Counter(chunk.tally))
    made: list[tuple[str, str, int]] = []
    lifecycle = course.resource.lifecycle
    for row, draft, end in zip(chunk.rows, chunk.drafts, found.ends, strict=True):
        document = draft.document
        state = str(document.get(lifecycle.attribute, "")) if lifecycle and isinstance(document, dict) else ""
        row_id = draft.origin[1] if draft.origin else ""
        if end.outcome == REFUSED:
            noted.leave(row, end.reason, REFUSED, state)
            continue
        noted.tally[end.outcome, state] += 1
        if end.outcome in MADE:
            made.append((end.id, row_id, row.line))
    told: dict[str, dict[str, int]] = defaultdict(dict)
    for (outcome, state), number in noted.tally.items():
        told[outcome][state] = number
    kept = Made(*zip(*made, strict=True)) if made and not course.landing.dry else Made()
    await jobs.note(work.connection, course.ticket, chunk.number, told, kept)
    await jobs.note_faults(work.connection, course.ticket, noted.faults)
    return noted.tally
