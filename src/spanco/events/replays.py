"""Replays: tasks that let hubs be told again what they missed, or a part of the log."""

from collections.abc import Sequence
from datetime import datetime

from spanco.kernel.errors import BadBody, NotFound
from spanco.kernel.openapi import Resource
from spanco.kernel.wire import Document, Json, decode_document
from spanco.store import replays
from spanco.store.documents import Row
from spanco.store.replays import Part, Replay
from spanco.work import Work, Written

ONLY_DEAD, ALL = "deadLetter", "all"
BEGUN, DONE = "inProgress", "done"
"""The states of a replay that a worker moves it to."""


def ready(_: Resource, document: Document, before: Document | None) -> Document:
    """A replay must say of what: a hub, events, dead letters or a span of time. Without more it is of dead letters."""
    if before is not None:
        return document
    if not any(document.get(name) for name in ("hub", "event", "deadLetter", "from", "to")):
        raise BadBody("", "Say what is to be replayed: a hub, events, dead letters, or a span of time.")
    begin, end = _moment(document.get("from")), _moment(document.get("to"))
    if begin and end and end < begin:
        raise BadBody("to", "it lies before 'from'.")
    document = {"only": ALL if document.get("event") else ONLY_DEAD, **document}
    if document.get("deadLetter") and (document.get("event") or document["only"] == ALL):
        raise BadBody("deadLetter", "choose dead letters or events, not both; order two replays.")
    return document


async def begin(work: Work, _: Resource, written: Sequence[Written]) -> None:
    """Hand new replays to the workers, in their own transaction. Raises `NotFound` when there is no such hub."""
    for each in written:
        if each.before is None and each.after is not None:
            await _begin(work, each.after)


async def _begin(work: Work, row: Row) -> None:
    document = decode_document(row.document)
    hub_id = _id(document.get("hub"))
    if hub_id is not None and not await replays.is_told(work.connection, work.actor.tenant, hub_id):
        raise NotFound("There is no such hub, or it has ended: check 'hub.id', or register it again first.")
    part = Part(
        _ids(document.get("event"), "eventId"),
        _ids(document.get("deadLetter"), "id"),
        _moment(document.get("from")),
        _moment(document.get("to")),
    )
    await replays.begin(work.connection, Replay(work.actor.tenant, row.id, hub_id, document["only"] == ONLY_DEAD, part))


def _moment(value: Json) -> datetime | None:
    """Date-times of a checked document are spelled canonically."""
    return datetime.fromisoformat(value) if isinstance(value, str) else None


def _id(value: Json, name: str = "id") -> str | None:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def _ids(value: Json, name: str) -> list[str]:
    return [found for each in (value if isinstance(value, list) else []) if (found := _id(each, name)) is not None]
