"""Wakes what was put off until a date that has come."""

from spanco.sales.actions.snoozing import wake
from spanco.work import Cause, Means
from spanco.worker.ending import keeper

_AT_ONCE = 100
_PAUSE, _SHORT = 15.0, 1.0
_SNOOZE = Cause("snooze")


async def wake_some(means: Means) -> float:
    """One step; how many seconds to wait until the next."""
    async with means.work(keeper(""), _SNOOZE) as work:
        return _SHORT if await wake(work, _AT_ONCE) == _AT_ONCE else _PAUSE
