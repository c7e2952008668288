"""Clients that create, change and remove leads without a pause, and note what was acknowledged to them."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

import msgspec

from spanco.kernel.wire import Document, Json
from tests.chaos.journal import Journal
from tests.rest.server import LEADS, Answer, Client

BATCH = 10
"""Leads that are created in one request, all or none."""

_PATIENCE = 40.0
_OWN = 40
_IDENTITY = re.compile(rb'\{"id": ?"([^"]*)", ?"href": ?"[^"]*"(?:, ?)?')
_WORDS = ("fibre", "Würzburg", "5G", "日本", "rack", "“quoted”", "\\", "é", "🙂", "upsell", "van")
_MOVES = {"acknowledged": "inProgress", "inProgress": "pending", "pending": "inProgress"}


def identity_and_digest(document: bytes) -> tuple[str, str]:
    """The id of a resource as it is told, and the digest of the rest of its bytes: what is stored of it."""
    found = _IDENTITY.match(document)
    assert found, document
    return found[1].decode(), hashlib.sha256(b"{" + document[found.end() :]).hexdigest()


@dataclass(slots=True)
class _Lead:
    id: str
    status: str | None = "acknowledged"
    """None when it is not known, because a change had no answer."""


class Writer:
    """One client with one connection and leads of its own; when the connection ends it makes another one."""

    def __init__(self, port: int, journal: Journal, random: Random, pause: float) -> None:
        self._port, self._journal, self._random, self._pause = port, journal, random, pause
        self._name = f"{random.getrandbits(32):08x}"
        self._leads: list[_Lead] = []
        self._count = 0

    async def write(self, over: asyncio.Event) -> None:
        """Write until it is over; what is under way then is brought to its end."""
        while not over.is_set():
            try:
                client = await Client.to(self._port)
            except OSError:
                await asyncio.sleep(0.03)
                continue
            try:
                while not over.is_set():
                    await self._one(client)
                    await asyncio.sleep(self._random.uniform(0, 2 * self._pause))
            except (OSError, EOFError):
                continue
            finally:
                await client.close()

    async def _one(self, client: Client) -> None:
        chance = self._random.random()
        if not self._leads or chance < 0.37:
            await self._create(client)
        elif chance < 0.42:
            await self._create_several(client)
        elif chance < 0.96:
            await self._change(client, self._random.choice(self._leads))
        else:
            await self._remove(client, self._leads.pop(self._random.randrange(len(self._leads))))

    async def _create(self, client: Client) -> None:
        answer = await self._ask(client, "POST", "", self._document())
        if answer:
            lead = self._acknowledged(answer.body, 1)
            self._leads = [*self._leads[1 - _OWN :], _Lead(lead)]

    async def _create_several(self, client: Client) -> None:
        batch = f"{self._name}-{self._count}"
        self._count += 1
        drafts: list[Json] = [self._document() | {"batch": batch} for _ in range(BATCH)]
        answer = await self._ask(client, "POST", "", drafts)
        for each in msgspec.json.decode(answer.body, type=list[msgspec.Raw]) if answer else ():
            self._acknowledged(bytes(each), 1)

    async def _change(self, client: Client, lead: _Lead) -> None:
        change: Document = {}
        target = _MOVES.get(lead.status or "")
        if target and self._random.random() < 0.3:
            change["status"] = target
        if not change or self._random.random() < 0.5:
            change |= self._document()
        before, lead.status = lead.status, None
        answer = await self._ask(client, "PATCH", lead.id, change)
        if answer:
            lead.status = target if "status" in change else before
            self._acknowledged(answer.body, int(answer.headers["etag"].strip('"')))

    async def _remove(self, client: Client, lead: _Lead) -> None:
        if await self._ask(client, "DELETE", lead.id):
            self._journal.removal(lead.id)

    async def _ask(self, client: Client, method: str, lead: str, content: Json = None) -> Answer | None:
        """The answer when it says that the write was done."""
        written = len(content) if isinstance(content, list) else 1
        path = f"{LEADS}/{lead}" if lead else LEADS
        self._journal.unsure[lead] += written
        try:
            async with asyncio.timeout(_PATIENCE):
                answer = await client.ask(method, path, content)
        except TimeoutError:
            self._journal.surprise(f"{method} had no answer in {_PATIENCE:.0f} s")
            raise
        self._journal.answers[answer.status] += 1
        if answer.status == 503:  # the database was away, perhaps only when it wanted to say "done"
            await asyncio.sleep(0.05)
            return None
        self._journal.unsure[lead] -= written
        if answer.status == 409:  # somebody else holds the lead, or held it when the network was cut
            return None
        if answer.status not in {200, 201, 204}:
            self._journal.surprise(f"{method} was answered with {answer.status}: {answer.body[:200].decode()}")
            return None
        return answer

    def _acknowledged(self, document: bytes, version: int) -> str:
        lead, digest = identity_and_digest(document)
        self._journal.wrote(lead, version, digest)
        return lead

    def _document(self) -> Document:
        self._count += 1
        words = self._random.choices(_WORDS, k=self._random.randrange(30))
        return {"name": f"Lead {self._name} {self._count}", "description": " ".join(words)}


@asynccontextmanager
async def load(port: int, journal: Journal, random: Random, *, writers: int, pause: float) -> AsyncIterator[None]:
    """Writers at work as long as the block runs; each waits about `pause` seconds between two writes."""
    over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for _ in range(writers):
            group.create_task(Writer(port, journal, Random(random.random()), pause).write(over))
        try:
            yield
        finally:
            over.set()
