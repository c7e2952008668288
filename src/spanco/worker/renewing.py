"""Gives records that were there before the present rules the match keys of these."""

from dataclasses import dataclass

from spanco.sales.actions.keeping_keys import begin_renewals, renew_some
from spanco.work import Cause, Means
from spanco.worker.ending import keeper

_CAUSE = Cause("duplicates")
_PAUSE, _SHORT = 60.0, 0.05


@dataclass(slots=True, eq=False)
class Renewing:
    """One worker's part: it asks once, when it begins, and goes on until all are renewed, with room for others."""

    means: Means
    _asked: bool = False

    async def step(self) -> float:
        """One step; how many seconds to wait until the next."""
        async with self.means.work(keeper(""), _CAUSE) as work, work.atomic():
            if not self._asked:
                await begin_renewals(work)
            more = await renew_some(work)
        self._asked = True
        return _SHORT if more else _PAUSE
