"""A mapping proposed from a table alone: by what columns are called, in several languages, and by what is in them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from spanco.sales.rules.mapping import LINE
from spanco.sales.rules.samples import Look, Sampled, look, plain
from spanco.sales.rules.states import ACCEPTED, ACKNOWLEDGED
from spanco.sales.rules.synonyms import COLUMNS, KEY, OF_THE_RECORD, STAGES, YES

_EXACT, _ENDS, _HOLDS, _LOOKS = 3.0, 2.0, 1.0, 0.5
_KINDS: Mapping[str, frozenset[str]] = {
    "email": frozenset({"email"}),
    "phone": frozenset({"phone", "number"}),
    "value": frozenset({"number"}),
    "created": frozenset({"date"}),
    "changed": frozenset({"date"}),
    "postcode": frozenset({"text", "number", "phone"}),
    "state": frozenset({"text", "boolean"}),
}
_OTHERS = frozenset({"text", "number"})
_CURRENCIES = frozenset({"eur", "usd", "gbp", "chf", "czk", "pln", "huf", "sek", "nok", "dkk", "jpy", "cny", "inr"})
_REFERENCES = {
    "channel": "Channel",
    "segment": "MarketSegment",
    "campaign": "MarketingCampaign",
    "category": "Category",
}
_PATHS = {"segment": "marketSegment", "campaign": "marketingCampaign"}
_PLACES = {
    "street": "street1",
    "postcode": "postCode",
    "city": "city",
    "region": "stateOrProvince",
    "country": "country",
}
_LEAD = "salesLead"


@dataclass(frozen=True, slots=True)
class Reasoned:
    """What a column is proposed to become (nothing: it stays outside), and why."""

    column: str
    target: str
    because: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping as data, and the reasons, column by column."""

    mapping: dict[str, Any]
    reasons: tuple[Reasoned, ...]


@dataclass(slots=True)
class _Draft:
    """A proposal while it grows."""

    resource: str
    looks: Mapping[str, Look]
    roles: dict[str, str]
    why: dict[str, str]
    attributes: dict[str, Any] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)

    def put(self, path: str, column: str, rule: object = None) -> None:
        """An attribute from a column."""
        self.attributes[path] = column if rule is None else rule
        self.targets.setdefault(column, path)

    def named(self, path: str, column: str, kind: str) -> None:
        """A reference by name: its id is made of the name."""
        self.attributes[f"{path}.id"] = {"column": column, "slug": True} if self.looks[column].sluggable else column
        self.put(f"{path}.name", column)
        self.attributes[f"{path}.@referredType"] = {"constant": kind}


def propose(resource: str, source: str, columns: Sequence[Sampled]) -> Proposal:
    """What the columns are taken for. Every column is read, or kept as a characteristic under its own name."""
    looks = {column.name: look(column) for column in columns}
    roles, why = _assigned(looks)
    draft = _Draft(resource, looks, roles, why)
    key = _key(looks)
    _put_names(draft, key)
    _put_parties(draft)
    _put_facts(draft)
    _put_contacts(draft)
    told: dict[str, Any] = {"source": source, "resource": resource, "key": key or [LINE]}
    absent = sorted(frozenset[str]().union(*(each.nothing for each in looks.values())))
    if absent:
        told["absent"] = absent
    state = _state(draft)
    _put_traits(draft, key)
    told |= {"rest": "characteristic", "attributes": draft.attributes}
    if state:
        told["state"] = state
    return Proposal(told, tuple(_reasons(draft, key)))


def _assigned(looks: Mapping[str, Look]) -> tuple[dict[str, str], dict[str, str]]:
    """Each role has at most one column, the one that fits best; and why."""
    found = [
        (-score, place, role, name, because)
        for place, (name, seen) in enumerate(looks.items())
        for role, words in COLUMNS.items()
        for score, because in _scores(name, seen, role, words)
    ]
    roles: dict[str, str] = {}
    why: dict[str, str] = {}
    for _, _, role, name, because in sorted(found):
        if role not in roles and name not in why:
            roles[role], why[name] = name, because
    return roles, why


