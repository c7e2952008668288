"""What becomes of records that are one: which value comes from which, and when they must not be merged."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from spanco.kernel.errors import BadBody, Problem
from spanco.kernel.openapi import Resource
from spanco.kernel.patch.comparison import same
from spanco.kernel.wire import Document, Json

BECAME: Mapping[str, tuple[str, ...]] = {
    "sales.salesLead": ("salesOpportunity",),
    "sales.salesOpportunity": (),
}
"""The kinds that can be merged, each with the attributes that say what a record was converted into."""
RECORDS = frozenset({"spanco.merge"})
"""Kinds that tell what was: their references stay as they are."""
DONE, UNDONE = "done", "undone"
FIRST, NEWEST, FULLEST = "survivorFirst", "newest", "mostComplete"
REFUSE, KEEP = "refuse", "keep"

_WON = "accepted"
_PAIRS = "spanco.duplicateCandidate"
_PAIR_DONE = {"status": "merged"}
_NEVER = datetime.min.replace(tzinfo=UTC)
_FIXED = frozenset({"id", "href", "@type", "@baseType", "@schemaLocation"})
_OPEN: frozenset[tuple[str, ...]] = frozenset({("tsm",), ("tsm", "chars")})
"""Objects that only hold attributes of a record together: what is in them counts one by one."""
_OF_STATE: Mapping[str, tuple[str, ...]] = {
    "sales.salesLead": ("lostReason", "tsm.status", "tsm.laterUntil", "tsm.externalReference"),
    "sales.salesOpportunity": (),
}
"""What says more of the state of a record, beside the attributes that change together with it."""


class MergeRefused(Problem):
    """These records cannot be merged, or no longer be taken apart, as they stand."""


@dataclass(frozen=True, slots=True)
class Record:
    """One of the records to be merged; `changed` is when it was written last, as far as that is known."""

    id: str
    document: Document
    changed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """How values are chosen: by a policy, but by the record of that id for each path in `choice`."""

    policy: str
    choice: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Merged:
    """The document that comes of it, and where attributes of others than the survivor come from."""

    document: Document
    sources: Mapping[str, tuple[str, ...]]


def merged(resource: Resource, records: Sequence[Record], wish: Wish) -> Merged:
    """All records as one; the survivor comes first.

    Attribute by attribute: what the first record in the order of the policy has, whole and never mixed, so that an
    address stays an address; but lists are united without repeats. State, dates and identity stay the survivor's; with
    a state that is chosen comes what belongs to it.
    """
    survivor, state = records[0], _state(resource)
    ranked = _ranked(records, wish.policy)
    kept: set[tuple[str, ...]] = {(name,) for name in _FIXED | resource.unpatchable | resource.managed.keys()}
    kept |= {tuple(path.split(".")) for path in state}
    document, sources = dict(survivor.document), dict[str, tuple[str, ...]]()
    for path in dict.fromkeys(path for record in records for path in _paths(record.document, ())):
        if path in kept:
            continue
        value, from_ids = _value(path, records, ranked)
        if value is not None:
            _put(document, path, [value])
            if from_ids != (survivor.id,):
                sources[".".join(path)] = from_ids
    for name, id_ in {**_with_state(resource, records, wish), **wish.choice}.items():
        chosen = next(record for record in records if record.id == id_)
        _put(document, name.split("."), _read(chosen.document, name.split(".")))
        sources[name] = (id_,)
    return Merged(document, sources)


def check_wish(resource: Resource, records: Sequence[Record], wish: Wish) -> None:
    """Raise `BadBody` when a value is chosen that nobody has, that belongs to the server, or of no record of these."""
    ids = {record.id for record in records}
    for path, id_ in wish.choice.items():
        if id_ not in ids:
            raise BadBody("choice", f"'{id_}' is none of the records that are merged.")
        first = path.partition(".")[0]
        if first in (_FIXED - {"@schemaLocation"}) | resource.unpatchable | resource.managed.keys():
            raise BadBody("choice", f"'{path}' is set by the server and cannot be chosen.")
        if not any(_read(record.document, path.split(".")) for record in records):
            raise BadBody("choice", f"none of the records has '{path}'.")


def check_states(resource: Resource, records: Sequence[Record], wish: Wish) -> None:
    """Raise `MergeRefused` when what was won or converted would be lost in what is not."""
    survivor, *losers = records
    state = resource.lifecycle.attribute if resource.lifecycle else ""
    chosen = next((record for record in records if record.id == wish.choice.get(state)), survivor)
    won = [record for record in losers if record.document.get(state) == _WON]
    if won and chosen.document.get(state) != _WON:
        raise MergeRefused(
            f"'{won[0].id}' is {_WON} and '{survivor.id}' is {chosen.document.get(state)}: "
            f"make '{won[0].id}' the survivor, or choose its {state}."
        )
    for name in BECAME[resource.kind]:
        became = {record.id: found for record in records if (found := _id(record.document.get(name)))}
        if len(set(became.values())) > 1 and name not in wish.choice:
            told = ", ".join(f"'{id_}' into '{into}'" for id_, into in became.items())
            raise MergeRefused(f"They were converted apart ({told}): merge those first, or choose '{name}'.")


def settled(kind: str, before: Document, after: Document) -> Document:
    """A document whose references were moved. A pair that was merged is not a pair with itself: it is done."""
    if kind == _PAIRS and _id(after.get("record")) == _id(after.get("candidate")):
        return before | _PAIR_DONE
    return after


def _ranked(records: Sequence[Record], policy: str) -> list[Record]:
    """The records in the order in which their values count; those that are equal in it stay as they were named."""
    if policy == NEWEST:
        return sorted(records, key=_age, reverse=True)
    if policy == FULLEST:
        return sorted(records, key=lambda record: -sum(map(_filled, record.document.values())))
    return list(records)


def _age(record: Record) -> tuple[datetime, str, str]:
    return record.changed or _NEVER, str(record.document.get("creationDate", "")), record.id


def _paths(document: Document, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Where the attributes of a document stand."""
    for name, value in document.items():
        path = (*above, name)
        if path in _OPEN and isinstance(value, dict):
            yield from _paths(value, path)
        else:
            yield path


