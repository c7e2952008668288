"""Registers: which entry may be chosen on a day, which attributes they guard, and what a refusal says."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from spanco.kernel.errors import BadBody
from spanco.kernel.identity import nested_id
from spanco.kernel.labels import Labelled, labelled, rewound
from spanco.kernel.openapi import Resource
from spanco.kernel.wire import Document, Json

MOST_NAMED = 50
"""How many valid codes a refusal names."""

Guards = Mapping[tuple[str, str], tuple[str, ...]]
"""The names of the registers that guard an attribute, by the resource and the attribute."""

LABEL = Labelled("label", "name", "localizationData", "former", ("name", "description", "localizationData"))
"""Where an entry has its label and its former ones: what `x-spanco-label` says of it."""

STANDARD = frozenset(
    {"id", "href", "name", "description", "creationDate", "referredDate", "type", "rating", "priority", "status"}
    | {"statusChangeDate", "statusChangeReason", "validFor", "estimatedRevenue", "revenueEstimate", "category"}
    | {"channel", "marketSegment", "marketingCampaign", "product", "productOffering", "productSpecification"}
    | {"prospectContact", "relatedParty", "salesOpportunity", "salesLead", "note", "@type", "@baseType"}
    | {"@schemaLocation", "agreement", "quote", "salesOpportunityItem", "salesOpportunityType", "salesProject"}
)
"""The standard's own words of a lead or an opportunity: they stay open, whatever a register says."""

OURS = frozenset({"consent", "touch", "tsm", "understood"})
"""Attributes of ours that hold more than a code: a register that guarded them would refuse every lead that has them."""
_UNKEPT = "processingData"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a register: its code, its name, the days on which it is valid (both count; None: open), and all."""

    id: str
    code: str
    name: str
    valid_from: str | None
    valid_to: str | None
    document: Document

    def is_valid(self, day: str) -> bool:
        """Whether it can be chosen on a day such as `2026-11-21`."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    @property
    def privilege(self) -> str | None:
        """The role that whoever chooses it must have; None: nobody needs one."""
        found = self.document.get("createPrivilege")
        return found if isinstance(found, str) and found else None

    @property
    def version(self) -> int:
        """The number of its label: one more at each change of name, description or translations."""
        number = self.document.get("labelVersion")
        return number if isinstance(number, int) else 1


def entry_of(id_: str, document: Document) -> Entry:
    """A stored entry as a value."""

    def day(name: str) -> str | None:
        found = document.get(name)
        return found if isinstance(found, str) else None

    code = str(document.get("code"))
    return Entry(id_, code, str(document.get("name", code)), day("validityFrom"), day("validityTo"), document)


def text_of(entry: Entry, languages: Sequence[str], moment: str, of: str = "name") -> str:
    """The label of an entry in the first of these languages that it has, as it was at a moment (canonically spelled).

    `of` names another text that is translated, such as `description`; empty where there is none.
    """
    told, _ = labelled(rewound(entry.document, LABEL, moment), replace(LABEL, source=of), languages)
    return str(told.get(LABEL.attribute, ""))


def entry_id(register: str, code: str) -> str:
    """The id of an entry, which follows from its register and its code."""
    return nested_id(register, code)


def check_entry(_resource: Resource, document: Document, _before: Document | None) -> Document:
    """An entry whose validity does not end before it begins, without what is never kept; raises `BadBody`."""
    entry = entry_of("", document)
    if entry.valid_from is not None and entry.valid_to is not None and entry.valid_to < entry.valid_from:
        raise BadBody("validityTo", f"it lies before 'validityFrom', which is {entry.valid_from}.")
    return {name: value for name, value in document.items() if name != _UNKEPT}


def check_register(_resource: Resource, document: Document, _before: Document | None) -> Document:
    """A register that guards neither the standard's own words nor what holds no code; raises `BadBody`."""
    for _, attribute in _guarded(document.get("attribute")):
        if attribute in STANDARD:
            raise BadBody("attribute", f"'{attribute}' is a word of the standard, which stays open to any value.")
        if attribute in OURS:
            raise BadBody("attribute", f"'{attribute}' holds more than a code, so no register can guard it.")
    return document


def guards_of(registers: Iterable[tuple[str, Json]]) -> Guards:
    """What registers guard, by their names and what they say of it; where several guard one attribute, any will do."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for name, attributes in registers:
        for guarded in _guarded(attributes):
            found[guarded] = (*found.get(guarded, ()), name)
    return found


def _guarded(attributes: Json) -> list[tuple[str, str]]:
    texts = [each for each in attributes if isinstance(each, str)] if isinstance(attributes, list) else []
    return [(resource, attribute) for resource, dot, attribute in (each.partition(".") for each in texts) if dot]


def suspects(resource: Resource, built_in: Collection[str], document: Document, before: Document | None) -> list[str]:
    """The attributes that a register may guard and that the write sets: what is always guarded, and extensions."""
    known, former = resource.shape.attributes, before or {}
    return [
        name
        for name in document
        if (name in built_in or name not in known) and (before is None or document[name] != former.get(name))
    ]


def codes_in(attribute: str, value: Json) -> list[str]:
    """The codes that an attribute chooses: one, or a list of several. Raises `BadBody`."""
    codes = value if isinstance(value, list) else [value]
    texts = [each for each in codes if isinstance(each, str)]
    if len(texts) < len(codes):
        raise BadBody(attribute, "the code of an entry of a register is needed, as a text.")
    return texts


def newly_chosen(attribute: str, document: Document, before: Document | None) -> list[str]:
    """The codes that a write chooses and that did not stand there before; raises `BadBody`."""
    former = (before or {}).get(attribute)
    there = former if isinstance(former, list) else [former]
    return [code for code in codes_in(attribute, document[attribute]) if code not in there]


def day_of(resource: Resource, document: Document, before: Document | None, today: str) -> str:
    """The day on which a code was chosen: when the resource was created, which for an import is long ago, or today."""
    created = next((name for name, kept in resource.managed.items() if kept == "created"), None)
    moment = document.get(created) if created and before is None else None
    return moment[: len(today)] if isinstance(moment, str) else today


def refusal(choice: tuple[str, str], registers: Sequence[str], entry: Entry | None, valid: Sequence[str]) -> BadBody:
    """Why the code `choice` (attribute, code) cannot be chosen, with the codes that can."""
    attribute, code = choice
    where = " or ".join(f"'{name}'" for name in registers)
    if entry is None:
        reason = f"'{code[:100]}' is no code of the register {where}."
    else:
        days = (("from", entry.valid_from), ("until", entry.valid_to))
        span = " ".join(f"{word} {day}" for word, day in days if day is not None)
        reason = f"'{code[:100]}' of the register {where} cannot be chosen: it is valid {span}."
    named = ", ".join(valid[:MOST_NAMED]) or "none"
    more = f" and more; GET register/{registers[0]}/entry?validAt=now lists them" if len(valid) > MOST_NAMED else ""
    return BadBody(attribute, f"{reason} Valid: {named}{more}.")
