"""OpenAPI files in JSON and in YAML."""

import json

import pytest

from spanco import apis
from spanco.kernel.openapi import load
from tests.kernel.example import V4

YAML = """
openapi: 3.0.1
info: {title: Kite, version: 5.0.0}
servers:
  - url: '{apiRoot}'
    variables:
      apiRoot: {default: 'https://serverRoot/tmf-api/kite/v5'}
paths:
  /kite:
    post:
      requestBody: {$ref: '#/components/requestBodies/Kite'}
      responses:
        201:
          content:
            application/json: {schema: {$ref: '#/components/schemas/Kite'}}
components:
  requestBodies:
    Kite: {content: {application/json: {schema: {$ref: '#/components/schemas/Kite_FVO'}}}}
  schemas:
    Kite: {type: object, properties: {name: {type: string}, made: {type: string, example: 2020-01-01T00:00:00Z}}}
    Kite_FVO: {type: object, properties: {name: {type: string}}, required: [name]}
"""


def test_a_v5_file_in_yaml_is_an_api_like_any_other() -> None:
    """Server variables, references to bodies, unquoted status codes, dates that stay texts."""
    document = apis.parsed(YAML)
    api = load(document)
    assert (api.base_path, set(api.resources)) == ("/tmf-api/kite/v5", {"kite"})
    assert api.resources["kite"].server_owned == {"id", "href", "made"}
    assert api.resources["kite"].mandatory == {"name"}
    assert "2020-01-01T00:00:00Z" in json.dumps(document)


def test_json_is_read_as_json() -> None:
    """Tabs too, which YAML refuses."""
    assert apis.parsed(json.dumps(V4, indent="\t")) == V4


@pytest.mark.parametrize("text", ["{", "a: [", "a: b: c", "\t- x"])
def test_what_is_neither_says_where(text: str) -> None:
    """As a ValueError, which the start of the server turns into a sentence."""
    with pytest.raises(ValueError, match=r"line \d|char \d"):
        apis.parsed(text)
