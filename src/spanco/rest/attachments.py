"""What stands one step below a resource: files that are taken and given piece by piece, and deeds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar
from urllib.parse import quote

from spanco.access.actor import Actor
from spanco.kernel.errors import NotFound
from spanco.kernel.openapi import Api, Resource
from spanco.operations import Place, get
from spanco.rest.errors import MethodNotAllowed, UnsupportedMedia
from spanco.rest.representation import entity_tag, spliced
from spanco.rest.request import Request
from spanco.rest.responses import JSON, Answer, Headers, Reply, Send
from spanco.rest.site import Site
from spanco.work import Attachment, Download, Upload

_WORD = re.compile(r"[\w.-]+", re.ASCII)
_MOST_NAME = 200

Found = tuple[Api, Resource, str, Attachment]


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """An answer whose body is sent as it is read."""

    status: ClassVar[int] = HTTPStatus.OK
    download: Download

    async def send(self, send: Send, *, head: bool = False) -> None:
        """Send it; for HEAD without its body."""
        await send({"type": "http.response.start", "status": self.status, "headers": list(self._headers())})
        if not head:
            async for part in self.download.parts:
                await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def _headers(self) -> Headers:
        name = self.download.name[:_MOST_NAME]
        plain = "".join(_WORD.findall(name)) or "file"
        told = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
        headers = (
            (b"content-type", self.download.media.encode()),
            (b"content-disposition", told.encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        )
        size = self.download.size
        return headers if size is None else (*headers, (b"content-length", b"%d" % size))


class Attachments:
    """Every path below a resource that its binding speaks of."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._below = {
            f"{base}/{resource.name}": (api, resource)
            for api in site.apis
            for base in (api.base_path, *api.aliases)
            for resource in api.resources.values()
            if not resource.parent and self._of(resource)
        }

    def _of(self, resource: Resource) -> Mapping[str, Attachment]:
        binding = self._site.means.bindings.get(resource.kind)
        return binding.beside if binding else {}

    def at(self, path: str) -> Found | None:
        """What a path leads to, or None."""
        above, _, name = path.removesuffix("/").rpartition("/")
        collection, _, id_ = above.rpartition("/")
        found = self._below.get(collection)
        attachment = self._of(found[1]).get(name) if found else None
        return (*found, id_, attachment) if found and attachment else None

    async def answer(self, request: Request, found: Found) -> Reply:
        """Serve it."""
        api, resource, id_, attachment = found
        way = {"PUT": attachment.take, "POST": attachment.act, "GET": attachment.give, "HEAD": attachment.give}
        offered = {method for method, each in way.items() if each}
        if request.method not in offered:
            raise MethodNotAllowed({*offered, "OPTIONS"})
        request.origin()
        actor = await self._site.authenticate(request.header(b"authorization"))
        if "\0" in id_:
            raise NotFound
        means = self._site.means
        if request.method in {"GET", "HEAD"}:
            assert attachment.give
            return Stream(await attachment.give(means, actor, resource, id_))
        if request.method == "PUT":
            assert attachment.take
            await attachment.take(_upload(self._site, request, actor), resource, id_)
        async with self._site.work(actor, request) as work:
            if request.method == "POST":
                assert attachment.act
                await attachment.act(work, resource, id_)
            stored = await get(work, resource, Place(id_))
        base = f"{self._site.public_url or request.origin()}{api.base_path}/{resource.name}/"
        body = spliced(base.encode(), stored.id, stored.body, None)
        return Answer(200, body, (*JSON, (b"etag", entity_tag(stored.version, "").encode())))


def _upload(site: Site, request: Request, actor: Actor) -> Upload:
    if (request.header(b"content-encoding") or "identity").lower() != "identity":
        raise UnsupportedMedia(("application/octet-stream",), "A Content-Encoding is not understood")
    declared = request.header(b"content-length") or ""
    size = int(declared) if declared.isascii() and declared.isdigit() else None
    return Upload(site.means, actor, request.header(b"content-type") or "", size, request.parts())
