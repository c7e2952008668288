"""Merge records into one of them, in the transaction of the merge that says so."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from spanco.kernel.errors import BadBody, Moved, NotFound, Stale
from spanco.kernel.moments import spell
from spanco.kernel.openapi import Resource
from spanco.kernel.query.ast import EVERYTHING, Condition
from spanco.kernel.query.match import matches
from spanco.kernel.wire import Document, Json, decode_document
from spanco.operations import Place, Stored, get, patch, remove
from spanco.sales.actions.references import Referrer, lead, referrers, target_of
from spanco.sales.rules.merging import (
    BECAME,
    FIRST,
    NEWEST,
    Merged,
    Record,
    Wish,
    check_states,
    check_wish,
    merged,
)
from spanco.sales.rules.references import Heir, without
from spanco.store import documents, merges
from spanco.store.documents import Row
from spanco.store.merges import Image, Move
from spanco.work import Already, Cause, Rehearsed, Work


@dataclass(frozen=True, slots=True)
class Order:
    """Which records are to be merged and how; `versions` are those that they must still have."""

    resource: Resource
    survivor: str
    losers: tuple[str, ...]
    versions: dict[str, int]
    wish: Wish

    @property
    def ids(self) -> tuple[str, ...]:
        """The survivor, then the others."""
        return (self.survivor, *self.losers)


async def merge(work: Work, own: Resource, id_: str, document: Document) -> Document:
    """Do what a new merge says; the merge with what came of it.

    Raises `BadBody`, `NotFound`, `Moved`, `Stale` and `MergeRefused`; `Already` when the same records were merged in
    the same way before, `Rehearsed` when it is only to be told what would come of it.
    """
    order = _order(work, document)
    await merges.begin(work.connection, work.actor.tenant)
    rows = await _held(work, own, order)
    outcome = await _outcome(work, order, rows)
    cause = Cause("merge", {"merge": id_})
    kept = without(outcome.document, target_of(order.resource), order.ids)
    stored = await patch(
        replace(work, cause=cause), order.resource, Place(order.survivor), lambda before: {"id": before["id"], **kept}
    )
    found = await referrers(work, order.resource, order.losers, order.ids)
    told = _told(order, document, outcome, Counter(each.resource.kind for each in found))
    if document.get("dryRun") is True:
        raise Rehearsed({**told, "dryRun": True, "result": {"id": stored.id, **decode_document(stored.body)}})
    house = work.for_the_house(cause)
    images = await _take_over(house, order, rows, (id_, stored), found)
    until = work.moment + timedelta(days=work.unmerge_days)
    await merges.keep(work.connection, work.actor.tenant, id_, images, until)
    return {**told, "mergedBy": work.actor.subject, "undoableUntil": spell(until)}


def _order(work: Work, document: Document) -> Order:
    """What a checked document asks for; raises `BadBody` when it makes no sense."""
    given = document["kind"]
    resources = [work.resources[kind] for kind in BECAME if kind in work.resources]
    resource = next((each for each in resources if given in {each.kind, each.name}), None)
    if resource is None:
        raise BadBody("kind", f"what can be merged: {', '.join(each.kind for each in resources)}.")
    survivor, *losers = references = [_reference(each) for each in [document["survivor"], *_list(document["loser"])]]
    ids = [id_ for id_, _ in references]
    for place, id_ in enumerate(ids):
        if id_ in ids[:place]:
            what = "is the survivor" if id_ == survivor[0] else "is named twice"
            raise BadBody("loser", f"'{id_}' {what}; name each record once.")
    choice = {str(each["attribute"]): str(each["from"]) for each in _list(document.get("choice", [])) if each}
    versions = {each: version for each, version in references if version is not None}
    wish = Wish(str(document.get("policy", FIRST)), choice)
    return Order(resource, survivor[0], tuple(each for each, _ in losers), versions, wish)


def _list(value: Json) -> list[Document]:
    assert isinstance(value, list)
    return [each for each in value if isinstance(each, dict)]


def _reference(value: Json) -> tuple[str, int | None]:
    assert isinstance(value, dict)
    version = value.get("version")
    return str(value["id"]), version if isinstance(version, int) else None


async def _held(work: Work, own: Resource, order: Order) -> dict[str, Row]:
    """The records, which nobody else changes until the transaction ends, locked in the order of their ids."""
    visible = work.policy.allow(work.actor, "update", order.resource.kind)
    rows: dict[str, Row] = {}
    for id_ in sorted(order.ids):
        row = await documents.lock(work.connection, order.resource, work.actor.tenant, (id_, None))
        if row and seen(visible, row):
            rows[id_] = row
    missing = [id_ for id_ in order.ids if id_ not in rows]
    if missing:
        raise await _missing(work, own, order, (missing, visible))
    if any(rows[id_].version != version for id_, version in order.versions.items()):
        raise Stale
    return rows


def seen(visible: Condition, row: Row) -> bool:
    """Whether the actor may touch a record."""
    return visible == EVERYTHING or matches(visible, {"id": row.id, **decode_document(row.document)})


async def _missing(
    work: Work, own: Resource, order: Order, lacking: tuple[list[str], Condition]
) -> NotFound | Moved | Already:
    """Why records are not there: merged before in just this way, into others, or not at all."""
    missing, visible = lacking
    kind, tenant = order.resource.kind, work.actor.tenant
    moves = await merges.moves(work.connection, kind, tenant, missing)
    made_by = {each.merge_id for each in moves if each.heir == order.survivor}
    if missing == list(order.losers) and len(moves) == len(missing) and len(made_by) == 1:
        former = await get(work, own, Place(made_by.pop()))
        if {each["id"] for each in _list(decode_document(former.body)["loser"])} == set(missing):
            return Already(former.id)
    for each in moves:
        heir = await merges.heir(work.connection, kind, tenant, each.id)
        if heir and seen(visible, heir.row):
            return Moved(each.id, heir.row.id)
    named = ", ".join(f"'{id_}'" for id_ in missing)
    return NotFound(f"There is no {order.resource.name} {named}; check the ids.")


async def _outcome(work: Work, order: Order, rows: dict[str, Row]) -> Merged:
    changes = {}
    if order.wish.policy == NEWEST:
        changes = await merges.last_changes(work.connection, order.resource.kind, work.actor.tenant, order.ids)
    records = [Record(id_, decode_document(rows[id_].document), changes.get(id_)) for id_ in order.ids]
    check_wish(order.resource, records, order.wish)
    check_states(order.resource, records, order.wish)
    return merged(order.resource, records, order.wish)


async def _take_over(
    house: Work, order: Order, rows: dict[str, Row], done: tuple[str, Stored], found: Sequence[Referrer]
) -> list[Image]:
    """Remove the others, lead their ids and what refers to them to the survivor; how everything was and is."""
    merge_id, stored = done
    kind = order.resource.kind
    moves = [Move(id_, order.survivor, merge_id) for id_ in order.losers]
    for id_ in sorted(order.losers):
        await remove(house, order.resource, Place(id_))
    await merges.note_moves(house.connection, kind, house.actor.tenant, moves, house.moment)
    name = decode_document(stored.body).get("name")
    heirs = dict.fromkeys(order.losers, Heir(order.survivor, name if isinstance(name, str) else None))
    led = [await lead(house, target_of(order.resource), heirs, each) for each in found]
    return [
        Image(kind, None, rows[order.survivor], stored.body),
        *(Image(kind, None, rows[id_], None) for id_ in order.losers),
        *(each for each in led if each),
    ]


def _told(order: Order, document: Document, outcome: Merged, moved: Counter[str]) -> Document:
    """The merge with what came of it; it names records and attributes, never their values."""
    document = {name: value for name, value in document.items() if name != "dryRun"}
    return {
        **document,
        "kind": order.resource.kind,
        "survivor": {"id": order.survivor},
        "loser": [{"id": id_} for id_ in order.losers],
        "policy": order.wish.policy,
        "taken": [{"attribute": name, "from": list(ids)} for name, ids in outcome.sources.items()],
        "moved": counted(moved),
    }


def counted(kinds: Counter[str]) -> Json:
    """How many of each kind, as it is told."""
    return [{"kind": kind, "count": count} for kind, count in sorted(kinds.items())]
