"""Answers to GET: one resource, or a page of them."""

from urllib.parse import unquote_plus

from spanco.kernel.errors import Unchanged
from spanco.kernel.paging import Page, Window, kept_query, links, spell_cursor, window
from spanco.kernel.projection import Fields
from spanco.kernel.projection import parse as parse_fields
from spanco.kernel.query import jsonpath
from spanco.kernel.query.ast import EVERYTHING, AllOf
from spanco.kernel.query.params import parse_query
from spanco.operations import Place, Query, find, get
from spanco.rest.representation import entity_tag, list_tag, matches_tag, spliced
from spanco.rest.responses import JSON, Answer, Headers
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


async def read_one(call: Call) -> Answer:
    """GET of one resource; 304 when the client has this version already."""
    fields, text = chosen(call.request.query)
    assert call.id is not None
    async with call.site.work(call.actor, call.request) as work:
        stored = await get(work, call.resource, Place(call.id, call.parent))
    tag = entity_tag(stored.version, text)
    _check_unchanged(call, tag)
    body = spliced(call.base().encode(), stored.id, stored.body, fields)
    return Answer(200, body, (*JSON, (b"etag", tag.encode())))


async def read_many(call: Call) -> Answer:
    """GET of a collection: a filtered, ordered page and its counts."""
    asked, condition = parse_query(call.request.query)
    if "filter" in asked:
        expression = jsonpath.parse(asked["filter"])
        condition = expression if condition == EVERYTHING else AllOf((condition, expression))
    limits = call.site.limits
    view = window(asked, default=min(limits.page_default, limits.page_maximum), maximum=limits.page_maximum)
    fields = parse_fields(asked["fields"]) if asked.get("fields") else None
    exactly = "count=exact" in (call.request.header(b"prefer") or "").replace(" ", "").lower()
    async with call.site.work(call.actor, call.request) as work:
        found = await find(work, call.resource, Query(condition, view, call.parent, exactly))
    tag = list_tag([(row.id, row.version) for row in found.rows], f"{call.base()} {asked} {found.total}")
    _check_unchanged(call, tag)
    base = call.base().encode()
    body = b"[" + b",".join(spliced(base, row.id, row.document, fields) for row in found.rows) + b"]"
    page = _page(found, view)
    partial = view.explicit and (page.count < found.total or not found.exact)
    headers = _list_headers(call, page, tag, exactly=exactly)
    return Answer(_PARTIAL if partial else 200, body, headers)


def _check_unchanged(call: Call, tag: str) -> None:
    known = call.request.header(b"if-none-match")
    if known is not None and matches_tag(known, tag):
        raise Unchanged


def _page(found: Found, view: Window) -> Page:
    first = last = None
    if found.rows:
        first = spell_cursor(view.keys, found.places[0], found.rows[0].id)
        last = spell_cursor(view.keys, found.places[-1], found.rows[-1].id)
    return Page(view, len(found.rows), found.total, found.exact, first, last, found.more)


def _list_headers(call: Call, page: Page, tag: str, *, exactly: bool) -> Headers:
    headers = [
        *JSON,
        (b"etag", tag.encode()),
        (b"x-total-count", b"%d" % page.total),
        (b"x-result-count", b"%d" % page.count),
    ]
    if page.window.limit:
        headers.append((b"link", links(call.base().rstrip("/"), kept_query(call.request.query), page).encode()))
    if exactly or not page.exact:
        headers.append((b"preference-applied", b"count=exact" if page.exact else b"count=estimated"))
    return tuple(headers)
