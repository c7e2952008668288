"""An OpenAPI document of a TM Forum API (Swagger 2.0, OpenAPI 3.0 and 3.1) read as `Api` and `Resource` values."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from spanco.kernel.labels import Labelled, labelled_of
from spanco.kernel.lifecycle import Lifecycle, lifecycle_of
from spanco.kernel.patch import merge
from spanco.kernel.schema import Schema, Schemas, Shape, Validator

_HUB = "hub"
_IDENTITY = frozenset({"id", "href"})
_FIXED = _IDENTITY | {"@type", "@baseType"}
_API_NUMBER = re.compile(r"TMF[ _-]?(\d{3})", re.IGNORECASE)
_ITEM = re.compile(r"\{[^}]+\}")
_EVENT_ENDINGS = {
    "CreateEvent": "create",
    "AttributeValueChangeEvent": "attribute",
    "StateChangeEvent": "state",
    "StatusChangeEvent": "state",
    "DeleteEvent": "delete",
}


class BadDocument(Exception):
    """The file is not an OpenAPI document of an API that can be served."""


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind a face: resources of this kind; those in one parent where they are nested."""

    kind: str
    parent: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """One resource of an API: what may be done with it and what a document of it must be."""

    name: str
    kind: str
    parent: str | None
    type_name: str
    methods: frozenset[str]
    bulk: bool
    schema: Schema
    create_schema: Schema
    update_schema: Schema
    server_owned: frozenset[str]
    mandatory: frozenset[str]
    unpatchable: frozenset[str]
    managed: Mapping[str, str]
    lifecycle: Lifecycle | None
    indexed: tuple[str, ...]
    numeric: frozenset[tuple[str, ...]]
    events: Mapping[str, str]
    shape: Shape
    sent: Shape
    create_check: Validator
    change_check: Validator
    stored_check: Validator
    is_view: bool
    is_event: bool
    label: Labelled | None
    identity: str
    validity: tuple[str, ...]
    behind: Behind | None = None

    @property
    def is_hub(self) -> bool:
        """Whether it is what TMF630 gives to every API to subscribe with."""
        return self.name == _HUB

    @property
    def always(self) -> frozenset[str]:
        """The attributes that no stored document lacks."""
        state = {self.lifecycle.attribute} if self.lifecycle and self.lifecycle.initial else set()
        return _lasting(self.mandatory, self.shape.attributes) | self.managed.keys() | state

    @property
    def parent_kind(self) -> str | None:
        """The kind of the resource that this one is nested in."""
        return self.kind.rpartition(".")[0] if self.parent else None


@dataclass(frozen=True, slots=True, eq=False)
class Api:
    """One served API: where it stands and which resources it has."""

    key: str
    api_id: str
    title: str
    version: str
    base_path: str
    aliases: tuple[str, ...]
    resources: Mapping[str, Resource]
    document: Mapping[str, Any]


def load(document: object, overlays: Sequence[Mapping[str, Any]] = ()) -> Api:
    """Read a document, completed by the overlay that matches its title; `BadDocument` says what is wrong with it."""
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        raise BadDocument("It has no 'paths': an OpenAPI document in JSON is needed.")
    info = document.get("info", {})
    overlay = next((each for each in overlays if _belongs(each["match"], document)), {})
    document = _overlaid(document, overlay)
    base_path = _base_path(document)
    key = document.get("x-spanco-key") or overlay.get("key") or _key(base_path)
    try:
        resources = _Reader(document, key).resources()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        sentence = f"It cannot be read as an OpenAPI document: {error}"
        raise BadDocument(sentence) from error
    if not resources:
        raise BadDocument("It describes no resource: no path of the form /name or /name/{id} was found.")
    number = _API_NUMBER.search(f"{info.get('title')} {info.get('description')}")
    api_id = info.get("x-api-id") or overlay.get("apiId") or (f"TMF{number[1]}" if number else key)
    aliases = tuple(document.get("x-spanco-alias", ()))
    version = str(info.get("version", "0"))
    return Api(key, api_id, str(info.get("title", key)), version, base_path, aliases, resources, document)


