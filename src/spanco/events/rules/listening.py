"""Which events a hub listens to, before any document is looked at."""

from spanco.kernel.query.ast import AllOf, Condition, all_of
from spanco.kernel.query.sieve import equality

OPERATIONS = "spanco"
"""The API of operators: its hubs are told of the hubs of every API too."""

_TYPE = ("eventType",)


def hears(api: str | None, topic: str | None, scope: str, event: tuple[str, str | None]) -> bool:
    """Whether a hub of an API, or of a topic, is told of events of this kind; `event` is its kind and its parent.

    A hub of an API hears the resources of that API. A hub of a topic hears what was posted to the topic, and when the
    topic has a scope, the events of all APIs, of which its scope then chooses.
    """
    kind, parent = event
    of, _, name = kind.partition(".")
    if name.rpartition(".")[2] == _HUB:
        return api == OPERATIONS
    if name == _POSTED and topic is not None:
        return parent == topic
    if api is not None:
        return of == api
    return bool(scope) and of not in {OPERATIONS, _TOPICS}


def by_type(condition: Condition) -> tuple[frozenset[str] | None, Condition]:
    """The event types that a condition is limited to (None: any), and what remains to be asked of the event."""
    types: frozenset[str] | None = None
    rest: list[Condition] = []
    for part in condition.parts if isinstance(condition, AllOf) else (condition,):
        path, named = equality(part) or (None, frozenset[str]())
        if path != _TYPE:
            rest.append(part)
        else:
            types = named if types is None else types & named
    return types, all_of(rest)


_HUB = "hub"
_TOPICS = "event"
_POSTED = "topic.event"
