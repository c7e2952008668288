"""A lead as tSM sees it and as TMF699 keeps it: one made of the other, with nothing lost on either side."""

from collections.abc import Callable, Mapping

from spanco.kernel.errors import BadBody
from spanco.kernel.faces import Face, Same, Standing, Worded, begun
from spanco.kernel.moments import canonical
from spanco.kernel.openapi import Resource
from spanco.kernel.patch.comparison import same
from spanco.kernel.query.ast import Compare, Condition, Not, Op, all_of, any_of
from spanco.kernel.wire import Document, Json
from spanco.sales.rules.tsm_contacts import MEDIUMS, SLOTS, contacts, fault, rewritten

KEPT = "tsm"
"""The attribute of a lead that holds what tSM alone knows."""

STATUSES: Mapping[str, tuple[str, ...]] = {
    "NEW": ("acknowledged",),
    "IN_PROGRESS": ("inProgress",),
    "WORKING": ("inProgress",),
    "LATER": ("pending",),
    "NON_WORKING": ("pending",),
    "CONVERTED": ("accepted",),
    "CONVERTED_EXTERNAL": ("accepted",),
    "REJECTED": ("rejected",),
    "UNSUCCESSFUL": ("rejected", "cancelled"),
}
"""The states of TMF699 in which a lead can have a status of tSM."""

DEFAULTS: Mapping[str, str] = {
    "acknowledged": "NEW",
    "inProgress": "IN_PROGRESS",
    "pending": "NON_WORKING",
    "accepted": "CONVERTED",
    "rejected": "REJECTED",
    "cancelled": "UNSUCCESSFUL",
}
"""The status that a lead in a state of TMF699 has when tSM said nothing finer."""

PRIORITIES: Mapping[str, str] = {"HIGH": "high", "MEDIUM": "medium", "LOW": "low"}

_LATER, _AWAKE, _UNTIL = "LATER", "IN_PROGRESS", "laterUntil"

SNOOZED: tuple[Document, tuple[str, str]] = ({"status": "pending", KEPT: {"status": _LATER}}, (KEPT, _UNTIL))
"""What a lead contains that is put off, and where the moment stands until which it is."""

_PLAIN: Mapping[str, str] = {
    "id": "id",
    "href": "href",
    "partyName": "name",
    "description": "description",
    "statusReason": "statusChangeReason",
    "leadType": "leadType",
    "leadRating": "leadRating",
    "leadSource": "leadSource",
}
_STATE, _PRIORITY = "status", "priority"
_UNKEPT = frozenset({"processingData"})
_ELSEWHERE = _PLAIN.keys() | SLOTS.keys() | {_PRIORITY} | _UNKEPT
_BEGINNING = "acknowledged"


def shown(lead: Document) -> Document:
    """The lead as tSM sees it."""
    kept = _kept(lead)
    face: Document = {name: lead[of] for name, of in _PLAIN.items() if of in lead}
    status = _status(lead)
    if status is not None:
        face[_STATE] = status
    for word, of in PRIORITIES.items():
        if lead.get(_PRIORITY) == of:
            face[_PRIORITY] = word
    for name, slot in SLOTS.items():
        found = contacts(lead, slot)
        if found:
            face[name] = found
    return face | {name: value for name, value in kept.items() if name != _STATE}


def understood(face: Document, before: Document | None) -> Document:
    """The lead to keep for what tSM sends; what tSM does not speak of is as it was before.

    The state that belongs to the status is written as it is wanted: whether the lead may move there is the lifecycle's
    to say, and a new lead is to be moved there.
    """
    lead = dict(before or {})
    was = shown(lead)
    for name in dict.fromkeys((*was, *face)):
        if name in face and name in was and same(face[name], was[name]):
            continue
        value = {name: face[name]} if name in face else {}
        if name in _PLAIN:
            _put(lead, _PLAIN[name], value.get(name), there=name in face)
        elif name in SLOTS:
            entries = value.get(name, [])
            mediums = rewritten(lead, SLOTS[name], entries if isinstance(entries, list) else [])
            _put(lead, MEDIUMS, mediums, there=bool(mediums))
        elif name == _PRIORITY:
            _put(lead, _PRIORITY, PRIORITIES.get(str(value.get(name))), there=name in face)
        elif name == _STATE:
            _move(lead, str(value.get(name)))
        elif name not in _UNKEPT:
            _keep(lead, name, value)
    return lead


def followed(_resource: Resource, lead: Document, before: Document | None) -> Document:
    """The lead as it is kept whoever writes it: what tSM alone knows is well formed and no older than the state.

    A finer status goes when the lead leaves the states that it belongs to. Raises `BadBody`.
    """
    former = before or {}
    if KEPT in lead and not same(lead[KEPT], former.get(KEPT)):
        _check_kept(lead[KEPT])
    if MEDIUMS in lead and not same(lead[MEDIUMS], former.get(MEDIUMS)):
        wrong = fault(lead)
        if wrong:
            raise BadBody(*wrong)
    states = STATUSES.get(str(_kept(lead).get(_STATE)), ())
    if before is not None and before.get(_STATE) in states and lead.get(_STATE) not in states:
        lead = dict(lead)
        _keep(lead, _STATE, {})
    return lead


