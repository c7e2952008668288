"""What the overlays promise: each mends one official document so that it can be served."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from spanco.apis import overlays
from spanco.kernel.patch import merge
from tests.apis.documents import OFFICIAL, extension_faults, needs_official, read, schemas_of

OVERLAYS: Mapping[str, Any] = overlays()
each_overlay = pytest.mark.parametrize("overlay", OVERLAYS.values(), ids=OVERLAYS)
each_file = pytest.mark.parametrize("path", OFFICIAL, ids=lambda path: path.name[:6])


def fits(overlay: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """Whether the overlay is meant for the document."""
    match, info = overlay["match"], document["info"]
    steps = {step for path in document["paths"] for step in path.split("/")}
    return bool(
        match["title"] == info["title"]
        and match["version"] == info["version"].split(".")[0]
        and set(match["resources"]) <= steps
    )


def mended(path: Path) -> dict[str, Any]:
    """The schemas of an official document after its overlay."""
    document = read(path)
    overlay = next(each for each in OVERLAYS.values() if fits(each, document))
    schemas: Any = merge(schemas_of(document), overlay["schemas"])
    return dict(schemas)


@each_overlay
def test_an_overlay_says_what_it_is_for_and_why(overlay: Mapping[str, Any]) -> None:
    """Title, version and resources to know the document by, key and id to serve it under, and reasons."""
    assert set(overlay) == {"match", "key", "apiId", "why", "schemas"}
    assert set(overlay["match"]) == {"title", "version", "resources"}
    assert re.fullmatch(r"TMF\d{3}", overlay["apiId"])
    assert overlay["why"]
    assert all(reason.endswith(".") for reason in overlay["why"])


@needs_official
@each_overlay
def test_an_overlay_fits_exactly_one_official_document(overlay: Mapping[str, Any]) -> None:
    """No overlay is left over, and it carries the number of its document."""
    fitting = [path for path in OFFICIAL if fits(overlay, read(path))]
    assert [path.name[:6] for path in fitting] == [overlay["apiId"]]


@needs_official
@each_file
def test_an_official_document_has_exactly_one_overlay_under_the_key_of_its_address(path: Path) -> None:
    """The key is the part of the base path that names the API."""
    document = read(path)
    fitting = [key for key, overlay in OVERLAYS.items() if fits(overlay, document)]
    assert fitting == [document["basePath"].strip("/").split("/")[-2]]


@needs_official
@each_file
def test_an_overlay_touches_only_what_is_there_and_changes_it(path: Path) -> None:
    """A misspelt name, or a mend of what was never broken, is found here."""
    document = read(path)
    schemas = schemas_of(document)
    overlay = next(each for each in OVERLAYS.values() if fits(each, document))
    for name, change in overlay["schemas"].items():
        assert merge(schemas[name], change) != schemas[name]
        assert set(change.get("properties", {})) <= set(schemas[name].get("properties", {}))


@needs_official
@each_file
def test_a_mended_document_has_well_formed_extension_keys(path: Path) -> None:
    """States are in the enumeration, and managed attributes are dates of the resource."""
    assert extension_faults(mended(path)) == []


@needs_official
@each_file
def test_after_mending_no_shape_demands_an_attribute_that_it_does_not_define(path: Path) -> None:
    """A client could not know what to send."""
    schemas = mended(path)
    undefined = {
        name: set(schema.get("required", ())) - set(schema.get("properties", {})) for name, schema in schemas.items()
    }
    assert {name: each for name, each in undefined.items() if each} == {}


@needs_official
@each_file
def test_after_mending_a_client_need_not_send_what_the_server_gives(path: Path) -> None:
    """Identity and managed dates are never mandatory on creation."""
    schemas = mended(path)
    for name, schema in schemas.items():
        given = {"id", "href", *schema.get("x-spanco-managed", {})}
        create = schemas.get(f"{name}_Create", {})
        assert not given & set(create.get("required", ()))
        assert not {"id", "href"} & set(create.get("properties", {}))


@needs_official
@each_file
def test_after_mending_nothing_is_mandatory_in_a_patch(path: Path) -> None:
    """A patch names what changes, and nothing else."""
    demanding = [name for name, schema in mended(path).items() if name.endswith("_Update") and schema.get("required")]
    assert demanding == []


@needs_official
@each_file
def test_every_state_that_only_the_server_gives_has_a_first_one(path: Path) -> None:
    """Where the create shape leaves out an enumerated state, a lifecycle says which one a resource begins in."""
    schemas = mended(path)
    for name, schema in schemas.items():
        create = schemas.get(f"{name}_Create")
        if create is not None:
            states = {each for each in ("state", "status") if _is_enumerated(schema["properties"].get(each), schemas)}
            unsaid = states - set(create["properties"])
            assert unsaid <= {schema.get("x-spanco-lifecycle", {}).get("attribute")}


def _is_enumerated(part: Mapping[str, Any] | None, schemas: Mapping[str, Any]) -> bool:
    return part is not None and "$ref" in part and "enum" in schemas[part["$ref"].rsplit("/", 1)[-1]]
