"""Merging and unmerging over HTTP, as their tests say it: records, orders to merge them, and why not."""

from typing import Any

import httpx

LEADS, OPPORTUNITIES, MERGES = "/tmf-api/sales/v4/salesLead", "/tmf-api/sales/v4/salesOpportunity", "/spanco/v1/merge"
TSM = "/tsm/crm/v2/lead"
NO_ID = "01981c11-2b6f-7a90-8c55-3e1d7a0f4b66"
ANN = {"id": "7", "role": "seller", "@referredType": "Individual"}
BEN = {"id": "8", "role": "buyer", "@referredType": "Individual"}


async def made(client: httpx.AsyncClient, path: str = LEADS, **attributes: Any) -> Any:
    """A new resource."""
    answer = await client.post(path, json={"name": "A lead", **attributes})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def read(client: httpx.AsyncClient, path: str) -> Any:
    """What a successful read says."""
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def changed(client: httpx.AsyncClient, path: str, **attributes: Any) -> Any:
    """A changed resource."""
    answer = await client.patch(path, json=attributes)
    assert answer.status_code == 200, answer.text
    return answer.json()


def order(survivor: Any, *losers: Any, kind: str = "salesLead", **more: Any) -> dict[str, Any]:
    """What a POST says; records by their documents or ids."""
    ids = [each if isinstance(each, str) else each["id"] for each in (survivor, *losers)]
    return {"kind": kind, "survivor": {"id": ids[0]}, "loser": [{"id": each} for each in ids[1:]], **more}


async def merged(client: httpx.AsyncClient, *of: Any, **more: Any) -> Any:
    """A merge that is done."""
    answer = await client.post(MERGES, json=order(*of, **more))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def undo(client: httpx.AsyncClient, merge: Any, **more: Any) -> httpx.Response:
    """The answer to the order to undo a merge."""
    return await client.patch(f"{MERGES}/{merge['id']}", json={"status": "undone", **more})


async def refused(client: httpx.AsyncClient, status: int, *of: Any, **more: Any) -> str:
    """Why a merge is refused; dry, it is refused in the same way."""
    answer = await client.post(MERGES, json=order(*of, **more))
    assert answer.status_code == status, answer.text
    dry = await client.post(MERGES, json=order(*of, **more, dryRun=True))
    assert (dry.status_code, dry.json()["message"]) == (status, answer.json()["message"])
    return str(answer.json()["message"])


async def history(client: httpx.AsyncClient, name: str, id_: str) -> Any:
    """The timeline of a record."""
    return await read(client, f"/spanco/v1/{name}/{id_}/history")
