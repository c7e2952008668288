"""Schemas of any OpenAPI version spelled as OpenAPI 3.0.3, once as they are answered and once as they are taken.

Answers promise little, because `fields` may leave anything out: no attribute is mandatory in them. Input promises what
`kernel.schema` and `kernel.checks` really enforce: closed objects are open, exclusive choices are plain ones, null is
absent, "true" is true, and a format that nobody checks is a remark (`x-format`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from spanco.kernel.openapi import Resource
from spanco.kernel.schema import Schema, Schemas

Part = dict[str, Any]
HERE = "#/components/schemas/"

_KEPT = frozenset(
    {"title", "description", "pattern", "minLength", "maxLength", "minimum", "maximum", "multipleOf"}
    | {"minItems", "maxItems", "deprecated", "example", "x-spanco-lifecycle"}
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


class Spelling:
    """The schemas of one document, in the spelling of 3.0.3."""

    def __init__(self, document: Mapping[str, Any], resources: Sequence[Resource]) -> None:
        """`resources` are those of the document: their own schemas are answered with `id` and `href`."""
        if "definitions" in document or "swagger" in document:
            self._named, self._pointer = document.get("definitions", {}), "#/definitions/"
        else:
            self._named, self._pointer = document.get("components", {}).get("schemas", {}), HERE
        self._modern = str(document.get("openapi", "")).startswith("3.1")
        self.schemas = Schemas(self._named, self._pointer)
        self._resources = {self.schemas.resolved(each.schema)[0] for each in resources}
        self._two_faced: frozenset[str] = frozenset()
        self._two_faced = self._found_two_faced()

    def component(self, name: str) -> Part:
        """The schema that a reference names."""
        for ending, taken in (("_Input", True), ("_Value", False)):
            of = name.removesuffix(ending)
            if of != name and of in self._named:
                return self.spelled(self._named[of], taken=taken)
        return self.spelled(self._named[name], taken=False)

    def _found_two_faced(self) -> frozenset[str]:
        """The names of the schemas that are not the same as input and as answer; they may refer to each other."""
        while True:
            found = frozenset(
                name
                for name, of in self._named.items()
                if self.spelled(of, taken=True) != self.spelled(of, taken=False)
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
        return with_beside({"$ref": HERE + name}, self.spelled(beside, taken=taken))

    def attribute(self, schema: Schema, *, mandatory: bool) -> Part:
        """An attribute as input: null, and an empty text for a date, count as absent unless it is mandatory."""
        part = self.spelled(schema, taken=True)
        _, content = self.schemas.resolved(schema)
        if mandatory:
            part = {key: value for key, value in part.items() if key != "nullable"}
            return part if _CHOOSING & set(content) else with_beside(part, {"anyOf": _ANYTHING_BUT_NULL})
        if _time_of(content):
            bare, beside = (part["allOf"][0], part) if "allOf" in part else (part, {})
            beside = {key: value for key, value in beside.items() if key != "allOf"}
            return {"nullable": True, "anyOf": [bare, {"type": "string", "enum": [""]}], **beside}
        if "enum" in part and None not in part["enum"]:
            part = part | {"enum": [*part["enum"], None]}
        return with_beside(part, {"nullable": True})

    def partial(self, schema: Schema) -> Part:
        """A mandatory attribute in a merge patch: it is there, so a part of an object may be sent alone."""
        _, content = self.schemas.resolved(schema)
        content = _flat(self.schemas, content)
        if "properties" not in content:
            return self.attribute(schema, mandatory=True)
        return {key: value for key, value in self.spelled(content, taken=True).items() if key != "required"}

    def spelled(self, schema: Schema, *, taken: bool, whole: bool = True) -> Part:
        """The schema in 3.0.3; `taken` as input. `whole` is false for a part of a choice, which is taken strictly."""
        if "$ref" in schema:
            return self._reference(schema, taken=taken)
        scalar = _time_of(schema) or ("Boolean" if schema.get("type") == "boolean" else "")
        if taken and whole and scalar:
            kept = {key: schema[key] for key in ("description", "example") if key in schema}
            return with_beside({"$ref": HERE + scalar}, kept)
        schema = _flat(self.schemas, schema)
        part: Part = {key: value for key, value in schema.items() if key in _KEPT or (taken and key in _KEPT_OF_INPUT)}
        part |= _typed(schema) | _ranged(schema)
        if "properties" in schema:
            part["properties"] = self._properties(schema, taken=taken)
        if taken and schema.get("required"):
            part["required"] = sorted(schema["required"])
        if isinstance(schema.get("items"), Mapping):
            part["items"] = self.spelled(schema["items"], taken=taken)
        elif part.get("type") == "array":
            part["items"] = {}
        for key in ("allOf", "anyOf", "oneOf"):
            if schema.get(key):
                choices = [self.spelled(each, taken=taken, whole=False) for each in schema[key]]
                part.setdefault("allOf" if key == "allOf" else "anyOf", []).extend(choices)
        return part

    def _properties(self, schema: Schema, *, taken: bool) -> Part:
        mandatory = set(schema.get("required", ()))
        if not taken:
            return {name: self.spelled(part, taken=False) for name, part in schema["properties"].items()}
        return {name: self.attribute(part, mandatory=name in mandatory) for name, part in schema["properties"].items()}


def _flat(schemas: Schemas, schema: Schema) -> Schema:
    """An object that is made of others by `allOf`, as one: what is mandatory then stands beside the attribute."""
    if not _is_made_of_objects(schemas, schema):
        return schema
    properties, mandatory = schemas.attributes(schema)
    beside = {key: value for key, value in schema.items() if key != "allOf"}
    return {**beside, "type": "object", "properties": properties, "required": sorted(mandatory)}


def _is_made_of_objects(schemas: Schemas, schema: Schema) -> bool:
    return bool(schema.get("allOf")) and all(_is_plain_object(schemas, part) for part in schema["allOf"])


def _is_plain_object(schemas: Schemas, schema: Schema) -> bool:
    _, content = schemas.resolved(schema)
    if {"anyOf", "oneOf", "enum", "not"} & set(content):
        return False
    if "properties" in content or content.get("type") == "object":
        return True
    return _is_made_of_objects(schemas, content)


def with_beside(part: Part, beside: Part) -> Part:
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
