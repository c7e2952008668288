"""Wakes what was put off until a date that has come."""

from dataclasses import dataclass

from spanco.sales.actions.snoozing import FIRST, wake
from spanco.store.snoozes import Due
from spanco.work import Cause, Means
from spanco.worker.ending import keeper

_AT_ONCE = 100
_PAUSE, _SHORT = 15.0, 1.0
_SNOOZE = Cause("snooze")


@dataclass(slots=True, eq=False)
class Waking:
    """One worker's part: it goes on behind those that it looked at, lest many that stay asleep keep others so."""

    means: Means
    _after: Due = FIRST

    async def step(self) -> float:
        """One step; how many seconds to wait until the next. After the last that is due it begins anew."""
        async with self.means.work(keeper(""), _SNOOZE) as work:
            found = await wake(work, _AT_ONCE, self._after)
        whole = len(found) == _AT_ONCE
        self._after = found[-1] if whole else FIRST
        return _SHORT if whole else _PAUSE
