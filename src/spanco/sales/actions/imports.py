"""Bringing the rows of a table into the store: mapped, written in batches, and every row counted."""

import asyncio
import csv
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Self, TextIO

from spanco import operations
from spanco.kernel.errors import Problem
from spanco.kernel.openapi import Resource
from spanco.operations import Draft, Known, Outcome, Refused, Stored
from spanco.sales.actions.tables import Broken, Row, Table, escaped
from spanco.sales.rules.mapping import REFUSED_COLUMNS, Mapping, Refusal, apply
from spanco.store.documents import settle
from spanco.work import Work

OpenWork = Callable[[], AbstractAsyncContextManager[Work]]
BATCH = 250

_SLICE = 32
_WRITERS = 2
_KEY_BYTES = 16


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be imported; a dry run writes everything and takes it back."""

    resource: Resource
    mapping: Mapping
    table: Table
    batch: int = BATCH
    dry_run: bool = False


@dataclass(slots=True)
class Tally:
    """How many rows came to which end; `states` counts them by outcome and state."""

    created: int = 0
    known: int = 0
    repeated: int = 0
    refused: int = 0
    states: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused_file: Path | None = None

    @property
    def rows(self) -> int:
        """Every row of the table that has been dealt with."""
        return self.created + self.known + self.repeated + self.refused


Report = Callable[[Tally, int], None]


@dataclass(frozen=True, slots=True)
class _Mapped:
    """A row on its way into the store."""

    row: Row
    draft: Draft
    state: str


@dataclass(frozen=True, slots=True)
class _Left:
    """A row that stays outside, and why."""

    row: Row | Broken
    reasons: tuple[str, ...]
    repeated: bool = False


class _TakenBack(Exception):
    """A dry run has seen what it wanted to see."""


async def run(open_work: OpenWork, job: Job, report: Report) -> Tally:
    """Import every row of the table; `report` hears after each batch how far it came, in rows and bytes.

    While batches are written, the next one is read and mapped. A row that was imported before, by its source and key,
    is `known` and left as it is: a run that was cut off is taken up by running again. Raises what `operations.create`
    raises for the whole batch, for example `DatabaseAway`; what was reported before is written then.
    """
    tally = Tally()
    flying: deque[tuple[list[_Mapped], asyncio.Task[list[Outcome]]]] = deque()
    with _RefusedRows(job.table) as refused:

        async def land() -> None:
            batch, task = flying[0]
            _count(tally, batch, await task, refused)
            flying.popleft()
            tally.refused_file = refused.path
            report(tally, job.table.position)

        try:
            async for mapped, left in _batches(job):
                _leave(tally, left, refused)
                while len(flying) >= _WRITERS:
                    await land()
                flying.append((mapped, asyncio.create_task(_write(open_work, job, mapped))))
            while flying:
                await land()
            if tally.created:
                async with open_work() as work:
                    await settle(work.connection, job.resource)
        finally:
            await asyncio.gather(*(task for _, task in flying), return_exceptions=True)
    return tally


def _leave(tally: Tally, left: list[_Left], refused: "_RefusedRows") -> None:
    for each in left:
        refused.keep(each.row, each.reasons)
        tally.repeated += each.repeated
        tally.refused += not each.repeated


async def _batches(job: Job) -> AsyncIterator[tuple[list[_Mapped], list[_Left]]]:
    """Rows mapped, a batch at a time; between slices the write of the batch before gets its turn."""
    mapped: list[_Mapped] = []
    left: list[_Left] = []
    for number, each in enumerate(_mapped(job), start=1):
        if isinstance(each, _Mapped):
            mapped.append(each)
        else:
            left.append(each)
        if number % _SLICE == 0:
            await asyncio.sleep(0)
        if len(mapped) + len(left) >= job.batch:
            yield mapped, left
            mapped, left = [], []
    yield mapped, left


def _mapped(job: Job) -> Iterator[_Mapped | _Left]:
    """Each row as a draft or with the reasons why it is none; of two rows with one key the second is left."""
    seen: dict[bytes, int] = {}
    for row in job.table.rows():
        if isinstance(row, Broken):
            yield _Left(row, (row.reason,))
            continue
        found = apply(job.mapping, row.cells, row.line)
        if isinstance(found, Refusal):
            yield _Left(row, found.reasons)
            continue
        first = seen.setdefault(blake2b(found.key.encode(), digest_size=_KEY_BYTES).digest(), row.line)
        if first != row.line:
            yield _Left(row, (f"The key '{found.key}' was used before, on line {first}.",), repeated=True)
            continue
        lifecycle = job.resource.lifecycle
        state = str(found.document.get(lifecycle.attribute, "")) if lifecycle else ""
        yield _Mapped(row, Draft(found.document, origin=(job.mapping.source, found.key)), state)


async def _write(open_work: OpenWork, job: Job, batch: list[_Mapped]) -> list[Outcome]:
    drafts = [each.draft for each in batch]
    if not drafts:
        return []
    async with open_work() as work:
        if not job.dry_run:
            async with work.atomic(bulk=True):
                return await operations.create(work, job.resource, drafts, historic=True, atomic=False)
        outcomes: list[Outcome] = []
        with suppress(_TakenBack):
            async with work.atomic():
                outcomes = await operations.create(work, job.resource, drafts, historic=True, atomic=False)
                raise _TakenBack
        return outcomes


def _count(tally: Tally, batch: list[_Mapped], outcomes: list[Outcome], refused: "_RefusedRows") -> None:
    for each, outcome in zip(batch, outcomes, strict=True):
        match outcome:
            case Stored():
                tally.created += 1
                tally.states["created", each.state] += 1
            case Known():
                tally.known += 1
                tally.states["known", each.state] += 1
            case Refused(problem):
                tally.refused += 1
                tally.states["refused", each.state] += 1
                refused.keep(each.row, (_sentence(problem),))


def _sentence(problem: Problem) -> str:
    return str(problem) if not problem.where or problem.where in str(problem) else f"{problem.where}: {problem}"


class _RefusedRows:
    """The file beside the table that keeps the rows left outside; it begins with the first of them."""

    def __init__(self, table: Table) -> None:
        self.path: Path | None = None
        self._beside = table.path.with_name(f"{table.path.name}.refused.csv")
        self._skip = len(REFUSED_COLUMNS) if table.header[: len(REFUSED_COLUMNS)] == REFUSED_COLUMNS else 0
        self._header = table.header[self._skip :]
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            self._file.close()

    def keep(self, row: Row | Broken, reasons: tuple[str, ...]) -> None:
        """Write the row down with its line and reasons; cells are escaped so that no spreadsheet computes them."""
        if self._file is None:
            self._file = self._beside.open("w", encoding="utf-8-sig", newline="")
            self.path = self._beside
            csv.writer(self._file).writerow([*REFUSED_COLUMNS, *map(escaped, self._header)])
        cells = tuple(row.cells.values()) if isinstance(row, Row) else row.cells
        told = [str(row.line), " ".join(reasons), *map(escaped, cells[self._skip :])]
        csv.writer(self._file).writerow(told)
