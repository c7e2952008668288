"""Compares the journal of a run with the database: what was lost, what was made up, what came twice or in disorder."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import asyncpg

from tests.chaos.journal import Arrival, Journal
from tests.chaos.load import BATCH
from tests.chaos.sink import HUBS

_LOG = """
select event_id, type, resource_id as lead, version, ordinal, changed, after->>'batch' as batch,
       encode(sha256(convert_to(coalesce(after, before)::text, 'UTF8')), 'hex') as digest
from event where kind = 'sales.salesLead' order by resource_id, version, ordinal"""
_ROWS = """
select id, version, encode(sha256(convert_to(document::text, 'UTF8')), 'hex') as digest
from resource where kind = 'sales.salesLead'"""
_ABOUT = 0.2  # seconds that a harm takes, and what was sent before it to arrive
_WITH_THE_STATE = frozenset({"status", "statusChangeDate", "statusChangeReason"})
_CREATE, _ATTRIBUTE = "SalesLeadCreateEvent", "SalesLeadAttributeValueChangeEvent"
_STATE, _DELETE = "SalesLeadStateChangeEvent", "SalesLeadDeleteEvent"


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the log."""

    event_id: str
    type: str
    lead: str
    version: int
    ordinal: int
    changed: Sequence[str]
    batch: str | None
    digest: str


@dataclass(frozen=True, slots=True)
class Found:
    """What is in the database at the end: the log in the order of each lead, and version and digest of each row."""

    log: Mapping[str, Sequence[Event]]
    rows: Mapping[str, tuple[int, str]]

    @classmethod
    async def at(cls, url: str) -> "Found":
        """Read it."""
        connection = await asyncpg.connect(url)
        events = [Event(*each) for each in await connection.fetch(_LOG)]
        rows = {each["id"]: (each["version"], each["digest"]) for each in await connection.fetch(_ROWS)}
        await connection.close()
        return cls({lead: list(group) for lead, group in groupby(events, lambda each: each.lead)}, rows)

    def events(self) -> Iterator[Event]:
        """All events."""
        for history in self.log.values():
            yield from history


@dataclass(frozen=True, slots=True)
class Told:
    """What came to the hubs, in the journal's order: the first arrivals of each hub, and when something came again."""

    first: Mapping[str, Mapping[str, Arrival]]
    again: Sequence[tuple[float, float]]
    """When something came again, and before that when it had come last."""

    @classmethod
    def of(cls, journal: Journal) -> "Told":
        """Tell first arrivals from repeated ones."""
        first: dict[str, dict[str, Arrival]] = {hub: {} for hub in HUBS}
        last: dict[tuple[str, str], float] = {}
        again: list[tuple[float, float]] = []
        for each in journal.arrivals:
            if first[each.hub].setdefault(each.event_id, each) is not each:
                again.append((each.at, last[each.hub, each.event_id]))
            last[each.hub, each.event_id] = each.at
        return cls(first, again)

    def most_for_one_harm(self, harms: Sequence[float]) -> int:
        """How many came again because of the same harm, at most."""
        return max(Counter(_cause(harms, at, before) for at, before in self.again).values(), default=0)


def _cause(harms: Sequence[float], at: float, before: float) -> int:
    """Which harm made something come again: the first one about when it had come before, or since.

    Not simply the last one: when harms follow each other quickly, what the one before left undone is done again only
    after the next.
    """
    following = bisect_left(harms, before - _ABOUT)
    return following if following < len(harms) and harms[following] <= at else bisect_right(harms, at) - 1


def lost_writes(journal: Journal, found: Found) -> Iterator[str]:
    """What was acknowledged and is not there as it was acknowledged, byte for byte."""
    digests = {(each.lead, each.version): each.digest for each in found.events()}
    for (lead, version), digest in journal.kept.items():
        if (lead, version) not in digests:
            yield f"lead {lead} was acknowledged in version {version}, which is not there"
        elif digests[lead, version] != digest:
            yield f"lead {lead} was acknowledged in version {version} with other bytes than are there"
    for lead in journal.removed:
        if lead in found.rows or found.log[lead][-1].type != _DELETE:
            yield f"lead {lead} was acknowledged as removed and is there"


def half_writes(journal: Journal, found: Found) -> Iterator[str]:
    """Leads without the events of all their versions, events without their lead, and parts of what is done as one."""
    yield from (f"lead {lead} has no events" for lead in found.rows if lead not in found.log)
    for lead, history in found.log.items():
        versions = [(version, list(events)) for version, events in groupby(history, lambda each: each.version)]
        if [version for version, _ in versions] != list(range(1, len(versions) + 1)):
            yield f"lead {lead} lacks the events of a version"
        for version, events in versions:
            if [each.type for each in events] != _types_of(version, events[0]):
                yield f"lead {lead} has wrong events of version {version}"
        last = history[-1]
        if found.rows.get(lead) != (None if last.type == _DELETE else (last.version, last.digest)):
            yield f"lead {lead} is not as its last event tells"
        changes = sum((lead, version) not in journal.kept for version, _ in versions[1:]) - (lead in journal.removed)
        if changes > journal.unsure[lead]:
            yield f"lead {lead} has more versions than were asked for"
    created = [history[0] for history in found.log.values()]
    if sum((each.lead, 1) not in journal.kept for each in created) > journal.unsure[""]:
        yield "there are more leads than were asked for"
    batches = Counter(each.batch for each in created if each.batch)
    yield from (f"of batch {batch} there are {count} of {BATCH}" for batch, count in batches.items() if count != BATCH)


def _types_of(version: int, event: Event) -> list[str]:
    """The types of the events that a version must have."""
    if version == 1:
        return [_CREATE]
    if event.type == _DELETE:
        return [_DELETE]
    first = {path.split(".")[0] for path in event.changed}
    moved = "status" in first
    return [_ATTRIBUTE] * bool(first - (_WITH_THE_STATE if moved else frozenset())) + [_STATE] * moved


def lost_events(found: Found, told: Told) -> Iterator[str]:
    """Events of the log that did not come to a hub which wants them."""
    for hub, arrivals in told.first.items():
        for each in found.events():
            if _wants(hub, each.type) and each.event_id not in arrivals:
                yield f"event {each.event_id} ({each.type} of {each.lead}) did not come to hub {hub}"


def phantoms(found: Found, told: Told) -> Iterator[str]:
    """What came and is not in the log, or is there as something else."""
    known = {each.event_id: each for each in found.events()}
    for hub, arrivals in told.first.items():
        for arrival in arrivals.values():
            event = known.get(arrival.event_id)
            if event is None:
                yield f"event {arrival.event_id} came to hub {hub} and is not in the log"
            elif (event.type, event.lead, event.digest) != (arrival.type, arrival.lead, arrival.digest):
                yield f"event {arrival.event_id} came to hub {hub} with another content than it has in the log"
            elif not _wants(hub, event.type):
                yield f"event {arrival.event_id} came to hub {hub}, which does not want it"


def disorder(found: Found, told: Told) -> Iterator[str]:
    """Leads whose events came, repeated ones apart, in another order than they were committed in."""
    places = {each.event_id: (each.version, each.ordinal) for each in found.events()}
    for hub, arrivals in told.first.items():
        came: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for each in arrivals.values():
            if each.event_id in places:
                came[each.lead].append(places[each.event_id])
        yield from (
            f"events of lead {lead} came to hub {hub} in disorder" for lead, at in came.items() if at != sorted(at)
        )


def _wants(hub: str, type_: str) -> bool:
    return not HUBS[hub] or HUBS[hub] == f"eventType={type_}"
