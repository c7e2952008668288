"""The contacts of a tSM lead and the contact mediums of a TMF699 lead: one made of the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spanco.kernel.faces import Listed
from spanco.kernel.patch.comparison import same
from spanco.kernel.wire import Document, Json

MEDIUMS = "prospectContact"
EXTRA = "tsm"
_PARTICULARS = "characteristic"
_USE = "contactType"
_OWN = ("value", "type", "preferred")
_WORDS = frozenset({"contactType", "@type", "@baseType", "@schemaLocation"})


@dataclass(frozen=True, slots=True)
class Slot:
    """Which mediums a list of tSM is made of: those that have this attribute among their particulars."""

    medium: str
    attribute: str

    @property
    def listed(self) -> Listed:
        """Where the attributes of a contact stand in a medium."""
        value = (_PARTICULARS, self.attribute)
        members = {"value": value, "type": (_PARTICULARS, _USE), "preferred": ("preferred",)}
        return Listed((MEDIUMS,), value, members, (EXTRA,))


SLOTS: Mapping[str, Slot] = {
    "contactInstants": Slot("socialNetwork", "socialNetworkId"),
    "phones": Slot("phone", "phoneNumber"),
    "emails": Slot("email", "emailAddress"),
    "websites": Slot("website", "url"),
}


def contacts(lead: Document, slot: Slot) -> list[Json]:
    """The contacts of one list, in the order of their mediums."""
    return [_contact(medium, slot) for medium in _mediums(lead) if _has(medium, slot)]


def rewritten(lead: Document, slot: Slot, wanted: Sequence[Json]) -> list[Json]:
    """The mediums of the lead when one list of contacts is as wanted and everything else is as it was.

    A contact that is as before keeps its medium, one with the same value keeps what else its medium says.
    """
    mediums = _divided(_mediums(lead), slot)
    free = [medium for medium in mediums if _has(medium, slot)]
    chosen = _objects(wanted)
    kept: dict[int, Document] = {}
    for alike in (_is, _has_value):  # those that are as before first, lest another takes their medium
        for index, contact in enumerate(chosen):
            found = next((each for each in free if index not in kept and alike(each, slot, contact)), None)
            if found is not None:
                kept[index] = found
                free = [each for each in free if each is not found]
    made = [_medium(contact, slot, kept.get(index, {})) for index, contact in enumerate(chosen)]
    places = [index for index, medium in enumerate(mediums) if _has(medium, slot)]
    result: list[Json] = []
    for index, medium in enumerate(mediums):
        if index not in places:
            result.append(medium)
        elif made:
            result.append(made.pop(0))
        if places and index == places[-1]:
            result.extend(made)
            made = []
    return [*result, *made]


def _divided(mediums: Sequence[Document], slot: Slot) -> list[Document]:
    """The mediums, where those that say more than this one contact are made two."""
    divided: list[Document] = []
    for medium in mediums:
        particulars = _particulars(medium)
        others = {name: value for name, value in particulars.items() if name != slot.attribute}
        if slot.attribute not in particulars or not others.keys() - _WORDS:
            divided.append(medium)
            continue
        alone = {name: value for name, value in particulars.items() if name in {slot.attribute, *_WORDS}}
        divided.append({**medium, _PARTICULARS: others})
        divided.append({**medium, "mediumType": slot.medium, _PARTICULARS: alone})
    return divided


def _medium(contact: Document, slot: Slot, before: Document) -> Document:
    """The medium of a contact, with what else was known of it before."""
    if before and _is(before, slot, contact):
        return before
    medium: Document = {"mediumType": slot.medium, **before}
    particulars = dict(_particulars(before))
    particulars[slot.attribute] = contact["value"]
    _put(particulars, _USE, contact, "type")
    _put(medium, "preferred", contact, "preferred")
    medium[_PARTICULARS] = particulars
    extra = {name: value for name, value in contact.items() if name not in _OWN}
    _put(medium, EXTRA, {EXTRA: extra} if extra else {}, EXTRA)
    return medium


def _put(target: Document, name: str, source: Document, of: str) -> None:
    if of in source:
        target[name] = source[of]
    else:
        target.pop(name, None)


def _contact(medium: Document, slot: Slot) -> Document:
    particulars, extra = _particulars(medium), medium.get(EXTRA)
    contact: Document = {"value": particulars[slot.attribute]}
    _put(contact, "type", particulars, _USE)
    _put(contact, "preferred", medium, "preferred")
    return contact | (extra if isinstance(extra, dict) else {})


def _is(medium: Document, slot: Slot, contact: Document) -> bool:
    return same(_contact(medium, slot), contact)


def _has_value(medium: Document, slot: Slot, contact: Document) -> bool:
    return same(_particulars(medium)[slot.attribute], contact["value"])


def _has(medium: Document, slot: Slot) -> bool:
    return slot.attribute in _particulars(medium)


def _particulars(medium: Document) -> Document:
    particulars = medium.get(_PARTICULARS)
    return particulars if isinstance(particulars, dict) else {}


def _mediums(lead: Document) -> list[Document]:
    return _objects(lead.get(MEDIUMS))


def _objects(value: Json | Sequence[Json]) -> list[Document]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def fault(lead: Document) -> tuple[str, str] | None:
    """What is wrong with what a medium says beyond the standard: where, and a sentence."""
    for index, medium in enumerate(_mediums(lead)):
        where, extra = f"{MEDIUMS}[{index}]", medium.get(EXTRA, {})
        if not isinstance(extra, dict):
            return f"{where}.{EXTRA}", "an object with what tSM says of this contact is needed."
        if taken := extra.keys() & set(_OWN):
            return f"{where}.{EXTRA}.{min(taken)}", "this stands in the medium itself; leave it out here."
        if not isinstance(_particulars(medium).get("url", ""), str):
            return f"{where}.{_PARTICULARS}.url", "a text is needed."
    return None
