"""Answers to GET: one resource, or a page of them, now or as it stood at a moment."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote, unquote_plus

from spanco.events import contents
from spanco.kernel.errors import BadParameter, Moved, Unchanged
from spanco.kernel.moments import canonical
from spanco.kernel.paging import Page, Window, kept_query, links, spell_cursor, window
from spanco.kernel.projection import Fields
from spanco.kernel.projection import parse as parse_fields
from spanco.kernel.query import jsonpath
from spanco.kernel.query.ast import EVERYTHING, AllOf
from spanco.kernel.query.params import parse_query
from spanco.operations import Place, Query, find, get
from spanco.rest.languages import Spoken, both, in_languages, spoken, valid
from spanco.rest.representation import entity_tag, list_tag, matches_tag, spliced
from spanco.rest.responses import JSON, TABLE, Answer, error_body
from spanco.rest.site import Call
from spanco.store.search import Found

_PARTIAL = 206


def chosen(query: bytes) -> tuple[Fields | None, str]:
    """The `fields` of a query string, parsed, and as text for the entity tag."""
    if b"fields=" not in query:
        return None, ""
    names = [unquote_plus(part[7:].decode("latin-1")) for part in query.split(b"&") if part.startswith(b"fields=")]
    text = ",".join(name for name in names if name)
    return (parse_fields(text), text) if text else (None, "")


def _moment_of(query: bytes) -> datetime | None:
    """The moment that `asOf` in a query string names; what else stands there is of no interest."""
    if b"asOf=" not in query:
        return None
    asked, _ = parse_query(b"&".join(part for part in query.split(b"&") if part.startswith(b"asOf=")))
    return _moment(asked)


def _moment(asked: Mapping[str, str]) -> datetime | None:
    if "asOf" not in asked:
        return None
    spelled = canonical(asked["asOf"].strip())
    if spelled is None:
        raise BadParameter("asOf", "a moment such as 2026-01-31T09:30:00Z or a day such as 2026-01-31 is needed.")
    return datetime.fromisoformat(spelled)


async def read_one(call: Call) -> Answer:
    """GET of one resource; 304 when the client has this version already."""
    fields, text = chosen(call.request.query)
    told, as_of = spoken(call, _moment_of(call.request.query))
    assert call.id is not None
    try:
        async with call.site.work(call.actor, call.request) as work:
            place = Place(call.id, call.parent)
            if call.resource.is_event:
                stored = await contents.get(work, call.teller(), call.resource, place)
            else:
                stored = await get(work, call.lens.kept, place, as_of=as_of)
    except Moved as moved:
        return _elsewhere(call, moved)
    tag = entity_tag(stored.version, text + told.mark if told else text)
    check_unchanged(call, tag)
    shown, languages = _told(told, [call.lens.shown(stored.id, stored.body)])
    body = spliced(call.base().encode(), stored.id, shown[0], fields)
    answer = Answer(200, body, (*JSON, (b"etag", tag.encode())))
    return in_languages(answer, languages) if told else answer


def _told(told: Spoken | None, bodies: list[bytes]) -> tuple[list[bytes], list[str]]:
    """Documents with labels where they have any, and the languages of these."""
    return told.told(bodies) if told else (bodies, [])


def _elsewhere(call: Call, moved: Moved) -> Answer:
    """301 to what has the place of the resource now. Nobody keeps it: what was moved may come back."""
    asked = b"?" + call.request.query if call.request.query else b""
    location = f"{call.base()}{quote(moved.to)}".encode() + asked
    row = replace(TABLE[Moved], status=301)
    return Answer(301, error_body(row, str(moved)), (*JSON, (b"location", location), (b"cache-control", b"no-store")))


async def read_many(call: Call) -> Answer:
    """GET of a collection: a filtered, ordered page and its counts."""
    query_string, validity = valid(call, call.request.query)
    asked, condition = parse_query(query_string)
    if "filter" in asked:
        expression = jsonpath.parse(asked["filter"])
        condition = expression if condition == EVERYTHING else AllOf((condition, expression))
    limits = call.site.limits
    view = window(asked, default=min(limits.page_default, limits.page_maximum), maximum=limits.page_maximum)
    fields = parse_fields(asked["fields"]) if asked.get("fields") else None
    told, as_of = spoken(call, _moment(asked))
    async with call.site.work(call.actor, call.request) as work:
        asks = call.lens.asked(both(condition, validity)), call.lens.ordered(view)
        query = Query(*asks, call.parent, _exactly(call), as_of)
        if call.resource.is_event:
            found = await contents.find(work, call.teller(), call.resource, query)
        else:
            found = await find(work, call.lens.kept, query)
    mark = told.mark if told else ""
    tag = list_tag([(row.id, row.version) for row in found.rows], f"{call.base()} {asked} {found.total}{mark}")
    check_unchanged(call, tag)
    base = call.base().encode()
    shown, languages = _told(told, [call.lens.shown(row.id, row.document) for row in found.rows])
    parts = [spliced(base, row.id, body, fields) for row, body in zip(found.rows, shown, strict=True)]
    body = b"[" + b",".join(parts) + b"]"
    answer = list_answer(call, call.base().rstrip("/"), _page(found, view), tag, body)
    return in_languages(answer, languages) if told else answer


def list_answer(call: Call, url: str, page: Page, tag: str, body: bytes) -> Answer:
    """A page of a list at `url` with its counts and links; 206 when a part was asked for."""
    partial = page.window.explicit and (page.count < page.total or not page.exact)
    headers = [
        *JSON,
        (b"etag", tag.encode()),
        (b"x-total-count", b"%d" % page.total),
        (b"x-result-count", b"%d" % page.count),
    ]
    if page.window.limit:
        headers.append((b"link", links(url, kept_query(call.request.query), page).encode()))
    if _exactly(call) or not page.exact:
        headers.append((b"preference-applied", b"count=exact" if page.exact else b"count=estimated"))
    return Answer(_PARTIAL if partial else 200, body, tuple(headers))


def _exactly(call: Call) -> bool:
    return "count=exact" in (call.request.header(b"prefer") or "").replace(" ", "").lower()


def check_unchanged(call: Call, tag: str) -> None:
    """Raise `Unchanged` when the client has this representation already."""
    known = call.request.header(b"if-none-match")
    if known is not None and matches_tag(known, tag):
        raise Unchanged


def _page(found: Found, view: Window) -> Page:
    first = last = None
    if found.rows:
        first = spell_cursor(view.keys, found.places[0], found.rows[0].id)
        last = spell_cursor(view.keys, found.places[-1], found.rows[-1].id)
    return Page(view, len(found.rows), found.total, found.exact, first, last, found.more)
