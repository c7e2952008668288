"""The event as it is told: the envelope of TMF630 part 1 around a resource (spellings of TMF699, notifications)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from spanco.kernel.moments import spell
from spanco.kernel.openapi import Api, Resource
from spanco.kernel.wire import Document, Json, decode_document, encode

HEADER = frozenset({"eventId", "eventType", "eventTime", "@type"})
"""What a listener gets however its subscription trims the event."""

ENVELOPE = HEADER | {
    *("correlationId", "description", "domain", "event", "fieldPath", "priority", "timeOccurred", "timeOcurred"),
    *("title", "analyticCharacteristic", "relatedParty", "reportingSystem", "source", "@baseType", "@schemaLocation"),
}
"""The attributes that an event can have; the last ones only where somebody else posted it to a topic."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One row of the event log; `document` is the resource after the change, or before it was deleted."""

    event_id: str
    type: str
    kind: str
    resource_id: str
    parent: str | None
    occurred_at: datetime
    correlation: str | None
    changed: tuple[str, ...]
    document: bytes


class Teller:
    """Writes the events of the served APIs; `root` is the public address that links begin with."""

    def __init__(self, apis: tuple[Api, ...], root: str) -> None:
        self.apis = apis
        self._root = root
        self._known: Mapping[str, tuple[Api, Resource]] = {
            resource.kind: (api, resource) for api in apis for resource in api.resources.values()
        }

    def place(self, happening: Happening) -> tuple[str, str]:
        """The address of the API and the path below it: together, with a slash between, the `href` of the resource."""
        api, resource = self._known.get(happening.kind, (None, None))
        name = happening.kind.rpartition(".")[2]
        above = f"{resource.parent}/{happening.parent}/" if resource and resource.parent else ""
        return self._root + (api.base_path if api else ""), f"{above}{name}/{happening.resource_id}"

    @property
    def kinds(self) -> Iterable[str]:
        """The kinds of resources of which there are events."""
        return self._known.keys()

    def told(self, happening: Happening, *, plainly: bool = False) -> bytes:
        """The event as JSON; `plainly` is for the hubs of a topic: what was posted to it is an event already."""
        api, resource = self._known.get(happening.kind, (None, None))
        if plainly and self.is_event(happening.kind):
            return self._identified(happening)
        name = happening.kind.rpartition(".")[2]
        head = encode(_head(api, resource, happening))[:-1]
        document = self._identified(happening)
        return b"%b,%b:{%b:%b}}" % (head, b'"event"', encode(name), document)

    def body(self, happening: Happening) -> bytes:
        """The event as a resource of a topic: JSON without the `id` and `href` that it has there."""
        return happening.document if self.is_event(happening.kind) else self.told(happening)

    def event_id(self, happening: Happening, *, plainly: bool = False) -> str:
        """The `eventId` of what is told: of what was posted to a topic it is the poster's."""
        if plainly and self.is_event(happening.kind):
            return str(decode_document(happening.document)["eventId"])
        return happening.event_id

    def spelling(self, kinds: Iterable[str]) -> bytes:
        """What the store needs to know of these kinds so that it tells events as `told` does, plainly."""
        return encode({kind: _spelled(self._root, *self._known[kind]) for kind in kinds})

    def is_event(self, kind: str) -> bool:
        """Whether resources of this kind are events themselves, posted by others."""
        _, resource = self._known.get(kind, (None, None))
        return resource is not None and resource.is_event

    def _identified(self, happening: Happening) -> bytes:
        """The document with `id` and `href` in front; without `href` when its API is no longer served."""
        identity = {"id": happening.resource_id}
        if happening.kind in self._known:
            identity["href"] = "/".join(self.place(happening))
        rest = happening.document[1:].lstrip()
        return encode(identity)[:-1] + (b"" if rest[:1] == b"}" else b",") + rest


def _spelled(root: str, api: Api, resource: Resource) -> Document:
    lifecycle = resource.lifecycle
    companions: list[Json] = [*sorted(lifecycle.companions)] if lifecycle else []
    return {
        "name": resource.name,
        "above": f"{root}{api.base_path}/{resource.parent or ''}",
        "nested": resource.parent is not None,
        "posted": resource.is_event,
        "modern": is_modern(api),
        "domain": str(api.document.get("x-spanco-domain") or ""),
        "companions": companions,
        "state": lifecycle.attribute if lifecycle else None,
    }


def _attributes(resource: Resource | None, changed: tuple[str, ...]) -> list[str]:
    """The paths that changed, without those of the state where it moved too: its own event tells of them."""
    lifecycle = resource.lifecycle if resource else None
    if lifecycle is None or lifecycle.attribute not in changed:
        return list(changed)
    return [path for path in changed if path.split(".")[0] not in lifecycle.companions]


def _head(api: Api | None, resource: Resource | None, happening: Happening) -> dict[str, str]:
    modern = api is not None and is_modern(api)
    moment = spell(happening.occurred_at)
    head = {"eventId": happening.event_id, "eventTime": moment, "eventType": happening.type}
    if modern:
        head["@type"] = happening.type
    if happening.correlation:
        head["correlationId"] = happening.correlation
    domain = api.document.get("x-spanco-domain") if api else None
    if domain:
        head["domain"] = str(domain)
    head["title"] = happening.type
    head["timeOccurred" if modern else "timeOcurred"] = moment
    if happening.changed and not modern and happening.type.endswith("AttributeValueChangeEvent"):
        head["fieldPath"] = ",".join(_attributes(resource, happening.changed))
    return head


def is_modern(api: Api) -> bool:
    """Whether an API speaks as version 5 does: with `@type`, and `timeOccurred` spelled right."""
    return api.version.split(".")[0].isdigit() and int(api.version.split(".")[0]) >= _MODERN


_MODERN = 5
