"""Pages of a list: order, offset and limit, opaque cursors, links and counts (TMF630 part 1, 4.5 and 4.7)."""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from spanco.kernel.errors import BadParameter, Malformed
from spanco.kernel.openapi import Resource
from spanco.kernel.wire import decode, encode

_MOST_KEYS = 8
_LONGEST_CURSOR = 4000
_DIGEST = 6
_LARGEST_OFFSET = 10_000_000


@dataclass(frozen=True, slots=True)
class Key:
    """One sort key: the path of an attribute, and whether it descends."""

    path: tuple[str, ...]
    descending: bool


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between two resources of an ordered list: the sort values and the id of its neighbour."""

    values: tuple[str | None, ...]
    id: str


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a list that is asked for."""

    keys: tuple[Key, ...]
    limit: int
    offset: int
    after: Cursor | None
    before: Cursor | None
    explicit: bool


def window(asked: Mapping[str, str], *, default: int, maximum: int) -> Window:
    """Read `sort`, `offset`, `limit`, `before` and `after`; a larger limit than the maximum is cut to it."""
    keys = _keys(asked.get("sort", ""))
    limit = min(_whole(asked, "limit", default), maximum)
    offset = _whole(asked, "offset", 0)
    if offset > _LARGEST_OFFSET:
        raise BadParameter("offset", f"at most {_LARGEST_OFFSET}; walk further with the 'after' cursor of 'Link'.")
    after, before = (_cursor(asked[name], keys, name) if name in asked else None for name in ("after", "before"))
    if after and before:
        raise BadParameter("before", "give either 'before' or 'after', not both.")
    if (after or before) and offset:
        raise BadParameter("offset", "an offset cannot be combined with a cursor; leave one of them out.")
    explicit = any(name in asked for name in ("limit", "offset", "after", "before"))
    return Window(keys, limit, offset, after, before, explicit)


def _whole(asked: Mapping[str, str], name: str, default: int) -> int:
    text = asked.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST_OFFSET)) + 1):
        raise BadParameter(name, "a whole number from 0 on is needed.")
    return int(text)


def _keys(text: str) -> tuple[Key, ...]:
    """Sort keys of `a,-b,+c.d`; an unencoded `+` arrives as a blank and is accepted."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if len(names) > _MOST_KEYS:
        raise BadParameter("sort", f"at most {_MOST_KEYS} keys.")
    keys = []
    for name in names:
        path = tuple(name.lstrip("+-").split("."))
        if not all(path) or len(name) > 200:  # noqa: PLR2004
            raise BadParameter("sort", "names of attributes such as 'name' or '-creationDate' are needed.")
        keys.append(Key(path, descending=name.startswith("-")))
    return tuple(keys)


def spell_cursor(keys: Sequence[Key], values: Sequence[str | None], of: str) -> str:
    """The opaque text of a place in a list that is ordered by `keys`."""
    content = encode([_order(keys), list(values), of])
    return base64.urlsafe_b64encode(_digest(content) + content).rstrip(b"=").decode()


def _digest(content: bytes) -> bytes:
    """So that a cursor that was cut or mistyped is refused, not followed to a wrong place; it keeps no secret."""
    return hashlib.blake2b(content, digest_size=_DIGEST).digest()


def _order(keys: Sequence[Key]) -> str:
    return ",".join(("-" if key.descending else "") + ".".join(key.path) for key in keys)


def _cursor(text: str, keys: Sequence[Key], name: str) -> Cursor:
    refusal = BadParameter(name, "this is no cursor that a 'Link' of this list gave, with the same 'sort'.")
    if not text.isascii() or len(text) > _LONGEST_CURSOR:
        raise refusal
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        content = decode(raw[_DIGEST:]) if _digest(raw[_DIGEST:]) == raw[:_DIGEST] else None
    except (binascii.Error, Malformed):
        raise refusal from None
    match content:
        case [str() as order, list() as values, str() as of] if order == _order(keys):
            texts = tuple(value for value in values if value is None or isinstance(value, str))
            if len(texts) == len(values):
                return Cursor(texts, of)
        case _:
            pass
    raise refusal


@dataclass(frozen=True, slots=True)
class Page:
    """Where a page stands in its list; what the headers are made of."""

    window: Window
    count: int
    total: int
    exact: bool
    first: str | None
    last: str | None
    more: bool


def links(url: str, kept: str, page: Page) -> str:
    """The `Link` header (RFC 8288): first, prev, next, last. `kept` is the rest of the query, still encoded."""

    def link(relation: str, place: str) -> str:
        query = "&".join(part for part in (kept, place, f"limit={page.window.limit}") if part)
        return f'<{url}?{query}>; rel="{relation}"'

    window, found = page.window, []
    by_cursor = window.after is not None or window.before is not None
    found.append(link("first", ""))
    if page.last and (page.more or window.before is not None):
        found.append(link("next", f"after={page.last}"))
    if page.first and (window.after is not None or (window.before is not None and page.more)):
        found.append(link("prev", f"before={page.first}"))
    elif window.offset:
        found.append(link("prev", f"offset={max(0, window.offset - window.limit)}"))
    if page.exact and not by_cursor and page.total:
        found.append(link("last", f"offset={(page.total - 1) // window.limit * window.limit}"))
    return ", ".join(found)


_PLACES = ("offset=", "limit=", "before=", "after=")


def kept_query(raw: bytes) -> str:
    """A query string without the parameters that say which page is meant, safe to stand in a header."""
    parts = [part for part in raw.decode("latin-1").split("&") if part and not part.startswith(_PLACES)]
    return quote("&".join(parts), safe="%&=+,;:@/?$'()*!~.-_[]")


def sort_kinds(resource: Resource, keys: Sequence[Key]) -> list[str]:
    """How each key is compared: `id`, `number`, `text` (a declared string), or `any` (numbers, then text)."""
    return [_sort_kind(resource, key.path) for key in keys]


def _sort_kind(resource: Resource, path: tuple[str, ...]) -> str:
    if path in {("id",), ("href",)}:
        return "id"
    if path in resource.numeric:
        return "number"
    return "text" if len(path) == 1 and path[0] in resource.indexed else "any"
