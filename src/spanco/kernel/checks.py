"""What a document must be to be stored: server-owned and mandatory attributes, formats, moves (TMF630 part 1)."""

from spanco.kernel.errors import BadBody
from spanco.kernel.openapi import Resource
from spanco.kernel.patch import changed_paths
from spanco.kernel.schema import check, spelled
from spanco.kernel.wire import Document, Json

LONGEST_SORTED = 2000  # bytes; an index entry of PostgreSQL holds about 2,700, the tenant and the id among them


def ready_to_create(resource: Resource, body: Json, moment: str, *, historic: bool = False) -> Document:
    """The document to store for a POST: client values of server-owned attributes are left out, as TMF699 4.0.1 wants.

    `moment` is the canonical present. In `historic` mode (imports) the document keeps its own dates and state.
    """
    if not isinstance(body, dict):
        raise BadBody("", "Send one JSON object with the attributes of the resource.")
    ignored = {"id", "href"} if historic else resource.server_owned
    document = spelled({name: value for name, value in body.items() if name not in ignored}, resource.sent)
    assert isinstance(document, dict)
    document.setdefault("@type", resource.type_name)
    lifecycle = resource.lifecycle
    if lifecycle and lifecycle.initial:
        document.setdefault(lifecycle.attribute, lifecycle.initial[0])
    for name in resource.managed:
        if not historic or name not in document:
            document[name] = moment
    check(document, resource.stored_check if historic else resource.create_check)
    if lifecycle and not historic:
        lifecycle.guard_start(document.get(lifecycle.attribute))
    _check_lengths(resource, document)
    return document


def ready_to_change(resource: Resource, before: Document, after: Json, moment: str) -> tuple[Document, tuple[str, ...]]:
    """The document to store for a PATCH and the paths that differ; no paths mean that nothing changed.

    Both documents carry `id` and `href`, which the answer does not. Dates that the server keeps are kept.
    """
    if not isinstance(after, dict):
        raise BadBody("", "The patch must leave a JSON object.")
    document = spelled(after, resource.shape)
    assert isinstance(document, dict)
    if resource.label:
        document.pop(resource.label.attribute, None)  # it was computed for an answer, and comes back with it
    for name, kept in resource.managed.items():
        if kept != "created":
            _restore(document, before, name)
    for name in sorted(resource.unpatchable):
        if document.get(name) != before.get(name) and not (name == "href" and _same_place(document, before)):
            raise BadBody(name, "this attribute is set by the server and cannot be changed; leave it out.")
    document = {name: value for name, value in document.items() if name not in {"id", "href"}}
    before = {name: value for name, value in before.items() if name not in {"id", "href"}}
    changed = changed_paths(before, document)
    if changed:
        moved = _moved(resource, before, document)
        for name, kept in resource.managed.items():
            if kept == "changed" or (kept == "moved" and moved):
                document[name] = moment
        check({name: value for name, value in document.items() if before.get(name) != value}, resource.change_check)
        check(document, resource.stored_check)
        _check_lengths(resource, document)
    return document, changed


def _check_lengths(resource: Resource, document: Document) -> None:
    """What lists are sorted by must fit into an index; other texts may be as long as the body."""
    for name in resource.indexed:
        value = document.get(name)
        if isinstance(value, str) and len(value.encode()) > LONGEST_SORTED:
            raise BadBody(name, f"at most {LONGEST_SORTED} bytes, because lists are sorted by it.")


def _restore(document: Document, before: Document, name: str) -> None:
    if name in before:
        document[name] = before[name]
    else:
        document.pop(name, None)


def _same_place(document: Document, before: Document) -> bool:
    """Whether two spellings of href end in the same id: the base URL may differ between two clients."""
    return isinstance(document.get("href"), str) and str(document["href"]).endswith(f"/{before.get('id')}")


def _moved(resource: Resource, before: Document, after: Document) -> bool:
    """Whether the state moves; raises `RefusedMove` when the lifecycle forbids it, `BadBody` when it would vanish."""
    lifecycle = resource.lifecycle
    if lifecycle is None:
        return False
    current, wanted = before.get(lifecycle.attribute), after.get(lifecycle.attribute)
    if current == wanted:
        return False
    if wanted is None:
        raise BadBody(lifecycle.attribute, "the state cannot be removed; move it to another state.")
    check(after, resource.stored_check)
    if isinstance(current, str) and isinstance(wanted, str):
        lifecycle.guard(current, wanted)
    return True
