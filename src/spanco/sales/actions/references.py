"""Find what refers to records, and lead it elsewhere."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from spanco.kernel.errors import Moved, NotFound
from spanco.kernel.openapi import Resource
from spanco.kernel.wire import Document, decode_document, encode
from spanco.operations import Place, Rewrite, patch
from spanco.sales.rules.merging import BECAME, RECORDS, MergeRefused, settled
from spanco.sales.rules.references import Heir, Target, mentioned, moved, part, places
from spanco.store import merges
from spanco.store.documents import Row
from spanco.store.merges import Image
from spanco.work import Work

_MOST = 2000


@dataclass(frozen=True, slots=True)
class Referrer:
    """A resource that refers to one of the records, and where it is."""

    resource: Resource
    place: Place


def target_of(resource: Resource) -> Target:
    """How references call a resource."""
    return Target(resource.kind, resource.name, resource.type_name)


async def referrers(
    work: Work, resource: Resource, ids: Collection[str], apart_from: Collection[str]
) -> list[Referrer]:
    """All resources of the tenant that refer to one of the ids, in the order in which they are to be locked.

    `apart_from` are ids of this kind of resource that do not count. Raises `MergeRefused` when there are too many.
    """
    target, found = target_of(resource), list[Referrer]()
    heirs = dict.fromkeys(ids, Heir(""))
    for kind, each in sorted(work.resources.items()):
        if each.is_view or each.is_hub or each.is_event or each.behind or kind in RECORDS:
            continue
        parts = [encode(part(path, id_)) for path in places(each.shape, target) for id_ in ids]
        for at in await merges.referring(work.connection, kind, work.actor.tenant, parts, _MOST + 1):
            document = decode_document(at.row.document)
            if moved(document, target, heirs) != document and not (kind == resource.kind and at.row.id in apart_from):
                found.append(Referrer(each, Place(at.row.id, at.parent)))
        if len(found) > _MOST:
            raise MergeRefused(f"More than {_MOST} resources refer to these records; merge fewer at once.")
    return found


async def lead(house: Work, target: Target, heirs: Mapping[str, Heir], referrer: Referrer) -> Image | None:
    """Lead the references of one resource to the heirs; how it was and is. None when it is gone or refers no more."""
    seen: list[Document] = []

    def change(before: Document) -> Document:
        seen.append(before)
        return settled(referrer.resource.kind, before, moved(before, target, heirs))

    try:
        stored = await patch(house, referrer.resource, referrer.place, Rewrite(change))
    except (NotFound, Moved):
        return None
    before = encode({name: value for name, value in seen[0].items() if name != "id"})
    row = Row(stored.id, stored.version - 1, before)
    return Image(referrer.resource.kind, referrer.place.parent, row, stored.body)


async def led_on(work: Work, images: Sequence[Image]) -> list[Image]:
    """Documents of former times, with references that lead to what became of their records since.

    Those in which nothing leads elsewhere are the very bytes.
    """
    texts = [text for image in images for text in (image.row.document, image.after) if text is not None]
    ids = {id_ for text in texts for id_ in mentioned(decode_document(text))}
    found = await merges.heirs(work.connection, BECAME.keys(), work.actor.tenant, ids)
    heirs = {key: Heir(*heir) for key, heir in found.items()}
    return [
        replace(
            image,
            row=replace(image.row, document=_led_on(work, heirs, image.row.document)),
            after=None if image.after is None else _led_on(work, heirs, image.after),
        )
        for image in images
    ]


def _led_on(work: Work, heirs: Mapping[tuple[str, str], Heir], text: bytes) -> bytes:
    former = document = decode_document(text)
    for (kind, id_), heir in heirs.items():
        document = moved(document, target_of(work.resources[kind]), {id_: heir})
    return text if document == former else encode(document)
