"""The OpenAPI document that is published for a served API."""

from typing import Any

from spanco.kernel.openapi import Api


def published(api: Api, root: str) -> dict[str, Any]:
    """The document of an API as it is served under `root`."""
    return dict(api.document) | {"x-root": root}
