"""Attribute selection (TMF630 part 1 section 4.3): the query parameter `fields`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from spanco.kernel import wire
from spanco.kernel.errors import BadParameter
from spanco.kernel.wire import Document, Json

MAX_NAMES = 100
MAX_NAME_LENGTH = 200

# A name maps to the names wanted inside it; without any, the whole attribute is wanted.
_Tree: TypeAlias = dict[str, "_Tree"]


@dataclass(frozen=True, slots=True)
class Fields:
    """A parsed `fields`: the attributes taken whole and those of which parts are taken; `everything` overrides both."""

    everything: bool
    whole: frozenset[str]
    parts: Mapping[str, _Tree]


ALL = Fields(everything=True, whole=frozenset(), parts={})
NONE = Fields(everything=False, whole=frozenset({"id", "href"}), parts={})


def parse(text: str | None) -> Fields:
    """A comma-separated list of names; raises `BadParameter` when it is too long.

    A dot leads inwards, also through arrays. No parameter and an empty one mean everything, `none` alone means only
    `id` and `href`. A name that does not occur in a document, or is misspelled, is skipped.
    """
    names = [name for name in map(str.strip, (text or "").split(",")) if name]
    if not names:
        return ALL
    if names == ["none"]:
        return NONE
    if len(names) > MAX_NAMES:
        raise BadParameter("fields", f"Name at most {MAX_NAMES} attributes.")
    if any(len(name) > MAX_NAME_LENGTH for name in names):
        raise BadParameter("fields", f"A name has at most {MAX_NAME_LENGTH} characters.")
    tree = _grown([name.split(".") for name in names])
    whole = frozenset(name for name, inside in tree.items() if not inside)
    always = {"id", "href", "@type"}
    parts = {name: inside for name, inside in tree.items() if inside and name not in always}
    return Fields(everything=False, whole=whole | always, parts=parts)


def project(document: Document, fields: Fields) -> Document:
    """The document with the selected attributes, in its own order; `id`, `href` and `@type` stay (not with `none`).

    Of a nested object only what was named is taken. Elements of an array keep their number and order; an attribute in
    which nothing named occurs is left out.
    """
    if fields.everything:
        return document
    selected: Document = {}
    for name, value in document.items():
        if name in fields.whole:
            selected[name] = value
        elif name in fields.parts:
            part = _taken(value, fields.parts[name])
            if part is not None:
                selected[name] = part
    return selected


def project_bytes(body: bytes, fields: Fields) -> bytes:
    """The same on the JSON of a stored document: what is taken whole is copied byte for byte, never decoded."""
    if fields.everything:
        return body
    selected: dict[str, msgspec.Raw] = {}
    for name, raw in _MEMBERS.decode(body).items():
        if name in fields.whole:
            selected[name] = raw
        elif name in fields.parts:
            part = _taken(wire.decode_stored(bytes(raw)), fields.parts[name])
            if part is not None:
                selected[name] = msgspec.Raw(wire.encode(part))
    return wire.encode(selected)


def _grown(names: list[list[str]]) -> _Tree:
    """All names as one tree; where an attribute and a part of it are named, the whole attribute wins."""
    tree: _Tree = {}
    # The short ones first: a branch that is already whole is not gone into.
    for steps in sorted(names, key=len):
        branch, grown = tree, False
        for step in steps:
            if step not in branch:
                branch[step], grown = {}, True
            elif not branch[step] and not grown:
                break
            branch = branch[step]
    return tree


def _taken(value: Json, tree: _Tree) -> dict[str, Json] | list[Json] | None:
    """The named parts of a value; None when it has none of them."""
    if isinstance(value, list):
        elements = [_taken(each, tree) for each in value]
        return None if all(each is None for each in elements) else [each or {} for each in elements]
    if not isinstance(value, dict):
        return None
    taken: Document = {}
    for name, inside in tree.items():
        if name in value:
            part = _taken(value[name], inside) if inside else value[name]
            if part is not None or not inside:
                taken[name] = part
    return taken or None


_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
