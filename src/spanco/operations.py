"""Find, get, create, patch, remove: every read and every write of a resource passes here."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

from spanco import clock, past, telemetry
from spanco.access.grants import Verb
from spanco.kernel.checks import ready_to_change, ready_to_create
from spanco.kernel.errors import AlreadyThere, Moved, NotFound, Problem, Stale
from spanco.kernel.events import event_type, events_of_change
from spanco.kernel.identity import identity
from spanco.kernel.openapi import Resource
from spanco.kernel.paging import Window
from spanco.kernel.patch import changed_paths
from spanco.kernel.query.ast import EVERYTHING, AllOf, Condition
from spanco.kernel.query.match import matches
from spanco.kernel.wire import Document, Json, decode_document
from spanco.store import documents, matching, merges, privacy
from spanco.store.documents import Change, Keys, NewRow, Row
from spanco.store.errors import Conflict
from spanco.store.search import Found, Search
from spanco.store.search import find as search_for
from spanco.work import Already, Binding, Work, Written


@dataclass(frozen=True, slots=True)
class Draft:
    """A document to be created; `origin` names the source and the row that it was imported from.

    `id` is chosen by a client that may. `again` is a resource that was there before and comes back under its id with
    this version, as it was.
    """

    document: Json
    parent: str | None = None
    origin: tuple[str, str] | None = None
    again: Row | None = None
    id: str | None = None


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
    """A draft that is there: its origin was imported before, or the caller prefers what is alike; `id` is that."""

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


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A change that is stored exactly as it is made, without a look at states, dates and rules.

    The house makes it where references move or something comes back as it was; it is never what a client sent.
    """

    change: Callable[[Document], Document]


_BINDING = Binding()


async def find(work: Work, resource: Resource, query: Query) -> Found:
    """A page of the resources that match and that the actor may see."""
    visible = work.policy.allow(work.actor, "read", resource.kind)
    past.check(resource, query.as_of)
    await _seeded(work, resource)
    await _check_parents(work, resource, {query.parent}, query.as_of)
    condition = query.condition
    if visible != EVERYTHING:
        condition = visible if condition == EVERYTHING else AllOf((visible, condition))
    search = Search(
        resource, work.actor.tenant, query.parent, condition, query.window, query.count_exactly, query.as_of
    )
    found = await search_for(work.connection, search)
    if query.as_of is not None:
        await past.check_kept(work, query.as_of)
    return found


async def get(work: Work, resource: Resource, place: Place, *, as_of: datetime | None = None) -> Stored:
    """One resource, now or as it stood at a moment; `NotFound` also when the actor may not see it."""
    visible = work.policy.allow(work.actor, "read", resource.kind)
    past.check(resource, as_of)
    await _seeded(work, resource)
    if as_of is None:
        row = await documents.read(work.connection, resource, work.actor.tenant, (place.id, place.parent))
    else:
        row = await past.read(work, resource.kind, (place.id, place.parent), as_of)
    if row is None:
        raise await _missing(work, resource, place, (visible, as_of))
    if visible != EVERYTHING and not _seen(visible, row):
        raise NotFound
    return Stored(row.id, row.version, row.document)


async def create(
    work: Work, resource: Resource, drafts: Sequence[Draft], *, historic: bool = False, atomic: bool = True
) -> list[Outcome]:
    """Create the drafts in one transaction, with one event each; the outcomes are in their order.

    `atomic` raises the first problem; otherwise bad drafts are `Refused` and the others are created. In `historic`
    mode, for importers only, documents keep the dates and the state that they bring. Where the caller has preferences,
    each draft is written before the next is looked at: what becomes of it may depend on those before it.
    """
    work.policy.allow(work.actor, "import" if historic else "create", resource.kind)
    await _seeded(work, resource)
    await _check_parents(work, resource, {draft.parent for draft in drafts})
    parts = [[draft] for draft in drafts] if work.preferences else [drafts]
    async with work.atomic() if work.preferences or _bound(work, resource).perform else nullcontext():
        made = [await _create(work, resource, part, historic=historic, atomic=atomic) for part in parts]
        return [outcome for part in made for outcome in part]


