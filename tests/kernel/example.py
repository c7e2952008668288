"""An invented API in the v5 manner (OpenAPI 3.1, `_FVO`/`_MVO`, polymorphism, nesting) and one in the v4 manner."""

from typing import Any

REF = "#/components/schemas/"


def _answer(name: str, *, many: bool = False) -> dict[str, Any]:
    schema: dict[str, Any] = {"$ref": REF + name}
    return {"content": {"application/json": {"schema": {"type": "array", "items": schema} if many else schema}}}


V5: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "TMF999 Kite Management", "version": "5.0.0"},
    "servers": [
        {"url": "{root}", "variables": {"root": {"default": "https://{host}/tmf-api/kiteManagement/v5", "enum": ["x"]}}}
    ],
    "paths": {
        "/kite": {
            "get": {"responses": {"200": _answer("Kite", many=True)}},
            "post": {
                "requestBody": {"$ref": "#/components/requestBodies/Kite_FVO"},
                "responses": {"201": {"$ref": "#/components/responses/201Kite"}},
            },
        },
        "/kite/{id}": {
            "get": {"responses": {"200": _answer("Kite")}},
            "patch": {
                "requestBody": {
                    "content": {
                        "application/merge-patch+json": {"schema": {"$ref": REF + "Kite_MVO"}},
                        "application/json-patch+json": {"schema": {"type": "array"}},
                    }
                },
                "responses": {"200": _answer("Kite")},
            },
            "parameters": [],
        },
        "/kite/{kiteId}/flight": {"post": {"requestBody": _answer("Flight"), "responses": {"201": _answer("Flight")}}},
        "/kite/{kiteId}/flight/{id}": {"get": {"responses": {"200": _answer("Flight")}}},
        "/hub": {"post": {"requestBody": _answer("Hub"), "responses": {"201": _answer("Hub")}}},
        "/listener/kiteCreateEvent": {"post": {}},
        "/listener/kiteStatusChangeEvent": {"post": {}},
        "/listener/kiteOddEvent": {"post": {}},
    },
    "components": {
        "requestBodies": {"Kite_FVO": _answer("Kite_FVO")},
        "responses": {"201Kite": _answer("Kite")},
        "schemas": {
            "Entity": {
                "type": "object",
                "properties": {"id": {"type": "string"}, "href": {"type": "string"}, "@type": {"type": "string"}},
                "required": ["id", "@type"],
            },
            "Wing": {
                "oneOf": [{"$ref": REF + "Delta"}, {"$ref": REF + "Box"}],
                "discriminator": {"propertyName": "@type"},
            },
            "Delta": {"type": "object", "properties": {"span": {"type": "number"}, "inspected": {"type": "boolean"}}},
            "Box": {
                "type": "object",
                "properties": {"cells": {"type": "integer"}, "built": {"format": "date-time", "type": "string"}},
            },
            "Kite": {
                "allOf": [
                    {"$ref": REF + "Entity"},
                    {
                        "type": "object",
                        "properties": {
                            "name": {"type": "string"},
                            "state": {"type": "string", "enum": ["folded", "aloft"]},
                            "made": {"type": "string", "format": "date-time"},
                            "weight": {"type": "number", "nullable": True},
                            "flown": {"type": "string", "format": "date"},
                            "serviced": {"type": "array", "items": {"type": "string", "format": "date-time"}},
                            "wing": {"type": "array", "items": {"$ref": REF + "Wing"}},
                            "twin": {"$ref": REF + "Kite"},
                            "validFor": {
                                "type": "object",
                                "properties": {
                                    "startDateTime": {"type": "string", "format": "date-time"},
                                    "endDateTime": {"type": "string", "format": "date-time"},
                                },
                            },
                        },
                    },
                ],
                "x-spanco-lifecycle": {
                    "attribute": "state",
                    "initial": ["folded"],
                    "moves": {"folded": ["aloft"], "aloft": ["folded"]},
                },
                "x-spanco-managed": {"made": "created", "touched": "changed", "stateChangeDate": "moved"},
                "x-spanco-index": ["name"],
            },
            "Kite_FVO": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "weight": {"type": "number"},
                    "flown": {"type": "string", "format": "date"},
                    "serviced": {"type": "array", "items": {"type": "string", "format": "date-time"}},
                    "wing": {"type": "array", "items": {"$ref": REF + "Wing"}},
                    "validFor": {"type": "object"},
                },
                "required": ["name", "@type"],
            },
            "Kite_MVO": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "state": {"type": "string"},
                    "weight": {"type": "number"},
                    "wing": {"type": "array"},
                    "validFor": {"type": "object"},
                },
            },
            "Flight": {"type": "object", "properties": {"height": {"type": "number"}}},
            "Hub": {"type": "object", "properties": {"callback": {"type": "string"}}, "required": ["callback"]},
        },
    },
}

V4: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "Rope", "version": "4.0"},
    "basePath": "/tmf-api/rope/v4/",
    "paths": {
        "/rope": {
            "get": {"responses": {"200": {"schema": {"type": "array", "items": {"$ref": "#/definitions/Rope"}}}}},
            "post": {
                "parameters": [
                    {"in": "query", "name": "fields"},
                    {"in": "body", "schema": {"$ref": "#/definitions/Rope"}},
                ],
                "responses": {"201": {"schema": {"$ref": "#/definitions/Rope"}}},
            },
        },
        "/rope/{id}": {"delete": {"responses": {"204": {"description": "Gone"}}}},
    },
    "definitions": {"Rope": {"type": "object", "properties": {"length": {"type": "number"}}, "required": ["length"]}},
}


def with_schema(**schemas: Any) -> dict[str, Any]:
    """The v5 document with other schemas."""
    components = V5["components"] | {"schemas": V5["components"]["schemas"] | schemas}
    return V5 | {"components": components}
