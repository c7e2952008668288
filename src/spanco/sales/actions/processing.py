"""Processes what was accepted: each submission becomes a lead or joins one, is refused with a reason, or is held."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from spanco import telemetry
from spanco.kernel.errors import NotFound, Problem, TooCostly
from spanco.kernel.moments import spell
from spanco.kernel.openapi import Resource
from spanco.kernel.wire import Document, decode_document
from spanco.operations import Draft, Place, get
from spanco.sales.actions.capture import CAPTURE, house
from spanco.sales.actions.correspondence import threaded
from spanco.sales.actions.placing import placed
from spanco.sales.actions.registers import entries
from spanco.sales.rules.answers import Fault, answered
from spanco.sales.rules.captured import Capture, from_key, lead_of, linked
from spanco.sales.rules.forms import Origin, read_form, read_origin
from spanco.sales.rules.submissions import CREATED, FORM, HELD, KEY, LINKED, REFUSED, pause
from spanco.sales.rules.words import words
from spanco.store import capture
from spanco.store.capture import Settled, Waiting
from spanco.store.database import meaning
from spanco.store.errors import Conflict, DatabaseAway
from spanco.work import Cause, Means, Work

AT_ONCE = 50
"""So many submissions are processed in one transaction."""

_ORIGIN, _SOURCES = "capture", "leadSource"
_LONGEST_REASON = 500
_MAY_PASS = (Conflict, TooCostly)
_log = structlog.get_logger("spanco.capture")


@dataclass(frozen=True, slots=True, eq=False)
class Kinds:
    """The resources that submissions are about."""

    lead: Resource
    form: Resource
    key: Resource


class Refusal(Exception):
    """A submission cannot become a lead; the message says why."""


async def process_some(means: Means, kinds: Kinds) -> int:
    """Process the next few submissions that are due; how many there were."""
    async with means.work(house(""), CAPTURE) as given, given.atomic():
        work = given.for_the_house(CAPTURE)  # no role of a policy can be counted on
        claimed = await capture.claim(work.connection, work.moment, AT_ONCE)
        states = []
        for each in claimed:
            work.actor = replace(work.actor, tenant=each.tenant)
            work.cause = Cause(CAPTURE.kind, {"submission": each.id})
            settled = await _settled(work, kinds, each)
            await capture.settle(work.connection, each, settled, work.moment)
            states.append(settled.state)
    for state in states:
        telemetry.record_outcome(state)
    return len(claimed)


async def _settled(work: Work, kinds: Kinds, waiting: Waiting) -> Settled:
    """What becomes of one; whatever goes wrong with it harms no other."""
    try:
        async with work.atomic():
            return await _become(work, kinds, waiting)
    except Refusal as refusal:
        return Settled(REFUSED, str(refusal)[:_LONGEST_REASON])
    except Exception as error:
        meant = error if isinstance(error, Problem) else meaning(error)
        if isinstance(meant, DatabaseAway):
            raise
        if isinstance(meant, Problem) and not isinstance(meant, _MAY_PASS):
            return Settled(REFUSED, str(meant)[:_LONGEST_REASON])
        if meant is None:
            _log.exception("a submission could not be processed", attempt=waiting.attempts + 1)
        return _held(work, waiting, type(meant or error))


def _held(work: Work, waiting: Waiting, kind: type[BaseException]) -> Settled:
    wait = pause(waiting.attempts + 1)
    because = (
        (kind.__doc__ or "").strip() if issubclass(kind, Problem) else "A defect on this side; the log tells more."
    )
    return Settled(HELD, because, due_at=work.moment + wait if wait else None)


async def _become(work: Work, kinds: Kinds, waiting: Waiting) -> Settled:
    content = waiting.content
    if content is None:
        raise Refusal("What was posted is forgotten.")
    if waiting.origin == FORM:
        lead = await _from_form(work, kinds.form, waiting, content)
        return await _lead(work, kinds.lead, waiting, lead)
    if waiting.origin == KEY:
        lead = await _from_key(work, kinds.key, waiting, content)
        return await _lead(work, kinds.lead, waiting, lead)
    mail = _part(content, "mail")
    origin = await _registered(work, Origin(source=str(mail.get("source", ""))))
    lead_id, known = await threaded(work, kinds.lead, (waiting, mail), origin)
    return Settled(LINKED if known else CREATED, lead_id=lead_id)


async def _from_form(work: Work, resource: Resource, waiting: Waiting, content: Document) -> Document:
    try:
        stored = await get(work, resource, Place(waiting.door))
    except NotFound as error:
        raise Refusal("The form is gone.") from error
    form = read_form(stored.id, stored.version, decode_document(stored.body))
    form = replace(form, origin=await _registered(work, form.origin))
    if form.hours and waiting.confirmed_at is None:
        raise Refusal("Its sender has not confirmed it.")
    answers = answered(form, {name: str(value) for name, value in _part(content, "answers").items()})
    if isinstance(answers, tuple):
        raise Refusal(_reasons(answers))
    return lead_of(form, answers, _capture(waiting, content))


async def _from_key(work: Work, resource: Resource, waiting: Waiting, content: Document) -> Document:
    try:
        stored = await get(work, resource, Place(waiting.door))
    except NotFound as error:
        raise Refusal("The capture key is gone.") from error
    origin = await _registered(work, read_origin(decode_document(stored.body)))
    return from_key(_part(content, "lead"), origin, _capture(waiting, content))


async def _registered(work: Work, origin: Origin) -> Origin:
    """With the code of the register that the source is where anybody may choose it today: no lead is lost over it."""
    free = {entry.code for entry in await entries(work, _SOURCES) if entry.privilege is None}
    return replace(origin, code=origin.source if origin.source in free else "")


async def _lead(work: Work, resource: Resource, waiting: Waiting, lead: Document) -> Settled:
    draft = Draft(lead, origin=(_ORIGIN, waiting.id))
    told = _capture(waiting, waiting.content or {})
    lead_id, known = await placed(work, resource, draft, lambda there: linked(there, lead, told))
    return Settled(LINKED if known else CREATED, lead_id=lead_id)


def _capture(waiting: Waiting, content: Document) -> Capture:
    return Capture(
        waiting.id,
        spell(waiting.received_at),
        waiting.language or "",
        waiting.address or "",
        _part(content, "tracked"),
    )


def _reasons(faults: Sequence[Fault]) -> str:
    """What is wrong, by the names of the fields: what was written there is not repeated."""
    said = words(["en"])
    return " ".join(f"'{fault.name}': {said[fault.because]}" for fault in faults)


def _part(document: Document, name: str) -> Document:
    value = document.get(name)
    return value if isinstance(value, dict) else {}
