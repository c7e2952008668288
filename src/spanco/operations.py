"""Find, get, create, patch, remove: every read and every write of a resource passes here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from spanco import clock, telemetry
from spanco.access.grants import Verb
from spanco.kernel.checks import ready_to_change, ready_to_create
from spanco.kernel.errors import BadParameter, NotFound, Problem, Stale
from spanco.kernel.events import event_type, events_of_change
from spanco.kernel.moments import spell
from spanco.kernel.openapi import Resource
from spanco.kernel.paging import Window
from spanco.kernel.query.ast import EVERYTHING, AllOf, Condition
from spanco.kernel.query.match import matches
from spanco.kernel.wire import Document, Json, decode_document
from spanco.store import documents, history
from spanco.store.documents import Change, NewRow, Row
from spanco.store.errors import Conflict
from spanco.store.search import Found, Search
from spanco.store.search import find as search_for
from spanco.work import Binding, Work, Written


@dataclass(frozen=True, slots=True)
class Draft:
    """A document to be created; `origin` names the source and the row that it was imported from."""

    document: Json
    parent: str | None = None
    origin: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """A resource as it is stored; `body` is JSON without `id` and `href`, which the surface adds."""

    id: str
    version: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """A draft that was not created, and why."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Known:
    """A draft whose origin was imported before; `id` is what it became."""

    id: str


Outcome = Stored | Refused | Known


