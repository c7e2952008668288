"""The floor: a bare ASGI function that runs the one SQL statement with asyncpg and returns bytes."""

import os
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg

from bench.leads import TENANT
from spanco.store.statements import statement

KIND = "sales.salesLead"
_READ = statement("read", KIND)
_CREATE = statement("insert_one", KIND)
_PAGE = """
select resource.id, resource.version, resource.document, chosen.key0::text as key0 from (
    select id, ((document ->> 'creationDate') collate "C") as key0 from resource
    where tenant = $1 and kind = 'sales.salesLead' and (document->>'status') collate "C" = $2::text
    order by ((document ->> 'creationDate') collate "C") desc, id desc limit $3::bigint offset $4::bigint
) as chosen join resource on resource.tenant = $5 and resource.kind = 'sales.salesLead' and resource.id = chosen.id
order by chosen.key0 desc, chosen.id desc
"""
_HEADERS = [(b"content-type", b"application/json")]
_CAUSE = b'{"kind":"request"}'
_EVENT_TYPE = "SalesLeadCreateEvent"


_SESSION = {"timezone": "UTC", "jit": "off", "random_page_cost": "1.1", "statement_timeout": "5000"}


class Floor:
    """Reads, creates and lists without a question asked."""

    def __init__(self) -> None:
        self._pool: asyncpg.Pool

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - as ASGI is
        """Serve one request, or the start and the end of the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["method"] == "POST":
            status, body = 201, await self._created((await receive())["body"])
        elif scope["query_string"]:
            status, body = 200, await self._page(scope["query_string"])
        else:
            status, body = 200, await self._read(scope["path"].rpartition("/")[2])
        headers = [*_HEADERS, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _read(self, id_: str) -> bytes:
        row = await self._pool.fetchrow(_READ, TENANT, id_, None)
        return b'{"id":"%b",%b' % (id_.encode(), row["document"][1:])

    async def _created(self, body: bytes) -> bytes:
        id_, event_id = str(uuid4()), str(uuid4())
        named = (TENANT, id_, None, body, event_id, _EVENT_TYPE)
        stored = await self._pool.fetchval(_CREATE, *named, datetime.now(UTC), "anonymous", _CAUSE, None)
        return b'{"id":"%b",%b' % (id_.encode(), stored[1:])

    async def _page(self, query: bytes) -> bytes:
        wanted = query.partition(b"status=")[2].partition(b"&")[0].decode()
        rows = await self._pool.fetch(_PAGE, TENANT, wanted, 20, 0, TENANT)
        return b"[" + b",".join(b'{"id":"%b",%b' % (row["id"].encode(), row["document"][1:]) for row in rows) + b"]"

    async def _live(self, receive: Any, send: Any) -> None:  # noqa: ANN401 - as ASGI is
        await receive()
        url = os.environ["BENCH_DATABASE_URL"]
        self._pool = await asyncpg.create_pool(
            url, min_size=0, max_size=10, init=_speak_bytes, reset=_leave, command_timeout=10, server_settings=_SESSION
        )
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._pool.close()
        await send({"type": "lifespan.shutdown.complete"})


async def _speak_bytes(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", format="binary", encoder=lambda text: b"\x01" + text, decoder=lambda raw: raw[1:]
    )


async def _leave(_connection: asyncpg.Connection) -> None:
    """No session state is set, so none is reset."""


app = Floor()
