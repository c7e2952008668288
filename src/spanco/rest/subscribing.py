"""Answers where subscribing is more than storing: hubs are made once, secrets shown once, topics end with hubs."""

from spanco.events.hubs import check, register, unregister
from spanco.events.topics import close
from spanco.kernel.wire import Document, decode, decode_document, encode
from spanco.operations import Draft, Place, Stored, create
from spanco.rest.representation import entity_tag, spliced
from spanco.rest.responses import JSON, Answer
from spanco.rest.site import Call
from spanco.rest.writing import JSON_TYPE, expected
from spanco.store.documents import Row


async def create_hub(call: Call) -> Answer:
    """POST: 201 with the hub, whether it is new or was there already; repeating it is safe without any key."""
    call.request.media_type(JSON_TYPE)
    document = decode(await call.request.body(call.site.limits.body))
    call.site.means.policy.allow(call.actor, "subscribe", call.resource.kind)
    ready = await check(call.site.courier, call.resource, document)
    async with call.site.work(call.actor, call.request) as work, work.atomic():
        source = await call.site.source(work, call.resource, call.parent)
        registered = await register(work, call.resource, source, ready)
    return _answer(call, registered.hub, {"secret": registered.secret} if registered.secret else {})


async def create_revealing(call: Call) -> Answer:
    """POST where the answer shows what is kept nowhere, such as a new secret; so no Idempotency-Key keeps it either."""
    call.request.media_type(JSON_TYPE)
    document = decode(await call.request.body(call.site.limits.body))
    reveal = call.site.means.bindings[call.resource.kind].reveal
    assert reveal is not None
    async with call.site.work(call.actor, call.request) as work, work.atomic():
        (stored,) = await create(work, call.resource, [Draft(document, call.parent)])
        assert isinstance(stored, Stored)
        shown = await reveal(work, call.resource, Row(stored.id, stored.version, stored.body))
    return _answer(call, stored, shown)


def _answer(call: Call, stored: Stored, shown: Document) -> Answer:
    """The resource, and beside what is kept of it what only this answer shows."""
    location = f"{call.base()}{stored.id}".encode()
    headers = (*JSON, (b"etag", entity_tag(stored.version, "").encode()), (b"location", location))
    body = encode({**decode_document(stored.body), **shown})
    return Answer(201, spliced(call.base().encode(), stored.id, body, None), headers)


async def delete_hub(call: Call) -> Answer:
    """DELETE: nothing more is sent."""
    assert call.id is not None
    async with call.site.work(call.actor, call.request) as work:
        await unregister(work, call.resource, Place(call.id, call.parent), expected(call))
    return Answer(204, b"", ())


async def delete_topic(call: Call) -> Answer:
    """DELETE: nothing more is sent to those who subscribed to it."""
    assert call.id is not None
    async with call.site.work(call.actor, call.request) as work:
        await close(work, call.site.apis, call.resource, call.id, expected(call))
    return Answer(204, b"", ())
