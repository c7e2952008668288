"""Ids that follow from what a resource is: its name, or its parent and its code (`x-spanco-identity`)."""

import re
from uuid import UUID, uuid5

from spanco.kernel.errors import BadBody
from spanco.kernel.openapi import Resource
from spanco.kernel.wire import Document

_SAFE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._~-]{0,126}[A-Za-z0-9])?", re.ASCII)
_NAMESPACE = UUID("6f1b3a52-94d7-5c0e-8a41-2b7de9c05f38")


def identity(resource: Resource, document: Document, parent: str | None) -> str | None:
    """The id that a new resource must have; None where any will do. `BadBody` when it could not stand in an address.

    Nested, it is made of the parent and of the attribute, so that no two below one parent are alike.
    """
    if not resource.identity:
        return None
    value = document.get(resource.identity)
    if not isinstance(value, str):
        raise BadBody(resource.identity, "a text is needed: the resource is known by it.")
    if parent is not None:
        return nested_id(parent, value)
    if not _SAFE.fullmatch(value):
        raise BadBody(resource.identity, "it is a part of addresses: letters, digits, '.', '_', '~' and '-'.")
    return value


def nested_id(parent: str, value: str) -> str:
    """The id of a resource below a parent (RFC 9562, version 5): always the same for the same two."""
    return str(uuid5(_NAMESPACE, f"{parent}/{value}"))
