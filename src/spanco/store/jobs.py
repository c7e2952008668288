"""What workers do for jobs: who holds one, which pass over the file it is, which chunks are done, what was left."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from spanco.kernel.wire import encode
from spanco.store.database import Connection, Database, atomic
from spanco.store.statements import statement

_BETWEEN = "\x01"


@dataclass(frozen=True, slots=True)
class Ticket:
    """One job as workers see it; `task` is what is to be done, in the round of that number."""

    tenant: str
    id: str
    kind: str
    task: str | None
    round: int
    file: str | None
    subject: str
    roles: tuple[str, ...]

    @property
    def place(self) -> tuple[str, str, int]:
        """Where what is noted of this round stands."""
        return self.tenant, self.id, self.round


@dataclass(frozen=True, slots=True)
class Made:
    """What a chunk created: ids, the keys of the rows within their source, and their lines."""

    ids: tuple[str, ...] = ()
    row_ids: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that stayed outside, and why."""

    line: int
    reason: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """A job and what is to be done for it, on whose behalf."""

    tenant: str
    id: str
    task: str | None
    subject: str
    roles: tuple[str, ...]


async def begin(connection: Connection, order: Order, kind: str, moment: datetime) -> None:
    """A new job."""
    whose = order.subject, list(order.roles)
    await connection.execute(statement("open_job"), order.tenant, order.id, kind, order.task, *whose, moment)


async def order(connection: Connection, what: Order) -> None:
    """Let workers do something for the job, from the beginning, or nothing; without roles on behalf of whom it was."""
    whose = (what.subject, list(what.roles)) if what.roles else (None, None)
    await connection.execute(statement("order_task"), what.tenant, what.id, what.task, *whose)


async def ticket(connection: Connection, tenant: str, id_: str) -> Ticket | None:
    """One job."""
    found = await connection.fetchrow(statement("job_of"), tenant, id_)
    return _ticket(found) if found else None


async def due(connection: Connection, most: int) -> list[Ticket]:
    """Jobs that have something to do; others may hold them."""
    return [_ticket(record) for record in await connection.fetch(statement("due_jobs"), most)]


def _ticket(record: Sequence[object]) -> Ticket:
    *rest, roles = record
    return Ticket(*rest, roles=tuple(roles))  # type: ignore[arg-type,misc]  # the columns are in the order of the attributes


async def give_file(connection: Connection, tenant: str, id_: str, file: str | None) -> str | None:
    """The job has another file; the one that it had."""
    found: str | None = await connection.fetchval(statement("give_file"), tenant, id_, file)
    return found