def _scores(name: str, seen: Look, role: str, words: Sequence[str]) -> Iterator[tuple[float, str]]:
    if seen.kind not in _KINDS.get(role, _OTHERS) or (role == "state" and not _stages(seen)):
        return
    for place, word in enumerate(words):
        score = _score(plain(name), word)
        if score:
            yield score - place / 1000, f"The name says {word}."
    if role == seen.kind:
        yield _LOOKS, f"The cells look like {role}."


def _score(name: str, word: str) -> float:
    """How well a name fits a word; what it says of the record itself counts for nothing."""
    rest = " ".join(each for each in name.split() if each not in OF_THE_RECORD)
    if word in {name, rest}:
        return _EXACT
    if name.endswith(f" {word}"):
        return _ENDS
    return _HOLDS if f" {word} " in f" {name} " else 0.0


def _key(looks: Mapping[str, Look]) -> list[str]:
    """The column that names rows: called like it, and filled and different on every row that was seen."""
    fitting = [
        (-score + place / 1000, name)
        for name, seen in looks.items()
        for place, word in enumerate(KEY)
        if seen.unique and (score := _score(plain(name), word))
    ]
    fitting += [(0.0, name) for name, seen in looks.items() if seen.unique and seen.kind == "email"]
    return [min(fitting)[1]] if fitting else []


def _put_names(draft: _Draft, key: Sequence[str]) -> None:
    """The record's own name: a column, else what its parties, its product and its number make."""
    roles = draft.roles
    if "name" in roles:
        draft.put("name", roles["name"])
        return
    who = [f"{{{roles[role]}}}" for role in ("customer", "contact") if role in roles]
    if {"first", "last"} <= roles.keys():
        who.append(f"{{{roles['first']}}} {{{roles['last']}}}")
    what = [f"{{{roles['product']}}}"] if "product" in roles else []
    templates = [f"{thing} for {one}" for thing in what for one in who[:1]] + who + what
    numbered = [each for each, seen in draft.looks.items() if seen.unique and any(_score(plain(each), w) for w in KEY)]
    number = next((each for each in numbered if each not in key), key[0] if key else "")
    if number and "{" not in number and "}" not in number:
        record = "Lead" if draft.resource == _LEAD else "Opportunity"
        templates.append(f"{record} {{{number}}}")
        draft.targets.setdefault(number, "name")
    if templates:
        draft.attributes["name"] = {"template": templates}


def _put_parties(draft: _Draft) -> None:
    roles = draft.roles
    if "agent" in roles:
        draft.named("relatedParty[role=salesAgent]", roles["agent"], "Individual")
    if "customer" in roles:
        role = "prospect" if draft.resource == _LEAD else "customer"
        draft.named(f"relatedParty[role={role}]", roles["customer"], "Organization")
    person = "relatedParty[role=contact]"
    if "contact" in roles:
        draft.named(person, roles["contact"], "Individual")
    parts = [roles[role] for role in ("first", "last") if role in roles and "contact" not in roles]
    if parts and not any("{" in part or "}" in part for part in parts):
        template = {"template": [" ".join(f"{{{part}}}" for part in parts), *(f"{{{part}}}" for part in parts[::-1])]}
        sluggable = all(draft.looks[part].sluggable for part in parts)
        draft.attributes[f"{person}.id"] = {**template, "slug": True} if sluggable else template
        draft.attributes[f"{person}.name"] = template
        draft.attributes[f"{person}.@referredType"] = {"constant": "Individual"}
        draft.targets |= dict.fromkeys(parts, f"{person}.name")


