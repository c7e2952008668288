"""Answers to POST, PATCH and DELETE, with preconditions and idempotency."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace

from spanco.events.contents import post
from spanco.kernel.errors import BadBody, BadHeader, BadParameter
from spanco.kernel.patch import apply, apply_query, merge
from spanco.kernel.projection import Fields
from spanco.kernel.wire import Document, Json, decode, encode
from spanco.operations import Patch, Place, Stored, get, patch, remove
from spanco.rest.lenses import created
from spanco.rest.reading import chosen
from spanco.rest.representation import entity_tag, spliced, versions_in
from spanco.rest.request import preferences
from spanco.rest.responses import JSON, Answer, Headers
from spanco.rest.site import Call
from spanco.store.idempotency import Answer as Kept
from spanco.store.idempotency import Claim, recall, remember
from spanco.work import DRY_RUN, Already, Rehearsed, Work

Shape = tuple[Fields | None, str]  # read before anything is written: what cannot be read must change nothing
JSON_TYPE = ("application/json",)
_MERGE, _JSON_PATCH, _JSON_PATCH_QUERY = (
    "application/merge-patch+json",
    "application/json-patch+json",
    "application/json-patch-query+json",
)
_PATCH_TYPES = ("application/json", _MERGE, _JSON_PATCH, _JSON_PATCH_QUERY)
_BULK_TYPES = (_JSON_PATCH, "application/json")
_IDEMPOTENCY_KEY = re.compile(r"[\x20-\x7e]{1,255}")
_MOST_AT_ONCE = 1000


async def create_one(call: Call) -> Answer:
    """POST: one resource, or an array where the API allows it; once per Idempotency-Key."""
    call.request.media_type(JSON_TYPE)
    shape = chosen(call.request.query)
    body = await call.request.body(call.site.limits.body)
    document = decode(body)
    key = call.request.header(b"idempotency-key")
    async with call.site.work(call.actor, call.request) as work:
        work.preferences = _wishes(call, work)
        if key is None:
            return await _created(call, work, document, shape)
        async with work.atomic():
            claim = _claim(call, work, key, body)
            kept = await recall(work.connection, claim)
            if kept:
                return Answer(kept.status, kept.body, _bytes(kept.headers))
            answer = await _created(call, work, document, shape)
            headers = tuple((name.decode(), value.decode()) for name, value in answer.headers)
            hours = call.site.limits.idempotency_hours
            await remember(work.connection, claim, Kept(answer.status, headers, answer.body), hours)
            return answer


def _wishes(call: Call, work: Work) -> dict[str, str]:
    """What the client prefers; with `dryRun=duplicates` nothing is created, which must never be passed over."""
    said = preferences(call.request)
    tried = {part[7:] for part in call.request.query.split(b"&") if part.startswith(b"dryRun=")}
    if not tried:
        return said
    binding = work.bindings.get(call.lens.kept.kind)
    if tried != {b"duplicates"} or binding is None or binding.keys is None:
        raise BadParameter("dryRun", "only 'duplicates' can be asked for, where records are compared with each other.")
    return {**said, DRY_RUN: "duplicates"}


def _claim(call: Call, work: Work, key: str, body: bytes) -> Claim:
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        raise BadHeader("Idempotency-Key", "1 to 255 printable ASCII characters are needed.")
    digest = hashlib.blake2b(f"{call.request.path}?{call.request.query!r}\n".encode() + body, digest_size=32)
    return Claim(call.actor.tenant, f"{call.actor.subject}\n{key}", digest.digest(), work.moment)


def _bytes(headers: Sequence[tuple[str, str]]) -> Headers:
    return tuple((name.encode(), value.encode()) for name, value in headers)


async def _created(call: Call, work: Work, document: Json, shape: Shape) -> Answer:
    if isinstance(document, list) and call.resource.bulk:
        body = await _many(call, work, document, shape)
        return Answer(201, body, (*JSON, *_granted(work)))
    if call.resource.is_event:
        stored = await post(work, call.teller(), call.resource, (call.parent, document))
    else:
        try:
            (stored,) = await created(work, call.lens, [document], call.parent)
        except Rehearsed as rehearsed:
            return Answer(200, encode(rehearsed.document))
        except Already as already:
            known = await get(work, call.lens.kept, Place(already.id, call.parent))
            return _already(call, work, known, shape)
    answer = _located(call, stored, shape)
    return replace(answer, headers=(*answer.headers, *_granted(work)))


def _already(call: Call, work: Work, known: Stored, shape: Shape) -> Answer:
    """The answer where what was to be created is there: the resource, where it is, and which wish was granted."""
    answer = _located(call, known, shape)
    headers = (*answer.headers, (b"content-location", f"{call.base()}{known.id}".encode()), *_granted(work))
    return replace(answer, status=200, headers=headers)


def _granted(work: Work) -> Headers:
    """Which preferences were granted (RFC 7240, 3), and what was looked at only in part for it."""
    applied = ", ".join(f"{name}={value}" for name, value in work.applied.items())
    said = {b"preference-applied": applied, b"x-capped": ", ".join(work.capped)}
    return tuple((name, value.encode()) for name, value in said.items() if value)


def _located(call: Call, stored: Stored, shape: Shape) -> Answer:
    """The answer to a creation: the resource, and where it is."""
    location = f"{call.base()}{stored.id}".encode()
    answer = _representation(call, stored, shape)
    return Answer(201, answer.body, (*answer.headers, (b"location", location)))


async def _many(call: Call, work: Work, documents: Sequence[Json], shape: Shape) -> bytes:
    if not documents or len(documents) > _MOST_AT_ONCE:
        raise BadBody("", f"Send between 1 and {_MOST_AT_ONCE} resources at once.")
    try:
        stored = await created(work, call.lens, documents, call.parent)
    except Already as already:
        raise BadHeader("Prefer", "only one resource at a time can be led to what is there.") from already
    except Rehearsed as rehearsed:
        raise BadParameter("dryRun", "send one resource at a time.") from rehearsed
    base = call.base().encode()
    parts = [spliced(base, each.id, call.lens.shown(each.id, each.body), shape[0]) for each in stored]
    return b"[" + b",".join(parts) + b"]"


def _representation(call: Call, stored: Stored, shape: Shape) -> Answer:
    fields, text = shape
    body = spliced(call.base().encode(), stored.id, call.lens.shown(stored.id, stored.body), fields)
    return Answer(200, body, (*JSON, (b"etag", entity_tag(stored.version, text).encode())))


async def patch_one(call: Call) -> Answer:
    """PATCH of one resource by merge patch, JSON Patch or JSON Patch Query (TMF630 parts 1 and 5)."""
    media = call.request.media_type(_PATCH_TYPES)
    shape = chosen(call.request.query)
    change = _change(media, decode(await call.request.body(call.site.limits.body)))
    assert call.id is not None
    async with call.site.work(call.actor, call.request) as work:
        at = Place(call.id, call.parent)
        stored = await patch(work, call.lens.kept, at, call.lens.change(change), expected=expected(call))
    return _representation(call, stored, shape)


def _change(media: str, body: Json) -> Patch:
    if media in {_JSON_PATCH, _JSON_PATCH_QUERY}:
        operations = body
        step = apply if media == _JSON_PATCH else apply_query
        return lambda before: step(before, operations)
    if not isinstance(body, dict):
        raise BadBody("", f"Send one JSON object to merge, or a list of operations as {_JSON_PATCH}.")
    return lambda before: merge(before, body)


def expected(call: Call) -> frozenset[int] | None:
    """The versions that the request allows."""
    header = call.request.header(b"if-match")
    return None if header is None else versions_in(header)


async def create_many(call: Call) -> Answer:
    """PATCH of a collection: all `add` operations with path `/` are created together (TMF630 part 1, 6.2)."""
    call.request.media_type(_BULK_TYPES)
    shape = chosen(call.request.query)
    operations = decode(await call.request.body(call.site.limits.body))
    documents = _added(operations)
    async with call.site.work(call.actor, call.request) as work:
        work.preferences = _wishes(call, work)
        body = await _many(call, work, documents, shape)
        return Answer(200, body, (*JSON, *_granted(work)))


def _added(operations: Json) -> list[Document]:
    if not isinstance(operations, list):
        raise BadBody("", 'Send a list of operations such as {"op": "add", "path": "/", "value": {…}}.')
    added = []
    for index, operation in enumerate(operations):
        match operation:
            case {"op": "add", "path": "/" | "/-" | "", "value": dict() as value}:
                added.append(value)
            case _:
                raise BadBody(f"[{index}]", "only 'add' with path '/' and an object as value creates a resource.")
    return added


async def delete_one(call: Call) -> Answer:
    """DELETE of one resource."""
    assert call.id is not None
    async with call.site.work(call.actor, call.request) as work:
        await remove(work, call.lens.kept, Place(call.id, call.parent), expected=expected(call))
    return Answer(204, b"", ())