async def lose_files(connection: Connection, gone: Sequence[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """These files (tenant, id) are gone; the jobs (tenant, id, kind) that had them."""
    found = await connection.fetch(statement("lose_files"), [tenant for tenant, _ in gone], [file for _, file in gone])
    return [tuple(record) for record in found]


async def forget(connection: Connection, tenant: str, id_: str) -> str | None:
    """Nothing is known of the job any more; its file."""
    found: str | None = await connection.fetchval(statement("remove_job"), tenant, id_)
    return found


@asynccontextmanager
async def held(database: Database, tenant: str, id_: str) -> AsyncIterator[bool]:
    """Whether this process is the one that works on a job now; when it dies, the next one may begin at once."""
    async with database.connected() as connection:
        got = bool(await connection.fetchval(statement("hold_job"), tenant, id_))
        try:
            yield got
        finally:
            if got:
                await connection.execute(statement("let_job_go"), tenant, id_)


async def repeated(
    connection: Connection, ticket: Ticket, digests: Sequence[bytes], lines: Sequence[int]
) -> dict[int, int]:
    """Note the keys of some rows; which lines repeat an earlier one, by line.

    It says the same however often it is asked, so it needs no transaction with the rows, and no wait for the disk:
    what is written later reaches the disk later.
    """
    given = *ticket.place, list(digests), list(lines)
    async with atomic(connection):
        await connection.execute("set local synchronous_commit = off")
        if await connection.fetchval(statement("note_keys"), *given) == len(lines):
            return {}
        found = await connection.fetch(statement("earlier_keys"), *given)
    return {record["line"]: record["first"] for record in found}


async def done(connection: Connection, ticket: Ticket) -> set[int]:
    """The chunks that need not be done again."""
    return {record["number"] for record in await connection.fetch(statement("done_chunks"), *ticket.place)}


async def note(
    connection: Connection, ticket: Ticket, number: int, tally: Mapping[str, Mapping[str, int]], made: Made
) -> None:
    """A chunk is done, with the rows that this transaction writes."""
    told = encode({outcome: dict(states) for outcome, states in tally.items()})
    arrays = list(made.ids), list(made.row_ids), list(made.lines)
    await connection.execute(statement("note_chunk"), *ticket.place, number, told, *arrays)


async def wanted(connection: Connection, ticket: Ticket) -> bool:
    """Whether what the ticket says is still to be done; until the transaction ends nobody changes that."""
    return bool(await connection.fetchval(statement("still_wanted"), *ticket.place))


async def stopped(connection: Connection, tenant: str, id_: str) -> Ticket | None:
    """The job, of which nobody writes a chunk any more until the transaction ends; it is there to end the job."""
    await connection.execute(statement("stop_job"), tenant, id_)
    return await ticket(connection, tenant, id_)


async def note_faults(connection: Connection, ticket: Ticket, faults: Sequence[Fault]) -> None:
    """Rows that stayed outside."""
    if faults:
        cells = [
            _BETWEEN.join(cell.replace(_BETWEEN, " ").replace("\0", " ") for cell in each.cells) for each in faults
        ]
        reasons = [each.reason.replace("\0", " ") for each in faults]
        lines = [each.line for each in faults]
        await connection.execute(statement("note_faults"), *ticket.place, lines, reasons, cells)


async def sums(connection: Connection, ticket: Ticket) -> dict[tuple[str, str], int]:
    """How many rows came to which end in this round, by outcome and state."""
    found = await connection.fetch(statement("job_sums"), *ticket.place)
    return {(record["outcome"], record["state"]): record["rows"] for record in found}


async def next_made(connection: Connection, ticket: Ticket) -> tuple[tuple[int, int], Made] | None:
    """The next chunk (round and number) that created what was not taken back yet, and what that is."""
    found = await connection.fetchrow(statement("next_made"), ticket.tenant, ticket.id)
    return ((found[0], found[1]), Made(*(tuple(each) for each in found[2:]))) if found else None


async def take_back(connection: Connection, ticket: Ticket, chunk: tuple[int, int]) -> None:
    """What this chunk created is taken back."""
    await connection.execute(statement("take_back"), ticket.tenant, ticket.id, *chunk)


async def fault_round(connection: Connection, tenant: str, id_: str) -> int:
    """The last round in which a row stayed outside; 0 when none did."""
    return int(await connection.fetchval(statement("fault_round"), tenant, id_) or 0)


async def faults(connection: Connection, place: tuple[str, str, int], after: int, most: int) -> list[Fault]:
    """The next rows that stayed outside, in the order of their lines."""
    found = await connection.fetch(statement("some_faults"), *place, after, most)
    return [Fault(line, reason, tuple(cells)) for line, reason, cells in found]


async def clear(connection: Connection, ticket: Ticket) -> None:
    """Forget what earlier rounds noted and nobody needs, some rows at a time."""
    for name in ("forget_row_keys", "forget_faults"):
        await _some_at_a_time(connection, statement(name), ticket.place)
    await clear_rehearsed(connection, (ticket.tenant, ticket.id, ticket.round - 1))
    await connection.execute(statement("forget_chunks"), *ticket.place)


async def clear_rehearsed(connection: Connection, place: tuple[str, str, int]) -> None:
    """Forget what dry runs up to this round would have created."""
    for name in ("forget_rehearsed", "forget_rehearsed_keys"):
        await _some_at_a_time(connection, statement(name), place)


async def _some_at_a_time(connection: Connection, sql: str, given: tuple[object, ...]) -> None:
    """A statement that takes a bounded number of rows away, until there are none."""
    while not (await connection.execute(sql, *given)).endswith(" 0"):
        continue


async def forget_origins(connection: Connection, kind: str, whose: tuple[str, str], made: Made) -> None:
    """These rows of a source (`whose` is tenant and source) may be imported again."""
    await connection.execute(statement("forget_origins", kind), *whose, list(made.row_ids), list(made.ids))


async def join_rows(connection: Connection, kind: str, ticket: Ticket, source: str, rows: Mapping[str, str]) -> None:
    """These rows of a source (their keys, and ids) belong to records that are there."""
    if rows:
        whose = ticket.tenant, ticket.id, source
        await connection.execute(statement("join_rows", kind), *whose, list(rows), list(rows.values()))


async def part_rows(connection: Connection, kind: str, ticket: Ticket, source: str) -> None:
    """Rows of a source that were joined to records may be imported again."""
    await _some_at_a_time(connection, statement("part_rows", kind), (ticket.tenant, ticket.id, source))


async def forget_todo(connection: Connection, kind: str, tenant: str, ids: Sequence[str]) -> None:
    """These records are compared already, or are gone."""
    if ids:
        await connection.execute(statement("forget_todo", kind), tenant, list(ids))


async def pairs_of(connection: Connection, kind: str, tenant: str, ids: Sequence[str]) -> list[str]:
    """The ids of the pairs (of this kind) that one of these records is in."""
    if not ids:
        return []
    return [record["id"] for record in await connection.fetch(statement("pairs_of", kind), tenant, list(ids))]
