"""Taking an import back: what the job created and nobody changed since is removed, chunk by chunk."""

import asyncio
from collections import Counter

from spanco.kernel.errors import Moved, NotFound, Stale
from spanco.kernel.openapi import Resource
from spanco.operations import Place, get, remove
from spanco.sales.actions.desk import Desk, actor_of
from spanco.sales.actions.duplicates import PAIRS
from spanco.store import jobs
from spanco.store.jobs import Fault, Made, Ticket
from spanco.work import Cause, Work

REMOVED, KEPT, GONE = "removed", "kept", "gone"
_UNTOUCHED = frozenset({1})


async def take_back(desk: Desk, ticket: Ticket, resource: Resource, source: str, ending: asyncio.Event) -> bool:
    """Take back what is left to be taken back; False when `ending` came first. Each chunk is one transaction."""
    cause = Cause("revert", {"source": source, "job": ticket.id})
    async with desk.means.database.connected() as connection:
        number = len(await jobs.done(connection, ticket))
    while not ending.is_set():
        async with desk.means.work(actor_of(ticket), cause) as work, work.atomic():
            found = await jobs.next_made(work.connection, ticket)
            if found is None:
                await jobs.part_rows(work.connection, resource.kind, ticket, source)
                return True
            chunk, made = found
            counts, removed, kept = await _removed(work.for_the_house(cause), resource, made)
            await _forget(work.for_the_house(cause), resource, removed)
            await jobs.forget_origins(work.connection, resource.kind, (ticket.tenant, source), removed)
            await jobs.take_back(work.connection, ticket, chunk)
            await jobs.note(work.connection, ticket, number, {name: {"": n} for name, n in counts.items()}, Made())
            await jobs.note_faults(work.connection, ticket, kept)
        number += 1
    return False


async def _removed(work: Work, resource: Resource, made: Made) -> tuple[Counter[str], Made, list[Fault]]:
    """How many went, stayed or were gone; what may be imported again; and what stays, with the reason."""
    counts: Counter[str] = Counter()
    kept: list[Fault] = []
    free: list[tuple[str, str, int]] = []
    for each in zip(made.ids, made.row_ids, made.lines, strict=True):
        id_, row_id, line = each
        try:
            await remove(work, resource, Place(id_), expected=_UNTOUCHED)
            counts[REMOVED] += 1
            free.append(each)
        except Stale:
            version = (await get(work, resource, Place(id_))).version
            reason = f"It was changed since it was imported and stays: version {version} of {id_}."
            kept.append(Fault(line, reason, (row_id,)))
            counts[KEPT] += 1
        except NotFound:
            counts[GONE] += 1
            free.append(each)
        except Moved:
            kept.append(Fault(line, f"It was merged with another since it was imported and stays: {id_}.", (row_id,)))
            counts[KEPT] += 1
    ids, row_ids, lines = zip(*free, strict=True) if free else ((), (), ())
    return counts, Made(ids, row_ids, lines), kept


async def _forget(work: Work, resource: Resource, removed: Made) -> None:
    """Pairs that nobody can decide any more are gone with their records, and nobody is to look for new ones."""
    tenant = work.actor.tenant
    await jobs.forget_todo(work.connection, resource.kind, tenant, removed.ids)
    for id_ in await jobs.pairs_of(work.connection, PAIRS, tenant, removed.ids):
        await remove(work, work.resources[PAIRS], Place(id_))
