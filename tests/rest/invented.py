"""Documents invented from the create shape of a resource: every mandatory attribute, and no other."""

from collections.abc import Mapping
from typing import Any

from spanco.kernel.openapi import Api, Resource
from spanco.kernel.schema import Schemas


def document_for(api: Api, resource: Resource) -> dict[str, Any]:
    """The smallest body that creates this resource."""
    document = api.document
    if "definitions" in document:
        schemas = Schemas(document["definitions"], "#/definitions/")
    else:
        schemas = Schemas(document["components"]["schemas"], "#/components/schemas/")
    attributes, mandatory = schemas.attributes(resource.create_schema)
    wanted = sorted(mandatory - resource.server_owned)
    body = {name: _value(schemas, attributes.get(name, {})) for name in wanted}
    return body | ({"callback": "https://listener.example/"} if "callback" in body else {})


def _value(schemas: Schemas, schema: Mapping[str, Any]) -> Any:
    _, content = schemas.resolved(schema)
    if "enum" in content:
        return content["enum"][0]
    match content.get("type"):
        case "array":
            return [_value(schemas, content["items"])] * max(1, content.get("minItems", 1))
        case "object":
            attributes, mandatory = schemas.attributes(schema)
            return {name: _value(schemas, attributes.get(name, {})) for name in sorted(mandatory)}
        case "boolean":
            return True
        case "integer" | "number":
            return 1
        case _:
            return "2026-01-01T00:00:00.000Z" if content.get("format") == "date-time" else "x"
