"""Which events a change raises (TMF630 part 1; TMF699 v4, notifications)."""

from collections.abc import Sequence

from spanco.kernel.openapi import Resource

_ENDINGS = {
    "create": "CreateEvent",
    "attribute": "AttributeValueChangeEvent",
    "state": "StateChangeEvent",
    "delete": "DeleteEvent",
}


def event_type(resource: Resource, change: str) -> str:
    """The type of the event for `create`, `attribute`, `state` or `delete`, as declared or by the rule."""
    return resource.events.get(change) or resource.name[:1].upper() + resource.name[1:] + _ENDINGS[change]


def events_of_change(resource: Resource, changed: Sequence[str]) -> list[str]:
    """The event types of one PATCH, in order: attributes first, then the state.

    What moves together with the state (its date and its reason) belongs to the state event alone.
    """
    companions = resource.lifecycle.companions if resource.lifecycle else frozenset()
    state = resource.lifecycle.attribute if resource.lifecycle else None
    firsts = {path.split(".")[0] for path in changed}
    moved = state in firsts
    rest = firsts - companions if moved else firsts
    raised = [event_type(resource, "attribute")] if rest else []
    return raised + ([event_type(resource, "state")] if moved else [])
