"""From a request to its answer: the served paths, the methods each offers, and what becomes of every error."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from time import perf_counter

import structlog

from spanco import clock, telemetry
from spanco.events.topics import Topics
from spanco.kernel.errors import NotFound, Problem
from spanco.kernel.openapi import Api, Resource
from spanco.rest import live, reading, subscribing, timeline, writing
from spanco.rest.attachments import Attachments
from spanco.rest.capturekeys import PATH as KEY_PATH
from spanco.rest.capturekeys import CaptureKeys
from spanco.rest.errors import MethodNotAllowed, NoSuchPath
from spanco.rest.forms import PATH as FORM_PATH
from spanco.rest.forms import Forms
from spanco.rest.pages import Pages, root
from spanco.rest.request import Receive, Request, Scope
from spanco.rest.responses import Answer, Reply, Send, problem_answer
from spanco.rest.site import Call, Site
from spanco.store.errors import DatabaseAway

_log = structlog.get_logger("spanco.rest")
Handler = Callable[[Call], Awaitable[Answer]]
Target = tuple[Api, Resource, str | None, str | None]

_ON_ONE: dict[str, tuple[str, Handler]] = {
    "GET": ("read", reading.read_one),
    "HEAD": ("read", reading.read_one),
    "PATCH": ("patch", writing.patch_one),
    "DELETE": ("delete", writing.delete_one),
}
_ON_MANY: dict[str, tuple[str, Handler]] = {
    "GET": ("list", reading.read_many),
    "HEAD": ("list", reading.read_many),
    "POST": ("create", writing.create_one),
    "PATCH": ("create-many", writing.create_many),
}
_ON_HISTORY: dict[str, Handler] = {"GET": timeline.read_history, "HEAD": timeline.read_history}
_OF_HUBS: dict[str, Handler] = {"create": subscribing.create_hub, "delete": subscribing.delete_hub}
_OF_TOPICS: dict[str, Handler] = {"delete": subscribing.delete_topic}
_REVEALING: dict[str, Handler] = {"create": subscribing.create_revealing}


def _special(site: Site, topics: Topics, resource: Resource) -> Mapping[str, Handler]:
    """What a resource does otherwise than most."""
    if resource.is_hub:
        return _OF_HUBS
    if topics.are(resource):
        return _OF_TOPICS
    binding = site.means.bindings.get(resource.kind)
    return _REVEALING if binding and binding.reveal else {}


def _offered(
    table: Mapping[str, tuple[str, Handler]], resource: Resource, special: Mapping[str, Handler]
) -> dict[str, Handler]:
    """The methods of a table that a resource offers."""
    return {method: special.get(name, usual) for method, (name, usual) in table.items() if name in resource.methods}


class Surface:
    """The ASGI application: APIs first, by two dictionary look-ups, then the pages beside them."""

    def __init__(self, site: Site, pages: Pages) -> None:
        self._site = site
        self._pages = pages
        self._topics = Topics(site.apis)
        self._records = timeline.Records(site.apis)
        self._attachments = Attachments(site)
        self._forms, self._keys = Forms(site), CaptureKeys(site)
        self._collections: dict[str, tuple[Api, Resource]] = {}
        self._nested: dict[tuple[str, str], tuple[Api, Resource]] = {}
        self._roots: dict[str, Api] = {}
        self._offered = {
            (resource.kind, of_many): _offered(
                _ON_MANY if of_many else _ON_ONE, resource, _special(site, self._topics, resource)
            )
            for api in site.apis
            for resource in api.resources.values()
            for of_many in (True, False)
        }
        self._lenses = {each.kind: site.lens(each) for api in site.apis for each in api.resources.values()}
        for api in site.apis:
            for base in (api.base_path, *api.aliases):
                self._roots[base or "/"] = api
                for resource in api.resources.values():
                    if resource.parent:
                        self._nested[f"{base}/{resource.parent}", resource.name] = (api, resource)
                    else:
                        self._collections[f"{base}/{resource.name}"] = (api, resource)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, whatever happens on the way."""
        if scope["type"] != "http":
            return
        began = perf_counter()
        request = Request(scope, receive)
        target = self._target(request.path)
        kind, status = target[1].kind if target else "", 0
        telemetry.began()
        try:
            answer = await self._answer(request, target)
            status = answer.status
        finally:
            seconds = perf_counter() - began
            telemetry.ended()
            telemetry.record(kind, request.method, status, seconds)
            if self._site.trace:
                _log.info("request", method=request.method, resource=kind, status=status, seconds=round(seconds, 6))
        await answer.send(send, head=request.method == "HEAD")

    def end(self) -> None:
        """The server ends: answers that would go on for ever end."""
        self._site.live.over.set()

    async def _answer(self, request: Request, target: Target | None) -> Reply:
        """The answer, also when something goes wrong."""
        try:
            if target is None:
                return await self._beside(request)
            return await self._on_resource(request, target, self._offered[target[1].kind, target[2] is None])
        except Problem as problem:
            if isinstance(problem, DatabaseAway):
                _log.warning("database away", reason=repr(problem.__cause__))
            return problem_answer(problem)
        except Exception as error:  # noqa: BLE001 - the last resort: the client gets an answer, the log the reason
            correlation = request.correlation() or clock.new_id()
            _log.exception("unexpected error", method=request.method, correlation=correlation)
            answer = problem_answer(error)
            return replace(answer, headers=(*answer.headers, (b"x-correlation-id", correlation.encode())))

    def _target(self, path: str) -> Target | None:
        """The API, the resource, the id and the id of the parent that a path names."""
        path = path.removesuffix("/")
        found = self._collections.get(path)
        if found:
            return (*found, None, None)
        above, _, last = path.rpartition("/")
        found = self._collections.get(above)
        if found:
            return (*found, last, None)
        higher, _, middle = above.rpartition("/")
        found = self._nested.get((higher, last))
        if found:
            return (*found, None, middle)
        highest, _, parent = higher.rpartition("/")
        found = self._nested.get((highest, middle))
        return (*found, last, parent) if found else None

    async def _on_resource(self, request: Request, target: Target, offered: Mapping[str, Handler]) -> Answer:
        api, resource, id_, parent = target
        handler = offered.get(request.method)
        if handler is None:
            refusal = MethodNotAllowed({*offered, "OPTIONS"})
            if request.method == "OPTIONS":
                return Answer(204, b"", ((b"allow", refusal.allow.encode()),))
            raise refusal
        request.check_accept()
        request.origin()  # a bad Host is refused before anything is written
        actor = await self._site.authenticate(request.header(b"authorization"))
        if "\0" in (id_ or "") or "\0" in (parent or ""):
            raise NotFound
        await self._topics.make_ready(self._site.means.database, api, actor.tenant)
        lens = self._lenses[resource.kind]
        return await handler(Call(self._site, request, api, resource, id_, parent or lens.parent, actor, lens))

    async def _beside(self, request: Request) -> Reply:
        """The base path of an API, events as they happen, the history of a record, or a page beside the APIs."""
        api = self._roots.get(request.path.rstrip("/") or "/")
        if api and request.method in {"GET", "HEAD"}:
            return root(self._site, request, api)
        record = self._records.at(request.path)
        if record:
            return await self._on_resource(request, record, _ON_HISTORY)
        attachment = self._attachments.at(request.path)
        if attachment:
            return await self._attachments.answer(request, attachment)
        if request.path.removesuffix("/") == live.PATH:
            return await self._stream(request)
        if request.path.startswith(FORM_PATH):
            return await self._forms.answer(request)
        if request.path.removesuffix("/") == KEY_PATH:
            return await self._keys.answer(request)
        answer = await self._pages.answer(request)
        if answer is None:
            raise NoSuchPath
        return answer

    async def _stream(self, request: Request) -> Reply:
        if request.method not in {"GET", "HEAD"}:
            raise MethodNotAllowed({"GET", "HEAD"})
        actor = await self._site.authenticate(request.header(b"authorization"))
        return await live.follow(self._site, request, actor)
