"""Every official document is served as it is: create, read, list, filter, patch, delete, with no code of its own."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from spanco import apis
from spanco.app import BadApiFile, Running, served_apis
from spanco.kernel.openapi import Api, Resource, load
from tests.rest.invented import document_for
from tests.system import OFFICIAL

needs_files = pytest.mark.skipif(not OFFICIAL, reason="the official documents are not beside this checkout")
LOADED = [load(json.loads(file.read_bytes()), list(apis.overlays().values())) for file in OFFICIAL]
TAKEN = {load(document).base_path for document in apis.own()}
RESOURCES = [  # what our own documents serve instead, and hubs, have tests of their own
    (api, resource)
    for api in LOADED
    for resource in api.resources.values()
    if api.base_path not in TAKEN and not resource.is_hub
]


@needs_files
def test_all_eleven_documents_load() -> None:
    """With at least one resource each."""
    assert len(LOADED) == 11
    assert all(len(api.resources) >= 2 for api in LOADED)


async def place(client: httpx.AsyncClient, api: Api, resource: Resource) -> str:
    """The path of the collection; a nested one gets a parent first."""
    if not resource.parent:
        return f"{api.base_path}/{resource.name}"
    parent = api.resources[resource.parent]
    made = await client.post(f"{api.base_path}/{parent.name}", json=document_for(api, parent))
    return f"{api.base_path}/{parent.name}/{made.json()['id']}/{resource.name}"


@needs_files
@pytest.mark.parametrize(
    ("api", "resource"), RESOURCES, ids=[f"{api.api_id} {resource.kind}" for api, resource in RESOURCES]
)
async def test_every_resource_of_every_document_is_served(
    client: httpx.AsyncClient, api: Api, resource: Resource
) -> None:
    """Whatever the document offers works; whatever it does not is 405."""
    collection = await place(client, api, resource)
    body = document_for(api, resource)
    made = await client.post(collection, json=body | {"extension": {"kept": [1, None]}})
    assert made.status_code == 201, made.text
    document: dict[str, Any] = made.json()
    path = f"{collection}/{document['id']}"
    assert document["extension"] == {"kept": [1, None]}
    assert made.headers["location"] == document["href"] == f"http://spanco.test{path}"
    read = await client.get(path)
    assert (read.status_code, read.content) == (200, made.content)
    listed = await client.get(collection, params={"id": document["id"], "fields": "id"})
    assert [each["id"] for each in listed.json()] == [document["id"]]
    found = await client.get(collection, params={"extension.kept": "1", "filter": "extension[?(@.kept==1)]"})
    assert document["id"] in [each["id"] for each in found.json()]
    patched = await client.patch(path, json={"extension": "changed"})
    assert patched.status_code == (200 if "patch" in resource.methods else 405), patched.text
    removed = await client.delete(path)
    assert removed.status_code == (204 if "delete" in resource.methods else 405)
    assert (await client.get(path)).status_code == (404 if "delete" in resource.methods else 200)
    assert (await client.get(f"{collection}/unknown")).status_code == 404


@needs_files
async def test_a_nested_collection_needs_its_parent(client: httpx.AsyncClient) -> None:
    """Below a parent that is not there, everything is 404."""
    flows = "/tmf-api/processFlowManagement/v4/processFlow"
    assert (await client.get(f"{flows}/gone/taskFlow")).status_code == 404
    assert (await client.post(f"{flows}/gone/taskFlow", json={})).status_code == 404
    mine, other = [(await client.post(flows, json={"processFlowSpecification": "x"})).json()["id"] for _ in range(2)]
    task = (await client.post(f"{flows}/{mine}/taskFlow", json={})).json()
    assert task["state"] == "new"
    assert (await client.get(f"{flows}/{other}/taskFlow/{task['id']}")).status_code == 404
    assert (await client.get(f"{flows}/{other}/taskFlow")).json() == []
    moved = await client.patch(f"{flows}/{mine}/taskFlow/{task['id']}", json={"state": "completed"})
    assert moved.status_code == 409


@needs_files
async def test_a_document_for_a_taken_base_path_is_left_aside(running: Running) -> None:
    """Ours are supersets of the official ones, and stay."""
    ours = {"/tmf-api/sales/v4": ["Sales Management"], "/tmf-api/event/v4": ["Event Management"]}
    assert {path: [api.title for api in running.apis if api.base_path == path] for path in ours} == ours


@pytest.mark.parametrize("text", ["", "{", "[]", '{"paths": {}}', '{"paths": {"/x": 5}}'])
def test_a_file_that_is_no_api_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    """The sentence names the file and what is wrong."""
    file = tmp_path / "odd.json"
    file.write_text(text)
    with pytest.raises(BadApiFile, match=r"odd\.json cannot be served\. \w+"):
        served_apis((file,))
