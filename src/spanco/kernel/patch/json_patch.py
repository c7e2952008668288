"""JSON Patch, RFC 6902: operations on places named by JSON Pointers, all or none."""

from spanco.kernel.patch import pointer
from spanco.kernel.patch.comparison import same
from spanco.kernel.patch.operations import Allowance, Operation, finished, read, run
from spanco.kernel.patch.pointer import Pointer, Unreachable
from spanco.kernel.wire import Document, Json


def apply(document: Document, operations: Json) -> Document:
    """The document after all operations; it is not touched, and the answer shares with it what did not change.

    Raises `BadBody` when the list is no JSON Patch, `BadPatch` when it cannot be applied to this document.
    """
    return finished(apply_value(document, operations))


def apply_value(value: Json, operations: Json) -> Json:
    """RFC 6902 for any value: also the root may be replaced by something else."""
    return run(value, read(operations, pointer.parse), _step)


def _step(value: Json, operation: Operation[Pointer], allowance: Allowance) -> Json:
    path, source = operation.path, operation.source
    match operation.name:
        case "add":
            return pointer.add(value, path, operation.value)
        case "remove":
            return pointer.remove(value, path)
        case "replace":
            return pointer.replace(value, path, operation.value)
        case "move":
            return _move(value, source, path)
        case "copy":
            copied = pointer.find(value, source)
            allowance.grow(copied)
            return pointer.add(value, path, copied)
        case _:
            if not same(pointer.find(value, path), operation.value):
                raise Unreachable(f"the test failed, '{pointer.spell(path)}' has another value")
            return value


def _move(value: Json, source: Pointer, path: Pointer) -> Json:
    moved = pointer.find(value, source)
    if source == path:
        return value
    if path[: len(source)] == source:
        raise Unreachable(f"'{pointer.spell(source)}' cannot be moved into itself")
    return pointer.add(pointer.remove(value, source), path, moved)