async def _create(
    work: Work, resource: Resource, drafts: Sequence[Draft], *, historic: bool, atomic: bool
) -> list[Outcome]:
    outcomes: list[Outcome | None] = []
    rows: list[NewRow] = []
    known = await _known(work, resource, drafts) if work.preferences else {}
    for draft in drafts:
        if draft.origin in known:
            outcomes.append(Known(known[draft.origin]))
            continue
        try:
            row = await _new_row(work, resource, draft, historic=historic)
        except (Problem, Already) as error:
            if atomic:
                raise
            outcomes.append(Known(error.id) if isinstance(error, Already) else Refused(error))
        else:
            outcomes.append(None)
            rows.append(row)
    inserted = await _insert(work, resource, rows)
    created = sum(isinstance(outcome, Stored) for outcome in inserted)
    _count(resource, "create", [event_type(resource, "create")] * created)
    written = iter(inserted)
    return [next(written) if outcome is None else outcome for outcome in outcomes]


async def patch(
    work: Work, resource: Resource, place: Place, change: Patch | Rewrite, *, expected: frozenset[int] | None = None
) -> Stored:
    """Apply `change` to the resource under a lock; one event per kind of change, none when nothing changes.

    `change` takes and gives the document with its `id`. `expected` are the versions that If-Match allows.
    """
    async with work.atomic():
        row = await _locked(work, resource, place, "update", expected)
        before: Document = {"id": row.id, **decode_document(row.document)}
        document, paths = await _changed(work, resource, before, change)
        if not paths:
            return Stored(row.id, row.version, row.document)
        raised = tuple((clock.new_id(), of) for of in events_of_change(resource, paths))
        following = Change(work.encoded(document), paths, raised, await _keys(work, resource, document, before))
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
        if _bound(work, resource).keys:
            await matching.forget(work.connection, (work.actor.tenant, resource.kind), row.id, work.moment)
        await _react(work, resource, [Written({"id": row.id, **decode_document(row.document)}, None)])
    _count(resource, "delete", [event[1]])


async def _locked(work: Work, resource: Resource, place: Place, verb: Verb, expected: frozenset[int] | None) -> Row:
    visible = work.policy.allow(work.actor, verb, resource.kind)
    await _seeded(work, resource)
    row = await documents.lock(work.connection, resource, work.actor.tenant, (place.id, place.parent))
    if row is None:
        raise await _missing(work, resource, place, (visible, None))
    if visible != EVERYTHING and not _seen(visible, row):
        raise NotFound
    if expected is not None and row.version not in expected:
        raise Stale
    return row


async def _missing(
    work: Work, resource: Resource, place: Place, asked: tuple[Condition, datetime | None]
) -> NotFound | Moved:
    """What is to be said of a resource that is not there; `asked` is what the actor may see, and of which moment.

    `Moved` where its id became another's, and the actor may see that one.
    """
    visible, as_of = asked
    if place.parent is not None or resource.is_view:
        return NotFound()
    found = await merges.heir(work.connection, resource.kind, work.actor.tenant, place.id)
    if found is None or (as_of is not None and as_of < found.since):
        return NotFound()
    return Moved(place.id, found.row.id) if visible == EVERYTHING or _seen(visible, found.row) else NotFound()


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
            there = await past.read(work, kind, (parent, None), as_of) is not None
        else:
            there = await documents.exists(work.connection, kind, work.actor.tenant, parent)
        if not there:
            raise NotFound


def _seen(visible: Condition, row: Row) -> bool:
    return matches(visible, {"id": row.id, **decode_document(row.document)})


async def _new_row(work: Work, resource: Resource, draft: Draft, *, historic: bool) -> NewRow:
    if draft.again:
        again = draft.again
        keys = await _keys(work, resource, decode_document(again.document))
        return NewRow(again.id, draft.parent, again.document, clock.new_id(), version=again.version, keys=keys)
    document = ready_to_create(resource, draft.document, work.now, historic=historic)
    document = await _completed(work, resource, document, None)
    id_ = await _identity(work, resource, document, draft)
    if perform := _bound(work, resource).perform:
        document = await perform(work, resource, id_, document)
    keys = await _keys(work, resource, document)
    return NewRow(id_, draft.parent, work.encoded(document), clock.new_id(), draft.origin, keys=keys)


async def _keys(work: Work, resource: Resource, document: Document, before: Document | None = None) -> Keys | None:
    """The match keys of a document; None when its kind has none, or when they are those that it had before."""
    keys_of = _bound(work, resource).keys
    if keys_of is None:
        return None
    keys = await keys_of(work, document)
    return None if before is not None and (await keys_of(work, before)).values == keys.values else keys


