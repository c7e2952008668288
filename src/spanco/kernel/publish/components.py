"""The schemas of the published document: those of the resources, and all that they lead to."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from spanco.kernel.openapi import Resource
from spanco.kernel.publish.schemas import HERE, SCALARS, Part, Spelling, with_beside
from spanco.kernel.schema import Schema


class Components:
    """The schemas of one document, converted where they are used."""

    def __init__(self, document: Mapping[str, Any], resources: Sequence[Resource]) -> None:
        self._spelling = Spelling(document, resources)
        self._schemas = self._spelling.schemas
        self.made: Part = dict(SCALARS)

    def answered(self, resource: Resource) -> Part:
        """A reference to the resource as it is answered."""
        attributes, _ = self._schemas.attributes(resource.schema)
        properties = {name: self._spelling.spelled(part, taken=False) for name, part in attributes.items()}
        for name in ("id", "href"):
            properties.setdefault(name, {"type": "string"})
        for name in (resource.server_owned | set(resource.managed)) & set(properties):
            properties[name] = with_beside(properties[name], {"readOnly": True})
        content = self._head(resource.schema) | {"properties": properties}
        if resource.methods != {"create"}:  # what can only be asked may be answered without being stored
            content["required"] = ["id", "href"]
        return self._placed(resource.type_name, resource, content)

    def taken_to_create(self, resource: Resource) -> Part:
        """A reference to what a POST takes."""
        attributes, _ = self._schemas.attributes(resource.create_schema)
        ignored = resource.server_owned | set(resource.managed)
        properties = {
            name: self._spelling.attribute(part, mandatory=name in resource.mandatory)
            for name, part in attributes.items()
            if name not in ignored
        }
        content = self._head(resource.create_schema) | {"properties": properties}
        if resource.mandatory:
            content["required"] = sorted(resource.mandatory)
        return self._placed(f"{resource.type_name}_Create", resource, content)

    def taken_to_change(self, resource: Resource) -> Part:
        """A reference to what a merge patch may hold: null removes, except what is mandatory or a state."""
        stored, _ = self._schemas.attributes(resource.schema)
        attributes, _ = self._schemas.attributes(resource.update_schema)
        attributes = {name: _both(part, stored.get(name, {})) for name, part in attributes.items()}
        ignored = resource.unpatchable | set(resource.managed)
        kept = set(resource.mandatory) | ({resource.lifecycle.attribute} if resource.lifecycle else set())
        properties = {
            name: self._spelling.partial(part)
            if name in resource.mandatory
            else self._spelling.attribute(part, mandatory=name in kept)
            for name, part in attributes.items()
            if name not in ignored
        }
        content = self._head(resource.update_schema) | {"properties": properties}
        return self._placed(f"{resource.type_name}_Update", resource, content)

    def complete(self, paths: list[Part]) -> Part:
        """All schemas that the paths and the schemas made so far lead to, by name."""
        waiting, found = list(_references(list(paths))), {}
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = self.made[name] if name in self.made else self._spelling.component(name)
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


def _both(changed: Schema, stored: Schema) -> Schema:
    """What holds of a changed attribute: the schema of the patch and that of the resource, which often are the same."""
    return changed if stored.items() <= changed.items() else {"allOf": [changed, stored]}


def _references(parts: list[Any]) -> Iterator[str]:
    while parts:
        part = parts.pop()
        if isinstance(part, Mapping):
            if isinstance(part.get("$ref"), str) and part["$ref"].startswith(HERE):
                yield part["$ref"].removeprefix(HERE)
            parts.extend(part.values())
        elif isinstance(part, list):
            parts.extend(part)
