"""New secrets for hubs: shown in the one answer that makes them, kept nowhere else than with the hub."""

from datetime import timedelta

from spanco.events.hubs import renew_secret
from spanco.kernel.moments import spell
from spanco.kernel.openapi import Resource
from spanco.kernel.wire import Document, decode_stored
from spanco.store.documents import Row
from spanco.work import Work

HOURS = 24
"""For so long the former secret signs too, unless the request says otherwise."""


def ready(_: Resource, document: Document, before: Document | None) -> Document:
    """With the hours for which the former secret signs."""
    return document if before is not None else {"keepFormerHours": HOURS, **document}


async def reveal(work: Work, _: Resource, row: Row) -> Document:
    """Make the secret; what only this answer shows."""
    document = decode_stored(row.document)
    match document:
        case {"hub": {"id": str(hub_id)}, "keepFormerHours": int(hours)}:
            until = work.moment + timedelta(hours=hours)
            return {"secret": await renew_secret(work, hub_id, until), "formerValidUntil": spell(until)}
        case _:
            raise AssertionError("the document was checked")
