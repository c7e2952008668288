"""References between documents: where they can be, which of them mean a record, and how they move to another."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from spanco.kernel.patch.comparison import same
from spanco.kernel.schema import Shape
from spanco.kernel.wire import Document, Json

_DEEPEST = 5

Path = tuple[tuple[str, bool], ...]
"""From the document inwards: names of attributes, each with whether it is a list."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference may mean: a kind of resource, by all the names that references call it."""

    kind: str
    name: str
    type_name: str


@dataclass(frozen=True, slots=True)
class Heir:
    """Where a reference moves to; `name` is what the record is called, if it is called anything."""

    id: str
    name: str | None = None


def means(value: Document, attribute: str, target: Target) -> bool:
    """Whether an object that stands in an attribute refers to a record of this kind: it says so, or the attribute."""
    return (
        value.get("kind") == target.kind
        or value.get("@referredType") in {target.name, target.type_name}
        or attribute == target.name
    )


def places(shape: Shape, target: Target) -> list[Path]:
    """Where documents of this shape can refer to the target; and a first-level attribute of its name in any case."""
    named: list[Path] = [((target.name, False),), ((target.name, True),)]
    return list(dict.fromkeys([*named, *_places(shape, target, ())]))


def part(path: Path, id_: str) -> Document:
    """The smallest document with a reference to this id at this place; others contain it (`@>` of PostgreSQL)."""
    value: Json = {"id": id_}
    for name, is_list in reversed(path):
        value = {name: [value] if is_list else value}
    assert isinstance(value, dict)
    return value


def moved(document: Document, target: Target, heirs: Mapping[str, Heir]) -> Document:
    """The document with every reference to one of these ids moved to its heir; in a list, once."""
    return {name: _moved(value, name, target, heirs) for name, value in document.items()}


def without(document: Document, target: Target, ids: Collection[str]) -> Document:
    """The document without references to these ids, as attributes or in lists."""
    kept: Document = {}
    for name, value in document.items():
        if isinstance(value, list):
            kept[name] = [each for each in value if not _is_one(each, name, target, ids)]
        elif not _is_one(value, name, target, ids):
            kept[name] = value
    return kept


def mentioned(document: Json) -> Iterator[str]:
    """Every id that occurs anywhere in a document."""
    waiting: list[Json] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            id_ = value.get("id")
            if isinstance(id_, str):
                yield id_
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _places(shape: Shape, target: Target, above: Path) -> Iterator[Path]:
    if len(above) >= _DEEPEST:
        return
    for name, attribute in shape.attributes.items():
        of = attribute.element or attribute
        path = (*above, (name, attribute.element is not None))
        if "id" in of.attributes and (name == target.name or of.attributes.keys() & {"kind", "@referredType"}):
            yield path
        yield from _places(of, target, path)


def _moved(value: Json, attribute: str, target: Target, heirs: Mapping[str, Heir]) -> Json:
    if isinstance(value, list):
        return _once([(each, _moved(each, attribute, target, heirs)) for each in value])
    if not isinstance(value, dict):
        return value
    if _is_one(value, attribute, target, heirs):
        value = _led(value, heirs[str(value["id"])])
    return {name: _moved(each, name, target, heirs) for name, each in value.items()}


def _led(reference: Document, to: Heir) -> Document:
    """A reference that leads to another record, with its address and its name."""
    former = reference["id"]
    led = {**reference, "id": to.id}
    href = reference.get("href")
    if isinstance(href, str) and href.endswith(f"/{former}"):
        led["href"] = f"{href.removesuffix(str(former))}{to.id}"
    if "name" in reference and to.name is not None:
        led["name"] = to.name
    return led


def _once(pairs: list[tuple[Json, Json]]) -> Json:
    """What was moved stands once in a list; what was not stays as it is, even twice."""
    kept: list[Json] = []
    rest = [after for before, after in pairs if same(before, after)]
    for before, after in pairs:
        if same(before, after) or not any(_repeats(after, each) for each in (*kept, *rest)):
            kept.append(after)
    return kept


def _repeats(one: Json, other: Json) -> bool:
    """Whether two references lead to the same record in the same role."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return False
    return all(one.get(name) == other.get(name) for name in ("id", "role"))


def _is_one(value: Json, attribute: str, target: Target, ids: Collection[str]) -> bool:
    return isinstance(value, dict) and value.get("id") in ids and means(value, attribute, target)