def _value(path: tuple[str, ...], records: Sequence[Record], ranked: Sequence[Record]) -> tuple[Json, tuple[str, ...]]:
    """The value of an attribute and the records that it comes from; None where no record has one."""
    having = [(record.id, value) for record in ranked for value in _read(record.document, path) if _filled(value)]
    if not having:
        return None, ()
    id_, first = having[0]
    if not isinstance(first, list):
        return first, (id_,)
    united: list[Json] = []
    sources: list[str] = []
    for record in records:
        for elements in _read(record.document, path):
            if isinstance(elements, list):
                more = _united(united, elements) if united else list(elements)
                if not same(more, united):
                    sources.append(record.id)
                united = more
    return united, tuple(sources)


def _united(elements: list[Json], others: list[Json]) -> list[Json]:
    """Both lists without repeats; of two that say the same the one that says more."""
    united = list(elements)
    for other in others:
        place = next((index for index, each in enumerate(united) if _repeats(each, other)), None)
        if place is None:
            united.append(_renumbered(other, elements))
        elif _within(united[place], other):
            united[place] = other
    return united


def _repeats(one: Json, other: Json) -> bool:
    """Whether two elements say the same: one holds all of the other, or both name the same party in the same role."""
    if _within(one, other) or _within(other, one):
        return True
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return False
    names = ("id", "role", "@referredType")
    is_reference = bool({"role", "@referredType"} & one.keys() & other.keys())
    return is_reference and "id" in one and all(one.get(name) == other.get(name) for name in names)


def _within(part: Json, whole: Json) -> bool:
    """Whether an element says nothing that the other does not say too."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and same(value, whole[name]) for name, value in part.items())
    return same(part, whole)


def _renumbered(element: Json, others: list[Json]) -> Json:
    """An element without its id where that is a number within its list which another one has there."""
    if not isinstance(element, dict) or {"role", "@referredType", "href"} & element.keys():
        return element
    taken = {each["id"] for each in others if isinstance(each, dict) and isinstance(each.get("id"), str)}
    return {name: value for name, value in element.items() if name != "id" or value not in taken}


def _put(document: Document, path: Sequence[str], found: Sequence[Json]) -> None:
    """Put a value at a path, or take out what stands there; with it go objects that are empty then."""
    name, *inner = path
    if inner:
        below = document.get(name)
        changed = dict(below) if isinstance(below, dict) else {}
        _put(changed, inner, found)
        found = [changed] if changed else []
    if found:
        document[name] = found[0]
    else:
        document.pop(name, None)


def _read(document: Document, path: Sequence[str]) -> list[Json]:
    """The value at a path through objects, or nothing."""
    value: Json = document
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return []
        value = value[name]
    return [value]


def _state(resource: Resource) -> frozenset[str]:
    """Where it stands in what state a record is, and what belongs to that."""
    return (resource.lifecycle.companions if resource.lifecycle else frozenset()) | {*_OF_STATE[resource.kind]}


def _with_state(resource: Resource, records: Sequence[Record], wish: Wish) -> dict[str, str]:
    """What comes with a state that is chosen, from the same record; dates of moves are the server's."""
    state = resource.lifecycle.attribute if resource.lifecycle else ""
    if state not in wish.choice:
        return {}
    paths = sorted(path for path in _state(resource) - {state} - resource.managed.keys())
    return {
        path: wish.choice[state] for path in paths if any(_read(record.document, path.split(".")) for record in records)
    }


def _filled(value: Json) -> bool:
    return value not in (None, [], {}) and not (isinstance(value, str) and not value.strip())


def _id(value: Json) -> str | None:
    found = value.get("id") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None