def _belongs(match: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """Whether an overlay is meant for this document: the title, the major version and the resources are its own."""
    info = document.get("info", {})
    return (
        match["title"] == info.get("title")
        and str(info.get("version", "")).split(".")[0] == match["version"]
        and {step for path in document["paths"] for step in path.split("/")}.issuperset(match["resources"])
    )


def _overlaid(document: Mapping[str, Any], overlay: Mapping[str, Any]) -> Mapping[str, Any]:
    schemas = overlay.get("schemas")
    if not schemas:
        return document
    change: Any = {"definitions": schemas} if "definitions" in document else {"components": {"schemas": schemas}}
    return merge(dict(document), change)


def _base_path(document: Mapping[str, Any]) -> str:
    if "basePath" in document:
        path = str(document["basePath"])
    else:
        servers = document.get("servers") or [{"url": "/"}]
        path = urlsplit(_server_url(servers[0])).path
    return "/" + path.strip("/") if path.strip("/") else ""


def _server_url(server: Mapping[str, Any]) -> str:
    """The URL of a server with its variables at their defaults; a variable without one is a host."""
    variables = server.get("variables", {})

    def default(found: re.Match[str]) -> str:
        return str(variables.get(found[0].strip("{}"), {}).get("default", "x"))

    return _ITEM.sub(default, str(server["url"]))


def _key(base_path: str) -> str:
    parts = [part for part in base_path.split("/") if part and not re.fullmatch(r"v\d+", part)]
    return parts[-1] if parts else "api"


class _Reader:
    """Reads the resources of one document."""

    def __init__(self, document: Mapping[str, Any], key: str) -> None:
        self._document = document
        self._paths: Mapping[str, Any] = document["paths"]
        self._key = key
        self._modern = str(document.get("openapi", "")).startswith("3.1")
        if "definitions" in document or "swagger" in document:
            self._schemas = Schemas(document.get("definitions", {}), "#/definitions/")
        else:
            self._schemas = Schemas(document.get("components", {}).get("schemas", {}), "#/components/schemas/")
        self._listeners = [path.rsplit("/", 1)[-1] for path in self._paths if "/listener/" in path]

    def resources(self) -> dict[str, Resource]:
        """The resources by their collection path, e.g. `processFlow` or `processFlow/{}/taskFlow`."""
        found: dict[str, dict[str, Any]] = {}
        for path, operations in self._paths.items():
            steps = [_ITEM.sub("{}", step) for step in path.strip("/").split("/")]
            if "listener" in steps or not steps[0] or operations.get("x-spanco-page"):
                continue
            is_item = steps[-1] == "{}"
            collection = "/".join(steps[:-1] if is_item else steps)
            for verb, operation in operations.items():
                if isinstance(operation, Mapping):
                    found.setdefault(collection, {})[("item:" if is_item else "all:") + verb] = operation
        return {collection: self._resource(collection, operations) for collection, operations in found.items()}

    def _resource(self, collection: str, operations: Mapping[str, Any]) -> Resource:
        *above, name = collection.split("/")
        parent = above[0] if above else None
        schema = self._answer(operations)
        create_schema = self._body(operations.get("all:post", {})) or schema
        update_schema = self._body(operations.get("item:patch", {})) or schema
        attributes, _ = self._schemas.attributes(schema)
        created, mandatory = self._schemas.attributes(create_schema)
        updated, _ = self._schemas.attributes(update_schema)
        type_name, content = self._schemas.resolved(schema)
        managed = dict(content.get("x-spanco-managed", {}))
        # A face may let the client choose the id.
        identity = _IDENTITY - set(created) if "x-spanco-face" in content else _IDENTITY
        owned = (set(attributes) - set(created) if create_schema is not schema else set(managed)) | identity
        mandatory -= owned | {"@type"} | set(managed)
        captured = {name for name, kept in managed.items() if kept == "created"}
        return Resource(
            name=name,
            kind=".".join(part for part in (self._key, parent, name) if part),
            parent=parent,
            type_name=type_name or name[:1].upper() + name[1:],
            methods=_methods(operations, content, name, parent),
            bulk=bool(operations.get("all:post", {}).get("x-spanco-bulk", False)),
            schema=schema,
            create_schema=create_schema,
            update_schema=update_schema,
            server_owned=frozenset(owned),
            mandatory=frozenset(mandatory),
            unpatchable=frozenset(set(attributes) - set(updated)) | _FIXED | captured,
            managed=managed,
            lifecycle=lifecycle_of(content),
            numeric=frozenset(self._numeric(schema)),
            events=self._events(name),
            shape=self._schemas.shape(schema),
            sent=self._schemas.shape(schema).beside(self._schemas.shape(create_schema)),
            create_check=self._schemas.validator(create_schema, mandatory, modern=self._modern),
            change_check=self._schemas.validator(update_schema, set(), modern=self._modern),
            stored_check=self._schemas.validator(schema, _lasting(mandatory, attributes), modern=self._modern),
            **_marks(content),
        )

    def _answer(self, operations: Mapping[str, Any]) -> Schema:
        """The schema of one resource: what reading, creating or listing it answers."""
        for verb in ("item:get", "all:post", "item:patch", "all:get"):
            answers = operations.get(verb, {}).get("responses", {})
            for status in ("200", "201", "202"):
                schema = _content(self._part(answers.get(status, {})))
                if schema:
                    _, resolved = self._schemas.resolved(schema)
                    return resolved["items"] if resolved.get("type") == "array" else schema
        return {"type": "object"}

    def _body(self, operation: Mapping[str, Any]) -> Schema | None:
        for parameter in map(self._part, operation.get("parameters", ())):
            if parameter.get("in") == "body":
                return self._single(parameter.get("schema"))
        return self._single(_content(self._part(operation.get("requestBody", {}))))

    def _part(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        """A request body, an answer or a parameter; it may be a reference to a component of the document."""
        while "$ref" in part:
            found: Any = self._document
            for step in str(part["$ref"]).removeprefix("#/").split("/"):
                found = found[step]
            part = found
        return part

    def _single(self, schema: Schema | None) -> Schema | None:
        """The schema of one document where a body may be one or many."""
        if schema is None:
            return None
        choices = schema.get("oneOf", schema.get("anyOf", ()))
        one = (choice for choice in choices if self._schemas.resolved(choice)[1].get("type") != "array")
        return next(one, schema)

    def _numeric(self, schema: Schema, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
        """The paths of numbers outside arrays, two levels deep: they are sorted as numbers."""
        found = []
        for name, part in self._schemas.attributes(schema)[0].items():
            _, content = self._schemas.resolved(part)
            if content.get("type") in ("number", "integer"):
                found.append((*above, name))
            elif not above:
                found += self._numeric(part, (name,))
        return found

    def _events(self, name: str) -> dict[str, str]:
        """The declared event types of a resource by the change that raises them."""
        found = {}
        for listener in self._listeners:
            change = _EVENT_ENDINGS.get(listener.removeprefix(name))
            if listener.startswith(name) and change:
                found[change] = listener[:1].upper() + listener[1:]
        return found


def _lasting(mandatory: AbstractSet[str], attributes: Mapping[str, object]) -> frozenset[str]:
    """The mandatory attributes that are kept: what a client must say, and no answer shows, is used up by the write."""
    return frozenset(name for name in mandatory if name in attributes or not attributes)


def _marks(content: Schema) -> dict[str, Any]:
    """What a resource schema says of itself with `x-spanco-…` keys."""
    face = content.get("x-spanco-face")
    return {
        "indexed": tuple(content.get("x-spanco-index", ())),
        "is_view": bool(content.get("x-spanco-view", False)),
        "is_event": bool(content.get("x-spanco-event", False)),
        "label": labelled_of(content),
        "identity": str(content.get("x-spanco-identity", "")),
        "validity": tuple(content.get("x-spanco-validity", ())),
        "behind": Behind(face["of"], face.get("parent")) if face else None,
    }


_METHODS = {
    "all:get": "list",
    "all:post": "create",
    "item:get": "read",
    "item:patch": "patch",
    "item:delete": "delete",
}


def _methods(operations: Mapping[str, Any], content: Schema, name: str, parent: str | None) -> frozenset[str]:
    """What can be done with a resource.

    Hubs can be listed and read on every API, although v4 documents declare only POST and DELETE. What can be created
    can be created together (TMF630 part 1, 6.2), unless it is a hub or the document says one by one.
    """
    methods = {_METHODS[verb] for verb in operations if verb in _METHODS}
    if name == _HUB:
        methods |= {"list", "read"} if parent is None else set()
    elif "create" in methods and "x-spanco-single" not in content:
        methods.add("create-many")
    return frozenset(methods)


def _content(part: Mapping[str, Any]) -> Schema | None:
    """The schema of a body or an answer in Swagger 2.0 or OpenAPI 3 spelling."""
    if "schema" in part:
        return part["schema"]  # type: ignore[no-any-return]
    schemas = [content.get("schema") for media, content in part.get("content", {}).items() if "json" in media]
    return next((schema for schema in schemas if schema), None)
