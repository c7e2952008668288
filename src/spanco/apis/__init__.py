"""The APIs that we serve, as OpenAPI documents, and what TM Forum's own documents cannot say of themselves."""

import json
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from spanco.kernel.wire import Document, decode

_PARTED = "spanco"


def own() -> list[Document]:
    """Our own OpenAPI documents, read anew at each call, in the order of their names.

    One of them is written in parts, a file for each matter: they add up to one document.
    """
    return [_whole(_documents(files(__name__).joinpath(_PARTED))), *_documents(files(__name__))]


def _whole(parts: Iterator[dict[str, Any]]) -> Document:
    """The parts as one document: tags, paths and schemas of all of them, under the head that one of them has."""
    tags: list[Any] = []
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    head: dict[str, Any] = {}
    for part in parts:
        head |= part
        tags += part["tags"]
        for whole, more in ((paths, part["paths"]), (schemas, part["components"]["schemas"])):
            if twice := whole.keys() & more.keys():
                sentence = f"'{min(twice)}' stands in two parts of one document."
                raise ValueError(sentence)
            whole.update(more)
    return {**head, "tags": tags, "paths": paths, "components": {"schemas": schemas}}


def overlays() -> dict[str, Document]:
    """The overlays of official documents by API key, e.g. `quoteManagement`.

    An overlay is `{match: {title, version, resources}, key, apiId, why, schemas}`. It belongs to the document with that
    `info.title`, that major version and those resources; `schemas` is a merge patch (RFC 7386) onto its `definitions`
    or `components.schemas`, and `why` gives the reasons.
    """
    return {str(overlay["key"]): overlay for overlay in _documents(files(__name__).joinpath("overlays"))}


def parsed(text: str) -> object:
    """The value of an OpenAPI file, in JSON or in YAML; ValueError says where it is neither."""
    if text.lstrip().startswith(("{", "[")):
        return json.loads(text)
    try:
        return _with_text_names(yaml.load(text, _Loader))  # noqa: S506 - plain values only, like SafeLoader
    except yaml.YAMLError as error:
        message = f"It is neither JSON nor YAML: {error}"
        raise ValueError(message) from error


def _with_text_names(value: object) -> object:
    """YAML takes an unquoted `200:` for a number; JSON knows only texts as names."""
    if isinstance(value, dict):
        return {str(name): _with_text_names(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_text_names(each) for each in value]
    return value


class _Loader(yaml.CSafeLoader):
    """Plain values as JSON has them: a date in an example stays a text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _documents(folder: Traversable) -> Iterator[Document]:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.name.endswith(".json"):
            document = decode(entry.read_bytes())
            if not isinstance(document, dict):
                raise TypeError(f"{entry.name} must hold one JSON object.")
            yield document
