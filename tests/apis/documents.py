"""Where the official documents are, and what our tests ask of an OpenAPI document."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import jsonschema_rs
import pytest

from spanco.apis import own

Named: TypeAlias = Mapping[str, Any]

MOMENTS = {"created", "changed", "moved"}
METHODS = {"get", "post", "patch", "delete"}
_SHARED = Path(os.environ.get("SPANCO_SHARED") or Path(__file__).parents[2].parent / "shared")
OFFICIAL = sorted((_SHARED / "openapi").glob("*.json"))
needs_official = pytest.mark.skipif(not OFFICIAL, reason=f"The official documents are not at {_SHARED / 'openapi'}.")


def official(number: str) -> dict[str, Any]:
    """The official document of one API, e.g. `TMF699`."""
    return read(next(path for path in OFFICIAL if path.name.startswith(number)))


def ours(key: str) -> dict[str, Any]:
    """Our own document of one API by its `x-spanco-key`, e.g. `sales`."""
    return next(dict(each) for each in own() if each["x-spanco-key"] == key)


def read(path: Path) -> dict[str, Any]:
    """The document in a file."""
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


def schemas_of(document: Named) -> dict[str, Any]:
    """The named schemas of a document in Swagger 2.0 or OpenAPI 3."""
    schemas: dict[str, Any] = document.get("definitions") or document["components"]["schemas"]
    return schemas


def resolved(schema: Named, schemas: Named) -> tuple[str, Named]:
    """The name ("" when it has none) and the content of a schema that may be a reference."""
    if "$ref" not in schema:
        return "", schema
    name = schema["$ref"].rsplit("/", 1)[-1]
    return name, schemas[name]


def operations(document: Named) -> Iterator[tuple[str, str, Named]]:
    """Path, method and operation."""
    for path, item in document["paths"].items():
        for method in METHODS & set(item):
            yield path, method, item[method]


def gaps(name: str, theirs: Named, mine: Named) -> set[str]:
    """What the official schema of this name says and ours does not, however deep, in sentences."""
    both = {"$ref": f"#/components/schemas/{name}"}
    return set(_gaps(both, both, (theirs, mine)))


def _gaps(
    theirs: Named, mine: Named, schemas: tuple[Named, Named], seen: frozenset[str] = frozenset()
) -> Iterator[str]:
    """`seen` are the names of the schemas that are being compared already."""
    (name, theirs), (_, mine) = resolved(theirs, schemas[0]), resolved(mine, schemas[1])
    if name in seen:
        return
    if theirs.get("type") != mine.get("type"):
        yield f"{name}: is no {theirs.get('type')}"
    if set(theirs.get("enum", ())) != set(mine.get("enum", ())):
        yield f"{name}: other values"
    for each in set(theirs.get("required", ())) - set(mine.get("required", ())):
        yield f"{name}.{each}: not mandatory"
    if "items" in theirs:
        yield from _gaps(theirs["items"], mine.get("items", {}), schemas, seen | {name})
    for each, part in theirs.get("properties", {}).items():
        if each in mine.get("properties", {}):
            yield from _gaps(part, mine["properties"][each], schemas, seen | {name})
        else:
            yield f"{name}.{each}: absent"


def validator(schemas: Named, name: str) -> jsonschema_rs.Draft4Validator:
    """A check against one of these schemas."""
    root = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
    return jsonschema_rs.Draft4Validator(root, validate_formats=True)


def sentences(text: str) -> set[str]:
    """A text and each of its sentences, without case and punctuation at the end."""
    parts = [text, *re.split(r"(?<=[.!?;])\s+", text)]
    return {" ".join(part.lower().split()).rstrip(".!?; ") for part in parts}


def texts(node: object) -> Iterator[str]:
    """Every description and summary in a document."""
    if isinstance(node, list):
        for each in node:
            yield from texts(each)
    elif isinstance(node, dict):
        for name, each in node.items():
            if name in {"description", "summary"} and isinstance(each, str):
                yield each
            else:
                yield from texts(each)


def extension_faults(schemas: Named) -> list[str]:
    """What is wrong with the `x-spanco-…` keys of these schemas, in sentences."""
    faults = []
    for name, schema in schemas.items():
        attributes = schema.get("properties", {})
        managed = schema.get("x-spanco-managed", {})
        faults += [
            f"{name}: the managed {each} is no date of it." for each in managed if not _is_date(attributes, each)
        ]
        faults += [f"{name}: {each} is no moment." for each in managed.values() if each not in MOMENTS]
        for each in schema.get("x-spanco-index", ()):
            if resolved(attributes.get(each, {}), schemas)[1].get("type") != "string":
                faults.append(f"{name}: the indexed {each} is no text of it.")
        if "x-spanco-lifecycle" in schema:
            faults += [f"{name}: {fault}" for fault in _lifecycle_faults(schema, schemas)]
    return faults


def _is_date(attributes: Named, name: str) -> bool:
    return bool(attributes.get(name, {}).get("format") == "date-time")


def _lifecycle_faults(schema: Named, schemas: Named) -> list[str]:
    lifecycle, attributes = schema["x-spanco-lifecycle"], schema["properties"]
    states = set(resolved(attributes.get(lifecycle["attribute"], {}), schemas)[1].get("enum", ()))
    initial, moves, changed = lifecycle["initial"], lifecycle.get("moves"), lifecycle.get("changed")
    faults = []
    if not initial or (states and not set(initial) <= states):  # a free text has no values to be among
        faults.append(f"the initial states {initial} are not among {states}.")
    if changed is not None and schema.get("x-spanco-managed", {}).get(changed) != "moved":
        faults.append(f"{changed} is not set at a move.")
    if moves is not None:
        if set(moves) != states:
            faults.append(f"the moves do not speak of exactly the states {states}.")
        faults += [f"{state} moves to what is no state." for state, to in moves.items() if not set(to) <= states]
        faults += [f"{state} moves to itself." for state, to in moves.items() if state in to]
        if all(moves.values()):
            faults.append("no state is final.")
    return faults
