"""Take merged records apart again, in the transaction in which the merge is undone."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from spanco.kernel.errors import NotFound
from spanco.kernel.openapi import Resource
from spanco.kernel.wire import Document, decode_document
from spanco.operations import Draft, Place, Rewrite, Stored, create, patch
from spanco.sales.actions.merges import counted, seen
from spanco.sales.actions.references import led_on
from spanco.sales.rules.merging import KEEP, UNDONE, MergeRefused
from spanco.sales.rules.unmerging import undone
from spanco.store import documents, merges
from spanco.store.merges import Image
from spanco.work import Cause, Work

_GONE_SINCE = 2
"""A resource that was removed in one version comes back in the next but one: its end was a version too."""


@dataclass(frozen=True, slots=True)
class Apart:
    """What is to be taken apart: the records' resource, and all documents as they were before and after the merge."""

    resource: Resource
    survivor: Image
    losers: tuple[Image, ...]
    others: tuple[Image, ...]


async def unmerge(work: Work, _: Resource, document: Document, before: Document | None) -> Document:
    """Undo a merge that moves to that state; the merge with what came of it. Raises `MergeRefused` and `NotFound`."""
    if before is None or document["status"] != UNDONE or before["status"] == UNDONE:
        return document
    await merges.begin(work.connection, work.actor.tenant)
    id_ = str(before["id"])
    await merges.forget_moves(work.connection, work.actor.tenant, id_)
    apart = await _apart(work, id_, document)
    keeps = document.get("laterChanges") == KEEP
    survivor = await _survivor(work, apart, keeps=keeps)
    house = work.for_the_house(Cause("unmerge", {"merge": id_}))
    if survivor is not None:
        await _put_back(house, apart.resource, Place(apart.survivor.row.id), survivor)
    for image in apart.losers:
        again = replace(image.row, version=image.row.version + _GONE_SINCE)
        await create(house, apart.resource, [Draft(None, again=again)])
    back = await _lead_back(house, apart.others)
    await merges.forget(work.connection, work.actor.tenant, id_)
    return {**document, "undoneBy": work.actor.subject, "movedBack": counted(back)}


async def _apart(work: Work, id_: str, document: Document) -> Apart:
    """What was kept of the merge, if the actor may touch all of it and its time is not over."""
    images = await led_on(work, await merges.images(work.connection, work.actor.tenant, id_))
    kind, survivor = str(document["kind"]), _id(document["survivor"])
    kept = next((each for each in images if (each.kind, each.row.id) == (kind, survivor)), None)
    if kept is None or str(document["undoableUntil"]) < work.now:
        raise MergeRefused(f"This merge could be undone until {document['undoableUntil']}; now it stands.")
    resource = work.resources[kind]
    visible = work.policy.allow(work.actor, "update", kind)
    losers = tuple(each for each in images if each.after is None)
    if not all(seen(visible, each.row) for each in (kept, *losers)):
        raise _no_such(resource)
    return Apart(resource, kept, losers, tuple(each for each in images if each.after is not None and each != kept))


def _no_such(resource: Resource) -> NotFound:
    return NotFound(f"There is no {resource.name} that was merged here; check the id.")


def _id(value: object) -> str:
    assert isinstance(value, dict)
    return str(value["id"])


async def _survivor(work: Work, apart: Apart, *, keeps: bool) -> Document | None:
    """The survivor as it is to be; None when it is gone and that is to stay so."""
    image, tenant = apart.survivor, work.actor.tenant
    row = await documents.lock(work.connection, apart.resource, tenant, (image.row.id, None))
    if row is None:
        heir = await merges.heir(work.connection, image.kind, tenant, image.row.id)
        if heir:
            raise MergeRefused(f"'{image.row.id}' was merged into '{heir.row.id}' since; undo that merge first.")
        if not keeps:
            raise MergeRefused(f"'{image.row.id}' was deleted since; 'laterChanges': 'keep' brings back the others.")
        return None
    if not seen(work.policy.allow(work.actor, "update", image.kind), row):
        raise _no_such(apart.resource)
    assert image.after is not None
    was, made, now = (decode_document(each) for each in (image.row.document, image.after, row.document))
    result = undone(was, made, now)
    if result.conflicts and not keeps:
        raise MergeRefused(
            f"'{image.row.id}' was changed since in: {', '.join(result.conflicts)}. "
            "Change that back first, or send 'laterChanges': 'keep' to leave it as it is."
        )
    return result.document


async def _put_back(house: Work, resource: Resource, place: Place, document: Document) -> Stored:
    return await patch(house, resource, place, Rewrite(lambda _: document))


async def _lead_back(house: Work, images: Sequence[Image]) -> Counter[str]:
    """Lead references back where they led, if they were not changed since; how many resources of each kind."""
    back: Counter[str] = Counter()
    for image in images:
        resource = house.resources.get(image.kind)
        if resource is None:
            continue
        assert image.after is not None
        was, made = decode_document(image.row.document), decode_document(image.after)
        row = await documents.lock(house.connection, resource, house.actor.tenant, (image.row.id, image.parent))
        if row is None:
            continue
        document = undone(was, made, decode_document(row.document)).document
        stored = await _put_back(house, resource, Place(row.id, image.parent), document)
        back[image.kind] += stored.version != row.version
    return back
