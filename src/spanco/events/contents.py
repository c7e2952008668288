"""The events of a topic: those of the log that it holds, and those that others post to it."""

from collections.abc import Sequence

from spanco import clock, telemetry
from spanco.access.errors import Forbidden
from spanco.events.audience import asked as asked_by
from spanco.events.hubs import Source
from spanco.events.rules.listening import by_type, hears
from spanco.events.topics import source
from spanco.kernel.checks import ready_to_create
from spanco.kernel.envelope import Teller
from spanco.kernel.errors import BadBody, BadParameter, NotFound
from spanco.kernel.events import event_type
from spanco.kernel.openapi import Resource
from spanco.kernel.paging import Window
from spanco.kernel.query.ast import EVERYTHING, Condition, all_of, describe
from spanco.kernel.query.match import matches
from spanco.kernel.wire import Json
from spanco.operations import Place, Query, Stored
from spanco.store import outbox, topics
from spanco.store.documents import NewRow, Row
from spanco.store.errors import Conflict
from spanco.store.outbox import Entry
from spanco.store.search import Found
from spanco.store.topics import Asked, Choice
from spanco.work import Work

_TIME = ("eventTime",)


async def find(work: Work, teller: Teller, nested: Resource, query: Query) -> Found:
    """A page of the events of a topic, in the order in which they came, and as they are told.

    Those of resources that the actor may not see are left out.
    """
    if query.as_of is not None:
        raise BadParameter("asOf", "an event never changes; leave it out, or ask for 'eventTime'.")
    _check_order(query.window)
    asked = await _asked(work, teller, nested, (query.parent, query.condition))
    page = await topics.find(work.connection, asked, query.window, count_exactly=query.count_exactly)
    rows = await _told(work, teller, page.entries)
    return Found(rows, [()] * len(rows), page.total, page.exact, page.more)


async def get(work: Work, teller: Teller, nested: Resource, place: Place) -> Stored:
    """One event of a topic as it is told; `NotFound` also when the topic does not hold it."""
    asked = await _asked(work, teller, nested, (place.parent, EVERYTHING), place.id)
    entry = await topics.one(work.connection, asked)
    rows = await _told(work, teller, [entry] if entry else [])
    if not rows:
        raise NotFound
    return Stored(rows[0].id, rows[0].version, rows[0].document)


async def post(work: Work, teller: Teller, nested: Resource, place: tuple[str | None, Json]) -> Stored:
    """Take an event (given after the topic) from somebody else: it is told to the hubs of the topic as it stands.

    It gets an `eventId` and an `eventTime` where it has none. Posting it again with the same `eventId` answers the
    first one. Raises `BadBody` when it is none of those that the topic chooses.
    """
    topic_id, body = place
    work.policy.allow(work.actor, "create", nested.kind)
    id_ = clock.new_id()
    document = {"eventId": id_, "eventTime": work.now} | ready_to_create(nested, body, work.now)
    async with work.atomic():
        chosen = await source(work, teller.apis, nested, topic_id or "", hold=True)
        condition = asked_by("", chosen.scope)
        if not matches(condition, {"id": id_, **document}):
            raise BadBody("", f"This topic holds events of which {describe(condition)}; this is none of them.")
        row = NewRow(id_, topic_id, work.encoded(document), id_)
        told_by = event_type(nested, "create")
        taken = await topics.post(work.connection, nested, work.stamp(), (str(document["eventId"]), told_by), row)
        if taken is None:
            raise Conflict
    first, is_new = taken
    if is_new:
        telemetry.record_write(nested.kind, "create")
        telemetry.record_event(told_by)
    return Stored(first.id, first.version, first.document)


def _check_order(window: Window) -> None:
    if window.keys and [key.path for key in window.keys] != [_TIME]:
        raise BadParameter(
            "sort", "events are in the order of time; only 'eventTime' and '-eventTime' can be asked for."
        )


async def _asked(
    work: Work, teller: Teller, nested: Resource, within: tuple[str | None, Condition], event_id: str | None = None
) -> Asked:
    """What the actor sees of a topic (its id is given before a condition)."""
    work.policy.allow(work.actor, "read", nested.kind)
    topic_id, condition = within
    held = await source(work, teller.apis, nested, topic_id or "")
    choices = _choices(work, teller, held, all_of([asked_by("", held.scope), condition]))
    kinds = [kind for choice in choices for kind in choice.kinds]
    return Asked(work.actor.tenant, choices, teller.spelling(kinds), event_id)


def _choices(work: Work, teller: Teller, held: Source, condition: Condition) -> list[Choice]:
    """The kinds of which a topic holds events and that the actor may see; as its hubs are told (`hears`)."""
    types, rest = by_type(condition)
    found: list[tuple[bool, Condition, list[str]]] = []
    for kind in teller.kinds:
        posted = teller.is_event(kind)
        if not hears(held.api, held.topic, held.scope, (kind, held.topic if posted else None)):
            continue
        try:
            visible = work.policy.allow(work.actor, "read", kind)
        except Forbidden:
            continue
        alike = next((kinds for each, seen, kinds in found if (each, seen) == (posted, visible)), None)
        if alike is None:
            found.append((posted, visible, [kind]))
        else:
            alike.append(kind)
    return [
        Choice(tuple(kinds), held.topic, None, condition, visible)
        if posted
        else Choice(tuple(kinds), None, types, rest, visible)
        for posted, visible, kinds in found
    ]


async def _told(work: Work, teller: Teller, entries: Sequence[Entry]) -> list[Row]:
    """The events as they are told; what went from the log in this moment is left out."""
    if not entries:
        return []
    happened = await outbox.happenings(work.connection, entries)
    return [
        Row(entry.event_id, 1, teller.body(happened[entry.event_id])) for entry in entries if entry.event_id in happened
    ]