@dataclass(frozen=True, slots=True)
class Place:
    """Where one resource is: its id and, when it is nested, the id of its parent."""

    id: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What a list is asked for; as it stood at the moment `as_of`, where there is one."""

    condition: Condition
    window: Window
    parent: str | None = None
    count_exactly: bool = False
    as_of: datetime | None = None


Patch = Callable[[Document], Json]
_BINDING = Binding()


async def find(work: Work, resource: Resource, query: Query) -> Found:
    """A page of the resources that match and that the actor may see."""
    visible = work.policy.allow(work.actor, "read", resource.kind)
    _check_past(resource, query.as_of)
    await _check_parents(work, resource, {query.parent}, query.as_of)
    condition = query.condition
    if visible != EVERYTHING:
        condition = visible if condition == EVERYTHING else AllOf((visible, condition))
    search = Search(
        resource, work.actor.tenant, query.parent, condition, query.window, query.count_exactly, query.as_of
    )
    found = await search_for(work.connection, search)
    if query.as_of is not None:
        await _check_kept(work, query.as_of)
    return found


async def get(work: Work, resource: Resource, place: Place, *, as_of: datetime | None = None) -> Stored:
    """One resource, now or as it stood at a moment; `NotFound` also when the actor may not see it."""
    visible = work.policy.allow(work.actor, "read", resource.kind)
    _check_past(resource, as_of)
    if as_of is None:
        row = await documents.read(work.connection, resource, work.actor.tenant, (place.id, place.parent))
    else:
        row = await _read_past(work, resource.kind, place, as_of)
    if row is None or (visible != EVERYTHING and not _seen(visible, row)):
        raise NotFound
    return Stored(row.id, row.version, row.document)


async def create(
    work: Work, resource: Resource, drafts: Sequence[Draft], *, historic: bool = False, atomic: bool = True
) -> list[Outcome]:
    """Create the drafts in one transaction, with one event each; the outcomes are in their order.

    `atomic` raises the first problem; otherwise bad drafts are `Refused` and the others are created. In `historic`
    mode, for importers only, documents keep the dates and the state that they bring.
    """
    work.policy.allow(work.actor, "import" if historic else "create", resource.kind)
    await _check_parents(work, resource, {draft.parent for draft in drafts})
    outcomes: list[Outcome | None] = []
    rows: list[NewRow] = []
    for draft in drafts:
        try:
            row = await _new_row(work, resource, draft, historic=historic)
        except Problem as problem:
            if atomic:
                raise
            outcomes.append(Refused(problem))
        else:
            outcomes.append(None)
            rows.append(row)
    inserted = await _insert(work, resource, rows)
    created = sum(isinstance(outcome, Stored) for outcome in inserted)
    _count(resource, "create", [event_type(resource, "create")] * created)
    written = iter(inserted)
    return [next(written) if outcome is None else outcome for outcome in outcomes]


async def patch(
    work: Work, resource: Resource, place: Place, change: Patch, *, expected: frozenset[int] | None = None
) -> Stored:
    """Apply `change` to the resource under a lock; one event per kind of change, none when nothing changes.

    `change` takes and gives the document with its `id`. `expected` are the versions that If-Match allows.
    """
    async with work.atomic():
        row = await _locked(work, resource, place, "update", expected)
        before: Document = {"id": row.id, **decode_document(row.document)}
        document, paths = ready_to_change(resource, before, change(before), work.now)
        if not paths:
            return Stored(row.id, row.version, row.document)
        document = await _completed(work, resource, document, before)
        raised = tuple((clock.new_id(), of) for of in events_of_change(resource, paths))
        following = Change(work.encoded(document), paths, raised)
        after = await documents.update(work.connection, resource, work.stamp(), row, following)
        if after is None:
            raise Conflict
        await _react(work, resource, [Written(before, after)])
    _count(resource, "update", [of for _, of in raised])
    return Stored(after.id, after.version, after.document)


async def remove(work: Work, resource: Resource, place: Place, *, expected: frozenset[int] | None = None) -> None:
    """Delete the resource and tell of it."""
    async with work.atomic():
        row = await _locked(work, resource, place, "delete", expected)
        event = (clock.new_id(), event_type(resource, "delete"))
        if not await documents.delete(work.connection, resource, work.stamp(), row, event):
            raise Conflict
        await _react(work, resource, [Written({"id": row.id, **decode_document(row.document)}, None)])
    _count(resource, "delete", [event[1]])


async def _locked(work: Work, resource: Resource, place: Place, verb: Verb, expected: frozenset[int] | None) -> Row:
    visible = work.policy.allow(work.actor, verb, resource.kind)
    row = await documents.lock(work.connection, resource, work.actor.tenant, (place.id, place.parent))
    if row is None or (visible != EVERYTHING and not _seen(visible, row)):
        raise NotFound
    if expected is not None and row.version not in expected:
        raise Stale
    return row


def _count(resource: Resource, verb: str, events: Sequence[str]) -> None:
    """Let the metrics know; events of one call are of one type, or one of each."""
    if events:
        telemetry.record_write(resource.kind, verb, len(events) if verb == "create" else 1)
    for event in set(events):
        telemetry.record_event(event, events.count(event))


async def _check_parents(
    work: Work, resource: Resource, parents: set[str | None], as_of: datetime | None = None
) -> None:
    """Raise `NotFound` when a nested resource has no parent to stand under, or had none at that moment."""
    kind = resource.parent_kind
    if kind is None:
        return
    for parent in parents:
        if parent is None:
            raise NotFound
        if as_of is not None:
            there = await _read_past(work, kind, Place(parent), as_of) is not None
        else:
            there = await documents.exists(work.connection, kind, work.actor.tenant, parent)
        if not there:
            raise NotFound


def _check_past(resource: Resource, as_of: datetime | None) -> None:
    """Raise `BadParameter` when the past is asked of what has no log."""
    if as_of is not None and resource.is_view:
        raise BadParameter("asOf", f"Of a {resource.name} only the present is kept; leave it out.")


async def _read_past(work: Work, kind: str, place: Place, as_of: datetime) -> Row | None:
    row = await history.read(work.connection, kind, work.actor.tenant, (place.id, place.parent), as_of)
    await _check_kept(work, as_of)
    return row


async def _check_kept(work: Work, as_of: datetime) -> None:
    """Raise `BadParameter` when the log does not reach back so far; asked after a read, lest it be pruned meanwhile."""
    since = await history.kept_since(work.connection)
    if since is not None and as_of < since:
        raise BadParameter("asOf", f"The history is kept since {spell(since)}; ask for that moment or a later one.")


def _seen(visible: Condition, row: Row) -> bool:
    return matches(visible, {"id": row.id, **decode_document(row.document)})


async def _new_row(work: Work, resource: Resource, draft: Draft, *, historic: bool) -> NewRow:
    document = ready_to_create(resource, draft.document, work.now, historic=historic)
    document = await _completed(work, resource, document, None)
    return NewRow(clock.new_id(), draft.parent, work.encoded(document), clock.new_id(), draft.origin)


async def _completed(work: Work, resource: Resource, document: Document, before: Document | None) -> Document:
    binding = work.bindings.get(resource.kind, _BINDING)
    if binding.prepare:
        document = binding.prepare(resource, document, before)
    return await binding.admit(work, resource, document, before) if binding.admit else document


async def _react(work: Work, resource: Resource, written: Sequence[Written]) -> None:
    react = work.bindings.get(resource.kind, _BINDING).react
    if react and written:
        await react(work, resource, written)


async def _insert(work: Work, resource: Resource, rows: Sequence[NewRow]) -> list[Outcome]:
    if not rows:
        return []
    if work.bindings.get(resource.kind, _BINDING).react is None:
        return await _insert_rows(work, resource, rows)
    async with work.atomic():
        outcomes = await _insert_rows(work, resource, rows)
        stored = [Row(each.id, each.version, each.body) for each in outcomes if isinstance(each, Stored)]
        await _react(work, resource, [Written(None, row) for row in stored])
        return outcomes


async def _insert_rows(work: Work, resource: Resource, rows: Sequence[NewRow]) -> list[Outcome]:
    created = event_type(resource, "create")
    if len(rows) == 1 and rows[0].origin is None:
        row = await documents.insert(work.connection, resource, work.stamp(), created, rows[0])
        return [Stored(row.id, row.version, row.document)]
    written = await documents.insert_many(work.connection, resource, work.stamp(), created, rows)
    known = await _known(work, resource, [row for row in rows if row.id not in written])
    return [
        Stored(row.id, 1, written[row.id].document) if row.id in written else Known(known[row.origin]) for row in rows
    ]


async def _known(work: Work, resource: Resource, rows: Sequence[NewRow]) -> dict[tuple[str, str] | None, str]:
    """What rows that were imported before became."""
    wanted: dict[str, list[str]] = {}
    for row in rows:
        if row.origin:
            wanted.setdefault(row.origin[0], []).append(row.origin[1])
    known: dict[tuple[str, str] | None, str] = {}
    for source, row_ids in wanted.items():
        found = await documents.origins(work.connection, resource, work.actor.tenant, source, row_ids)
        known |= {(source, row_id): id_ for row_id, id_ in found.items()}
    return known
