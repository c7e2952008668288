"""What a resource looks like on the wire: its bytes with `id` and `href` in front, and its entity tag."""

import hashlib
import re
import zlib
from collections.abc import Sequence

from spanco.kernel.projection import Fields, project_bytes

_TAG = re.compile(r'(?:W/)?"([^"]*)"|(\*)')
_VERSION = re.compile(r'"(\d{1,18})(?:-[0-9a-f]+)?"')


def spliced(base: bytes, id_: str, body: bytes, fields: Fields | None) -> bytes:
    """The stored document with identity in front; only the chosen attributes where `fields` are given.

    `base` is the URL of the collection with a trailing slash, as JSON text without quotes. No document is decoded
    on a plain read (design D2).
    """
    if fields is not None:
        body = project_bytes(body, fields)
    of = id_.encode()
    rest = body[1:]
    comma = b"" if rest.lstrip()[:1] == b"}" else b", "
    return b'{"id": "%b", "href": "%b%b"%b%b' % (of, base, of, comma, rest)


def entity_tag(version: int, chosen: str) -> str:
    """A strong tag: the version, and what was chosen of the representation."""
    return f'"{version}-{zlib.crc32(chosen.encode()):x}"' if chosen else f'"{version}"'


def list_tag(seen: Sequence[tuple[str, int]], rest: str) -> str:
    """A strong tag of a page: which resources in which versions, and whatever else shapes the answer."""
    digest = hashlib.blake2b(rest.encode(), digest_size=12)
    for id_, version in seen:
        digest.update(f"{id_} {version};".encode())
    return f'"{digest.hexdigest()}"'


def matches_tag(header: str, tag: str) -> bool:
    """Whether `If-None-Match` names this tag (weak comparison, RFC 9110, 8.8.3.2)."""
    return any(star or f'"{text}"' == tag for text, star in _TAG.findall(header))


def versions_in(header: str) -> frozenset[int] | None:
    """The versions that `If-Match` allows; None means any. Weak tags never match (RFC 9110, 13.1.1)."""
    if header.strip() == "*":
        return None
    found = set()
    for part in header.split(","):
        version = _VERSION.fullmatch(part.strip())
        if version:
            found.add(int(version[1]))
    return frozenset(found)