def _put_facts(draft: _Draft) -> None:
    roles = draft.roles
    for role in ("description", "rating"):
        if role in roles:
            draft.put(role, roles[role])
    if "type" in roles:
        draft.put("type" if draft.resource == _LEAD else "salesOpportunityType", roles["type"])
    for role, kind in _REFERENCES.items():
        if role in roles:
            draft.named(_PATHS.get(role, role), roles[role], kind)
    if "product" in roles and draft.resource == _LEAD:
        draft.named("productOffering", roles["product"], "ProductOffering")
    elif "product" in roles:
        draft.attributes["salesOpportunityItem[0].action"] = {"constant": "add"}
        draft.named("salesOpportunityItem[0].product", roles["product"], "Product")
    if "value" in roles:
        column = roles["value"]
        draft.put("estimatedRevenue.value", column, {"column": column, "number": draft.looks[column].number_form})
        unit = next((word.upper() for word in plain(column).split() if word in _CURRENCIES), "")
        if "currency" in roles:
            draft.put("estimatedRevenue.unit", roles["currency"])
        elif unit:
            draft.attributes["estimatedRevenue.unit"] = {"constant": unit}
    if "note" in roles:
        draft.put("note[0].text", roles["note"])


def _put_contacts(draft: _Draft) -> None:
    for role, attribute in (("email", "emailAddress"), ("phone", "phoneNumber")):
        if role in draft.roles:
            draft.put(f"prospectContact[mediumType={role}].characteristic.{attribute}", draft.roles[role])
    for role, attribute in _PLACES.items():
        if role in draft.roles:
            draft.put(f"prospectContact[mediumType=postalAddress].characteristic.{attribute}", draft.roles[role])


def _stages(seen: Look) -> dict[str, str]:
    """The states that the words of a column mean, as far as they are known."""
    if seen.kind == "boolean":
        return {word: ACCEPTED if plain(word) in YES else ACKNOWLEDGED for word in seen.words}
    found: dict[str, str] = {}
    for word in seen.words:
        bare = plain(word)
        for state, meant in STAGES.items():
            if bare in meant:
                found.setdefault(word, state)
    return found


def _state(draft: _Draft) -> dict[str, Any]:
    roles, told = draft.roles, dict[str, Any]()
    if "state" in roles:
        column = roles["state"]
        told |= {"column": column, "values": _stages(draft.looks[column])}
        draft.targets[column] = "status"
    elif "created" not in roles:
        return {}
    else:
        told["constant"] = ACKNOWLEDGED
    dates = [roles[role] for role in ("changed", "created") if role in roles]
    if "created" in roles:
        told["created"] = roles["created"]
        draft.targets[roles["created"]] = "creationDate"
    if "state" in roles and dates:
        told["changed"] = dates
        draft.targets.setdefault(dates[0], "statusChangeDate")
    if dates:
        told["date"] = list(dict.fromkeys(draft.looks[each].date for each in dates))
    return told


def _put_traits(draft: _Draft, key: Sequence[str]) -> None:
    """Numbers, and what is yes or no, as traits with their own type; all other columns are kept as they stand."""
    for name, seen in draft.looks.items():
        if name in draft.targets or name in key or '"' in name or seen.kind not in {"number", "boolean"}:
            continue
        path = f'characteristic[name="{name}"].value'
        if seen.kind == "number":
            draft.put(path, name, {"column": name, "number": seen.number_form})
        else:
            draft.put(path, name, {"column": name, "values": {word: plain(word) in YES for word in seen.words}})
        draft.why.setdefault(name, f"No attribute is called so; the cells look like {seen.kind}.")


def _reasons(draft: _Draft, key: Sequence[str]) -> Iterator[Reasoned]:
    for name, seen in draft.looks.items():
        if name in key:
            yield Reasoned(name, "key", "It is filled and different on every row that was seen.")
        elif name in draft.targets:
            yield Reasoned(name, draft.targets[name], draft.why.get(name, "It tells the records apart."))
        elif seen.kind == "empty":
            yield Reasoned(name, "", "No cell that was seen is filled.")
        else:
            yield Reasoned(name, "characteristic", "No attribute is called so; it is kept under its own name.")
