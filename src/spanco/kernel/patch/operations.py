"""The list of operations that both JSON Patch media types carry: read, and bounded in what it may cost."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from spanco.kernel.errors import BadBody, BadPatch
from spanco.kernel.patch.pointer import Unreachable, shown
from spanco.kernel.wire import MAX_DEPTH, Document, Json

MAX_OPERATIONS = 500
MAX_GROWTH = 1_000_000
MAX_LOOKS = 200_000

_WANTS_VALUE = frozenset({"add", "replace", "test"})
_WANTS_SOURCE = frozenset({"move", "copy"})
_KNOWN = ("add", "remove", "replace", "move", "copy", "test")

Path = TypeVar("Path")


@dataclass(frozen=True, slots=True)
class Operation(Generic[Path]):
    """RFC 6902 section 4; `source` is the member `from`, and `path` itself where the operation has none."""

    number: int
    name: str
    path: Path
    source: Path
    value: Json


class Allowance:
    """What is left of the work and of the growth that one patch may cause."""

    def __init__(self) -> None:
        self._growth = MAX_GROWTH
        self._looks = MAX_LOOKS

    def grow(self, value: Json, times: int = 1) -> None:
        """Pay for putting this value so many times into the document, at about its size in bytes."""
        waiting = [value] if times > 0 else []
        while waiting:
            each = waiting.pop()
            size = 8
            if isinstance(each, str):
                size += len(each)
            elif isinstance(each, list):
                waiting.extend(each)
            elif isinstance(each, dict):
                size += sum(map(len, each))
                waiting.extend(each.values())
            self._growth -= size * times
            if self._growth < 0:
                raise Unreachable(f"the patch would multiply values beyond {MAX_GROWTH} bytes")

    def look(self) -> None:
        """Pay for comparing one value with a criterion."""
        self._looks -= 1
        if self._looks < 0:
            raise Unreachable("the patch searches through too many values; split it")

    def look_through(self, value: Json) -> None:
        """Pay for comparing all that a value holds."""
        waiting = [value]
        while waiting:
            each = waiting.pop()
            self.look()
            if isinstance(each, dict | list):
                waiting.extend(inside(each))


Step: TypeAlias = Callable[[Json, Operation[Path], Allowance], Json]


def read(operations: Json, parse: Callable[[str], Path]) -> list[Operation[Path]]:
    """The operations of a body, with their paths parsed; raises `BadBody` at the member that is wrong."""
    if not isinstance(operations, list):
        raise BadBody("", "A JSON Patch is an array of operations, each an object with 'op' and 'path'.")
    if len(operations) > MAX_OPERATIONS:
        raise BadBody("", f"A patch has at most {MAX_OPERATIONS} operations; send it in parts.")
    return [_read_one(number, each, parse) for number, each in enumerate(operations)]


def run(value: Json, operations: list[Operation[Path]], step: Step[Path]) -> Json:
    """The value after all operations, one after the other; raises `BadPatch` at the first that cannot be done."""
    allowance = Allowance()
    for operation in operations:
        try:
            value = step(value, operation, allowance)
        except Unreachable as reason:
            raise BadPatch(
                f"Operation [{operation.number}] ({operation.name}) cannot be applied: {reason}.",
                where=f"[{operation.number}]",
            ) from None
    return value


def finished(value: Json) -> Document:
    """The outcome as a document that can be stored and read again."""
    if not isinstance(value, dict):
        raise BadPatch("The patch replaces the whole resource by something that is not an object.")
    level: list[Json] = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for each in level if isinstance(each, dict | list) for inner in inside(each)]
        if not level:
            return value
    if any(isinstance(each, dict | list) for each in level):
        raise BadPatch(f"The patch makes the resource deeper than {MAX_DEPTH} levels.")
    return value


def inside(container: dict[str, Json] | list[Json]) -> list[Json]:
    """The members' values, or the elements."""
    return list(container.values()) if isinstance(container, dict) else container


def _read_one(number: int, given: Json, parse: Callable[[str], Path]) -> Operation[Path]:
    where = f"[{number}]"
    if not isinstance(given, dict):
        raise BadBody(where, "An operation is an object with 'op' and 'path'.")
    name = given.get("op")
    if not isinstance(name, str) or name not in _KNOWN:
        raise BadBody(f"{where}.op", f"Must be one of {', '.join(_KNOWN)}.")
    path = _read_path(given, f"{where}.path", parse)
    source = path
    if name in _WANTS_SOURCE:
        source = _read_path(given, f"{where}.from", parse)
    if name in _WANTS_VALUE and "value" not in given:
        raise BadBody(f"{where}.value", f"'{name}' needs a value (null is one).")
    return Operation(number, name, path, source, given.get("value"))


def _read_path(given: Document, where: str, parse: Callable[[str], Path]) -> Path:
    text = given.get(where.rpartition(".")[2])
    if not isinstance(text, str):
        raise BadBody(where, "Must be a text that says where to apply the operation.")
    try:
        return parse(text)
    except ValueError as reason:
        raise BadBody(where, f"'{shown(text)}' is no path: {reason}.") from None
