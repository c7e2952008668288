"""Programs that hand in leads, and those that only guess how."""

import asyncio
from typing import Any

import httpx
import pytest

from spanco.store import capture


async def test_guesses_of_keys_wait_for_themselves(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many come at once, few of them are at the database: staff have the rest of it."""
    now, most, real = 0, 0, capture.door

    async def door(*given: Any) -> Any:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        found = await real(*given)
        now -= 1
        return found

    monkeypatch.setattr(capture, "door", door)
    guesses = [client.post("/capture", json={}, headers={"x-capture-key": f"spk_{n}"}) for n in range(20)]
    assert {answer.status_code for answer in await asyncio.gather(*guesses)} == {401}
    assert most <= 2