def woken(lead: Document, now: str) -> Document:
    """The lead as it goes on when it was put off until a moment that has come (canonically spelled); else as it is."""
    until = _kept(lead).get(_UNTIL)
    if _status(lead) != _LATER or not isinstance(until, str) or until > now:
        return lead
    face = {name: value for name, value in shown(lead).items() if name != _UNTIL}
    return understood({**face, _STATE: _AWAKE}, lead)


def read(resource: Resource, document: Json) -> tuple[str | None, Document]:
    """The id that a lead of tSM brings and the lead to import, in the state that belongs to its status.

    `resource` is the lead of the tSM document. Raises `BadBody` that says what is wrong.
    """
    return begun(resource, LEAD, document)


def key_of(lead: Document) -> str | None:
    """The business identifier that tSM gave the lead."""
    key = _kept(lead).get("key")
    return key if isinstance(key, str) and key else None


def _status(lead: Document) -> str | None:
    state, finer = lead.get(_STATE), _kept(lead).get(_STATE)
    if isinstance(finer, str) and state in STATUSES.get(finer, ()):
        return finer
    return DEFAULTS.get(str(state))


def _move(lead: Document, status: str) -> None:
    """Into a state that belongs to the status, the present one if it may; the status beside it when it is finer."""
    states = STATUSES.get(status, ())
    state = lead.get(_STATE, _BEGINNING)
    if state not in states:
        state = states[-1] if state == _BEGINNING else states[0]
    lead[_STATE] = state
    _keep(lead, _STATE, {} if DEFAULTS[str(state)] == status else {_STATE: status})


def _keep(lead: Document, name: str, value: Mapping[str, Json]) -> None:
    kept = dict(_kept(lead))
    _put(kept, name, value.get(name), there=name in value)
    _put(lead, KEPT, kept, there=bool(kept))


def _kept(lead: Document) -> Document:
    kept = lead.get(KEPT)
    return kept if isinstance(kept, dict) else {}


def _put(lead: Document, name: str, value: Json, *, there: bool) -> None:
    if there:
        lead[name] = value
    else:
        lead.pop(name, None)


def _check_kept(kept: Json) -> None:
    if not isinstance(kept, dict):
        raise BadBody(KEPT, "an object with what tSM alone knows of the lead is needed.")
    for name in sorted(kept.keys() & _ELSEWHERE):
        raise BadBody(f"{KEPT}.{name}", "this stands in an attribute of the lead itself; leave it out here.")
    for name, (right, sentence) in _FORMS.items():
        if name in kept and not right(kept[name]):
            raise BadBody(f"{KEPT}.{name}", sentence)


def _is_texts(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_contacts(value: Json) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, dict) and isinstance(each.get("value"), str) for each in value
    )


def _is_status(value: Json) -> bool:
    return isinstance(value, str) and value in STATUSES


def _is_text(value: Json) -> bool:
    return isinstance(value, str)


def _is_object(value: Json) -> bool:
    return isinstance(value, dict)


def _is_moment(value: Json) -> bool:
    return isinstance(value, str) and canonical(value) == value


def _is_reference(value: Json) -> bool:
    return isinstance(value, dict) and isinstance(value.get("id"), str)


_FORMS: Mapping[str, tuple[Callable[[Json], bool], str]] = {
    _STATE: (_is_status, f"one of: {', '.join(STATUSES)}."),
    "key": (_is_text, "a text is needed."),
    "chars": (_is_object, "an object is needed."),
    "dataTags": (_is_texts, "a list of texts is needed."),
    "dataBoxes": (_is_contacts, "a list of objects with a text as 'value' is needed."),
    "laterUntil": (_is_moment, "a date-time such as 2026-03-03T08:15:00.000Z is needed."),
    "externalReference": (_is_reference, "an object with a text as 'id' is needed."),
}


def _when(status: str) -> Condition:
    """The leads that have a status."""
    choices: list[Condition] = []
    for state in STATUSES[status]:
        finer = [other for other, states in STATUSES.items() if state in states]
        if DEFAULTS[state] == status:
            other = any_of([Compare((KEPT, _STATE), Op.EQ, each) for each in finer if each != status])
            kept: Condition = Not(other)
        else:
            kept = Compare((KEPT, _STATE), Op.EQ, status)
        choices.append(all_of([Compare((_STATE,), Op.EQ, state), kept]))
    return any_of(choices)


_STANDINGS: Mapping[str, Standing] = {
    **{name: Same((of,)) for name, of in _PLAIN.items()},
    **{name: slot.listed for name, slot in SLOTS.items()},
    _STATE: Worded({status: _when(status) for status in STATUSES}),
    _PRIORITY: Worded({word: Compare((_PRIORITY,), Op.EQ, of) for word, of in PRIORITIES.items()}, order=(_PRIORITY,)),
}

LEAD = Face(shown, understood, _STANDINGS, (KEPT,), _UNKEPT)
"""The lead of tSM over the lead of TMF699."""
