"""Leads that are left alone until a moment: when it has come, they are worked on again."""

from dataclasses import replace

import structlog

from spanco.kernel.errors import Problem
from spanco.operations import Place, patch
from spanco.sales.rules.tsm import SNOOZED, woken
from spanco.store import snoozes
from spanco.store.errors import Conflict, DatabaseAway
from spanco.work import Work

LEAD = "sales.salesLead"

_log = structlog.get_logger("spanco.sales")


async def wake(work: Work, most: int) -> int:
    """Wake leads of all tenants that are due; how many were looked at, at most so many."""
    async with work.atomic():
        found = await snoozes.due(work.connection, LEAD, SNOOZED, work.now, most)
        for tenant, id_ in found:
            theirs = replace(work, actor=replace(work.actor, tenant=tenant)).for_the_house(work.cause)
            try:
                await patch(theirs, work.resources[LEAD], Place(id_), lambda lead: woken(lead, work.now))
            except (DatabaseAway, Conflict):
                raise
            except Problem as problem:  # one that cannot be changed at all must not keep the others asleep
                _log.warning("a lead could not be woken", reason=type(problem).__name__)
        return len(found)
