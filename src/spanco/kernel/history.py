"""The timeline of one record: who changed what, when and why, from which value to which."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from spanco.kernel.moments import spell
from spanco.kernel.patch.comparison import same
from spanco.kernel.wire import Document, decode_document, decode_stored


@dataclass(frozen=True, slots=True)
class Entry:
    """One change as the log keeps it, with all the events that told of it; the documents are JSON text."""

    version: int
    moment: datetime
    actor: str
    cause: bytes
    correlation: str | None
    types: tuple[str, ...]
    event_ids: tuple[str, ...]
    before: bytes | None
    after: bytes | None


def told(entry: Entry, untold: Collection[str] = ()) -> Document:
    """An entry as it is answered. `untold` are attributes that change by themselves, such as the date of a change.

    Only a change lists attributes: what was created or deleted is told by `?asOf=` as a whole.
    """
    head: Document = {
        "version": entry.version,
        "time": spell(entry.moment),
        "action": _action(entry),
        "actor": entry.actor,
        "cause": decode_stored(entry.cause),
    }
    if entry.correlation is not None:
        head["correlationId"] = entry.correlation
    head["eventType"] = list(entry.types)
    head["eventId"] = list(entry.event_ids)
    if entry.before is not None and entry.after is not None:
        before, after = decode_document(entry.before), decode_document(entry.after)
        head["change"] = [each for each in changes(before, after) if each["path"] not in untold]
    return head


def changes(before: Document, after: Document) -> list[Document]:
    """What differs, by path: `{"path": "status", "from": …, "to": …}`; a side that has no such attribute is left out.

    The paths are those of `patch.changed_paths`, which the event carries: an array is told as a whole.
    """
    return sorted(_differences("", before, after), key=lambda each: str(each["path"]))


def _action(entry: Entry) -> str:
    if entry.before is None:
        return "create"
    return "delete" if entry.after is None else "change"


def _differences(prefix: str, before: Document, after: Document) -> Iterator[Document]:
    for name in before.keys() | after.keys():
        old = {"from": before[name]} if name in before else {}
        new = {"to": after[name]} if name in after else {}
        left, right = old.get("from"), new.get("to")
        if isinstance(left, dict) and isinstance(right, dict):
            yield from _differences(f"{prefix}{name}.", left, right)
        elif not old or not new or not same(left, right):
            yield {"path": prefix + name, **old, **new}
