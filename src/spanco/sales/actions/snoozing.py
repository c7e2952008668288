"""Leads that are left alone until a moment: when it has come, they are worked on again."""

from dataclasses import replace

import structlog

from spanco.kernel.errors import Problem
from spanco.operations import Place, patch
from spanco.sales.rules.tsm import SNOOZED, woken
from spanco.store import snoozes
from spanco.store.errors import Conflict, DatabaseAway
from spanco.store.snoozes import Due
from spanco.work import Work

LEAD = "sales.salesLead"
FIRST = Due()
"""Before every lead that is due."""

_log = structlog.get_logger("spanco.sales")


async def wake(work: Work, most: int, after: Due = FIRST) -> list[Due]:
    """Wake leads of all tenants that are due; which were looked at, at most so many, behind one that was before."""
    async with work.atomic():
        found = await snoozes.due(work.connection, LEAD, SNOOZED, work.now, (most, after))
        for each in found:
            theirs = replace(work, actor=replace(work.actor, tenant=each.tenant)).for_the_house(work.cause)
            try:
                await patch(theirs, work.resources[LEAD], Place(each.id), lambda lead: woken(lead, work.now))
            except (DatabaseAway, Conflict):
                raise
            except Problem as problem:  # one that cannot be changed at all must not keep the others asleep
                _log.warning("a lead could not be woken", reason=type(problem).__name__)
        return found
