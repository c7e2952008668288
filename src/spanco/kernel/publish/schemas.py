"""Schemas of any OpenAPI version spelled as OpenAPI 3.0.3, once as they are answered and once as they are taken.

Answers promise little, because `fields` may leave anything out: no attribute is mandatory in them. Input promises what
`kernel.schema` and `kernel.checks` really enforce: closed objects are open, exclusive choices are plain ones, null is
absent, "true" is true, and a format that nobody checks is a remark (`x-format`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from spanco.kernel.openapi import Resource
from spanco.kernel.schema import Schema, Schemas

Part = dict[str, Any]
HERE = "#/components/schemas/"

_KEPT = frozenset(
    "title description pattern minLength maxLength minimum maximum multipleOf minItems maxItems deprecated example "
    "x-spanco-lifecycle".split()
)
# A selection of attributes can break these, so an answer does not promise them.
_KEPT_OF_INPUT = frozenset({"uniqueItems", "minProperties", "maxProperties"})
_CHOOSING = frozenset({"type", "enum", "const", "allOf", "anyOf", "oneOf"})
_ANYTHING_BUT_NULL = [{"type": kind} for kind in ("string", "number", "boolean", "object")] + [
    {"type": "array", "items": {}}
]
_TIMES = {"date-time": "DateTime", "date": "Date"}

SCALARS: Mapping[str, Part] = {
    "Boolean": {
        "description": "true or false; the texts of the same spelling are taken for them.",
        "anyOf": [{"type": "boolean"}, {"type": "string", "enum": ["true", "false"]}],
        "example": True,
    },
    "DateTime": {
        "description": "A date-time as RFC 3339 spells it; a date alone is its midnight, and UTC is meant where no "
        "offset stands. It is answered in UTC with milliseconds and `Z`.",
        "anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}],
        "example": "2026-03-03T08:15:00.000Z",
    },
    "Date": {"type": "string", "format": "date", "example": "2026-03-03"},
}


class Components:
    """The schemas of one document, converted where they are used."""

    def __init__(self, document: Mapping[str, Any], resources: list[Resource]) -> None:
        """`resources` are those of the document: their own schemas are answered with `id` and `href`."""
        if "definitions" in document or "swagger" in document:
            self._named, self._pointer = document.get("definitions", {}), "#/definitions/"
        else:
            self._named, self._pointer = document.get("components", {}).get("schemas", {}), HERE
        self._modern = str(document.get("openapi", "")).startswith("3.1")
        self._schemas = Schemas(self._named, self._pointer)
        self._resources = {self._schemas.resolved(each.schema)[0] for each in resources}
        self._two_faced: frozenset[str] = frozenset()
        self._two_faced = self._found_two_faced()
        self.made: Part = dict(SCALARS)

    def answered(self, resource: Resource) -> Part:
        """A reference to the resource as it is answered."""
        attributes, _ = self._schemas.attributes(resource.schema)
        properties = {name: self._spelled(part, taken=False) for name, part in attributes.items()}
        for name in ("id", "href"):
            properties.setdefault(name, {"type": "string"})
        for name in (resource.server_owned | set(resource.managed)) & set(properties):
            properties[name] = _with(properties[name], {"readOnly": True})
        content = self._head(resource.schema) | {"required": ["id", "href"], "properties": properties}
        return self._placed(resource.type_name, resource, content)

    def taken_to_create(self, resource: Resource) -> Part:
        """A reference to what a POST takes."""
        attributes, _ = self._schemas.attributes(resource.create_schema)
        ignored = resource.server_owned | set(resource.managed)
        properties = {
            name: self._attribute(part, mandatory=name in resource.mandatory)
            for name, part in attributes.items()
            if name not in ignored
        }
        content = self._head(resource.create_schema) | {"properties": properties}
        if resource.mandatory:
            content["required"] = sorted(resource.mandatory)
        return self._placed(f"{resource.type_name}_Create", resource, content)

    def taken_to_change(self, resource: Resource) -> Part:
        """A reference to what a merge patch may hold: null removes, except what is mandatory or a state."""
        attributes, _ = self._schemas.attributes(resource.update_schema)
        ignored = resource.unpatchable | set(resource.managed)
        kept = set(resource.mandatory) | ({resource.lifecycle.attribute} if resource.lifecycle else set())
        properties = {
            name: self._partial(part) if name in resource.mandatory else self._attribute(part, mandatory=name in kept)
            for name, part in attributes.items()
            if name not in ignored
        }
        content = self._head(resource.update_schema) | {"properties": properties}
        return self._placed(f"{resource.type_name}_Update", resource, content)

    def complete(self, paths: Any) -> Part:
        """All schemas that the paths and the schemas made so far lead to, by name."""
        waiting, found = list(_references([paths])), {}
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = self.made[name] if name in self.made else self._component(name)
                waiting.extend(_references([found[name]]))
        return dict(sorted(found.items()))

    def _head(self, schema: Schema) -> Part:
        _, content = self._schemas.resolved(schema)
        kept = ("description", "example", "x-spanco-lifecycle")
        return {"type": "object"} | {key: content[key] for key in kept if key in content}

    def _placed(self, name: str, resource: Resource, content: Part) -> Part:
        if self.made.get(name, content) != content and resource.parent:
            name = f"{resource.parent[:1].upper()}{resource.parent[1:]}{name}"
        self.made[name] = content
        return {"$ref": HERE + name}

    def _component(self, name: str) -> Part:
        for ending, taken in (("_Input", True), ("_Value", False)):
            of = name.removesuffix(ending)
            if of != name and of in self._named:
                return self._spelled(self._named[of], taken=taken)
        return self._spelled(self._named[name], taken=False)

    def _found_two_faced(self) -> frozenset[str]:
        """The names of the schemas that are not the same as input and as answer; they may refer to each other."""
        while True:
            found = frozenset(
                name for name, of in self._named.items() if self._spelled(of, taken=True) != self._spelled(of, taken=False)
            )
            if found == self._two_faced:
                return found
            self._two_faced = found

    def _reference(self, schema: Schema, *, taken: bool) -> Part:
        name = str(schema["$ref"]).removeprefix(self._pointer)
        if taken and name in self._two_faced:
            name += "_Input"
        elif name in self._resources:
            name += "_Value"
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        if not self._modern:  # only the description may stand beside a reference
            beside = {key: value for key, value in beside.items() if key == "description"}
        return _with({"$ref": HERE + name}, self._spelled(beside, taken=taken))

    def _attribute(self, schema: Schema, *, mandatory: bool) -> Part:
        """An attribute as input: null, and an empty text for a date, count as absent unless it is mandatory."""
        part = self._spelled(schema, taken=True)
        _, content = self._schemas.resolved(schema)
        if mandatory:
            part = {key: value for key, value in part.items() if key != "nullable"}
            return part if _CHOOSING & set(content) else _with(part, {"anyOf": _ANYTHING_BUT_NULL})
        if _time_of(content):
            bare, beside = (part["allOf"][0], part) if "allOf" in part else (part, {})
            beside = {key: value for key, value in beside.items() if key != "allOf"}
            return {"nullable": True, "anyOf": [bare, {"type": "string", "enum": [""]}], **beside}
        if "enum" in part and None not in part["enum"]:
            part = part | {"enum": [*part["enum"], None]}
        return _with(part, {"nullable": True})

    def _partial(self, schema: Schema) -> Part:
        """A mandatory attribute in a merge patch: it is there, so a part of an object may be sent alone."""
        _, content = self._schemas.resolved(schema)
        content = self._flat(content)
        if "properties" not in content:
            return self._attribute(schema, mandatory=True)
        return {key: value for key, value in self._spelled(content, taken=True).items() if key != "required"}

    def _spelled(self, schema: Schema, *, taken: bool, whole: bool = True) -> Part:
        """The schema in 3.0.3; `taken` as input. `whole` is false for a part of a choice, which is taken strictly."""
        if "$ref" in schema:
            return self._reference(schema, taken=taken)
        scalar = _time_of(schema) or ("Boolean" if schema.get("type") == "boolean" else "")
        if taken and whole and scalar:
            kept = {key: schema[key] for key in ("description", "example") if key in schema}
            return _with({"$ref": HERE + scalar}, kept)
        schema = self._flat(schema)
        part: Part = {key: value for key, value in schema.items() if key in _KEPT or (taken and key in _KEPT_OF_INPUT)}
        part |= _typed(schema) | _ranged(schema)
        if "properties" in schema:
            part["properties"] = self._properties(schema, taken=taken)
        if taken and schema.get("required"):
            part["required"] = sorted(schema["required"])
        if isinstance(schema.get("items"), Mapping):
            part["items"] = self._spelled(schema["items"], taken=taken)
        elif part.get("type") == "array":
            part["items"] = {}
        for key in ("allOf", "anyOf", "oneOf"):
            if schema.get(key):
                choices = [self._spelled(each, taken=taken, whole=False) for each in schema[key]]
                part.setdefault("allOf" if key == "allOf" else "anyOf", []).extend(choices)
        return part

    def _properties(self, schema: Schema, *, taken: bool) -> Part:
        mandatory = set(schema.get("required", ()))
        if not taken:
            return {name: self._spelled(part, taken=False) for name, part in schema["properties"].items()}
        return {
            name: self._attribute(part, mandatory=name in mandatory) for name, part in schema["properties"].items()
        }

    def _flat(self, schema: Schema) -> Schema:
        """An object that is made of others by `allOf`, as one: what is mandatory then stands beside the attribute."""
        if not self._is_made_of_objects(schema):
            return schema
        properties, mandatory = self._schemas.attributes(schema)
        beside = {key: value for key, value in schema.items() if key != "allOf"}
        return {**beside, "type": "object", "properties": properties, "required": sorted(mandatory)}

    def _is_made_of_objects(self, schema: Schema) -> bool:
        return bool(schema.get("allOf")) and all(self._is_plain_object(part) for part in schema["allOf"])

    def _is_plain_object(self, schema: Schema) -> bool:
        _, content = self._schemas.resolved(schema)
        if {"anyOf", "oneOf", "enum", "not"} & set(content):
            return False
        return "properties" in content or content.get("type") == "object" or self._is_made_of_objects(content)


def _with(part: Part, beside: Part) -> Part:
    """The part with more beside it; beside a reference nothing may stand, so it moves into an `allOf`."""
    if not beside:
        return part
    return ({"allOf": [part]} if "$ref" in part else part) | beside


def _time_of(schema: Schema) -> str:
    return _TIMES.get(str(schema.get("format")), "") if schema.get("type") == "string" else ""


def _typed(schema: Schema) -> Part:
    """`type`, `nullable`, `enum` and `format`: 3.1 has lists of types and constants, 3.0 does not."""
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    part: Part = {"nullable": True} if "null" in kinds or schema.get("nullable") is True else {}
    kinds = [kind for kind in kinds if kind != "null"]
    if len(kinds) == 1:
        part["type"] = kinds[0]
    elif kinds:
        part["anyOf"] = [{"type": kind} | ({"items": {}} if kind == "array" else {}) for kind in kinds]
    if "enum" in schema:
        part["enum"] = list(schema["enum"])
    elif "const" in schema:
        part["enum"] = [schema["const"]]
    if "format" in schema:
        part["format" if _time_of(schema) else "x-format"] = schema["format"]
    if schema.get("examples") and "example" not in schema and isinstance(schema["examples"], list):
        part["example"] = schema["examples"][0]
    return part


def _ranged(schema: Schema) -> Part:
    """Exclusive bounds, which are numbers in 3.1 and remarks on `minimum` and `maximum` in 3.0."""
    part: Part = {}
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        value = schema.get(exclusive)
        if isinstance(value, bool):
            part[exclusive] = value
        elif value is not None:
            part |= {bound: value, exclusive: True}
    return part


def _references(parts: list[Any]) -> Iterator[str]:
    while parts:
        part = parts.pop()
        if isinstance(part, Mapping):
            if isinstance(part.get("$ref"), str) and part["$ref"].startswith(HERE):
                yield part["$ref"].removeprefix(HERE)
            parts.extend(part.values())
        elif isinstance(part, list):
            parts.extend(part)
