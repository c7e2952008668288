"""Mails as leads: the first of a thread becomes one, and every reply becomes a note on the same."""

import asyncio

from spanco.kernel.errors import Moved, NotFound
from spanco.kernel.moments import spell
from spanco.kernel.openapi import Resource
from spanco.kernel.wire import Document
from spanco.operations import Draft, Place, patch
from spanco.sales.actions.capture import Counter
from spanco.sales.actions.placing import placed
from spanco.sales.rules.captured import with_mail, with_note
from spanco.sales.rules.forms import Origin
from spanco.sales.rules.mails import lead_of_mail, note_of, read_mail, references
from spanco.store import capture
from spanco.store.capture import Waiting
from spanco.store.errors import Conflict
from spanco.work import Work

_ORIGIN = "mail"


async def keep_mail(counter: Counter, tenant: str, raw: bytes, source: str) -> tuple[str, bool]:
    """Keep a mail: its id, and False when it is here already. Whatever cannot be a lead is kept as refused."""
    message_id, mail, refused = await asyncio.to_thread(read_mail, raw)
    told = {**mail, "source": source} if source else mail
    return message_id, await counter.mail(tenant, message_id, told, refused)


async def threaded(work: Work, resource: Resource, told: tuple[Waiting, Document], origin: Origin) -> tuple[str, bool]:
    """The lead that a mail belongs to, and whether it was there before; a new one is put down to `origin`.

    Raises `Conflict` while the mail that this one answers is still to be processed.
    """
    waiting, mail = told
    tenant, message_id, answered = waiting.tenant, str(mail.get("messageId")), references(mail)
    lead_id = await capture.thread_of(work.connection, tenant, [message_id, *answered])
    if lead_id is None and answered and await capture.is_in_line(work.connection, tenant, answered):
        raise Conflict
    known = lead_id is not None and await _noted(work, resource, lead_id, told)
    if not known:
        lead = lead_of_mail(mail, origin, spell(waiting.received_at), waiting.id)
        draft, told_to = Draft(lead, origin=(_ORIGIN, message_id)), with_mail(lead)
        lead_id, known = await placed(work, resource, draft, told_to)
    assert lead_id is not None
    await capture.note_thread(work.connection, tenant, message_id, lead_id)
    return lead_id, known


async def _noted(work: Work, resource: Resource, lead_id: str, told: tuple[Waiting, Document]) -> bool:
    """Add a mail to its lead, or to what that was merged into; False when that is gone."""
    waiting, mail = told
    note = note_of(mail, spell(waiting.received_at), waiting.id)
    try:
        await patch(work, resource, Place(lead_id), lambda before: with_note(before, note))
    except NotFound:
        return False
    except Moved as moved:
        return await _noted(work, resource, moved.to, told)
    return True
