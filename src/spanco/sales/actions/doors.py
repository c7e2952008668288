"""Doors for strangers: forms and capture keys are found once they are there, and links confirm what was posted."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from spanco.access.errors import Forbidden
from spanco.kernel.errors import NotFound
from spanco.kernel.moments import spell
from spanco.kernel.openapi import Resource
from spanco.kernel.patch import merge
from spanco.kernel.wire import Document, Json, decode_document
from spanco.operations import Place, patch
from spanco.sales.actions.registers import choose, entries
from spanco.sales.rules.consenttexts import REGISTER, chosen_anew, worded
from spanco.sales.rules.forms import read_form
from spanco.sales.rules.submissions import HELD, REFUSED
from spanco.store import capture
from spanco.store.capture import Again
from spanco.store.documents import Row
from spanco.work import Work, Written

FORMS, KEYS = "spanco.form", "spanco.captureKey"
"""The kinds behind which strangers find something."""

CONFIRM, SOURCES = "/form/confirm/", "leadSource"
_NO_SUCH = "There is no such submission, or it does not wait for its sender: check 'submission.id'."


async def open_and_close(work: Work, resource: Resource, written: Sequence[Written]) -> None:
    """A form is found under its id from its creation to its removal."""
    tenant = work.actor.tenant
    for each in written:
        if each.before is None and each.after is not None:
            await capture.open_door(work.connection, each.after.id, resource.kind, (tenant, each.after.id))
    await _close(work, resource, written)


async def admit_source(work: Work, _: Resource, document: Document, before: Document | None) -> Document:
    """A form or a key whose leads are put down to a source that can be chosen; what stood there before may stay."""
    source = document.get("source")
    if source and source != (before or {}).get("source"):
        await choose(work, ("source", str(source)), SOURCES)
    return document


async def admit_form(work: Work, _: Resource, document: Document, before: Document | None) -> Document:
    """A form whose consent texts are worded as the register words them; raises `BadBody` or `Forbidden`."""
    anew = chosen_anew(document, before)
    if not anew:
        return document
    valid = {entry.code: entry for entry in await entries(work, REGISTER)}
    known = {entry.code: entry for entry in await entries(work, REGISTER, valid=False)}
    language = str(document.get("language", "en"))
    consents: dict[str, Document] = {}
    for place, consent in anew:
        entry = known.get(str(consent["code"]))
        if entry and entry.privilege and entry.privilege not in work.actor.roles:
            raise Forbidden(work.actor.roles, "choose", f"{place} '{entry.code}'", {entry.privilege})
        consents[str(consent["code"])] = worded((place, consent), entry, valid, language)
    told = document["consent"]
    assert isinstance(told, list)
    return {**document, "consent": [consents.get(_code(each), each) for each in told]}


def _code(consent: Json) -> str:
    return str(consent["code"]) if isinstance(consent, dict) else ""


async def close_removed(work: Work, resource: Resource, written: Sequence[Written]) -> None:
    """A capture key that is removed opens nothing; its door is made when its secret is."""
    await _close(work, resource, written)


async def _close(work: Work, resource: Resource, written: Sequence[Written]) -> None:
    gone = [str(each.before["id"]) for each in written if each.before is not None and each.after is None]
    if gone:
        await capture.close_doors(work.connection, work.actor.tenant, resource.kind, gone)


def digest(secret: str) -> bytes:
    """As secrets are kept: they are long and random, so one round is enough."""
    return hashlib.sha256(secret.encode()).digest()


async def reveal_key(work: Work, resource: Resource, row: Row) -> Document:
    """Make the secret of a new capture key; only its digest is kept."""
    secret = f"spk_{secrets.token_urlsafe(32)}"
    await capture.open_door(work.connection, digest(secret).hex(), resource.kind, (work.actor.tenant, row.id))
    return {"secret": secret}


async def reveal_link(work: Work, _: Resource, row: Row) -> Document:
    """Make the link that confirms a submission, and tell to whom it goes; only the digest of its token is kept."""
    ordered = decode_document(row.document).get("submission")
    id_ = str(ordered["id"]) if isinstance(ordered, dict) else ""
    token = secrets.token_urlsafe(32)
    place = work.actor.tenant, id_
    found = await capture.renew_token(work.connection, place, digest(token), work.moment)
    if found is None:
        raise NotFound(_NO_SUCH)
    link: Document = {"link": f"{work.root}{CONFIRM}{token}", "expiresAt": spell(found.expires_at)}
    if found.language:
        link["language"] = found.language
    to = await _address(work, found.form, found.content)
    return link | ({"to": to} if to else {})


async def _address(work: Work, form_id: str, content: Document) -> str:
    """The e-mail address in what was posted to a form."""
    door = await capture.door(work.connection, form_id, FORMS)
    posted = content.get("answers")
    if door is None or not isinstance(posted, dict):
        return ""
    form = read_form(door.id, door.version, door.document)
    names = [field.name for field in form.fields if field.type == "email" or field.target == "email"]
    return next((str(posted[name]).strip() for name in names if posted.get(name)), "")


async def begin_again(work: Work, resource: Resource, written: Sequence[Written]) -> None:
    """Carry new orders to process submissions again out, in their own transaction, and note of how many each was."""
    for each in written:
        if each.before is None and each.after is not None:
            await _begin_again(work, resource, each.after)


async def _begin_again(work: Work, resource: Resource, row: Row) -> None:
    again = _again(decode_document(row.document))
    change: Document = {"replayed": await capture.replay(work.connection, work.actor.tenant, again, work.moment)}
    await patch(work, resource, Place(row.id), lambda before: merge(before, change))


def _again(order: Document) -> Again:
    """What an order is about; its date-times are spelled canonically."""
    states, chosen, form = order.get("status"), order.get("submission"), order.get("form")
    return Again(
        [str(each) for each in states] if isinstance(states, list) else [HELD, REFUSED],
        [str(each["id"]) for each in chosen if isinstance(each, dict)] if isinstance(chosen, list) else None,
        str(form["id"]) if isinstance(form, dict) else None,
        _moment(order.get("from")),
        _moment(order.get("to")),
    )


def _moment(value: Json) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
