"""The operations on one resource, as the published document describes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spanco.kernel.openapi import Resource
from spanco.kernel.publish import answers
from spanco.kernel.publish.parameters import FILTERING, in_path, of_list, referred

Part = dict[str, Any]
_MOST_AT_ONCE = 1000
_POINTER = {"type": "string", "pattern": r"^(?:/(?:[^/~]|~[01])*)*$"}
_ANYTHING: Part = {"nullable": True, "description": "Any JSON value."}


def _operation(names: list[str], **members: Part) -> Part:
    properties: Part = {"op": {"type": "string", "enum": names}, **members}
    return {"type": "object", "required": ["op", *members], "properties": properties}


def _patch(place: Part, description: str) -> Part:
    kinds = [
        _operation(["add", "replace", "test"], path=place, value=_ANYTHING),
        _operation(["remove"], path=place),
        _operation(["move", "copy"], **{"from": place, "path": place}),
    ]
    return {"type": "array", "description": description, "maxItems": 500, "items": {"anyOf": kinds}}


PATCHES: Mapping[str, Part] = {
    "JsonPatch": _patch(_POINTER, "Operations that are done one after the other, all or none (RFC 6902)."),
    "JsonPatchQuery": _patch(
        {"type": "string", "description": "A JSON Pointer, or a place chosen by its content (TMF630 part 5)."},
        "JSON Patch whose paths may choose elements of an array: `/note/text?note.author=Jo` or "
        "`note[?(@.author=='Jo')].text`.",
    ),
}


@dataclass(frozen=True, slots=True)
class Shapes:
    """References to the schemas of a resource: as answered, as a POST takes it, as a merge patch takes it."""

    answered: Part
    created: Part
    changed: Part


@dataclass(frozen=True, slots=True)
class Described:
    """A resource, its schemas, and what its own document says of its operations, by `all:get` … `item:delete`."""

    resource: Resource
    shapes: Shapes
    said: Mapping[str, Mapping[str, Any]]

    @property
    def collection(self) -> str:
        """The path of the collection."""
        above = f"/{self.resource.parent}/{{{self.resource.parent}Id}}" if self.resource.parent else ""
        return f"{above}/{self.resource.name}"

    def head(self, verb: str, default: str, summary: str) -> Part:
        """Name, summary, description and tags: as the document says, else our own."""
        said = self.said.get(verb, {})
        name = self.resource.name[:1].upper() + self.resource.name[1:]
        above = self.resource.parent or ""
        head = {
            "operationId": (not above and said.get("operationId")) or f"{default}{above[:1].upper()}{above[1:]}{name}",
            "summary": said.get("summary") or summary.format(self.resource.name),
            "tags": list(said.get("tags") or [self.resource.name]),
        }
        return head | ({"description": said["description"]} if said.get("description") else {})


def on_collection(of: Described) -> Part:
    """GET, POST and PATCH of the collection."""
    path = {"parameters": in_path(of.resource, item=False)} if of.resource.parent else {}
    found: Part = {}
    if "list" in of.resource.methods:
        found["get"] = _list(of)
    if "create" in of.resource.methods:
        found["post"] = _create(of)
    if "create-many" in of.resource.methods:
        found["patch"] = _create_many(of)
    return path | found if found else {}


def on_item(of: Described) -> Part:
    """GET, PATCH and DELETE of one resource."""
    path = {"parameters": in_path(of.resource, item=True)}
    made = {"read": ("get", _read), "patch": ("patch", _change), "delete": ("delete", _delete)}
    found = {method: make(of) for verb, (method, make) in made.items() if verb in of.resource.methods}
    return path | found if found else {}


def _list(of: Described) -> Part:
    head = of.head("all:get", "list", "List the resources of type {}")
    schema = {"type": "array", "items": of.shapes.answered}
    headers = ("ETag", "X-Total-Count", "X-Result-Count", "Link", "Preference-Applied", *_spoken(of.resource))
    return head | {
        "description": "\n\n".join(part for part in (head.get("description"), FILTERING) if part),
        "parameters": of_list(of.resource),
        "responses": {
            "200": answers.answer("What matches.", schema, *headers),
            "206": answers.answer("A part of what matches, as `limit`, `offset` or a cursor asked.", schema, *headers),
            **answers.not_modified(),
            **answers.problems(),
        },
    }


def _spoken(resource: Resource) -> tuple[str, ...]:
    """The headers of an answer with labels."""
    return ("Content-Language", "Vary") if resource.label else ()


def _create(of: Described) -> Part:
    taken, answered = of.shapes.created, of.shapes.answered
    if of.resource.bulk:
        many = {"type": "array", "minItems": 1, "maxItems": _MOST_AT_ONCE}
        taken = {"anyOf": [taken, many | {"items": taken}]}
        answered = {"anyOf": [answered, {"type": "array", "items": answered}]}
    headers = ("Location",) if of.resource.bulk else ("Location", "ETag")
    preferred = _preferred(of)
    granted = ("Preference-Applied", "X-Capped") if preferred else ()
    created = answers.answer("As it was stored.", answered, *headers, *granted)
    if of.resource.bulk:
        created["headers"]["ETag"] = {
            "schema": {"type": "string"},
            "description": "Names this version; not for an array.",
        }
    links = _links(of)
    single = "create-many" not in of.resource.methods
    return of.head("all:post", "create", "Create a {}") | {
        "parameters": [*([] if single else referred("Fields", "IdempotencyKey")), *preferred],
        "requestBody": {"required": True, "content": {"application/json": {"schema": taken}}},
        "responses": {
            **_otherwise(of),
            "201": created | ({"links": links} if links else {}),
            **answers.problems("409", "422", body=True),
        },
    }


def _otherwise(of: Described) -> Part:
    """What a POST answers where nothing was created, if the document says that this can be."""
    said = of.said.get("all:post", {})
    if said.get("x-spanco-prefer"):
        headers = ("Location", "Content-Location", "ETag", "Preference-Applied", "X-Capped")
        return {"200": answers.answer("What was there already, as was preferred.", of.shapes.answered, *headers)}
    if not said.get("x-spanco-rehearsed"):
        return {}
    answered = said["responses"]["200"]
    return {"200": answers.answer(answered["description"], answered["content"]["application/json"]["schema"])}


def _preferred(of: Described) -> list[Part]:
    """The header by which a client may prefer something, if the document says so, with a description and an example."""
    said = of.said.get("all:post", {}).get("x-spanco-prefer")
    return [{"name": "Prefer", "in": "header", "schema": {"type": "string"}, **said}] if said else []


def _create_many(of: Described) -> Part:
    added = {
        "type": "object",
        "required": ["op", "path", "value"],
        "properties": {
            "op": {"type": "string", "enum": ["add"]},
            "path": {"type": "string", "enum": ["/", "/-", ""]},
            "value": of.shapes.created,
        },
    }
    taken = {"type": "array", "minItems": 1, "maxItems": _MOST_AT_ONCE, "items": added}
    head = of.head("all:patch", "createMany", "Create several of type {} together, all or none")
    return head | {
        "description": "Each operation of the JSON Patch adds one resource (TMF630 part 1, 6.2).",
        "parameters": referred("Fields"),
        "requestBody": _body({"application/json-patch+json": taken, "application/json": taken}),
        "responses": {
            "200": answers.answer("All as they were stored.", {"type": "array", "items": of.shapes.answered}),
            **answers.problems("409", body=True),
        },
    }


def _read(of: Described) -> Part:
    return of.head("item:get", "retrieve", "Read a {} by its id") | {
        "parameters": referred(
            "Fields",
            *([] if of.resource.is_view else ["AsOf"]),
            "IfNoneMatch",
            *(["AcceptLanguage"] if of.resource.label else []),
        ),
        "responses": {
            "200": answers.answer("The resource.", of.shapes.answered, "ETag", *_spoken(of.resource)),
            **(answers.moved() if "301" in of.said.get("item:get", {}).get("responses", {}) else {}),
            **answers.not_modified(),
            **answers.problems(),
        },
    }


def _change(of: Described) -> Part:
    schemas = "#/components/schemas/"
    bodies = {
        "application/merge-patch+json": of.shapes.changed,
        "application/json": of.shapes.changed,
        "application/json-patch+json": {"$ref": f"{schemas}JsonPatch"},
        "application/json-patch-query+json": {"$ref": f"{schemas}JsonPatchQuery"},
    }
    return of.head("item:patch", "patch", "Change a {}") | {
        "parameters": referred("Fields", "IfMatch"),
        "requestBody": _body(bodies),
        "responses": {
            "200": answers.answer("The resource after the change.", of.shapes.answered, "ETag"),
            **answers.problems("409", "412", body=True),
        },
    }


def _delete(of: Described) -> Part:
    return of.head("item:delete", "delete", "Delete a {}") | {
        "parameters": referred("IfMatch"),
        "responses": {**answers.gone(), **answers.problems("409", "412")},
    }


def _body(schemas: Mapping[str, Part]) -> Part:
    return {"required": True, "content": {media: {"schema": schema} for media, schema in schemas.items()}}


def _links(of: Described) -> Part:
    """From what was created to what can be done with it."""
    wanted = (
        ("read", "item:get", "retrieve"),
        ("patch", "item:patch", "patch"),
        ("delete", "item:delete", "delete"),
    )
    above = {f"{of.resource.parent}Id": f"$request.path.{of.resource.parent}Id"} if of.resource.parent else {}
    return {
        verb: {
            "operationId": of.head(key, default, "")["operationId"],
            "parameters": {**above, "id": "$response.body#/id"},
        }
        for verb, key, default in wanted
        if verb in of.resource.methods
    }
