"""How a resource is seen and written: as it is kept, or through a face."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from spanco.kernel.faces import Face, asked, begun, changed, ordered
from spanco.kernel.openapi import Resource
from spanco.kernel.paging import Window
from spanco.kernel.query.ast import Condition
from spanco.kernel.wire import Document, Json, decode_document, encode
from spanco.operations import Draft, Patch, Place, Stored, create, patch
from spanco.work import Work


@dataclass(frozen=True, slots=True)
class Lens:
    """A resource as it is named on the wire, the one that is kept, and the face between them where they differ."""

    resource: Resource
    kept: Resource
    face: Face | None = None

    @property
    def parent(self) -> str | None:
        """The one parent of all that is kept, where the face says so."""
        return self.resource.behind.parent if self.resource.behind else None

    def shown(self, id_: str, body: bytes) -> bytes:
        """The document to answer with, without `id` and `href`; what is kept as it is shown is not decoded."""
        if self.face is None:
            return body
        document = self.face.shown({"id": id_, **decode_document(body)})
        return encode({name: value for name, value in document.items() if name != "id"})

    def asked(self, condition: Condition) -> Condition:
        """What is asked of the documents that are kept; `BadParameter` where that cannot be said."""
        return condition if self.face is None else asked(self.face, condition)

    def ordered(self, window: Window) -> Window:
        """The part of the list of the documents that are kept; `BadParameter` where they have no such order."""
        return window if self.face is None else replace(window, keys=ordered(self.face, window.keys))

    def change(self, change: Patch) -> Patch:
        """The change of the document that is kept."""
        face = self.face
        if face is None:
            return change
        return lambda before: changed(self.resource, face, before, change)


async def created(work: Work, lens: Lens, documents: Sequence[Json], parent: str | None) -> list[Stored]:
    """Create resources, all or none.

    What a face says is in a state in which nothing begins is created in the first one and moved on from there, state
    by state as its lifecycle allows, in the same transaction: each move is told as the move that it is.
    """
    face = lens.face
    if face is None:
        return _stored(await create(work, lens.kept, [Draft(document, parent) for document in documents]))
    drafts = [begun(lens.resource, face, document) for document in documents]
    async with work.atomic():
        made = [Draft(document, parent, id=chosen) for chosen, document in drafts]
        stored = _stored(await create(work, lens.kept, made))
        return [
            await _moved(work, lens.kept, (each, parent), document)
            for each, (_, document) in zip(stored, drafts, strict=True)
        ]


async def _moved(work: Work, resource: Resource, at: tuple[Stored, str | None], document: Document) -> Stored:
    """The resource in the state that its document asks for."""
    stored, parent = at
    lifecycle = resource.lifecycle
    wanted = document.get(lifecycle.attribute) if lifecycle else None
    if lifecycle is None or not isinstance(wanted, str):
        return stored
    name, now = lifecycle.attribute, decode_document(stored.body).get(lifecycle.attribute)
    if wanted == now:
        return stored
    for state in lifecycle.way(str(now), wanted):
        stored = await patch(work, resource, Place(stored.id, parent), _to(name, state))
    return stored


def _to(name: str, state: str) -> Patch:
    return lambda before: {**before, name: state}


def _stored(outcomes: Sequence[object]) -> list[Stored]:
    return [each for each in outcomes if isinstance(each, Stored)]
