"""Gives what was captured its place: a lead of its own, or the one of certainly the same prospect."""

from collections.abc import Callable

from spanco.kernel.errors import Moved, NotFound
from spanco.kernel.openapi import Resource
from spanco.kernel.wire import Document, Json
from spanco.operations import Draft, Known, Place, Stored, create, patch
from spanco.sales.rules.matching.pairs import LINK
from spanco.store.errors import Conflict
from spanco.work import Already, Work

_WISH = {"duplicate": LINK}


async def placed(work: Work, resource: Resource, draft: Draft, add: Callable[[Document], Json]) -> tuple[str, bool]:
    """The id of the lead, and whether it was there before; `add` makes of that lead one that holds the draft too.

    A draft whose origin became a lead before is that lead: nothing is doubled however often it is processed.
    Raises `Conflict` when the lead that it was to join went in this moment.
    """
    former, work.preferences = work.preferences, _WISH
    try:
        (outcome,) = await create(work, resource, [draft])
    except Already as known:
        try:
            await patch(work, resource, Place(known.id), add)
        except (NotFound, Moved) as error:  # it went between the look and the lock; the next look finds what is there
            raise Conflict from error
        return known.id, True
    finally:
        work.preferences = former
    assert isinstance(outcome, Stored | Known)
    return outcome.id, False
