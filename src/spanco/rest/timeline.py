"""The timeline of one record of any API: `GET /spanco/v1/{resource}/{id}/history`."""

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from spanco.kernel.errors import BadParameter, NotFound
from spanco.kernel.history import told
from spanco.kernel.openapi import Api, Resource
from spanco.kernel.paging import Page, spell_cursor, window
from spanco.kernel.query.ast import EVERYTHING
from spanco.kernel.query.match import matches
from spanco.kernel.query.params import parse_query
from spanco.kernel.wire import decode_stored, encode
from spanco.rest.errors import NoSuchPath
from spanco.rest.reading import check_unchanged, list_answer
from spanco.rest.representation import list_tag
from spanco.rest.responses import Answer
from spanco.rest.site import Call
from spanco.store.history import timeline

_BASE = "/spanco/v1"
_PAGING = ("offset", "limit", "after", "before")
_STEPS = 6

Record = tuple[Api, Resource, str, None]


class Records:
    """The records that have a timeline: those of every resource, by its kind, or its name where that is enough."""

    def __init__(self, apis: Iterable[Api]) -> None:
        self._named: dict[str, dict[str, tuple[Api, Resource]]] = {}
        for api in apis:
            # A view has no log, and what is seen through a face has its log under its own name.
            for resource in (each for each in api.resources.values() if not (each.is_view or each.behind)):
                for name in (resource.kind, resource.name):
                    self._named.setdefault(name, {}).setdefault(resource.kind, (api, resource))

    def at(self, path: str) -> Record | None:
        """The record whose timeline is at this path, or None when this is no path of a timeline."""
        steps = path.removesuffix("/").split("/")
        if len(steps) != _STEPS or not path.startswith(f"{_BASE}/") or steps[-1] != "history":
            return None
        *_, name, id_, _ = steps
        named = self._named.get(name, {})
        # Below a resource of the API that stands here, its own history.
        found = [each for each in named.values() if each[0].base_path == _BASE] or list(named.values())
        if len(found) > 1:
            raise NoSuchPath(f"Several APIs have a resource '{name}'; write which: {', '.join(sorted(named))}.")
        return (*found[0], id_, None) if found else None


async def read_history(call: Call) -> Answer:
    """GET of a timeline: a page of the changes of a record, oldest first; also of one that is deleted."""
    asked, condition = parse_query(call.request.query)
    _check_paging(asked, plain=condition == EVERYTHING)
    limits = call.site.limits
    view = window(asked, default=min(limits.page_default, limits.page_maximum), maximum=limits.page_maximum)
    assert call.id is not None
    async with call.site.work(call.actor, call.request) as work:
        visible = work.policy.allow(call.actor, "read", call.resource.kind)
        found = await timeline(work.connection, call.resource, call.actor.tenant, call.id, view)
    latest = decode_stored(found.document) if found else None
    if found is None or not isinstance(latest, dict) or not matches(visible, {"id": call.id, **latest}):
        raise NotFound
    url = (call.site.public_url or call.request.origin()) + quote(call.request.path.removesuffix("/"))
    tag = list_tag([(call.id, entry.version) for entry in found.entries], f"{url} {asked} {found.total}")
    check_unchanged(call, tag)
    places = [spell_cursor((), (), str(entry.version)) for entry in found.entries]
    first, last = (places[0], places[-1]) if places else (None, None)
    page = Page(view, len(places), found.total, exact=True, first=first, last=last, more=found.more)
    body = encode([told(entry, call.resource.managed) for entry in found.entries])
    return list_answer(call, url, page, tag, body)


def _check_paging(asked: Mapping[str, str], *, plain: bool) -> None:
    foreign = sorted(asked.keys() - set(_PAGING)) or ([] if plain else ["filter"])
    if foreign:
        raise BadParameter(
            foreign[0], f"a history is told as a whole; only its pages are chosen: {', '.join(_PAGING)}."
        )
