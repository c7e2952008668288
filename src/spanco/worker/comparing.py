"""Compares new records with those that are there, some at a time, and queues the pairs that are alike."""

from spanco.sales.actions.duplicates import queue
from spanco.store import matching
from spanco.work import Cause, Means
from spanco.worker.ending import keeper

_AT_ONCE = 50
_PAUSE = 0.5
_CAUSE = Cause("duplicates")


async def compare_some(means: Means) -> float:
    """One step; how long to wait until the next. What was taken is compared and queued, or comes back."""
    async with means.work(keeper(""), _CAUSE) as work, work.atomic():
        todo = await matching.take(work.connection, _AT_ONCE)
        if todo is None:
            return _PAUSE
        work.actor = keeper(todo.tenant)
        await matching.await_brought(work.connection, todo.tenant)
        if todo.kind in work.resources:
            await queue(work, todo.kind, todo.ids)
        return 0.0
