"""What contacts, prospects and accounts gather: how members name them, and what must not be."""

from collections.abc import Sequence

from spanco.kernel.errors import BadBody, Problem
from spanco.kernel.wire import Document, Json

ACCOUNT, PROSPECT, CONTACT = "spanco.salesAccount", "spanco.prospect", "spanco.salesContact"
MEMBERS = ("sales.salesLead", "sales.salesOpportunity")
CLASSES = {"SalesAccount": ACCOUNT, "Prospect": PROSPECT, "SalesContact": CONTACT}
"""The class by which a related party is known to be one of ours, and its kind."""

DEEPEST = 50
_SINGLE = ("SalesAccount", "Prospect")
_OURS = "/spanco/v1/"
_HREF = "href"


class AccountCycle(Problem):
    """An account would be a subsidiary of itself; choose another account above it."""


class StillGathering(Problem):
    """Others still refer to it; move them to another one first."""


Key = tuple[str, str]


def gatherers(document: Document) -> frozenset[Key]:
    """Kinds and ids of ours that a lead or an opportunity names as related parties; `BadBody` when it names two.

    A reference whose address leads elsewhere is somebody else's, whatever its class is called.
    """
    found = [
        (str(class_), str(id_)) for class_, id_ in map(_named, _list(document.get("relatedParty"))) if class_ in CLASSES
    ]
    for class_ in _SINGLE:
        if len({id_ for named, id_ in found if named == class_}) > 1:
            raise BadBody("relatedParty", f"at most one related party may be a {class_}; its totals count it once.")
    return frozenset((CLASSES[class_], id_) for class_, id_ in found)


def mentioned(document: Document) -> frozenset[Key]:
    """Kinds and ids of ours that a prospect or an account refers to."""
    above = _of(document.get("subsidiaryOf"), ACCOUNT) + _of(document.get("salesAccount"), ACCOUNT)
    people = [
        key
        for each in _list(document.get("contact"))
        if isinstance(each, dict)
        for key in _of(each.get("salesContact"), CONTACT)
    ]
    return frozenset([*above, *people])


def check_line(id_: str, name: str, line: Sequence[tuple[str, str]]) -> None:
    """Refuse an account below itself, and more levels than anybody can overlook; `line` goes up from the one above."""
    ids = [each for each, _ in line]
    if id_ in ids:
        chain = [(id_, name), *line[: ids.index(id_) + 1]]
        told = " is below ".join(f"'{called}' ({each})" for each, called in chain)
        raise AccountCycle(f"An account cannot be a subsidiary of itself: {told}. Choose another account above it.")
    if len(line) >= DEEPEST:
        raise BadBody("subsidiaryOf", f"accounts may stand at most {DEEPEST} levels deep.")


def not_there(kind: str, id_: str) -> BadBody:
    """The refusal of a reference that leads nowhere."""
    name = kind.rpartition(".")[2]
    return BadBody("", f"There is no {name} '{id_[:200]}' to refer to; create it first, or leave the reference out.")


def traces(kind: str, id_: str) -> tuple[Document, Document, Document]:
    """The parts of documents that refer to one of ours."""
    class_ = next(name for name, each in CLASSES.items() if each == kind)
    member: Document = {"relatedParty": [{"id": id_, "@referredType": class_}]}
    if kind == CONTACT:
        return member, {"contact": [{"salesContact": {"id": id_}}]}, member
    if kind == ACCOUNT:
        return member, {"subsidiaryOf": {"id": id_}}, {"salesAccount": {"id": id_}}
    return member, member, member


def still_gathering(kind: str, found: Sequence[tuple[str, int]]) -> StillGathering:
    """The refusal to remove what others refer to."""
    name = kind.rpartition(".")[2]
    told = ", ".join(f"{count} {of.rpartition('.')[2]}" for of, count in found)
    return StillGathering(f"Others still refer to this {name}: {told}. Move them to another one first.")


def _named(party: Json) -> tuple[object, object]:
    if not isinstance(party, dict):
        return None, None
    href = party.get(_HREF)
    foreign = isinstance(href, str) and href != "" and _OURS not in href
    return (None if foreign else party.get("@referredType")), party.get("id")


def _of(reference: Json, kind: str) -> list[Key]:
    id_ = reference.get("id") if isinstance(reference, dict) else None
    return [(kind, id_)] if isinstance(id_, str) else []


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
