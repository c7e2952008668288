"""TMF688 topics: each served API is one; others choose events by their queries, or hold only what is posted."""

from collections.abc import Sequence
from dataclasses import replace

from spanco.access.policy import Policy
from spanco.events.errors import BuiltIn
from spanco.events.hubs import Source, unregister
from spanco.kernel.errors import BadBody, NotFound
from spanco.kernel.openapi import Api, Resource
from spanco.kernel.projection import ALL
from spanco.kernel.subscription import subscription
from spanco.kernel.wire import Document, decode_document, encode
from spanco.operations import Place, remove
from spanco.store import documents, topics
from spanco.store.database import Database
from spanco.work import Work

_QUERIES = ("headerQuery", "contentQuery")
_MOST_KNOWN = 100_000


def checked(_resource: Resource, document: Document, _before: Document | None) -> Document:
    """A topic whose queries can be read; raises `BadBody`."""
    for name in _QUERIES:
        query = document.get(name)
        if not isinstance(query, str):
            continue
        if len(query.splitlines()) > 1:
            raise BadBody(name, "it must stand in one line.")
        if subscription(query, name).fields != ALL:
            raise BadBody(name, "'fields' has no meaning in a topic; a hub trims what it is told.")
    return document


class Topics:
    """The topics that are there from the start: made for a tenant when it first asks for the API that has topics."""

    def __init__(self, apis: Sequence[Api]) -> None:
        self._apis = apis
        above = {each.parent_kind for api in apis for each in api.resources.values() if each.is_event}
        self._of = {api.key: each for api in apis for each in api.resources.values() if each.kind in above}
        self._kinds = frozenset(each.kind for each in self._of.values())
        self._ready: set[str] = set()

    def are(self, resource: Resource) -> bool:
        """Whether the resources of this kind are topics."""
        return resource.kind in self._kinds

    async def make_ready(self, database: Database, api: Api, tenant: str) -> None:
        """The topics of the served APIs are there, if this API has topics. It is remembered, so it costs once."""
        resource = self._of.get(api.key)
        if resource is None or tenant in self._ready:
            return
        named = {each.key: encode({"name": each.title, "@type": resource.type_name}) for each in self._apis}
        async with database.connected() as connection:
            await topics.make(connection, resource, tenant, named)
        if len(self._ready) >= _MOST_KNOWN:
            self._ready.clear()
        self._ready.add(tenant)


async def source(work: Work, apis: Sequence[Api], nested: Resource, topic_id: str, *, hold: bool = False) -> Source:
    """What a topic holds and its hubs are told of; `nested` is the resource of the events or hubs that are in it.

    With `hold` nobody removes it before the transaction of the caller ends. Raises `NotFound`.
    """
    assert nested.parent_kind is not None
    of = _resource(apis, nested.parent_kind)
    if hold:
        document = await topics.hold(work.connection, of.kind, work.actor.tenant, topic_id)
    else:
        row = await documents.read(work.connection, of, work.actor.tenant, (topic_id, None))
        document = row.document if row else None
    if document is None:
        raise NotFound
    if any(api.key == topic_id for api in apis):
        return Source(topic_id, topic_id)
    topic = decode_document(document)
    queries = [str(topic.get(name) or "").strip() for name in _QUERIES]
    return Source(None, topic_id, "\n".join(query for query in queries if query))


async def close(work: Work, apis: Sequence[Api], resource: Resource, id_: str, expected: frozenset[int] | None) -> None:
    """Remove a topic and end its hubs; what was posted to it can no longer be read. Raises `BuiltIn`.

    Whoever may remove the topic ends its hubs, whether or not these are otherwise his to end.
    """
    work.policy.allow(work.actor, "delete", resource.kind)
    if any(api.key == id_ for api in apis):
        raise BuiltIn
    house = replace(work, policy=Policy(), actor=replace(work.actor, roles=frozenset({"admin"})))
    async with work.atomic():
        await remove(work, resource, Place(id_), expected=expected)
        for hub_id, kind in await topics.hubs(work.connection, work.actor.tenant, id_):
            await unregister(house, _resource(apis, kind), Place(hub_id, id_), None)


def _resource(apis: Sequence[Api], kind: str) -> Resource:
    return next(each for api in apis for each in api.resources.values() if each.kind == kind)