async def _changed(
    work: Work, resource: Resource, before: Document, change: Patch | Rewrite
) -> tuple[Document, tuple[str, ...]]:
    """The document to store and the paths that differ."""
    if isinstance(change, Rewrite):
        after = {name: value for name, value in change.change(before).items() if name != "id"}
        return after, changed_paths({name: value for name, value in before.items() if name != "id"}, after)
    document, paths = ready_to_change(resource, before, change(before), work.now)
    return (await _completed(work, resource, document, before) if paths else document), paths


async def _identity(work: Work, resource: Resource, document: Document, draft: Draft) -> str:
    """The id of a new resource; raises `AlreadyThere` if it was chosen, or follows from the document, and is taken."""
    if draft.id is not None:
        if not await documents.taken(work.connection, resource.kind, work.actor.tenant, draft.id):
            return draft.id
        source, row_id = draft.origin or ("", "")
        if not await documents.origins(work.connection, resource, work.actor.tenant, source, [row_id]):
            raise AlreadyThere("id", draft.id)
    id_ = None if draft.id else identity(resource, document, draft.parent)  # an imported row is known by its origin
    if id_ is None:
        return clock.new_id()
    if await documents.read(work.connection, resource, work.actor.tenant, (id_, draft.parent)):
        raise AlreadyThere(resource.identity, str(document[resource.identity]))
    return id_


async def _seeded(work: Work, resource: Resource) -> None:
    """What is there from the start is there."""
    if seed := _bound(work, resource).seed:
        await seed(work)


def _bound(work: Work, resource: Resource) -> Binding:
    return work.bindings.get(resource.kind, _BINDING)


async def _completed(work: Work, resource: Resource, document: Document, before: Document | None) -> Document:
    binding = _bound(work, resource)
    if binding.prepare:
        document = binding.prepare(resource, document, before)
    return await binding.admit(work, resource, document, before) if binding.admit else document


async def _react(work: Work, resource: Resource, written: Sequence[Written]) -> None:
    if written and (react := _bound(work, resource).react):
        await react(work, resource, written)


async def _insert(work: Work, resource: Resource, rows: Sequence[NewRow]) -> list[Outcome]:
    if not rows:
        return []
    async with work.atomic() if _bound(work, resource).react else nullcontext():
        outcomes = await _insert_rows(work, resource, rows)
        stored = [Row(each.id, each.version, each.body) for each in outcomes if isinstance(each, Stored)]
        await _react(work, resource, [Written(None, row) for row in stored])
        return outcomes


async def _insert_rows(work: Work, resource: Resource, rows: Sequence[NewRow]) -> list[Outcome]:
    created = event_type(resource, "create")
    if len(rows) == 1 and rows[0].origin is None:  # so too what comes back: one at a time
        row = await documents.insert(work.connection, resource, work.stamp(), created, rows[0])
        return [Stored(row.id, row.version, row.document)]
    known = await _forgotten(work, resource, rows)
    fresh = [row for row in rows if row.origin not in known]
    written = await documents.insert_many(work.connection, resource, work.stamp(), created, fresh)
    known |= await _known(work, resource, [row for row in fresh if row.id not in written])
    return [
        Stored(row.id, 1, written[row.id].document) if row.id in written else Known(known[row.origin]) for row in rows
    ]


async def _known(work: Work, resource: Resource, rows: Sequence[NewRow | Draft]) -> dict[tuple[str, str] | None, str]:
    """What rows that were imported before became."""
    wanted: dict[str, list[str]] = {}
    for source, row_id in (row.origin for row in rows if row.origin):
        wanted.setdefault(source, []).append(row_id)
    known: dict[tuple[str, str] | None, str] = {}
    for source, row_ids in wanted.items():
        found = await documents.origins(work.connection, resource, work.actor.tenant, source, row_ids)
        known |= {(source, row_id): id_ for row_id, id_ in found.items()}
    return known


async def _forgotten(work: Work, resource: Resource, rows: Sequence[NewRow]) -> dict[tuple[str, str] | None, str]:
    """What rows became whose people were forgotten since: they do not come back with their file."""
    known: dict[tuple[str, str] | None, str] = {}
    for source in {row.origin[0] for row in rows if row.origin}:
        row_ids = [row.origin[1] for row in rows if row.origin and row.origin[0] == source]
        marks = await privacy.marks(work.connection, work.actor.tenant, row_ids)
        if marks:
            found = await documents.origins(work.connection, resource, work.actor.tenant, source, list(marks))
            known |= {(source, marks[mark]): id_ for mark, id_ in found.items()}
    return known
