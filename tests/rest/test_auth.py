"""Bearer tokens from the door to the row: tenants, roles, refusals."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from spanco import clock
from spanco.app import Running, surface
from spanco.settings import Settings
from tests.system import caller

KEY = RSAKey.generate_key(2048, {"kid": "k", "use": "sig"})


@pytest.fixture(scope="module")
async def issuer() -> AsyncIterator[str]:
    """An issuer on this machine that publishes one key; its URL."""

    async def publish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = json.dumps(KeySet([KEY]).as_dict(private=False)).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
        writer.close()

    async with await asyncio.start_server(publish, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture
async def locked(system: Running, issuer: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the same system with `auth=jwt`."""
    settings = Settings(auth="jwt", jwt_issuer=issuer, jwt_audience="spanco", jwt_jwks_url=f"{issuer}/keys")
    strict = replace(system, settings=settings)
    async with AsyncExitStack() as stack:
        opened = caller(await surface(strict, stack), "/tmf-api/sales/v4/")
        yield await stack.enter_async_context(opened)


def bearer(issuer: str, *roles: str, tenant: str, seconds: int = 60) -> dict[str, str]:
    """The header of somebody with these roles."""
    now = int(clock.now().timestamp())
    claims = {"iss": issuer, "aud": "spanco", "sub": "ann", "roles": list(roles), "tenant": tenant}
    token = jwt.encode({"alg": "RS256", "kid": "k"}, claims | {"iat": now - 90, "exp": now + seconds}, KEY)
    return {"authorization": f"Bearer {token}"}


async def test_roles_decide_what_may_be_done(locked: httpx.AsyncClient, issuer: str) -> None:
    """403 with the roles that may; nothing is changed."""
    tenant = clock.new_id()
    sales, auditor, admin = (bearer(issuer, role, tenant=tenant) for role in ("sales", "auditor", "admin"))
    assert (await locked.post("salesLead", json={"name": "x"}, headers=auditor)).status_code == 403
    lead = (await locked.post("salesLead", json={"name": "x"}, headers=sales)).json()
    refused = await locked.delete(f"salesLead/{lead['id']}", headers=sales)
    assert (refused.status_code, refused.json()["code"]) == (403, "50")
    assert "admin" in refused.json()["message"]
    assert (await locked.get(f"salesLead/{lead['id']}", headers=auditor)).status_code == 200
    assert (await locked.get("salesLead", headers=bearer(issuer, "unknown", tenant=tenant))).status_code == 403
    assert (await locked.delete(f"salesLead/{lead['id']}", headers=admin)).status_code == 204


async def test_the_tenant_comes_from_the_token(locked: httpx.AsyncClient, issuer: str) -> None:
    """Another tenant's admin finds nothing."""
    mine, theirs = (bearer(issuer, "admin", tenant=clock.new_id()) for _ in range(2))
    lead = (await locked.post("salesLead", json={"name": "x"}, headers=mine)).json()
    assert (await locked.get(f"salesLead/{lead['id']}", headers=theirs)).status_code == 404
    assert (await locked.get("salesLead", headers=theirs)).json() == []
    assert len((await locked.get("salesLead", headers=mine)).json()) == 1


async def test_a_partner_sees_only_what_names_it(locked: httpx.AsyncClient, issuer: str) -> None:
    """In lists, in counts and by id."""
    tenant = clock.new_id()
    admin, partner = (bearer(issuer, role, tenant=tenant) for role in ("admin", "partner"))
    own = {"name": "own", "relatedParty": [{"id": "ann"}]}
    made = (await locked.post("salesLead", json=[own, {"name": "other"}], headers=admin)).json()
    listed = await locked.get("salesLead", headers=partner)
    assert ([each["name"] for each in listed.json()], listed.headers["x-total-count"]) == (["own"], "1")
    assert (await locked.get("salesLead?name=other", headers=partner)).json() == []
    assert [(await locked.get(f"salesLead/{each['id']}", headers=partner)).status_code for each in made] == [200, 404]


async def test_an_expired_token_is_401_with_its_own_code(locked: httpx.AsyncClient, issuer: str) -> None:
    """42, so that a client knows to fetch a fresh one."""
    answer = await locked.get("salesLead", headers=bearer(issuer, "admin", tenant="t", seconds=-60))
    assert (answer.status_code, answer.json()["code"]) == (401, "42")


async def test_without_a_token_everything_is_401(locked: httpx.AsyncClient) -> None:
    """With the challenge; the TMF code for missing credentials."""
    for answer in (await locked.get("salesLead"), await locked.post("salesLead", json={"name": "x"})):
        assert (answer.status_code, answer.json()["code"]) == (401, "40")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    basic = await locked.get("salesLead", headers={"authorization": "Basic abc"})
    assert basic.status_code == 401


async def test_a_token_that_is_none_is_401(locked: httpx.AsyncClient) -> None:
    """Also a long one."""
    for token in ("abc", "a.b.c", "x" * 9000):
        answer = await locked.get("salesLead", headers={"authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "41")
