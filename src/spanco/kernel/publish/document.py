"""The whole published document of an API, made from its `Api` value."""

import re
from collections.abc import Mapping
from typing import Any

from spanco.kernel.openapi import Api, Resource
from spanco.kernel.publish.answers import ERROR, HEADERS, problems, responses
from spanco.kernel.publish.components import Components
from spanco.kernel.publish.operations import PATCHES, Described, Shapes, on_collection, on_item
from spanco.kernel.publish.parameters import PARAMETERS

Part = dict[str, Any]
_PLACE = re.compile(r"\{[^}]+\}")


def published(api: Api, root: str) -> Part:
    """The document of an API as it is served under `root`, e.g. `https://sales.example.com`; always the same."""
    components = Components(api.document, list(api.resources.values()))
    components.made |= {**PATCHES, "Error": ERROR}
    paths: Part = {}
    for collection, resource in api.resources.items():
        described = _described(components, resource, _said(api.document, collection))
        for path, operations in (
            (described.collection, on_collection(described)),
            (f"{described.collection}/{{id}}", on_item(described)),
        ):
            if operations:
                paths[path] = operations
    paths |= _pages(api.document)
    return {
        "openapi": "3.0.3",
        "info": _info(api),
        "servers": [{"url": f"{root}{base}"} for base in (api.base_path, *api.aliases)],
        "tags": [{"name": name} for name in dict.fromkeys(_tags(paths))],
        "security": [{}, {"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": components.complete([paths, {"$ref": "#/components/schemas/Error"}]),
            "parameters": dict(PARAMETERS),
            "headers": dict(HEADERS),
            "responses": responses(),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _pages(document: Mapping[str, Any]) -> Part:
    """What is served by code of its own: as the document describes it, with the problems that all share."""
    pages = {path: item for path, item in document["paths"].items() if item.get("x-spanco-page")}
    return {
        path: {
            key: {**of, "responses": {**of["responses"], **_problems_of(key, of)}} if isinstance(of, Mapping) else of
            for key, of in item.items()
            if key != "x-spanco-page"
        }
        for path, item in pages.items()
    }


def _problems_of(method: str, operation: Mapping[str, Any]) -> Part:
    """What can be wrong with a call of a page; one that does something may come at the wrong time."""
    return problems(*(() if method == "get" else ("409",)), body="requestBody" in operation)


def _described(components: Components, resource: Resource, said: Mapping[str, Mapping[str, Any]]) -> Described:
    created = components.taken_to_create(resource) if "create" in resource.methods else {}
    changed = components.taken_to_change(resource) if "patch" in resource.methods else {}
    return Described(resource, Shapes(components.answered(resource), created, changed), said)


def _info(api: Api) -> Part:
    said = api.document.get("info", {})
    kept = {key: said[key] for key in ("description", "license", "contact", "termsOfService") if said.get(key)}
    return {"title": api.title, "version": api.version, "x-api-id": api.api_id, **kept}


def _said(document: Mapping[str, Any], collection: str) -> dict[str, Mapping[str, Any]]:
    """What the document says of the operations on a collection and its items."""
    said: dict[str, Mapping[str, Any]] = {}
    for path, operations in document["paths"].items():
        place = _PLACE.sub("{}", path.strip("/"))
        if place in {collection, f"{collection}/{{}}"}:
            on = "all" if place == collection else "item"
            said |= {f"{on}:{method}": of for method, of in operations.items() if isinstance(of, Mapping)}
    return said


def _tags(paths: Part) -> list[str]:
    operations = [of for path in paths.values() for of in path.values() if isinstance(of, Mapping)]
    return [tag for operation in operations for tag in operation["tags"]]
