"""The APIs that we serve, as OpenAPI documents, and what TM Forum's own documents cannot say of themselves."""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from spanco.kernel.wire import Document, decode


def own() -> list[Document]:
    """Our own OpenAPI documents, read anew at each call, in the order of their file names."""
    return list(_documents(files(__name__)))


def overlays() -> dict[str, Document]:
    """The overlays of official documents by API key, e.g. `quoteManagement`.

    An overlay is `{match: {title, version, resources}, key, apiId, why, schemas}`. It belongs to the document with that
    `info.title`, that major version and those resources; `schemas` is a merge patch (RFC 7386) onto its `definitions`
    or `components.schemas`, and `why` gives the reasons.
    """
    return {str(overlay["key"]): overlay for overlay in _documents(files(__name__).joinpath("overlays"))}


def _documents(folder: Traversable) -> Iterator[Document]:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.name.endswith(".json"):
            document = decode(entry.read_bytes())
            if not isinstance(document, dict):
                raise TypeError(f"{entry.name} must hold one JSON object.")
            yield document
