"""Schemas of TM Forum documents made ready to check with, and shapes that bring lenient input to one spelling."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs

from spanco.kernel.errors import BadBody
from spanco.kernel.moments import canonical
from spanco.kernel.wire import Document, Json

Schema = Mapping[str, Any]
Validator = jsonschema_rs.Draft4Validator | jsonschema_rs.Draft202012Validator
_CHECKED_FORMATS = frozenset({"date-time", "date"})
_BOOLEANS = {"true": True, "false": False}
_LONGEST_QUOTE = 160


@dataclass(eq=False, slots=True)
class Shape:
    """What the schema says of one value: its lenient kind, its attributes, its elements.

    Only what changes the spelling of input is kept: date-times, dates and booleans.
    """

    kind: str = ""
    attributes: dict[str, "Shape"] = field(default_factory=dict)
    element: "Shape | None" = None

    def beside(self, other: "Shape") -> "Shape":
        """This shape, and the attributes that only the other has: those that are sent and not shown."""
        if other.attributes.keys() <= self.attributes.keys():
            return self
        return Shape(self.kind, other.attributes | self.attributes, self.element)


class Schemas:
    """The named schemas of one document, resolved, checked and shaped on demand."""

    def __init__(self, named: Mapping[str, Schema], pointer: str) -> None:
        """`named` are the schemas; `pointer` is where references find them, e.g. `#/definitions/`."""
        self._named = named
        self._pointer = pointer
        self._shapes: dict[str, Shape] = {}
        self._checkable = {name: _checkable(schema) for name, schema in named.items()}

    def resolved(self, schema: Schema) -> tuple[str, Schema]:
        """The name ("" when it has none) and the content of a schema that may be a reference."""
        name = ""
        while "$ref" in schema:
            name = str(schema["$ref"]).removeprefix(self._pointer)
            if name not in self._named:
                sentence = f"the document refers to a schema '{name}' that it does not define"
                raise ValueError(sentence)
            schema = self._named[name]
        return name, schema

    def attributes(self, schema: Schema) -> tuple[dict[str, Schema], set[str]]:
        """The attributes of an object schema with those of its `allOf` parts, and the mandatory names."""
        _, schema = self.resolved(schema)
        attributes: dict[str, Schema] = {}
        mandatory: set[str] = set(schema.get("required", ()))
        for part in schema.get("allOf", ()):
            inherited, demanded = self.attributes(part)
            attributes |= inherited
            mandatory |= demanded
        return attributes | dict(schema.get("properties", {})), mandatory

    def validator(self, schema: Schema, mandatory: AbstractSet[str], *, modern: bool) -> Validator:
        """A compiled check of documents: the schema as it is, but with these attributes mandatory."""
        attributes, _ = self.attributes(schema)
        root: dict[str, Any] = {
            "type": "object",
            "properties": {name: _checkable(part) for name, part in attributes.items()},
        }
        if mandatory:  # draft 4 forbids an empty list
            root["required"] = sorted(mandatory)
        where = root
        *folders, last = self._pointer.strip("#/").split("/")
        for folder in folders:
            where = where.setdefault(folder, {})
        where[last] = self._reached(root["properties"])
        kind = jsonschema_rs.Draft202012Validator if modern else jsonschema_rs.Draft4Validator
        return kind(root, validate_formats=True, ignore_unknown_formats=True)

    def _reached(self, schema: object) -> dict[str, object]:
        """The named schemas that a schema leads to: a check that held those of the whole document would be heavy."""
        found: dict[str, object] = {}
        ahead = [schema]
        while ahead:
            for name in _references(ahead.pop(), self._pointer):
                if name in self._checkable and name not in found:
                    found[name] = self._checkable[name]
                    ahead.append(found[name])
        return found

    def shape(self, schema: Schema) -> Shape:
        """The shape of a schema; schemas that refer to themselves give shapes that do."""
        name, schema = self.resolved(schema)
        if name in self._shapes:
            return self._shapes[name]
        shape = Shape(kind=_kind(schema))
        if name:
            self._shapes[name] = shape
        for part in (schema, *schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
            _, part_schema = self.resolved(part)
            inner = part_schema.get("properties", {}) if part is schema else self.attributes(part)[0]
            for attribute, of in inner.items():
                shape.attributes.setdefault(attribute, self.shape(of))
        if isinstance(schema.get("items"), Mapping):
            shape.element = self.shape(schema["items"])
        return shape


def _kind(schema: Schema) -> str:
    if schema.get("type") == "boolean":
        return "boolean"
    if schema.get("type") == "string" and schema.get("format") in _CHECKED_FORMATS:
        return str(schema["format"])
    return ""


def _references(schema: object, pointer: str) -> Iterator[str]:
    """The names of the schemas that a schema refers to."""
    if isinstance(schema, list):
        for part in schema:
            yield from _references(part, pointer)
    elif isinstance(schema, Mapping):
        for key, part in schema.items():
            if key == "$ref" and isinstance(part, str):
                yield part.removeprefix(pointer)
            else:
                yield from _references(part, pointer)


def _checkable(schema: object) -> object:
    """The schema with what would refuse honest input taken out: closed objects, exclusive choices, odd formats."""
    if isinstance(schema, list):
        return [_checkable(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept: dict[str, Any] = {}
    for key, value in schema.items():
        if key in {"additionalProperties", "example", "examples", "default", "discriminator", "xml", "readOnly"}:
            continue
        if key == "properties":
            kept[key] = {name: _checkable(part) for name, part in value.items()}
        elif key == "format" and value not in _CHECKED_FORMATS:
            continue
        elif key == "enum":
            kept[key] = value
        else:
            kept["anyOf" if key == "oneOf" else key] = _checkable(value)
    if kept.pop("nullable", False) and isinstance(kept.get("type"), str):
        kept["type"] = [kept["type"], "null"]
    return kept


def spelled(value: Json, shape: Shape, where: str = "") -> Json:
    """The value in its one spelling: canonical date-times, real booleans, no empty dates, no null attributes.

    Attributes that the schema does not know stay as they are: they are extensions.
    """
    if isinstance(value, dict):
        return _spelled_object(value, shape, where)
    if isinstance(value, list):
        if shape.element is None:
            return value
        return [spelled(each, shape.element, f"{where}[{index}]") for index, each in enumerate(value)]
    if isinstance(value, str) and shape.kind:
        return _spelled_text(value, shape.kind)
    return value


def _spelled_object(value: Document, shape: Shape, where: str) -> Document:
    known = shape.attributes
    if not known:
        return value
    result: Document = {}
    for name, each in value.items():
        of = known.get(name)
        if of is None:
            result[name] = each
        elif each is None or (each == "" and of.kind in _CHECKED_FORMATS):
            continue
        elif isinstance(each, str):
            result[name] = _spelled_text(each, of.kind) if of.kind else each
        else:
            result[name] = spelled(each, of, f"{where}.{name}" if where else name)
    if "startDateTime" in known and "endDateTime" in known:
        _check_period(result, where)
    return result


def _spelled_text(value: str, kind: str) -> Json:
    if kind == "boolean":
        return _BOOLEANS.get(value, value)
    if kind == "date-time":
        return canonical(value) or value
    return value


def _check_period(period: Document, where: str) -> None:
    start, end = period.get("startDateTime"), period.get("endDateTime")
    if isinstance(start, str) and isinstance(end, str) and end < start:
        raise BadBody(where, "the period ends before it starts; swap or correct its two dates.")


def check(document: Document, validator: Validator) -> None:
    """Raise `BadBody` that names the first place where the document breaks the schema."""
    if validator.is_valid(document):
        return
    error = next(iter(validator.iter_errors(document)))
    raise BadBody(path_of(error.instance_path), _sentence(error.message))


def path_of(steps: list[str | int]) -> str:
    """A place in a document as people write it: `relatedParty[0].id`."""
    return "".join(_path_steps(steps)).removeprefix(".")


def _path_steps(steps: list[str | int]) -> Iterator[str]:
    for step in steps:
        yield f"[{step}]" if isinstance(step, int) else f".{step}"


def _sentence(message: str) -> str:
    text = message if len(message) <= _LONGEST_QUOTE else f"…{message[-_LONGEST_QUOTE:]}"
    return f"{text}."
