"""What tests of jobs do: make one, send its file, let a worker do what is due, read what came of it."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx

from spanco import clock
from spanco.access.actor import Actor
from spanco.app import Running
from spanco.kernel.wire import Document, decode_document
from spanco.sales.actions.desk import Desk
from spanco.store import jobs as store
from spanco.worker.jobs import Jobs
from tests.system import caller, surface_of

OWN = "/spanco/v1"
HEADER = "no,name,value,state,created\n"
MAPPING = {
    "source": "crm",
    "resource": "salesLead",
    "key": "no",
    "attributes": {
        "name": "name",
        "estimatedRevenue.value": {"column": "value", "number": True},
        "estimatedRevenue.unit": {"constant": "EUR"},
    },
    "state": {
        "column": "state",
        "values": {"new": "acknowledged", "won": "accepted"},
        "created": "created",
        "date": "iso",
    },
}


@dataclass(frozen=True, slots=True)
class Office:
    """A tenant of its own, a client of its API, and a worker that does only the jobs of this tenant."""

    running: Running
    api: httpx.AsyncClient

    @property
    def tenant(self) -> str:
        """Whose jobs they are."""
        return self.running.actor.tenant

    async def job(self, **options: Any) -> dict[str, Any]:
        """A new import job."""
        answer = await self.api.post(f"{OWN}/importJob", json={"resource": "salesLead", **options})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def send(self, job: dict[str, Any], content: bytes | str, **headers: str) -> httpx.Response:
        """Its file."""
        return await self.api.put(f"{OWN}/importJob/{job['id']}/content", content=content, headers=headers)

    async def ask(self, job: dict[str, Any], **change: Any) -> httpx.Response:
        """A change of it."""
        return await self.api.patch(f"{OWN}/importJob/{job['id']}", json=change)

    async def read(self, job: dict[str, Any], kind: str = "importJob") -> dict[str, Any]:
        """As it is now."""
        found: dict[str, Any] = (await self.api.get(f"{OWN}/{kind}/{job['id']}")).json()
        return found

    async def errors(self, job: dict[str, Any]) -> str:
        """The file of rows that stayed outside."""
        answer = await self.api.get(f"{OWN}/importJob/{job['id']}/errors")
        assert answer.status_code == 200, answer.text
        return answer.content.decode("utf-8-sig")

    async def work(self, name: str) -> None:
        """Do what is to be done for one job, until there is nothing."""
        jobs = Jobs(Desk(self.running.means, timedelta(days=7)))
        await jobs.serve(self.tenant, name)

    async def done(self, job: dict[str, Any], kind: str = "importJob") -> dict[str, Any]:
        """As it is when a worker has done what was to be done."""
        await self.work(job["id"])
        return await self.read(job, kind)

    async def imported(self, content: bytes | str, **options: Any) -> dict[str, Any]:
        """An import from the first to the last step."""
        job = await self.job(**{"goal": "run", **options})
        answer = await self.send(job, content)
        assert answer.status_code == 200, answer.text
        return await self.done(job)

    async def documents(self, kind: str = "sales.salesLead") -> list[Document]:
        """All of a kind in this tenant."""
        sql = "select document from resource where tenant = $1 and kind = $2 order by id"
        async with self.running.database.connected() as connection:
            rows = await connection.fetch(sql, self.tenant, kind)
        return [decode_document(row["document"]) for row in rows]

    async def counted(self, table: str) -> int:
        """How many rows of a table are this tenant's."""
        async with self.running.database.connected() as connection:
            sql = f"select count(*) from {table} where tenant = $1"  # noqa: S608 - names of our own
            return int(await connection.fetchval(sql, self.tenant))

    async def ticket(self, job: dict[str, Any]) -> store.Ticket:
        """The job as workers see it."""
        async with self.running.database.connected() as connection:
            found = await store.ticket(connection, self.tenant, job["id"])
        assert found
        return found

    def as_role(self, role: str, subject: str = "somebody") -> "Office":
        """The same tenant for somebody with another role."""
        running = replace(self.running, actor=Actor(self.tenant, subject, frozenset({role})))
        return Office(running, caller(surface_of(running)))


def office_of(running: Running) -> Office:
    """An office in a tenant of its own."""
    running = replace(running, actor=Actor(f"t-{clock.new_id()}", "tester", frozenset({"admin"})))
    return Office(running, caller(surface_of(running)))


def outcome(job: dict[str, Any], name: str = "outcome") -> tuple[int, int, int, int]:
    """Created, known, repeated, refused."""
    counts = job[name]
    return counts["created"], counts["known"], counts["repeated"], counts["refused"]


def table(rows: int, begin: int = 0) -> str:
    """A table of so many good rows."""
    return HEADER + "".join(f"{number},Lead {number},1.50,new,2020-02-03\n" for number in range(begin, begin + rows))


async def until(office: Office, job: dict[str, Any], *states: str) -> dict[str, Any]:
    """The job when it has come to one of these states."""
    async with asyncio.timeout(60):
        while (found := await office.read(job))["status"] not in states:  # noqa: ASYNC110 - the server rings no bell
            await asyncio.sleep(0.05)
    return found
